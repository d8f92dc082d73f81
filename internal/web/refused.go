package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// What was refused stands in the log as it comes (ASVS 5.0, 16.3): attempts to sign in,
// rights that somebody lacks, secrets that are none, too many requests, forms from
// elsewhere. Of the same kind, one line in refusedEvery says how many there were, so that
// nobody fills the disk with them. No line says from where they came.
const (
	refusedEvery = 10 * time.Second
	manyRefusals = 1000 // kinds that are kept apart; there are not that many
)

// refusal is a kind of request that was refused.
type refusal struct {
	what, method, route, account string
	status                       int
}

// refusals count them until their line is written.
type refusals struct {
	mu    sync.Mutex
	kinds map[refusal]*counted
}

type counted struct {
	more   int // since the last line
	logged time.Time
}

// kindOf names what was refused; "" nothing was.
func kindOf(seen *recorder) string {
	switch seen.status {
	case http.StatusUnauthorized:
		return "no token"
	case http.StatusForbidden:
		return "no right"
	case http.StatusTooManyRequests:
		return "too many"
	case http.StatusNotFound:
		if strings.Contains(seen.route, "{secret") {
			return "unknown secret"
		}
	case http.StatusUnprocessableEntity:
		if seen.policy.Rate == route.Passwords {
			return "sign-in"
		}
	}
	return ""
}

// note writes the line of a request that was refused, or counts it for the next.
func (r *refusals) note(ctx context.Context, log *slog.Logger, seen *recorder, method string, now time.Time) {
	what := kindOf(seen)
	if what == "" {
		return
	}
	k := refusal{what, page.KnownMethod(method), seen.route, seen.account, seen.status}
	r.mu.Lock()
	if r.kinds == nil || len(r.kinds) >= manyRefusals {
		r.kinds = map[refusal]*counted{}
	}
	c := r.kinds[k]
	if c == nil {
		c = &counted{}
		r.kinds[k] = c
	}
	c.more++
	times := 0
	if now.Sub(c.logged) >= refusedEvery {
		times, c.more, c.logged = c.more, 0, now
	}
	r.mu.Unlock()
	if times > 0 {
		log.InfoContext(ctx, "refused", "what", k.what, "method", k.method, "route", k.route, "status", k.status, "account", k.account, "times", times)
	}
}

// Recognised notes the account that a request is from, for the log.
func (w *recorder) Recognised(account string) { w.account = account }
