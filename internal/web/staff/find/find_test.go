package find_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/find"
	"terminvergabe/internal/web/staff/office"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// house is the search, with somebody of the staff before it.
type house struct {
	*testing.T
	desk    *booking.Desk
	person  *agenda.Person
	handler http.Handler
	lang    string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d, _ := desktest.SQLite(t)
	cat, pages := builttest.Pages(t)
	h := &house{T: t, desk: d, person: desktest.Clerk(), lang: "de"}
	o := &office.Office{Pages: pages, Recognise: func(ctx context.Context, _ string) (office.Known, error) {
		p, err := d.Present(ctx, h.person.Tenant)
		return office.Known{Person: h.person, Setup: p.Setup, Now: p.Now.In(p.Setup.Zone())}, err
	}}
	r := route.NewTable()
	(&find.Part{Office: o, Desk: d}).Mount(r)
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

func (h *house) send(r *http.Request, status int, texts ...string) *httptest.ResponseRecorder {
	h.Helper()
	r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
	r.Header.Set("Accept-Language", h.lang)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	body := w.Body.String()
	if w.Code != status {
		h.Errorf("%s %s: got %d, want %d", r.Method, r.URL, w.Code, status)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range pagetest.CheckHTML(body) {
			h.Errorf("%s", fault)
		}
	}
	for _, text := range texts {
		if not, ok := strings.CutPrefix(text, "!"); ok && strings.Contains(body, not) || !ok && !strings.Contains(body, text) {
			_, main, _ := strings.Cut(body, "<main")
			h.Errorf("%q in %.2500s", text, main)
		}
	}
	return w
}

func (h *house) find(status int, pairs []string, texts ...string) *httptest.ResponseRecorder {
	h.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "/staff/find", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(r, status, texts...)
}

func (h *house) book(name, phone, email string, day int, clock string) *agenda.Booking {
	h.Helper()
	r := booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: desktest.At(day, clock), By: agenda.Staff, Actor: "x", Person: desktest.Clerk(), Overbook: true}
	got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: name, Phone: phone, Email: email}, CaseReference: "32-99/" + clock}, booking.Once{})
	if err != nil {
		h.Fatal(err)
	}
	return got.Booking
}

func TestFindAsOneTypes(t *testing.T) {
	h := newHouse(t)
	h.send(httptest.NewRequest(http.MethodGet, "/staff/find", nil), 200, "Termin suchen", `value="2026-06-29"`, `value="2026-10-04"`, "autofocus", "!gefunden")
	jo := h.book("Jörg Schubert-Groß", "05550 / 47 11", "joerg@beispiel.example", 1, "08:00")
	h.book("Anna Jorgensen", "+49 170 1234567", "anna@beispiel.example", 2, "09:00")
	for q, want := range map[string][]string{
		"joerg":                  {"Jörg", "!Anna"},
		"SCHUBERT":               {"Jörg"}, // eight letters, like a reference
		"gross":                  {"Jörg"},
		"jorg":                   {"Jörg", "Anna", "2 Termine gefunden"},
		"4711":                   {"Jörg", "!Anna"},
		"0049 5550 4711":         {"Jörg"},
		"0170 12":                {"Anna", "!Jörg"},
		"joerg@beispiel.example": {"Jörg"},
		"anna@":                  {"Anna", "!Jörg"},
		"32-99/09":               {"Anna", "!Jörg"},
		"niemand":                {"0 Termine gefunden", "kürzerer Teil"},
	} {
		h.find(200, []string{"q", q}, append(want, `value="`)...)
	}
	for _, q := range []string{jo.Reference, strings.ToLower(strings.ReplaceAll(jo.Reference, "-", "")), " " + strings.ReplaceAll(jo.Reference, "-", " ")} {
		w := h.find(303, []string{"q", q})
		if got := w.Header().Get("Location"); got != "/staff/bookings/"+jo.ID {
			t.Errorf("%q leads to %q", q, got)
		}
	}
	secret, err := h.desk.Private(jo)
	if err != nil {
		t.Fatal(err)
	}
	slip := "https://termine.musterstadt.example/musterstadt/m/" + secret.Manage // what the code on a slip types
	if got := h.find(303, []string{"q", slip}).Header().Get("Location"); got != "/staff/bookings/"+jo.ID {
		t.Errorf("the code of a slip leads to %q", got)
	}
	h.find(200, []string{"q", slip + "X"}, "0 Termine gefunden")
	h.find(200, []string{"q", "jorg", "from", "2026-07-08", "to", "8.7.2026"}, "Anna", "!Jörg S", `value="jorg"`)
	h.find(200, []string{"q", "jorg", "calendar", "soziales"}, "0 Termine")
}

func TestFindRefusesBesideTheField(t *testing.T) {
	h := newHouse(t)
	h.find(422, []string{"q", ""}, `id="q-error"`, "Was suchen Sie?")
	h.find(422, []string{"q", "x"}, `id="q-error"`, "mindestens zwei Zeichen", `value="x"`)
	h.find(422, []string{"q", "Ada", "from", "morgen"}, `id="from-error"`, `value="morgen"`)
	h.find(422, []string{"q", "Ada", "from", "2026-07-08", "to", "2026-07-01"}, `id="to-error"`, "vor dem Anfang")
	h.find(422, []string{"q", "Ada", "from", "2026-07-08", "to", "2029-07-01"}, `id="to-error"`, "höchstens 400 Tage")
	h.find(422, []string{"q", "Ada", "calendar", "gibt-es-nicht"}, `id="calendar-error"`)
}

func TestFindWithinRights(t *testing.T) {
	h := newHouse(t)
	b := h.book("Ada Beispiel", "05550 4711", "", 1, "08:00")
	h.person = desktest.Clerk()
	h.person.Department = "soziales"
	h.find(200, []string{"q", "Ada"}, "0 Termine")
	h.find(200, []string{"q", b.Reference}, "0 Termine")
	h.find(200, []string{"q", "Ada", "calendar", "buergerbuero"}, "0 Termine")
	h.person.Role = agenda.County
	h.find(403, []string{"q", "Ada"})
}
