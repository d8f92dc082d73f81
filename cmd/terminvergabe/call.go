package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/seal"
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

	config, tenant *string // the flags most commands have; nil where not declared
	mayCreate      bool    // the database, where there is none yet
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
	return openHouse(ctx, conf)
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

func openHouse(ctx context.Context, conf *config.Service) (*house, error) {
	s, err := openStore(ctx, conf)
	if err != nil {
		return nil, err
	}
	h := &house{config: conf, store: s, desk: &booking.Desk{Store: s}, links: booking.Links{Base: conf.BaseURL}}
	if err := h.unlock(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return h, nil
}

// unlock gives the desk the data key. A key is made only for a database that has
// never had one: a lost key is to be restored, not replaced.
func (h *house) unlock(ctx context.Context) (err error) {
	conf, from := h.config, h.config.DataKeyFile
	if conf.DataKey != nil {
		from = "TERMINVERGABE_DATA_KEY"
	}
	used, err := h.desk.HasKey(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(from); used && conf.DataKey == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the data key file %s is missing, and %s was written with it: restore the file from its copy", from, conf.DatabaseForLog())
	}
	if h.desk.Keys, err = loadKeys(conf); err != nil {
		return err
	}
	if err := h.desk.CheckKey(ctx); errors.Is(err, seal.ErrOtherKey) {
		return fmt.Errorf("the data key in %s is not the one that %s was written with: restore the right one", from, conf.DatabaseForLog())
	} else if err != nil {
		return err
	}
	return nil
}

func loadKeys(conf *config.Service) (*seal.Keys, error) {
	if conf.DataKey != nil {
		return seal.NewKeys(conf.DataKey)
	}
	return seal.LoadKeys(conf.DataKeyFile)
}

func openStore(ctx context.Context, conf *config.Service) (*store.Store, error) {
	o := store.Options{}
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
