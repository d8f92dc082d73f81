package grid

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// The busiest week that the calendar has to show quickly: a site with 20 calendars of
// three seats, and 2,000 visits.
const (
	siteCalendars = 20
	siteVisits    = 2000
	siteWeek      = "/staff/calendar?site=haus&view=week&date=2026-07-13"
)

// largeSite fills such a week, the one after the first.
func (h *house) largeSite() {
	h.Helper()
	p, err := h.desk.Present(h.Context(), "musterstadt")
	if err != nil {
		h.Fatal(err)
	}
	s := desktest.Musterstadt()
	s.Revision = p.Setup.Revision
	s.Sites = append(s.Sites, agenda.Site{ID: "haus", Name: agenda.Plain("Haus der Bürgerdienste"), Street: "Weg 1", PostalCode: "37000", City: "Musterstadt", Public: true})
	pattern := s.Calendars[0]
	for i := range siteCalendars {
		c := pattern
		c.ID, c.Site, c.Name = fmt.Sprintf("schalter-%02d", i), "haus", agenda.Plain(fmt.Sprintf("Schalter %d", i+1))
		c.Reminders, c.StaffMail = nil, agenda.StaffMail{}
		s.Calendars = append(s.Calendars, c)
	}
	if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		h.Fatal(err)
	}
	var wg sync.WaitGroup
	const perDay = siteVisits / siteCalendars / 5
	for i := range siteCalendars {
		wg.Go(func() {
			for n := range 5 * perDay {
				r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish([]string{"ausweis", "pass"}[n%2]), Calendar: fmt.Sprintf("schalter-%02d", i),
					Start: desktest.At(7+n/perDay, "08:00").Add(time.Duration(n%perDay) * 10 * time.Minute), By: agenda.Staff, Actor: "x"}
				v := agenda.Visitor{Name: fmt.Sprintf("Friederike Beispiel-Mustermann %d/%d", i, n), Phone: "05550 4711"}
				if _, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: v}, booking.Once{}); err != nil {
					h.Errorf("%d/%d: %v", i, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// The large week shows every visit, and after each change the newest state.
func TestLargeWeekIsComplete(t *testing.T) {
	h := sqlite(t)
	h.largeSite()
	clerk := h.as(agenda.Clerk, "")
	count := func(what string) int { return strings.Count(h.get(siteWeek, clerk).want(200).Body.String(), what) }
	for range 2 { // read, and remembered
		if got := count(`<td`); got < 2*siteVisits {
			t.Errorf("got %d cells", got)
		}
		if got := count(`data-visit="`); got != siteVisits {
			t.Errorf("got %d visits, want %d", got, siteVisits)
		}
	}
	if got := count(`<table`); got != 5 {
		t.Errorf("got %d tables, want one for each day", got)
	}
	span, err := h.desk.Span(t.Context(), desktest.Clerk(), calendarsOf(h, "haus"), agenda.DateOf(desktest.At(7, "00:00")), agenda.DateOf(desktest.At(7, "00:00")))
	if err != nil {
		t.Fatal(err)
	}
	id := span.Day(calendarsOf(h, "haus")[3], span.From, nil)[0].ID
	if _, err := h.desk.CancelFor(t.Context(), desktest.Clerk(), id); err != nil {
		t.Fatal(err)
	}
	if got := count(`data-visit="`); got != siteVisits-1 {
		t.Errorf("got %d visits after one was cancelled", got)
	}
}

func calendarsOf(h *house, site string) (list []*agenda.Calendar) {
	h.Helper()
	p, err := h.desk.Present(h.Context(), "musterstadt")
	if err != nil {
		h.Fatal(err)
	}
	for i := range p.Setup.Calendars {
		if c := &p.Setup.Calendars[i]; c.Site == site {
			list = append(list, c)
		}
	}
	return list
}

// BenchmarkLargeWeek sets the large week beside a page of the same bytes that is only
// sent, over a connection, in turns: how many times as long it takes when nothing has
// changed since somebody looked, after one visit was changed, and when nothing of it
// was ever read. It prints medians.
func BenchmarkLargeWeek(b *testing.B) {
	h := sqlite(b)
	h.largeSite()
	clerk := h.as(agenda.Clerk, "")
	var still []byte
	static := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(still)
	}))
	b.Cleanup(static.Close)
	server := httptest.NewServer(h.handler)
	b.Cleanup(server.Close)
	fetch := func(s *httptest.Server) (time.Duration, []byte) {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+siteWeek, nil)
		r.AddCookie(&http.Cookie{Name: "staff", Value: clerk})
		began := time.Now()
		res, err := s.Client().Do(r)
		if err != nil {
			b.Fatal(err)
		}
		var body bytes.Buffer
		if _, err := io.Copy(&body, res.Body); err != nil {
			b.Fatal(err)
		}
		_ = res.Body.Close()
		return time.Since(began), body.Bytes()
	}
	_, still = fetch(server)
	sent, same, changed, cold := []time.Duration{}, []time.Duration{}, []time.Duration{}, []time.Duration{}
	add := func(to *[]time.Duration, s *httptest.Server) {
		took, _ := fetch(s)
		*to = append(*to, took)
	}
	span, err := h.desk.Span(b.Context(), desktest.Clerk(), calendarsOf(h, "haus"), agenda.DateOf(desktest.At(9, "00:00")), agenda.DateOf(desktest.At(9, "00:00")))
	if err != nil {
		b.Fatal(err)
	}
	visits := span.Day(calendarsOf(h, "haus")[5], span.From, nil)
	for b.Loop() {
		for range 4 {
			add(&sent, static)
			add(&same, server)
		}
		to := []agenda.Status{agenda.CheckedIn, agenda.Confirmed}[len(changed)%2]
		if _, err := h.desk.Visit(b.Context(), desktest.Clerk(), visits[0].ID, to); err != nil {
			b.Fatal(err)
		}
		add(&changed, server)
		h.part.Desk = &booking.Desk{Store: h.desk.Store, Keys: h.desk.Keys} // one that remembers nothing
		add(&cold, server)
	}
	base := median(sent)
	b.ReportMetric(float64(len(still)), "bytes")
	b.ReportMetric(float64(base.Microseconds()), "static-µs")
	b.ReportMetric(float64(median(same))/float64(base), "same/static")
	b.ReportMetric(float64(median(changed))/float64(base), "changed/static")
	b.ReportMetric(float64(median(cold))/float64(base), "cold/static")
}

func median(list []time.Duration) time.Duration {
	slices.SortFunc(list, cmp.Compare)
	return list[len(list)/2]
}
