// Package ical turns plain values into iCalendar bytes: the entry that comes
// with a letter, the file behind a download link, and a calendar feed.
//
// It knows RFC 5545 and the habits of Outlook, Google and Thunderbird. It
// refuses to know bookings, visitors' rights, databases, mail and HTTP: whoever
// calls it decides what a reader may see and hands over finished texts. It
// never asks for the time.
//
// The tree and its structural checks are go-ical's; folding, escaping, time
// zones and reading under limits are ours, because that library has none of
// them. Start reading at [Letter] and [Feed]; text.go holds what keeps hostile
// input inert, zone.go what makes Outlook show the right hour.
package ical

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	goical "github.com/emersion/go-ical"
)

// ProductID names the program in every calendar. It never changes, so that
// equal bookings give equal bytes in all versions.
const ProductID = "-//Terminvergabe//Terminvergabe//DE"

// Method says what the receiver's calendar is to do with an entry. The same
// word belongs into the MIME parameter "method".
type Method string

// The methods that are in use.
const (
	Request Method = "REQUEST" // put the entry in, or replace an older one
	Cancel  Method = "CANCEL"  // take the entry out
	Publish Method = "PUBLISH" // here is an entry; nobody is invited
)

// What can be wrong with an entry.
var (
	ErrMethod     = errors.New("method does not fit the entry")
	ErrIncomplete = errors.New("entry lacks a value or has an impossible one")
	ErrAddress    = errors.New("not a mail address that can be written into a calendar")
)

// Address is a mailbox with the name to show. Name may be empty.
type Address struct{ Name, Mail string }

// Geo is a position in degrees, WGS 84.
type Geo struct{ Lat, Lon float64 }

// Event is one visit. All texts are plain: nothing in them has a meaning to a
// calendar, whoever wrote them.
type Event struct {
	UID      string // random, the same for the whole life of a booking
	Sequence int    // 0 at first, one more with every change
	Start    time.Time
	End      time.Time
	Zone     *time.Location // the office's zone; nil or time.Local: UTC, or in a feed the feed's zone

	Summary     string // one line
	Description string // may have several lines
	Location    string // postal address; line breaks become commas
	Geo         *Geo   // nil where unknown

	Private     bool // CLASS:PRIVATE
	Cancelled   bool // the visit will not take place
	Tentative   bool // not approved yet
	Transparent bool // does not occupy its owner's time; a cancelled entry never does

	Changed   time.Time // last change of the booking: DTSTAMP in a feed
	Organizer Address   // the department's mailbox, the From of the letter; unused in feeds
	Attendee  Address   // the one receiver; unused in feeds
	Alarm     bool      // remind a day before; unused in feeds and in cancellations
	Remind    int       // in a feed: minutes before at which to remind; 0: not
}

// Letter gives the calendar part of a letter sent at the given time.
//
// Request and Cancel need organizer and attendee. Publish writes no attendee,
// and the organizer where there is one. Cancel writes the entry as cancelled
// whatever e.Cancelled says; a cancelled entry cannot be requested.
// Errors: ErrMethod, ErrIncomplete, ErrAddress.
func Letter(method Method, e Event, sent time.Time) ([]byte, error) {
	switch method {
	case Request:
		if e.Cancelled {
			return nil, fmt.Errorf("ical: letter for %q: request of a cancelled visit: %w", e.UID, ErrMethod)
		}
	case Cancel:
		e.Cancelled = true
	case Publish:
		e.Attendee = Address{}
	default:
		return nil, fmt.Errorf("ical: letter for %q: %q: %w", e.UID, method, ErrMethod)
	}
	if err := e.complete(); err != nil {
		return nil, fmt.Errorf("ical: letter for %q: %w", e.UID, err)
	}
	e.Zone = zoneOr(e.Zone, time.UTC)
	entry := e.entry(sent)
	if err := e.addPeople(entry, method != Publish); err != nil {
		return nil, fmt.Errorf("ical: letter for %q: %w", e.UID, err)
	}
	if e.Alarm && !e.Cancelled {
		entry.Children = append(entry.Children, e.alarm())
	}
	cal := calendar(method)
	cal.Children = append(cal.Children, timezone(e.Zone, e.Start, e.End), entry)
	return encode(cal)
}

// Download gives the file behind a public link: an entry that invites nobody
// and names no mailbox. Errors: ErrIncomplete.
func Download(e Event, now time.Time) ([]byte, error) {
	e.Organizer, e.Attendee = Address{}, Address{}
	return Letter(Publish, e, now)
}

// complete tells whether the entry can be written at all.
func (e Event) complete() error {
	switch {
	case !plainUID(e.UID) && oneLine(e.UID, "") == "":
		return fmt.Errorf("no UID: %w", ErrIncomplete)
	case e.Sequence < 0:
		return fmt.Errorf("sequence %d: %w", e.Sequence, ErrIncomplete)
	case e.Start.Year() < 1971 || e.End.Year() > 9998:
		return fmt.Errorf("from %v to %v: %w", e.Start, e.End, ErrIncomplete)
	case !e.End.After(e.Start):
		return fmt.Errorf("ends at %v, before it has begun: %w", e.End, ErrIncomplete)
	}
	return nil
}

func calendar(method Method) *goical.Component {
	cal := goical.NewComponent(goical.CompCalendar)
	set(cal, goical.PropVersion, "2.0")
	set(cal, goical.PropProductID, ProductID)
	set(cal, goical.PropMethod, string(method))
	return cal
}

// entry is the VEVENT without people and alarm. The zone is set.
func (e Event) entry(stamp time.Time) *goical.Component {
	if stamp.Before(time.Unix(0, 0)) {
		stamp = time.Unix(0, 0) // not set: some programs stumble over the year 1
	}
	c := goical.NewComponent(goical.CompEvent)
	set(c, goical.PropUID, escape(oneLine(e.UID, "")))
	set(c, goical.PropSequence, strconv.Itoa(e.Sequence))
	set(c, goical.PropDateTimeStamp, stamp.UTC().Format(utcTime))
	e.addTimes(c)
	setText(c, goical.PropSummary, oneLine(e.Summary, " "))
	setText(c, goical.PropDescription, clean(e.Description))
	setText(c, goical.PropLocation, oneLine(e.Location, ", "))
	if e.Geo != nil && math.Abs(e.Geo.Lat) <= 90 && math.Abs(e.Geo.Lon) <= 180 {
		set(c, goical.PropGeo, fmt.Sprintf("%.6f;%.6f", e.Geo.Lat, e.Geo.Lon))
	}
	if e.Private {
		set(c, goical.PropClass, "PRIVATE")
	}
	status, transp := "CONFIRMED", "OPAQUE"
	switch {
	case e.Cancelled:
		status = "CANCELLED"
	case e.Tentative:
		status = "TENTATIVE"
	}
	if e.Transparent || e.Cancelled {
		transp = "TRANSPARENT"
	}
	set(c, goical.PropStatus, status)
	set(c, goical.PropTransparency, transp)
	return c
}

// addTimes writes local times with the zone's name. A wall time that the clock
// shows twice means its first occurrence to some readers and its second to others
// (libical, ical.js, node-ical); an entry that touches one is written in UTC, or it
// would move by an hour.
func (e Event) addTimes(c *goical.Component) {
	start, end := e.Start.In(e.Zone), e.End.In(e.Zone)
	ambiguous := twice(start) || twice(end)
	for name, t := range map[string]time.Time{goical.PropDateTimeStart: start, goical.PropDateTimeEnd: end} {
		prop := goical.NewProp(name)
		if ambiguous {
			prop.Value = t.UTC().Format(utcTime)
		} else {
			prop.Params.Set(goical.ParamTimezoneID, e.Zone.String())
			prop.Value = t.Format(wallTime)
		}
		c.Props.Set(prop)
	}
}

// addPeople writes organizer and attendee where they have an address; both
// must have one where people are invited.
func (e Event) addPeople(c *goical.Component, invite bool) error {
	if invite && (e.Organizer.Mail == "" || e.Attendee.Mail == "") {
		return fmt.Errorf("nobody invites or is invited: %w", ErrIncomplete)
	}
	for name, who := range map[string]Address{goical.PropOrganizer: e.Organizer, goical.PropAttendee: e.Attendee} {
		if who.Mail == "" {
			continue
		}
		value, err := mailto(who.Mail)
		if err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(name), err)
		}
		prop := goical.NewProp(name)
		prop.Value = value
		if cn := param(who.Name); cn != "" {
			prop.Params.Set(goical.ParamCommonName, cn)
		}
		if name == goical.PropAttendee {
			prop.Params.Set(goical.ParamParticipationStatus, "ACCEPTED")
			prop.Params.Set(goical.ParamRSVP, "FALSE")
		}
		c.Props.Set(prop)
	}
	return nil
}

// alarm is relative, so that it moves with the entry.
func (e Event) alarm() *goical.Component {
	c := goical.NewComponent(goical.CompAlarm)
	set(c, goical.PropAction, "DISPLAY")
	set(c, goical.PropTrigger, "-P1D")
	text := oneLine(e.Summary, " ")
	if text == "" {
		text = "Termin" // a display alarm must have a text
	}
	setText(c, goical.PropDescription, text)
	return c
}
