package incident

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/ui"
)

const town = "musterstadt"

// house is this part of the back office alone, for somebody who is signed in.
type house struct {
	*testing.T
	desk    *booking.Desk
	clock   *desktest.Clock
	handler http.Handler
	person  *agenda.Person
	runner  *jobs.Runner
}

func lead() *agenda.Person {
	return &agenda.Person{Tenant: town, ID: "lead", Name: "Lea Muster", Role: agenda.Lead}
}

func open(t *testing.T) *house {
	t.Helper()
	d, c := desktest.SQLite(t)
	cat, pages := builttest.Pages(t)
	templates, err := mail.LoadTemplates(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, desk: d, clock: c, person: lead()}
	h.runner = &jobs.Runner{Desk: d, Templates: templates, Catalogue: cat, Links: booking.Links{Base: "https://termine.example.org"}, Log: slog.New(slog.DiscardHandler)}
	o := &office.Office{Pages: pages, Recognise: func(ctx context.Context, _ string) (office.Known, error) {
		p, err := d.Present(ctx, town)
		return office.Known{Person: h.person, Setup: p.Setup, Now: p.Now.In(p.Setup.Zone())}, err
	}}
	part := &Part{Office: o, Desk: d, Preview: h.runner.Preview}
	r := route.NewTable()
	part.Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

type reply struct {
	*house
	*httptest.ResponseRecorder
}

func (h *house) send(r *http.Request) reply {
	h.Helper()
	r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		h.Errorf("%s %s: got %d", r.Method, r.URL, w.Code)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range pagetest.CheckHTML(w.Body.String()) {
			h.Errorf("%s %s: %s", r.Method, r.URL, fault)
		}
	}
	return reply{h, w}
}

func (h *house) get(path string) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (h *house) post(path string, form url.Values) reply {
	h.Helper()
	return h.send(httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode())))
}

// want checks the status and what the page says.
func (a reply) want(status int, texts ...string) reply {
	a.Helper()
	if a.Code != status {
		a.Errorf("got status %d, want %d", a.Code, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body.String(), text) {
			_, main, _ := strings.Cut(a.Body.String(), "<main")
			a.Errorf("%q is missing in %s", text, main[:min(3000, len(main))])
		}
	}
	return a
}

// on follows a redirect to an address.
func (a reply) on(suffix string) reply {
	a.Helper()
	to := a.Header().Get("Location")
	if a.Code != http.StatusSeeOther || !strings.HasSuffix(to, suffix) {
		_, main, _ := strings.Cut(a.Body.String(), "<main")
		a.Fatalf("got %d to %q, want a redirect to ...%s: %s", a.Code, to, suffix, main[:min(3000, len(main))])
	}
	to, _, _ = strings.Cut(to, "#")
	return a.get(to)
}

var field = regexp.MustCompile(`<input[^>]*type="(checkbox|radio|hidden)"[^>]*name="([^"]*)" value="([^"]*)"( checked)?|<select[^>]*name="([^"]*)"|<option value="([^"]*)"[^>]*?( selected)?>|<input[^>]* value="([^"]*)"[^>]*name="([^"]*)"|<textarea[^>]*name="([^"]*)"`)

// form are the values that the page's form would send as it stands.
func (a reply) form() url.Values {
	v := url.Values{}
	selecting := ""
	for _, m := range field.FindAllStringSubmatch(a.Body.String(), -1) {
		switch {
		case m[2] != "":
			if m[1] == "hidden" || m[4] != "" {
				v.Add(m[2], m[3])
			}
		case m[5] != "":
			selecting = m[5]
		case strings.HasPrefix(m[0], "<option"):
			if m[7] != "" || !v.Has(selecting) {
				v.Set(selecting, m[6])
			}
		case m[9] != "":
			v.Set(m[9], m[8])
		case m[10] != "":
			v.Set(m[10], "")
		}
	}
	return v
}

// morning books thirty visits on Tuesday, three of them without an address.
func (h *house) morning(n int) {
	h.Helper()
	for i := range n {
		r := booking.Request{Tenant: town, Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(1, "08:00").Add(time.Duration(i/2) * 10 * time.Minute), By: agenda.Staff, Actor: "clerk", Person: desktest.Clerk()}
		f := booking.Form{Visitor: agenda.Visitor{Name: fmt.Sprintf("Gast Beispiel %d", i), Email: fmt.Sprintf("gast%d@beispiel.example", i), Phone: "05550 4711"}, Language: "de"}
		if i%10 == 9 {
			f.Email = ""
		}
		if i%4 == 1 {
			f.Language = "en"
		}
		if _, err := h.desk.BookNow(h.Context(), r, f, booking.Once{}); err != nil {
			h.Fatal(err)
		}
	}
}

func ill() url.Values {
	return url.Values{"reason": {"ill"}, "note": {"Grippe"}, "calendar": {"buergerbuero"}, "from": {"2026-07-07T08:00"}, "to": {"2026-07-07T12:00"}, "close": {"all"}}
}

// toLetters goes on to the look at the letters, with what the pages suggest.
func (h *house) toLetters(change func(url.Values)) reply {
	h.Helper()
	choose := h.post("/staff/incidents", ill()).on("/bookings").want(200)
	here := h.path(choose)
	plan := h.post(here+"/bookings", choose.form()).on("/plan").want(200)
	form := plan.form()
	form.Set("letter.de", "Im Bürgerbüro ist jemand erkrankt.")
	form.Set("letter.en", "Somebody is ill.")
	if change != nil {
		change(form)
	}
	return h.post(here+"/plan", form).on("/letters").want(200)
}

var address = regexp.MustCompile(`action="(/staff/incidents/[A-Z0-9]+)/`)

// path is the incident that a page is about.
func (h *house) path(a reply) string {
	h.Helper()
	m := address.FindStringSubmatch(a.Body.String())
	if m == nil {
		h.Fatal("no incident on the page")
	}
	return m[1]
}

// finish lets the job do what is left.
func (h *house) finish() {
	h.Helper()
	if err := h.desk.WorkIncidents(h.Context(), time.Time{}); err != nil {
		h.Fatal(err)
	}
}

// Thirty visitors hear of a clerk's illness in five steps.
func TestThirtyVisits(t *testing.T) {
	h := open(t)
	h.morning(30)
	letters := h.toLetters(nil).want(200, "30 Termine werden verlegt", "27 Schreiben gehen hinaus", "3 Personen müssen angerufen werden",
		"Wir haben Ihren Termin verlegt", "Im Bürgerbüro ist jemand erkrankt.", "We had to move your appointment", "Somebody is ill.", "Previous appointment: Tuesday, 7 July 2026, 08:00", "/m/...")
	here := h.path(letters)
	show := h.post(here+"/confirm", nil).on("").want(200, "5 von 30 erledigt", "wird ausgeführt")
	if show.Header().Get("Refresh") == "" {
		t.Error("the page of work under way does not come again")
	}
	h.finish()
	show = h.get(here).want(200, "30 von 30 erledigt", "Bis 07:10", "Alles zurücknehmen", "Anrufliste: noch 3 Personen")
	if show.Header().Get("Refresh") != "" {
		t.Error("the page comes again for nothing")
	}
	h.post(here+"/confirm", nil).on("").want(200, "30 von 30 erledigt")
	calls := h.get(here+"/calls").want(200, "Noch 3 Personen", "05550 4711", "Der Termin ist verlegt.")
	h.post(here+"/calls", url.Values{"booking": {calls.form().Get("booking")}, "answer": {"called"}}).want(http.StatusSeeOther)
	h.get(here+"/calls").want(200, "Noch 2 Personen", "Doch nicht")
	h.get("/staff/incidents").want(200, "ausgeführt", "Grippe")
	h.clock.Advance(11 * time.Minute)
	h.post(here+"/undo", nil).want(http.StatusConflict, "Die Schreiben sind schon unterwegs")
}

func TestUndoAndPause(t *testing.T) {
	h := open(t)
	h.morning(12)
	here := h.path(h.toLetters(func(v url.Values) { v.Set("act", "propose") }).want(200, "11 Schreiben gehen hinaus", "Vorschlag ansehen und antworten"))
	h.post(here+"/confirm", nil).want(http.StatusSeeOther)
	h.post(here+"/pause", nil).on("").want(200, "angehalten", "Weitermachen", "5 von 12")
	h.finish()
	h.post(here+"/resume", nil).on("").want(200, "5 von 12")
	h.finish()
	h.get(here).want(200, "12 von 12", "wartet auf Antwort")
	calls := h.get(here+"/calls").want(200, "Nimmt an", "Passt die neue Zeit?")
	h.post(here+"/calls", url.Values{"booking": {calls.form().Get("booking")}, "answer": {"yes"}}).want(http.StatusSeeOther)
	h.post(here+"/undo", nil).want(http.StatusSeeOther)
	h.finish()
	h.get(here).want(200, "zurückgenommen", "1 Termin ließ sich nicht zurücknehmen", "Die Person hat schon geantwortet.")
}

// Where booking goes on, what has come since is offered, and what has changed since is
// said.
func TestSince(t *testing.T) {
	h := open(t)
	h.morning(2)
	form := ill()
	form.Set("close", "nothing")
	choose := h.post("/staff/incidents", form).on("/bookings")
	here := h.path(choose)
	plan := h.post(here+"/bookings", choose.form()).on("/plan")
	h.post(here+"/plan", plan.form()).on("/letters")
	h.post(here+"/confirm", nil).on("")
	h.finish()
	h.morning(3)
	_, list, err := h.desk.Incident(t.Context(), lead(), strings.TrimPrefix(here, "/staff/incidents/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.CancelFor(t.Context(), desktest.Clerk(), list[0].Item.Booking); err != nil {
		t.Fatal(err)
	}
	h.get(here).want(200, "3 weitere Termine liegen jetzt in dieser Zeit", "from=2026-07-07T08%3A00", "inzwischen noch einmal geändert")
}

// Whatever is wrong stands beside its field, with what was typed.
func TestBadInput(t *testing.T) {
	h := open(t)
	h.morning(3)
	for name, c := range map[string]struct {
		change func(url.Values)
		texts  []string
	}{
		"no calendar":   {func(v url.Values) { v.Del("calendar") }, []string{`id="calendar-error"`}},
		"no time":       {func(v url.Values) { v.Set("from", "morgen früh") }, []string{`id="from-error"`, "morgen früh", "Grippe"}},
		"backwards":     {func(v url.Values) { v.Set("to", "2026-07-07T07:00") }, []string{`id="to-error"`}},
		"no seats":      {func(v url.Values) { v.Set("close", "some"); v.Set("seats", "viele") }, []string{`id="seats-error"`, "viele"}},
		"other reason":  {func(v url.Values) { v.Set("reason", "mood") }, []string{`id="reason-error"`}},
		"a long note":   {func(v url.Values) { v.Set("note", strings.Repeat("x", 201)) }, []string{`id="note-error"`}},
		"not theirs":    {func(v url.Values) { v.Set("calendar", "elsewhere") }, []string{`id="calendar-error"`}},
		"a year or two": {func(v url.Values) { v.Set("to", "2028-07-07T07:00") }, []string{`id="to-error"`}},
	} {
		form := ill()
		c.change(form)
		t.Log(name)
		h.post("/staff/incidents", form).want(http.StatusUnprocessableEntity, c.texts...)
	}
	choose := h.post("/staff/incidents", ill()).on("/bookings")
	here := h.path(choose)
	h.post(here+"/bookings", url.Values{"booking": {"nobody"}}).want(http.StatusUnprocessableEntity, "mindestens einen")
	plan := h.post(here+"/bookings", choose.form()).on("/plan")
	form := plan.form()
	form.Set("days", "99")
	form.Set("letter.de", strings.Repeat("ä", 1001))
	h.post(here+"/plan", form).want(http.StatusUnprocessableEntity, `id="days-error"`, `id="letter.de-error"`, "äää")
	form = plan.form()
	one := strings.TrimPrefix(slotOf(form), "slot.")
	form.Set("slot."+one, "2020-01-01T00:00:00Z buergerbuero")
	h.post(here+"/plan", form).want(http.StatusUnprocessableEntity, `id="slot.`+one+`-error"`)
	h.post(here+"/drop", nil).on("?done=dropped").want(200, "verworfen")
}

func slotOf(v url.Values) string {
	for name := range v {
		if strings.HasPrefix(name, "slot.") {
			return name
		}
	}
	return ""
}

// From a closure one is led here with calendars and time filled in, and nothing more to
// close.
func TestLedFromAClosure(t *testing.T) {
	h := open(t)
	form := h.get("/staff/incidents/new?calendar=buergerbuero&calendar=ausweise&from=2026-07-07T08:00&to=2026-07-07T12:00").want(200).form()
	if got := fmt.Sprint(form["calendar"], form["from"], form["to"], form["close"]); got != "[buergerbuero ausweise] [2026-07-07T08:00] [2026-07-07T12:00] [nothing]" {
		t.Errorf("got %s", got)
	}
	form = h.get("/staff/incidents/new").want(200).form()
	if got := fmt.Sprint(form["from"], form["to"], form["close"]); got != "[2026-07-06T07:00] [2026-07-07T00:00] [all]" {
		t.Errorf("got %s", got)
	}
	form = h.get("/staff/incidents/new?from=2026-07-07&to=2026-07-08").want(200).form()
	if got := fmt.Sprint(form["from"], form["to"]); got != "[2026-07-07T00:00] [2026-07-09T00:00]" {
		t.Errorf("got %s, want both days", got)
	}
	h.get("/staff/incidents/new?from=<script>&to=1&calendar=x").want(200)
}

// Without the right there is nothing; with it elsewhere, nothing is here.
func TestRights(t *testing.T) {
	h := open(t)
	h.morning(2)
	here := h.path(h.post("/staff/incidents", ill()).on("/bookings"))
	h.person = desktest.Clerk()
	h.get("/staff/incidents").want(http.StatusForbidden)
	h.post("/staff/incidents", ill()).want(http.StatusForbidden)
	h.person = &agenda.Person{Tenant: town, ID: "x", Role: agenda.Lead, Department: "soziales"}
	for _, path := range []string{"", "/bookings", "/plan", "/letters", "/calls"} {
		h.get(here + path).want(http.StatusNotFound)
	}
	for _, path := range []string{"/bookings", "/plan", "/confirm", "/pause", "/resume", "/undo", "/send", "/again", "/drop", "/calls"} {
		h.post(here+path, url.Values{"booking": {"x"}}).want(http.StatusNotFound)
	}
	h.post("/staff/incidents", ill()).want(http.StatusUnprocessableEntity)
}

// TestLook serves a busy morning on LOOK (an address such as 127.0.0.1:8099), for people
// who want to see it.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := open(t)
	h.morning(30)
	t.Fatal(http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.finish()
		r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
		h.handler.ServeHTTP(w, r)
	})))
}
