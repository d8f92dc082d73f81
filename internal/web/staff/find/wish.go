package find

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/web/match"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// least is how many letters or digits a part has at least: fewer fit almost everybody.
const least = 2

// read reads the form into what may be meant, the surest meaning first; ok is false
// where the form says what is wrong.
func read(q *office.Request, f page.Frame, form *page.Form) (wishes []booking.Finding, ok bool) {
	text := form.Text("q", page.Rule{Label: f.T("staff.find.text"), Required: true})
	one := booking.Finding{
		From: form.Date("from", page.Rule{Label: f.T("staff.find.from")}),
		To:   form.Date("to", page.Rule{Label: f.T("staff.find.to")}),
	}
	var ids []string
	for _, c := range q.Calendars(agenda.SeeBookings) {
		ids = append(ids, c.ID)
	}
	if len(ids) > 1 { // else there is nothing to choose
		one.Calendar = form.Choice("calendar", ids, page.Rule{Label: f.T("staff.booking.calendar")})
	}
	today := agenda.DateOf(q.Now)
	if one.From == 0 {
		one.From = today - back
	}
	if one.To == 0 {
		one.To = max(today, one.From) + ahead
	}
	switch {
	case form.Errors().For("from") != "" || form.Errors().For("to") != "":
	case one.To < one.From:
		form.Fail("to", "staff.find.order")
	case one.To-one.From > booking.FindDays:
		form.Fail("to", "staff.find.far", "n", booking.FindDays)
	}
	if text != "" && utf8.RuneCountInString(strings.Join(strings.Fields(text), "")) < least {
		form.Fail("q", "staff.find.short")
	}
	if len(form.Errors()) > 0 {
		return nil, false
	}
	return meanings(text, one), true
}

// meanings are what a text can be, each within the same days and calendar.
func meanings(text string, within booking.Finding) (list []booking.Finding) {
	add := func(set func(*booking.Finding)) {
		one := within
		set(&one)
		list = append(list, one)
	}
	if secret, ok := scanned(text); ok {
		add(func(f *booking.Finding) { f.Manage = secret })
		return list
	}
	if r, ok := reference(text); ok {
		add(func(f *booking.Finding) { f.Reference = r })
	}
	address, err := agenda.CheckAddress(text)
	digits, dialled := number(text)
	switch {
	case strings.Contains(text, "@"):
		if err == nil {
			add(func(f *booking.Finding) { f.Email = address })
			return list
		}
		part := strings.ToLower(text)
		add(func(f *booking.Finding) {
			f.Match = func(p agenda.Private) bool { return strings.Contains(strings.ToLower(p.Email), part) }
		})
	case dialled:
		add(func(f *booking.Finding) { f.Phone = text })
		add(func(f *booking.Finding) {
			f.Match = func(p agenda.Private) bool { return p.Phone != "" && hasDigits(p.Phone, digits) || inCase(p, text) }
		})
	default:
		s := match.New(text)
		add(func(f *booking.Finding) {
			f.Match = func(p agenda.Private) bool { return s.Rank(p.Name, p.ContactName) > 0 || inCase(p, text) }
		})
	}
	return list
}

// inCase reports that a visit's case reference has the text in it.
func inCase(p agenda.Private, text string) bool {
	return strings.Contains(strings.ToLower(p.CaseReference), strings.ToLower(text))
}

// reference reads what a visitor reads out, with or without the dash, in any case.
func reference(text string) (string, bool) {
	s := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-–—_.", r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, text)
	const length = 8
	if len(s) != length || strings.ContainsFunc(s, func(r rune) bool { return !(r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') }) {
		return "", false
	}
	return s[:length/2] + "-" + s[length/2:], true
}

// scanned reads the address of a visit, as a scanner types what the code on a slip says.
func scanned(text string) (secret string, ok bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" {
		return "", false
	}
	dir, secret := path.Split(u.Path)
	return secret, strings.HasSuffix(dir, "/m/") && secret != ""
}

// number are the digits of what looks like a telephone number or a part of one.
func number(text string) (digits string, ok bool) {
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits += string(r)
		case !strings.ContainsRune(" +-/().", r):
			return "", false
		}
	}
	return digits, len(digits) >= least+1
}

// hasDigits finds a part of a number however it is written: as it stands, or with the
// country in front.
func hasDigits(phone, digits string) bool {
	plain, _ := number(phone)
	return strings.Contains(plain, digits) || strings.Contains(strings.TrimPrefix(seal.NormalisePhone(phone), "+"), strings.TrimLeft(digits, "0"))
}

func join(words []string) string { return strings.Join(words, ", ") }
