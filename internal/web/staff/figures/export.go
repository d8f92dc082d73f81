package figures

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/xuri/excelize/v2"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// export hands the figures out as a file: the same numbers as on the page, with the same
// ones hidden, of all breakdowns.
func (p *Part) export(write func(io.Writer, []sheet) error) office.Handler {
	return func(w http.ResponseWriter, q *office.Request) error {
		f := p.Frame(q)
		per, _ := readPeriod(q, f)
		if len(per.errors) > 0 {
			return &page.Error{Status: http.StatusUnprocessableEntity, Err: agenda.Invalid{{Field: "to", Code: "range"}}}
		}
		figures, err := p.Desk.Figures(q.Context(), q.Person, per.from, per.to)
		if err != nil {
			return err
		}
		var file bytes.Buffer
		if err := write(&file, newReport(f, figures).sheets()); err != nil {
			return err
		}
		kind, content := "csv", "text/csv; charset=utf-8"
		if strings.HasSuffix(q.URL.Path, ".xlsx") {
			kind, content = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		}
		w.Header().Set("Content-Type", content)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", per.fileName(kind)))
		_, err = file.WriteTo(w)
		return err
	}
}

// sheet is one breakdown in a file.
type sheet struct {
	name  string
	heads []string
	rows  [][]any // texts, and whole numbers where they may be shown
}

// sheets are all breakdowns of a report.
func (r *report) sheets() (list []sheet) {
	for _, by := range []string{"week", "month", "service", "site", "department", "calendar"} {
		s := sheet{name: r.T("staff.figures.name." + by), heads: []string{r.T("staff.figures.id"), r.T("staff.figures.name." + by)}}
		for _, c := range r.columns(by) {
			s.heads = append(s.heads, r.T("staff.figures.column."+c.key))
		}
		s.heads = append(s.heads, r.T("staff.figures.column.offered"))
		for _, l := range append(r.lines[by], r.total) {
			row := []any{l.id, l.label}
			for _, c := range r.columns(by) {
				row = append(row, r.value(l, c))
			}
			offered := any(l.Offered)
			if by == "service" {
				offered = noMark // seats are open for whatever their calendar offers
			}
			s.rows = append(s.rows, append(row, offered))
		}
		list = append(list, s)
	}
	return list
}

// value is a count as a number where it may be shown, else what the page says.
func (r *report) value(l *line, c column) any {
	of := map[string]measure{"booked": booked, "staff": staff, "walkIn": walkIn, "cancelled": cancelled, "byVisitor": byVisitor, "missed": missed, "served": served, "open": open}
	if m, ok := of[c.key]; ok && r.shows(l, m) {
		return values(l.Numbers)[m]
	}
	if c.key == "inVain" && l.vain >= 0 && r.tally.cells[l.vain].sight == shown {
		return l.InVain
	}
	return c.show(l)
}

// writeCSV writes RFC 4180: commas, CRLF, and a mark of the encoding, without which Excel
// takes umlauts for something else. All breakdowns stand below one another, each line
// with the name of its own.
func writeCSV(w io.Writer, sheets []sheet) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for _, s := range sheets {
		head := []string{office.Harmless(s.name)}
		for _, h := range s.heads {
			head = append(head, office.Harmless(h))
		}
		if err := c.Write(head); err != nil {
			return err
		}
		for _, row := range s.rows {
			line := []string{office.Harmless(s.name)}
			for _, v := range row {
				line = append(line, office.Harmless(fmt.Sprint(v)))
			}
			if err := c.Write(line); err != nil {
				return err
			}
		}
	}
	c.Flush()
	return c.Error()
}

// writeXLSX writes a workbook with a sheet for each breakdown. Texts are written as
// texts: what looks like a formula is none.
func writeXLSX(w io.Writer, sheets []sheet) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	for i, s := range sheets {
		name := []rune(strings.NewReplacer(":", " ", "\\", " ", "/", " ", "?", " ", "*", " ", "[", " ", "]", " ", "'", " ").Replace(s.name))
		title := string(name[:min(len(name), 31)]) // what Excel allows
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), title)
		} else {
			_, err = f.NewSheet(title)
		}
		if err != nil {
			return err
		}
		if err := fillSheet(f, title, s); err != nil {
			return err
		}
	}
	_, err = f.WriteTo(w)
	return err
}

func fillSheet(f *excelize.File, title string, s sheet) error {
	rows := [][]any{nil}
	for _, h := range s.heads {
		rows[0] = append(rows[0], h)
	}
	for y, row := range append(rows, s.rows...) {
		for x, v := range row {
			cell, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				return err
			}
			if n, ok := v.(int64); ok {
				err = f.SetCellInt(title, cell, n)
			} else {
				err = f.SetCellStr(title, cell, fmt.Sprint(v))
			}
			if err != nil {
				return err
			}
		}
	}
	return f.SetColWidth(title, "B", "B", 40)
}
