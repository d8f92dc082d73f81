package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// problem is what a program is told of an error (RFC 9457). Code is stable, title
// and detail are for people, in the asked language.
type problem struct {
	Type         string              `json:"type"`
	Title        string              `json:"title"`
	Status       int                 `json:"status"`
	Code         string              `json:"code"`
	Detail       string              `json:"detail"`
	Errors       []agenda.FieldError `json:"errors"`
	Alternatives []slotView          `json:"alternatives,omitzero"`
}

// refusal is an error with everything that a program is told about it.
type refusal struct {
	status       int
	code         string         // "": that of the status
	fields       agenda.Invalid // what is wrong with which field
	alternatives []slotView     // nil: none were promised
	err          error          // what happened, for the log; may be nil
}

func (e *refusal) Error() string { return fmt.Sprintf("%d %s: %v", e.status, e.code, e.err) }

func (e *refusal) Unwrap() error { return e.err }

// Most fields that a problem lists, and most alternatives.
const (
	maxFields       = 20
	maxAlternatives = 5
)

// fail answers with the problem of err.
func (a API) fail(c *call, err error) {
	if errors.Is(err, context.Canceled) && c.ctx().Err() != nil {
		return // nobody is there to read it
	}
	e := explain(err)
	var told *refusal // by what stands before the API and counts them
	if e.status >= 500 && !(errors.As(err, &told) && told.err == nil) {
		a.log().ErrorContext(c.ctx(), "request failed", "method", c.r.Method, "route", template(c.r), "error", err.Error())
	}
	lang := a.Catalogue.Match(c.r.Header.Get("Accept-Language"), nil)
	p := a.Catalogue.Printer(lang)
	h := c.w.Header()
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Language", lang)
	switch e.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="terminvergabe"`)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case http.StatusTooManyRequests:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "3600")
		}
	}
	fields := make([]agenda.FieldError, 0, maxFields)
	for _, f := range e.fields[:min(len(e.fields), maxFields)] {
		fields = append(fields, agenda.FieldError{Field: shorten(f.Field), Code: f.Code})
	}
	_ = write(c.w, e.status, "application/problem+json", problem{ // plain data can always be written
		Type: "urn:terminvergabe:problem:" + e.code, Title: p.T("api." + e.code + ".title"), Status: e.status, Code: e.code,
		Detail: p.T("api." + e.code + ".detail"), Errors: fields, Alternatives: e.alternatives,
	})
}

// shorten keeps names that a client made up from filling the answer.
func shorten(field string) string {
	if r := []rune(field); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return field
}

// explain gives every error its status and code.
func explain(err error) *refusal {
	var e *refusal
	if errors.As(err, &e) {
		if e.code == "" {
			e.code = statusCode(e.status)
		}
		return e
	}
	var invalid agenda.Invalid
	if errors.As(err, &invalid) {
		return &refusal{status: http.StatusUnprocessableEntity, code: "invalid", fields: invalid, err: err}
	}
	e = explainSituation(err)
	e.err = err
	return e
}

func explainSituation(err error) *refusal {
	switch {
	case errors.Is(err, agenda.ErrNotFound):
		return &refusal{status: 404, code: "not_found"}
	case errors.Is(err, agenda.ErrTaken):
		return &refusal{status: 409, code: "slot_taken", alternatives: []slotView{}}
	case errors.Is(err, agenda.ErrWindowClosed):
		return &refusal{status: 409, code: "window_closed", fields: agenda.Invalid{{Field: "start", Code: "range"}}}
	case errors.Is(err, agenda.ErrTooLate):
		return &refusal{status: 409, code: "too_late"}
	case errors.Is(err, agenda.ErrState):
		return &refusal{status: 409, code: "wrong_state"}
	case errors.Is(err, agenda.ErrExpired):
		return &refusal{status: 410, code: "hold_expired", alternatives: []slotView{}}
	case errors.Is(err, agenda.ErrNotCombinable):
		return &refusal{status: 422, code: "not_combinable", fields: agenda.Invalid{{Field: "services", Code: "not_combinable"}}}
	case errors.Is(err, agenda.ErrTooMany):
		return &refusal{status: 422, code: "too_many", fields: agenda.Invalid{{Field: "services", Code: "too_many"}}}
	case errors.Is(err, agenda.ErrUnproven):
		return &refusal{status: 428, code: "proof_required"}
	case errors.Is(err, agenda.ErrLimited):
		return &refusal{status: 429, code: "rate_limited"}
	case errors.Is(err, agenda.ErrNoHolds):
		return &refusal{status: 422, code: "invalid", fields: agenda.Invalid{{Field: "calendar", Code: "no_holds"}}}
	case errors.Is(err, agenda.ErrKeyReused):
		return &refusal{status: 422, code: "invalid", fields: agenda.Invalid{{Field: keyHeader, Code: "reused"}}}
	case errors.Is(err, agenda.ErrForbidden):
		return &refusal{status: 403, code: "forbidden"}
	case errors.Is(err, agenda.ErrConflict), errors.Is(err, agenda.ErrUnavailable), errors.Is(err, agenda.ErrOverloaded), errors.Is(err, context.DeadlineExceeded):
		return &refusal{status: 503, code: "overloaded"}
	}
	return &refusal{status: 500, code: "internal"}
}

// statusCode is the code of a status that needs no closer look.
func statusCode(status int) string {
	switch status {
	case 400, 408, 414, 431: // broken off, or longer than anything we understand
		return "unreadable"
	case 401:
		return "unauthorized"
	case 403:
		return "forbidden"
	case 404:
		return "not_found"
	case 405:
		return "method_not_allowed"
	case 415:
		return "unsupported_media_type"
	case 422:
		return "invalid"
	case 429:
		return "rate_limited"
	case 503:
		return "overloaded"
	}
	return "internal"
}

// orOthers adds other free slots to the news that a slot or hold is gone; own is
// the booking whose seats count as free. Where even they cannot be found, the news
// still is.
func (a API) orOthers(c *call, err error, r booking.Request, own *agenda.Booking) error {
	if !errors.Is(err, agenda.ErrTaken) && !errors.Is(err, agenda.ErrExpired) {
		return err
	}
	e := explain(err)
	others, lookErr := a.Desk.Alternatives(c.ctx(), r, own, maxAlternatives)
	var invalid agenda.Invalid
	if lookErr != nil && !errors.As(lookErr, &invalid) {
		a.log().WarnContext(c.ctx(), "no alternatives", "route", template(c.r), "error", lookErr.Error())
	}
	for _, s := range others {
		e.alternatives = append(e.alternatives, c.slot(s))
	}
	return e
}
