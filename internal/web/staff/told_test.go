package staff

import (
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/pagetest"
)

// What other programs heard of a visit stands on its page, in a line; the way to why they
// did not is for those who may go it.
func TestToldOnTheVisit(t *testing.T) {
	h := sqlite(t)
	s := desktest.Musterstadt()
	s.Webhooks = []agenda.Webhook{{ID: "faelle", URL: "https://faelle.example", Events: agenda.WebhookEvents(), Detail: agenda.DetailFull, Messages: agenda.MessagesAlways}}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
		t.Fatal(err)
	}
	clerk, admin := h.as(agenda.Clerk, ""), h.as(agenda.Admin, "")
	b := h.ask("buergerbuero", 1, "08:30", "Ada Beispiel", "ausweis")
	at := "/staff/bookings/" + b.ID
	h.get(at, clerk).want(200, "1 Meldung an andere Programme ist unterwegs.", "1 SMS ist unterwegs zum Versenden.", "!Webhooks ansehen")
	settle := func(state, reason string) {
		var posts []store.HookPost
		err := h.desk.Store.View(t.Context(), func(tx *store.Tx) (err error) {
			posts, err = tx.HookPosts(b.Tenant, b.ID)
			return err
		})
		for _, p := range posts {
			p.State, p.Reason, p.Attempts = state, reason, 1
			if err == nil {
				err = h.desk.SettleHook(t.Context(), p, false)
			}
		}
		if err != nil || len(posts) != 2 {
			t.Fatalf("settled %d: %v", len(posts), err)
		}
	}
	settle("sent", "")
	h.get(at, clerk).want(200, "1 Meldung an andere Programme ist angekommen.", "1 SMS ist zum Versenden übergeben.", "!unterwegs")
	settle("dropped", "a newer letter tells it")
	h.get(at, admin).want(200, "!Programme", "!SMS", "!Webhooks ansehen")
	for _, x := range []struct{ state, reason string }{{"failed", "timed_out"}, {"dropped", booking.HookDisabled}} {
		settle(x.state, x.reason)
		h.get(at, clerk).want(200, "1 Meldung an andere Programme ist nicht angekommen.", "1 SMS konnte nicht zum Versenden übergeben werden.", "!timed_out", "!/staff/setup/webhooks")
		h.get(at, admin).want(200, `<a href="/staff/setup/webhooks">Webhooks ansehen</a>`)
	}
	pagetest.Keep(t, "booking-not-told-de", h.get(at, admin).Body.String())
}
