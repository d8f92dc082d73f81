package grid

import (
	"net/http"
	"net/url"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/staff/office"
)

// farthest is how many days the next free time is looked for.
const farthest = 91

// nextFree leads to the first time that is free in the view's calendars: on its day
// after now, or on a later one.
func (p *Part) nextFree(w http.ResponseWriter, q *office.Request) error {
	v, err := p.view(q, q.URL.Query())
	if err != nil {
		return err
	}
	first := max(agenda.DateOf(q.Now), v.date)
	for from := first; from <= first+farthest; from += 7 {
		span, err := p.Desk.Span(q.Context(), q.Person, v.calendars, from, from+6)
		if err != nil {
			return err
		}
		for date := from; date <= from+6; date++ {
			var columns []*column
			for _, c := range v.calendars {
				columns = append(columns, newColumn(span, c, date))
			}
			if at, calendar := firstFree(columns, span.Now); calendar != nil {
				v.date = date
				http.Redirect(w, q.Request, v.at(func(x url.Values) { x.Set("mark", markOf(calendar.ID, at)) })+"#free", http.StatusSeeOther)
				return nil
			}
		}
	}
	http.Redirect(w, q.Request, v.at(func(x url.Values) { x.Set("done", "none") }), http.StatusSeeOther)
	return nil
}

// firstFree is the first start with a free seat in any column; nil: there is none.
func firstFree(columns []*column, now time.Time) (at time.Time, calendar *agenda.Calendar) {
	t := layOut(columns, now)
	for r := range t.rows {
		for _, c := range columns {
			for lane := range c.lanes {
				if x := &c.lanes[lane][r]; x.kind == free && x.rows > 0 && x.block == nil {
					return c.instant(x.minute), c.calendar
				}
			}
		}
	}
	return at, nil
}
