package plan

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/slots"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// previewPage shows what a change would do, and carries it along until it is saved.
type previewPage struct {
	page.Frame
	What     []page.Row
	Days     []dayLine
	Several  bool   // calendars: the table names them
	More     string // further days, which the table leaves out
	MoreSum  *dayLine
	Sum      dayLine
	Until    string
	Stranded *strandedList
	Sharing  []string
	Change   string
	Revision int
	CanEdit  bool
	Back     string
}

// dayLine is a day of the table, or a sum of days.
type dayLine struct {
	Day, Calendar        string
	Before, After        int
	Visits, Public, Hour string // differences
	Loses, Gains         bool
}

type strandedList struct {
	Title   string
	Count   []string // by calendar
	Lines   []strandedLine
	More    string
	Unnamed string // why there are no lines
}

type strandedLine struct {
	When, Who, Where, Why string
	Href                  string
}

// What a preview shows one by one; beyond it, sums.
const (
	shownDays     = 60
	shownStranded = 100
)

// propose shows what a change would do, or by refuse the form again where it, or the
// change, has faults.
func (o *Part) propose(w http.ResponseWriter, q *office.Request, form *page.Form, c agenda.Change, refuse func() error) error {
	if len(form.Errors()) > 0 {
		return refuse()
	}
	v, err := o.Desk.Preview(q.Context(), q.Person, c)
	if senseless(form, &c, err) {
		return refuse()
	}
	if err != nil {
		return err
	}
	if len(v.Faults) > 0 {
		explain(o.Frame(q), form, &v.Draft)
		return refuse()
	}
	return o.showPreview(w, q, http.StatusOK, &v, nil)
}

// again shows the preview of a change that a page carries, or the form that it came
// from.
func (o *Part) again(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	c, err := read(form)
	if err != nil {
		return err
	}
	if form.Value("edit") != "" {
		return o.edit(w, q, f, c)
	}
	return o.propose(w, q, form, c, func() error { return impossible(form) })
}

// impossible is a change that came without a form of its own and cannot be made, most
// often because somebody else has changed the same.
func impossible(form *page.Form) error {
	return &page.Error{Status: http.StatusConflict, Detail: "staff.plan.gone", Err: errors.New("plan: " + form.Errors()[0].Message)}
}

// edit shows the form that a change came from, filled in.
func (o *Part) edit(w http.ResponseWriter, q *office.Request, f page.Frame, c agenda.Change) error {
	values := url.Values{"calendar": {c.Calendar}, "id": {c.Template}, "look": {c.Day.String()}}
	switch {
	case c.As != nil:
		if c.Calendar == "" && len(c.Calendars) > 0 {
			values.Set("calendar", c.Calendars[0])
		}
		a, err := o.about(q, page.NewForm(values, f.Printer()))
		if err != nil {
			return err
		}
		values = seriesValues(*c.As)
		values.Set("scope", string(c.Act))
		values.Set("day", c.Day.String())
		return o.showSeries(w, q, http.StatusOK, f, a, page.NewForm(values, f.Printer()))
	case c.Closure != nil && c.Was == nil:
		values = closureValues(f, c.Closure)
		values["calendars"], values["departments"], values["sites"] = c.Calendars, c.Departments, c.Sites
		if c.Everything {
			values.Set("everything", "1")
		}
		return o.showClosure(w, q, http.StatusOK, f, stands{}, page.NewForm(values, f.Printer()))
	}
	http.Redirect(w, q.Request, home(c, agenda.DateOf(q.Now)), http.StatusSeeOther)
	return nil
}

// home is the week in which a change can be seen.
func home(c agenda.Change, today agenda.Date) string {
	if c.Act == agenda.ActRestore {
		return "/staff/plan/history"
	}
	id := c.Calendar
	if len(c.Calendars) > 0 {
		id = c.Calendars[0]
	}
	day := today
	if first, _ := c.Dates(); first > today {
		day = first
	}
	return back(id, day)
}

// save puts a change in force as it was shown. Where that is no longer what would
// come out, it is shown again.
func (o *Part) save(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	c, err := read(form)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(form.Value("revision"))
	a, err := o.Desk.Plan(q.Context(), q.Person, c, booking.PlanOptions{Revision: revision, Strand: form.Value("strand") != ""})
	_, stranding := errors.AsType[booking.StrandedError](err)
	switch {
	case errors.Is(err, booking.ErrRevision), stranding:
		v, err := o.Desk.Preview(q.Context(), q.Person, c)
		if senseless(form, &c, err) || err == nil && len(v.Faults) > 0 {
			form.Fail("", "staff.plan.gone")
			return impossible(form)
		}
		if err != nil {
			return err
		}
		key := "staff.plan.meanwhile"
		if stranding {
			key = "staff.plan.strandedMeanwhile"
		}
		return o.showPreview(w, q, http.StatusConflict, &v, &page.Notice{Kind: "warning", Title: f.T(key), Live: true})
	case err != nil:
		return err
	}
	http.Redirect(w, q.Request, after(home(c, agenda.DateOf(q.Now)), a.Stranded, q.Setup.Zone()), http.StatusSeeOther)
	return nil
}

// after adds to an address what was saved, and which times of which calendars have
// bookings without a place.
func after(path string, stranded []booking.Stranded, zone *time.Location) string {
	u, _ := url.Parse(path)
	v := u.Query()
	v.Set("done", "saved")
	if len(stranded) > 0 {
		from, to := stranded[0].Booking.Start, stranded[0].Booking.End
		for _, s := range stranded {
			if !slices.Contains(v["at"], s.Booking.Calendar) {
				v.Add("at", s.Booking.Calendar)
			}
			if s.Booking.Start.Before(from) {
				from = s.Booking.Start
			}
			if s.Booking.End.After(to) {
				to = s.Booking.End
			}
		}
		v.Set("stranded", strconv.Itoa(len(stranded)))
		v.Set("from", from.In(zone).Format("2006-01-02T15:04"))
		v.Set("to", to.In(zone).Format("2006-01-02T15:04"))
	}
	u.RawQuery = v.Encode()
	return u.String()
}

// check says what is wrong with a form that is being filled in, by the field. Nothing
// changes.
func (o *Part) check(w http.ResponseWriter, q *office.Request) error {
	f := o.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	c, err := o.typed(q, f, form)
	if err != nil {
		return err
	}
	if len(form.Errors()) == 0 {
		d, err := o.Desk.Draft(q.Context(), q.Person, c)
		if err == nil {
			explain(f, form, &d)
		} else if !senseless(form, &c, err) {
			return err
		}
	}
	type fault struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	}
	answer := struct {
		Errors []fault `json:"errors"`
	}{[]fault{}}
	for _, e := range form.Errors() {
		answer.Errors = append(answer.Errors, fault{e.Field, e.Message})
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(body)
	return err
}

// typed reads the change out of whichever form it is.
func (o *Part) typed(q *office.Request, f page.Frame, form *page.Form) (c agenda.Change, err error) {
	if _, ok := q.PostForm["closureFrom"]; ok {
		x, err := o.stands(q, form)
		if err != nil {
			return c, err
		}
		return readClosure(q, f, form, x), nil
	}
	a, err := o.about(q, form)
	if err != nil {
		return c, err
	}
	return readSeries(f, form, a), nil
}

func (o *Part) showPreview(w http.ResponseWriter, q *office.Request, status int, v *booking.Preview, notice *page.Notice) error {
	f := o.Frame(q)
	f.Notice = notice
	c := &v.Change
	p := &previewPage{Frame: f, What: changeRows(f, v), Until: f.Printer().Date(v.Until.Noon()), Change: write(*c), Revision: v.Before.Revision,
		Back: home(*c, v.Today), CanEdit: c.As != nil || c.Closure != nil && c.Was == nil}
	p.tabulate(f, v)
	for _, x := range v.Sharing {
		p.Sharing = append(p.Sharing, name(f, v.After, x.ID))
	}
	var err error
	if p.Stranded, err = o.strandedList(q, f, v); err != nil {
		return err
	}
	return o.Pages.Render(w, q.Request, status, "staff/plan/preview", p)
}

// tabulate makes the table of days.
func (p *previewPage) tabulate(f page.Frame, v *booking.Preview) {
	var before, after, moreBefore, moreAfter slots.Supply
	seen := map[string]bool{}
	rest := map[agenda.Date]bool{}
	for i, d := range v.Days {
		before, after = before.Plus(d.Before), after.Plus(d.After)
		seen[d.Calendar] = true
		if i >= shownDays {
			moreBefore, moreAfter = moreBefore.Plus(d.Before), moreAfter.Plus(d.After)
			rest[d.Date] = true
			continue
		}
		line := newLine(f, d.Before, d.After)
		line.Day, line.Calendar = short(f, d.Date), name(f, v.After, d.Calendar)
		p.Days = append(p.Days, line)
	}
	p.Several = len(seen) > 1
	p.Sum = newLine(f, before, after)
	if len(rest) > 0 {
		line := newLine(f, moreBefore, moreAfter)
		p.MoreSum, p.More = &line, f.T("staff.plan.moreDays", "n", len(rest))
	}
}

func newLine(f page.Frame, before, after slots.Supply) dayLine {
	sign := ""
	minutes := after.Minutes - before.Minutes
	if minutes > 0 {
		sign = "+"
	} else if minutes < 0 {
		sign, minutes = "−", -minutes
	}
	n := after.Visits - before.Visits
	return dayLine{Before: before.Visits, After: after.Visits, Visits: signed(n), Public: signed(after.Public - before.Public),
		Hour: sign + hours(f, minutes), Loses: n < 0, Gains: n > 0}
}

// strandedList lists the bookings that would be without a place; nil: there are none.
// Who may not know who comes sees when, and how many.
func (o *Part) strandedList(q *office.Request, f page.Frame, v *booking.Preview) (*strandedList, error) {
	n := len(v.Stranded)
	if n == 0 {
		return nil, nil
	}
	list := &strandedList{Title: f.T("staff.plan.stranded", "n", n)}
	count := map[string]int{}
	var order []string
	for _, s := range v.Stranded {
		b := s.Booking
		if count[b.Calendar]++; count[b.Calendar] == 1 {
			order = append(order, b.Calendar)
		}
		if len(list.Lines) == shownStranded {
			continue
		}
		line := strandedLine{When: office.Short(f, b.Start.In(v.Before.Zone())), Where: name(f, v.Before, b.Calendar), Why: f.T("staff.plan.why." + whyKey(s.Why)), Who: f.T("staff.busy")}
		if c, ok := v.Before.CalendarOf(b.Calendar); ok && q.Person.MayOpen(c) {
			private, err := o.Desk.Private(b)
			if err != nil {
				return nil, err
			}
			if err := o.Desk.Saw(q.Context(), q.Person, booking.WayList, &booking.Card{Booking: b, Private: private}); err != nil {
				return nil, err
			}
			line.Href, line.Who = "/staff/bookings/"+b.ID, private.Name
			if line.Who == "" {
				line.Who = b.Reference
			}
		}
		list.Lines = append(list.Lines, line)
	}
	for _, id := range order {
		list.Count = append(list.Count, name(f, v.Before, id)+": "+strconv.Itoa(count[id]))
	}
	if left := n - len(list.Lines); left > 0 {
		list.More = f.T("staff.plan.moreStranded", "n", left)
	}
	return list, nil
}

// whyKey is the end of the key of a text for each reason that booking gives.
func whyKey(why string) string {
	switch why {
	case "over capacity":
		return "full"
	case "not open":
		return "closed"
	case "calendar retired":
		return "calendar"
	}
	return "service"
}

// changeRows say in words what is to change.
func changeRows(f page.Frame, v *booking.Preview) (rows []page.Row) {
	c := &v.Change
	add := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			rows = append(rows, page.Row{Key: f.T("staff.plan." + key), Values: values})
		}
	}
	add("what", f.T("staff.plan.did."+string(c.Act)))
	var where []string
	if c.Act != agenda.ActRestore {
		for _, id := range c.Calendars {
			where = append(where, name(f, v.Before, id))
		}
		for _, id := range c.Departments {
			where = append(where, whereWords(f, v.Before, "department", id))
		}
		for _, id := range c.Sites {
			where = append(where, whereWords(f, v.Before, "site", id))
		}
		if c.Everything {
			where = append(where, f.T("staff.plan.at.everything"))
		}
	}
	if c.Calendar != "" && c.Act != agenda.ActCopy {
		where = []string{name(f, v.Before, c.Calendar)}
	}
	add("where", where...)
	if cal, ok := v.Before.Calendar(c.Calendar); ok {
		if t, err := template(cal, c.Template); err == nil {
			add("until", append([]string{seriesWords(f, t), seatsWords(f, t)}, rhythmWords(f, t)...)...)
		}
	}
	if c.As != nil {
		add("then", append([]string{seriesWords(f, c.As), seatsWords(f, c.As)}, append(rhythmWords(f, c.As), limitWords(f, v.After, c.As)...)...)...)
	}
	if c.Act == agenda.ActCopy && len(c.Weekdays) > 0 {
		add("then", daysWords(f, c.Weekdays))
	}
	if c.Was != nil {
		add("until", closureWords(f, c.Was), office.Plain(f, c.Was.Reason))
	}
	if c.Closure != nil {
		add("then", closureWords(f, c.Closure), office.Plain(f, c.Closure.Reason))
	}
	if c.Day != 0 {
		add("when."+string(c.Act), f.Printer().Date(c.Day.Noon()))
	}
	if c.Act == agenda.ActRestore {
		add("revision", strconv.Itoa(c.Revision))
	}
	return rows
}
