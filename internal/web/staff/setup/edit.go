package setup

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// editor shows a thing of a set-up as a form and reads the form that was sent. Each of
// its methods is given a field's name and where its value stands: it adds the field to
// the form, and where one was sent puts the answer there. Names are the keys of the
// tenant file with dots: name.de, questions.0.label.de.
//
// An answer that is just what was shown changes nothing, whatever the value looks like:
// so a form sent as it is keeps every value as it is, also one that no form could make.
// Values are replaced, never changed in place, since the set-up is shared.
type editor struct {
	frame  page.Frame
	kind   string // of thing: the texts are staff.setup.KIND.FIELD
	form   *page.Form
	langs  []string
	path   string            // of the thing in the set-up: services[3]
	fields map[string]string // name of a field -> key of its text
	moved  map[string]string // where a row stands in the set-up -> its name in the form
	groups []*group
	closed bool   // nothing can be changed
	like   string // id of the thing that a new one is made like
}

// group is a section of a form, or a row within one.
type group struct {
	Title  string
	Hint   string
	Folded bool
	Parts  []part
	More   *page.Button // shows more empty rows
	Offers []offer
	Links  []page.Link
}

// part is a field, or else a row.
type part struct {
	Field *page.Field
	Row   *group
}

// Wrong reports whether something in the group has to be corrected.
func (g *group) Wrong() bool {
	return slices.ContainsFunc(g.Parts, func(p part) bool { return p.Field != nil && p.Field.Error != "" || p.Row != nil && p.Row.Wrong() }) ||
		slices.ContainsFunc(g.Offers, func(o offer) bool { return o.Error != "" })
}

func newEditor(f page.Frame, kind string, langs []string, form *page.Form) *editor {
	return &editor{frame: f, kind: kind, form: form, langs: langs, fields: map[string]string{}, moved: map[string]string{}}
}

func (e *editor) sent() bool { return e.form != nil }

func (e *editor) t(key string, args ...any) string { return e.frame.T("staff.setup."+key, args...) }

// section begins a new section; its title is staff.setup.KIND.KEY.
func (e *editor) section(key string) *group {
	g := &group{Title: e.t(e.kind + "." + key)}
	e.groups = append(e.groups, g)
	return g
}

func (e *editor) group() *group { return e.groups[len(e.groups)-1] }

// within lets what f adds stand in a row of the current section.
func (e *editor) within(title string, folded bool, f func()) {
	outer := e.group()
	g := &group{Title: title, Folded: folded}
	e.groups = append(e.groups, g)
	f()
	e.groups = e.groups[:len(e.groups)-1]
	outer.Parts = append(outer.Parts, part{Row: g})
}

// as says how a field looks. Key is that of its text, where it is not the field's name.
type as struct {
	Key      string
	Required bool
	Hint     bool // staff.setup.KIND.FIELD.hint
	Type     string
	Width    string
	Rows     int
	Max      int
	Suffix   string // after the label: the language
}

func (e *editor) add(name string, a as, f page.Field) page.Field {
	key := a.Key
	if key == "" {
		key = name
	}
	f.Name, f.Label, f.Required, f.Width, f.Rows = name, e.t(e.kind+"."+key)+a.Suffix, a.Required, a.Width, a.Rows
	if f.Type == "" {
		f.Type = a.Type
	}
	if a.Hint {
		f.Hint = e.t(e.kind + "." + key + ".hint")
	}
	if a.Max > 0 && f.Type != "number" {
		f.Max = a.Max
	}
	e.fields[name] = key
	g := e.group()
	g.Parts = append(g.Parts, part{Field: &f})
	return f
}

// answered reports that a field was sent with something else than was shown.
func (e *editor) answered(name, shown string) bool {
	return e.sent() && e.form.Value(name) != page.NewForm(url.Values{name: {shown}}, nil).Value(name)
}

// line edits one line of text.
func (e *editor) line(name string, v *string, a as) {
	if a.Max == 0 {
		a.Max = 1000
	}
	f := e.add(name, a, page.Field{Value: *v})
	if !e.answered(name, *v) {
		if a.Required && e.sent() {
			e.form.Text(name, page.Rule{Label: f.Label, Required: true, Max: 1 << 20})
		}
		return
	}
	rule := page.Rule{Label: f.Label, Required: a.Required, Max: a.Max}
	switch a.Type {
	case "email":
		*v = e.form.Email(name, rule)
	case "tel":
		*v = e.form.Phone(name, rule)
	default:
		*v = e.form.Text(name, rule)
	}
}

// text edits a visible text, with one field per language of the tenant, side by side.
func (e *editor) text(name string, v *agenda.Text, a as) {
	if len(e.langs) > 1 {
		e.within("", false, func() { e.inLanguages(name, v, a) })
		return
	}
	e.inLanguages(name, v, a)
}

// besideEachOther is how many languages of a text are in sight; of many the rest is
// folded away.
const besideEachOther = 2

// inLanguages is long because the languages in sight and those folded away are one text.
func (e *editor) inLanguages(name string, v *agenda.Text, a as) {
	cur := *v
	if a.Key == "" {
		a.Key = name
	}
	if a.Max == 0 {
		a.Max = 1000
	}
	changed, given := false, agenda.Text{}
	one := func(i int, lang string) {
		field, b := name+"."+lang, a
		if len(e.langs) > 1 {
			b.Suffix = a.Suffix + " (" + e.language(lang) + ")"
		}
		shown := cur[lang]
		if s, plain := cur[""]; plain && i == 0 {
			shown = s
		}
		b.Required = a.Required && i == 0 && (len(cur) == 0 || shown != "") // else another language has it
		if b.Type == "" && strings.Contains(shown, "\n") {
			b.Type, b.Rows = "textarea", 3
		}
		f := e.add(field, b, page.Field{Value: shown})
		if !e.sent() {
			return
		}
		given[lang] = shown
		if e.answered(field, shown) {
			changed = true
			given[lang] = e.form.Text(field, page.Rule{Label: f.Label, Max: b.Max, Lines: b.Type == "textarea"})
		}
	}
	beside := len(e.langs)
	if beside > besideEachOther+1 {
		beside = besideEachOther
	}
	for i, lang := range e.langs[:beside] {
		one(i, lang)
	}
	if further := e.langs[beside:]; len(further) > 0 {
		written := 0
		for _, lang := range further {
			if cur[lang] != "" {
				written++
			}
		}
		e.within(e.frame.T("staff.setup.furtherLanguages", "n", written, "all", len(further)), true, func() {
			for i, lang := range further {
				one(beside+i, lang)
			}
		})
	}
	if changed {
		*v = e.compose(cur, given)
	}
	if first := name + "." + e.langs[0]; a.Required && e.sent() && len(*v) == 0 && e.form.Errors().For(first) == "" {
		e.form.Fail(first, "layout.form.missing", "label", e.label(first))
	}
}

// compose makes a text of what was given per language: one that was the same in every
// language stays so unless another is added, and languages that the form does not show
// are kept.
func (e *editor) compose(cur, given agenda.Text) agenda.Text {
	_, plain := cur[""]
	next := agenda.Text{}
	for lang, s := range cur {
		if lang != "" && !slices.Contains(e.langs, lang) {
			next[lang] = s
		}
	}
	for _, lang := range e.langs {
		if given[lang] != "" {
			next[lang] = given[lang]
		}
	}
	if len(next) == 0 {
		return nil
	}
	if s, ok := next[e.langs[0]]; ok && len(next) == 1 && (plain || len(e.langs) == 1 && len(cur) == 0) {
		return agenda.Plain(s)
	}
	return next
}

// language is what a language is called, or else its code.
func (e *editor) language(code string) string { return languageName(e.frame, code) }

func languageName(f page.Frame, code string) string {
	switch code {
	case "de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr":
		return f.T("staff.setup.language." + code)
	}
	return code
}

// number edits a whole number from low to high.
func (e *editor) number(name string, v *int, low, high int, a as) {
	a.Width = "short"
	shown := strconv.Itoa(*v)
	f := e.add(name, a, page.Field{Type: "number", Min: low, Max: high, Value: shown})
	if e.answered(name, shown) {
		*v = e.form.Int(name, low, high, page.Rule{Label: f.Label, Required: true})
	}
}

// maybe edits a number for which an empty field means none.
func (e *editor) maybe(name string, v *int, none, low, high int, a as) {
	a.Width = "short"
	shown := ""
	if *v != none {
		shown = strconv.Itoa(*v)
	}
	f := e.add(name, a, page.Field{Type: "number", Min: low, Max: high, Value: shown})
	switch {
	case !e.answered(name, shown):
	case e.form.Value(name) == "":
		*v = none
	default:
		*v = e.form.Int(name, low, high, page.Rule{Label: f.Label})
	}
}

// degrees edits a coordinate.
func (e *editor) degrees(name string, v *float64, most float64, a as) {
	a.Width = "short"
	shown := ""
	if *v != 0 {
		shown = strconv.FormatFloat(*v, 'f', -1, 64)
	}
	e.add(name, a, page.Field{Value: shown, InputMode: "decimal"})
	if !e.answered(name, shown) {
		return
	}
	typed := strings.Replace(e.form.Value(name), ",", ".", 1)
	n, err := strconv.ParseFloat(typed, 64)
	switch {
	case typed == "":
		*v = 0
	case err != nil || !(n >= -most && n <= most):
		e.wrong(name)
	default:
		*v = n + 0
	}
}

// flag edits a yes or no.
func (e *editor) flag(name string, v *bool, a as) {
	f := page.Field{Type: "checkbox"}
	if *v {
		f.Value = "1"
	}
	e.add(name, a, f)
	if e.sent() {
		*v = e.form.Checked(name, page.Rule{})
	}
}

// choice edits one of several words.
func (e *editor) choice(name string, v *string, choices []page.Choice, a as) {
	if a.Type == "" {
		a.Type = "select"
	}
	if !slices.ContainsFunc(choices, func(c page.Choice) bool { return c.Value == *v }) && *v != "" {
		choices = append(choices, page.Choice{Value: *v, Label: *v})
	}
	var allowed []string
	for i := range choices {
		choices[i].Selected = choices[i].Value == *v
		allowed = append(allowed, choices[i].Value)
	}
	f := e.add(name, a, page.Field{Choices: choices})
	if e.answered(name, *v) || e.sent() && a.Required && *v == "" {
		*v = e.form.Choice(name, allowed, page.Rule{Label: f.Label, Required: a.Required})
	}
}

// words are choices named by texts staff.setup.KEY.WORD.
func (e *editor) words(key string, words ...string) (list []page.Choice) {
	for _, w := range words {
		list = append(list, page.Choice{Value: w, Label: e.t(key + "." + w)})
	}
	return list
}

// some edits which of several words hold. Their order is no matter of the form: what
// stays keeps its place, what is new comes last.
func (e *editor) some(name string, v *[]string, choices []page.Choice, a as) {
	var allowed []string
	for i := range choices {
		choices[i].Selected = slices.Contains(*v, choices[i].Value)
		allowed = append(allowed, choices[i].Value)
	}
	f := e.add(name, a, page.Field{Type: "checkboxes", Choices: choices})
	if !e.sent() {
		return
	}
	chosen := e.form.Choices(name, allowed, page.Rule{Label: f.Label, Required: a.Required})
	next := slices.DeleteFunc(slices.Clone(*v), func(w string) bool { return slices.Contains(allowed, w) && !slices.Contains(chosen, w) })
	for _, w := range chosen {
		if !slices.Contains(next, w) {
			next = append(next, w)
		}
	}
	if !slices.Equal(next, *v) {
		*v = next
	}
}

// lines edits a list of short texts, one per line.
func (e *editor) lines(name string, v *[]string, a as) {
	shown := strings.Join(*v, "\n")
	a.Type = "textarea"
	f := e.add(name, a, page.Field{Value: shown})
	if !e.answered(name, shown) {
		return
	}
	var next []string
	for line := range strings.SplitSeq(e.form.Text(name, page.Rule{Label: f.Label, Max: 20000, Lines: true}), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			next = append(next, line)
		}
	}
	*v = next
}

// mostRows is how many rows of a list a form has at most.
const mostRows = 200

// rows edits a list, a row for each item and some empty ones. each edits one item under
// a prefix of field names and reports whether it is to stay.
func rows[T any](e *editor, name string, list *[]T, empty int, fresh func() T, each func(prefix string, item *T, added bool) bool) {
	n := len(*list) + empty
	if e.sent() {
		n = len(*list)
		if sent, err := strconv.Atoi(e.form.Value(name + ".n")); err == nil {
			n = min(max(sent, n), mostRows)
		}
		if e.form.Value("more") == name {
			n = min(n+max(empty, 1), mostRows)
		}
	}
	var next []T
	for i := range n {
		item, added := fresh(), i >= len(*list)
		if !added {
			item = (*list)[i]
		}
		prefix := name + "." + strconv.Itoa(i)
		if each(prefix, &item, added) {
			e.moved[name+"."+strconv.Itoa(len(next))] = prefix
			next = append(next, item)
		}
	}
	g := e.group()
	g.Parts = append(g.Parts, part{Field: &page.Field{Type: "hidden", Name: name + ".n", Value: strconv.Itoa(n)}})
	g.More = &page.Button{Kind: "quiet", Label: e.t("more"), Name: "more", Value: name, Icon: "add"}
	if e.sent() {
		*list = next
	}
}

// label is a field's label.
func (e *editor) label(name string) string {
	f, _ := e.find(name)
	return f.Label
}

// wrong says that a field's answer does not fit, and what would.
func (e *editor) wrong(name string) {
	field, ok := e.find(name)
	if !ok {
		return
	}
	if e.form.Errors().For(name) != "" {
		return
	}
	if field.Hint != "" {
		e.form.Fail(name, "staff.setup.wrong.hint", "label", field.Label, "hint", field.Hint)
		return
	}
	e.form.Fail(name, "staff.setup.wrong.plain", "label", field.Label)
}

func (e *editor) find(name string) (f page.Field, ok bool) {
	var look func(list []*group)
	look = func(list []*group) {
		for _, g := range list {
			for _, x := range g.Parts {
				if x.Row != nil {
					look([]*group{x.Row})
				} else if x.Field.Name == name && x.Field.Type != "hidden" {
					f, ok = *x.Field, true
				}
			}
		}
	}
	look(e.groups)
	return f, ok
}

// blame puts what is wrong with the set-up beside the fields it is about. What is about
// something else is returned.
func (e *editor) blame(faults []agenda.Fault) (rest []agenda.Fault) {
	for _, f := range faults {
		name, mine := f.Path, e.path == ""
		if !mine {
			name, mine = strings.CutPrefix(f.Path, e.path+".")
		}
		name = dotted(name)
		for at, row := range e.moved {
			if after, ok := strings.CutPrefix(name, at+"."); ok {
				name = row + "." + after
				break
			}
		}
		if field := e.nearest(name); mine && field != "" {
			e.wrong(field)
			continue
		}
		rest = append(rest, f)
	}
	return rest
}

// nearest is the field with a name, or the one that stands for what is named: the first
// language of a text, the list of an item.
func (e *editor) nearest(name string) string {
	for try := name; try != ""; {
		for _, at := range []string{try, try + "." + e.langs[0], try + ".label." + e.langs[0]} {
			if _, ok := e.find(at); ok {
				return at
			}
		}
		i := strings.LastIndexByte(try, '.')
		if i < 0 {
			return ""
		}
		try = try[:i]
	}
	return ""
}

// dotted turns questions[0].label into questions.0.label.
func dotted(path string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(path)
}

// finish completes every field with what was typed and what is wrong with it.
func (e *editor) finish() []*group {
	form := e.form
	if form != nil && form.Value("more") != "" {
		form = form.Unjudged()
	}
	var fill func(list []*group)
	fill = func(list []*group) {
		for _, g := range list {
			for _, x := range g.Parts {
				if x.Row != nil {
					fill([]*group{x.Row})
				} else if x.Field.Type != "hidden" {
					*x.Field = form.Fill(*x.Field)
				}
			}
			for i := range g.Offers {
				g.Offers[i].fill(form)
			}
		}
	}
	fill(e.groups)
	return e.groups
}

// newID makes an id of a name, other than those that are taken.
func newID(name string, taken []string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune("äöüß", r):
			b.WriteString(map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss"}[r])
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	id := strings.Trim(b.String(), "-")
	if id == "" {
		id = "neu"
	}
	for n, first := 2, id; slices.Contains(taken, id); n++ {
		id = fmt.Sprintf("%s-%d", first, n)
	}
	return id
}

// named is a calendar's name, and its id where the name does not tell it apart.
func named(f page.Frame, s *agenda.Setup, c *agenda.Calendar) string {
	if name := office.CalendarName(f, s, c); name != "" {
		return name
	}
	return c.ID
}
