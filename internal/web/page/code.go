package page

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Code is a QR code as one path of SVG, a unit per square. Template "code".
type Code struct {
	Size  int // with the quiet border
	Path  string
	Label string // what a screen reader says instead
}

// quiet is the border that readers of codes need, in squares.
const quiet = 4

// NewCode draws a text as a QR code; rows of black squares are joined. A text that is too
// long for one is an error.
func NewCode(text, label string) (*Code, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("code: %w", err)
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return &Code{Size: c.Size + 2*quiet, Path: path.String(), Label: label}, nil
}
