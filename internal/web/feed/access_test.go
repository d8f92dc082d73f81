package feed_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
)

// onTwo runs a test on two processes at one book, on each engine.
func onTwo(t *testing.T, f func(t *testing.T, asked *office, other *booking.Desk, c *desktest.Clock)) {
	for name, url := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "book.db"), "PostgreSQL": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			one, c := desktest.Open(t, url)
			f(t, serve(t, one), desktest.Beside(t, url, c), c)
		})
	}
}

// A secret that has opened a feed is remembered, but not for one request longer than it is
// right: another process's revocation counts as soon as it is done.
func TestRevokedElsewhere(t *testing.T) {
	onTwo(t, func(t *testing.T, o *office, other *booking.Desk, _ *desktest.Clock) {
		for range 3 {
			id, secret := o.create("all", "", "service")
			tag := o.ask("GET", secret).Header.Get("ETag")
			for range 3 {
				if r := o.ask("GET", secret); r.StatusCode != 200 {
					t.Fatalf("got %s", r.Status)
				}
				if r := o.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 304 {
					t.Fatalf("got %s", r.Status)
				}
			}
			if err := other.RevokeFeed(t.Context(), "musterstadt", id, booking.ActorCLI); err != nil {
				t.Fatal(err)
			}
			if r := o.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 404 {
				t.Fatalf("revoked by another process: got %s for the tag", r.Status)
			}
			if r := o.ask("GET", secret); r.StatusCode != 404 {
				t.Fatalf("revoked by another process: got %s", r.Status)
			}
		}
	})
}

// Whose account another process closes reads their feed no longer, whatever is remembered.
func TestClosedElsewhere(t *testing.T) {
	onTwo(t, func(t *testing.T, o *office, other *booking.Desk, c *desktest.Clock) {
		clerk := agenda.Person{Tenant: "musterstadt", ID: "clerk", Name: "Clerk", Role: agenda.Clerk, Department: "buergerdienste"}
		account := store.Account{Person: clerk, Email: "clerk@musterstadt.example", Created: c.Now()}
		if err := o.Store.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.AddAccount(account); return err }); err != nil {
			t.Fatal(err)
		}
		_, secret, err := o.CreateOwnFeed(t.Context(), &clerk, store.Feed{Detail: "full"})
		if err != nil {
			t.Fatal(err)
		}
		tag := o.ask("GET", secret).Header.Get("ETag")
		if r := o.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 304 {
			t.Fatalf("got %s", r.Status)
		}
		account.Disabled = true
		if err := other.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.SaveAccount(account) }); err != nil {
			t.Fatal(err)
		}
		if r := o.ask("GET", secret, "If-None-Match", tag); r.StatusCode != 404 {
			t.Errorf("of an account that is closed: got %s", r.Status)
		}
	})
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
		p, err := d.Store.Present(t.Context(), "musterstadt")
		if err != nil {
			t.Fatal(err)
		}
		if got := d.FeedHolds(p, a); got != want {
			t.Errorf("after %s it holds: %v, want %v", after, got, want)
		}
	}
	if _, err := d.Store.Present(t.Context(), "musterstadt"); err != nil { // the first look at the file finds what was done before
		t.Fatal(err)
	}
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

// Ten thousand visits take at most two megabytes on their way.
func TestManyAreSmallG5(t *testing.T) {
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

// A feed of one department, site or calendar holds nothing of another, nor of another
// town; a feed of the whole town does not either, for who is limited to a department.
func TestG4AFeedHoldsItsOfficeAlone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		o := serve(t, d)
		mine := o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
		theirs := o.book("soziales", desktest.At(1, "08:00"), "beratung")
		if _, err := d.Approve(t.Context(), desktest.Clerk(), theirs.Booking.ID); err != nil {
			t.Fatal(err)
		}
		for _, x := range [][2]string{{"department", "buergerdienste"}, {"site", "rathaus"}, {"calendar", "buergerbuero"}} {
			_, secret := o.create(x[0], x[1], "full")
			text := strings.ReplaceAll(string(body(t, o.ask("GET", secret))), "\r\n ", "")
			for _, other := range []string{theirs.Booking.UID, theirs.Booking.Reference, "Beratung", "Lindenweg", "Soziales"} {
				if strings.Contains(text, other) || !strings.Contains(text, mine.Booking.UID) {
					t.Errorf("%v: %s is in\n%s", x, other, text)
				}
			}
		}
		clerk := &agenda.Person{Tenant: "musterstadt", ID: "clerk", Role: agenda.Lead, Department: "buergerdienste"}
		for _, f := range []store.Feed{{Scope: "all", Detail: "busy"}, {Scope: "department", Target: "soziales", Detail: "busy"}, {Scope: "calendar", Target: "soziales", Detail: "busy"}, {Scope: "site", Target: "nebenstelle", Detail: "full"}} {
			f.Tenant = "musterstadt"
			if _, _, err := d.CreateFeedBy(t.Context(), clerk, f); err == nil {
				t.Errorf("%+v: somebody else's visits are handed out", f)
			}
		}
	})
}

// A database that does not answer left calendar programs without a word about when to come
// again.
func TestAFeedThatCannotBeReadSaysWhenToComeAgain(t *testing.T) {
	desk, _ := desktest.SQLite(t)
	o := serve(t, desk)
	_, secret := o.create("calendar", "impfung", "busy")
	if err := desk.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := o.ask("GET", secret); got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("got %s with Retry-After %q", got.Status, got.Header.Get("Retry-After"))
	}
}
