package main

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/mail"
)

// names are the records of a name server: those of a name and type; what it does not have
// it says there is not.
type names map[string][]dnsmessage.ResourceBody

// resolver asks a name server in this process.
func (n names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer, ok := n.answer(buf[:size]); ok {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n names) answer(question []byte) ([]byte, bool) {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	list := n[strings.ToLower(q.Name.String())+q.Type.String()]
	if strings.HasPrefix(q.Name.String(), "kaputt.") {
		m.RCode = dnsmessage.RCodeServerFailure
	} else if len(list) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, body := range list {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: body})
	}
	data, err := m.Pack()
	return data, err == nil
}

func (n names) txt(name string, list ...string) {
	for _, s := range list {
		n[name+".TypeTXT"] = append(n[name+".TypeTXT"], &dnsmessage.TXTResource{TXT: []string{s}})
	}
}

// What the domains of the senders say about mail is looked up where somebody asks for it,
// and what is missing or wrong is told with what should be there.
func TestWhatTheDNSSaysAboutMail(t *testing.T) {
	key, err := mail.MakeDKIMKey("ed25519")
	if err != nil {
		t.Fatal(err)
	}
	by, err := mail.NewDKIM("example.org", "termine", key)
	if err != nil {
		t.Fatal(err)
	}
	name, record := by.Record()
	other, err := mail.MakeDKIMKey("ed25519")
	if err != nil {
		t.Fatal(err)
	}
	n := names{"example.org.TypeMX": {&dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("mx.example.org.")}}}
	n.txt("example.org", "v=spf1 mx -all", "somebody-verification=1")
	n.txt("_dmarc.example.org", "v=DMARC1; p=reject")
	n.txt(name, record)
	n.txt("doppelt.example.net", "v=spf1 mx -all", "v=spf1 a -all")
	n["stumm.example.net.TypeMX"] = []dnsmessage.ResourceBody{&dnsmessage.MXResource{MX: dnsmessage.MustNewName(".")}}
	n.txt("stumm.example.net", "v=spf1 \x1b]0;gekapert\x07\n! -all")
	own := config.MailServer{Transport: "smtp", Host: "mail.example.org", DKIM: config.DKIM{Domain: "example.org", Selector: "termine", Key: string(key)}, Bounces: config.Bounces{Address: "back@example.org"}}
	forged := own
	forged.DKIM.Key = string(other)
	town := func(id, from string, departments ...string) *agenda.Setup {
		s := &agenda.Setup{Tenant: agenda.Tenant{ID: id}, Mail: agenda.TenantMail{From: from}}
		for _, d := range departments {
			s.Departments = append(s.Departments, agenda.Department{Mail: d})
		}
		return s
	}
	for what, x := range map[string]struct {
		town  *agenda.Setup
		mail  config.MailServer
		notes []string
		fault []string
	}{
		"all is well": {town("a", "Stadt <termine@example.org>", "Amt <amt@stadt.example.org>"), own,
			[]string{"example.org takes mail at mx.example.org", "(SPF): v=spf1 mx -all: compare with the way out of mail.example.org", "asks receivers (DMARC): v=DMARC1; p=reject", "holds the key that letters are signed with"},
			[]string{"dns: stadt.example.org has no MX record"}},
		"another key": {town("a", "termine@example.org"), forged, nil, []string{"does not hold the key that letters are signed with", "v=DKIM1"}},
		"nothing there": {town("a", "termine@leer.example.com"), config.MailServer{Host: "mail.example.org"},
			[]string{"leer.example.com has no DMARC record"}, []string{"leer.example.com has no MX record", "leer.example.com has no SPF record", "v=spf1 mx a:mail.example.org -all"}},
		"a server without a name": {town("a", "termine@leer.example.com"), config.MailServer{Host: "192.0.2.7"}, nil, []string{"v=spf1 mx ip4:192.0.2.7 -all"}},
		"letters into a folder":   {town("a", "termine@leer.example.com"), config.MailServer{Transport: "directory"}, nil, []string{"v=spf1 mx -all"}},
		"two records":             {town("a", "termine@doppelt.example.net"), config.MailServer{Host: "mail.example.org"}, nil, []string{"doppelt.example.net has 2 SPF records"}},
		"no answer":               {town("a", "termine@kaputt.example.com"), config.MailServer{Host: "mail.example.org"}, nil, []string{"kaputt.example.com: the MX records cannot be looked up", "the SPF record cannot be looked up"}},
		"takes no mail":           {town("a", "termine@stumm.example.net"), config.MailServer{Host: "mail.example.org"}, []string{"(SPF): v=spf1 ?]0;gekapert??! -all"}, []string{"stumm.example.net says that it takes no mail"}},
		"no sender":               {town("a", ""), config.MailServer{}, []string{"no tenant has a sender yet"}, nil},
	} {
		k := &checkup{tenants: []*agenda.Setup{x.town}}
		k.dns(t.Context(), n.resolver(t), &config.Service{Mail: config.Mail{MailServer: x.mail}})
		said, wrong := strings.Join(k.notes, "\n"), strings.Join(k.faults, "\n")
		for _, want := range x.notes {
			if !strings.Contains(said, want) {
				t.Errorf("%s: got the notes\n%s\nwant %s", what, said, want)
			}
		}
		for _, want := range x.fault {
			if !strings.Contains(wrong, want) {
				t.Errorf("%s: got the faults\n%s\nwant %s", what, wrong, want)
			}
		}
		if len(x.fault) == 0 && wrong != "" || what == "all is well" && len(k.faults) != 1 {
			t.Errorf("%s: got the faults\n%s", what, wrong)
		}
	}
}

// An authority that vouches for the mailbox stands in a file; one that holds none is told.
func TestTheMailboxsAuthority(t *testing.T) {
	m := config.MailServer{Bounces: config.Bounces{IMAP: config.IMAP{Host: "imap.example.org", CAFile: filepath.Join(t.TempDir(), "ca.pem")}}}
	if _, err := returnsOf(m); err == nil || !strings.Contains(err.Error(), "bounces.imap.ca_file") {
		t.Errorf("a file that is not there: got %v", err)
	}
	m.Bounces.IMAP.CAFile = "dns_test.go"
	if _, err := returnsOf(m); err == nil || !strings.Contains(err.Error(), "must hold certificates") {
		t.Errorf("a file without certificates: got %v", err)
	}
}
