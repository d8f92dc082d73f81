package incident

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// showPage is an incident that is being carried out, or has been.
type showPage struct {
	page.Frame
	Title     string
	Lead      string
	Badge     page.Badge
	Working   bool // the page comes again by itself
	Done      int
	Total     int
	Progress  string
	Until     string // until when it can be undone; "": it cannot
	Acts      []page.Press
	Calls     string // address of the call list; "": nobody is on it
	CallsOpen int
	CallsAll  int
	Failed    []outcome
	Stuck     []outcome
	Visits    []outcome
	More      string // address of a new incident over visits that have come since; "": none have
	MoreN     int
	Again     string // address to decide again
}

// outcome is what became of one visit.
type outcome struct {
	affected
	What  string
	New   string
	Why   string
	State page.Badge
}

// comesAgain is after how many seconds a page of work under way comes again.
const comesAgain = "3"

// show leads to where the incident stands: its next question, or how far it has come.
func (o *Part) show(w http.ResponseWriter, q *office.Request) error {
	n, list, err := o.Desk.Incident(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	switch n.Step {
	case agenda.StepChoose:
		return to(w, q, at(n.ID, "/bookings"))
	case agenda.StepDecide:
		return to(w, q, at(n.ID, "/plan"))
	case agenda.StepCheck:
		return to(w, q, at(n.ID, "/letters"))
	}
	p, err := o.newShow(q, n, list)
	if err != nil {
		return err
	}
	if p.Working {
		w.Header().Set("Refresh", comesAgain)
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/show", p)
}

func (o *Part) newShow(q *office.Request, n *agenda.Incident, list []*booking.Affected) (*showPage, error) {
	p := &showPage{Frame: o.frame(q, 0), Badge: badge(o.Frame(q), n)}
	p.Title, p.Lead = p.T("staff.incident.reason."+n.Reason), whereabouts(p.Frame, q.Setup, n)
	p.Working = n.Step == agenda.StepRunning || n.Step == agenda.StepUndoing
	for _, a := range list {
		if a.Item.State == agenda.ItemLeft {
			continue
		}
		x := o.outcomeOf(q, p.Frame, n, a)
		p.Total++
		switch a.Item.State {
		case agenda.ItemReady:
		case agenda.ItemDone:
			if p.Done++; n.Step == agenda.StepUndoing {
				p.Done--
			}
		default:
			p.Done++
		}
		switch a.Item.State {
		case agenda.ItemFailed:
			p.Failed = append(p.Failed, x)
		case agenda.ItemStuck:
			p.Stuck = append(p.Stuck, x)
		default:
			p.Visits = append(p.Visits, x)
		}
	}
	p.Progress = p.T("staff.incident.progress", "n", p.Done, "total", p.Total)
	p.offer(q, n)
	if n.Step == agenda.StepDone {
		if err := o.since(q, p, n, list); err != nil {
			return nil, err
		}
	}
	_, calls, err := o.Desk.Calls(q.Context(), q.Person, n.ID)
	for _, a := range calls {
		p.Calls = at(n.ID, "/calls")
		if p.CallsAll++; a.Item.Called.IsZero() {
			p.CallsOpen++
		}
	}
	return p, err
}

// since counts the visits in the time of the incident that it has not dealt with: what
// was booked or moved there meanwhile.
func (o *Part) since(q *office.Request, p *showPage, n *agenda.Incident, list []*booking.Affected) error {
	known := map[string]bool{}
	for _, a := range list {
		known[a.Item.Booking] = true
	}
	_, now, err := o.Desk.Affected(q.Context(), q.Person, n.ID)
	for _, a := range now {
		if !known[a.Item.Booking] {
			p.MoreN++
		}
	}
	if p.MoreN > 0 {
		const clock = "2006-01-02T15:04"
		p.More = "/staff/incidents/new?" + url.Values{"calendar": n.Calendars, "from": {n.From.In(q.Setup.Zone()).Format(clock)}, "to": {n.To.In(q.Setup.Zone()).Format(clock)}}.Encode()
	}
	return err
}

// offer says what can be done with the whole now.
func (p *showPage) offer(q *office.Request, n *agenda.Incident) {
	press := func(word, kind string) page.Press {
		return page.Press{Action: at(n.ID, "/"+word), Button: page.Button{Kind: kind, Label: p.T("staff.incident.do." + word)}}
	}
	undoable := q.Now.Before(n.Due) && slices.Contains([]agenda.IncidentStep{agenda.StepRunning, agenda.StepPaused, agenda.StepDone}, n.Step)
	switch n.Step {
	case agenda.StepRunning:
		p.Acts = append(p.Acts, press("pause", "secondary"))
	case agenda.StepPaused:
		p.Acts = append(p.Acts, press("resume", "primary"))
	case agenda.StepDone:
		if len(p.Failed) > 0 {
			p.Again = at(n.ID, "/again")
		}
		if undoable {
			p.Acts = append(p.Acts, press("send", "secondary"))
		}
	}
	if undoable {
		p.Until = p.Printer().Time(n.Due.In(q.Setup.Zone()))
		p.Acts = append(p.Acts, press("undo", "danger"))
	}
}

func (o *Part) outcomeOf(q *office.Request, f page.Frame, n *agenda.Incident, a *booking.Affected) outcome {
	it := a.Item
	x := outcome{affected: visitOf(f, q.Setup, a), New: o.slotAt(q, f, n, it)}
	was := it.Was.Start.In(q.Setup.Zone())
	if x.Date, x.Clock = f.Printer().ShortDate(was), was.Format("15:04"); n.To.Sub(n.From) <= 24*time.Hour {
		x.Date = ""
	}
	if len(n.Calendars) == 1 {
		x.Place = ""
	}
	if it.Act != "" {
		x.What = f.T("staff.incident.act." + it.Act)
	}
	kind, icon := "neutral", ""
	switch it.State {
	case agenda.ItemReady:
		icon = "autorenew"
	case agenda.ItemDone:
		kind = "success"
	case agenda.ItemFailed, agenda.ItemStuck:
		kind = "danger"
	case agenda.ItemUndone:
		icon = "close"
	}
	x.State = page.Badge{Kind: kind, Icon: icon, Label: f.T("staff.incident.item." + string(it.State))}
	if it.State == agenda.ItemDone && a.Proposal != nil {
		x.State = proposalBadge(f, a.Proposal)
	}
	if it.State == agenda.ItemDone && a.Proposal == nil && a.Card != nil && a.Card.Version > it.Letter {
		x.Why = f.T("staff.incident.since")
	}
	if it.Reason != "" {
		x.Why = f.T("staff.incident.why." + it.Reason)
	}
	return x
}

// proposalBadge says what the visitor answered.
func proposalBadge(f page.Frame, p *agenda.Proposal) page.Badge {
	kind := map[agenda.ProposalState]string{agenda.ProposalOpen: "info", agenda.ProposalAccepted: "success", agenda.ProposalDeclined: "neutral", agenda.ProposalExpired: "warning"}[p.State]
	if kind == "" {
		kind = "neutral"
	}
	return page.Badge{Kind: kind, Label: f.T("staff.incident.proposal." + string(p.State))}
}

// step does one thing with the whole incident and shows it again.
func (o *Part) step(do func(q *office.Request, id string) error) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		switch err := do(q, id(q)); {
		case errors.Is(err, agenda.ErrTooLate):
			return &page.Error{Status: http.StatusConflict, Detail: "staff.incident.tooLate", Err: err}
		case err != nil && !errors.Is(err, agenda.ErrState): // where it has come further, the page says so
			return err
		}
		return to(w, q, at(id(q), ""))
	}
}

func (o *Part) undo(q *office.Request, id string) error {
	n, err := o.Desk.UndoIncident(q.Context(), q.Person, id)
	if err == nil {
		_ = o.Desk.CarryOut(q.Context(), n.Tenant, n.ID, atOnce) // as for confirm
	}
	return err
}

// again leads back to the questions, for the visits about which nothing could be done.
func (o *Part) again(w http.ResponseWriter, q *office.Request) error {
	n, err := o.Desk.DecideAgain(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	return to(w, q, at(n.ID, "/plan"))
}
