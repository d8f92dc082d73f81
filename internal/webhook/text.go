package webhook

import (
	"strings"
	"unicode/utf16"
)

// basic are the characters of the GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1), extended
// those that count twice.
const (
	basic    = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "\f^{}\\[~]|€"
)

// Fits reports whether a text goes into one short message: 160 characters of the GSM
// alphabet, or 70 of any other.
func Fits(text string) bool {
	n := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(basic, r):
			n++
		case strings.ContainsRune(extended, r):
			n += 2
		default:
			return len(utf16.Encode([]rune(text))) <= 70
		}
	}
	return n <= 160
}
