package incident

import (
	"errors"
	"net/http"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// lettersPage shows every letter as it will be, before anything happens.
type lettersPage struct {
	page.Frame
	Lead    string
	Counts  []string
	Letters []preview
	Calls   []affected // who gets no letter
	Leave   int        // visits that stay as they are
	Action  string
	Change  string
	Warn    page.Notice
}

type preview struct {
	affected
	Act      string
	New      string // "": none
	Subject  string
	Text     string
	Calendar bool // the entry in the visitor's calendar changes
	Lang     string
}

func (o *Part) letters(w http.ResponseWriter, q *office.Request) error {
	n, list, err := o.Desk.Incident(q.Context(), q.Person, id(q))
	if err != nil {
		return err
	}
	if n.Step != agenda.StepCheck {
		return to(w, q, at(n.ID, ""))
	}
	p := &lettersPage{Frame: o.frame(q, 4), Action: at(n.ID, "/confirm"), Change: at(n.ID, "/plan")}
	p.Lead = heading(p.Frame, q.Setup, n)
	counts := map[string]int{}
	for _, a := range list {
		if a.Item.State != agenda.ItemChosen || a.Card == nil {
			continue
		}
		counts[a.Item.Act]++
		if err := o.foresee(q, p, n, a); err != nil {
			return err
		}
	}
	for _, act := range []string{agenda.ActMove, agenda.ActPropose, agenda.ActCancel, agenda.ActLeave} {
		if counts[act] > 0 {
			p.Counts = append(p.Counts, p.T("staff.incident.count."+act, "n", counts[act]))
		}
	}
	p.Warn = page.Notice{Kind: "info", Title: p.T("staff.incident.undo.title", "n", undoMinutes), Text: p.T("staff.incident.undo.lead")}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/letters", p)
}

// undoMinutes is how long it can all be undone.
const undoMinutes = int(booking.IncidentUndo / 60e9)

func itoa(n int) string { return strconv.Itoa(n) }

func (o *Part) foresee(q *office.Request, p *lettersPage, n *agenda.Incident, a *booking.Affected) error {
	if a.Item.Act == agenda.ActLeave {
		p.Leave++
		return nil
	}
	v := preview{affected: visitOf(p.Frame, q.Setup, a), Act: p.T("staff.incident.act." + a.Item.Act), New: o.slotAt(q, p.Frame, n, a.Item), Lang: a.Card.Language}
	f, letter, err := o.Desk.Foresee(q.Context(), n, a)
	if err != nil {
		return err
	}
	if !letter {
		p.Calls = append(p.Calls, v.affected)
		return nil
	}
	words, calendar, err := o.Preview(q.Context(), f)
	if err != nil {
		return err
	}
	v.Subject, v.Text, v.Calendar = words.Subject, words.Text, calendar
	p.Letters = append(p.Letters, v)
	return nil
}

// atOnce is how many visits are dealt with before the answer: the rest is up to a job.
const atOnce = 5

// confirm begins to carry out what was decided.
func (o *Part) confirm(w http.ResponseWriter, q *office.Request) error {
	n, err := o.Desk.ConfirmIncident(q.Context(), q.Person, id(q))
	if errors.Is(err, agenda.ErrState) {
		return to(w, q, at(id(q), "")) // pressed twice
	}
	if err != nil {
		return err
	}
	_ = o.Desk.CarryOut(q.Context(), n.Tenant, n.ID, atOnce) // what fails the job tries again, and reports
	return to(w, q, at(n.ID, ""))
}
