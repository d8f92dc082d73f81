package grid

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/staff/office"
)

// How streams live. One ends before the server would end it, and the browser asks for
// the next with the number of the last thing it heard: nothing is missed, and each time
// it is asked anew who is there.
const (
	streamFor  = 20 * time.Second
	lookAgain  = 5 * time.Second        // after which it is asked whether the session holds
	heedEvery  = 200 * time.Millisecond // other processes' changes, where the engine does not tell of them
	comeBackMS = 100
)

// news is what all open streams share: one look at what other processes do.
type news struct {
	once sync.Once
	boot string // of this process: editions of another mean nothing here

	mu   sync.Mutex
	open int
	stop context.CancelFunc
}

// name is an edition within addresses and events.
func (n *news) name(e store.Edition) string {
	n.once.Do(func() { n.boot = rand.Text()[:8] })
	return n.boot + "." + strconv.FormatUint(uint64(e), 10)
}

// read is the edition of a name; ok is false where it is of another process, or none.
func (n *news) read(name string) (e store.Edition, ok bool) {
	boot, number, _ := strings.Cut(name, ".")
	v, err := strconv.ParseUint(number, 10, 64)
	return store.Edition(v), err == nil && n.name(0) == boot+".0"
}

// listen keeps the one look going as long as there are streams.
func (n *news) listen(s *store.Store) (leave func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open++; n.open == 1 {
		ctx, stop := context.WithCancel(context.Background())
		n.stop = stop
		go func() {
			for ctx.Err() == nil {
				s.Heed(ctx)
				select {
				case <-ctx.Done():
				case <-time.After(heedEvery):
				}
			}
		}()
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.open--; n.open == 0 {
			n.stop()
		}
	}
}

// events tells an open page, as server-sent events, that something in its view has
// changed. What it was the page finds out by asking for itself again: so nothing goes
// this way that a person may not see.
func (p *Part) events(w http.ResponseWriter, q *office.Request) error {
	v, err := p.view(q, q.URL.Query())
	if err != nil {
		return err
	}
	cookie, err := q.Cookie(p.CookieName())
	if err != nil {
		return agenda.ErrNotFound
	}
	since, known := p.news.read(lastHeard(q.Request))
	defer p.news.listen(p.Desk.Store)()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // nothing more is read; where there is no connection, there is no deadline either
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if q.Method == http.MethodHead {
		return nil
	}
	fmt.Fprintf(w, "retry: %d\n\n", comeBackMS)
	if !known { // the page was made by another process, or by this one before it was started again
		since = p.Desk.Store.Changes().Now()
		p.tell(w, since, true)
	}
	ctx, cancel := context.WithTimeout(q.Context(), streamFor)
	defer cancel()
	for control.Flush() == nil {
		changed, now := p.await(ctx, v, since)
		if ctx.Err() != nil || p.Ending.Err() != nil {
			break
		}
		if _, err := p.Recognise(ctx, cookie.Value); err != nil {
			break
		}
		p.tell(w, now, changed)
		since = now
	}
	return nil
}

// tell writes up to where the stream has come, and whether that changed the view.
func (p *Part) tell(w http.ResponseWriter, now store.Edition, changed bool) {
	fmt.Fprintf(w, "id: %s\n", p.news.name(now))
	if changed {
		fmt.Fprint(w, "event: change\ndata: .\n")
	}
	fmt.Fprint(w, "\n")
}

// lastHeard is the number of the last event that a browser has heard, or that of the
// page it stands on.
func lastHeard(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("since")
}

// await waits until something in a view has changed since an edition, or for a while,
// and tells up to which edition that is so.
func (p *Part) await(ctx context.Context, v *view, since store.Edition) (changed bool, now store.Edition) {
	changes := p.Desk.Store.Changes()
	quiet := time.NewTimer(lookAgain)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, since
		case <-p.Ending.Done():
			return false, since
		case <-quiet.C:
			return false, since
		case <-changes.Later(since):
		}
		days, now, ok := changes.Since(since)
		if !ok || !changes.SetupsKept(since) || v.any(days) {
			return true, now
		}
		since = now
	}
}

// any reports whether one of the days is in the view.
func (v *view) any(days []store.PoolDay) bool {
	from, to := v.days()
	for _, d := range days {
		if d.Date < from || d.Date > to {
			continue
		}
		for _, c := range v.calendars {
			if c.PoolNumber == d.Pool {
				return true
			}
		}
	}
	return false
}
