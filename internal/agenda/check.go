package agenda

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is one thing in a set-up that the book cannot work with.
type Fault struct {
	Path    string // the key, such as calendars[2].slotTemplates[0].from
	Message string // what was found and what was expected
}

func (f Fault) String() string { return f.Path + ": " + f.Message }

// Longest lengths that make sense; beyond them a number is a slip.
const (
	dayMinutes  = 1440
	weekMinutes = 7 * dayMinutes
	yearMinutes = 366 * dayMinutes
	maxQuantity = 1000
	maxSeats    = 10000
	maxDays     = 36500
	maxWeeks    = 520

	maxTemplates = 1000 // of a calendar
	maxReminders = 20
	maxTrusted   = 1000
)

// Check finds everything in the set-up that the rules of the tenant file forbid;
// the same set-up has the same faults in the same order. One without faults can
// be prepared and served.
func (s *Setup) Check() []Fault {
	c := &checker{s: s}
	c.checkTenant()
	c.texts(s)
	c.closures("closures", s.Closures, false)
	uniqueIDs(c, "departments", s.Departments, (*Department).key)
	for i := range s.Departments {
		c.checkDepartment(fmt.Sprintf("departments[%d]", i), &s.Departments[i])
	}
	uniqueIDs(c, "sites", s.Sites, (*Site).key)
	for i := range s.Sites {
		c.checkSite(fmt.Sprintf("sites[%d]", i), &s.Sites[i])
	}
	uniqueIDs(c, "services", s.Services, (*Service).key)
	c.indexServices()
	for i := range s.Services {
		c.checkService(fmt.Sprintf("services[%d]", i), &s.Services[i])
	}
	uniqueIDs(c, "calendars", s.Calendars, (*Calendar).key)
	c.zoneOffsets()
	for i := range s.Calendars {
		c.checkCalendar(fmt.Sprintf("calendars[%d]", i), &s.Calendars[i])
	}
	c.checkPools()
	c.webhooks()
	return c.faults
}

func (c *checker) protection(p *Protection) {
	if p.Proof != "" {
		c.oneOf("protection.proof", p.Proof, ProofOff, ProofLoad, ProofAlways)
	}
	c.within("protection.perMinute", p.PerMinute, 0, 1_000_000)
	if !c.atMost("protection.trusted", len(p.Trusted), maxTrusted) {
		return
	}
	for i, t := range p.Trusted {
		if _, err := CheckAddress(t); err != nil && !hostName(t) {
			c.bad(at("protection.trusted", i), "found %q; expected an e-mail address, or a domain such as beratung.example.org", t)
		}
	}
	c.unique("protection.trusted", p.Trusted)
}

type checker struct {
	s        *Setup
	services map[string]bool
	offsets  []int // minutes east of UTC that the tenant's zone has had or will have
	faults   []Fault
}

func (c *checker) bad(path, format string, args ...any) {
	c.faults = append(c.faults, Fault{path, fmt.Sprintf(format, args...)})
}

func (c *checker) indexServices() {
	c.services = map[string]bool{}
	for i := range c.s.Services {
		c.services[c.s.Services[i].ID] = true
	}
}

// reserved are the first parts of addresses that are not tenants.
var reserved = []string{"api", "docs", "feeds", "healthz", "metrics", "readyz", "staff", "static"}

func (c *checker) checkTenant() {
	s, t := c.s, &c.s.Tenant
	c.within("revision", s.Revision, 0, 1<<53)
	c.id("tenant.id", t.ID)
	if slices.Contains(reserved, t.ID) {
		c.bad("tenant.id", "found %q; expected an id other than %s, which name pages of the service", t.ID, strings.Join(reserved, ", "))
	}
	probe := Setup{Tenant: *t}
	if err := probe.Prepare(); err != nil {
		c.bad("tenant.timezone", "%v", err)
	}
	c.holidays(t)
	if len(t.Languages) == 0 {
		c.bad("tenant.languages", "found none; expected at least one language such as de")
	}
	for i, l := range t.Languages {
		if !languageTag(l) {
			c.bad(at("tenant.languages", i), "found %q; expected a language such as de or de-x-leicht", l)
		}
	}
	c.unique("tenant.languages", t.Languages)
	if t.Host != "" && !hostName(t.Host) {
		c.bad("tenant.host", "found %q; expected a host name such as termine.example.org", t.Host)
	}
	for i, text := range []Text{s.Legal.Imprint, s.Legal.Privacy, s.Legal.Accessibility} {
		c.legal("legal."+[]string{"imprint", "privacy", "accessibility"}[i], text)
	}
	c.brand(&s.Brand)
	c.tenantMail(&s.Mail)
	c.letters("letters", &s.Letters, LettersOfTenant)
	c.within("retention.bookingDays", s.Retention.BookingDays, 0, maxDays)
	c.within("retention.statisticsDays", s.Retention.StatisticsDays, 0, maxDays)
	c.within("retention.journalDays", s.Retention.JournalDays, 0, maxDays)
	c.protection(&s.Protection)
	c.embed(&s.Embed)
	c.openData(&s.OpenData)
	c.accessibility(&s.Accessibility)
	if s.Staff.TOTP != "" {
		c.oneOf("staff.totp", s.Staff.TOTP, "required", "optional")
	}
}

func (c *checker) tenantMail(m *TenantMail) {
	c.mailbox("mail.from", m.From)
	c.mailbox("mail.replyTo", m.ReplyTo)
	c.quietHours("mail.quietHours", m.QuietHours)
}

func (c *checker) holidays(t *Tenant) {
	if t.State == "" {
		if len(t.LocalHolidays) > 0 {
			c.bad("tenant.localHolidays", "found without state; expected the Land beside it, such as NI")
		}
		return
	}
	if !slices.Contains(States(), t.State) {
		c.bad("tenant.state", "found %q; expected one of %s", t.State, strings.Join(States(), ", "))
		return
	}
	c.subset("tenant.localHolidays", t.LocalHolidays, LocalHolidays(t.State))
}

func (c *checker) checkDepartment(path string, d *Department) {
	c.mailbox(path+".mail", d.Mail)
	c.oneOf(path+".invite", d.Invite, "request", "publish")
	c.letters(path+".letters", &d.Letters, LettersOfDepartment)
	c.closures(path+".closures", d.Closures, false)
}

func (c *checker) checkSite(path string, s *Site) {
	if !(s.Lat >= -90 && s.Lat <= 90) {
		c.bad(path+".lat", "found %v; expected degrees from -90 to 90", s.Lat)
	}
	if !(s.Lon >= -180 && s.Lon <= 180) {
		c.bad(path+".lon", "found %v; expected degrees from -180 to 180", s.Lon)
	}
	c.closures(path+".closures", s.Closures, false)
}

func (c *checker) checkService(path string, s *Service) {
	c.within(path+".minutes", s.Minutes, 1, dayMinutes)
	c.within(path+".minutesMore", s.MinutesMore, -1, dayMinutes)
	c.within(path+".maxQuantity", s.MaxQuantity, 1, maxQuantity)
	c.serviceIDs(path+".combinable", s.Combinable)
	c.within(path+".leadMinutes", s.LeadMinutes, 0, yearMinutes)
	c.within(path+".horizonDays", s.HorizonDays, 0, maxDays)
	c.within(path+".cancelByMinutes", s.CancelByMinutes, 0, yearMinutes)
	c.within(path+".maxOpen", s.MaxOpen, 0, 1000)
	c.reminders(path+".reminders", s.Reminders)
	c.reconfirm(path+".reconfirm", s.Reconfirm)
	if len(s.Modes) == 0 {
		c.bad(path+".modes", "found none; expected at least one of onsite, phone, video, home")
	}
	c.modes(path+".modes", s.Modes)
	c.oneOf(path+".public", string(s.Public), string(VisiblePublic), string(VisibleLink), string(VisibleStaff))
	if s.QuantityOf != "" {
		c.oneOf(path+".quantityOf", s.QuantityOf, Quantities()...)
	}
	c.letters(path+".letters", &s.Letters, LettersOfService)
	uniqueIDs(c, path+".questions", s.Questions, func(q *Question) string { return q.ID })
	for i := range s.Questions {
		c.checkQuestion(at(path+".questions", i), s, &s.Questions[i])
	}
}

// serviceIDs wants ids of services, each once.
func (c *checker) serviceIDs(path string, ids []string) {
	for i, id := range ids {
		if !c.services[id] {
			c.bad(at(path, i), "found %q; expected the id of a service", id)
		}
	}
	c.unique(path, ids)
}

func (c *checker) modes(path string, modes []string) {
	c.subset(path, modes, []string{ModeOnsite, ModePhone, ModeVideo, ModeHome})
}

// closures checks one level's closures. Seats can be taken from calendars alone.
func (c *checker) closures(path string, list []Closure, seats bool) {
	for i := range list {
		cl, here := &list[i], at(path, i)
		c.day(here+".from", cl.From.Date, true)
		c.day(here+".to", cl.To.Date, true)
		from, to := wall(cl.From), wall(cl.To)
		if !cl.To.Timed {
			to += dayMinutes
		}
		if from >= to && !cl.From.IsZero() && !cl.To.IsZero() {
			c.bad(here+".to", "found %v; expected an end after the beginning %v", cl.To, cl.From)
		}
		if seats {
			c.within(here+".seats", cl.Seats, 0, maxSeats)
		} else if cl.Seats != 0 {
			c.bad(here+".seats", "found %d; expected no seats here: only a calendar's closure takes seats, others close everything", cl.Seats)
		}
	}
}

// wall orders moments on the wall clock.
func wall(m Moment) int {
	if !m.Timed {
		return int(m.Date) * dayMinutes
	}
	return int(m.Date)*dayMinutes + int(m.Minute)
}

// zoneOffsets collects what the tenant's clocks are ahead of UTC, so that ticks
// can be compared with the wall clock.
func (c *checker) zoneOffsets() {
	probe := Setup{Tenant: c.s.Tenant}
	if probe.Prepare() != nil {
		return
	}
	// Sampled, since ZoneBounds does not always get beyond the end of a year.
	for day := 0; day < 50*365; day += 14 {
		_, seconds := time.Date(2000, 1, 1+day, 0, 0, 0, 0, time.UTC).In(probe.Zone()).Zone()
		if !slices.Contains(c.offsets, seconds/60) {
			c.offsets = append(c.offsets, seconds/60)
		}
	}
}

// checkPools: seats are counted per tick, so calendars that share them count alike.
func (c *checker) checkPools() {
	first := map[string]*Calendar{}
	for i := range c.s.Calendars {
		cal := &c.s.Calendars[i]
		a := first[cal.PoolID()]
		switch {
		case a == nil:
			first[cal.PoolID()] = cal
		case a.TickMinutes != cal.TickMinutes:
			c.bad(fmt.Sprintf("calendars[%d].tickMinutes", i), "found %d; expected %d as in calendar %q, which shares the pool %q",
				cal.TickMinutes, a.TickMinutes, a.ID, cal.PoolID())
		}
	}
}

// uniqueIDs wants ids that fit into an address, each once in its list.
func uniqueIDs[T any](c *checker, path string, list []T, key func(*T) string) {
	seen := map[string]int{}
	for i := range list {
		id, here := key(&list[i]), at(path, i)+".id"
		c.id(here, id)
		if first, again := seen[id]; again && id != "" {
			c.bad(here, "found %q again; expected an id other than that of %s", id, at(path, first))
			continue
		}
		seen[id] = i
	}
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// within wants a number from least to most.
func (c *checker) within(path string, n, least, most int) {
	if n < least || n > most {
		c.bad(path, "found %d; expected %d to %d", n, least, most)
	}
}

func (c *checker) oneOf(path, s string, allowed ...string) {
	if !slices.Contains(allowed, s) {
		c.bad(path, "found %q; expected %s", s, strings.Join(allowed, ", "))
	}
}

// subset wants words out of those allowed, each once.
func (c *checker) subset(path string, list, allowed []string) {
	for i, s := range list {
		if !slices.Contains(allowed, s) {
			c.bad(at(path, i), "found %q; expected %s", s, cmp.Or(strings.Join(allowed, ", "), "none"))
		}
	}
	c.unique(path, list)
}

func (c *checker) unique(path string, list []string) {
	seen := map[string]bool{}
	for i, s := range list {
		if seen[s] {
			c.bad(at(path, i), "found %q again; expected it once", s)
		}
		seen[s] = true
	}
}

// atMost refuses lists so long that comparing their items takes ages.
func (c *checker) atMost(path string, n, most int) bool {
	if n > most {
		c.bad(path, "found %d; expected at most %d", n, most)
	}
	return n <= most
}

// day wants a date in years that an office can mean; the zero date is "open"
// unless it is needed.
func (c *checker) day(path string, d Date, needed bool) {
	if d == 0 && !needed {
		return
	}
	if y, _, _ := d.Civil(); y < 2000 || y > 9999 || d == 0 {
		c.bad(path, "found %q; expected a day from 2000-01-01 to 9999-12-31", d)
	}
}
