// Package feed serves calendars to subscribe to, under secret addresses that staff and
// visitors put into their calendar programs.
//
// It refuses to know which bookings a feed shows (package booking) and what an
// entry reveals (package entry): it only speaks HTTP to programs that ask again
// and again, answers in as few bytes as it can, and remembers what it has encoded as long
// as nothing has changed. Start reading at Feeds, then memory.go.
package feed

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/keep"
	"terminvergabe/internal/web/route"
)

// Feeds serves the feeds of all tenants. Its fields are set once.
type Feeds struct {
	Desk      *booking.Desk
	Catalogue *i18n.Catalogue
	Log       *slog.Logger

	known  keep.Map[*shelf]
	opened keep.Map[*opened] // by hash of the secret
}

// opened is a feed that a secret has opened.
type opened struct {
	*booking.FeedAccess
	shows []byte
}

// Mount registers the one route.
func (f *Feeds) Mount(t *route.Table) {
	f.known.Most, f.opened.Most = memory, accesses
	t.Get("/feeds/{secret:[A-Za-z0-9]+}.ics", route.Policy{Who: route.Who{Shows: route.Feed}, Data: route.Personal, Keep: route.Asker, Rate: route.Requests}, http.HandlerFunc(f.serve))
}

// serve never logs the address: whoever knows it reads the calendar.
func (f *Feeds) serve(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	// Without a tag it is the date that counts, which other processes write too.
	a, p, err := f.access(ctx, mux.Vars(r)["secret"], r.Header.Get("If-None-Match") != "")
	var b *bytesOf
	if err == nil {
		b, err = f.current(ctx, a, p)
	}
	if err == nil && b.view != nil {
		err = f.Desk.SawFeed(a.FeedAccess, b.view, p.Now)
	}
	if errors.Is(err, agenda.ErrNotFound) {
		http.Error(w, "Diesen Kalender gibt es nicht. / There is no such calendar.", http.StatusNotFound)
		return
	}
	if err != nil {
		if ctx.Err() == nil {
			f.Log.ErrorContext(ctx, "a feed cannot be read", "feed", id(a), "error", err)
			w.Header().Set("Retry-After", "60") // a calendar program asks every few minutes anyway
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		}
		return
	}
	since, err := f.Desk.FeedRead(ctx, a.Feed, b.tag, p.Now)
	if err != nil {
		f.Log.WarnContext(ctx, "the use of a feed was not noted", "feed", a.ID, "error", err)
	}
	if since.Add(-time.Second).After(p.Now) {
		since = time.Time{} // it changes faster than a date could tell
	}
	body, err := answer(w, r, b, since)
	if err == nil {
		_, err = w.Write(body)
	}
	if err != nil {
		f.Log.DebugContext(ctx, "a feed was not read to its end", "feed", a.ID, "error", err)
	}
}

// access is Desk.FeedBy, remembered as long as it holds, and what is present. Where other
// processes write too, what is remembered is good for comparing tags alone.
func (f *Feeds) access(ctx context.Context, secret string, tagged bool) (a *opened, p store.Present, err error) {
	key := sha256.Sum256([]byte(secret))
	if a, ok := f.opened.Get(key[:]); ok {
		if p, err = f.Desk.Store.Present(ctx, a.Tenant); err != nil {
			return nil, p, err
		}
		if f.Desk.FeedHolds(p, a.FeedAccess) && (tagged || booking.FeedIsAlone(p)) {
			return a, p, nil
		}
	}
	found, err := f.Desk.FeedBy(ctx, secret)
	if err != nil {
		return nil, p, err
	}
	if p, err = f.Desk.Store.Present(ctx, found.Tenant); err != nil {
		return nil, p, err
	}
	a = &opened{found, []byte(shows(found))}
	f.opened.Put(key[:], a, accessSize+len(a.shows))
	return a, p, nil
}

func id(a *opened) string {
	if a == nil {
		return ""
	}
	return a.ID
}

// answer sets status and headers and gives the body to send: none where the asker
// has it already (RFC 9110, 13.2.2). Plain and compressed bytes differ, so a strong
// tag of the compressed ones differs too.
//
// The date that is told is the second before these bytes were seen first: in that second
// itself others may have been current. So whoever asks with a date has these bytes where
// it is just the one told, or later than the second in which they were seen first.
func answer(w http.ResponseWriter, r *http.Request, b *bytesOf, since time.Time) ([]byte, error) {
	zipped := acceptsGzip(r.Header.Values("Accept-Encoding"))
	tags := []string{b.tag, strings.TrimSuffix(b.tag, `"`) + `-gzip"`}
	own := tags[0]
	if zipped {
		own = tags[1]
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("Vary", "Accept-Encoding")
	if !since.IsZero() {
		h.Set("Last-Modified", since.Add(-time.Second).UTC().Format(http.TimeFormat))
	}
	held, same := unchanged(r, tags, own, since)
	h.Set("ETag", held)
	if same {
		w.WriteHeader(http.StatusNotModified)
		return nil, nil
	}
	body := b.plain
	if zipped {
		var err error
		if body, err = b.zipped(); err != nil {
			return nil, err
		}
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
func unchanged(r *http.Request, tags []string, own string, since time.Time) (tag string, same bool) {
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
	date, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return own, err == nil && !since.IsZero() && (date.Equal(since.Add(-time.Second)) || date.After(since))
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
