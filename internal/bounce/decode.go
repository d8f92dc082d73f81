package bounce

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
)

// unbase64 decodes as much as can be decoded.
func unbase64(body []byte) []byte {
	clean := bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, body)
	text, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(clean))) // what came before a mistake counts
	return text
}

// unquoted decodes as much as can be decoded.
func unquoted(body []byte) []byte {
	text, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
	return text
}
