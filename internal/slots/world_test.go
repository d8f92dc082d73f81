package slots_test

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// world is one random office on one day, and somebody who asks.
type world struct {
	setup    *agenda.Setup
	calendar *agenda.Calendar // of setup; its last one may share the pool
	date     agenda.Date
	wish     agenda.Wish
	by       agenda.Channel
	now      time.Time
	visits   []visit // in the whole pool
	except   int64
}

// place is a time zone with its clock changes.
type place struct {
	zone    string
	changes []string
	ticks   []int
}

var places = []place{
	{"Europe/Berlin", []string{"2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"}, []int{5, 10, 15, 20, 30, 1, 60}},
	{"America/New_York", []string{"2026-03-08", "2026-11-01"}, []int{5, 15, 30, 60}},
	{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04"}, []int{5, 10, 15, 30}}, // half an hour
	{"Africa/Cairo", []string{"2026-04-24", "2026-10-29"}, []int{10, 15, 60}},           // at midnight
	{"Asia/Kathmandu", []string{"2026-07-01"}, []int{5, 15}},                            // a quarter past
	{"UTC", []string{"2026-03-29"}, []int{5, 20, 1}},
}

var otherDates = []string{"2026-07-01", "2026-12-31", "2027-01-01", "2028-02-29", "2026-12-25", "2026-10-31", "2026-08-08", "2026-05-01", "2026-06-30", "2026-12-28", "2027-01-04"}

// dice draws what a world is made of.
type dice struct{ *rapid.T }

// n is evenly spread from one end to the other, both included: rapid's own ranges
// favour their ends, so that most offices would be closed. It shrinks to from.
func (d dice) n(from, to int) int {
	return from + int(rapid.Uint64().Draw(d.T, "n")*0x9E3779B97F4A7C15>>33)%(to-from+1)
}

// often is true in about percent of all cases.
func (d dice) often(percent int) bool { return d.n(0, 99) >= 100-percent }

func pick[T any](d dice, of ...T) T { return of[d.n(0, len(of)-1)] }

// some gives each element with even chances.
func some[T any](d dice, of ...T) (out []T) {
	for _, v := range of {
		if d.often(50) {
			out = append(out, v)
		}
	}
	return out
}

func day(s string) agenda.Date {
	d, err := agenda.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func anyWorld(t *rapid.T) *world {
	d := dice{t}
	p := pick(d, places...)
	if d.often(50) {
		p = places[0]
	}
	dates := otherDates
	if d.often(35) {
		dates = p.changes
	}
	date := day(pick(d, dates...))
	if d.often(30) {
		date = day("2026-01-01") + agenda.Date(d.n(0, 1100))
	}
	return worldOn(d, p, date)
}

// clockChangeWorld is an office that is open while the clocks change.
func clockChangeWorld(t *rapid.T) *world {
	d := dice{t}
	p := pick(d, places[:4]...)
	return worldOn(d, p, day(pick(d, p.changes...)))
}

func worldOn(d dice, p place, date agenda.Date) *world {
	s := &agenda.Setup{Tenant: agenda.Tenant{ID: "northeim", Timezone: p.zone, State: pick(d, "NI", "", "BY", "BE")},
		Departments: []agenda.Department{{ID: "fb35"}, {ID: "fb36"}}, Sites: []agenda.Site{{ID: "kreishaus"}, {ID: "rathaus"}}}
	if s.Tenant.State == "BY" {
		s.Tenant.LocalHolidays = some(d, "friedensfest", "mariae-himmelfahrt")
	}
	if err := s.Prepare(); err != nil {
		panic(err)
	}
	w := &world{setup: s, date: date, by: pick(d, agenda.Public, agenda.Staff)}
	s.Services = services(d)
	tick := pick(d, p.ticks...)
	for i := range 1 + d.n(0, 1) {
		s.Calendars = append(s.Calendars, w.newCalendar(d, fmt.Sprint("k", i), tick, slices.Contains(p.changes, date.String())))
	}
	w.calendar = &s.Calendars[0]
	s.Closures = w.closures(d, 4, 0)
	s.Departments[0].Closures, s.Sites[0].Closures = w.closures(d, 4, 0), w.closures(d, 4, 0)
	s.Departments[1].Closures, s.Sites[1].Closures = w.closures(d, 50, 0), w.closures(d, 50, 0)
	w.wish = w.newWish(d)
	w.now = w.newNow(d)
	for range d.n(0, 16) {
		w.visits = append(w.visits, w.newVisit(d, int64(len(w.visits)+1)))
	}
	if d.often(30) && len(w.visits) > 0 {
		w.except = pick(d, w.visits...).id
	}
	return w
}

func services(d dice) (out []agenda.Service) {
	modes := []string{agenda.ModeOnsite, agenda.ModePhone, agenda.ModeVideo, agenda.ModeHome}
	for _, id := range []string{"ausweis", "reisepass", "meldung"} {
		svc := agenda.Service{ID: id, Minutes: d.n(3, 20), MinutesMore: pick(d, -1, -1, 0, 7, 15), MaxQuantity: 4, Combinable: []string{"ausweis", "reisepass"},
			LeadMinutes: pick(d, 60, 0, 90, 1440, 2880), HorizonDays: pick(d, 60, 90, 0, 1, 14), Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}
		if d.often(40) {
			svc.Modes = append(some(d, modes[1:]...), agenda.ModeOnsite)
		}
		if d.often(40) {
			svc.Questions = []agenda.Question{{ID: "art", Type: "choice", Options: []agenda.Option{{ID: "neu"}, {ID: "express", Minutes: d.n(5, 40)}, {ID: "dort", Calendars: []string{"k0"}}, {ID: "anderswo", Calendars: []string{"k1"}}}},
				{ID: "sprache", Type: "choice", Options: []agenda.Option{{ID: "de"}, {ID: "gebaerde", Minutes: d.n(10, 40)}}}}
		}
		out = append(out, svc)
	}
	return out
}

func (w *world) newCalendar(d dice, id string, tick int, atNight bool) agenda.Calendar {
	c := agenda.Calendar{ID: id, Pool: "vorrat", Department: "fb35", Site: pick(d, "kreishaus", "kreishaus", "rathaus"), TickMinutes: tick}
	if d.often(30) {
		c.BeforeMinutes = d.n(0, 2*tick)
	}
	if d.often(30) {
		c.AfterMinutes = d.n(0, 2*tick)
	}
	for _, svc := range w.setup.Services {
		if d.often(95) {
			c.Services = append(c.Services, agenda.Offer{ID: svc.ID, Minutes: pick(d, 0, 0, 5, 12)})
		}
	}
	c.SlotTemplates = w.templates(d, tick, atNight)
	c.Closures = append(w.closures(d, 10, 0), w.closures(d, 20, tick)...)
	return c
}

// templates fill one day from left to right, so that no two cover the same time
// of the same date.
func (w *world) templates(d dice, tick int, atNight bool) (out []agenda.SlotTemplate) {
	at := d.n(0, 12*60/tick) * tick
	if atNight {
		at = d.n(0, 3*60/tick) * tick
	}
	raster := tick * pick(d, 1, 2, 3, 4)
	var services, modes []string
	for i := range d.n(2, 6) {
		if i == 0 || d.often(20) {
			raster = tick * pick(d, 1, 2, 3, 4)
			services, modes = nil, nil
			if d.often(12) {
				services = some(d, "ausweis", "reisepass", "meldung")
			}
			if d.often(12) {
				modes = some(d, agenda.ModePhone, agenda.ModeOnsite)
			}
		}
		if d.often(25) {
			at += d.n(0, 90/tick) * tick
		}
		to := at + raster*d.n(2, 12)
		if to > 1440 {
			break
		}
		total := d.n(1, 5)
		t := agenda.SlotTemplate{ID: fmt.Sprint("t", i), From: agenda.Minute(at), To: agenda.Minute(to), SlotMinutes: raster,
			Seats: agenda.Seats{Total: total, Public: pick(d, -1, -1, total, total-1, total-1, 0)}, Services: slices.Clone(services), Modes: slices.Clone(modes)}
		out = append(out, w.inTime(d, t)...)
		at = to
	}
	if d.often(30) {
		out = append(out, agenda.SlotTemplate{ID: "offen", Weekdays: []string{weekdayName(w.date)}, From: 8 * 60, To: 12 * 60, WalkIn: true})
	}
	return out
}

// inTime gives a template its dates: usually the world's is among them.
func (w *world) inTime(d dice, t agenda.SlotTemplate) []agenda.SlotTemplate {
	t.Weekdays = []string{"mo", "tu", "we", "th", "fr", "sa", "su"}
	if d.often(50) {
		t.Weekdays = []string{weekdayName(w.date), pick(d, t.Weekdays...)}
	}
	if d.often(20) {
		t.ValidFrom = w.date - agenda.Date(d.n(-1, 400))
	}
	if d.often(20) {
		t.ValidTo = w.date + agenda.Date(d.n(-1, 60))
	}
	if d.often(10) {
		t.WeekOfMonth = d.n(1, 5)
	}
	if d.often(10) {
		t.Except = []agenda.Date{w.date + agenda.Date(d.n(-1, 1))}
	}
	if d.often(70) {
		t.AlsoOn = []agenda.Date{w.date}
	}
	if !d.often(25) {
		return []agenda.SlotTemplate{t}
	}
	// Two that take turns.
	t.EveryWeeks, t.ValidFrom = 2, w.date-agenda.Date(d.n(0, 40))
	twin := t
	twin.ID, twin.ValidFrom, twin.Seats = t.ID+"b", t.ValidFrom+7, agenda.Seats{Total: d.n(1, 5), Public: -1}
	return []agenda.SlotTemplate{t, twin}
}

// closures around the day, with a chance for each of two; with a tick they take
// seats.
func (w *world) closures(d dice, percent, tick int) (out []agenda.Closure) {
	for range 2 {
		if !d.often(percent) {
			continue
		}
		from, to := w.moment(d, -d.n(0, 2), tick), w.moment(d, d.n(0, 2), tick)
		if d.often(60) { // of one day
			from.Date, to.Date = w.date, w.date
		}
		c := agenda.Closure{From: from, To: to}
		if tick > 0 {
			c.Seats = d.n(1, 3)
		}
		if from.Date < to.Date || !from.Timed || !to.Timed || from.Minute < to.Minute {
			out = append(out, c)
		}
	}
	return out
}

func (w *world) moment(d dice, shift, tick int) agenda.Moment {
	m := agenda.Moment{Date: w.date + agenda.Date(shift), Timed: d.often(70)}
	if m.Timed {
		m.Minute = agenda.Minute(d.n(0, 1440))
	}
	if tick > 0 {
		m.Minute -= m.Minute % agenda.Minute(tick)
	}
	return m
}

func (w *world) newWish(d dice) agenda.Wish {
	var wish agenda.Wish
	offers := w.calendar.Services
	if len(offers) == 0 || d.often(5) {
		offers = []agenda.Offer{{ID: "ausweis"}, {ID: "reisepass"}}
	}
	for i, of := range offers {
		if i > 0 && !d.often(30) {
			continue
		}
		item := agenda.Item{Service: of.ID, Quantity: pick(d, 1, 1, 1, 1, 2, 4), Answers: map[string]string{}}
		if svc, _ := w.setup.Service(of.ID); svc.Questions != nil {
			item.Answers["art"], item.Answers["sprache"] = pick(d, "neu", "neu", "express", "dort", "dort", "anderswo"), pick(d, "de", "gebaerde", "")
		}
		wish.Items = append(wish.Items, item)
	}
	if d.often(20) {
		wish.Mode = pick(d, agenda.ModeOnsite, agenda.ModeOnsite, agenda.ModePhone, agenda.ModeHome)
	}
	return wish
}

// newNow lies before the day, at the edge of the horizon or within the day.
func (w *world) newNow(d dice) time.Time {
	y, m, day := w.date.Civil()
	back := pick(d, 3, 2, 7, 1, 1, 0, 0, 14, 15, 60, 61)
	return time.Date(y, m, day-back, 0, d.n(0, 1439), pick(d, 0, 0, 30), 0, w.setup.Zone())
}

// newVisit takes time near a template of the pool.
func (w *world) newVisit(d dice, id int64) visit {
	c := w.setup.Calendars[d.n(0, len(w.setup.Calendars)-1)]
	minute := d.n(-30, 1470)
	if len(c.SlotTemplates) > 0 {
		t := pick(d, c.SlotTemplates...)
		minute = d.n(int(t.From)-30, int(t.To))
	}
	y, m, day := w.date.Civil()
	tick := time.Duration(c.TickMinutes) * time.Minute
	from := time.Date(y, m, day, 0, minute, 0, 0, w.setup.Zone()).Truncate(tick)
	v := visit{id: id, from: from, to: from.Add(time.Duration(d.n(1, 10)) * tick), public: d.often(60)}
	if d.often(30) {
		v.expires = w.now.Add(time.Duration(pick(d, 0, 1, -1, 20, -600)) * time.Second)
		if d.often(30) {
			v.id = -id
		}
	}
	return v
}

// claims are the rows the store would have for the visits: one seat for one tick.
func (w *world) claims() (out []agenda.Claim) {
	tick := int64(w.calendar.TickMinutes) * 60
	for _, v := range w.visits {
		for at := v.from.Unix(); at < v.to.Unix(); at += tick {
			out = append(out, agenda.Claim{Tick: agenda.Tick(at / tick), Seat: int(v.id), Booking: v.id, Public: v.public, Expires: v.expires})
		}
	}
	return out
}

// offers asks the engine.
func (w *world) offers() []agenda.Slot {
	p, ok := w.setup.Plan(w.calendar, w.wish, w.by)
	if !ok {
		return nil
	}
	d, u := w.compile()
	return slots.Free(d, u, p, slots.Query{Now: w.now, By: w.by})
}

func (w *world) compile() (*slots.Day, slots.Use) {
	d := slots.Compile(w.setup, w.calendar, w.date)
	return d, d.Use(w.claims(), w.now, w.except)
}

// minutes are all instants of the day at which a minute begins.
func (w *world) minutes() (out []time.Time) {
	t := firstInstant(w.date, 0, w.setup.Zone())
	for ; dateOf(t, w.setup.Zone()) == w.date; t = t.Add(time.Minute) {
		out = append(out, t)
	}
	return out
}

func (w *world) String() string {
	return fmt.Sprintf("%s %v %s now %v, wish %+v, except %d\nvisits %+v\ncalendar %+v\nsetup %+v", w.setup.Tenant.Timezone, w.date, w.by, w.now, w.wish, w.except, w.visits, *w.calendar, *w.setup)
}
