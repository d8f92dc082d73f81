package page

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A file can be pasted or chosen, up to its size and not beyond.
func TestReadUpload(t *testing.T) {
	text := strings.Repeat("ä: [1]\r\n", 20000)
	read := func(contentType, body string) (*Form, error) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return ReadUpload(httptest.NewRecorder(), r, nil, 200<<10)
	}
	want := strings.ReplaceAll(text, "\r\n", "\n")
	form, err := read("application/x-www-form-urlencoded", url.Values{"text": {text}, "act": {"x"}}.Encode())
	if err != nil || form.File("text") != want || form.Value("act") != "x" {
		t.Errorf("pasted: got %d characters, %v", len(form.File("text")), err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if part, err := w.CreateFormFile("file", "a.yaml"); err != nil {
		t.Fatal(err)
	} else if _, err := part.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WriteField("text", ""), w.Close()); err != nil {
		t.Fatal(err)
	}
	form, err = read(w.FormDataContentType(), body.String())
	if err != nil || form.File("file") != want || form.File("text") != "" {
		t.Errorf("chosen: %v", err)
	}
	for name, x := range map[string]struct {
		contentType, body string
		want              int
	}{
		"too large":  {"application/x-www-form-urlencoded", "text=" + strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge},
		"other":      {"application/json", "{}", http.StatusBadRequest},
		"broken":     {"multipart/form-data; boundary=x", "y", http.StatusBadRequest},
		"unfinished": {"application/x-www-form-urlencoded", "text=%z", http.StatusBadRequest},
	} {
		var e *Error
		if _, err := read(x.contentType, x.body); !errors.As(err, &e) || e.Status != x.want {
			t.Errorf("%s: got %v, want %d", name, err, x.want)
		}
	}
}

func TestContrastOf(t *testing.T) {
	for colour, want := range map[string]Contrast{"#000000": {"white", 21}, "#ffffff": {"black", 21}} {
		if got, err := ContrastOf(colour); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", colour, got, err, want)
		}
	}
	if _, err := ContrastOf("blau"); err == nil {
		t.Error("blau is a colour")
	}
}
