package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"text/tabwriter"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/demo"
	"terminvergabe/internal/store"
	"terminvergabe/ui"
)

func demoCommand(ctx context.Context, c *call) (err error) {
	address := c.flags.String("listen", "127.0.0.1:8080", "")
	data := c.flags.String("data", "", "")
	if _, err := c.parse(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(*address); err != nil {
		return usageError(fmt.Sprintf("--listen %q: expected an address such as 127.0.0.1:8080", *address))
	}
	listener, err := listen(*address)
	if err != nil {
		return err
	}
	defer listener.Close()
	dir, remove, err := demoFolder(*data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	conf := demoConfig(listener.Addr().String(), dir)
	release, err := lockDatabase(conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	log := newLog(c.errs, config.Log{Level: slog.LevelWarn})
	h, err := openHouse(ctx, conf, copyBefore(conf, func(format string, args ...any) { log.WarnContext(ctx, fmt.Sprintf(format, args...)) }))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	s, err := h.furnish(log)
	if err != nil {
		return err
	}
	s.showMail(conf.Mail.Directory)
	return c.rehearse(ctx, s, listener, *data == "")
}

// rehearse founds the county and serves it. The visits of these days are there when
// the first page is answered; the staff and the later weeks follow while pages are
// answered already.
func (c *call) rehearse(ctx context.Context, s *service, listener net.Listener, passing bool) error {
	county := &demo.County{Desk: s.house.desk, Accounts: s.accounts, Files: ui.Files}
	fresh, err := county.Found(ctx)
	if err == nil && fresh {
		_, err = county.Fill(ctx, -1, 1)
	}
	if err != nil {
		return err
	}
	running, end := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.settle(running, s, county, fresh, passing); err != nil && ctx.Err() == nil {
			end(err)
		}
	})
	err = s.run(running, listener)
	if cause := context.Cause(running); ctx.Err() == nil && cause != nil {
		err = errors.Join(err, cause) // nobody asked it to end
	}
	end(nil)
	wg.Wait()
	return err
}

// settle lets the staff move in, says how to get in, and fills the weeks to come
// and some that are past.
func (c *call) settle(ctx context.Context, s *service, county *demo.County, fresh, passing bool) error {
	if !fresh {
		c.welcome(s.house.links.Base, "", passing)
		return nil
	}
	if err := county.Hire(ctx); err != nil {
		return err
	}
	_, secret, err := s.house.desk.CreateFeed(ctx, store.Feed{Tenant: "northeim", Scope: "department", Target: "verkehr", Detail: "service"}, booking.ActorCLI)
	if err != nil {
		return err
	}
	c.welcome(s.house.links.Base, s.house.links.Feed(&agenda.Tenant{ID: "northeim"}, secret), passing)
	for day := 2; day < 7*demo.Weeks; day += 3 {
		if _, err := county.Fill(ctx, day, day+2); err != nil {
			return err
		}
	}
	for day := -7 * demo.WeeksBack; day < -1; day += 7 {
		if _, err := county.Fill(ctx, day, min(day+6, -2)); err != nil {
			return err
		}
	}
	if err := s.house.desk.CountOffered(ctx); err != nil { // the job would, some minutes later
		return err
	}
	return county.Rehearse(ctx)
}

// demoFolder is a fresh folder that goes with the demo, or the one asked for.
func demoFolder(data string) (dir string, remove func() error, err error) {
	if data != "" {
		return data, func() error { return nil }, os.MkdirAll(data, 0o700)
	}
	dir, err = os.MkdirTemp("", "terminvergabe-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// demoConfig is the configuration of a demo. Nobody is kept from trying things out
// quickly: there are no limits.
func demoConfig(listen, dir string) *config.Service {
	host, port, _ := net.SplitHostPort(listen) // a listener's own address has both
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	conf := &config.Service{Listen: listen, BaseURL: "http://" + net.JoinHostPort(host, port), Database: filepath.Join(dir, "terminvergabe.db"), DataKeyFile: filepath.Join(dir, "data.key")}
	conf.Mail.Transport, conf.Mail.Directory = "directory", filepath.Join(dir, "letters")
	if clock := os.Getenv("TERMINVERGABE_TEST_CLOCK"); clock != "" && conf.Loopback() {
		conf.TestClock = config.NewTestClock(clock)
	}
	return conf
}

// welcome says what there is to see and how to get in.
func (c *call) welcome(base, feed string, passing bool) {
	fmt.Fprintf(c.out, "Terminvergabe: a county to try out. Everything in it is invented.\n\n")
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	row := func(what, address string) { fmt.Fprintf(t, "  %s\t%s\n", what, address) }
	row("For citizens", base+"/")
	row("The district", base+"/northeim/")
	row("Caught letters", base+"/mailbox/")
	row("Back office", base+"/staff/")
	row("JSON API", base+"/api/v1/openapi.json")
	if feed != "" {
		row("A calendar feed", feed)
	}
	_ = t.Flush() // what cannot be printed cannot be helped
	fmt.Fprintf(c.out, "\nStaff log-ins, all with the password %s\n\n", demo.Password)
	for _, l := range demo.Logins() {
		limit := l.Department
		if limit == "" {
			limit = "all departments"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s, %s\n", l.Tenant, l.Email, l.Role, limit)
	}
	_ = t.Flush()
	fmt.Fprintf(c.out, "\nEnd it with Ctrl-C.")
	if passing {
		fmt.Fprintf(c.out, " Then everything is deleted; keep it with --data FOLDER.")
	}
	fmt.Fprintf(c.out, "\n")
}
