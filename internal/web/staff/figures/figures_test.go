package figures

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/builttest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/pagetest"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

const town = "musterstadt"

// house is the figures of Musterstadt. Whoever asks is the person that was set.
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
	h.as(agenda.Lead, "")
	o := &office.Office{Pages: pages, Recognise: func(c context.Context, _ string) (k office.Known, err error) {
		p, err := h.desk.Present(c, h.person.Tenant)
		if err == nil {
			k = office.Known{Person: h.person, Setup: p.Setup, Now: p.Now.In(p.Setup.Zone())}
		}
		return k, err
	}}
	r := route.NewTable()
	(&Part{Office: o, Desk: h.desk}).Mount(r)
	r.GetBelow("/static/", route.Files(), pages.Static(http.NotFoundHandler()))
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
		h.checkPictures(body)
	}
	return body
}

// checkPictures demands that every chart is XML, with a title and a description.
func (h *house) checkPictures(body string) {
	h.Helper()
	for {
		_, rest, ok := strings.Cut(body, "<svg")
		if !ok {
			return
		}
		svg, after, _ := strings.Cut(rest, "</svg>")
		svg = "<svg" + svg + "</svg>"
		seen := map[string]bool{}
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				h.Fatalf("%v in %s", err, svg)
			}
			if e, ok := token.(xml.StartElement); ok {
				seen[e.Name.Local] = true
			}
		}
		if !seen["title"] || !seen["desc"] {
			h.Errorf("a chart without title and description: %s", svg)
		}
		body = after
	}
}

func (h *house) want(body string, texts ...string) {
	h.Helper()
	_, main, _ := strings.Cut(body, "<main")
	for _, text := range texts {
		not, absent := strings.CutPrefix(text, "!")
		if strings.Contains(main, not) == absent {
			h.Errorf("%q in %s", text, main[:min(len(main), 6000)])
		}
	}
}

// fill books visits on past days: on each of days, one at each of the first n starts.
func (h *house) fill(calendar string, wish agenda.Wish, days []int, n int) {
	h.Helper()
	var list []booking.Earlier
	for _, day := range days {
		for i := range n {
			status := agenda.Served
			if i%7 == 3 {
				status = agenda.NoShow
			}
			at := desktest.At(day, "08:00").Add(time.Duration(i) * 10 * time.Minute)
			list = append(list, booking.Earlier{Calendar: calendar, Wish: wish, Start: at, Status: status, Form: booking.Form{Visitor: desktest.Ada, Language: "de"}})
		}
	}
	if _, err := h.desk.TakeOver(h.Context(), town, list, "test"); err != nil {
		h.Fatal(err)
	}
	if err := errors.Join(h.desk.CountOffered(h.Context()), h.desk.SampleWaiting(h.Context())); err != nil {
		h.Fatal(err)
	}
}

// workdays are days before the first Monday.
func workdays(weeks int) (days []int) {
	for w := 1; w <= weeks; w++ {
		for d := range 5 {
			days = append(days, d-7*w)
		}
	}
	return days
}

func TestPageShowsWhatHappened(t *testing.T) {
	h := newHouse(t)
	h.fill("buergerbuero", desktest.Wish("ausweis"), workdays(4), 10)
	h.fill("impfung", desktest.Wish("impfen"), []int{-3, -4}, 1)
	body := h.get("/staff/figures", http.StatusOK)
	h.want(body, "Gebucht", "202", "Personalausweis", "&lt;5", "KW 27/2026", "Impfung", "Auslastung", "!Ada Beispiel")
	h.want(h.get("/staff/figures?lang=en&by=site&step=month", http.StatusOK), "Booked", "Rathaus", "June 2026", "&lt;5")
	h.want(h.get("/staff/figures?by=department", http.StatusOK), "Bürgerdienste", "Soziales")
	h.want(h.get("/staff/figures?from=2026-01-01&to=2025-01-01", http.StatusUnprocessableEntity), "Das Ende liegt vor dem Anfang", `value="2026-01-01"`)
	h.want(h.get("/staff/figures?from=2020-01-01&to=2026-01-01", http.StatusUnprocessableEntity), "höchstens zwei Jahre")
	h.want(h.get("/staff/figures?from=irgendwann", http.StatusUnprocessableEntity), `value="irgendwann"`)
	h.want(h.get("/staff/figures?from=2025-01-01&to=2025-02-01", http.StatusOK), "nichts angeboten")
	h.get("/staff/figures/figures.csv?from=2026-01-01&to=2025-01-01", http.StatusUnprocessableEntity)
}

func TestFiguresDemandTheRight(t *testing.T) {
	h := newHouse(t)
	h.fill("buergerbuero", desktest.Wish("ausweis"), workdays(1), 10)
	for _, role := range agenda.Roles() {
		for _, path := range []string{"/staff/figures", "/staff/figures/figures.csv", "/staff/figures/figures.xlsx"} {
			h.as(role, "")
			want := http.StatusForbidden
			if role.May(agenda.SeeFigures) {
				want = http.StatusOK
			}
			h.get(path, want)
		}
	}
	h.as(agenda.Lead, "soziales")
	body := h.get("/staff/figures?by=calendar", http.StatusOK)
	h.want(body, "Soziales", "!Rathaus")
	if file := h.get("/staff/figures/figures.csv", http.StatusOK); strings.Contains(file, "Personalausweis") || strings.Contains(file, "buergerbuero") {
		t.Errorf("another department's figures: %s", file)
	}
}

// Names that a spreadsheet would run are texts, on both ways out.
func TestFilesAreHarmless(t *testing.T) {
	h := newHouse(t)
	s := desktest.Musterstadt()
	s.Revision = 1
	s.Services[0].Name = agenda.Plain(`=HYPERLINK("http://evil.example","ok")`)
	s.Services[3].Name = agenda.Plain("+49 Impfung")
	s.Sites[0].Name, s.Sites[1].Name = agenda.Plain("@SUM(1)"), agenda.Plain("-2+3")
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.fill("buergerbuero", desktest.Wish("ausweis"), workdays(4), 12)
	h.fill("impfung", desktest.Wish("impfen"), []int{-3}, 2)
	file := h.get("/staff/figures/figures.csv", http.StatusOK)
	if !strings.HasPrefix(file, "\ufeff") || !strings.Contains(file, "\r\n") {
		t.Error("not marked as UTF-8, or without CRLF")
	}
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
	c.FieldsPerRecord = -1
	rows, err := c.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, row := range rows {
		for _, cell := range row {
			text += cell + "\n"
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet may run %q", cell)
			}
		}
	}
	for _, want := range []string{"'=HYPERLINK", "'+49 Impfung", "'@SUM(1)", "'-2+3", "<5\n", "60\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	book := h.get("/staff/figures/figures.xlsx", http.StatusOK)
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if name, err := f.GetCellValue("Anliegen", "B2"); err != nil || !strings.HasPrefix(name, "=HYPERLINK") {
		t.Errorf("got %q, %v", name, err)
	}
	weeks, err := f.GetRows("Woche")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range weeks {
		cell := fmt.Sprintf("C%d", i+1)
		kind, err := f.GetCellType("Woche", cell)
		_, text := strconv.Atoi(row[2])
		if err != nil || (text == nil) == (kind == excelize.CellTypeSharedString) {
			t.Errorf("%s, %q: got type %v, %v", cell, row[2], kind, err)
		}
	}
	z, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || bytes.Contains(text, []byte("<f>")) || bytes.Contains(text, []byte("<f ")) {
			t.Errorf("%s holds a formula, or cannot be read: %v", part.Name, err)
		}
	}
}

// What each of the staff did is nobody's business unless the tenant says so.
func TestFiguresPerClerk(t *testing.T) {
	h := newHouse(t)
	h.fill("buergerbuero", desktest.Wish("ausweis"), workdays(1), 10)
	h.want(h.get("/staff/figures", http.StatusOK), "!Wer hat was getan")
	s := desktest.Musterstadt()
	s.Revision, s.Figures.PerClerk = 1, true
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.want(h.get("/staff/figures", http.StatusOK), "Wer hat was getan")
	h.as(agenda.Lead, "buergerdienste")
	h.want(h.get("/staff/figures", http.StatusOK), "!Wer hat was getan")
}

// TestStates keeps the page in its states for the accessibility run.
func TestStates(t *testing.T) {
	keep := func(h *house, name, path string, status int) {
		t.Helper()
		for _, lang := range []string{"de", "en"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			pagetest.Keep(t, "figures-"+name+"-"+lang, h.get(path+sep+"lang="+lang, status))
		}
	}
	h := newHouse(t)
	keep(h, "empty", "/staff/figures?from=2025-01-01&to=2025-03-01", http.StatusOK)
	h.fill("buergerbuero", desktest.Wish("ausweis"), []int{-3}, 1)
	keep(h, "one", "/staff/figures", http.StatusOK)
	keep(h, "wrong", "/staff/figures?from=2026-05-01&to=2026-04-01", http.StatusUnprocessableEntity)
	full := newHouse(t)
	s := desktest.Musterstadt()
	s.Revision, s.Figures.PerClerk = 1, true
	for i := range s.Services {
		s.Services[i].Name = agenda.Plain("Verwaltungsgemeinschaftsangelegenheitenbearbeitungsstelle für Personenbeförderungsrecht " + fmt.Sprint(i))
	}
	for i := range s.Sites {
		s.Sites[i].Name = agenda.Plain("Außenstelle der Verwaltungsgemeinschaftsangelegenheitenbearbeitung " + fmt.Sprint(i))
	}
	if _, err := full.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	full.year()
	keep(full, "year", "/staff/figures?from=2025-07-01&to=2026-06-30&step=month&by=calendar", http.StatusOK)
	keep(full, "weeks", "/staff/figures?from=2025-07-01&to=2026-06-30&step=week", http.StatusOK)
}

// year writes a year of figures as jobs would have.
func (h *house) year() {
	h.Helper()
	monday := agenda.DateOf(desktest.Start)
	err := h.desk.Store.Update(h.Context(), func(tx *store.Tx) error {
		for d := monday - 400; d < monday; d++ {
			if int(d-monday)%7 <= -6 || int(d-monday)%7 == 0 {
				continue
			}
			var list []store.Figure
			for i, c := range []string{"buergerbuero", "impfung"} {
				add := func(service, name string, n int) {
					list = append(list, store.Figure{Date: d, Calendar: c, Service: service, Name: name, Amount: int64(n)})
				}
				n := 20 + int(d)%13 + 3*i
				for _, service := range []string{"", []string{"ausweis", "impfen"}[i]} {
					add(service, "booked", n)
					add(service, "served", n-6)
					add(service, "missed", 2)
					add(service, "cancelled", 4)
					add(service, "lead", 8*n)
				}
				add("", "lead 8", n)
				add("", "offered", 720)
				add("", "minutes", 10*n)
			}
			if err := tx.AddFigures(town, list); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}

// TestLook serves a year of figures on LOOK (an address such as 127.0.0.1:8099), for
// people who want to see it.
func TestLook(t *testing.T) {
	listen := os.Getenv("LOOK")
	if listen == "" {
		return
	}
	h := newHouse(t)
	h.fill("buergerbuero", desktest.Wish("ausweis", "pass"), workdays(2), 3)
	h.fill("soziales", desktest.Wish("beratung"), workdays(2), 1)
	h.year()
	t.Fatal(http.ListenAndServe(listen, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "staff", Value: "x"})
		h.handler.ServeHTTP(w, r)
	})))
}
