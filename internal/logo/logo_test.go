package logo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/logo"
)

// noise is a picture that cannot be packed well.
func noise(w, h int) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(r.IntN(256))
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A bitmap comes out small, as PNG, without what stood behind it, and is then read as it is.
func TestBitmaps(t *testing.T) {
	flat := image.NewNRGBA(image.Rect(0, 0, 900, 600))
	for i := range flat.Pix {
		flat.Pix[i] = 200
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, flat, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		w, h int // 0: whatever fits
	}{
		"png":     {pngOf(t, flat), 288, 192},
		"small":   {pngOf(t, image.NewGray(image.Rect(0, 0, 30, 20))), 30, 20},
		"wide":    {pngOf(t, image.NewGray(image.Rect(0, 0, 3000, 10))), 640, 2},
		"noise":   {pngOf(t, noise(700, 500)), 0, 0},
		"jpeg":    {jpg.Bytes(), 288, 192},
		"twofold": {append(pngOf(t, flat), "<script>alert(1)</script>"...), 288, 192},
	} {
		got, err := logo.Read(c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := png.Decode(bytes.NewReader(got.Bytes))
		if err != nil {
			t.Errorf("%s: the logo: %v", name, err)
			continue
		}
		if b := m.Bounds(); c.w > 0 && (b.Dx() != c.w || b.Dy() != c.h) {
			t.Errorf("%s: got %d x %d, want %d x %d", name, b.Dx(), b.Dy(), c.w, c.h)
		}
		if len(got.Bytes) > 32<<10 || bytes.Contains(got.Bytes, []byte("script")) || !regexp.MustCompile(`^logo-[0-9a-f]{16}\.png$`).MatchString(got.Name) {
			t.Errorf("%s: got %s with %d bytes", name, got.Name, len(got.Bytes))
		}
		again, err := logo.Read(got.Bytes)
		if err != nil || again.Name != got.Name {
			t.Errorf("%s, read again: got %s, %v, want %s", name, again.Name, err, got.Name)
		}
	}
	see, err := logo.Read(pngOf(t, image.NewNRGBA(image.Rect(0, 0, 9, 9))))
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(see.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if got := color.NRGBAModel.Convert(m.At(4, 4)); got != (color.NRGBA{}) {
		t.Errorf("what can be seen through: got %v", got)
	}
}

// bomb is a small PNG that says it is 20,000 dots wide and high.
func bomb(t *testing.T) []byte {
	b := pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(b[16:], 20000)
	binary.BigEndian.PutUint32(b[20:], 20000)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestRefused(t *testing.T) {
	svg := func(inner string) []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">` + inner + `</svg>`)
	}
	for name, c := range map[string]struct {
		data []byte
		why  string
	}{
		"nothing":         {nil, "kind"},
		"a page":          {[]byte("<html><script>alert(1)</script></html>"), "kind"},
		"a gif":           {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "kind"},
		"a bomb":          {bomb(t), "pixels"},
		"half a picture":  {pngOf(t, noise(50, 50))[:900], "broken"},
		"too many bytes":  {make([]byte, logo.MostBytes+1), "large"},
		"script":          {svg(`<script>alert(1)</script>`), "svg"},
		"handler":         {svg(`<path d="M0 0" onload="alert(1)"/>`), "svg"},
		"other page":      {svg(`<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>`), "svg"},
		"picture":         {svg(`<image href="https://elsewhere.example/x.png"/>`), "svg"},
		"address":         {svg(`<path d="M0 0" fill="url(https://elsewhere.example/x#a)"/>`), "svg"},
		"hidden address":  {svg(`<path d="M0 0" style="fill:url(//elsewhere.example)"/>`), "svg"},
		"imported styles": {svg(`<style>@import "https://elsewhere.example/x.css";</style>`), "svg"},
		"styles by kind":  {svg(`<style>path{fill:red}</style>`), "svg"},
		"link":            {svg(`<a href="https://elsewhere.example"><path d="M0 0"/></a>`), "svg"},
		"used again":      {svg(`<g id="a"/><use href="#a"/>`), "svg"},
		"far gradient":    {svg(`<linearGradient id="a" href="https://elsewhere.example#b"/>`), "svg"},
		"text":            {svg(`<text>Kreis</text>`), "svg"},
		"moving":          {svg(`<animate attributeName="x"/>`), "svg"},
		"clipped twice":   {svg(`<clipPath id="a"><path d="M0 0" clip-path="url(#a)"/></clipPath>`), "svg"},
		"drawing within":  {svg(`<svg viewBox="0 0 1 1"/>`), "svg"},
		"entities":        {[]byte(`<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>`), "svg"},
		"no size":         {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "size"},
		"not closed":      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g>`), "broken"},
		"too deep":        {svg(strings.Repeat("<g>", 99) + strings.Repeat("</g>", 99)), "large"},
		"too long":        {svg(`<path d="` + strings.Repeat("M0 0 ", 9000) + `"/>`), "large"},
	} {
		_, err := logo.Read(c.data)
		if got, ok := errors.AsType[logo.Refused](err); !ok || got.Why != c.why || got.Error() == "" {
			t.Errorf("%s: got %v (%v), want %s", name, err, got, c.why)
		}
	}
}

// A drawing keeps its shapes and colours and nothing else.
func TestDrawing(t *testing.T) {
	got, err := logo.Read([]byte(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<!-- made by somebody -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/x" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="40px" height="20px" inkscape:version="1" role="img">
<title>Kreis</title><metadata><x/></metadata><inkscape:view/>
<defs><style>/* a */.a, .b{fill:#fff;font-family:Arial}.b{opacity:.5}</style>
<linearGradient id="g"><stop offset="0" style="stop-color:#00f"/></linearGradient><linearGradient id="h" xlink:href="#g"/></defs>
<path class="b" fill="red" d="M0,0 L9-9z"/><rect style="fill:url('#h');-inkscape-x:1" width="1" height="2"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	want := `<svg height="192" viewBox="0 0 40 20" width="384" xmlns="http://www.w3.org/2000/svg"><defs>` +
		`<linearGradient id="g"><stop offset="0" stop-color="#00f"/></linearGradient><linearGradient href="#g" id="h"/></defs>` +
		`<path d="M0,0 L9-9z" fill="#fff" opacity=".5"/><rect fill="url(#h)" height="2" width="1"/></svg>`
	if string(got.Bytes) != want || !strings.HasSuffix(got.Name, ".svg") {
		t.Errorf("got %s\n%s\nwant\n%s", got.Name, got.Bytes, want)
	}
	again, err := logo.Read(got.Bytes)
	if err != nil || again.Name != got.Name {
		t.Errorf("read again: got %s, %v, want %s", again.Name, err, got.Name)
	}
}

// Many selectors over many declarations are read in the time that reading takes.
func TestManySelectors(t *testing.T) {
	style := strings.Repeat(".a,", 300_000) + ".a{" + strings.Repeat("x:y;", 200_000) + "fill:red}"
	got, err := logo.Read([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><style>` + style + `</style><path class="a" d="M0 0"/></svg>`))
	if err != nil || !bytes.Contains(got.Bytes, []byte(`fill="red"`)) {
		t.Errorf("got %s, %v", got.Bytes, err)
	}
}
