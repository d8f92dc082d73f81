// Package ledger is the appointment book once more, as small as it can be told: a
// list of visits, counted anew for every question. It says which answers the real
// book may give to an act, and what it looks like afterwards.
//
// It refuses to know how the product decides: nothing of it is used here, not even
// its words. Start reading at Book.After; Check holds whole histories against it.
package ledger

import "slices"

// Rules are those of one calendar, which no act changes.
type Rules struct {
	Confirm Confirm
	Hold    int32 // minutes; 0: takes no holds
	Answer  int32 // minutes in which a request has to be confirmed by mail
	Office  bool  // its office gets a letter of everything
}

// Confirm is how a visit becomes certain.
type Confirm int8

// The three ways.
const (
	AtOnce Confirm = iota
	ByMail
	ByStaff
)

// Rules of time that hold in all calendars, in minutes, and one in days.
const (
	Lead     = 60
	CancelBy = 120
	Horizon  = 10
	Begin    = 7 * 60 // minutes of day 0 at which the time of a Book begins
	Opens    = 8 * 60
	CellSize = 10
)

// Seats of a calendar: all, and those that the public may have.
type Seats struct{ Total, Public int8 }

// Place is a start: a calendar, a day counted from the first, and a cell of its raster.
type Place struct{ Calendar, Day, Cell int8 }

// Minute is when a place begins, counted from the beginning of a Book.
func (p Place) Minute() int32 { return int32(p.Day)*1440 + Opens + int32(p.Cell)*CellSize - Begin }

// Status is where a visit stands.
type Status int8

// The states of a visit.
const (
	None Status = iota
	Held
	AsksVisitor // pending until the mailed link
	AsksOffice  // pending until the approval
	Confirmed
	Cancelled
	Expired
)

// Letter is a kind of letter.
type Letter int8

// The kinds of letters, to the visitor and to the office.
const (
	AskToConfirm Letter = iota
	Received
	IsConfirmed
	Changed
	IsCancelled
	Rejected
	HasExpired
	OfficeBooked
	OfficeMoved
	OfficeCancelled
	letters
)

// Visit is one line of the book.
type Visit struct {
	Status   Status
	At       Place
	Cells    int8
	Staff    bool // booked by staff: takes no public seat
	Over     bool // overbooked
	Stranded bool
	Mailed   bool  // there is a link that confirms
	Key      int16 // idempotency key it was made with, 0: none
	Expires  int32 // minute; 0: never
	Letters  [letters]uint8
}

// Book is the whole book at one moment. A Book is never changed: acts give another.
type Book struct {
	Rules  []Rules
	Cells  int8 // per day
	Now    int32
	Seats  []Seats
	Visits []Visit
}

// overdue says that a visit's time has run out, whether or not anybody has marked it.
func (b *Book) overdue(v *Visit) bool {
	return (v.Status == Held || v.Status == AsksVisitor || v.Status == AsksOffice) && v.Expires != 0 && b.Now >= v.Expires
}

// takes says that a visit has its seats.
func (b *Book) takes(v *Visit) bool {
	return v.Status != None && v.Status != Cancelled && v.Status != Expired && !b.overdue(v)
}

// Seen is the state of a visit as whoever looks at it is told.
func (b *Book) Seen(n int16) Status {
	v := b.at(n)
	if b.overdue(&v) {
		return Expired
	}
	return v.Status
}

// at is a visit by its number; None where there is none yet.
func (b *Book) at(n int16) Visit {
	if int(n) < len(b.Visits) {
		return b.Visits[n]
	}
	return Visit{}
}

// Used counts the seats taken in one cell, leaving out one visit (-1: none).
func (b *Book) Used(calendar, day, cell int8, except int16) (all, public int8) {
	for i := range b.Visits {
		v := &b.Visits[i]
		if int16(i) == except || v.At.Calendar != calendar || v.At.Day != day || cell < v.At.Cell || cell >= v.At.Cell+v.Cells || !b.takes(v) {
			continue
		}
		all++
		if !v.Staff {
			public++
		}
	}
	return all, public
}

// free is the seats free for the whole length of a visit.
func (b *Book) free(at Place, cells int8, staff bool, except int16) int8 {
	least := int8(127)
	for c := at.Cell; c < at.Cell+cells; c++ {
		all, public := b.Used(at.Calendar, at.Day, c, except)
		s := b.Seats[at.Calendar]
		left := s.Total - all
		if !staff {
			left = min(left, s.Public-public)
		}
		least = min(least, max(0, left))
	}
	return least
}

// soon says that a start is too near, and far that it is beyond the horizon.
func (b *Book) soon(at Place, staff bool) bool {
	if staff {
		return at.Minute() < b.Now
	}
	return at.Minute() < b.Now+Lead
}

func (b *Book) far(at Place, staff bool) bool {
	return !staff && int32(at.Day) > (b.Now+Begin)/1440+Horizon
}

// Free is how many seats each start of a day has, for who asks for a length.
func (b *Book) Free(calendar, day, cells int8, staff bool) string {
	row := make([]byte, b.Cells)
	for c := range b.Cells {
		at := Place{calendar, day, c}
		row[c] = '0'
		if c+cells <= b.Cells && !b.soon(at, staff) && !b.far(at, staff) {
			row[c] += byte(b.free(at, cells, staff, -1))
		}
	}
	return string(row)
}

// offer says whether a start can be had.
func (b *Book) offer(at Place, cells int8, staff, overbook bool, except int16) (w Word, over bool) {
	switch {
	case at.Cell+cells > b.Cells || b.Seats[at.Calendar].Total == 0:
		return Taken, false
	case b.soon(at, staff) || b.far(at, staff):
		return Window, false
	case b.free(at, cells, staff, except) > 0:
		return Done, false
	case overbook && staff:
		return Done, true
	}
	return Taken, false
}

// with is a book in which visit n is another.
func (b *Book) with(n int16, v Visit) *Book {
	next := *b
	next.Visits = make([]Visit, max(len(b.Visits), int(n)+1))
	copy(next.Visits, b.Visits)
	next.Visits[n] = v
	return &next
}

// Equal says that two books are the same.
func (b *Book) Equal(o *Book) bool {
	return b == o || b.Now == o.Now && slices.Equal(b.Seats, o.Seats) && slices.Equal(b.Visits, o.Visits)
}
