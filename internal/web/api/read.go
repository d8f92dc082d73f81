package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// maxBody is the longest body that is read, in bytes.
const maxBody = 64 << 10

// body reads the body of a request that must have one.
func (c *call) body() ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, err: err}
	}
	if len(body) == 0 {
		return nil, nil
	}
	mediaType, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if charset := params["charset"]; err != nil || mediaType != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, err: err}
	}
	return body, nil
}

// read fills a struct from the body.
func (c *call) read(into any) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	return decode(body, into)
}

// readNothing accepts an empty body, or one without fields.
func (c *call) readNothing() error {
	body, err := c.body()
	if err != nil || len(body) == 0 {
		return err
	}
	return decode(body, &struct{}{})
}

const keyHeader = "Idempotency-Key"

// readOnce is read for a request that may carry an idempotency key.
func (c *call) readOnce(path string, into any) (booking.Once, error) {
	body, err := c.body()
	if err != nil {
		return booking.Once{}, err
	}
	sum := sha256.Sum256(body)
	once := booking.Once{Path: path, Request: hex.EncodeToString(sum[:])}
	if keys := c.r.Header.Values(keyHeader); len(keys) > 0 {
		once.Key = keys[0]
		notASCII := strings.ContainsFunc(once.Key, func(r rune) bool { return r < ' ' || r > '~' })
		if len(keys) > 1 || once.Key == "" || len(once.Key) > 255 || notASCII {
			return once, agenda.Invalid{{Field: keyHeader, Code: "format"}}
		}
	}
	return once, decode(body, into)
}

// decode fills the struct that into points to from a JSON object. It is stricter
// than encoding/json: names must match exactly, unknown ones are faults, and all
// faults are reported with their place. null is as good as a missing field.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return &refusal{status: http.StatusBadRequest}
	}
	var bad agenda.Invalid
	fill("", body, reflect.ValueOf(into).Elem(), &bad)
	return bad.Or()
}

func fill(path string, raw json.RawMessage, v reflect.Value, bad *agenda.Invalid) {
	if string(raw) == "null" && path != "" {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(path, raw, v.Elem(), bad)
	case reflect.Struct:
		fillStruct(path, raw, v, bad)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		object(path, raw, bad, func(key string, raw json.RawMessage) {
			item := reflect.New(v.Type().Elem()).Elem()
			fill(under(path, key), raw, item, bad)
			v.SetMapIndex(reflect.ValueOf(key), item)
		})
	case reflect.Slice:
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			*bad = append(*bad, agenda.FieldError{Field: path, Code: "format"})
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i := range list {
			fill(path+"["+strconv.Itoa(i)+"]", list[i], v.Index(i), bad)
		}
	default:
		if json.Unmarshal(raw, v.Addr().Interface()) != nil || v.Kind() == reflect.String && !plain(v.String()) {
			*bad = append(*bad, agenda.FieldError{Field: path, Code: "format"})
		}
	}
}

func fillStruct(path string, raw json.RawMessage, v reflect.Value, bad *agenda.Invalid) {
	fields := map[string][]int{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.Anonymous {
			fields[f.Tag.Get("json")] = f.Index
		}
	}
	object(path, raw, bad, func(key string, raw json.RawMessage) {
		index, ok := fields[key]
		if !ok {
			*bad = append(*bad, agenda.FieldError{Field: under(path, key), Code: "unknown"})
			return
		}
		fill(under(path, key), raw, v.FieldByIndex(index), bad)
	})
}

// object calls each for every member, in the order of their names. One that is there twice
// is a fault: whoever reads the body on the way may take the other.
func object(path string, raw json.RawMessage, bad *agenda.Invalid, each func(key string, raw json.RawMessage)) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		*bad = append(*bad, agenda.FieldError{Field: path, Code: "format"})
		return
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		var member json.RawMessage
		if err != nil || !ok || d.Decode(&member) != nil { // never: the body is valid
			*bad = append(*bad, agenda.FieldError{Field: path, Code: "format"})
			return
		}
		if _, twice := members[key]; twice {
			*bad = append(*bad, agenda.FieldError{Field: under(path, key), Code: "format"})
		}
		members[key] = member
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		each(key, members[key])
	}
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
