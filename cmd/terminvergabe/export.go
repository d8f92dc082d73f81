package main

import (
	"context"

	"terminvergabe/internal/config"
)

func exportCommand(ctx context.Context, c *call) error {
	c.needConfig()
	args, err := c.parse("TENANT")
	if err != nil {
		return err
	}
	return c.with(ctx, func(h *house) error {
		s, err := h.setup(ctx, args[0])
		if err != nil {
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
