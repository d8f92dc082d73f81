package incident

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// listPage shows the incidents in which the person may act.
type listPage struct {
	page.Frame
	Open, Done []line
}

type line struct {
	Href  string
	What  string
	Note  string
	Made  string
	Badge page.Badge
}

func (o *Part) list(w http.ResponseWriter, q *office.Request) error {
	all, err := o.Desk.Incidents(q.Context(), q.Person)
	if err != nil {
		return err
	}
	p := listPage{Frame: o.Frame(q)}
	for _, n := range all {
		l := line{Href: at(n.ID, ""), What: heading(p.Frame, q.Setup, n), Note: n.Texts.Note, Badge: badge(p.Frame, n)}
		l.Made = office.Short(p.Frame, n.Created.In(q.Setup.Zone()))
		if n.Step == agenda.StepDone || n.Step == agenda.StepUndone {
			p.Done = append(p.Done, l)
		} else {
			p.Open = append(p.Open, l)
		}
	}
	if q.URL.Query().Get("done") == "dropped" {
		p.Notice = &page.Notice{Kind: "success", Title: p.T("staff.incident.dropped"), Live: true}
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/incident/list", p)
}

// badge says how far an incident has come.
func badge(f page.Frame, n *agenda.Incident) page.Badge {
	kind, icon := "warning", "edit"
	switch n.Step {
	case agenda.StepRunning, agenda.StepUndoing:
		kind, icon = "info", "autorenew"
	case agenda.StepPaused:
		icon = ""
	case agenda.StepDone:
		kind, icon = "success", "check"
	case agenda.StepUndone:
		kind, icon = "neutral", "close"
	}
	return page.Badge{Kind: kind, Label: f.T("staff.incident.at." + string(n.Step)), Icon: icon}
}
