package mail

import (
	"regexp"
	"strings"
	"unicode"
)

// Answer is what the next server said last in a delivery. Text is in the server's words
// and may name addresses: it is sealed where it is kept, and never logged.
type Answer struct {
	Code   int    // three digits; 0: it said nothing
	Status string // the enhanced status code, such as 5.1.1; empty: none
	Text   string // without both, on one line; often the number under which the server keeps the letter
}

// maxAnswer is how many characters of an answer are kept.
const maxAnswer = 400

var enhanced = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)`)

// answerOf takes an answer apart. Of several lines each repeats the status.
func answerOf(code int, text string) Answer {
	a := Answer{Code: code}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if m := enhanced.FindStringSubmatch(line); m != nil {
			a.Status = m[1]
			line = line[len(m[0]):]
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	a.Text = OneLine(strings.Join(lines, " "), maxAnswer)
	return a
}

// refusesRelay reports whether a server has said that it takes no letters from us to others:
// that is about the set-up, whichever recipient it says so of.
func (a Answer) refusesRelay() bool {
	text := strings.ToLower(a.Text)
	return a.Code/100 == 5 && strings.Contains(text, "relay") && !strings.Contains(text, "unknown") && (a.Status == "" || strings.HasPrefix(a.Status, "5.7."))
}

// OneLine makes a stranger's words harmless to show: no control characters, nothing that
// is no UTF-8, at most so many characters.
func OneLine(s string, most int) string {
	runes := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar:
			return -1
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, s)), " "))
	return string(runes[:min(len(runes), most)])
}
