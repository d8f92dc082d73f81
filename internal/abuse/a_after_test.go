package abuse

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Who has a link may book what it is for, as often as it says, until it is revoked.
func invitationLinks(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.Replace(townFile(), "minutes: 60}", "minutes: 60, public: link}", 1)); status != 0 {
		c.Fatal(text)
	}
	clerk := own.As("t1.clerk")
	made := func() string {
		a := clerk.Form("/staff/links", url.Values{"services": {"s2"}, "until": {"2027-03-20"}, "uses": {"1"}})
		link := regexp.MustCompile(`/t1/i/[A-Z2-7]+`).FindString(a.Body)
		if link == "" {
			c.Fatalf("%s\n%s", a, a.Body)
		}
		return link
	}
	order := Order(own.Visitor(), "k1", At(5, "10:00"), "s2")
	own.Refused(422, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", order) }) // without a link there is no such service
	own.Refused(404, func() *Answer { return own.Get("/t1/s/s2") })
	link := made()
	for _, path := range []string{"/t2" + link[len("/t1"):], flipped(link), "/t1/m/" + link[len("/t1/i/"):], "/t1/c/" + link[len("/t1/i/"):]} {
		own.Refused(404, func() *Answer { return own.Stranger().Get(path + "/") })
	}
	own.Unchanged(func() { // what everybody may book is not shown by a link for something else
		if a := own.Stranger().Get(link + "/times?service=s9"); a.Status == 200 && strings.Contains(a.Body, `name="slot"`) {
			c.Errorf("%s: the link gives times of another service", a)
		}
	})
	x := own.Stranger()
	v := own.Visitor()
	x.MayShow(v)
	if a := walkTo(own, x, link, "k1", At(5, "10:00"), v); a.Status != 303 {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	own.Expect(v.Email, 1)
	v.Tenant, v.Department = "t1", "o1"
	own.Refused(410, func() *Answer { return own.Stranger().Get(link + "/times?service=s2") }) // used up
	revoked := made()
	id := own.Query("SELECT id FROM service_link WHERE used = 0")[0][0]
	for _, who := range []string{"t1.clerk.o2", "t2.clerk"} {
		x := own.As(who)
		own.Refused(404, func() *Answer { return x.Form("/staff/links/"+id+"/revoke", url.Values{}) })
	}
	if a := clerk.Form("/staff/links/"+id+"/revoke", url.Values{}); a.Status != 303 {
		c.Errorf("%s", a)
	}
	own.Refused(410, func() *Answer { return own.Stranger().Get(revoked + "/times?service=s2") })
}

// walkTo books s2, or the service of a way, by the pages as a browser does: below a link
// or a town's address.
func walkTo(c *C, x *Client, way, calendar string, start time.Time, v *Visitor) *Answer {
	c.Helper()
	slot := calendar + "@" + start.In(berlin()).Format(time.RFC3339)
	a := x.Form(way+"/reserve", url.Values{"service": {"s2*1"}, "slot": {slot}})
	if a.Status != 303 {
		return a
	}
	a = x.Get(a.Location())
	a = x.Form(way+"/review", a.Fill(c, way+"/review", "name", v.Name, "email", v.Email, "phone", v.Phone, "note", v.Note))
	if a.Status != 200 {
		return a
	}
	return x.Form(way+"/book", a.Fill(c, way+"/book"))
}

// The link stays, and tells what is true now.
func linksAfterwards(c *C) {
	moved, gone := c.Book("k1", "s1"), c.Book("k1", "s1")
	c.MayShow(moved.Visitor, gone.Visitor)
	c.Mail(moved.Visitor.Email, 1)
	c.Mail(gone.Visitor.Email, 1)
	before := c.Get(moved.Manage + "/termin.ics").Body
	to := c.Slot("k1")
	if a := c.JSON("POST", moved.API+"/move", map[string]any{"start": to}); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	c.Expect(moved.Visitor.Email, 1)
	after := c.Get(moved.Manage + "/termin.ics").Body
	if old := "DTSTART;TZID=Europe/Berlin:" + moved.Start.In(berlin()).Format("20060102T150405"); !strings.Contains(before, old) || strings.Contains(after, old) || !strings.Contains(after, to.In(berlin()).Format("20060102T150405")) {
		c.Errorf("the entry after a move:\n%s", after)
	}
	if a := c.JSON("POST", gone.API+"/cancel", nil); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	c.Expect(gone.Visitor.Email, 1)
	c.shown()
	c.mu.Lock()
	c.may = nil // from now on nobody may be shown who it was
	c.mu.Unlock()
	if a := c.Get(gone.Manage); a.Status != 200 {
		c.Errorf("%s: want the cancelled state", a)
	}
	var b struct{ Status, Name, Email string }
	if c.Get(gone.API).Decode(c, &b); b.Status != "cancelled" || b.Name != "" || b.Email != "" {
		c.Errorf("%+v: want it cancelled, without a name", b)
	}
	c.Refused(404, func() *Answer { return c.Get(gone.Manage + "/termin.ics") })
	c.Refused(409, func() *Answer { return c.JSON("POST", gone.API+"/move", map[string]any{"start": c.Slot("k1")}) })
	for _, path := range []string{"/contact", "/move", "/coming", "/calendar"} {
		c.Unchanged(func() {
			c.Form(gone.Manage+path, url.Values{"email": {gone.Visitor.Email}, "start": {to.Format(time.RFC3339)}})
		})
	}
}

func linksAfterRetention(c *C) {
	own := c.Own(Setting{})
	x := own.X()
	lost := own.BookAs(own.Visitor(), "mail", At(1, "09:00"), "s1")
	yes := linkOf(own, own.Mail(lost.Visitor.Email, 1)[0], "c")
	var h struct{ Hold string }
	own.JSON("POST", "/api/v1/t1/holds", map[string]any{"services": []map[string]any{{"id": "s1"}}, "calendar": "k1", "start": At(5, "10:00")}).Decode(own, &h)
	own.Clock(from(At(4, "06:00"))) // the visit was on Tuesday; two days, and a night
	own.rest()
	random := own.Refused(404, func() *Answer { return own.Stranger().Get("/t1/m/" + secret()) })
	own.Same(own.Refused(404, func() *Answer { return own.Stranger().Get(x.Manage) }), random)
	for _, path := range []string{x.Manage + "/termin.ics", x.Manage + "/move", x.Manage + "/cancel", x.API, lost.Manage, yes} {
		own.Refused(404, func() *Answer { return own.Stranger().Get(path) })
	}
	for _, verb := range []string{"cancel", "move"} {
		own.Refused(404, func() *Answer { return own.Stranger().JSON("POST", x.API+"/"+verb, only(verb)) })
	}
	own.Refused(404, func() *Answer {
		return own.Stranger().JSON("POST", "/api/v1/t1/bookings/"+yes[len("/t1/c/"):]+"/confirm", nil)
	})
	own.refusedBy([]int{404, 410}, func() *Answer { // forgotten, or about to be
		v := own.Visitor()
		return own.JSON("POST", "/api/v1/t1/bookings", map[string]any{"hold": h.Hold, "name": v.Name, "email": v.Email})
	})
}

// What was typed is sealed in a cookie, for one way of one browser at one town.
func draftOfAnother(c *C) {
	v := c.Visitor()
	mine := c.Stranger().MayShow(v)
	slot := "k1@" + c.Slot("k1").Format(time.RFC3339)
	a := mine.Form("/t1/reserve", url.Values{"service": {"s1*1"}, "slot": {slot}})
	details := a.Location()
	a = mine.Get(details)
	if a = mine.Form("/t1/review", a.Fill(c, "/t1/review", "name", v.Name, "email", v.Email)); a.Status != 200 {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	if a := mine.Get(details); !strings.Contains(a.Body, v.Email) {
		c.Fatalf("the browser that typed it finds it again: %s", a)
	}
	other := c.Stranger()
	if a := other.Get(details); a.Status >= 400 || strings.Contains(a.Body, v.Email) { // the address alone gives nothing
		c.Errorf("%s", a)
	}
	for name, value := range mine.cookies {
		if !strings.HasPrefix(name, "typed-") {
			continue
		}
		swapped := c.Stranger()
		swapped.cookies["typed-x"] = value
		swapped.Get(strings.Replace(details, name[len("typed-"):], "x", 1))
		town := c.Stranger()
		town.cookies[name] = value
		town.Get("/t2" + details[len("/t1"):])
		broken := c.Stranger()
		broken.cookies[name] = flipped(value)
		broken.Get(details)
	}
	b := c.Visitor()
	c.Refused(404, func() *Answer { // guessing the time that is kept for somebody
		return c.Stranger().JSON("POST", "/api/v1/t1/bookings", map[string]any{"hold": secret(), "name": b.Name, "email": b.Email})
	})
}

func confirmedFifty(c *C) {
	b := c.Book("mail", "s1")
	yes := linkOf(c, c.Mail(b.Visitor.Email, 1)[0], "c")
	c.MayShow(b.Visitor)
	c.Unchanged(func() { // scanners of mail open links
		for range 3 {
			if a := c.Get(yes); a.Status != 200 {
				c.Errorf("%s", a)
			}
		}
	})
	c.Expect(b.Visitor.Email, 1)
	answers := c.Race(50, func(_ int, x *Client) *Answer { return x.Form(yes, url.Values{}) })
	for _, a := range answers {
		if a.Status != 303 || a.Location() != answers[0].Location() {
			c.Errorf("%s: want what the first one got: %s", a, answers[0])
		}
	}
	if rows := c.Query("SELECT act FROM journal WHERE subject = $1 AND act = 'confirm'", b.ID); len(rows) != 1 {
		c.Errorf("confirmed %d times, want once", len(rows))
	}
	c.Mail(b.Visitor.Email, 2)
	c.Unchanged(func() {
		if a := c.Form(yes, url.Values{}); a.Status != 303 {
			c.Errorf("%s: want the same result", a)
		}
	})
	c.Harmless("one effect, one letter; every answer the same")
}

// Nothing is made for later: what may be exported is made when it is asked for, for who
// asks.
func exports(c *C) {
	clerk, admin := c.As("t1.clerk"), c.As("t1.admin")
	for _, path := range []string{"/staff/figures/figures.csv", "/staff/figures/figures.xlsx", "/staff/journal/journal.csv", "/staff/setup/file.yaml"} {
		c.Refused(403, func() *Answer { return clerk.Get(path) })
		c.Refused(303, func() *Answer { return c.Stranger().Get(path) })
	}
	for _, path := range []string{"/staff/figures/figures.csv", "/staff/journal/journal.csv", "/staff/setup/file.yaml", "/staff/journal/looks"} {
		a := c.As("t2.admin").Get(path)
		if a.Status != 200 || strings.Contains(a.Body, c.X().ID) || strings.Contains(a.Body, c.X().Reference) || strings.Contains(a.Body, "Stadt Eins") || strings.Contains(a.Body, "Amt Eins") {
			c.Errorf("%s: want nothing of the other town", a)
		}
	}
	for _, path := range []string{"/staff/export/1", "/staff/files/1", "/staff/day/list-2027-03-02.pdf", "/exports/1", "/files/day.pdf", "/backup", "/book.db", "/t1.yaml", "/data.key", "/conf.yaml", "/logs", "/staff/setup/file.yaml.bak"} {
		c.Refused(404, func() *Answer { return admin.Get(path) })
	}
	if a := c.As("t1.planner.o1").Get("/staff/journal/journal.csv"); a.Status != 403 {
		c.Errorf("%s: want 403", a)
	}
}

func smallNumbers(c *C) {
	admin, stranger := c.As("t2.admin"), c.As("t1.clerk")
	for _, n := range []string{"0", "1", "2", "-1", "999999999999999999999", "1e3", "%31", "first", "k1", "o1"} {
		for _, path := range []string{"/staff/incidents/", "/staff/people/", "/staff/bookings/", "/staff/setup/webhooks/"} {
			if a := c.Refused(404, func() *Answer { return admin.Get(path + n) }); a.Status != 404 {
				c.Logf("%s%s", path, n)
			}
		}
		if a := admin.Get("/staff/plan/history/" + n); a.Status != 200 && a.Status != 404 || strings.Contains(a.Body, "Amt Eins") {
			c.Errorf("%s", a)
		}
		if a := stranger.Get("/staff/plan/history/" + n); a.Status != 403 && a.Status != 404 {
			c.Errorf("%s: a clerk sees the history of the set-up", a)
		}
	}
	for _, id := range []string{c.X().ID, c.Y().ID, c.Z().ID} {
		if len(id) != 26 {
			c.Errorf("the id %s has fewer than 128 random bits", id)
		}
	}
}

func insides(c *C) {
	for _, path := range []string{
		"/_internal", "/_health", "/_status", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/metrics", "/metrics/", "/status", "/server-status", "/admin", "/admin/api", "/.git", "/.git/config", "/.git/HEAD", "/.env", "/swagger", "/swagger-ui/",
		"/swagger.json", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/t1/services", "/graphql", "/actuator", "/actuator/env", "/console", "/wp-login.php", "/phpmyadmin/", "/config.yaml", "/conf.yaml", "/book.db", "/data.key", "/static/", "/static/../conf.yaml",
		"/static/%2e%2e/conf.yaml", "/static/..%2fconf.yaml", "/static//etc/passwd", "/static/%5c..%5cconf.yaml", "/mails", "/mail", "/mailbox", "/outbox", "/demo", "//debug/pprof", "/DEBUG/PPROF", "/t1/debug/pprof", "/.well-known/", "/.well-known/openid-configuration", "/healthz/", "/readyz/x",
	} {
		a := c.Stranger().Get(path)
		if a.Status == 301 || a.Status == 303 || a.Status == 308 {
			a = c.Stranger().Get(strings.TrimPrefix(a.Location(), "http://"+c.target))
		}
		if a.Status != 404 {
			c.Errorf("%s: want 404", a)
		}
	}
	c.Refused(404, func() *Answer { return c.Get("/metrics") })
	for path, body := range map[string]string{"/healthz": `ok\n`, "/readyz": `\{"ready": true, "checks": \[\n(  \{"name":"[a-z]+","ok":true\},?\n)+\]\}\n`} {
		if a := c.Get(path); !regexp.MustCompile("^" + body + "$").MatchString(a.Body) {
			c.Errorf("%s: want %s and nothing more", a, body)
		}
	}
}
