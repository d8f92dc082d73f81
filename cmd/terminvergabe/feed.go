package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
)

func feedCreateCommand(ctx context.Context, c *call) error {
	c.needTenant()
	f, targets := store.Feed{}, map[string]*string{}
	for flag, scope := range map[string]string{"calendar": "calendar", "department": "department", "site": "site", "person": "clerk"} {
		targets[scope] = c.flags.String(flag, "", "")
	}
	all := c.flags.Bool("all", false, "")
	c.flags.StringVar(&f.Detail, "detail", "", "")
	c.flags.StringVar(&f.Name, "name", "", "")
	c.flags.Func("alarm", "", func(s string) (err error) {
		f.Alarm, err = alarmMinutes(s)
		return err
	})
	var last agenda.Date
	c.flags.Func("expires", "", func(s string) (err error) {
		last, err = agenda.ParseDate(s)
		return err
	})
	if _, err := c.parse(); err != nil {
		return err
	}
	f.Tenant = *c.tenant
	named := 0
	for scope, target := range targets {
		if *target != "" {
			named++
			f.Scope, f.Target = scope, *target
		}
	}
	if *all {
		named++
		f.Scope = "all"
	}
	if named != 1 {
		return usageError("exactly one of --calendar C, --department D, --site S, --person EMAIL and --all is needed")
	}
	if f.Detail == "" {
		return usageError("--detail is missing: busy, service or full")
	}
	return c.with(ctx, func(h *house) error { return c.createFeed(ctx, h, f, last) })
}

// alarmMinutes reads how long before a visit a calendar reminds: minutes, or a span.
func alarmMinutes(s string) (int, error) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, nil
	}
	span, err := agenda.ParseSpan(s)
	if err != nil {
		return 0, errors.New("expected minutes, or a time before the visit such as 30m or 1d")
	}
	return span.Days*24*60 + span.Minutes, nil
}

// createFeed makes a feed that ends with a day, or (zero) never, and prints its address.
func (c *call) createFeed(ctx context.Context, h *house, f store.Feed, last agenda.Date) error {
	s, err := h.setup(ctx, f.Tenant)
	if err != nil {
		return err
	}
	if last != 0 {
		now, err := h.desk.Now(ctx)
		if err != nil {
			return err
		}
		f.Expires, _ = agenda.At(last+1, 0, s.Zone())
		if !f.Expires.After(now) {
			return fmt.Errorf("--expires %s has passed", last)
		}
	}
	named := f
	if f.Scope == "clerk" {
		if f.Target, err = h.account(ctx, f.Tenant, f.Target); err != nil {
			return err
		}
	}
	_, secret, err := h.desk.CreateFeed(ctx, f, booking.ActorCLI)
	if err != nil {
		return explainFeed(err, named)
	}
	fmt.Fprintln(c.out, h.links.Feed(&s.Tenant, secret))
	return nil
}

// account finds whose open account has an address.
func (h *house) account(ctx context.Context, tenant, email string) (id string, err error) {
	err = h.desk.Store.View(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(tenant, strings.ToLower(email))
		if err == nil && a.Disabled {
			err = agenda.ErrNotFound
		}
		id = a.ID
		return err
	})
	if errors.Is(err, agenda.ErrNotFound) {
		err = fmt.Errorf("%s has no open account of %s; see: terminvergabe staff list", tenant, email)
	}
	return id, err
}

// addresses are those of a tenant's accounts, by their ids.
func (h *house) addresses(ctx context.Context, tenant string) (list map[string]string, err error) {
	list = map[string]string{}
	err = h.desk.Store.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Accounts(tenant)
		for _, a := range all {
			list[a.ID] = a.Email
		}
		return err
	})
	return list, err
}

func explainFeed(err error, f store.Feed) error {
	var invalid agenda.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	var faults []string
	for _, i := range invalid {
		switch i.Field {
		case "target":
			faults = append(faults, fmt.Sprintf("%s has no %s %q; see: terminvergabe export", f.Tenant, f.Scope, f.Target))
		case "alarm":
			faults = append(faults, fmt.Sprintf("alarm of %d minutes; expected up to a week, such as 30m or 1d", f.Alarm))
		case "name":
			faults = append(faults, fmt.Sprintf("the name is longer than %d letters", agenda.MaxName))
		case "detail":
			faults = append(faults, fmt.Sprintf("detail %q; expected busy, service or full", f.Detail))
		default:
			faults = append(faults, i.Field+": "+i.Code)
		}
	}
	return errors.New(strings.Join(faults, "; "))
}

func feedRevokeCommand(ctx context.Context, c *call) error {
	c.needTenant()
	args, err := c.parse("ID")
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		if _, err := h.setup(ctx, *c.tenant); err != nil {
			return err
		}
		err := h.desk.RevokeFeed(ctx, *c.tenant, args[0], booking.ActorCLI)
		if errors.Is(err, agenda.ErrNotFound) {
			return fmt.Errorf("no feed %q is in force; see: terminvergabe feed list", args[0])
		}
		return err
	})
}

// lastDay is the last one on which a feed answers.
func lastDay(f store.Feed, s *agenda.Setup) string {
	if f.Expires.IsZero() {
		return "-"
	}
	return day(f.Expires.Add(-time.Second), s)
}

func feedListCommand(ctx context.Context, c *call) error {
	c.needTenant()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, *c.tenant)
		if err != nil {
			return err
		}
		list, err := h.desk.Feeds(ctx, *c.tenant)
		if err != nil {
			return err
		}
		people, err := h.addresses(ctx, *c.tenant)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tSHOWS\tNAME\tDETAIL\tCREATED\tUSED\tEXPIRES\tREVOKED")
		for _, f := range list {
			if f.Scope == "clerk" {
				f.Scope, f.Target = "person", people[f.Target]
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.ID, strings.TrimSpace(f.Scope+" "+f.Target), cmp.Or(f.Name, "-"), f.Detail, day(f.Created, s), day(f.Used, s), lastDay(f, s), day(f.Revoked, s))
		}
		return t.Flush()
	})
}
