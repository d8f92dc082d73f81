package jobs_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
	"terminvergabe/ui"
)

// year is a year in an office that reminds: bookings, moves and cancellations at random,
// while the jobs are down now and then. Time is the bubble's; the book lies in a file.
type year struct {
	*testing.T
	desk   *booking.Desk
	runner *jobs.Runner
	random *rand.Rand
	zone   *time.Location
	visits []*stay
	downs  []stretch

	ahead   int           // how many days ahead visits are at most
	late    time.Duration // that a reminder may leave after its moment
	folders []string      // that letters leave to
}

// stretch is from an instant to before another.
type stretch struct{ from, to time.Time }

func (s stretch) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

// stay is a booking at one time, as long as it stood there.
type stay struct {
	id       string
	sequence int
	start    time.Time
	stood    stretch
	spans    []agenda.Span
}

func newYear(t *testing.T) *year {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "book.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	y := &year{T: t, desk: &booking.Desk{Store: s, Keys: keys}, random: rand.New(rand.NewPCG(6, 2000)), zone: zone, ahead: 20}
	setup := desktest.Musterstadt()
	setup.Tenant.State, setup.Retention.BookingDays = "", 400 // no holidays, and all is there at the end
	setup.Mail.QuietHours = agenda.QuietHours{From: 20 * 60, To: 7*60 + 30}
	setup.Services[0].Reminders = []agenda.Span{{Days: 3}, {Minutes: 180}}
	c := &setup.Calendars[0]
	c.Reminders, c.StaffMail = []agenda.Span{{Days: 7}, {Days: 2}, {Minutes: 24 * 60}, {Minutes: 120}}, agenda.StaffMail{}
	tpl := &c.SlotTemplates[0]
	tpl.Weekdays, tpl.From, tpl.To, tpl.Seats = []string{"mo", "tu", "we", "th", "fr", "sa", "su"}, 8*60, 20*60, agenda.Seats{Total: 50, Public: -1}
	if _, err := y.desk.Apply(t.Context(), setup, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	return y
}

// begin gives the office a process: its jobs remember nothing of the one before.
func (y *year) begin() {
	cat, err := i18n.Load(ui.Files)
	if err != nil {
		y.Fatal(err)
	}
	templates, err := mail.LoadTemplates(ui.Files)
	if err != nil {
		y.Fatal(err)
	}
	y.folders = append(y.folders, filepath.Join(y.TempDir(), "mail"))
	folder, err := mail.NewDirectory(y.folders[len(y.folders)-1])
	if err != nil {
		y.Fatal(err)
	}
	y.runner = &jobs.Runner{Desk: y.desk, Templates: templates, Catalogue: cat, Transport: folder, Log: testLog(y.T),
		Links: booking.Links{Base: "https://termine.musterstadt.example"}}
}

// act books, moves or cancels somebody.
func (y *year) act() {
	now := time.Now()
	day := agenda.DateOf(now.In(y.zone)) + agenda.Date(1+y.random.IntN(y.ahead))
	start, _ := agenda.At(day, agenda.Minute(8*60+10*y.random.IntN(70)), y.zone)
	open := slices.DeleteFunc(slices.Clone(y.visits), func(v *stay) bool { return !v.stood.to.After(now) || !v.start.After(now.Add(time.Hour)) })
	clerk := desktest.Clerk()
	var b *agenda.Booking
	var err error
	switch n := y.random.IntN(10); {
	case n < 6 || len(open) == 0:
		service, spans := "pass", []agenda.Span{{Days: 7}, {Days: 2}, {Minutes: 24 * 60}, {Minutes: 120}}
		if y.random.IntN(2) == 0 {
			service, spans = "ausweis", []agenda.Span{{Days: 3}, {Minutes: 180}}
		}
		r, failed := y.desk.BookNow(y.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(service), Calendar: "buergerbuero", Start: start,
			By: agenda.Staff, Actor: clerk.ID, Person: clerk}, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
		b, err = r.Booking, failed
		if err == nil {
			y.visits = append(y.visits, &stay{b.ID, 0, start, stretch{now, start}, spans})
		}
	case n < 8:
		v := open[y.random.IntN(len(open))]
		if b, err = y.desk.MoveFor(y.Context(), clerk, v.id, booking.Target{Start: start}); err == nil && b.Sequence > v.sequence {
			v.stood.to = now
			y.visits = append(y.visits, &stay{v.id, b.Sequence, start, stretch{now, start}, v.spans})
		}
	default:
		v := open[y.random.IntN(len(open))]
		if _, err = y.desk.CancelFor(y.Context(), clerk, v.id); err == nil {
			v.stood.to = now
		}
	}
	if err != nil {
		y.Fatalf("%v: %v", now, err)
	}
}

// quiet says what the wall clock says, and nothing else.
func (y *year) quiet(t time.Time) bool {
	wall := t.In(y.zone).Hour()*60 + t.In(y.zone).Minute()
	return wall >= 20*60 || wall < 7*60+30
}

// due finds by hand, minute by minute, when somebody is to be reminded: name by moment.
func (y *year) due(v *stay) map[time.Time]string {
	list := map[time.Time]string{}
	spans := slices.Clone(v.spans)
	slices.SortFunc(spans, func(a, b agenda.Span) int { return (b.Days*1440 + b.Minutes) - (a.Days*1440 + a.Minutes) })
	for _, s := range spans { // the nearest last: it wins
		local := v.start.In(y.zone)
		at := time.Date(local.Year(), local.Month(), local.Day()-s.Days, local.Hour(), local.Minute(), 0, 0, y.zone).Add(-time.Duration(s.Minutes) * time.Minute)
		on := at
		for y.quiet(on) {
			on = on.Add(time.Minute)
		}
		if v.start.Sub(on) < 2*time.Hour && y.quiet(at) {
			for on = at; y.quiet(on); on = on.Add(-time.Minute) {
			}
			on = on.Add(-14 * time.Minute) // a quarter of an hour before the first quiet minute
		}
		if on.After(v.stood.from) {
			list[on.UTC()] = s.String()
		}
	}
	return list
}

// down reports whether the jobs do not run.
func (y *year) down(t time.Time) bool {
	return slices.ContainsFunc(y.downs, func(s stretch) bool { return s.has(t) })
}

// look lets the jobs run, unless they are down.
func (y *year) look() {
	if y.down(time.Now()) {
		y.runner = nil
		return
	}
	if y.runner == nil {
		y.begin()
	}
	if err := y.runner.Desk.Remind(y.Context(), time.Time{}); err != nil {
		y.Fatal(err)
	}
	if err := y.runner.Deliver(y.Context()); err != nil {
		y.Fatal(err)
	}
}

// Every reminder that is due while the jobs run leaves once and on time; of those that
// were due while they were down only the latest, while it is of use; none when it is quiet.
func TestAYearOfReminders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t)
		begin := time.Now() // 1 January 2000
		for range 14 {
			from := begin.Add(time.Duration(y.random.IntN(365*24*60)) * time.Minute)
			y.downs = append(y.downs, stretch{from, from.Add(time.Duration(20+y.random.IntN(60*60)) * time.Minute)})
		}
		for time.Since(begin) < 366*24*time.Hour {
			y.act()
			until := time.Now().Add(time.Duration(60+y.random.IntN(48*60)) * time.Minute)
			for time.Now().Before(until) {
				time.Sleep(min(time.Until(until), time.Until(y.next())))
				y.look()
			}
		}
		y.check()
	})
}

// next is when the jobs have something to do, or come back: an office's minute.
func (y *year) next() time.Time {
	now := time.Now()
	next := now.Add(12 * time.Hour)
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	for _, v := range y.visits {
		if v.stood.has(now) {
			for at := range y.due(v) {
				sooner(at)
				sooner(at.Add(-time.Minute)) // too early by a minute
			}
		}
	}
	for _, s := range y.downs {
		sooner(s.to)
	}
	return next
}

// check compares what left with what was due.
func (y *year) check() {
	sent := 0
	for _, v := range y.visits {
		left := map[string]time.Time{}
		for kind, p := range y.letters(v) {
			if p.State == "sent" {
				left[kind] = p.Done
				sent++
			}
		}
		y.once(v, left)
	}
	if sent < 200 || len(y.visits) < 150 {
		y.Errorf("%d reminders of %d visits in a year: too few to prove anything", sent, len(y.visits))
	}
	y.Logf("%d reminders of %d visits", sent, len(y.visits))
}

func (y *year) once(v *stay, left map[string]time.Time) {
	due := y.due(v)
	for name, at := range left {
		var moment, later time.Time
		for m, n := range due {
			if n == name {
				moment = m
			}
		}
		for m := range due {
			if m.After(moment) && !m.After(at) {
				later = m
			}
		}
		switch {
		case moment.IsZero():
			y.Errorf("%+v: %s left at %v, and was never due", v, name, at)
		case at.Before(moment) || y.quiet(at) || !v.stood.has(at):
			y.Errorf("%+v: %s left at %v, was due at %v", v, name, at, moment)
		case at.Sub(moment) > 15*time.Minute && v.start.Sub(at) <= 2*time.Hour:
			y.Errorf("%+v: %s left at %v, of no use", v, name, at)
		case !later.IsZero():
			y.Errorf("%+v: %s left at %v, when another was due at %v", v, name, at, later)
		}
	}
	for moment, name := range due {
		if at, ok := left[name]; v.stood.has(moment) && v.stood.has(moment.Add(y.late)) && !y.down(moment) && !y.down(moment.Add(y.late)) && moment.Add(y.late).Before(time.Now()) && (!ok || at.Sub(moment) > y.late) {
			y.Errorf("%+v: %s was due at %v, left %v at %v", v, name, moment, ok, at)
		}
	}
}

func (y *year) letters(v *stay) map[string]store.Posting {
	list := map[string]store.Posting{}
	err := y.desk.Store.View(y.Context(), func(tx *store.Tx) error {
		all, err := tx.Postings("musterstadt", v.id)
		for _, p := range all {
			if name, is := strings.CutPrefix(p.Kind, booking.KindReminder); is && p.Version == v.sequence {
				list[name] = p
			}
		}
		return err
	})
	if err != nil {
		y.Fatal(err)
	}
	return list
}
