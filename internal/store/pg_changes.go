package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"terminvergabe/internal/agenda"
)

// Recheck is how long what is remembered of a book that several processes write may be
// believed without asking for its version: as long as a change may stay unheard whose
// process died before it told of it, or while the listener's connection is down.
const Recheck = time.Second

// ears hear of what other processes change.
type ears struct {
	id    string // of this process: what it says itself it knows
	once  sync.Once
	heard atomic.Bool // listening has begun
	stop  context.CancelFunc
	done  chan struct{}
	clock atomic.Pointer[reading]
}

// reading is what the database's clock showed, and when.
type reading struct{ shown, at time.Time }

const channel = "terminvergabe_changes"

// abreast begins to listen when it is asked first. Until that works nothing that is
// remembered may be used.
func (p *postgres) abreast(context.Context) (known, shared bool) {
	p.ears.once.Do(func() {
		ctx, stop := context.WithCancel(context.Background())
		p.ears.stop, p.ears.done = stop, make(chan struct{})
		go func() {
			defer close(p.ears.done)
			p.listen(ctx, channel, p.heed, func() {
				p.changes.forget()
				p.ears.heard.Store(true)
			})
		}()
	})
	return p.ears.heard.Load(), true
}

func (e *ears) close() {
	e.once.Do(func() {})
	if e.stop != nil {
		e.stop()
		<-e.done
	}
}

func newEars() *ears { return &ears{id: rand.Text()} }

// announce tells other processes what was changed here. A payload is the process's id,
// whether a set-up changed, and days as pool:date.
func (p *postgres) announce(t touch) {
	const most = 200 // of which each takes thirty bytes at the most
	if len(t.days) == 0 && !t.setup {
		return
	}
	for first := true; first || len(t.days) > 0; first = false {
		some := t.days[:min(most, len(t.days))]
		t.days = t.days[len(some):]
		b := append([]byte(p.ears.id), ' ')
		b = strconv.AppendBool(b, t.setup)
		for _, d := range some {
			b = append(strconv.AppendInt(append(b, ' '), d.Pool, 10), ':')
			b = strconv.AppendInt(b, int64(d.Date), 10)
		}
		p.notify(channel, string(b))
	}
}

// heed takes note of what another process has announced; whatever it does not
// understand, of a newer version perhaps, may have been anything.
func (p *postgres) heed(payload string) {
	words := strings.Fields(payload)
	if len(words) > 0 && words[0] == p.ears.id {
		return
	}
	t, err := readTouch(words)
	if err != nil {
		p.changes.forget()
		return
	}
	p.changes.told(t)
}

func readTouch(words []string) (t touch, err error) {
	if len(words) < 2 {
		return t, fmt.Errorf("%q does not say what changed", words)
	}
	if t.setup, err = strconv.ParseBool(words[1]); err != nil {
		return t, err
	}
	for _, w := range words[2:] {
		pool, date, _ := strings.Cut(w, ":")
		number, err := strconv.ParseInt(pool, 10, 64)
		if err != nil {
			return t, err
		}
		day, err := strconv.Atoi(date)
		if err != nil {
			return t, err
		}
		t.days = append(t.days, PoolDay{number, agenda.Date(day)})
	}
	return t, nil
}

// glance goes on from the last reading of the database's clock. It is read again before
// it can have been set without our notice for long.
func (p *postgres) glance() (time.Time, bool) {
	r := p.ears.clock.Load()
	if r == nil {
		return time.Time{}, false
	}
	since := time.Since(r.at)
	return r.shown.Add(since), since < Recheck
}
