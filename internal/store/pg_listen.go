package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// listen hears what is notified on a channel, by this process too, until the context
// ends. onGap is called when listening has begun and each time it has begun again:
// what was notified before that may not have been heard. Both are called one at a time.
func (p *postgres) listen(ctx context.Context, channel string, onPayload func(string), onGap func()) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, lastWait) {
		heard := p.hear(ctx, channel, onPayload, onGap)
		if heard {
			wait = firstWait
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

const (
	firstWait = 50 * time.Millisecond // before a lost connection is made again,
	lastWait  = 5 * time.Second       // longer each time it fails
	silence   = 10 * time.Second      // after which a connection is asked whether it is alive
)

// hear listens on one connection until it ends, and reports whether it ever began.
func (p *postgres) hear(ctx context.Context, channel string, onPayload func(string), onGap func()) (began bool) {
	conn, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return false
	}
	onGap()
	for {
		quiet, cancel := context.WithTimeout(ctx, silence)
		n, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil && n.Payload == "":
			onGap() // whoever notifies had more to say than it could keep
		case err == nil:
			onPayload(n.Payload)
		case pgconn.Timeout(err) && ctx.Err() == nil && alive(ctx, conn):
		default:
			return true
		}
	}
}

func alive(ctx context.Context, conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return conn.Ping(ctx) == nil
}

// notify tells whoever listens on a channel, some time soon, and does not wait for it.
// It is called after the commit of what it tells about, and never within: PostgreSQL
// lets transactions that notify commit only one after the other. A payload has fewer
// than 8000 bytes and is not empty.
func (p *postgres) notify(channel, payload string) { p.herald.tell(channel, payload) }

// herald notifies on a connection of its own: many payloads at once, and again until it
// succeeds.
type herald struct {
	config *pgx.ConnConfig
	once   sync.Once
	ending sync.Once
	mu     sync.Mutex
	news   map[string]map[string]bool // payloads by channel
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
}

func newHerald(config *pgx.ConnConfig) *herald {
	config = config.Copy()
	config.RuntimeParams["synchronous_commit"] = "off" // no notification outlives the server anyway
	return &herald{config: config, news: map[string]map[string]bool{}, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// mostNews is how many payloads of a channel are kept while the server is away. Beyond
// that an empty one says that there was more.
const mostNews = 4096

func (h *herald) tell(channel, payload string) {
	h.once.Do(func() { go h.run() })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(channel, payload)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *herald) add(channel, payload string) {
	news := h.news[channel]
	if news == nil {
		news = map[string]bool{}
		h.news[channel] = news
	}
	switch {
	case news[""] || news[payload]:
	case len(news) >= mostNews:
		h.news[channel] = map[string]bool{"": true}
	default:
		news[payload] = true
	}
}

func (h *herald) take() map[string]map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	news := h.news
	h.news = map[string]map[string]bool{}
	return news
}

func (h *herald) run() {
	defer close(h.done)
	var conn *pgx.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close(context.Background())
		}
	}()
	for wait := firstWait; ; {
		last := false
		select {
		case <-h.wake:
		case <-h.stop:
			last = true
		}
		news := h.take()
		if err := h.send(&conn, news); err == nil {
			wait = firstWait
		} else if !last {
			h.again(news)
			select {
			case <-time.After(wait):
				wait = min(2*wait, lastWait)
			case <-h.stop:
			}
		}
		if last {
			return
		}
	}
}

// again keeps what could not be told for the next time.
func (h *herald) again(news map[string]map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channel, payloads := range news {
		for p := range payloads {
			if p == "" {
				h.news[channel] = map[string]bool{"": true}
			} else {
				h.add(channel, p)
			}
		}
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *herald) send(conn **pgx.Conn, news map[string]map[string]bool) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	for channel, payloads := range news {
		if *conn == nil || (*conn).IsClosed() {
			if *conn, err = pgx.ConnectConfig(ctx, h.config); err != nil {
				return err
			}
		}
		list := make([]string, 0, len(payloads))
		for p := range payloads {
			list = append(list, p)
		}
		if _, err := (*conn).Exec(ctx, "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p", channel, list); err != nil {
			return err
		}
	}
	return nil
}

// close tells what is left, if the server hears it, and ends.
func (h *herald) close() {
	h.once.Do(func() { close(h.done) }) // it never ran
	h.ending.Do(func() { close(h.stop) })
	<-h.done
}
