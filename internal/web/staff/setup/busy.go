package setup

import (
	"errors"
	"net/http"
	"net/url"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// busyPage says what is known of the calendars elsewhere that take seats of one here, and
// has them asked at once.
type busyPage struct {
	page.Frame
	Title   string
	Action  string // "": may be looked at only
	Form    string // address of the calendar's form
	Sources []busySource
}

// busySource is one calendar elsewhere. Nothing of what the other side says is shown.
type busySource struct {
	ID, Title string
	Badge     page.Badge
	Facts     []string
	Next      []string // times that it takes next
	Fault     *page.Notice
	Fine      bool // nothing has to be done
}

func busyAt(calendar string) string { return "/staff/setup/calendars/" + calendar + "/busy" }

func (p *Part) busy(w http.ResponseWriter, q *office.Request) error {
	f := p.Frame(q)
	c, ok := q.Setup.Calendar(pathID(q))
	if !ok {
		return agenda.ErrNotFound
	}
	list, err := p.Desk.KnownElsewhere(q.Context(), q.Person, c.ID)
	if err != nil {
		return err
	}
	v := busyPage{Frame: f, Title: f.T("staff.setup.busy.title", "name", named(f, q.Setup, c)), Form: "/staff/setup/calendars/" + c.ID}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}, {Label: f.T("staff.setup.calendars.title"), Href: "/staff/setup/calendars"}, {Label: named(f, q.Setup, c), Href: v.Form}}
	v.Frame.Notice = p.done(q, f)
	if q.Person.MayIn(agenda.ChangeSetup, c) {
		v.Action = busyAt(c.ID)
	}
	for i := range list {
		v.Sources = append(v.Sources, source(f, q.Setup, &list[i], i+1))
		if list[i].Source == q.URL.Query().Get("asked") {
			v.Frame.Notice = answered(f, q.URL.Query().Get("but"), &list[i])
			if x := v.Sources[i].Fault; x != nil && v.Frame.Notice.Text != "" {
				x.Text = "" // it is said above
			}
		}
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/busy", v)
}

// source says what is known of one calendar elsewhere.
func source(f page.Frame, s *agenda.Setup, x *booking.Known, n int) busySource {
	v := busySource{ID: x.Source, Title: f.T("staff.setup.busy.one", "n", n, "host", x.Host), Facts: []string{f.T("staff.setup.busy.seats", "n", x.Seats)}}
	words := f.Printer()
	switch {
	case x.Fault != "":
		v.Badge = page.Badge{Kind: "warning", Label: f.T("staff.setup.busy.failing")}
		v.Fault = &page.Notice{Kind: "warning", Title: f.T("staff.setup.calendars.busy.state.failing", "when", words.DateTime(x.Failing.In(s.Zone())), "why", f.T("staff.setup.calendars.busy.fault."+x.Fault)),
			Text: f.T("staff.setup.busy.do." + x.Fault)}
	case x.Fetched.IsZero():
		v.Badge = page.Badge{Kind: "info", Label: f.T("staff.setup.busy.never")}
	default:
		v.Fine, v.Badge = true, page.Badge{Kind: "success", Label: f.T("staff.setup.busy.fresh")}
	}
	if !x.Fetched.IsZero() {
		v.Facts = append(v.Facts, f.T("staff.setup.calendars.busy.state.read", "when", words.DateTime(x.Fetched.In(s.Zone())), "n", x.Entries))
	}
	if x.Strange > 0 {
		v.Facts = append(v.Facts, f.T("staff.setup.calendars.busy.state.strange", "n", x.Strange))
	}
	if x.Clock != "" {
		v.Facts = append(v.Facts, f.T("staff.setup.busy.clock", "zone", x.Clock))
	}
	if x.Floating > 0 {
		v.Facts = append(v.Facts, f.T("staff.setup.busy.floating", "n", x.Floating))
	}
	switch {
	case x.Fault == "" || x.Fetched.IsZero():
	case x.Released:
		v.Fault.Items = []string{f.T("staff.setup.calendars.busy.state.released")}
	default:
		v.Fault.Items = []string{f.T("staff.setup.busy.holds")}
	}
	for _, t := range x.Next {
		v.Next = append(v.Next, busySpan(f, s, t))
	}
	return v
}

// busySpan is a time in words; the day of its end is said where it is another one.
func busySpan(f page.Frame, s *agenda.Setup, t agenda.BusyTime) string {
	from, to, words := t.From.In(s.Zone()), t.To.In(s.Zone()), f.Printer()
	if agenda.DateOf(from) == agenda.DateOf(to) {
		return words.ShortDate(from) + ", " + words.TimeSpan(from, to)
	}
	return words.DateTime(from) + " – " + words.DateTime(to)
}

// answered says what came of asking, or why nobody did.
func answered(f page.Frame, but string, x *booking.Known) *page.Notice {
	switch {
	case but == "moment":
		return &page.Notice{Kind: "info", Title: f.T("staff.setup.busy.moment"), Live: true}
	case x.Fault != "":
		return &page.Notice{Kind: "danger", Title: f.T("staff.setup.busy.failed", "why", f.T("staff.setup.calendars.busy.fault."+x.Fault)), Text: f.T("staff.setup.busy.do." + x.Fault), Live: true}
	}
	if x.Entries == 0 {
		return &page.Notice{Kind: "success", Title: f.T("staff.setup.busy.nothing"), Live: true}
	}
	return &page.Notice{Kind: "success", Title: f.T("staff.setup.busy.found", "n", x.Entries), Live: true}
}

// askBusy has one calendar elsewhere asked while the person waits: ten seconds at most,
// through the same guard as in the background.
func (p *Part) askBusy(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return err
	}
	k := store.BusyKey{Tenant: q.Person.Tenant, Calendar: pathID(q), Source: form.Value("source")}
	to := url.Values{"asked": {k.Source}}
	switch err := p.Ask(q.Context(), q.Person, k); {
	case errors.Is(err, agenda.ErrLimited):
		return &page.Error{Status: http.StatusTooManyRequests, Detail: "staff.setup.busy.limited", Err: err}
	case errors.Is(err, booking.ErrJustAsked), errors.Is(err, agenda.ErrConflict):
		to.Set("but", "moment")
	case err != nil:
		return err
	}
	http.Redirect(w, q.Request, busyAt(k.Calendar)+"?"+to.Encode(), http.StatusSeeOther)
	return nil
}

// busyState is what became of asking a calendar elsewhere, in sentences.
func busyState(f page.Frame, s *agenda.Setup, b *booking.Known) string {
	words := f.Printer()
	if b.Tried.IsZero() {
		return f.T("staff.setup.calendars.busy.state.never")
	}
	text := ""
	if !b.Fetched.IsZero() {
		text = f.T("staff.setup.calendars.busy.state.read", "when", words.DateTime(b.Fetched.In(s.Zone())), "n", b.Entries)
	}
	if b.Strange > 0 {
		text += " " + f.T("staff.setup.calendars.busy.state.strange", "n", b.Strange)
	}
	if b.Fault != "" {
		text += " " + f.T("staff.setup.calendars.busy.state.failing", "when", words.DateTime(b.Failing.In(s.Zone())), "why", f.T("staff.setup.calendars.busy.fault."+b.Fault))
	}
	return text
}
