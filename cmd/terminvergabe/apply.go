package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
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
	return c.with(ctx, func(h *house) error {
		return c.apply(ctx, h, next, booking.ApplyOptions{Actor: booking.ActorCLI, DryRun: *dryRun, Strand: *strand})
	})
}

// apply shows what a set-up would change, then puts it in force.
func (c *call) apply(ctx context.Context, h *house, next *agenda.Setup, o booking.ApplyOptions) error {
	before, err := h.desk.Setup(ctx, next.Tenant.ID)
	if err != nil && !errors.Is(err, agenda.ErrNotFound) {
		return err
	}
	diff := config.Diff(before, next)
	if before != nil && len(diff) == 0 && before.Revision == next.Revision {
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
