package agenda

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of texts in characters.
const (
	maxID   = 64
	maxLine = 1000
	maxText = 100000
)

// id wants what fits into an address as it is.
func (c *checker) id(path, id string) {
	if !ValidID(id) {
		c.bad(path, "found %q; expected 1 to %d of a-z, 0-9, - and _, a letter or digit first", shorten(id), maxID)
	}
}

// ValidID reports whether a text can be an id: 1 to 64 lower-case letters,
// digits, dashes and underscores, beginning with a letter or digit.
func ValidID(id string) bool {
	return id != "" && len(id) <= maxID && id[0] != '-' && id[0] != '_' && !strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// texts walks through everything that is a text: none holds control characters,
// those that are needed are not empty, those in languages say which.
func (c *checker) texts(s *Setup) { c.walk("", reflect.ValueOf(s).Elem(), false) }

func (c *checker) walk(path string, v reflect.Value, needed bool) {
	if t, ok := v.Interface().(Text); ok {
		c.text(path, t, needed)
		return
	}
	switch v.Kind() {
	case reflect.String:
		c.line(path, v.String(), needed)
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(at(path, i), v.Index(i), true)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key := f.Tag.Get("json")
			if key == "" || key == "-" || key == "id" {
				continue
			}
			if path != "" {
				key = path + "." + key
			}
			c.walk(key, v.Field(i), f.Tag.Get("need") == "yes")
		}
	}
}

func (c *checker) line(path, s string, needed bool) {
	switch {
	case needed && strings.TrimSpace(s) == "":
		c.bad(path, "found an empty text; expected one")
	case strings.ContainsFunc(s, notText) || !utf8.ValidString(s):
		c.bad(path, "found %q; expected one line without control characters", shorten(s))
	case utf8.RuneCountInString(s) > maxLine:
		c.bad(path, "found %d characters; expected at most %d", utf8.RuneCountInString(s), maxLine)
	}
}

func (c *checker) text(path string, t Text, needed bool) {
	if needed && len(t) == 0 {
		c.bad(path, "found an empty text; expected one")
	}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		s, here := t[lang], path
		if lang != "" {
			here = path + "." + lang
		}
		switch {
		case lang == "" && len(t) > 1 || lang != "" && !languageTag(lang):
			c.bad(path, "found the language %q; expected languages such as de and en", shorten(lang))
		case strings.TrimSpace(s) == "":
			c.bad(here, "found an empty text; expected one, or no such key")
		case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && notText(r) }):
			c.bad(here, "found %q; expected a text without control characters", shorten(s))
		case utf8.RuneCountInString(s) > maxText:
			c.bad(here, "found %d characters; expected at most %d", utf8.RuneCountInString(s), maxText)
		}
	}
}

// notText are characters that have no place in a visible line: controls, line
// separators, and those that turn the direction of what follows.
func notText(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == utf8.RuneError || r == '\ufeff'
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "..."
}

// languageTag accepts the shape of BCP 47 tags, of which catalogues use few.
func languageTag(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts[0]) < 2 || len(parts[0]) > 3 || strings.Trim(parts[0], "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	return !slices.ContainsFunc(parts, func(p string) bool {
		return p == "" || len(p) > 8 || strings.ContainsFunc(p, func(r rune) bool {
			return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
	})
}

// hostName accepts a name in lower case, with a port where one is needed.
func hostName(s string) bool {
	host, port, hasPort := strings.Cut(s, ":")
	if hasPort && (port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "") || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }) {
			return false
		}
	}
	return true
}

// legal: what begins like an address is one; anything else is the page's text.
func (c *checker) legal(path string, t Text) {
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		s := t[lang]
		if lang != "" {
			lang = "." + lang
		}
		if webLike(s) && !webAddress(s) {
			c.bad(path+lang, "found %q; expected an address such as https://www.example.org/impressum, or the text itself", shorten(s))
		}
	}
}

func webLike(s string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(s), ":")
	return ok && (scheme == "http" || scheme == "https") && !strings.ContainsAny(s, " \n")
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(s, `\<>"`)
}

func (c *checker) brand(b *Brand) {
	if b.Colour != "" && (len(b.Colour) != 7 || b.Colour[0] != '#' || strings.Trim(b.Colour[1:], "0123456789abcdefABCDEF") != "") {
		c.bad("brand.colour", "found %q; expected a colour such as \"#003f7d\"", shorten(b.Colour))
	}
	if b.Logo != "" && !beside(b.Logo) {
		c.bad("brand.logo", "found %q; expected the name of a file beside the tenant file, such as logo.svg (pages load nothing from other sites)", shorten(b.Logo))
	}
}

// beside reports whether a name is that of a file in the folder of the tenant file, or
// in a folder there.
func beside(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, `:\`) {
			return false
		}
	}
	return true
}

// mailbox checks an optional address that letters come from or go to.
func (c *checker) mailbox(path, s string) {
	if s == "" {
		return
	}
	if _, _, err := ParseMailbox(s); err != nil {
		c.bad(path, "found %q; expected an address such as \"Termine <termine@example.org>\"", shorten(s))
	}
}

// ParseMailbox reads an address with or without a display name: name@example.org,
// Name <name@example.org> or "Name, with a comma" <name@example.org>.
func ParseMailbox(s string) (name, address string, err error) {
	if s = strings.Trim(s, " "); strings.ContainsFunc(s, notText) || !utf8.ValidString(s) {
		return "", "", ErrAddress
	}
	if inner, ok := strings.CutSuffix(s, ">"); ok {
		i := strings.LastIndexByte(inner, '<')
		if i < 0 {
			return "", "", ErrAddress
		}
		name, s = strings.Trim(inner[:i], " "), inner[i+1:]
		quoted := len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"'
		if quoted {
			name = name[1 : len(name)-1]
		}
		if strings.ContainsAny(name, `"\`) || !quoted && strings.ContainsAny(name, `()<>[]:;@,`) {
			return "", "", ErrAddress
		}
	}
	if strings.ContainsAny(s, " %!") { // lawful, but such addresses route or break
		return "", "", ErrAddress
	}
	address, err = CheckAddress(s)
	return name, address, err
}

// SameMailbox reports whether two mailboxes, each with or without a display name, are one.
func SameMailbox(a, b string) bool {
	_, x, err := ParseMailbox(a)
	if err != nil {
		return false
	}
	_, y, err := ParseMailbox(b)
	return err == nil && strings.EqualFold(x, y)
}
