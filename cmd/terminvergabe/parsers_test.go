package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// parses SUMMARY takes the calendar part out of the letter in the file found, sees
// that the attachment is the same byte for byte, and that independent readers find
// the summary in it. Readers that are not installed are named in the log, or are a
// fault where the environment says CI=true.
func parses(ts *testscript.TestScript, neg bool, args []string) {
	inline, attached, err := calendarParts(ts.ReadFile("found"))
	ts.Check(err)
	if len(inline) == 0 || !bytes.Equal(inline, attached) {
		ts.Fatalf("calendar part of %d bytes, attachment of %d", len(inline), len(attached))
	}
	file := ts.MkAbs("part.ics")
	ts.Check(os.WriteFile(file, inline, 0o600))
	conf := ts.MkAbs("khal.conf")
	ts.Check(os.WriteFile(conf, []byte("[calendars]\n[[visits]]\npath = "+ts.MkAbs("calendars")+"\n[locale]\nlocal_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n"+
		"dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\ntimeformat = %H:%M\n"), 0o600))
	readers := map[string][]string{
		"khal": {"khal", "-c", conf, "printics", "--format", "{title}", file},
		"python3-icalendar": {"/usr/bin/python3", "-c", "import sys, icalendar\n" +
			"for e in icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read()).walk('VEVENT'):\n" +
			"    e['DTSTART'].dt.isoformat(); print(e['SUMMARY'])", file},
	}
	if exec.Command("/usr/bin/python3", "-c", "import icalendar").Run() != nil {
		delete(readers, "python3-icalendar")
		missing(ts, "python3-icalendar")
	}
	for name, command := range readers {
		if _, err := exec.LookPath(command[0]); err != nil {
			missing(ts, name)
			continue
		}
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+ts.Getenv("WORK"), "XDG_DATA_HOME="+ts.Getenv("WORK"))
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), args[0]) {
			ts.Fatalf("%s: got %q, %v, want %q", name, out, err, args[0])
		}
	}
}

func missing(ts *testscript.TestScript, name string) {
	if os.Getenv("CI") == "true" {
		ts.Fatalf("%s is not installed", name)
	}
	ts.Logf("NOT RUN: %s is not installed", name)
}

// calendarParts gives the calendar in the alternatives and the attached one.
func calendarParts(raw string) (inline, attached []byte, err error) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return nil, nil, err
	}
	var walk func(contentType string, body io.Reader) error
	walk = func(contentType string, body io.Reader) error {
		_, params, err := mime.ParseMediaType(contentType)
		if err != nil {
			return err
		}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			kind := p.Header.Get("Content-Type")
			switch {
			case strings.HasPrefix(kind, "multipart/"):
				err = walk(kind, p)
			case strings.HasPrefix(kind, "text/calendar"):
				var data []byte
				data, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
				if p.FileName() != "" {
					attached = data
				} else {
					inline = data
				}
			}
			if err != nil {
				return err
			}
		}
	}
	err = walk(m.Header.Get("Content-Type"), m.Body)
	return inline, attached, err
}

// link NAME TEXT sets a variable to the path of the address with the text in it that
// stands in the letter in the file found, and SECRET to its last part.
func link(ts *testscript.TestScript, neg bool, args []string) {
	m, err := mail.ReadMessage(strings.NewReader(ts.ReadFile("found")))
	ts.Check(err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	ts.Check(err)
	body, err := io.ReadAll(m.Body)
	ts.Check(err)
	for boundary := params["boundary"]; boundary != ""; {
		p, err := multipart.NewReader(bytes.NewReader(body), boundary).NextPart() // the plain text comes first
		ts.Check(err)
		_, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		ts.Check(err)
		body, err = io.ReadAll(p)
		ts.Check(err)
		boundary = params["boundary"]
	}
	for word := range strings.FieldsSeq(string(body)) {
		if path, ok := strings.CutPrefix(word, ts.Getenv("BASE")); ok && strings.Contains(path, args[1]) {
			path = strings.TrimRight(path, ".,")
			ts.Setenv(args[0], path)
			ts.Setenv("SECRET", path[strings.LastIndex(path, "/")+1:])
			return
		}
	}
	ts.Fatalf("no address with %q in:\n%s", args[1], body)
}
