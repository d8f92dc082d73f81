package public_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// journal checks that the last entry tells of a report, and nothing of what it says.
func journal(t *testing.T, d *booking.Desk) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Journal("musterstadt", "barrier")
		if err == nil && (len(list) != 1 || list[0].Act != "report a barrier" || strings.Contains(list[0].Detail, "blass")) {
			t.Errorf("the journal says %v", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever meets a barrier finds the form on every page, at the same place, and need not
// say who they are; the page they came from is told without a secret.
func TestReportABarrier(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		b := serve(t, d).browser(t)
		for _, path := range []string{"/musterstadt/", "/musterstadt/times?service=ausweis", "/musterstadt/links", "/musterstadt/legal/accessibility", "/musterstadt/legal/nirgends"} {
			if b.get(path); !strings.Contains(b.body, `<a href="/musterstadt/barrier">Barriere melden</a>`) || !strings.Contains(b.body, `href="tel:05550100"`) {
				t.Errorf("%s: no help at the end of the page", path)
			}
		}
		b.get("/musterstadt/barrier").want(200, "Was hat nicht geklappt?", `name="page" maxlength="300"`)
		b.post("/musterstadt/barrier", b.form("text", " ", "email", "x", "page", "Kalender")).want(422, "Bitte prüfen Sie Ihre Angaben", `value="Kalender"`)
		b.post("/musterstadt/barrier", b.form("text", "Zu blass.\r\nZeile 2", "email", "", "page", "Kalender")).want(200, "Ihre Meldung ist angekommen", "in den nächsten 2 Wochen")
		if want := "/musterstadt/barrier?sent=1"; b.path != want {
			t.Errorf("got %s, want %s", b.path, want)
		}
		journal(t, d)
	})
}

func TestReportNamesNoSecret(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	for from, want := range map[string]string{
		"/musterstadt/times?service=ausweis":    "/musterstadt/times",
		"/musterstadt/m/SECRET?done=1":          "/musterstadt/m/...",
		"/musterstadt/i/SECRET/times?service=a": "/musterstadt/i/.../times",
		"/musterstadt/s/ausweis":                "/musterstadt/s/ausweis",
		"/nachbarstadt/":                        "",
		"https://example.org/musterstadt/":      "",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.town.url+"/musterstadt/barrier", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(from, "https:") {
			from = b.town.url + from
		}
		r.Header.Set("Referer", from)
		b.do(r).want(200, `value="`+want+`" id="page"`, "!SECRET")
	}
	b.get("/musterstadt/barrier?page=/musterstadt/m/SECRET").want(200, `value="/musterstadt/m/..."`)
	b.get("/musterstadt/barrier?page=javascript:alert(1)").want(200, `value="" id="page"`)
}

// Whoever pastes the address of their own visit does not hand it to a mailbox.
func TestReportLeavesPastedSecretsOut(t *testing.T) {
	d, c := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	own := "https://termine.example/musterstadt/m/" + booking.NewHoldSecret()
	b.get("/musterstadt/barrier").want(200)
	b.post("/musterstadt/barrier", b.form("text", "Auf "+own+"/move\r\nist alles blass.", "page", own+"?done=1")).want(200, "Ihre Meldung ist angekommen")
	err := d.Store.Update(t.Context(), func(tx *store.Tx) error {
		list, err := tx.Lease(store.Lane{Tenant: "musterstadt"}, 9, c.Now().Add(time.Hour))
		if err != nil || len(list) != 1 {
			return errors.Join(err, errors.New("not one letter"))
		}
		r, _, err := d.Barrier(tx, list[0])
		if want := "https://termine.example/musterstadt/m/..."; r.Page != want+"?done=1" || r.Text != "Auf "+want+"/move\nist alles blass." {
			t.Errorf("got %q, %q", r.Page, r.Text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A statement claims nothing that nobody has tested, and where there is no mailbox the
// phone is named instead of a form that leads nowhere.
func TestStatement(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision, s.Legal.Accessibility = 1, nil
	s.Mail = agenda.TenantMail{}
	for i := range s.Departments {
		s.Departments[i].Mail = ""
	}
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/musterstadt/").want(200, `href="/musterstadt/legal/accessibility"`)
	b.get("/musterstadt/legal/accessibility").want(200, "noch nicht selbst geprüft", "EN 301 549", "!erfüllen diese Anforderungen.", "Schlichtungsstelle oder Durchsetzungsstelle")
	b.get("/musterstadt/barrier").want(200, "am Telefon", "!<textarea", "05550 100")
	if err := d.ReportBarrier(t.Context(), "musterstadt", booking.BarrierReport{Text: "x"}); !errors.Is(err, agenda.ErrState) {
		t.Errorf("without a mailbox: got %v", err)
	}
}
