package main

import (
	"context"
	"fmt"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

func migrateCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	pending, err := store.Pending(ctx, conf.Database)
	if err != nil {
		return fmt.Errorf("%s: %w", conf.DatabaseForLog(), err)
	}
	s, err := openStore(ctx, conf) // opening brings it up to date
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	if pending == 0 {
		fmt.Fprintf(c.out, "%s was up to date.\n", conf.DatabaseForLog())
		return nil
	}
	fmt.Fprintf(c.out, "%s is up to date now (%d steps).\n", conf.DatabaseForLog(), pending)
	return nil
}
