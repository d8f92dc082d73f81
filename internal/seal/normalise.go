package seal

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// NormaliseEmail is the one spelling of an address: trimmed and in small letters. It
// does not judge whether the address is valid.
func NormaliseEmail(address string) string {
	address = strings.TrimSpace(strings.ToValidUTF8(address, "\uFFFD"))
	// Once more after lower-casing: small letters can compose anew.
	return norm.NFC.String(strings.ToLower(norm.NFC.String(address)))
}

// Mailbox is under what an address is hashed, searched and counted: what letters to it
// have in common with letters to its variants. "Ada+pass@x" is ada@x, since mail servers
// take what follows a plus for a note of the owner's; a few ignore dots too. It is no
// address to write to: elsewhere the variants may be different people.
func Mailbox(address string) string {
	address = NormaliseEmail(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	name, domain := address[:at], address[at+1:]
	if plain, _, tagged := strings.Cut(name, "+"); tagged && plain != "" {
		name = plain
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if plain := strings.ReplaceAll(name, ".", ""); domain == "gmail.com" && plain != "" {
		name = plain
	}
	return name + "@" + domain
}

// germany is the country that a number with a leading zero belongs to.
const germany = "49"

// NormalisePhone is the one spelling of a phone number under which it is
// hashed and searched: +495551708100 for "05551 708-100", "+49 (0)5551
// 708100" and "0049 5551/708 100". A number without area code keeps its
// digits alone. A text without digits gives the empty string.
func NormalisePhone(number string) string {
	// Full-width digits and plus signs become plain ones.
	number = norm.NFKC.String(strings.ToValidUTF8(number, ""))
	digits := strings.Map(digit, number)
	local := strings.HasPrefix(digits, "0") && !strings.HasPrefix(digits, "00")
	if beforeDigits(number, '+') {
		local = false
	}
	switch {
	case local:
		return plus(germany + strings.TrimLeft(digits, "0"))
	case strings.HasPrefix(digits, "00") || beforeDigits(number, '+'):
		// "+43 (0)1 ..." shows the zero that is dialled at home only.
		digits = strings.Map(digit, strings.Replace(number, "(0)", "", 1))
		return plus(strings.TrimLeft(digits, "0"))
	}
	return digits
}

// plus writes an international number; German area codes never begin with 0.
func plus(digits string) string {
	if rest, ok := strings.CutPrefix(digits, germany); ok {
		digits = germany + strings.TrimLeft(rest, "0")
	}
	if digits == "" || digits == germany {
		return ""
	}
	return "+" + digits
}

// beforeDigits says whether mark stands before the first digit.
func beforeDigits(s string, mark rune) bool {
	for _, r := range s {
		if r == mark {
			return true
		}
		if digit(r) >= 0 {
			return false
		}
	}
	return false
}

// digit maps the digits of Latin and both Arabic scripts to ASCII, and drops
// everything else.
func digit(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return r
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	}
	return -1
}
