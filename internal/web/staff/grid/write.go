package grid

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// pen writes tables by appending: there can be thousands of cells on a page, and a
// template would cost more than finding out what is in them. Whatever was typed by
// anybody goes through text.
type pen struct {
	parts   [][]byte // what is finished
	out     []byte
	f       page.Frame
	q       *office.Request
	v       *view
	now     time.Time
	names   map[*agenda.Calendar]string
	fits    map[string]bool // where the visit that is carried could be put; nil: none is carried
	about   string          // a booking that something was just done to
	states  map[string][]byte
	offers  map[string][]byte // services by id, as HTML
	several bool              // calendars on the page

	freeWord, busyWord, overWord, strandedWord, notedWord, shutWord, hereWord []byte
	freeMany                                                                  [40][]byte
}

func newPen(f page.Frame, q *office.Request, v *view, now time.Time) *pen {
	w := &pen{f: f, q: q, v: v, now: now, names: map[*agenda.Calendar]string{}, states: map[string][]byte{}, offers: map[string][]byte{}, several: len(v.calendars) > 1}
	word := func(key string) []byte { return escape(nil, f.T(key)) }
	w.freeWord, w.busyWord, w.overWord, w.strandedWord = word("staff.grid.free"), word("staff.busy"), word("staff.over"), word("staff.stranded")
	w.notedWord, w.shutWord, w.hereWord = word("staff.grid.noted"), word("staff.grid.closed"), word("staff.grid.here")
	for n := range w.freeMany {
		w.freeMany[n] = escape(nil, f.T("staff.grid.freeMany", "n", n))
	}
	return w
}

// escape appends a text so that it is text within HTML and within quoted attributes.
func escape(out []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, "&<>\"'\x00")
		if i < 0 {
			return append(out, s...)
		}
		out = append(out, s[:i]...)
		switch s[i] {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		case '"':
			out = append(out, "&#34;"...)
		case '\'':
			out = append(out, "&#39;"...)
		default:
			out = append(out, "\uFFFD"...)
		}
		s = s[i+1:]
	}
}

func (w *pen) html(parts ...string) {
	for _, s := range parts {
		w.out = append(w.out, s...)
	}
}

func (w *pen) text(s string) { w.out = escape(w.out, s) }

func (w *pen) clock(m agenda.Minute) {
	h, m := m/60, m%60
	w.out = append(w.out, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10))
}

// attr writes an attribute with a number, where that is not 1.
func (w *pen) attr(name string, n int) {
	if n != 1 {
		w.html(" ", name, `="`)
		w.out = append(strconv.AppendInt(w.out, int64(n), 10), '"')
	}
}

// table writes one table. Its columns are named by title.
func (w *pen) table(t *table, caption string, title func(*column) string) {
	w.html(`<div class="cal-scroll" role="region" tabindex="0" aria-label="`)
	w.text(caption)
	w.html(`"><div class="cal-clip"><table class="cal`, t.density(), `"><caption class="kern-sr-only">`)
	w.text(caption)
	w.html(`</caption><thead>`)
	w.head(t, title)
	w.html("</thead><tbody>")
	now, today := agenda.Minute(-1), agenda.DateOf(w.now)
	for _, c := range t.columns {
		if c.date == today {
			now = c.wall(w.now)
		}
	}
	tails := make([][]byte, len(t.columns))
	for i, c := range t.columns {
		tails[i] = w.booked(c)
	}
	for r := range t.rows {
		m := t.at(r)
		w.html("<tr", mark(m), `><th scope="row"><span>`)
		w.clock(m)
		w.html("</span>")
		if now >= m && now < m+t.step {
			w.html(`<span class="cal-now" id="now">`)
			w.text(w.f.T("staff.grid.now", "time", w.now.Format("15:04")))
			w.html("</span>")
		}
		w.html("</th>")
		for i, c := range t.columns {
			for lane := range c.lanes {
				if x := &c.lanes[lane][r]; x.rows > 0 {
					w.cell(c, x, tails[i])
				}
			}
		}
		w.html("</tr>\n")
	}
	w.html("</tbody></table></div></div>\n")
}

// mark is the class of a row whose clock is written out where rows are low.
func mark(m agenda.Minute) string {
	switch {
	case m%60 == 0:
		return ` class="hour"`
	case m%30 == 0:
		return ` class="half"`
	}
	return ""
}

func (w *pen) head(t *table, title func(*column) string) {
	seats := false // each lane is a seat, and has a name
	for _, c := range t.columns {
		seats = seats || len(c.lanes) > 1 && !t.few
	}
	w.html("<tr><th scope=\"col\"")
	if seats {
		w.html(` rowspan="2"`)
	}
	w.html(">")
	w.text(w.f.T("common.time"))
	w.html("</th>")
	for _, c := range t.columns {
		if len(c.lanes) > 1 {
			w.html(`<th scope="colgroup"`)
		} else {
			w.html(`<th scope="col"`)
		}
		w.attr("colspan", len(c.lanes))
		if c.date == agenda.DateOf(w.now) {
			w.html(` class="today"`)
		}
		w.html(">")
		w.text(title(c))
		w.html("</th>")
	}
	w.html("</tr>")
	if !seats {
		return
	}
	w.html("<tr>")
	for _, c := range t.columns {
		for lane := range c.lanes {
			w.html(`<th scope="col" class="seat">`)
			w.text(w.f.T("staff.grid.seat", "n", lane+1))
			w.html("</th>")
		}
	}
	w.html("</tr>")
}

// booked is how addresses begin that book in a column; nil: the person may not.
func (w *pen) booked(c *column) []byte {
	if !w.q.Person.MayIn(agenda.ActOnBookings, c.calendar) {
		return nil
	}
	return escape([]byte(`<a href="/staff/new?`), url.Values{"calendar": {c.calendar.ID}, "date": {c.date.String()}, "on": {c.date.String()}}.Encode()+"&time=")
}

func (w *pen) cell(c *column, x *cell, book []byte) {
	if x.block != nil {
		w.visit(c, x)
		return
	}
	w.html("<td")
	w.attr("rowspan", x.rows)
	w.attr("colspan", x.lanes)
	switch x.kind {
	case free:
		w.free(c, x, book)
	case rest:
		w.html(` class="cal-rest">`)
	case past:
		w.html(` class="cal-past">`)
	default:
		w.html(` class="cal-closed">`)
		if x.reason != "" {
			w.text(x.reason)
		} else if x.lanes == len(c.lanes) {
			w.html(`<span class="kern-sr-only">`, string(w.shutWord), "</span>")
		}
	}
	w.html("</td>")
}

// free writes a start that could be booked: a link that books it, or the place where
// the visit goes that is carried.
func (w *pen) free(c *column, x *cell, book []byte) {
	w.html(` class="cal-free"`)
	if w.v.mark != "" && w.v.mark == markOf(c.calendar.ID, c.instant(x.minute)) {
		w.html(` id="free"`)
	}
	w.html(">")
	words := w.freeWord
	if x.free > 1 && x.free < len(w.freeMany) {
		words = w.freeMany[x.free]
	}
	switch {
	case w.fits != nil:
		to := markOf(c.calendar.ID, c.instant(x.minute))
		if !w.fits[to] {
			w.out = append(w.out, words...)
			return
		}
		w.html(`<button name="to" value="`)
		w.text(to)
		w.html(`">`)
		w.clock(x.minute)
		w.html(" ")
		w.out = append(w.out, w.hereWord...)
		w.html("</button>")
	case book == nil:
		w.out = append(w.out, words...)
	default:
		w.out = append(w.out, book...)
		w.out = append(w.out, byte('0'+x.minute/600), byte('0'+x.minute/60%10), '%', '3', 'A', byte('0'+x.minute%60/10), byte('0'+x.minute%10))
		w.html(`"><span class="kern-sr-only">`)
		w.clock(x.minute)
		w.html(" </span>")
		w.out = append(w.out, words...)
		w.html("</a>")
	}
}

// visit writes what takes a seat.
func (w *pen) visit(c *column, x *cell) {
	b := x.block
	w.html("<td")
	w.attr("rowspan", x.rows)
	w.html(` class="cal-visit s-`, w.state(b), `"`)
	if b.ID != "" {
		if b.ID == w.about || b.ID == w.v.carry {
			w.html(` id="about"`)
		}
		if w.movable(b) {
			w.html(` data-visit="`)
			w.text(b.ID)
			w.html(`"`)
		}
	}
	w.html("><div>")
	if b.ID == "" {
		w.html(`<span class="cal-name"><b>`)
		w.clock(x.minute)
		w.html("</b></span> ")
	} else {
		w.html(`<a class="cal-name" href="/staff/bookings/`)
		w.text(b.ID)
		w.html(`"><b>`)
		w.clock(x.minute)
		w.html("</b> ")
		if b.Name == "" {
			w.text(w.f.T("staff.nameless"))
		} else {
			w.text(b.Name)
		}
		w.html("</a> ")
		w.services(b)
	}
	w.badge(b)
	w.flag(b.Overbooked, w.overWord)
	w.flag(b.Stranded, w.strandedWord)
	w.flag(b.Noted, w.notedWord)
	if b.Calendar.ID != c.calendar.ID {
		w.html(` <span class="cal-more">`)
		w.text(w.calendarName(b.Calendar))
		w.html("</span>")
	}
	w.html("</div></td>")
}

func (w *pen) flag(is bool, words []byte) {
	if is {
		w.html(` <span class="cal-flag">`)
		w.out = append(w.out, words...)
		w.html("</span>")
	}
}

// state is a visit's state as a class.
func (w *pen) state(b *booking.Block) string {
	if b.Busy {
		return "busy"
	}
	return string(b.Status)
}

// movable reports whether the person could move the visit.
func (w *pen) movable(b *booking.Block) bool {
	return (b.Status == agenda.Pending || b.Status == agenda.Confirmed || b.Status == agenda.NoShow) && w.q.Person.MayIn(agenda.ActOnBookings, b.Calendar)
}

// badge writes a visit's state, in form and words.
func (w *pen) badge(b *booking.Block) {
	key := w.state(b) + b.Awaits
	text, ok := w.states[key]
	if !ok {
		badge := page.Badge{Label: w.f.T("staff.busy"), Icon: "visibility-off"}
		if !b.Busy {
			badge = office.Badge(w.f, &agenda.Booking{Status: b.Status, Awaits: b.Awaits})
		}
		text = append(text, `<span class="cal-state"><span class="kern-icon kern-icon--`+badge.IconName()+`" aria-hidden="true"></span>`...)
		text = append(escape(text, badge.Label), "</span>"...)
		w.states[key] = text
	}
	w.out = append(w.out, text...)
}

func (w *pen) services(b *booking.Block) {
	w.html(`<span class="cal-what">`)
	for i, it := range b.Items {
		if i > 0 {
			w.html(" + ")
		}
		if it.Quantity > 1 {
			w.out = append(strconv.AppendInt(w.out, int64(it.Quantity), 10), " × "...)
		}
		text, ok := w.offers[it.Service]
		if !ok {
			text = w.offer(it.Service)
			w.offers[it.Service] = text
		}
		w.out = append(w.out, text...)
	}
	w.html("</span> ")
}

// offer is a service by its name, marked where that is in another language.
func (w *pen) offer(id string) []byte {
	svc, ok := w.q.Setup.ServiceOf(id)
	if !ok {
		return escape(nil, id)
	}
	name, in := svc.Name.In(w.f.Lang, "de")
	if in == "" || in == w.f.Lang {
		return escape(nil, name)
	}
	text := escape([]byte(`<span lang="`), in)
	return append(escape(append(text, `">`...), name), "</span>"...)
}

func (w *pen) calendarName(c *agenda.Calendar) string {
	name, ok := w.names[c]
	if !ok {
		name = office.CalendarName(w.f, w.q.Setup, c)
		w.names[c] = name
	}
	return name
}

// finish closes the part that is being written.
func (w *pen) finish() {
	if len(w.out) > 0 {
		w.parts, w.out = append(w.parts, w.out), nil
	}
}
