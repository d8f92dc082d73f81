package agenda

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Status is where a booking stands.
type Status string

// The states of a booking.
const (
	Held      Status = "held"       // seats reserved while the form is filled in
	Pending   Status = "pending"    // asked for; waits for the mailed link or for approval
	Confirmed Status = "confirmed"  // certain
	CheckedIn Status = "checked_in" // arrived
	Served    Status = "served"
	NoShow    Status = "no_show"
	Cancelled Status = "cancelled"
	Expired   Status = "expired" // nobody confirmed in time; holds no seats
)

// Live reports whether a booking in this state has its seats (until it expires).
func (s Status) Live() bool { return s != Cancelled && s != Expired }

// Booking is one visit in the book. Instants are UTC.
type Booking struct {
	Tenant    string
	ID        string
	Number    int64  // what claims refer to
	Reference string // short code a visitor can read out; no credential
	UID       string // of its calendar entry, for its whole life
	Status    Status
	Awaits    string // while pending: ConfirmEmail or ConfirmStaff
	Channel   Channel

	Calendar string
	Pool     int64
	Date     Date // local day of the visit
	Items    []Item
	Mode     string
	Start    time.Time // of the visit; the claim may begin earlier
	End      time.Time
	From, To Tick      // claimed
	Tick     int       // minutes per tick of From and To
	Expires  time.Time // zero: never
	CancelBy time.Time // the last moment the visitor may cancel or move

	Language   string
	Notify     bool // whether letters go to the visitor
	Sequence   int  // of the calendar entry (RFC 5545, 3.8.7.4)
	Version    int  // grows with every change
	Overbooked bool
	Stranded   bool // the set-up changed under it, and staff know
	Created    time.Time
	Changed    time.Time
	Since      time.Time // when its time became certain: confirmed or moved; zero: not yet
	Coming     time.Time // when the visitor said that they come at this time; zero: they have not

	Sealed    []byte // Private, sealed; nil after retention
	EmailHash string // keyed hashes for limits and search; empty: none
	PhoneHash string

	// Hashes of the secrets of links, each for one purpose; empty: none opens it.
	HoldHash, ManageHash, ConfirmHash string
}

// Private is what only sealed storage holds of a booking.
type Private struct {
	Visitor
	Manage        string `json:"manage,omitempty"`  // secret of the manage link
	Confirm       string `json:"confirm,omitempty"` // secret of the mailed confirmation link
	StaffNote     string `json:"staffNote,omitempty"`
	CaseReference string `json:"caseReference,omitempty"`
	WalkIn        bool   `json:"walkIn,omitempty"` // came without appointment, perhaps without a name
}

// Visitor is who comes, as given in the form.
type Visitor struct {
	Name        string `json:"name"`
	ContactName string `json:"contactName,omitempty"` // who booked, where that is somebody else
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Note        string `json:"note,omitempty"`
}

// Claim is one seat for one tick.
type Claim struct {
	Tick       Tick
	Seat       int
	Booking    int64
	Public     bool // counts against the public part
	Overbooked bool
	Expires    time.Time // zero: never
}

// GivenBack reports that the seat is nobody's any more: a visitor gave it back, and it
// is not offered to the public before it expires. Staff may book it at once. The booking
// behind it is a Held one of its own, with a number below zero.
func (c *Claim) GivenBack() bool { return c.Booking < 0 }

// Slot is a start that could be booked now.
type Slot struct {
	Start    time.Time
	Calendar string
	Site     string
	Minutes  int
	Modes    []string
	Free     int // seats free for the whole length
}

// GivenBack reports that this is no visit: it keeps seats that a visitor gave back until
// they are offered again.
func (b *Booking) GivenBack() bool { return b.Number < 0 }

// ExpiredAt reports whether a held or pending booking has run out at now.
func (b *Booking) ExpiredAt(now time.Time) bool {
	return b.Status == Expired || (b.Status == Held || b.Status == Pending) && !b.Expires.IsZero() && !now.Before(b.Expires)
}

// MayChange says whether a visit can still be moved or cancelled: by the public
// until CancelBy, that moment included (ErrTooLate), by staff at any time as long
// as nobody came (ErrState).
func (b *Booking) MayChange(by Channel, now time.Time) error {
	switch {
	case b.ExpiredAt(now):
		return ErrExpired
	case b.Status != Pending && b.Status != Confirmed && !(by == Staff && b.Status == NoShow):
		return ErrState
	case by == Public && now.After(b.CancelBy):
		return ErrTooLate
	}
	return nil
}

// TakeSeatsOf puts a visit to where another booking is.
func (b *Booking) TakeSeatsOf(o *Booking) {
	b.Calendar, b.Pool, b.Date, b.Mode, b.Start, b.End = o.Calendar, o.Pool, o.Date, o.Mode, o.Start, o.End
	b.From, b.To, b.Tick, b.CancelBy, b.Overbooked, b.Stranded = o.From, o.To, o.Tick, o.CancelBy, o.Overbooked, false
	b.Coming = time.Time{}
}

// MayVisit says whether staff may set the state of the visit itself. Each step can
// be corrected, and only a confirmed visit has them.
func (b *Booking) MayVisit(to Status) error {
	switch b.Status {
	case Confirmed, CheckedIn, Served, NoShow:
		if to == Confirmed || to == CheckedIn || to == Served || to == NoShow {
			return nil
		}
	}
	return ErrState
}

// Lengths beyond which a visitor's text is refused, in characters.
const (
	MaxName   = 200
	MaxNote   = 1000
	MaxPhone  = 40
	MaxAnswer = 500
)

// CheckVisitor says what is missing or wrong under a calendar's contact rules.
// Staff may leave out what they could not ask for, except the name.
func (c Contact) CheckVisitor(v Visitor, by Channel) (bad Invalid) {
	if strings.ContainsFunc(v.Name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		bad = append(bad, checkLine("name", v.Name, MaxName)...)
	} else {
		bad = append(bad, FieldError{"name", "required"})
	}
	bad = append(bad, checkLine("contactName", v.ContactName, MaxName)...)
	bad = append(bad, checkLine("phone", v.Phone, MaxPhone)...)
	bad = append(bad, checkLines("note", v.Note, MaxNote)...)
	if v.Email != "" {
		if _, err := CheckAddress(v.Email); err != nil {
			bad = append(bad, FieldError{"email", "format"})
		}
	}
	if v.Phone != "" && !phoneLike(v.Phone) {
		bad = append(bad, FieldError{"phone", "format"})
	}
	return append(bad, c.checkRules(v, by)...)
}

func (c Contact) checkRules(v Visitor, by Channel) (bad Invalid) {
	email, phone := v.Email != "", v.Phone != ""
	if c.Email == ContactOff && email {
		bad = append(bad, FieldError{"email", "off"})
	}
	if c.Phone == ContactOff && phone {
		bad = append(bad, FieldError{"phone", "off"})
	}
	if by == Staff {
		return bad
	}
	if c.Email == ContactRequired && !email {
		bad = append(bad, FieldError{"email", "required"})
	}
	// Without an e-mail address the office must be able to call; where it does
	// not ask for a number, the address is all there is.
	switch {
	case phone:
	case c.Phone == ContactRequired, c.Phone != ContactOff && c.Email != ContactRequired && !email:
		bad = append(bad, FieldError{"phone", "required"})
	case c.Phone == ContactOff && c.Email != ContactRequired && !email:
		bad = append(bad, FieldError{"email", "required"})
	}
	return bad
}

// checkLine refuses what has no place in a line: controls, what turns the direction of
// what follows, and spaces that cannot be seen, by which one name looks like another.
func checkLine(field, s string, most int) Invalid {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}):
		return Invalid{{field, "format"}}
	case utf8.RuneCountInString(s) > most:
		return Invalid{{field, "too_long"}}
	}
	return nil
}

// checkLines lets through what people paste into a text of several lines, but
// nothing that a letter could not carry.
func checkLines(field, s string, most int) Invalid {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r)
	}):
		return Invalid{{field, "format"}}
	case utf8.RuneCountInString(strings.ReplaceAll(s, "\r\n", "\n")) > most:
		return Invalid{{field, "too_long"}}
	}
	return nil
}

func phoneLike(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+()/.- ", r):
			return false
		}
	}
	return digits >= 4
}
