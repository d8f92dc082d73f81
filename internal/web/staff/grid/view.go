package grid

import (
	"net/url"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// view is what of the book is looked at: everything that an address of this part says.
type view struct {
	calendars []*agenda.Calendar
	site      string // whose calendars they are; "": they were chosen one by one
	week      bool
	date      agenda.Date
	carry     string // a visit that is to be put somewhere else; "": none
	mark      string // a free start that was looked for: its time and its calendar
}

// mostSideBySide bounds what one page shows when somebody chooses calendars by hand.
const mostSideBySide = 40

// view reads an address. Unless it says otherwise that is today in the person's first
// calendar. What a person may not see is agenda.ErrNotFound.
func (p *Part) view(q *office.Request, values url.Values) (*view, error) {
	v := &view{site: values.Get("site"), week: values.Get("view") == "week", date: q.Date(values.Get("date")), carry: values.Get("carry"), mark: values.Get("mark")}
	mine := q.Calendars(agenda.SeeBookings)
	wanted := values["calendar"]
	switch {
	case v.site != "":
		for _, c := range mine {
			if c.Site == v.site {
				v.calendars = append(v.calendars, c)
			}
		}
	case len(wanted) > 0:
		for _, c := range mine { // in the tenant's order, each once
			if slices.Contains(wanted, c.ID) && len(v.calendars) < mostSideBySide {
				v.calendars = append(v.calendars, c)
			}
		}
		for _, id := range wanted {
			if !slices.ContainsFunc(mine, func(c *agenda.Calendar) bool { return c.ID == id }) {
				return nil, agenda.ErrNotFound
			}
		}
	case len(mine) > 0:
		v.calendars = mine[:1]
	default:
		return nil, &page.Error{Status: 404, Detail: "staff.error.noCalendar", Err: agenda.ErrNotFound}
	}
	if len(v.calendars) == 0 {
		return nil, agenda.ErrNotFound
	}
	return v, nil
}

// query is the view as an address says it, without what is only for a moment.
func (v *view) query() url.Values {
	values := url.Values{"date": {v.date.String()}}
	if v.week {
		values.Set("view", "week")
	}
	if v.site != "" {
		values.Set("site", v.site)
		return values
	}
	for _, c := range v.calendars {
		values.Add("calendar", c.ID)
	}
	return values
}

// at is the address of the same view with something else about it.
func (v *view) at(change func(url.Values)) string {
	values := v.query()
	if v.carry != "" {
		values.Set("carry", v.carry)
	}
	change(values)
	return "/staff/calendar?" + values.Encode()
}

func (v *view) on(date agenda.Date) string {
	return v.at(func(values url.Values) { values.Set("date", date.String()) })
}

// days are the first and the last day of the view.
func (v *view) days() (from, to agenda.Date) {
	if v.week {
		return v.date.Monday(), v.date.Monday() + 6
	}
	return v.date, v.date
}

// turn is how many days it is to the page before and the next.
func (v *view) turn() agenda.Date {
	if v.week {
		return 7
	}
	return 1
}

// markOf names a free start within an address.
func markOf(calendar string, at time.Time) string {
	return at.UTC().Format(time.RFC3339) + " " + calendar
}
