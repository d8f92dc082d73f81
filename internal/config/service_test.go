package config

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const example = "../../config.example.yaml"

const minimal = "base_url: https://termine.example.org\ndatabase: terminvergabe.db\n" +
	"data_key_file: data.key\nmail: {host: mail.example.org}\n"

func noEnv(string) string { return "" }

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func parse(t *testing.T, text string, getenv func(string) string) *Service {
	t.Helper()
	s, err := Parse([]byte(text), getenv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fields lets two configurations be compared and shown despite Format.
func fields(t *testing.T, s *Service) string {
	t.Helper()
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	got, want := parse(t, string(data), noEnv), parse(t, minimal, noEnv)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s\nwant %s", fields(t, got), fields(t, want))
	}
}

// TestTheExampleMentionsEverything turns the commented settings on: all must
// be accepted, and together they must name every key there is.
func TestTheExampleMentionsEverything(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	full := regexp.MustCompile(`(?m)^( *)#(\S)`).ReplaceAllString(string(data), "$1$2")
	s := parse(t, full, noEnv)
	if s.OIDC[0].LocalLogin || s.OIDC[0].Groups["termine-leitung"] != (Grant{Tenant: "kreis-a", Role: "lead"}) {
		t.Errorf("got %+v", s.OIDC[0].Groups)
	}
	f := &yamlFile{name: "example"}
	if err := f.read([]byte(full), defaults().keys()); err != nil {
		t.Fatal(err)
	}
	var check func(at string, keys section)
	check = func(at string, keys section) {
		for key, r := range keys {
			place := strings.TrimPrefix(at+"."+key, ".")
			if !f.has(place) {
				t.Errorf("the example does not mention %s", place)
			}
			if inner, ok := r.(section); ok {
				check(place, inner)
			}
		}
	}
	check("", defaults().keys())
	for _, place := range []string{"oidc[0].tenants", "oidc[0].issuer", "oidc[0].client_id", "oidc[0].client_secret_file", "oidc[0].local_login", "oidc[0].groups.termine-buergerbuero.department"} {
		if !f.has(place) {
			t.Errorf("the example does not mention %s", place)
		}
	}
	check("mail.tenants.kreis-a", (&MailServer{}).keys())
}

// TestEveryFieldHasAKey: with all keys given, no field keeps its zero.
func TestEveryFieldHasAKey(t *testing.T) {
	s := parse(t, `
listen: :80
base_url: HTTP://LOCALHOST:8080/
database: postgres://u:hunter2@db/x
data_key_file: k
mail: {host: 10.0.0.1, port: 26, tls: tls, username: u, password_file: p, directory: d, per_minute: 1, at_once: 2, domain_per_minute: 3, domain_at_once: 4, dkim: {domain: example.org, selector: s, key_file: k}, bounces: {address: b@example.org, directory: e, imap: {host: h, username: u, password_file: q, ca_file: r}}, tenants: {a: {transport: directory, directory: x}}}
limits: {requests_per_minute: 1, bookings_per_email: 2, holds_per_client: 3, mails_per_address_per_day: 4, sign_in_attempts: 5, guesses_per_minute: 6, shared_networks: [192.0.2.0/24], shared_times: 7, requests_at_once: 8, connections: 9, connections_per_client: 10}
outbound: {allow: [Intern.Example.Org, 10.1.2.3/24, "::1"]}
trusted_proxies: [127.0.0.1, "::ffff:10.0.0.1"]
stop_delay_seconds: 3
metrics: {listen: "127.0.0.1:9090"}
upgrade: {directory: u}
security: {contact: ["mailto:a@example.org", "tel:+49-5550-100", "https://example.org/x"], expires: 2027-06-30, policy: "https://example.org/p", acknowledgments: "https://example.org/a", encryption: "https://example.org/e"}
oidc: [{tenants: [a, b], issuer: "https://login.example.org", client_id: c, client_secret_file: s, groups: {"G 1": {tenant: b, role: county, department: d}}}]
log: {level: debug, format: json}
`, env("TERMINVERGABE_DATA_KEY", base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"TERMINVERGABE_MAIL_PASSWORD", "m", "TERMINVERGABE_DKIM_KEY", "k", "TERMINVERGABE_BOUNCES_PASSWORD", "b", "TERMINVERGABE_OIDC_CLIENT_SECRET_1", "o", "TERMINVERGABE_TEST_CLOCK", "/nowhere"))
	assertFilled(t, "Service", reflect.ValueOf(s).Elem())
	if s.BaseURL != "http://localhost:8080" || s.Secure() || !s.Loopback() {
		t.Errorf("base_url: got %q", s.BaseURL)
	}
	if got, want := s.DatabaseForLog(), "postgres://db/x"; got != want {
		t.Errorf("database: got %q, want %q", got, want)
	}
	if got, want := fmt.Sprint(s.TrustedProxies, s.Outbound.Networks, s.Outbound.Hosts), "[127.0.0.1/32 10.0.0.1/32] [10.1.2.0/24 ::1/128] [intern.example.org]"; got != want {
		t.Errorf("networks: got %s, want %s", got, want)
	}
	if s.Mail.For("a").Directory != "x" || s.Mail.For("b").Host != "10.0.0.1" {
		t.Errorf("tenants' mail: got %v, %v", s.Mail.For("a"), s.Mail.For("b"))
	}
}

func assertFilled(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[netip.Prefix]() {
		if v.IsZero() {
			t.Errorf("%s is not set by any key", name)
		}
		return
	}
	for i := range v.NumField() {
		assertFilled(t, name+"."+v.Type().Field(i).Name, v.Field(i))
	}
}

// TestParseRefuses is long because it is a table: one line per fault.
func TestParseRefuses(t *testing.T) {
	with := func(more string) string { return minimal + more }
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"base_url: expected", "database: expected", "data_key_file: expected", "mail.host: expected"}},
		{"only comments", "# nothing\n", []string{"base_url: expected"}},
		{"null", "base_url:\n", []string{"base_url: expected the address"}},
		{"unknown key", with("lissten: x\n"), []string{"line 5: lissten: expected one of the keys base_url, data_key_file"}},
		{"unknown inner key", with("log: {level: info, colour: red}\n"), []string{"line 5: log.colour: expected one of the keys format, level"}},
		{"twice", with("listen: :1\nlisten: :2\n"), []string{"line 6: listen: expected this key once"}},
		{"two documents", with("---\nlisten: :1\n"), []string{"one document only"}},
		{"not YAML", with("log: [\n"), []string{"configuration: yaml: line"}},
		{"a list", "- a\n", []string{"line 1: expected keys and values"}},
		{"all at once", with("listen: x\nlog: {level: loud}\nmetrics: 3\n"), []string{"line 5: listen", "line 6: log.level: expected one of debug", "line 7: metrics: expected keys"}},
		{"path", strings.Replace(minimal, "org", "org/app", 1), []string{"line 1: base_url: expected http:// or https://"}},
		{"port", with("metrics: {listen: 'x:99999'}\n"), []string{"line 5: metrics.listen: expected host:port"}},
		{"limit", with("limits: {holds_per_client: -1}\n"), []string{"limits.holds_per_client: expected a whole number from 0"}},
		{"fraction", with("limits: {holds_per_client: 1.5}\n"), []string{"a whole number"}},
		{"proxy", with("trusted_proxies: [10.0.0.0/33]\n"), []string{"line 5: trusted_proxies[0]: expected an address or a network"}},
		{"proxies", with("trusted_proxies: 10.0.0.1\n"), []string{"trusted_proxies: expected a list"}},
		{"shared network", with("limits: {shared_networks: [192.0.2.0/33]}\n"), []string{"limits.shared_networks[0]: expected an address or a network"}},
		{"outbound", with("outbound: {allow: ['https://x/']}\n"), []string{"outbound.allow[0]: expected a host name"}},
		{"database", strings.Replace(minimal, "terminvergabe.db", "mysql://x", 1), []string{"line 2: database: expected a file name, or postgres://"}},
		{"mail folder", strings.Replace(minimal, "host: mail.example.org", "transport: directory", 1), []string{"line 4: mail.directory: expected"}},
		{"no password", strings.Replace(minimal, "{host", "{username: u, host", 1), []string{"mail.password_file: expected", "TERMINVERGABE_MAIL_PASSWORD"}},
		{"no name", strings.Replace(minimal, "{host", "{password_file: u, host", 1), []string{"mail.username: expected"}},
		{"clear password", strings.Replace(minimal, "{host", "{tls: none, username: u, password_file: p, host", 1), []string{"mail.tls: expected starttls or tls"}},
		{"clear mailbox", strings.Replace(minimal, "{host", "{bounces: {address: b@example.org, imap: {host: imap.example.org, tls: none, username: u, password_file: p}}, host", 1), []string{"mail.bounces.imap.tls: expected starttls or tls"}},
		{"tenant's mail", strings.Replace(minimal, "{host", "{tenants: {a-b: {username: u}}, host", 1), []string{"mail.tenants.a-b.host: expected", "TERMINVERGABE_MAIL_PASSWORD_A_B"}},
		{"pace", strings.Replace(minimal, "{host", "{per_minute: -1, at_once: 0, host", 1), []string{"mail.per_minute: expected a whole number from 0", "mail.at_once: expected a whole number from 1"}},
		{"half a signature", strings.Replace(minimal, "{host", "{dkim: {selector: s}, tenants: {a: {host: x, dkim: {domain: example.org, selector: A b}}}, host", 1),
			[]string{"mail.dkim.domain: expected", "mail.dkim.key_file: expected", "TERMINVERGABE_DKIM_KEY", "mail.tenants.a.dkim.selector: expected a name", "TERMINVERGABE_DKIM_KEY_A"}},
		{"a host's signature", strings.Replace(minimal, "{host", "{dkim: {domain: localhost, selector: a, key_file: k}, host", 1), []string{"mail.dkim.domain: expected a domain"}},
		{"sign-on", with("oidc: [{issuer: 'http://x.example.org', local_login: maybe}]\n"), []string{"oidc[0].issuer: expected the https://", "oidc[0].local_login: expected true or false", "oidc[0].tenants: expected", "oidc[0].client_id: expected", "oidc[0].client_secret_file: expected"}},
		{"grant", with("oidc: [{tenants: [a], groups: {g: {tenant: b, role: king}, h: {}}}]\n"), []string{"oidc[0].groups.g.tenant: expected one of the tenants", "oidc[0].groups.g.role: expected one of clerk", "oidc[0].groups.h.role: expected one of clerk"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.text), noEnv)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %q", err, want)
				}
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	for _, good := range []string{"https://a.example.org", "http://127.0.0.1:8080/", "http://[::1]:80"} {
		if want := checkBaseURL(good); want != "" {
			t.Errorf("%s: refused", good)
		}
	}
	for _, bad := range []string{"a.example.org", "//a.org", "ftp://a.org", "https://", "https://a.org/x", "https://a.org//", "https://a.org?", "https://a.org#x", "https://u:p@a.org", "https://a.org:0", "https://a.org:", "https://a b.org", "https:a.org", "https://a.org:99999"} {
		if checkBaseURL(bad) == "" {
			t.Errorf("%s: accepted", bad)
		}
	}
}

// TestErrorsShowNoValue puts a secret at every place where it does not belong.
func TestErrorsShowNoValue(t *testing.T) {
	const canary = "c4nary"
	texts := []string{
		"password: " + canary, "database: mysql://u:" + canary + "@h/x", "database: 'postgres://u:" + canary + "%zz@h'",
		"base_url: https://u:" + canary + "@x/", "limits: {holds_per_client: " + canary + "}", "limits: " + canary,
		"mail: {port: " + canary + ", tls: " + canary + ", host: '" + canary + " !', username: [" + canary + "]}",
		"log: {level: " + canary + "}", "oidc: " + canary, "oidc: [{issuer: '" + canary + "', local_login: " + canary + "}]",
		"outbound: {allow: ['" + canary + "/']}", "database: " + canary + ": x", "database: \"" + canary, "- " + canary,
		"mail: {password_file: !!int " + canary + "}", "database: *" + canary,
	}
	for _, text := range texts {
		_, err := Parse([]byte(text), env("TERMINVERGABE_DATA_KEY", canary, "TERMINVERGABE_DATABASE", "x://"+canary))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	s := parse(t, strings.Replace(minimal, "{host", "{username: u, host", 1), env("TERMINVERGABE_MAIL_PASSWORD", canary, "TERMINVERGABE_DATABASE", "postgres://u:"+canary+"@h/x"))
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", s, "mail", s.Mail)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", s, "mail", s.Mail)
	fmt.Fprintf(&log, "%v %+v %#v %s", s, *s, s.Mail, s.DatabaseForLog())
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log shows a secret: %s", log.String())
	}
}

func TestParseNeverPanics(t *testing.T) {
	pieces := rapid.SliceOf(rapid.SampledFrom([]string{"mail", "oidc", "tenants", ":", " ", "\n", "- ", "{", "}", "[", "]", "&a ", "*a", "x", "!!int ", "---\n", "<<", "#", "\"", "  "}))
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(pieces.Draw(r, "text"), "")
		if _, err := Parse([]byte(text), noEnv); err == nil {
			r.Errorf("accepted %q", text)
		}
	})
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "config.yaml")
	write("config.yaml", strings.Replace(minimal, "{host", "{username: u, password_file: pw, tenants: {a: {transport: directory, directory: out}}, host", 1), 0o600)

	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "mail.password_file") {
		t.Errorf("no password file: got %v", err)
	}
	write("pw", "s3cret\n", 0o600)
	if err := os.Chmod(filepath.Join(dir, "pw"), 0o604); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod o-rwx") {
		t.Errorf("open password file: got %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "pw"), 0o640); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{s.Mail.Password, s.Database, s.DataKeyFile, s.Mail.Tenants["a"].Directory}
	want := []string{"s3cret", filepath.Join(dir, "terminvergabe.db"), filepath.Join(dir, "data.key"), filepath.Join(dir, "out")}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, bad := range []string{"", "\n", "one\ntwo\n", strings.Repeat("x", 5000)} {
		write("pw", bad, 0o640)
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "on one line") {
			t.Errorf("password file %.10q: got %v", bad, err)
		}
	}
	write("config.yaml", "lissten: x\n", 0o600)
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path+": line 1: lissten") {
		t.Errorf("got %v, want file, line and key", err)
	}
}

func TestTestClock(t *testing.T) {
	var none *TestClock
	if got := none.Offset(); got != 0 {
		t.Errorf("no clock: got %v", got)
	}
	path := filepath.Join(t.TempDir(), "clock")
	clock := NewTestClock(path)
	for _, step := range []struct {
		text string
		want time.Duration
	}{{"+26h\n", 26 * time.Hour}, {"-90m", -90 * time.Minute}, {"", -90 * time.Minute}, {"soon", -90 * time.Minute}, {"0s", 0}, {"+26h", 26 * time.Hour}} {
		if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := clock.Offset(); got != step.want {
			t.Errorf("%q: got %v, want %v", step.text, got, step.want)
		}
	}
	if got := time.Until(clock.Now()); got < 25*time.Hour || got > 27*time.Hour {
		t.Errorf("Now: got %v ahead, want 26h", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := clock.Offset(); got != 0 {
		t.Errorf("no file: got %v, want 0", got)
	}
}

func TestTestClockNeedsLoopback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	if err := os.WriteFile(path, []byte("+26h"), 0o600); err != nil {
		t.Fatal(err)
	}
	set := env("TERMINVERGABE_TEST_CLOCK", path)
	if _, err := Parse([]byte(minimal), set); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("public address: got %v, want a refusal", err)
	}
	for _, host := range []string{"http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080", "http://127.9.9.9"} {
		s := parse(t, strings.Replace(minimal, "https://termine.example.org", `"`+host+`"`, 1), set)
		if got, want := s.TestClock.Offset(), 26*time.Hour; got != want {
			t.Errorf("%s: got %v, want %v", host, got, want)
		}
	}
	if err := os.WriteFile(path, []byte("tomorrow"), 0o600); err != nil {
		t.Fatal(err)
	}
	local := strings.Replace(minimal, "https://termine.example.org", "http://127.0.0.1:1", 1)
	if _, err := Parse([]byte(local), set); err == nil || !strings.Contains(err.Error(), "+26h") {
		t.Errorf("strange offset: got %v, want a refusal", err)
	}
}
