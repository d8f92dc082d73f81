package i18n

import (
	"fmt"
	"reflect"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Printer speaks one language. It can be used by many goroutines.
type Printer struct {
	lang   string
	tag    language.Tag
	texts  messages
	dates  *words
	faults *faults
}

// Lang is the language's name for the lang attribute, such as de or
// de-x-leicht.
func (p *Printer) Lang() string { return p.lang }

// T is the message for key with its placeholders filled. args are pairs of a
// placeholder's name and its value; the whole number named "n" chooses the
// plural form. Values are put in as they are and never searched for
// placeholders. An unknown key gives the key in brackets, a placeholder
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
		if value := valueOf(args, text[open+1:end]); value != nil {
			fmt.Fprint(&b, value)
		} else {
			b.WriteString(text[open : end+1])
			p.faults.add(key + ": " + text[open:end+1])
		}
		text = text[end+1:]
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
