package agenda

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Setup is a tenant's whole set-up: the tenant file as a value. The json tags are
// its keys; a default tag is the value a missing key has, a need tag marks what
// must be there. Both are read by the reader and writer of the file.
type Setup struct {
	Revision      int           `json:"revision"` // grows with every change; guards against applying an old export
	Tenant        Tenant        `json:"tenant" need:"yes"`
	Legal         Legal         `json:"legal"`
	Brand         Brand         `json:"brand"`
	Mail          TenantMail    `json:"mail"`
	Letters       Letters       `json:"letters"` // own words in letters of every department
	Retention     Retention     `json:"retention"`
	Figures       FigureRules   `json:"figures"`
	Staff         StaffRules    `json:"staff"`
	Protection    Protection    `json:"protection"`
	Embed         Embed         `json:"embed"`
	OpenData      OpenData      `json:"openData"`
	Accessibility Accessibility `json:"accessibility"`
	Departments   []Department  `json:"departments"`
	Sites         []Site        `json:"sites"`
	Services      []Service     `json:"services"`
	Calendars     []Calendar    `json:"calendars"`
	Closures      []Closure     `json:"closures"`
	Webhooks      []Webhook     `json:"webhooks"`

	zone    *time.Location
	retired *Setup
	index   index
}

// Tenant says whose book it is.
type Tenant struct {
	ID            string   `json:"id" need:"yes"`
	Name          Text     `json:"name" need:"yes"`
	Timezone      string   `json:"timezone" default:"Europe/Berlin"` // IANA name
	State         string   `json:"state"`                            // Land, two letters (ISO 3166-2:DE); empty: no public holidays
	LocalHolidays []string `json:"localHolidays"`                    // holidays that only part of the Land observes
	Languages     []string `json:"languages" default:"de,en"`
	Phone         string   `json:"phone"`
	Host          string   `json:"host"` // own base address for pages, links and cookies
}

// Legal are the pages every public page must link to: an address, or the text itself.
type Legal struct {
	Imprint       Text `json:"imprint"`
	Privacy       Text `json:"privacy"`
	Accessibility Text `json:"accessibility"`
	Consent       Text `json:"consent"` // where set, a box to tick before booking
}

// Brand is how the tenant's pages look.
type Brand struct {
	Logo   string `json:"logo"`   // a file beside the tenant file, or the name of the kept picture
	Colour string `json:"colour"` // #rrggbb
}

// KeptLogo is the name of the picture that is kept with the tenant, which pages show; ""
// where there is none, or only a file is named that nobody has handed over.
func (b Brand) KeptLogo() string {
	hash, named := strings.CutPrefix(b.Logo, "logo-")
	hash, ending, _ := strings.Cut(hash, ".")
	if !named || len(hash) != 16 || strings.Trim(hash, "0123456789abcdef") != "" || ending != "png" && ending != "svg" {
		return ""
	}
	return b.Logo
}

// TenantMail are the sender's addresses for departments without their own.
type TenantMail struct {
	From       string     `json:"from"`
	ReplyTo    string     `json:"replyTo"`
	QuietHours QuietHours `json:"quietHours"` // of reminders, where a calendar has none of its own
}

// Retention says how many days after the visit data is deleted.
type Retention struct {
	BookingDays    int `json:"bookingDays" default:"2"`
	StatisticsDays int `json:"statisticsDays" default:"400"`
	JournalDays    int `json:"journalDays" default:"90"`
}

// FigureRules say what may be counted beyond visits.
type FigureRules struct {
	PerClerk bool `json:"perClerk"` // how often each of the staff did what, for those who see all figures
}

// StaffRules are what the tenant demands of its staff.
type StaffRules struct {
	TOTP string `json:"totp"` // required: whoever signs in by password needs a second factor; optional or empty: who wants to
}

// Protection is how the tenant keeps programs from taking its times.
type Protection struct {
	Proof     string   `json:"proof" default:"off"`    // when visitors prove that they are no program: off | load | always
	PerMinute int      `json:"perMinute" default:"60"` // with load: so many times taken within a minute are no normal day
	Trusted   []string `json:"trusted"`                // e-mail addresses, or domains, of those who book for many
}

// When visitors prove, before a time is kept for them, that they are no program.
const (
	ProofOff    = "off"
	ProofLoad   = "load"   // while far more times are taken than usual
	ProofAlways = "always" // each time
)

// Department owns calendars and answers the phone for them.
type Department struct {
	ID       string    `json:"id" need:"yes"`
	Name     Text      `json:"name" need:"yes"`
	Phone    string    `json:"phone"`
	Mail     string    `json:"mail"`                     // real mailbox: From and ORGANIZER of its letters
	Invite   string    `json:"invite" default:"request"` // request | publish
	Letters  Letters   `json:"letters"`                  // its own words in letters
	Closures []Closure `json:"closures"`
}

// Site is a place that visitors come to.
type Site struct {
	ID           string    `json:"id" need:"yes"`
	Name         Text      `json:"name" need:"yes"`
	Street       string    `json:"street" need:"yes"`
	PostalCode   string    `json:"postalCode" need:"yes"`
	City         string    `json:"city" need:"yes"`
	Lat          float64   `json:"lat"`
	Lon          float64   `json:"lon"`
	Phone        string    `json:"phone"`
	Access       []string  `json:"access"` // features that KnownAccess knows, or the office's own words
	OpeningHours Text      `json:"openingHours"`
	Public       bool      `json:"public" default:"true"`
	Closures     []Closure `json:"closures"`
}

// KnownAccess reports whether a feature of a site is one that pages and letters have
// words for.
func KnownAccess(feature string) bool {
	return slices.Contains([]string{"step-free", "lift", "accessible-toilet", "parking", "accessible-parking", "hearing-loop"}, feature)
}

// Address is the postal address on one line.
func (s *Site) Address() string { return s.Street + ", " + s.PostalCode + " " + s.City }

// Service is what a visitor comes for. Durations are minutes, lead and cancel-by
// minutes before the start, the horizon days after today.
type Service struct {
	ID              string     `json:"id" need:"yes"`
	Name            Text       `json:"name" need:"yes"`
	Description     Text       `json:"description"` // what it is, in a few sentences
	Leika           string     `json:"leika"`
	Synonyms        []string   `json:"synonyms"`
	Minutes         int        `json:"minutes" need:"yes"`
	MinutesMore     int        `json:"minutesMore" default:"-1"` // for each further one; -1: the minutes that hold in the calendar
	MaxQuantity     int        `json:"maxQuantity" default:"1"`
	QuantityOf      string     `json:"quantityOf"` // what is counted: person, document, vehicle; empty: times
	Combinable      []string   `json:"combinable"`
	LeadMinutes     int        `json:"leadMinutes" default:"60"`
	HorizonDays     int        `json:"horizonDays" default:"60"`
	CancelByMinutes int        `json:"cancelByMinutes" default:"120"`
	Checklist       []Text     `json:"checklist"`
	Fee             Text       `json:"fee"`
	Modes           []string   `json:"modes" default:"onsite"`
	Public          Visibility `json:"public" default:"true"`
	Sensitive       bool       `json:"sensitive"`
	MaxOpen         int        `json:"maxOpen"`   // visits still to come that one person may have for it; 0: no limit of its own
	Reminders       []Span     `json:"reminders"` // instead of the calendar's
	Reconfirm       Reconfirm  `json:"reconfirm"`
	Questions       []Question `json:"questions"`
	Letters         Letters    `json:"letters"` // own words in letters about it
}

// Visibility of a service: "true" anybody may book it, "link" only with an
// invitation link, "false" only staff.
type Visibility string

// The three visibilities.
const (
	VisiblePublic Visibility = "true"
	VisibleLink   Visibility = "link"
	VisibleStaff  Visibility = "false"
)

// The modes of a visit. Home visits are booked by staff only.
const (
	ModeOnsite = "onsite"
	ModePhone  = "phone"
	ModeVideo  = "video"
	ModeHome   = "home"
)

// Question is asked before the search for a slot, since its answer may change
// minutes or calendars.
type Question struct {
	ID       string   `json:"id" need:"yes"`
	Label    Text     `json:"label" need:"yes"`
	Type     string   `json:"type" default:"choice"` // choice | text | yesno | surname
	Required bool     `json:"required"`
	Options  []Option `json:"options"`
}

// Option is one answer of a choice. Minutes above zero replace the service's,
// calendars restrict where the visit can take place; with a service the visitor
// comes for that one instead. Letters are first letters of family names, "A-K".
type Option struct {
	ID        string   `json:"id" need:"yes"`
	Label     Text     `json:"label" need:"yes"`
	Minutes   int      `json:"minutes"`
	Calendars []string `json:"calendars"`
	Service   string   `json:"service"`
	Letters   string   `json:"letters"`
}

// Quantities are the things that a service can count.
func Quantities() []string { return []string{"person", "document", "vehicle"} }

// Calendar is a set of interchangeable seats at a site with the services it
// offers. Calendars that name one pool share its seats.
type Calendar struct {
	ID             string         `json:"id" need:"yes"`
	Name           Text           `json:"name"`
	Department     string         `json:"department" need:"yes"`
	Site           string         `json:"site" need:"yes"`
	Room           Text           `json:"room"`
	Pool           string         `json:"pool"` // empty: the calendar's own id
	Private        bool           `json:"private"`
	Services       []Offer        `json:"services"`
	Contact        Contact        `json:"contact"`
	TickMinutes    int            `json:"tickMinutes" default:"5"`
	BeforeMinutes  int            `json:"beforeMinutes"`
	AfterMinutes   int            `json:"afterMinutes"`
	Confirm        string         `json:"confirm" default:"email"` // none | email | staff
	HoldMinutes    int            `json:"holdMinutes" default:"20"`
	ConfirmMinutes int            `json:"confirmMinutes" default:"60"`
	ReleaseMinutes ReleaseMinutes `json:"releaseMinutes"`
	Reminders      []Span         `json:"reminders"`
	QuietHours     QuietHours     `json:"quietHours"` // instead of the tenant's
	StaffMail      StaffMail      `json:"staffMail"`
	SlotTemplates  []SlotTemplate `json:"slotTemplates"`
	Closures       []Closure      `json:"closures"`
	Busy           []BusySource   `json:"busy"`

	// PoolNumber is the pool's number in the installation; the store sets it.
	PoolNumber int64 `json:"-"`
}

// PoolID is the name of the pool whose seats the calendar uses.
func (c *Calendar) PoolID() string {
	if c.Pool != "" {
		return c.Pool
	}
	return c.ID
}

// Offer is a service in a calendar; minutes above zero replace the service's.
type Offer struct {
	ID      string `json:"id" need:"yes"`
	Minutes int    `json:"minutes"`
}

// Contact says which contact data the form asks for: required, optional or off.
type Contact struct {
	Email string `json:"email" default:"required"`
	Phone string `json:"phone" default:"optional"`
}

// ReleaseMinutes say when seats that a visitor gave back are offered again: at a moment
// that nobody can know, so many minutes later at least and at most. Both 0: at once.
type ReleaseMinutes struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// What a form asks of a contact field.
const (
	ContactRequired = "required"
	ContactOptional = "optional"
	ContactOff      = "off"
)

// How a booking becomes certain.
const (
	ConfirmNone  = "none"  // at once
	ConfirmEmail = "email" // by the visitor through a mailed link
	ConfirmStaff = "staff" // by approval
)

// StaffMail tells an office mailbox what happens in a calendar.
type StaffMail struct {
	To        string   `json:"to"`
	On        []string `json:"on"`        // booked | moved | cancelled
	Entries   bool     `json:"entries"`   // its own calendar gets an entry of each certain visit: those letters are sent whatever On says
	DailyList string   `json:"dailyList"` // time of day, empty: none
}

// SlotTemplate says when a calendar takes bookings. Times are wall clock.
type SlotTemplate struct {
	ID          string   `json:"id" need:"yes"`
	Weekdays    []string `json:"weekdays" need:"yes"` // mo tu we th fr sa su
	From        Minute   `json:"from" need:"yes"`
	To          Minute   `json:"to" need:"yes"`
	SlotMinutes int      `json:"slotMinutes" need:"yes"` // the raster that starts lie on
	Seats       Seats    `json:"seats" need:"unless walkIn"`
	ValidFrom   Date     `json:"validFrom"`
	ValidTo     Date     `json:"validTo"` // included
	EveryWeeks  int      `json:"everyWeeks" default:"1"`
	WeekOfMonth int      `json:"weekOfMonth"` // 1-5, 5 the last, 0 every
	Except      []Date   `json:"except"`
	AlsoOn      []Date   `json:"alsoOn"` // public holidays on which it is open all the same
	WalkIn      bool     `json:"walkIn"` // shown as hours for visitors without appointment; never bookable
	Services    []string `json:"services"`
	Modes       []string `json:"modes"`
}

// Seats are the places served side by side; the public may book at most Public of
// the Total.
type Seats struct {
	Total  int `json:"total" need:"yes"`
	Public int `json:"public" default:"-1"` // -1: all of them
}

// ForPublic is the public part of the seats.
func (s Seats) ForPublic() int {
	if s.Public < 0 {
		return s.Total
	}
	return min(s.Public, s.Total)
}

// Closure closes everything below where it stands, or takes Seats seats from a
// calendar's total.
type Closure struct {
	From   Moment `json:"from" need:"yes"`
	To     Moment `json:"to" need:"yes"`
	Seats  int    `json:"seats"`
	Reason Text   `json:"reason"`
}

// Interval is the closed time in a zone: from included, to not.
func (c *Closure) Interval(zone *time.Location) (from, to time.Time) {
	return c.From.Start(zone), c.To.End(zone)
}

var weekdays = []string{"su", "mo", "tu", "we", "th", "fr", "sa"}

// ParseWeekday reads mo tu we th fr sa su.
func ParseWeekday(s string) (time.Weekday, bool) {
	i := slices.Index(weekdays, s)
	return time.Weekday(max(i, 0)), i >= 0
}

// WeekdayID is the two letters that ParseWeekday reads.
func WeekdayID(d time.Weekday) string { return weekdays[d] }

// Prepare resolves the time zone and makes what is in the set-up quick to find, once,
// before it is shared between goroutines; it refuses a name that is no zone.
func (s *Setup) Prepare() error {
	zone, err := time.LoadLocation(s.Tenant.Timezone)
	if err != nil || s.Tenant.Timezone == "" || s.Tenant.Timezone == "Local" {
		return fmt.Errorf("%q is not a time zone: expected an IANA name such as Europe/Berlin", s.Tenant.Timezone)
	}
	s.zone = zone
	s.index = s.newIndex()
	return nil
}

// Zone is the tenant's time zone; the set-up has been prepared.
func (s *Setup) Zone() *time.Location { return s.zone }

// DaysAgo is the beginning of the local day n days before that of now.
func (s *Setup) DaysAgo(now time.Time, n int) time.Time {
	t, _ := At(DateOf(now.In(s.zone))-Date(n), 0, s.zone)
	return t
}

// KeptUntil is when the visitor of a visit that starts at a moment is forgotten:
// with n days of retention, at the beginning of local day visit + n + 1.
func (s *Setup) KeptUntil(start time.Time) time.Time {
	t, _ := At(DateOf(start.In(s.Zone()))+Date(s.Retention.BookingDays)+1, 0, s.Zone())
	return t
}

// Offer finds what a calendar says of a service.
func (c *Calendar) Offer(service string) (*Offer, bool) {
	return find(c.Services, service, (*Offer).key)
}

func (s *Service) key() string    { return s.ID }
func (c *Calendar) key() string   { return c.ID }
func (s *Site) key() string       { return s.ID }
func (d *Department) key() string { return d.ID }
func (o *Offer) key() string      { return o.ID }

func find[T any](list []T, id string, key func(*T) string) (*T, bool) {
	for i := range list {
		if key(&list[i]) == id {
			return &list[i], true
		}
	}
	return nil, false
}

// Retire puts what the tenant no longer offers behind the set-up, for bookings
// that still refer to it.
func (s *Setup) Retire(old *Setup) { s.retired = old }

// AllCalendars are the calendars, and those that are no longer offered.
func (s *Setup) AllCalendars() (list []*Calendar) {
	for x := s; x != nil; x = x.retired {
		for i := range x.Calendars {
			list = append(list, &x.Calendars[i])
		}
	}
	return list
}

// CalendarOf finds a booking's calendar even when it is no longer offered.
func (s *Setup) CalendarOf(id string) (*Calendar, bool) { return either(s, id, (*Setup).Calendar) }

// ServiceOf finds a booked service even when it is no longer offered.
func (s *Setup) ServiceOf(id string) (*Service, bool) { return either(s, id, (*Setup).Service) }

// SiteOf finds a booking's site even when it is no longer offered.
func (s *Setup) SiteOf(id string) (*Site, bool) { return either(s, id, (*Setup).Site) }

// DepartmentOf finds a booking's department even when there is none any more.
func (s *Setup) DepartmentOf(id string) (*Department, bool) {
	return either(s, id, (*Setup).Department)
}

func either[T any](s *Setup, id string, in func(*Setup, string) (*T, bool)) (*T, bool) {
	if v, ok := in(s, id); ok || s.retired == nil {
		return v, ok
	}
	return in(s.retired, id)
}

// OpenToPublic reports whether visitors may see a calendar: its site is public.
func (s *Setup) OpenToPublic(c *Calendar) bool {
	site, ok := s.Site(c.Site)
	return ok && site.Public
}

// Sensitive reports whether one of the services must not be told to strangers.
func (s *Setup) Sensitive(items []Item) bool {
	return slices.ContainsFunc(items, func(it Item) bool {
		svc, ok := s.ServiceOf(it.Service)
		return ok && svc.Sensitive
	})
}

// Text gives a text of the tenant in the wanted language, else in the first of the
// tenant's languages that it has.
func (s *Setup) Text(t Text, lang string) string {
	text, _ := t.In(lang, s.Tenant.Languages...)
	return text
}

// Language is the wanted language where the tenant speaks it, else the tenant's
// first.
func (s *Setup) Language(wanted string) string {
	if slices.Contains(s.Tenant.Languages, wanted) || len(s.Tenant.Languages) == 0 && wanted != "" {
		return wanted
	}
	if len(s.Tenant.Languages) > 0 {
		return s.Tenant.Languages[0]
	}
	return "de"
}
