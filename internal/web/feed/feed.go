// Package feed serves calendars to subscribe to, under secret addresses that staff
// put into their calendar programs.
//
// It refuses to know which bookings a feed shows (package booking) and what an
// entry reveals (package entry): it only speaks HTTP to programs that ask again
// and again, and answers in as few bytes as it can. Start reading at Feeds.
package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
)

// Feeds serves the feeds of all tenants.
type Feeds struct {
	Desk      *booking.Desk
	Catalogue *i18n.Catalogue
	Log       *slog.Logger
}

// Mount registers the one route.
func (f *Feeds) Mount(r *mux.Router) {
	r.HandleFunc("/feeds/{secret:[A-Za-z0-9]+}.ics", f.serve).Methods(http.MethodGet, http.MethodHead)
}

// serve never logs the address: whoever knows it reads the calendar.
func (f *Feeds) serve(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	feed, err := f.Desk.FeedBy(ctx, mux.Vars(r)["secret"])
	if errors.Is(err, agenda.ErrNotFound) {
		http.Error(w, "Diesen Kalender gibt es nicht. / There is no such calendar.", http.StatusNotFound)
		return
	}
	var sub *booking.Subscription
	if err == nil {
		sub, err = f.Desk.Subscription(ctx, feed)
	}
	if err != nil {
		if ctx.Err() == nil {
			f.Log.ErrorContext(ctx, "a feed cannot be read", "feed", feed.ID, "error", err)
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		}
		return
	}
	if err := f.Desk.FeedRead(ctx, feed, sub.Now); err != nil {
		f.Log.WarnContext(ctx, "the use of a feed was not noted", "feed", feed.ID, "error", err)
	}
	body, err := answer(w, r, f.write(sub), sub)
	if err == nil {
		_, err = w.Write(body)
	}
	if err != nil {
		f.Log.DebugContext(ctx, "a feed was not read to its end", "feed", feed.ID, "error", err)
	}
}

// write encodes what the feed shows, in the tenant's first language. Equal content
// gives equal bytes.
func (f *Feeds) write(sub *booking.Subscription) []byte {
	p := f.Catalogue.Printer(sub.Setup.Language(""))
	events := make([]ical.Event, 0, len(sub.Cards))
	for _, card := range sub.Cards {
		events = append(events, entry.Event(entry.Visit(*card), p, entry.Detail(sub.Detail)))
	}
	return ical.Feed(ical.FeedInfo{Name: name(sub, p), Zone: sub.Setup.Zone(), Refresh: time.Hour}, events)
}

// name is what the calendar program shows: what the feed is of, and whose.
func name(sub *booking.Subscription, p *i18n.Printer) string {
	in := func(t agenda.Text) string { return sub.Setup.Text(t, p.Lang()) }
	what, tenant := "", in(sub.Setup.Tenant.Name)
	switch sub.Scope {
	case "calendar":
		what = sub.Target
		if c, ok := sub.Setup.CalendarOf(sub.Target); ok && in(c.Name) != "" {
			what = in(c.Name)
		}
	case "department":
		if d, ok := sub.Setup.DepartmentOf(sub.Target); ok {
			what = in(d.Name)
		}
	case "site":
		if s, ok := sub.Setup.SiteOf(sub.Target); ok {
			what = in(s.Name)
		}
	}
	if what == "" {
		return tenant
	}
	return what + ", " + tenant
}

// modified is the time to tell as that of the last change. Changes are known to
// the second: in a second that is not over yet more may come, so the one before it
// is told, and whoever asks with that gets the feed anew.
func modified(sub *booking.Subscription) time.Time {
	if !sub.Changed.Before(sub.Now) {
		return sub.Now.Add(-time.Second)
	}
	return sub.Changed
}

// answer sets status and headers and gives the body to send: none where the asker
// has it already (RFC 9110, 13.2.2). Plain and compressed bytes differ, so a strong
// tag of the compressed ones differs too.
func answer(w http.ResponseWriter, r *http.Request, plain []byte, sub *booking.Subscription) ([]byte, error) {
	tag, zipped := ical.ETag(plain), acceptsGzip(r.Header.Values("Accept-Encoding"))
	tags := []string{tag, strings.TrimSuffix(tag, `"`) + `-gzip"`}
	own := tags[0]
	if zipped {
		own = tags[1]
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Last-Modified", modified(sub).UTC().Format(http.TimeFormat))
	held, same := unchanged(r, tags, own, sub.Changed)
	h.Set("ETag", held)
	if same {
		w.WriteHeader(http.StatusNotModified)
		return nil, nil
	}
	body := plain
	if zipped {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(plain); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		body = b.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="termine.ics"`)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	return body, nil
}

// unchanged decides whether the asker has what it would get, and under which tag.
// Where it names tags, its date does not count; a date that cannot be read never
// does.
func unchanged(r *http.Request, tags []string, own string, changed time.Time) (tag string, same bool) {
	if lines := r.Header.Values("If-None-Match"); len(lines) > 0 {
		for held := range strings.SplitSeq(strings.Join(lines, ","), ",") {
			held = strings.TrimPrefix(strings.TrimSpace(held), "W/") // compared weakly
			if held == "*" {
				return own, true
			}
			for _, t := range tags {
				if held == t {
					return t, true
				}
			}
		}
		return own, false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return own, err == nil && !changed.Truncate(time.Second).After(since)
}

// acceptsGzip reads Accept-Encoding: gzip named, or any, and not with quality 0.
func acceptsGzip(lines []string) bool {
	accepted, named := false, false
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		key, q, _ := strings.Cut(strings.ReplaceAll(params, " ", ""), "=")
		weight, err := strconv.ParseFloat(q, 64)
		wanted := !strings.EqualFold(key, "q") || err != nil || weight > 0
		switch {
		case coding == "gzip" || coding == "x-gzip":
			accepted, named = wanted, true
		case coding == "*" && !named:
			accepted = wanted
		}
	}
	return accepted
}
