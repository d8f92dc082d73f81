package agenda

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Incident is something that keeps visits from taking place as booked, and what the
// office decides about them: a clerk is ill, the office closes at noon.
type Incident struct {
	Tenant    string       `json:"-"`
	ID        string       `json:"-"`
	Step      IncidentStep `json:"-"`
	Version   int          `json:"-"` // grows with every change
	Reason    string       `json:"reason"`
	Calendars []string     `json:"calendars"`
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to"`    // not included
	Close     string       `json:"close"` // what was closed: CloseNothing, CloseAll, CloseSome
	Seats     int          `json:"seats"` // of CloseSome
	Act       string       `json:"act"`   // for every visit that has none of its own
	Days      int          `json:"days"`  // a proposal is kept for
	Fallback  string       `json:"fallback"`
	By        string       `json:"by"` // the person who confirmed it, or began it
	Created   time.Time    `json:"created"`
	Again     bool         `json:"again,omitempty"` // some of it is done, the rest is decided again
	Due       time.Time    `json:"due"`             // when its letters leave; zero: nothing is confirmed
	Texts     Texts        `json:"-"`
}

// Texts are what people wrote about an incident; they are stored sealed.
type Texts struct {
	Note   string `json:"note,omitempty"`   // for colleagues
	Letter Text   `json:"letter,omitempty"` // for the visitors, in the tenant's languages
}

// IncidentStep says how far an incident has come.
type IncidentStep string

// The steps of an incident.
const (
	StepChoose  IncidentStep = "choose"  // which visits
	StepDecide  IncidentStep = "decide"  // what becomes of them
	StepCheck   IncidentStep = "check"   // the letters, before anything happens
	StepRunning IncidentStep = "running" // being carried out
	StepPaused  IncidentStep = "paused"
	StepDone    IncidentStep = "done"
	StepUndoing IncidentStep = "undoing"
	StepUndone  IncidentStep = "undone"
)

// Begun reports whether anything has been done about the visits yet.
func (s IncidentStep) Begun() bool { return s != StepChoose && s != StepDecide && s != StepCheck }

// Reasons are why an incident happens.
func Reasons() []string { return []string{"ill", "closed", "system", "other"} }

// What an incident closes.
const (
	CloseNothing = "nothing"
	CloseAll     = "all"
	CloseSome    = "some"
)

// What can be done about a visit.
const (
	ActMove    = "move"    // to another time
	ActPropose = "propose" // another time, kept until the visitor answers
	ActCancel  = "cancel"
	ActLeave   = "leave" // as it is
)

// What happens to the visit when nobody answers a proposal.
const (
	FallbackCancel = "cancel"
	FallbackCall   = "call"
)

// Lengths and numbers beyond which an incident is refused.
const (
	MaxIncidentNote   = 200
	MaxIncidentLetter = 1000
	MaxProposalDays   = 14
	MaxIncidentDays   = 92
	MaxAffected       = 400 // visits that are decided in one go: a form has to hold them
)

// Check says what is missing or wrong before an incident can begin.
func (n *Incident) Check() (bad Invalid) {
	if !slices.Contains(Reasons(), n.Reason) {
		bad = append(bad, FieldError{"reason", "required"})
	}
	if len(n.Calendars) == 0 {
		bad = append(bad, FieldError{"calendar", "required"})
	}
	switch {
	case n.From.IsZero():
		bad = append(bad, FieldError{"from", "required"})
	case n.To.IsZero():
		bad = append(bad, FieldError{"to", "required"})
	case !n.From.Before(n.To), n.To.Sub(n.From) > MaxIncidentDays*24*time.Hour:
		bad = append(bad, FieldError{"to", "range"})
	}
	if !slices.Contains([]string{CloseNothing, CloseAll, CloseSome}, n.Close) || n.Close == CloseSome && n.Seats < 1 {
		bad = append(bad, FieldError{"close", "required"})
	}
	return append(bad, checkLine("note", n.Texts.Note, MaxIncidentNote)...)
}

// CheckPlan says what is missing or wrong before an incident's visits can be decided.
func (n *Incident) CheckPlan() (bad Invalid) {
	if !slices.Contains([]string{ActMove, ActPropose, ActCancel}, n.Act) {
		bad = append(bad, FieldError{"act", "required"})
	}
	if n.Days < 1 || n.Days > MaxProposalDays {
		bad = append(bad, FieldError{"days", "range"})
	}
	if n.Fallback != FallbackCancel && n.Fallback != FallbackCall {
		bad = append(bad, FieldError{"fallback", "required"})
	}
	for lang, text := range n.Texts.Letter {
		bad = append(bad, checkLines("letter."+lang, text, MaxIncidentLetter)...)
		if utf8.RuneCountInString(lang) > 16 {
			bad = append(bad, FieldError{"letter", "format"})
		}
	}
	return bad
}

// IncidentItem is one visit of an incident.
type IncidentItem struct {
	Tenant   string    `json:"-"`
	Incident string    `json:"-"`
	Booking  string    `json:"-"` // id
	Position int       `json:"-"`
	State    ItemState `json:"-"`

	Act      string    `json:"act,omitempty"`      // what is to be done, or was
	Calendar string    `json:"calendar,omitempty"` // of the new time
	Start    time.Time `json:"start,omitzero"`

	Was      Was       `json:"was"`                // when it was chosen, then before it was changed
	Reason   string    `json:"reason,omitempty"`   // why it failed, a word of ours
	Letter   int       `json:"letter,omitempty"`   // version of the letter about it; 0: none
	Due      time.Time `json:"due,omitzero"`       // when that letter leaves
	Proposal string    `json:"proposal,omitempty"` // id
	Call     bool      `json:"call,omitempty"`     // the visitor has to be called
	Called   time.Time `json:"called,omitzero"`
	CalledBy string    `json:"calledBy,omitempty"` // a person's id
}

// Was is a visit as it was.
type Was struct {
	Calendar   string    `json:"calendar,omitempty"`
	Start      time.Time `json:"start,omitzero"`
	Status     Status    `json:"status,omitempty"`
	Awaits     string    `json:"awaits,omitempty"`
	Expires    time.Time `json:"expires,omitzero"`
	Since      time.Time `json:"since,omitzero"`
	Overbooked bool      `json:"overbooked,omitempty"`
}

// WasOf is how a visit is now.
func WasOf(b *Booking) Was {
	return Was{b.Calendar, b.Start, b.Status, b.Awaits, b.Expires, b.Since, b.Overbooked}
}

// ItemState is where one visit of an incident stands.
type ItemState string

// The states of a visit of an incident.
const (
	ItemLeft   ItemState = "left"   // not chosen
	ItemChosen ItemState = "chosen" // to be decided
	ItemReady  ItemState = "ready"  // decided, to be carried out
	ItemDone   ItemState = "done"
	ItemFailed ItemState = "failed" // could not be carried out
	ItemUndone ItemState = "undone"
	ItemStuck  ItemState = "stuck" // was carried out and could not be undone
)

// Proposal is another time that the office keeps for a visitor until they answer.
type Proposal struct {
	Tenant   string
	ID       string
	Incident string
	Booking  string // the visit's id
	Held     string // id of the booking that has the seats
	Hash     string // of the link's secret
	State    ProposalState
	Version  int // of the visit when it was made
	Expires  time.Time
	Fallback string
	Created  time.Time
	Sealed   []byte // the link's secret
}

// ProposalState is what became of a proposal.
type ProposalState string

// The states of a proposal.
const (
	ProposalOpen      ProposalState = "open"
	ProposalAccepted  ProposalState = "accepted"
	ProposalDeclined  ProposalState = "declined" // by cancelling or taking another time
	ProposalExpired   ProposalState = "expired"
	ProposalWithdrawn ProposalState = "withdrawn" // by the office
)
