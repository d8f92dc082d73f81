package public_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// mark stands in every text of a tenant who writes German only.
const mark = "§"

// germanOnly makes every visible text of a set-up German and marks it.
func germanOnly(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		germanOnly(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			germanOnly(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				germanOnly(v.Field(i))
			}
		}
	case reflect.Map:
		if t, ok := v.Interface().(agenda.Text); ok && !t.IsZero() && !strings.HasPrefix(t.String(), "https:") {
			v.Set(reflect.ValueOf(agenda.Text{"de": mark + t.String()}))
		}
	}
}

var (
	inGerman = regexp.MustCompile(`<([a-z]+)[^<>]* lang="de"[^<>]*>[^<]*</([a-z]+)>`)
	pageBody = regexp.MustCompile(`(?s)<body.*</body>`)
)

// germanCounty is the county without a word of English, with hours of all kinds.
func germanCounty() *agenda.Setup {
	s := county()
	s.Sites[0].OpeningHours = agenda.Plain("Mo-Fr 8-12 Uhr")
	s.Calendars[0].SlotTemplates = append(s.Calendars[0].SlotTemplates,
		agenda.SlotTemplate{ID: "offen", Weekdays: []string{"we"}, From: 8 * 60, To: 13 * 60, SlotMinutes: 30, EveryWeeks: 1, WalkIn: true, Services: []string{"ausweis", "pass"}})
	s.Services[0].Combinable, s.Services[1].Combinable = []string{"pass"}, []string{"ausweis"}
	for i := range 9 {
		s.Services[1].Questions[0].Options = append(s.Services[1].Questions[0].Options, agenda.Option{ID: "o" + string(rune('a'+i)), Label: agenda.Plain("Andere Art")})
	}
	s.Calendars[0].Confirm = agenda.ConfirmEmail
	germanOnly(reflect.ValueOf(s))
	for i := range s.Sites {
		s.Sites[i].Street = mark + s.Sites[i].Street
	}
	return s
}

// TestForeignTexts walks through all pages in English at a tenant who writes only
// German: every one of their texts must say so, or a screen reader reads it out
// as English. It is long because it sees each page once.
func TestForeignTexts(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, germanCounty())
	b := serve(t, d).browser(t)
	b.lang = "en"
	seen := 0
	see := func(status int, texts ...string) {
		t.Helper()
		b.want(status, append(texts, `<html lang="en"`)...)
		body := pageBody.FindString(b.body)
		seen += strings.Count(body, mark)
		rest := inGerman.ReplaceAllString(body, "")
		if i := strings.Index(rest, mark); i >= 0 {
			t.Errorf("%s: a German text does not say so: %s", b.path, rest[max(i-120, 0):min(i+60, len(rest))])
		}
	}
	b.get("/")
	see(200, mark+"Landkreis")
	b.get("/?q=perso")
	see(200, mark+"Personalausweis")
	b.get("/musterkreis/")
	see(200, "Without an appointment", "Wednesday 08:00–13:00", mark+"Mo-Fr 8-12 Uhr", mark+"Reisepass")
	b.get("/musterkreis/?q=pass")
	see(200)
	b.get("/musterkreis/legal/imprint")
	see(200)
	b.get("/musterkreis/nothing")
	see(404)
	b.get("/musterkreis/choose?service=ausweis&service=pass")
	see(200, "Remove", mark+"Express-Pass")
	b.get("/musterkreis/choose?service=pass*1&next=1")
	see(422, mark+"Was für ein Pass")
	answers := "&answer=pass.art:express&answer=pass.kind:yes"
	b.get("/musterkreis/times?service=ausweis")
	see(200, "The earliest appointment at each location", mark+"Bürgerbüro Nord")
	b.get("/musterkreis/times?service=ausweis&day=2026-07-08")
	see(200)
	b.get("/musterkreis/times?service=zu")
	see(200, "Sorry, no appointment is free")
	b.get("/musterkreis/times?service=ausweis&service=pass" + answers + "&site=rathaus&day=2026-07-08")
	see(200)
	b.post("/musterkreis/reserve", b.form("slot", "buergerbuero@"+wednesday))
	see(200, mark+"Erdgeschoss", mark+"Ich bin einverstanden")
	b.post("/musterkreis/review", b.form("email", "x"))
	see(422)
	b.post("/musterkreis/review", b.form("name", "Ada", "email", ada, "consent", "1"))
	see(200, mark+"37,00 EUR")
	sent := b.form()
	b.post("/musterkreis/others", sent)
	see(200)
	b.post("/musterkreis/book", sent)
	see(200, `<span lang="de" dir="ltr">Klingel am Tor</span>`, mark+"Biometrisches Foto", mark+"Mo-Fr 8-12 Uhr", "Wednesday 08:00–13:00", `href="tel:`)
	manage := strings.TrimSuffix(b.path, "?done=1")
	kreis := desktest.Clerk()
	kreis.Tenant = "musterkreis"
	list, err := d.List(t.Context(), kreis, "", agenda.DateOf(desktest.Start), agenda.DateOf(desktest.Start)+9)
	if err != nil {
		t.Fatal(err)
	}
	link := "/musterkreis/c/" + list[0].Private.Confirm
	b.get(link)
	see(200)
	b.post(link, nil)
	see(200)
	b.get(link)
	see(200)
	b.get(manage + "/move")
	see(200)
	b.get(b.links("slot=")[1])
	see(200)
	b.get(manage + "/cancel")
	see(200)
	b.post(manage+"/cancel", nil)
	see(200)
	if seen < 100 {
		t.Errorf("only %d German texts seen", seen)
	}
}
