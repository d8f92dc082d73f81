package api_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// Case D10: programs do not get round the page that asks for a proof.
func TestD10ProgramsProveToo(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		s := desktest.Musterstadt()
		s.Protection.Proof = agenda.ProofAlways
		if _, err := c.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
			t.Fatal(err)
		}
		c.refused(c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 428, "proof_required")
		challenge := read[booking.Challenge](c, c.do("GET", "/challenge", nil), 200)
		if challenge.Parameters.Algorithm != "PBKDF2/SHA-256" || challenge.Signature == "" {
			t.Errorf("got %+v", challenge)
		}
		unsolved, err := json.Marshal(map[string]any{"challenge": challenge, "solution": map[string]any{"counter": 1}})
		if err != nil {
			t.Fatal(err)
		}
		c.refused(c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis"), "Altcha", base64.StdEncoding.EncodeToString(unsolved)), 428, "proof_required")
		read[bookingAnswer](c, c.do("POST", "/staff-bookings", direct("buergerbuero", at(2, "08:00"), "ausweis"), bearer(c.token(agenda.Clerk, ""))...), 201)
	})
}
