package agenda

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// ErrAddress is an e-mail address that letters are not sent to.
var ErrAddress = errors.New("not an e-mail address: expected one plain address such as name@example.org")

const (
	maxAddress = 254 // bytes, RFC 5321 less the brackets
	maxLocal   = 64
	maxLabel   = 63
)

// CheckAddress takes one bare address as a visitor types it and gives it as
// letters and limits use it: spaces around it removed, the domain in lower case
// and ASCII. What is lawful (RFC 5322) but never what a visitor means is refused:
// display names, comments, quotes, domain literals, several addresses, local
// parts that route (% and !) or are not ASCII, domains of one label.
func CheckAddress(typed string) (string, error) {
	local, domain, found := strings.Cut(strings.Trim(typed, " "), "@")
	if !found || len(domain) > 2*maxAddress || !validLocal(local) {
		return "", ErrAddress
	}
	domain, ok := asciiDomain(domain)
	if !ok || len(local)+1+len(domain) > maxAddress {
		return "", ErrAddress
	}
	return local + "@" + domain, nil
}

func validLocal(local string) bool {
	if local == "" || len(local) > maxLocal || strings.Contains("."+local+".", "..") {
		return false
	}
	for _, c := range []byte(local) {
		if !letterOrDigit(c) && !strings.ContainsRune(".#$&'*+-/=?^_`{|}~", rune(c)) {
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// asciiDomain lowers and encodes a domain name. Names outside ASCII keep to
// letters, digits and marks, which is stricter than IDNA 2008 and takes every
// name that German registries give out.
func asciiDomain(domain string) (string, bool) {
	labels := strings.Split(norm.NFC.String(strings.ToLower(domain)), ".")
	if len(labels) < 2 {
		return "", false
	}
	for i, label := range labels {
		ascii, ok := asciiLabel(label)
		if !ok {
			return "", false
		}
		labels[i] = ascii
	}
	top := labels[len(labels)-1]
	if strings.Trim(top, "0123456789") == "" {
		return "", false // an IP address
	}
	return strings.Join(labels, "."), true
}

func asciiLabel(label string) (string, bool) {
	if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
		return "", false
	}
	for i, r := range label {
		switch {
		case r < 0x80 && (letterOrDigit(byte(r)) || r == '-'):
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || i > 0 && unicode.IsMark(r)):
		default:
			return "", false
		}
	}
	ascii, err := idna.Punycode.ToASCII(label)
	return ascii, err == nil && len(ascii) <= maxLabel
}
