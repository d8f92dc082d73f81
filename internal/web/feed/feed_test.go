package feed_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/feed"
	"terminvergabe/internal/web/route"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// office is a desk with its feeds served, and what they log.
type office struct {
	*booking.Desk
	t      *testing.T
	router http.Handler
	log    *bytes.Buffer

	catalogue *i18n.Catalogue
}

func serve(t *testing.T, d *booking.Desk) *office {
	t.Helper()
	cat := builttest.Texts(t)
	o := &office{Desk: d, t: t, log: &bytes.Buffer{}}
	r := route.NewTable()
	feeds := &feed.Feeds{Desk: d, Catalogue: cat, Log: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	feeds.Mount(r)
	o.router, o.catalogue = r, cat
	return o
}

// create makes a feed and gives its secret.
func (o *office) create(scope, target, detail string) (id, secret string) {
	o.t.Helper()
	id, secret, err := o.CreateFeed(o.t.Context(), store.Feed{Tenant: "musterstadt", Scope: scope, Target: target, Detail: detail}, booking.ActorCLI)
	if err != nil {
		o.t.Fatal(err)
	}
	return id, secret
}

// ask sends one request; headers come in pairs.
func (o *office) ask(method, secret string, headers ...string) *http.Response {
	o.t.Helper()
	r := httptest.NewRequestWithContext(o.t.Context(), method, "/feeds/"+secret+".ics", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.router.ServeHTTP(w, r)
	if strings.Contains(o.log.String(), secret) {
		o.t.Error("the secret is in the log")
	}
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read gives the feed as a calendar program sees it.
func (o *office) read(secret string) *ical.Calendar {
	o.t.Helper()
	r := o.ask("GET", secret)
	if r.StatusCode != 200 {
		o.t.Fatalf("got %s", r.Status)
	}
	cal, err := ical.Parse(body(o.t, r))
	if err != nil {
		o.t.Fatal(err)
	}
	return cal
}

func (o *office) book(calendar string, start time.Time, service string) booking.Receipt {
	o.t.Helper()
	v := desktest.Ada
	v.Note = "NOTIZ"
	r, err := o.BookNow(o.t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish(service), Calendar: calendar, Start: start,
		By: agenda.Public, Actor: booking.ActorVisitor}, booking.Form{Visitor: v, Language: "en"}, booking.Once{})
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// What each level of detail shows, also of a sensitive service.
func TestDetail(t *testing.T) {
	d, _ := desktest.SQLite(t)
	o := serve(t, d)
	setup := desktest.Musterstadt()
	setup.Revision, setup.Services[0].Sensitive = 1, true
	if _, err := d.Apply(t.Context(), setup, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	plain := o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
	secretive := o.book("buergerbuero", desktest.At(1, "09:00"), "ausweis")
	for _, x := range []struct {
		detail       string
		shows, hides []string
	}{
		{"busy", []string{"Belegt"}, []string{"Reisepass", "Personalausweis", "Ada", plain.Booking.Reference, "Marktplatz", "NOTIZ"}},
		{"service", []string{"Reisepass", plain.Booking.Reference, secretive.Booking.Reference, "Termin Musterstadt"}, []string{"Personalausweis", "Ada", "4711", "NOTIZ"}},
		{"full", []string{"Reisepass", "Personalausweis", "Ada Beispiel", "05550 4711", "NOTIZ"}, nil},
	} {
		_, secret := o.create("calendar", "buergerbuero", x.detail)
		text := strings.ReplaceAll(string(body(t, o.ask("GET", secret))), "\r\n ", "")
		for _, s := range x.shows {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %s is missing in\n%s", x.detail, s, text)
			}
		}
		for _, s := range append(x.hides, plain.Manage, "ORGANIZER", "ATTENDEE", "VALARM") {
			if strings.Contains(text, s) {
				t.Errorf("%s: %s is in\n%s", x.detail, s, text)
			}
		}
	}
}

// The entry in a feed is the one that the visitor's letters carry: same UID, same
// sequence, also after a move and a cancellation; the stamp is the last change.
func TestEntryThroughItsLife(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		_, secret := o.create("department", "buergerdienste", "service")
		check := func(uid string, sequence int, start time.Time, cancelled bool) {
			t.Helper()
			cal := o.read(secret)
			if len(cal.Events) != 1 {
				t.Fatalf("got %d entries, want one", len(cal.Events))
			}
			e := cal.Events[0]
			if e.UID != uid || e.Sequence != sequence || !e.Start.Equal(start) || e.Cancelled != cancelled || e.Transparent != cancelled || !e.Changed.Equal(c.Now()) {
				t.Errorf("got %+v", e)
			}
		}
		if cal := o.read(secret); len(cal.Events) != 0 || cal.Method != ical.Publish || cal.Name != "Bürgerdienste, Musterstadt" || cal.TimeZone != "Europe/Berlin" {
			t.Errorf("empty: got %+v", cal)
		}
		r := o.book("ausweise", desktest.At(1, "08:00"), "ausweis")
		if cal := o.read(secret); len(cal.Events) != 0 {
			t.Error("a request that nobody confirmed is in the feed")
		}
		p, err := d.Private(r.Booking)
		if err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
		if _, err := d.Confirm(t.Context(), "musterstadt", p.Confirm); err != nil {
			t.Fatal(err)
		}
		check(r.Booking.UID, 0, desktest.At(1, "08:00"), false)
		c.Advance(time.Minute)
		if _, err := d.Move(t.Context(), "musterstadt", r.Manage, booking.Target{Start: desktest.At(2, "08:00")}); err != nil {
			t.Fatal(err)
		}
		check(r.Booking.UID, 1, desktest.At(2, "08:00"), false)
		c.Advance(time.Minute)
		if _, err := d.Cancel(t.Context(), "musterstadt", r.Manage); err != nil {
			t.Fatal(err)
		}
		check(r.Booking.UID, 2, desktest.At(2, "08:00"), true)
	})
}

// Which visits are shown from day to day, and how much of them after retention:
// one feed read over five weeks.
func TestWindow(t *testing.T) {
	d, c := desktest.SQLite(t)
	o := serve(t, d)
	_, full := o.create("all", "", "full")
	_, site := o.create("site", "nebenstelle", "busy")
	o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
	o.book("impfung", desktest.At(2, "08:00"), "impfen")
	far := o.book("buergerbuero", desktest.At(57, "08:00"), "pass")
	if _, err := d.Cancel(t.Context(), "musterstadt", far.Manage); err != nil {
		t.Fatal(err)
	}
	count := func(when time.Time, secret string, want int) *ical.Calendar {
		t.Helper()
		c.Set(when)
		cal := o.read(secret)
		if len(cal.Events) != want {
			t.Errorf("%s: got %d entries, want %d", when, len(cal.Events), want)
		}
		return cal
	}
	count(desktest.At(0, "12:00"), full, 3)
	count(desktest.At(0, "12:00"), site, 1)
	if cal := count(desktest.At(3, "23:59"), full, 3); !strings.Contains(cal.Events[0].Summary, "Ada") {
		t.Errorf("got %q before the end of retention", cal.Events[0].Summary)
	}
	before := body(t, o.ask("GET", full))
	after := func() []byte {
		c.Set(desktest.At(4, "00:00"))
		return body(t, o.ask("GET", full))
	}()
	if bytes.Equal(before, after) || bytes.Contains(after[:bytes.Index(after, []byte("END:VEVENT"))], []byte("Ada")) {
		t.Errorf("past its retention there is still\n%s", after)
	}
	if _, err := d.Forget(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if again := body(t, o.ask("GET", full)); !bytes.Equal(after, again) {
		t.Errorf("forgetting changed the feed:\n%s", again)
	}
	if cal := count(desktest.At(30, "12:00"), full, 3); cal.Events[0].Summary != "Reisepass" {
		t.Errorf("after retention: got %q", cal.Events[0].Summary)
	}
	count(desktest.At(31, "12:00"), full, 2) // the cancellation is 31 days old
	count(desktest.At(32, "12:00"), full, 1)
	count(desktest.At(33, "12:00"), full, 0)
}

// RFC 9110, 13.2.2, as a table of what an asker may hold, by GET and by HEAD.
func TestConditionalRequests(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		_, secret := o.create("calendar", "buergerbuero", "full")
		o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
		c.Advance(time.Minute)
		first := o.ask("GET", secret)
		plain := body(t, first)
		tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		if first.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || first.Header.Get("Cache-Control") != "private, max-age=300" ||
			!strings.HasPrefix(tag, `"`) || modified != "Mon, 06 Jul 2026 05:00:59 GMT" {
			t.Errorf("got %v", first.Header)
		}
		c.Advance(time.Hour)
		if again := o.ask("GET", secret); !bytes.Equal(body(t, again), plain) || again.Header.Get("ETag") != tag || again.Header.Get("Last-Modified") != modified {
			t.Error("an hour later, unchanged, the feed is another")
		}
		for _, x := range []struct {
			name    string
			headers []string
			status  int
		}{
			{"the tag", []string{"If-None-Match", tag}, 304},
			{"the tag among others", []string{"If-None-Match", `"x", W/` + tag}, 304},
			{"any tag", []string{"If-None-Match", "*"}, 304},
			{"another tag", []string{"If-None-Match", `"x"`}, 200},
			{"another tag goes before the date", []string{"If-None-Match", `"x"`, "If-Modified-Since", modified}, 200},
			{"the tag goes before an old date", []string{"If-None-Match", tag, "If-Modified-Since", "Mon, 06 Jul 2020 05:00:00 GMT"}, 304},
			{"the date", []string{"If-Modified-Since", modified}, 304},
			{"a later date", []string{"If-Modified-Since", "Mon, 06 Jul 2026 05:01:01 GMT"}, 304},
			{"the second in which other bytes may have been current", []string{"If-Modified-Since", "Mon, 06 Jul 2026 05:01:00 GMT"}, 200},
			{"an earlier date", []string{"If-Modified-Since", "Mon, 06 Jul 2026 05:00:58 GMT"}, 200},
			{"an old format of dates", []string{"If-Modified-Since", "Monday, 06-Jul-26 05:00:59 GMT"}, 304},
			{"no date at all", []string{"If-Modified-Since", "yesterday"}, 200},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				r := o.ask(method, secret, x.headers...)
				if r.StatusCode != x.status || r.Header.Get("ETag") != tag || r.Header.Get("Last-Modified") != modified || r.Header.Get("Cache-Control") == "" {
					t.Errorf("%s, %s: got %s %v, want %d", x.name, method, r.Status, r.Header, x.status)
				}
				if x.status == 304 && len(body(t, r)) > 0 {
					t.Errorf("%s: 304 with a body", x.name)
				}
			}
		}
		o.book("buergerbuero", desktest.At(1, "09:00"), "pass")
		if r := o.ask("GET", secret, "If-None-Match", tag, "If-Modified-Since", modified); r.StatusCode != 200 {
			t.Errorf("after a booking: got %s", r.Status)
		}
	})
}

// The date alone never hides a change: one in the second of the answer, one that
// takes an entry away, midnight.
func TestDateNeverHidesAChange(t *testing.T) {
	d, c := desktest.SQLite(t)
	o := serve(t, d)
	_, secret := o.create("calendar", "buergerbuero", "busy")
	r := o.book("buergerbuero", desktest.At(1, "08:00"), "pass")
	changed := func(what string, change func()) {
		t.Helper()
		date := o.ask("GET", secret).Header.Get("Last-Modified")
		change()
		if got := o.ask("GET", secret, "If-Modified-Since", date).StatusCode; got != 200 {
			t.Errorf("%s: got %d, want the feed anew", what, got)
		}
	}
	changed("in the same second", func() { o.book("buergerbuero", desktest.At(1, "09:00"), "pass") })
	c.Advance(time.Minute)
	changed("cancelled", func() {
		if _, err := d.Cancel(t.Context(), "musterstadt", r.Manage); err != nil {
			t.Fatal(err)
		}
	})
	c.Set(desktest.At(30, "23:59"))
	changed("midnight, when a cancellation is old", func() { c.Set(desktest.At(31, "00:00")) })
	changed("another name", func() {
		s := desktest.Musterstadt()
		s.Revision, s.Tenant.Name = 1, agenda.Plain("Neustadt")
		c.Advance(time.Minute)
		if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCompressed(t *testing.T) {
	d, _ := desktest.SQLite(t)
	o := serve(t, d)
	_, secret := o.create("all", "", "busy")
	plain := o.ask("GET", secret)
	zipped := o.ask("GET", secret, "Accept-Encoding", "br, gzip;q=0.8")
	tag := zipped.Header.Get("ETag")
	if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("Vary") != "Accept-Encoding" || tag == plain.Header.Get("ETag") {
		t.Errorf("got %v", zipped.Header)
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(text, body(t, plain)) {
		t.Errorf("unzipped: %v, other bytes than plain", err)
	}
	if r := o.ask("GET", secret, "Accept-Encoding", "gzip", "If-None-Match", tag); r.StatusCode != 304 || r.Header.Get("ETag") != tag {
		t.Errorf("got %s %v", r.Status, r.Header)
	}
	if r := o.ask("GET", secret, "Accept-Encoding", "gzip;q=0, *"); r.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for somebody who refuses that")
	}
}

// flipped is another character than the one given.
func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// A feed from its making to its end: wrong secrets, the last use, who can revoke
// it, and what cannot be made at all.
func TestWhoMayRead(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		o := serve(t, d)
		id, secret := o.create("calendar", "impfung", "busy")
		r := o.book("impfung", desktest.At(1, "08:00"), "impfen")
		for _, wrong := range []string{secret[1:] + secret[:1] + "A", secret[:25] + flipped(secret[25]), r.Manage, strings.ToLower(secret)} {
			if got := o.ask("GET", wrong); got.StatusCode != 404 {
				t.Errorf("a wrong secret: got %s", got.Status)
			}
		}
		used := func() time.Time {
			t.Helper()
			list, err := d.Feeds(t.Context(), "musterstadt")
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0].Used
		}
		if !used().IsZero() {
			t.Error("used before anybody read it")
		}
		first := c.Now()
		o.read(secret)
		c.Advance(59 * time.Minute)
		o.read(secret)
		if got := used(); !got.Equal(first) {
			t.Errorf("got last use %s, want %s: to the hour", got, first)
		}
		c.Advance(time.Minute)
		o.read(secret)
		if got := used(); !got.Equal(c.Now()) {
			t.Errorf("got last use %s, want %s", got, c.Now())
		}
		if err := d.RevokeFeed(t.Context(), "nachbarstadt", id, booking.ActorCLI); err == nil {
			t.Error("revoked by another tenant")
		}
		if err := d.RevokeFeed(t.Context(), "musterstadt", id, booking.ActorCLI); err != nil {
			t.Fatal(err)
		}
		if got := o.ask("GET", secret); got.StatusCode != 404 {
			t.Errorf("revoked: got %s", got.Status)
		}
		if err := d.RevokeFeed(t.Context(), "musterstadt", id, booking.ActorCLI); err == nil {
			t.Error("revoked twice")
		}
		for _, bad := range []store.Feed{{Scope: "calendar", Target: "nowhere", Detail: "busy"}, {Scope: "all", Target: "x", Detail: "busy"}, {Scope: "galaxy", Detail: "busy"}, {Scope: "all", Detail: "everything"}} {
			bad.Tenant = "musterstadt"
			if _, _, err := d.CreateFeed(t.Context(), bad, booking.ActorCLI); err == nil {
				t.Errorf("created %+v", bad)
			}
		}
	})
}
