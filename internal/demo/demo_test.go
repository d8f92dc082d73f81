package demo

import (
	"path/filepath"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
	"terminvergabe/ui"
)

// county gives an empty county on a given moment.
func county(t *testing.T, now time.Time) *County {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"), store.Options{Clock: func(time.Time) time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := seal.NewKeys(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return &County{Desk: &booking.Desk{Store: s, Keys: keys}, Accounts: &auth.Accounts{Store: s, Passwords: auth.NewPasswords(0)}, Files: ui.Files}
}

func TestTenantFilesAreSoundOnEveryDay(t *testing.T) {
	c := &County{Files: ui.Files}
	from := agenda.MakeDate(2026, time.November, 1)
	for day := from; day < from+800; day += 5 {
		for _, id := range tenants() {
			s, err := c.setup(id, day)
			if err != nil {
				t.Fatalf("%s on %s: %v", id, day, err)
			}
			if got := s.Tenant.ID; got != id {
				t.Errorf("tenant in the file of %s: got %s", id, got)
			}
		}
	}
}

// The district shows a logo, so that whoever tries the demo sees one.
func TestTheDistrictHasALogo(t *testing.T) {
	c := county(t, time.Date(2026, time.November, 18, 9, 41, 0, 0, time.UTC))
	if _, err := c.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := c.Desk.Setup(t.Context(), "northeim")
	if err != nil {
		t.Fatal(err)
	}
	err = c.Desk.Store.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Logo("northeim", s.Brand.KeptLogo())
		return err
	})
	if err != nil {
		t.Errorf("logo %q: %v", s.Brand.Logo, err)
	}
}

// On any day there must be something to see and everything must be sound: in the
// middle of a week, on a weekend, on holidays, between the years.
func TestCountyOnUnusualDays(t *testing.T) {
	for _, day := range []string{"2026-11-18T09:41:00Z", "2026-11-22T20:00:00Z", "2026-12-25T12:00:00Z", "2027-01-01T00:30:00Z", "2027-03-28T00:59:00Z"} {
		t.Run(day, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, day)
			if err != nil {
				t.Fatal(err)
			}
			c := county(t, now)
			if fresh, err := c.Found(t.Context()); err != nil || !fresh {
				t.Fatalf("got %v, %v, want a fresh county", fresh, err)
			}
			n, err := c.Fill(t.Context(), -1, 20)
			if err != nil {
				t.Fatal(err)
			}
			if n < 300 {
				t.Errorf("got %d visits in three weeks, want hundreds", n)
			}
			if err := c.Rehearse(t.Context()); err != nil {
				t.Fatal(err)
			}
			assertSound(t, c)
			if fresh, err := c.Found(t.Context()); err != nil || fresh {
				t.Errorf("second time: got %v, %v, want the county that is there", fresh, err)
			}
		})
	}
}

func assertSound(t *testing.T, c *County) {
	t.Helper()
	broken, err := c.Desk.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

func TestTheWeekLooksLikeLife(t *testing.T) {
	now := time.Date(2026, 11, 18, 9, 41, 0, 0, time.UTC) // a Wednesday morning
	c := county(t, now)
	if _, err := c.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fill(t.Context(), -1, 13); err != nil {
		t.Fatal(err)
	}
	seen, letters := map[agenda.Status]int{}, 0
	err := c.Desk.Store.View(t.Context(), func(tx *store.Tx) error {
		for _, id := range tenants() {
			list, err := tx.BookingsBetween(id, "", now.AddDate(0, 0, -2), now.AddDate(0, 0, 20))
			if err != nil {
				return err
			}
			for _, b := range list {
				seen[b.Status]++
			}
		}
		n, err := tx.Queued()
		letters = n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []agenda.Status{agenda.Confirmed, agenda.CheckedIn, agenda.Served, agenda.NoShow, agenda.Cancelled, agenda.Pending} {
		if seen[status] == 0 {
			t.Errorf("no visit is %s: %v", status, seen)
		}
	}
	if letters != 0 {
		t.Errorf("got %d letters about invented visits, want none", letters)
	}
}

func TestEveryLogInWorks(t *testing.T) {
	c := county(t, time.Date(2026, 11, 18, 9, 41, 0, 0, time.UTC))
	if _, err := c.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Hire(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, l := range Logins() {
		if _, p, err := c.Accounts.SignIn(t.Context(), l.Tenant, l.Email, Password, ""); err != nil || p.Role != l.Role {
			t.Errorf("%s: got %v, %v, want a %s", l.Email, p, err, l.Role)
		}
	}
}
