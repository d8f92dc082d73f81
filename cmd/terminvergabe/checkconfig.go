package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
)

func checkConfigCommand(ctx context.Context, c *call) error {
	c.needConfig()
	dns := c.flags.Bool("dns", false, "")
	if _, err := c.parse(); err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	check := &checkup{}
	check.key(conf)
	check.proxies(conf)
	check.security(conf, time.Now())
	check.signOn(ctx, conf)
	check.mail(ctx, "mail", conf.Mail.MailServer)
	for _, id := range slices.Sorted(maps.Keys(conf.Mail.Tenants)) {
		check.mail(ctx, "mail.tenants."+id, conf.Mail.Tenants[id])
	}
	check.database(ctx, conf)
	if *dns {
		check.dns(ctx, net.DefaultResolver, conf)
	}
	for _, note := range check.notes {
		fmt.Fprintln(c.out, note)
	}
	for _, fault := range check.faults {
		fmt.Fprintln(c.out, "! "+fault)
	}
	if len(check.faults) > 0 {
		return fmt.Errorf("missing or wrong, marked with ! above: %d", len(check.faults))
	}
	fmt.Fprintln(c.out, "The configuration is complete.")
	return nil
}

// checkup collects what an administrator should know before visitors notice it.
type checkup struct {
	notes, faults []string
	tenants       []*agenda.Setup
}

func (k *checkup) note(format string, args ...any) {
	k.notes = append(k.notes, fmt.Sprintf(format, args...))
}

func (k *checkup) fault(format string, args ...any) {
	k.faults = append(k.faults, fmt.Sprintf(format, args...))
}

func (k *checkup) key(conf *config.Service) {
	if conf.DataKeys != nil {
		return
	}
	if _, err := os.Stat(conf.DataKeyFile); errors.Is(err, fs.ErrNotExist) {
		if k.writable("data_key_file", conf.DataKeyFile) {
			k.note("data_key_file: %s will be made at the first start", conf.DataKeyFile)
		}
		return
	}
	if _, err := loadKeys(conf); err != nil {
		k.fault("data_key_file: %v", err)
	}
}

// writable notices that a file cannot be made where it is to be, as happens when
// somebody else than the service's user owns the folder.
func (k *checkup) writable(at, file string) bool {
	const write = 2
	dir := filepath.Dir(file)
	if err := syscall.Access(dir, write); err != nil {
		k.fault("%s: cannot write into the folder %s (%v): make it, let the service's user own it, and run this as that user", at, dir, err)
		return false
	}
	return true
}

// proxies: the service itself speaks no TLS, so with https something stands before it.
func (k *checkup) proxies(conf *config.Service) {
	if conf.Secure() && len(conf.TrustedProxies) == 0 {
		k.fault("trusted_proxies is missing: name the web server that speaks https for this service, or all visitors count as one client and share its limits")
	}
}

// signOn asks every provider for its addresses, as the first sign-in would.
func (k *checkup) signOn(ctx context.Context, conf *config.Service) {
	for i, c := range conf.OIDC {
		if _, _, err := ask(c, conf.BaseURL).Begin(ctx); err != nil {
			k.fault("oidc[%d]: %v: compare issuer with what the provider itself says at %s/.well-known/openid-configuration", i, err, strings.TrimSuffix(c.Issuer, "/"))
		}
	}
}

// patience is how long a mail server may take to answer.
const patience = 5 * time.Second

func (k *checkup) mail(ctx context.Context, at string, m config.MailServer) {
	k.signature(at, m)
	if _, err := m.Bounces.IMAP.Roots(); err != nil {
		k.fault("%s.bounces.imap.ca_file: %v", at, err)
	}
	if b := m.Bounces.Directory; b != "" {
		if _, err := os.ReadDir(b); err != nil {
			k.fault("%s.bounces.directory: %v: make the folder, or let the mail server make it, so that the service's user can read and change it", at, err)
		}
	}
	if m.Transport == "directory" {
		if _, err := mail.NewDirectory(m.Directory); err != nil {
			k.fault("%s.directory: %v", at, err)
		}
		k.note("%s: letters are written into %s and reach nobody", at, m.Directory)
		return
	}
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.Host, strconv.Itoa(m.Port)))
	if err != nil {
		k.fault("%s: the mail server %s does not answer on port %d: check host, port and firewall", at, m.Host, m.Port)
		return
	}
	_ = conn.Close()
}

func (k *checkup) database(ctx context.Context, conf *config.Service) {
	if !strings.Contains(conf.Database, "://") && !k.writable("database", conf.Database) {
		return
	}
	if err := databaseExists(conf); err != nil {
		k.note("database: %s will be made by the first: terminvergabe apply", conf.DatabaseForLog())
		return
	}
	up, err := store.Missing(ctx, conf.Database)
	if err != nil {
		k.fault("database %s: %v", conf.DatabaseForLog(), err)
		return
	}
	switch { // neither is a fault: a new program is tried out beside the old one, which still runs
	case len(up.Steps) > 0 && up.From == 0:
		k.note("database %s is empty; the first start, or terminvergabe apply, makes it ready", conf.DatabaseForLog())
		return
	case len(up.Steps) > 0:
		k.note("database %s is of version %d; this program brings it to %d at its first start, which is tried out by: terminvergabe migrate --dry-run. Check the tenants again after that", conf.DatabaseForLog(), up.From, up.To)
		return
	}
	k.stored(ctx, conf)
}

// stored looks at what is in a database of this version.
func (k *checkup) stored(ctx context.Context, conf *config.Service) {
	s, err := openStore(ctx, conf, nil)
	if err != nil {
		k.fault("%v", err)
		return
	}
	defer s.Close()
	desk := &booking.Desk{Store: s}
	tenants, err := desk.Tenants(ctx)
	if err != nil {
		k.fault("database %s: %v", conf.DatabaseForLog(), err)
	}
	if len(tenants) == 0 {
		k.note("database: there is no tenant yet; make one with: terminvergabe apply")
	}
	k.tenants = tenants
	for _, t := range tenants {
		k.tenant(t)
		k.aligned(t, conf.Mail.For(t.Tenant.ID).DKIM.Domain)
		k.webhooks(t, outbound.New(conf.Outbound.Hosts, conf.Outbound.Networks))
	}
	for _, id := range slices.Sorted(maps.Keys(conf.Mail.Tenants)) {
		if !slices.ContainsFunc(tenants, func(t *agenda.Setup) bool { return t.Tenant.ID == id }) {
			k.fault("mail.tenants.%s: there is no such tenant", id)
		}
	}
}

// tenant names what the law or a letter needs and the tenant file lacks.
func (k *checkup) tenant(s *agenda.Setup) {
	id := s.Tenant.ID
	legal := []struct {
		key, what string
		text      agenda.Text
	}{
		{"imprint", "the imprint", s.Legal.Imprint},
		{"privacy", "the privacy notice", s.Legal.Privacy},
		{"accessibility", "the accessibility statement", s.Legal.Accessibility},
	}
	for _, l := range legal {
		if len(l.text) == 0 {
			k.fault("%s: legal.%s is missing: every public page must link to %s", id, l.key, l.what)
		}
	}
	if s.Mail.From == "" {
		for i := range s.Departments {
			if d := &s.Departments[i]; d.Mail == "" {
				k.fault("%s: mail.from is missing, and department %s has no mail of its own: its letters have no sender", id, d.ID)
			}
		}
		if slices.ContainsFunc(s.Services, func(v agenda.Service) bool { return v.Sensitive }) {
			k.fault("%s: mail.from is missing: letters about sensitive services come from the tenant itself", id)
		}
	}
	if s.Tenant.Phone == "" {
		k.fault("%s: tenant.phone is missing: whoever cannot book online must be able to call", id)
	}
	if s.Tenant.State == "" {
		k.note("%s: tenant.state is not set: public holidays are not closed", id)
	}
}

// webhooks notices addresses that nothing will ever be sent to.
func (k *checkup) webhooks(s *agenda.Setup, to *outbound.Client) {
	for _, w := range s.Webhooks {
		if err := to.Check(w.URL); err != nil {
			k.fault("%s: webhooks.%s.url is never called (%v): what stands in your own network, or has no https, must be named in outbound.allow", s.Tenant.ID, w.ID, err)
		}
	}
}
