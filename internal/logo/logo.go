// Package logo brings the picture that a tenant sends into a form that may be shown to
// everybody: photographs and bitmaps are drawn anew as a small PNG, drawings (SVG) are
// written anew with nothing in them but shapes and colours. Whatever else a file holds
// (scripts, other addresses, notes on who made it, a second format behind the first) is
// left behind or refused.
//
// It refuses to know where pictures come from and where they are kept. Start reading at
// Read.
package logo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/jpeg" // a format that is read
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // a format that is read
)

// Limits of what is read and of what comes of it.
const (
	MostBytes  = 2 << 20  // of a file
	mostPixels = 16 << 20 // of a bitmap, whatever its file's size: 64 MiB when unpacked
	mostKept   = 32 << 10 // bytes of what is kept: it is part of every first page
)

// heights are tried from the largest until a picture is small enough; the last always
// is. Pages show it 48 high, on fine screens with three dots for one.
var heights = [...]int{192, 144, 96, 64, 48}

// widest is how much wider than high a picture stays; a wider one is made smaller.
const widest = 10.0 / 3

// Picture is a logo as it is kept.
type Picture struct {
	Name  string // logo-HASH.png or logo-HASH.svg: another picture has another name
	Bytes []byte
}

// Refused says why a file cannot be a logo.
type Refused struct {
	Why  string // kind, large, pixels, size, broken or svg
	What string // with svg: what stands in it that must not, as it is written there
}

func (r Refused) Error() string {
	switch r.Why {
	case "kind":
		return "expected a picture: PNG, JPEG, WebP or SVG"
	case "large":
		return fmt.Sprintf("expected a picture of at most %d MB (a drawing, SVG: %d KB)", MostBytes>>20, mostKept>>10)
	case "pixels":
		return fmt.Sprintf("expected a picture of at most %d million dots", mostPixels>>20)
	case "size":
		return "the drawing does not say how large it is (viewBox); save it anew, or as PNG"
	case "svg":
		return fmt.Sprintf("the drawing holds %s; expected shapes and colours alone: save it as a plain SVG with texts as paths, or as PNG", r.What)
	}
	return "the picture cannot be read: it is damaged or of a kind that is not known"
}

// Read makes a logo of a file's contents. What Read made is read again as it is. An
// error is a Refused.
func Read(data []byte) (Picture, error) {
	if len(data) > MostBytes {
		return Picture{}, Refused{Why: "large"}
	}
	if isSVG(data) {
		clean, err := redraw(data)
		if err != nil {
			return Picture{}, err
		}
		return named(clean, ".svg"), nil
	}
	clean, err := repaint(data)
	if err != nil {
		return Picture{}, err
	}
	return named(clean, ".png"), nil
}

func named(data []byte, ending string) Picture {
	sum := sha256.Sum256(data)
	return Picture{Name: "logo-" + hex.EncodeToString(sum[:8]) + ending, Bytes: data}
}

// repaint decodes a bitmap, having looked at its size first, and paints it anew.
func repaint(data []byte) ([]byte, error) {
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil || format != "png" && format != "jpeg" && format != "webp":
		return nil, Refused{Why: "kind"}
	case c.Width <= 0 || c.Height <= 0:
		return nil, Refused{Why: "broken"}
	case c.Width > mostPixels/c.Height:
		return nil, Refused{Why: "pixels"}
	}
	from, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, Refused{Why: "broken"}
	}
	for _, height := range heights {
		var out bytes.Buffer
		e := png.Encoder{CompressionLevel: png.BestCompression}
		if err := e.Encode(&out, fitted(from, height)); err != nil {
			return nil, Refused{Why: "broken"}
		}
		if out.Len() <= mostKept {
			return out.Bytes(), nil
		}
	}
	return nil, Refused{Why: "large"}
}

// fitted is a picture that is at most so high, and not too wide; never larger than it was.
func fitted(from image.Image, height int) image.Image {
	b := from.Bounds()
	w, h := float64(b.Dx()), float64(b.Dy())
	scale := min(1, float64(height)/h, float64(height)*widest/w)
	to := image.NewNRGBA(image.Rect(0, 0, max(1, int(w*scale)), max(1, int(h*scale))))
	if scale == 1 {
		draw.Draw(to, to.Bounds(), from, b.Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(to, to.Bounds(), from, b, draw.Src, nil)
	}
	return to
}
