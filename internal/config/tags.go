package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
)

// What the tags of a struct say: json is the key, default the value of a missing
// key (a list with commas), need whether it must be there: "yes", or "unless x"
// where the key x of the same group is not true.

func jsonKey(f reflect.StructField) string {
	if key := f.Tag.Get("json"); key != "-" {
		return key
	}
	return ""
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if key != "" && jsonKey(v.Type().Field(i)) == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func needed(v reflect.Value, i int) bool {
	need := v.Type().Field(i).Tag.Get("need")
	if key, ok := strings.CutPrefix(need, "unless "); ok {
		f, known := fieldOf(v, key)
		return known && !f.Bool()
	}
	return need == "yes"
}

// keysOf lists the keys of a struct.
func keysOf(t reflect.Type) string {
	var keys []string
	for i := range t.NumField() {
		if key := jsonKey(t.Field(i)); key != "" {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ", ")
}

func isMarshalled(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// expected says what belongs into a value of the type.
func expected(t reflect.Type) string {
	switch t {
	case textType:
		return "a text, or one per language as {de: ..., en: ...}"
	case reflect.TypeFor[agenda.Date]():
		return "a day such as 2026-07-01"
	case reflect.TypeFor[agenda.Minute]():
		return "a time of day such as \"08:30\", \"24:00\" at the latest"
	case reflect.TypeFor[agenda.Moment]():
		return "a day or moment such as 2026-12-24 or \"2026-12-24T12:00\""
	case reflect.TypeFor[agenda.Span]():
		return "a span such as 7d, 24h or 30m"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "keys such as " + keysOf(t)
	}
	return "a text"
}

// withDefaults is a value as a file without keys would give it.
func withDefaults[T any]() (v T) {
	setDefaults(reflect.ValueOf(&v).Elem())
	return v
}

func setDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct || isMarshalled(v.Type()) {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if jsonKey(f) == "" {
			continue
		}
		if given, ok := f.Tag.Lookup("default"); ok {
			setDefault(v.Field(i), given)
			continue
		}
		setDefaults(v.Field(i))
	}
}

func setDefault(v reflect.Value, s string) {
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(s)
		v.SetBool(b)
	case reflect.Int:
		var n int
		n, err = strconv.Atoi(s)
		v.SetInt(int64(n))
	case reflect.Slice:
		v.Set(reflect.ValueOf(strings.Split(s, ",")))
	default:
		err = fmt.Errorf("no default for %v", v.Type())
	}
	if err != nil {
		panic(err) // a slip in a tag, which every test would meet
	}
}

// Fresh is what a file that says nothing about a thing makes of it: a value with the
// defaults of its keys.
func Fresh[T any]() T { return withDefaults[T]() }
