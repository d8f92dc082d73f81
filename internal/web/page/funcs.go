package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
)

// textLanguage is the language of tenant texts that name none.
const textLanguage = "de"

// funcs are the functions of the templates of one language.
//
//	t "key" "name" value ...     text of the catalogue; "n" chooses the plural
//	lang  dir                    "de", "ltr"
//	text .Name                   a tenant's text, in <span lang> where it is in another language
//	plain .Name                  the same without markup, for titles and attributes
//	foreign .Name                the language of a tenant's text where it is not the page's, else ""
//	said .Message .Name          a message of ours that quotes a tenant's text
//	date shortDate time timeSpan dateTime weekday month      through i18n.Printer; values in the office's zone
//	day .Date                    an agenda.Date as "Montag, 6. Juli 2026"
//	iso .Start                   RFC 3339, for <time datetime>
//	asset "app.css"              address of a static file, with the hash of the contents
//	has "app.css"                whether there is such a static file
//	tel .Phone                   tel: address of a number as people write it
//	ltr .Phone                   what is read from the left wherever it stands: numbers, addresses, codes
//	field notice button badge    build the data of the component of that name (parts.go)
func (p *Pages) funcs(printer *i18n.Printer) template.FuncMap {
	lang := printer.Lang()
	return template.FuncMap{
		"t":         printer.T,
		"lang":      func() string { return lang },
		"dir":       func() string { return direction(lang) },
		"text":      func(t agenda.Text) template.HTML { return textHTML(t, lang) },
		"plain":     func(t agenda.Text) string { s, _ := t.In(lang, textLanguage); return s },
		"foreign":   func(t agenda.Text) string { _, in := spoken(t, lang); return in },
		"said":      func(message string, quoted agenda.Text) template.HTML { return saidHTML(message, quoted, lang) },
		"date":      printer.Date,
		"shortDate": printer.ShortDate,
		"time":      printer.Time,
		"timeSpan":  printer.TimeSpan,
		"dateTime":  printer.DateTime,
		"weekday":   printer.Weekday,
		"month":     printer.Month,
		"day":       func(d agenda.Date) string { return printer.Date(d.Noon()) },
		"iso":       func(t time.Time) string { return t.Format(time.RFC3339) },
		"asset":     p.static.url,
		"has":       func(name string) bool { return p.static.files[name] != nil },
		"tel":       telephone,
		"ltr":       func(s string) template.HTML { return fromTheLeft(s, lang) },
		"field":     field,
		"notice":    notice,
		"button":    button,
		"badge":     badge,
		"initial":   initial,
	}
}

// textHTML escapes a tenant's text; a text in another language than the page
// carries its own lang, so that a screen reader pronounces it rightly.
func textHTML(t agenda.Text, lang string) template.HTML {
	s, in := spoken(t, lang)
	esc := template.HTMLEscapeString(s)
	if in == "" {
		return template.HTML(esc)
	}
	return template.HTML(fmt.Sprintf(`<span lang="%s" dir="%s">%s</span>`, template.HTMLEscapeString(in), direction(in), esc))
}

// spoken is a tenant's text and its language, "" where that is the page's.
func spoken(t agenda.Text, lang string) (s, in string) {
	s, in = t.In(lang, textLanguage)
	if in == "" {
		in = textLanguage
	}
	if base, _, _ := strings.Cut(lang, "-x-"); s == "" || in == lang || in == base {
		in = ""
	}
	return s, in
}

// saidHTML escapes a message and marks the tenant's text that it quotes.
func saidHTML(message string, quoted agenda.Text, lang string) template.HTML {
	s, in := spoken(quoted, lang)
	before, after, ok := strings.Cut(message, s)
	if in == "" || !ok {
		return template.HTML(template.HTMLEscapeString(message))
	}
	return template.HTML(template.HTMLEscapeString(before)) + textHTML(quoted, lang) + template.HTML(template.HTMLEscapeString(after))
}

// fromTheLeft keeps the order of a number or a code among words that are written from
// the right: "05551 708-0" would be read "0-708 05551" there.
func fromTheLeft(s, lang string) template.HTML {
	esc := template.HTMLEscapeString(s)
	if direction(lang) == "ltr" {
		return template.HTML(esc)
	}
	return template.HTML(`<bdi dir="ltr">` + esc + `</bdi>`)
}

func direction(lang string) string {
	switch base, _, _ := strings.Cut(lang, "-"); base {
	case "ar", "fa", "he", "ur", "ps", "ckb", "yi":
		return "rtl"
	}
	return "ltr"
}

// telephone keeps what can be dialled; "(0)" after a country code is dropped as
// people write but never dial it.
func telephone(s string) template.URL {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "+") {
		s = strings.ReplaceAll(s, "(0)", "")
	}
	var b strings.Builder
	for i, r := range s {
		if r >= '0' && r <= '9' || r == '+' && i == 0 {
			b.WriteRune(r)
		}
	}
	return template.URL("tel:" + b.String())
}

// initial stands for a tenant without a logo. "Landkreis Northeim" and "Stadt
// Northeim" would all be L and S, so the last word counts.
func initial(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	for _, r := range words[len(words)-1] {
		return strings.ToUpper(string(r))
	}
	return ""
}
