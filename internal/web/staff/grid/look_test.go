package grid

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// TestLook serves a busy week on LOOK (an address such as 127.0.0.1:8099), for people
// who want to see it. Every request is signed in as a clerk.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := sqlite(t)
	h.busyWeek()
	secret := h.as(agenda.Clerk, "")
	t.Fatal(http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "staff", Value: secret})
		h.handler.ServeHTTP(w, r)
	})))
}

// busyWeek fills the town's calendars with visits in all states, at half past nine on
// Monday. Wednesday afternoon... is a closure, Friday morning another.
func (h *house) busyWeek() {
	h.Helper()
	h.apply(func(s *agenda.Setup) {
		s.Calendars[3].Private = true
		s.Calendars[0].Closures = []agenda.Closure{{From: agenda.Moment{Date: agenda.DateOf(desktest.At(2, "10:30")), Minute: 630, Timed: true},
			To: agenda.Moment{Date: agenda.DateOf(desktest.At(2, "11:30")), Minute: 690, Timed: true}, Reason: agenda.Plain("Dienstbesprechung")}}
	})
	names := []string{"Ada Beispiel", "Bruno Muster", "Friederike von Beispielhausen-Musterberg", "Cem Probe", "Ömer Test", "Li Wei", "Maximilian Mustermann", "Zoë Exempel"}
	wishes := []agenda.Wish{desktest.Wish("ausweis"), desktest.Wish("pass"), desktest.Wish("ausweis", "pass"), {Items: []agenda.Item{{Service: "ausweis", Quantity: 2}}}}
	for day := range 5 {
		for i := range 24 {
			v := agenda.Visitor{Name: names[(i+day)%len(names)], Phone: fmt.Sprintf("05550 47%02d", i), Email: "gast@beispiel.example"}
			if i%7 == 3 {
				v.Note = "Bringt einen Rollator mit."
			}
			r := booking.Request{Tenant: "musterstadt", Wish: wishes[(i+day)%len(wishes)], Calendar: "buergerbuero", Start: desktest.At(day, "08:00").Add(time.Duration(i*(day+3)/3) * 10 * time.Minute), By: agenda.Staff, Actor: "x"}
			got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: v}, booking.Once{})
			if err != nil {
				continue // full
			}
			if day == 0 {
				for _, to := range [][]agenda.Status{{agenda.Served}, {agenda.Served}, {agenda.NoShow}, {agenda.CheckedIn}, nil}[min(4, i/4)] {
					if _, err := h.desk.Visit(h.Context(), desktest.Clerk(), got.Booking.ID, to); err != nil {
						h.Fatal(err)
					}
				}
			}
		}
		h.ask("impfung", day, "09:30", "Vera Vertraulich", "impfen")
	}
	h.ask("soziales", 0, "10:00", "Nah Beispiel", "beratung")
	h.ask("soziales", 2, "09:00", "Nah Beispiel", "beratung")
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "ausweise", Start: desktest.At(0, "10:40"), By: agenda.Public, Actor: booking.ActorVisitor}
	if _, err := h.desk.Hold(context.WithoutCancel(h.Context()), r); err != nil {
		h.Fatal(err)
	}
	h.clock.Set(desktest.At(0, "09:27"))
}
