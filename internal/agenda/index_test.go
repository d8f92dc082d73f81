package agenda

import "testing"

// A set-up that was changed after it was prepared finds what is there now.
func TestIndexIsNeverWrong(t *testing.T) {
	s := &Setup{Tenant: Tenant{Timezone: "Europe/Berlin"}, Services: []Service{{ID: "a"}, {ID: "b"}},
		Calendars: []Calendar{{ID: "one", Services: []Offer{{ID: "b"}}}, {ID: "two", Services: []Offer{{ID: "a"}, {ID: "b"}}}}}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	if got := s.Offering("b"); len(got) != 2 || got[0] != &s.Calendars[0] || got[1] != &s.Calendars[1] {
		t.Errorf("got %v, want both calendars in their order", got)
	}
	if got := s.Offering("c"); got != nil {
		t.Errorf("got %v for a service that there is not", got)
	}
	s.Calendars[0].Site, s.Calendars[1].Site = "here", "there"
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	if got := s.OfferingAt("b", "there"); len(got) != 1 || got[0] != &s.Calendars[1] {
		t.Errorf("got %v, want the calendar there", got)
	}
	s.Services = []Service{{ID: "c"}, {ID: "a"}}
	for id, want := range map[string]int{"c": 0, "a": 1} {
		if got, ok := s.Service(id); !ok || got != &s.Services[want] {
			t.Errorf("%s: got %v, %v", id, got, ok)
		}
	}
	if got, ok := s.Service("b"); ok {
		t.Errorf("got %v, which is gone", got)
	}
}
