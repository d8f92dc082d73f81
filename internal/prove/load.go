package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	random "math/rand/v2"
	"sync"
	"time"

	"terminvergabe/internal/prove/service"
)

// town is a tenant with two calendars that are open around the clock, each with so
// many seats.
func town(seats int) string {
	calendar := `
  - {id: %s, department: amt, site: haus, confirm: none, services: [{id: ausweis}],
     slotTemplates: [{id: immer, weekdays: [mo, tu, we, th, fr, sa, su], from: "00:00", to: "24:00", slotMinutes: 10, seats: {total: %d}}]}`
	return `tenant: {id: stadt, name: Stadt}
mail: {from: "Stadt <termine@stadt.example>"}
departments: [{id: amt, name: Amt}]
sites: [{id: haus, name: Haus, street: Markt 1, postalCode: "37000", city: Stadt}]
services: [{id: ausweis, name: Ausweis, minutes: 10}]
calendars:` + fmt.Sprintf(calendar, "nord", seats) + fmt.Sprintf(calendar, "sued", seats) + "\n"
}

// load is clients that book, move and cancel, and remember every answer.
type load struct {
	book     *book
	clients  int
	days     int          // how many days the bookings are spread over
	acts     int          // of each client; 0: until the context ends
	seed     uint64       // of what the clients do
	position func() int64 // when an answer comes; nil: 0
}

// run works until the context ends or, for each client, its service stops answering.
func (l *load) run(ctx context.Context, services []*service.Client) {
	var wg sync.WaitGroup
	for n := range l.clients {
		c := &client{load: l, service: services[n%len(services)], chance: random.New(random.NewPCG(l.seed, uint64(n)))}
		wg.Go(func() {
			for n := 0; ctx.Err() == nil && (l.acts == 0 || n < l.acts); n++ {
				// An act that has begun is waited for: only the service leaves it unanswered.
				if !c.act(context.WithoutCancel(ctx)) {
					return
				}
			}
		})
	}
	wg.Wait()
}

// client is one of many. It acts on its own bookings alone.
type client struct {
	*load
	service *service.Client
	chance  *random.Rand
	mine    []*visit
}

// act does one random thing; false says that nobody answers any more.
func (c *client) act(ctx context.Context) bool {
	dice := c.chance.IntN(10)
	switch {
	case len(c.mine) == 0 || dice < 6:
		return c.make(ctx)
	case dice < 9:
		return c.move(ctx)
	}
	return c.cancel(ctx)
}

// wish is a random start in a random calendar.
func (c *client) wish() service.Wish {
	first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3)
	start := first.Add(time.Duration(c.chance.IntN(c.days*144)) * 10 * time.Minute)
	return service.Wish{Services: []service.Item{{ID: "ausweis", Quantity: 1}}, Calendar: []string{"nord", "sued"}[c.chance.IntN(2)], Start: start.Format(time.RFC3339)}
}

// unclear says that an act may have happened or not: there was no answer, or one
// that blames the service.
func unclear(err error) bool {
	var p *service.Problem
	return err != nil && (!errors.As(err, &p) || p.Status >= 500)
}

// goes says whether it makes sense to ask again.
func goes(err error) bool {
	var p *service.Problem
	return err == nil || errors.As(err, &p)
}

func (c *client) now() int64 {
	if c.position == nil {
		return 0
	}
	return c.position()
}

// make books in one of three ways: at once, through a hold, as staff.
func (c *client) make(ctx context.Context) bool {
	o := order{key: rand.Text(), body: service.Order{Wish: c.wish(), Visitor: service.Visitor{Name: "Ada Beispiel", Email: "ada@beispiel.example"}}}
	switch c.chance.IntN(4) {
	case 0:
		o.staff = c.service.Token != ""
	case 1:
		h, err := c.service.Hold(ctx, o.body.Wish)
		if err != nil {
			if unclear(err) {
				c.book.silence(err)
			}
			return goes(err)
		}
		o.body.Hold, o.body.Wish = h.Hold, service.Wish{}
	}
	v, err := o.send(ctx, c.service)
	if unclear(err) {
		c.book.silence(err)
		c.book.unanswered(o)
	}
	if err != nil {
		return goes(err)
	}
	v.states[0].known = c.now()
	c.book.booked(v)
	c.mine = append(c.mine, v)
	return true
}

// send asks for a booking.
func (o order) send(ctx context.Context, s *service.Client) (*visit, error) {
	book := s.Book
	if o.staff {
		book = s.StaffBook
	}
	b, err := book(ctx, o.key, o.body)
	if err != nil {
		return nil, err
	}
	if b.Status != "confirmed" || b.Secret() == "" {
		return nil, fmt.Errorf("a booking was answered with %+v", b)
	}
	return &visit{id: b.ID, secret: b.Secret(), states: []state{{start: b.Start}}}, nil
}

// take removes a random visit of the client's.
func (c *client) take() *visit {
	i := c.chance.IntN(len(c.mine))
	v := c.mine[i]
	c.mine[i] = c.mine[len(c.mine)-1]
	c.mine = c.mine[:len(c.mine)-1]
	return v
}

func (c *client) move(ctx context.Context) bool {
	v, w := c.take(), c.wish()
	start, err := time.Parse(time.RFC3339, w.Start)
	if err != nil || start.Equal(v.last().start) { // who is there already gets no letter
		c.mine = append(c.mine, v)
		return true
	}
	next := state{start: start, moves: v.last().moves + 1}
	_, err = c.service.Move(ctx, v.secret, w.Calendar, w.Start)
	return c.heard(v, next, err)
}

func (c *client) cancel(ctx context.Context) bool {
	v := c.take()
	next := v.last()
	next.cancelled = true
	var err error
	if c.service.Token != "" && c.chance.IntN(2) == 0 {
		_, err = c.service.StaffAct(ctx, v.id, "cancel")
	} else {
		_, err = c.service.Cancel(ctx, v.secret)
	}
	return c.heard(v, next, err)
}

// heard notes how an act on a visit ended. Who got no answer leaves the visit alone.
func (c *client) heard(v *visit, next state, err error) bool {
	switch {
	case unclear(err):
		next.known = never
		c.book.told(v, next)
		c.book.silence(err)
		return goes(err)
	case err == nil:
		next.known = c.now()
		c.book.told(v, next)
	}
	if !v.last().cancelled {
		c.mine = append(c.mine, v)
	}
	return true
}
