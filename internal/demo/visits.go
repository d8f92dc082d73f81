package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
)

// Fill invents the visits of the days from today + from to today + to, both
// included, and reports how many there are.
func (c *County) Fill(ctx context.Context, from, to int) (n int, err error) {
	now, err := c.Desk.Now(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range tenants() {
		s, err := c.Desk.Setup(ctx, id)
		if err != nil {
			return n, err
		}
		today := agenda.DateOf(now.In(s.Zone()))
		var list []booking.Earlier
		for i := range s.Calendars {
			for d := today + agenda.Date(from); d <= today+agenda.Date(to); d++ {
				m := newMuse(s, &s.Calendars[i], d, now)
				list = append(list, m.day()...)
			}
		}
		taken, err := c.Desk.TakeOver(ctx, id, list, actor)
		if err != nil {
			return n, err
		}
		n += taken
	}
	return n, nil
}

// muse invents the visits of one day of one calendar.
type muse struct {
	*rand.Rand
	setup    *agenda.Setup
	calendar *agenda.Calendar
	date     agenda.Date
	now      time.Time
}

func newMuse(s *agenda.Setup, c *agenda.Calendar, d agenda.Date, now time.Time) *muse {
	h := fnv.New64a()
	h.Write([]byte(s.Tenant.ID + "/" + c.ID)) // never fails
	return &muse{rand.New(rand.NewPCG(h.Sum64(), uint64(d))), s, c, d, now}
}

// day proposes visits at the starts of the day; those that find no seat fall away
// when they are written.
func (m *muse) day() (list []booking.Earlier) {
	day := slots.Compile(m.setup, m.calendar, m.date)
	for start, raster := range day.Raster() {
		for range day.Seats(agenda.TickAt(start, m.calendar.TickMinutes)).Total {
			w := m.wish()
			p, ok := m.setup.Plan(m.calendar, w, agenda.Public)
			if !ok || m.Float64() > m.demand(start)*float64(raster)/float64(p.Minutes+p.Before+p.After) {
				continue
			}
			f := m.form()
			list = append(list, booking.Earlier{Calendar: m.calendar.ID, Wish: w, Start: start, Status: m.status(start), Form: f, Made: m.made(start)})
		}
	}
	return list
}

// demand is how much of the seats is asked for, from 0 to 1 and a little more: much
// in the next days, little in some weeks; more in the morning than late.
func (m *muse) demand(start time.Time) float64 {
	// Whole days: the same visits are invented at whatever second the demo starts.
	ahead := max(0, float64(m.date-agenda.DateOf(m.now.In(m.setup.Zone()))))
	d := max(0.12, 1.15-0.045*ahead)
	switch h := start.Hour(); {
	case h < 9:
		d *= 0.85
	case h < 11:
		d *= 1.25
	case h >= 15:
		d *= 0.7
	}
	if start.Weekday() == time.Monday {
		d *= 1.15
	}
	return d
}

// wish chooses what somebody comes for: what is offered first is wanted most.
func (m *muse) wish() agenda.Wish {
	offers := m.calendar.Services
	i := int(float64(len(offers)) * m.Float64() * m.Float64())
	svc, ok := m.setup.Service(offers[i].ID)
	if !ok {
		return agenda.Wish{}
	}
	w := agenda.Wish{Items: []agenda.Item{m.item(svc)}}
	if len(svc.Combinable) > 0 && m.IntN(6) == 0 {
		if more, ok := m.setup.Service(svc.Combinable[m.IntN(len(svc.Combinable))]); ok {
			w.Items = append(w.Items, m.item(more))
		}
	}
	return w
}

func (m *muse) item(svc *agenda.Service) agenda.Item {
	it := agenda.Item{Service: svc.ID, Quantity: 1}
	if svc.MaxQuantity > 1 && m.IntN(4) == 0 {
		it.Quantity += 1 + m.IntN(min(svc.MaxQuantity-1, 2))
	}
	for i := range svc.Questions {
		stay := svc.Questions[i].Staying()
		if svc.Questions[i].Type == agenda.AskSurname { // who comes here has a name that leads here
			stay = slices.DeleteFunc(stay, func(o *agenda.Option) bool {
				return len(o.Calendars) > 0 && !slices.Contains(o.Calendars, m.calendar.ID)
			})
		}
		if len(stay) > 0 {
			if it.Answers == nil {
				it.Answers = map[string]string{}
			}
			it.Answers[svc.Questions[i].ID] = stay[m.IntN(len(stay))].ID
		}
	}
	return it
}

// status is how such a visit stands at this moment.
func (m *muse) status(start time.Time) agenda.Status {
	chance := m.IntN(100)
	ago := m.now.Sub(start)
	switch {
	case ago > 24*time.Hour && chance < 6:
		return agenda.Cancelled
	case ago > 20*time.Minute && chance < 12:
		return agenda.NoShow
	case ago > 20*time.Minute:
		return agenda.Served
	case ago > -8*time.Minute && chance < 80:
		return agenda.CheckedIn
	case ago > 0:
		return agenda.Confirmed
	case chance < 5:
		return agenda.Cancelled
	case m.calendar.Confirm == agenda.ConfirmStaff && chance < 35:
		return agenda.Pending
	}
	return agenda.Confirmed
}

// made is when a visit that is over was booked: most of them days before, some weeks.
func (m *muse) made(start time.Time) time.Time {
	days := m.Float64() // drawn in any case: what follows is the same whatever the clock says
	if start.After(m.now) {
		return time.Time{}
	}
	return start.Add(-time.Duration(1+days*days*30*24) * time.Hour)
}

// form invents who comes. Nobody is called so, nobody reads mail at example.org,
// and nobody answers a phone with three zeros.
func (m *muse) form() booking.Form {
	given, family := pick(m, givenNames()), pick(m, familyNames())
	f := booking.Form{Language: "de"}
	f.Name = given + " " + family
	if m.IntN(8) == 0 {
		f.Language = "en"
	}
	if m.calendar.Contact.Email == agenda.ContactRequired || m.calendar.Contact.Email == agenda.ContactOptional && m.IntN(4) > 0 {
		f.Email = fmt.Sprintf("%s.%s%d@example.org", plain(given), plain(family), m.IntN(90)+10)
	}
	if m.calendar.Contact.Phone == agenda.ContactRequired || f.Email == "" {
		f.Phone = fmt.Sprintf("05551 000-%04d", m.IntN(10000))
	}
	if m.IntN(12) == 0 {
		f.Note = pick(m, notes())
	}
	return f
}

func pick(m *muse, list []string) string { return list[m.IntN(len(list))] }

func plain(name string) string {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "ç", "c", "ğ", "g", "ı", "i", "ş", "s", " ", "").Replace(strings.ToLower(name))
}

func givenNames() []string {
	return strings.Fields("Ada Ali Amira Anke Anton Ayşe Bela Björn Carla Cem Dagmar Dario Elif Emil Erika Farid Fatma Frieda Georg Hanna Heinz Ida Igor Ines Jakob Jana Jürgen Kaya Klaus Lena Levent Lina Luca Marek Maria Max Mehmet Mia Nadia Nils Olga Oskar Paul Petra Rahel René Rosa Samir Sina Sofia Tarek Thea Timo Ulla Uwe Vera Yusuf Zeynep")
}

func familyNames() []string {
	return strings.Fields("Muster Mustermann Musterfrau Beispiel Beispielmann Beispielsen Probe Probemann Probst-Muster Vorlage Platzhalter Fallstudie Erfunden Entwurf Skizze Modell Versuch Attrappe Testfall Testmann Schablone Blindtext Ohnesorg-Beispiel Niemand Irgendwer Fiktiv")
}

func notes() []string {
	return []string{"Ich komme mit Kinderwagen.", "Bitte im Erdgeschoss, ich gehe am Rollator.", "Ich bringe eine Person zum Übersetzen mit.", "Unterlagen habe ich schon per Post geschickt.", "I would prefer to speak English."}
}
