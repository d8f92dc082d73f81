package booking_test

import (
	"errors"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// offered gives one visit another time by proposal, and the secret of its letter.
func (k kit) proposed(act string) (v booking.Receipt, n *agenda.Incident, secret string) {
	k.Helper()
	v = k.morning(1)[0]
	n = k.begin(ill(agenda.CloseNothing))
	k.decide(n, act, nil)
	k.carryOut(n)
	k.tallies(n, "done: 1 done")
	k.view(func(tx *store.Tx) error {
		b, err := tx.Booking(town, v.Booking.ID)
		if err != nil {
			return err
		}
		s, err := tx.Setup(town)
		if err != nil {
			return err
		}
		letters, err := tx.Postings(town, b.ID)
		for _, p := range letters {
			if p.Kind == booking.KindProposal {
				e, stale, err := k.Enclose(tx, p, s, b)
				if err != nil || stale != "" || e.Text == "" {
					k.Fatalf("got %q, %q, %v", e.Text, stale, err)
				}
				secret = e.Secret
			}
		}
		return err
	})
	return v, n, secret
}

// The visit moves to the seat that was kept, in one step; twice says the same.
func TestProposalAccepted(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, secret := k.proposed(agenda.ActPropose)
		if b := k.stored(v.Booking); !b.Start.Equal(v.Booking.Start) || b.Sequence != v.Booking.Sequence {
			k.Error("a proposal changes the visit")
		}
		x, err := k.Proposed(k.Context(), town, secret)
		if err != nil || !x.Open || x.New == nil {
			k.Fatalf("got %+v, %v", x, err)
		}
		for range 2 {
			if _, err := k.Accept(k.Context(), town, secret); err != nil {
				k.Fatal(err)
			}
		}
		b := k.stored(v.Booking)
		if !b.Start.Equal(x.New.Start) || b.Calendar != x.New.Calendar.ID || b.Sequence != v.Booking.Sequence+1 {
			k.Errorf("got %s at %v, sequence %d", b.Calendar, b.Start, b.Sequence)
		}
		if _, err := k.Decline(k.Context(), town, secret); !errors.Is(err, agenda.ErrState) {
			k.Errorf("a no after the yes: got %v", err)
		}
		if _, err := k.Proposed(k.Context(), town, v.Manage); !errors.Is(err, agenda.ErrNotFound) {
			k.Errorf("the manage secret opens a proposal: %v", err)
		}
		if _, err := k.HeldBy(k.Context(), town, secret); !errors.Is(err, agenda.ErrNotFound) {
			k.Errorf("the proposal's secret opens a hold: %v", err)
		}
	})
}

func TestProposalDeclined(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, secret := k.proposed(agenda.ActPropose)
		if _, err := k.Decline(k.Context(), town, secret); err != nil {
			k.Fatal(err)
		}
		if b := k.stored(v.Booking); b.Status != agenda.Cancelled {
			k.Errorf("got %s", b.Status)
		}
		if got := k.offered("ausweise", 1, agenda.Staff, "ausweis"); len(got) != 24 {
			k.Errorf("the kept seat is not free: %v", got)
		}
	})
}

// A visitor who takes yet another time gives the kept one back.
func TestProposalOvertaken(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, secret := k.proposed(agenda.ActPropose)
		if _, err := k.Move(k.Context(), town, v.Manage, booking.Target{Start: desktest.At(3, "10:00")}); err != nil {
			k.Fatal(err)
		}
		if _, err := k.Accept(k.Context(), town, secret); !errors.Is(err, agenda.ErrState) {
			k.Errorf("got %v", err)
		}
		if err := k.EndProposals(k.Context(), 9); err != nil {
			k.Fatal(err)
		}
		if got := k.offered("ausweise", 1, agenda.Staff, "ausweis"); len(got) != 24 {
			k.Errorf("the kept seat is not free: %v", got)
		}
	})
}

// A second incident does not propose over the head of the first, and does not wait
// for it either.
func TestProposalTwice(t *testing.T) {
	onEach(t, func(k kit) {
		k.proposed(agenda.ActPropose)
		n := k.begin(ill(agenda.CloseNothing))
		k.decide(n, agenda.ActPropose, nil)
		k.carryOut(n)
		k.tallies(n, "done: 1 failed proposed")
	})
}

// The office closes where a time was kept: who was promised it is called.
func TestProposalLosesItsSeats(t *testing.T) {
	onEach(t, func(k kit) {
		v, n, secret := k.proposed(agenda.ActPropose)
		shut := agenda.Incident{Reason: "closed", Calendars: []string{"ausweise"}, From: desktest.At(1, "08:00"), To: desktest.At(1, "12:00"), Close: agenda.CloseAll}
		k.begin(shut)
		if _, err := k.Accept(k.Context(), town, secret); !errors.Is(err, agenda.ErrExpired) {
			k.Errorf("got %v, want expired", err)
		}
		if err := k.EndProposals(k.Context(), 9); err != nil {
			k.Fatal(err)
		}
		if b := k.stored(v.Booking); b.Status != agenda.Confirmed {
			k.Errorf("got %s", b.Status)
		}
		if _, calls, err := k.Calls(k.Context(), lead(), n.ID); err != nil || len(calls) != 1 {
			k.Errorf("got %d to call, %v", len(calls), err)
		}
	})
}

// Nobody answers: the seat is free again, and the visit is off.
func TestProposalRunsOut(t *testing.T) {
	onEach(t, func(k kit) {
		v, n, secret := k.proposed(agenda.ActPropose)
		k.clock.Set(desktest.At(1, "08:00")) // the kept time begins
		if _, err := k.Accept(k.Context(), town, secret); !errors.Is(err, agenda.ErrExpired) {
			k.Errorf("got %v, want expired", err)
		}
		for range 2 {
			if err := k.WorkIncidents(k.Context(), time.Time{}); err != nil {
				k.Fatal(err)
			}
		}
		if b := k.stored(v.Booking); b.Status != agenda.Cancelled {
			k.Errorf("got %s", b.Status)
		}
		if _, list, err := k.Incident(k.Context(), lead(), n.ID); err != nil || list[0].Proposal.State != agenda.ProposalExpired {
			k.Errorf("got %v", err)
		}
	})
}

// Sixty-four want the seat that is kept for one: nobody gets it, and the one does.
func TestProposalIsFoughtFor(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, secret := k.proposed(agenda.ActPropose)
		x, err := k.Proposed(k.Context(), town, secret)
		if err != nil {
			k.Fatal(err)
		}
		errs := together(64, func(i int) error {
			if i == 32 {
				_, err := k.Accept(k.Context(), town, secret)
				return err
			}
			return k.try(ask(x.New.Calendar.ID, x.New.Start, "ausweis"))
		})
		if n := k.won(errs, agenda.ErrTaken); n != 1 || errs[32] != nil {
			k.Errorf("%d got it, the visitor: %v", n, errs[32])
		}
		if b := k.stored(v.Booking); !b.Start.Equal(x.New.Start) {
			k.Errorf("got %v", b.Start)
		}
	})
}

// On the phone the visitor says yes, and is off the list.
func TestProposalByPhone(t *testing.T) {
	onEach(t, func(k kit) {
		r := clerk("buergerbuero", desktest.At(1, "08:00"), "ausweis")
		f := form()
		f.Email, f.Phone = "", "05550 4711"
		v, err := k.BookNow(k.Context(), r, f, booking.Once{})
		if err != nil {
			k.Fatal(err)
		}
		n := k.begin(ill(agenda.CloseAll))
		k.decide(n, agenda.ActPropose, nil)
		k.carryOut(n)
		if _, calls, err := k.Calls(k.Context(), lead(), n.ID); err != nil || len(calls) != 1 {
			k.Fatalf("got %d, %v", len(calls), err)
		}
		if _, err := k.AnswerFor(k.Context(), lead(), n.ID, v.Booking.ID, true); err != nil {
			k.Fatal(err)
		}
		_, calls, _ := k.Calls(k.Context(), lead(), n.ID)
		if len(calls) != 1 || calls[0].Item.Called.IsZero() || calls[0].Proposal.State != agenda.ProposalAccepted {
			k.Errorf("got %+v", calls)
		}
	})
}

// What does not change when and where the visit is leaves its proposal open, and its
// letter due: a corrected name, a letter sent again, a mark that a set-up makes.
func TestProposalOutlivesCorrections(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, secret := k.proposed(agenda.ActPropose)
		a, print := k.read(v.Booking)
		a.Name = "Ada Beispiel-Muster"
		k.is("the correction", k.amend(v.Booking, print, a), nil)
		if _, _, err := k.Resend(k.Context(), desktest.Clerk(), v.Booking.ID); err != nil {
			k.Fatal(err)
		}
		k.begin(ill(agenda.CloseAll)) // marks the visit
		if err := k.EndProposals(k.Context(), 9); err != nil {
			k.Fatal(err)
		}
		k.view(func(tx *store.Tx) error {
			b, err := tx.Booking(town, v.Booking.ID)
			if err != nil {
				return err
			}
			s, err := tx.Setup(town)
			if err != nil {
				return err
			}
			letters, err := tx.Postings(town, b.ID)
			for _, p := range letters {
				if p.Kind != booking.KindProposal {
					continue
				}
				if why, ok := booking.StillDue(p, b, b.Version, k.clock.Now(), s); !ok {
					k.Errorf("the letter is dropped: %s", why)
				}
				if _, stale, err := k.Enclose(tx, p, s, b); err != nil || stale != "" {
					k.Errorf("the letter is dropped: %s, %v", stale, err)
				}
			}
			return err
		})
		if _, err := k.Accept(k.Context(), town, secret); err != nil {
			k.Errorf("the visitor's yes: %v", err)
		}
	})
}

// A visit that was moved meanwhile needs no letter that proposes another time.
func TestProposalLetterIsStale(t *testing.T) {
	onEach(t, func(k kit) {
		v, _, _ := k.proposed(agenda.ActPropose)
		if _, err := k.Move(k.Context(), town, v.Manage, booking.Target{Start: desktest.At(3, "10:00")}); err != nil {
			k.Fatal(err)
		}
		k.view(func(tx *store.Tx) error {
			b, err := tx.Booking(town, v.Booking.ID)
			if err != nil {
				return err
			}
			s, err := tx.Setup(town)
			if err != nil {
				return err
			}
			letters, err := tx.Postings(town, b.ID)
			for _, p := range letters {
				if p.Kind != booking.KindProposal {
					continue
				}
				if _, stale, err := k.Enclose(tx, p, s, b); err != nil || stale == "" {
					k.Errorf("the letter would leave, %v", err)
				}
			}
			return err
		})
	})
}
