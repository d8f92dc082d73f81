package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
)

// usageError is a command line that cannot be understood.
type usageError string

func (e usageError) Error() string { return string(e) }

var errHelp = errors.New("help wanted")

// call is one run of a subcommand: its flags, and what it reads and writes.
type call struct {
	command command
	flags   *flag.FlagSet
	args    []string
	in      io.Reader
	out     io.Writer // results, for other programs too
	errs    io.Writer // progress and everything for people

	config, tenant *string                                    // the flags most commands have; nil where not declared
	mayCreate      bool                                       // the database, where there is none yet
	before         func(context.Context, store.Upgrade) error // an older database is brought up to date; nil: such a one is refused
}

func newCall(cmd command, args []string, in io.Reader, out, errs io.Writer) *call {
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return &call{command: cmd, flags: flags, args: args, in: in, out: out, errs: errs}
}

// needConfig declares --config, which must be given.
func (c *call) needConfig() { c.config = c.flags.String("config", "", "") }

// needTenant declares --config and --tenant, which must be given.
func (c *call) needTenant() {
	c.needConfig()
	c.tenant = c.flags.String("tenant", "", "")
}

// parse reads flags and the arguments named, in any order.
func (c *call) parse(names ...string) (values []string, err error) {
	rest := c.args
	for len(rest) > 0 {
		if err := c.flags.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, errHelp
			}
			return nil, usageError(err.Error())
		}
		left := c.flags.Args()
		if n := len(rest) - len(left); n > 0 && rest[n-1] == "--" {
			values = append(values, left...)
			break
		}
		if len(left) == 0 {
			break
		}
		values, rest = append(values, left[0]), left[1:]
	}
	switch {
	case c.config != nil && *c.config == "":
		return nil, usageError("--config FILE is missing")
	case c.tenant != nil && *c.tenant == "":
		return nil, usageError("--tenant T is missing")
	case len(values) < len(names):
		return nil, usageError(strings.Join(names[len(values):], " ") + " is missing")
	case len(values) > len(names):
		return nil, usageError(fmt.Sprintf("%q is too much", values[len(names)]))
	}
	return values, nil
}

// house is an opened installation.
type house struct {
	config *config.Service
	store  *store.Store
	desk   *booking.Desk
	links  booking.Links
}

// open reads the configuration and opens the database with its key.
func (c *call) open(ctx context.Context) (*house, error) {
	conf, err := config.Load(*c.config)
	if err != nil {
		return nil, err
	}
	if !c.mayCreate {
		if err := databaseExists(conf); err != nil {
			return nil, err
		}
	}
	before := c.before
	if before == nil {
		before = c.only
	}
	return openHouse(ctx, conf, before)
}

// databaseExists keeps a mistyped name from becoming an empty database.
func databaseExists(conf *config.Service) error {
	if strings.Contains(conf.Database, "://") {
		return nil
	}
	if _, err := os.Stat(conf.Database); err != nil {
		return fmt.Errorf("there is no database at %s: check the configuration, or begin with: terminvergabe apply", conf.Database)
	}
	return nil
}

// openHouse opens an installation; before is asked before an older database is brought up
// to date (nil: nobody is).
func openHouse(ctx context.Context, conf *config.Service, before func(context.Context, store.Upgrade) error) (*house, error) {
	s, err := openStore(ctx, conf, before)
	if err != nil {
		return nil, err
	}
	h := &house{config: conf, store: s, desk: &booking.Desk{Store: s}, links: booking.Links{Base: conf.BaseURL}}
	if err := h.unlock(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return h, nil
}

func openStore(ctx context.Context, conf *config.Service, before func(context.Context, store.Upgrade) error) (*store.Store, error) {
	o := store.Options{Before: before}
	if conf.TestClock != nil {
		o.Clock = func(now time.Time) time.Time { return now.Add(conf.TestClock.Offset()) }
	}
	s, err := store.Open(ctx, conf.Database, o)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", conf.DatabaseForLog(), err)
	}
	return s, nil
}

func (h *house) close() error { return h.store.Close() }

// setup reads the tenant of --tenant.
func (h *house) setup(ctx context.Context, tenant string) (*agenda.Setup, error) {
	s, err := h.desk.Setup(ctx, tenant)
	if errors.Is(err, agenda.ErrNotFound) {
		return nil, fmt.Errorf("there is no tenant %q; make one with: terminvergabe apply", tenant)
	}
	return s, err
}

// with opens the installation for the length of f.
func (c *call) with(ctx context.Context, f func(*house) error) (err error) {
	h, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	return f(h)
}

// piped reports whether standard input is a file or another program, not a person.
func (c *call) piped() bool {
	f, ok := c.in.(*os.File)
	if !ok {
		return true
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// atTerminal reports whether a person may read what is written to a file.
func atTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
