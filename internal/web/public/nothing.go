package public

import (
	"cmp"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// nothing says why there is no time, until when was looked, and what to do now.
func (f *finder) nothing(data *timesPage) error {
	whole, err := f.whole()
	if err != nil {
		return err
	}
	free := earliest(whole, f.isHere)
	if free.IsZero() {
		free = whole.NextFree
	}
	n := page.Notice{Kind: "warning"}
	if free.IsZero() {
		err = f.nothingAtAll(data, &n, whole)
	} else {
		f.nothingHere(&n, whole, free)
	}
	data.Action, data.Nothing, data.WalkIns = "", &n, f.withoutAppointment()
	if free.IsZero() || !data.Narrow && data.Month == nil && f.view.From == 0 {
		data.Filters, data.ByMonth = nil, "" // there is nothing to look for elsewhere
	}
	if data.Call = f.setup.Tenant.Phone; len(whole.Calendars) > 0 {
		data.Call = f.phone(whole.Calendars[0])
	}
	return err
}

// earliest is the first time of a search that is not hidden; zero: none.
func earliest(whole booking.Found, hidden func(agenda.Slot) bool) time.Time {
	for _, d := range whole.Days {
		if i := slices.IndexFunc(d.Slots, func(s agenda.Slot) bool { return !hidden(s) }); i >= 0 {
			return d.Slots[i].Start
		}
	}
	return time.Time{}
}

// nothingAtAll: no choice of days would help, so other places and other ways are offered.
func (f *finder) nothingAtAll(data *timesPage, n *page.Notice, whole booking.Found) (err error) {
	p := f.frame.Printer()
	n.Title = f.t("public.nothing.title")
	n.Text = f.t("public.nothing."+cmp.Or(whole.Why, booking.WhyFull), "date", p.Date(whole.Horizon.Noon()))
	if !whole.NextRelease.IsZero() {
		n.Items = append(n.Items, f.t("public.nothing.release", "when", p.DateTime(f.local(whole.NextRelease))))
	}
	if f.here.Calendar != "" {
		return nil // a visit to be moved stays what it is
	}
	if data.Elsewhere, err = f.elsewhere(); err != nil {
		return err
	}
	data.Abroad = slices.ContainsFunc(data.Elsewhere, func(o other) bool { return o.Of != nil })
	data.Otherwise, err = f.otherwise()
	return err
}

// nothingHere: there are times, the first of them at free, only not on this day or of this
// kind.
func (f *finder) nothingHere(n *page.Notice, whole booking.Found, free time.Time) {
	p := f.frame.Printer()
	to := func(key string, w view) {
		n.Links = append(n.Links, page.Button{Kind: "secondary", Label: f.t(key), Href: f.address(w)})
	}
	next := view{Site: f.view.Site, Weekday: f.view.Weekday, Part: f.view.Part}
	if same := earliest(whole, f.hides); !same.IsZero() {
		free = same
	} else {
		next.Weekday, next.Part = "", ""
	}
	next.From = agenda.DateOf(f.local(free))
	switch {
	case f.view.Day != 0:
		n.Title = f.t("public.nothing.day", "day", p.Date(f.view.Day.Noon()))
	case f.view.filtered():
		n.Title, n.Text = f.t("public.nothing.filtered"), f.t("public.nothing.until", "date", p.Date(whole.Horizon.Noon()))
		to("public.nothing.unfilter", view{Site: f.view.Site})
	default:
		n.Title, n.Text = f.t("public.hold.late"), f.t("public.nothing.until", "date", p.Date(whole.Horizon.Noon()))
	}
	n.Items = append(n.Items, f.t("public.nothing.nextFree", "when", p.DateTime(f.local(free))))
	if f.view.Day != 0 || !f.view.filtered() {
		to("public.nothing.show", next)
	}
	if f.view.Site != "" {
		to("public.nothing.sites", view{Weekday: f.view.Weekday, Part: f.view.Part})
	}
}
