package public_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// booked brings a browser to the page of a visit of Ada's and gives the page's address.
func (w town) booked(t *testing.T, query, slot string) (b *browser, manage string) {
	t.Helper()
	b = w.reviewed(t, query, slot)
	b.post("/musterstadt/book", b.form()).want(200)
	return b, strings.TrimSuffix(b.path, "?done=1")
}

// What is told to another provider of calendars is in the address of its link: the visit,
// and nothing about who comes; of a sensitive service nothing but a neutral title.
func TestAddressesOfOtherCalendars(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision, s.Services[3].Sensitive = 1, true
	apply(t, d, s)
	w := serve(t, d)
	b, manage := w.booked(t, "service=pass", "buergerbuero@"+wednesday)
	hidden, secret := w.booked(t, "service=impfen", "impfung@"+wednesday)
	for _, x := range []struct {
		page      *browser
		manage    string
		title     string
		location  string
		start     string
		sensitive bool
	}{
		{b, manage, "Reisepass", "Marktplatz 1, 37000 Musterstadt", "20260708T060000Z", false},
		{hidden, secret, "Termin Musterstadt", "", "20260708T060000Z", true},
	} {
		x.page.get(x.manage).want(200, `rel="noreferrer noopener external"`, "anderer Anbieter")
		links := append(x.page.links("https://calendar.google.com/"), x.page.links("https://outlook.live.com/")...)
		if len(links) != 2 {
			t.Fatalf("got links %v, want one for each provider", links)
		}
		var reference string
		for _, card := range cards(t, d) {
			if strings.HasSuffix(x.manage, card.Private.Manage) {
				reference = card.Reference
			}
		}
		for _, link := range links {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			told, _ := url.QueryUnescape(u.RawQuery)
			for _, never := range []string{"Ada", "ada@", "Beispiel", reference, strings.TrimPrefix(x.manage, "/musterstadt/m/"), "musterstadt/"} {
				if never == "" || strings.Contains(told, never) {
					t.Errorf("%q is told: %s", never, told)
				}
			}
			if x.sensitive && (strings.Contains(told, "Impf") || strings.Contains(told, "Lindenweg")) {
				t.Errorf("the service is told: %s", told)
			}
			q := u.Query()
			if title := q.Get("text") + q.Get("subject"); title != x.title {
				t.Errorf("got title %q, want %q", title, x.title)
			}
			if got := q.Get("location"); got != x.location {
				t.Errorf("got location %q, want %q", got, x.location)
			}
			if when := strings.NewReplacer("-", "", ":", "").Replace(q.Get("dates") + q.Get("startdt")); !strings.HasPrefix(when, x.start) {
				t.Errorf("got time %q, want %s", when, x.start)
			}
		}
	}
}

// The done page has the reference as a code with the same words beside it, once the visit
// is certain; what waits for its visitor has none.
func TestCodeOfTheReference(t *testing.T) {
	d, _ := desktest.SQLite(t)
	w := serve(t, d)
	b, _ := w.booked(t, "service=pass", "buergerbuero@"+wednesday)
	reference := cards(t, d)[0].Reference
	b.want(200, `aria-label="QR-Code mit der Vorgangsnummer `+reference+`"`, `<p class="reference">`+reference+`</p>`, "http://termine.example/musterstadt/m/", "In meinen Kalender (Datei)")
	other, _ := w.booked(t, "service=ausweis", "ausweise@"+wednesday)
	other.want(200, "!<svg viewBox", "Fast geschafft", "Vorgangsnummer", "!Kalender (Datei)")
}

// A reason is asked for once, never demanded, kept for the office and shown there; the
// second press shows the result.
func TestCancelBecause(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		for i, x := range []struct{ reason, kept string }{{"far", `{"reason":"far"}`}, {"", "{}"}, {"<script>", "{}"}} {
			b, manage := w.booked(t, "service=pass", "buergerbuero@"+desktest.At(2, "08:00").Add(time.Duration(i)*time.Hour).Format(time.RFC3339))
			b.get(manage+"/cancel").want(200, "Warum sagen Sie ab?", "(freiwillig)", `value="far"`)
			for range 2 { // a lost answer, a second press
				b.post(manage+"/cancel", b.formOf("reason", x.reason)).want(200, "Termin abgesagt", "Dasselbe noch einmal buchen", "!Ada")
			}
			b.get(manage+"/cancel").want(200, "Termin abgesagt")
			b.get(b.links("choose")[0]).want(200, "Reisepass")
			var kept []string
			err := d.Store.View(t.Context(), func(tx *store.Tx) error {
				for _, card := range cards(t, d) {
					if !strings.HasSuffix(manage, card.Private.Manage) {
						continue
					}
					entries, err := tx.Journal("musterstadt", card.ID)
					if err != nil {
						return err
					}
					for _, e := range entries {
						if e.Act == "cancel" {
							kept = append(kept, e.Detail)
						}
					}
				}
				return nil
			})
			if err != nil || len(kept) != 1 || kept[0] != x.kept {
				t.Errorf("reason %q: got %v (%v), want %s once", x.reason, kept, err, x.kept)
			}
		}
		b, manage := w.booked(t, "service=pass", "buergerbuero@"+desktest.At(3, "08:00").Format(time.RFC3339))
		if _, err := d.CancelBecause(t.Context(), "musterstadt", strings.TrimPrefix(manage, "/musterstadt/m/"), "because"); err == nil {
			t.Error("a reason that is none was taken")
		}
		b.get(manage).want(200, "Termin absagen")
	})
}

// Whatever is pressed twice, in another tab or after Back, the page shows how the visit
// stands, and the old time holds until the new one is sure.
func TestMoveInSeveralTabs(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		b, manage := w.booked(t, "service=pass", "buergerbuero@"+wednesday)
		to := func(clock string) url.Values {
			return url.Values{"slot": {"buergerbuero@2026-07-09T" + clock + ":00+02:00"}}
		}
		first, second := w.browser(t), w.browser(t)
		first.get(manage+"/move?slot=buergerbuero@2026-07-09T08:00:00%2B02:00").want(200, "Bisheriger Termin", "8. Juli")
		second.get(manage+"/move?slot=buergerbuero@2026-07-09T09:00:00%2B02:00").want(200, "Bisheriger Termin", "8. Juli")
		for range 2 { // a lost answer
			first.post(manage+"/move", to("08:00")).want(200, "Ihr Termin ist verschoben", "08:00–08:20 Uhr")
		}
		second.post(manage+"/move", to("09:00")).want(200, "Ihr Termin ist verschoben", "09:00–09:20 Uhr", "!08:00–08:20")
		b.get(manage).want(200, "09:00–09:20 Uhr")
		if got := cards(t, d); len(got) != 1 || got[0].Sequence != 2 {
			t.Errorf("got %d visits, sequence %d, want one that was moved twice", len(got), got[0].Sequence)
		}
		second.post(manage+"/cancel", nil).want(200, "Termin abgesagt")
		first.post(manage+"/move", to("10:00")).want(200, "Termin abgesagt")
		first.get(manage+"/move").want(200, "Termin abgesagt")
		if got := cards(t, d)[0].Status; got != agenda.Cancelled {
			t.Errorf("got %s", got)
		}
	})
}

// addressLink is where the newest new address of a visit is confirmed.
func addressLink(t *testing.T, d *booking.Desk, manage string) (path string) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, card := range cards(t, d) {
			if !strings.HasSuffix(manage, card.Private.Manage) {
				continue
			}
			a, err := tx.OpenNewAddress(card.Tenant, card.ID, now)
			if err != nil {
				return err
			}
			_, _, secret, err := d.AddressLetter(a)
			path = "/musterstadt/a/" + secret
			return err
		}
		return nil
	})
	if err != nil || path == "" {
		t.Fatalf("no new address waits (%v)", err)
	}
	return path
}

// The way to a new address: what is typed wrongly is said beside the field, looking changes
// nothing, and every press can be repeated.
func TestChangeOfContact(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		b, manage := w.booked(t, "service=pass", "buergerbuero@"+wednesday)
		b.get(b.links("/contact")[0]).want(200, `value="`+ada+`"`, "Ada Beispiel", `!name="name"`)
		b.post(manage+"/contact", b.formOf("email", "keine-adresse", "phone", "x")).want(422, `value="keine-adresse"`, `href="#email"`, `href="#phone"`)
		b.post(manage+"/contact", b.formOf("email", "")).want(422, `href="#email"`)
		b.post(manage+"/contact", b.formOf("email", ada, "phone", "05550 99", "name", "Eve")).want(200, "Ihre Angaben sind geändert", "05550 99", "Ada Beispiel", "!Eve")
		for range 2 { // a second press is the same request, and writes a letter of its own
			b.post(manage+"/contact", b.formOf("email", "neu@beispiel.example", "phone", "05550 99")).want(200, "Bitte bestätigen Sie Ihre neue Adresse neu@beispiel.example", ">"+ada+"<")
		}
		b.get(manage).want(200, "neue Adresse neu@beispiel.example")
		link := addressLink(t, d, manage)
		other := w.browser(t)
		for range 2 {
			other.get(link).want(200, "neu@beispiel.example", "8. Juli 2026", "!Ada", "!Reisepass")
		}
		b.get(manage).want(200, ">"+ada+"<")
		for range 2 { // a lost answer
			other.post(link, nil).want(200, "Ihre Angaben sind geändert", ">neu@beispiel.example<", "!"+ada)
		}
		other.get(link).want(200, "schon bestätigt", manage)
		b.get(manage).want(200, "neu@beispiel.example", "!neue Adresse")
		other.get("/musterstadt/a/x").want(404, "/musterstadt/links")
		b.post(manage+"/cancel", nil).want(200)
		b.get(manage+"/contact").want(200, "Termin abgesagt")
		b.post(manage+"/contact", b.formOf("email", ada)).want(200, "Termin abgesagt")
		other.get(link).want(200, "schon bestätigt", "!"+manage, "!Ada")
	})
}

// Whoever mistyped the address when booking finds the way from the done page.
func TestMistypedAddress(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := serve(t, d)
	b, manage := w.booked(t, "service=ausweis", "ausweise@"+wednesday)
	b.want(200, "Fast geschafft", manage+"/contact")
	b.get(manage+"/contact").want(200, "E-Mail noch einmal schicken", `value="`+ada+`"`)
	b.post(manage+"/contact", b.formOf("email", "richtig@beispiel.example")).want(200, "Fast geschafft", "richtig@beispiel.example", "!"+ada)
	secret := cards(t, d)[0].Private.Confirm
	b.post("/musterstadt/c/"+secret, nil).want(200, "Ihr Termin ist gebucht")
	c.Advance(time.Minute)
	for range 5 {
		b.post(manage+"/contact", b.formOf("email", "a@beispiel.example"))
	}
	b.post(manage+"/contact", b.formOf("email", "b@beispiel.example")).want(429, "Ihr Termin bleibt, wie er ist", manage)
	link := addressLink(t, d, manage)
	c.Advance(25 * time.Hour)
	b.get(link).want(200, "gilt nicht mehr", "!Ada")
	b.post(link, nil).want(409, "gilt nicht mehr")
}

// Whoever moves to and fro until an address has had enough letters keeps the time they
// have, and is told so.
func TestMoveBeyondTheLetters(t *testing.T) {
	d, _ := desktest.SQLite(t)
	d.Limits.MailsPerDay = 2
	b, manage := serve(t, d).booked(t, "service=pass", "buergerbuero@"+wednesday)
	b.post(manage+"/move", b.formOf("slot", "buergerbuero@2026-07-09T08:00:00+02:00")).want(200, "Ihr Termin ist verschoben")
	b.post(manage+"/move", b.formOf("slot", "buergerbuero@2026-07-09T09:00:00+02:00")).want(429, "Ihr Termin bleibt, wie er ist", manage)
	b.get(manage).want(200, "9. Juli 2026", "08:00–08:20 Uhr")
}
