package handbook

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png" // reads PNG
	"path"

	_ "golang.org/x/image/webp" // reads WebP
)

// Picture is a screenshot.
type Picture struct {
	Data          []byte
	Type          string // as HTTP names it
	Width, Height int    // in pixels
}

func newPicture(name string, data []byte) (*Picture, error) {
	c, form, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || "."+form != path.Ext(name) {
		return nil, fmt.Errorf("pictures/%s is no picture of that kind (%s): %w", name, form, err)
	}
	return &Picture{Data: data, Type: "image/" + form, Width: c.Width, Height: c.Height}, nil
}
