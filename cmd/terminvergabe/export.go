package main

import (
	"context"
	"errors"
	"fmt"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

func exportCommand(ctx context.Context, c *call) error {
	c.needConfig()
	picture := c.flags.Bool("logo", false, "")
	args, err := c.parse("TENANT")
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, args[0])
		if err != nil {
			return err
		}
		if *picture {
			return c.exportLogo(ctx, h, s)
		}
		if s, err = h.desk.Revealed(s); err != nil {
			return err
		}
		text, err := config.WriteTenant(s)
		if err != nil {
			return err
		}
		_, err = c.out.Write(text)
		return err
	})
}

// exportLogo prints the picture that the tenant file names, to be put beside it.
func (c *call) exportLogo(ctx context.Context, h *house, s *agenda.Setup) error {
	var image []byte
	err := h.desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		image, err = tx.Logo(s.Tenant.ID, s.Brand.KeptLogo())
		return err
	})
	if errors.Is(err, agenda.ErrNotFound) {
		return fmt.Errorf("%s has no logo", s.Tenant.ID)
	} else if err != nil {
		return err
	}
	_, err = c.out.Write(image)
	return err
}
