package config

import (
	"encoding/json"
	"errors"
	goflag "flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
)

var update = goflag.Bool("update", false, "write the golden files anew")

func readExample(t *testing.T) (*agenda.Setup, string) {
	t.Helper()
	data, err := os.ReadFile("testdata/tenant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadTenant(data, "tenant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s, string(data)
}

// equal compares all that a tenant file says.
func equal(t interface{ Fatal(...any) }, a, b *agenda.Setup) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

func TestReadTenantReadsTheExample(t *testing.T) {
	s, _ := readExample(t)
	cal := s.Calendars[0]
	for name, ok := range map[string]bool{
		"revision":       s.Revision == 17,
		"zone":           s.Zone().String() == "Europe/Berlin",
		"phone":          s.Tenant.Phone == "05551 708-0",
		"two languages":  s.Departments[1].Name["en"] == "Citizens' office",
		"postal code":    s.Sites[0].PostalCode == "37154",
		"latitude":       s.Sites[0].Lat == 51.70,
		"public":         s.Services[0].Public == agenda.VisiblePublic && s.Services[1].Public == agenda.VisiblePublic,
		"minutes more":   s.Services[0].MinutesMore == 8 && s.Services[1].MinutesMore == -1,
		"option":         s.Services[1].Questions[0].Options[1].Minutes == 25,
		"default modes":  slices.Equal(s.Services[1].Modes, []string{"onsite"}),
		"default tick":   s.Calendars[1].TickMinutes == 5 && s.Calendars[1].Confirm == "email" && s.Calendars[1].Contact.Email == "required",
		"reminders":      cal.Reminders[0] == agenda.Span{Days: 7} && cal.Reminders[1] == agenda.Span{Minutes: 1440},
		"from":           cal.SlotTemplates[0].From == 480 && cal.SlotTemplates[0].To == 960,
		"valid":          cal.SlotTemplates[0].ValidFrom.String() == "2026-01-01",
		"except":         cal.SlotTemplates[0].Except[0].String() == "2026-11-30",
		"every week":     cal.SlotTemplates[0].EveryWeeks == 1 && cal.SlotTemplates[0].WeekOfMonth == 0,
		"closure":        cal.Closures[0].From.Timed && !cal.Closures[0].To.Timed && cal.Closures[1].Seats == 1,
		"bare time":      cal.SlotTemplates[1].From == 480,
		"walk-in":        cal.SlotTemplates[1].WalkIn && cal.SlotTemplates[1].Seats.Total == 0,
		"all public":     s.Calendars[1].SlotTemplates[0].Seats.ForPublic() == 2,
		"default keeps":  s.Retention.StatisticsDays == 400,
		"text as number": s.Sites[1].PostalCode == "06108",
	} {
		if !ok {
			t.Errorf("%s: not as the file says: %+v", name, s)
		}
	}
}

func TestWriteTenantIsStable(t *testing.T) {
	s, _ := readExample(t)
	first, err := WriteTenant(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadTenant(first, "export")
	if err != nil {
		t.Fatalf("%v in\n%s", err, first)
	}
	if d := Diff(s, again); len(d) > 0 || !equal(t, s, again) {
		t.Errorf("got the difference %v, want none", d)
	}
	second, err := WriteTenant(again)
	if err != nil || string(first) != string(second) {
		t.Errorf("got\n%s\nwant\n%s", second, first)
	}
	if *update {
		if err := os.WriteFile("testdata/export.yaml", first, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile("testdata/export.yaml"); err != nil || string(first) != string(want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, first, want)
	}
}

// refusal is a change to the example and the fault it must lead to.
type refusal struct{ old, new, want string }

// Long, since one table shows what each kind of fault is answered with.
func TestReadTenantRefuses(t *testing.T) {
	_, example := readExample(t)
	for _, c := range []refusal{
		{"phone: \"05551 708-0\"", "telefon: \"05551 708-0\"", "t.yaml:2: tenant.telefon: unknown key; expected one of id, name,"},
		{"state: NI", "state: NI, state: NI", "t.yaml:2: tenant.state: found again; expected this key once"},
		{"minutes: 10,", "minutes: ten,", `t.yaml:13: services[0].minutes: found "ten"; expected a whole number`},
		{"minutes: 10,", "minutes: 0x10,", "t.yaml:13: services[0].minutes: found 0x10; expected a whole number"},
		{"minutes: 10,", "minutes: 010,", "t.yaml:13: services[0].minutes: found 010; expected a whole number"},
		{"minutes: 10,", "minutes: -10,", "t.yaml:13: services[0].minutes: found -10; expected 1 to 1440"},
		{"minutes: 10,", "", "t.yaml:13: services[0].minutes: missing; expected a whole number"},
		{"minutes: 10,", "minutes: null,", "t.yaml:13: services[0].minutes: missing; expected a whole number"},
		{"city: Northeim", "city: [Northeim]", "t.yaml:10: sites[0].city: found a list; expected a text"},
		{"lat: 51.70", "lat: north", `t.yaml:10: sites[0].lat: found "north"; expected a number`},
		{"lat: 51.70", "lat: .nan", "t.yaml:10: sites[0].lat: found .nan; expected a number"},
		{"access: [step-free, lift]", "access: lift", `t.yaml:11: sites[0].access: found "lift"; expected a list`},
		{"access: [step-free, lift]", "access: [lift, null]", "t.yaml:11: sites[0].access[1]: found nothing; expected a text"},
		{"sensitive: false", "sensitive: nope", `t.yaml:16: services[0].sensitive: found "nope"; expected true or false`},
		{"public: true, ", "public: maybe, ", `t.yaml:16: services[0].public: found "maybe"; expected true, link, false`},
		{"department: buergerdienste", "department: nowhere", `t.yaml:21: calendars[0].department: found "nowhere"; expected the id of a department`},
		{"contact: {email: required, phone: optional}", "quietHours: {from: \"21:00\"}", `t.yaml:27: calendars[0].quietHours.to: missing; expected a time of day such as "08:30"`},
		{"contact: {email: required, phone: optional}", "quietHours: {to: \"06:00\"}", "t.yaml:27: calendars[0].quietHours.from: missing; expected a time of day"},
		{"contact: {email: required, phone: optional}", "contact: required", `t.yaml:27: calendars[0].contact: found "required"; expected keys such as email, phone`},
		{"reminders: [7d, 24h]", "reminders: [7d, soon]", `t.yaml:34: calendars[0].reminders[1]: found "soon"; expected a span`},
		{`from: "08:00"`, `from: "8:00"`, `t.yaml:37: calendars[0].slotTemplates[0].from: found "8:00"; expected a time of day`},
		{"slotMinutes: 10,", "slotMinutes: 35,", "t.yaml:37: calendars[0].slotTemplates[0].slotMinutes: found 35; expected a number that divides the 480 minutes"},
		{"validFrom: 2026-01-01", "validFrom: 2026-02-30", `t.yaml:38: calendars[0].slotTemplates[0].validFrom: found "2026-02-30"; expected a day`},
		{"validFrom: 2026-01-01", "validFrom: 1970-01-01", `t.yaml:38: calendars[0].slotTemplates[0].validFrom: found "1970-01-01"; expected a day`},
		{"seats: {total: 4, public: 3},", "", "t.yaml:37: calendars[0].slotTemplates[0].seats: missing; expected keys such as total, public"},
		{"walkIn: true,", "seats: {total: 1},", "t.yaml:40: calendars[0].slotTemplates[1]: found mo 08:00-12:00, which on 2026-01-05 overlaps"},
		{"brand: {", "brand: &b {", "t.yaml:5: brand: found an alias, anchor or tag; expected the value itself"},
		{"brand: {", "brand: !!map {", "t.yaml:5: brand: found an alias, anchor or tag; expected the value itself"},
		{"name: Kreishaus,", "name: {de: Kreishaus, de: Amt},", "t.yaml:10: sites[0].name.de: found again; expected each language once"},
		{"name: Kreishaus,", "name: {de: {}},", "t.yaml:10: sites[0].name.de: found keys; expected a text"},
		{"name: Kreishaus,", "name: \"\",", "t.yaml:10: sites[0].name: found an empty text; expected one"},
	} {
		changed := strings.Replace(example, c.old, c.new, 1)
		if changed == example {
			t.Fatalf("%q is not in the example", c.old)
		}
		s, err := ReadTenant([]byte(changed), "t.yaml")
		var faults Faults
		if !errors.As(err, &faults) || s != nil || !strings.HasPrefix(faults[0].String(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.new, err, c.want)
		} else if len(faults) != 1 {
			t.Errorf("%s: got %v, want one fault", c.new, err)
		}
	}
}

func TestReadTenantRefusesWhatIsNoTenantFile(t *testing.T) {
	_, example := readExample(t)
	bomb := "tenant: &a [x, x]\nlegal: &b [*a, *a]\nbrand: [*b, *b]\n"
	for name, c := range map[string]struct{ data, want string }{
		"empty":        {"", "t.yaml:1: found nothing; expected keys such as revision, tenant"},
		"comment":      {"# nothing\n", "t.yaml:1: found nothing; expected keys such as revision, tenant"},
		"text":         {"hello", `t.yaml:1: found "hello"; expected keys`},
		"list":         {"- a\n", "t.yaml:1: found a list; expected keys"},
		"second":       {example + "---\nrevision: 1\n", "t.yaml:45: found a second document"},
		"truncated":    {example[:strings.Index(example, "lat:")], "t.yaml:10: cannot be read: "},
		"not UTF-8":    {"tenant: {id: \xff}", "t.yaml:1: cannot be read: "},
		"aliases":      {bomb, "t.yaml:1: tenant: found an alias"},
		"merged":       {"<<: {tenant: {id: a}}", "t.yaml:1: <<: unknown key"},
		"no such name": {"tenant: *x", "t.yaml:1: cannot be read: unknown anchor"},
		"tabs":         {"tenant:\n\tid: a", "t.yaml:2: cannot be read: "},
		"too long":     {strings.Repeat("#", MaxInput+1), "t.yaml: found 17 MB; expected at most 16 MB"},
		"deep":         {strings.Repeat("[", 100000), "t.yaml:1: cannot be read: "},
	} {
		s, err := ReadTenant([]byte(c.data), "t.yaml")
		if s != nil || err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %.300v, want %s", name, err, c.want)
		}
	}
}

func TestReadTenantTellsAllFaultsInOrder(t *testing.T) {
	_, example := readExample(t)
	changed := strings.NewReplacer("state: NI", "state: XX", "minutes: 10,", "minutes: ten,", "confirm: email", "confirm: fax", "tickMinutes: 5", "tickMinuten: 5").Replace(example)
	_, err := ReadTenant([]byte(changed), "t.yaml")
	var faults Faults
	errors.As(err, &faults)
	var got []string
	for _, f := range faults {
		got = append(got, f.Path)
	}
	want := []string{"tenant.state", "services[0].minutes", "calendars[0].tickMinuten", "calendars[0].confirm"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	_, err = ReadTenant([]byte("tenant: {id: a, name: A}\nx: "+strings.Repeat("\nx: 1", 5000)), "t.yaml")
	if errors.As(err, &faults); len(faults) != maxFaults+1 || !strings.Contains(faults[maxFaults].Message, "more faults") {
		t.Errorf("got %d faults, want %d and a count of the rest", len(faults), maxFaults)
	}
}

func TestReadInputRefusesLongFiles(t *testing.T) {
	path := t.TempDir() + "/big.yaml"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadInput(path); err == nil || !strings.Contains(err.Error(), "found 100 MB; expected at most 16 MB") {
		t.Errorf("got %v", err)
	}
	if err := os.Truncate(path, 5); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadInput(path); err != nil || len(data) != 5 {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
}

func TestTenantFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSetup(t)
		data, err := WriteTenant(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadTenant(data, "export")
		if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		if d := Diff(s, again); len(d) > 0 || !equal(t, s, again) {
			t.Fatalf("got the difference %v, want none, in\n%s", d, data)
		}
		if second, err := WriteTenant(again); err != nil || string(second) != string(data) {
			t.Fatalf("got\n%s\nwant\n%s", second, data)
		}
	})
}

func TestEveryTextSurvivesTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := withDefaults[agenda.Setup]()
		s.Tenant.Phone = rapid.String().Draw(t, "line")
		s.Tenant.Name = agenda.Text{"de": rapid.OneOf(rapid.String(), rapid.StringMatching(`[ a-z:#\n\t"'-]{0,30}`)).Draw(t, "text")}
		data, err := WriteTenant(&s)
		if err != nil {
			t.Fatal(err)
		}
		again := withDefaults[agenda.Setup]()
		r := &strict{name: "export"}
		r.yaml(data, &again)
		if !equal(t, &s, &again) {
			t.Fatalf("%v in\n%s\ngot %q, want %q", r.err(), data, again.Tenant, s.Tenant)
		}
	})
}

func FuzzReadTenant(f *testing.F) {
	data, err := os.ReadFile("testdata/tenant.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add("tenant: {id: a, name: {de: A}}\n")
	f.Fuzz(func(t *testing.T, data string) {
		s, err := ReadTenant([]byte(data), "t.yaml")
		if err != nil {
			return
		}
		out, err := WriteTenant(s)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ReadTenant(out, "export"); err != nil || !equal(t, s, again) {
			t.Fatalf("%v in\n%s", err, out)
		}
	})
}

func TestDiff(t *testing.T) {
	s, example := readExample(t)
	changed := strings.NewReplacer(
		"minutes: 10,", "minutes: 12,", "colour: \"#003f7d\"", "", "closures: [{from: \"2026-05-15\"", "closures: [{from: \"2026-05-16\"",
		"2026-05-15\", reason", "2026-05-16\", reason", "modes: [onsite],", "modes: [onsite, phone],", "{id: zweites, department", "{id: drittes, department",
	).Replace(example)
	other, err := ReadTenant([]byte(changed), "t.yaml")
	if err != nil {
		t.Fatal(err)
	}
	other.Revision = 18
	want := []string{
		`- brand.colour: "#003f7d"`,
		`~ services[ausweis].minutes: 10 -> 12`,
		`~ services[ausweis].modes: [onsite] -> [onsite, phone]`,
		`- calendars[zweites]: {id: zweites, department: fb35,`,
		`+ calendars[drittes]: {id: drittes, department: fb35,`,
		`- closures: {from: 2026-05-15, to: 2026-05-15, reason: Brückentag}`,
		`+ closures: {from: 2026-05-16, to: 2026-05-16, reason: Brückentag}`,
	}
	got := Diff(s, other)
	if !slices.EqualFunc(got, want, func(g, w string) bool { return strings.HasPrefix(g, w) }) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	slices.Reverse(other.Sites)
	if got := Diff(s, other); !slices.Contains(got, "~ sites: in another order") {
		t.Errorf("got %v, want the new order", got)
	}
	if got := Diff(nil, s); !slices.Contains(got, "+ tenant.id: northeim") {
		t.Errorf("got %v, want everything added", got)
	}
}
