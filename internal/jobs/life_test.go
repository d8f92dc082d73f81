package jobs_test

import (
	"bytes"
	"errors"
	"fmt"
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
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/feed"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/public"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

// life is one visit, and everywhere its entry can be seen: in letters to its visitor and
// to the office, behind the link on its page, in the office's feed and in the visitor's.
type life struct {
	*testing.T
	d     *booking.Desk
	c     *desktest.Clock
	s     *server
	r     *jobs.Runner
	web   http.Handler
	staff string // secret of the office's feed
	own   string // of the visitor's; "": there is none yet
	at    time.Time
	b     booking.Receipt
	mail  []string // entries that have arrived: METHOD/SEQUENCE>mailbox
	read  []read   // all letters
}

// lifePages are parsed once.
var lifePages = sync.OnceValues(func() (*page.Pages, error) {
	cat, err := i18n.Load(ui.Files)
	if err != nil {
		return nil, err
	}
	return page.New(ui.Files, cat, page.Options{})
})

// live gives a desk on which visits live one after the other.
func live(t *testing.T, d *booking.Desk, c *desktest.Clock) *life {
	t.Helper()
	change(t, d, func(s *agenda.Setup) {
		withEntries(s)
		s.Calendars[0].Reminders = nil
		s.Calendars[1].StaffMail = agenda.StaffMail{To: office, Entries: true}
		s.Departments[1].Invite = "request"
		s.Calendars[2].StaffMail = agenda.StaffMail{To: office, Entries: true}
	}, desktest.Musterstadt())
	l := &life{T: t, d: d, c: c, s: start(t)}
	l.r = settled(t, d, l.s)
	pages, err := lifePages()
	if err != nil {
		t.Fatal(err)
	}
	router := route.NewTable()
	(&feed.Feeds{Desk: d, Catalogue: l.r.Catalogue, Log: l.r.Log}).Mount(router)
	(&public.Site{Desk: d, Pages: pages, Links: l.r.Links}).Mount(router)
	l.web = router
	if _, l.staff, err = d.CreateFeed(t.Context(), store.Feed{Tenant: "musterstadt", Scope: "all", Detail: "full"}, booking.ActorCLI); err != nil {
		t.Fatal(err)
	}
	return l
}

// visit begins another life, at a time of its own.
func (l *life) visit(t *testing.T, n int) *life {
	x := *l
	x.T, x.own, x.mail, x.b = t, "", nil, booking.Receipt{}
	day := []int{2, 3, 4, 7, 8}[n/10]
	x.at = desktest.At(day, fmt.Sprintf("%02d:%02d", 8+n%10/3, n%10%3*20))
	return &x
}

// later is a time that is this life's alone, too.
func (l *life) later() time.Time { return l.at.AddDate(0, 0, 14) }

func (l *life) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// book books, and lets the letters leave.
func (l *life) book(calendar string, services ...string) {
	l.Helper()
	l.b = book(l.T, l.d, calendar, l.at, "de", services...)
	var err error
	l.own, err = l.d.CreateVisitFeed(l.Context(), "musterstadt", l.b.Manage, "de", 60)
	l.must(err)
	l.pass(time.Second)
	l.mail, l.read = nil, nil
}

// pass lets time pass and the jobs run, and notes what entries arrive.
func (l *life) pass(d time.Duration) {
	l.Helper()
	l.c.Advance(d)
	once(l.T, l.r)
	for _, m := range arrived(l.T, l.s, "") {
		l.read = append(l.read, m)
		if m.calendar == nil {
			continue
		}
		if uid := m.calendar.Events[0].UID; uid == l.b.Booking.UID || uid == l.d.StaffUID(l.b.Booking) {
			l.mail = append(l.mail, l.inLetter(m, uid == l.b.Booking.UID))
		}
	}
}

// settle is pass for longer than anybody can take an act back.
func (l *life) settle() {
	l.Helper()
	l.pass(booking.UndoFor)
	l.pass(booking.IncidentUndo)
}

// inLetter holds a letter's entry to icalendar.md, and names it.
func (l *life) inLetter(m read, visitors bool) string {
	l.Helper()
	e, flat := m.calendar.Events[0], strings.ReplaceAll(string(m.inline), "\r\n ", "")
	method := string(m.calendar.Method)
	if method != m.method || !bytes.Equal(m.inline, m.attached) || method != "REQUEST" && method != "CANCEL" {
		l.Errorf("%s: METHOD %s, in MIME %s", m.subject, method, m.method)
	}
	status, alarms := "CONFIRMED", 0
	if method == "CANCEL" {
		status = "CANCELLED"
	} else if visitors {
		alarms = 1
	}
	for text, want := range map[string]int{
		"\r\nATTENDEE": 1, "PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:" + m.to: 1, "\r\nORGANIZER": 1, "\r\nSTATUS:" + status + "\r\n": 1, "\r\nMETHOD:" + method + "\r\n": 1,
		"BEGIN:VALARM": alarms, "TRIGGER:-P1D\r\n": alarms, "BEGIN:VEVENT": 1, "BEGIN:VTIMEZONE": 1, "https:": 0, "\r\nDTSTAMP:" + l.c.Now().UTC().Format("20060102T150405Z"): 1,
	} {
		if got := strings.Count(flat, text); got != want {
			l.Errorf("%s: %q is there %d times, want %d\n%s", m.subject, text, got, want, flat)
		}
	}
	if e.Organizer.Mail == "" || !strings.Contains(m.from, "<"+e.Organizer.Mail+">") {
		l.Errorf("%s: got organizer %s, from %s", m.subject, e.Organizer.Mail, m.from)
	}
	if now, err := l.stored(); (visitors || method == "REQUEST") && (err != nil || !e.Start.Equal(now.Start) || !e.End.Equal(now.End)) {
		l.Errorf("%s: got %v to %v of %+v, %v", m.subject, e.Start, e.End, now, err)
	}
	return fmt.Sprintf("%s/%d>%s", method, e.Sequence, strings.Split(m.to, "@")[0])
}

// fetch reads a calendar behind an address; nil: there is none.
func (l *life) fetch(path string) (raw string, e *ical.Event) {
	l.Helper()
	if strings.Contains(path, "//") || strings.Contains(path, "/.") {
		return "", nil // nobody has such a secret
	}
	w := httptest.NewRecorder()
	l.web.ServeHTTP(w, httptest.NewRequestWithContext(l.Context(), "GET", path, nil))
	if w.Code == http.StatusNotFound {
		return "", nil
	}
	cal, err := ical.Parse(w.Body.Bytes())
	if w.Code != http.StatusOK || err != nil || cal.Method != ical.Publish || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" {
		l.Fatalf("%s: got %d, %v, %s", path, w.Code, err, w.Body)
	}
	for i := range cal.Events {
		if cal.Events[i].UID == l.b.Booking.UID {
			if e != nil {
				l.Errorf("%s: the visit is there twice", path)
			}
			e = &cal.Events[i]
		}
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(w.Body.String(), "\r\n ", ""), "BEGIN:VEVENT") {
		if strings.Contains(part, "\r\nUID:"+l.b.Booking.UID+"\r\n") {
			raw = part
		}
	}
	if strings.Contains(raw, "\r\nATTENDEE") || strings.Contains(raw, "\r\nORGANIZER") {
		l.Errorf("%s: somebody is invited\n%s", path, raw)
	}
	return raw, e
}

// shown says what all places show of the visit, having compared them with the book.
func (l *life) shown() string {
	l.Helper()
	slices.Sort(l.mail)
	out := strings.Join(l.mail, " ") + ";"
	b, err := l.stored()
	if errors.Is(err, agenda.ErrNotFound) {
		b = &agenda.Booking{} // whoever shows something of it now is wrong
	} else if err != nil {
		l.Fatal(err)
	}
	for _, place := range []struct {
		name, path string
		stamp      time.Time
		alarm      bool
	}{
		{"feed", "/feeds/" + l.staff + ".ics", b.Changed, false},
		{"own", "/feeds/" + l.own + ".ics", b.Changed, true},
		{"file", "/musterstadt/m/" + l.b.Manage + "/termin.ics", l.c.Now(), true},
	} {
		raw, e := l.fetch(place.path)
		if e == nil {
			continue
		}
		status := "CONFIRMED"
		if _, rest, found := strings.Cut(raw, "\r\nSTATUS:"); found {
			status, _, _ = strings.Cut(rest, "\r\n")
		}
		out += fmt.Sprintf(" %s %s/%d", place.name, status, e.Sequence)
		if !e.Start.Equal(b.Start) || !e.End.Equal(b.End) || e.Sequence != b.Sequence || !e.Changed.Equal(place.stamp.Truncate(time.Second)) {
			l.Errorf("%s shows %+v of %+v", place.name, e, b)
		}
		if got := strings.Contains(raw, "BEGIN:VALARM"); got != (place.alarm && !e.Cancelled) {
			l.Errorf("%s: alarm %v", place.name, got)
		}
	}
	return out
}

func (l *life) stored() (b *agenda.Booking, err error) {
	err = l.d.Store.View(l.Context(), func(tx *store.Tx) (err error) {
		b, err = tx.Booking("musterstadt", l.b.Booking.ID)
		return err
	})
	return b, err
}
