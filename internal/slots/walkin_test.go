package slots_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/slots"
)

// walkInAt asks for a visitor who stands there at an instant.
func (w *world) walkInAt(now time.Time, overbook bool) (p agenda.Plan, start time.Time, over bool, err error) {
	p, ok := w.setup.Plan(w.calendar, w.wish, agenda.Staff)
	if !ok {
		return p, start, false, agenda.ErrTaken
	}
	p.Before = 0
	tick := w.calendar.TickMinutes
	start = agenda.TickAt(now, tick).Time(tick)
	d := slots.CompileWalkIn(w.setup, w.calendar, w.date)
	_, over, err = slots.Check(d, d.Use(w.claims(), now, 0), p, slots.Query{Now: now, By: agenda.Staff, WalkIn: true}, start, overbook)
	return p, start, over, err
}

// walkInSeats are the seats at an instant as they count for who stands there, by the
// sentences of the contract: those of the bookable hours, else those of the hours without
// appointment, which have as many as the calendar has at most where they name none.
func (o *oracle) walkInSeats(t time.Time) int {
	if tpl := o.templateAt(t); tpl != nil {
		total, _ := o.seatsAt(tpl, t)
		return total
	}
	most, date := 1, o.dateOf(t)
	for _, tpl := range o.calendar.SlotTemplates {
		most = max(most, tpl.Seats.Total)
	}
	for _, tpl := range o.calendar.SlotTemplates {
		if !tpl.WalkIn {
			continue
		}
		bookable := tpl
		bookable.WalkIn = false
		if bookable.Seats.Total == 0 {
			bookable.Seats.Total = most
		}
		if o.opensOnDate(&bookable, date) && !t.Before(o.instant(date, tpl.From)) && t.Before(o.instant(date, tpl.To)) {
			total, _ := o.seatsAt(&bookable, t)
			return total
		}
	}
	return 0
}

// Whoever walks in takes no seat that is not there, in whatever hours; overbooked, it is
// said. Nothing is open to them that no hours cover.
func TestWalkInsNeverExceedTheSeats(t *testing.T) {
	taken, over, refused := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w, d := anyWorld(t), dice{t}
		w.except, w.by = 0, agenda.Staff
		for id := int64(2000); id < 2010; id++ {
			now := pick(d, w.minutes()...)
			if near := w.newVisit(d, 0).from; d.often(80) && dateOf(near, w.setup.Zone()) == w.date {
				now = near
			}
			now = now.Add(time.Duration(d.n(0, 59)) * time.Second)
			knowingly := d.often(30)
			w.now = now
			p, start, exceeds, err := w.walkInAt(now, knowingly)
			o := newOracle(w)
			from, to := start, start.Add(time.Duration(p.Minutes+p.After)*time.Minute)
			room := true
			for at := from; err == nil && at.Before(to); at = at.Add(time.Minute) {
				all, _ := o.takenAt(at)
				room = room && all < o.walkInSeats(at)
			}
			switch {
			case err != nil:
				refused++
				if !errors.Is(err, agenda.ErrTaken) {
					t.Fatalf("%v: got %v, want that it is taken\n%v", now, err, w)
				}
				continue
			case exceeds && !knowingly, !exceeds && !room, o.walkInSeats(start) == 0:
				t.Fatalf("%v: from %v to %v, exceeds %v, knowingly %v, room %v\n%v", now, from, to, exceeds, knowingly, room, w)
			case exceeds:
				over++
			default:
				taken++
			}
			w.visits = append(w.visits, visit{id: id, from: from, to: to})
		}
	})
	if min(taken, over, refused) < 5 {
		t.Errorf("of the random visitors %d were taken, %d overbooked, %d refused: too few to tell", taken, over, refused)
	}
}

// What is refused to who stands there is explained, and nothing else is.
func TestWalkInsAreExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, d := anyWorld(t), dice{t}
		w.except, w.by = 0, agenda.Staff
		now := pick(d, w.minutes()...)
		w.now = now
		p, start, _, err := w.walkInAt(now, false)
		if p.Calendar == nil || len(p.Modes) == 0 {
			return
		}
		e := slots.Explain(w.setup, p, slots.Query{Now: now, By: agenda.Staff, WalkIn: true}, w.claims(), 0, start)
		if e.Bookable != (err == nil) {
			t.Fatalf("%v: got %v, explained %+v\n%v", now, err, e, w)
		}
	})
}
