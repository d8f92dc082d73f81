package booking_test

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// byLink makes counselling bookable by link only, confirmed at once.
func (k kit) byLink() {
	k.Helper()
	k.mustApply(func(s *agenda.Setup) {
		s.Services[2].Public = agenda.VisibleLink
		s.Calendars[2].Confirm = agenda.ConfirmNone
		s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "beratung"})
	})
}

// invite gives out a link and demands success.
func (k kit) invite(uses int, calendar string) (*agenda.ServiceLink, string) {
	k.Helper()
	w := booking.LinkWish{Services: []string{"beratung"}, Calendar: calendar, Until: agenda.DateOf(desktest.At(10, "00:00")), Uses: uses, Note: "Aktion Herbst"}
	l, secret, err := k.InviteByLink(k.Context(), desktest.Clerk(), w)
	if err != nil {
		k.Fatal(err)
	}
	return l, secret
}

func linked(calendar string, start time.Time, secret string) booking.Request {
	r := ask(calendar, start, "beratung")
	r.Link = secret
	return r
}

// One link from its first search to its last use; long, because each step stands on those
// before it.
func TestInvitationLink(t *testing.T) {
	onEach(t, func(k kit) {
		k.byLink()
		l, secret := k.invite(2, "soziales")
		eight := desktest.At(1, "08:00")
		k.invalid("without a link", k.try(ask("soziales", eight, "beratung")), "services")
		k.is("with a guessed one", k.try(linked("soziales", eight, "AAAA")), agenda.ErrNotFound)
		k.invalid("for another service", k.try(func() booking.Request {
			r := linked("soziales", eight, secret)
			r.Wish.Items[0].Service = "nichts"
			return r
		}()), "services")
		k.invalid("in another calendar", k.try(linked("buergerbuero", eight, secret)), "calendar")
		// A search and a hold do not use it up, a booking does.
		q := booking.Search{Tenant: town, Wish: desktest.Wish("beratung"), From: agenda.DateOf(eight), To: agenda.DateOf(eight), By: agenda.Public, Link: secret}
		found, err := k.Availability(k.Context(), q)
		if err != nil || found.Empty() || len(found.Calendars) != 1 {
			k.Errorf("got %+v, %v, want times in one calendar", found, err)
		}
		if first, err := k.NextFree(k.Context(), q); err != nil || len(first) != 1 || first[0].Calendar.ID != "soziales" {
			k.Errorf("got %+v, %v", first, err)
		}
		h := k.held(linked("soziales", eight, secret))
		f := form()
		_, err = k.Book(k.Context(), town, h.Secret, f, booking.Once{})
		k.is("a hold without its link", err, agenda.ErrUninvited)
		f.Link = secret
		once := booking.Once{Path: "p", Key: "k", Request: "r"}
		got, err := k.Book(k.Context(), town, h.Secret, f, once)
		if err != nil {
			k.Fatal(err)
		}
		if again, err := k.Book(k.Context(), town, h.Secret, f, once); err != nil || again.Booking.ID != got.Booking.ID {
			k.Errorf("sent twice: got %+v, %v", again.Booking, err)
		}
		if now, err := k.Invitation(k.Context(), town, secret); err != nil || now.Used != 1 || now.ID != l.ID || now.Note != "Aktion Herbst" {
			k.Errorf("got %+v, %v, want one use", now, err)
		}
		k.is("the second use", k.try(linked("soziales", desktest.At(1, "09:00"), secret)), nil)
		k.is("the third", k.try(linked("soziales", desktest.At(1, "10:00"), secret)), agenda.ErrUninvited)
		// Whoever was let in may come at another time, in the same calendar.
		if _, err := k.Move(k.Context(), town, got.Manage, booking.Target{Start: desktest.At(2, "11:00")}); err != nil {
			k.Errorf("move: %v", err)
		}
		_, err = k.Move(k.Context(), town, got.Manage, booking.Target{Start: desktest.At(2, "11:00"), Calendar: "buergerbuero"})
		k.invalid("move elsewhere", err, "calendar")
	})
}

func TestInvitationLinkEnds(t *testing.T) {
	onEach(t, func(k kit) {
		k.byLink()
		l, secret := k.invite(1, "")
		h := k.held(linked("soziales", desktest.At(1, "08:00"), secret))
		if list, err := k.ServiceLinks(k.Context(), desktest.Clerk()); err != nil || len(list) != 1 {
			k.Errorf("got %v, %v, want one link", list, err)
		}
		other := &agenda.Person{Tenant: town, ID: "other", Role: agenda.Admin}
		k.is("somebody else's", k.RevokeServiceLink(k.Context(), other, l.ID), agenda.ErrNotFound)
		k.is("revoke", k.RevokeServiceLink(k.Context(), desktest.Clerk(), l.ID), nil)
		k.is("revoke again", k.RevokeServiceLink(k.Context(), desktest.Clerk(), l.ID), agenda.ErrNotFound)
		f := form()
		f.Link = secret
		_, err := k.Book(k.Context(), town, h.Secret, f, booking.Once{})
		k.is("a hold whose link was revoked", err, agenda.ErrUninvited)
		_, err = k.Hold(k.Context(), linked("soziales", desktest.At(1, "09:00"), secret))
		k.is("a new hold", err, agenda.ErrUninvited)
		_, late := k.invite(1, "")
		k.clock.Set(desktest.At(11, "00:00"))
		k.is("after its last day", k.try(linked("soziales", desktest.At(14, "09:00"), late)), agenda.ErrUninvited)
		k.clock.Set(desktest.At(45, "00:00"))
		if _, err := k.Forget(k.Context(), 100); err != nil {
			k.Fatal(err)
		}
		_, err = k.Invitation(k.Context(), town, secret)
		k.is("long after", err, agenda.ErrNotFound)
	})
}

func TestInvitationLinkWithinRights(t *testing.T) {
	onEach(t, func(k kit) {
		k.byLink()
		good := booking.LinkWish{Services: []string{"beratung"}, Until: agenda.DateOf(desktest.At(10, "00:00")), Uses: 1}
		own := &agenda.Person{Tenant: town, ID: "own", Role: agenda.Clerk, Department: "soziales"}
		l, secret, err := k.InviteByLink(k.Context(), own, good)
		if err != nil || len(l.Calendars) != 1 || l.Calendars[0] != "soziales" {
			k.Errorf("got %+v, %v, want only the calendar of the department", l, err)
		}
		k.invalid("elsewhere", k.try(linked("buergerbuero", desktest.At(1, "08:00"), secret)), "calendar")
		k.unchanged("refused", func() {
			for what, change := range map[string]func(*booking.LinkWish){
				"services": func(w *booking.LinkWish) { w.Services = []string{"ausweis"} },
				"calendar": func(w *booking.LinkWish) { w.Calendar = "buergerbuero" },
				"until":    func(w *booking.LinkWish) { w.Until = 0 },
				"uses":     func(w *booking.LinkWish) { w.Uses = 501 },
			} {
				w := good
				change(&w)
				_, _, err := k.InviteByLink(k.Context(), own, w)
				k.invalid(what, err, what)
			}
			_, _, err := k.InviteByLink(k.Context(), &agenda.Person{Tenant: town, ID: "x", Role: agenda.Auditor}, good)
			k.is("an auditor", err, agenda.ErrForbidden)
		})
	})
}

// Sixteen visitors with one link for three: three win, on whatever days.
func TestInvitationLinkRaced(t *testing.T) {
	onEach(t, func(k kit) {
		k.byLink()
		for _, uses := range []int{1, 3} {
			_, secret := k.invite(uses, "")
			var held [16]string
			for i := range held {
				if i%2 == 0 {
					held[i] = k.held(linked("soziales", desktest.At(1+i%4+7*(uses/3), []string{"08:00", "09:00", "10:00", "11:00"}[i/4]), secret)).Secret
				}
			}
			errs := together(16, func(i int) error {
				if held[i] == "" {
					return k.try(linked("buergerbuero", desktest.At(1+i%4+7*(uses/3), "10:00"), secret))
				}
				f := form()
				f.Link = secret
				_, err := k.Book(k.Context(), town, held[i], f, booking.Once{})
				return err
			})
			if n := k.won(errs, agenda.ErrUninvited, agenda.ErrTaken); n != uses {
				k.Errorf("%d booked with a link for %d", n, uses)
			}
			var l *agenda.ServiceLink
			k.view(func(tx *store.Tx) error {
				list, err := tx.ServiceLinksOf(town, desktest.Clerk().ID, desktest.Start)
				l = list[0]
				return err
			})
			if l.Used != l.Uses {
				k.Errorf("got %d uses of %d", l.Used, l.Uses)
			}
		}
	})
}
