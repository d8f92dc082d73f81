package abuse

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// opening is when the fixture's clock starts, whatever the real date is.
var opening = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

// berlin is the zone of both towns.
func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

// word makes a canary: a word that exists once, of letters alone.
func word() string {
	text := strings.NewReplacer("2", "a", "3", "e", "4", "i", "5", "o", "6", "u", "7", "y").Replace(strings.ToLower(rand.Text()[:14]))
	return "K" + text
}

// secret looks like a secret of the program, and is none.
func secret() string { return rand.Text() }

// Visitor is somebody who books. Every value exists once.
type Visitor struct {
	Tenant, Department       string // where they booked; "" nowhere yet
	Name, Email, Phone, Note string
}

// NewVisitor invents somebody.
func NewVisitor() *Visitor {
	w := word()
	digits := make([]byte, 8)
	if _, err := rand.Read(digits); err != nil {
		panic(err)
	}
	phone := "0555"
	for _, d := range digits {
		phone += string('0' + rune(d%10))
	}
	return &Visitor{Name: "Vera " + w, Email: strings.ToLower(word()) + "@besuch.example", Phone: phone, Note: "Notiz " + word()}
}

// canaries are the words of which none may show: the last ones of name and note, whatever
// a case puts before them.
func (v *Visitor) canaries() []string {
	last := func(s string) string { return s[strings.LastIndex(s, " ")+1:] }
	return []string{last(v.Name), v.Email, v.Phone, last(v.Note)}
}

// account is somebody of the staff. Its name among the cases says who: town, role,
// department.
type account struct {
	who, tenant, role, department string
	name, email, password         string
	disabled                      bool
}

// people are the accounts of the fixture: each role in the whole of t1, some in a
// department, one who has left, and two in t2.
func people() (list []*account) {
	for _, who := range []string{
		"t1.admin", "t1.lead", "t1.planner", "t1.clerk", "t1.reception", "t1.auditor", "t1.county", "t1.disabled",
		"t1.clerk.o1", "t1.clerk.o2", "t1.planner.o1", "t1.lead.o1", "t2.admin", "t2.clerk",
	} {
		part := append(strings.Split(who, "."), "")
		w := word()
		a := &account{who: who, tenant: part[0], role: part[1], department: part[2], name: "Stella " + w, email: strings.ToLower(w) + "@amt.example", password: secret()}
		if a.role == "disabled" {
			a.role, a.disabled = "clerk", true
		}
		list = append(list, a)
	}
	return list
}

// tokens are the API tokens of the fixture.
func tokens() []string {
	return []string{"t1.admin", "t1.planner", "t1.clerk", "t1.auditor", "t1.clerk.o1", "t1.clerk.o2", "t2.admin", "t2.clerk"}
}

// feeds are the calendar feeds of the fixture by name: what they show, and how much of it.
func feeds() map[string][]string {
	return map[string][]string{
		"k1.busy":    {"t1", "--calendar", "k1", "--detail", "busy"},
		"k1.service": {"t1", "--calendar", "k1", "--detail", "service"},
		"k1.full":    {"t1", "--calendar", "k1", "--detail", "full"},
		"o1.full":    {"t1", "--department", "o1", "--detail", "full"},
		"t1.service": {"t1", "--all", "--detail", "service"},
		"t2.full":    {"t2", "--all", "--detail", "full"},
	}
}

// seats is how many seats the calendars have in all.
func seats() map[string]int {
	return map[string]int{"k1": 1, "k2": 1, "wide": 5, "mail": 1, "desk": 1, "z1": 1}
}

// departments says whose the calendars are.
func departments() map[string]string {
	return map[string]string{"k1": "o1", "k2": "o2", "wide": "o1", "mail": "o1", "desk": "o1", "z1": "oz"}
}

// townFile is the tenant file of t1; cases that need other set-up edit its text.
func townFile() string {
	return `tenant: {id: t1, name: Stadt Eins, timezone: Europe/Berlin, languages: [de, en, de-x-leicht, tr, uk, ru, ar, pl, fr], phone: "05550 100"}
mail: {from: "Stadt Eins <termine@eins.example>"}
departments:
  - {id: o1, name: Amt Eins, phone: "05550 110", mail: "Amt Eins <amt1@eins.example>"}
  - {id: o2, name: Amt Zwei, phone: "05550 120", mail: "Amt Zwei <amt2@eins.example>"}
sites: [{id: r1, name: Rathaus, street: Markt 1, postalCode: "37000", city: Einsstadt}]
services:
  - {id: s1, name: Kurzes Anliegen, minutes: 20, maxQuantity: 3, combinable: [s2]}
  - {id: s2, name: Langes Anliegen, minutes: 60}
calendars:
` + calendarLine("k1", "o1", "confirm: none", "{total: 1}") +
		calendarLine("k2", "o2", "confirm: none", "{total: 1}") +
		calendarLine("wide", "o1", "confirm: none", "{total: 5, public: 3}") +
		calendarLine("mail", "o1", "confirm: email", "{total: 1}") +
		calendarLine("desk", "o1", "confirm: staff", "{total: 1}")
}

func calendarLine(id, department, confirm, seats string) string {
	return fmt.Sprintf("  - {id: %s, department: %s, site: r1, %s, reminders: [], services: [{id: s1}, {id: s2}],\n"+
		"     slotTemplates: [{id: tag, weekdays: [mo, tu, we, th, fr, sa, su], from: \"08:00\", to: \"18:00\", slotMinutes: 20, seats: %s}]}\n", id, department, confirm, seats)
}

// neighbourFile is the tenant file of t2.
func neighbourFile() string {
	return `tenant: {id: t2, name: Stadt Zwei, timezone: Europe/Berlin, languages: [de, en], phone: "05560 100"}
mail: {from: "Stadt Zwei <termine@zwei.example>"}
departments: [{id: oz, name: Amt Z, mail: "Amt Z <amt@zwei.example>"}]
sites: [{id: r1, name: Rathaus, street: Markt 2, postalCode: "37001", city: Zweistadt}]
services:
  - {id: s1, name: Kurzes Anliegen, minutes: 20}
  - {id: s2, name: Langes Anliegen, minutes: 60}
calendars:
` + calendarLine("z1", "oz", "confirm: none", "{total: 1}")
}
