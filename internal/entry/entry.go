// Package entry writes a booking as an entry for somebody's calendar: what the
// visitor's letter and download carry, and what a feed shows at its level of
// detail. Here alone is decided what an entry reveals.
//
// It refuses to know who asks, how an entry is encoded (package ical does) and
// how it travels. Start reading at Event.
package entry

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
)

// Visit is a booking with what it refers to, opened for somebody who may see it.
// A booking.Card converts to it: entry.Visit(*card).
type Visit struct {
	*agenda.Booking
	Private  agenda.Private
	Setup    *agenda.Setup
	Calendar *agenda.Calendar
	Gone     bool
	Busy     bool // nothing but the time may be told
}

// Detail is how much an entry tells.
type Detail string

// The levels of detail. All but ForVisitor and ForStaff are those of a feed.
const (
	ForVisitor Detail = ""        // the visitor's own entry
	ForStaff   Detail = "staff"   // by letter to the office: what its letters say
	Busy       Detail = "busy"    // that there is something
	Service    Detail = "service" // what it is about, not who comes
	Full       Detail = "full"    // what staff know
)

// Event is the entry of a visit, in the language of p. A sensitive service shows
// nothing but the tenant's name, the address and the reference, except in full
// detail. After retention nothing is left for full detail: it is service then.
// There is never a link in it, since people share calendars.
func Event(v Visit, p *i18n.Printer, detail Detail) ical.Event {
	w := words{Visit: v, p: p, sensitive: v.Setup.Sensitive(v.Items)}
	switch {
	case v.Busy:
		detail = Busy
	case detail == Full && v.Sealed == nil:
		detail = Service
	}
	e := ical.Event{
		UID: v.UID, Sequence: v.Sequence, Start: v.Start, End: v.End, Zone: v.Setup.Zone(), Changed: v.Changed,
		Private:   w.sensitive,
		Cancelled: v.Status == agenda.Cancelled || v.Status == agenda.Expired,
		Tentative: v.Status == agenda.Pending || v.Status == agenda.Held,
	}
	if detail == Busy {
		e.Summary, e.Private = p.T("entry.busy"), false // or else it would tell which visits are sensitive
		return e
	}
	e.Summary, e.Description = w.summary(), w.description()
	w.locate(&e)
	switch {
	case detail == Full:
		e.Summary = p.T("entry.named", "services", w.services(), "visitor", v.Private.Name)
		e.Description = w.everything()
	case detail == ForStaff && !w.sensitive:
		e.Summary = p.T("entry.named", "services", w.services(), "visitor", v.Private.Name)
		e.Description = w.brief()
	case detail == ForVisitor:
		e.Organizer, e.Attendee = w.organizer(), ical.Address{Name: v.Private.Name, Mail: v.Private.Email}
		e.Alarm = true
	}
	return e
}

// words finds the texts of one visit in one language.
type words struct {
	Visit
	p         *i18n.Printer
	sensitive bool
}

func (w words) text(t agenda.Text) string { return w.Setup.Text(t, w.p.Lang()) }

func (w words) summary() string {
	if w.sensitive {
		return w.p.T("entry.neutral", "tenant", w.text(w.Setup.Tenant.Name))
	}
	return w.services()
}

func (w words) services() string {
	var names []string
	for _, it := range w.Items {
		names = append(names, w.item(it))
	}
	return strings.Join(names, ", ")
}

func (w words) item(it agenda.Item) string {
	name := it.Service
	if s, ok := w.Setup.ServiceOf(it.Service); ok {
		name = w.text(s.Name)
	}
	if it.Quantity > 1 {
		return w.p.T("entry.item", "n", it.Quantity, "name", name)
	}
	return name
}

func (w words) line(label, value string) string {
	return w.p.T("entry.line", "label", w.p.T(label), "value", value)
}

// description is what the visitor needs on the day.
func (w words) description() string {
	reference := w.line("common.reference", w.Reference)
	if w.sensitive {
		return reference
	}
	lines := []string{w.line("common.service", w.services())}
	if how := w.how(); how != "" {
		lines = append(lines, how)
	}
	if room := w.text(w.Calendar.Room); room != "" && w.Mode == agenda.ModeOnsite {
		lines = append(lines, w.line("common.room", room))
	}
	lines = append(lines, reference)
	return strings.Join(append(lines, w.checklist()...), "\n")
}

func (w words) how() string {
	switch w.Mode {
	case agenda.ModePhone, agenda.ModeVideo, agenda.ModeHome:
		return w.p.T("entry." + w.Mode)
	}
	return ""
}

func (w words) checklist() (lines []string) {
	seen := map[string]bool{}
	for _, it := range w.Items {
		s, ok := w.Setup.ServiceOf(it.Service)
		if !ok {
			continue
		}
		for _, t := range s.Checklist {
			if text := w.text(t); !seen[text] {
				seen[text] = true
				lines = append(lines, "- "+text)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	head := "entry.bring"
	if w.Mode != agenda.ModeOnsite {
		head = "entry.remote"
	}
	return append([]string{"", w.p.T(head)}, lines...)
}

// brief is what a letter to staff says of a visit: nothing that a visitor typed but the name.
func (w words) brief() string {
	lines := []string{w.line("common.service", w.services())}
	if how := w.how(); how != "" {
		lines = append(lines, how)
	}
	if w.Private.Name != "" {
		lines = append(lines, w.line("entry.visitor", w.Private.Name))
	}
	if room := w.text(w.Calendar.Room); room != "" && w.Mode == agenda.ModeOnsite {
		lines = append(lines, w.line("common.room", room))
	}
	return strings.Join(append(lines, w.line("common.reference", w.Reference)), "\n")
}

// everything is what staff see of a visit in their own calendar.
func (w words) everything() string {
	var lines []string
	for _, it := range w.Items {
		lines = append(lines, w.line("common.service", w.item(it)))
		lines = append(lines, w.answers(it)...)
	}
	if how := w.how(); how != "" {
		lines = append(lines, how)
	}
	for _, l := range [][2]string{
		{"entry.visitor", w.Private.Name}, {"entry.contact", w.Private.ContactName}, {"common.phone", w.Private.Phone},
		{"common.email", w.Private.Email}, {"common.note", w.Private.Note}, {"entry.staffNote", w.Private.StaffNote},
		{"entry.case", w.Private.CaseReference}, {"common.reference", w.Reference},
	} {
		if l[1] != "" {
			lines = append(lines, w.line(l[0], l[1]))
		}
	}
	return strings.Join(lines, "\n")
}

func (w words) answers(it agenda.Item) (lines []string) {
	s, ok := w.Setup.ServiceOf(it.Service)
	if !ok {
		return nil
	}
	for _, q := range s.Questions {
		if a := it.Answers[q.ID]; a != "" {
			lines = append(lines, w.p.T("entry.line", "label", w.text(q.Label), "value", w.answer(q, a)))
		}
	}
	return lines
}

func (w words) answer(q agenda.Question, a string) string {
	if q.Type == "yesno" && (a == "yes" || a == "no") {
		return w.p.T("common." + a)
	}
	if o := q.Option(a); o != nil {
		return w.text(o.Label)
	}
	return a
}

// locate names the place, where the visitor has to go to one.
func (w words) locate(e *ical.Event) {
	site, ok := w.Setup.SiteOf(w.Calendar.Site)
	if !ok || w.Mode != agenda.ModeOnsite {
		return
	}
	e.Location = site.Address()
	if site.Lat != 0 || site.Lon != 0 {
		e.Geo = &ical.Geo{Lat: site.Lat, Lon: site.Lon}
	}
}

// organizer is the mailbox that the letters come from: the department's, and for
// a sensitive service the tenant's, since a department's name would tell.
func (w words) organizer() ical.Address {
	from := w.Setup.Mail.From
	if d, ok := w.Setup.DepartmentOf(w.Calendar.Department); ok && d.Mail != "" && !w.sensitive {
		from = d.Mail
	}
	name, address, err := agenda.ParseMailbox(from)
	if err != nil {
		return ical.Address{} // nobody to name; letters need one and say so
	}
	if name == "" || w.sensitive {
		name = w.text(w.Setup.Tenant.Name)
	}
	return ical.Address{Name: name, Mail: address}
}
