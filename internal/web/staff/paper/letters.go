package paper

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// letters are those that a font has: Latin, Greek and Cyrillic. Others are written
// without their marks, or as missing: visibly, never left out.
type letters struct {
	font *sfnt.Font
	some sfnt.Buffer
}

// missing stands for a letter that the font does not have.
const missing = '·'

func newLetters(ttf []byte) (*letters, error) {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return &letters{font: f}, nil
}

// has reports whether the font has a letter. Those beyond the first plane it has not.
func (l *letters) has(r rune) bool {
	i, err := l.font.GlyphIndex(&l.some, r)
	return err == nil && i != 0 && r <= 0xFFFF
}

// fit writes a text in letters of the font; lost tells that one is not as it was.
func (l *letters) fit(text string) (fitting string, lost bool) {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		switch {
		case l.has(r):
			b.WriteRune(r)
			continue
		case unicode.IsSpace(r):
			b.WriteByte(' ')
			continue
		case unicode.Is(unicode.Mn, r) || unicode.IsControl(r):
			lost = true
			continue
		}
		lost = true
		bare := rune(missing)
		for _, x := range norm.NFD.String(string(r)) {
			if l.has(x) && unicode.IsLetter(x) {
				bare = x
				break
			}
		}
		b.WriteRune(bare)
	}
	return b.String(), lost
}
