package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// readJSON reads a document of JSON into the value that into points to, as
// strictly as a tenant file: JSON becomes the same tree of nodes.
func (r *strict) readJSON(data []byte, into any) {
	r.places = map[string]*yaml.Node{}
	switch {
	case len(data) > MaxInput:
		r.shape(&yaml.Node{}, "", "found %d MB; expected at most %d MB", (len(data)+1<<20-1)>>20, MaxInput>>20)
		return
	case !utf8.Valid(data):
		r.shape(&yaml.Node{}, "", "found bytes that are not UTF-8; expected JSON")
		return
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	r.json = data
	t := &jsonTree{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	t.dec.UseNumber()
	n, err := t.value(0)
	if err == nil {
		if _, end := t.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("found more behind the end; expected one document")
		}
	}
	if err != nil {
		at, message := t.failure(err)
		r.shape(&yaml.Node{Column: at}, "", "%s", message)
		return
	}
	r.value("", n, reflect.ValueOf(into).Elem())
}

// jsonTree builds nodes whose Column is the offset in data.
type jsonTree struct {
	data []byte
	dec  *json.Decoder
}

const maxDepth = 50

func (t *jsonTree) value(depth int) (*yaml.Node, error) {
	at := t.next()
	token, err := t.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Column: at}
	switch v := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, fmt.Errorf("found more than %d levels; expected fewer", maxDepth)
		}
		return n, t.children(n, v, depth)
	case string:
		n.Tag, n.Value = "!!str", v
	case json.Number:
		n.Tag, n.Value = "!!int", v.String()
		if bytes.ContainsAny([]byte(v), ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(v)
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// children reads what stands between brackets: keys and values alike are values.
func (t *jsonTree) children(n *yaml.Node, open json.Delim, depth int) error {
	n.Kind = yaml.SequenceNode
	if open == '{' {
		n.Kind = yaml.MappingNode
	}
	for t.dec.More() {
		child, err := t.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	_, err := t.dec.Token()
	return err
}

// next is the offset at which the next token begins.
func (t *jsonTree) next() int {
	return t.skip(" \t\r\n,:")
}

// blank is the offset of the next character that is not blank.
func (t *jsonTree) blank() int { return t.skip(" \t\r\n") }

func (t *jsonTree) skip(set string) int {
	i := int(t.dec.InputOffset())
	for i < len(t.data) && strings.IndexByte(set, t.data[i]) >= 0 {
		i++
	}
	return i
}

// failure says where the text stops being JSON, and how.
func (t *jsonTree) failure(err error) (at int, message string) {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return len(t.data), "found the end of the file; expected a complete document of JSON"
	case errors.As(err, &syntax):
		return max(t.blank(), int(syntax.Offset)-1), "cannot be read: " + syntax.Error() + "; expected JSON"
	}
	return t.next(), err.Error()
}
