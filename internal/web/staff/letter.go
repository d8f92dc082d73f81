package staff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// kinds are the letters that have words here.
func kinds() []string {
	return []string{booking.KindConfirmRequest, booking.KindReceived, booking.KindConfirmed, booking.KindChanged, booking.KindCancelled, booking.KindRejected,
		booking.KindExpired, booking.KindLapsed, booking.KindIncidentMoved, booking.KindIncidentCancelled, booking.KindProposal,
		booking.KindAddressRequest, booking.KindAddressChanged, booking.KindStaffBooked, booking.KindStaffMoved, booking.KindStaffCancelled}
}

// hasName reports whether a kind of letter has words.
func hasName(kind string) bool { return slices.Contains(kinds(), kind) }

// letterName is a kind of letter in words; one that nobody has put into words yet, as the
// code calls it. What webhooks are told counts as one.
func letterName(f page.Frame, kind string) string {
	if strings.HasPrefix(kind, booking.KindReminder) {
		return f.T("staff.letter.reminder")
	}
	if hasName(kind) {
		return f.T("staff.letter." + kind)
	}
	if key := "staff.setup.hookEvent." + kind; f.Printer().Has(key) {
		return f.T("staff.letters.kind.webhook", "event", f.T(key))
	}
	name, _, _ := strings.Cut(kind, "/")
	if key := "staff.letters.kind." + name; f.Printer().Has(key) {
		return f.T(key)
	}
	return kind
}

// letter is one letter with its life, as pages show it.
type letter struct {
	When   string // when it was written
	What   string
	How    page.Badge
	Life   []stage     // the newest first
	Advice string      // what to do; "": nothing
	Again  *page.Press // nil: it cannot be sent again
}

// stage is something that became of a letter.
type stage struct {
	When  string
	What  string
	Words string // the server's
}

// letterOf puts a letter into words.
func letterOf(f page.Frame, zone *time.Location, l booking.LetterLife) letter {
	x := letter{When: office.Short(f, l.Created.In(zone)), What: letterName(f, l.Kind), How: letterState(f, l)}
	for _, s := range slices.Backward(l.Life) {
		x.Life = append(x.Life, stage{When: office.Short(f, s.At.In(zone)), What: step(f, zone, s), Words: s.Words})
	}
	if l.State == "dropped" {
		x.Life = slices.Insert(x.Life, 0, stage{When: office.Short(f, l.Done.In(zone)), What: whyDropped(f, l.Reason)})
	}
	x.Advice = advice(f, l)
	return x
}

// letterState is how a letter stands, in form and text.
func letterState(f page.Frame, l booking.LetterLife) page.Badge {
	last := store.Said{}
	if n := len(l.Life); n > 0 {
		last = l.Life[n-1].Said
	}
	switch {
	case l.State == "queued" && l.Attempts > 0:
		return page.Badge{Kind: "warning", Label: f.T("staff.letters.deferred")}
	case l.State == "dropped" && l.Reason == booking.KeptBack:
		return page.Badge{Kind: "danger", Label: f.T("staff.letters.keptBack")}
	case l.State == "failed" && hasLived(l, store.Bounced):
		return page.Badge{Kind: "danger", Label: f.T("staff.letters.bounced")}
	case l.State == "failed" && last.What == store.GivenUp:
		return page.Badge{Kind: "danger", Label: f.T("staff.letters.givenUp")}
	}
	kind, ok := map[string]string{"queued": "info", "sent": "success", "dropped": "neutral", "failed": "danger"}[l.State]
	if !ok {
		return page.Badge{Kind: "neutral", Label: l.State}
	}
	return page.Badge{Kind: kind, Label: f.T("staff.sent." + l.State)}
}

// hasLived reports whether something became of a letter since it was last sent.
func hasLived(l booking.LetterLife, what string) bool {
	for _, s := range slices.Backward(l.Life) {
		if s.What == what || s.What == store.Again {
			return s.What == what
		}
	}
	return false
}

func step(f page.Frame, zone *time.Location, s booking.Told) string {
	text := f.T("staff.letters.step." + s.What)
	if !s.Next.IsZero() {
		text = f.T("staff.letters.step.next", "when", office.Short(f, s.Next.In(zone)))
	}
	switch {
	case s.Code != 0 && s.Status != "":
		text += fmt.Sprintf(" (%d, %s)", s.Code, s.Status)
	case s.Code != 0:
		text += fmt.Sprintf(" (%d)", s.Code)
	case s.Status != "":
		text += " (" + s.Status + ")"
	}
	return text
}

// whyDropped puts the reasons into words that staff can make something of.
func whyDropped(f page.Frame, reason string) string {
	key, ok := map[string]string{
		booking.KeptBack: "keptBack", booking.TakenBack: "takenBack", booking.SentBefore: "sentBefore", "there is no address": "noAddress", "too late": "late", "moved meanwhile": "moved",
		"a newer letter tells it": "newer", "not confirmed any more": "off", "the booking is gone": "gone", "past its retention": "gone", "the code has ended": "late", "the calendar is gone": "gone",
	}[reason]
	if !ok {
		key = "other"
	}
	return f.T("staff.letters.why." + key)
}

// advice says what to do about a letter.
func advice(f page.Frame, l booking.LetterLife) string {
	var last store.Said
	for _, s := range l.Life {
		if s.What == store.Refused || s.What == store.Bounced || s.What == store.GivenUp {
			last = s.Said
		}
	}
	key := ""
	switch {
	case l.State == "queued" && l.Attempts > 0:
		key = "wait"
	case l.State == "dropped" && l.Reason == booking.KeptBack:
		key = "address"
	case l.State != "failed":
		return ""
	case strings.HasPrefix(last.Status, "5.7."):
		key = "policy"
	case strings.HasSuffix(last.Status, ".2.2"):
		key = "full"
	case last.What == store.Bounced || last.What == store.Refused:
		key = "address"
	default:
		key = "again"
	}
	return f.T("staff.letters.advice." + key)
}
