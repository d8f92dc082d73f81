package setup

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// elsewhere edits the calendars kept elsewhere whose busy times take seats here: those
// that there are, and an empty row for another. An address is a secret: it can be
// replaced, and is never shown.
func (e *editor) elsewhere(c *agenda.Calendar, known []string) {
	e.group().Hint = e.t("calendars.busy.hint")
	rows := append(slices.Clone(c.Busy), agenda.BusySource{ID: freeBusyID(c), Seats: 1, EveryMinutes: 15, StaleDays: 3, WhenStale: agenda.StaleRelease})
	var next []agenda.BusySource
	for i := range rows {
		b, isNew := &rows[i], i == len(c.Busy)
		title := e.t("calendars.busy.new")
		if !isNew {
			title = e.t("calendars.busy.one", "n", i+1)
		}
		remove := false
		e.within(title, isNew, func() {
			if i < len(known) {
				e.group().Hint = known[i]
			}
			at := "busy." + strconv.Itoa(i)
			address := ""
			e.line(at+".url", &address, as{Key: "busy.url", Hint: true, Max: 2000})
			if address != "" {
				b.URL = address
			}
			e.number(at+".seats", &b.Seats, 1, 10000, as{Key: "busy.seats", Required: true, Hint: true})
			e.some(at+".ignore", &b.Ignore, e.words("busyIgnore", agenda.BusyTentative, agenda.BusyElsewhere), as{Key: "busy.ignore"})
			e.number(at+".everyMinutes", &b.EveryMinutes, 5, day, as{Key: "busy.everyMinutes", Required: true})
			e.number(at+".staleDays", &b.StaleDays, 1, 30, as{Key: "busy.staleDays", Required: true, Hint: true})
			e.choice(at+".whenStale", &b.WhenStale, e.words("busyStale", agenda.StaleRelease, agenda.StaleKeep), as{Key: "busy.whenStale", Required: true})
			if !isNew {
				e.flag(at+".remove", &remove, as{Key: "busy.remove"})
			}
		})
		if !remove && b.URL != "" {
			next = append(next, *b)
		}
	}
	if e.sent() && !agenda.Same(next, c.Busy) {
		c.Busy = next
	}
}

// freeBusyID is an id that no calendar elsewhere has here yet.
func freeBusyID(c *agenda.Calendar) string {
	for n := 1; ; n++ {
		id := fmt.Sprintf("kalender-%d", n)
		if _, taken := c.BusySource(id); !taken {
			return id
		}
	}
}

// busyKnown says of each calendar elsewhere which address it has, shortened to its host,
// and what became of asking it.
func (p *Part) busyKnown(ctx context.Context, e *editor, s *agenda.Setup, c *agenda.Calendar) []string {
	states := map[string]store.BusyState{}
	err := p.Desk.Store.View(ctx, func(tx *store.Tx) error {
		clear(states)
		list, err := tx.BusyStates(s.Tenant.ID, c.ID)
		for _, b := range list {
			states[b.Source] = b
		}
		return err
	})
	var known []string
	for i := range c.Busy {
		host := "…"
		if address, err := p.Desk.BusyAddress(s.Tenant.ID, &c.Busy[i]); err == nil {
			if u, err := url.Parse(address); err == nil {
				host = u.Hostname() + "/…"
			}
		}
		b, found := states[c.Busy[i].ID]
		if err != nil || !found {
			known = append(known, host)
			continue
		}
		known = append(known, host+": "+e.busyState(s, b))
	}
	return known
}

// busyState is what became of asking a calendar elsewhere, in sentences.
func (e *editor) busyState(s *agenda.Setup, b store.BusyState) string {
	words := e.frame.Printer()
	if b.Tried.IsZero() {
		return e.t("calendars.busy.state.never")
	}
	text := ""
	if !b.Fetched.IsZero() {
		text = e.t("calendars.busy.state.read", "when", words.DateTime(b.Fetched.In(s.Zone())), "n", b.Entries)
	}
	if b.Strange > 0 {
		text += " " + e.t("calendars.busy.state.strange", "n", b.Strange)
	}
	if b.Floating > 0 {
		text += " " + e.t("calendars.busy.state.floating", "n", b.Floating)
	}
	if b.Fault != "" {
		text += " " + e.t("calendars.busy.state.failing", "when", words.DateTime(b.Failing.In(s.Zone())), "why", e.t("calendars.busy.fault."+b.Fault))
		if b.Released {
			text += " " + e.t("calendars.busy.state.released")
		}
	}
	return text
}
