package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/prove/service"
)

// house is what the proofs share: the built program and one PostgreSQL server.
type house struct {
	dir     string
	out     io.Writer
	mu      sync.Mutex
	program string
	cluster *pgtest.Cluster
}

func (h *house) close() {
	if h.cluster != nil {
		_ = h.cluster.Stop() // it ends with this process at the latest
	}
}

// env is what a proof works with.
type env struct {
	house   *house
	name    string
	dir     string // its own folder, removed afterwards
	short   bool   // a few seconds are enough
	seed    uint64
	budget  time.Duration // how long it may take
	counted []string
}

// tried notes what was tried and found, with its counts: a line of the table.
func (e *env) tried(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	e.counted = append(e.counted, line)
	e.say("%s", line)
}

// say prints progress.
func (e *env) say(format string, args ...any) {
	fmt.Fprintf(e.house.out, "  "+format+"\n", args...)
}

// chance is a source of randomness of its own for each number.
func (e *env) chance(n int) *rand.Rand { return rand.New(rand.NewPCG(e.seed, uint64(n))) }

// program is the real binary, built once.
func (e *env) program(ctx context.Context) (string, error) {
	e.house.mu.Lock()
	defer e.house.mu.Unlock()
	if e.house.program == "" {
		p, err := service.Build(ctx, filepath.Join(e.house.dir, "terminvergabe"), nil)
		if err != nil {
			return "", err
		}
		e.house.program = p
	}
	return e.house.program, nil
}

// sqlite is the name of a new database file in the proof's folder.
func (e *env) sqlite() (string, error) {
	dir, err := os.MkdirTemp(e.dir, "sqlite")
	return filepath.Join(dir, "book.db"), err
}

// postgres is the address of a new, empty database that waits for the disk at every
// commit.
func (e *env) postgres(ctx context.Context) (string, error) {
	e.house.mu.Lock()
	defer e.house.mu.Unlock()
	if e.house.cluster == nil {
		c, err := pgtest.Start(pgtest.Durable)
		if errors.Is(err, pgtest.ErrMissing) {
			return "", &missing{what: err.Error()}
		}
		if err != nil {
			return "", err
		}
		e.house.cluster = c
	}
	return e.house.cluster.Create(ctx)
}

// install makes an installation of a program on a database with a tenant.
func (e *env) install(ctx context.Context, program, database, tenant string) (*service.Installation, error) {
	dir, err := os.MkdirTemp(e.dir, "inst")
	if err != nil {
		return nil, err
	}
	return service.Install(ctx, service.Options{Program: program, Dir: dir, Database: database, Tenant: tenant})
}

// missing says that something is not there that a proof needs. What can be installed
// has to be there where CI=true; a privilege cannot be installed.
type missing struct {
	what      string
	privilege bool
}

func (m *missing) Error() string { return m.what }

func (m *missing) fatal() bool { return !m.privilege && os.Getenv("CI") == "true" }

// needTool reports a program that is not installed.
func needTool(name string) error {
	if _, err := exec.LookPath(name); err != nil {
		return &missing{what: fmt.Sprintf("%s is not installed (Debian: %s)", name, name)}
	}
	return nil
}

// facts are those of the machine, for whoever compares.
func facts(ctx context.Context) string {
	line := func(name, prefix string) string {
		text, _ := os.ReadFile(name) // not there: not said
		for l := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(l, prefix); ok {
				return strings.Trim(rest, " \t:\n")
			}
		}
		return "unknown"
	}
	said := func(command ...string) string {
		out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("machine: %s, %s cores, memory %s, Linux %s, %s on %s", line("/proc/cpuinfo", "model name"), said("nproc"), line("/proc/meminfo", "MemTotal"),
		line("/proc/sys/kernel/osrelease", ""), said("go", "env", "GOVERSION"), said("stat", "-f", "-c", "%T", os.TempDir()))
}
