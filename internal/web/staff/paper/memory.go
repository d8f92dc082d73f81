package paper

import (
	"context"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/staff/office"
)

// refreshed is how often Run looks at each office at work.
const refreshed = time.Minute

// Memory holds the visits of today and tomorrow of each tenant whose staff has been at
// work today. It is safe for use by many goroutines. What it holds is personal: it is
// dropped with the end of its day, and when nobody of the office has come for a day.
type Memory struct {
	Desk *booking.Desk

	once  sync.Once
	wake  chan string // a tenant whose staff has just come to work
	mu    sync.Mutex
	known map[string]*kept // by tenant
}

// kept are one tenant's days.
type kept struct {
	used    agenda.Date // the last day on which somebody was at work
	present store.Present
	asOf    time.Time // when the days were last known to be as they are
	read    time.Time // the same by the process's clock, which goes on when the database is gone
	days    map[agenda.Date][]*booking.Card
}

func (m *Memory) begin() {
	m.once.Do(func() { m.wake, m.known = make(chan string, 16), map[string]*kept{} })
}

// Watch stands around recognising who asks: whoever comes to work has the lists of their
// office kept from then on.
func (m *Memory) Watch(recognise func(context.Context, string) (office.Known, error)) func(context.Context, string) (office.Known, error) {
	return func(ctx context.Context, secret string) (office.Known, error) {
		k, err := recognise(ctx, secret)
		if err == nil {
			m.note(k)
		}
		return k, err
	}
}

func (m *Memory) note(k office.Known) {
	m.begin()
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.known[k.Person.Tenant]
	if of == nil {
		of = &kept{}
		m.known[k.Person.Tenant] = of
		select {
		case m.wake <- k.Person.Tenant:
		default: // Run comes by within a minute
		}
	}
	of.used = max(of.used, agenda.DateOf(k.Now))
}

// Run keeps the lists fresh until the context ends.
func (m *Memory) Run(ctx context.Context) {
	m.begin()
	tick := time.NewTicker(refreshed)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case tenant := <-m.wake:
			m.Refresh(ctx, tenant)
		case <-tick.C:
			for _, tenant := range m.tenants() {
				m.Refresh(ctx, tenant)
			}
		}
	}
}

func (m *Memory) tenants() (list []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for tenant := range m.known {
		list = append(list, tenant)
	}
	return list
}

// Refresh reads the days of one tenant again, where they can have changed. Where they
// cannot be read, those that are known stay, without those that are over.
func (m *Memory) Refresh(ctx context.Context, tenant string) {
	m.begin()
	p, err := m.Desk.Present(ctx, tenant)
	if err == nil {
		_, err = m.Desk.HasKey(ctx) // the set-up may be remembered: a look at the database itself
	}
	if err != nil {
		m.drop(tenant, 0)
		return
	}
	today := agenda.DateOf(p.Now.In(p.Setup.Zone()))
	if m.drop(tenant, today) || m.same(tenant, p, today) {
		return
	}
	days := map[agenda.Date][]*booking.Card{}
	everything := &agenda.Person{Tenant: tenant, ID: booking.ActorJob, Role: agenda.Admin}
	for _, date := range []agenda.Date{today, today + 1} {
		if days[date], err = m.Desk.ListFor(ctx, everything, "", "", date, date); err != nil {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if of := m.known[tenant]; of != nil {
		of.present, of.asOf, of.read, of.days = p, p.Now, time.Now(), days
	}
}

// drop forgets days that are over, and the whole tenant where nobody has been at work
// today; then it reports true. today is 0 where the database does not say.
func (m *Memory) drop(tenant string, today agenda.Date) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.known[tenant]
	if of == nil {
		return true
	}
	if today == 0 && of.present.Setup != nil {
		today = agenda.DateOf(of.asOf.Add(time.Since(of.read)).In(of.present.Setup.Zone()))
	}
	for date := range of.days {
		if date < today {
			delete(of.days, date)
		}
	}
	if of.used < today {
		delete(m.known, tenant)
		return true
	}
	return false
}

// same reports that nothing has changed since the days were read; then they are of now.
// A database that others write to as well is read again each time.
func (m *Memory) same(tenant string, p store.Present, today agenda.Date) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.known[tenant]
	if of == nil || of.days[today] == nil || of.days[today+1] == nil || p.Shared || of.present.Setup != p.Setup || of.present.Edition != p.Edition {
		return false
	}
	of.asOf, of.read = p.Now, time.Now()
	return true
}

// Day gives the visits of a day as they were last known, and when that was: those in
// calendars that a person may see. What the person may not open is Busy. ok is false
// where the day is not held.
func (m *Memory) Day(p *agenda.Person, date agenda.Date) (cards []*booking.Card, asOf time.Time, ok bool) {
	m.begin()
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.known[p.Tenant]
	if of == nil {
		return nil, time.Time{}, false
	}
	all, ok := of.days[date]
	for _, c := range all {
		if !p.MayIn(agenda.SeeBookings, c.Calendar) {
			continue
		}
		if !p.MayOpen(c.Calendar) {
			b := &agenda.Booking{Start: c.Start, End: c.End, Status: c.Status, Calendar: c.Booking.Calendar, Date: c.Date}
			c = &booking.Card{Booking: b, Setup: c.Setup, Calendar: c.Calendar, Gone: c.Gone, Busy: true}
		}
		cards = append(cards, c)
	}
	return cards, of.asOf, ok
}
