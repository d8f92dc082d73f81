package jobs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	arran "github.com/arran4/golang-ical"
	goical "github.com/emersion/go-ical"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/bounce"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/jobs"
)

// hostile is what somebody types who wants more in a calendar than a visit.
const hostile = "Ü\r\nBEGIN:VALARM\r\nACTION:PROCEDURE\r\nATTACH:file:///etc/passwd\r\nEND:VALARM\r\nEND:VEVENT\nBEGIN:VEVENT\\nX-ALT-DESC;FMTTYPE=text/html:<img src=x onerror=alert(1)>;,:\\\" " +
	"=cmd|'/C calc'!A0 e\u0301 👩‍👩‍👧 שלום \u202e {{.Secret}} %s\u2028ATTENDEE:mailto:v@opfer.example\x00"

// parts are the components of a calendar as two foreign readers count them, after its lines
// have been looked at.
func parts(t *testing.T, what string, data []byte) (list []string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%s: a line of %d octets, or not one line of UTF-8: %q", what, len(line), line)
		}
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n ", ""), "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, ";")
		switch name {
		case "ATTACH", "X-ALT-DESC", "URL":
			t.Errorf("%s: %s", what, line)
		case "BEGIN":
			list = append(list, strings.TrimPrefix(line, "BEGIN:"))
		}
	}
	count := func(want string) (n int) {
		for _, p := range list {
			if p == want {
				n++
			}
		}
		return n
	}
	tree, err := goical.NewDecoder(strings.NewReader(string(data))).Decode()
	if err != nil || len(tree.Children) != count("VEVENT")+count("VTIMEZONE") {
		t.Errorf("%s: one reader finds other components: %v", what, err)
	}
	other, err := arran.ParseCalendar(strings.NewReader(string(data)))
	if err != nil || len(other.Events()) != count("VEVENT") {
		t.Errorf("%s: another reader finds other components: %v", what, err)
	}
	return list
}

// Names, notes, answers, addresses and the names of services stay text wherever an entry is
// shown: no component more, no line too long, nothing that is fetched or run.
func TestG1G2G11WhatPeopleTypeStaysText(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		l := live(t, d, c)
		reapply(t, d, booking.ApplyOptions{Actor: "test"}, func(s *agenda.Setup) {
			withEntries(s)
			s.Calendars[0].Reminders = nil
			s.Sites[0].Street, s.Calendars[0].Room, s.Services[0].Name = "Am <b>Markt; , \\n 1", agenda.Plain("Zimmer \"9\\;,"), agenda.Plain("=1+1 <img src=x onerror=alert(1)>;BEGIN:VALARM")
		})
		l.at = desktest.At(3, "08:00")
		who := agenda.Visitor{Name: `Ü BEGIN:VALARM END:VEVENT \n;,:\" =cmd|'/C calc'!A0 <img src=x onerror=alert(1)> {{.Secret}} %s שלום`, Email: ada, Note: strings.ReplaceAll(hostile, "\x00", "")}
		var err error
		l.b, err = d.BookNow(t.Context(), booking.Request{Tenant: "musterstadt", Wish: desktest.Wish("ausweis"), Calendar: "buergerbuero", Start: l.at, By: agenda.Public, Actor: booking.ActorVisitor},
			booking.Form{Visitor: who}, booking.Once{})
		l.must(err)
		l.own, err = d.CreateVisitFeed(t.Context(), "musterstadt", l.b.Manage, "de", 60)
		l.must(err)
		once(t, l.r)
		letters := arrived(t, l.s, "")
		if len(letters) != 2 {
			t.Fatalf("got %v", subjects(letters))
		}
		for _, m := range letters {
			want := []string{"VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT"}
			if m.to == ada {
				want = append(want, "VALARM")
			}
			if got := parts(t, "to "+m.to, m.attached); !slices.Equal(got, want) {
				t.Errorf("to %s: got %v, want %v\n%s", m.to, got, want, m.attached)
			}
			if strings.Contains(m.html, "<img src=x") || strings.Contains(m.html, "<b>Markt") {
				t.Errorf("to %s: what was typed is HTML", m.to)
			}
		}
		for _, path := range []string{"/feeds/" + l.staff + ".ics", "/feeds/" + l.own + ".ics", "/musterstadt/m/" + l.b.Manage + "/termin.ics"} {
			w := httptest.NewRecorder()
			l.web.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
			want := []string{"VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VEVENT"}
			if !strings.Contains(path, l.staff) {
				want = append(want, "VALARM")
			}
			if got := parts(t, path, w.Body.Bytes()); w.Code != http.StatusOK || !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v\n%s", path, got, want, w.Body)
			}
		}
		_, e := l.fetch("/feeds/" + l.staff + ".ics")
		if e == nil || !strings.Contains(e.Summary, "<img src=x onerror=alert(1)>") || !strings.Contains(e.Description, "שלום") || !strings.Contains(e.Description, "👩‍👩‍👧") || !strings.Contains(e.Location, "Am <b>Markt; , /n 1") {
			t.Errorf("what was typed is not there as text: %+v", e)
		}
	})
}

// Whatever a calendar program answers, and whoever pretends to be one: the visit, its
// letters and its entry stay as they are.
func TestG10CalendarRepliesChangeNothing(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		l := live(t, d, c)
		dir := t.TempDir()
		l.r.Returns = []jobs.Returns{{Source: &bounce.Folder{Path: dir}, Address: returnAddress}}
		l.at = desktest.At(3, "08:00")
		l.book("buergerbuero", "ausweis")
		was, err := l.stored()
		l.must(err)
		letters := postings(t, d, was.ID)
		before := l.shown()
		n := 0
		for _, method := range []string{"REPLY", "COUNTER", "REFRESH", "CANCEL", "REQUEST", "DECLINECOUNTER", "ADD", "PUBLISH"} {
			for _, uid := range []string{was.UID, d.StaffUID(was)} {
				for _, headers := range []string{"", "Auto-Submitted: auto-generated\r\n", "Return-Path: <>\r\n"} {
					n++
					text := fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:%s\r\nSEQUENCE:99\r\nDTSTAMP:20260706T120000Z\r\nDTSTART:20260710T100000Z\r\nDTEND:20260710T110000Z\r\n"+
						"STATUS:CANCELLED\r\nORGANIZER:mailto:buerger@musterstadt.example\r\nATTENDEE;PARTSTAT=DECLINED:mailto:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", method, uid, ada)
					comesBack(t, dir, fmt.Sprint(n), headers+"From: Ada <"+ada+">\r\nTo: rueckmeldung+"+letters[booking.KindConfirmed].MessageID+"@musterstadt.example\r\nIn-Reply-To: <"+
						letters[booking.KindConfirmed].MessageID+"@musterstadt.example>\r\nSubject: Abgelehnt: Ihr Termin\r\nContent-Type: text/calendar; method="+method+"; charset=utf-8\r\n\r\n"+text)
				}
			}
		}
		l.pass(time.Minute)
		l.pass(time.Hour)
		now, err := l.stored()
		l.must(err)
		if got, want := fmt.Sprintf("%+v", *now), fmt.Sprintf("%+v", *was); got != want {
			t.Errorf("a mail changed the visit:\n%s\nwas\n%s", got, want)
		}
		if after := l.shown(); after != before || len(l.mail) > 0 {
			t.Errorf("entries: got %s, want %s", after, before)
		}
		if again := postings(t, d, was.ID); len(again) != len(letters) {
			t.Errorf("somebody was answered: %v", again)
		}
		x := about(t, d, now)
		if x.Call || x.KeptBack {
			t.Errorf("letters to the visitor stop: %+v", x)
		}
		if _, err := d.Move(t.Context(), "musterstadt", l.b.Manage, booking.Target{Start: l.later()}); err != nil {
			t.Fatal(err)
		}
		l.settle()
		if got := l.shown(); got != updated {
			t.Errorf("afterwards a move leaves %s, want %s", got, updated)
		}
	})
}
