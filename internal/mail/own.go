package mail

import (
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// own adds what the department wrote, line by line, with its placeholders filled in. A
// sensitive letter has nothing of the department's.
func (w *writer) own(text string) {
	if w.Sensitive || strings.TrimSpace(text) == "" {
		return
	}
	text = agenda.FillIn(text, map[string]string{
		"name": SafeName(w.VisitorName), "date": w.Printer.Date(w.Start), "time": w.Printer.Time(w.Start),
		"service": join(w.itemNames(w.Items), ", "), "site": oneLine(w.Place.Site), "reference": oneLine(w.Reference), "phone": w.phone(),
	})
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	w.add(block{Lines: strings.Join(lines, "\n")})
}

// Speak gives a letter the words that the department has for its kind.
func (l *Letter) Speak(s *agenda.Setup, d *agenda.Department) {
	if own := d.Letters.Of(string(l.Kind)); own != nil {
		l.Own = s.Text(*own, l.Printer.Lang())
	}
	l.Signature = s.Text(d.Letters.Signature, l.Printer.Lang())
}

// Invent makes a letter a trial about an invented visit to a department's first
// calendar, at ten in the morning a week after now, which is in the office's zone.
func (l *Letter) Invent(s *agenda.Setup, department string, now time.Time) {
	lang := l.Printer.Lang()
	w := writer{Letter: *l}
	l.Sample, l.VisitorName, l.Reference = true, w.t("sample.name"), "ABCDE-23456"
	y, m, d := now.Date()
	l.Start = time.Date(y, m, d+7, 10, 0, 0, 0, now.Location())
	l.End = l.Start.Add(30 * time.Minute)
	l.OldStart, l.OldEnd = time.Time{}, time.Time{}
	if l.Kind == Changed {
		l.OldStart = l.Start.Add(-48 * time.Hour)
	}
	l.Items = []Item{{Name: w.t("sample.service")}}
	for i := range s.Calendars {
		c := &s.Calendars[i]
		if c.Department != department {
			continue
		}
		for _, o := range c.Services {
			if svc, ok := s.Service(o.ID); ok && !svc.Sensitive {
				l.Items[0] = Item{Name: s.Text(svc.Name, lang), Fee: s.Text(svc.Fee, lang)}
				break
			}
		}
		if site, ok := s.Site(c.Site); ok {
			l.Place = Place{Site: s.Text(site.Name, lang), Street: site.Street, PostalCode: site.PostalCode, City: site.City, Room: s.Text(c.Room, lang), Phone: site.Phone}
		}
		return
	}
}
