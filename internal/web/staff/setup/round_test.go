package setup_test

import (
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
)

// county is a set-up with everything that a form can show.
func county(t *testing.T) *agenda.Setup {
	t.Helper()
	data, err := os.ReadFile("../../../../ui/demo/northeim.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := config.ReadTenant([]byte(strings.NewReplacer("{{.Year}}", "2026", "{{.NextYear}}", "2027", "{{.Soon}}", "2026-07-14", "{{.Ill}}", "2026-07-07", "{{.IllEnd}}", "2026-07-08",
		"{{.Monday}}", "2026-07-06", "{{.Vaccination}}", "2026-07-15").Replace(string(data))), "northeim.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"faelle", "sms"} {
		h := config.Fresh[agenda.Webhook]()
		h.ID, h.URL, h.Detail, h.Events = id, "https://"+id+".example/h", agenda.DetailFull, agenda.WebhookEvents()[i:]
		h.Departments, h.Services = []string{s.Departments[0].ID, s.Departments[1].ID}, []string{s.Services[2].ID, s.Services[0].ID}
		s.Webhooks = append(s.Webhooks, h)
	}
	return s
}

// odd draws what no form would make, but a tenant file may hold.
func odd(t *rapid.T, s *agenda.Setup) {
	line := func() string {
		return "x" + rapid.SampledFrom([]string{"", " ", "a  b", "Ä\u00a0ö", "e\u0301", "<b>&amp;\"'", "{name}", " 1\t2 "}).Draw(t, "line") + "y"
	}
	s.Tenant.Languages = rapid.SampledFrom([][]string{{"de", "en"}, {"de"}, {"en", "de", "fr"}, {"no"}}).Draw(t, "languages")
	s.Tenant.Name = rapid.SampledFrom([]agenda.Text{s.Tenant.Name, agenda.Plain("Kreis"), {"fr": "Comté"}}).Draw(t, "name")
	skip := []string{"Tenant", "SlotTemplates", "Subjects", "Openings"}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		leaf := v.Kind() != reflect.Struct && (v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Struct)
		if v.Type() == reflect.TypeFor[agenda.Moment]() || leaf && rapid.IntRange(0, 29).Draw(t, "left") > 0 {
			return
		}
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		switch x := v.Interface().(type) {
		case agenda.Text:
			v.Set(reflect.ValueOf(rapid.SampledFrom([]agenda.Text{x, nil, agenda.Plain(line()), agenda.Plain(" " + line() + "\n\n  " + line() + "\n"), {"no": line()}, {"en": line(), "fr": line()}, {"de": line() + "\n" + line(), "en": line()}}).Draw(t, "text")))
		case []agenda.Span:
			leaf = true
			v.Set(reflect.ValueOf(rapid.SampledFrom([][]agenda.Span{x, nil, {}, {{Minutes: 90}, {Days: 7}}, {{Days: 1}, {Minutes: 1440}, {Days: 14}}}).Draw(t, "spans")))
		case []string:
			if len(x) > 1 && rapid.Bool().Draw(t, "turned") {
				v.Set(reflect.ValueOf(append(append([]string{}, x[1:]...), x[0])))
			}
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				if _, service := v.Interface().(agenda.Service); service && v.Type().Field(i).Name == "Letters" {
					continue // there are very many; the departments' are drawn
				}
				if v.Type().Field(i).IsExported() && !slices.Contains(skip, v.Type().Field(i).Name) {
					walk(v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Bool:
			v.SetBool(rapid.Bool().Draw(t, "bool"))
		case reflect.Float64:
			v.SetFloat(rapid.SampledFrom([]float64{0, v.Float(), 1e-7, -12.3456789}).Draw(t, "float"))
		}
		_, spans := v.Interface().([]agenda.Span)
		_, text := v.Interface().(agenda.Text)
		if (spans || text || v.Kind() == reflect.Bool) && len(s.Check()) > 0 { // the others are never wrong
			v.Set(old)
		}
	}
	walk(reflect.ValueOf(s).Elem())
}

// A form that is sent as it is changes nothing, whatever the set-up holds; and where one
// field is changed, all others stay.
func TestFormsKeepWhatTheyAreNotToldToChange(t *testing.T) {
	h := newHouse(t)
	h.who = as(agenda.Admin, "")
	h.who.Tenant = "northeim"
	rapid.Check(t, func(r *rapid.T) {
		s := county(t)
		odd(r, s)
		if faults := s.Check(); len(faults) > 0 {
			r.Fatal(faults)
		}
		if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
			r.Fatal(err)
		}
		before := h.setup()
		for _, path := range rapid.SliceOfN(rapid.SampledFrom(h.forms(before)), 2, 2).Draw(r, "forms") {
			page := h.get(path)
			if page.Code != http.StatusOK {
				r.Fatalf("%s: got %d", path, page.Code)
			}
			if a := h.post(path, page.form()); a.Code != http.StatusSeeOther {
				r.Fatalf("%s: got %d: %s", path, a.Code, a.main())
			}
			if changes := agenda.Changes(before, h.setup()); len(changes) > 0 {
				r.Fatalf("%s changed %v:\n%s", path, changes, strings.Join(config.Diff(before, h.setup()), "\n"))
			}
		}
	})
}

// Where one field is changed, everything else stays as it is, whatever it is.
func TestOneFieldChangesNothingElse(t *testing.T) {
	h := newHouse(t)
	h.who.Tenant = "northeim"
	rapid.Check(t, func(r *rapid.T) {
		s := county(t)
		odd(r, s)
		if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test", Merge: true}); err != nil {
			r.Fatal(err)
		}
		before := h.setup()
		want := *before
		want.Departments, want.Sites = append([]agenda.Department{}, want.Departments...), append([]agenda.Site{}, want.Sites...)
		want.Services, want.Calendars = append([]agenda.Service{}, want.Services...), append([]agenda.Calendar{}, want.Calendars...)
		want.Webhooks = append([]agenda.Webhook{}, want.Webhooks...)
		x := rapid.SampledFrom([]struct {
			at, field, value string
			set              func()
		}{
			{"departments/" + want.Departments[0].ID, "phone", "05551 4711", func() { want.Departments[0].Phone = "05551 4711" }},
			{"sites/" + want.Sites[0].ID, "city", "Anderswo", func() { want.Sites[0].City = "Anderswo" }},
			{"services/" + want.Services[0].ID, "horizonDays", "77", func() { want.Services[0].HorizonDays = 77 }},
			{"calendars/" + want.Calendars[0].ID, "afterMinutes", "7", func() { want.Calendars[0].AfterMinutes = 7 }},
			{"webhooks/" + want.Webhooks[0].ID, "url", "https://neu.example/h", func() { want.Webhooks[0].URL = "https://neu.example/h" }},
			{"tenant", "retention.journalDays", "77", func() { want.Retention.JournalDays = 77 }},
			{"tenant", "figures.perClerk", "1", func() { want.Figures.PerClerk = true }},
		}).Draw(r, "field")
		x.set()
		at := "/staff/setup/" + x.at
		if a := h.post(at, h.get(at).form(x.field, x.value)); a.Code != http.StatusSeeOther {
			r.Fatalf("%s: got %d: %s", at, a.Code, a.main())
		}
		if diff := config.Diff(&want, h.setup()); len(diff) > 0 {
			r.Fatalf("%s changed more than %s:\n%s", at, x.field, strings.Join(diff, "\n"))
		}
	})
}

// forms are the addresses of some forms of each kind.
func (h *house) forms(s *agenda.Setup) []string {
	list := []string{"/staff/setup/tenant"}
	for i := range min(2, len(s.Departments)) {
		list = append(list, "/staff/setup/departments/"+s.Departments[i].ID, "/staff/setup/letters/"+s.Departments[i].ID)
	}
	for i := range min(2, len(s.Sites)) {
		list = append(list, "/staff/setup/sites/"+s.Sites[i].ID)
	}
	for i := range min(4, len(s.Services)) {
		list = append(list, "/staff/setup/services/"+s.Services[i].ID)
	}
	for i := range min(3, len(s.Calendars)) {
		list = append(list, "/staff/setup/calendars/"+s.Calendars[i].ID)
	}
	for i := range s.Webhooks {
		list = append(list, "/staff/setup/webhooks/"+s.Webhooks[i].ID)
	}
	return list
}
