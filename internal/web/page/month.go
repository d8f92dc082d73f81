package page

import (
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
)

// Month is a calendar of one month as a table. Template "month"; NewMonth makes
// it.
type Month struct {
	Title      string
	Weekdays   []Weekday
	Weeks      [][]MonthDay
	Prev, Next string // addresses; "": there is nothing to go to
}

// Weekday heads a column.
type Weekday struct{ Short, Long string }

// MonthDay is one cell. The zero Date is a cell before the first or after the
// last day.
type MonthDay struct {
	Date    agenda.Date
	Day     int
	Href    string // "": the day cannot be chosen
	Free    int    // free times, read out and shown; only with Href
	Note    string // why it cannot be chosen: "full", "closed"
	Today   bool
	Current bool // chosen
}

// NewMonth lays out a month, weeks beginning on Monday. fill completes each
// day, which already has Date and Day.
func NewMonth(p *i18n.Printer, year int, month time.Month, fill func(*MonthDay)) Month {
	m := Month{Title: p.T("layout.month.title", "month", p.Month(month), "year", year)}
	first := agenda.MakeDate(year, month, 1)
	end := agenda.MakeDate(year, month+1, 1)
	for i := range 7 {
		d := first.Monday() + agenda.Date(i)
		m.Weekdays = append(m.Weekdays, Weekday{Short: p.ShortWeekday(d.Weekday()), Long: p.Weekday(d.Weekday())})
	}
	for monday := first.Monday(); monday < end; monday += 7 {
		week := make([]MonthDay, 7)
		for i := range week {
			d := monday + agenda.Date(i)
			if d < first || d >= end {
				continue
			}
			week[i] = MonthDay{Date: d, Day: int(d-first) + 1}
			fill(&week[i])
		}
		m.Weeks = append(m.Weeks, week)
	}
	return m
}
