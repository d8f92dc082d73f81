package setup_test

import (
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/store"
)

// Everything that can be so with a visit can be looked at, for each kind of letter that
// says something of it, and changes what it says.
func TestEveryStateOfALetterIsShown(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/tenant/letters"
	for _, kind := range agenda.LetterKinds(agenda.LettersOfTenant) {
		plain := h.get(at + "/preview?kind=" + kind + "&language=de").want(200).Body.String()
		offered := h.get(at + "?kind=" + kind).want(200).Body.String()
		for _, state := range mail.Kind(kind).States() {
			if !strings.Contains(offered, `<option value="`+state+`"`) {
				t.Errorf("%s: the state %s is not offered", kind, state)
			}
			for _, lang := range []string{"de", "en"} {
				shown := h.get(at + "/preview?kind=" + kind + "&language=" + lang + "&state=" + state).want(200).Body.String()
				if lang == "de" && shown == plain {
					t.Errorf("%s: the state %s changes nothing", kind, state)
				}
			}
		}
	}
	h.get(at+"/preview?kind=reminder&language=de&state=asked").want(200, "/musterstadt/", "Wenn Sie bis dahin nicht antworten")
}

// A real visit is shown as its visitor would get the letter, without the secrets of its
// links, to those who may open it; each look is in the journal, and nothing else changes.
func TestALetterAboutARealVisit(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) { aLetterAboutARealVisit(t, houseOn(t, d, c)) })
}

// Long: it is one story.
func aLetterAboutARealVisit(t *testing.T, h *house) {
	at := "/staff/setup/letters/buergerdienste"
	b := h.book("buergerbuero", "ausweis")
	looks := func() (n int) {
		err := h.desk.Store.View(t.Context(), func(tx *store.Tx) error {
			entries, err := tx.Journal(town, b.ID)
			for _, e := range entries {
				if e.Act == "see letter" && e.Actor == "ich" && !strings.Contains(e.Detail, desktest.Ada.Name) {
					n++
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, kind := range agenda.LetterKinds(agenda.LettersOfService) {
		if kind == "proposal" { // there is none to write about
			h.get(at+"?kind="+kind).want(200, `!name="reference"`)
			continue
		}
		form := h.get(at+"?kind="+kind).want(200, `name="reference"`).form("letters.openings."+agenda.LetterKey(kind)+".de", "Worte, die niemand gespeichert hat", "reference", " "+strings.ToLower(b.Reference)+" ")
		shown := h.post(at+"/preview", form).want(200, b.Reference, desktest.Ada.Name, "!Erika Beispiel", "Worte, die niemand gespeichert hat").Body.String()
		if secret := regexp.MustCompile(`/(m|c)/[A-Za-z0-9]{10}`).FindString(shown); secret != "" {
			t.Errorf("%s: shows the secret of a link: %s", kind, secret)
		}
		if got := looks(); got != i+1 {
			t.Errorf("%s: %d looks in the journal, want %d", kind, got, i+1)
		}
	}
	before := looks()
	form := h.get(at).form("reference", b.Reference)
	form.Set("reference", "ZZZZZ-ZZZZZ")
	h.post(at+"/preview", form).want(422, "ZZZZZ-ZZZZZ können Sie kein Schreiben ansehen")
	form.Set("reference", b.Reference)
	for _, nobody := range []*agenda.Person{as(agenda.County, ""), as(agenda.Lead, "soziales")} { // no visits; none of these
		h.who = nobody
		at := "/staff/setup/tenant/letters"
		if nobody.Department != "" {
			at = "/staff/setup/letters/soziales"
		}
		a := h.post(at+"/preview", form)
		if a.Code == 200 || strings.Contains(a.Body.String(), desktest.Ada.Name) {
			t.Errorf("%s: got %d, with the name of the visitor", nobody.Role, a.Code)
		}
	}
	h.who = as(agenda.Auditor, "")
	h.post(at+"/preview", form).want(403)
	h.who = as(agenda.Admin, "")
	h.get(at+"/preview?kind=confirmed&language=de&reference="+b.Reference).want(200, "!"+desktest.Ada.Name) // to look is never a mere address
	if _, err := h.desk.CancelFor(t.Context(), desktest.Clerk(), b.ID); err != nil {
		t.Fatal(err)
	}
	h.post(at+"/preview", form).want(422, "!"+desktest.Ada.Name)
	if got := looks(); got != before {
		t.Errorf("%d looks in the journal after nothing was shown, want %d", got, before)
	}
}
