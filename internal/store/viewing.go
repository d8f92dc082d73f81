package store

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Viewing is a look of somebody of the staff at the data of a visitor, or of the visitors
// of some days in a calendar.
type Viewing struct {
	Tenant   string
	ID       string // in the order of time; AddViewing makes it
	At       time.Time
	Person   string // who of the staff, a token, or feed/ and a feed's id
	Way      string // a word of booking's
	Booking  string // its id; "": a list
	Calendar string
	From, To agenda.Date // local days, both included; of a feed 0: all
	Visits   int         // in the list
}

const viewingColumns = "v.tenant, v.id, v.at, v.person, v.way, v.booking, v.calendar, v.from_date, v.to_date, v.visits"

// AddViewing writes a look down, under an id of its own.
func (tx *Tx) AddViewing(v Viewing) error {
	nanos := strconv.FormatInt(time.Now().UnixNano(), 16)
	id := journalID(v.At) + strings.Repeat("0", 16-len(nanos)) + nanos + rand.Text()[:8]
	return tx.later(1, agenda.ErrConflict, `INSERT INTO viewing (tenant, id, at, person, way, booking, calendar, from_date, to_date, visits)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		v.Tenant, id, stamp(v.At), v.Person, v.Way, v.Booking, v.Calendar, int64(v.From), int64(v.To), v.Visits)
}

// ViewingQuery says which looks are wanted.
type ViewingQuery struct {
	Tenant    string
	From, To  time.Time   // of the look: [From, To)
	Before    string      // only looks older than the one with this id; "": from the newest on
	Person    string      // "": of all
	Day       agenda.Date // that was looked at; 0: any
	Calendars []string    // only at visits in these; nil: all
	Limit     int
}

// Viewings lists looks, the newest first.
func (tx *Tx) Viewings(q ViewingQuery) ([]Viewing, error) {
	x := q.conditions()
	if q.Calendars != nil {
		x.text += " AND v.calendar IN (''"
		for _, c := range q.Calendars {
			x.text += ", " + x.arg(c)
		}
		x.text += ")"
	}
	return tx.viewings(x, q.Limit)
}

// ViewingsOf lists the looks at one visit, the newest first: those at itself, and at lists
// of the days and calendars where it stands or stood.
func (tx *Tx) ViewingsOf(q ViewingQuery, booking string, places []Place) (list []Viewing, err error) {
	x := q.conditions()
	x.text += " AND v.booking = " + x.arg(booking) + " AND v.booking <> ''"
	if list, err = tx.viewings(x, q.Limit); err != nil {
		return nil, err
	}
	for _, p := range places {
		x := q.conditions()
		x.text += " AND v.booking = '' AND v.calendar = " + x.arg(p.Calendar) + " AND (v.to_date = 0 OR v.from_date <= " + x.arg(int64(p.Date)) + " AND v.to_date >= " + x.arg(int64(p.Date)) + ")"
		some, err := tx.viewings(x, q.Limit)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	slices.SortFunc(list, func(a, b Viewing) int { return strings.Compare(b.ID, a.ID) })
	list = slices.CompactFunc(list, func(a, b Viewing) bool { return a.ID == b.ID })
	return list[:min(len(list), q.Limit)], nil
}

// Place is where a visit stands in the book.
type Place struct {
	Calendar string
	Date     agenda.Date
}

// condition is a query's text and its arguments.
type condition struct {
	text string
	args []any
}

func (c *condition) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (q *ViewingQuery) conditions() (x condition) {
	end := journalID(q.To)
	if q.Before != "" {
		end = min(end, q.Before)
	}
	x.text = "v.tenant = " + x.arg(q.Tenant) + " AND v.id >= " + x.arg(journalID(q.From)) + " AND v.id < " + x.arg(end)
	if q.Person != "" {
		x.text += " AND v.person = " + x.arg(q.Person)
	}
	if q.Day != 0 {
		x.text += " AND v.from_date <= " + x.arg(int64(q.Day)) + " AND v.to_date >= " + x.arg(int64(q.Day))
	}
	return x
}

func (tx *Tx) viewings(x condition, limit int) (list []Viewing, err error) {
	x.text += " ORDER BY v.id DESC LIMIT " + x.arg(limit)
	err = tx.rows("SELECT "+viewingColumns+" FROM viewing v WHERE "+x.text, x.args, func(r row) error {
		var v Viewing
		err := r.Scan(&v.Tenant, &v.ID, at{&v.At}, &v.Person, &v.Way, &v.Booking, &v.Calendar, &v.From, &v.To, &v.Visits)
		list = append(list, v)
		return err
	})
	return list, err
}

// ForgetViewings deletes a tenant's looks from before a time.
func (tx *Tx) ForgetViewings(tenant string, before time.Time) error {
	_, err := tx.exec("DELETE FROM viewing WHERE tenant = $1 AND id < $2", tenant, journalID(before))
	return err
}
