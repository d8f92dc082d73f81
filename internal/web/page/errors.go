package page

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
)

// Error is an error that has a page of its own: a status, and texts of the
// catalogue by their keys.
type Error struct {
	Status int
	Title  string   // key of the heading; "": the one of the status
	Detail string   // key of what to do now; "": the one of the status
	Args   []any    // for both texts
	Links  []Button // ways on; empty: back to the first page
	Err    error    // what happened, for the log; may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%d: %v", e.Status, e.Err)
	}
	return fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
}

func (e *Error) Unwrap() error { return e.Err }

// Missing is a page that is not there, or not for this visitor.
func Missing(err error) *Error { return &Error{Status: http.StatusNotFound, Err: err} }

// HandlerFunc is a handler that leaves its errors to one place.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Handlers adapts the handlers of one audience to net/http.
type Handlers struct {
	Pages *Pages
	// Frame is the frame of a request of this audience, also around its error
	// pages: where the tenant is unknown, the portal's.
	Frame func(r *http.Request) Frame
	// Explain gives errors of the layers below their page; nil results (and a nil
	// Explain) mean 500.
	Explain func(err error) *Error
}

// Do makes an http.Handler of f. An error f returns becomes a page, and so does
// a panic.
func (h Handlers) Do(f HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				h.Pages.log.ErrorContext(r.Context(), "panic", "route", route(r), "stack", string(debug.Stack()))
				h.Fail(w, r, fmt.Errorf("panic: %v", v))
			}
		}()
		if err := f(w, r); err != nil {
			h.Fail(w, r, err)
		}
	})
}

// Always answers every request with the page of e: what a router shows for 404
// and 405, and CrossOriginProtection when it refuses.
func (h Handlers) Always(e *Error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Fail(w, r, e) })
}

// Fail answers with the page of err. Nothing may have been written before.
func (h Handlers) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	e := h.explain(err)
	h.Pages.logError(r, e)
	if wait, ok := retryAfter[e.Status]; ok && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", wait)
	}
	data := errorPage{Frame: h.Frame(r), Status: e.Status, Links: e.Links}
	AllowFrames(w, data.Framers)
	key := textStatus(e.Status)
	data.Title = data.T(cmp.Or(e.Title, "layout.error."+key+".title"), e.Args...)
	data.Detail = data.T(cmp.Or(e.Detail, "layout.error."+key+".detail"), e.Args...)
	if len(data.Links) == 0 {
		data.Links = []Button{{Kind: "primary", Label: data.T("layout.error.home"), Href: data.home()}}
	}
	if err := h.Pages.Render(w, r, e.Status, "layout/page/error", data); err != nil {
		h.Pages.log.ErrorContext(r.Context(), "the error page failed", "error", err)
		http.Error(w, http.StatusText(e.Status), e.Status)
	}
}

// retryAfter is when a refusal may be over, in seconds, where nobody knows better: an
// overload soon, a limit within the hour.
var retryAfter = map[int]string{http.StatusServiceUnavailable: "1", http.StatusTooManyRequests: "3600"}

type errorPage struct {
	Frame
	Status        int
	Title, Detail string
	Links         []Button
}

func (f Frame) home() string {
	switch {
	case f.Staff != nil:
		return f.Staff.Home
	case f.Tenant != nil:
		return f.Tenant.Home
	}
	return "/"
}

func (h Handlers) explain(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if h.Explain != nil {
		if e := h.Explain(err); e != nil {
			if e.Err == nil {
				e.Err = err
			}
			return e
		}
	}
	if errors.Is(err, agenda.ErrUnavailable) || errors.Is(err, agenda.ErrOverloaded) || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Status: http.StatusServiceUnavailable, Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Err: err}
}

// textStatus is the status whose texts in the catalogue are used.
func textStatus(status int) string {
	switch status {
	case 400, 401, 403, 404, 405, 409, 410, 413, 429, 503:
		return fmt.Sprint(status)
	}
	if status < 500 {
		return "400"
	}
	return "500"
}

// logError names the route, never the address: addresses hold secrets, and
// query strings hold what people typed. What was refused as it should be stands in
// the log elsewhere, counted, so that nobody fills the disk with it.
func (p *Pages) logError(r *http.Request, e *Error) {
	level := slog.LevelDebug
	if e.Status >= 500 && e.Err != nil {
		level = slog.LevelError
	}
	what := e.Error()
	if e.Status == http.StatusNotFound {
		what = http.StatusText(e.Status) // the rest may name what was typed, as the tenant
	}
	p.log.Log(r.Context(), level, "request refused", "status", e.Status, "method", KnownMethod(r.Method), "route", route(r), "error", what)
}

// KnownMethod keeps invented methods out of logs and metrics.
func KnownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func route(r *http.Request) string {
	if cur := mux.CurrentRoute(r); cur != nil {
		if t, err := cur.GetPathTemplate(); err == nil {
			return t
		}
	}
	if _, pattern, ok := strings.Cut(r.Pattern, "/"); ok {
		return "/" + pattern
	}
	return ""
}
