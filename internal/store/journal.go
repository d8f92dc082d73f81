package store

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// JournalQuery says which entries are wanted. Nothing else is done with the journal than
// to add to it, to read it, and to forget it (Log, Journal, ForgetJournal).
type JournalQuery struct {
	Tenant    string
	From, To  time.Time // [From, To)
	Before    string    // only entries older than the one with this id; "": from the newest on
	Actor     string    // "": of all
	Act       string
	Subject   string
	Calendars []string // only about bookings in these that are still in the book; nil: everything
	Limit     int
}

// where is the query's condition.
func (q *JournalQuery) where() (text string, args []any) {
	var b strings.Builder
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	end := journalID(q.To)
	if q.Before != "" {
		end = min(end, q.Before)
	}
	b.WriteString("j.tenant = " + arg(q.Tenant) + " AND j.id >= " + arg(journalID(q.From)) + " AND j.id < " + arg(end))
	for _, x := range []struct{ column, value string }{{"actor", q.Actor}, {"act", q.Act}, {"subject", q.Subject}} {
		if x.value != "" {
			b.WriteString(" AND j." + x.column + " = " + arg(x.value))
		}
	}
	if q.Calendars != nil {
		b.WriteString(" AND EXISTS (SELECT 1 FROM booking b WHERE b.tenant = j.tenant AND b.id = j.subject AND b.calendar IN (''")
		for _, c := range q.Calendars {
			b.WriteString(", " + arg(c))
		}
		b.WriteString("))")
	}
	b.WriteString(" ORDER BY j.id DESC LIMIT " + arg(q.Limit))
	return b.String(), args
}

// JournalPage lists entries, the newest first.
func (tx *Tx) JournalPage(q JournalQuery) (list []Entry, err error) {
	where, args := q.where()
	err = tx.rows("SELECT j.tenant, j.id, j.at, j.act, j.subject, j.actor, j.detail FROM journal j WHERE "+where, args, func(r row) error {
		var e Entry
		err := r.Scan(&e.Tenant, &e.ID, at{&e.At}, &e.Act, &e.Subject, &e.Actor, &e.Detail)
		list = append(list, e)
		return err
	})
	return list, err
}

// BookingsNamed finds bookings by id, those that are still there.
func (tx *Tx) BookingsNamed(tenant string, ids []string) (list []Named, err error) {
	for some := range slices.Chunk(ids, 100) {
		args, in := []any{tenant}, ""
		for _, id := range some {
			args = append(args, id)
			in += ", $" + strconv.Itoa(len(args))
		}
		err = tx.rows("SELECT id, reference, calendar FROM booking WHERE tenant = $1 AND id IN (''"+in+")", args, func(r row) error {
			var n Named
			err := r.Scan(&n.ID, &n.Reference, &n.Calendar)
			list = append(list, n)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Named is what a booking is called.
type Named struct{ ID, Reference, Calendar string }
