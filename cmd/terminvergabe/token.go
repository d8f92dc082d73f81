package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
)

func tokenCreateCommand(ctx context.Context, c *call) error {
	c.needTenant()
	name := c.flags.String("name", "", "")
	role := c.flags.String("role", "", "")
	department := c.flags.String("department", "", "")
	var last agenda.Date
	c.flags.Func("expires", "", func(s string) (err error) {
		last, err = agenda.ParseDate(s)
		return err
	})
	if _, err := c.parse(); err != nil {
		return err
	}
	if *name == "" || *role == "" {
		return usageError("--name N and --role R are needed")
	}
	return c.withAccounts(ctx, func(_ *house, s *agenda.Setup, a *auth.Accounts) error {
		_, token, err := a.CreateToken(ctx, *c.tenant, *name, agenda.Role(*role), *department, last)
		if err != nil {
			return explainRights(err, s, "", *role, *department)
		}
		fmt.Fprintln(c.out, token)
		return nil
	})
}

func tokenRevokeCommand(ctx context.Context, c *call) error {
	c.needTenant()
	args, err := c.parse("ID")
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, func(_ *house, _ *agenda.Setup, a *auth.Accounts) error {
		err := a.RevokeToken(ctx, *c.tenant, args[0])
		if errors.Is(err, agenda.ErrNotFound) {
			return fmt.Errorf("no token %q is in force; see: terminvergabe token list", args[0])
		}
		return err
	})
}

func tokenListCommand(ctx context.Context, c *call) error {
	c.needTenant()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.withAccounts(ctx, func(_ *house, s *agenda.Setup, a *auth.Accounts) error {
		list, err := a.Tokens(ctx, *c.tenant)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tNAME\tROLE\tDEPARTMENT\tCREATED\tEXPIRES\tREVOKED")
		for _, k := range list {
			last := "-"
			if !k.Last.IsZero() {
				last = k.Last.String()
			}
			if k.Expired {
				last += " (over)"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Role, orAll(k.Department), day(k.Created, s), last, day(k.Revoked, s))
		}
		return t.Flush()
	})
}

// day is a date for a list; "-" for never.
func day(t time.Time, s *agenda.Setup) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(s.Zone()).Format(time.DateOnly)
}
