package config

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

func readBerlin(t *testing.T) (*Hours, string) {
	t.Helper()
	data, err := os.ReadFile("testdata/berlin-opening-hours.json")
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHours(data, "berlin.json")
	if err != nil {
		t.Fatal(err)
	}
	return h, string(data)
}

func office(t testing.TB) *agenda.Setup {
	t.Helper()
	s, err := ReadTenant([]byte(`
tenant: {id: amt, name: Amt, state: BE}
departments: [{id: d, name: D}]
sites: [{id: s, name: S, street: Weg 1, postalCode: "1", city: C}]
services: [{id: ausweis, name: Ausweis, minutes: 10}]
calendars: [{id: c, department: d, site: s, services: [{id: ausweis}]}]`), "amt.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImportHoursTakesTheBerlinHours(t *testing.T) {
	h, _ := readBerlin(t)
	before := office(t)
	s, r, err := ImportHours(before, "c", h)
	if err != nil {
		t.Fatal(err)
	}
	list := s.Calendars[0].SlotTemplates
	if len(list) != 24 || Count(r.Added, "template") != 24 || len(before.Calendars[0].SlotTemplates) != 0 {
		t.Fatalf("got %d templates, %v", len(list), r.Lines())
	}
	want := agenda.SlotTemplate{ID: "68985", Weekdays: []string{"we"}, From: 480, To: 770, SlotMinutes: 10, Seats: agenda.Seats{Total: 3, Public: -1},
		ValidFrom: agenda.MakeDate(2016, 1, 28), ValidTo: agenda.MakeDate(2016, 5, 22), EveryWeeks: 1}
	if got := short(reflect.ValueOf(list[0])); got != short(reflect.ValueOf(want)) {
		t.Errorf("got %s", got)
	}
	walkIns := 0
	for _, tpl := range list {
		if tpl.WalkIn && strings.HasSuffix(tpl.ID, "-walkin") && tpl.Seats.Total == 0 {
			walkIns++
		}
	}
	if walkIns != 12 {
		t.Errorf("got %d walk-in templates, want 12", walkIns)
	}
	var skipped []string
	for _, e := range r.Skipped {
		skipped = append(skipped, e.String())
	}
	if want := []string{
		"key bookableFromDays: not taken from 24 entries: leadMinutes of the services says it",
		"key bookableToDays: not taken from 24 entries: horizonDays of the services says it",
		"key multipleSlots: not taken from 24 entries: a booking takes as many slots as its services need",
	}; !slices.Equal(skipped, want) {
		t.Errorf("got %v, want %v", skipped, want)
	}
}

func TestSecondImportOfHoursKeepsWhatStaffSet(t *testing.T) {
	h, _ := readBerlin(t)
	first, _, err := ImportHours(office(t), "c", h)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &first.Calendars[0].SlotTemplates[0]
	tpl.Except, tpl.Services = []agenda.Date{agenda.MakeDate(2016, 3, 2)}, []string{"ausweis"}
	second, r, err := ImportHours(first, "c", h)
	if d := Diff(first, second); err != nil || len(d) > 0 || len(r.Added)+len(r.Changed) > 0 {
		t.Errorf("got %v, %v, added %v, changed %v; want nothing", err, d, r.Added, r.Changed)
	}
	h.Availability[0].SeatsPublic = 1
	_, r, err = ImportHours(first, "c", h)
	if err != nil || len(r.Changed) != 1 || r.Changed[0].String() != "template 68985: ~ seats.public: -1 -> 1" {
		t.Errorf("got %v, %v", err, r.Changed)
	}
}

func TestImportHoursRefuses(t *testing.T) {
	h, _ := readBerlin(t)
	if _, _, err := ImportHours(office(t), "x", h); !errors.Is(err, agenda.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	s := office(t)
	s.Tenant.Timezone = "Europe/Lisbon"
	if _, _, err := ImportHours(s, "c", h); err == nil || !strings.Contains(err.Error(), `found "Europe/Berlin"; expected "Europe/Lisbon"`) {
		t.Errorf("got %v", err)
	}
	s = office(t)
	s.Calendars[0].TickMinutes = 20
	if _, _, err := ImportHours(s, "c", h); err == nil || !strings.Contains(err.Error(), "calendars[0].slotTemplates[0].slotMinutes: found 10; expected a multiple of 20") {
		t.Errorf("got %v", err)
	}
	s = office(t)
	s.Calendars[0].SlotTemplates = []agenda.SlotTemplate{{ID: "mine", Weekdays: []string{"we"}, From: 600, To: 660, SlotMinutes: 10, EveryWeeks: 1, Seats: agenda.Seats{Total: 1, Public: -1}}}
	if _, _, err := ImportHours(s, "c", h); err == nil || !strings.Contains(err.Error(), `overlaps we 10:00-11:00 of "mine"`) {
		t.Errorf("got %v", err)
	}
}

func TestReadHoursRefuses(t *testing.T) {
	_, data := readBerlin(t)
	for _, c := range []refusal{
		{`"slotMinutes": 10`, `"slotMinutes": 15`, "h.json:17:19: availability[0].slotMinutes: found 15; expected a number that divides the 290 minutes"},
		{`"slotMinutes": 10`, `"slotMinutes": -10`, "h.json:17:19: availability[0].slotMinutes: found -10; expected 1 to 1440"},
		{`"startTime": "08:00"`, `"startTime": "8 Uhr"`, `h.json:15:17: availability[0].startTime: found "8 Uhr"; expected a time of day`},
		{`"startTime": "08:00"`, `"startTime": "13:00"`, "h.json:16:15: availability[0].endTime: found 12:50; expected a time after 13:00"},
		{`"validTo": "2016-05-22"`, `"validTo": "2016-01-01"`, "h.json:14:15: availability[0].validTo: found 2016-01-01; expected 2016-01-28"},
		{`"kind": "appointment"`, `"kind": "phone"`, `h.json:7:12: availability[0].kind: found "phone"; expected appointment or walk-in`},
		{`"weekOfMonth": null`, `"weekOfMonth": 7`, "h.json:12:19: availability[0].weekOfMonth: found 7; expected 0 to 5"},
		{`"seatsStaff": 3`, `"seatsStaff": -3`, "availability[0].seatsStaff: found -3; expected 0 to"},
		{`"seatsPublic": 3`, `"seatsPublic": 4`, "h.json:18:19: availability[0].seatsPublic: found 4; expected 0 to 3"},
		{`"id": "68997"`, `"id": "68985"`, `availability[1].id: found "68985" again; expected an id other than that of availability[0]`},
		{`"validTo": "2016-05-22"`, `"validTo": "2016-06-29"`, "availability[3]: found we 08:00-12:50, which on 2016-06-29 overlaps"},
		{`"bookableFromDays"`, `"bookableFrom"`, "availability[0].bookableFrom: unknown key"},
		{`"seatsStaff": 3,`, ``, "availability[0].seatsStaff: missing; expected a whole number"},
	} {
		changed := strings.Replace(data, c.old, c.new, 1)
		if changed == data {
			t.Fatalf("%q is not in the file", c.old)
		}
		got, err := ReadHours([]byte(changed), "h.json")
		if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.new, err, c.want)
		}
	}
}

// Whatever comes as opening hours, it is refused or gives templates that a tenant can have.
func FuzzReadHours(f *testing.F) {
	data, err := os.ReadFile("testdata/berlin-opening-hours.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`[]`))
	before := office(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHours(data, "h.json")
		if err != nil {
			return
		}
		s, _, err := ImportHours(before, "c", h)
		if err != nil {
			return
		}
		if faults := s.Check(); len(faults) > 0 {
			t.Error(faults)
		}
	})
}
