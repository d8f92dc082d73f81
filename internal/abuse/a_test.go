package abuse

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Section A: access to what is somebody else's, and tokens.
func TestA(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("A1", "a manage link with its last character changed, cut off, longer", flippedLink)
	s.Case("A2", "a program guesses manage links as fast as it can", guesses)
	s.Case("A3", "the secret of a visit at another town, in other letters, with something added", secretElsewhere)
	s.Case("A4", "the number of a visit as its secret; numbers that lead to their neighbours", reference)
	s.Case("A5", "name, address and telephone number of a visitor as their secret", knownWords)
	s.Case("A6", "the id that the staff's pages name a visit by, as a secret; the secret as an id", idAsSecret)
	s.Case("A7", "lists that nobody but the staff may see, in every spelling", lists)
	s.Case("A8", "a clerk asks for a visit of the other department: page, slip, letters, lists, feed", otherDepartment)
	s.Case("A9", "a visit of one's own with a letter, a feed, an incident of somebody else's", mixedIDs)
	s.Case("A10", "an admin of the other town with all ids of this one, and by its host name", otherTown)
	s.Case("A11", "a feed's token as a session and as an API token; one link's secret for another's purpose", wrongPurpose)
	s.Case("A12", "invitation links: revoked, used up, for another service, for another town", invitationLinks)
	s.Case("A13", "the links of a visit that was cancelled, moved, forgotten", linksAfterwards)
	s.Case("A14", "all links of a visit whose data are gone, and a reservation that is over", linksAfterRetention)
	s.Case("A15", "what somebody typed, and the time kept for them, by another browser", draftOfAnother)
	s.Case("A16", "one link to confirm, answered 50 times at once", confirmedFifty)
	s.Case("A17", "exports of another town, department and role", exports)
	s.Case("A18", "things with small numbers, and with ids that can be guessed", smallNumbers)
	s.Case("A19", "handlers of the inside, from outside", insides)
}

// other is a letter that is not the one that a secret ends with.
func flipped(secret string) string {
	if secret[len(secret)-1] == 'A' {
		return secret[:len(secret)-1] + "B"
	}
	return secret[:len(secret)-1] + "A"
}

func flippedLink(c *C) {
	b := c.Book("k1", "s1")
	random := c.Refused(404, func() *Answer { return c.Get("/t1/m/" + secret()) })
	for _, near := range []string{flipped(b.Secret), b.Secret[:len(b.Secret)-1], b.Secret + "A", "A" + b.Secret, b.Secret[:3] + secret()} {
		c.Same(c.Refused(404, func() *Answer { return c.Get("/t1/m/" + near) }), random)
		if a := c.Refused(404, func() *Answer { return c.Get("/api/v1/t1/bookings/" + near) }); a.Code() != "not_found" {
			c.Errorf("%s: want not_found", a)
		}
	}
}

// A million are tried in package prove; here it is seen that the limit holds on each way
// in, and for nobody else.
func guesses(c *C) {
	greedy := c.Stranger()
	hits, refused := 0, 0
	c.Unchanged(func() {
		for i := range 3000 {
			door := []string{"/t1/m/", "/t1/c/", "/t1/p/", "/t1/a/", "/api/v1/t1/bookings/"}[i%5]
			switch a := greedy.Get(door + secret()); a.Status {
			case 404:
				refused++
			case 429:
				if a.Header.Get("Retry-After") == "" {
					c.Errorf("%s: without Retry-After", a)
				}
			default:
				hits++
			}
		}
	})
	if hits != 0 || refused < 1 || refused > 60 {
		c.Errorf("%d hits, and %d of 3,000 guesses were looked at; want none, and at most 20 in a minute", hits, refused)
	}
	c.MayShow(c.X().Visitor)
	if a := c.Stranger().Get(c.X().Manage); a.Status != 200 {
		c.Errorf("somebody else, with a link of their own: %s", a)
	}
	if a := greedy.Get("/t1/"); a.Status != 200 && a.Status != 429 {
		c.Errorf("%s", a)
	}
	c.Refused(429, func() *Answer { return greedy.Get("/t1/m/" + secret()) })
}

func secretElsewhere(c *C) {
	s := c.X().Secret
	for _, path := range []string{
		"/t2/m/" + s, "/T1/m/" + s, "/t3/m/" + s, "/t1/M/" + s, "/t1/m/" + strings.ToLower(s), "/t1/m/" + s + "%20", "/t1/m/%20" + s, "/t1/m/" + s + "%00", "/t1/m/" + s + "%0a", "/t1/m/" + s + "=",
		"/t1/m/" + s + ".json", "/t1/m/*", "/t1/m/%25", "/t1/m/_", "/t1/m/" + strings.Repeat("A", 2000), "/t1/m/" + s + "%ff",
		"/api/v1/t2/bookings/" + s, "/api/v1/t1/bookings/" + strings.ToLower(s), "/api/v1/t1/bookings/" + s + "%20", "/api/v1/t1/bookings/" + s + ".json", "/feeds/" + s + ".ics", "/staff/invitation/" + s,
	} {
		c.Refused(404, func() *Answer { return c.Stranger().Get(path) })
	}
	for _, path := range []string{"/t1/m/?secret=" + s, "/t1/m?secret=" + s, "/t1//m/" + s + "/../" + s + "x", "/t1/m/x/..%2f" + s + "x"} {
		if a := c.Stranger().Get(path); a.Status == 200 {
			c.Errorf("%s: want no page", a)
		}
	}
}

// Numbers are said at counters and shown on boards. They open nothing, and each is as far
// from the next as chance has it.
func reference(c *C) {
	number := c.X().Reference
	for _, word := range []string{number, strings.ReplaceAll(number, "-", ""), strings.ToLower(number)} {
		for _, door := range []string{"/t1/m/", "/t1/c/", "/t1/p/", "/t1/a/", "/feeds/", "/api/v1/t1/bookings/"} {
			c.Refused(404, func() *Answer { return c.Stranger().Get(door + word) })
		}
	}
	var rest []string
	for range 8 {
		b := c.Book("wide", "s1")
		rest = append(rest, b.Reference[3:])
		if strings.Contains(b.Secret[3:], strings.ReplaceAll(b.Reference, "-", "")[3:]) {
			c.Errorf("the secret %s holds the number %s", b.Secret, b.Reference)
		}
	}
	slices.Sort(rest)
	if n := len(slices.Compact(rest)); n != 8 {
		c.Errorf("eight visits have %d numbers, leaving aside what says when: %v", n, rest)
	}
}

func knownWords(c *C) {
	v := c.X().Visitor
	_, family, _ := strings.Cut(v.Name, " ")
	random := c.Refused(404, func() *Answer { return c.Get("/t1/m/" + secret()) })
	for _, word := range []string{family, strings.ToLower(family), v.Name, v.Email, v.Phone, "1970-01-01", "01.01.1970", "0", "1", "admin", "null", "undefined", "me"} {
		a := c.Refused(404, func() *Answer { return c.Stranger().Get("/t1/m/" + url.PathEscape(word)) })
		c.Same(a, random, word, url.QueryEscape("/t1/m/"+word), url.PathEscape(word))
		c.Refused(404, func() *Answer { return c.Stranger().Get("/api/v1/t1/bookings/" + url.PathEscape(word)) })
	}
}

func idAsSecret(c *C) {
	x := c.X()
	for _, door := range []string{"/t1/m/", "/t1/c/", "/t1/p/", "/t1/a/", "/api/v1/t1/bookings/"} {
		c.Refused(404, func() *Answer { return c.Stranger().Get(door + x.ID) })
	}
	clerk, program := c.As("t1.clerk"), c.Token("t1.clerk")
	clerk.MayShow(x.Visitor)
	for _, path := range []string{"/staff/bookings/" + x.Secret, "/staff/bookings/" + x.Reference, "/staff/bookings/" + x.Secret + "/slip"} {
		c.Refused(404, func() *Answer { return clerk.Get(path) })
	}
	for _, verb := range []string{"cancel", "check-in", "approve", "no-show"} {
		c.Refused(404, func() *Answer { return program.JSON("POST", "/api/v1/t1/staff-bookings/"+x.Secret+"/"+verb, nil) })
	}
}

// A list is for the staff, whatever way it is written.
func lists(c *C) {
	for _, query := range []string{"", "?from=2027-03-01&to=2027-03-31", "?email=" + c.X().Visitor.Email, "?calendar=k1", "?limit=1000"} {
		for _, method := range []string{"GET", "HEAD"} {
			c.Refused(401, func() *Answer { return c.Stranger().Send(method, "/api/v1/t1/bookings"+query, "", "") })
		}
	}
	for _, at := range []string{
		"bookings/", "bookings.json", "bookings.csv", "bookings.ics", "Bookings", "BOOKINGS", "booking", "/bookings", "bookings//", "bookings/%2e", "bookings%2f", "%62ookings/../bookings", "bookings;x=1", "bookings/.json", "bookings/*",
		"staff-bookings", "staff-bookings/", "staff-bookings/" + c.X().ID, "visitors", "people", "users", "export", "outbox", "journal", "bookings/all", "../t1/bookings/",
	} {
		a := c.Stranger().Get("/api/v1/t1/" + at)
		if a.Status/100 == 3 {
			a = c.Stranger().Get(strings.TrimPrefix(a.Location(), "http://"+c.target))
		}
		if a.Status != 401 && a.Status != 404 && a.Status != 405 {
			c.Errorf("%s: want 401 or 404", a)
		}
	}
	for _, method := range []string{"OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"} {
		c.Refused(405, func() *Answer { return c.Stranger().Send(method, "/api/v1/t1/bookings", "", "") })
	}
	for _, at := range []string{"/staff/day", "/staff/find", "/staff/letters", "/staff/day/list.pdf", "/staff/figures/figures.csv", "/staff/journal/journal.csv", "/staff/calendar/events", "/staff/people", "/staff/setup/file.yaml"} {
		a := c.Refused(303, func() *Answer { return c.Stranger().Get(at) }) // for people: the way to sign in
		if a.Location() != "/staff/sign-in" {
			c.Errorf("%s: want the way to sign in", a)
		}
	}
}

// only is the body that an act on a visit wants.
func only(verb string) any {
	if verb == "move" {
		return map[string]any{"start": At(8, "08:00")}
	}
	return nil
}

// What belongs to the other department does not exist.
func otherDepartment(c *C) {
	x := c.X()
	clerk, program := c.As("t1.clerk.o2"), c.Token("t1.clerk.o2")
	at := "/staff/bookings/" + x.ID
	for _, path := range []string{"", "/edit", "/slip", "/move", "/service", "/cancel", "/reject"} {
		there := c.Refused(404, func() *Answer { return clerk.Get(at + path) })
		nowhere := c.Refused(404, func() *Answer { return clerk.Get("/staff/bookings/" + secret() + path) })
		c.Same(there, nowhere, x.ID)
	}
	for _, path := range []string{"/edit", "/resend", "/reached", "/write-again", "/approve", "/check-in", "/serve", "/no-show", "/undo", "/coming", "/take-back", "/cancel", "/move", "/service"} {
		c.Refused(404, func() *Answer { return clerk.Form(at+path, url.Values{"version": {"1"}}) })
	}
	for _, verb := range []string{"approve", "reject", "cancel", "move", "check-in", "serve", "no-show", "coming"} {
		c.Refused(404, func() *Answer {
			return program.JSON("POST", "/api/v1/t1/staff-bookings/"+x.ID+"/"+verb, only(verb))
		})
	}
	for _, path := range []string{"/staff/day?date=2027-03-02", "/staff/day?date=2027-03-02&calendar=k1", "/staff/day/list.pdf?date=2027-03-02", "/staff/calendar?date=2027-03-02"} {
		if a := clerk.Get(path); a.Status != 200 && a.Status != 404 { // and shows nobody of o1: a canary
			c.Errorf("%s", a)
		}
	}
	for _, word := range []string{x.Visitor.Name, x.Visitor.Email, x.Visitor.Phone, x.Reference} {
		if a := clerk.Form("/staff/find", url.Values{"q": {word}}); a.Status == 303 || strings.Contains(a.Body, x.ID) {
			c.Errorf("%s: a search finds a visit of the other department", a)
		}
	}
	if a := program.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31"); a.Status != 200 || strings.Contains(a.Body, x.ID) || !strings.Contains(a.Body, c.Y().ID) {
		c.Errorf("%s: want Y and not X", a)
	}
}

// Of two things in one address each has to be one's own, and belong to the other.
func mixedIDs(c *C) {
	x, y := c.X(), c.Y()
	clerk := c.As("t1.clerk.o2")
	clerk.MayShow(y.Visitor)
	letter := func(b *Booking) string { return "booked-" + fmt.Sprint(len(b.ID)) }
	for _, path := range []string{"/staff/bookings/" + y.ID + "/letters/" + x.ID + "/again", "/staff/bookings/" + x.ID + "/letters/" + letter(y) + "/again"} {
		c.Refused(404, func() *Answer { return clerk.Form(path, url.Values{}) })
	}
	mine := c.Book("k1", "s1")
	c.MayShow(mine.Visitor)
	c.Form(mine.Manage+"/calendar", url.Values{"alarm": {"0"}})
	feed := c.Query("SELECT feed FROM feed_visit WHERE booking = $1", mine.ID)
	if len(feed) != 1 {
		c.Fatalf("a calendar of one's own: %v", feed)
	}
	c.Refused(404, func() *Answer { return c.Form(y.Manage+"/calendar/"+feed[0][0]+"/end", url.Values{}) })
	official := c.Query("SELECT id FROM feed WHERE tenant = 't1' AND scope = 'calendar'")
	for _, id := range official {
		c.Refused(404, func() *Answer { return c.Form(mine.Manage+"/calendar/"+id[0]+"/end", url.Values{}) })
	}
	for _, who := range []string{"t1.clerk.o2", "t2.clerk"} {
		session := c.Query("SELECT session.id FROM session JOIN person ON person.id = session.person WHERE person.email = $1", c.signedIn("t1.clerk.o1").email)
		x := c.As(who)
		c.Refused(404, func() *Answer {
			return x.Form("/staff/account/sessions/"+session[0][0]+"/end", url.Values{})
		})
		c.Refused(404, func() *Answer { return x.Form("/staff/account/feeds/"+official[0][0]+"/revoke", url.Values{}) })
	}
}

// signedIn is an account with a session.
func (c *C) signedIn(who string) *account {
	c.Helper()
	return c.As(who).who
}

// foreign are addresses that name something of t1.
func foreign(c *C) (show, act []string) {
	one := func(query string) string { return c.Query(query)[0][0] }
	person := one("SELECT id FROM person WHERE tenant = 't1' AND role = 'clerk' AND department = 'o1'")
	booking := "/staff/bookings/" + c.X().ID
	people := "/staff/people/" + person
	show = []string{booking, booking + "/edit", booking + "/slip", booking + "/move", booking + "/cancel", booking + "/service", people, people + "/disable", people + "/reset-factor",
		"/staff/setup/calendars/k1", "/staff/setup/departments/o1", "/staff/setup/calendars/k1/retire", "/staff/setup/calendars/k1/busy", "/staff/new/done/" + c.X().ID}
	for _, verb := range []string{"check-in", "no-show", "cancel", "resend", "move", "edit"} {
		act = append(act, booking+"/"+verb)
	}
	for _, verb := range []string{"", "/grants", "/disable", "/enable", "/reset-factor", "/invite", "/sign-out"} {
		act = append(act, people+verb)
	}
	return show, append(act, "/staff/setup/tokens/"+one("SELECT id FROM token WHERE tenant = 't1'")+"/revoke", "/staff/setup/feeds/"+one("SELECT id FROM feed WHERE tenant = 't1'")+"/revoke",
		"/staff/setup/calendars/k1", "/staff/setup/calendars/k1/retire", "/staff/setup/departments/o1", "/staff/setup/calendars/k1/busy")
}

func otherTown(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.Replace(townFile(), "tenant: {id: t1, ", "tenant: {id: t1, host: eins.localhost, ", 1)); status != 0 {
		c.Fatal(text)
	}
	admin, program := own.As("t2.admin"), own.Token("t2.admin")
	show, act := foreign(own)
	for _, at := range []*Client{admin, admin.ToHost("eins.localhost")} {
		for _, path := range show {
			own.Refused(404, func() *Answer { return at.Get(path) })
		}
		for _, path := range act {
			own.Refused(404, func() *Answer { return at.Form(path, url.Values{"name": {"x"}, "role": {"admin"}, "version": {"1"}}) })
		}
	}
	for _, path := range []string{"bookings?from=2027-03-01&to=2027-03-31", "explain?service=s1&calendar=k1&start=2027-03-02T08:00:00%2B01:00"} {
		own.Refused(401, func() *Answer { return program.Get("/api/v1/t1/" + path) })
		own.Refused(401, func() *Answer { return program.ToHost("eins.localhost").Get("/api/v1/t1/" + path) })
	}
	order := Order(own.Visitor(), "k1", At(5, "10:00"), "s1")
	own.Refused(401, func() *Answer { return program.JSON("POST", "/api/v1/t1/staff-bookings", order) })
	own.Refused(422, func() *Answer { return program.JSON("POST", "/api/v1/t2/staff-bookings", order) }) // it has no such calendar
	for _, verb := range []string{"cancel", "check-in", "approve"} {
		for town, status := range map[string]int{"t1": 401, "t2": 404} {
			own.Refused(status, func() *Answer {
				return program.JSON("POST", "/api/v1/"+town+"/staff-bookings/"+own.X().ID+"/"+verb, nil)
			})
		}
	}
}

func wrongPurpose(c *C) {
	token := c.Feed("k1.full")[len("/feeds/") : len(c.Feed("k1.full"))-len(".ics")]
	x := c.Stranger()
	x.token = token
	c.Refused(401, func() *Answer { return x.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") })
	for _, s := range []string{token, c.house.tokens["t1.admin"], c.X().Secret} {
		y := c.Stranger()
		y.cookies["staff"] = s
		if a := c.Refused(303, func() *Answer { return y.Get("/staff/day") }); a.Location() != "/staff/sign-in" {
			c.Errorf("%s: want the sign-in page", a)
		}
	}
	session := c.SignIn("t1.clerk").cookies["staff"]
	b := c.Book("mail", "s1")
	yes := linkOf(c, c.Mail(b.Visitor.Email, 1)[0], "c")[len("/t1/c/"):]
	for name, s := range map[string]string{"session": session, "to confirm": yes, "API token": c.house.tokens["t1.admin"], "feed": token} {
		for _, path := range []string{"/t1/m/" + s, "/t1/m/" + s + "/cancel", "/t1/p/" + s, "/t1/a/" + s, "/t1/i/" + s + "/", "/staff/invitation/" + s, "/api/v1/t1/bookings/" + s} {
			if a := c.Refused(404, func() *Answer { return c.Stranger().Get(path) }); a.Status != 404 {
				c.Errorf("with a secret for %s", name)
			}
		}
		for _, verb := range []string{"move", "cancel"} {
			c.Refused(404, func() *Answer {
				return c.Stranger().JSON("POST", "/api/v1/t1/bookings/"+s+"/"+verb, only(verb))
			})
		}
	}
	for _, s := range []string{session, token, c.house.tokens["t1.admin"], b.Secret} {
		c.Refused(404, func() *Answer { return c.Stranger().JSON("POST", "/api/v1/t1/bookings/"+s+"/confirm", nil) })
	}
	for _, s := range []string{session, yes, c.X().Secret, secret()} {
		z := c.Stranger()
		z.token = s
		c.Refused(401, func() *Answer { return z.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") })
		c.Refused(404, func() *Answer { return c.Stranger().Get("/feeds/" + s + ".ics") })
	}
}
