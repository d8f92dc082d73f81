package slots_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// office is a set-up with one calendar and one service of ten minutes, whose
// rules each test changes.
type office struct {
	*agenda.Setup
	t        *testing.T
	calendar *agenda.Calendar
	service  *agenda.Service
	now      string
	by       agenda.Channel
	claims   []agenda.Claim
}

func newOffice(t *testing.T, templates ...agenda.SlotTemplate) *office {
	t.Helper()
	s := &agenda.Setup{
		Tenant:      agenda.Tenant{ID: "northeim", Timezone: "Europe/Berlin", State: "NI"},
		Departments: []agenda.Department{{ID: "fb35"}},
		Sites:       []agenda.Site{{ID: "kreishaus"}},
		Services: []agenda.Service{{ID: "ausweis", Minutes: 10, MinutesMore: -1, MaxQuantity: 9, HorizonDays: 3650,
			Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}},
		Calendars: []agenda.Calendar{{ID: "buergerbuero", Department: "fb35", Site: "kreishaus", TickMinutes: 5,
			Services: []agenda.Offer{{ID: "ausweis"}}, SlotTemplates: templates}},
	}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return &office{Setup: s, t: t, calendar: &s.Calendars[0], service: &s.Services[0], now: "2026-01-01T00:00:00+01:00", by: agenda.Public}
}

// hours is a template that is open every day.
func hours(from, to string, slot, seats int) agenda.SlotTemplate {
	return agenda.SlotTemplate{ID: from, Weekdays: []string{"mo", "tu", "we", "th", "fr", "sa", "su"},
		From: clock(from), To: clock(to), SlotMinutes: slot, Seats: agenda.Seats{Total: seats, Public: -1}}
}

func clock(s string) agenda.Minute {
	m, err := agenda.ParseMinute(s)
	if err != nil {
		panic(err)
	}
	return m
}

func moment(s string) (m agenda.Moment) {
	if err := m.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return m
}

func closure(from, to string, seats int) agenda.Closure {
	return agenda.Closure{From: moment(from), To: moment(to), Seats: seats}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (o *office) plan(quantity int) agenda.Plan {
	o.t.Helper()
	p, ok := o.Plan(o.calendar, agenda.Wish{Items: []agenda.Item{{Service: "ausweis", Quantity: quantity}}}, o.by)
	if !ok {
		o.t.Fatal("the calendar does not offer it")
	}
	return p
}

func (o *office) offers(date string, quantity int) []agenda.Slot {
	o.t.Helper()
	d := slots.Compile(o.Setup, o.calendar, day(date))
	now := instant(o.t, o.now)
	return slots.Free(d, d.Use(o.claims, now, 0), o.plan(quantity), slots.Query{Now: now, By: o.by})
}

// on lists a day's starts as "08:00 08:10".
func (o *office) on(date string) string {
	o.t.Helper()
	var out []string
	for _, s := range o.offers(date, 1) {
		out = append(out, s.Start.Format("15:04"))
	}
	return strings.Join(out, " ")
}

// seats lists a day's starts with the seats free, as "08:00=2 08:10=1".
func (o *office) seats(date string) string {
	o.t.Helper()
	var out []string
	for _, s := range o.offers(date, 1) {
		out = append(out, fmt.Sprintf("%s=%d", s.Start.Format("15:04"), s.Free))
	}
	return strings.Join(out, " ")
}

// check asks for one start.
func (o *office) check(start string, overbook bool) (over bool, err error) {
	o.t.Helper()
	at, now := instant(o.t, start), instant(o.t, o.now)
	d := slots.Compile(o.Setup, o.calendar, agenda.DateOf(at.In(o.Zone())))
	_, over, err = slots.Check(d, d.Use(o.claims, now, 0), o.plan(1), slots.Query{Now: now, By: o.by}, at, overbook)
	return over, err
}

// claim takes a seat for n ticks.
func (o *office) claim(start string, ticks int, public bool) {
	o.t.Helper()
	first := agenda.TickAt(instant(o.t, start), o.calendar.TickMinutes)
	for k := range agenda.Tick(ticks) {
		o.claims = append(o.claims, agenda.Claim{Tick: first + k, Booking: int64(len(o.claims) + 1), Public: public})
	}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestBookingsEndByTheEnd(t *testing.T) {
	o := newOffice(t, hours("08:00", "09:00", 10, 1))
	want(t, "ten minutes", o.on("2026-07-01"), "08:00 08:10 08:20 08:30 08:40 08:50")
	o.service.Minutes = 25
	want(t, "twenty-five minutes", o.on("2026-07-01"), "08:00 08:10 08:20 08:30")
	o.service.Minutes = 60
	want(t, "an hour", o.on("2026-07-01"), "08:00")
	o.service.Minutes = 61
	want(t, "more", o.on("2026-07-01"), "")
}

func TestBeforeAndAfterAreWorkingTime(t *testing.T) {
	o := newOffice(t, hours("08:00", "09:00", 10, 1))
	o.calendar.BeforeMinutes, o.calendar.AfterMinutes = 8, 3 // ten and five in ticks
	want(t, "starts", o.on("2026-07-01"), "08:10 08:20 08:30 08:40")
	if got := o.offers("2026-07-01", 1)[0].Minutes; got != 10 {
		t.Errorf("the visit itself: got %d minutes, want 10", got)
	}
	o.claim("2026-07-01T08:30:00+02:00", 1, true)
	want(t, "around a claim", o.on("2026-07-01"), "08:10")
}

func TestAdjoiningTemplates(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:30", 10, 3), hours("08:30", "09:00", 10, 1))
	o.service.Minutes = 20
	want(t, "one stretch", o.seats("2026-07-01"), "08:00=3 08:10=3 08:20=1 08:30=1 08:40=1")
	o.calendar.SlotTemplates[1].SlotMinutes = 15
	want(t, "another raster", o.seats("2026-07-01"), "08:00=3 08:10=3 08:30=1")
	o.calendar.SlotTemplates[1].SlotMinutes = 10
	o.calendar.SlotTemplates[1].Modes = []string{agenda.ModeOnsite}
	want(t, "other restrictions", o.seats("2026-07-01"), "08:00=3 08:10=3 08:30=1 08:40=1")
	o.calendar.SlotTemplates[1].Services = []string{"reisepass"}
	want(t, "not for this service", o.seats("2026-07-01"), "08:00=3 08:10=3")
	o.calendar.SlotTemplates[1] = hours("08:40", "09:00", 10, 1)
	want(t, "a gap", o.seats("2026-07-01"), "08:00=3 08:10=3 08:40=1")
}

func TestWalkInHoursAreNeverBookable(t *testing.T) {
	walkIn := hours("08:00", "12:00", 0, 0)
	walkIn.WalkIn = true
	o := newOffice(t, walkIn, hours("09:00", "09:20", 10, 1))
	want(t, "beside a template", o.on("2026-07-01"), "09:00 09:10")
	if _, err := o.check("2026-07-01T08:00:00+02:00", true); !errors.Is(err, agenda.ErrTaken) {
		t.Errorf("overbooked: got %v, want ErrTaken", err)
	}
	o.calendar.SlotTemplates = o.calendar.SlotTemplates[:1]
	want(t, "alone", o.on("2026-07-01"), "")
	if slots.Compile(o.Setup, o.calendar, day("2026-07-01")).Open() {
		t.Error("a day with nothing but walk-in hours counts as open")
	}
}

func TestPublicPartAndTotal(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:10", 10, 4))
	o.calendar.SlotTemplates[0].Seats.Public = 3
	start := "2026-07-01T08:00:00+02:00"
	for _, c := range []struct {
		what                string
		public              bool
		wantPublic, wantAll string
	}{
		{"staff", false, "08:00=3", "08:00=3"},
		{"staff again", false, "08:00=2", "08:00=2"},
		{"the public", true, "08:00=1", "08:00=1"},
		{"the public again", true, "", ""},
		{"staff too many", false, "", ""},
	} {
		o.claim(start, 2, c.public)
		o.by = agenda.Public
		want(t, "for the public after "+c.what, o.seats("2026-07-01"), c.wantPublic)
		o.by = agenda.Staff
		want(t, "for staff after "+c.what, o.seats("2026-07-01"), c.wantAll)
	}
	o.claims, o.by = nil, agenda.Public
	for range 3 {
		o.claim(start, 2, true)
	}
	want(t, "after the public's three", o.seats("2026-07-01"), "")
	o.by = agenda.Staff
	want(t, "for staff", o.seats("2026-07-01"), "08:00=1")
}

func TestClaimsThatDoNotCount(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:10", 10, 1))
	d, now := slots.Compile(o.Setup, o.calendar, day("2026-07-01")), instant(t, "2026-06-30T12:00:00Z")
	first := agenda.TickAt(instant(t, "2026-07-01T08:00:00+02:00"), 5)
	for _, c := range []struct {
		what  string
		claim agenda.Claim
		want  int
	}{
		{"a seat", agenda.Claim{Tick: first, Booking: 7}, 0},
		{"its own seat", agenda.Claim{Tick: first, Booking: 8}, 1},
		{"held for a second", agenda.Claim{Tick: first + 1, Booking: 7, Expires: now.Add(time.Second)}, 0},
		{"just expired", agenda.Claim{Tick: first + 1, Booking: 7, Expires: now}, 1},
		{"the tick before", agenda.Claim{Tick: first - 1, Booking: 7}, 1},
		{"the tick after", agenda.Claim{Tick: first + 2, Booking: 7}, 1},
		{"the day before", agenda.Claim{Tick: first - 288, Booking: 7}, 1},
		{"the day after", agenda.Claim{Tick: first + 288, Booking: 7}, 1},
	} {
		got := slots.Free(d, d.Use([]agenda.Claim{c.claim}, now, 8), o.plan(1), slots.Query{Now: now, By: agenda.Public})
		if len(got) != c.want {
			t.Errorf("%s: got %d starts, want %d", c.what, len(got), c.want)
		}
	}
	if use := d.Use([]agenda.Claim{{Tick: first}}, now, 0); slots.Free(d, use, o.plan(1), slots.Query{Now: now, By: agenda.Public}) != nil {
		t.Error("no exception took booking number zero for an exception")
	}
}

func TestLeadAndHorizon(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:30", 10, 1))
	o.service.LeadMinutes, o.service.HorizonDays = 60, 1
	for _, c := range []struct{ now, day, want string }{
		{"2026-07-01T07:00:00+02:00", "2026-07-01", "08:00 08:10 08:20"},
		{"2026-07-01T07:00:01+02:00", "2026-07-01", "08:10 08:20"},
		{"2026-07-01T07:21:00+02:00", "2026-07-01", ""},
		{"2026-06-30T00:00:00+02:00", "2026-07-01", "08:00 08:10 08:20"}, // the horizon's last day is included
		{"2026-06-29T23:59:59+02:00", "2026-07-01", ""},
		{"2026-06-29T22:30:00Z", "2026-07-01", "08:00 08:10 08:20"}, // today is the office's day
	} {
		o.now = c.now
		want(t, c.now, o.on(c.day), c.want)
	}
	o.by, o.now = agenda.Staff, "2026-07-01T08:05:00+02:00"
	want(t, "staff without lead", o.on("2026-07-01"), "08:10 08:20")
	want(t, "staff beyond the horizon", o.on("2027-07-01"), "08:00 08:10 08:20")
}

func TestLeadOverTheYearsEnd(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:20", 10, 1))
	o.Tenant.State = ""
	o.service.LeadMinutes, o.service.HorizonDays = 48*60, 3
	o.now = "2026-12-30T08:05:00+01:00"
	want(t, "31 December", o.on("2026-12-31"), "")
	want(t, "1 January", o.on("2027-01-01"), "08:10")
	want(t, "2 January", o.on("2027-01-02"), "08:00 08:10")
	want(t, "3 January", o.on("2027-01-03"), "")
	o.Tenant.State = "NI"
	want(t, "New Year's Day", o.on("2027-01-01"), "")
}

func TestRefusalsAreToldApart(t *testing.T) {
	o := newOffice(t, hours("08:00", "09:00", 10, 1))
	o.service.LeadMinutes, o.service.HorizonDays = 60, 30
	o.now = "2026-07-01T07:30:00+02:00"
	o.calendar.Closures = []agenda.Closure{closure("2026-07-03", "2026-07-03", 0)}
	o.claim("2026-07-01T08:40:00+02:00", 2, true)
	for _, c := range []struct {
		start string
		want  error
	}{
		{"2026-07-01T08:30:00+02:00", nil},
		{"2026-07-01T06:30:00Z", nil},                            // the same in another zone
		{"2026-07-01T08:20:00+02:00", agenda.ErrWindowClosed},    // lead
		{"2026-08-01T08:20:00+02:00", agenda.ErrWindowClosed},    // horizon
		{"2026-06-30T08:20:00+02:00", agenda.ErrWindowClosed},    // past
		{"2026-07-01T08:40:00+02:00", agenda.ErrTaken},           // taken
		{"2026-07-01T08:45:00+02:00", agenda.ErrTaken},           // off the raster
		{"2026-07-01T08:30:01+02:00", agenda.ErrTaken},           // by a second
		{"2026-07-01T09:00:00+02:00", agenda.ErrTaken},           // after hours
		{"2026-07-03T08:00:00+02:00", agenda.ErrTaken},           // closed
		{"2026-10-03T08:00:00+02:00", agenda.ErrTaken},           // a holiday, though beyond the horizon
		{"2026-07-01T08:30:00+01:00", agenda.ErrTaken},           // 09:30
		{"2026-07-01T08:30:00.000000001+02:00", agenda.ErrTaken}, // and by less
	} {
		if _, err := o.check(c.start, false); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.start, err, c.want)
		}
	}
}

func TestOverbookingLiftsTheCountAlone(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:20", 10, 1))
	o.by = agenda.Staff
	o.calendar.Closures = []agenda.Closure{closure("2026-07-02", "2026-07-02", 0)}
	o.claim("2026-07-01T08:00:00+02:00", 2, true)
	for _, c := range []struct {
		start string
		over  bool
		err   error
	}{
		{"2026-07-01T08:00:00+02:00", true, nil},
		{"2026-07-01T08:10:00+02:00", false, nil}, // there is a seat
		{"2026-07-01T08:05:00+02:00", false, agenda.ErrTaken},
		{"2026-07-01T08:20:00+02:00", false, agenda.ErrTaken},
		{"2026-07-02T08:00:00+02:00", false, agenda.ErrTaken},
		{"2026-10-03T08:00:00+02:00", false, agenda.ErrTaken},
	} {
		if over, err := o.check(c.start, true); !errors.Is(err, c.err) || over != c.over {
			t.Errorf("%s: got %v %v, want %v %v", c.start, over, err, c.over, c.err)
		}
	}
}

func TestSpringForward(t *testing.T) {
	o := newOffice(t, hours("01:30", "04:00", 30, 1))
	want(t, "starts", o.on("2026-03-29"), "01:30 03:00 03:30")
	o.service.Minutes = 60
	want(t, "an hour is real minutes", o.on("2026-03-29"), "01:30 03:00")
	if got, want := o.offers("2026-03-29", 1)[0].Start.UTC(), instant(t, "2026-03-29T00:30:00Z"); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	o.calendar.SlotTemplates = []agenda.SlotTemplate{hours("02:00", "03:00", 10, 1)}
	want(t, "the hour that is skipped", o.on("2026-03-29"), "")
	if slots.Compile(o.Setup, o.calendar, day("2026-03-29")).Open() {
		t.Error("the hour that is skipped counts as open")
	}
	o.calendar.SlotTemplates = []agenda.SlotTemplate{hours("01:30", "02:00", 10, 1), hours("03:00", "03:30", 10, 1)}
	o.service.Minutes = 20
	want(t, "a break on the clock is one, though no time passes", o.on("2026-03-29"), "01:30 01:40 03:00 03:10")
	o.calendar.SlotTemplates = []agenda.SlotTemplate{hours("01:30", "02:00", 10, 1), hours("02:00", "03:00", 10, 1), hours("03:00", "03:30", 10, 1)}
	want(t, "without a break", o.on("2026-03-29"), "01:30 01:40 01:50 03:00 03:10")
	o.calendar.SlotTemplates = []agenda.SlotTemplate{hours("00:00", "24:00", 60, 1)}
	o.service.Minutes = 10
	if got := len(o.offers("2026-03-29", 1)); got != 23 {
		t.Errorf("got %d starts, want 23", got)
	}
	from, to := slots.Compile(o.Setup, o.calendar, day("2026-03-29")).Span()
	if to-from != 23*12 {
		t.Errorf("got %d ticks, want %d", to-from, 23*12)
	}
}

func TestClosureInTheSkippedHour(t *testing.T) {
	o := newOffice(t, hours("01:30", "03:30", 30, 1))
	o.calendar.TickMinutes = 30
	o.calendar.Closures = []agenda.Closure{closure("2026-03-29T02:10", "2026-03-29T02:50", 0)}
	want(t, "closes nothing", o.on("2026-03-29"), "01:30 03:00")
	want(t, "nor the day before", o.on("2026-03-28"), "01:30 02:00 02:30 03:00")
}

func TestFallBack(t *testing.T) {
	o := newOffice(t, hours("01:30", "03:30", 30, 1))
	want(t, "starts", o.on("2026-10-25"), "01:30 02:00 02:30 03:00")
	var got []string
	for _, s := range o.offers("2026-10-25", 1) {
		got = append(got, s.Start.UTC().Format("15:04"))
	}
	want(t, "the first of each", strings.Join(got, " "), "23:30 00:00 00:30 02:00")
	o.service.Minutes = 90
	want(t, "ninety real minutes", o.on("2026-10-25"), "01:30 02:00 02:30")
	o.service.Minutes = 180
	want(t, "three hours fit into two on the clock", o.on("2026-10-25"), "01:30")
	o.service.Minutes = 10
	o.claim("2026-10-25T02:00:00+01:00", 2, true) // the second time
	want(t, "a claim in the second hour", o.on("2026-10-25"), "01:30 02:00 02:30 03:00")
	o.service.Minutes = 60
	want(t, "which a visit from 02:30 would meet", o.on("2026-10-25"), "01:30 02:00")
	if _, err := o.check("2026-10-25T02:00:00+01:00", false); !errors.Is(err, agenda.ErrTaken) {
		t.Errorf("the second 02:00: got %v, want ErrTaken", err)
	}
	from, to := slots.Compile(o.Setup, o.calendar, day("2026-10-25")).Span()
	if to-from != 25*12 {
		t.Errorf("got %d ticks, want %d", to-from, 25*12)
	}
}

func TestClosures(t *testing.T) {
	for _, c := range []struct {
		what    string
		closure agenda.Closure
		want    [3]string // of 24, 25 and 26 July
	}{
		{"an end without a time includes the day", closure("2026-07-24T08:20", "2026-07-25", 0), [3]string{"08:00 08:10", "", "08:00 08:10 08:20 08:30"}},
		{"an end with a time is an instant", closure("2026-07-24T08:20", "2026-07-25T08:20", 0), [3]string{"08:00 08:10", "08:20 08:30", "08:00 08:10 08:20 08:30"}},
		{"midnight closes nothing of the day", closure("2026-07-24", "2026-07-25T00:00", 0), [3]string{"", "08:00 08:10 08:20 08:30", "08:00 08:10 08:20 08:30"}},
		{"24:00 is the same", closure("2026-07-24", "2026-07-24T24:00", 0), [3]string{"", "08:00 08:10 08:20 08:30", "08:00 08:10 08:20 08:30"}},
		{"a tick that it touches is closed", closure("2026-07-25T08:12", "2026-07-25T08:21", 0), [3]string{"08:00 08:10 08:20 08:30", "08:00 08:30", "08:00 08:10 08:20 08:30"}},
		{"an empty one closes nothing", closure("2026-07-25T08:12", "2026-07-25T08:12", 0), [3]string{"08:00 08:10 08:20 08:30", "08:00 08:10 08:20 08:30", "08:00 08:10 08:20 08:30"}},
		{"all three days", closure("2026-07-20", "2026-08-20", 0), [3]string{}},
	} {
		for _, at := range []string{"tenant", "department", "site", "calendar"} {
			o := newOffice(t, hours("08:00", "08:40", 10, 2))
			list := map[string]*[]agenda.Closure{"tenant": &o.Closures, "department": &o.Departments[0].Closures, "site": &o.Sites[0].Closures, "calendar": &o.calendar.Closures}[at]
			*list = []agenda.Closure{c.closure}
			got := [3]string{o.on("2026-07-24"), o.on("2026-07-25"), o.on("2026-07-26")}
			if got != c.want {
				t.Errorf("%s, at the %s: got %q, want %q", c.what, at, got, c.want)
			}
		}
	}
}

func TestSeatsClosuresAddUp(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:40", 10, 4))
	o.calendar.SlotTemplates[0].Seats.Public = 3
	o.calendar.Closures = []agenda.Closure{closure("2026-07-01", "2026-07-01", 1)}
	want(t, "one away: the public still has three", o.seats("2026-07-01"), "08:00=3 08:10=3 08:20=3 08:30=3")
	o.calendar.Closures = append(o.calendar.Closures, closure("2026-07-01T08:10", "2026-07-01T08:30", 1))
	want(t, "two away for a time", o.seats("2026-07-01"), "08:00=3 08:10=2 08:20=2 08:30=3")
	o.calendar.Closures = append(o.calendar.Closures, closure("2026-07-01T08:20", "2026-07-01", 1))
	want(t, "three away for a time", o.seats("2026-07-01"), "08:00=3 08:10=2 08:20=1 08:30=2")
	o.calendar.Closures = append(o.calendar.Closures, closure("2026-06-01", "2026-07-31", 2))
	want(t, "more than there are", o.seats("2026-07-01"), "08:00=1")
	o.claim("2026-07-01T08:00:00+02:00", 2, true)
	want(t, "and claimed", o.seats("2026-07-01"), "")
}

func TestHolidaysAndAlsoOn(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:10", 10, 1))
	want(t, "Reformation Day", o.on("2026-10-31"), "")
	o.Tenant.State = "BE"
	want(t, "in Berlin a day like others", o.on("2026-10-31"), "08:00")
	o.Tenant.State = ""
	want(t, "without a Land there are none", o.on("2026-12-25"), "08:00")
	o.Tenant.State, o.Tenant.LocalHolidays = "BY", []string{"friedensfest"}
	want(t, "what part of the Land observes", o.on("2026-08-08"), "")

	tpl := &o.calendar.SlotTemplates[0]
	tpl.AlsoOn = []agenda.Date{day("2026-08-08"), day("2026-08-09")}
	want(t, "lifted", o.on("2026-08-08"), "08:00")
	for what, change := range map[string]func(){
		"a closure":   func() { o.calendar.Closures = []agenda.Closure{closure("2026-08-08", "2026-08-08", 0)} },
		"an except":   func() { tpl.Except = []agenda.Date{day("2026-08-08")} },
		"the weekday": func() { tpl.Weekdays = []string{"su"} },
		"validity":    func() { tpl.ValidFrom = day("2026-08-09") },
		"the week":    func() { tpl.WeekOfMonth = 1 },
		"the rhythm":  func() { tpl.EveryWeeks, tpl.ValidFrom = 2, day("2026-07-31") },
	} {
		saved := *tpl
		change()
		want(t, "alsoOn does not lift "+what, o.on("2026-08-08"), "")
		*tpl, o.calendar.Closures = saved, nil
	}
}

func TestRareDays(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:10", 10, 1))
	o.Tenant.State = ""
	tpl := &o.calendar.SlotTemplates[0]
	want(t, "29 February", o.on("2028-02-29"), "08:00")
	for _, c := range []struct {
		what    string
		change  func()
		of      []string
		openAll []string
	}{
		{"every second week over week 53", func() { tpl.Weekdays, tpl.EveryWeeks, tpl.ValidFrom = []string{"fr"}, 2, day("2026-12-18") },
			[]string{"2026-12-18", "2026-12-25", "2027-01-01", "2027-01-08", "2027-01-15"}, []string{"2026-12-18", "2027-01-01", "2027-01-15"}},
		{"the last Tuesday, fifth or fourth", func() { tpl.Weekdays, tpl.EveryWeeks, tpl.ValidFrom, tpl.WeekOfMonth = []string{"tu"}, 1, 0, 5 },
			[]string{"2028-02-22", "2028-02-29", "2028-03-21", "2028-03-28", "2028-04-25"}, []string{"2028-02-29", "2028-03-28", "2028-04-25"}},
		{"the fourth Tuesday", func() { tpl.WeekOfMonth = 4 },
			[]string{"2028-02-22", "2028-02-29", "2028-03-28", "2028-04-25"}, []string{"2028-02-22", "2028-03-28", "2028-04-25"}},
	} {
		c.change()
		var got []string
		for _, d := range c.of {
			if o.on(d) != "" {
				got = append(got, d)
			}
		}
		if !slices.Equal(got, c.openAll) {
			t.Errorf("%s: got %v, want %v", c.what, got, c.openAll)
		}
	}
}

// TestHowABookingBecomesCertainChangesNoStart: double opt-in and approval come
// after the choice of a start.
func TestHowABookingBecomesCertainChangesNoStart(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:30", 10, 2))
	for _, how := range []string{agenda.ConfirmNone, agenda.ConfirmEmail, agenda.ConfirmStaff} {
		o.calendar.Confirm, o.calendar.HoldMinutes, o.calendar.ConfirmMinutes = how, 20, 60
		want(t, how, o.seats("2026-07-01"), "08:00=2 08:10=2 08:20=2")
	}
}

func TestPoolsAreCountedTogether(t *testing.T) {
	o := newOffice(t, hours("08:00", "08:30", 10, 2))
	second := *o.calendar
	second.ID, second.SlotTemplates = "rathaus", []agenda.SlotTemplate{hours("08:00", "08:30", 15, 1)}
	o.calendar.Pool, second.Pool = "zwei", "zwei"
	o.claim("2026-07-01T08:00:00+02:00", 2, true) // by whichever calendar
	want(t, "two seats", o.seats("2026-07-01"), "08:00=1 08:10=2 08:20=2")
	o.calendar = &second
	want(t, "one seat", o.seats("2026-07-01"), "08:15=1")
}

func TestClaimFor(t *testing.T) {
	o := newOffice(t)
	o.calendar.BeforeMinutes, o.calendar.AfterMinutes, o.service.Minutes = 3, 6, 11
	start := instant(t, "2026-07-01T08:00:00+02:00")
	from, to := slots.ClaimFor(start, o.plan(1))
	if got, want := from.Time(5), start.Add(-5*time.Minute); !got.Equal(want) {
		t.Errorf("from: got %v, want %v", got, want)
	}
	if got, want := to.Time(5), start.Add(25*time.Minute); !got.Equal(want) {
		t.Errorf("to: got %v, want %v", got, want)
	}
}
