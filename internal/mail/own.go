package mail

import (
	"strings"

	"terminvergabe/internal/agenda"
)

// own adds what an office wrote, line by line, with its placeholders filled in. A sensitive
// letter has nothing of it.
func (w *writer) own(said agenda.Said) {
	if text := w.fillIn(said.Text); text != "" {
		w.add(block{Lines: text, Lang: said.Lang, RTL: said.Lang == "ar"})
	}
}

// fillIn gives a text of the office as it stands in this letter; "" where there is none, or
// it must not stand there.
func (w *writer) fillIn(text string) string {
	if w.Sensitive || strings.TrimSpace(text) == "" {
		return ""
	}
	all := map[string]string{
		"name": SafeName(w.VisitorName), "date": w.Printer.Date(w.Start), "time": w.Printer.Time(w.Start),
		"service": w.list(w.itemNames(w.Items)), "site": oneLine(w.Place.Site), "reference": oneLine(w.Reference), "phone": w.phone(),
		"department": oneLine(w.Department.Name), "tenant": oneLine(w.Tenant.Name),
	}
	values := map[string]string{}
	for _, name := range agenda.PlaceholdersIn(string(w.Kind)) {
		values[name] = all[name]
	}
	lines := strings.Split(strings.TrimSpace(agenda.FillIn(text, values)), "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	return strings.Join(lines, "\n")
}

// maxSubject is how many characters an office's subject has at most, filled in.
const maxSubject = 200

// ownSubject is the office's subject of the letter; "": ours is to stand there.
func (w *writer) ownSubject() string {
	if w.Kind.Staff() {
		return ""
	}
	subject := []rune(oneLine(w.fillIn(w.Wording.Subject.Text)))
	return headerText(string(subject[:min(len(subject), maxSubject)]))
}

// Speak gives a letter the words that the offices have for its kind and its services.
func (l *Letter) Speak(s *agenda.Setup, department string, items []agenda.Item) {
	l.Wording = s.Wording(string(l.Kind), l.Printer.Lang(), department, items)
	l.Colour = s.Brand.Colour
}
