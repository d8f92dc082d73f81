package public

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

// dataPage is all that is kept about a visit, for its visitor.
type dataPage struct {
	page.Frame
	Until    string // when it is deleted by itself; "": sooner, on wish
	Facts    []fact
	Letters  []sentLine
	Looks    []lookLine
	Download string
	Erase    string // address; "": it is no longer to be changed
	Keep     string // address of the visit
}

// sentLine is a message, and what became of it.
type sentLine struct{ What, State string }

// lookLine is one look, and from where in the office.
type lookLine struct {
	Text string
	Who  agenda.Text
}

func (c *call) dossier() (*booking.Dossier, error) {
	return c.Desk.Dossier(c.r.Context(), c.setup.Tenant.ID, c.secret())
}

// data shows everything.
func data(c *call) error {
	x, err := c.dossier()
	if err != nil {
		return err
	}
	path, p := c.home+"m/"+c.secret(), c.frame.Printer()
	show := dataPage{Frame: c.frame, Until: p.DateTime(c.local(x.KeptUntil)), Download: path + "/data.json", Keep: path}
	show.Back = path
	show.Facts = c.dossierFacts(x)
	for _, l := range x.Letters {
		show.Letters = append(show.Letters, sentLine{c.letterName(l.Kind), c.sentFact(l.State, l.Reason, cmp.Or(l.Done, later(l.Created, l.Due)))})
	}
	for _, m := range x.Messages {
		what := c.t("public.data.toProgram")
		if m.Kind != "" {
			what = c.t("public.data.toPhone", "what", c.letterName(m.Kind))
		}
		show.Letters = append(show.Letters, sentLine{what, c.sentFact(m.State, m.Reason, cmp.Or(m.Done, later(m.Created, m.Due)))})
	}
	for _, l := range x.Looks {
		key := "public.data.opened"
		if l.InList() {
			key = "public.data.listed"
		}
		show.Looks = append(show.Looks, lookLine{c.t(key, "when", p.DateTime(c.local(l.At))), c.lookedFrom(l)})
	}
	switch {
	case !x.Erasure.IsZero():
		show.Until = ""
		show.Notice = &page.Notice{Kind: "info", Title: c.t("public.erase.waits", "when", p.DateTime(c.local(x.Erasure))), Live: c.r.URL.Query().Has("wished")}
	case x.MayWhole:
		show.Erase = path + "/erase"
	}
	return c.render(http.StatusOK, "public/data", show)
}

// dossierFacts are what the visitor said, and what the office noted.
func (c *call) dossierFacts(x *booking.Dossier) []fact {
	p := c.frame.Printer()
	list := c.cardFacts(x.Card)
	list = append(list, c.reference(x.Card))
	list = append(list, c.personFacts(x.Private.Visitor)...)
	add := func(key, value string) {
		if value != "" {
			list = append(list, fact{Key: c.t(key), Lines: []agenda.Text{c.ours(value)}})
		}
	}
	answers := fact{Key: c.t("public.data.answers")}
	for _, it := range x.Items {
		for _, id := range slices.Sorted(maps.Keys(it.Answers)) {
			asked, given := c.question(it.Service, id, it.Answers[id])
			answers.Mixed = append(answers.Mixed, []agenda.Text{asked, c.ours(": "), given})
		}
	}
	if len(answers.Mixed) > 0 {
		list = append(list, answers)
	}
	add("public.data.newAddress", x.NewAddress)
	add("public.data.note", x.Private.StaffNote)
	add("public.data.case", x.Private.CaseReference)
	add("public.data.booked", p.DateTime(c.local(x.Created)))
	if x.Feeds > 0 {
		add("public.data.feeds", strconv.Itoa(x.Feeds))
	}
	return list
}

// question is what a service asks and what was answered, in words.
func (c *call) question(service, id, answer string) (asked, given agenda.Text) {
	asked, given = agenda.Plain(id), c.ours(answer)
	if svc, ok := c.setup.ServiceOf(service); ok {
		for i := range svc.Questions {
			if q := &svc.Questions[i]; q.ID == id {
				asked = q.Label
				if o := q.Option(answer); o != nil {
					given = o.Label
				}
			}
		}
	}
	return asked, given
}

// letterName is what a letter is called: for those to the visitor the subject it came with.
func (c *call) letterName(kind string) string {
	switch {
	case strings.HasPrefix(kind, "staff-"):
		return c.t("public.data.toOffice")
	case strings.HasPrefix(kind, booking.KindReminder):
		kind = "reminder"
	}
	return c.t("mail." + kind + ".subject")
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sentFact says what became of a letter.
func (c *call) sentFact(state, reason string, at time.Time) string {
	key := map[string]string{"sent": "public.data.sent", "queued": "public.data.waits"}[state]
	if state == "dropped" && !slices.Contains([]string{booking.KeptBack, "there is no address", "too late"}, reason) {
		key = "public.data.dropped"
	}
	return c.t(cmp.Or(key, "public.data.unsent"), "when", c.frame.Printer().DateTime(c.local(at)))
}

// lookedFrom is where in the office somebody looked from, and never who.
func (c *call) lookedFrom(l booking.Look) agenda.Text {
	if l.Role == "" {
		return c.ours(c.t("public.data.program"))
	}
	if d, ok := c.setup.DepartmentOf(l.Department); ok {
		return d.Name
	}
	return c.setup.Tenant.Name
}

// eraseAsk says what goes when, and asks.
type eraseAsk struct {
	page.Frame
	Live   bool // the visit is called off by it
	Facts  []fact
	Row    string // until when the bare row stays
	Action string
	Keep   string // address of the data
}

// wishErase asks whether everything is really to be forgotten.
func wishErase(c *call) error {
	x, err := c.dossier()
	if err != nil {
		return err
	}
	path := c.home + "m/" + c.secret()
	if !x.MayWhole || !x.Erasure.IsZero() {
		return c.to(path+"/data", nil)
	}
	ask := eraseAsk{Frame: c.frame, Live: !x.MayErase, Facts: cardChosen(x.Card).facts(c), Row: c.frame.Printer().Date(c.local(x.RowUntil)), Action: path + "/erase", Keep: path + "/data"}
	ask.Back = ask.Keep
	return c.render(http.StatusOK, "public/erase", ask)
}

// erase forgets the visit.
func erase(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	done, err := c.Desk.Erase(c.r.Context(), c.setup.Tenant.ID, c.secret())
	switch {
	case errors.Is(err, agenda.ErrTooLate), errors.Is(err, agenda.ErrState), errors.Is(err, agenda.ErrExpired):
		return c.to(c.home+"m/"+c.secret()+"/data", nil)
	case err != nil:
		return err
	case done.Done:
		return c.to(c.home+"erased", nil)
	}
	return c.to(c.home+"m/"+c.secret()+"/data", url.Values{"wished": {"1"}})
}

// erased says that everything is done. It stands under an address of its own: that of the
// visit opens nothing any more.
func erased(c *call) error {
	return c.render(http.StatusOK, "public/already", donePage{Frame: c.frame, Title: c.t("public.erased.title"), Lead: c.t("public.erased.lead"),
		Link: page.Button{Kind: "secondary", Label: c.t("public.erased.home"), Href: c.home}})
}

// dataFile is the same for programs. Its names are those of the API where it has them.
type dataFile struct {
	KeptUntil     time.Time      `json:"keptUntil"`
	RowKeptUntil  time.Time      `json:"rowKeptUntil"`
	Reference     string         `json:"reference"`
	UID           string         `json:"uid"`
	Status        agenda.Status  `json:"status"`
	Channel       agenda.Channel `json:"channel"`
	Calendar      string         `json:"calendar"`
	Items         []agenda.Item  `json:"items"`
	Mode          string         `json:"mode"`
	Start         time.Time      `json:"start"`
	End           time.Time      `json:"end"`
	Language      string         `json:"language"`
	Notify        bool           `json:"notify"`
	Created       time.Time      `json:"created"`
	Changed       time.Time      `json:"changed"`
	Coming        time.Time      `json:"coming,omitzero"`
	Visitor       agenda.Visitor `json:"visitor"`
	NewAddress    string         `json:"newAddress,omitempty"`
	StaffNote     string         `json:"staffNote,omitempty"`
	CaseReference string         `json:"caseReference,omitempty"`
	Feeds         int            `json:"feeds"`
	EraseUntil    time.Time      `json:"eraseUntil,omitzero"`
	Letters       []dataLetter   `json:"letters"`
	Deeds         []dataDeed     `json:"deeds"`
	Looks         []dataLook     `json:"looks"`
	MoreLooks     bool           `json:"moreLooks"`
}

type dataLetter struct {
	Kind    string    `json:"kind"`
	Way     string    `json:"way"` // mail, or an interface of the office
	State   string    `json:"state"`
	Created time.Time `json:"created"`
	Done    time.Time `json:"done,omitzero"`
}

type dataDeed struct {
	At  time.Time `json:"at"`
	Act string    `json:"act"`
	By  string    `json:"by"`
}

type dataLook struct {
	At         time.Time   `json:"at"`
	Way        string      `json:"way"`
	Role       agenda.Role `json:"role,omitempty"`
	Department string      `json:"department,omitempty"`
}

// dataJSON hands everything out as a file.
func dataJSON(c *call) error {
	x, err := c.dossier()
	if err != nil {
		return err
	}
	f := dataFile{KeptUntil: x.KeptUntil.UTC(), RowKeptUntil: x.RowUntil.UTC(), Reference: x.Reference, UID: x.UID, Status: x.Status, Channel: x.Channel, Calendar: x.Booking.Calendar,
		Items: x.Items, Mode: x.Mode, Start: x.Start, End: x.End, Language: x.Language, Notify: x.Notify, Created: x.Created, Changed: x.Changed, Coming: x.Coming,
		Visitor: x.Private.Visitor, NewAddress: x.NewAddress, StaffNote: x.Private.StaffNote, CaseReference: x.Private.CaseReference, Feeds: x.Feeds, EraseUntil: x.Erasure, MoreLooks: x.MoreLooks,
		Letters: []dataLetter{}, Deeds: []dataDeed{}, Looks: []dataLook{}}
	for _, l := range x.Letters {
		f.Letters = append(f.Letters, dataLetter{l.Kind, "mail", l.State, l.Created, l.Done})
	}
	for _, m := range x.Messages {
		f.Letters = append(f.Letters, dataLetter{cmp.Or(m.Kind, m.Event), "interface", m.State, m.Created, m.Done})
	}
	for _, d := range x.Deeds {
		f.Deeds = append(f.Deeds, dataDeed(d))
	}
	for _, l := range x.Looks {
		f.Looks = append(f.Looks, dataLook(l))
	}
	return c.sendJSON(f, "daten.json")
}

func (c *call) sendJSON(v any, name string) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if c.r.Method == http.MethodHead {
		return nil
	}
	_, _ = body.WriteTo(c.w) // a client that went away is no error
	return nil
}
