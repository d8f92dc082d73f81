package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
	"terminvergabe/internal/ical"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// errUnwritable is a letter that trying again does not mend. It carries no address:
// the errors below it may.
var errUnwritable = errors.New("letter cannot be written")

// errPaused is a letter that somebody holds back since it was taken from the outbox.
var errPaused = errors.New("letters are paused")

// dropped says, in words for the record, why a letter is not to go out.
type dropped string

func (d dropped) Error() string { return "dropped: " + string(d) }

// putOff leaves a letter to wait for another one about the same booking.
type putOff struct{ until time.Time }

func (putOff) Error() string { return "put off" }

// pushed is how long a letter waits for the one before it.
const pushed = time.Second

// outgoing is a letter in the making: the posting, and all that is known of what it
// is about at this moment.
type outgoing struct {
	*Runner
	p      store.Posting
	now    time.Time
	setup  *agenda.Setup
	b      *agenda.Booking
	mail   []store.Posting // every letter about the booking
	moves  []store.Entry
	places []store.Entry // where the set-up has given it another place
	amends []store.Entry // where staff have corrected who comes
	to     string        // whom a sample goes to

	enclosed booking.Enclosed // what is said about an incident
	stale    string           // why nothing is
	kept     bool             // letters to the booking's address come back
	look     bool             // at a letter that does not go out: without the secrets of its links
	foreseen time.Time        // its start before
	before   *agenda.Setup    // that names the mailbox it goes to; nil: the one in force

	visits  []*agenda.Booking // of the address that links go to
	address store.NewAddress  // that the letter is about
	code    booking.CodeLetter

	barrier  booking.BarrierReport
	reported time.Time

	invited  store.Account // whom an invitation goes to
	link     store.Invitation
	language string // that they have chosen; empty: none
}

// write makes the message from the booking as it is now. Errors: dropped, putOff,
// errUnwritable; others can pass.
func (r *Runner) write(ctx context.Context, p store.Posting) (*mail.Outgoing, error) {
	o := &outgoing{Runner: r, p: p}
	if err := o.read(ctx); err != nil {
		return nil, err
	}
	var l mail.Letter
	var err error
	switch {
	case p.Kind == booking.KindDailyList:
		l, err = o.dailyList(ctx)
	case p.Kind == auth.KindInvitation:
		l, err = o.invitation()
	case p.Kind == booking.KindCode:
		l, err = o.proofCode()
	case strings.HasPrefix(p.Kind, booking.KindLinks):
		l, err = o.links()
	case p.Kind == booking.KindBarrier:
		l, err = o.aboutBarrier()
	case aboutAddress(p.Kind):
		l, err = o.aboutAddress()
	case strings.HasPrefix(p.Kind, booking.KindSample):
		l, err = o.sample()
	default:
		l, err = o.aboutBooking()
	}
	if err != nil {
		return nil, err
	}
	out, err := r.Templates.Compose(l)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	return out, nil
}

func (o *outgoing) read(ctx context.Context) error {
	return o.Desk.Store.View(ctx, func(tx *store.Tx) (err error) {
		if o.now, err = tx.Now(); err != nil {
			return err
		}
		if paused, err := tx.MailPaused(o.p.Tenant); err != nil || paused {
			return cmp.Or(err, errPaused)
		}
		if o.setup, err = tx.Setup(o.p.Tenant); err != nil || o.p.Kind == booking.KindDailyList {
			return err
		}
		if read := o.ofNoBooking(); read != nil {
			return read(tx)
		}
		if o.b, err = tx.Booking(o.p.Tenant, o.p.Subject); errors.Is(err, agenda.ErrNotFound) {
			return dropped("the booking is gone")
		} else if err != nil {
			return err
		}
		if aboutAddress(o.p.Kind) {
			return o.readAddress(tx)
		}
		if o.b.EmailHash != "" && !staffKind(o.p.Kind) && o.p.Kind != booking.KindConfirmRequest { // that one asks whether somebody is there
			if o.kept, err = tx.Undeliverable(o.p.Tenant, o.b.EmailHash); err != nil {
				return err
			}
		}
		if o.mail, err = tx.Postings(o.p.Tenant, o.p.Subject); err != nil {
			return err
		}
		err = o.readJournal(tx)
		if err == nil && o.aboutIncident() {
			o.enclosed, o.stale, err = o.Desk.Enclose(tx, o.p, o.setup, o.b)
		}
		return err
	})
}

// readJournal sorts what has happened to the booking.
func (o *outgoing) readJournal(tx *store.Tx) error {
	if _, revision, _ := booking.WhereLeft(o.p.Kind); revision > 0 {
		_, s, err := tx.Revision(o.p.Tenant, revision)
		if errors.Is(err, agenda.ErrNotFound) {
			return dropped("nobody knows the mailbox any more")
		} else if err != nil {
			return err
		}
		o.before = s
	}
	journal, err := tx.Journal(o.p.Tenant, o.p.Subject)
	for _, e := range journal {
		switch e.Act {
		case "move", booking.ActService:
			o.moves = append(o.moves, e)
		case booking.ActPlace:
			o.places = append(o.places, e)
		case booking.ActAmend:
			o.amends = append(o.amends, e)
		}
	}
	return err
}

// ofNoBooking reads what a letter is about that is about no single booking; nil: it is.
func (o *outgoing) ofNoBooking() func(*store.Tx) error {
	switch kind := o.p.Kind; {
	case kind == auth.KindInvitation:
		return o.readInvitation
	case kind == booking.KindCode:
		return o.readCode
	case strings.HasPrefix(kind, booking.KindLinks):
		return o.readLinks
	case kind == booking.KindBarrier:
		return o.readBarrier
	case strings.HasPrefix(kind, booking.KindSample):
		return o.readSample
	}
	return nil
}

// aboutBooking writes the letter about a booking, if it is still due.
func (o *outgoing) aboutBooking() (l mail.Letter, err error) {
	if err := o.stillDue(); err != nil {
		return l, err
	}
	return o.asItStands()
}

// asItStands writes the letter about the booking as it is.
func (o *outgoing) asItStands() (l mail.Letter, err error) {
	b, c, err := o.asTold()
	if err != nil {
		return l, err
	}
	v := entry.Visit{Booking: b, Setup: o.setup, Calendar: c}
	if v.Private, err = o.Desk.Private(o.b); err != nil {
		return l, err
	}
	if o.look {
		v.Private.Manage, v.Private.Confirm = "...", "..."
	}
	l = o.letter(c)
	to := v.Private.Email
	if l.Kind.Staff() {
		to = c.StaffMail.To
	}
	if to == "" {
		return l, dropped("there is no address")
	}
	if l.To, err = agenda.CheckAddress(to); err != nil {
		return l, fmt.Errorf("%w: to: %w", errUnwritable, agenda.ErrAddress)
	}
	o.visit(&l, v)
	if o.asItWas(l) {
		return l, dropped("the place is as it was")
	}
	if l.Kind.Staff() {
		l.CalendarName = o.calendarName(l, c)
		if l.Kind != mail.StaffLeft { // who reads that may not see it where it is now
			l.StaffURL = o.Links.StaffBooking(o.b.ID)
		}
		return l, o.addStaffEntry(&l, v)
	}
	o.forVisitor(&l, v)
	if o.p.Kind == booking.KindProposal {
		return l, o.propose(&l, v)
	}
	return l, o.addEntry(&l, v)
}

// stillDue decides whether the letter goes out now, later or never.
func (o *outgoing) stillDue() error {
	for _, other := range o.mail {
		if other.Kind == o.p.Kind && other.Version == o.p.Version {
			continue
		}
		if other.State == "queued" && other.Lease.After(o.now) && other.Version < o.p.Version {
			return putOff{o.now.Add(pushed)} // another process is at the one before
		}
		if other.Reason == booking.TakenBack {
			continue
		}
		if o.mayBeTakenBack(other) {
			return putOff{other.Due} // this one would tell how the booking stands until then
		}
		if staffKind(o.p.Kind) && other.Kind == o.p.Kind && other.Version > o.p.Version {
			return dropped("a newer letter tells it")
		}
	}
	if reason, ok := booking.StillDue(o.p, o.b, booking.NewestNews(o.p, o.mail), o.now, o.setup); !ok {
		return dropped(reason)
	}
	if until := booking.QuietUntil(o.p, o.b, o.now, o.setup); !until.IsZero() {
		return putOff{until}
	}
	if o.b.Sealed == nil {
		return dropped("past its retention")
	}
	if o.stale != "" {
		return dropped(o.stale)
	}
	if o.kept {
		return dropped(booking.KeptBack)
	}
	return nil
}

// mayBeTakenBack reports whether another letter waits because the act that caused it can
// be taken back, and that act came after what this one is about. One that waits for its
// turn, or for its reader's server, is none of these: the office's would hold up the
// visitor's for as long as its server is down.
func (o *outgoing) mayBeTakenBack(other store.Posting) bool {
	switch {
	case isReminder(other.Kind), staffKind(other.Kind) && !staffKind(o.p.Kind): // the act told the visitor, too
		return false
	case other.Attempts > 0, !other.Deferred.IsZero(), o.now.Sub(other.Created) > booking.IncidentUndo:
		return false
	}
	// One that is due within the second may itself have been put off for this one: each would wait for the other.
	return other.State == "queued" && other.Due.After(o.now.Add(pushed)) && (other.Version > o.p.Version || isReminder(o.p.Kind))
}

func isReminder(kind string) bool { return strings.HasPrefix(kind, booking.KindReminder) }

func staffKind(kind string) bool {
	return mail.Kind(kind).Staff() || strings.HasPrefix(kind, booking.KindStaffLeft)
}

// letter fills in what every letter of a calendar has.
func (o *outgoing) letter(c *agenda.Calendar) mail.Letter {
	kind := mail.Kind(o.p.Kind)
	if strings.HasPrefix(o.p.Kind, booking.KindReminder) {
		kind = mail.Reminder
	}
	if strings.HasPrefix(o.p.Kind, booking.KindStaffLeft) {
		kind = mail.StaffLeft
	}
	lang := o.setup.Language("")
	if o.b != nil && !kind.Staff() {
		lang = o.b.Language
	}
	t := &o.setup.Tenant
	speaker := o.Catalogue.Printer(lang)
	if kind.Staff() {
		speaker = o.Catalogue.Office(lang)
	}
	l := mail.Letter{
		Kind: kind, Printer: speaker, Sent: o.now.In(o.setup.Zone()),
		ReplyTo: mailbox(o.setup.Mail.ReplyTo),
		BookURL: o.Links.Home(t) + "/", ImprintURL: o.legal(o.setup.Legal.Imprint, lang, "imprint"), PrivacyURL: o.legal(o.setup.Legal.Privacy, lang, "privacy"),
	}
	l.Tenant = mail.Office{Name: o.text(l, t.Name), Phone: t.Phone, Mailbox: mailbox(cmp.Or(o.setup.Mail.From, unnamedSender(o.Links.Home(t))))}
	if d, ok := o.setup.DepartmentOf(c.Department); ok {
		l.Department = mail.Office{Name: o.text(l, d.Name), Phone: d.Phone, Mailbox: mailbox(d.Mail)}
	}
	var items []agenda.Item
	if o.b != nil {
		items = o.b.Items
	}
	l.Speak(o.setup, c.Department, items)
	for _, b := range o.setup.BrokenTexts() {
		if !kind.Staff() && (b.Kind == string(kind) || b.Kind == "signature") {
			o.Log.Warn("own words for letters are broken and are left out", "tenant", o.p.Tenant, "where", b.Path, "language", b.Lang, "kind", kind)
		}
	}
	return l
}

// visit fills in what the booking says.
func (o *outgoing) visit(l *mail.Letter, v entry.Visit) {
	zone := o.setup.Zone()
	l.Items, l.Sensitive = o.items(*l, v.Items), o.setup.Sensitive(v.Items)
	l.Mode, l.Start, l.End = v.Mode, v.Start.In(zone), v.End.In(zone)
	l.Reference = v.Reference
	l.VisitorName = v.Private.Name
	l.Place = o.place(*l, v.Calendar)
	if l.Kind.Moves() || l.Kind == mail.StaffMoved {
		if old := o.knownBefore(); !old.IsZero() && !old.Equal(v.Start) {
			l.OldStart = old.In(zone)
		}
	}
	if l.Kind.Moves() || l.Kind == mail.StaffMoved {
		if old := o.itemsBefore(); len(old) > 0 && !booking.SameServices(old, v.Items) && !o.setup.Sensitive(old) {
			l.OldItems = o.items(*l, old)
		}
	}
	if l.Kind.Moves() || l.Kind == mail.StaffMoved && v.Calendar.StaffMail.Entries {
		if old := o.placeBefore(); old != booking.PlaceOf(o.setup, v.Booking) {
			l.OldPlace = old
		}
	}
	l.ID = o.p.MessageID + "@" + mail.DomainOf(l.Sender().Address)
}

func (o *outgoing) place(l mail.Letter, c *agenda.Calendar) (p mail.Place) {
	if site, ok := o.setup.SiteOf(c.Site); ok {
		p = mail.Place{Site: o.text(l, site.Name), Street: site.Street, PostalCode: site.PostalCode, City: site.City,
			Room: o.text(l, c.Room), Access: access(l, site.Access), Phone: site.Phone}
	}
	return p
}

func (o *outgoing) items(l mail.Letter, items []agenda.Item) (list []mail.Item) {
	for _, it := range items {
		item := mail.Item{Name: it.Service, Quantity: it.Quantity}
		if s, ok := o.setup.ServiceOf(it.Service); ok {
			item.Name, item.Fee = o.text(l, s.Name), o.text(l, s.Fee)
			for _, t := range s.Checklist {
				item.Checklist = append(item.Checklist, o.text(l, t))
			}
		}
		list = append(list, item)
	}
	return list
}

// access says in words how the place can be entered.
func access(l mail.Letter, list []string) (words []string) {
	for _, a := range list {
		if agenda.KnownAccess(a) {
			a = l.Printer.T("public.access." + a)
		}
		words = append(words, a)
	}
	return words
}

// forVisitor fills in what only the visitor gets.
func (o *outgoing) forVisitor(l *mail.Letter, v entry.Visit) {
	t, zone := &o.setup.Tenant, o.setup.Zone()
	l.VisitorName = cmp.Or(v.Private.ContactName, v.Private.Name) // who reads it
	l.ManageURL = o.Links.Manage(t, v.Private.Manage)
	l.CancelBy = v.CancelBy.In(zone)
	l.Office = o.enclosed.Text
	o.aboutComing(l, v)
	if l.Kind == mail.ConfirmRequest {
		l.ConfirmURL, l.ConfirmBy = o.Links.Confirm(t, v.Private.Confirm), v.Expires.In(zone)
	}
}

// addEntry adds the calendar part where the letter has one: the visit as it is, or
// for a cancellation that it is off.
func (o *outgoing) addEntry(l *mail.Letter, v entry.Visit) (err error) {
	if d, ok := o.setup.DepartmentOf(v.Calendar.Department); ok && d.Invite == "publish" {
		l.EntriesByHand = true
	}
	method := ical.Request
	switch {
	case v.Since.IsZero():
		return nil // there never was an entry
	case l.Kind.CallsOff() && l.EntriesByHand:
		return nil // no program removes what was published
	case l.Kind.CallsOff():
		method = ical.Cancel
	case l.Kind != mail.Confirmed && !l.Kind.Moves() && l.Kind != mail.Reminder:
		return nil
	case l.EntriesByHand:
		method = ical.Publish
	}
	e := entry.Event(v, l.Printer, entry.ForVisitor)
	from := l.Sender()
	e.Organizer = ical.Address{Name: from.Name, Mail: from.Address}
	e.Attendee = ical.Address{Name: mail.SafeName(v.Private.Name), Mail: l.To}
	if l.Calendar, err = ical.Letter(method, e, o.now); err != nil {
		return fmt.Errorf("%w: the calendar part", errUnwritable)
	}
	l.Method = string(method)
	return nil
}

// knownBefore is the start that the reader of this letter knew last: where the
// first of the moves began that no letter has told of yet.
func (o *outgoing) knownBefore() (start time.Time) {
	if !o.foreseen.IsZero() {
		return o.foreseen
	}
	from := o.firstUntold(o.moves)
	start, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return time.Time{} // the letter just does not name the old time
	}
	return start
}

// itemsBefore is what the reader of this letter knew the visit to be about; nil where that
// has not changed since.
func (o *outgoing) itemsBefore() (items []agenda.Item) {
	told, first := o.told(), 0
	for _, e := range o.moves {
		var change struct {
			Before  []agenda.Item
			Version int
		}
		if json.Unmarshal([]byte(e.Detail), &change) == nil && change.Before != nil && change.Version > told && (first == 0 || change.Version < first) {
			items, first = change.Before, change.Version
		}
	}
	return items
}

// placeBefore is the place that the reader of this letter knew last; "" where it has not
// changed since.
func (o *outgoing) placeBefore() string { return o.firstUntold(o.places) }

// amended reports whether staff have corrected who comes since the reader was last told.
func (o *outgoing) amended() bool {
	told := o.told()
	return slices.ContainsFunc(o.amends, func(e store.Entry) bool {
		var amend struct{ Version int }
		return json.Unmarshal([]byte(e.Detail), &amend) == nil && amend.Version > told
	})
}

// firstUntold is where the first of some changes began that no letter has told of yet.
func (o *outgoing) firstUntold(changes []store.Entry) (from string) {
	told, first := o.told(), 0
	for _, e := range changes {
		var change struct {
			From    string
			Version int
		}
		if err := json.Unmarshal([]byte(e.Detail), &change); err != nil {
			continue
		}
		if change.Version > told && (first == 0 || change.Version < first) {
			from, first = change.From, change.Version
		}
	}
	return from
}

// told is the version of the visit that its reader has read of last; 0: of none.
func (o *outgoing) told() (version int) {
	for _, p := range o.mail {
		if p.State == "sent" && staffKind(p.Kind) == staffKind(o.p.Kind) && (staffKind(p.Kind) || booking.IsNews(p.Kind)) {
			version = max(version, p.Version)
		}
	}
	return version
}

// asItWas reports that this letter was to tell of another place, and that the visit is
// where its reader knows it to be: the set-up has been changed back.
func (o *outgoing) asItWas(l mail.Letter) bool {
	return (o.p.Kind == booking.KindChanged || o.p.Kind == booking.KindStaffMoved) && o.told() > 0 && o.placeBefore() != "" && l.OldPlace == "" && l.OldStart.IsZero() && o.firstUntold(o.moves) == "" &&
		!(staffKind(o.p.Kind) && o.amended())
}

func (o *outgoing) text(l mail.Letter, t agenda.Text) string {
	return o.setup.Text(t, l.Printer.Lang())
}

func (o *outgoing) calendarName(l mail.Letter, c *agenda.Calendar) string {
	return cmp.Or(o.text(l, c.Name), c.ID)
}

// legal is the address of a legal text: the tenant's own, or our page of it.
func (o *outgoing) legal(t agenda.Text, lang, page string) string {
	s := o.setup.Text(t, lang)
	switch {
	case s == "":
		return ""
	case (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \r\n\t"):
		return s
	}
	return o.Links.Legal(&o.setup.Tenant, page)
}

// mailbox reads a configured mailbox; one that is none is left out, and the letter
// says so where it needs it.
func mailbox(s string) netmail.Address {
	name, address, err := agenda.ParseMailbox(s)
	if err != nil {
		return netmail.Address{}
	}
	return netmail.Address{Name: name, Address: address}
}

// unnamedSender is the address that letters of a tenant come from which has set none:
// at the host of its pages, or at a name that is never given away. check-config
// tells the administrator; the letters go out all the same.
func unnamedSender(home string) string {
	if u, err := url.Parse(home); err == nil {
		if address, err := agenda.CheckAddress("termine@" + u.Hostname()); err == nil {
			return address
		}
	}
	return "termine@terminvergabe.invalid"
}
