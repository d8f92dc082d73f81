package entry

import (
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
	"terminvergabe/internal/ical"
)

// Writer appends the entries of one feed. Visits for the same thing at the same place
// differ in a few values alone: what they have in common is put into words and encoded
// once. One goroutine uses it.
type Writer struct {
	Printer *i18n.Printer
	Detail  Detail
	Home    *time.Location
	Remind  int // minutes before; 0: not

	stencils map[Kind]*ical.Stencil
}

// Kind is the same for visits that differ in nothing but what Varying holds. The zero
// value is like no other.
type Kind struct{ Calendar, Mode, Items string }

// mark is written in place of a reference into what visits have in common.
const mark = "ZZZZ-ZZZZ"

// Varying is what an entry says of this visit alone.
func Varying(uid, reference string, status agenda.Status, sequence int, start, end, changed time.Time) ical.Varying {
	return ical.Varying{UID: uid, Mark: reference, Sequence: sequence, Start: start, End: end, Changed: changed,
		Cancelled: status == agenda.Cancelled || status == agenda.Expired, Tentative: status == agenda.Pending || status == agenda.Held}
}

// Append appends the entry of a visit: that of Event.
func (w *Writer) Append(out []byte, kind Kind, v ical.Varying, open func() (Visit, error)) ([]byte, error) {
	if kind != (Kind{}) {
		s, known := w.stencils[kind]
		if !known {
			visit, err := open()
			if err != nil {
				return out, err
			}
			s = w.stencil(visit)
			if w.stencils == nil {
				w.stencils = map[Kind]*ical.Stencil{}
			}
			w.stencils[kind] = s
		}
		if s != nil {
			if out, ok := s.Append(out, v); ok {
				return out, nil
			}
		}
	}
	visit, err := open()
	if err != nil {
		return out, err
	}
	return ical.AppendEntry(out, w.event(visit), w.Home), nil
}

func (w *Writer) event(v Visit) ical.Event {
	e := Event(v, w.Printer, w.Detail)
	e.Remind = w.Remind
	return e
}

// stencil is what visits like this one have in common; nil where that cannot be told.
func (w *Writer) stencil(v Visit) *ical.Stencil {
	b := *v.Booking
	b.Reference = mark
	v.Booking = &b
	e := w.event(v)
	its := ""
	if strings.Contains(e.Description, mark) {
		its = mark
	}
	if s, ok := ical.NewStencil(e, w.Home, its); ok {
		return &s
	}
	return nil
}
