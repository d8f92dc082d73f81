// Package inventory says which data the program keeps: of whom, in which column of
// schema.sql, in which form, why, how long, who sees it and what deletes it. The page for
// the data protection officer and the document "daten" are made from it. It refuses to
// know how anything is stored, and what a tenant has set but its terms.
//
// A column that no entry names fails a test, so whoever adds one says here what it is for.
// The words are German, as in all documents. Start reading at Kinds.
package inventory

import (
	"fmt"
	"strings"

	"terminvergabe/internal/agenda"
)

// Kind is one kind of data.
type Kind struct {
	ID     string // also the anchor in documents
	What   string
	Of     Whom
	Form   Form
	Why    string
	Basis  Basis
	Term   Term
	Ends   string // what deletes it
	Seen   string // who sees it
	Places []Place
}

// Place is columns of a table.
type Place struct {
	Table   string
	Columns []string
}

// Whom says whose data it is.
type Whom string

// Whose data there is.
const (
	Visitors Whom = "Besucherinnen und Besucher"
	Staff    Whom = "Beschäftigte"
	Nobody   Whom = "niemand: Einrichtung und Betrieb"
)

// Whose lists them in the order in which people read.
func Whose() []Whom { return []Whom{Visitors, Staff, Nobody} }

// Form says what somebody sees who has the database and no key.
type Form string

// The forms.
const (
	Sealed  Form = "verschlüsselt, der Schlüssel liegt nicht in der Datenbank"
	Hashed  Form = "nur als Prüfwert, aus dem sich nichts zurückrechnen lässt"
	Plain   Form = "im Klartext"
	Outside Form = "nicht in der Datenbank"
)

// Basis is what the processing is founded on.
type Basis string

// What the program is made for. Which of it holds is for the office to say.
const (
	Task      Basis = "Art. 6 Abs. 1 Buchst. e DSGVO mit dem Fachrecht der Leistung"
	Security  Basis = "Art. 6 Abs. 1 Buchst. e, Art. 32 DSGVO"
	Account   Basis = "Art. 5 Abs. 2, Art. 32 DSGVO: Nachweis"
	Workplace Basis = "Art. 6 Abs. 1 Buchst. e, Art. 88 DSGVO mit dem Dienstrecht des Landes"
	None      Basis = "kein Personenbezug, oder nur die Namen dienstlicher Ansprechpersonen"
)

// Term is how long something is kept. A {word} in it is one of the tenant's terms.
type Term string

// Terms that several kinds have.
const (
	WithVisit   Term = "{bookingDays} nach dem Besuch"
	WithRow     Term = "{rowDays} nach dem Besuch"
	WithJournal Term = "{journalDays}"
	WithCount   Term = "{statisticsDays}"
	OneDay      Term = "24 Stunden"
	UntilGone   Term = "bis jemand es löscht oder widerruft"
)

// bareDays is how long the bare row of a visit is kept at least, for calendar programs that
// still have to hear of it (booking.FeedDays).
const bareDays = 30

// In is the term in words with a tenant's values, or with what holds where a tenant says
// nothing.
func (t Term) In(r agenda.Retention) string {
	return strings.NewReplacer("{bookingDays}", days(r.BookingDays), "{rowDays}", days(max(r.BookingDays, bareDays)),
		"{journalDays}", days(r.JournalDays), "{statisticsDays}", days(r.StatisticsDays)).Replace(string(t))
}

func days(n int) string {
	if n == 1 {
		return "1 Tag"
	}
	return fmt.Sprintf("%d Tage", n)
}

// Where lists the places in words.
func (k Kind) Where() string {
	var list []string
	for _, p := range k.Places {
		list = append(list, p.Table+" ("+strings.Join(p.Columns, ", ")+")")
	}
	return strings.Join(list, "; ")
}

// in is a place.
func in(table, columns string) Place { return Place{table, strings.Fields(columns)} }

// Kinds are all kinds of data.
func Kinds() []Kind {
	var list []Kind
	for _, k := range [][]Kind{ofVisits(), ofLetters(), ofProtection(), ofStaff(), ofOffice(), outside()} {
		list = append(list, k...)
	}
	return list
}
