package config

import (
	"fmt"
	"reflect"
	"slices"

	"terminvergabe/internal/agenda"
)

// Diff says in lines for people what new has (+), lacks (-) and has otherwise (~)
// compared with old; nothing where they are the same. A nil old is a tenant that
// does not exist yet. The revision is a guard, not content, and left out.
func Diff(old, new *agenda.Setup) []string {
	if old == nil {
		empty := withDefaults[agenda.Setup]()
		old = &empty
	}
	d := &differ{}
	d.keys("", reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem(), "revision")
	return d.lines
}

type differ struct{ lines []string }

func (d *differ) add(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *differ) keys(path string, a, b reflect.Value, skip string) {
	for i := range a.NumField() {
		key := jsonKey(a.Type().Field(i))
		if key == "" || key == skip || isSame(a.Field(i), b.Field(i)) {
			continue
		}
		d.value(join(path, key), a.Field(i), b.Field(i))
	}
}

// value compares two values that are not the same.
func (d *differ) value(path string, a, b reflect.Value) {
	switch {
	case a.Kind() == reflect.Struct && !isMarshalled(a.Type()):
		d.keys(path, a, b, "")
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.Struct && !isMarshalled(a.Type().Elem()):
		if _, ok := a.Type().Elem().FieldByName("ID"); ok {
			d.things(path, a, b)
			return
		}
		d.bag(path, a, b)
	case a.IsZero() || a.Kind() == reflect.Slice && a.Len() == 0:
		d.add("+ %s: %s", path, short(b))
	case b.IsZero() || b.Kind() == reflect.Slice && b.Len() == 0:
		d.add("- %s: %s", path, short(a))
	default:
		d.add("~ %s: %s -> %s", path, short(a), short(b))
	}
}

// things compares lists by the ids of what is in them.
func (d *differ) things(path string, a, b reflect.Value) {
	before, after := byID(a), byID(b)
	var stay, stayed []string
	for i := range a.Len() {
		id := a.Index(i).FieldByName("ID").String()
		if _, ok := after[id]; !ok {
			d.add("- %s[%s]: %s", path, id, short(a.Index(i)))
			continue
		}
		stay = append(stay, id)
	}
	for i := range b.Len() {
		id := b.Index(i).FieldByName("ID").String()
		old, ok := before[id]
		if !ok {
			d.add("+ %s[%s]: %s", path, id, short(b.Index(i)))
			continue
		}
		stayed = append(stayed, id)
		d.keys(fmt.Sprintf("%s[%s]", path, id), old, b.Index(i), "")
	}
	if !slices.Equal(stay, stayed) {
		d.add("~ %s: in another order", path)
	}
}

func byID(list reflect.Value) map[string]reflect.Value {
	m := map[string]reflect.Value{}
	for i := range list.Len() {
		m[list.Index(i).FieldByName("ID").String()] = list.Index(i)
	}
	return m
}

// bag compares lists of what has no id, such as closures.
func (d *differ) bag(path string, a, b reflect.Value) {
	rest := make([]string, b.Len())
	for i := range rest {
		rest[i] = build(b.Index(i)).flow()
	}
	changed := len(d.lines)
	for i := range a.Len() {
		s := build(a.Index(i)).flow()
		if j := slices.Index(rest, s); j >= 0 {
			rest = slices.Delete(rest, j, j+1)
			continue
		}
		d.add("- %s: %s", path, clip(s, shortLength))
	}
	for _, s := range rest {
		d.add("+ %s: %s", path, clip(s, shortLength))
	}
	if len(d.lines) == changed {
		d.add("~ %s: in another order", path)
	}
}

const shortLength = 200

func short(v reflect.Value) string { return clip(build(v).flow(), shortLength) }
