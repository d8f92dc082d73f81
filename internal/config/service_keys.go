package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// keys is the configuration file's shape: which key is read into what, and
// what it must look like.
func (s *Service) keys() section {
	return section{
		"listen":             text(&s.Listen, checkAddress),
		"base_url":           text(&s.BaseURL, checkBaseURL),
		"database":           text(&s.Database, checkDatabase),
		"data_key_file":      text(&s.DataKeyFile),
		"mail":               s.Mail.keys(),
		"limits":             s.Limits.keys(),
		"outbound":           section{"allow": list(s.Outbound.read)},
		"trusted_proxies":    list(s.readProxy),
		"stop_delay_seconds": number(&s.StopDelay, 0, 15), // the unit lets a service end in 40 s, of which it takes 25
		"metrics":            section{"listen": text(&s.Metrics.Listen, checkAddress)},
		"security":           s.Security.keys(),
		"upgrade":            section{"directory": text(&s.Upgrade.Directory)},
		"oidc":               list(s.readSignOn),
		"log": section{
			"level":  textFunc(s.Log.readLevel),
			"format": choice(&s.Log.Format, "text", "json"),
		},
	}
}

func (y *Security) keys() section {
	return section{
		"contact": list(func(f *yamlFile, at string, n node) {
			var contact string
			text(&contact, checkContact).read(f, at, n)
			y.Contact = append(y.Contact, contact)
		}),
		"expires":         text(&y.Expires, checkDay),
		"policy":          text(&y.Policy, checkWebAddress),
		"acknowledgments": text(&y.Acknowledgments, checkWebAddress),
		"encryption":      text(&y.Encryption, checkWebAddress),
	}
}

func (m *Mail) keys() section {
	keys := m.MailServer.keys()
	m.Tenants = map[string]MailServer{}
	keys["tenants"] = table(func(f *yamlFile, at, id string, n node) {
		if !idForm.MatchString(id) {
			f.fault(at, n, "the id of a tenant")
		}
		server := defaultMail()
		server.keys().read(f, at, n)
		m.Tenants[id] = server
	})
	return keys
}

func (m *MailServer) keys() section {
	return section{
		"transport":     choice(&m.Transport, "smtp", "directory"),
		"host":          text(&m.Host, checkHost),
		"port":          number(&m.Port, 1, 65535),
		"tls":           choice(&m.TLS, "none", "starttls", "tls"),
		"username":      text(&m.Username),
		"password_file": text(&m.PasswordFile),
		"directory":     text(&m.Directory),
		"bounces":       m.Bounces.keys(),

		"per_minute":        number(&m.Pace.PerMinute, 0, 1_000_000),
		"at_once":           number(&m.Pace.AtOnce, 1, 100),
		"domain_per_minute": number(&m.Pace.DomainPerMinute, 0, 1_000_000),
		"domain_at_once":    number(&m.Pace.DomainAtOnce, 0, 100),
		"dkim": section{
			"domain":   text(&m.DKIM.Domain, checkDomain),
			"selector": text(&m.DKIM.Selector, checkSelector),
			"key_file": text(&m.DKIM.KeyFile),
		},
	}
}

func (b *Bounces) keys() section {
	return section{
		"address":   text(&b.Address, checkBareAddress),
		"plus":      flag(&b.Plus),
		"directory": text(&b.Directory),
		"imap": section{
			"host":          text(&b.IMAP.Host, checkHost),
			"port":          number(&b.IMAP.Port, 1, 65535),
			"tls":           choice(&b.IMAP.TLS, "none", "starttls", "tls"),
			"username":      text(&b.IMAP.Username),
			"password_file": text(&b.IMAP.PasswordFile),
			"ca_file":       text(&b.IMAP.CAFile),
			"mailbox":       text(&b.IMAP.Mailbox),
			"then":          choice(&b.IMAP.Then, "seen", "delete"),
		},
	}
}

func (l *Limits) keys() section {
	const most = 1_000_000
	return section{
		"requests_per_minute":       number(&l.RequestsPerMinute, 0, most),
		"bookings_per_email":        number(&l.BookingsPerEmail, 0, most),
		"holds_per_client":          number(&l.HoldsPerClient, 0, most),
		"mails_per_address_per_day": number(&l.MailsPerAddressPerDay, 0, most),
		"sign_in_attempts":          number(&l.SignInAttempts, 0, most),
		"guesses_per_minute":        number(&l.GuessesPerMinute, 0, most),
		"shared_networks":           list(l.readShared),
		"shared_times":              number(&l.SharedTimes, 1, 1000),
		"requests_at_once":          number(&l.RequestsAtOnce, 0, most),
		"connections":               number(&l.Connections, 0, most),
		"connections_per_client":    number(&l.ConnectionsPerClient, 0, most),
	}
}

func (l *Limits) readShared(f *yamlFile, at string, n node) {
	var shared string
	text(&shared).read(f, at, n)
	network, ok := parseNetwork(shared)
	if !ok {
		f.fault(at, n, "an address or a network such as 192.0.2.0/24")
		return
	}
	l.SharedNetworks = append(l.SharedNetworks, network)
}

func (o *Outbound) read(f *yamlFile, at string, n node) {
	var target string
	text(&target).read(f, at, n)
	if network, ok := parseNetwork(target); ok {
		o.Networks = append(o.Networks, network)
		return
	}
	if want := checkHost(target); want != "" || strings.Contains(target, "/") {
		f.fault(at, n, "a host name such as intern.example.org or a network such as 10.1.0.0/16")
		return
	}
	o.Hosts = append(o.Hosts, strings.ToLower(target))
}

func (s *Service) readProxy(f *yamlFile, at string, n node) {
	var proxy string
	text(&proxy).read(f, at, n)
	network, ok := parseNetwork(proxy)
	if !ok {
		f.fault(at, n, "an address or a network such as 10.1.0.0/16")
		return
	}
	s.TrustedProxies = append(s.TrustedProxies, network)
}

func (s *Service) readSignOn(f *yamlFile, at string, n node) {
	o := SignOn{LocalLogin: true, Groups: map[string]Grant{}}
	section{
		"tenants": list(func(f *yamlFile, at string, n node) {
			var id string
			text(&id, checkID).read(f, at, n)
			o.Tenants = append(o.Tenants, id)
		}),
		"issuer":             text(&o.Issuer, checkIssuer),
		"client_id":          text(&o.ClientID),
		"client_secret_file": text(&o.ClientSecretFile),
		"groups": table(func(f *yamlFile, at, group string, n node) {
			var grant Grant
			section{
				"tenant":     text(&grant.Tenant, checkID),
				"role":       choice(&grant.Role, roles()...),
				"department": text(&grant.Department, checkID),
			}.read(f, at, n)
			o.Groups[group] = grant
		}),
		"local_login": flag(&o.LocalLogin),
	}.read(f, at, n)
	s.OIDC = append(s.OIDC, o)
}

func (l *Log) readLevel(value string) string {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[value]
	if !ok {
		return "one of debug, info, warn, error"
	}
	l.Level = level
	return ""
}

// roles are the names of the roles that staff can have.
func roles() []string {
	var names []string
	for _, role := range agenda.Roles() {
		names = append(names, string(role))
	}
	return names
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	hostForm = regexp.MustCompile(`^[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?$`)
)

// The checks below return what was expected, or nothing if all is well.

func checkID(id string) string {
	if !idForm.MatchString(id) {
		return "an id of small letters, digits and hyphens"
	}
	return ""
}

func checkAddress(address string) string {
	const want = "host:port such as 127.0.0.1:8080"
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "" && checkHost(host) != "" {
		return want
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return want
	}
	return ""
}

// longestReturn leaves room for a plus and the name of a letter in the 64 characters that
// may stand before the @.
const longestReturn = 37

func checkBareAddress(address string) string {
	local, _, _ := strings.Cut(address, "@")
	if clean, err := agenda.CheckAddress(address); err != nil || clean != address || len(local) > longestReturn || strings.Contains(local, "+") {
		return "an address such as rueckmeldung@example.org, with at most 37 characters and no plus before the @"
	}
	return ""
}

func checkContact(contact string) string {
	const want = "an address such as mailto:security@example.org, tel:+49-5550-100 or https://example.org/security"
	u, err := url.Parse(contact)
	if err != nil || strings.ContainsFunc(contact, notGraphic) || !(u.Scheme == "mailto" || u.Scheme == "tel") && checkWebAddress(contact) != "" || u.Scheme != "https" && u.Opaque == "" {
		return want
	}
	return ""
}

func checkDay(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "a day such as 2027-06-30"
	}
	return ""
}

func checkWebAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsFunc(address, notGraphic) {
		return "an address such as https://example.org/security"
	}
	return ""
}

// notGraphic is what would end a line or hide in it.
func notGraphic(r rune) bool { return r <= ' ' || r > '~' }

func checkHost(host string) string {
	if _, err := netip.ParseAddr(host); err != nil && (len(host) > 253 || !hostForm.MatchString(host)) {
		return "a host name or an address"
	}
	return ""
}

func checkDomain(domain string) string {
	_, err := netip.ParseAddr(domain)
	if checkHost(domain) != "" || err == nil || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") {
		return "a domain such as example.org; one with umlauts in the form xn--..."
	}
	return ""
}

func checkSelector(selector string) string {
	if len(selector) > 63 || !idForm.MatchString(selector) {
		return "a name of small letters, digits and hyphens such as termine2026"
	}
	return ""
}

func checkBaseURL(address string) string {
	base, err := url.Parse(address)
	switch {
	case err != nil,
		base.Scheme != "http" && base.Scheme != "https",
		checkHost(base.Hostname()) != "",
		base.User != nil,
		base.Path != "" && base.Path != "/",
		strings.ContainsAny(address, "?#"),
		!validPort(base.Host):
		return "http:// or https:// and a host, without path, such as https://termine.example.org"
	}
	return ""
}

// validPort accepts a host without a port, or with one that exists.
func validPort(host string) bool {
	if strings.HasSuffix(host, ":") {
		return false
	}
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return true
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 1 && n <= 65535
}

func checkDatabase(database string) string {
	const want = "a file name, or postgres://user@host/name"
	if isPostgres(database) {
		if _, err := url.Parse(database); err != nil {
			return want
		}
		return ""
	}
	if strings.Contains(database, "://") || strings.HasPrefix(database, "file:") || strings.ContainsAny(database, "?\x00") || database == ":memory:" {
		return want
	}
	return ""
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

func checkIssuer(issuer string) string {
	address, err := url.Parse(issuer)
	if err != nil || address.Host == "" || address.User != nil || strings.ContainsAny(issuer, "?#") ||
		address.Scheme != "https" && !(address.Scheme == "http" && loopbackHost(address.Hostname())) {
		return "the https:// address of the provider"
	}
	return ""
}

// parseNetwork reads a network, or an address as a network of one.
func parseNetwork(s string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	network, err := netip.ParsePrefix(s)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return network.Masked(), true
}
