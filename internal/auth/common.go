package auth

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"terminvergabe/ui"
)

// ErrPasswordCommon: a new password is among the first that are tried: one of those that
// leaks have shown to be common, a word everybody at the office knows, one of these with a
// number behind it, or a row of keys.
var ErrPasswordCommon = errors.New("the password is too easy to guess")

// common gives passwords and words in small letters, one per line: the most frequent ones
// of published leaks (drawn from the lists of zxcvbn-ts) and what people at German offices
// think of first.
func common() (string, error) {
	list, err := ui.Files.ReadFile("passwords/common.txt")
	return "\n" + string(list), err
}

// rows are what fingers run along.
var rows = [...]string{"abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234567890", "qwertzuiopü", "qwertyuiop", "asdfghjklöä", "yxcvbnm", "zxcvbnm", "1qay2wsx3edc4rfv5tgb", "1qaz2wsx3edc4rfv5tgb"}

// NotCommon refuses a new password with ErrPasswordCommon. About are the account's own
// words (its address and name, the tenant's), of which none makes a password. There are
// no rules about digits and signs (NIST SP 800-63B, 5.1.1.2; ASVS 5.0, 6.2.4 and 6.2.11).
func NotCommon(password string, about ...string) error {
	list, err := common()
	if err != nil {
		return err
	}
	listed := func(word string) bool {
		return word != "" && !strings.Contains(word, "\n") && strings.Contains(list, "\n"+word+"\n")
	}
	typed := strings.ToLower(norm.NFKC.String(password))
	bare := strings.TrimFunc(typed, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, x := range []string{typed, unleet(typed), unleet(bare)} {
		word := strings.TrimFunc(x, func(r rune) bool { return !unicode.IsLetter(r) })
		if listed(x) || listed(word) || runs(x) || word == "" && len(typed) < 16 {
			return ErrPasswordCommon
		}
		for _, a := range about {
			if slices.Contains(wordsIn(a), word) {
				return ErrPasswordCommon
			}
		}
	}
	return nil
}

// runs: nothing but one piece over and over, or parts of rows.
func runs(s string) bool {
	if s == "" {
		return false
	}
	if doubled := s + s; strings.Index(doubled[1:], s)+1 < len(s) {
		return true
	}
	for rest := s; ; {
		n := 0
		for _, row := range rows {
			n = max(n, along(rest, row), along(rest, reversed(row)))
		}
		if n < 3 {
			return false
		}
		if rest = rest[n:]; rest == "" {
			return true
		}
	}
}

// along is how many bytes of s, from its beginning on, stand in a row.
func along(s, row string) int {
	for n := min(len(s), len(row)); n > 0; n-- {
		if strings.Contains(row, s[:n]) {
			return n
		}
	}
	return 0
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// unleet writes letters for the figures and signs that stand for them.
func unleet(s string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(s)
}

// wordsIn are the words of a name or an address, and all of it together.
func wordsIn(s string) []string {
	s = strings.ToLower(norm.NFKC.String(s))
	list := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	return append(list, s, strings.Join(list, ""))
}
