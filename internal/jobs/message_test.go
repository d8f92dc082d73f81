package jobs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/webhook"
)

// sms is Musterstadt with a webhook for messages, and no letters to the office.
func sms(t *testing.T, d *booking.Desk, url string, more func(*agenda.Setup)) {
	t.Helper()
	change(t, d, func(s *agenda.Setup) {
		s.Webhooks = []agenda.Webhook{hook("sms", url, agenda.DetailFull, agenda.EventMessageSend)}
		more(s)
	}, desktest.Musterstadt())
}

// wish asks for advice without an e-mail address.
func wish(t *testing.T, d *booking.Desk, start time.Time, phone, lang string) *agenda.Booking {
	t.Helper()
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("beratung"), Calendar: "soziales", Start: start, By: agenda.Public, Actor: "visitor"}
	b, err := d.BookNow(t.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: "Canan Kanarienvogel", Phone: phone}, Language: lang}, booking.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return b.Booking
}

// TestMessageLimit: nobody's phone can be flooded by booking for it.
func TestMessageLimit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		d.Limits.MailsPerDay = 2
		s := receive(t)
		sms(t, d, s.URL, func(*agenda.Setup) {})
		r, _ := caller(t, d)
		var subjects []string
		for _, clock := range []string{"08:00", "08:30", "09:00"} {
			subjects = append(subjects, wish(t, d, desktest.At(10, clock), "+49 170 4711", "de").ID)
			once(t, r)
		}
		wish(t, d, desktest.At(10, "09:30"), "0170 4712", "de")
		once(t, r)
		if got := s.take(); len(got) != 3 || got[2].Data.Message.To != "0170 4712" {
			t.Errorf("got %d messages, want two to one phone and one to another", len(got))
		}
		if p := post(t, d, subjects[2])[0]; p.State != "dropped" || p.Reason != "too many messages to this phone" {
			t.Errorf("got %+v", p)
		}
		c.Advance(24*time.Hour + time.Minute)
		wish(t, d, desktest.At(10, "10:00"), "0170 4711", "de") // the same number, spelled otherwise
		once(t, r)
		if got := s.take(); len(got) != 1 {
			t.Errorf("a day later: got %d messages", len(got))
		}
	})
}

// TestMessagesInQuietHours: no phone rings at night for a reminder, neither where its time
// lies there nor where the gateway comes back then; what somebody waits for comes at once.
func TestMessagesInQuietHours(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := receive(t)
		sms(t, d, s.URL, func(x *agenda.Setup) {
			x.Calendars[2].Reminders = []agenda.Span{{Days: 2}, {Minutes: 12 * 60}}
			x.Calendars[2].QuietHours = agenda.QuietHours{From: 21 * 60, To: 7 * 60}
		})
		r, _ := caller(t, d)
		c.Set(desktest.At(0, "22:00"))
		b := wish(t, d, desktest.At(8, "10:30"), "0170 4711", "de")
		if _, err := d.Approve(t.Context(), desktest.Clerk(), b.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		if got := s.take(); len(got) == 0 || got[len(got)-1].Data.Message.Kind != "confirmed" {
			t.Errorf("at night: got %v", types(got))
		}
		s.set(status(http.StatusBadGateway))
		for at := desktest.At(6, "10:30"); at.Before(desktest.At(6, "21:30")); at = at.Add(30 * time.Minute) {
			c.Set(at)
			once(t, r)
		}
		if got := s.take(); len(got) < 5 || got[0].Data.Message.Kind != "reminder" {
			t.Errorf("two days before: got %d attempts", len(got))
		}
		s.set(nil) // the gateway comes back at night
		told := map[string]int{}
		for at := desktest.At(6, "21:30"); at.Before(desktest.At(8, "10:00")); at = at.Add(30 * time.Minute) {
			c.Set(at)
			once(t, r)
			for _, x := range s.take() {
				if clock := at.Format("15:04"); clock >= "21:00" || clock < "07:00" {
					t.Errorf("%s at %s", x.Data.Message.Kind, at)
				}
				told[x.Data.Message.Kind+at.Format(" 2")]++
			}
		}
		// The rung at 22:30 leaves before the quiet hours, or after them.
		if total := told["reminder 12"] + told["reminder 13"] + told["reminder 14"]; total != 2 || told["reminder 12"] > 0 {
			t.Errorf("got %v, want two reminders, none late in the evening of the first day", told)
		}
	})
}

// TestAllMessageTexts: what visitors hear of a request has words in every language, and
// each fits into one message.
func TestAllMessageTexts(t *testing.T) {
	d, c := desktest.SQLite(t)
	s := receive(t)
	langs := []string{"de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr"}
	sms(t, d, s.URL, func(x *agenda.Setup) { x.Tenant.Languages = langs })
	r, _ := caller(t, d)
	for i, lang := range langs {
		day := 7 + i/5*7 + i%5
		rejected := wish(t, d, desktest.At(day, "09:00"), "0170 1", lang)
		wish(t, d, desktest.At(day, "10:00"), "0170 2", lang) // and nobody decides
		once(t, r)
		if _, err := d.Reject(t.Context(), desktest.Clerk(), rejected.ID); err != nil {
			t.Fatal(err)
		}
		once(t, r)
	}
	for day := 1; day < 20; day++ {
		c.Set(desktest.At(day, "10:05")) // somebody could still come
		once(t, r)
	}
	texts := map[string]string{}
	for _, x := range s.take() {
		m := x.Data.Message
		key := m.Language + " " + m.Kind
		if texts[key] = m.Text; !webhook.Fits(m.Text) || strings.ContainsAny(m.Text, "{}\u2066\u2068\u2069") || strings.Contains(m.Text, "Beratung") || strings.Contains(m.Text, "Canan") {
			t.Errorf("%s: %q", key, m.Text)
		}
	}
	for _, lang := range langs {
		for _, kind := range []string{"received", "rejected", "expired"} {
			text := texts[lang+" "+kind]
			if text == "" {
				t.Errorf("%s got no message %s", lang, kind)
			}
			for _, other := range langs {
				if other != lang && text != "" && texts[other+" "+kind] == text {
					t.Errorf("%s: %s and %s read the same: %q", kind, lang, other, text)
				}
			}
		}
	}
}
