package journal

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/inventory"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

const town = "musterstadt"

// house is the journal of Musterstadt. Whoever asks is the person that was set.
type house struct {
	*testing.T
	desk    *booking.Desk
	clock   *desktest.Clock
	person  *agenda.Person
	handler http.Handler
}

func newHouse(t *testing.T) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	h := &house{T: t}
	h.desk, h.clock = desktest.SQLite(t)
	h.as(agenda.Auditor, "")
	o := &office.Office{Pages: pages, Recognise: func(c context.Context, _ string) (k office.Known, err error) {
		p, err := h.desk.Present(c, h.person.Tenant)
		if err == nil {
			k = office.Known{Person: h.person, Setup: p.Setup, Now: p.Now.In(p.Setup.Zone())}
		}
		return k, err
	}}
	r := route.NewTable()
	(&Part{Office: o, Desk: h.desk}).Mount(r)
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

func (h *house) as(role agenda.Role, department string) {
	h.person = &agenda.Person{Tenant: town, ID: "somebody", Name: "Uwe Muster", Role: role, Department: department}
}

func (h *house) get(path string, status int) string {
	h.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != status {
		h.Errorf("%s: got %d, want %d", path, w.Code, status)
	}
	body := w.Body.String()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		for _, fault := range pagetest.CheckHTML(body) {
			h.Errorf("%s: %s", path, fault)
		}
	}
	return body
}

func (h *house) want(body string, texts ...string) {
	h.Helper()
	if _, main, ok := strings.Cut(body, "<main"); ok {
		body = main
	}
	for _, text := range texts {
		not, absent := strings.CutPrefix(text, "!")
		if strings.Contains(body, not) == absent {
			h.Errorf("%q in %s", text, body[:min(len(body), 9000)])
		}
	}
}

// busy books, moves, cancels and serves, as visitor and as staff.
func (h *house) busy() (cancelled, asked *agenda.Booking) {
	h.Helper()
	book := func(calendar, at string, wish agenda.Wish, by *agenda.Person) *agenda.Booking {
		r := booking.Request{Tenant: town, Wish: wish, Calendar: calendar, Start: desktest.At(1, at), By: agenda.Public, Actor: booking.ActorVisitor, Person: by}
		if by != nil {
			r.By, r.Actor = agenda.Staff, by.ID
		}
		got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: desktest.Ada, Language: "de"}, booking.Once{})
		if err != nil {
			h.Fatal(err)
		}
		return got.Booking
	}
	a := book("buergerbuero", "08:00", desktest.Wish("ausweis"), nil)
	b := book("buergerbuero", "09:00", desktest.Wish("pass"), desktest.Clerk())
	c := book("soziales", "08:00", desktest.Wish("beratung"), nil)
	must := func(_ *agenda.Booking, err error) {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	must(h.desk.CancelFor(h.Context(), desktest.Clerk(), a.ID))
	must(h.desk.MoveFor(h.Context(), desktest.Clerk(), b.ID, booking.Target{Start: desktest.At(2, "10:00")}))
	must(h.desk.Visit(h.Context(), desktest.Clerk(), b.ID, agenda.Served))
	return a, c
}

func TestJournalInWords(t *testing.T) {
	h := newHouse(t)
	a, c := h.busy()
	body := h.get("/staff/journal", http.StatusOK)
	h.want(body, "Termin "+a.Reference, "/staff/bookings/"+c.ID, "Abgesagt", "Verschoben", "nach bedient", "Einrichtung geändert", "Besucher", "clerk",
		"!Ada Beispiel", "!beispiel.example", "!4711", "!{")
	h.want(h.get("/staff/journal?lang=en&act=cancel&who=visitor", http.StatusOK), "no entries")
	h.want(h.get("/staff/journal?reference="+c.Reference, http.StatusOK), "Termin "+c.Reference, "!"+a.Reference)
	h.want(h.get("/staff/journal?reference=NICHTS", http.StatusUnprocessableEntity), "finden wir nicht", `value="NICHTS"`)
	h.want(h.get("/staff/journal?from=2026-07-06&to=2026-07-01", http.StatusUnprocessableEntity), "Das Ende liegt vor dem Anfang")
	h.as(agenda.Lead, "soziales")
	h.want(h.get("/staff/journal", http.StatusOK), "Termin "+c.Reference, "!"+a.Reference, "!<td>Einrichtung geändert", "Ihrer Kalender")
	h.want(h.get("/staff/journal?reference="+a.Reference, http.StatusUnprocessableEntity), "finden wir nicht")
}

// A visit to a private calendar has no reference for those who may not open it.
func TestPrivateVisitsHaveNoReference(t *testing.T) {
	h := newHouse(t)
	s := desktest.Musterstadt()
	s.Revision, s.Calendars[2].Private = 1, true
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	_, c := h.busy()
	h.want(h.get("/staff/journal", http.StatusOK), "Termin: Soziales, Nebenstelle", "!"+c.Reference)
	h.want(h.get("/staff/journal?reference="+c.Reference, http.StatusUnprocessableEntity), "finden wir nicht")
}

// The data protection officer reads which data is kept, with the terms of their own town.
func TestPrivacySaysTheTermsInForce(t *testing.T) {
	h := newHouse(t)
	s := desktest.Musterstadt()
	s.Revision, s.Retention = 1, agenda.Retention{BookingDays: 5, JournalDays: 61, StatisticsDays: 200}
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	const path = "/staff/privacy"
	h.want(h.get("/staff/journal", http.StatusOK), `href="`+path+`"`)
	body := h.get(path, http.StatusOK)
	h.want(body, "5 Tage nach dem Besuch", "61 Tage", "200 Tage", "booking (sealed)", "viewing (tenant", "IP-Adressen", `href="/staff/docs/daten"`, "!{", "!2 Tage nach")
	for _, k := range inventory.Kinds() {
		h.want(body, `id="`+k.ID+`"`)
	}
	for _, lang := range []string{"de", "en"} {
		pagetest.Keep(t, "privacy-"+lang, h.get(path+"?lang="+lang, http.StatusOK))
	}
	h.as(agenda.Lead, "soziales")
	h.get(path, http.StatusOK)
	h.as(agenda.Planner, "")
	h.get(path, http.StatusForbidden)
}

func TestJournalTurnsPages(t *testing.T) {
	h := newHouse(t)
	h.many(250)
	seen := map[string]int{}
	path := "/staff/journal"
	for range 3 {
		body := h.get(path, http.StatusOK)
		for _, m := range regexp.MustCompile(`Anderes: act(\d+)`).FindAllStringSubmatch(body, -1) {
			seen[m[1]]++
		}
		next := regexp.MustCompile(`href="(/staff/journal[^"]*before=[^"]*)"`).FindStringSubmatch(body)
		if next == nil {
			break
		}
		path = strings.ReplaceAll(next[1], "&amp;", "&")
	}
	if len(seen) != 250 {
		t.Errorf("got %d entries, want 250", len(seen))
	}
	for act, n := range seen {
		if n != 1 {
			t.Errorf("act%s was shown %d times", act, n)
		}
	}
}

// many writes entries of acts without words.
func (h *house) many(n int) {
	h.Helper()
	for i := range n {
		h.clock.Advance(time.Second)
		err := h.desk.Store.Update(h.Context(), func(tx *store.Tx) error {
			return tx.Log(store.Entry{Tenant: town, Act: "act" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)), Subject: "setup", Actor: "=1+1"}, nil)
		})
		if err != nil {
			h.Fatal(err)
		}
	}
}

func TestJournalAsFile(t *testing.T) {
	h := newHouse(t)
	a, _ := h.busy()
	h.many(3)
	file := h.get("/staff/journal/journal.csv", http.StatusOK)
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
	rows, err := c.ReadAll()
	if err != nil || len(rows) < 8 {
		t.Fatalf("got %d lines, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet may run %q", cell)
			}
		}
	}
	h.want(file, "'=1+1", a.Reference, "!Ada")
	h.get("/staff/journal/journal.csv?from=2026-07-06&to=2026-07-01", http.StatusUnprocessableEntity)
}

func TestJournalDemandsTheRight(t *testing.T) {
	h := newHouse(t)
	for _, role := range agenda.Roles() {
		for _, path := range []string{"/staff/journal", "/staff/journal/journal.csv"} {
			h.as(role, "")
			want := http.StatusForbidden
			if role.May(agenda.SeeJournal) {
				want = http.StatusOK
			}
			h.get(path, want)
		}
	}
}

// TestStates keeps the page in its states for the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		h := newHouse(t)
		keep := func(name string, q url.Values, status int) {
			q.Set("lang", lang)
			pagetest.Keep(t, "journal-"+name+"-"+lang, h.get("/staff/journal?"+q.Encode(), status))
		}
		keep("empty", url.Values{"act": {"reject"}}, http.StatusOK)
		h.busy()
		keep("some", url.Values{}, http.StatusOK)
		keep("wrong", url.Values{"reference": {"NICHTS"}}, http.StatusUnprocessableEntity)
		h.many(130)
		keep("full", url.Values{}, http.StatusOK)
		h.as(agenda.Lead, "soziales")
		keep("limited", url.Values{}, http.StatusOK)
	}
}

// Who looked is shown to those who may see the journal, within their calendars, with
// every state of the page in both languages.
func TestWhoLookedInWords(t *testing.T) {
	h := newHouse(t)
	_, c := h.busy()
	clerk := desktest.Clerk()
	day := agenda.DateOf(desktest.At(1, "00:00"))
	if _, err := h.desk.Seen(h.Context(), clerk, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.List(h.Context(), clerk, "", day, day+1); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.WriteViewings(h.Context()); err != nil {
		t.Fatal(err)
	}
	const path = "/staff/journal/looks"
	h.want(h.get("/staff/journal", http.StatusOK), path)
	h.want(h.get(path, http.StatusOK), "Termin geöffnet", "Termin "+c.Reference, "/staff/bookings/"+c.ID, "In einer Liste", "bis", "1 Termin<", "clerk",
		"!Ada Beispiel", "!beispiel.example", "!4711", "!{")
	h.want(h.get(path+"?day="+day.String(), http.StatusOK), "1 Termin<")
	h.want(h.get(path+"?day=2026-07-20", http.StatusOK), "kein Blick")
	h.want(h.get(path+"?reference=NICHTS", http.StatusUnprocessableEntity), "finden wir nicht")
	for _, lang := range []string{"de", "en"} {
		for name, x := range map[string]struct {
			query  string
			status int
		}{"some": {"", 200}, "none": {"&day=2026-07-20", 200}, "wrong": {"&from=2026-07-06&to=2026-07-01", 422}} {
			pagetest.Keep(t, "looks-"+name+"-"+lang, h.get(path+"?lang="+lang+x.query, x.status))
		}
	}
	h.as(agenda.Lead, "buergerdienste")
	h.want(h.get(path, http.StatusOK), "Ihren Kalendern", "!"+c.Reference)
	h.want(h.get(path+"?reference="+c.Reference, http.StatusUnprocessableEntity), "finden wir nicht")
	h.as(agenda.Clerk, "")
	h.get(path, http.StatusForbidden)
}
