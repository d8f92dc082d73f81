package public

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// finder looks for times: for a new visit, or for one that is to be moved.
type finder struct {
	*call
	wish agenda.Wish
	own  *agenda.Booking // whose seats count as free: what is kept, or to be moved
	here place           // where the visit is that is to be moved: no time to choose
	path string          // of the page that shows the times
	keep url.Values      // what each of its addresses carries
	view view
	now  time.Time

	asker string // see booking.Search
	// pick makes a time something to press: a button of the form or a link.
	pick func(agenda.Slot) page.Slot
}

// view says which times are looked at. All of it stands in the address.
type view struct {
	Site    string
	Weekday string      // mo ... su; "": every
	Part    string      // am, pm, late; "": all day
	From    agenda.Date // the list begins here; zero: today
	Day     agenda.Date // only this day
	Month   agenda.Date // its first day: a month is shown; zero: a list
}

// readView takes what it can read and leaves out the rest.
func readView(v url.Values, today agenda.Date) (w view) {
	w.Site = v.Get("site")
	if _, ok := agenda.ParseWeekday(v.Get("weekday")); ok {
		w.Weekday = v.Get("weekday")
	}
	if p := v.Get("part"); p == "am" || p == "pm" || p == "late" {
		w.Part = p
	}
	w.Day, _ = agenda.ParseDate(v.Get("day"))
	if w.From = typedDate(v.Get("from")); w.From <= today {
		w.From = 0
	}
	if v.Get("view") == "month" {
		y, m, _ := today.Civil()
		if d, err := agenda.ParseDate(v.Get("month") + "-01"); err == nil {
			y, m, _ = d.Civil()
		}
		w.Month = agenda.MakeDate(y, m, 1)
	}
	return w
}

// typedDate reads a date as browsers send it, or as people write it where the browser has
// no field for dates; zero where it is none.
func typedDate(s string) agenda.Date {
	if t, err := time.Parse("2.1.2006", strings.ReplaceAll(s, " ", "")); err == nil {
		return agenda.DateOf(t)
	}
	d, _ := agenda.ParseDate(s)
	return d
}

func (w view) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("site", w.Site)
	set("weekday", w.Weekday)
	set("part", w.Part)
	set("from", w.From.String())
	set("day", w.Day.String())
	if w.Month != 0 {
		y, m, _ := w.Month.Civil()
		v.Set("view", "month")
		v.Set("month", fmt.Sprintf("%04d-%02d", y, int(m)))
	}
	return v
}

// filtered reports whether some free times are hidden.
func (w view) filtered() bool { return w.Weekday != "" || w.Part != "" }

// suggests reports whether the earliest time at each site comes first.
func (w view) suggests() bool { return w.Day == 0 && w.Month == 0 && w.From == 0 && !w.filtered() }

// address of the same page with another view.
func (f *finder) address(w view) string {
	v := w.values()
	for name, values := range f.keep {
		v[name] = values
	}
	return link(f.path, v)
}

func (f *finder) today() agenda.Date { return agenda.DateOf(f.now) }

func (f *finder) search(from, to agenda.Date) booking.Search {
	q := booking.Search{Tenant: f.setup.Tenant.ID, Wish: f.wish, From: from, To: to, By: agenda.Public, Own: f.own, Link: f.invitation, Asker: f.asker}
	if f.own == nil {
		q.At = f.at
	}
	if f.view.Site != "" {
		q.Sites = []string{f.view.Site}
	}
	return q
}

// How much a list shows at once, and how many days are searched at a time.
const (
	daysShown  = 5
	slotsShown = 8
	stride     = 14
)

// between looks at every day of a period.
func (f *finder) between(from, to agenda.Date) (seen, error) {
	q := f.search(from, to)
	q.Brief = true
	found, err := f.Desk.Times(f.r.Context(), q)
	if err != nil {
		return seen{}, err
	}
	s := seen{horizon: found.Horizon, times: []*booking.Times{found}}
	for date, times := range found.Days() {
		s.days = append(s.days, booking.DaySlots{Date: date, Slots: f.choose(times, len(times))})
	}
	return s, nil
}

// list collects the next days with free times from a date on. Where several sites
// would mix, it has all times of a day, to be counted; else as many as are shown and
// one more.
func (f *finder) list(from agenda.Date) (s seen, err error) {
	for {
		q := f.search(from, from+stride-1)
		q.Brief = true
		found, err := f.Desk.Times(f.r.Context(), q)
		if err != nil {
			return s, err
		}
		s.times = append(s.times, found)
		s.several = f.view.Site == "" && severalSites(found.Calendars)
		for date, times := range found.Days() {
			most := slotsShown + 1
			if s.several {
				most = len(times)
			}
			slots := f.choose(times, most)
			if len(slots) == 0 {
				continue
			}
			if len(s.days) == daysShown {
				s.more = date
				return s, nil
			}
			s.days = append(s.days, booking.DaySlots{Date: date, Slots: slots})
		}
		if from += stride; from > found.Horizon {
			return s, nil
		}
	}
}

func severalSites(list []*agenda.Calendar) bool {
	return slices.ContainsFunc(list, func(c *agenda.Calendar) bool { return c.Site != list[0].Site })
}

// whole is the answer to a search over all that can be searched at once, and what
// comes after it.
func (f *finder) whole() (booking.Found, error) {
	return f.Desk.Availability(f.r.Context(), f.search(f.today(), f.today()+booking.MaxDays-1))
}

// choose leaves out what is filtered out of a day's times, which are in order; of
// several calendars at one site that are free at the same time it keeps the one with
// the most seats. It ends after so many.
func (f *finder) choose(times []booking.Time, most int) (list []agenda.Slot) {
	now := 0 // where the slots of one start begin
	for i := range times {
		t := &times[i]
		if i > 0 && t.Unix != times[i-1].Unix {
			now = len(list)
		}
		if now >= most {
			return list[:most]
		}
		site := t.Calendar().Site
		same := slices.IndexFunc(list[now:], func(s agenda.Slot) bool { return s.Site == site })
		if same >= 0 && list[now+same].Free >= t.Free {
			continue
		}
		slot := t.Slot()
		switch {
		case f.hides(slot):
		case same >= 0:
			list[now+same] = slot
		default:
			list = append(list, slot)
		}
	}
	return list
}

// isHere reports that the visit to be moved is at a time already.
func (f *finder) isHere(s agenda.Slot) bool {
	return s.Calendar == f.here.Calendar && s.Start.Equal(f.here.Start)
}

func (f *finder) hides(s agenda.Slot) bool {
	if f.isHere(s) {
		return true
	}
	local := f.local(s.Start)
	if wd, ok := agenda.ParseWeekday(f.view.Weekday); ok && local.Weekday() != wd {
		return true
	}
	switch hour := local.Hour(); f.view.Part {
	case "am":
		return hour >= 12
	case "pm":
		return hour < 12
	case "late":
		return hour < afterWork
	}
	return false
}

// sites are the places where the wish can be served, in the tenant's order.
func (f *finder) sites() (list []*agenda.Site) {
	serving := map[string]bool{}
	for _, cal := range f.setup.Offering(f.wish.Items[0].Service) {
		if !serving[cal.Site] && f.link.Admits(cal.ID) {
			_, serving[cal.Site] = f.setup.Plan(cal, f.wish, agenda.Public)
		}
	}
	for i := range f.setup.Sites {
		if site := &f.setup.Sites[i]; site.Public && serving[site.ID] {
			list = append(list, site)
		}
	}
	return list
}

// servedAt reports whether the wish can be served at a site; "" names none.
func (f *finder) servedAt(id string) bool {
	site, ok := f.setup.Site(id)
	return ok && site.Public && slices.ContainsFunc(f.setup.OfferingAt(f.wish.Items[0].Service, id), func(cal *agenda.Calendar) bool {
		_, ok := f.setup.Plan(cal, f.wish, agenda.Public)
		return ok && f.link.Admits(cal.ID)
	})
}

// slotDay makes a day's times pressable, up to most of them.
func (f *finder) slotDay(d booking.DaySlots, most int) page.SlotDay {
	day := page.SlotDay{Date: d.Date}
	for _, s := range d.Slots[:min(most, len(d.Slots))] {
		p := f.pick(s)
		p.Start = f.local(s.Start)
		day.Times = append(day.Times, p)
	}
	return day
}
