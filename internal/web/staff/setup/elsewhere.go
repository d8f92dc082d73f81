package setup

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// elsewhere edits the calendars kept elsewhere whose busy times take seats here: those
// that there are, and an empty row for another. An address is a secret: it can be
// replaced, and is never shown.
func (e *editor) elsewhere(c *agenda.Calendar, known []string, may func(string) error) {
	e.group().Hint = e.t("calendars.busy.hint")
	if len(c.Busy) > 0 && c.ID != "" {
		e.group().Links = []page.Link{{Label: e.t("busy.look"), Href: busyAt(c.ID)}}
	}
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
				e.refuse(at+".url", address, may)
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
			e.moved[fmt.Sprintf("busy.%d", len(next))] = fmt.Sprintf("busy.%d", i)
			next = append(next, *b)
		}
	}
	if e.sent() && !agenda.Same(next, c.Busy) {
		c.Busy = next
	}
}

// refuse says beside an address that it will never be asked, and why.
func (e *editor) refuse(field, address string, may func(string) error) {
	if may == nil || !agenda.BusyAddress(address) { // what is none is said by the rules of the tenant file
		return
	}
	if word, no := errors.AsType[outbound.Category](may(address)); no {
		e.form.Fail(field, "staff.setup.calendars.busy.refused", "why", e.t("calendars.busy.fault."+string(word)), "do", e.t("busy.do."+string(word)))
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

// onwardToBusy leads to where calendars elsewhere can be tried out, where a form has
// changed them.
func onwardToBusy(before, after *agenda.Calendar, usual string) string {
	if len(after.Busy) == 0 || agenda.Same(before.Busy, after.Busy) {
		return usual
	}
	return busyAt(after.ID) + "?done=saved"
}

// busyKnown says of each calendar elsewhere which address it has, shortened to its host,
// and what became of asking it.
func (p *Part) busyKnown(q *office.Request, e *editor, c *agenda.Calendar) (known []string) {
	list, err := p.Desk.KnownElsewhere(q.Context(), q.Person, c.ID)
	if err != nil {
		list = nil // a new calendar; or the form does without
	}
	for i := range c.Busy {
		text := p.Desk.BusyHost(q.Setup.Tenant.ID, &c.Busy[i]) + "/…"
		for _, x := range list {
			if x.Source == c.Busy[i].ID {
				text += ": " + busyState(e.frame, q.Setup, &x)
			}
		}
		known = append(known, text)
	}
	return known
}
