package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// machine says on what the figures were found.
func machine(ctx context.Context, dir string) []fact {
	facts := []fact{
		{"processor", fmt.Sprintf("%d x %s", runtime.NumCPU(), lineOf("/proc/cpuinfo", "model name"))},
		{"memory", lineOf("/proc/meminfo", "MemTotal")},
		{"system", strings.TrimSpace(runtime.GOOS + "/" + runtime.GOARCH + " " + wholeOf("/proc/sys/kernel/osrelease"))},
		{"Go", runtime.Version()},
		{"SQLite", "modernc.org/sqlite " + moduleVersion("modernc.org/sqlite")},
		{"folder", dir + " on " + fileSystem(dir)},
	}
	if took, err := fsync(dir); err == nil {
		facts = append(facts, fact{"4 KiB written and synced", shown(took, seconds)})
	}
	if bin, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(bin) > 0 {
		if out, err := exec.CommandContext(ctx, bin[len(bin)-1], "--version").Output(); err == nil {
			facts = append(facts, fact{"PostgreSQL", strings.TrimSpace(strings.TrimPrefix(string(out), "postgres (PostgreSQL) "))})
		}
	}
	return append(facts, fact{"load before", firstWord(wholeOf("/proc/loadavg"))})
}

func wholeOf(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// lineOf is the value behind the first "name : value" of a file.
func lineOf(file, name string) string {
	for line := range strings.Lines(wholeOf(file)) {
		if before, after, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(before) == name {
			return strings.TrimSpace(after)
		}
	}
	return "unknown"
}

// fileSystem is the type of the file system that holds a folder.
func fileSystem(dir string) string {
	best, kind := "", "unknown"
	for line := range strings.Lines(wholeOf("/proc/mounts")) {
		f := strings.Fields(line)
		if len(f) < 3 || len(f[1]) < len(best) {
			continue
		}
		if dir == f[1] || f[1] == "/" || strings.HasPrefix(dir, f[1]+"/") {
			best, kind = f[1], f[2]
		}
	}
	return kind
}

// fsync is the median time, in seconds, that the disk needs to keep a page.
func fsync(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "fsync")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	page := make([]byte, 4096)
	var all []float64
	for range 100 {
		at := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(at).Seconds())
	}
	return median(all), os.Remove(f.Name())
}

func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "unknown"
}

// sourceVersion names what is measured.
func sourceVersion(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
