package setup_test

import (
	"net/http"
	"os"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// TestLook serves the county's set-up on LOOK (an address such as 127.0.0.1:8099), for
// people who want to see it.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := newHouse(t)
	if _, err := h.desk.Apply(t.Context(), county(t), booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.who = as(agenda.Admin, "")
	h.who.Tenant = "northeim"
	t.Fatal(http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
		h.handler.ServeHTTP(w, r)
	})))
}
