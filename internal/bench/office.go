package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

// The bench's tenant: as large as a city, open every day of the week.
const (
	tenant    = "bench"
	wanted    = "ausweis" // the service that everybody wants
	sites     = 109
	perSite   = 4 // calendars
	calendars = sites * perSite
	services  = 40
	seats     = 4
	tick      = 5  // minutes
	minutes   = 10 // of a visit, and between two starts
	opens     = 8 * 60
	slotsADay = 60
	horizon   = 92
)

// contested: one attempt in so many wants the start that everybody wants.
const contested = 100

// zone of the bench's tenant.
const zone = "Europe/Berlin"

// city is the set-up of the tenant.
func city() *agenda.Setup {
	s := &agenda.Setup{
		Tenant:      agenda.Tenant{ID: tenant, Name: agenda.Plain("Bench"), Timezone: zone, Languages: []string{"de", "en"}, Phone: "05550 100"},
		Retention:   agenda.Retention{BookingDays: 400, StatisticsDays: 400, JournalDays: 400}, // no job tidies up between two measurements
		Departments: []agenda.Department{{ID: "amt", Name: agenda.Plain("Amt"), Invite: "request", Phone: "05550 110"}},
		Mail:        agenda.TenantMail{From: "Bench <bench@beispiel.example>"},
	}
	for i := range services {
		id := fmt.Sprintf("dienst-%02d", i)
		if i == 0 {
			id = wanted
		}
		s.Services = append(s.Services, agenda.Service{ID: id, Name: agenda.Plain("Dienst " + id), Minutes: minutes, MinutesMore: -1, MaxQuantity: 2,
			LeadMinutes: 60, HorizonDays: horizon, CancelByMinutes: 120, Modes: []string{agenda.ModeOnsite}, Public: agenda.VisiblePublic})
	}
	days := []string{"mo", "tu", "we", "th", "fr", "sa", "su"}
	for i := range sites {
		site := siteID(i)
		s.Sites = append(s.Sites, agenda.Site{ID: site, Name: agenda.Plain("Haus " + site), Street: fmt.Sprintf("Weg %d", i+1), PostalCode: "37000", City: "Musterstadt", Public: true})
		for j := range perSite {
			c := agenda.Calendar{ID: calendarID(i*perSite + j), Department: "amt", Site: site, Services: []agenda.Offer{{ID: wanted}},
				Contact: agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOptional}, TickMinutes: tick, Confirm: agenda.ConfirmNone, HoldMinutes: 20, ConfirmMinutes: 60,
				SlotTemplates: []agenda.SlotTemplate{{ID: "immer", Weekdays: days, From: opens, To: opens + slotsADay*minutes, SlotMinutes: minutes, EveryWeeks: 1,
					Seats: agenda.Seats{Total: seats, Public: seats}}}}
			for k := range 9 {
				c.Services = append(c.Services, agenda.Offer{ID: s.Services[1+(i+j+k*4)%(services-1)].ID})
			}
			s.Calendars = append(s.Calendars, c)
		}
	}
	return s
}

func siteID(i int) string { return fmt.Sprintf("haus-%03d", i) }

func calendarID(i int) string { return fmt.Sprintf("haus-%03d-%d", i/perSite, i%perSite) }

// walk hands out starts that are free, one seat after the other, so that two that
// follow one another are in different calendars; and now and then the one that
// everybody wants.
type walk struct {
	next  atomic.Int64
	today agenda.Date
	zone  *time.Location
}

func newWalk() (*walk, error) {
	z, err := time.LoadLocation(zone)
	return &walk{today: agenda.DateOf(time.Now().In(z)), zone: z}, err
}

// A wish is one attempt to book.
type wish struct {
	n        int64
	calendar string
	start    time.Time
}

func (w *walk) wish() wish {
	const days = 80 // within the horizon; the days after them hold the contested starts
	n := w.next.Add(1)
	if n%contested == 0 {
		const rivals = 64
		round := n / contested / rivals
		return w.at(n, round/slotsADay%calendars, days+1+round/slotsADay/calendars%4, round%slotsADay)
	}
	k := n / calendars
	return w.at(n, n%calendars, 1+k%days, k/days%slotsADay)
}

func (w *walk) at(n, calendar, day, slot int64) wish {
	start, _ := agenda.At(w.today+agenda.Date(day), agenda.Minute(opens+slot*minutes), w.zone)
	return wish{n, calendarID(int(calendar)), start}
}

func (w wish) email() string { return fmt.Sprintf("v%d@beispiel.example", w.n) }

// json is the wish as a program sends it.
func (w wish) json() []byte {
	return fmt.Appendf(nil, `{"services":[{"id":%q}],"calendar":%q,"start":%q,"name":"Ada Beispiel","email":%q}`, wanted, w.calendar, w.start.Format(time.RFC3339), w.email())
}

// office is the product in this process: a desk on a book with the city in it.
type office struct {
	*walk
	url  string
	desk *booking.Desk
}

// openOffice opens a book and applies the city where it is new. The data key is in
// dir, so that a service can open the same book.
func openOffice(ctx context.Context, url, dir string) (*office, error) {
	w, err := newWalk()
	if err != nil {
		return nil, err
	}
	keys, err := seal.LoadKeys(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return nil, err
	}
	o := &office{w, url, &booking.Desk{Store: s, Keys: keys, Limits: booking.Limits{BookingsPerPerson: 10, MailsPerDay: 10}}}
	there, err := o.desk.Tenants(ctx)
	if err == nil && len(there) == 0 {
		_, err = o.desk.Apply(ctx, city(), booking.ApplyOptions{Actor: "bench"})
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return o, nil
}

func (o *office) close() error { return o.desk.Store.Close() }

// book is one visit as a visitor books it.
func (o *office) book(ctx context.Context) error {
	w := o.wish()
	_, err := o.desk.BookNow(ctx, booking.Request{Tenant: tenant, Wish: the(wanted), Calendar: w.calendar, Start: w.start, By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: w.email()}, Language: "de"}, booking.Once{})
	if errors.Is(err, agenda.ErrTaken) || errors.Is(err, agenda.ErrOverloaded) {
		return load.ErrLost
	}
	return err
}

func the(service string) agenda.Wish {
	return agenda.Wish{Items: []agenda.Item{{Service: service, Quantity: 1}}}
}

// query asks for the days from tomorrow on.
func (o *office) query(days int, sites, calendars []string) booking.Search {
	return booking.Search{Tenant: tenant, Wish: the(wanted), Sites: sites, Calendars: calendars, From: o.today + 1, To: o.today + agenda.Date(days), By: agenda.Public, Brief: true}
}

// times goes through all that is free, as pages and answers do.
func (o *office) times(ctx context.Context, q booking.Search) error {
	found, err := o.desk.Times(ctx, q)
	if err != nil {
		return err
	}
	free := 0
	for _, times := range found.Days() {
		for _, t := range times {
			free += t.Free
		}
	}
	if free == 0 {
		return errors.New("nothing is free")
	}
	return nil
}

// slots makes a value of everything that is free.
func (o *office) slots(ctx context.Context, q booking.Search) error {
	f, err := o.desk.Availability(ctx, q)
	if err == nil && f.Empty() {
		err = errors.New("nothing is free")
	}
	return err
}
