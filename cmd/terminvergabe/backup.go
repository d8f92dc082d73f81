package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

// backupCommand copies the database to a file or, with a name of its own, into a folder.
func backupCommand(ctx context.Context, c *call) error {
	c.needConfig()
	days := c.flags.Int("keep-days", 0, "")
	every := c.flags.Duration("every", 0, "")
	args, err := c.parse("DEST")
	if err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	if err := databaseExists(conf); err != nil {
		return err
	}
	dest := args[0]
	info, err := os.Stat(dest)
	inFolder := err == nil && info.IsDir()
	if *days != 0 && (!inFolder || *days < 1) {
		return usageError("--keep-days needs a number of days, and a folder that is there as DEST")
	}
	if *every != 0 {
		if inFolder || *every < time.Second {
			return usageError("--every needs at least 1s, and a file as DEST, which each copy replaces")
		}
		return c.follow(ctx, conf, dest, *every)
	}
	const begin = "terminvergabe-"
	if inFolder {
		end := ".db"
		if store.IsPostgres(conf.Database) {
			end = ".dump"
		}
		dest = filepath.Join(dest, begin+stampNow()+end)
	}
	err = store.Backup(ctx, conf.Database, dest)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and was not touched: name a new file", dest)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s holds the whole database. Keep the data key apart from it: without the key nobody can read the bookings.\n", dest)
	if err := store.RememberBackup(ctx, conf.Database); err != nil {
		fmt.Fprintf(c.errs, "The database does not know of this backup, so that its age is shown wrongly: %v\n", err)
	}
	if *days == 0 {
		return nil
	}
	for _, name := range olderThan(filepath.Join(filepath.Dir(dest), begin), time.Duration(*days)*24*time.Hour) {
		if err := os.Remove(name); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s was older than %d days and is removed.\n", name, *days)
	}
	return nil
}

// follow copies the database again and again over the same file, until it is ended: a
// copy in a second place that is never older than the interval and the time of a copy.
// Nothing deleted lives on in it, as it would in a log of changes. A copy that fails is
// told of, and tried again.
func (c *call) follow(ctx context.Context, conf *config.Service, dest string, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	fmt.Fprintf(c.errs, "%s is copied to %s every %v, until this command is ended.\n", conf.DatabaseForLog(), dest, every)
	for {
		if err := copyOver(ctx, conf.Database, dest); err != nil && ctx.Err() == nil {
			fmt.Fprintf(c.errs, "%s: no copy could be made: %v\n", time.Now().Format(time.DateTime), err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// copyOver makes a copy beside dest and puts it in its place: there is a whole one at any
// moment.
func copyOver(ctx context.Context, database, dest string) error {
	fresh := dest + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a command that was killed
		return err
	}
	if err := store.Backup(ctx, database, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, dest); err != nil {
		return err
	}
	return store.RememberBackup(ctx, database)
}
