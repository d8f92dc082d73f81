package mail

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many characters of a visitor's name a letter repeats.
const maxName = 80

// webAddress is what mail programs make a link of by themselves.
var webAddress = regexp.MustCompile(`(?i)^\W*(www\.|mailto:|[a-z][a-z0-9+.-]*:/)|://|[@/\\]`)

// dottedWord finds a full stop between two characters of one word, accents of their own
// and invisible joiners among them.
var dottedWord = regexp.MustCompile(`([\pL\pN\pM\x{200d}_-])([.。．｡])([\pL\pN\pM\x{200d}_-])`)

// SafeName makes a typed name fit for a letter to an unverified address: one
// line of at most 80 characters without web addresses, control characters and
// marks that change the direction of writing. It may be empty afterwards.
func SafeName(name string) string {
	var words []string
	for _, word := range strings.Fields(oneLine(name)) {
		if webAddress.MatchString(word) {
			continue
		}
		for dottedWord.MatchString(word) { // "evil.example" is a link, "evil. example" is none
			word = dottedWord.ReplaceAllString(word, "$1$2 $3")
		}
		words = append(words, word)
	}
	name = strings.Join(words, " ")
	if utf8.RuneCountInString(name) > maxName {
		name = strings.TrimSpace(string([]rune(name)[:maxName]))
	}
	return name
}

// oneLine replaces line ends and control characters by spaces, drops invisible
// marks and invalid UTF-8, and collapses the spaces.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r) && r != '\u200d':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// headerText is oneLine, and nothing in it reads as an encoded word: the
// encoder would let plain ASCII pass, and a reader would decode it.
func headerText(s string) string {
	return strings.ReplaceAll(oneLine(s), "=?", "= ?")
}

// encodedWords writes a header's text as short encoded words. The encoder's own
// fill a line and so begin on the second one, which some readers show as a blank
// before the text.
func encodedWords(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	const most = 60 // characters of a word, so that the first has room after "Subject: "
	var words []string
	word := ""
	for _, r := range s {
		next := ""
		for _, b := range []byte(string(r)) {
			switch {
			case b == ' ':
				next += "_"
			case b > ' ' && b < 0x7f && !strings.ContainsRune("=?_", rune(b)):
				next += string(b)
			default:
				next += fmt.Sprintf("=%02X", b)
			}
		}
		if len("=?UTF-8?Q??=")+len(word)+len(next) > most {
			words = append(words, "=?UTF-8?Q?"+word+"?=")
			word = ""
		}
		word += next
	}
	return strings.Join(append(words, "=?UTF-8?Q?"+word+"?="), " ")
}
