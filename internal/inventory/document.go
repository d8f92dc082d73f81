package inventory

import (
	"fmt"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
)

// Topic is the name of the document.
const Topic = "daten"

// Document is the inventory as Markdown, with what holds where a tenant says nothing.
func Document(usual agenda.Retention) string {
	var b strings.Builder
	b.WriteString(opening)
	for _, w := range Whose() {
		fmt.Fprintf(&b, "\n## %s\n\n| Was | Form | Wozu | Grundlage | Wie lange | Was löscht es | Wer sieht es | Wo |\n|---|---|---|---|---|---|---|---|\n", heading(w))
		for _, k := range Kinds() {
			if k.Of != w {
				continue
			}
			var places []string
			for _, p := range k.Places {
				places = append(places, "`"+p.Table+"` ("+strings.Join(p.Columns, ", ")+")")
			}
			if len(places) == 0 {
				places = []string{"–"}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", k.What, k.Form, k.Why, k.Basis, k.Term.In(usual), k.Ends, k.Seen, strings.Join(places, "; "))
		}
	}
	b.WriteString(closing)
	return b.String()
}

func heading(w Whom) string {
	if before, _, ok := strings.Cut(string(w), ":"); ok && w == Nobody {
		return "Von " + before + "em"
	}
	return string(w)
}

// Of are the kinds of data of somebody.
func Of(w Whom) []Kind {
	return slices.DeleteFunc(Kinds(), func(k Kind) bool { return k.Of != w })
}

const opening = `# Daten: was wo steht, wie lange und warum

Dieses Dokument schreibt das Programm aus seiner eigenen Liste aller Spalten der Datenbank; eine Spalte ohne Eintrag kommt nicht in das Programm. Die Fristen hier sind die Voreinstellung. Was bei Ihnen gilt, steht im Verwaltungsbereich unter „Datenschutz“ (/staff/privacy, über „Protokoll“), auch zum Drucken.

Die Rechtsgrundlage bestimmt der Verantwortliche. Genannt ist, worauf das Programm ausgelegt ist.
`

const closing = `
## Wie gelöscht wird

Stündlich löscht das Programm, was über der Frist ist: zuerst alles, was auf die Person hinweist, nach 30 Tagen auch die Zeile des Termins. Gezählt bleibt nur, wie viele Termine es gab.

- **SQLite:** Gelöschtes wird in der Datei überschrieben (secure_delete), und die Datei der letzten Änderungen (-wal) wird danach geleert. In der Datei ist dann nichts mehr zu finden; ein Test sucht danach mit allem, was zu einem Termin eingetippt und daraus gemacht wurde, auch als Base64, UTF-16 und in Teilen.
- **PostgreSQL:** Das VACUUM des Servers gibt Platz nur frei und überschreibt nichts. Deshalb schreibt das Programm nachts um 1 Uhr UTC die Tabellen mit Personenbezug neu (VACUUM FULL); danach sind die alten Dateien fort, sobald der Server seinen nächsten CHECKPOINT gemacht hat. Bis dahin, also höchstens einen Tag, stehen gelöschte Zeilen noch in den Dateien, Personendaten darin nur verschlüsselt. Das Konto des Programms muss Eigentümer der Tabellen sein.
- **Was PostgreSQL länger behält:** sein Schreibprotokoll (pg_wal), bis der Server die Dateien wiederverwendet, außerdem archiviertes WAL und Replikate, so lange Sie es einstellen. Darin steht nichts im Klartext, was versiegelt gespeichert wird. Der Dateiträger selbst (SSD) kann überschriebene Blöcke behalten: dagegen hilft nur, ihn zu verschlüsseln.
- **Sicherungen** enthalten, was an ihrem Tag noch nicht gelöscht war. Heben Sie sie nicht länger auf als nötig; ohne die Schlüsseldatei sind die versiegelten Daten darin nicht lesbar.

## Auf Wunsch

- **Auskunft:** Auf der Seite zum Termin führt „Ihre Daten“ zu allem, was über den Besuch gespeichert ist, auch als Datei (JSON). Wer vom Amt nachgesehen hat, steht dort mit Rolle und Bereich, ohne Namen. Beschäftigte finden ihre Daten unter „Konto“.
- **Löschen:** Wer den Termin abgesagt hat oder dabei absagt, kann auf derselben Seite löschen lassen. Ist die Absage verschickt, geht alles sofort; sonst sobald sie verschickt ist, längstens nach 24 Stunden. Es bleibt bis zum Ende der Frist eine Zeile ohne Namen: dass es zu dieser Zeit einen abgesagten Termin gab.
- **Wer hat nachgesehen:** /staff/journal/looks, für Revision, Leitung und Administration.
`
