package booking

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// IncidentUndo is how long an incident can be undone as a whole. Until then its letters
// wait.
const IncidentUndo = 10 * time.Minute

// mostIncidents is how many are listed.
const mostIncidents = 200

// OpenIncident begins an incident, and closes seats where it says so. It fails with
// Invalid, or with what Apply refuses.
func (d *Desk) OpenIncident(ctx context.Context, p *agenda.Person, n agenda.Incident) (*agenda.Incident, error) {
	n.Tenant, n.ID, n.Step, n.Version, n.By = p.Tenant, newID(), agenda.StepChoose, 1, p.ID
	if err := n.Check().Or(); err != nil {
		return nil, err
	}
	texts, err := d.sealTexts(&n)
	if err != nil {
		return nil, err
	}
	err = insist(func() error {
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			if err := tx.LockSetup(p.Tenant); err != nil {
				return err
			}
			s, err := tx.Setup(p.Tenant)
			if err != nil {
				return err
			}
			if err := mayManageAll(p, s, &n); err != nil {
				return err
			}
			if n.Created, err = tx.Now(); err != nil {
				return err
			}
			if n.Close != agenda.CloseNothing {
				if err := d.applyClosures(tx, p, s, &n, withClosure); err != nil {
					return err
				}
			}
			if err := tx.AddIncident(&n, texts); err != nil {
				return err
			}
			return logIncident(tx, &n, "open incident", p.ID, map[string]any{"reason": n.Reason, "close": n.Close})
		})
	})
	return &n, err
}

// applyClosures puts in force a set-up whose closures are changed in the incident's
// calendars.
func (d *Desk) applyClosures(tx *store.Tx, p *agenda.Person, s *agenda.Setup, n *agenda.Incident, change func([]agenda.Closure, agenda.Closure) []agenda.Closure) error {
	next := *s
	next.Calendars = slices.Clone(s.Calendars)
	for i := range next.Calendars {
		c := &next.Calendars[i]
		if !slices.Contains(n.Calendars, c.ID) {
			continue
		}
		if !p.MayIn(agenda.PlanTimes, c) {
			return agenda.ErrForbidden
		}
		c.Closures = change(slices.Clone(c.Closures), closureOf(n, s.Zone()))
	}
	if faults := next.Check(); len(faults) > 0 {
		return agenda.Invalid{{Field: "seats", Code: "range"}}
	}
	_, err := d.apply(tx, &next, ApplyOptions{Actor: p.ID, Strand: true, Merge: true})
	return err
}

func closureOf(n *agenda.Incident, zone *time.Location) agenda.Closure {
	c := agenda.Closure{From: momentOf(n.From.In(zone)), To: momentOf(n.To.In(zone))}
	if n.Close == agenda.CloseSome {
		c.Seats = n.Seats
	}
	return c
}

func momentOf(t time.Time) agenda.Moment {
	return agenda.Moment{Date: agenda.DateOf(t), Minute: agenda.Minute(t.Hour()*60 + t.Minute()), Timed: true}
}

func withClosure(list []agenda.Closure, c agenda.Closure) []agenda.Closure { return append(list, c) }

// withoutClosure takes one such closure out, if it is still there.
func withoutClosure(list []agenda.Closure, c agenda.Closure) []agenda.Closure {
	i := slices.IndexFunc(list, func(o agenda.Closure) bool {
		return o.From == c.From && o.To == c.To && o.Seats == c.Seats && len(o.Reason) == 0
	})
	if i < 0 {
		return list
	}
	return slices.Delete(list, i, i+1)
}

// Incidents lists the newest incidents in which the person may act, the last first.
func (d *Desk) Incidents(ctx context.Context, p *agenda.Person) (list []*agenda.Incident, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		list = nil
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		all, err := tx.Incidents(p.Tenant, mostIncidents)
		for i := range all {
			n, err := d.openTexts(all[i])
			if err != nil {
				return err
			}
			if mayManageAll(p, s, n) == nil {
				list = append(list, n)
			}
		}
		return err
	})
	return list, err
}

// Incident opens an incident for somebody who may act in all its calendars, with its
// visits. What is not theirs is agenda.ErrNotFound.
func (d *Desk) Incident(ctx context.Context, p *agenda.Person, id string) (n *agenda.Incident, items []*Affected, err error) {
	var list []*agenda.IncidentItem
	bookings := map[string]*agenda.Booking{}
	proposals := map[string]*agenda.Proposal{}
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if n, err = d.incident(tx, p, id); err != nil {
			return err
		}
		if list, err = tx.Items(n.Tenant, n.ID); err != nil {
			return err
		}
		for _, it := range list {
			if bookings[it.Booking], err = tx.Booking(n.Tenant, it.Booking); err != nil && !errors.Is(err, agenda.ErrNotFound) {
				return err
			}
			if it.Proposal == "" {
				continue
			}
			if proposals[it.Proposal], err = tx.Proposal(n.Tenant, it.Proposal); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, it := range list {
		a := &Affected{Item: it, Proposal: proposals[it.Proposal], Chosen: it.State != agenda.ItemLeft}
		if b := bookings[it.Booking]; b != nil {
			if a.Card, err = d.cardOf(ctx, b); err != nil {
				return nil, nil, err
			}
			if !p.MayOpen(a.Card.Calendar) { // it has been moved to where it is not theirs to know
				a.Card.Private = agenda.Private{}
			}
			if err := d.Saw(ctx, p, WayIncident, a.Card); err != nil {
				return nil, nil, err
			}
		}
		items = append(items, a)
	}
	return n, items, nil
}

// cardOf opens a booking as Card does, and of a cancelled one too who was to come: the
// office has to be able to call them.
func (d *Desk) cardOf(ctx context.Context, b *agenda.Booking) (*Card, error) {
	c, err := d.Card(ctx, b)
	if err != nil {
		return nil, err
	}
	c.Private, err = d.Private(b)
	return c, err
}

// Affected is one visit of an incident.
type Affected struct {
	Item     *agenda.IncidentItem
	Card     *Card            // nil: the booking is forgotten
	Proposal *agenda.Proposal // nil: none
	Chosen   bool             // or, before anything is chosen, to be suggested
}

func (d *Desk) incident(tx *store.Tx, p *agenda.Person, id string) (*agenda.Incident, error) {
	s, err := tx.Setup(p.Tenant)
	if err != nil {
		return nil, err
	}
	sealed, err := tx.Incident(p.Tenant, id)
	if err != nil {
		return nil, err
	}
	n, err := d.openTexts(sealed)
	if err != nil {
		return nil, err
	}
	return n, mayManageAll(p, s, n)
}

// mayManage checks that somebody may act on many visits of a calendar at once.
func mayManage(p *agenda.Person, tenant string, c *agenda.Calendar) error {
	if err := rights(p, tenant, c); err != nil {
		return err
	}
	if !p.MayIn(agenda.ManageIncidents, c) {
		return agenda.ErrForbidden
	}
	return nil
}

// mayManageAll checks that somebody may do so in all calendars of an incident: else it
// does not exist for them.
func mayManageAll(p *agenda.Person, s *agenda.Setup, n *agenda.Incident) error {
	for _, id := range n.Calendars {
		c, ok := s.CalendarOf(id)
		if !ok || mayManage(p, n.Tenant, c) != nil {
			return agenda.ErrNotFound
		}
	}
	return nil
}

// onIncident runs an act on an incident as it is then, and writes it and its entry.
func (d *Desk) onIncident(ctx context.Context, p *agenda.Person, id, act string, do func(*store.Tx, *agenda.Setup, *agenda.Incident) (map[string]any, error)) (n *agenda.Incident, err error) {
	err = insist(func() error {
		return d.Store.Update(ctx, func(tx *store.Tx) error {
			if err := tx.LockSetup(p.Tenant); err != nil { // an act may change it
				return err
			}
			if n, err = d.incident(tx, p, id); err != nil {
				return err
			}
			s, err := tx.Setup(p.Tenant)
			if err != nil {
				return err
			}
			detail, err := do(tx, s, n)
			if err != nil {
				return err
			}
			texts, err := d.sealTexts(n)
			if err != nil {
				return err
			}
			if err := tx.SaveIncident(n, texts); err != nil {
				return err
			}
			return logIncident(tx, n, act, p.ID, detail)
		})
	})
	return n, err
}

func logIncident(tx *store.Tx, n *agenda.Incident, act, actor string, detail map[string]any) error {
	return tx.Log(store.Entry{Tenant: n.Tenant, Act: act, Subject: n.ID, Actor: actor}, detail)
}

func bindIncident(tenant, id string) []string { return []string{"incident", tenant, id} }

func (d *Desk) sealTexts(n *agenda.Incident) ([]byte, error) {
	plain, err := json.Marshal(n.Texts)
	if err != nil {
		return nil, err
	}
	return d.Keys.Seal(plain, bindIncident(n.Tenant, n.ID)...), nil
}

func (d *Desk) openTexts(s store.Sealed) (*agenda.Incident, error) {
	n := s.Incident
	plain, err := d.Keys.Open(s.Texts, bindIncident(n.Tenant, n.ID)...)
	if err != nil {
		return nil, err
	}
	return &n, json.Unmarshal(plain, &n.Texts)
}

// Affected lists the visits that an incident touches now and that something can be done
// about, in order of start: those that it suggests are Chosen, or those chosen before.
func (d *Desk) Affected(ctx context.Context, p *agenda.Person, id string) (n *agenda.Incident, list []*Affected, err error) {
	var found []*agenda.Booking
	var chosen map[string]bool
	err = d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if n, err = d.incident(tx, p, id); err != nil {
			return err
		}
		found, chosen, err = d.affected(tx, n)
		return err
	})
	for _, b := range found {
		a := &Affected{Chosen: chosen[b.ID], Item: &agenda.IncidentItem{Tenant: b.Tenant, Incident: id, Booking: b.ID, State: agenda.ItemChosen}}
		if a.Card, err = d.Card(ctx, b); err != nil {
			return nil, nil, err
		}
		if err := d.Saw(ctx, p, WayIncident, a.Card); err != nil {
			return nil, nil, err
		}
		list = append(list, a)
	}
	return n, list, err
}

// affected finds the visits of an incident, and which of them are chosen: those that
// were, or else those that have no place any more, or else all.
func (d *Desk) affected(tx *store.Tx, n *agenda.Incident) (list []*agenda.Booking, chosen map[string]bool, err error) {
	now, err := tx.Now()
	if err != nil {
		return nil, nil, err
	}
	for _, calendar := range n.Calendars {
		some, err := tx.BookingsBetween(n.Tenant, calendar, n.From.AddDate(0, 0, -1), n.To)
		if err != nil {
			return nil, nil, err
		}
		for _, b := range some {
			waits := b.Status == agenda.Confirmed || b.Status == agenda.Pending
			if waits && !b.ExpiredAt(now) && b.End.After(n.From) && b.End.After(now) {
				list = append(list, b)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *agenda.Booking) int { return a.Start.Compare(b.Start) })
	items, err := tx.Items(n.Tenant, n.ID)
	if err != nil {
		return nil, nil, err
	}
	chosen = map[string]bool{}
	for _, it := range items {
		chosen[it.Booking] = it.State != agenda.ItemLeft
	}
	if len(items) > 0 {
		return list, chosen, nil
	}
	if chosen, err = d.displaced(tx, n, list, now); err != nil {
		return nil, nil, err
	}
	if len(chosen) == 0 && n.Close != agenda.CloseSome {
		for _, b := range list {
			chosen[b.ID] = true
		}
	}
	return list, chosen, nil
}

// ChooseAffected fixes which visits of an incident something is to be done about. It
// fails with Invalid where none is chosen, and ErrState once anything has been done.
func (d *Desk) ChooseAffected(ctx context.Context, p *agenda.Person, id string, chosen []string) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "choose visits", func(tx *store.Tx, _ *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		if n.Step.Begun() || n.Again {
			return nil, agenda.ErrState
		}
		before, err := tx.Items(n.Tenant, n.ID)
		if err != nil {
			return nil, err
		}
		known := map[string]*agenda.IncidentItem{}
		for _, it := range before {
			known[it.Booking] = it
		}
		list, _, err := d.affected(tx, n)
		if err != nil {
			return nil, err
		}
		var items []*agenda.IncidentItem
		count := 0
		for i, b := range list {
			it := cmp.Or(known[b.ID], &agenda.IncidentItem{Tenant: n.Tenant, Incident: n.ID, Booking: b.ID})
			it.Position, it.State, it.Was = i, agenda.ItemLeft, agenda.WasOf(b)
			if slices.Contains(chosen, b.ID) {
				it.State = agenda.ItemChosen
				count++
			}
			items = append(items, it)
		}
		switch {
		case count == 0:
			return nil, agenda.Invalid{{Field: "booking", Code: "required"}}
		case count > agenda.MaxAffected:
			return nil, agenda.Invalid{{Field: "booking", Code: "range"}}
		}
		n.Step = agenda.StepDecide
		return map[string]any{"visits": count}, tx.ReplaceItems(n.Tenant, n.ID, items)
	})
}

// Decision is what is to be done about one visit.
type Decision struct {
	Act      string // empty: as for all
	Calendar string
	Start    time.Time
}

// Decisions are what is to be done about the chosen visits of an incident.
type Decisions struct {
	Act      string
	Days     int
	Fallback string
	Letter   agenda.Text
	Each     map[string]Decision // by booking
}

// Decide fixes what is to be done; nothing happens yet. It fails with Invalid for what
// cannot be done, each fault at the booking it is about: "slot.ID".
func (d *Desk) Decide(ctx context.Context, p *agenda.Person, id string, x Decisions) (*agenda.Incident, error) {
	return d.onIncident(ctx, p, id, "decide visits", func(tx *store.Tx, s *agenda.Setup, n *agenda.Incident) (map[string]any, error) {
		if n.Step.Begun() || n.Step == agenda.StepChoose {
			return nil, agenda.ErrState
		}
		n.Act, n.Days, n.Fallback, n.Texts.Letter = x.Act, x.Days, x.Fallback, x.Letter
		bad := n.CheckPlan()
		items, err := tx.Items(n.Tenant, n.ID)
		if err != nil {
			return nil, err
		}
		now, err := tx.Now()
		if err != nil {
			return nil, err
		}
		acts := map[string]int{}
		for _, it := range items {
			if it.State != agenda.ItemChosen {
				continue
			}
			one := x.Each[it.Booking]
			it.Act, it.Calendar, it.Start = cmp.Or(one.Act, n.Act), one.Calendar, one.Start
			acts[it.Act]++
			bad = append(bad, checkDecision(p, s, it, now)...)
		}
		if err := bad.Or(); err != nil {
			return nil, err
		}
		n.Step = agenda.StepCheck
		detail := map[string]any{}
		for act := range maps.Keys(acts) {
			detail[act] = acts[act]
		}
		return detail, tx.ReplaceItems(n.Tenant, n.ID, items)
	})
}

func checkDecision(p *agenda.Person, s *agenda.Setup, it *agenda.IncidentItem, now time.Time) agenda.Invalid {
	switch it.Act {
	case agenda.ActCancel, agenda.ActLeave:
		it.Calendar, it.Start = "", time.Time{}
		return nil
	case agenda.ActMove, agenda.ActPropose:
	default:
		return agenda.Invalid{{Field: "act." + it.Booking, Code: "unknown"}}
	}
	c, ok := s.Calendar(it.Calendar)
	switch {
	case it.Start.IsZero():
		return agenda.Invalid{{Field: "slot." + it.Booking, Code: "required"}}
	case !ok || rights(p, it.Tenant, c) != nil:
		return agenda.Invalid{{Field: "slot." + it.Booking, Code: "unknown"}}
	case !it.Start.After(now) || !within(it.Start), it.Start.Equal(it.Was.Start) && it.Calendar == it.Was.Calendar:
		return agenda.Invalid{{Field: "slot." + it.Booking, Code: "range"}}
	}
	return nil
}

// DropIncident deletes an incident that nothing has been done about yet. What it closed
// stays closed.
func (d *Desk) DropIncident(ctx context.Context, p *agenda.Person, id string) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.LockSetup(p.Tenant); err != nil { // or a colleague confirms it meanwhile
			return err
		}
		n, err := d.incident(tx, p, id)
		if err != nil {
			return err
		}
		if n.Step.Begun() || n.Again {
			return agenda.ErrState
		}
		return errors.Join(tx.DropIncident(n.Tenant, n.ID), logIncident(tx, n, "drop incident", p.ID, nil))
	})
}
