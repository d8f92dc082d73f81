package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

func migrateCommand(ctx context.Context, c *call) (err error) {
	c.needConfig()
	dry := c.flags.Bool("dry-run", false, "")
	without := c.flags.Bool("without-backup", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	up, err := store.Missing(ctx, conf.Database)
	if err != nil {
		return fmt.Errorf("%s: %w", conf.DatabaseForLog(), err)
	}
	if len(up.Steps) == 0 {
		fmt.Fprintf(c.out, "%s was up to date (version %d).\n", conf.DatabaseForLog(), up.To)
		return nil
	}
	if *dry {
		return c.rehearseUpgrade(ctx, conf, up)
	}
	release, err := lockDatabase(conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	before := copyBefore(conf, func(format string, args ...any) { fmt.Fprintf(c.errs, format+"\n", args...) })
	switch {
	case *without:
		before = nil
	case copies(conf) == "" && up.From > 0:
		return fmt.Errorf("name a folder for the copy before the upgrade (upgrade.directory of the configuration), or make a backup and run this with --without-backup; the database was not changed")
	}
	s, err := openStore(ctx, conf, before) // opening brings it up to date
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is up to date now (version %d, %d steps).\n", conf.DatabaseForLog(), up.To, len(up.Steps))
	return nil
}

// rehearseUpgrade tries an upgrade out and leaves the database as it is: an SQLite file is
// copied, and the copy brought up to date and verified; on PostgreSQL all steps run in one
// transaction that is taken back.
func (c *call) rehearseUpgrade(ctx context.Context, conf *config.Service, up store.Upgrade) (err error) {
	fmt.Fprintf(c.out, "%s is of version %d; to come to %d it lacks:\n", conf.DatabaseForLog(), up.From, up.To)
	if up.From == 0 {
		fmt.Fprintln(c.out, "  everything: it is empty")
		return nil
	}
	if store.IsPostgres(conf.Database) {
		return c.rehearseThere(ctx, conf, up)
	}
	for _, step := range up.Steps {
		fmt.Fprintln(c.out, "  "+step)
	}
	draft := conf.Database + ".rehearsal"
	removeFile(draft)
	defer removeFile(draft)
	if err := roomFor(conf, draft); err != nil {
		return err
	}
	if err := store.Backup(ctx, conf.Database, draft); err != nil {
		return err
	}
	size, err := sizeOf(draft)
	if err != nil {
		return err
	}
	tried := *conf
	tried.Database = draft
	began := time.Now()
	h, err := openHouse(ctx, &tried, nil)
	if err != nil {
		return fmt.Errorf("the rehearsal on a copy failed, the database is as it was: %w", err)
	}
	took := time.Since(began)
	defer func() { err = errors.Join(err, h.close()) }()
	broken, err := h.desk.Verify(ctx, func(tenant string) { fmt.Fprintf(c.errs, "checking %s ...\n", tenant) })
	if err != nil {
		return err
	}
	for _, b := range broken {
		fmt.Fprintln(c.out, b)
	}
	if len(broken) > 0 {
		return fmt.Errorf("after the rehearsal on a copy this was broken, listed above: %d; the database is as it was", len(broken))
	}
	grown, err := sizeOf(draft)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "Tried out on a copy, and verified: %v, %s for the copy that is made before, %s more for the work. Nothing was changed.\n", took.Round(time.Millisecond), megabytes(size), megabytes(max(grown-size, 0)+size))
	return nil
}

func (c *call) rehearseThere(ctx context.Context, conf *config.Service, up store.Upgrade) error {
	took, err := store.Rehearse(ctx, conf.Database)
	if err != nil {
		return fmt.Errorf("the rehearsal failed and was taken back, the database is as it was: %w", err)
	}
	var all time.Duration
	for i, step := range up.Steps {
		fmt.Fprintf(c.out, "  %s (%v)\n", step, took[i].Round(time.Millisecond))
		all += took[i]
	}
	fmt.Fprintf(c.out, "Tried out in a transaction that was taken back: %v, in which others had to wait. Nothing was changed.\n", all.Round(time.Millisecond))
	return nil
}
