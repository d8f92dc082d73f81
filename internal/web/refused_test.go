package web

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"log/slog"

	"terminvergabe/internal/web/route"
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
