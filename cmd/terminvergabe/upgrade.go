package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

// copyTerm is how long the copies made before an upgrade are kept: who wants to go back
// has wanted it by then, and what was to be forgotten must not live on in them.
const copyTerm = 14 * 24 * time.Hour

// copies names where the copies before an upgrade are: the beginning of their names; ""
// where the configuration names no place.
func copies(conf *config.Service) string {
	postgres := store.IsPostgres(conf.Database)
	switch folder := conf.Upgrade.Directory; {
	case folder == "" && postgres:
		return ""
	case postgres:
		return filepath.Join(folder, "terminvergabe.before-")
	case folder == "":
		return conf.Database + ".before-"
	default:
		return filepath.Join(folder, filepath.Base(conf.Database)+".before-")
	}
}

// only refuses to bring an older database up to date: a command that is asked for
// something else does not change it under the feet of the service.
func (c *call) only(_ context.Context, up store.Upgrade) error {
	return fmt.Errorf("the database is of version %d, and this program needs %d: stop the service, then run: terminvergabe migrate", up.From, up.To)
}

// copyBefore copies the database before an upgrade.
func copyBefore(conf *config.Service, say func(format string, args ...any)) func(context.Context, store.Upgrade) error {
	return func(ctx context.Context, up store.Upgrade) error {
		begin := copies(conf)
		if begin == "" {
			say("NO COPY is made of %s before it is brought from version %d to %d: upgrade.directory of the configuration names no folder for it", conf.DatabaseForLog(), up.From, up.To)
			return nil
		}
		dest := fmt.Sprintf("%s%d-%s", begin, up.To, stampNow())
		if err := roomFor(conf, dest); err != nil {
			return err
		}
		err := store.Backup(ctx, conf.Database, dest)
		if errors.Is(err, store.ErrNoDump) {
			say("NO COPY is made of %s before it is brought from version %d to %d: pg_dump is not here (Debian: postgresql-client)", conf.DatabaseForLog(), up.From, up.To)
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrExist) { // there is one of this second
			return fmt.Errorf("the database was not changed, since no copy of it could be made before: %w", err)
		}
		say("%s is of version %d; before it is brought to %d it was copied to %s, which is removed after %d days", conf.DatabaseForLog(), up.From, up.To, dest, int(copyTerm.Hours()/24))
		return likeFolder(dest, dest)
	}
}

// roomFor refuses to begin where the copy, and what the migration writes, have no room.
func roomFor(conf *config.Service, dest string) error {
	if store.IsPostgres(conf.Database) {
		return nil
	}
	need, err := sizeOf(conf.Database)
	if err != nil {
		return err
	}
	have, err := freeAt(dest)
	if err != nil {
		return err
	}
	if filepath.Dir(dest) == filepath.Dir(conf.Database) {
		need *= 2
	}
	if have < need {
		return fmt.Errorf("the database was not changed: a copy of it before the upgrade needs %s in %s, and there are %s; make room, or make a backup elsewhere and then run: terminvergabe migrate --without-backup", megabytes(need), filepath.Dir(dest), megabytes(have))
	}
	return nil
}

// sizeOf is what an SQLite file and its log take.
func sizeOf(database string) (size int64, err error) {
	for _, end := range []string{"", "-wal"} {
		info, err := os.Stat(database + end)
		if err == nil {
			size += info.Size()
		} else if end == "" {
			return 0, err
		}
	}
	return size, nil
}

// freeAt is how much can be written into the folder of a file.
func freeAt(file string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(file), &fs); err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Dir(file), err)
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+1<<20-1)>>20) }

// tidyCopies removes copies made before upgrades whose term is over, and warns of what
// restores have put aside.
func tidyCopies(ctx context.Context, conf *config.Service, log *slog.Logger) error {
	var faults []error
	if begin := copies(conf); begin != "" {
		for _, name := range olderThan(begin, copyTerm) {
			if err := os.Remove(name); err != nil {
				faults = append(faults, err)
				continue
			}
			log.InfoContext(ctx, "a copy made before an upgrade was removed: its term is over", "file", name)
		}
	}
	if !store.IsPostgres(conf.Database) {
		for _, name := range olderThan(conf.Database+".replaced-", copyTerm) {
			log.WarnContext(ctx, "a database that a restore has put aside still holds personal data: delete it, or keep it where it is safe", "file", name)
		}
	}
	return errors.Join(faults...)
}

// olderThan lists the files whose names begin so and that were written before then.
func olderThan(begin string, term time.Duration) (names []string) {
	list, err := os.ReadDir(filepath.Dir(begin))
	if err != nil {
		return nil // nothing was ever put there
	}
	for _, entry := range list {
		info, err := entry.Info()
		if err == nil && strings.HasPrefix(entry.Name(), filepath.Base(begin)) && time.Since(info.ModTime()) > term {
			names = append(names, filepath.Join(filepath.Dir(begin), entry.Name()))
		}
	}
	return names
}
