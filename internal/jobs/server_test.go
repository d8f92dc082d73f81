package jobs_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"log"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// server is a real mail server in this process.
type server struct {
	mu     sync.Mutex
	port   int
	refuse map[string]error // by step: mail, rcpt, data
	cut    bool             // takes the message and cuts the line instead of answering
	slow   chan struct{}    // not nil: answers to a message only once it is closed
	got    []letter         // in order of arrival
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{refuse: map[string]error{}}
	srv := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) { return &session{s: s, conn: c}, nil }))
	srv.Domain, srv.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return s
}

func (s *server) set(f func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// take gives what has arrived since it was last asked.
func (s *server) take() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

type session struct {
	s    *server
	conn *gosmtp.Conn
	to   []string
}

func (x *session) refused(step string) error {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	return x.s.refuse[step]
}

func (x *session) Mail(string, *gosmtp.MailOptions) error { return x.refused("mail") }

func (x *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	x.to = append(x.to, to)
	return x.refused("rcpt")
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := x.refused("data"); err != nil {
		return err
	}
	l := letter{to: x.to[0], raw: raw}
	x.s.mu.Lock()
	x.s.got = append(x.s.got, l)
	cut, slow := x.s.cut, x.s.slow
	x.s.mu.Unlock()
	if slow != nil {
		<-slow
	}
	if cut {
		x.conn.Conn().Close()
	}
	return nil
}

func (x *session) Reset() { x.to = nil }

func (x *session) Logout() error { return nil }

// letter is a message as it arrived.
type letter struct {
	to  string
	raw []byte
}

// read is a letter taken apart.
type read struct {
	letter
	header                  netmail.Header
	id, subject, from, lang string
	text, html              string
	inline, attached        []byte // the calendar, twice
	method                  string // as the MIME parameter says
	calendar                *ical.Calendar
}

func parse(t *testing.T, l letter) read {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	r := read{letter: l, header: m.Header, id: m.Header.Get("Message-ID")}
	dec := new(mime.WordDecoder)
	if r.subject, err = dec.DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	if r.from, err = dec.DecodeHeader(m.Header.Get("From")); err != nil {
		t.Fatal(err)
	}
	r.walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	if _, after, ok := strings.Cut(r.html, `<html lang="`); ok {
		r.lang, _, _ = strings.Cut(after, `"`)
	}
	if r.inline != nil {
		if r.calendar, err = ical.Parse(r.inline); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *read) walk(t *testing.T, contentType, encoding, disposition string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.walk(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(disposition, "attachment"):
		r.attached = data
	case kind == "text/calendar":
		r.inline, r.method = data, params["method"]
	case kind == "text/plain":
		r.text = strings.ReplaceAll(string(data), "\r\n", "\n")
	case kind == "text/html":
		r.html = string(data)
	}
}

// arrived gives the letters since it was last asked, those to one address alone
// where one is named, in the order of their arrival.
func arrived(t *testing.T, s *server, to string) (list []read) {
	t.Helper()
	for _, l := range s.take() {
		if to == "" || l.to == to {
			list = append(list, parse(t, l))
		}
	}
	return list
}

// one demands that exactly one letter has arrived, for an address.
func one(t *testing.T, s *server, to string) read {
	t.Helper()
	list := arrived(t, s, "")
	if len(list) != 1 || list[0].to != to {
		t.Fatalf("got letters %v, want one to %s", subjects(list), to)
	}
	return list[0]
}

func subjects(list []read) (out []string) {
	for _, l := range list {
		out = append(out, l.to+": "+l.subject)
	}
	slices.Sort(out)
	return out
}

// runner gives a runner whose letters go to the server.
func runner(t *testing.T, d *booking.Desk, s *server) *jobs.Runner {
	t.Helper()
	cat := builttest.Texts(t)
	templates, err := mail.LoadTemplates(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := mail.NewSMTP(mail.SMTPSettings{Host: "127.0.0.1", Port: s.port, TLS: "none", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts asked for in vain: %v", missing)
		}
	})
	return &jobs.Runner{Desk: d, Templates: templates, Catalogue: cat, Transport: transport, Log: testLog(t),
		Links: booking.Links{Base: "https://termine.musterstadt.example"}, Timeout: 10 * time.Second}
}

// testLog fails the test where anything of a visitor reaches the log.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(b []byte) (int, error) {
	for _, private := range []string{"Ada", "beispiel.example", "4711"} {
		if bytes.Contains(b, []byte(private)) {
			w.t.Errorf("the log says %q: %s", private, b)
		}
	}
	return len(b), nil
}

// settled gives a runner that has done what was due, such as the day's lists.
func settled(t *testing.T, d *booking.Desk, s *server) *jobs.Runner {
	t.Helper()
	r := runner(t, d, s)
	once(t, r)
	s.take()
	return r
}

// once runs all jobs one time.
func once(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// postings lists the letters about a booking by kind.
func postings(t *testing.T, d *booking.Desk, subject string) map[string]store.Posting {
	t.Helper()
	out := map[string]store.Posting{}
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Postings("musterstadt", subject)
		for _, p := range list {
			out[p.Kind] = p
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// change puts a changed set-up in force.
func change(t *testing.T, d *booking.Desk, f func(*agenda.Setup), base *agenda.Setup) {
	t.Helper()
	now, err := d.Setup(t.Context(), "musterstadt")
	if err != nil {
		t.Fatal(err)
	}
	f(base)
	base.Revision = now.Revision
	if _, err := d.Apply(t.Context(), base, booking.ApplyOptions{Actor: "test", Strand: true}); err != nil {
		t.Fatal(err)
	}
}
