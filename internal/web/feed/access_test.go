package feed_test

import (
	"path/filepath"
	"testing"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
)

// A secret that has opened a feed is remembered, but not for one request longer than it is
// right: another process's revocation counts at once.
func TestRevokedElsewhere(t *testing.T) {
	for name, url := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "book.db"), "PostgreSQL": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			one, c := desktest.Open(t, url)
			other := desktest.Beside(t, url, c)
			o := serve(t, one)
			for range 10 {
				id, secret := o.create("all", "", "service")
				for range 3 {
					if r := o.ask("GET", secret); r.StatusCode != 200 {
						t.Fatalf("got %s", r.Status)
					}
				}
				if err := other.RevokeFeed(t.Context(), "musterstadt", id, booking.ActorCLI); err != nil {
					t.Fatal(err)
				}
				if r := o.ask("GET", secret); r.StatusCode != 404 {
					t.Fatalf("revoked by another process: got %s", r.Status)
				}
			}
		})
	}
}

// What has been opened holds until a feed, an account or a role changes, and no booking
// ends it.
func TestAccessHolds(t *testing.T) {
	d, c := desktest.SQLite(t)
	o := serve(t, d)
	_, secret := o.create("all", "", "service")
	a, err := d.FeedBy(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want bool, after string) {
		t.Helper()
		if got := d.FeedHolds(t.Context(), a); got != want {
			t.Errorf("after %s it holds: %v, want %v", after, got, want)
		}
	}
	d.FeedHolds(t.Context(), a) // the first look at the file finds what was done before
	if a, err = d.FeedBy(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	holds(true, "nothing")
	o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
	c.Advance(time.Hour)
	holds(true, "a booking")
	o.create("all", "", "busy")
	holds(false, "a change of the feeds")
}

// A feed that has run out is gone, for those too to whom it is known.
func TestExpires(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		_, secret, err := d.CreateFeed(t.Context(), store.Feed{Tenant: "musterstadt", Scope: "all", Detail: "service", Expires: c.Now().Add(48 * time.Hour)}, booking.ActorCLI)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			after time.Duration
			want  int
		}{{0, 200}, {47 * time.Hour, 200}, {59 * time.Minute, 200}, {2 * time.Minute, 404}, {time.Hour, 404}} {
			c.Advance(x.after)
			if r := o.ask("GET", secret); r.StatusCode != x.want {
				t.Errorf("%v later: got %s, want %d", x.after, r.Status, x.want)
			}
		}
	})
}

// G5: ten thousand visits take at most two megabytes on their way.
func TestManyAreSmall(t *testing.T) {
	d, _ := desktest.SQLite(t)
	o := serve(t, d)
	fill(t, d, 10_000)
	for _, detail := range []string{"busy", "service"} {
		_, secret := o.create("all", "", detail)
		r := o.ask("GET", secret, "Accept-Encoding", "gzip")
		got := body(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Encoding") != "gzip" || len(got) < 100_000 || len(got) > 2<<20 {
			t.Errorf("%s: got %s, %q, %d bytes", detail, r.Status, r.Header.Get("Content-Encoding"), len(got))
		}
		t.Logf("%s: %d bytes", detail, len(got))
	}
}
