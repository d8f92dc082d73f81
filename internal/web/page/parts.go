package page

import (
	"fmt"
	"time"

	"terminvergabe/internal/agenda"
)

// The data of the components in ui/layout/parts.html. Handlers fill them in Go;
// field, notice, button and badge can also be built within a template.

// Step says where in a way of several pages one is. Template "steps".
type Step struct {
	Current, Total int    // from 1
	Name           string // of the current step
}

// Notice is a box that says something. Template "notice".
type Notice struct {
	Kind  string // info, success, warning, danger
	Title string
	Text  string
	Items []string // shown as a list below the text
	Live  bool     // answers what was just done: announced by screen readers
	Links []Button // what can be done about it
	Form  *Press   // what can be done about it at once
}

// Press is a form of one button.
type Press struct {
	Action string // address
	Fields []Field
	Button Button
}

func notice(kind, title, text string) Notice { return Notice{Kind: kind, Title: title, Text: text} }

// Button is an action: a link where Href is given, else a submit button.
// Template "button". One page has at most one primary button.
type Button struct {
	Kind        string // primary, secondary, danger, quiet
	Label       string
	Context     string      // read after the label by screen readers: "for Monday, 6 July"
	About       agenda.Text // read after the context: a tenant's text, "Town hall"
	Href        string
	Name, Value string // what a submit button sends
	Icon        string // of KERN: calendar-today, download, edit, delete, arrow-forward, ...
}

// button is {{template "button" (button "primary" (t "x.save"))}}; a third
// argument is the address.
func button(kind, label string, href ...string) Button {
	b := Button{Kind: kind, Label: label}
	if len(href) > 0 {
		b.Href = href[0]
	}
	return b
}

// Badge is a state in one or two words, always with an icon. Template "badge".
type Badge struct {
	Kind  string // info, success, warning, danger, neutral
	Label string
	Icon  string // "": the icon of the kind
}

func badge(kind, label string) Badge { return Badge{Kind: kind, Label: label} }

// IconName is the icon shown.
func (b Badge) IconName() string {
	switch {
	case b.Icon != "":
		return b.Icon
	case b.Kind == "neutral":
		return "draft"
	}
	return b.Kind
}

// Row is one line of a summary list. Template "summary" takes []Row.
type Row struct {
	Key    string
	Values []string    // lines
	Text   agenda.Text // instead of Values: a tenant's text
	Change string      // address where this can be changed; "": it cannot
}

// Card is one entry of a list one chooses from. Template "cards" takes []Card.
type Card struct {
	Title  agenda.Text
	Href   string // "": the card is no link
	Text   agenda.Text
	Names  []agenda.Text // tenant's texts on one line
	Facts  []string      // short lines: address, duration
	Badge  *Badge
	Action string // what following the card does: "Choose a time"
}

// Field is one question of a form. Template "field".
type Field struct {
	Name         string
	Label        string
	Text         agenda.Text // instead of Label: a tenant's text
	Hint         string
	Type         string // text (default), email, tel, date, number, search, password, hidden, textarea, select, radio, checkboxes, checkbox
	Value        string
	Error        string
	Autocomplete string // as HTML names it: name, email, tel, off
	InputMode    string
	Required     bool   // others are marked "optional"
	Max          int    // characters; for number the greatest value; 0: none
	Min          int    // for number
	Rows         int    // of a textarea; 0: 4
	Width        string // short: a date, a number, a postal code
	Choices      []Choice
	Focus        bool // take the focus when the page opens: only where it is the one thing to do
}

// Choice is one answer of a select, a group of radio buttons or of boxes.
type Choice struct {
	Value    string
	Label    string
	Text     agenda.Text // instead of Label: a tenant's text
	Hint     string
	Selected bool
}

// Describes are the ids of hint and error, for aria-describedby.
func (f Field) Describes() string {
	switch {
	case f.Hint != "" && f.Error != "":
		return f.Name + "-hint " + f.Name + "-error"
	case f.Hint != "":
		return f.Name + "-hint"
	case f.Error != "":
		return f.Name + "-error"
	}
	return ""
}

// InputType is Type or its default.
func (f Field) InputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Demands reports whether the field can be left empty by mistake. A list that begins with
// an answer cannot: HTML calls no such list required.
func (f Field) Demands() bool {
	return f.Required && (f.Type != "select" || len(f.Choices) > 0 && f.Choices[0].Value == "")
}

// IsGroup reports several inputs under one question (a fieldset).
func (f Field) IsGroup() bool { return f.Type == "radio" || f.Type == "checkboxes" }

// field is {{template "field" (field .Form "email" (t "x.email") "type" "email"
// "autocomplete" "email" "required" true)}}. The form (it may be nil) gives what
// was typed and what is wrong with it.
func field(form *Form, name, label string, options ...any) (Field, error) {
	f := Field{Name: name, Label: label}
	if len(options)%2 != 0 {
		return f, fmt.Errorf("field %s: an option without a value", name)
	}
	for i := 0; i < len(options); i += 2 {
		key, _ := options[i].(string)
		if !f.set(key, options[i+1]) {
			return f, fmt.Errorf("field %s: option %v with %T", name, options[i], options[i+1])
		}
	}
	return form.Fill(f), nil
}

func (f *Field) set(key string, value any) (ok bool) {
	text := func(to *string) bool { *to, ok = value.(string); return ok }
	number := func(to *int) bool { *to, ok = value.(int); return ok }
	switch key {
	case "hint":
		return text(&f.Hint)
	case "type":
		return text(&f.Type)
	case "value":
		return text(&f.Value)
	case "autocomplete":
		return text(&f.Autocomplete)
	case "inputmode":
		return text(&f.InputMode)
	case "width":
		return text(&f.Width)
	case "max":
		return number(&f.Max)
	case "min":
		return number(&f.Min)
	case "rows":
		return number(&f.Rows)
	case "required":
		f.Required, ok = value.(bool)
	case "focus":
		f.Focus, ok = value.(bool)
	case "choices":
		f.Choices, ok = value.([]Choice)
	}
	return ok
}

// Slots are times to choose from, by day. Template "slots": stands within the
// page's form where the slots have no Href.
type Slots struct {
	Name string // of the parameter a chosen slot sends
	Days []SlotDay
}

// SlotDay is a day with its free times; a day without any is not shown.
type SlotDay struct {
	Date  agenda.Date
	Times []Slot
}

// Slot is one time button.
type Slot struct {
	Start time.Time   // in the office's zone
	Value string      // sent when the button is pressed
	Href  string      // instead: the button is a link
	Note  string      // below the time: "2 places"
	Site  agenda.Text // below the time, where several places mix
}
