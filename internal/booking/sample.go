package booking

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

// KindSample begins the kind of a letter that a member of staff sends to themselves to
// see what a department's letters look like.
const KindSample = "sample/"

// samplesPerHour is how many of them one person gets.
const samplesPerHour = 10

// Sample says which letter is tried.
type Sample struct {
	Department string // empty: a letter of the tenant
	Kind       string // of agenda.LetterKinds
	Language   string
	Service    string // that it is about; empty: one of the department's
	State      string // of the visit, of mail.States; empty: as booked
}

// ParseSample reads what a posting's kind says of a sample.
func ParseSample(kind string) (s Sample, ok bool) {
	rest, ok := strings.CutPrefix(kind, KindSample)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 && len(parts) != 5 {
		return s, false
	}
	s = Sample{Department: parts[0], Kind: parts[1], Language: parts[2]}
	if len(parts) == 5 {
		s.Service, s.State = parts[3], parts[4]
	}
	return s, true
}

// SampleFor is whom a posting's sample goes to, the id of an account.
func SampleFor(p store.Posting) string { return strings.TrimPrefix(p.Subject, KindSample) }

// SendSample posts a sample of a department's letter to the person who asks for it, and
// to nobody else. It fails with ErrNotFound, ErrForbidden, Invalid, and with ErrLimited
// after ten in an hour.
func (d *Desk) SendSample(ctx context.Context, p *agenda.Person, what Sample) error {
	return d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		if err := what.check(s, p); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		subject := KindSample + p.ID
		sent, err := tx.Postings(p.Tenant, subject)
		if err != nil {
			return err
		}
		lately := slices.DeleteFunc(slices.Clone(sent), func(o store.Posting) bool { return o.Created.Before(now.Add(-time.Hour)) })
		if len(lately) >= samplesPerHour {
			return agenda.ErrLimited
		}
		version := 0
		for _, o := range sent {
			version = max(version, o.Version+1)
		}
		kind := strings.Join([]string{KindSample + what.Department, what.Kind, what.Language, what.Service, what.State}, "/")
		if err := tx.Post(store.Posting{Tenant: p.Tenant, Subject: subject, Kind: kind, Version: version, MessageID: rand.Text(), Due: now}); err != nil {
			return err
		}
		return tx.Log(store.Entry{Tenant: p.Tenant, Act: "send sample", Subject: "setup", Actor: p.ID}, map[string]any{"department": what.Department, "kind": what.Kind})
	})
}

// check says what a sample cannot be about, and who may not ask for it.
func (what Sample) check(s *agenda.Setup, p *agenda.Person) error {
	_, known := s.Department(what.Department)
	_, offered := s.Service(what.Service)
	switch {
	case what.Department != "" && !known, what.Service != "" && !offered:
		return agenda.ErrNotFound
	case what.Department == "" && !p.MayEverywhere(agenda.ChangeSetup) && (what.Service == "" || !p.MayChangeService(s, s, what.Service)):
		return agenda.ErrForbidden
	case what.Department != "" && !p.MayInDepartment(agenda.ChangeSetup, what.Department):
		return agenda.ErrForbidden
	case !slices.Contains(agenda.LetterKinds(agenda.LettersOfTenant), what.Kind):
		return agenda.Invalid{{Field: "kind", Code: "unknown"}}
	case !slices.Contains(s.Tenant.Languages, what.Language):
		return agenda.Invalid{{Field: "language", Code: "unknown"}}
	case strings.Contains(what.State, "/"):
		return agenda.Invalid{{Field: "state", Code: "unknown"}}
	}
	return nil
}

// actSee is a look at what a letter about a visit would say.
const actSee = "see letter"

// SeeLetter opens a visit by its reference for a look at a letter about it, within a
// person's rights, and writes down who looked. A visit that they may not open is
// agenda.ErrNotFound, one without data or address agenda.ErrState.
func (d *Desk) SeeLetter(ctx context.Context, p *agenda.Person, reference, kind string) (b *agenda.Booking, err error) {
	err = d.Store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Setup(p.Tenant)
		if err != nil {
			return err
		}
		if b, err = tx.BookingByReference(p.Tenant, reference); err != nil {
			return err
		}
		c, ok := s.CalendarOf(b.Calendar)
		switch {
		case !ok, !p.MayIn(agenda.SeeBookings, c), !p.MayOpen(c), b.Status == agenda.Held:
			return agenda.ErrNotFound
		case !b.Status.Live(), b.Sealed == nil, b.EmailHash == "":
			return agenda.ErrState
		}
		return tx.Log(store.Entry{Tenant: p.Tenant, Act: actSee, Subject: b.ID, Actor: actor(p)}, map[string]any{"kind": kind})
	})
	if err != nil {
		return nil, err // what is not journalled is not shown
	}
	return b, nil
}
