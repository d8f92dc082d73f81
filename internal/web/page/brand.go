package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// rgb is a colour of sRGB, 0 to 255 each.
type rgb [3]float64

// BrandCSS is the stylesheet that carries a tenant's colour (#rrggbb): the
// colour itself, black or white to write on it, and a shade of it that can be
// read on the page's background in light and in dark. Another notation is an
// error: nothing a tenant writes reaches the stylesheet as it is.
func BrandCSS(colour string) (string, error) {
	c, err := parseColour(colour)
	if err != nil {
		return "", err
	}
	white, black := rgb{255, 255, 255}, rgb{0, 0, 0}
	on := white
	if contrast(c, black) > contrast(c, white) {
		on = black
	}
	return fmt.Sprintf(":root{--brand:%s;--brand-on:%s;--brand-text:%s}\n"+
		"@media (prefers-color-scheme:dark){:root{--brand-text:%s}}\n",
		c, on, readable(c, white, black), readable(c, rgb{19, 21, 37}, white)), nil
}

// BrandURL is the address of a tenant's stylesheet below its first page; it
// changes with the colour, so that the file can be kept for long.
func BrandURL(home, colour string) string {
	sum := sha256.Sum256([]byte(colour))
	return home + "brand.css?v=" + hex.EncodeToString(sum[:4])
}

// ServeBrand answers with BrandCSS. A colour that is none gives an empty
// stylesheet: the page keeps the colours of KERN.
func ServeBrand(w http.ResponseWriter, r *http.Request, colour string) {
	css, err := BrandCSS(colour)
	if err != nil {
		css = ""
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("Content-Length", strconv.Itoa(len(css)))
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(css))
	}
}

func parseColour(s string) (rgb, error) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, fmt.Errorf("colour %q: expected #rrggbb such as #003f7d", s)
	}
	b, err := hex.DecodeString(s[1:])
	if err != nil {
		return rgb{}, fmt.Errorf("colour %q: expected #rrggbb such as #003f7d", s)
	}
	return rgb{float64(b[0]), float64(b[1]), float64(b[2])}, nil
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	var lin [3]float64
	for i, v := range c {
		v /= 255
		if v <= 0.04045 {
			lin[i] = v / 12.92
		} else {
			lin[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*lin[0] + 0.7152*lin[1] + 0.0722*lin[2]
}

// contrast is the contrast ratio of WCAG 2, 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// readable mixes c with towards until it reaches 4.5:1 on the background.
func readable(c, background, towards rgb) rgb {
	for step := range 21 {
		share := float64(step) / 20
		var m rgb
		for i := range m {
			m[i] = math.Round(c[i]*(1-share) + towards[i]*share)
		}
		if contrast(m, background) >= 4.5 {
			return m
		}
	}
	return towards
}

// Contrast says how well a colour can be written on.
type Contrast struct {
	On    string  // black or white: what is written on it
	Ratio float64 // of WCAG 2, 1 to 21
}

// ContrastOf is the contrast of a colour (#rrggbb) with what BrandCSS writes on it.
func ContrastOf(colour string) (Contrast, error) {
	c, err := parseColour(colour)
	if err != nil {
		return Contrast{}, err
	}
	white, black := contrast(c, rgb{255, 255, 255}), contrast(c, rgb{})
	if black > white {
		return Contrast{"black", black}, nil
	}
	return Contrast{"white", white}, nil
}
