package plan

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// historyPage lists who changed what of the set-up and when, the newest first.
type historyPage struct {
	page.Frame
	List  []revisionLine
	Older string // address; "": there are none
}

type revisionLine struct {
	Number    int
	When, Who string
	What      []string
	More      string
	Href      string
	Now       bool
}

// revisionPage is one earlier set-up: what came with it, and what it has otherwise than
// the one in force.
type revisionPage struct {
	page.Frame
	When, Who string
	First     bool // what was before is not kept
	What      []string
	Now       bool
	Since     []string // what restoring would change
	Exactly   []string
	Restore   string // address; "": not for this person
}

// perPage is how many revisions one page of the history shows: each is compared with
// the one before.
const perPage = 20

func (o *Part) history(w http.ResponseWriter, q *office.Request) error {
	p := &historyPage{Frame: o.Frame(q)}
	p.Frame.Notice = o.saved(q, p.Frame)
	upTo, err := strconv.Atoi(q.URL.Query().Get("upTo"))
	if err != nil || upTo < 1 {
		upTo = 1 << 30
	}
	err = o.Desk.Store.View(q.Context(), func(tx *store.Tx) error {
		list, err := tx.Revisions(q.Person.Tenant, upTo, perPage+1)
		if err != nil {
			return err
		}
		who, err := actors(tx, q.Person.Tenant)
		if err != nil {
			return err
		}
		p.List, p.Older = nil, ""
		var newer *agenda.Setup
		for i, r := range list {
			_, s, err := tx.Revision(q.Person.Tenant, r.Number)
			if err != nil {
				return err
			}
			if i > 0 {
				p.List[i-1].What, p.List[i-1].More = clipped(p.Frame, differences(p.Frame, q.Person, s, newer))
			}
			newer = s
			if i == perPage {
				p.Older = address("/staff/plan/history", "upTo", strconv.Itoa(r.Number))
				break
			}
			p.List = append(p.List, o.revisionLine(q, p.Frame, r, who))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/plan/history", p)
}

// clipped leaves the lines that a list shows of a large change.
func clipped(f page.Frame, lines []string) ([]string, string) {
	const most = 6
	if len(lines) <= most {
		return lines, ""
	}
	return lines[:most], f.T("staff.plan.moreChanges", "n", len(lines)-most)
}

func (o *Part) revisionLine(q *office.Request, f page.Frame, r store.Revision, who map[string]string) revisionLine {
	return revisionLine{Number: r.Number, When: office.Short(f, r.At.In(q.Setup.Zone())), Who: actorWords(f, who, r.Actor),
		Href: "/staff/plan/history/" + strconv.Itoa(r.Number), Now: r.Number == q.Setup.Revision}
}

// actors are the names of a tenant's staff.
func actors(tx *store.Tx, tenant string) (map[string]string, error) {
	list, err := tx.Accounts(tenant)
	names := map[string]string{}
	for _, a := range list {
		names[a.ID] = a.Name
	}
	return names, err
}

func actorWords(f page.Frame, names map[string]string, actor string) string {
	switch name := names[actor]; {
	case name != "":
		return name
	case actor == "":
		return f.T("staff.plan.by.unknown")
	}
	return f.T("staff.plan.by.program")
}

func (o *Part) revision(w http.ResponseWriter, q *office.Request) error {
	number, err := strconv.Atoi(mux.Vars(q.Request)["number"])
	if err != nil || number < 1 {
		return agenda.ErrNotFound
	}
	p := &revisionPage{Frame: o.Frame(q), Now: number == q.Setup.Revision}
	p.Frame.Crumbs = []page.Link{{Label: p.T("staff.plan.title"), Href: "/staff/plan"}, {Label: p.T("staff.plan.history"), Href: "/staff/plan/history"}}
	err = o.Desk.Store.View(q.Context(), func(tx *store.Tx) error {
		r, s, err := tx.Revision(q.Person.Tenant, number)
		if err != nil {
			return err
		}
		who, err := actors(tx, q.Person.Tenant)
		if err != nil {
			return err
		}
		p.When, p.Who = p.Printer().DateTime(r.At.In(q.Setup.Zone())), actorWords(p.Frame, who, r.Actor)
		list, err := tx.Revisions(q.Person.Tenant, number-1, 1)
		if err != nil {
			return err
		}
		if p.First = len(list) == 0; !p.First {
			_, before, err := tx.Revision(q.Person.Tenant, list[0].Number)
			if err != nil {
				return err
			}
			p.What = differences(p.Frame, q.Person, before, s)
		}
		if !p.Now {
			p.Since = differences(p.Frame, q.Person, q.Setup, s)
		}
		if q.Person.MayEverywhere(agenda.SeeSetup) {
			p.Exactly = config.Diff(q.Setup, s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !p.Now && q.Person.MayEverywhere(agenda.ChangeSetup) {
		p.Restore = q.URL.Path
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/plan/revision", p)
}

// restore shows what it would do to put an earlier set-up in force again.
func (o *Part) restore(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(mux.Vars(q.Request)["number"])
	if err != nil {
		return agenda.ErrNotFound
	}
	return o.propose(w, q, form, agenda.Change{Act: agenda.ActRestore, Revision: number}, func() error { return impossible(form) })
}
