package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
)

// a town with something of everything that the public must not see.
func secretive(s *agenda.Setup) {
	s.Services[0].Name = agenda.Text{"de": "Personalausweis", "en": "Identity card"}
	s.Services[0].Combinable = append(s.Services[0].Combinable, "geheim")
	s.Services[0].Modes = []string{"onsite", "home"}
	s.Services[0].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Anlass"), Type: "choice", Options: []agenda.Option{
		{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "express", Label: agenda.Plain("Express"), Minutes: 25, Calendars: []string{"ausweise"}}}}}
	hidden := s.Services[0]
	hidden.ID, hidden.Name, hidden.Public, hidden.Combinable, hidden.Questions = "geheim", agenda.Plain("Canarydienst"), agenda.VisibleStaff, nil, nil
	linked := hidden
	linked.ID, linked.Public = "verweis", agenda.VisibleLink
	s.Services = append(s.Services, hidden, linked)
	s.Sites = append(s.Sites, agenda.Site{ID: "keller", Name: agenda.Plain("Canarykeller"), Street: "Kellerweg 1", PostalCode: "37000", City: "Musterstadt"})
	s.Sites[0].Closures = []agenda.Closure{{From: day("2027-01-04"), To: day("2027-01-04"), Reason: agenda.Plain("Canaryumzug")}}
	first := &s.Calendars[0]
	first.Services = append(first.Services, agenda.Offer{ID: "geheim"})
	first.Private, first.AfterMinutes, first.Room = true, 5, agenda.Plain("Zimmer 12")
	first.Closures = []agenda.Closure{{From: day("2027-02-01"), To: day("2027-02-01"), Seats: 1, Reason: agenda.Plain("Canarykrank")}}
	first.SlotTemplates = append(first.SlotTemplates, agenda.SlotTemplate{ID: "offen", Weekdays: []string{"tu"}, From: 14 * 60, To: 16 * 60, SlotMinutes: 60, EveryWeeks: 1, WalkIn: true})
	below := s.Calendars[1]
	below.ID, below.Site = "unten", "keller"
	s.Calendars = append(s.Calendars, below)
}

func day(s string) agenda.Moment {
	d, err := agenda.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return agenda.Moment{Date: d}
}

func TestCatalogueShowsThePublicWhatIsPublic(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		allowed := map[string]string{
			"services":  "id name de en leika synonyms minutes minutesMore maxQuantity combinable leadMinutes horizonDays cancelByMinutes reconfirm ask by checklist fee modes public sensitive questions label type required options calendars services",
			"sites":     "id name street postalCode city lat lon phone access openingHours public sites",
			"calendars": "id name department site room services contact email phone tickMinutes confirm holdMinutes confirmMinutes slotTemplates weekdays from to slotMinutes everyWeeks walkIn calendars",
		}
		for what, keys := range allowed {
			a := c.do("GET", "/"+what, nil)
			if a.status != 200 || a.header.Get("Cache-Control") != "public, max-age=60" || a.header.Get("Vary") != "Authorization" {
				t.Errorf("%s: got %d %v", what, a.status, a.header)
			}
			if strings.Contains(string(a.body), "anary") || strings.Contains(string(a.body), "geheim") || strings.Contains(string(a.body), "buero@") {
				t.Errorf("%s tells the public: %s", what, a.body)
			}
			onlyKeys(t, a.body, keys)
		}
	})
}

// onlyKeys demands that JSON has no keys but these.
func onlyKeys(t *testing.T, body []byte, allowed string) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(allowed)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				if !slices.Contains(known, key) {
					t.Errorf("key %q is not on the list for everybody", key)
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(v)
}

func TestCatalogueShowsStaffEverything(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		token := bearer(c.token(agenda.Auditor, ""))
		for what, parts := range map[string][]string{
			"services":  {`"Canarydienst"`, `"public":"link"`, `"public":false`, `"geheim"`, `"home"`},
			"sites":     {"Canarykeller", "Canaryumzug", `"public":false`},
			"calendars": {`"private":true`, "Canarykrank", "buero@musterstadt.example", `"seats":{"total":3,"public":2}`, `"afterMinutes":5`, `"reminders":["7d","24h"]`, `"unten"`},
		} {
			a := c.do("GET", "/"+what, nil, token...)
			if a.status != 200 || a.header.Get("Cache-Control") != "private, max-age=60" {
				t.Errorf("%s: got %d %v", what, a.status, a.header)
			}
			for _, part := range parts {
				if !strings.Contains(string(a.body), part) {
					t.Errorf("%s does not tell staff %s: %s", what, part, a.body)
				}
			}
		}
	})
}

func TestCatalogueIsSentOnce(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		first := c.do("GET", "/services", nil)
		tag := first.header.Get("ETag")
		for _, known := range []string{tag, `"other", W/` + tag, "*"} {
			a := c.do("GET", "/services", nil, "If-None-Match", known)
			if a.status != 304 || len(a.body) > 0 || a.header.Get("ETag") != tag {
				t.Errorf("If-None-Match %s: got %d %q", known, a.status, a.body)
			}
		}
		if a := c.do("GET", "/services", nil, append(bearer(c.token(agenda.Clerk, "")), "If-None-Match", `"other"`)...); a.status != 200 {
			t.Errorf("another tag: got %d", a.status)
		}
		if a := c.do("HEAD", "/services", nil); a.status != 200 || len(a.body) > 0 || a.header.Get("ETag") != tag {
			t.Errorf("HEAD: got %d %q", a.status, a.body)
		}
		c.change(func(s *agenda.Setup) { s.Services[0].Minutes = 15 })
		if a := c.do("GET", "/services", nil, "If-None-Match", tag); a.status != 200 || a.header.Get("ETag") == tag {
			t.Errorf("after a change: got %d", a.status)
		}
	})
}
