package abuse

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Section I: markup and scripts.
func TestI(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("I1", "scripts in every text of a visitor, on every page that shows them", scriptsOfVisitors)
	s.Case("I2", "scripts in headers and cookies", scriptsInHeaders)
	s.Case("I3", "scripts and dangerous addresses in the office's own texts", scriptsOfOffice)
	s.Case("I4", "what a page may load and run, on every kind of page, also where it refuses", policyEverywhere)
	s.Case("I5", "our pages in a frame of another website", framed)
	s.Case("I6", "answers for programs and files, opened as a page", openedAsPage)
	s.Case("I7", "a name without a space, as long as it may be, on a small screen", longName)
}

// attacks are texts that run where they are not escaped.
func attacks() []string {
	return []string{`<img src=x onerror=alert(1)>`, `"><svg/onload=alert(1)>`, `'-alert(1)-'`, `{{7*7}}${7*7}`, `javascript:alert(1)`, `</title></textarea><script>alert(1)</script>`, `<a href=javascript:alert(1)>x</a>`, `]]><!--`}
}

// runs matches what none of our pages holds but text of an attack that works.
var runs = regexp.MustCompile(`(?i)<img src=x|<svg/onload|<script>alert|<a href=javascript|(href|src|action)="\s*javascript:|onerror=alert\(1\)>|<script(>| [^>]*>)[^<]*alert\(1\)`)

// inert proves that a page holds an attack as text alone.
func inert(c *C, a *Answer) {
	c.Helper()
	if found := runs.FindString(a.Body); found != "" || a.Status >= 500 {
		c.Errorf("%s %s: %d, and %q works", a.Method, a.Path, a.Status, found)
	}
}

// One visit for each attack, and each page that shows one. Long: it is a list of pages.
func scriptsOfVisitors(c *C) {
	own := c.Own(Setting{})
	clerk, admin := own.As("t1.clerk.o1"), own.As("t1.admin")
	day := At(9, "08:00")
	var all []*Booking
	for i, attack := range attacks() {
		v := own.Visitor()
		v.Name, v.Note = attack+" "+word(), attack+" "+word()
		o := Order(v, "wide", day.Add(time.Duration(i)*20*time.Minute), "s1")
		o["contactName"], o["staffNote"], o["caseReference"] = attack, attack, attack
		a := own.Token("t1.clerk.o1").JSON("POST", "/api/v1/t1/staff-bookings", o)
		if a.Status != 201 {
			c.Fatalf("%s", a)
		}
		all = append(all, own.Booked(v, "wide", "s1", a))
	}
	date := day.Format(time.DateOnly)
	for _, at := range []string{"/staff/day?calendar=wide&date=" + date, "/staff/day/print?calendar=wide&date=" + date, "/staff/calendar?date=" + date, "/staff/calendar?view=week&date=" + date, "/staff/letters", "/staff", "/staff/links"} {
		a := clerk.Get(at)
		inert(own, a)
		if a.Status != 200 && a.Status != 303 {
			c.Errorf("%s", a)
		}
	}
	for _, at := range []string{"/staff/journal", "/staff/journal/looks", "/staff/figures", "/staff/setup", "/staff/people"} {
		inert(own, admin.Get(at))
	}
	for i, b := range all {
		x := own.MayShowTo(b.Visitor)
		for _, end := range []string{"", "/cancel", "/move", "/contact"} {
			inert(own, x.Get(b.Manage+end))
		}
		for _, end := range []string{"", "/edit", "/cancel", "/move", "/slip"} {
			inert(own, clerk.Get("/staff/bookings/"+b.ID+end))
		}
		attack := attacks()[i]
		inert(own, clerk.Form("/staff/find", clerk.Get("/staff/find").Fill(own, "/staff/find", "q", attack)))
		inert(own, own.Get("/t1/?"+url.Values{"q": {attack}}.Encode()))
		m := own.Mail(b.Visitor.Email, 1)[0]
		_, page, _ := strings.Cut(m.Text, "<html")
		page, _, _ = strings.Cut(page, "</html>")
		if page == "" || runs.MatchString(page) {
			c.Errorf("an attack works in the letter: %q", runs.FindString(page))
		}
	}
	for _, attack := range attacks() {
		v := own.Visitor()
		typed := url.Values{"service": {"s1"}, "slot": {"k1@" + At(9, "12:00").Format(time.RFC3339)}, "name": {attack}, "email": {attack}, "phone": {attack}, "note": {attack}}
		inert(own, own.MayShowTo(v).Form("/t1/review", typed))
		inert(own, own.Form("/t1/details", typed))
	}
	c.Harmless("escaped on all pages, in lists, search, letters and forms")
}

func scriptsInHeaders(c *C) {
	clerk := c.As("t1.clerk.o1")
	for _, attack := range attacks() {
		x := c.With("User-Agent: " + attack).With("Referer: https://x.example/" + attack).With("Accept-Language: " + attack).With("Cookie: lang=" + url.QueryEscape(attack) + "; name=" + url.QueryEscape(attack) + "; draft=" + url.QueryEscape(attack)).With("X-Forwarded-Host: " + attack).With("X-Forwarded-Proto: " + attack).With("X-Original-Url: " + attack)
		for _, at := range []string{"/t1/", "/t1/gibtesnicht", "/t1/details?service=s1", "/staff/sign-in", "/api/v1/t1/services", "/t1/s/s1", "/t1/links"} {
			a := x.Get(at)
			inert(c, a)
			if strings.Contains(a.Body, "x.example") {
				c.Errorf("%s repeats a header", a)
			}
		}
		inert(c, x.Form("/staff/sign-in", url.Values{"tenant": {attack}, "email": {attack}, "password": {attack}}))
		inert(c, clerk.With("User-Agent: "+attack).Get("/staff/day"))
	}
	admin := c.As("t1.admin")
	for _, at := range []string{"/staff/journal", "/staff/people"} {
		inert(c, admin.Get(at))
	}
	c.Harmless("repeated nowhere, or as text")
}

// A planner is trusted with texts, not with scripts: what could run is refused, and all
// else is text.
func scriptsOfOffice(c *C) {
	own := c.Own(Setting{})
	for _, address := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", " javascript:alert(1)", "java\tscript:alert(1)", "vbscript:x"} {
		text := strings.Replace(townFile(), "mail: {from", "legal: {imprint: \""+strings.ReplaceAll(address, "\t", "\\t")+"\", privacy: \""+strings.ReplaceAll(address, "\t", "\\t")+"\"}\nmail: {from", 1)
		if _, status := own.Apply(text); status != 0 {
			c.Harmless("apply: a dangerous address is refused, exit status 1")
			continue
		}
		for _, at := range []string{"/t1/", "/t1/legal/imprint", "/t1/legal/privacy", "/t1/s/s1"} {
			inert(own, own.Get(at))
		}
	}
	attack := `<img src=x onerror=alert(1)></title><script>alert(1)</script>`
	text := townFile()
	for _, name := range []string{"Stadt Eins, timezone", "Kurzes Anliegen", "Amt Eins", "Rathaus"} {
		text = strings.Replace(text, "name: "+strings.TrimSuffix(name, ", timezone"), "name: '"+attack+"'", 1)
	}
	text = strings.Replace(text, "street: Markt 1", "street: '"+attack+"'", 1)
	if out, status := own.Apply(text); status != 0 {
		c.Fatal(out)
	}
	own.MayShow(own.X().Visitor)
	for _, at := range []string{"/", "/t1/", "/t1/s/s1", "/t1/times?service=s1", "/t1/embed/de/", "/t1/links", "/t1/barrier", "/t1/legal/imprint", own.X().Manage, "/t1/brand.css", "/sitemap.xml"} {
		inert(own, own.Get(at))
	}
	admin := own.As("t1.admin")
	for _, at := range []string{"/staff/day", "/staff/calendar", "/staff/setup", "/staff/setup/services/s1", "/staff/figures", "/staff/plan", "/staff/setup/website", "/staff/new", "/staff/setup/letters"} {
		inert(own, admin.Get(at))
	}
	if out, status := own.Apply(strings.Replace(townFile(), "mail: {from", "brand: {colour: \"#fff}</style><script>alert(1)</script>\"}\nmail: {from", 1)); status == 0 {
		c.Errorf("a colour that is none is taken: %s", out)
	}
	c.Harmless("texts are text; a colour that is none is refused")
}

// A page takes scripts, styles and pictures from here alone, and runs nothing that stands
// in it.
func policyEverywhere(c *C) {
	clerk := c.As("t1.clerk.o1")
	c.MayShow(c.X().Visitor)
	for _, a := range []*Answer{
		c.Get("/"), c.Get("/t1/"), c.Get("/t1/s/s1"), c.Get("/t1/times?service=s1"), c.Get("/t1/links"), c.Get(c.X().Manage), c.Get("/t1/m/" + secret()), c.Get("/t9/"), c.Get("/gibtesnicht"), c.Get("/static/gibtesnicht.js"),
		c.Send("DELETE", "/t1/", "", ""), c.Send("POST", "/t1/links", "text/plain", "x"), c.Get("/t1/?lang=" + strings.Repeat("a", 7000)), c.Get("/staff/sign-in"), c.Get("/staff/day"), clerk.Get("/staff/day"), clerk.Get("/staff/calendar"), clerk.Get("/staff/people"),
		c.Get("/api/v1/t1/services"), c.Get("/api/v1/t1/bookings"), c.Get("/healthz"), c.Get("/readyz"), c.Get("/robots.txt"), c.Get(c.Feed("k1.busy")), c.Get("/feeds/" + secret() + ".ics"), c.Get("/t1/embed/de/"), c.With("Sec-Fetch-Site: cross-site").Send("POST", c.X().Manage+"/cancel", "application/x-www-form-urlencoded", ""),
	} {
		policy := map[string]string{}
		for part := range strings.SplitSeq(a.Header.Get("Content-Security-Policy"), ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			policy[name] = value
		}
		for name, want := range map[string]string{"default-src": "'none'", "base-uri": "'none'"} {
			if policy[name] != want {
				c.Errorf("%s %s: %d with %s %q, want %s", a.Method, a.Path, a.Status, name, policy[name], want)
			}
		}
		for name, value := range policy {
			if regexp.MustCompile(`unsafe-|\*|https?:|data:`).MatchString(value) && (name != "img-src" || strings.Contains(value, "*") || strings.Contains(value, "http")) {
				c.Errorf("%s %s: %d with %s %s", a.Method, a.Path, a.Status, name, value)
			}
		}
		if f := policy["form-action"]; f != "'self'" && f != "'none'" && f != "" {
			c.Errorf("%s %s: form-action %s", a.Method, a.Path, f)
		}
		if regexp.MustCompile(`(?i)<script(>| [^>]*>)[^<]|<style|[ "]style="| on[a-z]+="`).MatchString(a.Body) && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			c.Errorf("%s %s: script or style stands in the page itself", a.Method, a.Path)
		}
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Referrer-Policy") == "" {
			c.Errorf("%s %s: headers %v", a.Method, a.Path, a.Header)
		}
	}
	c.Harmless("default-src 'none', nothing inline, on pages, files, answers and refusals")
}

// Only the way to a booking may stand in a frame, and only on websites that the town
// names; never a page that cancels something.
func framed(c *C) {
	own := c.Own(Setting{})
	may := func(a *Answer) string {
		return regexp.MustCompile(`frame-ancestors ([^;]*)`).FindString(a.Header.Get("Content-Security-Policy"))
	}
	own.MayShow(own.X().Visitor)
	everything := []string{"/", "/t1/", "/t1/links", own.X().Manage, own.X().Manage + "/cancel", own.X().Manage + "/move", "/t1/details?service=s1", "/staff/sign-in", "/t1/m/" + secret(), "/api/v1/t1/services"}
	for _, at := range append([]string{"/t1/embed/de/"}, everything...) {
		if f := may(own.Get(at)); f != "frame-ancestors 'none'" {
			c.Errorf("%s: %s, want none", at, f)
		}
	}
	if out, status := own.Apply(strings.Replace(townFile(), "mail: {from", "embed: {origins: [\"https://www.eins.example\"]}\nmail: {from", 1)); status != 0 {
		c.Fatal(out)
	}
	for _, at := range []string{"/t1/embed/de/", "/t1/embed/de/s/s1", "/t1/embed/de/times?service=s1"} {
		if f := may(own.Get(at)); f != "frame-ancestors https://www.eins.example" {
			c.Errorf("%s: %s, want the town's website alone", at, f)
		}
	}
	for _, at := range append([]string{"/t2/embed/de/"}, everything...) {
		if f := may(own.Get(at)); f != "frame-ancestors 'none'" {
			c.Errorf("%s: %s, want none", at, f)
		}
	}
	for _, origin := range []string{"*", "https://*", "http:", "https://x.example/path", "https://x.example; script-src *", "'self' *", "javascript:alert(1)", "null"} {
		if out, status := own.Apply(strings.Replace(townFile(), "mail: {from", "embed: {origins: [\""+origin+"\"]}\nmail: {from", 1)); status == 0 {
			c.Errorf("the origin %q is taken: %s", origin, out)
		}
	}
	c.Harmless("frames of the town's own website show the way to a booking, no frame shows anything else")
}

// What is no page is never taken for one, whatever stands in it.
func openedAsPage(c *C) {
	v := c.Visitor()
	v.Name = `<script>alert(1)</script> ` + word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	c.Mail(v.Email, 1)
	x := c.MayShowTo(v)
	for _, a := range []*Answer{x.Get(b.API), x.Get(b.Manage + "/termin.ics"), subscriber(c, "o1").Get(c.Feed("k1.full")), c.As("t1.admin").Get("/staff/journal/journal.csv"), c.Token("t1.clerk.o1").Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-05-01"),
		c.Get("/api/v1/t1/" + url.PathEscape("<script>alert(1)</script>")), c.Get("/api/v1/<script>alert(1)</script>/services"), c.JSON("POST", "/api/v1/t1/bookings", `{"<script>alert(1)</script>": 1}`), c.Get("/static/<script>alert(1)</script>")} {
		media := a.Header.Get("Content-Type")
		if strings.HasPrefix(media, "text/html") {
			inert(c, a)
		} else if a.Header.Get("X-Content-Type-Options") != "nosniff" || media == "" {
			c.Errorf("%s: type %q, sniffing allowed", a, media)
		}
		if strings.HasPrefix(media, "application/") && strings.Contains(a.Body, "<script>") {
			c.Errorf("%s: markup is not escaped in JSON", a)
		}
	}
	c.Harmless("types are named and binding; markup is escaped in JSON as well")
}

// The longest word that is taken breaks on a small screen; longer ones are refused. How it
// looks at 320 dots is measured by a browser in package main.
func longName(c *C) {
	o := Order(c.Visitor(), "k1", At(40, "08:00"), "s1")
	o["name"] = strings.Repeat("W", 10_000)
	c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	o["name"], o["note"] = "Vera", strings.Repeat("W", 10_000)
	c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	v := c.Visitor()
	v.Name, v.Note = strings.Repeat("W", 180)+" "+word(), strings.Repeat("W", 900)+" "+word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	c.Mail(v.Email, 1)
	c.MayShow(v)
	clerk := c.As("t1.clerk.o1")
	for _, a := range []*Answer{c.Get(b.Manage), clerk.Get("/staff/bookings/" + b.ID)} {
		if a.Status != 200 || !strings.Contains(a.Body, v.Name) {
			c.Errorf("%s: want the whole name", a)
		}
		for _, sheet := range regexp.MustCompile(`href="(/static/[^"]*\.css)"`).FindAllStringSubmatch(a.Body, -1) {
			if strings.Contains(c.Get(sheet[1]).Body, "overflow-wrap:") {
				c.Harmless("taken up to its limit, and broken where the line ends")
			}
		}
	}
}
