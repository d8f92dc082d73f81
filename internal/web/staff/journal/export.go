package journal

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// mostExported is how many entries a file holds; older ones take another period.
const mostExported = 50_000

// export hands the entries that are asked for out as RFC 4180, the newest first.
func (p *Part) export(w http.ResponseWriter, q *office.Request) error {
	x := &journalPage{Frame: p.Frame(q)}
	names, err := p.Desk.Actors(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	s, form := p.search(q, x, names)
	if len(form.Errors()) > 0 {
		return &page.Error{Status: http.StatusUnprocessableEntity, Err: agenda.Invalid{{Field: "to", Code: "range"}}}
	}
	s.Limit = 1000
	var file bytes.Buffer
	file.WriteString("\ufeff") // without it Excel takes umlauts for something else
	c := csv.NewWriter(&file)
	c.UseCRLF = true
	write := func(cells ...string) error {
		for i := range cells {
			cells[i] = office.Harmless(cells[i])
		}
		return c.Write(cells)
	}
	f := x.Frame
	if err := write(f.T("staff.journal.when"), f.T("staff.journal.act"), f.T("staff.journal.details"), f.T("staff.journal.about"), f.T("staff.journal.who")); err != nil {
		return err
	}
	words := writer{f, q, names}
	for n := 0; n < mostExported; {
		list, more, err := p.Desk.ReadJournal(q.Context(), q.Person, s)
		if err != nil {
			return err
		}
		for _, e := range list {
			l := words.line(e)
			if err := write(l.ISO, l.Act, l.Details, l.About, l.Who); err != nil {
				return err
			}
		}
		if n += len(list); !more {
			break
		}
		s.Before = list[len(list)-1].ID
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=\"journal-%s-%s.csv\"", s.From, s.To))
	_, err = file.WriteTo(w)
	return err
}
