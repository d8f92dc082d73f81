package staff

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// TestLook serves a busy morning on LOOK (an address such as 127.0.0.1:8099), for
// people who want to see it. Every request is signed in as a clerk.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := sqlite(t)
	h.busyMorning()
	secret := h.as(agenda.Clerk, "")
	err := http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "staff", Value: secret})
		h.handler.ServeHTTP(w, r)
	}))
	t.Fatal(err)
}

// busyMorning is a day with forty visitors in all states, at half past nine.
func (h *house) busyMorning() {
	h.Helper()
	names := []string{"Ada Beispiel", "Bruno Muster", "Friederike von Beispielhausen-Musterberg", "Cem Probe", "Ömer Test", "Li Wei", "Maximilian Mustermann", "Zoë Exempel"}
	wishes := []agenda.Wish{desktest.Wish("ausweis"), desktest.Wish("pass"), desktest.Wish("ausweis", "pass"), {Items: []agenda.Item{{Service: "ausweis", Quantity: 3}}}}
	clerk := desktest.Clerk()
	for i := range 40 {
		v := agenda.Visitor{Name: names[i%len(names)], Phone: fmt.Sprintf("05550 47%02d", i), Email: "gast@beispiel.example"}
		if i%7 == 3 {
			v.Note = "Bringt einen Rollator mit, bitte Zimmer im Erdgeschoss."
		}
		r := booking.Request{Tenant: town, Wish: wishes[i%len(wishes)], Calendar: "buergerbuero", Start: desktest.At(0, "08:00").Add(time.Duration(i/2) * 10 * time.Minute), By: agenda.Staff, Actor: "x", Overbook: true}
		f := booking.Form{Visitor: v}
		if i == 5 {
			f.StaffNote = "Akte liegt bei Frau Muster"
		}
		got, err := h.desk.BookNow(h.Context(), r, f, booking.Once{})
		if err != nil {
			h.Fatal(err)
		}
		to := agenda.Confirmed
		switch {
		case i < 12 && i%5 == 2:
			to = agenda.NoShow
		case i < 14:
			to = agenda.Served
		case i < 18:
			to = agenda.CheckedIn
		}
		if _, err := h.desk.Visit(h.Context(), clerk, got.Booking.ID, to); err != nil {
			h.Fatal(err)
		}
		if i == 30 {
			if _, err := h.desk.CancelFor(h.Context(), clerk, got.Booking.ID); err != nil {
				h.Fatal(err)
			}
		}
	}
	h.ask("soziales", 2, "09:00", "Nah Beispiel", "beratung")
	h.ask("soziales", 9, "10:00", "Friederike von Beispielhausen-Musterberg", "beratung")
	h.clock.Set(desktest.At(0, "09:27"))
}
