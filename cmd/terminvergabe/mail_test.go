package main

import (
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/outbound"
	"terminvergabe/ui"
)

// TestWaysOutAsConfigured: limits and signatures stand in the configuration, each tenant
// with a server of its own has its own, and a folder has no limits.
func TestWaysOutAsConfigured(t *testing.T) {
	dir := t.TempDir()
	key, err := mail.MakeDKIMKey("ed25519")
	if err != nil {
		t.Fatal(err)
	}
	text := `
base_url: https://termine.example.org
database: book.db
data_key_file: data.key
mail:
  host: mail.example.org
  tenants:
    a: {host: mail.a.example.org, per_minute: 0, at_once: 9, domain_per_minute: 5, domain_at_once: 2}
    b: {transport: directory, directory: letters, dkim: {domain: b.example.org, selector: s, key_file: key}}
`
	for name, data := range map[string][]byte{"config.yaml": []byte(text), "key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	catalogue, err := i18n.Load(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := h.jobs(slog.New(slog.DiscardHandler), catalogue)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]jobs.Pace{
		"":  {PerMinute: 600, AtOnce: 4, DomainPerMinute: 300},
		"a": {AtOnce: 9, DomainPerMinute: 5, DomainAtOnce: 2},
		"b": {},
	}
	if !maps.Equal(runner.Paces, want) {
		t.Errorf("got %+v, want %+v", runner.Paces, want)
	}
	letter := &mail.Outgoing{ID: "1@b.example.org", Raw: []byte("From: x@b.example.org\r\n\r\nHello\r\n")}
	if _, err := runner.Tenants["b"].Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "letters", "1.eml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(raw), "DKIM-Signature: ") || !strings.Contains(string(raw), "d=b.example.org;") {
		t.Errorf("the letter is not signed:\n%s", raw)
	}
	if _, ok := runner.Tenants["a"].(*mail.SMTP); !ok {
		t.Errorf("got %T for a tenant without a key", runner.Tenants["a"])
	}
}

// TestFolderOfBouncesMustBeThere: else nobody would learn from check-config that nothing
// is read there.
func TestFolderOfBouncesMustBeThere(t *testing.T) {
	server := config.MailServer{Transport: "directory", Directory: t.TempDir()}
	server.Bounces.Directory = t.TempDir()
	k := &checkup{}
	k.mail(t.Context(), "mail", server)
	server.Bounces.Directory = filepath.Join(t.TempDir(), "nirgends")
	k.mail(t.Context(), "mail.tenants.a", server)
	if len(k.faults) != 1 || !strings.HasPrefix(k.faults[0], "mail.tenants.a.bounces.directory: ") {
		t.Errorf("got the faults %q", k.faults)
	}
}

// TestWebhooksThatAreNeverCalled: check-config tells of them before events are missed.
func TestWebhooksThatAreNeverCalled(t *testing.T) {
	s := &agenda.Setup{Webhooks: []agenda.Webhook{{ID: "outside", URL: "https://example.org/hook"}, {ID: "inside", URL: "http://10.1.2.3/hook"}}}
	k := &checkup{}
	k.webhooks(s, outbound.New(nil, []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}))
	k.webhooks(s, outbound.New(nil, nil))
	if len(k.faults) != 1 || !strings.Contains(k.faults[0], "webhooks.inside.url ") || !strings.Contains(k.faults[0], "outbound.allow") {
		t.Errorf("got the faults %q", k.faults)
	}
}
