package staff

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// bookingPage is one booking with all that is known of it.
type bookingPage struct {
	page.Frame
	Title   string
	Visit   visit
	Facts   []page.Row
	Visitor []page.Row
	Letters []letter
	Calling string      // that the visitor is to be called; "": no need
	Call    *page.Press // to tick off that the visitor was called; nil: no need
	Lift    *page.Press // to write to the address again; nil: letters go out
	History []event
	Looks   []event    // who looked, for who may see the journal
	AllSaw  string     // address of all looks; "": there are no others
	Told    []string   // what other programs heard of it
	Hooks   *page.Link // to why they did not; nil: they did, or the reader may not see it
	Gone    bool
	Links   []page.Link  // what else can be done
	Early   *page.Notice // today is not the day of the visit
	Resend  *page.Press  // nil: there is no letter to send again
}

// event is one entry of the journal.
type event struct {
	When string
	What string
	Who  string
}

func (o *Office) booking(w http.ResponseWriter, q *office.Request) error {
	c, err := o.open(q, mux.Vars(q.Request)["id"])
	if err != nil {
		return err
	}
	p := &bookingPage{Frame: o.Frame(q), Gone: c.Gone}
	p.Visit = o.line(p.Frame, q, c)
	p.Title = p.Visit.Name
	p.Crumbs = []page.Link{{Label: p.T("staff.nav.day"), Href: dayAt(c.Calendar.ID, c.Date)}}
	p.Notice = o.done(q, p.Frame)
	p.Facts, p.Visitor = facts(p.Frame, c), visitor(p.Frame, c)
	o.offer(q, p, c)
	if err := o.history(q, p, c); err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, http.StatusOK, "staff/booking", p)
}

// offer adds what can be done besides the acts on the visit itself.
func (o *Office) offer(q *office.Request, p *bookingPage, c *booking.Card) {
	here := "/staff/bookings/" + c.ID
	mayAct := q.Person.MayIn(agenda.ActOnBookings, c.Calendar)
	if !c.Gone && c.Sealed != nil {
		if mayAct {
			if c.MayChange(agenda.Staff, q.Now) == nil {
				p.Links = append(p.Links, page.Link{Label: p.T("staff.service.link"), Href: here + "/service"})
				for i, row := range p.Facts {
					if row.Key == p.T("common.service") {
						p.Facts[i].Change = here + "/service"
					}
				}
			}
			p.Links = append(p.Links, page.Link{Label: p.T("staff.edit.title"), Href: here + "/edit"})
			for i, row := range p.Visitor {
				for field, key := range shown {
					if row.Key == p.T(key) {
						p.Visitor[i].Change = here + "/edit?field=" + field
					}
				}
			}
			if c.Private.StaffNote == "" {
				p.Links = append(p.Links, page.Link{Label: p.T("staff.edit.addNote"), Href: here + "/edit?field=staffNote"})
			}
		}
		p.Links = append(p.Links, page.Link{Label: p.T("staff.slip.link"), Href: here + "/slip"})
	}
	if mayAct {
		p.Links = append(p.Links, page.Link{Label: p.T("staff.booking.copy"), Href: "/staff/new?copy=" + c.ID})
		p.Resend = o.offerResend(q, p.Frame, c)
		offerAnswer(p, c, q.Now)
	}
	if c.Status == agenda.Confirmed && c.Date > agenda.DateOf(q.Now) && len(p.Visit.Acts) > 0 {
		p.Early = &page.Notice{Kind: "info", Title: p.T("staff.booking.early"), Text: p.T("staff.booking.earlyText", "when", p.Printer().Date(c.Start.In(q.Setup.Zone())))}
	}
}

// answerBy is until when a visitor has to say that they come. Whoever booked too late to be
// asked in good time, or gets no letters, does not lose the visit by silence.
func answerBy(c *booking.Card) (by time.Time, asked bool) {
	if c.Status != agenda.Confirmed || !c.Notify || c.Calendar == nil {
		return by, false
	}
	return c.Setup.WillAsk(c.Calendar, c.Items, c.Start, c.Since)
}

func facts(f page.Frame, c *booking.Card) (rows []page.Row) {
	start, end := c.Start.In(c.Setup.Zone()), c.End.In(c.Setup.Zone())
	add := func(key string, values ...string) {
		if values = slices.DeleteFunc(values, func(v string) bool { return v == "" }); len(values) > 0 {
			rows = append(rows, page.Row{Key: f.T(key), Values: values})
		}
	}
	var what []string
	for _, it := range c.Items {
		what = append(what, wanted(f, c.Setup, it)...)
	}
	add("staff.booking.when", f.Printer().Date(start), f.Printer().TimeSpan(start, end))
	add("common.service", what...)
	add("staff.booking.calendar", office.CalendarName(f, c.Setup, c.Calendar))
	if c.Mode != "" {
		add("staff.booking.mode", f.T("staff.mode."+c.Mode))
	}
	add("common.reference", c.Reference)
	if !c.Coming.IsZero() {
		add("staff.coming.row", f.T("staff.coming.since", "when", office.Short(f, c.Coming.In(c.Setup.Zone()))))
	} else if by, asked := answerBy(c); asked {
		add("staff.coming.row", f.T("staff.coming.open", "when", office.Short(f, by.In(c.Setup.Zone()))))
	}
	over := ""
	if c.Overbooked {
		over = f.T("staff.over")
	}
	stranded := ""
	if c.Stranded {
		stranded = f.T("staff.stranded")
	}
	add("staff.booking.mark", over, stranded)
	return rows
}

// wanted is one service with its quantity and the answers given.
func wanted(f page.Frame, s *agenda.Setup, it agenda.Item) []string {
	svc, ok := s.ServiceOf(it.Service)
	if !ok {
		return []string{it.Service}
	}
	name := office.Plain(f, svc.Name)
	if it.Quantity > 1 {
		name = f.T("staff.times", "n", it.Quantity, "what", name)
	}
	lines := []string{name}
	for i := range svc.Questions {
		question := &svc.Questions[i]
		if a := it.Answers[question.ID]; a != "" {
			lines = append(lines, office.Plain(f, question.Label)+": "+answer(f, question, a))
		}
	}
	return lines
}

func answer(f page.Frame, question *agenda.Question, a string) string {
	if option := question.Option(a); option != nil {
		return office.Plain(f, option.Label)
	}
	if question.Type == "yesno" {
		return f.T("common." + a)
	}
	return a
}

func visitor(f page.Frame, c *booking.Card) (rows []page.Row) {
	add := func(key, value string) {
		if value != "" {
			rows = append(rows, page.Row{Key: f.T(key), Values: strings.Split(value, "\n")})
		}
	}
	add("common.name", c.Private.Name)
	add("staff.booking.contactName", c.Private.ContactName)
	add("common.phone", c.Private.Phone)
	add("common.email", c.Private.Email)
	add("common.note", c.Private.Note)
	add("staff.booking.staffNote", c.Private.StaffNote)
	add("staff.booking.caseReference", c.Private.CaseReference)
	if !c.Gone {
		add("common.language", office.LanguageName(f, c.Language))
	}
	return rows
}

// history adds the journal and the letters, newest first.
func (o *Office) history(q *office.Request, p *bookingPage, c *booking.Card) error {
	var entries []store.Entry
	var posts []store.HookPost
	err := o.Desk.Store.View(q.Context(), func(tx *store.Tx) (err error) {
		if entries, err = tx.Journal(c.Tenant, c.ID); err != nil {
			return err
		}
		posts, err = tx.HookPosts(c.Tenant, c.ID)
		return err
	})
	if err != nil {
		return err
	}
	who, err := o.names(q)
	if err != nil {
		return err
	}
	zone := c.Setup.Zone()
	for _, e := range slices.Backward(entries) {
		p.History = append(p.History, event{When: office.Short(p.Frame, e.At.In(zone)), What: happened(p.Frame, c.Setup, e), Who: p.actor(e.Actor, who)})
	}
	p.told(q, posts)
	if err := o.looks(q, p, c, who); err != nil {
		return err
	}
	return o.post(q, p, c)
}

// mostLooks is how many looks the page of a visit lists.
const mostLooks = 12

func (o *Office) looks(q *office.Request, p *bookingPage, c *booking.Card, who map[string]string) error {
	list, more, err := o.Desk.LooksAt(q.Context(), q.Person, c, mostLooks)
	if err != nil {
		return err
	}
	for _, v := range list {
		p.Looks = append(p.Looks, event{When: office.Short(p.Frame, v.At.In(c.Setup.Zone())), What: p.T("staff.looks.way." + v.Way), Who: office.Looker(p.Frame, v.Person, who)})
	}
	if more {
		p.AllSaw = "/staff/journal/looks?" + url.Values{"reference": {c.Reference}}.Encode()
	}
	return nil
}

// names are those of the people and programs whom a journal can name.
func (o *Office) names(q *office.Request) (map[string]string, error) {
	people, err := o.Accounts.People(q.Context(), q.Person.Tenant)
	if err != nil {
		return nil, err
	}
	tokens, err := o.Accounts.Tokens(q.Context(), q.Person.Tenant)
	if err != nil {
		return nil, err
	}
	who := map[string]string{}
	for _, x := range people {
		who[x.ID] = x.Name
	}
	for _, x := range tokens {
		who[x.ID] = x.Name
	}
	return who, nil
}

func (p *bookingPage) actor(id string, who map[string]string) string {
	switch id {
	case booking.ActorVisitor, booking.ActorJob, booking.ActorCLI:
		return p.T("staff.actor." + id)
	}
	if name, ok := who[id]; ok {
		return name
	}
	return id
}

// happened says what an entry of the journal is about; an act that has no words
// here yet stands there as it is.
func happened(f page.Frame, s *agenda.Setup, e store.Entry) string {
	zone := s.Zone()
	var detail struct {
		From, To   string
		Overbooked bool
		Fields     []string
		Kind       string
		Reason     string
		Before     []agenda.Item
		After      []agenda.Item
	}
	_ = json.Unmarshal([]byte(e.Detail), &detail) // what cannot be read is left out
	text := e.Act
	switch e.Act {
	case "hold", "book", "confirm", "approve", "reject", "cancel", "expire", "move", "take-back", "walk-in":
		text = f.T("staff.history." + e.Act)
	case "visit":
		if _, known := visited[agenda.Status(detail.To)]; known {
			text = f.T("staff.history.visit." + detail.To)
		}
	default:
		if key := "staff.journal.act." + strings.ReplaceAll(e.Act, " ", "-"); f.Printer().Has(key) {
			text = f.T(key)
		}
	}
	switch e.Act {
	case "amend":
		var fields []string
		for _, name := range detail.Fields {
			if key, ok := amended[name]; ok {
				fields = append(fields, f.T(key))
			}
		}
		text = f.T("staff.history.amend", "what", strings.Join(fields, ", "))
	case booking.ActService:
		text = f.T("staff.history.service", "before", named(f, s, detail.Before), "after", named(f, s, detail.After))
	case "resend":
		text = f.T("staff.history.resend", "letter", letterName(f, detail.Kind))
	}
	if e.Act == "move" {
		from, err1 := time.Parse(time.RFC3339, detail.From)
		to, err2 := time.Parse(time.RFC3339, detail.To)
		if err1 == nil && err2 == nil {
			text = f.T("staff.history.moved", "from", office.Short(f, from.In(zone)), "to", office.Short(f, to.In(zone)))
		}
	}
	if slices.Contains(booking.Reasons(), detail.Reason) {
		text = f.T("staff.after.because", "what", text, "why", f.T("staff.after.reason."+detail.Reason))
	}
	if detail.Overbooked {
		text += " (" + f.T("staff.over") + ")"
	}
	return text
}

// named are services in one line.
func named(f page.Frame, s *agenda.Setup, items []agenda.Item) string {
	var names []string
	for _, it := range items {
		names = append(names, wanted(f, s, it)[0])
	}
	return strings.Join(names, ", ")
}

// amended are the fields that can be corrected, by the keys of their labels.
var amended = map[string]string{"name": "staff.who.name", "contactName": "staff.booking.contactName", "phone": "common.phone", "email": "common.email",
	"language": "staff.who.language", "notify": "staff.edit.notify", "staffNote": "staff.booking.staffNote", "caseReference": "staff.booking.caseReference"}

// shown are the fields that can be corrected, by the keys of the rows that show them.
var shown = map[string]string{"name": "common.name", "contactName": "staff.booking.contactName", "phone": "common.phone", "email": "common.email",
	"language": "common.language", "staffNote": "staff.booking.staffNote", "caseReference": "staff.booking.caseReference"}

// visited are the states that the act visit leads to.
var visited = map[agenda.Status]bool{agenda.Confirmed: true, agenda.CheckedIn: true, agenda.Served: true, agenda.NoShow: true}
