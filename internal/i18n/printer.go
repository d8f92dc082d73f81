package i18n

import (
	"fmt"
	"reflect"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	numbers "golang.org/x/text/message"
)

// Printer speaks one language. It can be used by many goroutines.
type Printer struct {
	lang   string
	tag    language.Tag
	texts  messages
	dates  *words
	faults *faults
	count  *numbers.Printer // writes whole numbers

	rightToLeft bool
}

// Marks of the Unicode Bidirectional Algorithm (UAX 9) that set a text of unknown or
// known direction apart from what stands around it.
const (
	anyDirection   = "\u2068"
	leftToRight    = "\u2066"
	rightToLeft    = "\u2067"
	endOfDirection = "\u2069"
)

// Lang is the language's name for the lang attribute, such as de or
// de-x-leicht.
func (p *Printer) Lang() string { return p.lang }

// RightToLeft reports whether the language is written from the right.
func (p *Printer) RightToLeft() bool { return p.rightToLeft }

// T is the message for key with its placeholders filled. args are pairs of a
// placeholder's name and its value; the whole number named "n" chooses the
// plural form and is written as the language writes numbers. Other values are put in
// as they are (in a language that is written from the right, set apart from it) and
// never searched for placeholders. An unknown key gives the key in brackets, a placeholder
// without value stays as it is; both are then in Catalogue.Missing.
func (p *Printer) T(key string, args ...any) string {
	m, ok := p.texts[key]
	if !ok {
		p.faults.add(key)
		return "[" + key + "]"
	}
	form := plural.Other
	if m.plural {
		form = p.form(args)
	}
	text, ok := m.forms[form]
	if !ok {
		text = m.forms[plural.Other]
	}
	if m.plural && valueOf(args, "n") == nil {
		p.faults.add(key + ": {n}")
	}
	return p.fill(key, text, args)
}

// Has reports whether there is a message for key, for texts that may be missing.
func (p *Printer) Has(key string) bool {
	_, ok := p.texts[key]
	return ok
}

// fill replaces the placeholders in one pass from left to right.
func (p *Printer) fill(key, text string, args []any) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := open + strings.IndexByte(text[open:], '}')
		b.WriteString(text[:open])
		name := text[open+1 : end]
		if value := valueOf(args, name); value != nil {
			p.put(&b, name, value)
		} else {
			b.WriteString(text[open : end+1])
			p.faults.add(key + ": " + text[open:end+1])
		}
		text = text[end+1:]
	}
}

func (p *Printer) put(b *strings.Builder, name string, value any) {
	s, isText := value.(string)
	switch {
	case name == "n" && !isText:
		_, _ = p.count.Fprint(b, value) // a builder takes everything
	case isText && p.rightToLeft && strings.HasPrefix(s, anyDirection):
		// Put together from texts that are set apart, it shows no direction of its own.
		b.WriteString(rightToLeft + s + endOfDirection)
	case isText && p.rightToLeft:
		b.WriteString(anyDirection + s + endOfDirection)
	default:
		fmt.Fprint(b, value)
	}
}

// form is the plural form that the argument n asks for.
func (p *Printer) form(args []any) plural.Form {
	switch n := reflect.ValueOf(valueOf(args, "n")); {
	case n.IsValid() && n.CanInt():
		return formOf(p.tag, int(n.Int()%1_000_000))
	case n.IsValid() && n.CanUint():
		return formOf(p.tag, int(n.Uint()%1_000_000))
	}
	return plural.Other
}

// valueOf finds a named value among the pairs; nil where there is none.
func valueOf(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
