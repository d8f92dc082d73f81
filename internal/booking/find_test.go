package booking_test

import (
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// named books for somebody of that name.
func (k kit) named(calendar string, day int, clock, name, phone, email, service string) *agenda.Booking {
	k.Helper()
	r := booking.Request{Tenant: town, Wish: desktest.Wish(service), Calendar: calendar, Start: desktest.At(day, clock), By: agenda.Staff, Actor: "x", Person: desktest.Clerk()}
	got, err := k.BookNow(k.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: name, Phone: phone, Email: email}}, booking.Once{})
	if err != nil {
		k.Fatal(err)
	}
	return got.Booking
}

// finding looks for a part of a name, a week back and three months ahead.
func finding(part string) booking.Finding {
	today := agenda.DateOf(desktest.Start)
	f := booking.Finding{From: today - 7, To: today + 90}
	if part != "" {
		f.Match = func(p agenda.Private) bool { return strings.Contains(p.Name, part) }
	}
	return f
}

func (k kit) names(p *agenda.Person, f booking.Finding) string {
	k.Helper()
	hits, err := k.Find(k.Context(), p, f)
	if err != nil {
		k.Fatal(err)
	}
	var list []string
	for _, c := range hits.Cards {
		list = append(list, c.Private.Name)
	}
	return strings.Join(list, ", ")
}

// It is long because it is a table of all kinds of searches over one book.
func TestFind(t *testing.T) {
	onEach(t, func(k kit) {
		clerk, stranger := desktest.Clerk(), desktest.Clerk()
		stranger.Department = "soziales"
		ada := k.named("buergerbuero", 2, "08:00", "Ada Muster", "05550 4711", "ada@muster.example", "ausweis")
		k.named("buergerbuero", 1, "08:00", "Bruno Muster", "0170 1234567", "", "ausweis")
		k.named("soziales", 3, "08:00", "Cem Muster", "05550 4711", "", "beratung")
		off := k.named("buergerbuero", 4, "08:00", "Dora Muster", "", "", "ausweis")
		if _, err := k.CancelFor(k.Context(), clerk, off.ID); err != nil {
			k.Fatal(err)
		}
		k.clock.Set(desktest.At(1, "12:00"))
		with := func(set func(*booking.Finding)) booking.Finding {
			f := finding("")
			set(&f)
			return f
		}
		phone := with(func(f *booking.Finding) { f.Phone = "+49 5550 4711" })
		only := finding("Muster")
		only.Calendar = "soziales"
		short := finding("Muster")
		short.To = agenda.DateOf(desktest.At(2, "08:00"))
		for what, x := range map[string]struct {
			by   *agenda.Person
			f    booking.Finding
			want string
		}{
			"a part of the name":         {clerk, finding("Muster"), "Ada Muster, Cem Muster, Bruno Muster"},
			"within one's department":    {stranger, finding("Muster"), "Cem Muster"},
			"in a calendar":              {clerk, only, "Cem Muster"},
			"on some days":               {clerk, short, "Ada Muster, Bruno Muster"},
			"a number in other writing":  {clerk, phone, "Ada Muster, Cem Muster"},
			"a number, one's department": {stranger, phone, "Cem Muster"},
			"an address":                 {clerk, with(func(f *booking.Finding) { f.Email = "ADA@muster.example" }), "Ada Muster"},
			"a reference":                {clerk, with(func(f *booking.Finding) { f.Reference, f.From, f.To = ada.Reference, 0, 0 }), "Ada Muster"},
			"a reference of others":      {stranger, with(func(f *booking.Finding) { f.Reference = ada.Reference }), ""},
			"what is called off":         {clerk, finding("Dora"), ""},
			"that, by its reference":     {clerk, with(func(f *booking.Finding) { f.Reference = off.Reference }), ""}, // a card without a name
			"nobody":                     {clerk, finding("Niemand"), ""},
		} {
			if got := k.names(x.by, x.f); got != x.want {
				k.Errorf("%s: got %q, want %q", what, got, x.want)
			}
		}
		if hits, err := k.Find(k.Context(), clerk, with(func(f *booking.Finding) { f.Reference = off.Reference })); err != nil || len(hits.Cards) != 1 || !hits.Cards[0].Gone {
			k.Errorf("what is called off, by its reference: got %+v, %v", hits, err)
		}
		_, err := k.Find(k.Context(), stranger, booking.Finding{Calendar: "buergerbuero"})
		k.is("a calendar of others", err, agenda.ErrNotFound)
	})
}

// The journal says that somebody searched, never for what.
func TestFindIsJournalled(t *testing.T) {
	onEach(t, func(k kit) {
		k.named("soziales", 1, "08:00", "Ada Geheim", "05550 4711", "", "beratung")
		f := finding("Geheim")
		f.Calendar = "soziales"
		k.names(desktest.Clerk(), f)
		k.names(desktest.Clerk(), booking.Finding{Phone: "05550 4711", From: f.From, To: f.To})
		k.view(func(tx *store.Tx) error {
			entries, err := tx.Journal(town, "search")
			var got []string
			for _, e := range entries {
				got = append(got, e.Act+" "+e.Actor+" "+e.Detail)
			}
			want := `search clerk {"calendar":"soziales","hits":1,"kind":"part"}; search clerk {"hits":1,"kind":"phone"}`
			if s := strings.Join(got, "; "); s != want {
				k.Errorf("got %s, want %s", s, want)
			}
			return err
		})
	})
}

func TestFindLeavesPrivateAlone(t *testing.T) {
	onEach(t, func(k kit) {
		b := k.named("soziales", 1, "08:00", "Ada Geheim", "05550 4711", "", "beratung")
		k.mustApply(func(s *agenda.Setup) { s.Calendars[2].Private = true })
		insider := desktest.Clerk()
		insider.Department = "soziales"
		today := agenda.DateOf(desktest.Start)
		for _, f := range []booking.Finding{finding("Geheim"), {Phone: "05550 4711", From: today, To: today + 9}, {Reference: b.Reference}} {
			if got := k.names(desktest.Clerk(), f); got != "" {
				k.Errorf("by %s: got %q", f.Kind(), got)
			}
			if got := k.names(insider, f); got != "Ada Geheim" {
				k.Errorf("their own, by %s: got %q", f.Kind(), got)
			}
		}
	})
}

// Of very many, those nearest to now are looked at, and no more are shown than one reads.
func TestFindIsBounded(t *testing.T) {
	onEach(t, func(k kit) {
		for day := 1; day <= 4; day++ {
			for i := range 40 {
				if day == 3 || day == 4 && i > 0 {
					continue // a weekend is ahead
				}
				k.named("impfung", day, desktest.At(day, "08:00").Add(time.Duration(i)*5*time.Minute).In(time.FixedZone("", 7200)).Format("15:04"), "Viele Beispiel", "", "", "impfen")
			}
		}
		hits, err := k.Find(k.Context(), desktest.Clerk(), finding("Viele"))
		if err != nil || len(hits.Cards) != booking.FindMost || !hits.More || hits.Cut {
			k.Errorf("got %d, more %v, cut %v, %v", len(hits.Cards), hits.More, hits.Cut, err)
		}
	})
}
