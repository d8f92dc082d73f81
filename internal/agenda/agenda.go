// Package agenda holds the words and the rules of the appointment book: what a
// tenant sets up (departments, sites, services, calendars, slot templates,
// closures), what a booking is, and which step of its life may follow which.
//
// It refuses to know where anything is stored or shown, and what time it is:
// no I/O, no clock, no context. A rule that depends on the time is given it.
// Start reading at Setup (the tenant file as a value) and Booking.
//
// One word per thing. The German word is what pages and letters say.
//
//	Mandant (Kommune)            Tenant        whose data it is
//	Fachbereich, Amt             Department    owns calendars and services
//	Standort                     Site          address
//	Dienstleistung, Anliegen     Service       what the visitor comes for
//	LeiKa-Schlüssel              Service.Leika number in the federal service catalogue
//	Terminkalender               Calendar      seats at a site, with the services it offers
//	Leistung im Kalender         Offer         a service in one calendar, with its minutes there
//	Terminvorlage, Öffnungszeit  SlotTemplate  weekdays, times, validity, rhythm, seats
//	Sperrzeit / Feiertag         Closure / Holiday
//	anderer Kalender, belegt     BusySource / BusyTime
//	Takt / Platz / Belegung      Tick / Seat / Claim
//	Auslastung                   Occupancy     what is free of a calendar's days, as it is remembered
//	Platzvorrat                  Pool          the seats that one or several calendars share
//	freie Zeit                   Slot          a start that could be booked now
//	Wunsch                       Wish          services, quantities, answers and mode asked for
//	Termin                       Booking
//	Reservierung / Bestätigen    Hold / Confirm
//	Bürgerin, Besucher           Visitor       who comes
//	Vorgangsnummer               Reference     short code a visitor can read out
//	Verwaltungslink              manage secret looked up by hash
//	Einladungslink               ServiceLink   its secret lets somebody book what is public by link only
//	ohne Termin                  WalkIn        hours without appointment; who comes without one
//	Schreiben                    Letter        in the outbox until delivered
//	Erinnerung                   Rung          one of a visit's Ladder; Span before the visit, QuietHours shift it
//	Zusage                       Coming        the visitor said that they come at this time
//	Nachfrage                    Reconfirm     whose silence lets a visit Lapse
//	Kalenderabo                  Feed
//	Vorlauf/Horizont/Absagefrist Lead / Horizon / CancelBy
//	Löschfrist / Protokoll       Retention / Journal
//	Zahl                         Figure        how often something happened on a day, never to whom
//	Wartezeit                    Waiting       days until the third free time
//	Vorfall                      Incident      keeps visits from taking place as booked
//	Vorschlag                    Proposal      another time, kept until the visitor answers
//	Nachweis                     Proof         a sum, or a code by mail, that makes hoarding dear
//	Rückgabe                     Release       after which moment a seat given up is offered again
//	Barriere                     Barrier       what somebody could not read, use or understand
//	Einbettung                   Embed         the way to a booking in a frame of another site
package agenda
