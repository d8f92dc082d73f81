package journal

import (
	"net/http"

	"terminvergabe/internal/inventory"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// privacyPage says which data is kept, with the tenant's own terms.
type privacyPage struct {
	page.Frame
	Tenant string
	Terms  []page.Row
	Groups []group
	Looks  string // address of who looked
	More   string // address of the document
}

// group is what is kept of somebody.
type group struct {
	ID, Title string
	Kinds     []kept
}

// kept is one kind of data.
type kept struct {
	ID, What string
	Rows     []page.Row
}

// privacy shows the inventory of the code to whoever looks after the protection of data.
func (p *Part) privacy(w http.ResponseWriter, q *office.Request) error {
	x := &privacyPage{Frame: p.Frame(q), Looks: "/staff/journal/looks", More: "/staff/docs/" + inventory.Topic}
	x.Crumbs = []page.Link{{Label: x.T("staff.journal.title"), Href: "/staff/journal"}}
	x.Tenant = office.Plain(x.Frame, q.Setup.Tenant.Name)
	r := q.Setup.Retention
	for _, term := range []struct {
		key  string
		days int
	}{{"visits", r.BookingDays}, {"journal", r.JournalDays}, {"figures", r.StatisticsDays}} {
		x.Terms = append(x.Terms, page.Row{Key: x.T("staff.privacy.term." + term.key), Values: []string{x.T("staff.privacy.days", "n", term.days)}})
	}
	for i, whom := range inventory.Whose() {
		g := group{ID: []string{"visitors", "staff", "nobody"}[i], Title: string(whom)}
		for _, k := range inventory.Of(whom) {
			one := kept{ID: k.ID, What: k.What}
			add := func(key, value string) {
				if value != "" {
					one.Rows = append(one.Rows, page.Row{Key: x.T("staff.privacy." + key), Values: []string{value}})
				}
			}
			add("form", string(k.Form))
			add("why", k.Why)
			add("basis", string(k.Basis))
			add("term", k.Term.In(r))
			add("ends", k.Ends)
			add("seen", k.Seen)
			add("where", k.Where())
			g.Kinds = append(g.Kinds, one)
		}
		x.Groups = append(x.Groups, g)
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/journal/privacy", x)
}
