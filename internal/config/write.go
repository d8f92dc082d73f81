package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

// WriteTenant writes a set-up as a tenant file: every key that is not its
// default, in a fixed order, on one line where that stays readable. Reading it
// gives the same set-up. Texts that are not UTF-8 are refused.
func WriteTenant(s *agenda.Setup) ([]byte, error) {
	w := &writer{}
	w.block(build(reflect.ValueOf(s).Elem()), 0)
	if !utf8.Valid(w.buf.Bytes()) {
		return nil, errors.New("write the tenant file: a text is not UTF-8")
	}
	return w.buf.Bytes(), nil
}

// part is a piece of the file: a scalar as it is to be written, a list, or keys.
type part struct {
	kind    partKind
	scalar  string   // fit for a line
	literal []string // a text of several lines, where it can be written so
	chomp   string   // how that text ends
	keys    []string
	items   []part
}

type partKind int

const (
	scalarPart partKind = iota
	listPart
	keysPart
)

// build turns a value into parts, leaving out what is its default.
func build(v reflect.Value) part {
	if t, ok := v.Interface().(agenda.Text); ok {
		return buildText(t)
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		b, err := m.MarshalText()
		if err != nil {
			panic(err) // ours never fail
		}
		return part{scalar: plainOrQuoted(string(b), markLike)}
	}
	switch v.Kind() {
	case reflect.Struct:
		return buildKeys(v)
	case reflect.Slice:
		p := part{kind: listPart}
		for i := range v.Len() {
			p.items = append(p.items, build(v.Index(i)))
		}
		return p
	case reflect.String:
		return buildString(v.String())
	case reflect.Float64:
		return part{scalar: strconv.FormatFloat(v.Float(), 'f', -1, 64)}
	}
	return part{scalar: fmt.Sprint(v.Interface())}
}

func buildKeys(v reflect.Value) part {
	p := part{kind: keysPart}
	usual := reflect.New(v.Type()).Elem()
	setDefaults(usual)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := jsonKey(f)
		if key == "" || !needed(v, i) && isSame(v.Field(i), usual.Field(i)) {
			continue
		}
		p.keys = append(p.keys, key)
		if f.Type == reflect.TypeFor[agenda.Visibility]() && v.Field(i).String() != "link" {
			p.items = append(p.items, part{scalar: v.Field(i).String()}) // true and false read better bare
			continue
		}
		p.items = append(p.items, build(v.Field(i)))
	}
	return p
}

func isSame(a, b reflect.Value) bool {
	if k := a.Kind(); (k == reflect.Slice || k == reflect.Map) && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	if a.Kind() == reflect.Struct && !isMarshalled(a.Type()) {
		for i := range a.NumField() {
			if jsonKey(a.Type().Field(i)) != "" && !isSame(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

func buildText(t agenda.Text) part {
	if len(t) == 0 {
		return buildString("")
	}
	if s, ok := t[""]; ok && len(t) == 1 {
		return buildString(s)
	}
	p := part{kind: keysPart}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		p.keys = append(p.keys, plainOrQuoted(lang, wordLike))
		p.items = append(p.items, buildString(t[lang]))
	}
	return p
}

func buildString(s string) part {
	p := part{scalar: plainOrQuoted(s, wordLike)}
	body, ended := strings.CutSuffix(s, "\n")
	if !strings.Contains(body, "\n") || strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !printable(r) }) {
		return p
	}
	lines := strings.Split(body, "\n")
	if lines[0] == "" || lines[0][0] == ' ' || lines[len(lines)-1] == "" {
		return p
	}
	if slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, " ") }) {
		return p
	}
	p.literal, p.chomp = lines, "|-"
	if ended {
		p.chomp = "|"
	}
	return p
}

// printable characters stand in a file as they are.
func printable(r rune) bool {
	return r >= ' ' && r != utf8.RuneError && r < 0xfffe && r != '\ufeff' && unicode.IsPrint(r) || r > 0xffff && unicode.IsPrint(r)
}

// markLike are dates and spans, which no reader mistakes.
func markLike(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && !(r >= '0' && r <= '9') && !strings.ContainsRune("dhm", r) })
}

// wordLike texts need no quotes, whatever stands around them.
func wordLike(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(first) || !printable(first) || strings.HasSuffix(s, " ") {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !printable(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_./@+()'&", r)
	})
}

func plainOrQuoted(s string, plain func(string) bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case printable(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

const lineLength = 120

type writer struct{ buf bytes.Buffer }

// flow is a part on one line.
func (p part) flow() string {
	var b strings.Builder
	switch p.kind {
	case scalarPart:
		return p.scalar
	case listPart:
		for i, item := range p.items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(item.flow())
		}
		return "[" + b.String() + "]"
	}
	for i, item := range p.items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.keys[i] + ": " + item.flow())
	}
	return "{" + b.String() + "}"
}

// fits reports whether a part reads well on one line after so many characters.
func (p part) fits(column int) bool {
	return !p.tall() && column+utf8.RuneCountInString(p.flow()) <= lineLength
}

// tall parts deserve lines of their own: texts of several lines, and lists of
// several things with many keys.
func (p part) tall() bool {
	if p.literal != nil || slices.ContainsFunc(p.items, part.tall) {
		return true
	}
	return p.kind == listPart && len(p.items) > 1 && p.items[0].kind == keysPart && utf8.RuneCountInString(p.flow()) > lineLength/2
}

// block writes keys or a list over several lines; the first line is already
// indented.
func (w *writer) block(p part, indent int) {
	for i, item := range p.items {
		if i > 0 {
			w.buf.WriteString(strings.Repeat(" ", indent))
		}
		lead := "-"
		if p.kind == keysPart {
			lead = p.keys[i] + ":"
		}
		w.buf.WriteString(lead)
		w.after(item, indent, len(lead), p.kind)
	}
}

// after writes what follows a dash or a key.
func (w *writer) after(p part, indent, lead int, in partKind) {
	inner := strings.Repeat(" ", indent+2)
	switch {
	case p.literal != nil:
		w.buf.WriteString(" " + p.chomp + "\n")
		for _, line := range p.literal {
			if line != "" {
				w.buf.WriteString(inner + line)
			}
			w.buf.WriteByte('\n')
		}
	case p.kind == scalarPart || len(p.items) == 0 || p.fits(indent+lead+1):
		w.buf.WriteString(" " + p.flow() + "\n")
	case in == listPart:
		w.buf.WriteByte(' ')
		w.block(p, indent+2)
	default:
		w.buf.WriteString("\n" + inner)
		w.block(p, indent+2)
	}
}
