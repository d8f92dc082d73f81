package abuse

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Section C: what is told to those who did not ask for it.
func TestC(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("C1", "free times tell of those who have the others", freeTimesAlone)
	s.Case("C2", "keys of every open answer of the API that nobody meant to tell", openKeys)
	s.Case("C3", "who has the seat that is taken", takenByWhom)
	s.Case("C4", "versions, host names and numbers in healthz, readyz and headers", healthTellsNothing)
	s.Case("C5", "is this address known? bookings, limits and lost links are asked", addressOracle)
	s.Case("C6", "services and sites that are not for everybody", hiddenServices)
	s.Case("C7", "a program reads all free times, minute by minute", scraper)
	s.Case("C8", "what a sensitive service is called: subjects, entries, feeds, titles", sensitiveService)
	s.Case("C9", "every open page is read: names of staff and visitors", openPages)
	s.Case("C10", "a mail server's words about recipients, hosts and paths", serversWords)
	s.Case("C11", "pages with data in caches; the back button after signing out", cachedPages)
	s.Case("C12", "another website asks with the visitor's browser", crossOrigin)
}

// keys are the names of all values in JSON, without numbers of lists.
func keys(c *C, body string) (list []string) {
	c.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		c.Fatalf("%v: %.300s", err, body)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				name := strings.TrimPrefix(at+"."+k, ".")
				if !slices.Contains(list, name) {
					list = append(list, name)
				}
				walk(name, x)
			}
		case []any:
			for _, x := range v {
				walk(at, x)
			}
		}
	}
	walk("", v)
	slices.Sort(list)
	return list
}

// onlyKeys proves that there is no key but those that are allowed.
func onlyKeys(c *C, a *Answer, allowed string) {
	c.Helper()
	for _, k := range keys(c, a.Body) {
		if !slices.Contains(strings.Fields(allowed), k) {
			c.Errorf("%s tells %s", a.Path, k)
		}
	}
}

const timesKeys = "timezone durationMinutes days days.date days.slots days.slots.start days.slots.calendar days.slots.site days.slots.durationMinutes days.slots.modes days.slots.free nextFree nextRelease licence"

func freeTimesAlone(c *C) {
	b := c.Book("wide", "s1")
	c.Mail(b.Visitor.Email, 1)
	day := b.Start.In(berlin()).Format(time.DateOnly)
	a := c.Get("/api/v1/t1/availability?service=s1&calendar=wide&from=" + day + "&to=" + day)
	onlyKeys(c, a, timesKeys)
	for _, a := range []*Answer{a, c.Get("/t1/times?service=s1&day=" + day), c.Get("/t1/s/s1"), c.Get("/api/v1/t1/next-free?service=s1")} {
		for _, word := range []string{b.ID, b.Reference, c.X().Reference} {
			if strings.Contains(a.Body, word) {
				c.Errorf("%s tells of the visit %s", a, word)
			}
		}
	}
	c.Harmless("free starts and the number of free seats alone")
}

func openKeys(c *C) {
	b := c.Book("k1", "s1")
	c.MayShow(b.Visitor)
	base := "/api/v1/t1/"
	for path, allowed := range map[string]string{
		"services":               "services services.id services.name services.minutes services.maxQuantity services.combinable services.leadMinutes services.horizonDays services.cancelByMinutes services.modes services.public services.leika services.synonyms services.minutesMore services.quantityOf services.checklist services.fee services.description services.questions services.sensitive services.maxOpen licence",
		"sites":                  "sites sites.id sites.name sites.street sites.postalCode sites.city sites.lat sites.lon sites.phone sites.access sites.openingHours sites.public licence",
		"calendars":              "calendars calendars.id calendars.name calendars.department calendars.departmentName calendars.site calendars.room calendars.services calendars.services.id calendars.services.minutes calendars.contact calendars.contact.email calendars.contact.phone calendars.confirm calendars.holdMinutes calendars.confirmMinutes calendars.tickMinutes calendars.hours calendars.phone licence",
		"next-free?service=s1":   "sites sites.site sites.calendar sites.start licence",
		"bookings/" + b.Secret:   "id reference status awaits start end durationMinutes calendar site mode services services.id services.quantity services.answers name contactName email phone note language expires cancelBy manageUrl icsUrl coming",
		"bookings/" + secret():   "type title status code detail errors alternatives",
		"availability?service=x": "type title status code detail errors errors.field errors.code",
	} {
		onlyKeys(c, c.Get(base+path), allowed)
	}
	c.Mail(b.Visitor.Email, 1)
	c.Harmless("no key that is not on the list")
}

func takenByWhom(c *C) {
	b := c.Book("k1", "s1")
	c.Mail(b.Visitor.Email, 1)
	o := Order(c.Visitor(), "k1", b.Start, "s1")
	a := c.Refused(409, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	h := c.Refused(409, func() *Answer {
		return c.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": b.Start})
	})
	for _, a := range []*Answer{a, h} {
		onlyKeys(c, a, "type title status code detail errors alternatives alternatives.start alternatives.calendar alternatives.site alternatives.durationMinutes alternatives.modes alternatives.free")
		if strings.Contains(a.Body, b.ID) || strings.Contains(a.Body, b.Reference) {
			c.Errorf("%s tells of the visit", a)
		}
	}
}

func healthTellsNothing(c *C) {
	host, err := os.Hostname()
	if err != nil {
		c.Fatal(err)
	}
	for _, at := range []string{"/healthz", "/readyz", "/t1/", "/api/v1/openapi.json", "/gibtesnicht", "/.well-known/security.txt"} {
		a := c.Get(at)
		text := a.Body
		for k, v := range a.Header {
			if slices.Contains([]string{"Server", "X-Powered-By", "Via", "X-Version"}, k) {
				c.Errorf("%s: header %s: %s", a, k, v)
			}
		}
		if strings.Contains(text, host) || regexp.MustCompile(`go1\.\d+|\bv?\d+\.\d+\.\d+-|PostgreSQL \d|SQLite \d`).MatchString(strings.ReplaceAll(text, "3.1.0", "")) {
			c.Errorf("%s: tells a version or the host's name: %.300s", at, text)
		}
		if strings.HasSuffix(at, "z") && (a.Status != 200 || len(text) > 400 || regexp.MustCompile(`\d{2,}`).MatchString(text)) {
			c.Errorf("%s: want a short word without numbers", a)
		}
	}
	for _, at := range []string{"/metrics", "/status", "/debug/pprof/", "/debug/vars", "/version", "/api/v1/status"} {
		c.Refused(404, func() *Answer { return c.Get(at) })
	}
}

// Known or not, the answer is the same; what there is to say goes to the address itself.
func addressOracle(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.Replace(townFile(), "maxQuantity: 3, ", "maxQuantity: 3, maxOpen: 1, ", 1)); status != 0 {
		c.Fatal(text)
	}
	b := own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	own.Mail(b.Visitor.Email, 1)
	again := Order(b.Visitor, "k1", At(9, "09:00"), "s1")
	a := own.Refused(429, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", again) })
	for _, word := range append(b.Visitor.canaries(), b.Reference, "bereits", "already", "schon") {
		if strings.Contains(strings.ToLower(a.Body), strings.ToLower(word)) {
			c.Errorf("%s says %q of another visit", a, word)
		}
	}
	links := func(address string) *Answer {
		return own.Stranger().Form("/t1/links", url.Values{"email": {address}})
	}
	own.Expect(b.Visitor.Email, 1)
	own.Same(links(b.Visitor.Email), links("niemand@besuch.example"))
	in := func(address, password string) *Answer {
		return own.Stranger().Form("/staff/sign-in", url.Values{"tenant": {"t1"}, "email": {address}, "password": {password}})
	}
	nobody := strings.ToLower(word()) + "@amt.example"
	own.Same(in(own.Person("t1.clerk").email, "falsch falsch"), in(nobody, "falsch falsch"), own.Person("t1.clerk").email, nobody)
	own.Clock("1m")
}

// What is only for staff, or only by a link, is as if it were not there.
func hiddenServices(c *C) {
	own := c.Own(Setting{})
	name := word()
	text := strings.Replace(townFile(), "services:\n", "services:\n  - {id: s3, name: Intern "+name+", minutes: 20, public: false}\n  - {id: s4, name: Verlinkt "+name+", minutes: 20, public: link}\n", 1)
	text = strings.Replace(text, "services: [{id: s1}, {id: s2}]", "services: [{id: s1}, {id: s2}, {id: s3}, {id: s4}]", 1)
	if out, status := own.Apply(text); status != 0 {
		c.Fatal(out)
	}
	for _, at := range []string{"/t1/", "/t1/?q=" + name, "/t1/?q=Intern", "/api/v1/t1/services", "/api/v1/t1/calendars", "/sitemap.xml", "/", "/?q=" + name, "/t1/choose?service=s3", "/t1/times?service=s4", "/t1/embed/de/"} {
		if a := own.Get(at); strings.Contains(strings.ReplaceAll(a.Body, "value=\""+name, ""), "Intern "+name) || strings.Contains(a.Body, "Verlinkt "+name) {
			c.Errorf("%s tells of a hidden service", a)
		}
	}
	for _, id := range []string{"s3", "s4"} {
		for _, at := range []string{"availability?service=%s&from=2027-03-05&to=2027-03-06", "next-free?service=%s"} {
			hidden, unknown := fmt.Sprintf("/api/v1/t1/"+at, id), fmt.Sprintf("/api/v1/t1/"+at, "s9")
			own.Same(own.Refused(422, func() *Answer { return own.Get(hidden) }), own.Get(unknown), id, "s9")
		}
		own.Same(own.Refused(404, func() *Answer { return own.Get("/t1/s/" + id) }), own.Get("/t1/s/s9"))
		o := Order(own.Visitor(), "k1", At(9, "08:00"), id)
		own.Refused(422, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	if a := own.Token("t1.clerk").Get("/api/v1/t1/services"); !strings.Contains(a.Body, "Intern "+name) {
		c.Errorf("%s: staff sees all", a)
	}
}

// scraper asks as fast as it is answered: it gets what a minute's limit holds, and what
// the minutes since have given back.
func scraper(c *C) {
	own := c.Own(Setting{Conf: map[string]string{"limits": "{requests_per_minute: 20}"}})
	greedy, counts, began := own.Stranger(), map[int]int{}, time.Now()
	var refused *Answer
	for i := range 60 {
		a := greedy.Get("/api/v1/t1/availability?service=s1&from=2027-03-05&to=2027-03-" + fmt.Sprintf("%02d", 6+i%20))
		if counts[a.Status]++; a.Status == 429 {
			refused = a
		}
	}
	if most := 21 + int(time.Since(began).Seconds()/3); counts[200] < 20 || counts[200] > most || counts[200]+counts[429] != 60 {
		c.Errorf("got %v, want 20 answers (%d in this time) and then 429", counts, most)
	}
	if refused != nil && refused.Header.Get("Retry-After") == "" {
		c.Errorf("%s: without Retry-After", refused)
	}
	own.Refused(429, func() (a *Answer) {
		for range 60 {
			if a = greedy.Get("/t1/"); a.Status == 429 {
				break
			}
		}
		return a
	})
	slow := 0
	for range 50 {
		if a := own.Stranger().Get("/api/v1/t1/availability?service=s1&from=2027-03-05&to=2027-03-12"); a.Status != 200 {
			c.Errorf("somebody else: %s", a)
		} else if a.Took > 2*time.Second { // package bench measures it
			slow++
		}
	}
	if slow > 1 {
		c.Errorf("%d of 50 answers for others took more than two seconds", slow)
	}
	if a := greedy.Get("/healthz"); a.Status != 200 {
		c.Errorf("%s", a)
	}
}

// There is no board in a waiting room yet. Wherever else a service shows to those who pass
// by (a mail's subject, a calendar's entry, a page's title), a sensitive one does not.
func sensitiveService(c *C) {
	own := c.Own(Setting{})
	name := "Beratung " + word()
	if text, status := own.Apply(strings.Replace(townFile(), "name: Kurzes Anliegen, minutes: 20,", "name: "+name+", minutes: 20, sensitive: true,", 1)); status != 0 {
		c.Fatal(text)
	}
	b := own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	own.MayShow(b.Visitor)
	m := own.Mail(b.Visitor.Email, 1)[0]
	subject := regexp.MustCompile(`(?m)^Subject: .*$`).FindString(m.Text)
	if subject == "" || strings.Contains(subject, name) {
		c.Errorf("the letter's subject: %q", subject)
	}
	for where, text := range map[string]string{"letter": attached(own, m), "download": own.Get(b.Manage + "/termin.ics").Body} {
		e := event(own, entry(own, text))
		if s := e.Props.Get("SUMMARY").Value; strings.Contains(s, name) || e.Props.Get("CLASS") == nil || e.Props.Get("CLASS").Value != "PRIVATE" {
			c.Errorf("the entry in the %s is called %q, want it neutral and private", where, s)
		}
	}
	for _, feed := range []string{"k1.busy", "k1.service", "t1.service"} {
		if text := own.Get(own.Feed(feed)).Body; strings.Contains(strings.ReplaceAll(text, "\r\n ", ""), name) {
			c.Errorf("the feed %s names it", feed)
		}
	}
	for _, at := range []string{b.Manage, b.Manage + "/cancel"} {
		title := regexp.MustCompile(`<title>[^<]*`).FindString(own.Get(at).Body)
		if title == "" || strings.Contains(title, name) {
			c.Errorf("the page's title: %q", title)
		}
	}
	for _, at := range []string{"/t1/board", "/t1/display", "/t1/anzeige", "/board", "/t1/queue", "/api/v1/t1/board"} {
		own.Refused(404, func() *Answer { return own.Get(at) })
	}
}

// All that is linked from the first pages is read; the checks after each case look for
// names, addresses and secrets.
func openPages(c *C) {
	seen, next := map[string]bool{}, []string{"/", "/t1/", "/t2/", "/sitemap.xml", "/robots.txt", "/api/v1/openapi.json", "/api/v1/t1/services", "/api/v1/t1/sites", "/api/v1/t1/calendars", "/t1/links", "/t1/barrier"}
	c.Unchanged(func() {
		for len(next) > 0 && len(seen) < 120 {
			at := next[0]
			next = next[1:]
			if seen[at] || strings.HasPrefix(at, "/static/") {
				continue
			}
			seen[at] = true
			a := c.Stranger().Get(at)
			if a.Status == 200 && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
				next = append(next, a.Links(c)...)
			}
		}
	}, "figure")
	if len(seen) < 20 {
		c.Errorf("%d pages were found, want more", len(seen))
	}
	c.Harmless(fmt.Sprintf("%d pages and answers, no name, address or secret", len(seen)/10*10))
}

// What a mail server says may name people, hosts and paths: it reaches no visitor and no
// log. Staff of the visit's own department reads it, in order to help.
func serversWords(c *C) {
	own := c.Own(Setting{})
	said := strings.ToLower(word())
	own.Refuse(func(step, address string) error {
		if step == "rcpt" {
			return smtpError(550, "<"+address+"> "+said+" at mail01.internal (10.9.8.7) /var/spool/postfix")
		}
		return nil
	})
	v := own.Visitor()
	b := own.BookAs(v, "k1", At(9, "08:00"), "s1")
	own.Expect(v.Email, -1)
	own.await("[[failed]]", "SELECT state FROM outbox WHERE subject = $1", b.ID)
	own.MayShow(v)
	for _, a := range []*Answer{own.Get(b.Manage), own.Get(b.API), own.Get("/t1/links"), own.Get("/readyz")} {
		if text := strings.ToLower(a.Body); strings.Contains(text, said) || strings.Contains(text, "10.9.8.7") || strings.Contains(text, "postfix") {
			c.Errorf("%s tells the server's words", a)
		}
	}
	if text := strings.ToLower(own.Log()); strings.Contains(text, said) || strings.Contains(text, "10.9.8.7") {
		c.Error("the log tells the server's words")
	}
	for _, row := range own.Query("SELECT reason FROM outbox WHERE subject = $1", b.ID) {
		if strings.Contains(strings.ToLower(row[0]), said) {
			c.Errorf("kept in the clear: %v", row)
		}
	}
	own.Refuse(nil)
	c.Harmless("a category in our own words for all but the visit's own office")
}

func cachedPages(c *C) {
	own := c.Own(Setting{})
	clerk := own.SignIn("t1.clerk.o1")
	x := own.MayShowTo(own.X().Visitor)
	for _, a := range []*Answer{
		x.Get(own.X().Manage), x.Get(own.X().Manage + "/cancel"), x.Get(own.X().Manage + "/termin.ics"), x.Get(own.X().API), x.Get("/t1/details?service=s1&slot=" + url.QueryEscape("k1@"+At(9, "08:00").Format(time.RFC3339))),
		x.Get("/t1/m/" + secret()), clerk.Get("/staff/day"), clerk.Get("/staff/bookings/" + own.X().ID), clerk.Get("/staff/day/print"), own.Get("/staff/sign-in"), own.Token("t1.clerk").Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31"),
	} {
		if k := a.Header.Get("Cache-Control"); !strings.Contains(k, "no-store") {
			c.Errorf("%s %s: %d with Cache-Control %q, want no-store", a.Method, a.Path, a.Status, k)
		}
	}
	at := "/api/v1/t1/availability?service=s1&from=2027-03-05&to=2027-03-12"
	one, two := own.Get(at), own.With("Cookie: staff=x; lang=de").Get(at)
	if one.Header.Get("ETag") != two.Header.Get("ETag") || one.Header.Get("Set-Cookie") != "" || one.Body != two.Body {
		c.Errorf("what everybody may keep depends on who asks: %v and %v", one.Header, two.Header)
	}
	old := clerk.cookies["staff"]
	out := clerk.Form("/staff/sign-out", nil)
	if out.Status != 303 {
		c.Fatalf("%s", out)
	}
	clerk.cookies["staff"] = old
	if a := own.Refused(303, func() *Answer { return clerk.Get("/staff/day") }); !strings.HasPrefix(a.Location(), "/staff/sign-in") {
		c.Errorf("%s: want the sign-in page", a)
	}
}

// A page elsewhere may have the browser ask; it may not read what belongs to a visitor or
// the staff, and its forms change nothing.
func crossOrigin(c *C) {
	b := c.Book("k1", "s1")
	c.Mail(b.Visitor.Email, 1)
	evil := c.With("Origin: https://x.example").With("Sec-Fetch-Site: cross-site").MayShow(b.Visitor)
	clerk := c.As("t1.clerk.o1").With("Origin: https://x.example").With("Sec-Fetch-Site: cross-site")
	for _, a := range []*Answer{evil.Get(b.API), evil.Get(b.Manage), clerk.Get("/staff/day"), c.Token("t1.clerk").With("Origin: null").Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31"), evil.Send("OPTIONS", b.API+"/cancel", "", ""), evil.Send("OPTIONS", "/api/v1/t1/bookings", "", "")} {
		if o := a.Header.Get("Access-Control-Allow-Origin"); o != "" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			c.Errorf("%s %s: Access-Control-Allow-Origin %q", a.Method, a.Path, o)
		}
		if p := a.Header.Get("Cross-Origin-Resource-Policy"); p == "cross-origin" {
			c.Errorf("%s %s: Cross-Origin-Resource-Policy %q", a.Method, a.Path, p)
		}
	}
	c.Refused(403, func() *Answer {
		return evil.Send("POST", b.Manage+"/cancel", "application/x-www-form-urlencoded", "")
	})
	c.Refused(403, func() *Answer {
		return clerk.Send("POST", "/staff/bookings/"+b.ID+"/cancel", "application/x-www-form-urlencoded", "")
	})
	for _, at := range []string{"/api/v1/t1/services?callback=alert", "/api/v1/t1/services?jsonp=alert"} {
		if a := c.Get(at); strings.HasPrefix(a.Body, "alert") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			c.Errorf("%s", a)
		}
	}
}
