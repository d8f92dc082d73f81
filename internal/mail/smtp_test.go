package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	gosmtpd "github.com/emersion/go-smtp"
)

func testMessage(t *testing.T) *Outgoing {
	t.Helper()
	letter := testLetter(catalogue(t).Printer("de"), Confirmed)
	letter.Reason, letter.Reference = ".", "..x" // lines that begin with a dot
	out, err := templates(t).Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newSMTP(t *testing.T, settings SMTPSettings) *SMTP {
	t.Helper()
	smtp, err := NewSMTP(settings)
	if err != nil {
		t.Fatal(err)
	}
	return smtp
}

func TestSMTPDelivers(t *testing.T) {
	cases := map[string]struct{ tls, login, user, password string }{
		"plain":            {"none", "", "", ""},
		"STARTTLS":         {"starttls", "", "", ""},
		"TLS":              {"tls", "", "", ""},
		"STARTTLS, log-in": {"starttls", "anna:geheim", "anna", "geheim"},
		"TLS, log-in":      {"tls", "anna:geheim", "anna", "geheim"},
		"loopback, log-in": {"none", "anna:geheim", "anna", "geheim"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := start(t, &server{tls: c.tls, login: c.login})
			settings := server.settings
			settings.Username, settings.Password = c.user, c.password
			message := testMessage(t)
			answer, err := newSMTP(t, settings).Send(t.Context(), message)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Code != 250 || answer.Status != "2.0.0" || !strings.HasPrefix(answer.Text, "OK: queued") {
				t.Errorf("the server's answer: got %+v", answer)
			}
			got := server.letters()
			if len(got) != 1 || got[0].from != "buergerdienste@example.org" || !slices.Equal(got[0].to, []string{"erika@example.org"}) {
				t.Fatalf("delivered: %+v", got)
			}
			if want := bytes.TrimRight(message.Raw, "\r\n"); !bytes.Equal(bytes.TrimRight(got[0].raw, "\r\n"), want) {
				t.Errorf("message changed on its way:\n%s\nwant\n%s", got[0].raw, want)
			}
			parse(t, got[0].raw)
			if server.secured != (c.tls != "none") {
				t.Errorf("secured: %t", server.secured)
			}
			if server.helo != "example.org" {
				t.Errorf("greeted as %q", server.helo)
			}
		})
	}
}

func TestEnvelopeSender(t *testing.T) {
	server := start(t, &server{tls: "none"})
	settings := server.settings
	settings.EnvelopeFrom = "bounces@example.org"
	message := testMessage(t)
	if _, err := newSMTP(t, settings).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	message.From = ""
	if _, err := newSMTP(t, server.settings).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	got := server.letters()
	if len(got) != 2 || got[0].from != "bounces@example.org" || got[1].from != "" {
		t.Errorf("delivered: %+v", got)
	}
}

// What servers answer, and what the outbox must make of it. Server and
// recipient are named in each answer and must not turn up in the error.
func TestSMTPRefusals(t *testing.T) {
	answer := func(code int) error {
		return &gosmtpd.SMTPError{Code: code, EnhancedCode: gosmtpd.EnhancedCode{code / 100, 1, 1},
			Message: "<erika@example.org> canary says no at mx.example.org"}
	}
	cases := []struct {
		step  string
		code  int
		want  error
		stage Stage
	}{
		{"mail", 421, ErrTemporary, StageSender},
		{"mail", 451, ErrTemporary, StageSender},
		{"mail", 550, ErrTemporary, StageSender}, // the set-up is wrong, not the letter
		{"rcpt", 421, ErrTemporary, StageRecipient},
		{"rcpt", 450, ErrTemporary, StageRecipient},
		{"rcpt", 452, ErrTemporary, StageRecipient},
		{"rcpt", 530, ErrTemporary, StageRecipient},
		{"rcpt", 550, ErrPermanent, StageRecipient},
		{"rcpt", 553, ErrPermanent, StageRecipient},
		{"data", 421, ErrTemporary, StageMessage},
		{"data", 451, ErrTemporary, StageMessage},
		{"data", 552, ErrPermanent, StageMessage},
		{"data", 554, ErrPermanent, StageMessage},
	}
	for _, c := range cases {
		server := start(t, &server{tls: "none", refuse: map[string]error{c.step: answer(c.code)}})
		said, err := newSMTP(t, server.settings).Send(t.Context(), testMessage(t))
		failure := checkFailure(t, err, c.want)
		if said.Code != c.code || said.Status != fmt.Sprintf("%d.1.1", c.code/100) || said.Text != "<erika@example.org> canary says no at mx.example.org" {
			t.Errorf("%s %d: the server's answer: got %+v", c.step, c.code, said)
		}
		if failure.Stage != c.stage || failure.Code != c.code {
			t.Errorf("%s %d: got stage %s, code %d", c.step, c.code, failure.Stage, failure.Code)
		}
		if len(server.letters()) != 0 {
			t.Errorf("%s %d: delivered all the same", c.step, c.code)
		}
	}
}

// errorOf leaves out what the server said.
func errorOf(_ Answer, err error) error { return err }

// checkFailure wants exactly one of the three results and a discreet text.
func checkFailure(t *testing.T, err, want error) *SendError {
	t.Helper()
	failure, ok := errors.AsType[*SendError](err)
	if !ok {
		t.Fatalf("got %v, want a SendError", err)
	}
	for _, result := range []error{ErrPermanent, ErrTemporary, ErrUnanswered} {
		if errors.Is(err, result) != (result == want) {
			t.Errorf("%v: errors.Is %q is wrong; want %q", err, result, want)
		}
	}
	for _, secret := range []string{"@", "canary", "example.org", "geheim", "127.0.0.1"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
	return failure
}

func TestSMTPLogInRefused(t *testing.T) {
	server := start(t, &server{tls: "starttls", login: "anna:geheim"})
	settings := server.settings
	settings.Username, settings.Password = "anna", "geheim2"
	failure := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary)
	if failure.Stage != StageConnect {
		t.Errorf("stage %s", failure.Stage)
	}
	checkFailure(t, errorOf(newSMTP(t, server.settings).Send(t.Context(), testMessage(t))), ErrTemporary)
}

// A password never leaves without TLS, whatever the server offers. 127.0.0.2
// is this machine too, but go-mail takes only 127.0.0.1 for it.
func TestPasswordNeedsTLS(t *testing.T) {
	server := start(t, &server{tls: "none", login: "anna:geheim", listen: "127.0.0.2:0"})
	settings := server.settings
	settings.Host, settings.Username, settings.Password = "127.0.0.2", "anna", "geheim"
	failure := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary)
	if failure.Stage != StageConnect || failure.Cause != "no log-in that is safe on this connection" {
		t.Errorf("got %v", failure)
	}
	if server.tried != 0 {
		t.Error("the password was sent")
	}
}

func TestTLSFaults(t *testing.T) {
	secure := start(t, &server{tls: "tls"})
	unknown := secure.settings
	unknown.Roots = nil
	if f := checkFailure(t, errorOf(newSMTP(t, unknown).Send(t.Context(), testMessage(t))), ErrTemporary); f.Cause != "certificate" {
		t.Errorf("unknown certificate: %v", f)
	}
	upgrading := start(t, &server{tls: "starttls"})
	unknown = upgrading.settings
	unknown.Roots = nil
	if f := checkFailure(t, errorOf(newSMTP(t, unknown).Send(t.Context(), testMessage(t))), ErrTemporary); f.Cause != "certificate" {
		t.Errorf("unknown certificate after STARTTLS: %v", f)
	}
	plain := start(t, &server{tls: "none"})
	stripped := plain.settings
	stripped.TLS = "starttls" // the server does not offer it, or somebody cut the offer out
	checkFailure(t, errorOf(newSMTP(t, stripped).Send(t.Context(), testMessage(t))), ErrTemporary)
	wrong := plain.settings
	wrong.TLS, wrong.Timeout = "tls", time.Second
	checkFailure(t, errorOf(newSMTP(t, wrong).Send(t.Context(), testMessage(t))), ErrTemporary)
	if n := len(plain.letters()) + len(secure.letters()) + len(upgrading.letters()); n != 0 {
		t.Errorf("%d letters delivered without trust", n)
	}
}

// A server that offers encryption and then cannot hears neither password nor letter.
func TestTLSRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan []string, 1)
	go func() {
		var lines []string
		defer func() { heard <- lines }()
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk := textproto.NewConn(conn)
		_ = talk.PrintfLine("220 mx.example.org ESMTP")
		for {
			line, err := talk.ReadLine()
			if err != nil {
				return
			}
			lines = append(lines, line)
			answer := "250 fine"
			switch {
			case strings.HasPrefix(line, "EHLO"):
				answer = "250-mx.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS"
			case line == "STARTTLS":
				answer = "454 TLS is not available"
			}
			_ = talk.PrintfLine("%s", answer)
		}
	}()
	settings := SMTPSettings{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Username: "anna", Password: "geheim", Timeout: 5 * time.Second}
	checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary)
	lines := <-heard
	if !slices.Contains(lines, "STARTTLS") {
		t.Errorf("got %q, want STARTTLS", lines)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "EHLO") && line != "STARTTLS" && line != "QUIT" {
			t.Errorf("said in the clear: %s", line)
		}
	}
}

func TestConnectionCutDuringData(t *testing.T) {
	server := start(t, &server{tls: "none", onData: func(c *gosmtpd.Conn) { c.Conn().Close() }})
	failure := checkFailure(t, errorOf(newSMTP(t, server.settings).Send(t.Context(), testMessage(t))), ErrUnanswered)
	if failure.Stage != StageMessage || failure.Cause != "connection cut" {
		t.Errorf("got %v", failure)
	}
	if len(server.letters()) != 0 {
		t.Error("half a message was taken")
	}
}

// Much more than the buffers hold: the writing itself fails, so the final dot
// was never sent and the server cannot have taken the message.
func TestConnectionCutBeforeTheEnd(t *testing.T) {
	server := start(t, &server{tls: "none", onData: func(c *gosmtpd.Conn) { c.Conn().Close() }})
	message := testMessage(t)
	message.Raw = append(message.Raw, bytes.Repeat([]byte("0123456789\r\n"), 5_000_000)...)
	checkFailure(t, errorOf(newSMTP(t, server.settings).Send(t.Context(), message)), ErrTemporary)
	if len(server.letters()) != 0 {
		t.Error("half a message was taken")
	}
}

func TestSlowServer(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	server := start(t, &server{tls: "none", onData: func(*gosmtpd.Conn) { <-done }})
	settings := server.settings
	settings.Timeout = 200 * time.Millisecond
	if f := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrUnanswered); f.Cause != "timeout" {
		t.Errorf("got %v", f)
	}
	settings.Port = silent(t)
	if f := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary); f.Cause != "timeout" || f.Stage != StageConnect {
		t.Errorf("got %v", f)
	}
	settings.TLS = "tls"
	if f := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary); f.Cause != "timeout" {
		t.Errorf("got %v", f)
	}
}

// An answer without end, in lines or in one, was kept in memory for as long as the step may
// take: gigabytes.
func TestServerTalksWithoutEnd(t *testing.T) {
	for _, endless := range []string{"250-more\r\n", "250 more and "} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		said := make(chan int)
		go func() {
			n := 0
			defer func() { said <- n }()
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			text := []byte("220 mx.example.org\r\n" + strings.Repeat(endless, 10000))
			for n < 256<<20 && err == nil {
				var some int
				some, err = conn.Write(text)
				n, text = n+some, []byte(strings.Repeat(endless, 10000))
			}
		}()
		settings := SMTPSettings{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: "none", Timeout: 30 * time.Second}
		f := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary)
		if n := <-said; n > 64<<20 {
			t.Errorf("%q: %v after %d bytes", endless, f, n)
		}
	}
}

// silent is a port that takes connections and says nothing.
func silent(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	settings := SMTPSettings{Host: "127.0.0.1", Port: port, TLS: "none", Timeout: time.Second}
	if f := checkFailure(t, errorOf(newSMTP(t, settings).Send(t.Context(), testMessage(t))), ErrTemporary); f.Cause != "nobody listens there" {
		t.Errorf("got %v", f)
	}
}

func TestSendEndsWithTheContext(t *testing.T) {
	settings := SMTPSettings{Host: "127.0.0.1", Port: silent(t), TLS: "none", Timeout: time.Minute}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := newSMTP(t, settings).Send(ctx, testMessage(t))
	checkFailure(t, err, ErrTemporary)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	started, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	server := start(t, &server{tls: "none", onData: func(*gosmtpd.Conn) { close(started); <-release }})
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-started; stop() }()
	short := testMessage(t)
	short.Raw = []byte("Subject: x\r\n\r\n" + strings.Repeat("x\r\n", 100)) // is under way as a whole before the server stops to read
	_, err = newSMTP(t, server.settings).Send(ctx, short)
	checkFailure(t, err, ErrUnanswered)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// F.1: whatever reaches Send, the server sees one recipient.
func TestSendRefusesInjectedAddresses(t *testing.T) {
	server := start(t, &server{tls: "none"})
	for _, bad := range []string{"v@example.org\r\nRCPT TO:<w@example.org>", "v@example.org> NOTIFY=NEVER", "<v@example.org>", "v@example.org w"} {
		message := testMessage(t)
		message.To = bad
		checkFailure(t, errorOf(newSMTP(t, server.settings).Send(t.Context(), message)), ErrPermanent)
	}
	if got := server.letters(); len(got) != 0 {
		t.Errorf("delivered: %+v", got)
	}
}

func TestSMTPSettings(t *testing.T) {
	ports := map[int]SMTPSettings{
		25:   {Host: "h", TLS: "none"},
		587:  {Host: "h", Username: "u", Password: "p"},
		465:  {Host: "h", TLS: "tls"},
		2525: {Host: "h", Port: 2525},
	}
	for want, settings := range ports {
		if got := newSMTP(t, settings).settings; got.Port != want || got.Timeout != time.Minute {
			t.Errorf("got %+v, want port %d", got, want)
		}
	}
	bad := []SMTPSettings{{}, {Host: "h", TLS: "ssl"}, {Host: "h\r\n"}, {Host: "h", Port: -1}, {Host: "h", Port: 70000},
		{Host: "h", Timeout: -1}, {Host: "h", Password: "p"}, {Host: "h", EnvelopeFrom: "X <a@b.de>"}}
	for _, settings := range bad {
		if _, err := NewSMTP(settings); err == nil {
			t.Errorf("%+v was taken", settings)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	var since, before time.Duration
	attempts := 0
	for wait := RetryAfter(0); wait > 0; wait = RetryAfter(since) {
		if wait < before && since+wait != RetryFor {
			t.Errorf("after %s the wait is %s, the one before %s", since, wait, before)
		}
		if since, before = since+wait, wait; since <= time.Hour {
			attempts++
		}
	}
	if since != RetryFor || attempts < 5 {
		t.Errorf("the last attempt is after %s, want 24h; %d in the first hour, want 5 at least", since, attempts)
	}
	if got := RetryAfter(-time.Hour); got != time.Minute {
		t.Errorf("a clock that was turned back: got %s, want 1m", got)
	}
}
