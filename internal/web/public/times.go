package public

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/asker"
	"terminvergabe/internal/web/page"
)

// timesPage shows free times, for a new visit and for one to be moved.
type timesPage struct {
	page.Frame
	Title     string
	Facts     []fact
	Action    string // where the buttons send the form; "": the times are links
	Hidden    []hidden
	Filters   []page.Field
	Today     agenda.Date // the earliest that a filter can begin
	Kept      []hidden    // what the form of filters carries
	Path      string      // of this page
	Narrow    bool        // a filter is set
	Sites     bool        // there are several
	First     []suggestion
	Further   []suggestion // more sites, folded away
	Days      []timesDay
	Dates     []dateLink  // instead of Days, where several sites would mix
	Day       agenda.Date // this one day is shown, with a way back
	Month     *page.Month
	Later     string
	List      string // address of the list; "": it is shown
	ByMonth   string // address of the month; "": it is shown
	AllWeek   string // address without filters
	Nothing   *page.Notice
	Elsewhere []other    // where something is free when here is nothing
	Otherwise []other    // how else
	Abroad    bool       // Elsewhere is also at other municipalities
	Call      string     // the number to call when nothing is free
	WalkIns   []sitePart // where one may come without an appointment, then
	Zone      string
	Beside    beside // nothing where a visit is moved
}

// timesDay is a day with its times, and the address of all its times where not
// all are shown; or one site's part of a day.
type timesDay struct {
	page.Slots
	Site agenda.Text
	All  string
}

// dateLink leads to the times of one day.
type dateLink struct {
	Date agenda.Date
	Href string
	Free int
}

// suggestion is the earliest time at a site.
type suggestion struct {
	Site    agenda.Text
	Address agenda.Text
	Access  []agenda.Text   // how it can be entered
	WalkIns [][]agenda.Text // when one may come without an appointment
	Time    page.Slot
	Button  page.Button
	Others  string // address of all times at this site; "": it is the only one
}

// times lets the visitor choose a time: the earliest at each site first, then
// the days that follow, or a month.
func times(c *call) error {
	w := c.setup.Settle(readWish(c.r.URL.Query()))
	if w.Mode == "" {
		w.Mode = firstMode(c.setup, w) // as a booking would begin
	}
	if err := c.checkWish(w); err != nil {
		if !c.known(w) {
			return noService(c, w, err)
		}
		v := withView(writeWish(c.nameless(w)), c.r.URL.Query().Get("site"))
		if anyAnswer(w) || !mustAsk(c.setup, w) {
			v.Set("next", "1") // says what is wrong; who comes by a link has not answered yet
		}
		return c.to(c.way+"choose", v)
	}
	f := newFinder(c, w, c.way+"times")
	c.follow(c.r.URL.Query())
	c.fromElsewhere()
	c.prepare(c.w, c.r, c.home)
	f.keep = c.carry(writeWish(w))
	f.own = c.ownHold()
	f.pick = func(s agenda.Slot) page.Slot { return page.Slot{Value: slotID(s.Calendar, f.local(s.Start))} }
	s, err := f.look()
	if err != nil {
		return err
	}
	if s.empty() || c.link != nil || c.draft != "" { // says why, which is more than what was seen; a link is nobody else's
		data, err := f.choice(s)
		if err != nil {
			return err
		}
		return c.render(http.StatusOK, "public/times", data)
	}
	body, err := c.Pages.Kept("public/times", c.frame.Lang, f.content(s), func() (page.Layered, error) { return f.choice(s) })
	if err != nil {
		return err
	}
	c.Pages.Send(c.w, c.r, c.frame.Lang, body)
	if f.own == nil {
		one := sight{f.search(0, 0), f.view.suggests(), s.first, s.times, body}
		c.seen.Put(request(c.r, c.at, c.frame.Lang), one, one.bytes()+len(c.r.URL.RawQuery)) // the search points into the query
	}
	return nil
}

// choice is the page of times for a new visit.
func (f *finder) choice(s seen) (timesPage, error) {
	data := timesPage{Frame: f.frame, Title: f.t("public.times.title"), Action: f.way + "reserve", Hidden: hide(f.keep)}
	if f.wish.Mode == agenda.ModePhone {
		data.Title = f.t("public.times.titlePhone")
	} else if f.wish.Mode == agenda.ModeVideo {
		data.Title = f.t("public.entry.titleVideo")
	}
	data.Step = &page.Step{Current: 2, Total: steps, Name: f.t("public.step.time")}
	data.Facts, data.Beside = f.wishFacts(), f.beside()
	data.Back = data.Facts[0].Change
	return data, f.show(&data, s)
}

// seen is all that a view shows of the book.
type seen struct {
	first   []booking.First // the earliest at each site
	several bool            // sites, whose times would mix in a list
	days    []booking.DaySlots
	more    agenda.Date // the list goes on here; zero: it does not
	horizon agenda.Date
	times   []*booking.Times // where all of it but first is from
}

// look looks for the times of the view.
func (f *finder) look() (s seen, err error) {
	switch {
	case f.view.Day != 0:
		return f.between(f.view.Day, f.view.Day)
	case f.view.Month != 0:
		y, m, _ := f.view.Month.Civil()
		return f.between(f.view.Month, agenda.MakeDate(y, m+1, 1)-1)
	}
	if s, err = f.list(max(f.view.From, f.today())); err == nil && f.view.suggests() {
		s.first, err = f.Desk.NextFree(f.r.Context(), f.search(0, 0))
	}
	return s, err
}

func (s seen) empty() bool {
	return !slices.ContainsFunc(s.days, func(d booking.DaySlots) bool { return len(d.Slots) > 0 })
}

// content names what the page shows: where it was asked for, of which set-up, on what
// day, and what was seen.
func (f *finder) content(s seen) []byte {
	b := fmt.Appendf(nil, "%s?%s\x00%d %d %d %d %t", f.path, f.r.URL.RawQuery, f.setup.Revision, f.today(), s.more, s.horizon, s.several)
	slot := func(s agenda.Slot) { b = append(strconv.AppendInt(append(b, ' '), s.Start.Unix(), 36), s.Calendar...) }
	for _, one := range s.first {
		slot(one.Slot)
	}
	for _, d := range s.days {
		b = strconv.AppendInt(append(b, '\n'), int64(d.Date), 10)
		b = strconv.AppendInt(append(b, ':'), int64(len(d.Slots)), 10)
		if f.view.Month != 0 || s.several {
			continue // only how many
		}
		for _, s := range d.Slots {
			slot(s)
		}
	}
	return b
}

func newFinder(c *call, w agenda.Wish, path string) *finder {
	now := c.local(c.at.Now)
	f := &finder{call: c, wish: w, path: path, now: now, asker: asker.Of(c.r), view: readView(c.r.URL.Query(), agenda.DateOf(now))}
	if !f.servedAt(f.view.Site) {
		f.view.Site = ""
	}
	return f
}

// show fills the page with what was seen.
func (f *finder) show(data *timesPage, s seen) (err error) {
	sites := f.sites()
	data.Path, data.Zone, data.Kept = f.path, f.zoneNote(), hide(f.keep)
	data.Filters, data.Today = f.filters(sites), f.today()
	data.Narrow = f.view.filtered() || f.view.Site != ""
	data.Sites = len(sites) > 1
	data.AllWeek = f.address(view{})
	list := f.view
	list.Day, list.Month, list.From = 0, 0, 0
	byMonth := list
	y, m, _ := f.today().Civil()
	byMonth.Month = agenda.MakeDate(y, m, 1)
	switch {
	case f.view.Day != 0:
		data.List, data.ByMonth = f.address(list), f.address(byMonth)
		err = f.showDay(data, s, len(sites) > 1)
	case f.view.Month != 0:
		data.List = f.address(list)
		err = f.showMonth(data, s)
	default:
		data.ByMonth = f.address(byMonth)
		err = f.showList(data, s)
	}
	return err
}

func (f *finder) filters(sites []*agenda.Site) []page.Field {
	weekday := page.Field{Name: "weekday", Type: "select", Label: f.t("public.times.weekday"), Required: true,
		Choices: []page.Choice{{Label: f.t("public.times.anyDay")}}}
	for _, id := range []string{"mo", "tu", "we", "th", "fr", "sa", "su"} {
		wd, _ := agenda.ParseWeekday(id)
		weekday.Choices = append(weekday.Choices, page.Choice{Value: id, Label: f.frame.Printer().Weekday(wd), Selected: id == f.view.Weekday})
	}
	part := page.Field{Name: "part", Type: "select", Label: f.t("public.times.part"), Required: true, Choices: []page.Choice{
		{Label: f.t("public.times.anyPart")},
		{Value: "am", Label: f.t("public.times.am"), Selected: f.view.Part == "am"},
		{Value: "pm", Label: f.t("public.times.pm"), Selected: f.view.Part == "pm"},
	}}
	if f.view.Part == "late" || f.openLate() {
		part.Choices = append(part.Choices, page.Choice{Value: "late", Label: f.t("public.hold.afterWork"), Selected: f.view.Part == "late"})
	}
	from := page.Field{Name: "from", Type: "date", Label: f.t("public.hold.from"), Value: f.view.From.String()}
	if len(sites) < 2 {
		return []page.Field{from, weekday, part}
	}
	site := page.Field{Name: "site", Type: "select", Label: f.t("common.site"), Required: true, Choices: []page.Choice{{Label: f.t("public.times.anySite")}}}
	for _, s := range sites {
		site.Choices = append(site.Choices, page.Choice{Value: s.ID, Text: s.Name, Selected: s.ID == f.view.Site})
	}
	return []page.Field{site, from, weekday, part}
}

// afterWork is the hour at which many have left work.
const afterWork = 16

// openLate reports whether there is anything to choose from after work.
func (f *finder) openLate() bool {
	for _, cal := range f.setup.Offering(f.wish.Items[0].Service) {
		if slices.ContainsFunc(cal.SlotTemplates, func(t agenda.SlotTemplate) bool { return !t.WalkIn && t.To > afterWork*60 }) {
			return true
		}
	}
	return false
}

// showList is the earliest time at each site, then the next days.
func (f *finder) showList(data *timesPage, s seen) error {
	f.suggest(data, s.first, s.several)
	for _, d := range s.days {
		all := f.view
		all.Day, all.From = d.Date, 0
		if s.several {
			data.Dates = append(data.Dates, dateLink{d.Date, f.address(all), len(d.Slots)})
			continue
		}
		day := timesDay{Slots: page.Slots{Name: "slot", Days: []page.SlotDay{f.slotDay(d, slotsShown)}}}
		if len(d.Slots) > slotsShown {
			day.All = f.address(all)
		}
		data.Days = append(data.Days, day)
	}
	if s.more != 0 {
		later := f.view
		later.From = s.more
		data.Later = f.address(later)
	}
	if s.empty() {
		return f.nothing(data)
	}
	return nil
}

// near is how many sites are suggested before the rest is folded away.
const near = 4

func (f *finder) suggest(data *timesPage, first []booking.First, several bool) {
	for i, one := range first {
		s := f.suggestion(one, i == 0)
		if several {
			v := view{Site: one.Site.ID}
			s.Others = f.address(v)
		}
		if i < near {
			data.First = append(data.First, s)
		} else {
			data.Further = append(data.Further, s)
		}
	}
}

func (f *finder) suggestion(one booking.First, best bool) suggestion {
	s := suggestion{Site: one.Site.Name, Time: f.pick(one.Slot)}
	if mode := f.wish.Mode; mode == "" || mode == agenda.ModeOnsite {
		s.Address, s.Access = agenda.Plain(one.Site.Address()), f.accessOf(one.Site)
		for _, w := range f.walkIns(one.Site, f.wish.Items, f.today()) {
			s.WalkIns = append(s.WalkIns, w.line(f.call))
		}
	} else {
		s.Address = f.ours(f.t("public.mode." + mode)) // nobody sets out for the office
	}
	s.Time.Start = f.local(one.Slot.Start)
	s.Button = page.Button{Kind: "secondary", Label: f.t("public.times.take"), Context: f.frame.Printer().DateTime(s.Time.Start), About: one.Site.Name}
	if best {
		s.Button.Kind = "primary"
	}
	if s.Time.Href != "" {
		s.Button.Href = s.Time.Href
	} else {
		s.Button.Name, s.Button.Value = "slot", s.Time.Value
	}
	return s
}

func (f *finder) showDay(data *timesPage, s seen, several bool) error {
	data.Day = f.view.Day
	bySite := map[string]booking.DaySlots{}
	for _, s := range s.days[0].Slots {
		d := bySite[s.Site]
		d.Date, d.Slots = f.view.Day, append(d.Slots, s)
		bySite[s.Site] = d
	}
	for _, site := range f.sites() {
		d, ok := bySite[site.ID]
		if !ok {
			continue
		}
		day := timesDay{Slots: page.Slots{Name: "slot", Days: []page.SlotDay{f.slotDay(d, len(d.Slots))}}}
		if several {
			day.Site = site.Name
		}
		data.Days = append(data.Days, day)
	}
	if len(data.Days) == 0 {
		return f.nothing(data)
	}
	return nil
}

func (f *finder) showMonth(data *timesPage, s seen) error {
	y, m, _ := f.view.Month.Civil()
	first, end := f.view.Month, agenda.MakeDate(y, m+1, 1)
	month := page.NewMonth(f.frame.Printer(), y, m, func(d *page.MonthDay) {
		d.Today = d.Date == f.today()
		d.Free = len(s.days[d.Date-first].Slots)
		if d.Free > 0 {
			day := f.view
			day.Day, day.Month, day.From = d.Date, 0, 0
			d.Href = f.address(day)
		}
		if d.Href == "" && d.Date >= f.today() {
			d.Note = f.t("public.times.noneThatDay")
		}
	})
	const here = "#month" // whoever turns a page stays at it
	turn := f.view
	if first > f.today() {
		turn.Month = agenda.MakeDate(y, m-1, 1)
		month.Prev = f.address(turn) + here
	}
	if end <= s.horizon {
		turn.Month = end
		month.Next = f.address(turn) + here
	}
	data.Month = &month
	if s.empty() && month.Next == "" {
		return f.nothing(data)
	}
	return nil
}
