package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"terminvergabe/internal/agenda"
)

// webhookSecretCommand prints the key that a webhook's documents are signed with, once;
// with --renew a new one, beside which the one before signs for a week.
func webhookSecretCommand(ctx context.Context, c *call) error {
	c.needTenant()
	id := c.flags.String("id", "", "")
	renew := c.flags.Bool("renew", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *id == "" {
		return usageError("--id is missing: one of the tenant file's webhooks")
	}
	return c.with(ctx, func(h *house) error {
		secret, err := h.desk.HookSecret(ctx, nil, *c.tenant, *id, *renew)
		switch {
		case errors.Is(err, agenda.ErrState):
			return errors.New("the key has been shown before; --renew makes a new one, and the old one signs too for a week")
		case errors.Is(err, agenda.ErrNotFound):
			return noWebhook(*c.tenant, *id)
		case err != nil:
			return err
		}
		fmt.Fprintln(c.out, secret)
		return nil
	})
}

// webhookEnableCommand uses a webhook again whose receiver had said that it is gone.
func webhookEnableCommand(ctx context.Context, c *call) error {
	c.needTenant()
	id := c.flags.String("id", "", "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if *id == "" {
		return usageError("--id is missing: one of the tenant file's webhooks")
	}
	return c.with(ctx, func(h *house) error {
		err := h.desk.EnableHook(ctx, nil, *c.tenant, *id)
		if errors.Is(err, agenda.ErrNotFound) {
			return noWebhook(*c.tenant, *id)
		}
		return err
	})
}

func noWebhook(tenant, id string) error {
	return fmt.Errorf("%s has no webhook %q; see: terminvergabe webhook list", tenant, id)
}

// webhookListCommand tells how the webhooks of a tenant fare.
func webhookListCommand(ctx context.Context, c *call) error {
	c.needTenant()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, *c.tenant)
		if err != nil {
			return err
		}
		views, err := h.desk.Hooks(ctx, *c.tenant)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tDETAIL\tKEY\tGONE\tFAILED\tWAITING")
		for _, w := range s.Webhooks {
			v := views[w.ID]
			key := "not shown yet"
			if v.Generation > 0 {
				key = fmt.Sprintf("no. %d", v.Generation)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\n", w.ID, w.Detail, key, day(v.Disabled, s), v.Failed, v.Queued)
		}
		return t.Flush()
	})
}
