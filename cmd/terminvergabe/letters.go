package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// mailStatusCommand shows what would be sent if all letters that wait went now, and who
// holds them back.
func mailStatusCommand(ctx context.Context, c *call) error {
	tenant, err := c.someTenant()
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		if _, err := h.setup(ctx, tenant); tenant != "" && err != nil {
			return err
		}
		q, err := h.desk.QueuedLetters(ctx, tenant)
		if err != nil {
			return err
		}
		for _, p := range q.Pauses {
			whose := "all letters are held back"
			if p.Tenant != "" {
				whose = "letters of " + p.Tenant + " are held back"
			}
			fmt.Fprintf(c.out, "%s since %s: %s\n", whose, minuteOf(p.Since), p.Reason)
			if !p.Copied.IsZero() {
				fmt.Fprintf(c.out, "the backup is of %s; AGAIN counts what was due since then and before the restore, and so was most likely sent, if the original was well; mail resume --drop-again drops it\n", minuteOf(p.Copied))
			}
		}
		if len(q.Kinds) == 0 {
			fmt.Fprintln(c.out, "no letter waits")
			return nil
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "TENANT\tKIND\tWAITING\tLATER\tSTALE\tAGAIN\tOLDEST")
		for _, k := range q.Kinds {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", k.Tenant, k.Kind, k.Waiting, k.Later, k.Stale, k.Again, minuteOf(k.Oldest))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "LATER of those that wait are not due yet or are tried again, STALE would be dropped, since the visit has overtaken them; booking.* and message.send go to webhooks")
		return nil
	})
}

// mailPauseCommand holds the letters of a tenant, or all, back.
func mailPauseCommand(ctx context.Context, c *call) error {
	why := c.flags.String("why", "", "")
	tenant, err := c.someTenant()
	if err != nil {
		return err
	}
	if *why == "" {
		return usageError("--why is missing: colleagues see it beside the letters that wait")
	}
	return c.with(ctx, func(h *house) error {
		err := h.desk.PauseLetters(ctx, nil, tenant, *why)
		var invalid agenda.Invalid
		switch {
		case errors.As(err, &invalid):
			return errors.New("--why has more than 200 characters")
		case errors.Is(err, agenda.ErrNotFound):
			return noTenant(tenant)
		case err != nil:
			return err
		}
		fmt.Fprintf(c.out, "Letters wait from now on. Let them go with: terminvergabe mail resume%s\n", ofTenant(tenant))
		return nil
	})
}

// mailResumeCommand lets the letters go that mail pause, or a restored backup, holds back:
// all, or without those that were most likely sent before.
func mailResumeCommand(ctx context.Context, c *call) error {
	drop := c.flags.Bool("drop-again", false, "")
	tenant, err := c.someTenant()
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		dropped, err := 0, error(nil)
		if *drop {
			dropped, err = h.desk.ResumeWithoutSent(ctx, nil, tenant)
		} else {
			err = h.desk.ResumeLetters(ctx, nil, tenant)
		}
		switch {
		case errors.Is(err, agenda.ErrNotFound):
			return fmt.Errorf("nothing holds them back; see: terminvergabe mail status%s", ofTenant(tenant))
		case errors.Is(err, agenda.ErrState):
			return errors.New("no restored backup holds them back, so nothing is marked AGAIN and they still wait; leave --drop-again out")
		case err != nil:
			return err
		}
		if *drop {
			fmt.Fprintf(c.out, "dropped as sent before the restore: %d\n", dropped)
		}
		left, err := h.desk.PausedLetters(ctx, tenant)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			fmt.Fprintln(c.out, "Letters leave again.")
		}
		for _, p := range left {
			fmt.Fprintf(c.out, "still held back%s: %s\n", ofTenant(p.Tenant), p.Reason)
		}
		return nil
	})
}

// someTenant reads the flags of a command that is about a tenant or, where none is
// named, about all.
func (c *call) someTenant() (string, error) {
	c.needConfig()
	tenant := c.flags.String("tenant", "", "")
	_, err := c.parse()
	return *tenant, err
}

func ofTenant(id string) string {
	if id == "" {
		return ""
	}
	return " --tenant " + id
}

func noTenant(id string) error { return fmt.Errorf("there is no tenant %q", id) }

func minuteOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}

// pauseRestored holds the letters of a restored backup back, once, and says so.
func (s *service) pauseRestored(ctx context.Context) error {
	begun, err := s.house.desk.PauseRestored(ctx)
	if err != nil || begun == nil {
		return err
	}
	s.log.WarnContext(ctx, "this database is a copy made by backup: letters are held back, bookings go on; look with: terminvergabe mail status; let them go with: terminvergabe mail resume",
		"of", begun.Copied, "why", booking.RestoredReason)
	return nil
}
