package agenda

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// BusySource is a calendar kept elsewhere, published under an address, whose busy times
// take seats of the calendar here that names it.
type BusySource struct {
	ID           string   `json:"id" need:"yes"`
	URL          string   `json:"url" need:"yes"`              // http or https, often a secret; kept sealed
	Seats        int      `json:"seats" default:"1"`           // that a busy time takes, however many entries it is of
	Ignore       []string `json:"ignore"`                      // tentative | elsewhere: what is marked so takes no seats
	EveryMinutes int      `json:"everyMinutes" default:"15"`   // between two looks
	StaleDays    int      `json:"staleDays" default:"3"`       // so long what was known last holds though nobody answers
	WhenStale    string   `json:"whenStale" default:"release"` // and then: release | keep
}

// What a source's busy times do once nobody has answered for too long.
const (
	StaleRelease = "release" // they take no seats any more
	StaleKeep    = "keep"    // they hold until somebody answers again
)

// What of a source may be ignored.
const (
	BusyTentative = "tentative" // not certain yet
	BusyElsewhere = "elsewhere" // at work, at another place
)

// BusyTime is time that is taken elsewhere, from From to before To.
type BusyTime struct {
	Source string // id of the BusySource
	From   time.Time
	To     time.Time
}

// SealedAddress begins an address that is sealed; only what sealed it can open it.
const SealedAddress = "sealed:"

// Sealed reports whether the address cannot be read as it stands.
func (b *BusySource) Sealed() bool { return strings.HasPrefix(b.URL, SealedAddress) }

// BusySource finds a calendar's source by id.
func (c *Calendar) BusySource(id string) (*BusySource, bool) {
	return find(c.Busy, id, (*BusySource).key)
}

func (b *BusySource) key() string { return b.ID }

const (
	maxBusySources = 20 // of a calendar
	maxBusyAddress = 2000
)

// busy checks a calendar's sources. Whether a sealed address can be opened is seen by
// who seals it.
func (c *checker) busy(path string, list []BusySource) {
	if !c.atMost(path, len(list), maxBusySources) {
		return
	}
	uniqueIDs(c, path, list, (*BusySource).key)
	for i := range list {
		b, here := &list[i], at(path, i)
		if !b.Sealed() && !BusyAddress(b.URL) {
			c.bad(here+".url", "found an address that cannot be asked; expected https://... or webcal://... with a host, without a name and password") // what was found may be a secret
		}
		c.within(here+".seats", b.Seats, 1, maxSeats)
		c.subset(here+".ignore", b.Ignore, []string{BusyTentative, BusyElsewhere})
		c.within(here+".everyMinutes", b.EveryMinutes, 5, dayMinutes)
		c.within(here+".staleDays", b.StaleDays, 1, 30)
		c.oneOf(here+".whenStale", b.WhenStale, StaleRelease, StaleKeep)
	}
}

// BusyAddress reports whether a text is an address that a calendar can be fetched from.
func BusyAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxBusyAddress && slices.Contains([]string{"http", "https", "webcal", "webcals"}, u.Scheme) &&
		u.Hostname() != "" && u.User == nil && u.Opaque == "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
