package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The reader below walks the document by a table of keys, instead of
// decoding into structs: so every fault has its line, its key and what was
// expected there, a key given twice is noticed, and no value is ever shown.

// node is one place of a YAML document.
type node = *yaml.Node

// rule reads one place of a document into a variable.
type rule interface {
	read(f *yamlFile, at string, n node)
}

type ruleFunc func(f *yamlFile, at string, n node)

func (r ruleFunc) read(f *yamlFile, at string, n node) { r(f, at, n) }

// yamlFile is a file being read, and what is wrong with it.
type yamlFile struct {
	name   string
	nodes  map[string]node // what the file gives, by key
	faults []error
}

// anchorName is the only value that the library's errors show.
var anchorName = regexp.MustCompile(`unknown anchor .* referenced`)

// read reads the one document of a file. A file without content is an empty
// one: the keys that must be there are then reported as missing. An error
// means that it is no YAML at all.
func (f *yamlFile) read(data []byte, keys section) error {
	f.nodes = map[string]node{}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %s", f.name, anchorName.ReplaceAllString(err.Error(), "unknown anchor"))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		f.fault("", &second, "one document only; remove the line with --- and what follows")
	}
	keys.read(f, "", document.Content[0])
	return nil
}

func (f *yamlFile) fault(at string, n node, want string) {
	place := f.name
	if n != nil && n.Line > 0 {
		place += ": line " + strconv.Itoa(n.Line)
	}
	if at != "" {
		place += ": " + at
	}
	f.faults = append(f.faults, fmt.Errorf("%s: expected %s", place, want))
}

// faultAt reports a fault at a key that the file may or may not have.
func (f *yamlFile) faultAt(at, want string) { f.fault(at, f.nodes[at], want) }

// missing reports a key that should be there, at the nearest place that is.
func (f *yamlFile) missing(at, want string) {
	for near := at; ; {
		cut := strings.LastIndexByte(near, '.')
		if n, ok := f.nodes[near]; ok || cut < 0 {
			f.fault(at, n, want+" (the key is missing)")
			return
		}
		near = near[:cut]
	}
}

// has says whether the file gives the key.
func (f *yamlFile) has(at string) bool { return f.nodes[at] != nil }

// section is a mapping with known keys.
type section map[string]rule

func (s section) read(f *yamlFile, at string, n node) {
	table(func(f *yamlFile, at, key string, n node) {
		known, ok := s[key]
		if !ok {
			f.fault(at, n, "one of the keys "+strings.Join(slices.Sorted(maps.Keys(s)), ", "))
			return
		}
		known.read(f, at, n)
	}).read(f, at, n)
}

// table is a mapping with free names. A name without a value counts as not
// there.
func table(each func(f *yamlFile, at, name string, n node)) rule {
	return ruleFunc(func(f *yamlFile, at string, n node) {
		n = follow(n)
		if isNull(n) {
			return
		}
		if n.Kind != yaml.MappingNode {
			f.fault(at, n, "keys and values")
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], follow(n.Content[i+1])
			place := strings.TrimPrefix(at+"."+key.Value, ".")
			if seen[key.Value] {
				f.fault(place, key, "this key once")
				continue
			}
			seen[key.Value] = true
			f.nodes[place] = &yaml.Node{Kind: value.Kind, Line: key.Line}
			if isNull(value) {
				delete(f.nodes, place)
				value = &yaml.Node{Kind: value.Kind, Tag: value.Tag, Line: key.Line}
			}
			each(f, place, key.Value, value)
		}
	})
}

// list is a sequence.
func list(each ruleFunc) rule {
	return ruleFunc(func(f *yamlFile, at string, n node) {
		if isNull(n) {
			return
		}
		if n.Kind != yaml.SequenceNode {
			f.fault(at, n, "a list")
			return
		}
		for i, item := range n.Content {
			place := fmt.Sprintf("%s[%d]", at, i)
			f.nodes[place] = item
			each(f, place, follow(item))
		}
	})
}

// textFunc is a text given to a function that says what it expected, if it
// did not get it.
func textFunc(take func(string) string) rule {
	return ruleFunc(func(f *yamlFile, at string, n node) {
		switch {
		case isNull(n):
		case n.Kind != yaml.ScalarNode || n.Value == "":
			f.fault(at, n, "a text")
		default:
			if want := take(n.Value); want != "" {
				f.fault(at, n, want)
			}
		}
	})
}

// text is a text that passes the checks; they say what they expected.
func text(into *string, checks ...func(string) string) rule {
	return textFunc(func(value string) string {
		for _, check := range checks {
			if want := check(value); want != "" {
				return want
			}
		}
		*into = value
		return ""
	})
}

// choice is one of a few words.
func choice(into *string, options ...string) rule {
	return text(into, func(value string) string {
		if !slices.Contains(options, value) {
			return "one of " + strings.Join(options, ", ")
		}
		return ""
	})
}

// number is a whole number within bounds.
func number(into *int, low, high int) rule {
	return ruleFunc(func(f *yamlFile, at string, n node) {
		if isNull(n) {
			return
		}
		value, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || value < low || value > high {
			f.fault(at, n, fmt.Sprintf("a whole number from %d to %d", low, high))
			return
		}
		*into = value
	})
}

// flag is true or false.
func flag(into *bool) rule {
	return ruleFunc(func(f *yamlFile, at string, n node) {
		switch {
		case isNull(n):
		case n.Value == "true" || n.Value == "false":
			*into = n.Value == "true"
		default:
			f.fault(at, n, "true or false")
		}
	})
}

func isNull(n node) bool { return n.Kind == 0 || n.Tag == "!!null" }

// follow finds what an alias stands for.
func follow(n node) node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
