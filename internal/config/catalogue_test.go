package config

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

func readMunich(t *testing.T) (*Catalogue, string) {
	t.Helper()
	data, err := os.ReadFile("testdata/munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCatalogue(data, "munich.json")
	if err != nil {
		t.Fatal(err)
	}
	return c, string(data)
}

func town() *agenda.Setup {
	s := withDefaults[agenda.Setup]()
	s.Tenant.ID, s.Tenant.Name, s.Tenant.State = "muenchen", agenda.Plain("Stadt Beispiel"), "BY"
	return &s
}

func TestImportOfTheMunichCatalogueLosesNothing(t *testing.T) {
	c, _ := readMunich(t)
	before := town()
	steps := 0
	s, r := Import(before, c, func(done, total int) {
		if steps++; done != steps || total != 287+109 {
			t.Fatalf("got progress %d of %d, want %d of 396", done, total, steps)
		}
	})
	if steps != 396 || len(before.Services) != 0 {
		t.Errorf("got %d steps and %d services in the old set-up, want 396 and none", steps, len(before.Services))
	}
	if faults := s.Check(); len(faults) > 0 {
		t.Fatalf("got the faults %v, want none", faults)
	}
	offers, odd := 0, 0
	for i := range s.Calendars {
		offers += len(s.Calendars[i].Services)
		for _, o := range s.Calendars[i].Services {
			odd += min(1, o.Minutes)
		}
	}
	got := []int{len(s.Services), len(s.Sites), len(s.Calendars), offers, odd, len(s.Departments),
		Count(r.Added, "service"), Count(r.Added, "site"), Count(r.Added, "offer"), Count(r.Added, "department"),
		Count(r.Skipped, "combination"), Count(r.Skipped, "offer"), Count(r.Warnings, "service"), len(r.Warnings), len(r.Changed)}
	want := []int{287, 109, 109, 526, 16, 8, 287, 109, 526, 8, 17, 0, 1, 1, 0}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if first := r.Lines()[0]; first != "added 287 services, 109 sites, 8 departments, 526 offers, 109 calendars; changed nothing; skipped 17 combinations, 2 keys; to look at 1 service" {
		t.Errorf("got %q", first)
	}
	if got := r.Skipped[0].String(); got != "combination 1063426: with 10308996: there is no such service" {
		t.Errorf("got %q", got)
	}
	checkMunich(t, s)
}

// checkMunich compares a few things with the catalogue, field by field.
func checkMunich(t *testing.T, s *agenda.Setup) {
	t.Helper()
	svc, _ := s.Service("1063425")
	site, _ := s.Site("10546")
	cal, _ := s.Calendar("10546")
	hidden, private := 0, 0
	for i := range s.Services {
		if s.Services[i].Public == agenda.VisibleStaff {
			hidden++
		}
	}
	for i := range s.Sites {
		if !s.Sites[i].Public {
			private++
		}
	}
	for name, ok := range map[string]bool{
		"service":     svc.Minutes == 15 && svc.MaxQuantity == 2 && svc.Leika == "99036020001000" && len(svc.Combinable) == 18 && svc.Public == "true",
		"defaults":    svc.MinutesMore == -1 && svc.HorizonDays == 60 && slices.Equal(svc.Modes, []string{"onsite"}),
		"site":        site.Name.String() == "Gewerbeamt" && site.Address() == "Implerstraße 11, 81371 München" && site.Lat == 48.122797372557905,
		"calendar":    cal.Name.String() == "Gewerbeamt (KVR-III/21)" && cal.Site == "10546" && cal.Department == "kreisverwaltungsreferat" && cal.TickMinutes == 5 && cal.Confirm == "email",
		"departments": s.Departments[0].Invite == "request",
		"no name":     slices.ContainsFunc(s.Departments, func(d agenda.Department) bool { return d.ID == "muenchen" && d.Name.String() == "Stadt Beispiel" }),
		"slugs":       slices.ContainsFunc(s.Departments, func(d agenda.Department) bool { return d.ID == "muenchner-stadtentwaesserung-mse" }),
		"visibility":  hidden == 125 && private == 9,
	} {
		if !ok {
			t.Errorf("%s: not as the catalogue says: %+v %+v %+v %+v", name, svc, site, cal, s.Departments)
		}
	}
}

func TestSecondImportChangesNothing(t *testing.T) {
	c, _ := readMunich(t)
	first, _ := Import(town(), c, nil)
	svc, _ := first.Service("1063423")
	svc.Name, svc.Public, svc.Fee = agenda.Text{"de": svc.Name.String(), "en": "Trade registration"}, "true", agenda.Plain("26 EUR")
	closed := slices.IndexFunc(first.Services, func(s agenda.Service) bool { return s.Public == "false" })
	first.Services[closed].Public = "link"
	first.Services = append(first.Services, first.Services[0])
	own := &first.Services[len(first.Services)-1]
	own.ID = "eigene"
	svc, _ = first.Service("1063423")
	svc.Combinable = append(svc.Combinable, "eigene")
	cal, _ := first.Calendar("10546")
	cal.Confirm, cal.Department = "none", first.Departments[1].ID
	cal.Services = append(cal.Services, agenda.Offer{ID: "eigene"})
	cal.SlotTemplates = []agenda.SlotTemplate{{ID: "mo", Weekdays: []string{"mo"}, From: 480, To: 720, SlotMinutes: 10, Seats: agenda.Seats{Total: 2, Public: -1}, EveryWeeks: 1}}
	second, r := Import(first, c, nil)
	if d := Diff(first, second); len(d) > 0 || len(r.Added)+len(r.Changed) > 0 {
		t.Errorf("got %v, added %v, changed %v; want nothing", d, r.Added, r.Changed)
	}
	if faults := second.Check(); len(faults) > 0 {
		t.Errorf("got %v, want no faults", faults)
	}
}

func TestImportTellsWhatChanged(t *testing.T) {
	c, _ := readMunich(t)
	first, _ := Import(town(), c, nil)
	c.Services[0].DurationMinutes, c.Services[0].Name = 25, "Anmeldung"
	c.Locations[0].Services[2].DurationMinutes, c.Locations[0].Services[2].Slots = 25, 4
	c.Locations[0].Address.HouseNumber = "12"
	c.Locations[1].Services = c.Locations[1].Services[1:]
	c.Locations[2].Services[0].Bookable = false
	c.Locations[2].Services[1].Service = "404"
	_, r := Import(first, c, nil)
	all := strings.Join(r.Lines(), "\n")
	for _, want := range []string{
		"~ service 1063423: ~ name: Gewerbe-Anmeldung -> Anmeldung; ~ minutes: 20 -> 25",
		"~ offer 10546/1063435: 25 minutes",
		"! offer 10546/1063435: found 4 slots of 5 minutes; expected 25 minutes, which were taken",
		"~ site 10546: ~ street: Implerstraße 11 -> Implerstraße 12",
		"not at this location of the catalogue; kept",
		": not bookable",
		"/404: there is no such service",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

func TestReadCatalogueRefuses(t *testing.T) {
	_, data := readMunich(t)
	for _, c := range []refusal{
		{`"durationMinutes": 20,`, `"durationMinutes": -20,`, "m.json:8:23: services[0].durationMinutes: found -20; expected 1 to 1440"},
		{`"durationMinutes": 20,`, `"durationMinutes": "20",`, `m.json:8:23: services[0].durationMinutes: found "20"; expected a whole number`},
		{`"durationMinutes": 20,`, `"durationMinutes": 20.5,`, `m.json:8:23: services[0].durationMinutes: found 20.5; expected a whole number`},
		{`"durationMinutes": 20,`, `"duration": 20,`, "m.json:4:3: services[0].durationMinutes: missing; expected a whole number"},
		{`"id": "1063425"`, `"id": "1063423"`, `m.json:16:10: services[1].id: found "1063423" again; expected an id other than that of services[0]`},
		{`"id": "1063425"`, `"id": 1063425`, `m.json:16:10: services[1].id: found 1063425; expected a text`},
		{`"id": "1063425"`, `"id": "../x"`, `m.json:16:10: services[1].id: found "../x"; expected 1 to 64 of`},
		{`"name": "Gewerbe-Anmeldung",`, `"name": "", "titel": 1,`, `m.json:6:12: services[0].name: found ""; expected a line of text`},
		{`"name": "Gewerbe-Anmeldung",`, `"name": "a", "name": "b",`, `m.json:6:17: services[0].name: found again; expected this key once`},
		{`"public": true,`, `"public": "yes",`, `m.json:10:14: services[0].public: found "yes"; expected true or false`},
		{`"combinable": [`, `"combinable": "all", "x": [`, `m.json:11:18: services[0].combinable: found "all"; expected a list`},
		{`"combinable": [`, `"combinable": [,`, `m.json:11:19: cannot be read: `},
		{`"geo": {`, `"geo": [{}], "x": {`, "geo: found a list; expected keys such as lat, lon"},
		{`"lat": 48.122797372557905`, `"lat": 481`, "locations[0].geo.lat: found 481; expected degrees from -90 to 90"},
	} {
		changed := strings.Replace(data, c.old, c.new, 1)
		if changed == data {
			t.Fatalf("%q is not in the catalogue", c.old)
		}
		got, err := ReadCatalogue([]byte(changed), "m.json")
		var faults Faults
		if got != nil || !errors.As(err, &faults) || !strings.Contains(faults[0].String(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.new, err, c.want)
		}
	}
}

func TestReadCatalogueRefusesWhatIsNoCatalogue(t *testing.T) {
	_, data := readMunich(t)
	for name, c := range map[string]struct{ data, want string }{
		"empty":     {"", "m.json:1:1: found the end of the file; expected a complete document of JSON"},
		"truncated": {data[:1000], "found the end of the file; expected a complete document of JSON"},
		"cut text":  {data[:30], "m.json:2:29: found the end of the file"},
		"behind":    {data + "{}", "found more behind the end; expected one document"},
		"null":      {"null", "m.json:1:1: found nothing; expected keys such as origin"},
		"list":      {"[]", "m.json:1:1: found a list; expected keys such as origin"},
		"not UTF-8": {"{\"origin\": \"\xff\"}", "m.json: found bytes that are not UTF-8"},
		"too long":  {strings.Repeat(" ", MaxInput+1), "m.json: found 17 MB; expected at most 16 MB"},
		"deep":      {strings.Repeat("[", 1000), "m.json:1:52: found more than 50 levels"},
		"trailing":  {`{"services": [],}`, "m.json:1:17: cannot be read"},
		"comment":   {`{} // x`, "m.json:1:4: found more behind the end"},
	} {
		got, err := ReadCatalogue([]byte(c.data), "m.json")
		if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %.300v, want %s", name, err, c.want)
		}
	}
}

func FuzzReadCatalogue(f *testing.F) {
	f.Add(`{"services": [{"id": "a", "name": "A", "durationMinutes": 5, "combinable": ["b"]}], "locations": [{"id": "l", "name": "L", "department": "Ö (1)",
		"address": {"street": "S", "postalCode": "1", "city": "C"}, "services": [{"service": "a", "durationMinutes": 5}]}]}`)
	f.Add(`{"availability": [`)
	f.Fuzz(func(t *testing.T, data string) {
		c, err := ReadCatalogue([]byte(data), "m.json")
		if err != nil {
			return
		}
		if !json.Valid([]byte(strings.TrimPrefix(data, "\ufeff"))) {
			t.Fatal("accepted what is no JSON")
		}
		s, _ := Import(town(), c, nil)
		if faults := s.Check(); len(faults) > 0 {
			t.Fatal(faults)
		}
	})
}
