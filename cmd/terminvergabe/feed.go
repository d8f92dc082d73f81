package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
)

func feedCreateCommand(ctx context.Context, c *call) error {
	c.needTenant()
	targets := map[string]*string{}
	for _, scope := range []string{"calendar", "department", "site"} {
		targets[scope] = c.flags.String(scope, "", "")
	}
	all := c.flags.Bool("all", false, "")
	detail := c.flags.String("detail", "", "")
	if _, err := c.parse(); err != nil {
		return err
	}
	f := store.Feed{Tenant: *c.tenant, Detail: *detail}
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
		return usageError("exactly one of --calendar C, --department D, --site S and --all is needed")
	}
	if *detail == "" {
		return usageError("--detail is missing: busy, service or full")
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, *c.tenant)
		if err != nil {
			return err
		}
		_, secret, err := h.desk.CreateFeed(ctx, f, booking.ActorCLI)
		if err != nil {
			return explainFeed(err, f)
		}
		fmt.Fprintln(c.out, h.links.Feed(&s.Tenant, secret))
		return nil
	})
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
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tSHOWS\tDETAIL\tCREATED\tUSED\tREVOKED")
		for _, f := range list {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.ID, strings.TrimSpace(f.Scope+" "+f.Target), f.Detail, day(f.Created, s), day(f.Used, s), day(f.Revoked, s))
		}
		return t.Flush()
	})
}
