// Package arena is a small invented town where proofs let many people fight for few
// seats: its set-up, its desks on one database (one store for each process that there
// would be), what is known of its visits, and acts of the ledger done at a desk.
//
// It refuses to judge answers: it puts the product's words into those of the ledger.
// Start reading at Open, then Desk.Do.
package arena

import (
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/prove/ledger"
)

// Begin is when the time of an arena begins: Monday, 6 July 2026, 07:00 in the town.
func Begin() time.Time { return time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC) }

// Cells is how many starts of ten minutes a day has, from 08:00.
const Cells = 6

// calendar is one of the town's, as the ledger and the product know it.
type calendar struct {
	id      string
	confirm string
	rules   ledger.Rules
	seats   ledger.Seats
}

// calendars are those of the town, one for every way to become certain, and one that
// takes no holds.
func calendars() []calendar {
	return []calendar{
		{"sofort", agenda.ConfirmNone, ledger.Rules{Confirm: ledger.AtOnce, Hold: 2, Office: true}, ledger.Seats{Total: 3, Public: 2}},
		{"post", agenda.ConfirmEmail, ledger.Rules{Confirm: ledger.ByMail, Hold: 2, Answer: 3, Office: true}, ledger.Seats{Total: 2, Public: 2}},
		{"amt", agenda.ConfirmStaff, ledger.Rules{Confirm: ledger.ByStaff, Hold: 2}, ledger.Seats{Total: 1, Public: 1}},
		{"ohne", agenda.ConfirmNone, ledger.Rules{Confirm: ledger.AtOnce}, ledger.Seats{Total: 1, Public: 1}},
	}
}

// CalendarID is the name of a calendar by its number.
func CalendarID(n int8) string { return calendars()[n].id }

// Seats are those that the town begins with.
func Seats() (all []ledger.Seats) {
	for _, c := range calendars() {
		all = append(all, c.seats)
	}
	return all
}

// Book is the empty book of the town.
func Book() *ledger.Book {
	b := &ledger.Book{Cells: Cells, Seats: Seats()}
	for _, c := range calendars() {
		b.Rules = append(b.Rules, c.rules)
	}
	return b
}

// ServiceID names the service that takes a number of cells.
func ServiceID(cells int8) string { return []string{"kurz", "lang"}[cells-1] }

// Start is when a place begins.
func Start(p ledger.Place) time.Time {
	return Begin().Add(time.Duration(p.Minute()) * time.Minute)
}

// Town is the set-up of a tenant.
func Town(tenant string, seats []ledger.Seats) *agenda.Setup {
	service := func(cells int8) agenda.Service {
		return agenda.Service{ID: ServiceID(cells), Name: agenda.Plain(ServiceID(cells)), Minutes: int(cells) * ledger.CellSize, MinutesMore: -1, MaxQuantity: 1,
			LeadMinutes: ledger.Lead, HorizonDays: ledger.Horizon, CancelByMinutes: ledger.CancelBy, Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic}
	}
	s := &agenda.Setup{
		Tenant:      agenda.Tenant{ID: tenant, Name: agenda.Plain("Streitstadt"), Timezone: "Europe/Berlin", Languages: []string{"de"}, Phone: "05550 100"},
		Mail:        agenda.TenantMail{From: "Streitstadt <termine@streitstadt.example>"},
		Retention:   agenda.Retention{BookingDays: 400, StatisticsDays: 400, JournalDays: 400},
		Departments: []agenda.Department{{ID: "amt", Name: agenda.Plain("Amt"), Phone: "05550 110", Mail: "Amt <amt@streitstadt.example>", Invite: "request"}},
		Sites:       []agenda.Site{{ID: "rathaus", Name: agenda.Plain("Rathaus"), Street: "Marktplatz 1", PostalCode: "37000", City: "Streitstadt", Public: true}},
		Services:    []agenda.Service{service(1), service(2)},
	}
	for i, c := range calendars() {
		cal := agenda.Calendar{ID: c.id, Department: "amt", Site: "rathaus", Contact: agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOptional},
			TickMinutes: 5, Confirm: c.confirm, HoldMinutes: int(c.rules.Hold), ConfirmMinutes: max(1, int(c.rules.Answer)),
			Services: []agenda.Offer{{ID: ServiceID(1)}, {ID: ServiceID(2)}},
			SlotTemplates: []agenda.SlotTemplate{{ID: "tag", Weekdays: []string{"mo", "tu", "we", "th", "fr", "sa", "su"}, From: ledger.Opens, To: ledger.Opens + Cells*ledger.CellSize,
				SlotMinutes: ledger.CellSize, Seats: agenda.Seats{Total: int(seats[i].Total), Public: int(seats[i].Public)}, EveryWeeks: 1}}}
		if c.rules.Office {
			cal.StaffMail = agenda.StaffMail{To: "buero@streitstadt.example", On: []string{"booked", "moved", "cancelled"}}
		}
		s.Calendars = append(s.Calendars, cal)
	}
	return s
}

// Clerk is staff of the whole town.
func Clerk(tenant string) *agenda.Person {
	return &agenda.Person{Tenant: tenant, ID: "clerk", Name: "Uwe Muster", Role: agenda.Clerk}
}

func seatsOf(s *agenda.Setup) (all []ledger.Seats) {
	for i := range s.Calendars {
		t := s.Calendars[i].SlotTemplates[0].Seats
		all = append(all, ledger.Seats{Total: int8(t.Total), Public: int8(t.ForPublic())})
	}
	return all
}
