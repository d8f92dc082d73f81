package figures

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
)

// frame is one that speaks German.
func frame(t testing.TB) page.Frame {
	t.Helper()
	_, pages := builttest.Pages(t)
	return pages.Frame(newRequest(t), nil)
}

// someFigures draws visits, each for one service on one day, and counts them.
func someFigures(r *rand.Rand, s *agenda.Setup, weeks, visits int) *booking.Figures {
	from := agenda.DateOf(desktest.Start)
	f := &booking.Figures{Setup: s, From: from, To: from + agenda.Date(7*weeks) - 1, Today: from, Calendar: map[string]*booking.Numbers{}, Service: map[string]*booking.Numbers{},
		Week: map[agenda.Date]*booking.Numbers{}, Month: map[agenda.Date]*booking.Numbers{}}
	for i := range s.Calendars {
		f.Calendars = append(f.Calendars, &s.Calendars[i])
	}
	for range visits {
		c := f.Calendars[int(float64(len(f.Calendars))*r.Float64()*r.Float64())] // some are seldom visited
		day := from + agenda.Date(r.IntN(7*weeks))
		one := booking.Numbers{Booked: 1}
		if r.IntN(3) == 0 {
			one.Staff = 1
			one.WalkIn = int64(r.IntN(2))
		}
		switch r.IntN(8) {
		case 0:
			one.Cancelled, one.CancelledByVisitor = 1, int64(r.IntN(2))
		case 1:
			one.Missed = 1
		case 2, 3, 4, 5:
			one.Served = 1
		}
		y, m, _ := day.Civil()
		f.Total.Add(&one)
		add(f.Calendar, c.ID, &one)
		add(f.Service, c.Services[r.IntN(len(c.Services))].ID, &one)
		add(f.Week, day.Monday(), &one)
		add(f.Month, agenda.MakeDate(y, m, 1), &one)
	}
	return f
}

func add[K comparable](m map[K]*booking.Numbers, key K, n *booking.Numbers) {
	if m[key] == nil {
		m[key] = &booking.Numbers{}
	}
	m[key].Add(n)
}

// In whole reports nobody can compute a small count either: from no table, nor from all
// of them together.
func TestReportsKeepSmallCounts(t *testing.T) {
	f := frame(t)
	s := desktest.Musterstadt()
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 9))
	shownCounts, large := 0, 0
	for n := range 24 {
		x := newReport(f, someFigures(r, s, 1+r.IntN(5), []int{3, 9, 30, 100, 300, 1000}[n%6]))
		for i, c := range x.tally.cells {
			if c.value >= few && c.sight != silent {
				large++
				if c.sight == shown {
					shownCounts++
				}
			}
			if isFew(c.value) && (c.sight == shown || knows(&x.tally, i)) {
				t.Fatalf("report %d: count %d can be computed: %s", n, i, &x.tally)
			}
		}
	}
	t.Logf("%d of %d counts of five and more are shown", shownCounts, large)
	if 2*shownCounts < large {
		t.Errorf("only %d of %d counts of five and more are shown", shownCounts, large)
	}
}

// BenchmarkReport hides the small counts of a year with many of them.
func BenchmarkReport(b *testing.B) {
	f := frame(b)
	s := desktest.Musterstadt()
	for i := range 46 {
		svc := s.Services[i%4]
		svc.ID = fmt.Sprintf("s%02d", i)
		s.Services = append(s.Services, svc)
	}
	for i := range 16 {
		c := s.Calendars[i%4]
		c.ID, c.Services = fmt.Sprintf("c%02d", i), nil
		for k := range 10 {
			c.Services = append(c.Services, agenda.Offer{ID: s.Services[(i*3+k)%50].ID})
		}
		s.Calendars = append(s.Calendars, c)
	}
	if err := s.Prepare(); err != nil {
		b.Fatal(err)
	}
	for _, visits := range []int{200, 2_000, 20_000} {
		b.Run(fmt.Sprint(visits), func(b *testing.B) {
			figures := someFigures(rand.New(rand.NewPCG(1, 1)), s, 57, visits)
			for b.Loop() {
				newReport(f, figures)
			}
		})
	}
}

func newRequest(t testing.TB) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/staff/figures", nil)
}
