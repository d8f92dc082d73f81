package incident

import (
	"cmp"
	"net/http"
	"slices"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// callsPage lists who has to be called.
type callsPage struct {
	page.Frame
	Title  string
	Lead   string
	Action string
	Open   int
	Calls  []call
}

type call struct {
	affected
	Anchor string
	Phone  string
	Say    string // what the caller has to tell
	New    string
	Ask    bool   // the visitor has to answer a proposal
	Done   string // when and by whom; "": not yet
}

func (o *Part) calls(w http.ResponseWriter, q *office.Request) error {
	n, list, err := o.Desk.Calls(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	names, err := o.whose(q)
	if err != nil {
		return err
	}
	p := &callsPage{Frame: o.frame(q, 0), Action: at(n.ID, "/calls")}
	p.Crumbs = append(p.Crumbs, page.Link{Label: p.T("staff.incident.reason." + n.Reason), Href: at(n.ID, "")})
	p.Title, p.Lead = p.T("staff.incident.calls"), heading(p.Frame, q.Setup, n)
	for _, a := range list {
		c := o.callOf(q, p.Frame, n, a)
		if it := a.Item; it.Called.IsZero() {
			p.Open++
		} else {
			c.Done = p.T("staff.incident.called", "when", office.Short(p.Frame, it.Called.In(q.Setup.Zone())), "who", cmp.Or(names[it.CalledBy], it.CalledBy))
		}
		p.Calls = append(p.Calls, c)
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/calls", p)
}

func (o *Part) callOf(q *office.Request, f page.Frame, n *agenda.Incident, a *booking.Affected) call {
	c := call{affected: visitOf(f, q.Setup, a), Anchor: "call-" + a.Item.Booking, New: o.slotAt(q, f, n, a.Item)}
	was := a.Item.Was.Start.In(q.Setup.Zone())
	c.Date, c.Clock = f.Printer().ShortDate(was), was.Format("15:04")
	if a.Card != nil {
		c.Phone = a.Card.Private.Phone
	}
	c.Say = f.T("staff.incident.say." + a.Item.Act)
	if a.Proposal != nil {
		c.Ask = a.Proposal.State == agenda.ProposalOpen
		if !c.Ask {
			c.Say = f.T("staff.incident.say." + string(a.Proposal.State))
		}
	}
	return c
}

// call notes that somebody has been called, and what they answered.
func (o *Part) call(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	about := form.Value("booking")
	switch answer := form.Value("answer"); {
	case slices.Contains([]string{"yes", "no"}, answer):
		_, err = o.Desk.AnswerFor(q.Context(), q.Person, id(q), about, answer == "yes")
	case answer == "open":
		err = o.Desk.Call(q.Context(), q.Person, id(q), about, false)
	default:
		err = o.Desk.Call(q.Context(), q.Person, id(q), about, true)
	}
	if err != nil {
		return err
	}
	return to(w, q, at(id(q), "/calls")+"#call-"+about)
}
