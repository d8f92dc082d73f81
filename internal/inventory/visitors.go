package inventory

// Phrases that stand in several entries.
const (
	nightly   = "das stündliche Löschen nach der Frist"
	wished    = nightly + "; auf Wunsch sofort, wenn der Termin abgesagt ist"
	desk      = "Beschäftigte mit Zugang zum Kalender des Termins; jeder Blick wird vermerkt"
	programs  = "niemand, nur das Programm"
	bearer    = "die Person selbst über ihren Link"
	untilDone = "stündlich, wenn die Frist um ist"
)

// ofVisits are the visits themselves.
func ofVisits() []Kind {
	return []Kind{
		{ID: "person", What: "Name, E-Mail-Adresse, Telefonnummer, Anmerkung, wer für wen gebucht hat; Vermerk und Aktenzeichen des Amtes; das Geheimnis des Links zum Termin", Of: Visitors, Form: Sealed,
			Why: "den Termin vergeben, vorbereiten und mitteilen", Basis: Task, Term: WithVisit, Ends: wished, Seen: desk + "; " + bearer,
			Places: []Place{in("booking", "sealed")}},
		{ID: "suchwerte", What: "E-Mail-Adresse und Telefonnummer als Prüfwert mit Schlüssel", Of: Visitors, Form: Hashed,
			Why: "einen Termin am Telefon finden, Mehrfachbuchungen begrenzen", Basis: Security, Term: WithVisit, Ends: wished, Seen: programs,
			Places: []Place{in("booking", "email_hash phone_hash")}},
		{ID: "links", What: "Prüfwerte der Links zum Termin", Of: Visitors, Form: Hashed,
			Why: "den Termin ohne Konto ansehen, ändern, absagen", Basis: Task, Term: WithVisit, Ends: wished, Seen: programs,
			Places: []Place{in("booking", "hold_hash manage_hash confirm_hash")}},
		{ID: "anliegen", What: "gewählte Leistungen und Antworten auf die Fragen des Amtes dazu", Of: Visitors, Form: Plain,
			Why: "den Besuch vorbereiten, die Dauer berechnen", Basis: Task, Term: "Antworten: {bookingDays} nach dem Besuch; Leistungen: {rowDays}", Ends: wished, Seen: desk + "; " + bearer,
			Places: []Place{in("booking", "items")}},
		{ID: "termin", What: "wann, wo, in welchem Kalender, Stand, Sprache und Nummer des Termins, ohne Namen", Of: Visitors, Form: Plain,
			Why: "Plätze belegen, Kalenderprogramme die Absage lesen lassen", Basis: Task, Term: WithRow, Ends: nightly, Seen: desk,
			Places: []Place{in("booking", "number tenant id reference uid status awaits channel calendar pool date mode starts ends from_tick to_tick tick expires cancel_by language notify sequence version overbooked stranded created changed since coming"),
				in("claim", "pool tick seat booking public overbooked expires")}},
		{ID: "neue-adresse", What: "eine neue E-Mail-Adresse, bis der Link darin bestätigt ist, und die alte", Of: Visitors, Form: Sealed,
			Why: "eine Adresse erst benutzen, wenn sie stimmt", Basis: Task, Term: "4 Tage nach Ablauf des Links, längstens {bookingDays} nach dem Besuch", Ends: wished, Seen: bearer,
			Places: []Place{in("new_address", "tenant booking version hash state expires sealed")}},
		{ID: "wunsch", What: "der Wunsch, dass die Daten eines abgesagten Termins gleich gelöscht werden", Of: Visitors, Form: Plain,
			Why: "löschen, sobald die Absage verschickt ist", Basis: "Art. 17 DSGVO", Term: "bis gelöscht ist, längstens 24 Stunden", Ends: "das Löschen selbst", Seen: programs,
			Places: []Place{in("erasure", "tenant booking at")}},
		{ID: "abo-besuch", What: "welche Termine das eigene Kalenderabo einer Person zeigt", Of: Visitors, Form: Plain,
			Why: "das Abo, das die Person selbst angelegt hat", Basis: Task, Term: WithVisit, Ends: wished, Seen: bearer,
			Places: []Place{in("feed_visit", "tenant feed booking")}},
		{ID: "ausfall", What: "welche Termine von einem Ausfall betroffen sind und was mit ihnen geschieht; Texte des Amtes verschlüsselt", Of: Visitors, Form: Sealed,
			Why: "viele Termine auf einmal verlegen oder absagen", Basis: Task, Term: WithJournal, Ends: nightly, Seen: "Leitung und Administration des Bereichs",
			Places: []Place{in("incident", "tenant id step version ends spec sealed"), in("incident_item", "tenant incident booking position state spec")}},
		{ID: "vorschlag", What: "eine andere Zeit, die für jemanden freigehalten wird; das Geheimnis des Links verschlüsselt", Of: Visitors, Form: Sealed,
			Why: "auf einen Ausfall antworten", Basis: Task, Term: "Link: {bookingDays} nach dem Besuch; der Vorgang: {journalDays}", Ends: nightly, Seen: "Leitung und Administration des Bereichs; " + bearer,
			Places: []Place{in("proposal", "tenant id incident booking held hash state version expires fallback created sealed")}},
		{ID: "barriere", What: "Meldungen von Barrieren, mit der Adresse für die Antwort", Of: Visitors, Form: Sealed,
			Why: "§ 12b BGG und die Gesetze der Länder: Feedback", Basis: Task, Term: "bis der Brief ans Amt verschickt ist, längstens 3 Tage", Ends: untilDone, Seen: "die benannte Stelle, per E-Mail",
			Places: []Place{in("barrier", "tenant id created sealed")}},
	}
}

// ofLetters are letters and what became of them.
func ofLetters() []Kind {
	return []Kind{
		{ID: "postausgang", What: "welcher Brief wann zu welchem Termin zu verschicken war und ob es gelang, ohne Text und Adresse: beides entsteht erst beim Versenden", Of: Visitors, Form: Plain,
			Why: "jeden Brief genau einmal verschicken", Basis: Task, Term: "{bookingDays} nach dem Besuch; Listen und Links ohne Termin: 24 Stunden", Ends: wished, Seen: desk,
			Places: []Place{in("outbox", "tenant subject kind version message_id state due lease attempts reason created done bulk deferred")}},
		{ID: "zustellung", What: "was der Mailserver zu einem Brief sagte: Wortlaut verschlüsselt, Adresse als Prüfwert", Of: Visitors, Form: Sealed,
			Why: "sehen, wen kein Brief erreicht", Basis: Task, Term: WithVisit, Ends: wished, Seen: desk,
			Places: []Place{in("delivery", "tenant subject message_id id at what code status reason next email_hash sealed")}},
		{ID: "unzustellbar", What: "Adressen, von denen Briefe zurückkamen, als Prüfwert mit Schlüssel", Of: Visitors, Form: Hashed,
			Why: "dorthin nicht weiter schreiben", Basis: Task, Term: "{bookingDays}, solange kein Termin mit ihr bevorsteht", Ends: nightly, Seen: programs,
			Places: []Place{in("undeliverable", "tenant email_hash at status")}},
		{ID: "anruf", What: "wen das Amt anruft, weil kein Brief ankommt, und wer angerufen hat", Of: Visitors, Form: Plain,
			Why: "niemand soll umsonst kommen", Basis: Task, Term: WithVisit, Ends: wished, Seen: desk,
			Places: []Place{in("task", "tenant booking message_id email_hash status created done person")}},
		{ID: "briefzahl", What: "wie viele Briefe zu früheren Adressen eines Termins gingen, Adresse als Prüfwert", Of: Visitors, Form: Hashed,
			Why: "niemanden mit Briefen überschütten", Basis: Security, Term: OneDay, Ends: untilDone, Seen: programs,
			Places: []Place{in("stray_letter", "tenant email_hash at booking letters")}},
		{ID: "webhook-post", What: "welches andere System wann von welchem Termin hören sollte, ohne Inhalt", Of: Visitors, Form: Plain,
			Why: "eingerichtete Anbindungen", Basis: Task, Term: "{bookingDays} nach dem Besuch; Proben: 7 Tage", Ends: wished, Seen: "Administration",
			Places: []Place{in("hook_post", "tenant hook subject version event kind id state due lease attempts status took reason created done")}},
	}
}

// ofProtection is what keeps abuse away and shows who did what.
func ofProtection() []Kind {
	return []Kind{
		{ID: "doppelt", What: "Antwort auf eine wiederholte Anfrage: Prüfwert der Anfrage, Stand und Zeit", Of: Visitors, Form: Plain,
			Why: "wer zweimal absendet, bucht einmal", Basis: Task, Term: OneDay, Ends: untilDone, Seen: programs,
			Places: []Place{in("idempotency", "tenant path key request booking status starts ends created")}},
		{ID: "rechenaufgabe", What: "gelöste Rechenaufgaben: eine Zufallszahl", Of: Visitors, Form: Plain,
			Why: "jede gilt einmal; kein fremder Dienst", Basis: Security, Term: "bis sie abläuft, einige Minuten", Ends: untilDone, Seen: programs,
			Places: []Place{in("proof", "tenant nonce expires")}},
		{ID: "code", What: "Codes per E-Mail statt der Rechenaufgabe: Adresse und Code verschlüsselt", Of: Visitors, Form: Sealed,
			Why: "buchen ohne JavaScript", Basis: Security, Term: "24 Stunden nach Ablauf", Ends: untilDone, Seen: programs,
			Places: []Place{in("proof_code", "tenant id email_hash pass_hash language tries uses created expires sealed")}},
		{ID: "protokoll", What: "was wann mit einem Termin, einem Konto oder der Einrichtung geschah und wer es tat; über Besucherinnen und Besucher nur die interne Nummer des Termins", Of: Staff, Form: Plain,
			Why: "nachvollziehen, was geschah", Basis: Account, Term: WithJournal, Ends: nightly, Seen: "Revision, Leitung und Administration",
			Places: []Place{in("journal", "tenant id at act subject actor detail")}},
		{ID: "blicke", What: "wer vom Amt welche Termine oder Listen angesehen hat", Of: Staff, Form: Plain,
			Why: "Neugier nachweisen können; Auskunft an Betroffene nach Rolle", Basis: Account, Term: WithJournal, Ends: nightly, Seen: "Revision, Leitung und Administration; die betroffene Person ohne Namen",
			Places: []Place{in("viewing", "tenant id at person way booking calendar from_date to_date visits")}},
	}
}
