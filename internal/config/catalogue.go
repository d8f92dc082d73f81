package config

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

// Catalogue is a list of services and offices as cities publish it.
type Catalogue struct {
	Origin    string              `json:"origin"`
	Services  []CatalogueService  `json:"services" need:"yes"`
	Locations []CatalogueLocation `json:"locations" need:"yes"`
}

// CatalogueService is a service and what it may be booked together with.
type CatalogueService struct {
	ID              string   `json:"id" need:"yes"`
	Name            string   `json:"name" need:"yes"`
	Leika           string   `json:"leika"`
	DurationMinutes int      `json:"durationMinutes" need:"yes"`
	MaxQuantity     int      `json:"maxQuantity" default:"1"`
	Public          bool     `json:"public" default:"true"`
	Combinable      []string `json:"combinable"`
}

// CatalogueLocation is an office with the services it offers.
type CatalogueLocation struct {
	ID           string           `json:"id" need:"yes"`
	Name         string           `json:"name" need:"yes"` // of the organisational unit
	DisplayName  string           `json:"displayName"`     // for visitors
	Organization string           `json:"organization"`
	Department   string           `json:"department"`
	Address      CatalogueAddress `json:"address" need:"yes"`
	Geo          CatalogueGeo     `json:"geo"`
	Public       bool             `json:"public" default:"true"`
	SlotMinutes  int              `json:"slotMinutes"`
	Services     []CatalogueOffer `json:"services"`
}

// CatalogueAddress is where an office is.
type CatalogueAddress struct {
	Street      string `json:"street" need:"yes"`
	HouseNumber string `json:"houseNumber"`
	PostalCode  string `json:"postalCode" need:"yes"`
	City        string `json:"city" need:"yes"`
}

// CatalogueGeo is the same in degrees.
type CatalogueGeo struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// CatalogueOffer is a service at an office: its length there, in minutes and in
// slots of the office.
type CatalogueOffer struct {
	Service         string `json:"service" need:"yes"`
	Slots           int    `json:"slots"`
	DurationMinutes int    `json:"durationMinutes" need:"yes"`
	Bookable        bool   `json:"bookable" default:"true"`
}

// ReadCatalogue reads a catalogue of JSON. One with anything in it that cannot be
// meant is refused with Faults: all of them, each with line and column. What only
// points nowhere is accepted here and reported by Import.
func ReadCatalogue(data []byte, name string) (*Catalogue, error) {
	r := &strict{name: name}
	c := withDefaults[Catalogue]()
	r.readJSON(data, &c)
	r.rules(c.check())
	if err := r.err(); err != nil {
		return nil, err
	}
	return &c, nil
}

// catalogueCheck collects faults in what was read.
type catalogueCheck []agenda.Fault

func (f *catalogueCheck) bad(path, format string, args ...any) {
	*f = append(*f, agenda.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (f *catalogueCheck) id(path, id string, seen map[string]string) {
	if !agenda.ValidID(id) {
		f.bad(path, "found %q; expected 1 to 64 of a-z, 0-9, - and _, a letter or digit first", clip(id, 40))
	}
	if first, again := seen[id]; again {
		f.bad(path, "found %q again; expected an id other than that of %s", id, first)
		return
	}
	seen[id] = strings.TrimSuffix(path, ".id")
}

func (f *catalogueCheck) line(path, s string, needed bool) {
	if needed && strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > 500 ||
		strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u00a0' || r == utf8.RuneError }) {
		f.bad(path, "found %q; expected a line of text", clip(s, 40))
	}
}

func (f *catalogueCheck) within(path string, n, least, most int) {
	if n < least || n > most {
		f.bad(path, "found %d; expected %d to %d", n, least, most)
	}
}

func (c *Catalogue) check() []agenda.Fault {
	var f catalogueCheck
	seen := map[string]string{}
	for i := range c.Services {
		s, path := &c.Services[i], fmt.Sprintf("services[%d]", i)
		f.id(path+".id", s.ID, seen)
		f.line(path+".name", s.Name, true)
		f.line(path+".leika", s.Leika, false)
		f.within(path+".durationMinutes", s.DurationMinutes, 1, 1440)
		f.within(path+".maxQuantity", s.MaxQuantity, 1, 1000)
	}
	seen = map[string]string{}
	for i := range c.Locations {
		l, path := &c.Locations[i], fmt.Sprintf("locations[%d]", i)
		f.id(path+".id", l.ID, seen)
		l.check(&f, path)
	}
	return f
}

func (l *CatalogueLocation) check(f *catalogueCheck, path string) {
	f.line(path+".name", l.Name, true)
	f.line(path+".displayName", l.DisplayName, false)
	f.line(path+".department", l.Department, false)
	f.line(path+".address.street", l.Address.Street, true)
	f.line(path+".address.houseNumber", l.Address.HouseNumber, false)
	f.line(path+".address.postalCode", l.Address.PostalCode, true)
	f.line(path+".address.city", l.Address.City, true)
	if l.Geo.Lat < -90 || l.Geo.Lat > 90 {
		f.bad(path+".geo.lat", "found %v; expected degrees from -90 to 90", l.Geo.Lat)
	}
	if l.Geo.Lon < -180 || l.Geo.Lon > 180 {
		f.bad(path+".geo.lon", "found %v; expected degrees from -180 to 180", l.Geo.Lon)
	}
	f.within(path+".slotMinutes", l.SlotMinutes, 0, 1440)
	seen := map[string]string{}
	for i := range l.Services {
		o, here := &l.Services[i], fmt.Sprintf("%s.services[%d]", path, i)
		if first, again := seen[o.Service]; again {
			f.bad(here+".service", "found %q again; expected a service other than that of %s", o.Service, first)
		}
		seen[o.Service] = here
		f.within(here+".durationMinutes", o.DurationMinutes, 1, 1440)
		f.within(here+".slots", o.Slots, 0, 1440)
	}
}

// street is the street with the number.
func (a *CatalogueAddress) street() string {
	return strings.TrimSpace(a.Street + " " + a.HouseNumber)
}

// title is what visitors are shown.
func (l *CatalogueLocation) title() string { return cmp.Or(strings.TrimSpace(l.DisplayName), l.Name) }
