package public_test

import (
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// short is a town where hardly anything is free: nobody vaccinates, advice is given by
// phone only, and the office is open for twenty minutes.
func short() *agenda.Setup {
	s := desktest.Musterstadt()
	s.Tenant.ID, s.Tenant.Name = "kurz", agenda.Plain("Kurzhausen")
	s.Sites[1].Lat, s.Sites[1].Lon = 51.7, 10.2
	s.Services[1].Combinable = []string{"ausweis"}
	s.Services[2].Modes = []string{agenda.ModeOnsite, agenda.ModePhone}
	s.Services[0].Leika = "99008002012000"
	eilig := s.Services[3]
	eilig.ID, eilig.Name = "eilig", agenda.Plain("Schnellimpfung")
	s.Services[3].Leika, eilig.Leika = "99003001000000", "99003001000000"
	s.Services = append(s.Services, eilig)
	s.Calendars[0].SlotTemplates[0].To = 8*60 + 20
	s.Calendars = append(s.Calendars[:1], s.Calendars[2:]...)
	s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "eilig"})
	s.Calendars[1].SlotTemplates[0].Modes = []string{agenda.ModePhone}
	s.Calendars[2].SlotTemplates = nil
	return s
}

func TestWhereElse(t *testing.T) {
	d, _ := desktest.SQLite(t)
	far, near := desktest.Musterstadt(), desktest.Musterstadt()
	far.Tenant.ID, far.Tenant.Name = "fern", agenda.Plain("Fernfeld")
	far.Sites[1].Lat, far.Sites[1].Lon = 52.5, 13.4
	near.Tenant.ID, near.Tenant.Name = "nah", agenda.Plain("Nahfeld")
	near.Sites[1].Lat, near.Sites[1].Lon = 51.7, 9.9
	near.Services[3].Leika, near.Services[3].Name = "99003001000000", agenda.Plain("Schutzimpfung")
	apply(t, d, short(), far, near)
	b := serve(t, d).browser(t)
	b.get("/kurz/times?service=impfen").want(200, "Leider ist zurzeit kein Termin frei", "Wir helfen Ihnen gerne am Telefon", "Hier ist noch etwas frei",
		"etwa 21 Kilometer entfernt (Luftlinie)", "Früheste freie Zeit: Montag, 6. Juli 2026, 08:00 Uhr", "Nahfeld · Nebenstelle", "Musterstadt · Nebenstelle",
		"ob sie für Ihren Wohnort zuständig ist", "So geht es auch", "Schnellimpfung")
	last := 0
	for _, place := range []string{"Nahfeld", "etwa 236 Kilometer", "Musterstadt · Nebenstelle"} { // nobody knows how far that is
		at := strings.Index(b.body, place)
		if at < last {
			t.Errorf("%s is not where it belongs: the nearest first", place)
		}
		last = at
	}
	page := b.links("/nah/times")[0]
	b.get(b.links("service=eilig")[0]).want(200, "Der früheste Termin")
	b.get(page).want(200, "Wann möchten Sie kommen?", "Der früheste Termin", "Schutzimpfung")
}

// Who asked for one site hears of the others of the same office, and how far they are.
func TestOtherSites(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := short()
	there := s.Calendars[0]
	there.ID, there.Site, there.StaffMail = "dort", "nebenstelle", agenda.StaffMail{}
	there.SlotTemplates = desktest.Musterstadt().Calendars[0].SlotTemplates
	s.Calendars = append(s.Calendars, there)
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.get("/kurz/times?service=ausweis*3&site=rathaus").want(200, "Leider ist zurzeit kein Termin frei", "Hier ist noch etwas frei", ">Nebenstelle", "etwa 21 Kilometer", "!Kurzhausen ·")
	b.get(b.links("site=nebenstelle")[0]).want(200, "Der früheste Termin", "Nebenstelle")
}

func TestHowElse(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, short())
	b := serve(t, d).browser(t)
	b.get("/kurz/times?service=beratung&mode=onsite").want(200, "Leider ist zurzeit kein Termin frei", "Am Telefon – wir rufen Sie an")
	b.get(b.links("mode=phone")[0]).want(200, "Wann sollen wir Sie anrufen?", "Der früheste Termin")
	b.get("/kurz/times?service=ausweis*3").want(200, "Leider ist zurzeit kein Termin frei", "Nur für 2 Personen: Personalausweis", "!Nur für 1 Person")
	b.get(b.links("service=ausweis%2A2")[0]).want(200, "2 × Personalausweis", "Der früheste Termin")
	b.get("/kurz/times?service=ausweis&service=pass").want(200, "Nur Personalausweis, das andere in einem zweiten Termin", "Nur Reisepass")
	b.get("/kurz/times?service=ausweis&day=2026-07-11").want(200, "!So geht es auch", "!Hier ist noch etwas frei", "Nächste freie Zeiten anzeigen")
}

// A search that finds nothing is one search, however often its page is loaded and whatever
// else is looked for besides.
func TestNothingIsCountedOnce(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		apply(t, d, short())
		w := serve(t, d)
		b := w.browser(t)
		for range 3 {
			b.get("/kurz/times?service=impfen").want(200)
			b.get("/kurz/times?service=impfen&part=am").want(200)
			b.get("/kurz/times?service=impfen&view=month").want(200)
		}
		other := w.browser(t)
		other.lang = "en"
		other.get("/kurz/times?service=impfen").want(200)
		other.get("/kurz/times?service=ausweis").want(200)
		if err := d.FlushSearches(t.Context()); err != nil {
			t.Fatal(err)
		}
		today := agenda.DateOf(desktest.Start)
		for tenant, want := range map[string]int64{"kurz": 2, "musterstadt": 0} {
			f, err := d.Figures(t.Context(), &agenda.Person{Tenant: tenant, Role: agenda.Lead}, today, today)
			if err != nil || f.Total.InVain != want {
				t.Errorf("%s: got %d searches in vain, %v; want %d", tenant, f.Total.InVain, err, want)
			}
		}
	})
}

// What people look for: not before a day, and after work, where there is such a thing.
func TestFilters(t *testing.T) {
	d, _ := desktest.SQLite(t)
	apply(t, d, evenings())
	b := serve(t, d).browser(t)
	b.get("/musterstadt/times?service=pass").want(200, "Frühestens am", `min="2026-07-06"`, "!Nach Feierabend")
	b.get("/musterstadt/times?service=pass&from=1.8.2026").want(200, `value="2026-08-01"`, "Montag, 3. August 2026", "!Juli 2026")
	b.get("/musterstadt/times?service=pass&from=2027-08-01").want(200, "So spät ist noch keine Zeit frei", "Wir haben bis Freitag, 4. September 2026 gesucht", "Die nächste freie Zeit: Montag, 6. Juli 2026")
	b.get(b.links("from=2026-07-06")[0]).want(200, "Der früheste Termin")
	b.get("/spaet/times?service=pass").want(200, "Nach Feierabend")
	b.get("/spaet/times?service=pass&part=late&weekday=th").want(200, "Donnerstag, 9. Juli 2026", ">16:00 Uhr", "!>15:40 Uhr", "!>08:00 Uhr", "!Freitag, 10. Juli")
	b.get("/spaet/times?service=pass&part=late&weekday=mo").want(200, "Mit dieser Auswahl ist keine Zeit frei", "Die nächste freie Zeit: Montag, 6. Juli 2026, 08:00 Uhr")
	b.get("/spaet/times?service=pass&part=late&day=2026-07-10").want(200, "Freitag, 10. Juli 2026: Leider ist keine Zeit frei", "Donnerstag, 9. Juli 2026, 16:00 Uhr")
}

// Whoever cannot see the month hears of each day its date and what is free on it.
func TestMonthIsRead(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	b.get("/musterstadt/times?service=pass&view=month").want(200, "<caption>Juli 2026</caption>", `<th scope="col" abbr="Montag">Mo</th>`,
		"Dienstag, 7. Juli 2026, 23 freie Zeiten", "Samstag, 11. Juli 2026, keine freie Zeit", "Mittwoch, 1. Juli 2026<", `rel="next"`, "!rel=\"prev\"", "#month")
}
