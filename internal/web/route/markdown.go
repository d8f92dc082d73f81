package route

import (
	"cmp"
	"fmt"
	"strings"

	"terminvergabe/internal/agenda"
)

// Document is both tables as a document of the handbook.
func Document(routes []Route) string {
	return "# Adressen und Geheimnisse\n\n" +
		"Diese Seite schreibt das Programm aus seiner eigenen Tabelle. Eine Adresse ohne diese Angaben nimmt es nicht an. " +
		"Eine Prüfung ruft bei jeder Änderung jede Adresse mit jeder Rolle, fremden Abteilungen, fremden Mandanten, Tokens und Links auf, mit SQLite und mit PostgreSQL.\n\n" +
		"## Adressen\n\n" +
		"Wer eine Adresse nicht aufrufen darf, wird abgewiesen; was anderen gehört, sieht aus wie etwas, das es nicht gibt. Adressen mit GET ändern nichts.\n\n" +
		Markdown(routes) +
		"\n## Geheimnisse\n\n" +
		"Jedes Geheimnis dient einem Zweck. Was weniger als 128 Zufallsbits hat, ist gegen Raten gezählt.\n\n" +
		MarkdownOfSecrets()
}

// Markdown is the table for people, in German as all documents are.
func Markdown(routes []Route) string {
	var b strings.Builder
	b.WriteString("| Aufruf | wer | ändert etwas | Inhalt | wer aufheben darf | Grenze | fremde Rahmen |\n|---|---|---|---|---|---|---|\n")
	for _, x := range routes {
		changes, framed := "nein", "nein"
		if x.Changes {
			changes = "ja"
		}
		switch {
		case x.Framed:
			framed = "die des Amtes"
		case x.Letter:
			framed = "nur eigene; Brief mit eigenen Stilen, ohne Skripte"
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s | %s | %s | %s | %s |\n", x.Method, strings.ReplaceAll(x.Path, "|", `\|`), x.Who.german(), changes, german(x.Data), german(x.Keep), german(x.Rate), framed)
	}
	return b.String()
}

// MarkdownOfSecrets is the table of secrets for people.
func MarkdownOfSecrets() string {
	var b strings.Builder
	b.WriteString("| Geheimnis | Zufallsbits | gespeichert | in der Adresse | gilt | endet vorher durch | statt weiterer Bits |\n|---|---|---|---|---|---|---|\n")
	for _, k := range Kinds() {
		bits, link := "vom Menschen gewählt", "nein"
		if k.Bits > 0 {
			bits = fmt.Sprint(k.Bits)
		}
		if k.Link {
			link = "ja"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", german(k.Secret), bits, german(k.Stored), link, german(k.Lasts), german(k.Ends), cmp.Or(german(k.Guard), "–"))
	}
	return b.String()
}

func (w Who) german() string {
	s := german(w.Shows)
	if w.Right != "" {
		s += " mit dem Recht: " + german(w.Right)
	}
	if w.More != "" {
		s += "; mehr mit " + german(w.More)
	}
	return s
}

// german is a word of the table in German. What is missing is found by a test.
func german[T ~string](word T) string {
	return cmp.Or(words()[string(word)], string(word))
}

func words() map[string]string {
	return map[string]string{
		string(Open): "für alle", string(Personal): "personenbezogen", string(Offices): "des Amtes",
		string(Nobody): "niemand", string(Asker): "wer fragt", string(Everyone): "alle",
		string(Unlimited): "keine", string(Requests): "Anfragen je Minute", string(Holds): "Anfragen, Reservierungen", string(Bookings): "Anfragen, Buchungen",
		string(Reports): "Anfragen, 10 Meldungen je Stunde", string(Letters): "Anfragen, 30 Briefe je Stunde", string(Passwords): "Anfragen, Anmeldeversuche",
		string(Nothing): "jede und jeder", string(Session): "Sitzung", string(Waiting): "Sitzung vor dem Code", string(Ticket): "Zettel der Anmeldung beim Dienst",
		string(Token): "API-Token", string(Invitation): "Einladung", string(Manage): "Verwaltungslink", string(Confirm): "Bestätigungslink", string(NewAddress): "Link der neuen Adresse",
		string(Proposal): "Vorschlag", string(Service): "Link zu einer Leistung", string(Feed): "Kalenderabo", string(Hold): "reservierte Zeit", string(Draft): "Eingetipptes",
		string(Pass): "Passierschein nach dem Code", string(Challenge): "Rechenaufgabe", string(Code): "Code im Brief", string(Device): "bekanntes Gerät", string(Password): "Passwort",
		string(Factor): "zweiter Faktor", string(Recovery): "Notfallcode", string(Webhook): "Schlüssel eines Webhooks", string(DataKey): "Datenschlüssel",
		string(Hashed): "als SHA-256", string(Keyed): "als Hash mit Schlüssel", string(Slow): "als argon2id", string(Sealed): "versiegelt",
		string(Proven): "nicht; mit dem Datenschlüssel versiegelt oder unterschrieben", string(File): "Datei mit Rechten 0600",
		"12h, 2h unused": "12 Stunden, 2 Stunden unbenutzt", "10m": "10 Minuten", "15m": "15 Minuten", "20m": "20 Minuten", "1h": "1 Stunde", "90d": "90 Tage",
		"until revoked": "bis zum Widerruf", "until changed": "bis zur Änderung", "until used": "bis zum Gebrauch", "7d the first, 30m those after": "die erste 7 Tage, jede weitere 30 Minuten",
		"retention": "Löschfrist des Termins", "confirmMinutes": "`confirmMinutes`", "holdMinutes": "`holdMinutes`", "its deadline": "seine Frist", "its day": "bis zu seinem Tag",
		"sign-out; sign-out everywhere; new password; account disabled": "Abmelden, überall abmelden, neues Passwort, gesperrtes Konto",
		"the code": "den Code", "coming back": "die Rückkehr", "revoke": "Widerruf", "use; a newer one; a new password": "Gebrauch, eine neuere, ein neues Passwort",
		"a newer one": "einen neueren", "use; a newer one": "Gebrauch, einen neueren", "answer; incident taken back": "Antwort, Rücknahme des Ausfalls", "uses; revoke": "Zahl der Buchungen, Widerruf",
		"booking": "Buchung", "five seats": "fünf Buchungen", "use": "Gebrauch", "a new password": "ein neues Passwort", "change; account disabled": "Änderung, gesperrtes Konto",
		"change; reset by an admin": "Änderung, Rücksetzen durch die Administration", "use; new ones": "Gebrauch, neue", "a new one": "einen neuen", "key rotate": "`key rotate`",
		string(agenda.SeeBookings): "Termine sehen", string(agenda.ActOnBookings): "Termine bearbeiten", string(agenda.ManageIncidents): "Ausfälle bearbeiten", string(agenda.PlanTimes): "Zeiten planen",
		string(agenda.SeeSetup): "Einrichtung sehen", string(agenda.ChangeSetup): "Einrichtung ändern", string(agenda.ManagePeople): "Personen verwalten", string(agenda.SeeFigures): "Zahlen sehen",
		string(agenda.SeeJournal): "Protokoll sehen", string(agenda.OpenToCounty): "Termine für den Landkreis freigeben", string(agenda.ManageTenants): "Kommunen verwalten",
		"five tries": "fünf Versuche", "sign_in_attempts": "`sign_in_attempts`", "sign_in_attempts, after the password": "`sign_in_attempts`, nach dem Passwort",
	}
}
