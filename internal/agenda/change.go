package agenda

import (
	"maps"
	"slices"
)

// ChangeAct is what a change does.
type ChangeAct string

// What can be done to times.
const (
	ActAdd     ChangeAct = "add"     // a series
	ActAlways  ChangeAct = "always"  // a series is another one on all dates
	ActFrom    ChangeAct = "from"    // ... from a day on
	ActOnly    ChangeAct = "only"    // ... on one day
	ActSkip    ChangeAct = "skip"    // leave out a day
	ActEnd     ChangeAct = "end"     // on a day, which is the last
	ActDelete  ChangeAct = "delete"  // a series
	ActCopy    ChangeAct = "copy"    // to other weekdays, or to other calendars
	ActClose   ChangeAct = "close"   // a closure comes, instead of another or beside those there are
	ActReopen  ChangeAct = "reopen"  // a closure goes
	ActOpenOn  ChangeAct = "openOn"  // open on a public holiday all the same
	ActShutOn  ChangeAct = "shutOn"  // ... and no longer
	ActRestore ChangeAct = "restore" // the whole set-up of an earlier revision
)

// Change is one thing that is done to the times of a set-up: to a series, to closures,
// to all of it. It is a plain value, so that it can be shown before it is done and then
// done as it was shown.
type Change struct {
	Act       ChangeAct     `json:"act"`
	Calendars []string      `json:"calendars,omitempty"` // whose times; for a series the first, for a copy where to
	Calendar  string        `json:"calendar,omitempty"`  // of the series
	Template  string        `json:"template,omitempty"`  // the series, by its id
	Day       Date          `json:"day,omitzero"`        // from which on, on which alone, which is the last
	As        *SlotTemplate `json:"as,omitempty"`        // what the series is to be
	Weekdays  []string      `json:"weekdays,omitempty"`  // of a copy; none: its own

	Departments []string `json:"departments,omitempty"` // where a closure stands beside calendars
	Sites       []string `json:"sites,omitempty"`
	Everything  bool     `json:"everything,omitempty"` // at the whole tenant
	Closure     *Closure `json:"closure,omitempty"`
	Was         *Closure `json:"was,omitempty"` // the closure that goes

	Revision int `json:"revision,omitempty"` // to restore
}

// On gives the set-up as it is after the change, prepared, but not checked. It fails
// with ErrNotFound where what is to change is not there, and with Invalid where the
// change makes no sense; restoring is not its business.
func (c *Change) On(s *Setup) (*Setup, error) {
	n := s.copyOfTimes()
	var err error
	switch c.Act {
	case ActClose, ActReopen:
		err = c.closeIn(n)
	case ActOpenOn, ActShutOn:
		err = c.holidayIn(n)
	case ActAdd, ActCopy:
		err = c.addIn(n)
	default:
		err = c.seriesIn(n)
	}
	if err != nil {
		return nil, err
	}
	return n, n.Prepare()
}

// copyOfTimes is a set-up whose lists of calendars, departments and sites are its own.
func (s *Setup) copyOfTimes() *Setup {
	n := *s
	n.Calendars, n.Departments, n.Sites = slices.Clone(s.Calendars), slices.Clone(s.Departments), slices.Clone(s.Sites)
	n.index = index{} // it points into the lists of the other
	return &n
}

// addIn adds or copies a series.
func (c *Change) addIn(n *Setup) error {
	if len(c.Calendars) == 0 {
		return Invalid{{"calendars", "required"}}
	}
	t := c.As
	if c.Act == ActCopy {
		from, i, err := c.series(n)
		if err != nil {
			return err
		}
		own := from.SlotTemplates[i]
		t = &own
	}
	if t == nil {
		return Invalid{{"as", "required"}}
	}
	for _, id := range c.Calendars {
		cal, ok := n.Calendar(id)
		if !ok {
			return ErrNotFound
		}
		cal.SlotTemplates = CopySeries(cal.SlotTemplates, *t, c.Weekdays)
	}
	return nil
}

// series finds the series that is to change.
func (c *Change) series(n *Setup) (*Calendar, int, error) {
	cal, ok := n.Calendar(c.Calendar)
	if !ok {
		return nil, 0, ErrNotFound
	}
	i := seriesOf(cal.SlotTemplates, c.Template)
	if i < 0 {
		return nil, 0, ErrNotFound
	}
	return cal, i, nil
}

// seriesIn changes one series.
func (c *Change) seriesIn(n *Setup) error {
	cal, i, err := c.series(n)
	if err != nil {
		return err
	}
	t := &cal.SlotTemplates[i]
	if c.Day == 0 && c.Act != ActAlways && c.Act != ActDelete {
		return Invalid{{"day", "required"}}
	}
	if c.As == nil && (c.Act == ActAlways || c.Act == ActFrom || c.Act == ActOnly) {
		return Invalid{{"as", "required"}}
	}
	if (c.Act == ActOnly || c.Act == ActSkip) && !t.On(c.Day) {
		return Invalid{{"day", "not_on"}}
	}
	list := cal.SlotTemplates
	switch c.Act {
	case ActAlways:
		list = ChangeAlways(list, i, *c.As)
	case ActFrom:
		if t.ValidTo != 0 && c.Day > t.ValidTo {
			return Invalid{{"day", "ended"}}
		}
		list = ChangeFrom(list, i, c.Day, *c.As)
	case ActOnly:
		_, holiday := n.Holiday(c.Day)
		list = ChangeOnly(list, i, c.Day, *c.As, holiday)
	case ActSkip:
		list = SkipDay(list, i, c.Day)
	case ActEnd:
		if t.ValidTo != 0 && c.Day >= t.ValidTo {
			return Invalid{{"day", "ended"}}
		}
		list = EndSeries(list, i, c.Day)
	case ActDelete:
		list = DeleteSeries(list, i)
	default:
		return Invalid{{"act", "unknown"}}
	}
	cal.SlotTemplates = list
	return nil
}

// Holiday is the public holiday on a day, where the tenant is.
func (s *Setup) Holiday(d Date) (Holiday, bool) {
	year, month, day := d.Civil()
	return HolidayOn(s.Tenant.State, s.Tenant.LocalHolidays, year, int(month), day)
}

// holidayIn opens or shuts the calendars on a holiday.
func (c *Change) holidayIn(n *Setup) error {
	if c.Day == 0 {
		return Invalid{{"day", "required"}}
	}
	if _, ok := n.Holiday(c.Day); !ok {
		return Invalid{{"day", "no_holiday"}}
	}
	changed := false
	for _, id := range c.Calendars {
		cal, ok := n.Calendar(id)
		if !ok {
			return ErrNotFound
		}
		list := OpenOn(cal.SlotTemplates, c.Day, c.Act == ActOpenOn)
		changed = changed || !slices.EqualFunc(list, cal.SlotTemplates, func(a, b SlotTemplate) bool { return slices.Equal(a.AlsoOn, b.AlsoOn) })
		cal.SlotTemplates = list
	}
	if !changed {
		return Invalid{{"calendars", "no_change"}}
	}
	return nil
}

// closeIn puts a closure to all places that are named, and takes the one that goes.
func (c *Change) closeIn(n *Setup) error {
	lists, err := c.closuresIn(n)
	if err != nil {
		return err
	}
	if c.Act == ActClose && c.Closure == nil || c.Act == ActReopen && c.Was == nil {
		return Invalid{{"closure", "required"}}
	}
	changed := false
	for _, list := range lists {
		was := *list
		at := -1
		if c.Was != nil {
			if at = slices.IndexFunc(was, c.Was.same); at < 0 {
				return ErrNotFound
			}
		}
		now := slices.Clone(was)
		switch {
		case c.Act == ActReopen:
			now = slices.Delete(now, at, at+1)
		case at >= 0:
			now[at] = *c.Closure
		case !slices.ContainsFunc(was, c.Closure.same):
			now = append(now, *c.Closure)
		default:
			continue
		}
		*list, changed = now, true
	}
	if !changed {
		return Invalid{{"calendars", "no_change"}}
	}
	return nil
}

// closuresIn are the lists in which the change's closure stands or is to stand.
func (c *Change) closuresIn(n *Setup) (lists []*[]Closure, err error) {
	for _, id := range c.Calendars {
		cal, ok := n.Calendar(id)
		if !ok {
			return nil, ErrNotFound
		}
		lists = append(lists, &cal.Closures)
	}
	for _, id := range c.Departments {
		dep, ok := n.Department(id)
		if !ok {
			return nil, ErrNotFound
		}
		lists = append(lists, &dep.Closures)
	}
	for _, id := range c.Sites {
		site, ok := n.Site(id)
		if !ok {
			return nil, ErrNotFound
		}
		lists = append(lists, &site.Closures)
	}
	if c.Everything {
		lists = append(lists, &n.Closures)
	}
	if len(lists) == 0 {
		return nil, Invalid{{"calendars", "required"}}
	}
	return lists, nil
}

// same reports a closure that closes the same for the same reason.
func (cl *Closure) same(o Closure) bool {
	return cl.From == o.From && cl.To == o.To && cl.Seats == o.Seats && maps.Equal(cl.Reason, o.Reason)
}

// Touches reports whether the change bears on a calendar.
func (c *Change) Touches(cal *Calendar) bool {
	return c.Everything || c.Act == ActRestore || c.Calendar == cal.ID && c.Act != ActCopy || slices.Contains(c.Calendars, cal.ID) ||
		slices.Contains(c.Departments, cal.Department) || slices.Contains(c.Sites, cal.Site)
}

// Dates are the first and the last day that the change names; zero where it names
// none.
func (c *Change) Dates() (first, last Date) {
	days := []Date{c.Day}
	if c.As != nil {
		days = append(days, c.As.ValidFrom)
	}
	for _, cl := range []*Closure{c.Closure, c.Was} {
		if cl != nil {
			days = append(days, cl.From.Date, cl.To.Date)
		}
	}
	days = slices.DeleteFunc(days, Date.IsZero)
	if len(days) == 0 {
		return 0, 0
	}
	return slices.Min(days), slices.Max(days)
}

// Clash finds another series of the calendar that is open at the same time as the one
// at i, and a day on which it is.
func (s *Setup) Clash(c *Calendar, i int) (other *SlotTemplate, on Date, ok bool) {
	meet := meeting{state: s.Tenant.State, local: s.Tenant.LocalHolidays}
	a := &c.SlotTemplates[i]
	for j := range c.SlotTemplates {
		b := &c.SlotTemplates[j]
		if i == j || a.WalkIn || b.WalkIn || a.From >= b.To || b.From >= a.To {
			continue
		}
		if d, ok := meet.first(a, b); ok {
			return b, d, true
		}
	}
	return nil, 0, false
}
