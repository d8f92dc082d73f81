package foreign

import (
	"bytes"
	"strings"
)

// component is BEGIN to END: the properties that matter here, and what is nested in it.
type component struct {
	name     string
	props    []property
	children []*component
}

// property is one line: NAME;PARAM=value:value. Names and names of parameters are in
// capitals; values are as they stand, with what was escaped still so.
type property struct {
	name   string
	params params
	value  string
}

// params are few: a map of each line would cost a hundred times what was sent.
type params []struct{ name, value string }

// maxParams is how many of a line are read.
const maxParams = 20

// get is the first parameter of a name; "": there is none.
func (p params) get(name string) string {
	for i := range p {
		if p[i].name == name {
			return p[i].value
		}
	}
	return ""
}

// get is the first property of a name; nil: there is none.
func (c *component) get(name string) *property {
	for i := range c.props {
		if c.props[i].name == name {
			return &c.props[i]
		}
	}
	return nil
}

// value of the first property of a name, without blanks around it, in capitals.
func (c *component) value(name string) string {
	if p := c.get(name); p != nil {
		return strings.ToUpper(strings.TrimSpace(p.value))
	}
	return ""
}

// wanted are the properties that say when somebody is busy. All others are let go of
// before anybody could see them.
func wanted(name string) bool {
	switch name {
	case "UID", "SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS",
		"DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "ATTENDEE",
		"FREEBUSY", "TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-WR-TIMEZONE", "X-WR-CALNAME", "METHOD":
		return true
	}
	return false
}

// parse reads the lines of the first calendar; several that follow each other count as
// one, as some servers write them.
func parse(data []byte) (*component, error) {
	root := &component{name: "VCALENDAR"}
	stack := []*component{}
	seen := false
	s := scanner{rest: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	for line, ok := s.next(); ok; line, ok = s.next() {
		if s.lines > maxLines {
			return nil, ErrTooMuch
		}
		p, ok := split(line)
		switch {
		case !ok:
		case p.name == "BEGIN":
			name := strings.ToUpper(strings.TrimSpace(p.value))
			if len(stack) == 0 {
				if name != "VCALENDAR" {
					return nil, ErrNoCalendar
				}
				seen, stack = true, append(stack, root)
				continue
			}
			if len(stack) >= maxNested {
				return nil, ErrTooMuch
			}
			child := &component{name: name}
			top := stack[len(stack)-1]
			top.children = append(top.children, child)
			stack = append(stack, child)
		case p.name == "END" && len(stack) > 0:
			stack = stack[:len(stack)-1]
		case len(stack) > 0 && wanted(p.name):
			top := stack[len(stack)-1]
			top.props = append(top.props, p)
		}
	}
	if !seen || len(stack) > 0 { // cut off: what is missing may be what matters
		return nil, ErrNoCalendar
	}
	return root, nil
}

// scanner unfolds lines. A line that is longer than any that matters is given cut.
type scanner struct {
	rest  []byte
	lines int
}

func (s *scanner) next() (string, bool) {
	if len(s.rest) == 0 {
		return "", false
	}
	var long []byte
	line := s.physical()
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\t') {
		if long == nil {
			long = append(make([]byte, 0, 256), line...)
		}
		more := s.physical()[1:]
		long = append(long, more[:min(len(more), max(0, maxLine-len(long)))]...)
	}
	if long != nil {
		line = long
	}
	return string(line[:min(len(line), maxLine)]), true
}

// physical is the next line as it stands, ended by LF or CR LF.
func (s *scanner) physical() (line []byte) {
	s.lines++
	line, s.rest, _ = bytes.Cut(s.rest, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'})
}

// split takes a line apart; false for what is none.
func split(line string) (p property, ok bool) {
	i := strings.IndexAny(line, ";:")
	if i <= 0 {
		return p, false
	}
	p.name = strings.ToUpper(line[:i])
	for line = line[i:]; line != "" && line[0] == ';'; {
		end, quoted := 1, false
		for end < len(line) && (quoted || line[end] != ';' && line[end] != ':') {
			quoted = quoted != (line[end] == '"')
			end++
		}
		name, value, _ := strings.Cut(line[1:end], "=")
		if len(p.params) < maxParams {
			p.params = append(p.params, struct{ name, value string }{strings.ToUpper(name), strings.Trim(value, `"`)})
		}
		line = line[end:]
	}
	p.value, ok = strings.CutPrefix(line, ":")
	return p, ok
}
