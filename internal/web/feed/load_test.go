package feed_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// A thousand calendar programs that ask again and again, most of them for what they have,
// while the book changes: every one is answered, each change reaches each of them with the
// next question, and no more is kept than what the feeds consist of.
func TestThousandClientsPollG5(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		const clients, rounds, entries, kinds = 1000, 4, 1000, 10
		o := serve(t, d)
		fill(t, d, entries)
		secrets := make([]string, clients) // each their own, but not so many different calendars
		for i := range clients {
			f := store.Feed{Tenant: "musterstadt", Scope: "all", Detail: []string{"busy", "service"}[i%2], Alarm: 15 * (i % kinds / 2)}
			var err error
			if _, secrets[i], err = d.CreateFeed(t.Context(), f, booking.ActorCLI); err != nil {
				t.Fatal(err)
			}
		}
		held := make([]string, clients)
		var same, fresh, faults atomic.Int64
		poll := func(i int) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/feeds/"+secrets[i]+".ics", nil)
			r.Header.Set("Accept-Encoding", "gzip")
			if held[i] != "" {
				r.Header.Set("If-None-Match", held[i])
			}
			w := &counter{header: http.Header{}}
			o.router.ServeHTTP(w, r)
			switch tag := w.header.Get("ETag"); {
			case w.status == http.StatusNotModified && tag == held[i] && w.bytes == 0:
				same.Add(1)
			case w.status == http.StatusOK && tag != held[i] && w.bytes > 1000:
				fresh.Add(1)
				held[i] = tag
			default:
				faults.Add(1)
			}
		}
		all := func() {
			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() { poll(i) })
			}
			wg.Wait()
		}
		before := heap()
		for round := range rounds {
			o.book("buergerbuero", desktest.At(1+round, "08:00"), "pass")
			for again := range 3 {
				same.Store(0)
				fresh.Store(0)
				all()
				want := [2]int64{0, clients}
				if again > 0 {
					want = [2]int64{clients, 0}
				}
				if got := [2]int64{same.Load(), fresh.Load()}; got != want || faults.Load() > 0 {
					t.Fatalf("round %d.%d: got %d unchanged and %d anew, want %d; %d faults\n%s", round, again, got[0], got[1], want, faults.Load(), o.log)
				}
			}
		}
		if grown := heap() - before; grown > 32<<20 {
			t.Errorf("%d clients take %d bytes", clients, grown)
		}
	})
}

// counter is an answer that nobody keeps.
type counter struct {
	header        http.Header
	status, bytes int
}

func (c *counter) Header() http.Header { return c.header }

func (c *counter) WriteHeader(status int) { c.status = status }

func (c *counter) Write(b []byte) (int, error) {
	c.bytes += len(b)
	return len(b), nil
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
