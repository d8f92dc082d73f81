// Package config reads what an installation is told from outside: the
// configuration of the service and the files that describe a tenant.
//
// It refuses to know SQL, HTTP handlers and what the settings are used for;
// it only promises that a value it hands on has the right form. Errors name
// file, line, key and what was expected, and never show a value, since any
// of them could be a secret at the wrong place.
//
// Start reading at Service and Load. config.example.yaml in the module root
// is the manual of every key; a test holds it against this package.
package config

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// dataKeySize is the length of a data key in bytes.
const dataKeySize = 32

// Service is the configuration of one installation. Printing it shows no
// secrets.
type Service struct {
	Listen         string   // host:port of pages and API
	BaseURL        string   // as visitors see it: scheme and host, nothing after
	Database       string   `json:"-"` // file name or postgres:// address, which may hold a password
	DataKeyFile    string   // made if absent
	DataKeys       [][]byte `json:"-"` // from the environment, the newest last; then DataKeyFile is not used
	Mail           Mail
	Limits         Limits
	Outbound       Outbound
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	StopDelay      int            // for how many seconds requests are taken yet when the service is to end
	Metrics        Metrics
	Security       Security
	Upgrade        Upgrade
	OIDC           []SignOn
	Log            Log
	TestClock      *TestClock `json:"-"` // nil but in tests
}

// Mail is how letters leave: the installation's way and those of tenants
// with a server of their own.
type Mail struct {
	MailServer
	Tenants map[string]MailServer
}

// MailServer is one way for letters to leave.
type MailServer struct {
	Transport    string // smtp or directory
	Host         string
	Port         int
	TLS          string // none, starttls or tls
	Username     string // empty: no sign-in
	Password     string `json:"-"`
	PasswordFile string
	Directory    string // where transport directory writes letters
	Pace         Pace
	DKIM         DKIM
	Bounces      Bounces
}

// Pace bounds how fast letters leave by a mail server. Zero means no limit, but of AtOnce.
type Pace struct {
	PerMinute, AtOnce             int // all letters; on their way at the same time
	DomainPerMinute, DomainAtOnce int // those to one recipient domain
}

// DKIM is how letters are signed; without a domain they are not.
type DKIM struct {
	Domain, Selector string
	KeyFile          string
	Key              string `json:"-"` // PEM
}

// Bounces is where letters come back to that cannot be delivered. Without an address they
// come back to whom they are from, and nobody notices here.
type Bounces struct {
	Address   string // envelope sender of all letters
	Plus      bool   // ADDRESS+anything arrives there, too
	IMAP      IMAP
	Directory string // where a mail server drops what comes back
}

// IMAP is a mailbox that is read.
type IMAP struct {
	Host         string // empty: none
	Port         int
	TLS          string // none, starttls or tls
	Username     string
	Password     string `json:"-"`
	PasswordFile string
	CAFile       string // who vouches for the server; empty: whom the system trusts
	Mailbox      string
	Then         string // delete or seen: what becomes of what was understood
}

// Roots are the authorities that may vouch for the server; nil: those of the system.
func (m IMAP) Roots() (*x509.CertPool, error) {
	if m.CAFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(m.CAFile)
	roots := x509.NewCertPool()
	if err == nil && !roots.AppendCertsFromPEM(data) {
		err = fmt.Errorf("%s must hold certificates: -----BEGIN CERTIFICATE-----", m.CAFile)
	}
	return roots, err
}

// Limits protect against abuse. Zero means no limit.
type Limits struct {
	RequestsPerMinute     int // per client
	BookingsPerEmail      int // still to come, per tenant and address
	HoldsPerClient        int // at the same time
	MailsPerAddressPerDay int // to an address that has not confirmed
	SignInAttempts        int // wrong ones in 15 minutes, per account and per client
	GuessesPerMinute      int // unknown secrets, per client

	SharedNetworks []netip.Prefix // of many people each
	SharedTimes    int            // for how many clients an address of them counts

	RequestsAtOnce       int // of visitors, worked on at a time
	Connections          int // open at a time; 0: as many as the system allows
	ConnectionsPerClient int
}

// ManyConnections is the default of Limits.Connections: more than an office meets.
const ManyConnections = 20_000

// Outbound names internal targets that the service may contact although
// addresses like theirs are otherwise refused.
type Outbound struct {
	Hosts    []string // in small letters
	Networks []netip.Prefix
}

// Metrics is where Prometheus reads; empty: nowhere.
type Metrics struct{ Listen string }

// Security is what /.well-known/security.txt says; without contacts those are the
// imprints of the offices.
type Security struct {
	Contact                             []string // https:, mailto: or tel:
	Expires                             string   // a day such as 2027-06-30; "": half a year from now, always
	Policy, Acknowledgments, Encryption string
}

// Until is the first moment at which security.txt is out of date; zero: it never is.
func (y Security) Until() time.Time {
	day, _ := time.Parse(time.DateOnly, y.Expires) // "" is the zero time; all else has been checked
	return day
}

// Upgrade is where the copy goes that is made before a newer version changes the
// database; empty: beside an SQLite file.
type Upgrade struct{ Directory string }

// SignOn is an OpenID Connect provider for the staff of some tenants.
type SignOn struct {
	Tenants          []string
	Issuer           string
	ClientID         string
	ClientSecretFile string
	ClientSecret     string           `json:"-"`
	Groups           map[string]Grant // rights by the provider's group
	LocalLogin       bool             // whether passwords work beside it
}

// Grant is the right that membership in a group gives.
type Grant struct {
	Tenant, Role string
	Department   string // empty: all of the tenant
}

// Log is how the service's own log is written.
type Log struct {
	Level  slog.Level
	Format string // text or json
}

// Load reads the configuration file at path, the environment, and the files
// with secrets that the configuration names. Relative paths in it count from
// its own folder.
func Load(path string) (*Service, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	s, err := parseService(path, data, os.Getenv)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("find the folder of %s: %w", path, err)
	}
	s.resolve(folder)
	if err := s.readSecrets(); err != nil {
		return nil, err
	}
	return s, nil
}

// Parse reads a configuration without touching any file: paths stay as they
// are written, and secrets are only those in the environment. All faults are
// reported at once.
func Parse(data []byte, getenv func(string) string) (*Service, error) {
	return parseService("configuration", data, getenv)
}

func parseService(name string, data []byte, getenv func(string) string) (*Service, error) {
	s := defaults()
	f := &yamlFile{name: name}
	if err := f.read(data, s.keys()); err != nil {
		return nil, err
	}
	s.BaseURL = strings.ToLower(strings.TrimSuffix(s.BaseURL, "/"))
	s.environment(f, getenv)
	s.finish(f)
	if err := errors.Join(f.faults...); err != nil {
		return nil, err
	}
	return s, nil
}

func defaults() *Service {
	return &Service{
		Listen: "127.0.0.1:8080",
		Mail:   Mail{MailServer: defaultMail()},
		Limits: Limits{
			RequestsPerMinute: 1200, BookingsPerEmail: 10, HoldsPerClient: 60,
			MailsPerAddressPerDay: 10, SignInAttempts: 10, GuessesPerMinute: 20, SharedTimes: 20,
			RequestsAtOnce: 256, Connections: ManyConnections, ConnectionsPerClient: 500,
		},
		Log: Log{Level: slog.LevelInfo, Format: "text"},
	}
}

func defaultMail() MailServer {
	return MailServer{Transport: "smtp", TLS: "starttls", Pace: Pace{PerMinute: 600, AtOnce: 4, DomainPerMinute: 300}, Bounces: Bounces{Plus: true, IMAP: IMAP{TLS: "tls", Mailbox: "INBOX", Then: "seen"}}}
}

// environment takes the secrets that are set as variables; they prevail over
// the file.
func (s *Service) environment(f *yamlFile, getenv func(string) string) {
	if database := getenv("TERMINVERGABE_DATABASE"); database != "" {
		if want := checkDatabase(database); want != "" {
			f.fault("TERMINVERGABE_DATABASE", nil, want)
		}
		s.Database = database
	}
	for key := range strings.FieldsSeq(getenv("TERMINVERGABE_DATA_KEY")) {
		raw, err := base64.StdEncoding.DecodeString(key)
		if err != nil || len(raw) != dataKeySize {
			f.fault("TERMINVERGABE_DATA_KEY", nil, "32 random bytes as base64, as from: head -c 32 /dev/urandom | base64; of several keys, with a space between them, the newest last")
		}
		s.DataKeys = append(s.DataKeys, raw)
	}
	s.Mail.Password = getenv("TERMINVERGABE_MAIL_PASSWORD")
	s.Mail.DKIM.Key = getenv("TERMINVERGABE_DKIM_KEY")
	s.Mail.Bounces.IMAP.Password = getenv("TERMINVERGABE_BOUNCES_PASSWORD")
	for id, server := range s.Mail.Tenants {
		server.Password = getenv("TERMINVERGABE_MAIL_PASSWORD_" + envName(id))
		server.DKIM.Key = getenv("TERMINVERGABE_DKIM_KEY_" + envName(id))
		server.Bounces.IMAP.Password = getenv("TERMINVERGABE_BOUNCES_PASSWORD_" + envName(id))
		s.Mail.Tenants[id] = server
	}
	for i := range s.OIDC {
		s.OIDC[i].ClientSecret = getenv(fmt.Sprintf("TERMINVERGABE_OIDC_CLIENT_SECRET_%d", i+1))
	}
	if path := getenv("TERMINVERGABE_TEST_CLOCK"); path != "" {
		s.TestClock = NewTestClock(path)
		if !s.Loopback() {
			f.fault("TERMINVERGABE_TEST_CLOCK", nil, "a base_url with a loopback address such as http://127.0.0.1:8080; remove the variable from a real service")
		}
		if err := s.TestClock.check(); err != nil {
			f.fault("TERMINVERGABE_TEST_CLOCK", nil, "a file with an offset such as +26h")
		}
	}
}

// envName turns an id into the end of a variable's name: kreis-a gives KREIS_A.
func envName(id string) string {
	return strings.ToUpper(strings.ReplaceAll(id, "-", "_"))
}

// finish checks what several keys decide together, once all are known.
func (s *Service) finish(f *yamlFile) {
	if s.BaseURL == "" && !f.has("base_url") {
		f.missing("base_url", "the address visitors use, such as https://termine.example.org")
	}
	if s.Database == "" && !f.has("database") {
		f.missing("database", "a file name or a postgres:// address, here or in TERMINVERGABE_DATABASE")
	}
	if s.DataKeyFile == "" && s.DataKeys == nil && !f.has("data_key_file") {
		f.missing("data_key_file", "the file of the data key (made if absent), or the key in TERMINVERGABE_DATA_KEY")
	}
	s.Mail.finish(f, "mail", "TERMINVERGABE_MAIL_PASSWORD")
	for _, id := range slices.Sorted(maps.Keys(s.Mail.Tenants)) {
		server := s.Mail.Tenants[id]
		server.finish(f, "mail.tenants."+id, "TERMINVERGABE_MAIL_PASSWORD_"+envName(id))
		s.Mail.Tenants[id] = server
	}
	for i := range s.OIDC {
		s.OIDC[i].finish(f, i)
	}
}

func (m *MailServer) finish(f *yamlFile, at, variable string) {
	if m.Port == 0 {
		m.Port = map[string]int{"none": 25, "starttls": 587, "tls": 465}[m.TLS]
	}
	switch {
	case m.Transport == "directory" && m.Directory == "":
		f.missing(at+".directory", "the folder into which letters are written")
	case m.Transport == "smtp" && m.Host == "" && !f.has(at+".host"):
		f.missing(at+".host", "the name of the mail server, or transport: directory")
	}
	secret := m.Password != "" || m.PasswordFile != ""
	if m.Username != "" && !secret {
		f.missing(at+".password_file", "the password of username, there or in "+variable)
	}
	if m.Username == "" && secret {
		f.missing(at+".username", "the name that belongs to the password")
	}
	if m.Username != "" && m.TLS == "none" && !loopbackHost(m.Host) {
		f.faultAt(at+".tls", "starttls or tls, since a password must not travel in the clear")
	}
	m.DKIM.finish(f, at+".dkim", strings.Replace(variable, "MAIL_PASSWORD", "DKIM_KEY", 1))
	m.Bounces.finish(f, at+".bounces", strings.Replace(variable, "MAIL_PASSWORD", "BOUNCES_PASSWORD", 1))
}

// Check finds what is wrong with domain and selector.
func (d DKIM) Check() error {
	if want := checkDomain(d.Domain); want != "" {
		return errors.New("domain: expected " + want)
	}
	if want := checkSelector(d.Selector); want != "" {
		return errors.New("selector: expected " + want)
	}
	return nil
}

func (d *DKIM) finish(f *yamlFile, at, variable string) {
	if *d == (DKIM{}) {
		return
	}
	if d.Domain == "" && !f.has(at+".domain") {
		f.missing(at+".domain", "the domain that signs, as in the senders' addresses")
	}
	if d.Selector == "" && !f.has(at+".selector") {
		f.missing(at+".selector", "the name of the key in the domain's DNS")
	}
	if d.KeyFile == "" && d.Key == "" {
		f.missing(at+".key_file", "the private key, there or in "+variable+"; make one with: terminvergabe mail dkim-key")
	}
}

func (b *Bounces) finish(f *yamlFile, at, variable string) {
	if b.IMAP.Port == 0 {
		b.IMAP.Port = map[string]int{"none": 143, "starttls": 143, "tls": 993}[b.IMAP.TLS]
	}
	box := b.IMAP.Host != ""
	switch {
	case b.Address == "" && (box || b.Directory != "") && !f.has(at+".address"):
		f.missing(at+".address", "the address that letters come back to")
	case box && b.IMAP.Username == "" && !f.has(at+".imap.username"):
		f.missing(at+".imap.username", "the name to sign in to the mailbox with")
	case box && b.IMAP.Password == "" && b.IMAP.PasswordFile == "":
		f.missing(at+".imap.password_file", "the password of username, there or in "+variable)
	case box && b.IMAP.TLS == "none" && !loopbackHost(b.IMAP.Host):
		f.faultAt(at+".imap.tls", "starttls or tls, since a password must not travel in the clear")
	}
}

func (o *SignOn) finish(f *yamlFile, i int) {
	at := fmt.Sprintf("oidc[%d]", i)
	if len(o.Tenants) == 0 && !f.has(at+".tenants") {
		f.missing(at+".tenants", "the ids of the tenants whose staff signs in there")
	}
	if o.Issuer == "" && !f.has(at+".issuer") {
		f.missing(at+".issuer", "the https:// address of the provider")
	}
	if o.ClientID == "" && !f.has(at+".client_id") {
		f.missing(at+".client_id", "the name under which the provider knows this service")
	}
	if o.ClientSecret == "" && o.ClientSecretFile == "" {
		f.missing(at+".client_secret_file", fmt.Sprintf("the provider's secret for this service, there or in TERMINVERGABE_OIDC_CLIENT_SECRET_%d", i+1))
	}
	for _, group := range slices.Sorted(maps.Keys(o.Groups)) {
		grant := o.Groups[group]
		place := at + ".groups." + group
		if grant.Tenant == "" && len(o.Tenants) == 1 {
			grant.Tenant = o.Tenants[0]
			o.Groups[group] = grant
		}
		if grant.Tenant == "" || !slices.Contains(o.Tenants, grant.Tenant) {
			f.faultAt(place+".tenant", "one of the tenants of this provider")
		}
		if grant.Role == "" && !f.has(place+".role") {
			f.missing(place+".role", "one of "+strings.Join(roles(), ", "))
		}
	}
}

// resolve makes relative paths count from folder.
func (s *Service) resolve(folder string) {
	under := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	if !isPostgres(s.Database) {
		under(&s.Database)
	}
	under(&s.DataKeyFile)
	under(&s.Upgrade.Directory)
	under(&s.Mail.PasswordFile)
	under(&s.Mail.Directory)
	under(&s.Mail.DKIM.KeyFile)
	under(&s.Mail.Bounces.IMAP.PasswordFile)
	under(&s.Mail.Bounces.IMAP.CAFile)
	under(&s.Mail.Bounces.Directory)
	for id, server := range s.Mail.Tenants {
		under(&server.PasswordFile)
		under(&server.Directory)
		under(&server.DKIM.KeyFile)
		under(&server.Bounces.IMAP.PasswordFile)
		under(&server.Bounces.IMAP.CAFile)
		under(&server.Bounces.Directory)
		s.Mail.Tenants[id] = server
	}
	for i := range s.OIDC {
		under(&s.OIDC[i].ClientSecretFile)
	}
}

// readSecrets reads the secrets that are not in the environment.
func (s *Service) readSecrets() error {
	var faults []error
	read := func(at, path string, into *string) {
		if *into != "" || path == "" {
			return
		}
		form := readSecret
		if strings.HasSuffix(at, "dkim.key_file") {
			form = readPEM
		}
		secret, err := form(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", at, err))
		}
		*into = secret
	}
	read("mail.password_file", s.Mail.PasswordFile, &s.Mail.Password)
	read("mail.dkim.key_file", s.Mail.DKIM.KeyFile, &s.Mail.DKIM.Key)
	read("mail.bounces.imap.password_file", s.Mail.Bounces.IMAP.PasswordFile, &s.Mail.Bounces.IMAP.Password)
	for id, server := range s.Mail.Tenants {
		read("mail.tenants."+id+".password_file", server.PasswordFile, &server.Password)
		read("mail.tenants."+id+".dkim.key_file", server.DKIM.KeyFile, &server.DKIM.Key)
		read("mail.tenants."+id+".bounces.imap.password_file", server.Bounces.IMAP.PasswordFile, &server.Bounces.IMAP.Password)
		s.Mail.Tenants[id] = server
	}
	for i := range s.OIDC {
		read(fmt.Sprintf("oidc[%d].client_secret_file", i), s.OIDC[i].ClientSecretFile, &s.OIDC[i].ClientSecret)
	}
	return errors.Join(faults...)
}

// longestSecret is how long a file with a secret may be, in bytes.
const longestSecret = 16 << 10

// readSecret reads a file with one secret. A line end after it is not part
// of it.
func readSecret(path string) (string, error) {
	secret, err := readPrivate(path)
	if err != nil {
		return "", err
	}
	secret = strings.TrimRight(secret, "\r\n")
	const longest = 4096
	if secret == "" || len(secret) > longest || strings.ContainsAny(secret, "\r\n\x00") {
		return "", fmt.Errorf("%s must hold the secret alone, on one line", path)
	}
	return secret, nil
}

// readPEM reads a file with a private key.
func readPEM(path string) (string, error) {
	key, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; make it with: terminvergabe mail dkim-key", err)
	}
	if err == nil && (len(key) > longestSecret || !strings.Contains(key, "PRIVATE KEY-----")) {
		return "", fmt.Errorf("%s must hold a private key: -----BEGIN PRIVATE KEY-----", path)
	}
	return key, err
}

// readPrivate reads a file that not everybody may know, or a little more of it than any
// secret is long.
func readPrivate(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		return "", fmt.Errorf("everybody on this machine can read or write %s (mode %04o); run: chmod o-rwx %s", path, mode, path)
	}
	data, err := io.ReadAll(io.LimitReader(file, longestSecret+1))
	return string(data), err
}

// Loopback says whether the service is reached on this machine only, as in
// tests and the demo.
func (s *Service) Loopback() bool {
	base, err := url.Parse(s.BaseURL)
	return err == nil && loopbackHost(base.Hostname())
}

func loopbackHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Secure says whether visitors come by https, so that cookies may demand it.
func (s *Service) Secure() bool { return strings.HasPrefix(s.BaseURL, "https://") }

// DatabaseForLog names the database without its password.
func (s *Service) DatabaseForLog() string {
	if !isPostgres(s.Database) {
		return s.Database
	}
	address, err := url.Parse(s.Database)
	if err != nil {
		return "postgres://"
	}
	return (&url.URL{Scheme: "postgres", Host: address.Host, Path: address.Path}).String()
}

// For is the way a tenant's letters leave.
func (m Mail) For(tenant string) MailServer {
	if own, ok := m.Tenants[tenant]; ok {
		return own
	}
	return m.MailServer
}

// Format keeps secrets out of logs, whatever the verb.
func (s Service) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "configuration of %s", s.BaseURL)
}

// Format keeps the password out of logs, whatever the verb.
func (m MailServer) Format(f fmt.State, _ rune) {
	if m.Transport == "directory" {
		_, _ = fmt.Fprintf(f, "mail into %s", m.Directory)
		return
	}
	_, _ = fmt.Fprintf(f, "mail by %s:%d (%s)", m.Host, m.Port, m.TLS)
}

// Format keeps the secret out of logs, whatever the verb.
func (o SignOn) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sign-on by %s", o.Issuer)
}
