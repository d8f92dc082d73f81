// Package busy asks the calendars elsewhere that tenants name when they are busy, and
// hands the answer to the act that keeps it.
//
// It refuses to know what busy times do to the book, and how calendars are written. What
// it meets on the way becomes a word: no address and nothing of an answer is logged,
// shown or kept. Start reading at Importer.Due.
package busy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/foreign"
	"terminvergabe/internal/outbound"
	"terminvergabe/internal/store"
)

// Words for what went wrong, beside those of outbound.Category.
const (
	NoCalendar = "no_calendar" // what came is none
	TooMuch    = "too_much"    // more than is read
	Sealed     = "sealed"      // the address cannot be opened
)

const (
	atOnce  = 4  // hosts
	perHost = 5  // sources of one host in one go, one after the other
	inOneGo = 50 // sources
)

// Importer asks calendars elsewhere. Its fields are set once.
type Importer struct {
	Desk   *booking.Desk
	Client *outbound.Client
}

// Due asks all sources whose time has come. One that fails is no error here: it is
// written down with the source.
func (m *Importer) Due(ctx context.Context) error {
	list, err := m.Desk.BusyDue(ctx, inOneGo)
	if err != nil || len(list) == 0 {
		return err
	}
	hosts := map[string][]store.BusyKey{}
	for _, s := range list {
		host, fault := m.host(ctx, s.BusyKey)
		if fault != nil { // of one tenant: the others are asked
			err = errors.Join(err, fmt.Errorf("calendar elsewhere %s of %s/%s: %w", s.Source, s.Tenant, s.Calendar, fault))
			continue
		}
		if len(hosts[host]) < perHost {
			hosts[host] = append(hosts[host], s.BusyKey)
		}
	}
	var wg sync.WaitGroup
	gate, faults := make(chan bool, atOnce), make(chan error, len(list))
	for _, keys := range hosts {
		wg.Go(func() {
			gate <- true
			defer func() { <-gate }()
			for _, k := range keys {
				if err := m.ask(ctx, k); err != nil && !errors.Is(err, agenda.ErrConflict) && !errors.Is(err, agenda.ErrNotFound) {
					faults <- fmt.Errorf("calendar elsewhere %s of %s/%s: %w", k.Source, k.Tenant, k.Calendar, err)
				}
			}
		})
	}
	wg.Wait()
	close(faults)
	for fault := range faults {
		err = errors.Join(err, fault)
	}
	return err
}

// Now asks one source at once, for somebody who waits. It fails as booking.Desk.AskByHand
// does, and with agenda.ErrConflict where somebody is at it.
func (m *Importer) Now(ctx context.Context, p *agenda.Person, k store.BusyKey) error {
	if err := m.Desk.AskByHand(ctx, p, k); err != nil {
		return err
	}
	return m.ask(ctx, k)
}

// May tells whether an address that somebody typed could be asked, without asking
// anybody: nil, or the word for what is wrong with it.
func (m *Importer) May(address string) error { return m.Client.Check(web(address)) }

// host is whom a source's address leads to; "" where that cannot be told.
func (m *Importer) host(ctx context.Context, k store.BusyKey) (string, error) {
	s, err := m.Desk.Setup(ctx, k.Tenant)
	if err != nil {
		return "", err
	}
	c, ok := s.Calendar(k.Calendar)
	if !ok {
		return "", nil
	}
	source, ok := c.BusySource(k.Source)
	if !ok {
		return "", nil
	}
	return m.Desk.BusyHost(k.Tenant, source), nil
}

// ask asks one source and keeps what it says.
func (m *Importer) ask(ctx context.Context, k store.BusyKey) error {
	a, err := m.Desk.AskBusy(ctx, k)
	if err != nil {
		return err
	}
	news, err := m.answer(ctx, a)
	if err != nil {
		return err
	}
	return m.Desk.KeepBusy(ctx, a, news)
}

func (m *Importer) answer(ctx context.Context, a booking.BusyAsk) (n booking.BusyNews, err error) {
	if a.Address == "" {
		return booking.BusyNews{Fault: Sealed}, nil
	}
	etag, modified := a.State.ETag, a.State.Modified
	if a.Whole {
		etag, modified = "", ""
	}
	got, err := m.Client.Get(ctx, web(a.Address), etag, modified)
	var category outbound.Category
	switch {
	case errors.As(err, &category):
		return booking.BusyNews{Fault: string(category), Retry: min(got.RetryAfter, 24*time.Hour)}, nil
	case err != nil:
		return n, err // this process ends
	case got.NotModified:
		return booking.BusyNews{Same: true, ETag: etag, Modified: modified}, nil
	}
	sum := sha256.Sum256(got.Body)
	n = booking.BusyNews{Digest: hex.EncodeToString(sum[:]), ETag: short(got.ETag), Modified: short(got.LastModified)}
	if n.Digest == a.State.Digest && !a.Whole {
		n.Same = true
		return n, nil
	}
	return n, m.read(ctx, a, got.Body, &n)
}

// read finds out when a calendar is busy, without the visits that are booked here.
func (m *Importer) read(ctx context.Context, a booking.BusyAsk, body []byte, n *booking.BusyNews) error {
	begin, _ := agenda.At(a.From, 0, a.Zone)
	end, _ := agenda.At(a.To, 0, a.Zone)
	c, err := understood(body, foreign.Window{From: begin, To: end, Zone: a.Zone, Ignore: a.Source.Ignore})
	switch {
	case errors.Is(err, foreign.ErrTooMuch):
		*n = booking.BusyNews{Fault: TooMuch}
		return nil
	case err != nil:
		*n = booking.BusyNews{Fault: NoCalendar}
		return nil
	}
	var uids []string
	for _, e := range c.Entries {
		uids = append(uids, e.UID)
	}
	own, err := m.Desk.OwnVisits(ctx, a.State.Tenant, uids)
	if err != nil {
		return err
	}
	n.Strange, n.Floating, n.Clock = c.Strange, c.Floating, c.Zone
	for _, e := range c.Entries {
		if own[e.UID] {
			continue
		}
		n.Entries++
		for _, t := range e.Times {
			n.Times = append(n.Times, agenda.BusyTime{Source: a.State.Source, From: t.From, To: t.To})
		}
	}
	return nil
}

// understood survives what nobody has thought of: a calendar that makes the reader give
// up is none.
func understood(body []byte, w foreign.Window) (c foreign.Calendar, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = foreign.ErrNoCalendar
		}
	}()
	return foreign.Read(body, w)
}

// web is the address to ask: webcal is what calendar programs call https.
func web(address string) string {
	for _, scheme := range []string{"webcal://", "webcals://"} {
		if rest, ok := strings.CutPrefix(address, scheme); ok {
			return "https://" + rest
		}
	}
	return address
}

// short is a validator that can be kept; one that is too long is none.
func short(s string) string {
	if len(s) > 500 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return s
}
