package mail

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// Colours of the template can be read on what they stand on: as written, on a dark screen,
// and where a program turns all colours round by itself. So can those that depend on the
// tenant, whatever its colour is.
func TestContrast(t *testing.T) {
	data, err := os.ReadFile(uiFolder + "/mail/letter.html")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	check := func(what, text, ground string, least float64) {
		t.Helper()
		if got := contrast(text, ground); got < least {
			t.Errorf("%s: %s on %s has %.2f, want %.1f", what, text, ground, got, least)
		}
		if got := contrast(turned(text), turned(ground)); got < least {
			t.Errorf("%s turned round: %.2f, want %.1f", what, got, least)
		}
	}
	colours := regexp.MustCompile(`[^-]color:(#[0-9a-f]{6})`)
	if n := len(colours.FindAllString(page, -1)); n < 8 {
		t.Fatalf("found %d colours of text", n)
	}
	for _, m := range colours.FindAllStringSubmatch(page, -1) {
		check("text", m[1], sheetColour, 4.5)
		check("text", m[1], cardColour, 4.5)
	}
	dark := func(class, of string) string {
		m := regexp.MustCompile(`\.` + class + `\b[^{]*\{[^}]*\b` + of + `: (#[0-9a-f]{6})`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no %s of %s on a dark screen", of, class)
		}
		return m[1]
	}
	for _, class := range []string{"words", "value", "head", "label", "foot", "link"} {
		for _, ground := range []string{"paper", "card"} {
			check(class+", dark", dark(class, "color"), dark(ground, "background"), 4.5)
		}
	}
	check("button, dark", dark("fill-link", "color"), dark("fill-link", "background"), 4.5)
	check("button's edge, dark", dark("fill", "background"), dark("paper", "background"), 3)
	for i := range 4096 {
		colour := fmt.Sprintf("#%02x%02x%02x", i>>8*17, i>>4&15*17, i&15*17)
		l := lookOf(colour)
		for _, pair := range [][2]string{{l.Link, sheetColour}, {l.Link, cardColour}, {l.On, l.Button}} {
			if got := contrast(pair[0], pair[1]); got < 4.5 {
				t.Errorf("%s: %v has %.2f", colour, pair, got)
			}
		}
		if got := contrast(l.Button, sheetColour); got < 3 {
			t.Errorf("%s: a button of %s stands out by %.2f", colour, l.Button, got)
		}
	}
	for _, colour := range []string{"", "red", "#12", "#12345g", "#ffffff;x"} {
		if got := lookOf(colour); got.Bar != ourColour || got.Button != ourColour {
			t.Errorf("%q: got %v", colour, got)
		}
	}
	if got := lookOf("#7a0019"); got.Button != "#7a0019" || got.On != sheetColour || got.Link != "#7a0019" {
		t.Errorf("a tenant's colour that can be read is not used: %v", got)
	}
}

// turned is a colour as a program shows it that turns light into dark: each part round.
func turned(colour string) string {
	n, _ := strconv.ParseUint(colour[1:], 16, 32)
	return fmt.Sprintf("#%06x", 0xffffff-n)
}
