package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

func backupCommand(ctx context.Context, c *call) error {
	c.needConfig()
	args, err := c.parse("DEST")
	if err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	if err := databaseExists(conf); err != nil {
		return err
	}
	err = store.Backup(ctx, conf.Database, args[0])
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and was not touched: name a new file", args[0])
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s holds the whole database. Keep the data key apart from it: without the key nobody can read the bookings.\n", args[0])
	return nil
}
