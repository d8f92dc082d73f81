package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// call is one request under way.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	at     store.Present  // when the request came
	setup  *agenda.Setup  // of the tenant in the path
	person *agenda.Person // who showed a token; nil: the public
}

func (c *call) ctx() context.Context { return c.r.Context() }

// tenant is the id in the path; the tenant exists.
func (c *call) tenant() string { return c.setup.Tenant.ID }

// path is a part of the path by its name in the route.
func (c *call) path(name string) string { return mux.Vars(c.r)[name] }

// by is whose rules bind: those of staff for who shows a token that may see
// bookings, else those of the public.
func (c *call) by() agenda.Channel {
	if c.person != nil && c.person.May(agenda.SeeBookings) {
		return agenda.Staff
	}
	return agenda.Public
}

// local writes an instant with the office's offset.
func (c *call) local(t time.Time) string { return t.In(c.setup.Zone()).Format(time.RFC3339) }

// localOrNull is local, and null for the zero time.
func (c *call) localOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := c.local(t)
	return &s
}

// private tells caches to keep nothing, where nobody has said otherwise.
func (c *call) private() {
	if c.w.Header().Get("Cache-Control") == "" {
		c.w.Header().Set("Cache-Control", "no-store")
	}
}

// replyJSON answers with what was written before.
func (c *call) replyJSON(body []byte) {
	c.private()
	writeBytes(c.w, 200, "application/json", body)
}

// reply writes an answer that nobody else may keep.
func (c *call) reply(status int, v any) error {
	c.private()
	return write(c.w, status, "application/json", v)
}

func write(w http.ResponseWriter, status int, mediaType string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	writeBytes(w, status, mediaType, append(body, '\n'))
	return nil
}

func writeBytes(w http.ResponseWriter, status int, mediaType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is no error
}

// serve makes an http.Handler of h. An error that h returns becomes a problem, and
// so does a panic.
func (a API) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				a.log().ErrorContext(r.Context(), "panic", "route", template(r), "stack", string(debug.Stack()))
				a.fail(c, fmt.Errorf("panic: %v", v))
			}
		}()
		if err := h(c); err != nil {
			a.fail(c, err)
		}
	})
}

// public lets anybody call h. A token is not looked at: what the public books, the
// public books.
func (a API) public(h handler) handler {
	return func(c *call) error {
		if err := a.enter(c); err != nil {
			return err
		}
		return h(c)
	}
}

// either lets anybody call h, and tells it who shows a token.
func (a API) either(h handler) handler {
	return func(c *call) error {
		if err := a.enter(c); err != nil {
			return err
		}
		if err := a.identify(c); err != nil {
			return err
		}
		return h(c)
	}
}

// staff lets in who shows a token with a right.
func (a API) staff(right agenda.Right, h handler) handler {
	return a.either(func(c *call) error {
		switch {
		case c.person == nil:
			return &refusal{status: http.StatusUnauthorized}
		case !c.person.May(right):
			return agenda.ErrForbidden
		}
		return h(c)
	})
}

// enter finds the tenant. What is not text cannot be a name of anything here.
func (a API) enter(c *call) (err error) {
	for _, v := range mux.Vars(c.r) {
		if !plain(v) {
			return agenda.ErrNotFound
		}
	}
	c.at, err = a.Desk.Present(c.ctx(), c.path("tenant"))
	c.setup = c.at.Setup
	return err
}

// plain reports text that a database takes.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// identify finds who shows a token of the tenant. A wrong one is refused also where
// none is needed: its bearer would take the public's answer for the staff's.
func (a API) identify(c *call) error {
	c.w.Header().Add("Vary", "Authorization")
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	p, err := a.Accounts.Bearer(c.ctx(), c.tenant(), strings.TrimSpace(token))
	if errors.Is(err, agenda.ErrNotFound) {
		return &refusal{status: http.StatusUnauthorized, err: err}
	}
	c.person = p
	if log, ok := c.w.(interface{ Recognised(account string) }); ok && err == nil {
		log.Recognised(p.ID)
	}
	return err
}

func (a API) log() *slog.Logger {
	if a.Log != nil {
		return a.Log
	}
	return slog.Default()
}

// template names a request for the log, without the secrets in its address.
func template(r *http.Request) string {
	if cur := mux.CurrentRoute(r); cur != nil {
		if t, err := cur.GetPathTemplate(); err == nil {
			return t
		}
	}
	return ""
}
