package grid

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// kept remembers written days of calendars side by side, for the next who looks and for
// the pages that are told of a change on another day. A day is used again only for
// somebody with the same rights, and while what was read for it is the same.
type kept struct {
	mu    sync.Mutex
	days  map[string]*keptDay
	bytes int
}

// keptDay is one of them. It never changes but for used.
type keptDay struct {
	html   []byte
	visits int
	setup  *agenda.Setup
	of     []any     // readings
	until  time.Time // when time changes it
	used   time.Time
}

const (
	mostKept = 32 << 20 // bytes
	unread   = 5 * time.Minute
)

// key names a day as somebody sees it; "" where it is not to be kept.
func (w *pen) key(date agenda.Date) string {
	if w.fits != nil || w.about != "" || w.v.mark != "" {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q %s %s %d %q", w.q.Person.Tenant, w.f.Lang, date, agenda.DateOf(w.now), w.q.Person.All())
	for _, c := range w.v.calendars {
		fmt.Fprintf(&b, " %q", c.ID)
	}
	fmt.Fprintf(&b, " %q", w.v.site)
	return b.String()
}

// readings are what a day of a view is made of, and until when.
func readings(s *booking.Span, v *view, date agenda.Date) (of []any, until time.Time) {
	if now := s.Now.In(s.Setup.Zone()); agenda.DateOf(now) == date {
		until = now.Truncate(time.Minute).Add(time.Minute) // the line of now
	}
	for _, c := range v.calendars {
		same, ends := s.Reading(c, date)
		of = append(of, same)
		if !ends.IsZero() && (until.IsZero() || ends.Before(until)) {
			until = ends
		}
	}
	return of, until
}

func (k *kept) get(key string, s *booking.Span, of []any) *keptDay {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.days[key]
	if d == nil || d.setup != s.Setup || !d.until.IsZero() && !s.Now.Before(d.until) || !slices.Equal(d.of, of) {
		return nil
	}
	d.used = time.Now()
	return d
}

func (k *kept) put(key string, d *keptDay) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.days == nil {
		k.days = map[string]*keptDay{}
	}
	if old := k.days[key]; old != nil {
		k.bytes -= len(old.html)
	}
	d.used = time.Now()
	k.days[key], k.bytes = d, k.bytes+len(d.html)
	for other, old := range k.days { // in an order that is different each time
		if other != key && (k.bytes > mostKept || d.used.Sub(old.used) > unread) {
			k.bytes -= len(old.html)
			delete(k.days, other)
		}
	}
}

// place is where the tables stand in a page: they are put there when it is sent, for a
// template would copy them several times.
const place = "<!--tables-->"

// splice sends a page with the tables in their place.
type splice struct {
	http.ResponseWriter
	parts [][]byte
}

func (s *splice) WriteHeader(status int) {
	length, err := strconv.Atoi(s.Header().Get("Content-Length"))
	if err == nil {
		for _, p := range s.parts {
			length += len(p)
		}
		s.Header().Set("Content-Length", strconv.Itoa(length-len(place)))
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write takes the whole page at once, as page.Pages gives it.
func (s *splice) Write(b []byte) (int, error) {
	before, after, _ := bytes.Cut(b, []byte(place))
	for _, p := range append(append([][]byte{before}, s.parts...), after) {
		if _, err := s.ResponseWriter.Write(p); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// render answers with the calendar's page.
func (p *Part) render(w http.ResponseWriter, r *http.Request, status int, d *calendarPage) error {
	d.Grid = template.HTML(place)
	return p.Pages.Render(&splice{w, d.tables}, r, status, "staff/grid/calendar", d)
}
