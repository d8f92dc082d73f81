package booking

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// ActPlace is the act in the journal: the set-up has changed the place of a visit.
const ActPlace = "place"

// Letters about another place are many at once. They leave one after the other, the next
// visits first, and later than the change, which somebody may take back at once, unless
// the visit is near.
const (
	placeGrace = 10 * time.Minute
	placeGap   = 2 * time.Second
	placeSoon  = 2 * time.Hour
)

// Relocated is a certain visit to come that another set-up has given another place.
type Relocated struct {
	Booking  *agenda.Booking
	From, To string
	Letter   bool // its visitor is told
}

// PlaceOf says where a visitor has to go for a visit: address and room, in the language
// of their letters; "" for a visit from afar.
func PlaceOf(s *agenda.Setup, b *agenda.Booking) string {
	c, ok := s.CalendarOf(b.Calendar)
	if !ok || b.Mode != agenda.ModeOnsite {
		return ""
	}
	var parts []string
	if site, ok := s.SiteOf(c.Site); ok {
		parts = append(parts, site.Address())
	}
	if room := strings.TrimSpace(s.Text(c.Room, b.Language)); room != "" {
		parts = append(parts, room)
	}
	return strings.Join(parts, ", ")
}

// MovesPlaces reports whether a set-up gives some calendar another place.
func MovesPlaces(before, after *agenda.Setup) bool {
	for i := range before.Calendars {
		for _, lang := range before.Tenant.Languages {
			b := &agenda.Booking{Calendar: before.Calendars[i].ID, Mode: agenda.ModeOnsite, Language: lang}
			if PlaceOf(before, b) != PlaceOf(after, b) {
				return true
			}
		}
	}
	return false
}

// relocations gives the certain visits to come another place where the set-up does: their
// entry counts on, and their visitors are told.
func (d *Desk) relocations(tx *store.Tx, before, after *agenda.Setup, live []*agenda.Booking, actor string) (list []Relocated, err error) {
	if !MovesPlaces(before, after) {
		return nil, nil
	}
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	live = slices.SortedStableFunc(slices.Values(live), func(a, b *agenda.Booking) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.ID, b.ID)) })
	told := 0
	for _, b := range live {
		r := Relocated{Booking: b, From: PlaceOf(before, b), To: PlaceOf(after, b)}
		if b.Status != agenda.Confirmed || b.Since.IsZero() || !b.Start.After(now) || r.From == r.To {
			continue
		}
		due := now.Add(placeGrace + time.Duration(told)*placeGap)
		if b.Start.Sub(now) < placeSoon {
			due = now
		}
		if r.Letter, err = d.relocated(tx, after, r, due, actor); err != nil {
			return nil, err
		}
		told += flag(r.Letter)
		list = append(list, r)
	}
	return list, nil
}

// relocated writes one visit's other place down. A letter with news that has not left yet
// tells of it as well, so that there is no other one.
func (d *Desk) relocated(tx *store.Tx, s *agenda.Setup, r Relocated, due time.Time, actor string) (letter bool, err error) {
	b := r.Booking
	letters, err := tx.Postings(b.Tenant, b.ID)
	if err != nil {
		return false, err
	}
	now, err := tx.Now()
	if err != nil {
		return false, err
	}
	b.Sequence, b.Since, b.Changed = b.Sequence+1, now, now
	if err := saveAsItStands(tx, b); err != nil {
		return false, err
	}
	if err := log(tx, b, ActPlace, actor, map[string]any{"from": r.From, "to": r.To, "version": b.Version}); err != nil {
		return false, err
	}
	c, ok := s.CalendarOf(b.Calendar)
	if ok && hasStaffEntry(c, b) && c.StaffMail.To != "" && !slices.ContainsFunc(letters, func(p store.Posting) bool { return waits(p, now) && p.Kind == KindStaffMoved }) {
		if err := postAt(tx, b, KindStaffMoved, b.Version, due); err != nil {
			return false, err
		}
	}
	if !ok || !b.Notify || slices.ContainsFunc(letters, func(p store.Posting) bool { return newsWaits(p, now) }) {
		return false, nil
	}
	return true, d.tellAt(tx, c, b, KindChanged, "", due)
}

// newsWaits reports whether a letter will tell its visitor how the visit stands when it
// leaves.
func newsWaits(p store.Posting, now time.Time) bool {
	return waits(p, now) && (p.Kind == KindConfirmed || p.Kind == KindChanged || p.Kind == KindIncidentMoved)
}

// waits reports whether a letter waits, and nobody is at it.
func waits(p store.Posting, now time.Time) bool { return p.State == "queued" && !p.Lease.After(now) }
