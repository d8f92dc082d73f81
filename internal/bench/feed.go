package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/feed"
	"terminvergabe/internal/web/route"
	"terminvergabe/ui"
)

const (
	fileIs    = "net/http's ServeContent of the same bytes, in this process too, asked by one client"
	notNewIs  = "the same, where the client has the bytes already"
	feedTakes = 10_000 // entries
)

func (b *bench) feedContests() []contest {
	return []contest{
		{name: "feed.cold", limit: fileIs, open: b.feeding(onSQLite, true), figures: []figure{{"p50", "calendar feed of 10,000 entries, nothing remembered", seconds, p50, goal{value: 20}}}},
		{name: "feed.kept", limit: fileIs, open: b.feeding(onSQLite, false), figures: []figure{{"p50", "the same, unchanged, to somebody new", seconds, p50, goal{value: 2}}}},
		{name: "feed.unchanged", limit: notNewIs, open: b.unchanged(onSQLite), figures: []figure{{"p50", "the same, unchanged, to who has it: 304", seconds, p50, goal{value: 2}}}},
		{name: "postgres.feed.cold", limit: fileIs, open: b.feeding(onPostgres, true), figures: []figure{{"p50", "PostgreSQL: such a feed, nothing remembered", seconds, p50, goal{value: 20}}}},
		{name: "postgres.feed.unchanged", limit: notNewIs, open: b.unchanged(onPostgres), figures: []figure{{"p50", "PostgreSQL: the same, unchanged, to who has it: 304", seconds, p50, goal{value: 2}}}},
	}
}

// fed is a feed and a file of the same bytes, each served in this process.
type fed struct {
	office      *office
	path        string
	catalogue   *i18n.Catalogue
	ours        atomic.Pointer[http.Handler]
	feeds, file *httptest.Server
}

func (b *bench) openFeed(ctx context.Context, engine string) (f *fed, err error) {
	f = &fed{}
	if f.office, err = b.crowded(ctx, engine); err != nil {
		return nil, err
	}
	if f.catalogue, err = i18n.Load(ui.Files); err != nil {
		return nil, errors.Join(err, f.office.close())
	}
	_, secret, err := f.office.desk.CreateFeed(ctx, store.Feed{Tenant: tenant, Scope: "all", Detail: "service"}, booking.ActorCLI)
	if err != nil {
		return nil, errors.Join(err, f.office.close())
	}
	f.path = "/feeds/" + secret + ".ics"
	f.forget()
	f.feeds = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*f.ours.Load()).ServeHTTP(w, r) }))
	body, tag, err := ask(f.feeds.Client(), f.feeds.URL+f.path, "")
	if err != nil {
		return nil, errors.Join(err, f.office.close())
	}
	f.file = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "termine.ics", time.Time{}, bytes.NewReader(body))
	}))
	return f, nil
}

// crowded is the product with so many bookings as the feed has entries.
func (b *bench) crowded(ctx context.Context, engine string) (*office, error) {
	file, dir, err := b.database(ctx, onSQLite)
	if err != nil {
		return nil, err
	}
	w, err := newWalk()
	if err != nil {
		return nil, err
	}
	if err := bare.Fill(ctx, file, tenant, wanted, bare.Crowd{Future: b.crowd(feedTakes), Calendars: 4, Today: int(w.today)}); err != nil {
		return nil, err
	}
	if engine == onSQLite {
		return openOffice(ctx, file, dir)
	}
	url, dir, err := b.database(ctx, engine)
	if err != nil {
		return nil, err
	}
	o, err := openOffice(ctx, url, dir)
	if err != nil {
		return nil, err
	}
	if err := bare.Carry(ctx, file, url, tenant); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// forget puts a server in place that remembers nothing.
func (f *fed) forget() {
	r := route.NewTable()
	(&feed.Feeds{Desk: f.office.desk, Catalogue: f.catalogue, Log: slog.New(slog.DiscardHandler)}).Mount(r)
	h := http.Handler(r)
	f.ours.Store(&h)
}

func (f *fed) close() error {
	f.feeds.Close()
	f.file.Close()
	return f.office.close()
}

// ask reads a whole answer; where the client has a tag, there must be none.
func ask(by *http.Client, url, held string) (body []byte, tag string, err error) {
	q, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	want := http.StatusOK
	q.Header.Set("Accept-Encoding", "identity")
	if held != "" {
		q.Header.Set("If-None-Match", held)
		want = http.StatusNotModified
	}
	r, err := by.Do(q)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	if body, err = io.ReadAll(r.Body); err == nil && r.StatusCode != want {
		err = fmt.Errorf("GET a feed: %s, want %d", r.Status, want)
	}
	return body, r.Header.Get("ETag"), err
}

// whole asks for the whole: cold of a server that remembers nothing.
func (f *fed) whole(cold bool) load.Act {
	return func(int) error {
		if cold {
			f.forget()
		}
		_, _, err := ask(f.feeds.Client(), f.feeds.URL+f.path, "")
		return err
	}
}

// feeding asks for the whole: of a server that remembers nothing, or of one that does.
func (b *bench) feeding(engine string, cold bool) func(context.Context) (pair, error) {
	return func(ctx context.Context) (pair, error) {
		f, err := b.openFeed(ctx, engine)
		if err != nil {
			return pair{}, err
		}
		limit := func(int) error { _, _, err := ask(f.file.Client(), f.file.URL, ""); return err }
		return pair{limit: loop(1, b.each, nil, limit), product: loop(1, b.each, nil, f.whole(cold)), close: f.close}, nil
	}
}

// unchanged asks with the tag of what is there.
func (b *bench) unchanged(engine string) func(context.Context) (pair, error) {
	return func(ctx context.Context) (pair, error) {
		f, err := b.openFeed(ctx, engine)
		if err != nil {
			return pair{}, err
		}
		_, tag, err := ask(f.feeds.Client(), f.feeds.URL+f.path, "")
		if err != nil {
			return pair{}, errors.Join(err, f.close())
		}
		by := func(s *httptest.Server, path string) load.Act {
			return func(int) error { _, _, err := ask(s.Client(), s.URL+path, tag); return err }
		}
		return pair{limit: loop(1, b.each, nil, by(f.file, "/")), product: loop(1, b.each, nil, by(f.feeds, f.path)), close: f.close}, nil
	}
}
