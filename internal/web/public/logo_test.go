package public_test

import (
	"net/http"
	"strings"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// A tenant's logo stands on its pages without words of its own, may be kept for ever,
// and can load and run nothing when it is opened by itself.
func TestLogo(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision, s.Brand.Logo = 1, "logo-00000000000000aa.svg"
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg"/>`
	if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "x", Logo: []byte(drawing)}); err != nil {
		t.Fatal(err)
	}
	b := serve(t, d).browser(t)
	b.get("/musterstadt/").want(http.StatusOK, `<img class="owner-logo" src="/musterstadt/logo-00000000000000aa.svg" alt="" height="48">`)
	b.get("/musterstadt/logo-00000000000000aa.svg").want(http.StatusOK, drawing)
	for name, want := range map[string]string{"Content-Type": "image/svg+xml", "Cache-Control": "immutable", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"} {
		if got := b.header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	b.get("/musterstadt/logo-00000000000000bb.svg").want(http.StatusNotFound)
}
