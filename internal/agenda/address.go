package agenda

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrAddress is an e-mail address that letters are not sent to.
var ErrAddress = errors.New("not an e-mail address: expected one plain address such as name@example.org")

// CheckAddress accepts one plain mailbox (the dot-atom form of RFC 5321, 4.1.2,
// with a domain name) and gives it back with the domain in lower case. Quoted
// local parts, comments, display names and domain literals are lawful but never
// what a visitor means; they are refused.
func CheckAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) == 0 || len(local) > 64 || !utf8.ValidString(s) {
		return "", ErrAddress
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", ErrAddress
	}
	for _, r := range local {
		if !(r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", r)) {
			return "", ErrAddress
		}
	}
	domain = strings.ToLower(domain)
	labels := strings.Split(domain, ".")
	if len(labels) < 2 || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "", ErrAddress
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notHost) {
			return "", ErrAddress
		}
	}
	return local + "@" + domain, nil
}

func notHost(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
