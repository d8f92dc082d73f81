package feed_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
)

// naive encodes what a feed shows without any memory and without stencils.
func (o *office) naive(secret, name string) []byte {
	o.t.Helper()
	a, err := o.FeedBy(o.t.Context(), secret)
	if err != nil {
		o.t.Fatal(err)
	}
	v, err := o.ReadFeed(o.t.Context(), a, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	var events []ical.Event
	for _, day := range v.Visits {
		for _, b := range day {
			card, err := o.FeedCard(v, b)
			if err != nil {
				o.t.Fatal(err)
			}
			e := entry.Event(entry.Visit(*card), o.catalogue.Printer(v.Setup.Language("")), entry.Detail(a.Detail))
			e.Remind = a.Alarm
			events = append(events, e)
		}
	}
	return ical.Feed(ical.FeedInfo{Name: name, Zone: v.Setup.Zone(), Refresh: time.Hour}, events)
}

// Whatever happens to the book, a feed from memory is the feed that is read anew, byte for
// byte, and no tag ever stands for two of them. What does not change the bytes does not
// change the tag.
func TestMemoryIsAsNew(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		secrets, tags := map[string]string{}, map[string][]byte{}
		for _, x := range [][3]string{{"all", "", "service"}, {"all", "", "full"}, {"calendar", "buergerbuero", "busy"}, {"department", "buergerdienste", "service"}, {"site", "nebenstelle", "full"}} {
			_, secrets[x[0]+x[2]] = o.create(x[0], x[1], x[2])
		}
		names := map[string]string{"allservice": "Musterstadt", "allfull": "Musterstadt"}
		check := func(after string) {
			t.Helper()
			for id, secret := range secrets {
				r := o.ask("GET", secret)
				got, tag := body(t, r), r.Header.Get("ETag")
				cal, err := ical.Parse(got)
				if err != nil {
					t.Fatal(err)
				}
				name := cal.Name
				if want, ok := names[id]; ok && want != name {
					t.Fatalf("got name %q, want %q", name, want)
				}
				if want := o.naive(secret, name); !bytes.Equal(got, want) {
					t.Fatalf("%s, after %s: got\n%s\nwant\n%s", id, after, got, want)
				}
				if known, ok := tags[tag]; ok && !bytes.Equal(known, got) {
					t.Fatalf("%s, after %s: one tag for two feeds", id, after)
				}
				tags[tag] = got
				if again := o.ask("GET", secret, "If-None-Match", tag); again.StatusCode != 304 {
					t.Fatalf("%s, after %s: got %s for the same tag", id, after, again.Status)
				}
			}
		}
		check("nothing")
		random := rand.New(rand.NewPCG(6, 2026))
		var receipts []booking.Receipt
		one := func() booking.Receipt { return receipts[random.IntN(len(receipts))] }
		for i := range 40 {
			act := random.IntN(7)
			if i < 6 {
				act = 0
			}
			err := o.anyAct(act, random, c, &receipts, one)
			check(fmt.Sprintf("act %d (%d): %v", i, act, err))
		}
		if len(tags) < 25 {
			t.Errorf("only %d different feeds were seen", len(tags))
		}
	})
}

// anyAct does something to the book; what the book refuses is no act.
func (o *office) anyAct(act int, random *rand.Rand, c *desktest.Clock, receipts *[]booking.Receipt, one func() booking.Receipt) error {
	ctx, town := o.t.Context(), "musterstadt"
	today := int(agenda.DateOf(c.Now()) - agenda.DateOf(desktest.At(0, "12:00")))
	start := desktest.At(today+1+random.IntN(4), fmt.Sprintf("%02d:%02d", 8+random.IntN(3), 30*random.IntN(2)))
	var err error
	switch act {
	case 0, 1:
		v := desktest.Ada
		v.Email = fmt.Sprintf("ada%d@beispiel.example", random.IntN(1000))
		where := [][2]string{{"buergerbuero", "pass"}, {"impfung", "impfen"}}[random.IntN(2)]
		var r booking.Receipt
		r, err = o.BookNow(ctx, booking.Request{Tenant: town, Wish: desktest.Wish(where[1]), Calendar: where[0], Start: start, By: agenda.Public, Actor: booking.ActorVisitor},
			booking.Form{Visitor: v, Language: "de"}, booking.Once{})
		if err == nil {
			*receipts = append(*receipts, r)
		}
	case 2:
		_, err = o.Move(ctx, town, one().Manage, booking.Target{Start: start})
	case 3:
		_, err = o.Cancel(ctx, town, one().Manage)
	case 4:
		c.Advance(time.Duration(random.IntN(600)) * time.Minute)
	case 5:
		if c.Now().Hour() > 12 {
			c.Advance(24 * time.Hour)
		}
		_, err = o.Forget(ctx, 100)
	case 6:
		s := desktest.Musterstadt()
		current, e := o.Setup(ctx, town)
		if e != nil {
			return e
		}
		s.Revision = current.Revision
		s.Services[0].Name = agenda.Plain(fmt.Sprintf("Dienst %d", random.IntN(3)))
		_, err = o.Apply(ctx, s, booking.ApplyOptions{Actor: "test", Strand: true})
	}
	return err
}

// A change of another process is in the feed as soon as it is told, at the latest with the
// next look at the database.
func TestReplicasAgree(t *testing.T) {
	for name, url := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "book.db"), "PostgreSQL": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			one, c := desktest.Open(t, url)
			a, b := serve(t, one), serve(t, desktest.Beside(t, url, c))
			_, secret := a.create("all", "", "full")
			for i := range 6 {
				a.book("buergerbuero", desktest.At(1, fmt.Sprintf("%02d:00", 8+i/2)), "pass")
				first := a.ask("GET", secret)
				want, got := first.Header.Get("ETag"), ""
				for begin := time.Now(); got != want && time.Since(begin) < 3*store.Recheck; time.Sleep(10 * time.Millisecond) {
					got = b.ask("GET", secret).Header.Get("ETag")
				}
				if got != want {
					t.Fatalf("replicas give %s and %s", want, got)
				}
				if r := b.ask("GET", secret, "If-Modified-Since", first.Header.Get("Last-Modified")); r.StatusCode != 304 && i == 0 {
					t.Errorf("the date of one replica: the other one says %s", r.Status)
				}
			}
		})
	}
}

// What another process has answered is in the next answer here, where the engine lets that
// be known: whoever has the bytes from before is never told that nothing has changed.
func TestNothingStaleOnOneFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	one, c := desktest.Open(t, file)
	a, b := serve(t, one), serve(t, desktest.Beside(t, file, c))
	_, secret := a.create("all", "", "service")
	for i := range 6 {
		first := b.ask("GET", secret)
		tag, date := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		if r := b.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 304 {
			t.Fatalf("unchanged: got %s", r.Status)
		}
		a.book("buergerbuero", desktest.At(1, fmt.Sprintf("%02d:%02d", 8+i/2, i%2*30)), "pass")
		if r := b.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 200 {
			t.Errorf("booked elsewhere: got %s for the tag from before", r.Status)
		}
		if r := b.ask("GET", secret, "If-Modified-Since", date); r.StatusCode != 200 {
			t.Errorf("booked elsewhere: got %s for the date from before", r.Status)
		}
	}
}

// A clerk's own feed is what they may see at each moment, and nothing when they are gone.
func TestOwnFeedFollowsRightsG4(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		clerk := &agenda.Person{Tenant: "musterstadt", ID: "clerk", Name: "Clerk", Role: agenda.Clerk, Department: "soziales"}
		account := store.Account{Person: *clerk, Email: "clerk@musterstadt.example", Created: c.Now()}
		change := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := d.Store.Update(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tx *store.Tx) error { _, err := tx.AddAccount(account); return err })
		_, secret, err := d.CreateOwnFeed(t.Context(), clerk, store.Feed{Detail: "full", Alarm: 15})
		if err != nil {
			t.Fatal(err)
		}
		o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
		other := o.book("impfung", desktest.At(1, "08:00"), "impfen")
		if text := string(body(t, o.ask("GET", secret))); strings.Contains(text, "VEVENT") || !strings.Contains(text, "END:VTIMEZONE") {
			t.Errorf("G4: of another department's visits the clerk sees\n%s", text)
		}
		account.Department = "buergerdienste"
		change(func(tx *store.Tx) error { return tx.SaveAccount(account) })
		if text := string(body(t, o.ask("GET", secret))); !strings.Contains(text, "Ada Beispiel") || !strings.Contains(text, other.Booking.UID) || !strings.Contains(text, "TRIGGER:-PT15M") {
			t.Errorf("of their own department the clerk sees\n%s", text)
		}
		if _, _, err := d.CreateOwnFeed(t.Context(), &agenda.Person{Tenant: "musterstadt", ID: "nobody", Role: agenda.Clerk}, store.Feed{Detail: "busy"}); !errors.Is(err, agenda.ErrForbidden) {
			t.Errorf("without an account: got %v", err)
		}
		account.Disabled = true
		change(func(tx *store.Tx) error { return tx.SaveAccount(account) })
		if r := o.ask("GET", secret); r.StatusCode != 404 {
			t.Errorf("of a disabled account: got %s", r.Status)
		}
	})
}
