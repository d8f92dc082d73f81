package setup_test

import (
	"net/http"
	"net/url"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

const longName = "Verwaltungsgemeinschaftsangelegenheitenbearbeitungsstelle für Personenbeförderungsrecht und Fahrerlaubniswesen"

// TestStates renders the pages in each of their example states, in both languages, and
// hands them to the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		h := newHouse(t)
		h.lang = lang
		keep := func(state string, a reply) {
			t.Helper()
			if a.Code != http.StatusOK && a.Code != http.StatusUnprocessableEntity && a.Code != http.StatusConflict {
				t.Errorf("%s: got %d", state, a.Code)
			}
			pagetest.Keep(t, "setup-"+state+"-"+lang, a.Body.String())
		}
		h.states(keep)
	}
}

// states visits them all. It is long because there are many: a list of what can be seen.
func (h *house) states(keep func(string, reply)) {
	at := "/staff/setup"
	keep("overview-gaps", h.get(at))
	b := h.book("buergerbuero", "ausweis")
	keep("ask", h.post(at+"/calendars/buergerbuero", h.get(at+"/calendars/buergerbuero").form("services.ausweis", "")))
	keep("ask-places", h.post(at+"/calendars/buergerbuero", h.get(at+"/calendars/buergerbuero").form("room.de", "Zimmer 99")))
	keep("retire-stranded", h.get(at+"/services/ausweis/retire"))
	keep("retire-needed", h.get(at+"/sites/rathaus/retire"))
	keep("retire", h.get(at+"/services/impfen/retire"))
	if _, err := h.desk.CancelFor(h.Context(), desktest.Clerk(), b.ID); err != nil {
		h.Fatal(err)
	}
	keep("feeds-empty", h.get(at+"/feeds"))
	keep("feeds-made", h.post(at+"/feeds", url.Values{"what": {"all:"}, "detail": {"service"}}))
	keep("feeds-wrong", h.post(at+"/feeds", url.Values{}))
	keep("feeds-own", h.get("/staff/account/feeds"))
	keep("feeds-own-wrong", h.post("/staff/account/feeds", url.Values{}))
	keep("tokens-empty", h.get(at+"/tokens"))
	keep("tokens-made", h.post(at+"/tokens", url.Values{"name": {longName[:60]}, "role": {"clerk"}, "department": {"*"}}))
	h.hookStates(keep)
	keep("letters", h.get(at+"/letters/soziales"))
	keep("letters-wrong", h.post(at+"/letters/soziales", h.get(at+"/letters/soziales").form("letters.confirmed.de", "{wer}")))
	keep("letters-list", h.get(at+"/letters"))
	keep("letters-service", h.get(at+"/services/ausweis/letters?kind=incident-moved"))
	keep("letters-tenant", h.get(at+"/tenant/letters?kind=links"))
	keep("logo", h.get(at+"/logo"))
	keep("logo-wrong", h.post(at+"/logo", url.Values{"logo": {"GIF89a"}}))
	h.post(at+"/logo", url.Values{"logo": {drawing}})
	keep("logo-shown", h.get(at+"/logo"))
	keep("holidays", h.get(at+"/holidays"))
	keep("website-unframed", h.get(at+"/website"))
	keep("file", h.get(at+"/file"))
	keep("file-faults", h.post(at+"/file", url.Values{"text": {"tenant: {id: 7}\nx: y"}}))
	s := h.setup()
	text := h.get(at + "/file.yaml").Body.String()
	keep("file-diff", h.post(at+"/file", url.Values{"text": {text + "closures: [{from: \"2026-12-24\", to: \"2026-12-31\"}]\n"}}))
	for _, x := range []string{"tenant", "departments/soziales", "sites/rathaus", "services/pass", "calendars/buergerbuero", "departments", "sites", "services", "calendars",
		"new/departments", "new/sites", "new/services", "new/calendars"} {
		keep(url.PathEscape(dashed(x)), h.get(at+"/"+x))
	}
	keep("service-wrong", h.post(at+"/services/pass", h.get(at+"/services/pass").form("name.de", "", "minutes", "x", "questions.0.options.0.label.de", "y", "modes", "")))
	keep("calendar-wrong", h.post(at+"/calendars/buergerbuero", h.get(at+"/calendars/buergerbuero").form("services.pass.minutes", "x", "pool", "Ä")))
	keep("tenant-wrong", h.post(at+"/tenant", h.get(at+"/tenant").form("brand.colour", "blau")))
	keep("services-nomatch", h.get(at+"/services?q=xyz"))
	h.busyStates(keep)
	h.who = as(agenda.Lead, "buergerdienste")
	keep("closed", h.get(at+"/services/beratung"))
	h.who = as(agenda.County, "")
	keep("towns", h.get(at+"/towns"))
	keep("towns-made", h.post(at+"/towns", url.Values{"name": {"Neustadt"}, "email": {"chefin@neustadt.example"}}))
	h.who = as(agenda.Admin, "")
	h.full(s)
	keep("service-long", h.get(at+"/services/lang"))
	keep("services-many", h.get(at+"/services"))
	keep("overview-full", h.get(at))
	keep("website", h.get(at+"/website"))
	h.who.Tenant = "neustadt"
	keep("overview-empty", h.get(at))
	keep("services-empty", h.get(at+"/services"))
	keep("website-empty", h.get(at+"/website"))
	keep("holidays-stateless", h.get(at+"/holidays"))
}

func dashed(path string) string {
	b := []byte(path)
	for i := range b {
		if b[i] == '/' {
			b[i] = '-'
		}
	}
	return string(b)
}

// full makes a set-up with the longest names, and with many services.
func (h *house) full(s *agenda.Setup) {
	h.Helper()
	next := *s
	next.Legal = agenda.Legal{Imprint: agenda.Plain("https://musterstadt.example/impressum"), Privacy: agenda.Plain("x"), Accessibility: agenda.Plain("x")}
	next.Embed.Origins = []string{"https://www.musterstadt.example"}
	next.Services = append([]agenda.Service{}, s.Services...)
	next.Calendars = append([]agenda.Calendar{}, s.Calendars...)
	for i, id := range []string{"lang", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"} {
		x := config.Fresh[agenda.Service]()
		x.ID, x.Name, x.Minutes = id, agenda.Text{"de": longName, "en": longName}, 5+i
		x.Checklist = []agenda.Text{agenda.Plain(longName)}
		x.Questions = []agenda.Question{{ID: "a", Label: agenda.Plain(longName), Type: "choice", Options: []agenda.Option{{ID: "x", Label: agenda.Plain(longName), Calendars: []string{"buergerbuero"}}}},
			{ID: "b", Label: agenda.Plain("Ja?"), Type: "yesno", Required: true}}
		next.Services = append(next.Services, x)
		c := &next.Calendars[0]
		c.Services = append(append([]agenda.Offer{}, c.Services...), agenda.Offer{ID: id})
	}
	next.Calendars[0].Name = agenda.Plain(longName)
	next.Revision = h.setup().Revision
	if err := next.Prepare(); err != nil {
		h.Fatal(err)
	}
	if _, err := h.desk.Apply(h.Context(), &next, booking.ApplyOptions{Actor: "test"}); err != nil {
		h.Fatal(err)
	}
}
