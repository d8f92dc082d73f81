package booking_test

import (
	"errors"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// A logo is kept together with the set-up that names it, or not at all; an older
// set-up's logo is still there when that set-up comes back.
func TestLogoIsKeptWithTheSetup(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		logo := func(name string) (image string) {
			t.Helper()
			err := d.Store.View(t.Context(), func(tx *store.Tx) error {
				b, err := tx.Logo(town, name)
				image = string(b)
				return err
			})
			if err != nil && !errors.Is(err, agenda.ErrNotFound) {
				t.Fatal(err)
			}
			return image
		}
		const first, second = "logo-00000000000000aa.png", "logo-00000000000000bb.svg"
		for _, step := range []struct {
			name, image string
			dry         bool
		}{{first, "one", true}, {first, "one", false}, {second, "two", false}, {first, "", false}} {
			s := *desktest.Musterstadt()
			s.Brand.Logo = step.name
			if _, err := d.Apply(t.Context(), &s, booking.ApplyOptions{Actor: "x", Merge: true, DryRun: step.dry, Logo: []byte(step.image)}); err != nil {
				t.Fatal(err)
			}
			if got := logo(first); (got == "one") == step.dry {
				t.Errorf("after %+v: got %q", step, got)
			}
		}
		if got := logo(second); got != "two" {
			t.Errorf("the second: got %q, want two", got)
		}
	})
}
