// Package foreign reads calendars that other programs publish (Exchange, Nextcloud,
// Google and whatever calls itself iCalendar) for one thing alone: when somebody is busy.
//
// It refuses to know what an entry is about: no title, place or name leaves it. It makes
// no connection and keeps nothing. What it is given may be wrong or malicious; it is read
// under limits, and what cannot be understood is counted while the rest holds.
//
// Start reading at Read; entry.go decides what is busy, zone.go when that is, recur.go
// how often.
package foreign

import (
	"errors"
	"time"
)

// Limits of what is read.
const (
	maxLines   = 400_000
	maxLine    = 64 << 10 // bytes, unfolded, of a line that counts
	maxNested  = 6
	maxEntries = 20_000
	maxZones   = 200
	maxTimes   = 50_000  // times in the window, before they are merged
	maxDates   = 150_000 // that lines name one by one: left out, added, busy
)

// ErrNoCalendar is what is no calendar at all, such as a page that asks for a password.
var ErrNoCalendar = errors.New("not a calendar")

// ErrTooMuch is a calendar beyond what is read.
var ErrTooMuch = errors.New("the calendar exceeds a limit")

// Window says what is asked.
type Window struct {
	From, To time.Time      // times that touch it are wanted
	Zone     *time.Location // of the office: where whole days lie, and times that name no zone
	Ignore   []string       // tentative | elsewhere: such entries take no time
}

func (w *Window) ignores(what string) bool {
	for _, i := range w.Ignore {
		if i == what {
			return true
		}
	}
	return false
}

// What of a calendar may be ignored.
const (
	Tentative = "tentative"
	Elsewhere = "elsewhere"
)

// Time is when somebody is busy: from From to before To.
type Time struct{ From, To time.Time }

// Entry is what one UID takes of the window. Its times may overlap.
type Entry struct {
	UID   string // "" where there is none
	Times []Time
}

// Calendar is what was found.
type Calendar struct {
	Entries  []Entry // with times in the window
	Strange  int     // entries that could not be understood
	Floating int     // entries that name no time zone: read as the calendar's own, else the office's
	Zone     string  // of the zone database, that most entries were read in; "": none, or one of the calendar's own
}

// Read finds out when somebody is busy. It fails with ErrNoCalendar and ErrTooMuch; what
// is wrong with a single entry makes it a strange one.
func Read(data []byte, w Window) (c Calendar, err error) {
	root, err := parse(data)
	if err != nil {
		return c, err
	}
	r := newReader(root, w)
	if err := r.entries(root); err != nil {
		return c, err
	}
	r.out.Zone = r.mostly()
	return r.out, nil
}
