package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

// What was refused stands in the log at once, what comes in masses in one line, and
// nowhere from whom.
func TestRefusalsAreLogged(t *testing.T) {
	s := open(t, func(s *Server) { s.RequestsPerMinute, s.GuessesPerMinute = 30, 25 })
	for range 40 {
		s.do(http.MethodGet, "/t/m/GEHEIMNISDERADA", "192.0.2.77:1")
	}
	s.do(http.MethodPost, "/hello", "192.0.2.78:1", "Sec-Fetch-Site", "cross-site")
	log := ""
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "msg=refused") {
			log += line
		}
	}
	for _, want := range []string{`what="unknown secret" method=GET route=/t/m/{secret} status=404`, `what="too many" method=GET`, `what="no right" method=POST`, "level=INFO"} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is missing in\n%s", want, log)
		}
	}
	if n := strings.Count(log, "\n"); n > 4 {
		t.Errorf("got %d lines:\n%s", n, log)
	}
	if strings.Contains(log, "192.0.2") || strings.Contains(log, "GEHEIMNIS") {
		t.Error(log)
	}
}

// Each request that was refused left a line of its own beside that, at level info, with
// whatever the client had written into traceparent: some kilobytes each, as fast as it
// could send. An overload left one as an error.
func TestNobodyFillsTheLogWithRefusals(t *testing.T) {
	var info strings.Builder
	log := slog.New(slog.NewTextHandler(&info, nil))
	s := open(t, func(s *Server) {
		catalogue, err := i18n.Load(ui.Files)
		if err != nil {
			t.Fatal(err)
		}
		if s.Pages, err = page.New(ui.Files, catalogue, page.Options{Log: log}); err != nil {
			t.Fatal(err)
		}
		s.Log, s.RequestsPerMinute = log, 20
	})
	busy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.overloaded(w, r, s.pages()) })
	for range 50 {
		s.do(http.MethodPost, "/hello", "192.0.2.78:1", "Sec-Fetch-Site", "cross-site", "Traceparent", "Ada Geheim")
		s.do(http.MethodGet, "/hello", "192.0.2.79:1", "Traceparent", "Ada Geheim")
		busy.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/hello", nil))
	}
	if got := info.String(); strings.Count(got, "\n") > 3 || !strings.Contains(got, "too many") || strings.Contains(got, "Ada") {
		t.Errorf("got %s", got)
	}
	s = open(t, nil)
	s.do(http.MethodPost, "/hello", "192.0.2.78:1", "Sec-Fetch-Site", "cross-site", "Traceparent", "Ada Geheim")
	if got := s.log.String(); !strings.Contains(got, "request refused") || strings.Contains(got, "Ada") {
		t.Errorf("at level debug: got %s", got)
	}
}

// Of an address whose first part is no tenant, that part stood in the log at level debug: an
// e-mail address, or the secret of a link that was cut wrongly.
func TestWhatIsMissingIsNotNamedInTheLog(t *testing.T) {
	s := open(t, nil)
	s.pages().Fail(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x/", nil), page.Missing(errors.New("tenant \"ada@geheim.example\"")))
	if got := s.log.String(); !strings.Contains(got, "request refused") || strings.Contains(got, "geheim") {
		t.Error(got)
	}
}

func TestRefusalsAreCountedForTheNextLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		log, r := slog.New(slog.NewTextHandler(&out, nil)), &refusals{}
		seen := &recorder{route: "/staff/sign-in", status: http.StatusUnprocessableEntity, account: "ACCOUNT"}
		seen.policy.Rate = route.Passwords
		for range 5 {
			r.note(t.Context(), log, seen, http.MethodPost, time.Now())
		}
		time.Sleep(refusedEvery)
		r.note(t.Context(), log, seen, http.MethodPost, time.Now())
		got := out.String()
		if strings.Count(got, "\n") != 2 || !strings.Contains(got, "times=1") || !strings.Contains(got, "times=5") || !strings.Contains(got, "what=sign-in") || !strings.Contains(got, "account=ACCOUNT") {
			t.Error(got)
		}
		seen.status = http.StatusOK
		if r.note(t.Context(), log, seen, http.MethodPost, time.Now()); out.String() != got {
			t.Error("what was not refused is in the log")
		}
	})
}
