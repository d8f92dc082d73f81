package booking

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// BarrierReport is what somebody has to say about a barrier on the pages.
type BarrierReport struct {
	Text  string `json:"text"`
	Page  string `json:"page,omitempty"`  // path of the page it is about
	Email string `json:"email,omitempty"` // where the answer goes; empty: none is wanted
}

// MaxBarrier is the longest report, in characters; MaxPage the longest path.
const (
	MaxBarrier = 4000
	MaxPage    = 300
)

// KindBarrier is the letter that takes a report to the office.
const KindBarrier = "barrier"

const (
	actBarrier = "report a barrier"
	barrierOf  = "barrier/" // begins the letter's subject; the report's id follows
)

// Of reports there are at most so many per tenant and day: more come from no person. They
// are kept until their letter is done, at most so long.
const (
	mostBarriers = 100
	barrierKept  = 72 * time.Hour // letters are given up long before
)

// ReportBarrier sends a report to the mailbox that the tenant has for it. What it says is
// kept, sealed, until the letter has left. It fails with agenda.Invalid, with
// agenda.ErrLimited, and with agenda.ErrState where no mailbox is set up.
func (d *Desk) ReportBarrier(ctx context.Context, tenant string, r BarrierReport) error {
	if err := r.check(); err != nil {
		return err
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return err
	}
	id := rand.Text()
	sealed := d.Keys.Seal(plain, "barrier", tenant, id)
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(tenant)
		if err != nil {
			return err
		}
		if s.BarrierMailbox() == "" {
			return agenda.ErrState
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n, err := tx.CountBarriers(tenant, now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n >= mostBarriers {
			return agenda.ErrLimited
		}
		if err := tx.AddBarrier(store.Barrier{Tenant: tenant, ID: id, Created: now, Sealed: sealed}); err != nil {
			return err
		}
		if err := tx.Post(store.Posting{Tenant: tenant, Subject: barrierOf + id, Kind: KindBarrier, MessageID: rand.Text(), Due: now}); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: tenant, Act: actBarrier, Subject: "barrier", Actor: ActorVisitor}, nil)
	})
}

func (r *BarrierReport) check() error {
	var bad agenda.Invalid
	r.Text = strings.TrimSpace(r.Text)
	if r.Text == "" {
		bad = append(bad, agenda.FieldError{Field: "text", Code: "required"})
	}
	if len([]rune(r.Text)) > MaxBarrier {
		bad = append(bad, agenda.FieldError{Field: "text", Code: "too_long"})
	}
	if len([]rune(r.Page)) > MaxPage {
		bad = append(bad, agenda.FieldError{Field: "page", Code: "too_long"})
	}
	if r.Email != "" {
		address, err := agenda.CheckAddress(r.Email)
		if err != nil {
			bad = append(bad, agenda.FieldError{Field: "email", Code: "format"})
		}
		r.Email = address
	}
	return bad.Or()
}

// Barrier opens the report that a letter of KindBarrier is about. Where there is nothing
// to open any more it is agenda.ErrNotFound.
func (d *Desk) Barrier(tx *store.Tx, p store.Posting) (r BarrierReport, at time.Time, err error) {
	id := strings.TrimPrefix(p.Subject, barrierOf)
	kept, err := tx.Barrier(p.Tenant, id)
	if err != nil {
		return r, at, err
	}
	if kept.Sealed == nil {
		return r, at, agenda.ErrNotFound
	}
	plain, err := d.Keys.Open(kept.Sealed, "barrier", p.Tenant, id)
	if err != nil {
		return r, at, fmt.Errorf("report of a barrier %s: %w", id, err)
	}
	return r, kept.Created, json.Unmarshal(plain, &r)
}
