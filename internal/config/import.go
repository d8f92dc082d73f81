package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"terminvergabe/internal/agenda"
)

// Import merges a catalogue into a copy of the set-up, one calendar per location.
// The catalogue decides what it speaks of: names, lengths, quantities, what can
// be combined, addresses, and which services a calendar offers. Everything else
// stays as staff set it, and nothing is taken away, so that no booking is
// stranded; a second import of the same catalogue changes nothing. progress is
// told after each service and location; nil for nobody. The result is to be
// checked like any set-up.
func Import(setup *agenda.Setup, c *Catalogue, progress func(done, total int)) (*agenda.Setup, Report) {
	if progress == nil {
		progress = func(int, int) {}
	}
	m := newImporter(setup, c)
	total := len(c.Services) + len(c.Locations)
	for i := range c.Services {
		m.service(&c.Services[i])
		progress(i+1, total)
	}
	for i := range c.Locations {
		m.location(&c.Locations[i])
		progress(len(c.Services)+i+1, total)
	}
	if n := m.organizations; n > 0 {
		m.skip("key", "organization", fmt.Sprintf("at %d locations: the tenant is the organization", n))
	}
	if n := m.rasters; n > 0 {
		m.skip("key", "slotMinutes", fmt.Sprintf("at %d locations: calendars count in ticks of their own, slot templates set the raster", n))
	}
	return m.setup, m.report
}

type importer struct {
	setup  *agenda.Setup
	report Report

	// Where things stand in the set-up, by id.
	services, sites, calendars map[string]int
	departments                map[string]string // name in the catalogue -> id
	durations                  map[string]int    // of the catalogue's services
	organizations, rasters     int               // locations that give them
}

func newImporter(setup *agenda.Setup, c *Catalogue) *importer {
	next := *setup
	next.Departments = slices.Clone(setup.Departments)
	next.Sites = slices.Clone(setup.Sites)
	next.Services = slices.Clone(setup.Services)
	next.Calendars = slices.Clone(setup.Calendars)
	m := &importer{setup: &next, services: map[string]int{}, sites: map[string]int{}, calendars: map[string]int{},
		departments: map[string]string{}, durations: map[string]int{}}
	for i := range next.Services {
		m.services[next.Services[i].ID] = i
	}
	for i := range next.Sites {
		m.sites[next.Sites[i].ID] = i
	}
	for i := range next.Calendars {
		m.calendars[next.Calendars[i].ID] = i
	}
	for i := range c.Services {
		m.durations[c.Services[i].ID] = c.Services[i].DurationMinutes
	}
	return m
}

func (m *importer) skip(kind, id, why string) {
	m.report.Skipped = append(m.report.Skipped, Entry{kind, id, why})
}

func (m *importer) warn(kind, id, what string) {
	m.report.Warnings = append(m.report.Warnings, Entry{kind, id, what})
}

// put adds a thing to its list, or replaces the one of the same id.
func put[T any](m *importer, kind string, list *[]T, index map[string]int, id, name string, v T) {
	i, ok := index[id]
	if !ok {
		index[id] = len(*list)
		*list = append(*list, v)
		m.report.Added = append(m.report.Added, Entry{kind, id, name})
		return
	}
	d := &differ{}
	d.keys("", reflect.ValueOf((*list)[i]), reflect.ValueOf(v), "services") // offers are told one by one
	if len(d.lines) > 0 {
		m.report.Changed = append(m.report.Changed, Entry{kind, id, strings.Join(d.lines, "; ")})
	}
	(*list)[i] = v
}

func (m *importer) service(c *CatalogueService) {
	s := withDefaults[agenda.Service]()
	if i, ok := m.services[c.ID]; ok {
		s = m.setup.Services[i]
	}
	s.ID, s.Name, s.Leika = c.ID, named(s.Name, c.Name), c.Leika
	s.Minutes, s.MaxQuantity = c.DurationMinutes, c.MaxQuantity
	s.Combinable = m.combinable(c, s.Combinable)
	switch {
	case c.Public:
		s.Public = agenda.VisiblePublic
	case s.Public != agenda.VisibleLink: // staff may have opened it to the invited
		s.Public = agenda.VisibleStaff
	}
	if c.Leika != "" && !leikaLike(c.Leika) {
		m.warn("service", c.ID, fmt.Sprintf("kept the LeiKa key %q as it is; expected 14 digits", clip(c.Leika, 80)))
	}
	put(m, "service", &m.setup.Services, m.services, c.ID, c.Name, s)
}

// combinable gives what the catalogue says, then what staff added that it does
// not know.
func (m *importer) combinable(c *CatalogueService, before []string) (ids []string) {
	for _, id := range c.Combinable {
		_, inSetup := m.services[id]
		_, inCatalogue := m.durations[id]
		switch {
		case !inSetup && !inCatalogue:
			m.skip("combination", c.ID, fmt.Sprintf("with %s: there is no such service", clip(id, 64)))
		case slices.Contains(ids, id):
			m.skip("combination", c.ID, fmt.Sprintf("with %s: named twice", id))
		default:
			ids = append(ids, id)
		}
	}
	for _, id := range before {
		if _, known := m.durations[id]; !known && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *importer) location(l *CatalogueLocation) {
	site := withDefaults[agenda.Site]()
	if i, ok := m.sites[l.ID]; ok {
		site = m.setup.Sites[i]
	}
	site.ID, site.Name = l.ID, named(site.Name, l.title())
	site.Street, site.PostalCode, site.City = l.Address.street(), l.Address.PostalCode, l.Address.City
	site.Lat, site.Lon, site.Public = l.Geo.Lat, l.Geo.Lon, l.Public
	put(m, "site", &m.setup.Sites, m.sites, l.ID, l.title(), site)
	if l.Organization != "" {
		m.organizations++
	}
	if l.SlotMinutes > 0 {
		m.rasters++
	}
	cal := withDefaults[agenda.Calendar]()
	if i, ok := m.calendars[l.ID]; ok {
		cal = m.setup.Calendars[i]
	} else {
		cal.Department, cal.Site = m.department(l.Department), l.ID
	}
	cal.ID, cal.Name = l.ID, named(cal.Name, l.Name)
	cal.Services = m.offers(l, cal.Services)
	put(m, "calendar", &m.setup.Calendars, m.calendars, l.ID, l.Name, cal)
}

// offers merges what the location offers into what the calendar does.
func (m *importer) offers(l *CatalogueLocation, before []agenda.Offer) []agenda.Offer {
	offers := slices.Clone(before)
	for i := range l.Services {
		o := &l.Services[i]
		id := l.ID + "/" + o.Service
		minutes, ok := m.minutes(o)
		at := slices.IndexFunc(offers, func(b agenda.Offer) bool { return b.ID == o.Service })
		if l.SlotMinutes > 0 && o.Slots > 0 && o.Slots*l.SlotMinutes != o.DurationMinutes {
			m.warn("offer", id, fmt.Sprintf("found %d slots of %d minutes; expected %d minutes, which were taken", o.Slots, l.SlotMinutes, o.DurationMinutes))
		}
		switch {
		case !ok:
			m.skip("offer", id, "there is no such service")
		case !o.Bookable:
			m.skip("offer", id, "not bookable")
		case at < 0:
			offers = append(offers, agenda.Offer{ID: o.Service, Minutes: minutes})
			m.report.Added = append(m.report.Added, Entry{"offer", id, fmt.Sprintf("%d minutes", o.DurationMinutes)})
		case offers[at].Minutes != minutes:
			m.report.Changed = append(m.report.Changed, Entry{"offer", id, fmt.Sprintf("%d minutes", o.DurationMinutes)})
			offers[at].Minutes = minutes
		}
	}
	for _, o := range before {
		if !slices.ContainsFunc(l.Services, func(c CatalogueOffer) bool { return c.Service == o.ID }) {
			if _, known := m.durations[o.ID]; known {
				m.warn("offer", l.ID+"/"+o.ID, "not at this location of the catalogue; kept, to be removed in the tenant file")
			}
		}
	}
	return offers
}

// minutes to write into an offer: none where they are those of the service.
func (m *importer) minutes(o *CatalogueOffer) (int, bool) {
	i, ok := m.services[o.Service]
	if !ok {
		return 0, false
	}
	if m.setup.Services[i].Minutes == o.DurationMinutes {
		return 0, true
	}
	return o.DurationMinutes, true
}

// department finds the department of a name, or adds it. Locations without one
// belong to a department named after the tenant.
func (m *importer) department(name string) string {
	name = strings.TrimSpace(name)
	if id, ok := m.departments[name]; ok {
		return id
	}
	d := withDefaults[agenda.Department]()
	d.ID, d.Name = slug(name), agenda.Plain(name)
	if name == "" {
		d.ID, d.Name = m.setup.Tenant.ID, maps.Clone(m.setup.Tenant.Name)
	}
	for i := range m.setup.Departments {
		if have := &m.setup.Departments[i]; name != "" && have.Name.String() == name {
			m.departments[name] = have.ID
			return have.ID
		}
	}
	for n, base := 2, d.ID; m.usedDepartment(d.ID); n++ {
		d.ID = fmt.Sprintf("%s-%d", base, n)
	}
	m.departments[name] = d.ID
	if _, ok := m.setup.Department(d.ID); !ok {
		m.setup.Departments = append(m.setup.Departments, d)
		m.report.Added = append(m.report.Added, Entry{"department", d.ID, d.Name.String()})
	}
	return d.ID
}

// usedDepartment reports whether another name of the catalogue has the id.
func (m *importer) usedDepartment(id string) bool {
	return slices.Contains(slices.Collect(maps.Values(m.departments)), id)
}

// named gives a text the catalogue's name, leaving translations by staff alone.
func named(t agenda.Text, name string) agenda.Text {
	name = strings.TrimSpace(name)
	if _, plain := t[""]; plain || len(t) == 0 {
		return agenda.Plain(name)
	}
	t = maps.Clone(t)
	t["de"] = name
	return t
}

func leikaLike(s string) bool { return len(s) == 14 && strings.Trim(s, "0123456789") == "" }

// slug makes an id of a name: Straße und Grün -> strasse-und-gruen.
func slug(name string) string {
	name = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(norm.NFC.String(strings.ToLower(name)))
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r) && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 56 { // leaves room for a number
			break
		}
	}
	if id := strings.Trim(b.String(), "-"); id != "" {
		return id
	}
	return "department"
}
