package ledger

import "fmt"

// Kind is what an act does.
type Kind int8

// The acts. Look and See change nothing.
const (
	Hold Kind = iota
	Release
	BookHeld
	BookNow
	Confirming
	Approve
	Reject
	Cancel
	Move
	Look  // what is free on a day
	See   // how a visit stands
	Pass  // time passes
	Sweep // what has run out is marked
	Apply // a calendar gets other seats
)

var kindNames = [...]string{"hold", "release", "book", "book now", "confirm", "approve", "reject", "cancel", "move", "look", "see", "pass", "sweep", "apply"}

func (k Kind) String() string { return kindNames[k] }

// Act is something that somebody asks of the book.
type Act struct {
	Kind    Kind
	Visit   int16 // whom it is about
	At      Place // where to; of Look and Apply only calendar and day
	Cells   int8  // length: of a new visit, or asked about
	Staff   bool  // asked by staff
	Over    bool  // overbook where it is full
	Key     int16 // idempotency key; 0: none
	Minutes int32 // of Pass
	Seats   Seats // of Apply
	Strand  bool  // of Apply: keep what no longer fits
}

func (a Act) String() string {
	s := fmt.Sprintf("%v #%d at %v for %d", a.Kind, a.Visit, a.At, a.Cells)
	if a.Staff {
		s += " by staff"
	}
	if a.Over {
		s += " overbooking"
	}
	if a.Key != 0 {
		s += fmt.Sprintf(" key %d", a.Key)
	}
	switch a.Kind {
	case Pass:
		s += fmt.Sprintf(" %d min", a.Minutes)
	case Apply:
		s += fmt.Sprintf(" %v strand %v", a.Seats, a.Strand)
	}
	return s
}

// Word is the answer to an act.
type Word int8

// The answers. Busy is the refusal of an overloaded book: nothing has happened.
const (
	Done Word = iota
	Taken
	Window
	TooLate
	Ran    // out: hold or request expired
	Wrong  // not possible in its state
	Absent // not found
	NoHolds
	WouldStrand
	Busy
	Other // none that the contract knows
)

var wordNames = [...]string{"done", "taken", "window closed", "too late", "expired", "wrong state", "not found", "no holds", "would strand", "busy", "NOT IN THE CONTRACT"}

func (w Word) String() string { return wordNames[w] }

// Said is what the real book answered.
type Said struct {
	Word   Word
	Visit  int16  // of a new booking, also of a repeated request
	Free   string // of Look, as Book.Free has it
	Status Status // of See
}

func (s Said) String() string {
	return fmt.Sprintf("%v #%d %s %d", s.Word, s.Visit, s.Free, s.Status)
}

// After says whether the book may give this answer to this act, and what it is then.
// A refusal leaves it as it is.
func (b *Book) After(a Act, s Said) (*Book, bool) {
	if s.Word == Busy {
		return b, true
	}
	switch a.Kind {
	case Hold:
		return b.hold(a, s)
	case Release:
		return b.release(a, s)
	case BookHeld:
		return b.bookHeld(a, s)
	case BookNow:
		return b.bookNow(a, s)
	case Confirming, Approve:
		return b.settle(a, s)
	case Reject, Cancel:
		return b.cancel(a, s)
	case Move:
		return b.move(a, s)
	case Look:
		return b, s.Word == Done && s.Free == b.Free(a.At.Calendar, a.At.Day, a.Cells, a.Staff)
	case See:
		return b, s.Word == Done && s.Status == b.Seen(a.Visit)
	case Pass:
		next := *b
		next.Now += a.Minutes
		return &next, true
	case Sweep:
		return b.sweep(func(*Visit) bool { return true }), s.Word == Done
	}
	return b.apply(a, s)
}

// given accepts an answer only if it is the one that must come: unchanged.
func (b *Book) given(s Said, must Word) (*Book, bool) { return b, s.Word == must }

func (b *Book) hold(a Act, s Said) (*Book, bool) {
	if b.Rules[a.At.Calendar].Hold == 0 {
		return b.given(s, NoHolds)
	}
	w, _ := b.offer(a.At, a.Cells, false, false, -1)
	if w != Done || s.Word != Done {
		return b.given(s, w)
	}
	if b.at(s.Visit).Status != None {
		return b, false // somebody else's
	}
	return b.with(s.Visit, Visit{Status: Held, At: a.At, Cells: a.Cells, Expires: b.Now + b.Rules[a.At.Calendar].Hold}), true
}

// release: a hold that has run out may have been marked by somebody or not.
func (b *Book) release(a Act, s Said) (*Book, bool) {
	v := b.at(a.Visit)
	switch {
	case v.Status == Held && b.overdue(&v):
		v.Status = Expired
		return b.with(a.Visit, v), s.Word == Done || s.Word == Wrong
	case v.Status == Held:
		v.Status = Expired
		return b.with(a.Visit, v), s.Word == Done
	case v.Status == Expired && v.Letters == [letters]uint8{}:
		return b.given(s, Wrong)
	}
	return b, s.Word == Wrong || s.Word == Absent // its link ended when it was booked
}

func (b *Book) bookHeld(a Act, s Said) (*Book, bool) {
	v := b.at(a.Visit)
	switch {
	case a.Key != 0 && v.Key == a.Key:
		return b, s.Word == Done && s.Visit == a.Visit // once more
	case v.Status == Expired && v.Letters == [letters]uint8{} || v.Status == Held && b.overdue(&v):
		return b.given(s, Ran)
	case v.Status != Held:
		return b.given(s, Absent)
	}
	if s.Word != Done || s.Visit != a.Visit {
		return b, false
	}
	v.Key = a.Key
	b.finish(&v)
	return b.with(a.Visit, v), true
}

func (b *Book) bookNow(a Act, s Said) (*Book, bool) {
	for i := range b.Visits {
		if v := &b.Visits[i]; a.Key != 0 && v.Key == a.Key {
			return b, s.Word == Done && int(s.Visit) == i
		}
	}
	w, over := b.offer(a.At, a.Cells, a.Staff, a.Over, -1)
	if w != Done || s.Word != Done {
		return b.given(s, w)
	}
	if b.at(s.Visit).Status != None {
		return b, false
	}
	v := Visit{Status: Held, At: a.At, Cells: a.Cells, Staff: a.Staff, Over: over, Key: a.Key}
	b.finish(&v)
	return b.with(s.Visit, v), true
}

// finish gives a held visit its visitor.
func (b *Book) finish(v *Visit) {
	r := b.Rules[v.At.Calendar]
	v.Expires = 0
	switch {
	case v.Staff || r.Confirm == AtOnce:
		v.Status = Confirmed
		v.Letters[IsConfirmed]++
	case r.Confirm == ByMail:
		v.Status, v.Mailed, v.Expires = AsksVisitor, true, min(b.Now+r.Answer, v.At.Minute())
		v.Letters[AskToConfirm]++
		return
	default:
		v.Status, v.Expires = AsksOffice, v.At.Minute()
		v.Letters[Received]++
	}
	b.tellOffice(v, OfficeBooked)
}

func (b *Book) tellOffice(v *Visit, l Letter) {
	if b.Rules[v.At.Calendar].Office {
		v.Letters[l]++
	}
}

// settle is the yes of the visitor or of the office.
func (b *Book) settle(a Act, s Said) (*Book, bool) {
	v := b.at(a.Visit)
	awaited := AsksOffice
	if a.Kind == Confirming {
		awaited = AsksVisitor
		if v.Status == Cancelled {
			return b, s.Word == Wrong || s.Word == Absent // its link ended when it was cancelled
		}
	}
	switch {
	case v.Status == Expired || b.overdue(&v):
		if s.Word != Ran {
			return b, false
		}
		b.expire(&v)
		return b.with(a.Visit, v), true
	case a.Kind == Confirming && v.Status == Confirmed:
		return b.given(s, Done)
	case v.Status != awaited:
		return b.given(s, Wrong)
	case s.Word != Done:
		return b, false
	}
	v.Status, v.Expires = Confirmed, 0
	v.Letters[IsConfirmed]++
	if a.Kind == Confirming {
		b.tellOffice(&v, OfficeBooked)
	}
	return b.with(a.Visit, v), true
}

// expire marks a visit whose time has run out; who waited for the office is told.
func (b *Book) expire(v *Visit) {
	if v.Status == AsksOffice {
		v.Letters[HasExpired]++
	}
	v.Status = Expired
}

// changeable says why a visit cannot be moved or cancelled; Done: it can.
func (b *Book) changeable(v *Visit, staff bool) Word {
	switch {
	case v.Status == Expired || b.overdue(v):
		return Ran
	case v.Status != Confirmed && v.Status != AsksVisitor && v.Status != AsksOffice:
		return Wrong
	case !staff && b.Now > v.At.Minute()-CancelBy:
		return TooLate
	}
	return Done
}

func (b *Book) cancel(a Act, s Said) (*Book, bool) {
	v := b.at(a.Visit)
	if v.Status == Cancelled {
		return b.given(s, Done)
	}
	must := b.changeable(&v, a.Staff)
	if must == Done && a.Kind == Reject && v.Status != AsksOffice {
		must = Wrong
	}
	if must != Done || s.Word != Done {
		return b.given(s, must)
	}
	if v.Status != AsksVisitor {
		if a.Kind == Reject {
			v.Letters[Rejected]++
		} else {
			v.Letters[IsCancelled]++
			b.tellOffice(&v, OfficeCancelled)
		}
	}
	v.Status, v.Expires = Cancelled, 0
	return b.with(a.Visit, v), true
}

func (b *Book) move(a Act, s Said) (*Book, bool) {
	v := b.at(a.Visit)
	to := a.At.Calendar
	if !a.Staff && to != v.At.Calendar && b.Rules[to].Confirm == ByStaff && b.Rules[v.At.Calendar].Confirm != ByStaff {
		return b.given(s, Taken) // nobody gets past the office that way
	}
	if w := b.changeable(&v, a.Staff); w != Done {
		return b.given(s, w)
	}
	if v.At == a.At {
		return b.given(s, Done)
	}
	w, over := b.offer(a.At, v.Cells, a.Staff, a.Over, a.Visit)
	if w != Done || s.Word != Done {
		return b.given(s, w)
	}
	v.At, v.Over, v.Stranded = a.At, over, false
	switch v.Status {
	case AsksOffice:
		v.Expires = a.At.Minute()
		v.Letters[Received]++
	case AsksVisitor:
		v.Expires = min(v.Expires, a.At.Minute())
		v.Letters[AskToConfirm]++
		return b.with(a.Visit, v), true
	default:
		v.Letters[Changed]++
	}
	b.tellOffice(&v, OfficeMoved)
	return b.with(a.Visit, v), true
}

// sweep marks what has run out.
func (b *Book) sweep(which func(*Visit) bool) *Book {
	next := b
	for i := range b.Visits {
		if v := b.Visits[i]; b.overdue(&v) && which(&v) {
			b.expire(&v)
			next = next.with(int16(i), v)
		}
	}
	return next
}

// apply: visits that are over capacity now, and were less so before, have no place.
func (b *Book) apply(a Act, s Said) (*Book, bool) {
	swept := b.sweep(func(v *Visit) bool { return v.At.Minute()+int32(v.Cells)*CellSize > b.Now })
	next := *swept
	next.Seats = append([]Seats(nil), b.Seats...)
	next.Seats[a.At.Calendar] = a.Seats
	after := &next
	strands := false
	for i := range swept.Visits {
		v := swept.Visits[i]
		if !swept.takes(&v) || v.At.Minute() < b.Now {
			continue
		}
		was, is := swept.surplus(&v), next.surplus(&v)
		misfit, fits := is > was || next.Seats[v.At.Calendar].Total == 0, is <= 0 && next.Seats[v.At.Calendar].Total > 0
		if v.Stranded && !fits || !v.Stranded && !misfit {
			continue
		}
		if v.Status == Held {
			v.Status = Expired
		} else {
			v.Stranded = !v.Stranded
			strands = strands || v.Stranded
		}
		after = after.with(int16(i), v)
	}
	if strands && !a.Strand {
		return b.given(s, WouldStrand)
	}
	return after, s.Word == Done
}

// surplus is by how many seats the fullest cell of a visit exceeds what there is.
func (b *Book) surplus(v *Visit) (most int8) {
	for c := v.At.Cell; c < v.At.Cell+v.Cells; c++ {
		all, _ := b.Used(v.At.Calendar, v.At.Day, c, -1)
		most = max(most, all-b.Seats[v.At.Calendar].Total)
	}
	return most
}
