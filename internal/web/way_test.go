package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/api"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/feed"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/public"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/ui"
)

// still throws an answer away.
type still struct{ h http.Header }

func (w still) Header() http.Header         { return w.h }
func (w still) Write(b []byte) (int, error) { return len(b), nil }
func (w still) WriteHeader(int)             {}

// BenchmarkWay is what an answer costs from the first middleware to the last byte.
func BenchmarkWay(b *testing.B) {
	desk, _ := desktest.SQLite(b)
	desk.Compare = nil
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	catalogue := builttest.Texts(b)
	pages, err := page.New(ui.Files, catalogue, page.Options{Log: log})
	if err != nil {
		b.Fatal(err)
	}
	accounts := &auth.Accounts{Store: desk.Store, Keys: desk.Keys, Passwords: auth.NewPasswords(0)}
	links := booking.Links{Base: "http://127.0.0.1:1"}
	calls := api.API{Desk: desk, Accounts: accounts, Links: links, Catalogue: catalogue, Log: log}
	s := &Server{Desk: desk, Pages: pages, Links: links, Log: log, RefuseAPI: calls.Refuse, RequestsPerMinute: 1 << 40, GuessesPerMinute: 20, HoldsPerClient: 60,
		Audiences: []Audience{calls, &feed.Feeds{Desk: desk, Catalogue: catalogue, Log: log}, &staff.Office{Office: &office.Office{Pages: pages, Recognise: staff.Recognise(desk, accounts)}, Desk: desk, Accounts: accounts}, &public.Site{Desk: desk, Pages: pages, Links: links}}}
	h := s.Handler()
	for name, path := range map[string]string{
		"alive":        "/healthz",
		"availability": "/api/v1/musterstadt/availability?service=ausweis&from=2026-07-07&to=2026-07-20",
		"next-free":    "/api/v1/musterstadt/next-free?service=ausweis",
		"times":        "/musterstadt/times?service=ausweis*1",
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), "GET", path, nil)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatalf("got %d: %s", w.Code, w.Body)
			}
			b.ReportAllocs()
			b.ReportMetric(float64(w.Body.Len()), "bytes")
			for b.Loop() {
				h.ServeHTTP(still{http.Header{}}, r)
			}
		})
	}
}
