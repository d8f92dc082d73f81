package ical

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	goical "github.com/emersion/go-ical"
)

const (
	wallTime = "20060102T150405"
	utcTime  = "20060102T150405Z"

	lineOctets = 75 // without CRLF
)

// encode writes the calendar through go-ical, which checks its structure, and
// folds the lines, which go-ical does not.
func encode(cal *goical.Component) ([]byte, error) {
	var flat, out bytes.Buffer
	if err := goical.NewEncoder(&flat).Encode(&goical.Calendar{Component: cal}); err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(flat.String(), "\r\n"), "\r\n") {
		fold(&out, line)
	}
	return out.Bytes(), nil
}

// fold writes one content line. It never cuts a rune, nor an escape: readers
// exist that unescape before they unfold.
func fold(out *bytes.Buffer, line string) {
	room := lineOctets
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) || insideEscape(line[:cut]) {
			cut--
		}
		out.WriteString(line[:cut])
		out.WriteString("\r\n ")
		line, room = line[cut:], lineOctets-1
	}
	out.WriteString(line)
	out.WriteString("\r\n")
}

// insideEscape tells whether a backslash at the end still waits for its letter.
func insideEscape(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}

// set puts a value that is known to be harmless.
func set(c *goical.Component, name, value string) {
	prop := goical.NewProp(name)
	prop.Value = value
	c.Props.Set(prop)
}

// setText puts a cleaned text, if there is any.
func setText(c *goical.Component, name, text string) {
	if text != "" {
		set(c, name, escape(text))
	}
}

// clean makes a text printable, without a backslash that could be misread.
func clean(s string) string { return plainBackslash(printable(s)) }

// printable gives valid UTF-8, every kind of line break a line feed, tabs spaces, no
// other control characters, no blanks around it.
func printable(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return '\n'
		case '\t':
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// plainBackslash turns a backslash round that stands before something which is
// escaped itself, or an n. python3-icalendar, and khal with it, unescape such a
// pair twice: they would show another text than all others.
func plainBackslash(s string) string {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' && strings.IndexByte("nN;,\\\n", s[i+1]) >= 0 {
			s = s[:i] + "/" + s[i+1:]
		}
	}
	return s
}

// oneLine is clean with the lines joined.
func oneLine(s, joint string) string {
	var lines []string
	for line := range strings.SplitSeq(clean(s), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return plainBackslash(strings.Join(lines, joint))
}

// escape writes a cleaned text as a TEXT value.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch s[i] {
		case '\\', ';', ',':
			b.WriteByte('\\')
			b.WriteByte(s[i])
		case '\n':
			b.WriteString(`\n`)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// unescape is the inverse of escape. A backslash before anything else is
// dropped, as many programs escape too much.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			b.WriteByte('\n')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// param makes a parameter value: one line, no double quote, which a parameter
// cannot hold, and no backslash, which means nothing in a parameter but hides
// the closing quote from some readers. go-ical quotes the value where it must.
func param(s string) string {
	return strings.NewReplacer(`"`, "'", `\`, "/").Replace(oneLine(s, " "))
}

// mailto writes an address as a calendar user. It is refused rather than
// mended: a mended address is somebody else's.
func mailto(mail string) (string, error) {
	at := strings.LastIndexByte(mail, '@')
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
			r == utf8.RuneError || strings.ContainsRune("\"<>()[]\\,;:^`{|}", r)
	}
	if at < 1 || at == len(mail)-1 || len(mail) > 254 || strings.ContainsFunc(mail, odd) {
		return "", fmt.Errorf("%q: %w", mail, ErrAddress)
	}
	return "mailto:" + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(mail), nil
}

// mailOf is the inverse of mailto, for any calendar user that has an address.
func mailOf(uri string) string {
	if len(uri) < 7 || !strings.EqualFold(uri[:7], "mailto:") {
		return ""
	}
	mail, err := url.PathUnescape(uri[7:])
	if err != nil {
		return ""
	}
	return mail
}
