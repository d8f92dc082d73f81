package ical

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// hostileCalendars are the ways to hurt a reader: panics of the decoder,
// quadratic parameters, deep nesting, size, guesses about time.
func hostileCalendars() map[string]struct {
	data string
	want error
} {
	wrap := func(lines string) string {
		return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n" + lines + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	rest := "\r\nDTEND:20260706T070000Z\r\nDTSTAMP:20260706T060000Z"
	return map[string]struct {
		data string
		want error
	}{
		"empty":             {"", ErrMalformed},
		"not a calendar":    {"<html>", ErrMalformed},
		"no end":            {"BEGIN:VCALENDAR\r\nVERSION:2.0", ErrMalformed},
		"wrong end":         {"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", ErrMalformed},
		"decoder panics":    {"BEGIN:VCALENDAR\r\nX;A=b\r\nEND:VCALENDAR\r\n", ErrMalformed},
		"long parameter":    {"BEGIN:VCALENDAR\r\nX;A=" + strings.Repeat("b", 100_000) + ":c\r\nEND:VCALENDAR\r\n", ErrTooBig},
		"quoted colon":      {"BEGIN:VCALENDAR\r\nX;A=\":" + strings.Repeat("b", 100_000) + "\":c\r\nEND:VCALENDAR\r\n", ErrTooBig},
		"deep":              {strings.Repeat("BEGIN:VEVENT\r\n", 50_000), ErrTooBig},
		"deep by parameter": {strings.Repeat("begin;x=y:VEVENT\n", 50_000), ErrTooBig},
		"too big":           {strings.Repeat("X", MaxSize+1), ErrTooBig},
		"two calendars":     {strings.Repeat("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", 2), ErrMalformed},
		"floating":          {wrap("DTSTART:20260706T083000" + rest), ErrTime},
		"whole day":         {wrap("DTSTART;VALUE=DATE:20260706" + rest), ErrTime},
		"windows zone":      {wrap("DTSTART;TZID=W. Europe Standard Time:20260706T083000" + rest), ErrTime},
		"zone is a path":    {wrap("DTSTART;TZID=../../etc/passwd:20260706T083000" + rest), ErrTime},
		"zone of nowhere":   {wrap("DTSTART;TZID=Europe/Musterstadt:20260706T083000" + rest), ErrTime},
		"local":             {wrap("DTSTART;TZID=Local:20260706T083000" + rest), ErrTime},
		"no start":          {wrap("DTEND:20260706T070000Z"), ErrMalformed},
		"odd sequence":      {wrap("SEQUENCE:x\r\nDTSTART:20260706T063000Z" + rest), ErrMalformed},
		"odd position":      {wrap("GEO:1,2\r\nDTSTART:20260706T063000Z" + rest), ErrMalformed},
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tt := range hostileCalendars() {
		begun := time.Now()
		if _, err := Parse([]byte(tt.data)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// The most expensive calendar that passes the limits is still cheap to read.
func TestParseWorstCase(t *testing.T) {
	line := "X;A=" + strings.Repeat("b", maxHead-4) + ":c\r\n"
	data := "BEGIN:VCALENDAR\r\n" + strings.Repeat(line, MaxSize/len(line)-1) + "END:VCALENDAR\r\n"
	begun := time.Now()
	if _, err := Parse([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestParseForeignHabits(t *testing.T) {
	data := "begin:vcalendar\nmethod:request\nBEGIN:VEVENT\nUID:a\\:b\nSUMMARY;LANGUAGE=de:Amt,\n  Zimmer\\, 3\\Nhier\n" +
		"DTSTART;TZID=\"Europe/Berlin\":20260706T083000\nDTEND:20260706T070000Z\nDTSTAMP:20260701T000000Z\n" +
		"ORGANIZER:MAILTO:amt@musterstadt.example\nATTENDEE:urn:x\nEND:VEVENT\nend:vcalendar\n\n"
	cal, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	e := cal.Events[0]
	if e.UID != "a:b" || e.Summary != "Amt, Zimmer, 3\nhier" || e.Organizer.Mail != "amt@musterstadt.example" || e.Attendee.Mail != "" ||
		cal.Method != Request || e.End.Sub(e.Start) != 30*time.Minute {
		t.Errorf("got %+v", cal)
	}
}

func FuzzParse(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	for _, tt := range hostileCalendars() {
		if len(tt.data) < 4096 {
			f.Add([]byte(tt.data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cal, err := Parse(data)
		if err != nil {
			return
		}
		// What was read can be written, and is then in good shape.
		out := Feed(FeedInfo{Name: cal.Name}, cal.Events)
		if fault := shape(out); fault != "" {
			t.Fatal(fault)
		}
		if len(out) > MaxSize {
			return
		}
		if _, err := Parse(out); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}
