package page

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever comes as a form, it is read or refused as what it is, and no text that a rule
// let through holds what would break a line, a letter or a page.
func FuzzForm(f *testing.F) {
	const plain, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	f.Add(plain, "name=Erika+Beispiel&email=a%40b.de&phone=05551%2F708&n=3")
	f.Add(plain, "name=%0d%0aBcc:&email=%e2%80%a8&n=-1&name=x")
	f.Add(plain, "name[]=a&email=a%00@b.de;n=9999999999999999999")
	f.Add(parts, "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--x--\r\n")
	f.Add(parts, "--x\r\nContent-Disposition: form-data; name=\"name\"; filename=\"../../a\"\r\n\r\n\xff\x00\r\n--x--\r\n")
	f.Add("text/plain", "name=x")
	f.Add(plain, "name=Erika%09Beispiel")
	pages, _ := newPages(f)
	printer := pages.catalogue.Printer("de")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		request := func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
			r.Header.Set("Content-Type", contentType)
			return r
		}
		for _, read := range []func() (*Form, error){
			func() (*Form, error) { return ReadForm(httptest.NewRecorder(), request(), printer) },
			func() (*Form, error) { return ReadUpload(httptest.NewRecorder(), request(), printer, 64<<10) },
		} {
			form, err := read()
			if err != nil {
				if e, ok := errors.AsType[*Error](err); !ok || e.Status != 400 && e.Status != 413 {
					t.Errorf("refused with %v", err)
				}
				continue
			}
			line := form.Text("name", Rule{Label: "Name", Required: true, Max: 80})
			if utf8.RuneCountInString(line) > 80 || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || line == "" && len(form.Errors()) == 0 {
				t.Errorf("the name %q", line)
			}
			if note := form.Text("note", Rule{Label: "Note", Lines: true}); strings.ContainsAny(note, "\r\x00") {
				t.Errorf("the note %q", note)
			}
			if phone := form.Phone("phone", Rule{Label: "Phone"}); strings.Trim(phone, "0123456789 /()-+.") != "" {
				t.Errorf("the number %q", phone)
			}
			if email := form.Email("email", Rule{Label: "Mail"}); strings.ContainsAny(email, "\r\n\x00 <>\"") {
				t.Errorf("the address %q", email)
			}
		}
	})
}
