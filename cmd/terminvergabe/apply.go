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
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/logo"
	"terminvergabe/internal/store"
)

func applyCommand(ctx context.Context, c *call) error {
	c.needConfig()
	c.mayCreate = true
	dryRun := c.flags.Bool("dry-run", false, "")
	strand := c.flags.Bool("strand", false, "")
	files, err := c.parse("TENANT.yaml")
	if err != nil {
		return err
	}
	data, err := config.ReadInput(files[0])
	if err != nil {
		return err
	}
	next, err := config.ReadTenant(data, files[0])
	if err != nil {
		return refused(err)
	}
	picture, err := logoBeside(files[0], next.Brand)
	if err != nil {
		return err
	}
	if picture.Name != "" {
		next.Brand.Logo = picture.Name
	}
	return c.with(ctx, func(h *house) error {
		shown, err := h.hasLogo(ctx, next)
		if err != nil {
			return err
		}
		if next.Brand.Logo != "" && !shown && picture.Bytes == nil {
			fmt.Fprintf(c.out, "! brand.logo: there is no %s beside the file; pages show the first letter of the name instead\n", next.Brand.Logo)
		}
		o := booking.ApplyOptions{Actor: booking.ActorCLI, DryRun: *dryRun, Strand: *strand}
		if !shown {
			o.Logo = picture.Bytes
		}
		return c.apply(ctx, h, next, o)
	})
}

// logoBeside reads the picture that a tenant file names, from the file's own folder and
// from nowhere else. None where there is no such file.
func logoBeside(file string, b agenda.Brand) (logo.Picture, error) {
	if b.Logo == "" {
		return logo.Picture{}, nil
	}
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return logo.Picture{}, err
	}
	defer folder.Close()
	f, err := folder.Open(b.Logo)
	if errors.Is(err, fs.ErrNotExist) {
		return logo.Picture{}, nil
	} else if err != nil {
		return logo.Picture{}, fmt.Errorf("brand.logo: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, logo.MostBytes+1))
	if err != nil {
		return logo.Picture{}, fmt.Errorf("brand.logo: %w", err)
	}
	picture, err := logo.Read(data)
	if err != nil {
		return logo.Picture{}, fmt.Errorf("brand.logo: %s: %w; nothing was changed", b.Logo, err)
	}
	return picture, nil
}

// hasLogo reports whether the picture that a set-up names is kept with the tenant.
func (h *house) hasLogo(ctx context.Context, s *agenda.Setup) (kept bool, err error) {
	err = h.desk.Store.View(ctx, func(tx *store.Tx) error {
		_, err := tx.Logo(s.Tenant.ID, s.Brand.KeptLogo())
		return err
	})
	if errors.Is(err, agenda.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// apply shows what a set-up would change, then puts it in force.
func (c *call) apply(ctx context.Context, h *house, next *agenda.Setup, o booking.ApplyOptions) error {
	before, err := h.desk.Setup(ctx, next.Tenant.ID)
	if err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	if err := h.desk.SealBusy(before, next); err != nil {
		return err
	}
	diff := config.Diff(before, next)
	if before != nil && len(diff) == 0 && before.Revision == next.Revision && len(o.Logo) == 0 {
		fmt.Fprintf(c.out, "%s is as the file says (revision %d). Nothing was changed.\n", next.Tenant.ID, before.Revision)
		return nil
	}
	for _, line := range diff {
		fmt.Fprintln(c.out, line)
	}
	trial := o
	trial.DryRun = true
	a, err := h.desk.Apply(ctx, next, trial)
	if err == nil && !o.DryRun {
		a, err = h.desk.Apply(ctx, next, o)
	}
	c.printStranded(a.Stranded, next.Zone())
	c.printRelocated(a.Relocated, next.Zone())
	if err != nil {
		if before != nil && next.Revision == 0 && errors.Is(err, booking.ErrRevision) {
			return fmt.Errorf("%s is there already, and this file has no revision, so nothing was changed: print what holds with terminvergabe export, make the change in that file and apply it", next.Tenant.ID)
		}
		return explainApply(err)
	}
	switch {
	case o.DryRun:
		fmt.Fprintf(c.out, "Dry run: nothing was changed. Without --dry-run %s would become revision %d.\n", next.Tenant.ID, a.Revision)
	case before == nil:
		fmt.Fprintf(c.out, "%s was created, revision %d: %s\n", next.Tenant.ID, a.Revision, h.links.Home(&next.Tenant)+"/")
	default:
		fmt.Fprintf(c.out, "%s is now revision %d.\n", next.Tenant.ID, a.Revision)
	}
	return nil
}

func (c *call) printStranded(list []booking.Stranded, zone *time.Location) {
	for _, s := range list {
		when := s.Booking.Start.In(zone).Format("2006-01-02 15:04")
		fmt.Fprintf(c.out, "! booking %s in calendar %s on %s: %s\n", s.Booking.Reference, s.Booking.Calendar, when, s.Why)
	}
}

// printRelocated names the visits that take place elsewhere, and says how many letters
// tell of it.
func (c *call) printRelocated(list []booking.Relocated, zone *time.Location) {
	letters := 0
	for _, r := range list {
		if r.Letter {
			letters++
		}
		fmt.Fprintf(c.out, "~ booking %s in calendar %s on %s: %s -> %s\n", r.Booking.Reference, r.Booking.Calendar, r.Booking.Start.In(zone).Format("2006-01-02 15:04"), r.From, r.To)
	}
	if len(list) > 0 {
		fmt.Fprintf(c.out, "%d booked visits get another place; %d letters tell their visitors, one after the other, from ten minutes after the change (at once where a visit is less than two hours away)\n", len(list), letters)
	}
}

func explainApply(err error) error {
	var stranded booking.StrandedError
	if errors.As(err, &stranded) {
		return fmt.Errorf("%d future bookings (listed above) would have no place under this set-up, so nothing was changed: move or cancel them first, or keep and mark them with --strand", len(stranded))
	}
	return err
}

// refused says that a file with faults changed nothing.
func refused(err error) error {
	var faults config.Faults
	if errors.As(err, &faults) {
		return fmt.Errorf("the file was refused, nothing was changed:\n%s", strings.TrimRight(faults.Error(), "\n"))
	}
	return err
}
