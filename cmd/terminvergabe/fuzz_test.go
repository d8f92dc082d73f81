package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/desktest"
)

// bearers are the places where somebody shows a secret: %s in the address, or a header or
// field that the others name.
var bearers = []struct{ method, path, header, field string }{
	{http.MethodGet, "/musterstadt/m/%s", "", ""},
	{http.MethodGet, "/musterstadt/m/%s/termin.ics", "", ""},
	{http.MethodPost, "/musterstadt/m/%s/cancel", "", ""},
	{http.MethodGet, "/musterstadt/c/%s", "", ""},
	{http.MethodPost, "/musterstadt/c/%s", "", ""},
	{http.MethodGet, "/musterstadt/a/%s", "", ""},
	{http.MethodGet, "/musterstadt/i/%s/", "", ""},
	{http.MethodGet, "/musterstadt/p/%s", "", ""},
	{http.MethodGet, "/feeds/%s.ics", "", ""},
	{http.MethodGet, "/staff/invitation/%s", "", ""},
	{http.MethodGet, "/api/v1/musterstadt/bookings/%s", "", ""},
	{http.MethodPost, "/api/v1/musterstadt/bookings/%s/confirm", "", ""},
	{http.MethodGet, "/api/v1/musterstadt/bookings?from=2026-07-06&to=2026-07-07", "Authorization", ""},
	{http.MethodGet, "/staff/day", "Cookie", ""},
	{http.MethodPost, "/musterstadt/book", "", "hold"},
}

// FuzzToken: whatever is shown as a secret opens nothing, breaks nothing, and is not
// said back.
func FuzzToken(f *testing.F) {
	d, c := desktest.SQLite(f)
	c.Set(desktest.At(0, "08:00"))
	conf := &config.Service{BaseURL: "http://127.0.0.1:1"}
	conf.Mail.Transport, conf.Mail.Directory = "directory", f.TempDir()
	h := &house{config: conf, store: d.Store, desk: d, links: booking.Links{Base: conf.BaseURL}}
	s, err := h.furnish(slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.end)
	s.server.Audiences = append(s.audience, s.site)
	handler := s.server.Handler()
	for i := range bearers {
		f.Add(uint(i), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		f.Add(uint(i), "../../etc/passwd")
		f.Add(uint(i), "' OR 1=1 --\x00\r\nSet-Cookie: a=b")
		f.Add(uint(i), "Bearer \xff\xfe"+strings.Repeat("ä", 300))
	}
	f.Fuzz(func(t *testing.T, where uint, secret string) {
		b := bearers[where%uint(len(bearers))]
		body := url.Values{}
		if b.field != "" {
			body.Set(b.field, secret)
		}
		r := httptest.NewRequest(b.method, strings.Replace(b.path, "%s", url.PathEscape(secret), 1), strings.NewReader(body.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		switch b.header {
		case "Authorization":
			r.Header.Set(b.header, "Bearer "+secret)
		case "Cookie":
			r.Header.Set(b.header, "staff="+secret)
		}
		if strings.HasPrefix(b.path, "/api/") && b.method == http.MethodPost {
			r.Header.Set("Content-Type", "application/json")
			r.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusOK && secret != "" && !strings.HasPrefix(secret, ".") && !strings.Contains(secret, "/") {
			t.Errorf("%s %q: got %d", b.method, r.URL.Path, w.Code)
		}
		if len(secret) >= 20 && w.Code != http.StatusMovedPermanently && strings.Contains(w.Body.String()+w.Header().Get("Set-Cookie"), secret) {
			t.Errorf("%s %q: the secret is in the answer", b.method, r.URL.Path)
		}
	})
}
