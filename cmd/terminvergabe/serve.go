package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/busy"
	"terminvergabe/internal/config"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/web"
	"terminvergabe/internal/web/api"
	"terminvergabe/internal/web/feed"
	"terminvergabe/internal/web/mailbox"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/public"
	"terminvergabe/internal/web/staff/docs"
	"terminvergabe/internal/web/staff/paper"
	"terminvergabe/ui"
)

func serveCommand(ctx context.Context, c *call) (err error) {
	c.needConfig()
	c.mayCreate = true
	if _, err := c.parse(); err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	release, err := lockDatabase(conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	log := newLog(c.errs, conf.Log)
	c.before = copyBefore(conf, func(format string, args ...any) { log.WarnContext(ctx, fmt.Sprintf(format, args...)) })
	return c.with(ctx, func(h *house) error {
		s, err := h.furnish(log)
		if err != nil {
			return err
		}
		if err := s.pauseRestored(ctx); err != nil {
			return err
		}
		if err := s.tellFirst(ctx, *c.config); err != nil {
			return err
		}
		remindOfSecurity(ctx, conf.Security, time.Now(), log)
		listener, err := listen(conf.Listen)
		if err != nil {
			return err
		}
		return s.run(ctx, listener)
	})
}

// tellFirst says how the first person gets in where nobody can, by commands that can be
// copied. There are no default passwords, and the link by which the first one is set is
// printed where it was asked for: here nobody has said yet whose address it is for, and it
// would stand in a log that others read.
func (s *service) tellFirst(ctx context.Context, config string) error {
	tenants, err := s.house.desk.Tenants(ctx)
	if err != nil || len(s.house.config.OIDC) > 0 {
		return err
	}
	for _, t := range tenants {
		people, err := s.accounts.People(ctx, t.Tenant.ID)
		if err != nil || len(people) > 0 {
			return err
		}
	}
	program, as := "terminvergabe", ""
	if strings.Contains(os.Args[0], "/") { // it is not where commands are looked for
		if program, err = filepath.Abs(os.Args[0]); err != nil {
			return err
		}
	}
	if who, err := user.Current(); err == nil && who.Uid != "0" && !atTerminal(os.Stderr) {
		as = who.Username // a service: files that somebody else makes would be in its way
	}
	if config, err = filepath.Abs(config); err != nil {
		return err
	}
	if len(tenants) == 0 {
		s.log.InfoContext(ctx, "there is no tenant yet, and nobody can sign in", "next", shellLine(as, program, "apply", "--config", config, "TENANT.yaml"),
			"then", firstStaff(as, program, config, "TENANT"))
		return nil
	}
	s.log.InfoContext(ctx, "nobody can sign in yet", "next", firstStaff(as, program, config, tenants[0].Tenant.ID))
	return nil
}

// firstStaff is the command that prints the one-time link of the first administrator.
func firstStaff(as, program, config, tenant string) string {
	return shellLine(as, program, "staff", "add", "--config", config, "--tenant", tenant, "--email", "YOU", "--role", "admin")
}

// shellLine writes a command as a shell reads it, for another user where one is named.
func shellLine(as string, words ...string) string {
	if as != "" {
		words = append([]string{"sudo", "-u", as}, words...)
	}
	for i, w := range words {
		if strings.ContainsFunc(w, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./@:+=,", r)
		}) {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: is another program there? %w", address, err)
	}
	return l, nil
}

// service is everything that runs while the program serves.
type service struct {
	house    *house
	log      *slog.Logger
	accounts *auth.Accounts
	server   *web.Server
	audience []web.Audience // without the public site
	site     *public.Site
	jobs     *jobs.Runner
	lists    *paper.Memory
	ending   context.Context // over when the service is about to end: for requests that else would not
	end      context.CancelFunc
	docs     *docs.Part
}

// furnish makes all that serves from an opened installation.
func (h *house) furnish(log *slog.Logger) (*service, error) {
	catalogue, err := i18n.Load(ui.Files)
	if err != nil {
		return nil, err
	}
	pages, err := page.New(ui.Files, catalogue, page.Options{Secure: h.config.Secure(), Log: log})
	if err != nil {
		return nil, err
	}
	limits := h.config.Limits
	h.desk.Limits = booking.Limits{BookingsPerPerson: limits.BookingsPerEmail, MailsPerDay: limits.MailsPerAddressPerDay}
	s := &service{house: h, log: log}
	s.ending, s.end = context.WithCancel(context.Background())
	s.accounts = &auth.Accounts{Store: h.store, Keys: h.desk.Keys, Passwords: auth.NewPasswords(0), Attempts: limits.SignInAttempts}
	calls := api.API{Desk: h.desk, Accounts: s.accounts, Links: h.links, Catalogue: catalogue, Log: log}
	s.audience = []web.Audience{
		calls,
		&feed.Feeds{Desk: h.desk, Catalogue: catalogue, Log: log},
	}
	if s.jobs, err = h.jobs(log, catalogue); err != nil {
		return nil, err
	}
	for _, p := range s.backOffice(pages) {
		s.audience = append(s.audience, p)
	}
	words, err := match.LoadThesaurus(ui.Files)
	if err != nil {
		return nil, err
	}
	s.site = &public.Site{Desk: h.desk, Pages: pages, Links: h.links, Words: words}
	s.server = &web.Server{
		Desk: h.desk, Pages: pages, Links: h.links, RefuseAPI: calls.Refuse, Log: log, Proxies: h.config.TrustedProxies,
		RequestsPerMinute: limits.RequestsPerMinute, GuessesPerMinute: limits.GuessesPerMinute, HoldsPerClient: limits.HoldsPerClient,
		Shared: limits.SharedNetworks, SharedTimes: limits.SharedTimes, RequestsAtOnce: limits.RequestsAtOnce, Frame: s.site.Frame, CalmFrame: s.site.CalmFrame,
		Security: web.Security{Contacts: h.config.Security.Contact, Expires: h.config.Security.Until(), Policy: h.config.Security.Policy, Acknowledgments: h.config.Security.Acknowledgments, Encryption: h.config.Security.Encryption},
	}
	s.server.Jobs = s.jobs
	s.server.Audiences = append(slices.Clip(s.audience), s.site)
	if s.docs.Library, err = openLibrary(s.server.Table()); err != nil {
		return nil, err
	}
	if h.config.Metrics.Listen != "" {
		s.server.Metrics = web.NewMetrics(h.desk, &s.jobs.Tally, version)
		keyFile := h.config.DataKeyFile
		if h.config.DataKeys != nil {
			keyFile = ""
		}
		s.server.Metrics.Running(s.server, keyFile)
	}
	return s, nil
}

// showMail adds the page that shows the letters in a folder: for the demo alone.
func (s *service) showMail(dir string) {
	s.server.Pages.CaughtMail = "/mailbox/"
	s.audience = append(s.audience, &mailbox.Box{Dir: dir, Pages: s.server.Pages})
}

func (h *house) jobs(log *slog.Logger, catalogue *i18n.Catalogue) (*jobs.Runner, error) {
	templates, err := mail.LoadTemplates(ui.Files)
	if err != nil {
		return nil, err
	}
	common, err := transport(h.config.Mail.MailServer)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	returns, err := returnsOf(h.config.Mail.MailServer)
	if err != nil {
		return nil, fmt.Errorf("mail.%w", err)
	}
	own := map[string]mail.Transport{}
	paces := map[string]jobs.Pace{"": paceOf(h.config.Mail.MailServer)}
	for id, server := range h.config.Mail.Tenants {
		if own[id], err = transport(server); err != nil {
			return nil, fmt.Errorf("mail.tenants.%s: %w", id, err)
		}
		paces[id] = paceOf(server)
		places, err := returnsOf(server)
		if err != nil {
			return nil, fmt.Errorf("mail.tenants.%s.%w", id, err)
		}
		returns = append(returns, places...)
	}
	return &jobs.Runner{Desk: h.desk, Templates: templates, Catalogue: catalogue, Links: h.links, Transport: common, Tenants: own, Paces: paces, Returns: returns, Log: log, Busy: h.elsewhere().Due, Wary: h.config.TestClock == nil,
		Outbound: outbound.New(h.config.Outbound.Hosts, h.config.Outbound.Networks)}, nil
}

// elsewhere asks the calendars of others.
func (h *house) elsewhere() *busy.Importer {
	return &busy.Importer{Desk: h.desk, Client: outbound.New(h.config.Outbound.Hosts, h.config.Outbound.Networks)}
}

// returnsOf are the places where letters come back to that left by a server.
func returnsOf(m config.MailServer) (list []jobs.Returns, err error) {
	b := m.Bounces
	if box := b.IMAP; box.Host != "" {
		roots, err := box.Roots()
		if err != nil {
			return nil, fmt.Errorf("bounces.imap.ca_file: %w", err)
		}
		list = append(list, jobs.Returns{Address: b.Address, Source: &bounce.IMAP{Host: box.Host, Port: box.Port, TLS: box.TLS,
			Username: box.Username, Password: box.Password, Mailbox: box.Mailbox, Delete: box.Then == "delete", Roots: roots}})
	}
	if b.Directory != "" {
		list = append(list, jobs.Returns{Address: b.Address, Source: &bounce.Folder{Path: b.Directory}})
	}
	return list, nil
}

// mailboxesOf names those places for the back office, by tenant.
func mailboxesOf(m config.Mail) map[string][]string {
	names := func(s config.MailServer) (list []string) {
		places, _ := returnsOf(s) // the jobs have said what is wrong
		for _, place := range places {
			list = append(list, place.Name())
		}
		return list
	}
	all := map[string][]string{"": names(m.MailServer)}
	for id, server := range m.Tenants {
		all[id] = names(server)
	}
	return all
}

// drain is how long requests under way may take when the service is to end.
const drain = 25 * time.Second

// collectLess trades memory, of which a service has some to spare, for processor time:
// what it keeps is small, and with Go's defaults it would look through it all the time.
// Beyond a limit memory is dear again; connections by the thousand raise it, or nothing
// but collecting would be done while they are there. Who sets GOGC or GOMEMLIMIT knows
// better.
func collectLess(ctx context.Context, doors *web.Connections) {
	const percent, limit, each, step = 400, 200 << 20, 8704, 1000
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(limit)
	for thousands := 0; ctx.Err() == nil; {
		if open, _, _ := doors.Counts(); open/step != thousands {
			thousands = open / step
			debug.SetMemoryLimit(int64(limit + thousands*step*each))
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// run serves until the context ends. Then no new requests are taken, those under
// way finish, and a letter on its way arrives or stays in the outbox.
func (s *service) run(ctx context.Context, listener net.Listener) error {
	s.server.Audiences = append(s.audience, s.site)
	var wg sync.WaitGroup
	defer wg.Wait()
	faults := make(chan error, 3)
	doors, files := s.doors()
	main := web.HTTPServer(s.server.Handler())
	main.ConnState = doors.Heed
	wg.Go(func() { faults <- main.Serve(doors.Bound(listener)) })
	if s.server.Metrics != nil {
		aside, err := listen(s.house.config.Metrics.Listen)
		if err != nil {
			return errors.Join(err, main.Close())
		}
		numbers := web.HTTPServer(s.server.Metrics.Handler())
		defer func() { _ = numbers.Close() }()
		wg.Go(func() { faults <- numbers.Serve(aside) })
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	wg.Go(func() { collectLess(working, doors) })
	wg.Go(func() { s.jobs.Run(working) })
	wg.Go(func() { s.lists.Run(working) })
	wg.Go(func() { s.house.desk.KeepViewings(working, s.log) })
	wg.Go(func() { s.carryOver(working) })
	wg.Go(func() {
		if err := s.followKeys(working); err != nil {
			faults <- err
		}
	})
	s.log.Info("serving", "listen", listener.Addr().String(), "base_url", s.house.config.BaseURL, "engine", s.house.store.Engine(), "version", version, "connections", doors.Most, "files", files)
	s.tell(managerReady)
	// What only the start needed goes back to the system, once nobody waits for it.
	settled := time.AfterFunc(time.Second/2, debug.FreeOSMemory)
	defer settled.Stop()
	select {
	case err := <-faults:
		return errors.Join(err, main.Close())
	case <-ctx.Done():
	}
	s.log.Info("stopping: requests under way finish")
	s.tell(managerStopping)
	s.server.Drain()
	time.Sleep(time.Duration(s.house.config.StopDelay) * time.Second) // balancers see it, and send nobody any more
	s.end()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := main.Shutdown(last); err != nil {
		return fmt.Errorf("some requests did not finish in %v: %w", drain, err)
	}
	return nil
}

// tell says to who started the service how far it is; if that fails, waiting is theirs.
func (s *service) tell(state string) {
	if err := tellManager(state); err != nil {
		s.log.Warn("the manager of services does not listen", "error", err)
	}
}

// doors bounds the connections, by the configuration and by the files that the system
// lets us open.
func (s *service) doors() (doors *web.Connections, files int) {
	limits := s.house.config.Limits
	doors = &web.Connections{PerClient: limits.ConnectionsPerClient, Exempt: s.house.config.TrustedProxies, Times: s.server.Times}
	doors.Most, files = web.FilesFor(limits.Connections)
	if doors.Most < limits.Connections && limits.Connections != config.ManyConnections { // nobody chose the default for this machine
		s.log.Warn("fewer connections than limits.connections says, for the system's limit of open files", "connections", doors.Most, "files", files)
	}
	if s.server.Metrics != nil {
		s.server.Metrics.Watch(doors)
	}
	return doors, files
}

func newLog(w io.Writer, l config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(web.RequestLog(slog.NewJSONHandler(w, o)))
	}
	return slog.New(web.RequestLog(slog.NewTextHandler(w, o)))
}
