package agenda_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

var allStates = []agenda.Status{agenda.Held, agenda.Pending, agenda.Confirmed, agenda.CheckedIn, agenda.Served, agenda.NoShow, agenda.Cancelled, agenda.Expired}

func TestBookingsRunOut(t *testing.T) {
	end := time.Date(2026, 7, 1, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status  agenda.Status
		expires time.Time
		now     time.Time
		want    bool
	}{
		{agenda.Held, end, end.Add(-time.Second), false},
		{agenda.Held, end, end, true},
		{agenda.Pending, end, end.Add(time.Hour), true},
		{agenda.Pending, time.Time{}, end, false},
		{agenda.Confirmed, end, end.Add(time.Hour), false},
		{agenda.Cancelled, end, end.Add(time.Hour), false},
		{agenda.Expired, time.Time{}, end, true},
	} {
		b := agenda.Booking{Status: c.status, Expires: c.expires}
		if got := b.ExpiredAt(c.now); got != c.want {
			t.Errorf("%s that expires %v at %v: got %v, want %v", c.status, c.expires, c.now, got, c.want)
		}
	}
}

func TestMayChange(t *testing.T) {
	start := time.Date(2026, 7, 1, 7, 0, 0, 0, time.UTC)
	last := start.Add(-2 * time.Hour)
	early, late, after := last.Add(-time.Hour), last.Add(time.Second), start.Add(time.Hour)
	want := map[agenda.Status][5]error{ // public early, at the last moment, late; staff early, after
		agenda.Held:      {agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState},
		agenda.Pending:   {nil, nil, agenda.ErrTooLate, nil, nil},
		agenda.Confirmed: {nil, nil, agenda.ErrTooLate, nil, nil},
		agenda.CheckedIn: {agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState},
		agenda.Served:    {agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState},
		agenda.NoShow:    {agenda.ErrState, agenda.ErrState, agenda.ErrState, nil, nil},
		agenda.Cancelled: {agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState, agenda.ErrState},
		agenda.Expired:   {agenda.ErrExpired, agenda.ErrExpired, agenda.ErrExpired, agenda.ErrExpired, agenda.ErrExpired},
	}
	for _, status := range allStates {
		b := agenda.Booking{Status: status, Start: start, End: start.Add(10 * time.Minute), CancelBy: last}
		got := [5]error{b.MayChange(agenda.Public, early), b.MayChange(agenda.Public, last), b.MayChange(agenda.Public, late),
			b.MayChange(agenda.Staff, early), b.MayChange(agenda.Staff, after)}
		if got != want[status] {
			t.Errorf("%s: got %v, want %v", status, got, want[status])
		}
	}
	b := agenda.Booking{Status: agenda.Pending, CancelBy: last, Expires: early}
	if err := b.MayChange(agenda.Staff, early); !errors.Is(err, agenda.ErrExpired) {
		t.Errorf("a request that ran out: got %v, want ErrExpired", err)
	}
}

func TestMayVisit(t *testing.T) {
	visit := map[agenda.Status]bool{agenda.Confirmed: true, agenda.CheckedIn: true, agenda.Served: true, agenda.NoShow: true}
	for _, from := range allStates {
		for _, to := range allStates {
			b := agenda.Booking{Status: from}
			if got, want := b.MayVisit(to) == nil, visit[from] && visit[to]; got != want {
				t.Errorf("%s to %s: got %v, want %v", from, to, got, want)
			}
		}
		if got, want := from.Live(), from != agenda.Cancelled && from != agenda.Expired; got != want {
			t.Errorf("%s is live: got %v", from, got)
		}
	}
}

// TestContactRules goes through all rules a calendar can have, with and without
// address and number.
func TestContactRules(t *testing.T) {
	for _, c := range []struct{ email, phone, both, onlyEmail, onlyPhone, neither string }{
		{"required", "required", "", "phone (required)", "email (required)", "email (required) phone (required)"},
		{"required", "optional", "", "", "email (required)", "email (required)"},
		{"required", "off", "phone (off)", "", "phone (off) email (required)", "email (required)"},
		{"optional", "required", "", "phone (required)", "", "phone (required)"},
		{"optional", "optional", "", "", "", "phone (required)"},
		{"optional", "off", "phone (off)", "", "phone (off)", "email (required)"}, // once asked for the number it does not take
		{"off", "required", "email (off)", "email (off) phone (required)", "", "phone (required)"},
		{"off", "optional", "email (off)", "email (off)", "", "phone (required)"},
	} {
		rules := agenda.Contact{Email: c.email, Phone: c.phone}
		for _, v := range []struct {
			visitor agenda.Visitor
			want    string
		}{
			{agenda.Visitor{Email: "a@example.org", Phone: "05551 708-0"}, c.both},
			{agenda.Visitor{Email: "a@example.org"}, c.onlyEmail},
			{agenda.Visitor{Phone: "05551 708-0"}, c.onlyPhone},
			{agenda.Visitor{}, c.neither},
		} {
			v.visitor.Name = "Erika Beispiel"
			if got := fields(rules.CheckVisitor(v.visitor, agenda.Public)); got != v.want {
				t.Errorf("email %s, phone %s, %+v: got %q, want %q", c.email, c.phone, v.visitor, got, v.want)
			}
			for _, f := range rules.CheckVisitor(v.visitor, agenda.Staff) {
				if f.Code == "required" {
					t.Errorf("email %s, phone %s, %+v: staff were asked for %s", c.email, c.phone, v.visitor, f.Field)
				}
			}
		}
	}
}

func fields(bad agenda.Invalid) string {
	if bad.Or() == nil {
		return ""
	}
	return strings.TrimPrefix(bad.Error(), "invalid: ")
}

func TestVisitorTexts(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*agenda.Visitor)
		want   string
	}{
		{"plain", func(*agenda.Visitor) {}, ""},
		{"other scripts", func(v *agenda.Visitor) { v.Name = "Şükrü Ōtani-Müller 山田 محمد" }, ""},
		{"no name", func(v *agenda.Visitor) { v.Name = "" }, "name (required)"},
		{"blank name", func(v *agenda.Visitor) { v.Name = " \u00a0 " }, "name (required)"},
		{"a name that cannot be seen", func(v *agenda.Visitor) { v.Name = "\u200b" }, "name (required)"},
		{"long name", func(v *agenda.Visitor) { v.Name = strings.Repeat("ß", 200) }, ""},
		{"longer name", func(v *agenda.Visitor) { v.Name = strings.Repeat("ß", 201) }, "name (too_long)"},
		{"a header in the name", func(v *agenda.Visitor) { v.Name = "Erika\r\nBcc: a@example.org" }, "name (format)"},
		{"a line separator", func(v *agenda.Visitor) { v.Name = "Erika\u2028Beispiel" }, "name (format)"},
		{"turned writing direction", func(v *agenda.Visitor) { v.ContactName = "Erika\u202egro.elpmaxe" }, "contactName (format)"},
		{"a space that cannot be seen", func(v *agenda.Visitor) { v.Name = "Erika\u200bBeispiel" }, "name (format)"},
		{"broken UTF-8", func(v *agenda.Visitor) { v.ContactName = "Erika\xff" }, "contactName (format)"},
		{"note of several lines", func(v *agenda.Visitor) { v.Note = "Erste Zeile\r\nzweite\tZeile\n" }, ""},
		{"note as long as allowed", func(v *agenda.Visitor) { v.Note = strings.Repeat("ü\r\n", 500) }, ""},
		{"longer note", func(v *agenda.Visitor) { v.Note = strings.Repeat("ü", 1001) }, "note (too_long)"},
		{"note with NUL", func(v *agenda.Visitor) { v.Note = "a\x00" }, "note (format)"},
		{"note with an escape", func(v *agenda.Visitor) { v.Note = "a\x1b[2J" }, "note (format)"},
		{"broken note", func(v *agenda.Visitor) { v.Note = "a\xff" }, "note (format)"},
		{"international number", func(v *agenda.Visitor) { v.Phone = "+49 (0)5551 / 708-0" }, ""},
		{"three digits", func(v *agenda.Visitor) { v.Phone = "110" }, "phone (format)"},
		{"no number", func(v *agenda.Visitor) { v.Phone = "siehe Akte" }, "phone (format)"},
		{"long number", func(v *agenda.Visitor) { v.Phone = strings.Repeat("1", 41) }, "phone (too_long)"},
		{"no address", func(v *agenda.Visitor) { v.Email = "erika" }, "email (format)"},
		{"two addresses", func(v *agenda.Visitor) { v.Email = "a@example.org, b@example.org" }, "email (format)"},
	} {
		v := agenda.Visitor{Name: "Erika Beispiel", Email: "erika@example.org"}
		c.change(&v)
		rules := agenda.Contact{Email: agenda.ContactRequired, Phone: agenda.ContactOptional}
		for _, by := range []agenda.Channel{agenda.Public, agenda.Staff} {
			if got := fields(rules.CheckVisitor(v, by)); got != c.want {
				t.Errorf("%s, by %s: got %q, want %q", c.name, by, got, c.want)
			}
		}
	}
}
