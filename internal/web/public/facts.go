package public

import (
	"strconv"
	"time"

	"terminvergabe/internal/agenda"
)

// fact is one line of a summary; each text knows its language.
type fact struct {
	Key    string
	Lines  []agenda.Text
	Mixed  [][]agenda.Text // further lines, each of several texts
	Phone  string          // a number to call
	Change string          // address where it can be changed; "": it cannot
	Large  bool            // a code to read out
	Big    bool            // what matters most
}

// itemLines are the services of a wish, with how many.
func (c *call) itemLines(items []agenda.Item) (lines []agenda.Text) {
	for _, it := range items {
		name := agenda.Plain(it.Service)
		if svc, ok := c.setup.ServiceOf(it.Service); ok {
			name = svc.Name
		}
		lines = append(lines, counted(name, it.Quantity))
	}
	return lines
}

func counted(name agenda.Text, n int) agenda.Text {
	if n < 2 {
		return name
	}
	t := agenda.Text{}
	for lang, s := range name {
		t[lang] = strconv.Itoa(n) + " × " + s
	}
	return t
}

// when are the lines that say the time of a visit.
func (c *call) when(start, end time.Time) []agenda.Text {
	p := c.frame.Printer()
	lines := []agenda.Text{c.ours(p.Date(c.local(start))), c.ours(p.TimeSpan(c.local(start), c.local(end)))}
	if zone := c.zoneNote(); zone != "" {
		lines = append(lines, c.ours(zone))
	}
	return lines
}

// where says the place of a visit, or how else it happens.
func (c *call) where(cal *agenda.Calendar, mode string) fact {
	if mode != agenda.ModeOnsite && mode != "" {
		return fact{Key: c.t("public.how"), Lines: []agenda.Text{c.ours(c.t("public.mode." + mode))}}
	}
	f := fact{Key: c.t("public.where")}
	site, ok := c.setup.SiteOf(cal.Site)
	if !ok {
		return f
	}
	f.Lines = []agenda.Text{site.Name, {"": site.Street}, {"": site.PostalCode + " " + site.City}}
	if !cal.Room.IsZero() {
		f.Lines = append(f.Lines, cal.Room)
	}
	return f
}

// accessOf says how a place can be entered.
func (c *call) accessOf(site *agenda.Site) (lines []agenda.Text) {
	for _, a := range site.Access {
		if agenda.KnownAccess(a) {
			lines = append(lines, c.ours(c.t("public.access."+a)))
		} else {
			lines = append(lines, agenda.Plain(a))
		}
	}
	return lines
}

// checklist is what to bring, each thing once.
func (c *call) checklist(items []agenda.Item) (list []agenda.Text) {
	seen := map[string]bool{}
	for _, it := range items {
		svc, ok := c.setup.ServiceOf(it.Service)
		if !ok {
			continue
		}
		for _, t := range svc.Checklist {
			if s := c.plain(t); !seen[s] {
				seen[s] = true
				list = append(list, t)
			}
		}
	}
	return list
}

// feeFacts say what the services cost, each by its name where there are several.
func (c *call) feeFacts(items []agenda.Item) []fact {
	f := fact{Key: c.t("public.fee")}
	for _, it := range items {
		svc, ok := c.setup.ServiceOf(it.Service)
		switch {
		case !ok || svc.Fee.IsZero():
		case len(items) == 1:
			f.Lines = append(f.Lines, svc.Fee)
		default:
			f.Mixed = append(f.Mixed, []agenda.Text{svc.Name, c.ours(": "), svc.Fee})
		}
	}
	if len(f.Lines)+len(f.Mixed) == 0 {
		return nil
	}
	return []fact{f}
}
