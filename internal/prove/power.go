package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/prove/disk"
	"terminvergabe/internal/prove/service"
)

const (
	cutsWanted  = 200
	cutsLeast   = 120 // where the machine is slow
	cutsControl = 30
	cutsRound   = 40 // of one load
	powerDisk   = 96 // MiB
)

// powerLost cuts the power of the disk under the real program, on a block device that
// records what reached it and what was flushed. The same cuts with a program that was
// built to sync less must lose something: else the proof is blind.
func powerLost(ctx context.Context, e *env) error {
	if err := disk.Usable(ctx); err != nil {
		return &missing{what: "block devices of our own: " + err.Error(), privilege: true}
	}
	cuts, least, control, working := cutsWanted, cutsLeast, cutsControl, 3*time.Second
	if e.short {
		cuts, least, control, working = 4, 4, 4, 500*time.Millisecond
	}
	program, err := e.program(ctx)
	if err != nil {
		return err
	}
	full := powerLoad{env: e, program: program, working: working}
	if err := full.cut(ctx, least, cuts); err != nil {
		return fmt.Errorf("synchronous=FULL: %w", err)
	}
	e.tried("synchronous=FULL: %d power cuts (cache dropped, kept or torn by sector), %d of them among unflushed writes; %d acknowledged acts, %d bookings looked for: %d lost", full.cuts, full.unflushed, full.acks, full.looked, full.lost)
	if full.lost > 0 {
		return fmt.Errorf("synchronous=FULL: %w", errors.Join(full.findings...))
	}
	lazy, err := e.lazyProgram(ctx)
	if err != nil {
		return err
	}
	normal := powerLoad{env: e, program: lazy, working: working}
	if err := normal.cut(ctx, control, control); err != nil {
		return fmt.Errorf("synchronous=NORMAL: %w", err)
	}
	e.tried("control, a program built with synchronous=NORMAL: %d power cuts, %d bookings looked for: %d lost, as must be", normal.cuts, normal.looked, normal.lost)
	if normal.lost == 0 {
		return errors.New("the control with synchronous=NORMAL lost nothing: this proof is blind")
	}
	return nil
}

// lazyProgram is the program with another setting of SQLite, which is not in its
// configuration: one word of its source is replaced for this build.
func (e *env) lazyProgram(ctx context.Context) (string, error) {
	root, err := service.Root(ctx)
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(root, "internal/store/*.go"))
	if err != nil {
		return "", err
	}
	changed := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		if lazy := strings.ReplaceAll(string(text), "synchronous(FULL)", "synchronous(NORMAL)"); lazy != string(text) && !strings.HasSuffix(f, "_test.go") {
			changed[filepath.Join("internal/store", filepath.Base(f))] = lazy
		}
	}
	if len(changed) == 0 {
		return "", errors.New("no source of the store says synchronous(FULL): the control has to be built in another way")
	}
	return service.Build(ctx, filepath.Join(e.house.dir, "lazy"), changed)
}

// powerLoad is what cuts under one program came to.
type powerLoad struct {
	env     *env
	program string
	working time.Duration

	cuts, unflushed, acks, looked, lost int
	findings                            []error
}

// cut does so many cuts, some under each load; at least fewer of them where time runs out.
func (p *powerLoad) cut(ctx context.Context, least, wanted int) error {
	for round, begin := 0, time.Now(); p.cuts < least || p.cuts < wanted && time.Since(begin) < p.env.budget*3/4; round++ {
		if err := p.round(ctx, min(cutsRound, wanted-p.cuts), p.env.chance(round)); err != nil {
			return err
		}
		if !p.env.short {
			p.env.say("%d cuts, %d bookings looked for, %d lost", p.cuts, p.looked, p.lost)
		}
	}
	return nil
}

func (p *powerLoad) round(ctx context.Context, cuts int, chance *rand.Rand) (err error) {
	dir, err := os.MkdirTemp(p.env.dir, "power")
	if err != nil {
		return err
	}
	r, err := disk.Record(ctx, dir, powerDisk)
	if err != nil {
		return err
	}
	s, err := p.record(ctx, r, chance)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	p.acks += s.book.acks
	for i, at := range r.Moments(cuts, chance) {
		image := filepath.Join(dir, "cut")
		unflushed, err := r.Cut(at, disk.Luck(i%3), chance, image)
		if err != nil {
			return err
		}
		if unflushed > 0 {
			p.unflushed++
		}
		if err := p.after(ctx, s, at, image, r.Dir); err != nil {
			return fmt.Errorf("cut at %d of %d: %w", at, r.Position(), err)
		}
	}
	return os.RemoveAll(dir)
}

// record runs the program on the device under load.
func (p *powerLoad) record(ctx context.Context, r *disk.Recorder, chance *rand.Rand) (*site, error) {
	s, err := p.env.openSiteAs(ctx, p.program, filepath.Join(r.Dir, "book.db"), 3)
	if err != nil {
		return nil, err
	}
	defer s.killAll()
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return nil, err
	}
	if err := r.Begin(ctx); err != nil {
		return nil, err
	}
	c := s.client(s.processes[0])
	defer c.Close()
	working, stop := context.WithTimeout(ctx, p.working)
	defer stop()
	l := load{book: s.book, clients: killClients, days: 14, seed: chance.Uint64(), position: r.Position}
	l.run(working, []*service.Client{c})
	r.End()
	return s, nil
}

// after opens a cut image as the next start would, and looks for what had been
// acknowledged before the cut.
func (p *powerLoad) after(ctx context.Context, s *site, position int64, image, dir string) (err error) {
	if err := disk.Mount(ctx, image, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Unmount(dir)) }()
	if err := s.Verify(ctx); err != nil {
		return err
	}
	rows, err := look(ctx, s.Database)
	if err != nil {
		return err
	}
	f := s.book.compare(rows, position)
	if p.cuts++; p.cuts%10 == 0 {
		defer s.killAll()
		if err := s.start(ctx, 1, service.Launch{}); err != nil {
			return err
		}
	}
	p.looked += f.visits
	if err := f.err(); err != nil {
		p.lost += len(f.lost) + len(f.halves)
		p.findings = append(p.findings, err)
	}
	return nil
}
