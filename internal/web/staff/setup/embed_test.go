package setup_test

import (
	"html"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// The code that is copied names the public addresses, and nothing in a name ends a tag;
// what nobody may show in a frame, and who may not be seen, has none.
func TestCodeForTheWebsite(t *testing.T) {
	h := newHouse(t)
	const at = "https://termine.example/musterstadt"
	code := func() string { return html.UnescapeString(h.get("/staff/setup/website").Body.String()) } // as fields show it
	if got := code(); !strings.Contains(got, `<a href="`+at+`/s/ausweis">`) || strings.Contains(got, "<iframe") {
		t.Errorf("without origins: got %s", got)
	}
	s := h.setup()
	next := *s
	next.Embed.Origins = []string{"https://www.musterstadt.example"}
	next.Services = append([]agenda.Service{}, s.Services...)
	next.Services[0].Name = agenda.Plain(`Ausweis "neu" <b>`)
	next.Services[1].Public = agenda.VisibleStaff
	if _, err := h.desk.Apply(t.Context(), &next, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	got := code()
	for _, want := range []string{
		`<iframe src="` + at + `/embed/?service=ausweis" title="Ausweis &#34;neu&#34; &lt;b&gt;" width="100%" height="900"></iframe>`,
		`<iframe src="` + at + `/embed/de/next?service=ausweis" title=`,
		"https://termine.example/api/v1/musterstadt/next-free?service=ausweis</textarea>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %s in %s", want, got)
		}
	}
	if hidden := "service=" + next.Services[1].ID; strings.Contains(got, hidden) {
		t.Errorf("the code names %s, which only staff may book", hidden)
	}
}

// The statement that is made of facts lacks something until it says how far the pages are
// accessible and who helps; the tenant's own lacks nothing.
func TestGapsOfTheStatement(t *testing.T) {
	h := newHouse(t)
	const state, body = "sagt noch nicht, wie weit die Seiten barrierefrei sind", "nennt keine Schlichtungs- oder Durchsetzungsstelle"
	change := func(f func(s *agenda.Setup)) string {
		t.Helper()
		next := *h.setup()
		f(&next)
		if _, err := h.desk.Apply(t.Context(), &next, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		return h.get("/staff/setup").Body.String()
	}
	tested := agenda.Accessibility{State: agenda.AccessiblePartly, Tested: agenda.DateOf(h.clock.Now())}
	for i, x := range []struct {
		change      func(s *agenda.Setup)
		state, body bool
	}{
		{func(s *agenda.Setup) { s.Legal.Accessibility, s.Accessibility = nil, agenda.Accessibility{} }, true, true},
		{func(s *agenda.Setup) { s.Accessibility = tested }, false, true},
		{func(s *agenda.Setup) { s.Accessibility.Enforcement.Name = agenda.Plain("Schlichtungsstelle") }, false, false},
		{func(s *agenda.Setup) {
			s.Legal.Accessibility, s.Accessibility = agenda.Plain("Unsere eigene Erklärung."), agenda.Accessibility{}
		}, false, false},
	} {
		got := change(x.change)
		if strings.Contains(got, state) != x.state || strings.Contains(got, body) != x.body {
			t.Errorf("%d: state missing %t, body missing %t; want %t and %t", i, strings.Contains(got, state), strings.Contains(got, body), x.state, x.body)
		}
	}
}
