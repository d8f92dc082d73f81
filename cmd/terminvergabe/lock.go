package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"terminvergabe/internal/config"
)

// lockDatabase keeps a second service off the same SQLite file until the process
// ends, however it ends; PostgreSQL serves many.
func lockDatabase(conf *config.Service) (release func() error, err error) {
	if strings.Contains(conf.Database, "://") {
		return func() error { return nil }, nil
	}
	name := conf.Database + ".lock"
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("another service already works on %s: stop it first", conf.Database), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	return f.Close, nil // the file stays: removing it would let two others in
}
