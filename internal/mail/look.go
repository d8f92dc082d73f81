package mail

import (
	"fmt"
	htmltemplate "html/template"
	"math"
	"strconv"
	"strings"
)

// look is the colours of a letter's HTML version that depend on the tenant. All others stand
// in the template: those of a dark screen too, where no tenant's colour is used.
type look struct {
	Bar    string // above the letter
	Button string // what the letter asks to do
	On     string // written on the button
	Link   string // links, and the other button's frame, on Sheet and Card
}

// The backgrounds that the template writes on.
const (
	sheetColour = "#ffffff"
	cardColour  = "#f2f4f7"
	ourColour   = "#003f7d"
)

// lookOf takes the tenant's colour where it can be read: on the sheet and the card as the
// colour of links (4.5 to 1), under black or white as that of the button, which has to stand
// out from the sheet as well (3 to 1). Elsewhere ours is taken.
func lookOf(colour string) look {
	l := look{Bar: ourColour, Button: ourColour, On: sheetColour, Link: ourColour}
	if _, ok := luminance(colour); !ok {
		return l
	}
	l.Bar = colour
	if contrast(colour, sheetColour) >= 4.5 && contrast(colour, cardColour) >= 4.5 {
		l.Link = colour
	}
	if contrast(colour, sheetColour) >= 4.5 {
		l.Button = colour
	} else if contrast(colour, sheetColour) >= 3 && contrast(colour, "#000000") >= 4.5 {
		l.Button, l.On = colour, "#000000"
	}
	return l
}

// luminance is the relative luminance of WCAG 2 of #rrggbb.
func luminance(colour string) (float64, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 || colour[0] != '#' {
		return 0, false
	}
	sum := 0.0
	for i, share := range []float64{0.0722, 0.7152, 0.2126} {
		v := float64(n>>(8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += share * v
	}
	return sum, true
}

// contrast is the contrast of two colours by WCAG 2, 1 to 21.
func contrast(a, b string) float64 {
	x, _ := luminance(a)
	y, _ := luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// htmlFuncs are what letter.html needs beside its data. Comments that only Outlook reads
// would not survive the template otherwise.
func htmlFuncs() htmltemplate.FuncMap {
	return htmltemplate.FuncMap{
		"outlook": func(markup string) htmltemplate.HTML {
			return htmltemplate.HTML(fmt.Sprintf("<!--[if mso]>%s<![endif]-->", markup))
		},
		"lines": func(text string) []string { return strings.Split(text, "\n") },
	}
}
