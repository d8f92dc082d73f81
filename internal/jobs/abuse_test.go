package jobs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/store"
)

// Case F7: whoever books with a stranger's address cannot write to them: of what they typed
// a letter has the name alone, short and without anything that a program makes a link of.
func TestF7FreeTextReachesNoStranger(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := start(t)
	change(t, d, func(x *agenda.Setup) {
		x.Services[0].Questions = []agenda.Question{{ID: "woher", Label: agenda.Plain("Woher?"), Type: "text"}}
		x.Calendars[1].Reminders = []agenda.Span{{Days: 1}}
	}, desktest.Musterstadt())
	r := settled(t, d, s)
	const canary = "Kanarienvogel"
	wish := desktest.Wish("ausweis")
	wish.Items[0].Answers = map[string]string{"woher": canary + " https://boese.example/a"}
	visitor := agenda.Visitor{Name: "Ada https://boese.example/b www.boese.example boese.example " + strings.Repeat("lang ", 12), Email: ada, Note: canary + " kaufen Sie jetzt: boese.example/c", Phone: "05550 4711"}
	b, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: wish, Calendar: "ausweise", Start: desktest.At(3, "08:00"), By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: visitor, Language: "de"}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	once(t, r)
	private, err := d.Private(stored(t, d, b.Booking))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Confirm(t.Context(), "musterstadt", private.Confirm); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	if _, err := d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(4, "08:00")}); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	c.Set(desktest.At(3, "08:01"))
	once(t, r)
	if _, err := d.Cancel(t.Context(), "musterstadt", b.Manage); err != nil {
		t.Fatal(err)
	}
	once(t, r)
	list := arrived(t, s, ada)
	if len(list) != 5 {
		t.Errorf("got %v, want five letters", subjects(list))
	}
	for _, l := range list {
		all := l.subject + l.header.Get("To") + l.text + l.html + strings.ReplaceAll(string(l.inline), "\r\n ", "")
		for _, bad := range []string{canary, "boese.example", "kaufen"} {
			if strings.Contains(all, bad) {
				t.Errorf("%s says %q", l.subject, bad)
			}
		}
	}
}

// Case F10: what an office tells many at once is one letter to each, about their own visit
// alone, as many as the preview counted, and none before it cannot be undone any more.
func TestF10ManyAreToldOneByOne(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := start(t)
		r := settled(t, d, s)
		references := map[string]string{}
		for n := range 6 {
			email := fmt.Sprintf("v%d@d%d.beispiel.example", n, n%2)
			b, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(2, "08:00").Add(time.Duration(n/2) * 10 * time.Minute),
				By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{})
			if err != nil {
				t.Fatal(err)
			}
			references[email] = b.Booking.Reference
		}
		once(t, r)
		s.take()
		n := happen(t, d, agenda.ActCancel)
		_, affected, err := d.Affected(t.Context(), &agenda.Person{Tenant: "musterstadt", ID: "lead", Role: agenda.Lead}, n.ID)
		if err != nil || len(affected) != 6 {
			t.Fatalf("the preview counts %d, %v, want 6", len(affected), err)
		}
		visitors := func() []read {
			return slices.DeleteFunc(arrived(t, s, ""), func(l read) bool { return references[l.to] == "" })
		}
		c.Advance(booking.IncidentUndo - time.Second)
		once(t, r)
		if early := visitors(); len(early) > 0 {
			t.Errorf("got %v while it could be undone", subjects(early))
		}
		c.Advance(time.Minute)
		once(t, r)
		once(t, r)
		list := visitors()
		told := map[string]int{}
		for _, l := range list {
			told[l.to]++
			if l.header.Get("To") != "<"+l.to+">" || l.header.Get("Cc")+l.header.Get("Bcc") != "" {
				t.Errorf("To %q, Cc %q, Bcc %q, want %s alone", l.header.Get("To"), l.header.Get("Cc"), l.header.Get("Bcc"), l.to)
			}
			for email, reference := range references {
				if all := l.text + l.html + string(l.inline) + string(l.attached); email != l.to && (strings.Contains(all, reference) || strings.Contains(all, email)) {
					t.Errorf("the letter to %s names %s", l.to, email)
				}
			}
		}
		if len(list) != 6 || len(told) != 6 {
			t.Errorf("got %v, want one to each of six", subjects(list))
		}
	})
}

// Case F14: mail is down for a day. Then confirmations come once, reminders whose time is
// past are dropped and counted, and no minute has more letters than the limit.
func TestF14AfterADayWithoutMail(t *testing.T) {
	d, c := desktest.SQLite(t)
	change(t, d, func(x *agenda.Setup) {
		x.Calendars[3].Reminders = []agenda.Span{{Minutes: 180}}
		x.Calendars[0].StaffMail = agenda.StaffMail{}
	}, desktest.Musterstadt())
	w := relayAt(t, c)
	r := runner(t, d, &server{port: 1}) // nobody listens there
	r.Paces = map[string]jobs.Pace{"": {PerMinute: 20}}
	for n := range 48 {
		bookAt(t, d, "musterstadt", "d0", n) // on day 2 from 08:00 to 11:55
	}
	step := func(to time.Time) {
		t.Helper()
		for ; c.Now().Before(to); c.Advance(2 * time.Minute) {
			if err := d.Remind(t.Context(), time.Time{}); err != nil {
				t.Fatal(err)
			}
			if err := r.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.Set(desktest.At(1, "09:00"))
	step(desktest.At(1, "09:10"))
	c.Set(desktest.At(2, "04:00")) // the reminders of the first visits are due from 05:00
	step(desktest.At(2, "07:00"))
	if len(w.taken) > 0 {
		t.Fatalf("%d letters left while mail was down", len(w.taken))
	}
	r.Transport = w.transport(t, 10*time.Second, w.port, "none")
	step(desktest.At(2, "09:30"))
	confirmed, reminded := map[string]int{}, map[string]int{}
	for i, k := range w.taken {
		l := parse(t, k.letter)
		if strings.HasPrefix(l.subject, "Erinnerung") {
			reminded[k.to]++
			if left := l.calendar.Events[0].Start.Sub(k.at); left < agenda.TooCloseToRemind {
				t.Errorf("reminded %s before the visit", left)
			}
		} else {
			confirmed[k.to]++
		}
		n := 0
		for _, other := range w.taken[i:] {
			if other.at.Sub(k.at) < time.Minute {
				n++
			}
		}
		if n > 20 {
			t.Fatalf("%d letters in the minute from %v, want 20 at most", n, k.at)
		}
	}
	if len(confirmed) != 48 || slices.Max(slices.Collect(maps.Values(confirmed))) != 1 {
		t.Errorf("got confirmations %v, want one for each of 48", confirmed)
	}
	if len(reminded) == 0 || slices.Max(slices.Collect(maps.Values(reminded))) != 1 {
		t.Errorf("got reminders %v, want one at most for each", reminded)
	}
	dropped := 0
	for _, p := range settledLetters(t, d) {
		if p.State == "dropped" && strings.HasPrefix(p.Kind, booking.KindReminder) {
			dropped++
		}
	}
	if _, _, counted, _ := r.Tally.Counts(); dropped == 0 || int(counted) != dropped {
		t.Errorf("%d reminders were dropped and %d counted", dropped, counted)
	}
}

// Case F17: visits that are taken over from another book, past ones and those to come, send
// no letter: neither at once nor for reminders whose moment has passed.
func TestF17TakenOverVisitsSendNothing(t *testing.T) {
	d, _ := desktest.SQLite(t)
	change(t, d, func(x *agenda.Setup) {
		x.Calendars[3].SlotTemplates[0].Seats = agenda.Seats{Total: 50, Public: 50}
		x.Calendars[3].Reminders = []agenda.Span{{Days: 7}, {Days: 1}}
		x.Calendars[3].StaffMail = agenda.StaffMail{To: office, On: []string{"booked", "moved", "cancelled"}}
	}, desktest.Musterstadt())
	s := start(t)
	r := settled(t, d, s)
	var list []booking.Earlier
	for n := range 10_000 {
		day, status := []int{-4, -3, 1, 2, 3}[n%5], agenda.Confirmed
		if day < 0 {
			status = agenda.Served
		}
		list = append(list, booking.Earlier{Calendar: "impfung", Wish: desktest.Wish("impfen"), Start: desktest.At(day, "08:00").Add(time.Duration(n/5%48) * 5 * time.Minute), Status: status,
			Form: booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: fmt.Sprintf("v%d@beispiel.example", n)}, Language: "de"}})
	}
	n, err := d.TakeOver(t.Context(), "musterstadt", list, "test")
	if err != nil || n < 9000 {
		t.Fatalf("took %d over, %v", n, err)
	}
	once(t, r)
	once(t, r)
	if got := s.take(); len(got) > 0 {
		t.Errorf("%d letters went out, the first to %s", len(got), got[0].to)
	}
}

// settledLetters lists all letters of the town that are done with.
func settledLetters(t *testing.T, d *booking.Desk) (list []store.Posting) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.LettersDone(store.LetterQuery{Tenant: "musterstadt", To: desktest.At(400, "08:00"), Calendars: []string{"impfung"}, Limit: 1000}, []string{"sent", "dropped", "failed"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Whoever books with a spelling of a stranger's mailbox that their server does not know, such
// as with a plus, stopped all letters to the stranger: what came back was held against the
// mailbox. So did a report about a letter to such a spelling, which its reader may forge.
func TestNobodyStopsLettersToAStranger(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := relayAt(t, c)
		r := runner(t, d, &server{port: w.port})
		dir := t.TempDir()
		r.Returns = []jobs.Returns{{Source: &bounce.Folder{Path: dir}, Address: returnAddress}}
		w.behave(func(v *visit, step string) error {
			if step == "rcpt" && strings.HasPrefix(v.to, "ada+") {
				return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "user unknown"}
			}
			return nil
		})
		at := func(n int, email string) *agenda.Booking {
			t.Helper()
			b, err := d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("impfen"), Calendar: "impfung", Start: desktest.At(2, "08:00").Add(time.Duration(n) * 5 * time.Minute),
				By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: agenda.Visitor{Name: "Ada Beispiel", Email: email}, Language: "de"}, booking.Once{})
			if err != nil {
				t.Fatal(err)
			}
			once(t, r)
			return b.Booking
		}
		if x := about(t, d, at(0, "ada+gibtesnicht@beispiel.example")); !x.Call || x.KeptBack {
			t.Errorf("refused: call %t, kept back %t, want a call alone", x.Call, x.KeptBack)
		}
		w.behave(nil)
		forged := at(1, "ada+note@beispiel.example")
		comesBack(t, dir, "1", report(postings(t, d, forged.ID)[booking.KindConfirmed].MessageID, "failed", "5.1.1"))
		once(t, r)
		if x := about(t, d, forged); !x.Call || x.KeptBack {
			t.Errorf("came back: call %t, kept back %t, want a call alone", x.Call, x.KeptBack)
		}
		before := len(w.taken)
		owner := at(2, ada)
		if p := postings(t, d, owner.ID)[booking.KindConfirmed]; p.State != "sent" || len(w.taken) != before+1 {
			t.Errorf("the letter to the mailbox's owner: got %s (%s)", p.State, p.Reason)
		}
	})
}

// At the last moment to answer the visitors say that they come, move the visit, or say
// nothing, while two processes look who was silent: each visit ends in one way, and whoever
// was told that their answer counts keeps it.
func TestLastMomentHasOneWinner(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, asking, desktest.Musterstadt())
		r := settled(t, d, start(t))
		var list []booking.Receipt
		for n := range 12 {
			list = append(list, book(t, d, "buergerbuero", desktest.At(10, "08:00").Add(time.Duration(n/2)*20*time.Minute), "de", "pass"))
		}
		once(t, r)
		for _, at := range []time.Time{desktest.At(3, "10:00"), desktest.At(7, "10:00")} {
			c.Set(at)
			once(t, r)
		}
		c.Set(desktest.At(8, "07:59"))
		once(t, r)
		c.Set(desktest.At(8, "08:59")) // for the first half the time to answer is over
		answers := make([]error, len(list))
		var group sync.WaitGroup
		for i, b := range list {
			group.Go(func() {
				switch i % 3 {
				case 0:
					_, answers[i] = d.Coming(t.Context(), "musterstadt", b.Manage)
				case 1:
					_, answers[i] = d.Move(t.Context(), "musterstadt", b.Manage, booking.Target{Start: desktest.At(11, "08:00").Add(time.Duration(i) * 20 * time.Minute)})
				}
			})
		}
		for range 2 {
			group.Go(func() {
				if _, err := d.LapseUnanswered(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		lapsed := 0
		for i, b := range list {
			now := stored(t, d, b.Booking)
			off := now.Status == agenda.Cancelled
			if off {
				lapsed++
			}
			if i%3 != 2 && (answers[i] == nil) == off {
				t.Errorf("%d: the answer got %v, and the visit is %s", i, answers[i], now.Status)
			}
			if i%3 == 0 && !off && now.Coming.IsZero() || i%3 == 1 && !off && now.Start.Equal(b.Booking.Start) {
				t.Errorf("%d: the answer is lost: %+v", i, now)
			}
		}
		if lapsed == 0 {
			t.Error("nobody's silence ended a visit")
		}
	})
}
