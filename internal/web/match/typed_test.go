package match_test

import (
	"os"
	"slices"
	"testing"

	"terminvergabe/internal/config"
	"terminvergabe/internal/web/match"
	"terminvergabe/ui"
)

// munich are the services of a whole city, to be searched as they were published.
func munich(t testing.TB) ([]match.Entry, *match.Thesaurus) {
	t.Helper()
	data, err := os.ReadFile("../../config/testdata/munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := config.ReadCatalogue(data, "munich-catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []match.Entry
	for _, s := range catalogue.Services {
		list = append(list, match.Entry{Names: []string{s.Name}, Code: s.Leika})
	}
	return list, thesaurus(t)
}

func thesaurus(t testing.TB) *match.Thesaurus {
	t.Helper()
	words, err := match.LoadThesaurus(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func names(list []match.Entry, hits []match.Hit, most int) (names []string) {
	for _, h := range hits[:min(most, len(hits))] {
		names = append(names, list[h.Entry].Names[0])
	}
	return names
}

// typed is what people type into the search of a whole city, and what they mean: what
// must stand first (empty: it cannot be known), and what must be among the first three.
func typed() []query {
	return []query{
		{"perso", "Personalausweis", nil},
		{"PERSONALAUSWEIS", "Personalausweis", nil},
		{"personalausweiss", "Personalausweis", nil},
		{"persoanlausweis", "Personalausweis", nil},
		{"neuer perso", "Personalausweis", nil},
		{"personalausweis beantragen termin münchen", "Personalausweis", nil},
		{"ausweis verloren", "Verlust oder Diebstahl Personalausweis", nil},
		{"perso geklaut", "Verlust oder Diebstahl Personalausweis", nil},
		{"perso abholen", "Abholung Personalausweis, Reisepass oder eID-Karte", nil},
		{"pin vergessen", "Einschalten eID-Funktion oder Änderung der PIN", nil},
		{"reisepas", "Reisepass", []string{"Vorläufiger Reisepass"}},
		{"reise pass", "Reisepass", nil},
		{"pass", "Reisepass", nil},
		{"passport", "Reisepass", nil},
		{"ich möchte meinen reisepass verlängern", "Reisepass", nil},
		{"reisepass kind", "Reisepass", nil},
		{"zweitpass", "Zweitpass, weitere Reisepässe", nil},
		{"fuehrerschein", "", []string{"Umschreibung EU/EWR-Führerschein"}},
		{"führerschien", "", []string{"Umschreibung EU/EWR-Führerschein"}},
		{"fürerschein", "", []string{"Umschreibung EU/EWR-Führerschein"}},
		{"führerschein usa", "Internationaler Führerschein (EU-Kartenführerschein)", nil},
		{"ausländischen führerschein umschreiben", "Umschreibung eines ausländischen Führerscheins", []string{"Umschreibung EU/EWR-Führerschein"}},
		{"führerschein abholen", "Abholung von Führerscheinen", nil},
		{"p-schein", "", []string{"Personenbeförderungsschein – Antrag", "Personenbeförderungsschein – Verlängerung"}},
		{"kfz anmelden", "", []string{"Anmeldung fabrikneues Fahrzeug oder Tageszulassung", "Erneute Anmeldung eines Fahrzeugs"}},
		{"autoanmelden", "", []string{"Anmeldung fabrikneues Fahrzeug oder Tageszulassung", "Erneute Anmeldung eines Fahrzeugs"}},
		{"anmelden auto", "", []string{"Anmeldung fabrikneues Fahrzeug oder Tageszulassung", "Erneute Anmeldung eines Fahrzeugs"}},
		{"auto ummelden", "", []string{"Umschreibung Fahrzeug – innerhalb Münchens", "Umschreibung Fahrzeug – von außerhalb nach München"}},
		{"auto umelden", "", []string{"Umschreibung Fahrzeug – innerhalb Münchens", "Umschreibung Fahrzeug – von außerhalb nach München"}},
		{"auto abmelden", "Fahrzeug abmelden", nil},
		{"kfz-abmeldung", "Fahrzeug abmelden", nil},
		{"nummernschild geklaut", "Verlust oder Diebstahl der Kennzeichenschilder", nil},
		{"wunschkennzeichen", "Vorabzuteilung Kennzeichen", nil},
		{"kurzeitkenzeichen", "Kurzzeitkennzeichen", nil},
		{"oldtimer", "", []string{"Historisches Kennzeichen für Oldtimer", "Rotes Dauerkennzeichen für Oldtimer beantragen/ändern"}},
		{"fahrzeugschein verloren", "Verlust oder Diebstahl der Zulassungsbescheinigung Teil I", nil},
		{"fahrzeugbrief", "Beantragung oder Abholung einer neuen Zulassungsbescheinigung Teil II nach Verlust oder Diebstahl", nil},
		{"umzug", "Wohnsitzanmeldung", []string{"Wohnsitzanmeldung – Familie"}},
		{"wohnsitz ummelden", "Wohnsitzanmeldung", nil},
		{"wonsitz anmelden", "Wohnsitzanmeldung", nil},
		{"ummelden", "", []string{"Wohnsitzanmeldung", "Gewerbe-Ummeldung"}},
		{"wegziehen", "Wohnsitz abmelden", nil},
		{"meldebescheiningung", "Meldebescheinigung", nil},
		{"meldebescheinigungen", "Meldebescheinigung", nil},
		{"adresse im ausweis ändern", "Adressänderung Personalausweis, Reisepass, eAT", nil},
		{"polizeiliches fürungszeugnis", "Führungszeugnis", nil},
		{"fuehrungszeugniss", "Führungszeugnis", nil},
		{"zeugnis beglaubigen lassen", "Beglaubigung von bis zu 5 Dokumenten", nil},
		{"unterschrift beglaubigen", "Beglaubigung von Unterschriften", nil},
		{"heiraten", "", []string{"Anmeldung einer Eheschließung ohne Auslandsbezug", "Anmeldung einer Eheschließung mit Auslandsbezug"}},
		{"eheschliesung", "", []string{"Anmeldung einer Eheschließung ohne Auslandsbezug", "Anmeldung einer Eheschließung mit Auslandsbezug"}},
		{"geburtsurkunde", "Urkundenbestellung", nil},
		{"oma gestorben", "Sterbeurkunde", nil},
		{"aus der kirche austreten", "Kirchenaustritt", nil},
		{"gewerbeschein", "Gewerbe-Anmeldung", nil},
		{"gewerbe ummelden", "Gewerbe-Ummeldung", nil},
		{"firma abmelden", "Gewerbe-Abmeldung", nil},
		{"anwohnerparkausweis", "Bewohnerparkausweis", nil},
		{"parkausweis anwohner", "Bewohnerparkausweis", nil},
		{"schwerbehinderten parkausweis", "", []string{"EU-Parkausweis für Behinderte", "Bundesweiter Parkausweis für Behinderte"}},
		{"behindertenparkausweis", "", []string{"EU-Parkausweis für Behinderte", "Bundesweiter Parkausweis für Behinderte"}},
		{"niederlasungserlaubnis", "Niederlassungserlaubnis", nil},
		{"aufenthaltserlaubnis studium", "Aufenthaltserlaubnis – Studium", nil},
		{"blue card", "", []string{"Aufenthaltserlaubnis –  Fachkräfte mit akademischer Ausbildung"}},
		{"deutscher werden", "Einbürgerung", nil},
		{"besuch einladen", "Verpflichtungserklärung abgeben", nil},
		{"witwenrente", "", []string{"Hinterbliebenenrente (Vor-Ort-Termin)", "Hinterbliebenenrente (Telefon-Termin)"}},
		{"bafoeg", "BAföG – Antrag Ausbildungsförderung", nil},
		{"angelschein", "Fischereischein beantragen", nil},
		{"waffenschein", "Waffenschein beantragen", []string{"Kleiner Waffenschein"}},
		{"vaterschaftsanerkenung", "Vaterschaftsanerkennung ohne Sorgerechtserklärung vor Geburt/Geburtsbeurkundung des Kindes", nil},
		{"schlüssel verloren", "", []string{"Fundsache abholen", "Verlustmeldung und Fundsachenbesichtigung"}},
		{"fahrrad verloren", "Verlorenes Fahrrad besichtigen und abholen", nil},
		{"strafzettel", "", []string{"Verkehrsstraftaten und Ordnungswidrigkeiten", "Verkehrsverstöße in der Probezeit"}},
		{"baum fällen", "Baumschutz", nil},
		{"haus bauen", "", []string{"Bauberatung für laufende Bauvorhaben", "Beratung zum Baurecht"}},
		{"mieterhöhung", "Mietspiegel – Überprüfung von Mieterhöhungen", nil},
	}
}

type query struct {
	typed, first string
	also         []string
}

// The whole table must hold: a word that is not found any more is a fault, and one that
// cannot be found has no place here.
func TestWordsAsPeopleTypeThem(t *testing.T) {
	list, words := munich(t)
	x := match.NewIndex(list, words, "Landeshauptstadt München")
	first, known, three, wanted := 0, 0, 0, 0
	for _, q := range typed() {
		got := names(list, x.Search(q.typed).Hits, 3)
		if q.first != "" {
			known++
			if len(got) > 0 && got[0] == q.first {
				first++
			} else {
				t.Errorf("%q: got %q, want %q first", q.typed, got, q.first)
			}
			q.also = append(q.also, q.first)
		}
		for _, name := range q.also {
			wanted++
			if slices.Contains(got, name) {
				three++
			} else {
				t.Errorf("%q: got %q, want %q among them", q.typed, got, name)
			}
		}
	}
	t.Logf("%d queries: the first hit is right in %d of %d where it can be known; %d of %d wanted services are among the first three", len(typed()), first, known, three, wanted)
}

// Without the thesaurus much of the table would be lost: it proves something.
func TestWordsNeedTheThesaurus(t *testing.T) {
	list, _ := munich(t)
	x := match.NewIndex(list, nil)
	missed := 0
	for _, q := range typed() {
		if got := names(list, x.Search(q.typed).Hits, 3); q.first != "" && !slices.Contains(got, q.first) {
			missed++
		}
	}
	if t.Logf("%d are missed", missed); missed < 10 {
		t.Errorf("without the thesaurus %d are missed, want many", missed)
	}
}

func BenchmarkSearch(b *testing.B) {
	list, words := munich(b)
	x := match.NewIndex(list, words, "Landeshauptstadt München")
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			match.NewIndex(list, words, "Landeshauptstadt München")
		}
	})
	for _, q := range []string{"perso", "auto anmelden", "fürerschein umtauschn", "ich möchte meinen reisepass verlängern"} {
		b.Run(q, func(b *testing.B) {
			for b.Loop() {
				x.Search(q)
			}
		})
	}
}
