package i18n

import (
	"fmt"
	"time"
)

// words are the names and formats by which one language writes dates.
type words struct {
	weekdays      [7]string // Sunday first, as in time.Weekday
	shortWeekdays [7]string
	months        [12]string
	shortMonths   [12]string
	date          func(w *words, t time.Time) string
	shortDate     func(w *words, t time.Time) string
	afterTime     string // follows the time of day
}

// dateWords are written by hand after CLDR: German as in Germany, English as
// in Europe (day before month, 24 hours). German short weekdays stand alone,
// so without a full stop.
var dateWords = map[string]*words{
	"de": {
		weekdays:      [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		shortWeekdays: [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni",
			"Juli", "August", "September", "Oktober", "November", "Dezember"},
		date: func(w *words, t time.Time) string {
			return fmt.Sprintf("%s, %d. %s %d", w.weekdays[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
		},
		shortDate: func(w *words, t time.Time) string {
			return w.shortWeekdays[t.Weekday()] + ", " + t.Format("02.01.2006")
		},
		afterTime: " Uhr",
	},
	"en": {
		weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		shortWeekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months: [12]string{"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		date: func(w *words, t time.Time) string {
			return fmt.Sprintf("%s, %d %s %d", w.weekdays[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
		},
		// Not 06/07/2026: half the readers would take it for June.
		shortDate: func(w *words, t time.Time) string {
			return fmt.Sprintf("%s, %d %s %d", w.shortWeekdays[t.Weekday()], t.Day(), w.shortMonths[t.Month()-1], t.Year())
		},
	},
}

// All functions below show t in the zone it carries: whoever calls them has
// put it into the office's zone.

// Date is the long form: "Montag, 6. Juli 2026", "Monday, 6 July 2026".
func (p *Printer) Date(t time.Time) string { return p.dates.date(p.dates, t) }

// ShortDate is for lists: "Mo, 06.07.2026", "Mon, 6 Jul 2026".
func (p *Printer) ShortDate(t time.Time) string { return p.dates.shortDate(p.dates, t) }

// Time is the time of day: "08:30 Uhr", "08:30".
func (p *Printer) Time(t time.Time) string { return t.Format("15:04") + p.dates.afterTime }

// TimeSpan is a stretch within a day: "08:30–08:50 Uhr", "08:30–08:50".
func (p *Printer) TimeSpan(from, to time.Time) string {
	return from.Format("15:04") + "–" + p.Time(to)
}

// DateTime is Date and Time: "Montag, 6. Juli 2026, 08:30 Uhr".
func (p *Printer) DateTime(t time.Time) string { return p.Date(t) + ", " + p.Time(t) }

// Weekday is the full name of a weekday.
func (p *Printer) Weekday(d time.Weekday) string { return p.dates.weekdays[d] }

// ShortWeekday is the name of a weekday for the head of a column: "Mo", "Mon".
func (p *Printer) ShortWeekday(d time.Weekday) string { return p.dates.shortWeekdays[d] }

// Month is the full name of a month.
func (p *Printer) Month(m time.Month) string { return p.dates.months[m-1] }
