package paper

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/staff/office"
)

// pdf gives the list as a file, for printing without a browser.
func (p *Part) pdf(w http.ResponseWriter, q *office.Request) error {
	l, err := p.list(q)
	if err != nil {
		return err
	}
	file, err := draw(l)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	w.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s-%s.pdf"`, l.T("staff.paper.file"), l.Date))
	_, err = w.Write(file)
	return err
}

// The sheet, in millimetres: A4 on its side.
const (
	margin     = 10.0
	foot       = 14.0 // kept free at the end
	lineHeight = 4.6
	family     = "go"
)

// column of the table; its cell prints one line's texts.
type column struct {
	key   string
	width float64
	cell  func(line) []string
}

// columns are long because they are all of the table: what stands where, how wide.
func columns() []column {
	tick := func(done ...agenda.Status) func(line) []string {
		return func(l line) []string {
			for _, s := range done {
				if l.Done == s {
					return []string{"X"}
				}
			}
			return []string{"☐"}
		}
	}
	return []column{
		{"common.time", 26, func(l line) []string { return []string{l.Time} }},
		{"common.name", 58, func(l line) []string { return []string{l.Name, l.Reference} }},
		{"common.service", 58, func(l line) []string { return append(append([]string(nil), l.What...), l.Mark) }},
		{"common.phone", 36, func(l line) []string { return []string{l.Phone} }},
		{"staff.paper.notes", 54, func(l line) []string { return l.Notes }},
		{"staff.act.check-in", 15, tick(agenda.CheckedIn, agenda.Served)},
		{"staff.act.serve", 15, tick(agenda.Served)},
		{"staff.act.no-show", 15, tick(agenda.NoShow)},
	}
}

// sheet is a list being drawn.
type sheet struct {
	*fpdf.Fpdf
	list    *listPage
	letters *letters
	lost    bool // something could not be written as it is
}

func draw(l *listPage) ([]byte, error) {
	known, err := newLetters(goregular.TTF)
	if err != nil {
		return nil, err
	}
	s := &sheet{Fpdf: fpdf.New("L", "mm", "A4", ""), list: l, letters: known}
	s.AddUTF8FontFromBytes(family, "", goregular.TTF)
	s.AddUTF8FontFromBytes(family, "B", gobold.TTF)
	s.SetMargins(margin, margin, margin)
	s.SetAutoPageBreak(false, foot)
	s.SetTitle(s.fit(l.Title), true)
	s.SetLang(l.Lang)
	s.AliasNbPages("{pages}")
	s.SetFooterFunc(s.footer)
	for _, g := range l.Groups {
		s.table(g)
	}
	if len(l.Groups) == 0 {
		s.AddPage()
		s.heading(l.Title, "")
		s.CellFormat(0, 10, s.fit(l.T("staff.day.empty")), "", 1, "L", false, 0, "")
	}
	if s.lost {
		s.SetFont(family, "", 8)
		s.CellFormat(0, 8, s.fit(l.T("staff.paper.lost")), "", 1, "L", false, 0, "")
	}
	var out bytes.Buffer
	if err := s.Output(&out); err != nil {
		return nil, fmt.Errorf("day list: %w", err)
	}
	return out.Bytes(), nil
}

// fit is a text as the font can write it.
func (s *sheet) fit(text string) string {
	text, lost := s.letters.fit(text)
	s.lost = s.lost || lost
	return text
}

func (s *sheet) footer() {
	s.SetY(-foot + 4)
	s.SetFont(family, "", 8)
	made := s.list.T("staff.paper.made", "time", s.list.Made)
	if s.list.AsOf != "" {
		made = s.list.T("staff.paper.asOf", "time", s.list.AsOf)
	}
	s.CellFormat(138, 5, s.fit(made), "", 0, "L", false, 0, "")
	s.CellFormat(0, 5, s.fit(s.list.T("staff.paper.page"))+" "+strconv.Itoa(s.PageNo())+" / {pages}", "", 0, "R", false, 0, "")
}

func (s *sheet) heading(title, about string) {
	s.SetFont(family, "B", 14)
	s.CellFormat(0, 8, s.fit(title), "", 1, "L", false, 0, "")
	s.SetFont(family, "", 10)
	if about != "" {
		s.CellFormat(0, 6, s.fit(about), "", 1, "L", false, 0, "")
	}
	s.Ln(2)
}

// table draws one calendar's visits, from the top of a page: a sheet goes to each desk.
func (s *sheet) table(g group) {
	s.top(g)
	_, height := s.GetPageSize()
	for _, l := range g.Lines {
		texts, most := s.wrap(l)
		h := float64(most)*lineHeight + 3
		if s.GetY()+h > height-foot {
			s.top(g)
		}
		y := s.GetY()
		for i, c := range columns() {
			x := s.GetX()
			s.Rect(x, y, c.width, h, "D")
			if i == 1 {
				s.SetFont(family, "B", 9.5)
			}
			if len(texts[i]) == 1 && (texts[i][0] == "☐" || texts[i][0] == "X") {
				s.box(x+c.width/2-2, y+1.8, texts[i][0] == "X")
			} else {
				for k, t := range texts[i] {
					s.SetXY(x+1, y+1.5+float64(k)*lineHeight)
					s.CellFormat(c.width-2, lineHeight, t, "", 0, "L", false, 0, "")
				}
			}
			s.SetFont(family, "", 9.5)
			s.SetXY(x+c.width, y)
		}
		s.SetXY(margin, y+h)
	}
}

// box is to be ticked with a pen, or is ticked.
func (s *sheet) box(x, y float64, ticked bool) {
	s.Rect(x, y, 4, 4, "D")
	if ticked {
		s.Line(x, y, x+4, y+4)
		s.Line(x, y+4, x+4, y)
	}
}

// top begins a page with the heads of the columns.
func (s *sheet) top(g group) {
	s.AddPage()
	s.heading(s.list.Title+"  ·  "+g.Name, g.Count)
	s.SetFont(family, "B", 8.5)
	for _, c := range columns() {
		s.CellFormat(c.width, 6, s.fit(s.list.T(c.key)), "B", 0, "L", false, 0, "")
	}
	s.Ln(6.5)
	s.SetFont(family, "", 9.5)
}

// wrap breaks the texts of a line to the widths of the columns; most is the height.
func (s *sheet) wrap(l line) (texts [][]string, most int) {
	s.SetFont(family, "B", 9.5) // the wider face: nothing is cut
	most = 1
	for _, c := range columns() {
		var lines []string
		for _, text := range c.cell(l) {
			if text == "☐" || text == "X" {
				lines = append(lines, text)
				continue
			}
			for _, part := range strings.Split(text, "\n") {
				if part = strings.TrimSpace(s.fit(part)); part != "" {
					lines = append(lines, s.SplitText(part, c.width-2)...)
				}
			}
		}
		texts = append(texts, lines)
		most = max(most, len(lines))
	}
	s.SetFont(family, "", 9.5)
	return texts, most
}
