package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
)

func importCatalogCommand(ctx context.Context, c *call) error {
	c.needTenant()
	files, err := c.parse("CATALOG.json")
	if err != nil {
		return err
	}
	data, err := config.ReadInput(files[0])
	if err != nil {
		return err
	}
	catalogue, err := config.ReadCatalogue(data, files[0])
	if err != nil {
		return refused(err)
	}
	return c.importInto(ctx, func(s *agenda.Setup) (*agenda.Setup, config.Report, error) {
		bar := newProgress(c.errs, "services and locations")
		next, report := config.Import(s, catalogue, bar.step)
		bar.end()
		return next, report, nil
	})
}

func importHoursCommand(ctx context.Context, c *call) error {
	c.needTenant()
	calendar := c.flags.String("calendar", "", "")
	files, err := c.parse("HOURS.json")
	if err != nil {
		return err
	}
	if *calendar == "" {
		return usageError("--calendar C is missing")
	}
	data, err := config.ReadInput(files[0])
	if err != nil {
		return err
	}
	hours, err := config.ReadHours(data, files[0])
	if err != nil {
		return refused(err)
	}
	return c.importInto(ctx, func(s *agenda.Setup) (*agenda.Setup, config.Report, error) {
		if _, ok := s.Calendar(*calendar); !ok {
			return nil, config.Report{}, fmt.Errorf("%s has no calendar %q; see: terminvergabe export", s.Tenant.ID, *calendar)
		}
		return config.ImportHours(s, *calendar, hours)
	})
}

// importInto merges something into the set-up of --tenant and reports what came of
// it. The merged whole is checked and applied like a tenant file.
func (c *call) importInto(ctx context.Context, merge func(*agenda.Setup) (*agenda.Setup, config.Report, error)) error {
	return c.with(ctx, func(h *house) error {
		before, err := h.setup(ctx, *c.tenant)
		if err != nil {
			return err
		}
		next, report, err := merge(before)
		if err != nil {
			return refused(err)
		}
		for _, line := range report.Lines() {
			fmt.Fprintln(c.out, line)
		}
		if len(config.Diff(before, next)) == 0 {
			fmt.Fprintf(c.out, "%s had all of it (revision %d). Nothing was changed.\n", *c.tenant, before.Revision)
			return nil
		}
		fmt.Fprintln(c.errs, "Writing ...")
		a, err := h.desk.Apply(ctx, next, booking.ApplyOptions{Actor: booking.ActorCLI})
		c.printStranded(a.Stranded, before.Zone())
		if err != nil {
			return explainApply(err)
		}
		fmt.Fprintf(c.out, "%s is now revision %d.\n", *c.tenant, a.Revision)
		return nil
	})
}

// progress tells a waiting person how far long work has come, on standard error,
// at most four times a second.
type progress struct {
	w    io.Writer
	what string
	last time.Time
	done int
	all  int
}

func newProgress(w io.Writer, what string) *progress { return &progress{w: w, what: what} }

func (p *progress) step(done, total int) {
	p.done, p.all = done, total
	if now := time.Now(); now.Sub(p.last) >= time.Second/4 {
		p.last = now
		fmt.Fprintf(p.w, "%d of %d %s\n", done, total, p.what)
	}
}

func (p *progress) end() { fmt.Fprintf(p.w, "%d of %d %s, all read\n", p.done, p.all, p.what) }
