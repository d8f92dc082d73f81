package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// keyVariable holds the data keys where no file does.
const keyVariable = "TERMINVERGABE_DATA_KEY"

// keysFrom says where the data keys are, for people.
func keysFrom(conf *config.Service) string {
	if conf.DataKeys != nil {
		return keyVariable
	}
	return conf.DataKeyFile
}

// unlock gives the desk the data keys. One is made only for a database that has
// never had any: a lost key is to be restored, not replaced.
func (h *house) unlock(ctx context.Context) (err error) {
	conf, from := h.config, keysFrom(h.config)
	used, err := h.desk.HasKey(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(from); used && conf.DataKeys == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the data key file %s is missing, and %s was written with it: restore the file from its copy", from, conf.DatabaseForLog())
	}
	if h.desk.Keys, err = loadKeys(conf); err != nil {
		return err
	}
	if err := h.desk.CheckKey(ctx); err != nil {
		return h.missingKey(err)
	}
	h.desk.Keys.OnMissing(h.readKeys)
	return nil
}

// missingKey explains that the current key of the database is not there.
func (h *house) missingKey(err error) error {
	if !errors.Is(err, seal.ErrOtherKey) {
		return err
	}
	return fmt.Errorf("the data key in %s is not the one that %s was written with: restore the right one, whose fingerprint is %s, into it (there: %s): %w",
		keysFrom(h.config), h.config.DatabaseForLog(), wantedKey(err), strings.Join(h.desk.Keys.Fingerprints(), ", "), seal.ErrOtherKey)
}

// wantedKey is the fingerprint of the key that a seal.ErrOtherKey of a database names.
func wantedKey(err error) string {
	_, print, _ := strings.Cut(err.Error(), seal.ErrOtherKey.Error()+": ")
	return print
}

func loadKeys(conf *config.Service) (*seal.Keys, error) {
	if conf.DataKeys != nil {
		return seal.NewKeys(conf.DataKeys...)
	}
	return seal.LoadKeys(conf.DataKeyFile)
}

// readKeys reads the key file again, and what the database says of its keys.
func (h *house) readKeys() error {
	if h.config.DataKeys == nil {
		list, err := seal.ReadKeys(h.config.DataKeyFile)
		if err != nil {
			return err
		}
		if err := h.desk.Keys.Know(list...); err != nil && !errors.Is(err, seal.ErrOtherKey) {
			return err // what is current has changed since it was adopted
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return h.desk.AdoptKeys(ctx)
}

const (
	// lookForKeys is how often a running service looks whether keys have changed.
	lookForKeys = 2 * time.Second
	// sayKeys is how often it says which it has, long before it counts as silent.
	sayKeys = booking.KeySilent / 3
)

// followKeys keeps a running service abreast of its data keys, and carries values over
// when they have changed. It returns when the context ends, or when the current key is
// nowhere to be found: such a service reads nothing any more.
func (s *service) followKeys(ctx context.Context) error {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	me := store.KeyHolder{ID: rand.Text(), Name: name}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := s.house.desk.LeaveKeys(last, me.ID); err != nil {
			s.log.Warn("data keys: the end of this process was not noted; it counts for a minute more", "error", err)
		}
	}()
	var adopted string
	var said time.Time
	tick := time.NewTicker(lookForKeys)
	defer tick.Stop()
	for {
		if err := s.house.readKeys(); errors.Is(err, seal.ErrOtherKey) {
			return s.house.missingKey(err)
		} else if err != nil && ctx.Err() == nil {
			s.log.Error("data keys: cannot be read; those of before stay in use", "error", err)
		}
		if now := s.house.desk.Keys.Adopted(); now != adopted || time.Since(said) >= sayKeys {
			if err := s.house.desk.HoldKeys(ctx, me); err != nil && ctx.Err() == nil {
				s.log.Error("data keys: it was not noted which ones this process has", "error", err)
			} else if err == nil {
				if adopted != "" && adopted != now {
					s.log.Info("data keys: followed a change", "adopted", now, "seals_with", s.house.desk.Keys.Fingerprint())
				}
				adopted, said = now, time.Now()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// carryOver brings values under the current data key as long as some are not, and looks
// now and then whether some have come under an old one after all.
func (s *service) carryOver(ctx context.Context) {
	var looked time.Time
	for {
		due := s.house.desk.Keys.Unfinished()
		if old, err := s.house.desk.OldKeys(ctx); err == nil && len(old) > 0 && time.Since(looked) >= booking.ResealEvery {
			due = true
		}
		if due {
			n, done, err := s.house.desk.Reseal(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				s.log.Error("data keys: not everything could be brought under the current key; it is tried again", "values", n, "error", err)
			case n > 0:
				s.log.Info("data keys: brought under the current key", "values", n, "seals_with", s.house.desk.Keys.Fingerprint())
			case done:
				looked = time.Now()
				s.log.Info("data keys: everything is under the current key", "seals_with", s.house.desk.Keys.Fingerprint())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookForKeys):
		}
	}
}

func keyStatusCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.desk.KeyStatus(ctx)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "NO.\tFINGERPRINT\tSTATE\tSINCE\tDONE")
		known := map[string]bool{}
		for _, k := range s.Line {
			known[k.Fingerprint] = true
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", k.Number, k.Fingerprint, k.State, minuteOf(k.Since), minuteOf(k.Done))
		}
		for _, print := range h.desk.Keys.Fingerprints() {
			if !known[print] {
				fmt.Fprintf(t, "-\t%s\tin %s only\t\t\n", print, keysFrom(h.config))
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, p := range s.Holders {
			fmt.Fprintf(c.out, "a service runs on %s and has followed to: %s\n", p.Name, p.Adopted)
		}
		for _, l := range s.Left {
			fmt.Fprintf(c.out, "still under %s: %d %s\n", l.Under, l.Values, l.What)
		}
		switch {
		case h.desk.Keys.Unfinished():
			fmt.Fprintln(c.out, "a change of keys goes on: the running service carries it on, or: terminvergabe key rotate")
		case len(s.Old()) > 0 && s.Retire == nil && len(s.Left) == 0:
			fmt.Fprintln(c.out, "everything is under the current key; old ones can go: terminvergabe key retire")
		}
		return nil
	})
}

// keyNewCommand puts a new key beside those that there are; nothing uses it yet.
func keyNewCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		print, err := h.newKey(ctx, c)
		if err != nil {
			return err
		}
		if print != "" {
			fmt.Fprintf(c.errs, "the key %s stands in %s; copy that file to every machine with a service, and to where you keep its copy, then: terminvergabe key rotate\n", print, h.config.DataKeyFile)
		}
		return nil
	})
}

// newKey makes a data key and gives its fingerprint; where keys come from the environment
// it prints the key instead.
func (h *house) newKey(ctx context.Context, c *call) (print string, err error) {
	line, err := h.desk.Line(ctx)
	if err != nil {
		return "", err
	}
	if newest := h.newest(); !booking.InLine(line, newest) {
		return "", fmt.Errorf("the key %s in %s has not been used yet; run: terminvergabe key rotate", newest, keysFrom(h.config))
	}
	data, err := h.desk.FreeKey(ctx)
	if err != nil {
		return "", err
	}
	if h.config.DataKeys != nil {
		fmt.Fprintln(c.out, base64.StdEncoding.EncodeToString(data))
		fmt.Fprintf(c.errs, "add this key to %s of every service, behind the others and a space, keep a copy, restart the services one after the other, then: terminvergabe key rotate\n", keyVariable)
		return "", nil
	}
	if err := seal.AddKey(h.config.DataKeyFile, data, time.Now()); err != nil {
		return "", err
	}
	if err := h.readKeys(); err != nil {
		return "", err
	}
	return h.newest(), nil
}

func (h *house) newest() string {
	list := h.desk.Keys.Fingerprints()
	return list[len(list)-1]
}

// keyRotateCommand puts another data key in the current one's place, while services run,
// or goes on with that where it was interrupted.
func keyRotateCommand(ctx context.Context, c *call) error {
	c.needConfig()
	wait := c.flags.Duration("wait", 30*time.Second, "")
	back := c.flags.Bool("give-up", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		if *back {
			err := h.desk.GiveUpNextKey(ctx)
			if errors.Is(err, agenda.ErrState) {
				return errors.New("there is nothing to give up: no key is about to be used, or it is in use already")
			}
			return err
		}
		if !h.desk.Keys.Unfinished() {
			if err := h.beginRotation(ctx, c); err != nil {
				return err
			}
			if err := h.useKey(ctx, c, *wait); err != nil {
				return err
			}
		}
		return h.finishRotation(ctx, c)
	})
}

// beginRotation makes the newest key the next one; where it is in use, a new one is made.
func (h *house) beginRotation(ctx context.Context, c *call) error {
	line, err := h.desk.Line(ctx)
	if err != nil {
		return err
	}
	if booking.InLine(line, h.newest()) && line[len(line)-1].Fingerprint == h.newest() && line[len(line)-1].State == seal.Current {
		if h.config.DataKeys != nil {
			return fmt.Errorf("%s holds no key that is not in use; make one with: terminvergabe key new", keyVariable)
		}
		if err := h.desk.MayChangeKeys(ctx); err != nil {
			return err
		}
		print, err := h.newKey(ctx, c)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.errs, "made the key %s in %s: keep a copy of that file\n", print, h.config.DataKeyFile)
	}
	err = h.desk.NextKey(ctx, h.newest())
	switch {
	case errors.Is(err, agenda.ErrConflict):
		return fmt.Errorf("the newest key in %s, %s, has been used before or could be mistaken for another one: take it out, and make one with: terminvergabe key new", keysFrom(h.config), h.newest())
	case errors.Is(err, agenda.ErrState):
		return errors.New("another key is about to be used: put it into the key file as the newest one, or: terminvergabe key rotate --give-up")
	}
	return err
}

// useKey waits until all services have the new key, and makes it the current one.
func (h *house) useKey(ctx context.Context, c *call, wait time.Duration) error {
	for begin := time.Now(); ; {
		// A key that is in this process alone would be lost with it, and all that is under it.
		if err := h.readKeys(); err != nil {
			return err
		}
		behind, err := h.desk.UseKey(ctx)
		if errors.Is(err, seal.ErrOtherKey) {
			return fmt.Errorf("the key that is about to be used is no longer in %s: put it back, or: terminvergabe key rotate --give-up", keysFrom(h.config))
		}
		if err != nil || len(behind) == 0 {
			if err == nil {
				fmt.Fprintf(c.errs, "%s is the current key\n", h.desk.Keys.Fingerprint())
			}
			return err
		}
		if time.Since(begin) > wait {
			var names []string
			for _, p := range behind {
				names = append(names, p.Name)
			}
			return fmt.Errorf("services that do not have the new key yet run on: %s; copy %s there (a service sees it within seconds; one that was killed counts for a minute), then run this again", strings.Join(names, ", "), keysFrom(h.config))
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return err
		}
	}
}

// finishRotation carries values over until there are none, beside the services that do
// the same.
func (h *house) finishRotation(ctx context.Context, c *call) error {
	total, waits := 0, false
	for {
		n, done, err := h.desk.Reseal(ctx)
		if err != nil {
			return err
		}
		total += n
		if n > 0 {
			fmt.Fprintf(c.errs, "brought under the current key: %d values\n", total)
			continue
		}
		if done {
			fmt.Fprintln(c.out, "everything is under the current key")
			return nil
		}
		if !waits {
			waits = true
			fmt.Fprintln(c.errs, "nothing is left to carry over; waiting for the services to follow (seconds; after one that was killed, a minute)")
		}
		if err := pause(ctx, time.Second/2); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// keyRetireCommand forgets the old keys.
func keyRetireCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		gone, err := h.desk.RetireKeys(ctx)
		switch {
		case errors.Is(err, agenda.ErrState):
			s, statusErr := h.desk.KeyStatus(ctx)
			if statusErr != nil {
				return statusErr
			}
			for _, l := range s.Left {
				fmt.Fprintf(c.out, "still under %s: %d %s\n", l.Under, l.Values, l.What)
			}
			return errors.New("the old key is still needed; the running service carries values over, or: terminvergabe key rotate")
		case err != nil:
			return err
		}
		if len(gone) == 0 && h.config.DataKeys != nil {
			fmt.Fprintln(c.out, "no old key is kept")
			return nil
		}
		return h.dropKeys(ctx, c)
	})
}

// dropKeys takes retired keys out of the key file, also where that was interrupted before.
func (h *house) dropKeys(ctx context.Context, c *call) error {
	line, err := h.desk.Line(ctx)
	if err != nil {
		return err
	}
	var retired []string
	for _, k := range line {
		if k.State == seal.Retired {
			retired = append(retired, k.Fingerprint)
		}
	}
	if h.config.DataKeys != nil {
		fmt.Fprintf(c.out, "retired: %s; take them out of %s, and keep them apart as long as there are backups from before\n", strings.Join(retired, ", "), keyVariable)
		return nil
	}
	aside, err := seal.RetireKeys(h.config.DataKeyFile, retired)
	if err != nil {
		return err
	}
	if aside == "" {
		fmt.Fprintln(c.out, "no old key is kept")
		return nil
	}
	fmt.Fprintf(c.out, "retired keys stand in %s now: keep that file apart as long as there are backups from before, then delete it; copy %s to the other machines\n", aside, h.config.DataKeyFile)
	return nil
}
