package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/store"
)

// memory is how many bytes of feeds are kept, at most twice.
const memory = 64 << 20

// accesses is how many bytes of feeds that secrets have opened are kept, at most twice.
const (
	accesses   = 4 << 20
	accessSize = 1 << 10 // about
)

// entrySize is about how many bytes an entry without a visitor's data takes.
const entrySize = 512

// refresh is how often a calendar program should ask again.
const refresh = time.Hour

// A shelf holds what feeds that show the same consist of at present. Whoever finds it out
// of date writes it anew, alone.
type shelf struct {
	writing sync.Mutex
	current atomic.Pointer[bytesOf]
}

// bytesOf is a feed, encoded.
type bytesOf struct {
	plain []byte
	tag   string
	view  *booking.FeedView // of which; nil: it is not kept
	days  map[agenda.Date]page

	zip    sync.Once
	packed []byte
	err    error
}

// page is one day of a feed: where its entries stand in the bytes, and the time they take.
type page struct {
	from, to    int
	first, last time.Time
}

func newBytes(plain []byte) *bytesOf { return &bytesOf{plain: plain, tag: ical.ETag(plain)} }

// zipped is fast rather than small: a feed is packed as often as it changes.
func (b *bytesOf) zipped() ([]byte, error) {
	b.zip.Do(func() {
		var out bytes.Buffer
		z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
		if err == nil {
			_, err = z.Write(b.plain)
		}
		if err == nil {
			err = z.Close()
		}
		b.packed, b.err = out.Bytes(), err
	})
	return b.packed, b.err
}

// current is what a feed consists of now. Equal content gives equal bytes.
func (f *Feeds) current(ctx context.Context, a *opened, p store.Present) (*bytesOf, error) {
	if a.Scope == "visits" {
		return f.visits(ctx, a.FeedAccess)
	}
	s, ok := f.known.Get(a.shows)
	if !ok {
		s = &shelf{}
		f.known.Put(a.shows, s, 0) // of two that do so at once one writes for nobody
	}
	if b := s.current.Load(); b != nil {
		stands, err := f.Desk.FeedStands(ctx, p, b.view)
		if err != nil || stands {
			return b, err
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	before := s.current.Load()
	if before != nil { // somebody else may have written it meanwhile
		p, err := f.Desk.Store.Present(ctx, a.Tenant)
		if err != nil {
			return nil, err
		}
		stands, err := f.Desk.FeedStands(ctx, p, before.view)
		if err != nil || stands {
			return before, err
		}
	}
	b, err := f.write(ctx, a.FeedAccess, before)
	if err != nil {
		return nil, err
	}
	s.current.Store(b)
	f.known.Put(a.shows, s, 2*len(b.plain))
	return b, nil
}

// shows names everything that the bytes of a feed depend on beside the book and the
// set-up: feeds of one name are the same. Of a member of staff that is what they may do.
func shows(a *booking.FeedAccess) string {
	key := fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%d\x00", a.Tenant, a.Scope, a.Detail, a.Name, a.Alarm)
	if a.Person == nil {
		return key + a.Target
	}
	var grants []string
	for _, g := range a.Person.All() {
		grants = append(grants, fmt.Sprintf("%s\x01%s\x01%s", g.Role, g.Department, g.Calendar))
	}
	slices.Sort(grants)
	return key + strings.Join(grants, "\x00")
}

// write encodes what a feed shows, in the tenant's first language, and of what it showed
// before only the days that have changed.
func (f *Feeds) write(ctx context.Context, a *booking.FeedAccess, before *bytesOf) (*bytesOf, error) {
	var was *booking.FeedView
	if before != nil {
		was = before.view
	}
	v, err := f.Desk.ReadFeed(ctx, a, was)
	if err != nil {
		return nil, err
	}
	p := f.Catalogue.Printer(v.Setup.Language(""))
	days, room := map[agenda.Date]page{}, 0
	for d, list := range v.Visits {
		days[d] = newPage(list)
	}
	if !v.Fresh {
		room = len(before.plain) + visits(v)*entrySize
		for d, x := range before.days {
			if !slices.Contains(v.Changed, d) {
				days[d] = x
			}
		}
	}
	w := writing{
		desk: f.Desk, view: v, visits: visits(v),
		entries: &entry.Writer{Printer: p, Detail: entry.Detail(a.Detail), Home: v.Setup.Zone(), Remind: a.Alarm},
		out:     ical.AppendHead(make([]byte, 0, room), ical.FeedInfo{Name: name(a, v.Setup, p), Zone: v.Setup.Zone(), Refresh: refresh}, spans(v, days)),
	}
	for _, d := range slices.Sorted(maps.Keys(days)) {
		x := days[d]
		from := len(w.out)
		if list := v.Visits[d]; len(list) > 0 {
			err = w.day(list)
		} else {
			w.out = append(w.out, before.plain[x.from:x.to]...)
		}
		if err != nil {
			return nil, err
		}
		x.from, x.to = from, len(w.out)
		days[d] = x
	}
	b := newBytes(append(w.out, ical.Foot...))
	v.Visits = nil // they stand in the bytes
	b.view, b.days = v, days
	return b, nil
}

func newPage(list []*store.Shown) page {
	x := page{first: list[0].Start}
	for _, b := range list {
		if b.End.After(x.last) {
			x.last = b.End
		}
	}
	return x
}

func visits(v *booking.FeedView) (n int) {
	for _, list := range v.Visits {
		n += len(list)
	}
	return n
}

// spans are the times that the days of a feed cover.
func spans(v *booking.FeedView, days map[agenda.Date]page) ical.Spans {
	if len(days) == 0 {
		return nil
	}
	span := ical.Span{Zone: v.Setup.Zone()}
	for _, x := range days {
		if span.First.IsZero() || x.first.Before(span.First) {
			span.First = x.first
		}
		if x.last.After(span.Last) {
			span.Last = x.last
		}
	}
	return ical.Spans{span.Zone.String(): span}
}

// writing is a feed while it is encoded.
type writing struct {
	desk    *booking.Desk
	view    *booking.FeedView
	entries *entry.Writer
	out     []byte

	visits, done int
}

// sample is by how many visits the length of all is guessed.
const sample = 64

func (w *writing) day(list []*store.Shown) error {
	for _, b := range list {
		if w.done++; w.done == sample && w.view.Fresh {
			w.out = slices.Grow(w.out, len(w.out)/sample*(w.visits-sample)*17/16)
		}
		open := func() (entry.Visit, error) {
			card, err := w.desk.FeedCard(w.view, b)
			if err != nil {
				return entry.Visit{}, err
			}
			return entry.Visit(*card), nil
		}
		var err error
		if w.out, err = w.entries.Append(w.out, kind(w.view, b), entry.Varying(b.UID, b.Reference, b.Status, b.Sequence, b.Start, b.End, b.Changed), open); err != nil {
			return err
		}
	}
	return nil
}

// kind is that of a visit; none where something about the visitor may be shown.
func kind(v *booking.FeedView, b *store.Shown) entry.Kind {
	if b.Sealed != nil && !v.Calendars[b.Calendar].Busy {
		return entry.Kind{}
	}
	return entry.Kind{Calendar: b.Calendar, Mode: b.Mode, Items: b.Items}
}

// visits is a visitor's own feed, which has few entries, in the language it was made in.
func (f *Feeds) visits(ctx context.Context, a *booking.FeedAccess) (*bytesOf, error) {
	s, cards, _, err := f.Desk.ReadVisitFeed(ctx, a)
	if err != nil {
		return nil, err
	}
	p := f.Catalogue.Printer(s.Language(a.Language))
	var events []ical.Event
	for _, card := range cards {
		e := entry.Event(entry.Visit(*card), p, entry.ForVisitor)
		e.Remind = a.Alarm
		events = append(events, e)
	}
	return newBytes(ical.Feed(ical.FeedInfo{Name: name(a, s, p), Zone: s.Zone(), Refresh: refresh}, events)), nil
}

// name is what the calendar program shows: how the feed is called, or what it is of; and
// whose.
func name(a *booking.FeedAccess, s *agenda.Setup, p *i18n.Printer) string {
	in := func(t agenda.Text) string { return s.Text(t, p.Lang()) }
	what, tenant := a.Name, in(s.Tenant.Name)
	switch {
	case what != "":
	case a.Scope == "calendar":
		what = a.Target
		if c, ok := s.CalendarOf(a.Target); ok && in(c.Name) != "" {
			what = in(c.Name)
		}
	case a.Scope == "department":
		if d, ok := s.DepartmentOf(a.Target); ok {
			what = in(d.Name)
		}
	case a.Scope == "site":
		if x, ok := s.SiteOf(a.Target); ok {
			what = in(x.Name)
		}
	case a.Scope == "visits":
		what = p.T("public.feed.name")
	}
	if what == "" {
		return tenant
	}
	return what + ", " + tenant
}
