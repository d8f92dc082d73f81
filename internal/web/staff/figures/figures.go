// Package figures shows what happened in an office over some weeks or months: how much
// was offered and booked, what was cancelled or missed, how long people wait; as a page
// with charts and as files for a spreadsheet. It refuses to know how anything is
// counted, which is booking's, and to show anything that points at a visitor: counts
// below five are hidden, with whatever would let somebody compute them.
//
// Start reading at Part, then report.go for what is shown, and hide.go for what is not.
package figures

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Part is the figures. Its fields are set once.
type Part struct {
	*office.Office
	Desk *booking.Desk
}

// Routes are the part's routes.
func (p *Part) Routes() []office.Route {
	see := office.Needs(agenda.SeeFigures)
	return []office.Route{
		office.Get("/staff/figures", see, p.figures),
		office.Get("/staff/figures/figures.csv", see, p.export(writeCSV)),
		office.Get("/staff/figures/figures.xlsx", see, p.export(writeXLSX)),
	}
}

// Mount registers the routes.
func (p *Part) Mount(t *route.Table) { p.Office.Mount(t, p.Routes()) }

// figuresPage is the figures of a period, beside those of the one before.
type figuresPage struct {
	page.Frame
	Fields    []page.Field
	Presets   []page.Link
	Span      string
	Before    string // the period before, in words
	Keys      []key
	Charts    []chart
	Tables    []table
	Hides     bool // something small is not shown
	Empty     bool
	CSV, XLSX string
}

// key is a number at the top.
type key struct {
	Label, Value, More, Before string
}

// figures shows the page. What was asked for and cannot be is said beside its field, with
// the usual period below.
func (p *Part) figures(w http.ResponseWriter, q *office.Request) error {
	x := &figuresPage{Frame: p.Frame(q)}
	per, fields := readPeriod(q, x.Frame)
	x.Fields, x.Presets = fields, per.presets(q, x.Frame)
	status := http.StatusOK
	if x.Errors = per.errors; len(x.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	r, before, err := p.reports(q, x.Frame, per)
	if err != nil {
		return err
	}
	x.Span, x.Before = per.words(x.Frame), per.before().words(x.Frame)
	x.CSV, x.XLSX = "/staff/figures/figures.csv?"+per.query(), "/staff/figures/figures.xlsx?"+per.query()
	x.Hides, x.Empty = r.hides(), r.empty() && before.empty()
	x.Keys = keys(r, before)
	x.Charts = r.charts(per)
	x.Tables = append(x.Tables, r.table(per.step), r.table(per.by))
	if clerks, err := p.clerks(q, x.Frame, per); err != nil {
		return err
	} else if clerks != nil {
		x.Tables = append(x.Tables, *clerks)
	}
	return p.Pages.Render(w, q.Request, status, "staff/figures/figures", x)
}

// reports are those of a period and of the one before.
func (p *Part) reports(q *office.Request, f page.Frame, per period) (r, before *report, err error) {
	now, err := p.Desk.Figures(q.Context(), q.Person, per.from, per.to)
	if err != nil {
		return nil, nil, err
	}
	earlier := per.before()
	was, err := p.Desk.Figures(q.Context(), q.Person, earlier.from, earlier.to)
	if err != nil {
		return nil, nil, err
	}
	return newReport(f, now), newReport(f, was), nil
}

// clerks is how often each of the staff did what, where the tenant wants that to be
// shown and the person sees the whole tenant; else nil.
func (p *Part) clerks(q *office.Request, f page.Frame, per period) (*table, error) {
	if !q.Setup.Figures.PerClerk || !q.Person.MayEverywhere(agenda.SeeFigures) {
		return nil, nil
	}
	list, err := p.Desk.ActsOfStaff(q.Context(), q.Person, per.from, per.to)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	err = p.Desk.Store.View(q.Context(), func(tx *store.Tx) error {
		accounts, err := tx.Accounts(q.Person.Tenant)
		for _, a := range accounts {
			names[a.ID] = a.Name
		}
		return err
	})
	t := &table{ID: "clerks", Caption: f.T("staff.figures.clerks"), First: f.T("staff.figures.clerk"),
		Note: f.T("staff.figures.clerksNote", "days", q.Setup.Retention.JournalDays)}
	columns := [][]string{{"book"}, {"move"}, {"cancel", "reject"}, {"visit"}, nil}
	for _, c := range []string{"book", "move", "cancel", "visit", "other"} {
		t.Heads = append(t.Heads, f.T("staff.figures.acts."+c))
	}
	for _, a := range list {
		name := names[a.Actor]
		if name == "" {
			name = f.T("staff.figures.noName")
		}
		r := row{Label: name}
		var all, told int64
		for _, n := range a.Acts {
			all += n
		}
		for _, acts := range columns[:len(columns)-1] {
			var n int64
			for _, act := range acts {
				n += a.Acts[act]
			}
			told += n
			r.Cells = append(r.Cells, number(n))
		}
		r.Cells = append(r.Cells, number(all-told))
		t.Rows = append(t.Rows, r)
	}
	return t, err
}
