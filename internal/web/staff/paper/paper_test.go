package paper_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/paper"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	town     = "musterstadt"
	password = "korrekt pferd batterie"
)

// house is the printed lists as the service puts them together.
type house struct {
	*testing.T
	desk     *booking.Desk
	clock    *desktest.Clock
	accounts *auth.Accounts
	lists    *paper.Memory
	handler  http.Handler
	lang     string
}

func newHouse(t *testing.T, d *booking.Desk, c *desktest.Clock) *house {
	t.Helper()
	cat, pages := builttest.Pages(t)
	h := &house{T: t, desk: d, clock: c, lang: "de", lists: &paper.Memory{Desk: d}}
	h.accounts = &auth.Accounts{Store: d.Store, Passwords: auth.NewPasswords(0)}
	o := &office.Office{Pages: pages, Recognise: h.lists.Watch(staff.Recognise(d, h.accounts))}
	r := route.NewTable()
	(&staff.Office{Office: o, Desk: d, Accounts: h.accounts}).Mount(r)
	(&paper.Part{Office: o, Desk: d, Memory: h.lists}).Mount(r)
	h.handler = pages.Guard(r, o.Handlers().Always(&page.Error{Status: http.StatusForbidden}))
	t.Cleanup(func() {
		if missing := cat.Missing(); len(missing) > 0 {
			t.Errorf("texts missing: %v", missing)
		}
	})
	return h
}

// as signs somebody in and gives their session's secret.
func (h *house) as(role agenda.Role, department string) string {
	h.Helper()
	email := string(role) + department + "@musterstadt.example"
	if _, err := h.accounts.AddPerson(h.Context(), auth.NewPerson{Tenant: town, Email: email, Name: "Uwe Muster", Role: role, Department: department, Password: password}); err != nil {
		h.Fatal(err)
	}
	secret, _, err := h.accounts.SignIn(h.Context(), town, email, password, "")
	if err != nil {
		h.Fatal(err)
	}
	return secret
}

func (h *house) get(path, secret string, status int) (body string) {
	h.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: "staff", Value: secret})
	r.Header.Set("Accept-Language", h.lang)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != status {
		h.Errorf("GET %s: got %d, want %d", path, w.Code, status)
	}
	body = w.Body.String()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range pagetest.CheckHTML(body) {
			h.Errorf("GET %s: %s", path, fault)
		}
	}
	return body
}

func (h *house) says(body string, texts ...string) {
	h.Helper()
	for _, text := range texts {
		if not, ok := strings.CutPrefix(text, "!"); ok && strings.Contains(body, not) || !ok && !strings.Contains(body, text) {
			_, main, _ := strings.Cut(body, "<main")
			h.Errorf("%q in %.3000s", text, main)
		}
	}
}

func (h *house) book(calendar string, day int, clock, name, note string, services ...string) *agenda.Booking {
	h.Helper()
	r := booking.Request{Tenant: town, Wish: desktest.Wish(services...), Calendar: calendar, Start: desktest.At(day, clock), By: agenda.Staff, Actor: "x", Person: desktest.Clerk(), Overbook: true}
	got, err := h.desk.BookNow(h.Context(), r, booking.Form{Visitor: agenda.Visitor{Name: name, Phone: "05550 4711"}, StaffNote: note}, booking.Once{})
	if err != nil {
		h.Fatal(err)
	}
	return got.Booking
}

func TestListOnPaper(t *testing.T) {
	d, c := desktest.SQLite(t)
	h := newHouse(t, d, c)
	secret := h.as(agenda.Clerk, "")
	h.book("buergerbuero", 0, "08:30", "Ada Beispiel", "Akte 4711", "ausweis")
	served := h.book("buergerbuero", 0, "09:00", "Bruno Beispiel", "", "pass")
	h.book("soziales", 0, "09:00", "Cem Beispiel", "", "beratung")
	off := h.book("soziales", 0, "10:00", "Weg Beispiel", "", "beratung")
	if _, err := d.CancelFor(t.Context(), desktest.Clerk(), off.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Visit(t.Context(), desktest.Clerk(), served.ID, agenda.Served); err != nil {
		t.Fatal(err)
	}
	day := "/staff/day/print?date=2026-07-06"
	h.says(h.get(day, secret, 200), "Montag, 6. Juli 2026", "08:30–08:40", "Ada Beispiel", "Akte 4711", "Bruno", "Cem", "!Weg Beispiel", "☒", "Standort Rathaus", "Stand 07:00")
	h.says(h.get(day+"&calendar=soziales", secret, 200), "Cem", "!Ada")
	h.says(h.get(day+"&scope=site:rathaus", secret, 200), "Ada", "!Cem")
	h.says(h.get(day+"&scope=*", secret, 200), "Ada", "Cem")
	h.says(h.get("/staff/day/print?date=2026-07-08", secret, 200), "keine Termine")
	h.says(h.get("/staff/day?calendar=buergerbuero", secret, 200), "/staff/day/print?calendar=buergerbuero&amp;date=2026-07-06")
	stranger := h.as(agenda.Clerk, "soziales")
	h.says(h.get(day, stranger, 200), "Cem", "!Ada", "!Standort Rathaus")
	h.get(day+"&calendar=buergerbuero", stranger, 404)
	h.get(day+"&calendar=unsinn", secret, 404)
	h.get(day, h.as(agenda.County, ""), 403)
	if file := h.get("/staff/day/list.pdf?date=2026-07-06", secret, 200); !strings.HasPrefix(file, "%PDF-") || len(file) < 5000 {
		t.Errorf("got %d bytes of %.8q", len(file), file)
	}
}

func TestPrivateStaysPrivateOnPaper(t *testing.T) {
	d, c := desktest.SQLite(t)
	h := newHouse(t, d, c)
	h.book("soziales", 0, "09:00", "Cem Beispiel", "Akte 4711", "beratung")
	s := desktest.Musterstadt()
	s.Revision, s.Calendars[2].Private = 1, true
	if _, err := d.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	clerk, insider := h.as(agenda.Reception, ""), h.as(agenda.Clerk, "soziales")
	day := "/staff/day/print?date=2026-07-06&calendar=soziales"
	h.says(h.get(day, clerk, 200), "Belegt", "09:00", "!Cem", "!4711", "!Beratung")
	h.says(h.get(day, insider, 200), "Cem", "4711")
	h.lists.Refresh(t.Context(), town)
	if err := d.Store.Close(); err != nil {
		t.Fatal(err)
	}
	h.says(h.get(day, clerk, 200), "Belegt", "09:00", "!Cem", "!4711", "!Beratung")
	h.says(h.get(day, insider, 200), "Cem", "4711")
}

// The database goes: whoever was at work prints the lists as they were last known, and
// nobody else gets in.
func TestListWhenTheDatabaseIsGone(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		h := newHouse(t, d, c)
		clerk := h.as(agenda.Clerk, "")
		late := h.as(agenda.Lead, "")
		h.book("buergerbuero", 0, "08:30", "Ada Beispiel", "", "ausweis")
		h.book("buergerbuero", 1, "08:30", "Morgen Beispiel", "", "ausweis")
		h.get("/staff/day", clerk, 200)
		h.lists.Refresh(t.Context(), town)
		h.book("buergerbuero", 0, "09:00", "Bruno Beispiel", "", "ausweis")
		c.Advance(26 * time.Minute)
		h.lists.Refresh(t.Context(), town) // as Run does each minute
		if err := d.Store.Close(); err != nil {
			t.Fatal(err)
		}
		c.Advance(4 * time.Minute)
		h.lists.Refresh(t.Context(), town) // in vain
		h.says(h.get("/staff/day/print?date=2026-07-06", clerk, 200), "Die Datenbank ist nicht erreichbar", "Stand 07:26", "Ada Beispiel", "Bruno Beispiel")
		h.says(h.get("/staff/day/print?date=2026-07-07", clerk, 200), "Morgen Beispiel")
		h.get("/staff/day/print?date=2026-07-08", clerk, 503)
		h.get("/staff/day?calendar=buergerbuero&date=2026-07-06", clerk, 303)
		if file := h.get("/staff/day/list.pdf?date=2026-07-06", clerk, 200); !strings.HasPrefix(file, "%PDF-") {
			t.Errorf("got %.20q", file)
		}
		r := httptest.NewRequest(http.MethodGet, "/staff/day/print", nil)
		for what, secret := range map[string]string{"never seen at work": late, "no session": "unsinn"} {
			r.Header.Set("Cookie", "staff="+secret)
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			if w.Code == 200 {
				t.Errorf("%s: the list is shown", what)
			}
		}
	})
}

// What is held is gone with its day, and when nobody has come to work.
func TestMemoryForgets(t *testing.T) {
	d, c := desktest.SQLite(t)
	lists := &paper.Memory{Desk: d}
	h := newHouse(t, d, c)
	h.book("buergerbuero", 0, "08:30", "Ada Beispiel", "", "ausweis")
	h.book("buergerbuero", 1, "08:30", "Ada Beispiel", "", "ausweis")
	today := agenda.DateOf(desktest.At(0, "08:00"))
	held := func(date agenda.Date) int {
		cards, _, _ := lists.Day(desktest.Clerk(), date)
		return len(cards)
	}
	lists.Refresh(t.Context(), town)
	if held(today) != 0 {
		t.Error("lists are kept though nobody is at work")
	}
	come := lists.Watch(func(ctx context.Context, _ string) (office.Known, error) {
		p, err := d.Present(ctx, town)
		return office.Known{Person: desktest.Clerk(), Setup: p.Setup, Now: p.Now}, err
	})
	if _, err := come(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	lists.Refresh(t.Context(), town)
	if held(today) != 1 || held(today+1) != 1 {
		t.Errorf("got %d today and %d tomorrow, want one each", held(today), held(today+1))
	}
	c.Advance(24 * time.Hour)
	if _, err := come(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	lists.Refresh(t.Context(), town)
	if held(today) != 0 || held(today+1) != 1 {
		t.Errorf("a day later: got %d of yesterday and %d of today", held(today), held(today+1))
	}
	c.Advance(24 * time.Hour)
	lists.Refresh(t.Context(), town)
	if held(today+1) != 0 || held(today+2) != 0 {
		t.Error("kept on a day on which nobody came")
	}
}
