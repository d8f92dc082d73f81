package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"terminvergabe/internal/agenda"
)

// The reader in this file fills a value from a document by the json, default and
// need tags of its fields, and finds all that is wrong at once. Unlike the one
// for the configuration of the service it shows what it found: a tenant file has
// no secrets.

// MaxInput is the most that a file from outside may be long, in bytes.
const MaxInput = 16 << 20

const maxFaults = 50

// Fault is one thing wrong in a file, and where.
type Fault struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Column  int    // from 1; 0 where it is of no help
	Path    string // the key, such as calendars[2].slotTemplates[0].from
	Message string // what was found and what was expected
}

func (f Fault) String() string {
	s := f.File
	if f.Line > 0 {
		s += ":" + strconv.Itoa(f.Line)
	}
	if f.Column > 0 {
		s += ":" + strconv.Itoa(f.Column)
	}
	if f.Path != "" {
		s += ": " + f.Path
	}
	return s + ": " + f.Message
}

// Faults is a file that was refused: everything that is wrong in it, in the
// order of its lines.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].String()
	}
	return strings.Join(lines, "\n")
}

// ReadInput reads a file from outside; one longer than MaxInput is refused
// before it fills the memory.
func ReadInput(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > MaxInput {
		return nil, tooLong(path, info.Size())
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxInput+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxInput {
		return nil, tooLong(path, int64(len(data)))
	}
	return data, nil
}

func tooLong(name string, size int64) error {
	return Faults{{File: name, Message: fmt.Sprintf("found %d MB; expected at most %d MB", (size+1<<20-1)>>20, MaxInput>>20)}}
}

// strict reads one document. A node of JSON has its offset as Column and no Line.
type strict struct {
	name   string
	json   []byte                // the document, where it is JSON
	places map[string]*yaml.Node // what the document gives, by path
	faults []found
	more   int  // faults that were not kept
	broken bool // the shape is wrong, so that rules about the whole say nothing
}

type found struct {
	node          *yaml.Node
	path, message string
}

func (r *strict) fault(n *yaml.Node, path, format string, args ...any) {
	if len(r.faults) >= 20*maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, found{n, path, fmt.Sprintf(format, args...)})
}

// shape is a fault that leaves a hole in what was read.
func (r *strict) shape(n *yaml.Node, path, format string, args ...any) {
	r.broken = true
	r.fault(n, path, format, args...)
}

// err gives the faults, nil for none.
func (r *strict) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b found) int {
		if a.node.Line != b.node.Line {
			return a.node.Line - b.node.Line
		}
		return a.node.Column - b.node.Column
	})
	var out Faults
	for _, f := range r.faults[:min(len(r.faults), maxFaults)] {
		line, column := r.locate(f.node)
		out = append(out, Fault{r.name, line, column, f.path, f.message})
	}
	if n := len(r.faults) - len(out) + r.more; n > 0 {
		out = append(out, Fault{File: r.name, Message: fmt.Sprintf("found %d more faults; expected none", n)})
	}
	return out
}

func (r *strict) locate(n *yaml.Node) (line, column int) {
	if r.json == nil {
		return n.Line, 0
	}
	before := r.json[:min(n.Column, len(r.json))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])
}

// rules adds faults that were found in the value, at the nearest place that the
// document has. Where something could not be read, what follows from it is left out.
func (r *strict) rules(list []agenda.Fault) {
	if r.broken {
		return
	}
	read := slices.Clone(r.faults)
	for _, f := range list {
		if slices.ContainsFunc(read, func(o found) bool { return follows(f.Path, o.path) }) {
			continue
		}
		r.fault(r.near(f.Path), f.Path, "%s", f.Message)
	}
}

// follows reports whether a fault at path may be caused by an unreadable value at
// cause: the same place, one below or above it, or a template that is compared
// with the one where it stands.
func follows(path, cause string) bool {
	if i := strings.Index(cause, "].slotTemplates["); i >= 0 {
		cause = cause[:i+len("].slotTemplates")]
	}
	return path == cause || strings.HasPrefix(path, cause+".") || strings.HasPrefix(path, cause+"[") || strings.HasPrefix(cause, path+".")
}

func (r *strict) near(path string) *yaml.Node {
	for {
		if n, ok := r.places[path]; ok {
			return n
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return r.places[""]
		}
		path = path[:i]
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// yaml reads a document of YAML into the value that into points to.
func (r *strict) yaml(data []byte, into any) {
	r.places = map[string]*yaml.Node{}
	whole := &yaml.Node{Line: 1}
	if len(data) > MaxInput {
		r.shape(&yaml.Node{}, "", "found %d MB; expected at most %d MB", (len(data)+1<<20-1)>>20, MaxInput>>20)
		return
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.shape(whole, "", "found nothing; expected keys such as %s", keysOf(reflect.TypeOf(into).Elem()))
		return
	case err != nil:
		m := yamlLine.FindStringSubmatch(err.Error())
		line := 1
		if m != nil && m[1] != "" {
			line, _ = strconv.Atoi(m[1])
		}
		r.shape(&yaml.Node{Line: line}, "", "cannot be read: %s; expected a complete file of YAML", yamlLine.ReplaceAllString(err.Error(), ""))
		return
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		r.shape(&yaml.Node{Line: max(second.Line, 1)}, "", "found a second document; expected one, so no line with --- alone")
	}
	r.value("", document.Content[0], reflect.ValueOf(into).Elem())
}

var textType = reflect.TypeFor[agenda.Text]()

// value reads one node into v, which holds its defaults.
func (r *strict) value(path string, n *yaml.Node, v reflect.Value) {
	r.places[path] = n
	unmarshaler, isText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		r.shape(n, path, "found an alias, anchor or tag; expected the value itself")
	case v.Type() == textType:
		r.text(path, n, v)
	case isText:
		r.marshalled(path, n, v, unmarshaler)
	case v.Kind() == reflect.Struct:
		r.group(path, n, v)
	case v.Kind() == reflect.Slice:
		r.list(path, n, v)
	default:
		r.scalar(path, n, v)
	}
}

// group reads keys into the fields of a struct.
func (r *strict) group(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.shape(n, path, "found %s; expected keys such as %s", describe(n), keysOf(v.Type()))
		return
	}
	given := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		here := join(path, key.Value)
		field, known := fieldOf(v, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || !known:
			r.fault(key, join(path, describeKey(key)), "unknown key; expected one of %s", keysOf(v.Type()))
			continue
		case given[key.Value]:
			r.fault(key, here, "found again; expected this key once")
			continue
		}
		given[key.Value] = true
		if missing(item) {
			r.places[here] = key
			given[key.Value] = false
			continue
		}
		r.value(here, item, field)
	}
	for i := range v.NumField() {
		if key := jsonKey(v.Type().Field(i)); key != "" && !given[key] && needed(v, i) {
			r.shape(n, join(path, key), "missing; expected %s", expected(v.Type().Field(i).Type))
		}
	}
}

func (r *strict) list(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		r.shape(n, path, "found %s; expected %s", describe(n), expected(v.Type()))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	if len(n.Content) == 0 {
		v.SetZero()
	}
	for i, item := range n.Content {
		setDefaults(v.Index(i))
		r.value(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i))
	}
}

// text reads one text for all languages, or one per language.
func (r *strict) text(path string, n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		var s string
		r.scalar(path, n, reflect.ValueOf(&s).Elem())
		v.Set(reflect.ValueOf(agenda.Plain(s)))
		return
	}
	t := agenda.Text{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		here, s := join(path, describeKey(key)), ""
		if _, again := t[key.Value]; again || key.Kind != yaml.ScalarNode {
			r.fault(key, here, "found again; expected each language once")
			continue
		}
		r.value(here, item, reflect.ValueOf(&s).Elem())
		t[key.Value] = s
	}
	if len(t) > 0 {
		v.Set(reflect.ValueOf(t))
	}
}

// marshalled reads a date, a time of day and the like.
func (r *strict) marshalled(path string, n *yaml.Node, v reflect.Value, u encoding.TextUnmarshaler) {
	if n.Kind != yaml.ScalarNode || missing(n) || r.json != nil && n.Tag != "!!str" {
		r.fault(n, path, "found %s; expected %s", describe(n), expected(v.Type()))
		return
	}
	err := u.UnmarshalText([]byte(n.Value))
	if z, ok := u.(interface{ IsZero() bool }); err != nil || n.Value == "" || ok && z.IsZero() {
		r.fault(n, path, "found %s; expected %s", describe(n), expected(v.Type()))
	}
}

func (r *strict) scalar(path string, n *yaml.Node, v reflect.Value) {
	ok := n.Kind == yaml.ScalarNode && !missing(n)
	switch v.Kind() {
	case reflect.String:
		// In YAML a text needs no quotes: its characters count, whatever they look like.
		if ok = ok && (r.json == nil || n.Tag == "!!str"); ok {
			v.SetString(n.Value)
		}
	case reflect.Bool:
		if ok = ok && n.Tag == "!!bool"; ok {
			v.SetBool(strings.EqualFold(n.Value, "true"))
		}
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		digits := strings.TrimLeft(n.Value, "+-")
		if ok = ok && n.Tag == "!!int" && err == nil && (digits == "0" || digits[0] != '0'); ok {
			v.SetInt(int64(i))
		}
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if ok = ok && (n.Tag == "!!int" || n.Tag == "!!float") && err == nil && !math.IsNaN(f) && !math.IsInf(f, 0); ok {
			v.SetFloat(f + 0) // -0 is 0
		}
	}
	if !ok {
		r.fault(n, path, "found %s; expected %s", describe(n), expected(v.Type()))
	}
}

func missing(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// describe says what stands at a place.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case missing(n):
		return "nothing"
	case n.Tag == "!!str" || n.Tag == "!!timestamp":
		return strconv.Quote(clip(n.Value, 40))
	}
	return clip(n.Value, 40)
}

func describeKey(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "?"
	}
	return clip(n.Value, 40)
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "..."
}
