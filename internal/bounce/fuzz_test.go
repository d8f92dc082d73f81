package bounce

import (
	"reflect"
	"regexp"
	"testing"
)

// Whatever somebody writes to the mailbox, nothing breaks, a report names letters only by
// what letters are called, and a message is read the same each time.
func FuzzRead(f *testing.F) {
	for _, m := range []string{postfix, exim, qmail, exchange, google} {
		f.Add(crlf(m))
	}
	f.Add([]byte("From a\nSubject: x\n\nbody"))
	f.Add([]byte("Content-Type: multipart/report; boundary=\"\"\n\n----\n\n--"))
	f.Add([]byte("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n"))
	id, status := regexp.MustCompile(`^[A-Z2-7]{26}$`), regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})?$`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Read(raw, sender)
		if r.Kind == Person && len(r.IDs) > 0 || len(r.IDs) > maxIDs {
			t.Errorf("%s names %d letters", r.Kind, len(r.IDs))
		}
		for _, x := range r.IDs {
			if !id.MatchString(x) {
				t.Errorf("names %q", x)
			}
		}
		if !status.MatchString(r.Status) || r.Code != 0 && (r.Code < 400 || r.Code > 599) {
			t.Errorf("quotes %q and %d", r.Status, r.Code)
		}
		if again := Read(raw, sender); !reflect.DeepEqual(r, again) {
			t.Errorf("again: %+v, want %+v", again, r)
		}
	})
}
