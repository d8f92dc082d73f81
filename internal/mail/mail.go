// Package mail turns a letter, given as plain values, into a message and hands
// that message to a mail server or a folder.
//
// It refuses to know bookings, the store, the outbox and the time: what a
// letter says is in Letter, and when to try again is a number (RetryAfter).
// It writes no log, and no error of it holds an address or a word of what a
// mail server said.
//
// Start reading at Letter, then Templates.Compose, then Transport.
package mail

import (
	netmail "net/mail"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
)

// Kind says what a letter is about.
type Kind string

// The letters to visitors, then those to the staff.
const (
	ConfirmRequest Kind = "confirm-request" // double opt-in: the visitor must confirm
	Received       Kind = "received"        // the request waits for the staff's approval
	Confirmed      Kind = "confirmed"
	Changed        Kind = "changed"
	Cancelled      Kind = "cancelled"
	Rejected       Kind = "rejected" // the staff declined the request
	Expired        Kind = "expired"  // the staff's approval never came
	Reminder       Kind = "reminder"
	Lapsed         Kind = "lapsed" // the visitor did not say in time that they come

	IncidentMoved     Kind = "incident-moved" // by the office, many visits at once
	IncidentCancelled Kind = "incident-cancelled"
	Proposal          Kind = "proposal" // another time is kept for the visitor; OldStart is what still stands

	Links          Kind = "links"           // where the visits of an address are seen and changed, sent again
	AddressRequest Kind = "address-request" // to a new address: the visitor must confirm it
	AddressChanged Kind = "address-changed" // to the address that was given up
	ProofCode      Kind = "proof-code"      // a code to type before booking

	StaffBooked    Kind = "staff-booked"
	StaffMoved     Kind = "staff-moved"
	StaffCancelled Kind = "staff-cancelled"
	StaffLeft      Kind = "staff-left" // the visit is in another calendar now
	DailyList      Kind = "daily-list"

	Invitation Kind = "invitation" // to a member of staff, to set a password
	Barrier    Kind = "barrier"    // to the office: what somebody wrote about a barrier on the pages
)

// Kinds lists every kind of letter.
func Kinds() []Kind {
	return []Kind{ConfirmRequest, Received, Confirmed, Changed, Cancelled, Rejected, Expired, Reminder, Lapsed,
		IncidentMoved, IncidentCancelled, Proposal, Links, AddressRequest, AddressChanged, ProofCode, StaffBooked, StaffMoved, StaffCancelled, StaffLeft, DailyList, Invitation, Barrier}
}

// Moves reports whether the letter tells of another time that holds.
func (k Kind) Moves() bool { return k == Changed || k == IncidentMoved }

// CallsOff reports whether the letter ends a visit that was certain.
func (k Kind) CallsOff() bool { return k == Cancelled || k == IncidentCancelled || k == Lapsed }

// Undated reports whether the letter's subject names no date: it is about several visits,
// or goes to whoever may be at an address.
func (k Kind) Undated() bool {
	return k == Invitation || k == Barrier || k == Links || k == AddressRequest || k == AddressChanged || k == ProofCode
}

// Staff reports whether the letter goes to the office instead of the visitor.
func (k Kind) Staff() bool {
	switch k {
	case StaffBooked, StaffMoved, StaffCancelled, StaffLeft, DailyList, Invitation, Barrier:
		return true
	}
	return false
}

// Letter is everything a letter shows. Times are in the office's zone, texts
// in the letter's language, addresses of pages absolute. An empty field is
// left out of the letter.
//
// There is no field for anything else that a visitor typed, on purpose: most
// addresses are unverified, and a letter must not carry a stranger's text. Barrier and
// Page go to the office alone.
type Letter struct {
	Kind    Kind
	Printer *i18n.Printer
	ID      string    // Message-ID without brackets, at most 200 bytes, the same for every attempt
	Sent    time.Time // the Date header: when this version was written
	To      string    // one bare address, as agenda.CheckAddress gives it

	Tenant     Office
	Department Office
	ReplyTo    netmail.Address
	// Sensitive letters name only the tenant: no department, service, fee,
	// checklist, calendar, visitor or reason, and no date in the subject.
	Sensitive bool

	Items            []Item
	Mode             string // onsite (also ""), phone, video, home
	Start, End       time.Time
	OldStart, OldEnd time.Time // before the change
	Place            Place
	OldItems         []Item // before the change; nil: they are the same
	OldPlace         string // before the change, on one line; "": it is the same
	Reference        string
	VisitorName      string         // as typed; shown as SafeName makes it
	Reason           string         // written by the staff
	Wording          agenda.Wording // the office's own words, with placeholders of agenda
	Colour           string         // the tenant's, #rrggbb; used where it can be read
	Office           string         // what the office wrote about an incident, with line ends
	Sample           bool           // a trial: the subject says so

	ConfirmURL  string // required in a ConfirmRequest, an AddressRequest and an Invitation
	ConfirmBy   time.Time
	ProposalURL string // required in a Proposal
	ProposalBy  time.Time
	CallAfter   bool // who does not answer by then is called; else the visit is cancelled
	ManageURL   string
	CancelBy    time.Time // zero: no limit
	ComingURL   string    // Reminder: where the visitor says whether they come
	Comes       bool      // Reminder: they have said so
	AnswerBy    time.Time // who has not answered by then loses the visit, zero: nobody asks; Lapsed: that was it
	Visits      []Visit   // Links; Start is the first one's
	Code        string    // required in a ProofCode; until ConfirmBy
	BookURL     string    // shown where a visit does not take place
	ImprintURL  string
	PrivacyURL  string

	// Calendar is one iCalendar object whose METHOD is Method; empty: none.
	Calendar []byte
	Method   string // REQUEST, CANCEL or PUBLISH
	// EntriesByHand is set where the department's invite is publish: programs
	// do not remove such entries, so letters ask the visitor to.
	EntriesByHand bool

	CalendarName string // staff letters
	StaffURL     string // staff letters
	Rows         []Row  // DailyList; its day is Start

	Barrier string // what somebody wrote, with line ends; Start is when
	Page    string // path of the page it is about
}

// Office is a sender: the tenant or one of its departments.
type Office struct {
	Name    string
	Phone   string
	Mailbox netmail.Address // Name may be empty; then the office's name is shown
}

// Item is one service of the booking.
type Item struct {
	Name      string
	Quantity  int // 0 counts as 1
	Fee       string
	Checklist []string
}

// Place is where the visit takes place.
type Place struct {
	Site, Street, PostalCode, City string
	Room                           string
	Access                         []string // in words, such as "stufenlos"
	Phone                          string
}

// Visit is one of several in a letter, with the link to its page.
type Visit struct {
	Start, End time.Time
	Items      []Item
	Mode       string
	Place      Place
	ManageURL  string
}

// Row is one booking in the daily list.
type Row struct {
	Start, End  time.Time
	Items       []Item
	VisitorName string
	Reference   string
	Pending     bool // not confirmed yet
	Sensitive   bool // only time and reference are shown
}

// Sender is the mailbox in From. The ORGANIZER of the letter's calendar part
// must be this mailbox too.
func (l Letter) Sender() netmail.Address {
	if l.Sensitive || l.Department.Mailbox.Address == "" {
		return named(l.Tenant.Mailbox, l.Tenant.Name, l.Sensitive)
	}
	return named(l.Department.Mailbox, l.Department.Name, false)
}

// named gives the box a display name where it has none or must have this one.
func named(box netmail.Address, name string, force bool) netmail.Address {
	if force || box.Name == "" {
		box.Name = name
	}
	box.Name = headerText(box.Name)
	return box
}
