package abuse

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
)

// signsIn is one try to sign in.
func signsIn(x *Client, tenant, email, password string) *Answer {
	x.c.Helper()
	return x.Form("/staff/sign-in", url.Values{"tenant": {tenant}, "email": {email}, "password": {password}})
}

// Wrong passwords make who tries them wait, at the account and at the address; not who
// has signed in from their own address before.
func bruteForce(c *C) {
	own := c.Own(Setting{})
	victim := own.Person("t1.clerk")
	desk := own.Stranger()
	desk.who = victim
	if a := signsIn(desk, "t1", victim.email, victim.password); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	tried := func(from func(i int) *Client, email func(i int) string) (refused int) {
		for i := range 15 {
			switch a := signsIn(from(i), "t1", email(i), "falsch-falsch"); a.Status {
			case 429:
				refused++
				if a.Header.Get("Retry-After") == "" {
					c.Errorf("%s: without Retry-After", a)
				}
			case 422:
			default:
				c.Errorf("%s: want 422 or 429", a)
			}
		}
		return refused
	}
	one := own.Stranger()
	if n := tried(func(int) *Client { return one }, func(i int) string { return fmt.Sprintf("person%d@amt.example", i) }); n != 5 {
		c.Errorf("one address at many accounts: %d of 15 refused, want 5", n)
	}
	if n := tried(func(int) *Client { return own.Stranger() }, func(int) string { return victim.email }); n != 5 {
		c.Errorf("many addresses at one account: %d of 15 refused, want 5", n)
	}
	if n := tried(func(int) *Client { return own.Stranger() }, func(int) string { return "niemand@amt.example" }); n != 5 {
		c.Errorf("many addresses at no account: %d of 15 refused, want 5", n)
	}
	own.Refused(429, func() *Answer { return signsIn(own.Stranger(), "t1", victim.email, victim.password) }) // even the right one, from elsewhere
	own.Refused(429, func() *Answer { return signsIn(one, "t1", own.Person("t1.lead").email, own.Person("t1.lead").password) })
	if a := signsIn(desk, "t1", victim.email, victim.password); a.Status != 303 {
		c.Errorf("whom it belongs to is locked out: %s", a)
	}
	if a := own.Stranger().Get("/t1/"); a.Status != 200 {
		c.Errorf("%s", a)
	}
}

// enrol gives an account a second factor, which the code used confirms.
func enrol(c *C, x *Client) (key, used string, recovery []string) {
	c.Helper()
	if a := x.Form("/staff/account/second-factor/begin", url.Values{}); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	page := x.Get("/staff/account/second-factor").Body
	key = strings.ReplaceAll(regexp.MustCompile(`[A-Z2-7]{4}( [A-Z2-7]{1,4}){7}`).FindString(page), " ", "")
	if key == "" {
		c.Fatalf("no key on the page: %s", page)
	}
	used = code(c, key)
	a := x.Form("/staff/account/second-factor/confirm", url.Values{"code": {used}})
	recovery = regexp.MustCompile(`[A-Z2-7]{5}-[A-Z2-7]{5}`).FindAllString(a.Body, -1)
	if a.Status != 200 || len(recovery) == 0 {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	return key, used, recovery
}

// code is what an app shows at the installation's time.
func code(c *C, key string) string {
	c.Helper()
	text, err := totp.GenerateCode(key, time.Now().Add(c.house.lag))
	if err != nil {
		c.Fatal(err)
	}
	return text
}

func secondFactor(c *C) {
	own := c.Own(Setting{})
	who := own.Person("t1.admin")
	key, used, recovery := enrol(own, own.SignIn("t1.admin"))
	half := own.Stranger()
	half.who = who
	if a := signsIn(half, "t1", who.email, who.password); a.Location() != "/staff/sign-in/code" {
		c.Fatalf("%s: want to be asked for a code", a)
	}
	for _, at := range []string{"/staff/", "/staff/day", "/staff/people", "/staff/account", "/staff/account/second-factor", "/staff/setup/file.yaml", "/staff/docs"} {
		if a := own.Refused(303, func() *Answer { return half.Get(at) }); !strings.HasPrefix(a.Location(), "/staff/sign-in") {
			c.Errorf("%s: half in", a)
		}
	}
	own.Refused(303, func() *Answer {
		return half.Form("/staff/account/second-factor/remove", url.Values{"password": {who.password}})
	})
	own.Refused(422, func() *Answer { return half.Form("/staff/sign-in/code", url.Values{"code": {used}}) }) // it confirmed the factor
	own.Clock("35s")
	before := half.cookies["staff"]
	fresh := code(own, key)
	if a := half.Form("/staff/sign-in/code", url.Values{"code": {fresh}}); a.Status != 303 || a.Cookie("staff") == before {
		c.Fatalf("%s: want in, under another secret", a)
	}
	again := own.Stranger()
	signsIn(again, "t1", who.email, who.password)
	own.Refused(422, func() *Answer { return again.Form("/staff/sign-in/code", url.Values{"code": {fresh}}) }) // looked at over a shoulder
	if a := again.Form("/staff/sign-in/code", url.Values{"code": {recovery[0]}}); a.Status != 303 {
		c.Fatalf("%s: want in by a recovery code", a)
	}
	third := own.Stranger()
	signsIn(third, "t1", who.email, who.password)
	own.Refused(422, func() *Answer { return third.Form("/staff/sign-in/code", url.Values{"code": {recovery[0]}}) })
	for i := range 20 {
		third.Form("/staff/sign-in/code", url.Values{"code": {fmt.Sprintf("%06d", i)}})
	}
	own.Refused(429, func() *Answer { return third.Form("/staff/sign-in/code", url.Values{"code": {"123456"}}) })
	own.refusedBy([]int{422, 429}, func() *Answer { // the password stands before weakening it
		return half.Form("/staff/account/second-factor/remove", url.Values{"password": {"falsch-falsch"}})
	})
}

// Nobody comes with the program: neither an account nor a key.
func knownPasswords(c *C) {
	for _, email := range []string{"admin@amt.example", "admin@eins.example", "root@localhost.example", "admin", "demo@example.org", "test@example.org"} {
		for _, password := range []string{"admin", "password", "changeme", "terminvergabe", "demo", "123456", ""} {
			c.refusedBy([]int{422, 429}, func() *Answer { return signsIn(c.Stranger(), "t1", email, password) })
		}
	}
	first, err := os.Stat(c.File("data.key"))
	if err != nil {
		c.Fatal(err)
	}
	if first.Mode().Perm() != 0o600 {
		c.Errorf("data.key has mode %o, want 600", first.Mode().Perm())
	}
	keys := map[string]bool{}
	c.Write("fresh-town.yaml", neighbourFile())
	for range 3 { // three first starts
		folder := c.TempDir()
		c.Write("fresh.yaml", "base_url: http://127.0.0.1:1\ndatabase: "+folder+"/book.db\ndata_key_file: "+folder+"/data.key\nmail: {transport: directory, directory: "+folder+"}\n")
		out, said, status := c.house.cliBy("fresh.yaml", "", "apply", "fresh-town.yaml")
		if status != 0 {
			c.Fatalf("%s%s", out, said)
		}
		info, err := os.Stat(folder + "/data.key")
		if err != nil {
			c.Fatal(err)
		}
		key, err := os.ReadFile(folder + "/data.key")
		if err != nil {
			c.Fatal(err)
		}
		if keys[string(key)] = true; info.Mode().Perm() != 0o600 {
			c.Errorf("a new key has mode %o, want 600", info.Mode().Perm())
		}
	}
	if len(keys) != 3 {
		c.Errorf("three installations have %d keys", len(keys))
	}
}

func passwordLink(c *C) {
	own := c.Own(Setting{})
	who := own.Person("t1.clerk")
	enrol(own, own.SignIn("t1.clerk"))
	link := func() string {
		out := own.house.must("", "staff passwd", "--tenant", "t1", "--email", who.email)
		at := strings.Index(out, "/staff/invitation/")
		if at < 0 {
			c.Fatalf("no link in %s", out)
		}
		return strings.Fields(out[at:])[0]
	}
	opened := link()
	x := own.Stranger()
	x.who = who // whose name the form shows
	for range 2 {
		own.Unchanged(func() {
			if a := x.MayShow().Get(opened); a.Status != 200 || a.Cookie("staff") != "" {
				c.Errorf("%s: want the form, and nobody signed in", a)
			}
		})
	}
	own.Refused(404, func() *Answer { return own.Stranger().Get(flipped(opened)) })
	own.Refused(422, func() *Answer { return x.Form(opened, url.Values{"password": {"passwort"}, "again": {"passwort"}}) })
	password := secret()
	a := x.Form(opened, url.Values{"password": {password}, "again": {password}})
	if a.Status != 303 || x.cookies["staff"] != "" || !strings.HasPrefix(a.Location(), "/staff/sign-in") {
		c.Errorf("%s: want the way to sign in, and nobody signed in", a)
	}
	own.Refused(404, func() *Answer { return x.Form(opened, url.Values{"password": {secret() + "x"}, "again": {secret()}}) })
	if a := signsIn(own.Stranger(), "t1", who.email, password); a.Location() != "/staff/sign-in/code" {
		c.Errorf("%s: want the second factor all the same", a)
	}
	late, replaced := link(), ""
	replaced, late = late, link()
	own.Refused(404, func() *Answer { return own.Stranger().Get(replaced) }) // a newer one ends it
	own.Clock("31m")
	own.Refused(404, func() *Answer { return own.Stranger().Get(late) })
	for _, at := range []string{"/staff/forgot", "/staff/reset", "/staff/password", "/staff/sign-in/forgot", "/staff/invitation", "/staff/invitation/"} { // nobody asks for one but by who manages people
		own.refusedBy([]int{404, 405}, func() *Answer { return own.Stranger().Form(at, url.Values{"email": {who.email}}) })
	}
}

func otherSpelling(section *C) {
	c := section.Own(Setting{}) // wrong passwords count
	who := c.Person("t1.clerk")
	c.refusedBy([]int{422}, func() *Answer { return signsIn(c.Stranger(), "t2", who.email, who.password) })
	local, domain, _ := strings.Cut(who.email, "@")
	for _, email := range []string{local + "+x@" + domain, "ｋ" + local[1:] + "@" + domain, local + "@" + domain + ".", local + "\u200b@" + domain, "\"" + local + "\"@" + domain, who.email + "\x00", who.email + ",x@y.example", local + "@[127.0.0.1]", who.name} {
		c.refusedBy([]int{422}, func() *Answer { return signsIn(c.Stranger(), "t1", email, who.password) })
	}
	if a := signsIn(c.Stranger(), "t1", " "+strings.ToUpper(who.email)+" ", who.password); a.Status != 303 { // capitals make nobody else
		c.Errorf("%s", a)
	}
	out, said, status := c.CLI("ein-langes-kennwort\n", "staff add", "--tenant", "t1", "--email", strings.ToUpper(who.email), "--role", "clerk")
	if status == 0 {
		c.Errorf("a second account with the same address in capitals: %s%s", out, said)
	}
}

// Only what trusted web servers say of addresses counts, and of that the end.
func madeUpAddress(c *C) {
	direct := c.Direct()
	for _, header := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"} {
		last := 0
		for i := range 25 {
			last = direct.With(fmt.Sprintf("%s: 203.0.113.%d", header, i)).Get("/t1/m/" + secret()).Status
		}
		if last != 429 {
			c.Errorf("with another %s each time nobody is slowed", header)
		}
	}
	proxied := c.Stranger()
	chain := strings.Repeat("203.0.113.7, ", 200) + proxied.from
	long := proxied.With("X-Forwarded-For: " + chain)
	for range 25 {
		long.Get("/t1/m/" + secret())
	}
	c.Refused(429, func() *Answer { return proxied.Get("/t1/m/" + secret()) }) // it was always the same client
	for _, broken := range []string{"x", "127.0.0.1, ", ",,,", "1.2.3.4:99999", strings.Repeat("127.0.0.1,", 300), "\u2028", "::1%eth0", "' OR 1=1"} {
		if a := c.From("").With("X-Forwarded-For: " + broken).Get("/t1/"); a.Status != 200 && a.Status != 429 {
			c.Errorf("%s: with the addresses %.40q", a, broken)
		}
	}
	if log := c.Log(); strings.Contains(log, "203.0.113.") || strings.Contains(log, proxied.from) {
		c.Errorf("the log holds a network address")
	}
}

// apart is somebody at the door of a raw connection.
func (c *C) apart(line string, headers ...string) *Answer {
	c.Helper()
	host := "Host: " + c.target + "\r\n"
	for _, h := range headers {
		if strings.HasPrefix(h, "Host:") {
			host = ""
		}
		host += h + "\r\n"
	}
	return c.Raw(line + " HTTP/1.1\r\n" + host + "X-Forwarded-For: " + c.address() + "\r\nConnection: close\r\n\r\n")
}

func openRedirect(c *C) {
	away := func(a *Answer) {
		c.Helper()
		to := a.Location()
		u, err := url.Parse(to)
		if to == "" || err == nil && u.Host == c.target && u.Scheme == "http" {
			return
		}
		if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n") {
			c.Errorf("%s leads away", a)
		}
	}
	targets := []string{"//evil.example", `/\evil.example`, "/%2f/evil.example", "https:evil.example", "///evil.example", "https://evil.example", "/\tevil.example", "/%09/evil.example", "javascript:alert(1)", `\\evil.example`, "/%5cevil.example", "//evil.example/%2e%2e", "/./evil.example//..", "http:///evil.example", "@evil.example", "/%0d%0aLocation:%20https://evil.example"}
	names := []string{"next", "return", "returnTo", "back", "url", "to", "redirect", "redirect_uri", "from", "continue"}
	who := c.Person("t1.clerk")
	clerk := c.As("t1.clerk")
	for _, target := range targets {
		values := url.Values{"lang": {"en"}}
		for _, n := range names {
			values.Set(n, target)
		}
		for _, at := range []string{"/staff/sign-in", "/t1/", "/", "/t1", "/staff/", "/staff", "/docs"} {
			away(c.Stranger().Get(at + "?" + values.Encode()))
			away(clerk.Get(at + "?" + values.Encode()))
		}
		for k, v := range map[string]string{"tenant": "t1", "email": who.email, "password": who.password, "language": "de"} {
			values.Set(k, v)
		}
		away(c.Stranger().Form("/staff/sign-in", values))
		away(clerk.With("Referer: https://evil.example/").Form("/staff/account/language", values))
		if path := strings.ReplaceAll(target, "\t", "%09"); strings.HasPrefix(path, "/") {
			for _, prefix := range []string{"", "/t1", "/staff", "/static"} {
				if a := c.apart("GET " + prefix + path); a != nil {
					away(a)
				}
			}
		}
	}
	c.Harmless("no answer leads to another site")
}

func otherHost(c *C) {
	v := c.Visitor()
	evil := c.Stranger().MayShow(v).ToHost("evil.example").With("X-Forwarded-Host: evil.example").With("X-Forwarded-Proto: https").With("Forwarded: host=evil.example")
	for _, path := range []string{"/", "/t1/", "/t1/times?service=s1", "/staff/sign-in", "/robots.txt", "/sitemap.xml", "/.well-known/security.txt", "/api/v1/openapi.json", "/t1/m/" + secret(), c.X().Manage} {
		a := evil.MayShow(c.X().Visitor).Get(path)
		if a.Status >= 500 || strings.Contains(a.Body, "evil.example") || strings.Contains(fmt.Sprint(a.Header), "evil.example") {
			c.Errorf("%s names the other host", a)
		}
		for _, k := range (&http.Response{Header: a.Header}).Cookies() {
			if k.Domain != "" {
				c.Errorf("%s sets a cookie for the domain %s", a, k.Domain)
			}
		}
	}
	a := evil.JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", c.Slot("k1"), "s1"))
	if strings.Contains(a.Body, "evil.example") || !strings.Contains(a.Body, "http://"+c.target+"/t1/m/") {
		c.Errorf("%s: want links of our own", a)
	}
	c.Booked(v, "k1", "s1", a)
	if m := c.Mail(v.Email, 1)[0]; strings.Contains(m.Text, "evil.example") {
		c.Errorf("the letter names the other host")
	}
	for _, host := range []string{"evil.example\tx", "a b", "", "evil.example/x", "'\"><script>"} {
		if a := c.apart("GET /t1/", "Host: "+host); a != nil && a.Status != 400 && (a.Status != 200 || strings.Contains(a.Body, "<script>")) {
			c.Errorf("Host %q: %s", host, a)
		}
	}
	c.Harmless("links come from the configuration alone")
}
