package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrAddress says that a text is not an e-mail address that letters go to.
var ErrAddress = errors.New("not an e-mail address")

const (
	maxAddress = 254 // bytes, RFC 5321 less the brackets
	maxLocal   = 64
	maxLabel   = 63
)

// CheckAddress takes one bare address as a visitor types it and gives it as
// letters and limits use it: spaces around it removed, the domain in lower
// case and ASCII. Everything that ParseAddress of net/mail accepts beyond that
// is refused with ErrAddress: display names, comments, quotes, domain
// literals, several addresses, control characters, line separators. So are
// local parts that route (% and !) or are not ASCII, and domains of one label.
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

// ParseMailbox reads a configured sender: "Name <address>" or an address.
func ParseMailbox(s string) (netmail.Address, error) {
	box, err := netmail.ParseAddress(s)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("mailbox: %w", ErrAddress)
	}
	address, err := CheckAddress(box.Address)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("mailbox: %w", err)
	}
	return netmail.Address{Name: headerText(box.Name), Address: address}, nil
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
	plain := true
	for i, r := range label {
		switch {
		case r < 0x80 && (letterOrDigit(byte(r)) || r == '-'):
		case r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || i > 0 && unicode.IsMark(r)):
			plain = false
		default:
			return "", false
		}
	}
	if !plain {
		label = "xn--" + punycode([]rune(label))
	}
	return label, len(label) <= maxLabel
}

// punycode encodes one label after RFC 3492, which names the variables.
func punycode(label []rune) string {
	const initialN, initialBias = 128, 72
	var out []byte
	for _, r := range label {
		if r < initialN {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(initialN), 0, initialBias
	for handled := basic; handled < len(label); n++ {
		next := rune(unicode.MaxRune)
		for _, r := range label {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (handled + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			out = append(out, punycodeNumber(delta, bias)...)
			bias = punycodeBias(delta, handled+1, handled == basic)
			delta = 0
			handled++
		}
		delta++
	}
	return string(out)
}

// punycodeNumber writes q with digits whose weight depends on the bias.
func punycodeNumber(q, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	const base, tMin, tMax = 36, 1, 26
	var out []byte
	for k := base; ; k += base {
		t := min(max(k-bias, tMin), tMax)
		if q < t {
			return append(out, digits[q])
		}
		out = append(out, digits[t+(q-t)%(base-t)])
		q = (q - t) / (base - t)
	}
}

func punycodeBias(delta, points int, first bool) int {
	const base, tMin, tMax, skew, damp = 36, 1, 26, 38, 700
	if first {
		delta /= damp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (base-tMin)*tMax/2; k += base {
		delta /= base - tMin
	}
	return k + (base-tMin+1)*delta/(delta+skew)
}
