package mail

import (
	"cmp"
	"slices"
	"time"

	"terminvergabe/internal/agenda"
)

// Invented is what a trial of a letter is about. Empty fields: the first that there is.
type Invented struct {
	Department string
	Service    string
	Calendar   string
	State      string // of the kind's States; empty: as booked
}

// States are what can be so with a visit, and changes what a letter of the kind says.
func (k Kind) States() []string {
	list := []string{"sensitive"}
	if k == ProofCode || k == AddressRequest || k == AddressChanged {
		return nil // they say nothing of the visit
	}
	list = append(list, "several", "phone", "video", "home")
	if k.takesPlace() && k != ConfirmRequest && k != Received && k != Links {
		list = append(list, "late")
	}
	if k.Moves() {
		list = append(list, "place", "by-hand")
	}
	if k == Confirmed || k.Moves() {
		list = append(list, "asked")
	}
	switch {
	case k.CallsOff():
		list = append(list, "by-hand")
	case k == Reminder:
		list = append(list, "asked", "comes")
	case k == Proposal:
		list = append(list, "call")
	}
	return list
}

// Invent makes a letter a trial about an invented visit, at ten in the morning a week after
// now, which is in the office's zone. Its words are those of the services that the visit is
// for.
func (l *Letter) Invent(s *agenda.Setup, of Invented, now time.Time) {
	w := writer{Letter: *l}
	l.Sample, l.VisitorName, l.Reference = true, w.t("sample.name"), "ABCDE-23456"
	y, m, d := now.Date()
	l.Start = time.Date(y, m, d+7, 10, 0, 0, 0, now.Location())
	l.End = l.Start.Add(30 * time.Minute)
	l.CancelBy = l.Start.Add(-2 * time.Hour)
	c := of.calendar(s)
	items := of.items(s, c)
	department := of.Department
	if c != nil {
		department = cmp.Or(department, c.Department)
		l.Place = placeOf(s, c, l.Printer.Lang())
	}
	if d, ok := s.Department(department); ok {
		l.Department.Name, l.Department.Phone = s.Text(d.Name, l.Printer.Lang()), d.Phone
	}
	l.Items = nil
	for _, it := range items {
		svc, _ := s.Service(it.Service)
		item := Item{Name: s.Text(svc.Name, l.Printer.Lang()), Quantity: it.Quantity, Fee: s.Text(svc.Fee, l.Printer.Lang())}
		for _, thing := range svc.Checklist {
			item.Checklist = append(item.Checklist, s.Text(thing, l.Printer.Lang()))
		}
		l.Items = append(l.Items, item)
	}
	if len(items) == 0 {
		l.Items = []Item{{Name: w.t("sample.service")}}
	}
	l.Sensitive = s.Sensitive(items)
	l.inState(of.State)
	l.Speak(s, department, items)
}

// inState changes the visit, and what the kind of letter has of its own.
func (l *Letter) inState(state string) {
	page, w := l.ManageURL, writer{Letter: *l}
	if l.Kind.Moves() || l.Kind == Proposal {
		l.OldStart, l.OldEnd = l.Start.Add(-48*time.Hour), l.End.Add(-48*time.Hour)
	}
	switch l.Kind {
	case ConfirmRequest, AddressRequest:
		l.ConfirmURL, l.ConfirmBy = page, l.Sent.Add(time.Hour)
	case Proposal:
		l.ProposalURL, l.ProposalBy = page, l.Sent.Add(72*time.Hour)
	case ProofCode:
		l.Code, l.ConfirmBy = "123456", l.Sent.Add(15*time.Minute)
	case Reminder:
		l.ComingURL = page
	case Lapsed:
		l.AnswerBy = l.Sent
	}
	switch state {
	case "phone", "video", "home":
		l.Mode = state
	case "late":
		l.CancelBy = l.Sent
	case "sensitive":
		l.Sensitive = true
	case "place":
		l.OldStart, l.OldEnd, l.OldPlace = time.Time{}, time.Time{}, w.t("sample.place")
	case "by-hand":
		l.EntriesByHand = true
	case "asked":
		l.AnswerBy = l.Sent.Add(24 * time.Hour)
	case "comes":
		l.Comes = true
	case "call":
		l.CallAfter = true
	}
	if l.Kind == Links {
		l.Visits = []Visit{{l.Start, l.End, l.Items, l.Mode, l.Place, page}, {l.Start.AddDate(0, 0, 7), l.End.AddDate(0, 0, 7), l.Items[:1], l.Mode, l.Place, page}}
	}
}

// calendar is where the invented visit would be; nil: there is none.
func (of Invented) calendar(s *agenda.Setup) *agenda.Calendar {
	var best *agenda.Calendar
	for i := range s.Calendars {
		c := &s.Calendars[i]
		_, offers := c.Offer(of.Service)
		switch {
		case of.Department != "" && c.Department != of.Department, of.Calendar != "" && c.ID != of.Calendar, of.Service != "" && !offers:
		case best == nil:
			best = c
		}
	}
	return best
}

// items are what the visit would be for: the service that was asked for, else one of the
// calendar's that may be named; where it is for several, another one too.
func (of Invented) items(s *agenda.Setup, c *agenda.Calendar) (items []agenda.Item) {
	if _, ok := s.Service(of.Service); ok {
		items = append(items, agenda.Item{Service: of.Service, Quantity: 1})
	}
	wanted := 1
	if of.State == "several" {
		wanted = 2
	}
	for i := range s.Services {
		svc := &s.Services[i]
		if len(items) >= wanted {
			break
		}
		offered := false
		if c != nil {
			_, offered = c.Offer(svc.ID)
		}
		if offered && !svc.Sensitive && !slices.ContainsFunc(items, func(it agenda.Item) bool { return it.Service == svc.ID }) {
			items = append(items, agenda.Item{Service: svc.ID, Quantity: 1})
		}
	}
	if of.State == "several" && len(items) > 0 {
		items[0].Quantity = 2
	}
	return items
}

func placeOf(s *agenda.Setup, c *agenda.Calendar, lang string) (p Place) {
	if site, ok := s.Site(c.Site); ok {
		p = Place{Site: s.Text(site.Name, lang), Street: site.Street, PostalCode: site.PostalCode, City: site.City, Room: s.Text(c.Room, lang), Phone: site.Phone}
	}
	return p
}
