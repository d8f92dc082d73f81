package staff

import (
	"cmp"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// lettersPage is whom to call, and some letters.
type lettersPage struct {
	page.Frame
	Calls   []unreached
	Fields  []page.Field
	Lines   []letterLine
	Problem bool   // problems were asked for
	First   string // address of the first page; "": this is it
	Next    string // of the next one; "": there is none
	Pausing *pausing
	Returns []returns
}

// unreached is somebody whom no letter reached.
type unreached struct {
	When, Name, Phone string
	Href              string      // of the booking
	Done              *page.Press // nil: may not
}

// letterLine is a letter with what it is about.
type letterLine struct {
	letter
	About string
	Href  string // "": no booking
}

// mostLetters is how many letters a page shows.
const mostLetters = 100

// lately is how many days problems are looked for, unless said otherwise.
const lately = 14

func (o *Office) letterList(w http.ResponseWriter, q *office.Request) error {
	return o.showLetters(w, q, nil)
}

// showLetters shows the list; pause is the form to hold letters back where it has faults.
func (o *Office) showLetters(w http.ResponseWriter, q *office.Request, pause *page.Form) error {
	x := &lettersPage{Frame: o.Frame(q)}
	switch done := q.URL.Query().Get("done"); done {
	case "again", "reached", "paused", "resumed":
		x.Notice = &page.Notice{Kind: "success", Title: x.T("staff.done." + done), Live: true}
	case "changed", "often":
		x.Notice = &page.Notice{Kind: "warning", Title: x.T("staff.done." + done), Live: true}
	}
	s, form := x.search(q)
	calls, err := o.Desk.Unreached(q.Context(), q.Person)
	if err != nil {
		return err
	}
	if x.Pausing, err = o.pausing(q, x.Frame, pause); err != nil {
		return err
	}
	if len(x.Pausing.Paused) > 0 && q.URL.Query().Get("done") == "resumed" {
		x.Notice = nil // it is the installation's pause that still holds them, and is named
	}
	if x.Returns, err = o.mailboxes(q, x.Frame); err != nil {
		return err
	}
	for _, c := range calls {
		x.Calls = append(x.Calls, x.call(q, c))
	}
	status := http.StatusOK
	if x.Errors = append(pause.Errors(), form.Errors()...); len(x.Errors) > 0 {
		status = http.StatusUnprocessableEntity
		for i := range x.Fields {
			x.Fields[i] = form.Fill(x.Fields[i])
		}
	} else {
		list, more, err := o.Desk.Letters(q.Context(), q.Person, s)
		if err != nil {
			return err
		}
		if s.After != "" {
			x.First = x.address(s, "")
		}
		if more {
			x.Next = x.address(s, list[len(list)-1].Mark())
		}
		for _, l := range list {
			x.Lines = append(x.Lines, x.line(q, l))
		}
	}
	return o.Pages.Render(w, q.Request, status, "staff/letters", x)
}

// search reads which letters are wanted: problems of the last days, unless said otherwise.
func (x *lettersPage) search(q *office.Request) (booking.LetterSearch, *page.Form) {
	t := x.T
	form := page.NewForm(q.URL.Query(), x.Printer())
	today := agenda.DateOf(q.Now)
	s := booking.LetterSearch{From: today - lately + 1, To: today, Calendar: form.Value("calendar"), After: form.Value("after"), Limit: mostLetters}
	if from := form.Date("from", page.Rule{Label: t("staff.letters.from")}); from != 0 {
		s.From = from
	}
	if to := form.Date("to", page.Rule{Label: t("staff.letters.to")}); to != 0 {
		s.To = to
	}
	if len(form.Errors()) == 0 && (s.To < s.From || s.From < today-4000 || s.To > today+4000) {
		form.Fail("to", "staff.letters.backwards")
	}
	state := page.Field{Name: "state", Label: t("staff.letters.state"), Type: "select", Required: true}
	wanted := form.Choice("state", []string{booking.LettersProblem, booking.LettersWaiting, booking.LettersSent, booking.LettersDropped, "all"}, page.Rule{Label: state.Label})
	if wanted == "" {
		wanted = booking.LettersProblem
	}
	for _, v := range []string{booking.LettersProblem, booking.LettersWaiting, booking.LettersSent, booking.LettersDropped, "all"} {
		state.Choices = append(state.Choices, page.Choice{Value: v, Label: t("staff.letters.show." + v), Selected: v == wanted})
	}
	if x.Problem = wanted == booking.LettersProblem; wanted != "all" {
		s.State = wanted
	}
	kind := page.Field{Name: "kind", Label: t("staff.letters.kind"), Type: "select", Required: true, Choices: []page.Choice{{Label: t("staff.letters.anyKind")}}}
	s.Kind = form.Choice("kind", askedKinds(), page.Rule{Label: kind.Label})
	for _, v := range askedKinds() {
		kind.Choices = append(kind.Choices, page.Choice{Value: v, Label: letterName(x.Frame, v), Selected: v == s.Kind})
	}
	x.Fields = []page.Field{state, kind,
		{Name: "from", Label: t("staff.letters.from"), Type: "date", Width: "short", Required: true, Value: s.From.String()},
		{Name: "to", Label: t("staff.letters.to"), Type: "date", Width: "short", Required: true, Value: s.To.String()}}
	if mine := q.Calendars(agenda.SeeBookings); len(mine) > 1 {
		x.Fields = append(x.Fields, page.Field{Name: "calendar", Label: t("staff.booking.calendar"), Type: "select", Required: true,
			Choices: append([]page.Choice{{Label: t("staff.day.all")}}, office.Choices(x.Frame, q.Setup, mine, s.Calendar)...)})
	}
	return s, form
}

// address is a search with the letter after which its page begins.
func (x *lettersPage) address(s booking.LetterSearch, after string) string {
	v := url.Values{"from": {s.From.String()}, "to": {s.To.String()}, "state": {cmp.Or(s.State, "all")}}
	for key, value := range map[string]string{"kind": s.Kind, "calendar": s.Calendar, "after": after} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return "/staff/letters?" + v.Encode()
}

// askedKinds are the kinds of letters that can be asked for.
func askedKinds() []string {
	return []string{booking.KindConfirmRequest, booking.KindReceived, booking.KindConfirmed, booking.KindChanged, booking.KindReminder, booking.KindCancelled, booking.KindRejected,
		booking.KindExpired, booking.KindLapsed, booking.KindIncidentMoved, booking.KindIncidentCancelled, booking.KindProposal, booking.KindAddressRequest, booking.KindAddressChanged,
		booking.KindStaffBooked, booking.KindStaffMoved, booking.KindStaffCancelled, booking.KindDailyList}
}

func (x *lettersPage) call(q *office.Request, c *booking.Card) unreached {
	line := unreached{When: office.Short(x.Frame, c.Start.In(q.Setup.Zone())), Name: nameOf(c), Phone: c.Private.Phone, Href: "/staff/bookings/" + c.ID}
	if q.Person.MayIn(agenda.ActOnBookings, c.Calendar) {
		line.Done = &page.Press{Action: line.Href + "/reached", Fields: []page.Field{{Name: "from", Type: "hidden", Value: "letters"}},
			Button: page.Button{Kind: "secondary", Label: x.T("staff.letters.reached"), Context: line.Name}}
	}
	return line
}

func (x *lettersPage) line(q *office.Request, l booking.ListedLetter) letterLine {
	text := letterLine{letter: letterOf(x.Frame, q.Setup.Zone(), l.LetterLife), About: x.T("staff.letters.office")}
	if c := l.Card; c != nil {
		text.About, text.Href = nameOf(c)+", "+office.Short(x.Frame, c.Start.In(q.Setup.Zone())), "/staff/bookings/"+c.ID
		if q.Person.MayIn(agenda.ActOnBookings, c.Calendar) && booking.NotReached(l.Posting) && !c.Gone && q.Now.Before(c.End) {
			text.Again = &page.Press{Action: text.Href + "/letters/" + l.MessageID + "/again", Fields: []page.Field{{Name: "from", Type: "hidden", Value: "letters"}},
				Button: page.Button{Kind: "secondary", Label: x.T("staff.letters.again"), Context: text.What}}
		}
	}
	return text
}

// nameOf is whom a visit is for, or its reference where nobody is known any more.
func nameOf(c *booking.Card) string {
	if c.Private.Name != "" {
		return c.Private.Name
	}
	return c.Reference
}
