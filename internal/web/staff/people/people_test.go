package people_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestInviteAndChange(t *testing.T) {
	h := open(t)
	h.person("chefin", agenda.Admin, "")
	h.as("chefin")
	h.get("/staff/people").want(200, "1 Person", "Person einladen", "Einblick des Landkreises")
	h.get("/staff/people/new").want(200, "!Landkreis</label>", "Bitte wählen", "Soziales")
	h.post("/staff/people/new").faulty("name", "email", "role", "limit")
	h.post("/staff/people/new", "name", "Nora Neu", "email", "nora", "role", "county", "limit", "department-x").faulty("email", "role", "limit").want(422, `value="Nora Neu"`, `value="nora"`)
	h.post("/staff/people/new", "name", "Nora Neu", "email", "chefin@musterstadt.example", "role", "clerk", "limit", "all").faulty("email").want(422, "schon ein Konto")
	h.post("/staff/people/new", "name", "Nora Neu", "email", "nora@musterstadt.example", "role", "clerk", "limit", "department-soziales").to("/staff/people").
		want(200, "Die Einladung ist unterwegs", "Nora Neu", "Sachbearbeitung", "Soziales", "eingeladen", "noch nie")
	nora := h.idOf("nora")
	h.get("/staff/people/"+nora).want(200, "Neuen Link", "Konto sperren", "!zurücksetzen")
	h.post("/staff/people/"+nora, "name", "", "role", "boss", "limit", "all").faulty("name", "role")
	h.post("/staff/people/"+nora, "name", "Nora Neuer", "role", "planner", "limit", "all").to("/staff/people/"+nora).want(200, "Gespeichert", "Nora Neuer", "Planung, ganze Verwaltung")
	h.get("/staff/people/"+nora+"/disable").want(200, "Konto von Nora Neuer sperren?")
	h.post("/staff/people/"+nora+"/disable").to("/staff/people/"+nora).want(200, "gesperrt", "wieder öffnen", "!Neuen Link")
	h.post("/staff/people/"+nora+"/enable").to("/staff/people/"+nora).want(200, "wieder offen")
	h.post("/staff/people/"+nora+"/invite").to("/staff/people/"+nora).want(200, "Der neue Link ist unterwegs")
	h.post("/staff/people/"+nora+"/sign-out").to("/staff/people/"+nora).want(200, "überall abgemeldet")
	h.get("/staff/people/gibtsnicht").want(404)

	me := h.idOf("chefin")
	h.get("/staff/people/"+me).want(200, "Das sind Sie selbst", "!Konto sperren")
	h.post("/staff/people/" + me + "/disable").want(403)
	h.post("/staff/people/"+me, "name", "Adele", "role", "clerk", "limit", "all").to("/staff/people/"+me).want(200, "Adele", "Administration, ganze Verwaltung")
}

// idOf finds somebody's id.
func (h *house) idOf(name string) string {
	h.Helper()
	list, err := h.accounts.People(h.Context(), town)
	h.must(err)
	for _, m := range list {
		if m.Email == name+"@musterstadt.example" {
			return m.ID
		}
	}
	h.Fatalf("there is no %s", name)
	return ""
}

func TestDeputies(t *testing.T) {
	h := open(t)
	h.person("chefin", agenda.Admin, "")
	here := "/staff/people/" + h.person("carl", agenda.Clerk, "soziales")
	h.as("chefin")
	h.get(here).want(200, "Vertretung eintragen", "nur Terminkalender")
	h.post(here+"/grants").faulty("grant-role", "grant-limit", "from")
	h.post(here+"/grants", "grant-role", "lead", "grant-limit", "department-soziales", "from", "2026-07-08", "to", "2026-07-07").faulty("to").want(422, "vor dem ersten", `value="2026-07-08"`)
	h.post(here+"/grants", "grant-role", "lead", "grant-limit", "department-soziales", "from", "2026-07-01", "to", "2026-07-05").faulty("to").want(422, "vorbei")
	shown := h.post(here+"/grants", "grant-role", "lead", "grant-limit", "calendar-soziales", "from", "2026-07-08", "to", "2026-07-10").to(here).want(200, "Die Vertretung ist eingetragen", "beginnt noch", "bis Fr, 10.07.2026")
	h.get("/staff/people").want(200, "Leitung, Soziales, Nebenstelle: Mi, 08.07.2026 bis Fr, 10.07.2026")
	h.clock.Set(desktest.At(5, "08:00"))
	h.as("chefin")
	h.get(here).want(200, "!Leitung, Soziales, Nebenstelle")
	h.clock.Set(desktest.At(3, "08:00"))
	h.as("chefin")
	end := regexp.MustCompile(here + `/grants/[A-Z0-9]+/end`).FindString(shown.Body.String())
	h.post(end).to(here).want(200, "beendet", "!beginnt noch")
	h.post(end).want(404)
}

func TestALeadManagesTheirDepartment(t *testing.T) {
	h := open(t)
	h.person("chefin", agenda.Admin, "")
	h.person("lea", agenda.Lead, "soziales")
	mine := "/staff/people/" + h.person("carl", agenda.Clerk, "soziales")
	other := "/staff/people/" + h.person("olga", agenda.Clerk, "buergerdienste")
	h.as("lea")
	h.get("/staff/people").want(200, "carl", "!olga", "!chefin", "!Einblick")
	h.get("/staff/people/new").want(200, "Soziales", "!ganze Verwaltung", "!Administration</label>")
	h.get("/staff/people/county").want(403)
	h.get(mine).want(200, "Konto sperren")
	for _, path := range []string{other, "/staff/people/" + h.idOf("chefin")} {
		h.get(path).want(404)
		h.post(path, "name", "X", "role", "clerk", "limit", "department-soziales").want(404)
		h.post(path+"/grants", "grant-role", "clerk", "grant-limit", "department-soziales", "from", "2026-07-08").want(404)
		h.post(path + "/disable").want(404)
	}
	h.post(mine, "name", "Carl", "role", "admin", "limit", "department-soziales").faulty("role")
	h.post("/staff/people/new", "name", "X", "email", "x@musterstadt.example", "role", "clerk", "limit", "all").faulty("limit")
	// Somebody of the department who is also more elsewhere.
	h.must(h.accounts.GrantFrom(t.Context(), town, "carl@musterstadt.example", auth.FurtherRole{Grant: agenda.Grant{Role: agenda.Planner, Department: "buergerdienste"}}))
	h.get(mine).want(404)
}

// A deputy of the only admin cannot leave the town without one.
func TestTheLastAdminStays(t *testing.T) {
	h := open(t)
	last := "/staff/people/" + h.person("chefin", agenda.Admin, "")
	h.person("vera", agenda.Clerk, "")
	today := agenda.DateOf(h.clock.Now())
	h.must(h.accounts.GrantFrom(t.Context(), town, "vera@musterstadt.example", auth.FurtherRole{Grant: agenda.Grant{Role: agenda.Admin, To: today + 7}}))
	h.as("vera")
	h.get(last + "/disable").want(200)
	h.post(last+"/disable").want(409, "Letzte Administration", "niemand mehr alles verwalten")
	h.person("zweite", agenda.Admin, "")
	h.post(last+"/disable").to(last).want(200, "gesperrt")
}

func code(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	s, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var typed = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)

// enrol sets up a second factor and gives its secret and the recovery codes.
func (h *house) enrol() (secret string, recovery []string) {
	h.Helper()
	p := h.post("/staff/account/second-factor/begin").to("/staff/account/second-factor").want(200, "data:image/png;base64,", "scannen")
	secret = strings.ReplaceAll(typed.FindStringSubmatch(p.Body.String())[1], " ", "")
	h.post("/staff/account/second-factor/confirm").faulty("code")
	h.post("/staff/account/second-factor/confirm", "code", "000000").faulty("code").want(422, "!000000\" aria", "Der Code passt nicht")
	a := h.post("/staff/account/second-factor/confirm", "code", code(h.T, secret, h.clock.Now())).want(200, "Wiederherstellungscodes")
	for _, m := range regexp.MustCompile(`<li><code>([A-Z2-7-]+)</code>`).FindAllStringSubmatch(a.Body.String(), -1) {
		recovery = append(recovery, m[1])
	}
	return secret, recovery
}

// Signing in with a second factor, page by page.
func TestSignInWithACode(t *testing.T) {
	h := open(t)
	h.person("carl", agenda.Clerk, "")
	h.as("carl")
	secret, recovery := h.enrol()
	if len(recovery) != 10 {
		t.Fatalf("got %d recovery codes", len(recovery))
	}
	h.get("/staff/account").want(200, "eingerichtet", "!nicht eingerichtet")
	h.post("/staff/sign-out").to("/staff/sign-in")
	h.clock.Advance(time.Minute)
	h.secret = ""
	h.get("/staff/sign-in/code").to("/staff/sign-in")
	signIn := func() reply {
		return h.post("/staff/sign-in", "email", "carl@musterstadt.example", "password", word).to("/staff/sign-in/code").want(200, "Code eingeben", `autocomplete="one-time-code"`)
	}
	signIn()
	h.get("/staff/day").to("/staff/sign-in") // half a sign-in is none
	h.get("/staff/account").to("/staff/sign-in")
	signIn()
	h.post("/staff/sign-in/code").faulty("code")
	h.post("/staff/sign-in/code", "code", "123").faulty("code")
	h.post("/staff/sign-in/code", "code", code(t, secret, h.clock.Now())).to("/staff/").to("/staff/day").want(200)
	h.get("/staff/account").want(200, "Firefox, Windows", "dieses Gerät")
	h.post("/staff/sign-out")
	signIn()
	h.post("/staff/sign-in/code", "code", strings.ToLower(recovery[0])).to("/staff/").to("/staff/day").want(200)
	h.get("/staff/account/second-factor").want(200, "noch 9 Wiederherstellungscodes")
	h.post("/staff/account/second-factor/codes", "password", "falsch").faulty("password").want(422, "Das Passwort stimmt nicht")
	h.post("/staff/account/second-factor/codes", "password", word).want(200, "Wiederherstellungscodes")
	h.post("/staff/account/second-factor/begin").want(409) // an open session alone puts no other factor in its place
	h.post("/staff/account/second-factor/replace", "password", "falsch").faulty("password")
	h.post("/staff/account/second-factor/remove").faulty("password")
	h.post("/staff/account/second-factor/remove", "password", word).to("/staff/account").want(200, "ist entfernt", "nicht eingerichtet")
	h.post("/staff/account/second-factor/remove", "password", word).want(409)
}

// Where the town demands a second factor, nothing else opens before there is one.
func TestADemandedSecondFactor(t *testing.T) {
	h := open(t)
	s := desktest.Musterstadt()
	s.Staff.TOTP, s.Revision = "required", 1
	if _, err := h.desk.Apply(t.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	id := h.person("carl", agenda.Clerk, "")
	h.as("carl")
	for _, path := range []string{"/staff/", "/staff/day", "/staff/account", "/staff/people", "/staff/bookings/x"} {
		h.get(path).to("/staff/account/second-factor").want(200, "zuerst einen zweiten Faktor", "!Tagesliste")
	}
	h.post("/staff/new").to("/staff/account/second-factor")
	h.enrol()
	h.get("/staff/day").want(200)
	h.person("chefin", agenda.Admin, "")
	carl := h.secret
	h.as("chefin")
	h.enrol()
	h.get("/staff/people/"+id+"/reset-factor").want(200, "wirklich diese Person")
	h.post("/staff/people/"+id+"/reset-factor").to("/staff/people/"+id).want(200, "zurückgesetzt", "!zweiter Faktor</span>")
	h.secret = carl
	h.get("/staff/day").to("/staff/sign-in")
}

func TestOwnAccount(t *testing.T) {
	h := open(t)
	h.person("carl", agenda.Clerk, "soziales")
	h.as("carl")
	first := h.secret
	h.post("/staff/sign-in", "email", "carl@musterstadt.example", "password", word).to("/staff/")
	// The first one ended where the browser signed in anew; a second browser keeps its own.
	h.secret = ""
	h.as("carl")
	p := h.get("/staff/account").want(200, "carl@musterstadt.example", "Sachbearbeitung, Soziales", "unbekanntes Gerät", "Firefox, Windows")
	end := regexp.MustCompile(`/staff/account/sessions/[A-Z0-9]+/end`).FindString(p.Body.String())
	h.post(end).to("/staff/account").want(200, "Die Anmeldung ist beendet", "!Firefox, Windows")
	h.post(end).want(404)

	const fresh = "pferd batterie korrekt"
	h.post("/staff/account/password").faulty("old", "password", "again")
	h.post("/staff/account/password", "old", word, "password", fresh, "again", fresh+"x").faulty("again")
	h.post("/staff/account/password", "old", "falsch", "password", fresh, "again", fresh).faulty("old").want(422, "!"+fresh)
	h.post("/staff/account/password", "old", word, "password", "kurz", "again", "kurz").faulty("password").want(422, "mindestens 10 Zeichen")
	h.post("/staff/account/password", "old", word, "password", fresh, "again", fresh).to("/staff/account").want(200, "Das neue Passwort ist gespeichert")

	h.post("/staff/account/language", "language", "xx").faulty("language")
	a := h.post("/staff/account/language", "language", "en")
	if got := a.Header().Get("Set-Cookie"); a.Code != http.StatusSeeOther || !strings.HasPrefix(got, "lang=en;") {
		t.Errorf("got %d with cookie %q", a.Code, got)
	}
	h.post("/staff/account/sessions/end").to("/staff/sign-in").want(200, "abgemeldet")
	h.secret = first
	h.get("/staff/account").to("/staff/sign-in")
	h.secret = ""
	in := h.post("/staff/sign-in", "email", "carl@musterstadt.example", "password", fresh)
	if got := strings.Join(in.Header().Values("Set-Cookie"), "; "); !strings.Contains(got, "lang=en") {
		t.Errorf("signing in speaks no English: %q", got)
	}
}

func TestTheTownOpensItsBookingsToTheCounty(t *testing.T) {
	h := open(t)
	neighbour := desktest.Musterstadt()
	neighbour.Tenant.ID, neighbour.Tenant.Name = "kreisstadt", agenda.Plain("Kreisstadt")
	if _, err := h.desk.Apply(t.Context(), neighbour, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	_, err := h.accounts.AddPerson(t.Context(), auth.NewPerson{Tenant: "kreisstadt", Email: "kreis@kreisstadt.example", Name: "Karla Kreis", Role: agenda.County, Password: word})
	h.must(err)
	h.person("chefin", agenda.Admin, "")
	county, _, err := h.accounts.SignIn(t.Context(), "kreisstadt", "kreis@kreisstadt.example", word, "")
	h.must(err)
	h.as("chefin")
	admin := h.secret

	h.secret = county
	h.get("/staff/tenant").want(200, "Musterstadt", "Kreisstadt", "Ihre eigene Verwaltung", "!zu Gast")
	h.post("/staff/tenant", "tenant", "gibtsnicht").want(404)
	h.post("/staff/tenant", "tenant", town).to("/staff/tenant").want(200, "Sie sind als Landkreis zu Gast: Musterstadt", "zeigt Ihnen keine Termine")
	h.get("/staff/day").want(403)
	h.post("/staff/tenant/bookings").want(403)

	h.secret = admin
	h.post("/staff/people/county").faulty("to")
	h.post("/staff/people/county", "to", "2026-07-05").faulty("to").want(422, "vorbei")
	h.post("/staff/people/county", "to", "2027-07-05").faulty("to").want(422, "Höchstens 90 Tage")
	h.post("/staff/people/county", "to", "2026-07-07").to("/staff/people/county").want(200, "darf die Termine bis Dienstag, 7. Juli 2026 ansehen")

	h.secret = county
	h.get("/staff/day").want(403)
	h.get("/staff/tenant").want(200, "Termine jetzt ansehen")
	h.post("/staff/tenant/bookings").to("/staff/tenant").want(200, "Sie sehen die Termine bis 09:00", "Zur Tagesliste")
	h.get("/staff/day?calendar=soziales").want(200, "zu Gast", "!Neuer Termin")
	h.get("/staff/new").want(403)
	h.get("/staff/account").want(200, "kreis@kreisstadt.example") // still their own

	h.secret = admin
	h.post("/staff/people/county/close").to("/staff/people/county").want(200, "sieht keine Termine")
	h.post("/staff/people/county/close").to("/staff/people/county")
	h.secret = county
	h.get("/staff/day").want(403)
	h.post("/staff/tenant", "tenant", "kreisstadt").to("/staff/tenant").want(200, "!zu Gast")
}

// Somebody of the staff takes along what is kept about them; nobody else's, and no visitor.
func TestOwnDataAsAFile(t *testing.T) {
	h := open(t)
	h.person("carl", agenda.Clerk, "soziales")
	h.as("carl")
	h.get("/staff/account").want(200, "/staff/account/data.json")
	h.get("/staff/account/data.json").want(200, `"email": "carl@musterstadt.example"`, `"department": "soziales"`, `"act": "sign-in"`, "!argon2", "!"+h.secret)
}
