package web

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Lines of one request are found by its number: that of the proxy's trace, or one of our
// own; what a client invents besides never stands in the log.
func TestRequestsAreFoundInTheLog(t *testing.T) {
	var said bytes.Buffer
	s := open(t, func(s *Server) {
		s.Log = slog.New(RequestLog(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))).With("part", "web")
	})
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	own := regexp.MustCompile(`^[A-Z2-7]{26}$`)
	for header, want := range map[string]string{
		"00-" + trace + "-00f067aa0ba902b7-01":                   trace,
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01": "",
		"00-" + trace[:31] + "\u00e4-00f067aa0ba902b7-01":        "",
		"00-" + strings.ToUpper(trace) + "-00f067aa0ba902b7-01":  "",
		"INVENTED": "",
		"":         "",
	} {
		said.Reset()
		w := s.do("GET", "/t/m/SECRET", ada, "Traceparent", header, "X-Request-Id", "INVENTED")
		id := w.Header().Get("X-Request-Id")
		if want != "" && id != want || want == "" && !own.MatchString(id) {
			t.Errorf("%q: got the number %q", header, id)
		}
		var line struct {
			Msg, Request, Part, Route, Method string
			Status                            int
		}
		lines := 0
		for text := range strings.Lines(said.String()) {
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if line.Request != id || line.Part != "web" {
				t.Errorf("got %s, want the number %s", text, id)
			}
			if line.Msg == "request" {
				lines++
				if line.Route != "/t/m/{secret}" || line.Status != http.StatusNotFound || line.Method != "GET" {
					t.Errorf("got %s", text)
				}
			}
		}
		if log := said.String(); lines != 1 || strings.Contains(log, "SECRET") || strings.Contains(log, "INVENTED") || strings.Contains(log, "192.0.2") {
			t.Errorf("got %d lines of the request: %s", lines, log)
		}
	}
}
