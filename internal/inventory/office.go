package inventory

// ofStaff is who works in the office.
func ofStaff() []Kind {
	const people = "die Person selbst; wer Konten verwaltet"
	return []Kind{
		{ID: "konto", What: "Name, dienstliche E-Mail-Adresse, Rolle, Bereich; das Passwort als argon2id-Prüfwert", Of: Staff, Form: Plain,
			Why: "sich anmelden, Rechte haben", Basis: Workplace, Term: "solange das Konto besteht; gesperrte Konten bleiben, damit das Protokoll lesbar ist", Ends: "niemand: sperren statt löschen", Seen: people,
			Places: []Place{in("person", "tenant id email name role department password disabled created"),
				in("person_role", "tenant person id role department calendar from_date to_date"), in("identity", "tenant issuer subject person")}},
		{ID: "zweiter-faktor", What: "Sprache, letzte Anmeldung; Geheimnis des zweiten Faktors verschlüsselt", Of: Staff, Form: Sealed,
			Why: "Anmeldung mit zweitem Faktor", Basis: Workplace, Term: "solange das Konto besteht", Ends: "Abschalten des zweiten Faktors", Seen: people,
			Places: []Place{in("credential", "tenant person language signed_in totp totp_next totp_step")}},
		{ID: "notfallcodes", What: "Prüfwerte der Notfallcodes", Of: Staff, Form: Hashed,
			Why: "wenn das Telefon weg ist", Basis: Workplace, Term: "bis sie benutzt oder ersetzt sind", Ends: "Gebrauch, neue Codes", Seen: programs,
			Places: []Place{in("recovery_code", "tenant person hash")}},
		{ID: "sitzung", What: "offene Anmeldungen: Prüfwert, Browser und System in je einem Wort, wann benutzt. Keine IP-Adresse", Of: Staff, Form: Hashed,
			Why: "angemeldet bleiben, fremde Anmeldungen erkennen", Basis: Workplace, Term: "12 Stunden", Ends: "Abmelden; stündlich nach Ablauf", Seen: "die Person selbst",
			Places: []Place{in("session", "hash tenant person created expires id waits device used looks opened")}},
		{ID: "versuche", What: "wie viele falsche Anmeldungen es zuletzt gab, je Konto und je Herkunft. Keine IP-Adresse: von der Herkunft 16 Bit eines Prüfwerts, die sich Zehntausende Adressen teilen", Of: Staff, Form: Hashed,
			Why: "Raten bremsen, ohne jemanden auszusperren", Basis: Security, Term: "höchstens 15 Minuten", Ends: "stündlich nach Ablauf", Seen: programs,
			Places: []Place{in("sign_in_try", "who over")}},
		{ID: "einladung", What: "Einladungen, ein Passwort zu setzen; das Geheimnis verschlüsselt", Of: Staff, Form: Sealed,
			Why: "das erste Passwort", Basis: Workplace, Term: "7 Tage, jede weitere 30 Minuten", Ends: "Gebrauch; stündlich nach Ablauf", Seen: people,
			Places: []Place{in("invitation", "hash tenant person expires sealed")}},
		{ID: "abo", What: "Kalenderabos: was sie zeigen, wann zuletzt gelesen; Prüfwert des Links", Of: Staff, Form: Hashed,
			Why: "Termine im eigenen Kalenderprogramm", Basis: Workplace, Term: UntilGone, Ends: "Widerruf sperrt; das Abo einer Besucherin geht mit ihrem letzten Termin", Seen: "wer es angelegt hat; Administration",
			Places: []Place{in("feed", "tenant id scope target detail name language alarm hash created expires used revoked tag changed")}},
		{ID: "leistungslink", What: "Links zu Leistungen, die nicht öffentlich sind: von wem, wofür, wie oft benutzt", Of: Staff, Form: Hashed,
			Why: "jemanden gezielt einladen", Basis: Task, Term: "30 Tage nach Ablauf", Ends: nightly, Seen: "wer ihn angelegt hat; Leitung",
			Places: []Place{in("service_link", "tenant id hash services calendars person note uses used created expires revoked")}},
		{ID: "kreis", What: "bis wann eine Gemeinde den Landkreis in ihre Termine sehen lässt und wer das erlaubte", Of: Staff, Form: Plain,
			Why: "Hilfe auf Zeit", Basis: Account, Term: UntilGone, Ends: "Schließen", Seen: "Administration und Landkreis",
			Places: []Place{in("county_access", "tenant to_date person created")}},
		{ID: "briefpause", What: "wessen Briefe angehalten sind, und von wem", Of: Staff, Form: Plain,
			Why: "nach einer Wiederherstellung nichts doppelt verschicken", Basis: Account, Term: UntilGone, Ends: "Weiterlaufen lassen", Seen: "Leitung und Administration",
			Places: []Place{in("mail_pause", "tenant since actor reason copied")}},
	}
}

// ofOffice is set-up and operation.
func ofOffice() []Kind {
	return []Kind{
		{ID: "einrichtung", What: "Leistungen, Kalender, Öffnungszeiten, Standorte, Texte; Adressen fremder Kalender verschlüsselt", Of: Nobody, Form: Plain,
			Why: "das Angebot", Basis: None, Term: UntilGone, Ends: "Ändern; ältere Stände nach 200 Änderungen", Seen: "Planung, Leitung, Administration; das Angebot alle",
			Places: []Place{in("tenant", "id revision changed spec"), in("department", "tenant id position retired spec"), in("site", "tenant id position retired spec"),
				in("service", "tenant id position retired minutes spec"), in("pool", "number tenant id tick_minutes"), in("calendar", "tenant id position retired department site pool spec"),
				in("offer", "tenant calendar service position minutes"), in("slot_template", "tenant calendar id position spec"), in("logo", "tenant name image"),
				in("revision", "tenant number at actor spec")}},
		{ID: "token", What: "Zugänge von Programmen: Name, Rolle, Prüfwert", Of: Nobody, Form: Hashed,
			Why: "Schnittstelle", Basis: None, Term: UntilGone, Ends: "Ablauf oder Widerruf sperrt; die Zeile bleibt, damit das Protokoll lesbar ist", Seen: "Administration",
			Places: []Place{in("token", "tenant id name role department hash created revoked expires")}},
		{ID: "webhook", What: "Stand der Schlüssel, mit denen Nachrichten unterschrieben sind", Of: Nobody, Form: Plain,
			Why: "Anbindungen", Basis: None, Term: UntilGone, Ends: "Entfernen der Anbindung", Seen: "Administration",
			Places: []Place{in("hook", "tenant id generation renewed disabled data_key former_key")}},
		{ID: "schluessel", What: "frühere Datenschlüssel, unter dem geltenden versiegelt; dieser selbst liegt in seiner Datei", Of: Nobody, Form: Sealed,
			Why: "Schlüssel im laufenden Betrieb wechseln", Basis: None, Term: "der Schlüssel bis alles umgeschlüsselt ist, die Zeile dauernd", Ends: "der Wechsel", Seen: programs,
			Places: []Place{in("data_key", "number fingerprint state since done key lookup")}},
		{ID: "prozesse", What: "laufende Prozesse des Programms, mit dem Namen des Rechners", Of: Nobody, Form: Plain,
			Why: "kein Prozess behält einen alten Schlüssel", Basis: None, Term: "solange sie laufen", Ends: "das Ende des Prozesses, oder dass er sich nicht mehr meldet", Seen: programs,
			Places: []Place{in("key_holder", "id name adopted seen")}},
		{ID: "belegt", What: "belegte Zeiten fremder Kalender: von wann bis wann, nie wofür", Of: Nobody, Form: Plain,
			Why: "Plätze sperren, wenn jemand nicht da ist", Basis: Workplace, Term: "bis zum nächsten Abruf, nie Vergangenes", Ends: "jeder Abruf; Entfernen des Kalenders", Seen: "Planung, Leitung, Administration",
			Places: []Place{in("busy_source", "tenant calendar source due lease tried fetched failing fault released until etag modified digest entries strange floating clock"),
				in("busy_time", "tenant calendar date source times")}},
		{ID: "zahlen", What: "wie oft etwas geschah, je Tag, Kalender und Leistung, nie je Person; kleine Zahlen werden verdeckt", Of: Nobody, Form: Plain,
			Why: "Wartezeiten und Bedarf erkennen", Basis: None, Term: WithCount, Ends: nightly, Seen: "wer Zahlen sehen darf",
			Places: []Place{in("figure", "tenant date calendar service name amount"), in("waiting", "tenant date site service days")}},
		{ID: "betrieb", What: "Stand des Programms, Sperren der Tage, Lesestand der Rücklaufpostfächer", Of: Nobody, Form: Plain,
			Why: "Betrieb", Basis: None, Term: "dauernd", Ends: "nichts", Seen: programs,
			Places: []Place{in("meta", "name value"), in("day", "pool date version"), in("mailbox", "name validity uid bounces absences replies people unknown looked failed fault")}},
	}
}

// outside is what is kept elsewhere than in the database.
func outside() []Kind {
	return []Kind{
		{ID: "ip", What: "IP-Adressen", Of: Visitors, Form: Outside,
			Why: "zu viele Anfragen von einer Stelle bremsen", Basis: Security, Term: "nur im Arbeitsspeicher: Minuten bis eine Stunde; von wo ein Konto sich richtig angemeldet hat, bis zum Neustart", Ends: "Zeitablauf, Neustart", Seen: "niemand; sie stehen in keinem Protokoll dieses Programms"},
		{ID: "log", What: "Zeilen für den Betrieb: Adresse der Seite ohne Geheimnisse, Dauer, Ergebnis, Nummer des Mandanten; keine Namen, Adressen, Nummern von Terminen", Of: Nobody, Form: Outside,
			Why: "Störungen finden", Basis: Security, Term: "so lange das System seine Protokolle aufhebt", Ends: "das Protokoll des Systems (journald, logrotate)", Seen: "Betrieb"},
		{ID: "merkliste", What: "die Tageslisten von heute und morgen, falls die Datenbank ausfällt", Of: Visitors, Form: Outside,
			Why: "Notbetrieb am Empfang", Basis: Task, Term: "nur im Arbeitsspeicher, bis zum Ende des Tages", Ends: "Tagesende, Neustart", Seen: desk},
		{ID: "browser", What: "was jemand auf dem Weg zum Termin eingetippt hat, verschlüsselt in einem Cookie; die reservierte Zeit", Of: Visitors, Form: Outside,
			Why: "nichts zweimal tippen", Basis: Task, Term: "20 Minuten, im Browser der Person", Ends: "Buchung, Zeitablauf", Seen: "die Person selbst"},
		{ID: "sicherung", What: "Sicherungen: der Stand der Datenbank an einem Tag, mit allem, was da noch nicht gelöscht war", Of: Visitors, Form: Outside,
			Why: "Wiederherstellung", Basis: Security, Term: "wie Sie es festlegen; eine Sicherung, die älter ist als die Löschfrist, enthält Gelöschtes", Ends: "Ihr Sicherungsplan. Nach einer Wiederherstellung ruhen die Briefe, und das Programm löscht Abgelaufenes im ersten Lauf", Seen: "Betrieb; ohne Schlüsseldatei sind die versiegelten Daten nicht lesbar"},
		{ID: "postfach", What: "Briefe, die verschickt sind, und Kalendereinträge beim Amt", Of: Visitors, Form: Outside,
			Why: "Benachrichtigung", Basis: Task, Term: "wie das Postfach es hält", Ends: "der Mailserver, der Kalender des Amtes", Seen: "Empfängerin oder Empfänger"},
	}
}
