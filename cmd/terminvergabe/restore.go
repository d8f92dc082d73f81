package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// restoreCommand puts a backup in the place of the database. All that can be checked is
// checked on a copy of the backup, before anything that is there is touched.
func restoreCommand(ctx context.Context, c *call) (err error) {
	c.needConfig()
	check := c.flags.Bool("check", false, "")
	args, err := c.parse("BACKUP")
	if err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	r := &restoring{call: c, conf: conf, backup: args[0]}
	if r.made, err = r.look(); err != nil {
		return err
	}
	if !*check {
		release, err := lockDatabase(conf)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	if store.IsPostgres(conf.Database) {
		return r.postgres(ctx, *check)
	}
	return r.file(ctx, *check)
}

// restoring is one backup on its way into the place of a database.
type restoring struct {
	*call
	conf   *config.Service
	backup string
	made   time.Time // the file; the backup itself knows better, if backup made it
}

// look refuses what cannot be restored whatever it holds.
func (r *restoring) look() (made time.Time, err error) {
	info, err := os.Stat(r.backup)
	if errors.Is(err, fs.ErrNotExist) {
		return made, fmt.Errorf("there is no file %s", r.backup)
	}
	if err != nil {
		return made, err
	}
	if !info.Mode().IsRegular() { // from a pipe it would wait for ever
		return made, fmt.Errorf("%s is no file", r.backup)
	}
	if info.Mode().Perm()&0o004 != 0 {
		fmt.Fprintf(r.errs, "Everybody on this machine can read %s: run chmod 600 %[1]s, and see to where it came from.\n", r.backup)
	}
	if log, err := os.Stat(r.backup + "-wal"); err == nil && log.Size() > 0 {
		return made, fmt.Errorf("%s is in use, or was copied by hand while it was: its latest changes are in %[1]s-wal; copies are made with: terminvergabe backup", r.backup)
	}
	if _, err := os.Stat(r.conf.DataKeyFile); r.conf.DataKeys == nil && errors.Is(err, fs.ErrNotExist) {
		return made, fmt.Errorf("the data key file %s is missing: put its copy there first, without it nobody can read the bookings", r.conf.DataKeyFile)
	}
	return info.ModTime(), r.explain(store.LooksLike(r.conf.Database, r.backup))
}

// explain says of a backup that cannot be used why.
func (r *restoring) explain(err error) error {
	switch {
	case errors.Is(err, store.ErrOtherSort) && store.IsPostgres(r.conf.Database):
		return fmt.Errorf("%s is an SQLite file, and the configuration names a PostgreSQL database", r.backup)
	case errors.Is(err, store.ErrOtherSort):
		return fmt.Errorf("%s is an archive of PostgreSQL, and the configuration names an SQLite file", r.backup)
	case errors.Is(err, store.ErrNotOurs):
		return fmt.Errorf("%s is not a backup of terminvergabe; nothing was changed", r.backup)
	case errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("%s is damaged (%w): take another one; nothing was changed", r.backup, err)
	case errors.Is(err, store.ErrNewer):
		return fmt.Errorf("%s was written by a newer version of terminvergabe: install that version, then restore; nothing was changed", r.backup)
	case errors.Is(err, seal.ErrOtherKey):
		return fmt.Errorf("%s was written with another data key than the one in %s: it is of another installation, or of before a change of keys; restore it with the file that has the key %s (key retire put former ones into %s.retired); nothing was changed",
			r.backup, keysFrom(r.conf), wantedKey(err), r.conf.DataKeyFile)
	}
	return err
}

// place is where the database is: a link to another volume stays one.
func (r *restoring) place() string {
	if at, err := filepath.EvalSymlinks(r.conf.Database); err == nil {
		return at
	}
	return r.conf.Database
}

// file restores an SQLite file.
func (r *restoring) file(ctx context.Context, check bool) (err error) {
	target := r.place()
	draft := target + ".restoring"
	if check {
		draft = target + ".checking"
	}
	defer removeFile(draft)
	removeFile(draft) // of one that was killed
	if err := copyFile(r.backup, draft); err != nil {
		return fmt.Errorf("copy %s beside the database: %w", r.backup, err)
	}
	if err := r.prove(ctx, draft); err != nil {
		return err
	}
	if check {
		fmt.Fprintf(r.out, "%s can be restored; nothing was changed.\n", r.backup)
		return nil
	}
	aside, err := r.swap(draft)
	if err != nil {
		return err
	}
	r.next(aside)
	return nil
}

// prove brings a copy of the backup up to date, tries the data key on it, verifies it and
// holds its letters back.
func (r *restoring) prove(ctx context.Context, draft string) error {
	up, err := store.CheckSound(ctx, draft)
	if err != nil {
		return r.explain(err)
	}
	if len(up.Steps) > 0 {
		fmt.Fprintf(r.errs, "it is of version %d and is brought up to date: %s\n", up.From, strings.Join(up.Steps, ", "))
	}
	conf := *r.conf
	conf.Database = draft
	return r.settle(ctx, &conf)
}

// settle verifies what was restored and holds its letters back.
func (r *restoring) settle(ctx context.Context, conf *config.Service) (err error) {
	s, err := openStore(ctx, conf, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	keys, err := loadKeys(conf)
	if err != nil {
		return err
	}
	desk := &booking.Desk{Store: s, Keys: keys}
	if err := desk.CheckKey(ctx); err != nil {
		return r.explain(err)
	}
	broken, err := desk.Verify(ctx, func(tenant string) { fmt.Fprintf(r.errs, "checking %s ...\n", tenant) })
	if err != nil {
		return err
	}
	for _, b := range broken {
		fmt.Fprintln(r.out, b)
	}
	if len(broken) > 0 {
		return fmt.Errorf("%s holds what is broken, listed above: %d; take another backup; nothing was changed", r.backup, len(broken))
	}
	if err := s.Update(ctx, func(tx *store.Tx) error { return tx.MarkCopied(r.made) }); err != nil {
		return err
	}
	pause, err := desk.PauseRestored(ctx)
	if err == nil && pause != nil {
		fmt.Fprintf(r.errs, "the backup is of %s\n", minuteOf(pause.Copied))
	}
	return err
}

// swap puts the draft in the place of the database and gives the name under which the
// latter is kept; "" where there was none.
func (r *restoring) swap(draft string) (aside string, err error) {
	target := r.place()
	if _, err := os.Lstat(target); err == nil {
		aside = target + ".replaced-" + stampNow()
		err := store.Detach(target)
		if errors.Is(err, store.ErrInUse) {
			return "", fmt.Errorf("another program has %s open (Litestream, sqlite3, another terminvergabe command): end it first; nothing was changed", target)
		}
		if err != nil { // it is damaged: all of it is kept as it is
			for _, end := range []string{"-wal", "-shm"} {
				if err := os.Rename(target+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return "", err
				}
			}
		}
		if err := os.Link(target, aside); err != nil {
			return "", err
		}
	}
	if err := likeFolder(draft, target); err != nil {
		return "", err
	}
	if err := os.Rename(draft, target); err != nil { // at no moment is there nothing
		return "", err
	}
	return aside, errors.Join(syncFolder(target), likeFolder(r.conf.Database+".lock", target))
}

// next says what was done and what comes now.
func (r *restoring) next(aside string) {
	fmt.Fprintf(r.out, "%s is in the place of %s.\n", r.backup, r.conf.DatabaseForLog())
	if aside != "" {
		fmt.Fprintf(r.out, "What was there is kept as %s: it holds personal data, so delete it when you are sure that nobody needs it.\n", aside)
	}
	fmt.Fprint(r.out, "Letters wait, since many have been sent since. Next:\n"+
		"  1. start the service\n"+
		"  2. terminvergabe mail status: what would go out\n"+
		"  3. terminvergabe mail resume: let it go\n"+
		"All sessions and invitations have ended: staff sign in anew. What was closed, revoked or\n"+
		"erased on a visitor's wish since the backup is back: close, revoke or erase it again.\n")
}

// postgres restores a PostgreSQL database. What is there goes into a schema of its own in
// the transaction that puts the backup in its place; if that turns out to be no good, the
// two change back.
func (r *restoring) postgres(ctx context.Context, check bool) (err error) {
	folder, err := os.MkdirTemp("", "terminvergabe-restore-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	script := filepath.Join(folder, "backup.sql")
	if err := store.Unpack(ctx, r.backup, script); err != nil {
		return r.explain(err)
	}
	if check {
		fmt.Fprintf(r.out, "%s can be read to its end and is a backup of terminvergabe. Whether its data key fits and all is sound is found out when it is restored; then it is taken back. Nothing was changed.\n", r.backup)
		return nil
	}
	others, err := store.InUse(ctx, r.conf.Database)
	if err != nil {
		return err
	}
	if others > 0 {
		return fmt.Errorf("others are connected to %s: %d; stop every replica of the service, and what else uses the database, first", r.conf.DatabaseForLog(), others)
	}
	held, err := store.Holds(ctx, r.conf.Database)
	if err != nil {
		return err
	}
	aside := "replaced_" + strings.ToLower(stampNow())
	if err := store.Replace(ctx, r.conf.Database, script, aside); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	if err := r.settle(ctx, r.conf); err != nil {
		return errors.Join(r.explain(err), store.PutBack(context.WithoutCancel(ctx), r.conf.Database, aside))
	}
	if !held {
		r.next("")
		return nil
	}
	r.next("the schema " + aside + " (DROP SCHEMA " + aside + " CASCADE)")
	return nil
}

// stampNow is the moment as part of a file's name.
func stampNow() string { return time.Now().UTC().Format("20060102T150405Z") }

// copyFile copies a file to a new one that only its owner can read, onto the disk.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// removeFile removes an SQLite file that was for the moment, and what is beside it.
func removeFile(file string) {
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(file + end) // mostly there is none
	}
}

// likeFolder lets a file that root made belong to whom its folder belongs to, which is
// the service's user.
func likeFolder(file, target string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(target))
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		return os.Chown(file, int(owner.Uid), int(owner.Gid))
	}
	return nil
}

// syncFolder sees to it that the names in a file's folder are on the disk.
func syncFolder(file string) error {
	f, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
