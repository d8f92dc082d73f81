package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/prove/service"
)

const pageSize = 4096 // of our SQLite files

// damaged spoils the SQLite file while the program is away: overwritten pages must be
// named and never served as something else; a WAL with a torn or dirty end is taken
// as far as it goes.
func damaged(ctx context.Context, e *env) error {
	trials := 40
	if e.short {
		trials = 3
	}
	d, err := e.damageable(ctx)
	if err != nil {
		return err
	}
	defer d.site.killAll()
	chance := e.chance(1)
	for n := range trials {
		if err := d.pages(ctx, 1+chance.IntN(3), n, chance); err != nil {
			return fmt.Errorf("overwritten pages: %w", err)
		}
	}
	e.tried("%d SQLite files with 1 to 3 pages overwritten: %d times refused at the start, %d times served: of %d bookings asked for %d shown rightly, %d refused (%d with 500), 0 shown wrongly; verify named the damage %d times, %d times SQLite itself finds none", trials, d.refusedStart, d.served, d.asked, d.right, d.asked-d.right, d.blunt, d.named, d.unseen)
	for n := range trials {
		if err := d.wal(ctx, n, chance); err != nil {
			return fmt.Errorf("a damaged WAL: %w", err)
		}
	}
	e.tried("%d WAL files: cut short anywhere, the last frames torn, garbage or zeros behind: verify clean, nothing half; nothing lost where the frames were whole (%d bookings)", trials, len(d.site.book.visits))
	return nil
}

// damage is a site with a copy of its files as a clean end and as a kill left them.
type damage struct {
	site        *site
	clean       string
	sound       []*visit // those in clean
	dirty, tail string   // a database and its WAL

	refusedStart, served, asked, right, blunt, named, unseen int
}

func (e *env) damageable(ctx context.Context) (*damage, error) {
	database, err := e.sqlite()
	if err != nil {
		return nil, err
	}
	s, err := e.openSite(ctx, database, 3)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(database)
	d := &damage{site: s, clean: filepath.Join(dir, "clean.db"), dirty: filepath.Join(dir, "dirty.db"), tail: filepath.Join(dir, "dirty.wal")}
	if err := errors.Join(s.busy(ctx, 400*time.Millisecond), s.quiet(ctx)); err != nil {
		return nil, err
	}
	if err := s.stop(0); err != nil {
		return nil, err
	}
	if err := copyFile(d.clean, database); err != nil {
		return nil, err
	}
	d.sound = slices.Clone(s.book.visits)
	for range 50 {
		if whole, err := d.dirtied(ctx); whole || err != nil {
			return d, err
		}
	}
	return nil, errors.New("the WAL was emptied into the database each time before the kill: this proof is blind")
}

// dirtied books a little on top of the clean file and kills. It is whole while nothing
// of the WAL has gone into the database: behind that, its frames are no prefix of the
// book any more, and cutting them off is nothing that SQLite could notice.
func (d *damage) dirtied(ctx context.Context) (whole bool, err error) {
	s := d.site
	if err := d.restore(d.clean, ""); err != nil {
		return false, err
	}
	s.book = newBook()
	s.book.visits = slices.Clone(d.sound)
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return false, err
	}
	c := s.client(s.processes[0])
	defer c.Close()
	l := load{book: s.book, clients: 8, acts: 2, days: 14, seed: s.env.seed}
	l.run(ctx, []*service.Client{c})
	s.killAll()
	if err := errors.Join(copyFile(d.dirty, s.Database), copyFile(d.tail, s.Database+"-wal")); err != nil {
		return false, err
	}
	before, cleanErr := os.ReadFile(d.clean)
	after, dirtyErr := os.ReadFile(d.dirty)
	return bytes.Equal(before, after), errors.Join(cleanErr, dirtyErr)
}

// quiet waits until no letter is due, so that nothing more is written.
func (s *site) quiet(ctx context.Context) (err error) {
	db, err := openDatabase(s.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		queued := 0
		err := each(ctx, db, "SELECT count(*) FROM outbox WHERE state = 'queued' AND due <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now')", func(scan func(...any) error) error { return scan(&queued) })
		if err != nil || queued == 0 {
			return err
		}
	}
	return errors.New("letters are still due after a minute")
}

// busy starts the program and lets clients work for a while. Answers are stamped with
// the time.
func (s *site) busy(ctx context.Context, long time.Duration) error {
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return err
	}
	c := s.client(s.processes[0])
	defer c.Close()
	working, stop := context.WithTimeout(ctx, long)
	defer stop()
	l := load{book: s.book, clients: killClients, days: 14, seed: uint64(len(s.book.visits)), position: func() int64 { return time.Now().UnixNano() }}
	l.run(working, []*service.Client{c})
	return nil
}

// restore puts files in the place of the database.
func (d *damage) restore(database, wal string) error {
	name := d.site.Database
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(name + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if wal != "" {
		if err := copyFile(name+"-wal", wal); err != nil {
			return err
		}
	}
	return copyFile(name, database)
}

// pages overwrites some pages and looks what the program makes of it.
func (d *damage) pages(ctx context.Context, n, trial int, chance *rand.Rand) error {
	if err := d.restore(d.clean, ""); err != nil {
		return err
	}
	if err := spoil(d.site.Database, n, trial, chance); err != nil {
		return err
	}
	tell := integrity(ctx, d.site.Database)
	v := d.site.Run(ctx, "verify", "--config", d.site.Config(0))
	switch {
	case tell == nil && v.Status == 0:
		d.unseen++
	case v.Status != 1 || !strings.Contains(v.Err, "restore"):
		return fmt.Errorf("SQLite says %v, and verify does not say what to do: %s", tell, v)
	default:
		d.named++
	}
	p, err := d.site.Start(service.Launch{})
	if err != nil {
		return err
	}
	defer p.Kill()
	if p.Ready(ctx) != nil {
		d.refusedStart++
		p.Kill()
		if said := p.Said(); p.Status() != 1 || !strings.Contains(said, "restore") {
			return fmt.Errorf("the start does not say what to do: %s", said)
		}
		return ctx.Err()
	}
	d.served++
	c := d.site.client(p)
	defer c.Close()
	for range 30 {
		if err := d.ask(ctx, c, d.sound[chance.IntN(len(d.sound))]); err != nil {
			return err
		}
	}
	return nil
}

// ask looks a booking up that was there before the damage: it is shown as it was, or
// the service says that it cannot.
func (d *damage) ask(ctx context.Context, c *service.Client, v *visit) error {
	d.asked++
	b, err := c.Show(ctx, v.secret)
	var p *service.Problem
	switch {
	case errors.As(err, &p) && p.Status >= 500 && p.Media == "application/problem+json":
		if p.Status == 500 {
			d.blunt++
		}
		return nil
	case err != nil:
		return fmt.Errorf("a booking in a damaged file: got %w", err)
	case (b.Status == "cancelled") != v.last().cancelled || !b.Start.Equal(v.last().start):
		return fmt.Errorf("a booking in a damaged file: acknowledged %s, got %s at %s", v.last(), b.Status, b.Start)
	}
	d.right++
	return nil
}

// spoil overwrites whole pages: with zeros, or with noise that is not by chance the
// head of a page of SQLite's.
func spoil(file string, pages, trial int, chance *rand.Rand) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	for range pages {
		page := make([]byte, pageSize)
		if trial%2 == 0 {
			noise(page, chance)
			page[0] = 0x80
		}
		if _, err := f.WriteAt(page, chance.Int64N(info.Size()/pageSize)*pageSize); err != nil {
			return err
		}
	}
	return nil
}

func noise(b []byte, chance *rand.Rand) {
	for i := range b {
		b[i] = byte(chance.Uint32())
	}
}

// integrity is what SQLite itself says of a file; nil: nothing is wrong.
func integrity(ctx context.Context, file string) (err error) {
	db, err := openDatabase(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return each(ctx, db, "PRAGMA integrity_check(1)", func(scan func(...any) error) error {
		var line string
		if err := scan(&line); err != nil || line == "ok" {
			return err
		}
		return errors.New(line)
	})
}

// wal spoils the end of a WAL that a kill has left.
func (d *damage) wal(ctx context.Context, trial int, chance *rand.Rand) error {
	if err := d.restore(d.dirty, d.tail); err != nil {
		return err
	}
	name := d.site.Database + "-wal"
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return errors.New("the kill has left no WAL: this proof is blind")
	}
	position := int64(never - 1) // everything acknowledged is there
	dirt := make([]byte, 1+chance.IntN(64<<10))
	switch trial % 4 {
	case 0:
		text, position = text[:chance.IntN(len(text))], -1
	case 1:
		noise(text[len(text)-1-chance.IntN(min(len(text)-1, 64<<10)):], chance)
		position = -1
	case 2:
		noise(dirt, chance)
		text = append(text, dirt...)
	case 3:
		text = append(text, dirt...)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return err
	}
	if err := d.site.start(ctx, 1, service.Launch{}); err != nil {
		return err
	}
	defer d.site.killAll()
	rows, err := look(ctx, d.site.Database)
	if err != nil {
		return err
	}
	if err := d.site.book.compare(rows, position).err(); err != nil {
		return err
	}
	return d.site.Verify(ctx)
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
