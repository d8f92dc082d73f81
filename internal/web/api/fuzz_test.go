package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
)

// Whatever comes as JSON, it is read or refused with the field at fault, no text in it is
// broken, and what was read is read from its own JSON as the same.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"services":[{"id":"ausweis","quantity":2,"answers":{"art":"neu"}}],"calendar":"b","start":"2026-07-01T09:00:00+02:00","name":"Ada","email":"a@b.de"}`,
		`{"hold":"ABC","name":"\u0000","note":"a\nb","phone":null}`,
		`{"services":{"id":1},"quantity":9007199254740993,"overbook":"yes","notify":false,"unknown":[]}`,
		strings.Repeat(`{"services":[`, 40), `{"name":"\ud800","Name":"x","name":"y"}`, `[]`, `{}`, `null`, `1e999`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, fresh := range []func() any{
			func() any { return new(bookBody) }, func() any { return new(wishBody) },
			func() any { return new(staffBookBody) }, func() any { return new(staffMoveBody) },
		} {
			into := fresh()
			err := decode(body, into)
			if err != nil {
				r, refused := errors.AsType[*refusal](err)
				if faults, ok := errors.AsType[agenda.Invalid](err); !(refused && r.status == 400) && !(ok && len(faults) > 0) {
					t.Errorf("refused with %v", err)
				}
				continue
			}
			again := fresh()
			text, err := json.Marshal(into)
			if err != nil || !utf8.Valid(text) {
				t.Fatal(err, text)
			}
			if err := decode(text, again); err != nil || !reflect.DeepEqual(again, into) {
				t.Errorf("%s: again %+v, %v; want %+v", text, again, err, into)
			}
		}
	})
}
