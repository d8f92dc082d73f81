package abuse

import (
	"net/url"
	"regexp"
	"strings"
)

// A token does what its role does, where it does, until it is revoked.
func apiTokens(c *C) {
	own := c.Own(Setting{})
	x := own.X()
	clerk, other := own.Token("t1.clerk.o1"), own.Token("t1.clerk.o2")
	own.Refused(404, func() *Answer { return other.JSON("POST", "/api/v1/t1/staff-bookings/"+x.ID+"/check-in", nil) })
	own.Refused(403, func() *Answer {
		return own.Token("t1.auditor").JSON("POST", "/api/v1/t1/staff-bookings/"+x.ID+"/cancel", nil)
	})
	own.refusedBy([]int{403, 404, 422}, func() *Answer { // a calendar of the other department
		return other.JSON("POST", "/api/v1/t1/staff-bookings", Order(own.Visitor(), "k1", At(5, "10:00"), "s1"))
	})
	own.Refused(401, func() *Answer { return clerk.Get("/api/v1/t2/bookings?from=2027-03-01&to=2027-03-31") })
	for _, at := range []string{"/staff/day", "/staff/account", "/staff/people", "/staff/setup/tokens", "/docs"} {
		own.Refused(303, func() *Answer { return clerk.Get(at) })
	}
	own.Refused(303, func() *Answer { return clerk.Form("/staff/bookings/"+x.ID+"/check-in", url.Values{}) })
	token := clerk.token
	for _, header := range []string{"Basic " + token, "bearer  " + token + "x", "Bearer", "Bearer " + flipped(token), "Bearer " + strings.ToLower(token), "Token " + token, token, "Bearer " + token + "," + token, "Bearer null", "Bearer " + strings.Repeat("A", 4000)} {
		z := own.Stranger().With("Authorization: " + header)
		own.Refused(401, func() *Answer { return z.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") })
	}
	for _, at := range []string{"?access_token=" + token, "?token=" + token, "?api_key=" + token} { // never by the address
		own.Refused(401, func() *Answer {
			return own.Stranger().Get("/api/v1/t1/bookings" + at + "&from=2027-03-01&to=2027-03-31")
		})
	}
	for _, row := range own.Query("SELECT hash FROM token") {
		if strings.Contains(row[0], token) {
			c.Errorf("the token stands in the database")
		}
	}
	admin := own.As("t1.admin")
	a := admin.Form("/staff/setup/tokens", url.Values{"name": {"Portal"}, "role": {"clerk"}, "department": {"o1"}})
	made := regexp.MustCompile(`\b[A-Z2-7]{26}\b`).FindString(a.Body)
	if made == "" {
		c.Fatalf("%s\n%s", a, a.Body)
	}
	if again := admin.Get("/staff/setup/tokens"); strings.Contains(again.Body, made) {
		c.Errorf("the token is shown a second time")
	}
	program := own.Stranger()
	program.who, program.token = own.Person("t1.clerk.o1"), made
	if a := program.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31"); a.Status != 200 {
		c.Errorf("%s", a)
	}
	id := own.Query("SELECT id FROM token WHERE name = 'Portal'")[0][0]
	for _, who := range []string{"t2.admin", "t1.lead.o1", "t1.clerk"} {
		if y := own.As(who); who != "t1.lead.o1" { // who could have made it may end it
			own.refusedBy([]int{403, 404}, func() *Answer { return y.Form("/staff/setup/tokens/"+id+"/revoke", url.Values{}) })
		}
	}
	if a := admin.Form("/staff/setup/tokens/"+id+"/revoke", url.Values{}); a.Status != 303 {
		c.Errorf("%s", a)
	}
	own.Refused(401, func() *Answer { return program.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") })
	tokensEnd(own)
}

// tokensEnd has tokens of page and command line reach their last day: the day after they
// are refused as those are that never were.
func tokensEnd(own *C) {
	made := own.As("t1.admin").Form("/staff/setup/tokens", url.Values{"name": {"Monat"}, "role": {"clerk"}, "department": {"*"}, "until": {"30"}})
	month := regexp.MustCompile(`\b[A-Z2-7]{26}\b`).FindString(made.Body)
	if month == "" || !strings.Contains(made.Body, "31.03.2027") {
		own.Fatalf("%s\n%s", made, made.Body)
	}
	day := strings.TrimSpace(own.house.must("", "token create", "--tenant", "t1", "--name", "Tag", "--role", "clerk", "--expires", "2027-03-31"))
	for _, wrong := range []string{"2027-02-28", "2029-12-31", "nie"} {
		if out, said, status := own.CLI("", "token create", "--tenant", "t1", "--name", "Ewig", "--role", "clerk", "--expires", wrong); status == 0 || out != "" {
			own.Errorf("--expires %s: %s%s", wrong, out, said)
		}
	}
	bearer := func(token string) *Client {
		x := own.Stranger()
		x.who, x.token = own.Person("t1.clerk"), token
		return x
	}
	doors := []func(*Client) *Answer{
		func(x *Client) *Answer { return x.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") },
		func(x *Client) *Answer { return x.Get("/api/v1/t1/services") }, // where none is needed too
		func(x *Client) *Answer {
			return x.JSON("POST", "/api/v1/t1/staff-bookings", Order(own.Visitor(), "k1", At(40, "10:00"), "s1"))
		},
	}
	own.Clock("733h") // the last hour of the last day; the clocks went forward on the 28th
	for _, token := range []string{month, day} {
		if a := doors[0](bearer(token)); a.Status != 200 {
			own.Errorf("on its last day: %s", a)
		}
	}
	own.Clock("734h")
	own.rest()
	for _, door := range doors {
		unknown := own.Refused(401, func() *Answer { return door(bearer(secret())) })
		for _, token := range []string{month, day} {
			a := own.Refused(401, func() *Answer { return door(bearer(token)) })
			own.Same(unknown, a)
			if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
				own.Errorf("%s: %s", a, kind)
			}
		}
	}
	if a := doors[0](own.Token("t1.clerk")); a.Status != 200 { // good for a year
		own.Errorf("%s", a)
	}
	admin := own.SignIn("t1.admin")
	list := admin.Get("/staff/setup/tokens")
	for _, name := range []string{"Monat", "Tag"} {
		if !regexp.MustCompile(`<strong>` + name + `</strong> <span[^>]*>[^<]*, abgelaufen, galt bis Mi, 31\.03\.2027<`).MatchString(list.Body) {
			own.Errorf("the list does not say that %s has expired: %s\n%s", name, list, list.Body)
		}
	}
	if a := admin.Get("/staff/setup"); !strings.Contains(a.Body, "2 Schlüssel für Programme") {
		own.Errorf("the overview does not point at what has expired: %s", a)
	}
	if list := own.house.must("", "token list", "--tenant", "t1"); strings.Count(list, "2027-03-31 (over)") != 2 {
		own.Errorf("%s", list)
	}
}

// Whoever loses a right loses it with the next request, wherever that goes.
func roleChange(c *C) {
	own := c.Own(Setting{})
	doors := []*Client{own.Client}
	if c.Engine() == postgres {
		doors = append(doors, own.Replica())
	}
	session := own.SignIn("t1.lead").cookies["staff"]
	at := func(door *Client) *Client {
		x := own.Stranger()
		x.target, x.who, x.cookies["staff"] = door.target, own.Person("t1.lead"), session
		return x
	}
	for _, d := range doors {
		if a := at(d).Get("/staff/people"); a.Status != 200 {
			c.Fatalf("%s", a)
		}
	}
	admin, lead := own.As("t1.admin"), own.personID("t1.lead")
	if a := admin.Form("/staff/people/"+lead, url.Values{"name": {own.Person("t1.lead").name}, "role": {"clerk"}, "limit": {"*"}}); a.Status != 303 {
		page := admin.Get("/staff/people/" + lead)
		if a = admin.Form("/staff/people/"+lead, page.Fill(own, "/staff/people/"+lead, "role", "clerk")); a.Status != 303 {
			c.Fatalf("%s\n%s", a, a.Body)
		}
	}
	for _, d := range doors {
		own.Refused(403, func() *Answer { return at(d).Get("/staff/people") })
		own.Refused(403, func() *Answer {
			return at(d).Form("/staff/people/new", url.Values{"name": {"X"}, "email": {"x@amt.example"}, "role": {"clerk"}, "limit": {"*"}})
		})
		own.Refused(403, func() *Answer { return at(d).Get("/staff/setup/file.yaml") })
		if a := at(d).Get("/staff/day"); a.Status != 200 {
			c.Errorf("%s: a clerk still sees the day", a)
		}
	}
	if a := admin.Form("/staff/people/"+lead+"/disable", url.Values{}); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	for _, d := range doors {
		own.Refused(303, func() *Answer { return at(d).Get("/staff/day") })
	}
	id := own.Query("SELECT id FROM token WHERE name = 't1.clerk.o1'")[0][0]
	own.house.must("", "token revoke", "--tenant", "t1", id)
	for _, d := range doors {
		x := own.Stranger()
		x.target, x.token = d.target, own.house.tokens["t1.clerk.o1"]
		own.Refused(401, func() *Answer { return x.Get("/api/v1/t1/bookings?from=2027-03-01&to=2027-03-31") })
	}
}
