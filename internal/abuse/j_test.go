package abuse

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Section J: sessions, signing in, other sites, hosts.
func TestJ(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("J1", "forms sent from other sites; every page opened twice", crossSite)
	s.Case("J2", "a session set from outside, an old one, one after signing out and a new password", fixedSession)
	s.Case("J3", "a session left alone, one of a long day, one of an account that is closed", oldSession)
	s.Case("J4", "signing in without a password, with several, with a program's body, to no account", emptyPassword)
	s.Case("J5", "passwords tried at one account and at many, from one address and from many", bruteForce)
	s.Case("J6", "the second factor: gone round, tried out, its codes used twice", secondFactor)
	s.Case("J7", "passwords that everybody knows; keys that every installation has", knownPasswords)
	s.Case("J8", "a link for a new password: opened, used twice, late, past the second factor; asked for again and again", passwordLink)
	s.Case("J9", "an account's password at another town, and its address spelled otherwise", otherSpelling)
	s.Case("J10", "network addresses that are made up", madeUpAddress)
	s.Case("J11", "addresses of other sites where ours lead on", openRedirect)
	s.Case("J12", "another host's name in links, letters and cookies", otherHost)
	s.Case("J13", "sign-on: an address that is not verified, another's address, another's answer", signOn)
	s.Case("J14", "sign-on: the provider is down, slow, gives other keys", providerDown)
	s.Case("J15", "sign-on: passwords where they are not let in; coming back without having left", signOnOnly)
	s.Case("J16", "API tokens: beyond their office, their verbs, their end; at pages", apiTokens)
	s.Case("J17", "a role that changes, an account that is closed, on every service at once", roleChange)
}

// unsafe are addresses that change something, with a body that would do.
func unsafe(c *C) map[string]url.Values {
	x, b := c.X(), c.X().Manage
	list := map[string]url.Values{
		"/t1/reserve": {"service": {"s1*1"}, "slot": {"k1@2027-03-20T08:00:00+01:00"}}, "/t1/review": {}, "/t1/book": {}, "/t1/details": {}, "/t1/choose": {}, "/t1/links": {"email": {x.Visitor.Email}}, "/t1/barrier": {"text": {"x"}},
		b + "/cancel": {}, b + "/move": {"slot": {"k1@2027-03-20T08:00:00+01:00"}}, b + "/contact": {"email": {"x@y.example"}}, b + "/coming": {}, b + "/calendar": {"alarm": {"0"}},
		"/staff/sign-in":   {"tenant": {"t1"}, "email": {c.Person("t1.clerk").email}, "password": {c.Person("t1.clerk").password}},
		"/api/v1/t1/holds": {}, "/api/v1/t1/bookings": {}, x.API + "/cancel": {}, x.API + "/move": {},
	}
	staff := "/staff/bookings/" + x.ID
	for _, at := range []string{staff + "/check-in", staff + "/no-show", staff + "/cancel", staff + "/move", staff + "/edit", staff + "/resend", "/staff/new", "/staff/walk-in", "/staff/links", "/staff/find", "/staff/letters/pause", "/staff/incidents", "/staff/people/new", "/staff/setup/tenant", "/staff/setup/feeds",
		"/staff/setup/tokens", "/staff/setup/file", "/staff/plan/save", "/staff/plan/closure", "/staff/account/password", "/staff/account/language", "/staff/account/sessions/end", "/staff/account/second-factor/begin", "/staff/sign-out", "/staff/people/" + c.personID("t1.clerk") + "/disable"} {
		list[at] = url.Values{"version": {"1"}}
	}
	return list
}

// A form of another site is refused by what browsers say of it themselves (all since
// 2023): there is no token to steal. A program that says nothing of where it comes from
// carries no cookie of a browser.
func crossSite(c *C) {
	admin := c.As("t1.admin")
	for _, headers := range [][]string{{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"}, {"Origin: https://evil.example"}, {"Origin: null"}, {"Origin: http://" + c.target + ".evil.example"}, {"Sec-Fetch-Site: cross-site", "Origin: http://" + c.target}} {
		x := admin
		for _, h := range headers {
			x = x.With(h)
		}
		before := c.Digest()
		for at, values := range unsafe(c) {
			if a := x.Send("POST", at, "application/x-www-form-urlencoded", values.Encode()); a.Status != 403 {
				c.Errorf("%v: %s, want 403", headers, a)
			} else {
				c.says("403")
			}
		}
		for table, rows := range c.Digest() {
			if rows != before[table] {
				c.Errorf("%v: the table %s is other than before", headers, table)
			}
		}
	}
	crawl(c, admin.MayShow(c.X().Visitor))
}

// crawl opens every page that can be reached, twice.
func crawl(c *C, x *Client) {
	c.Helper()
	seen := map[string]int{} // by the form of the address
	queue := []string{"/", "/t1/", c.X().Manage, "/staff/", "/staff/docs", "/api/v1/openapi.json", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/healthz", "/readyz"}
	c.Unchanged(func() {
		for n := 0; len(queue) > 0 && n < 400; n++ {
			path := queue[0]
			queue = queue[1:]
			for _, method := range []string{"GET", "HEAD"} {
				a := x.Send(method, path, "", "")
				if strings.HasPrefix(a.Location(), "/") {
					queue = append(queue, add(seen, a.Location())...)
				}
				if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && method == "GET" {
					for _, link := range a.Links(c) {
						queue = append(queue, add(seen, link)...)
					}
				}
			}
		}
	})
	if len(seen) < 60 {
		c.Errorf("only %d kinds of pages were found", len(seen))
	}
	c.Harmless(fmt.Sprintf("%d kinds of pages opened twice: nothing changed", len(seen)/10*10))
}

// add is an address to be opened, unless one of its form has been.
func add(seen map[string]int, link string) []string {
	at, query, _ := strings.Cut(link, "?")
	form := at
	if values, err := url.ParseQuery(query); err == nil {
		for k := range values {
			form += "," + k
		}
	}
	if parts := strings.Split(at, "/"); len(parts) > 4 && parts[1] == "staff" {
		form = strings.Join(append(parts[:3], parts[4:]...), "/")
	}
	if seen[form]++; seen[form] > 1 || strings.HasSuffix(at, "/events") || strings.HasSuffix(at, "/slip") { // a stream without end; the paper for the visitor, with their link
		return nil
	}
	return []string{link}
}

func fixedSession(c *C) {
	fixed := c.Stranger()
	a := c.Person("t1.clerk")
	for _, name := range []string{"staff", "__Host-staff", "session", "JSESSIONID"} {
		fixed.cookies[name] = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	}
	c.Refused(303, func() *Answer { return fixed.Get("/staff/day") })
	in := fixed.Form("/staff/sign-in", url.Values{"tenant": {a.tenant}, "email": {a.email}, "password": {a.password}})
	first := in.Cookie("staff")
	if in.Status != 303 || first == "" || first == "AAAAAAAAAAAAAAAAAAAAAAAAAA" {
		c.Fatalf("%s: want a session of its own", in)
	}
	if set := in.Header.Get("Set-Cookie"); !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || strings.Contains(set, "Domain") {
		c.Errorf("the cookie is %s", set)
	}
	fixed.who = a
	second := fixed.Form("/staff/sign-in", url.Values{"tenant": {a.tenant}, "email": {a.email}, "password": {a.password}}).Cookie("staff")
	if second == "" || second == first {
		c.Errorf("signing in again keeps the session")
	}
	with := func(s string) *Client {
		x := c.Stranger()
		x.who, x.cookies["staff"] = a, s
		return x
	}
	c.Refused(303, func() *Answer { return with(first).Get("/staff/day") }) // ended by the second
	other := c.SignIn("t1.clerk")
	if a := with(second).Form("/staff/sign-out", url.Values{}); a.Status != 303 {
		c.Errorf("%s", a)
	}
	c.Refused(303, func() *Answer { return with(second).Get("/staff/day") })
	if a := other.Get("/staff/day"); a.Status != 200 {
		c.Errorf("another session of the same person ended too: %s", a)
	}
	own := c.Own(Setting{})
	here, there := own.SignIn("t1.clerk"), own.SignIn("t1.clerk")
	password := secret()
	if a := here.Form("/staff/account/password", url.Values{"old": {a.password}, "password": {password}, "again": {password}}); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	own.Refused(303, func() *Answer { return there.Get("/staff/day") })
}

func oldSession(c *C) {
	own := c.Own(Setting{})
	clerk, left := own.SignIn("t1.clerk"), own.SignIn("t1.reception")
	gone := own.SignIn("t1.clerk.o2")
	if out, said, status := own.CLI("", "staff disable", "--tenant", "t1", "--email", own.Person("t1.clerk.o2").email); status != 0 {
		c.Fatalf("%s%s", out, said)
	}
	own.Refused(303, func() *Answer { return gone.Get("/staff/day") })
	for _, hours := range []string{"1h50m", "3h40m", "5h30m", "7h20m", "9h10m", "11h"} {
		own.Clock(hours)
		if a := clerk.Get("/staff/account"); a.Status != 200 {
			c.Fatalf("after %s of work: %s", hours, a)
		}
	}
	own.rest()
	own.Refused(303, func() *Answer { return left.Get("/staff/day") }) // two hours unused
	own.Clock("12h1m")
	own.rest()
	own.Refused(303, func() *Answer { return clerk.Get("/staff/day") }) // a day's work is over
	own.Clock("1m")
	own.Refused(303, func() *Answer { return gone.Get("/staff/day") })
}

func emptyPassword(c *C) {
	who := c.Person("t1.clerk")
	good := url.Values{"tenant": {"t1"}, "email": {who.email}, "password": {who.password}}
	with := func(change func(url.Values)) url.Values {
		v := url.Values{}
		for k, list := range good {
			v[k] = slices.Clone(list)
		}
		change(v)
		return v
	}
	for _, v := range []url.Values{
		with(func(v url.Values) { v.Set("password", "") }), with(func(v url.Values) { v.Del("password") }), with(func(v url.Values) { v.Del("password"); v.Set("code", "000000") }), with(func(v url.Values) { v["password[]"] = v["password"]; v.Del("password") }),
		with(func(v url.Values) { v["password"] = []string{"falsch", who.password} }), with(func(v url.Values) { v.Del("email") }), with(func(v url.Values) { v["email"] = []string{"x@y.example", who.email} }), with(func(v url.Values) { v.Del("tenant") }),
		with(func(v url.Values) { v.Set("tenant", "") }), with(func(v url.Values) { v.Set("tenant", "*") }), with(func(v url.Values) { v.Set("password", " "+who.password) }), with(func(v url.Values) { v.Set("password", strings.ToLower(who.password)) }),
		with(func(v url.Values) { v.Set("password", who.password+"\x00") }), with(func(v url.Values) { v.Set("password", "' OR '1'='1") }), with(func(v url.Values) { v.Set("email", "' OR 1=1 --") }), with(func(v url.Values) { v.Set("password", strings.Repeat("x", 5000)) }), {},
	} {
		c.refusedBy([]int{422, 400}, func() *Answer { return c.Stranger().Form("/staff/sign-in", v) })
	}
	for media, body := range map[string]string{"application/json": `{"tenant":"t1","email":"` + who.email + `","password":{"$ne":""}}`, "text/plain": good.Encode(), "multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n\r\n--x--\r\n"} {
		c.refusedBy([]int{400, 415, 422}, func() *Answer {
			return c.Stranger().With("Sec-Fetch-Site: same-origin").Send("POST", "/staff/sign-in", media, body)
		})
	}
	closed := c.Person("t1.disabled")
	right := c.refusedBy([]int{422}, func() *Answer {
		return c.Stranger().Form("/staff/sign-in", url.Values{"tenant": {"t1"}, "email": {closed.email}, "password": {closed.password}})
	})
	wrong := c.refusedBy([]int{422}, func() *Answer {
		return c.Stranger().Form("/staff/sign-in", url.Values{"tenant": {"t1"}, "email": {closed.email}, "password": {"falsch-falsch"}})
	})
	nobody := c.refusedBy([]int{422}, func() *Answer {
		return c.Stranger().Form("/staff/sign-in", url.Values{"tenant": {"t1"}, "email": {"niemand@amt.example"}, "password": {"falsch-falsch"}})
	})
	c.Same(right, wrong)
	c.Same(wrong, nobody, closed.email, "niemand@amt.example")
	c.Refused(405, func() *Answer { return c.With("Sec-Fetch-Site: same-origin").Send("PUT", "/staff/sign-in", "", "") })
	c.refusedBy([]int{200}, func() *Answer { // in the address it counts for nothing
		return c.Stranger().Get("/staff/sign-in?" + good.Encode())
	})
}
