package main

import (
	"context"
	"fmt"
)

func verifyCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		broken, err := h.desk.Verify(ctx, func(tenant string) { fmt.Fprintf(c.errs, "checking %s ...\n", tenant) })
		if err != nil {
			return err
		}
		for _, b := range broken {
			fmt.Fprintln(c.out, b)
		}
		if len(broken) > 0 {
			return fmt.Errorf("broken, listed above: %d; stop the service, restore the last sound backup, and keep this file for us to look at", len(broken))
		}
		s, err := h.desk.KeyStatus(ctx)
		if err != nil {
			return err
		}
		for _, l := range s.Left {
			fmt.Fprintf(c.out, "note: under the old data key %s are still %d %s\n", l.Under, l.Values, l.What)
		}
		fmt.Fprintln(c.out, "Everything is as it should be.")
		return nil
	})
}
