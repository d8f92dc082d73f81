package abuse

import (
	"net/url"
	"strings"
	"time"
)

// personID is the id of an account.
func (c *C) personID(who string) string {
	c.Helper()
	a := c.Person(who)
	return c.Query("SELECT id FROM person WHERE tenant = $1 AND email = $2", a.tenant, a.email)[0][0]
}

func ownRights(c *C) {
	clerk := c.As("t1.clerk.o1")
	id := c.personID("t1.clerk.o1")
	more := url.Values{"name": {"Stella X"}, "role": {"admin"}, "limit": {"*"}, "department": {"o2"}, "tenant": {"t2"}, "password": {"ein-neues-kennwort"}, "password_hash": {"x"}, "external_id": {"1"}, "subject": {"1"}, "email": {"x@amt.example"},
		"grant-role": {"admin"}, "grant-limit": {"*"}, "from": {"2027-03-01"}, "disabled": {"0"}}
	for _, at := range []string{"/staff/people/" + id, "/staff/people/" + id + "/grants", "/staff/people/new", "/staff/people/" + id + "/enable", "/staff/people/" + id + "/invite", "/staff/people/" + id + "/reset-factor", "/staff/people/county", "/staff/setup/tokens", "/staff/tenant", "/staff/tenant/bookings"} {
		c.Refused(403, func() *Answer { return clerk.Form(at, more) })
	}
	before := c.Query("SELECT role, department, tenant, email, password, name FROM person WHERE id = $1", id)[0]
	language := url.Values{"language": {"de"}}
	for k, v := range more {
		language[k] = v
	}
	clerk.Form("/staff/account/language", language)
	if a := clerk.Form("/staff/account/password", url.Values{"old": {"falsch-falsch-falsch"}, "password": {"ein-neues-kennwort"}, "again": {"ein-neues-kennwort"}}); a.Status != 422 {
		c.Errorf("%s: want the old password", a)
	}
	if after := c.Query("SELECT role, department, tenant, email, password, name FROM person WHERE id = $1", id)[0]; strings.Join(after, "|") != strings.Join(before, "|") {
		c.Errorf("the account became %v", after)
	}
	lead := c.As("t1.lead")
	mine := c.personID("t1.lead")
	for _, verb := range []string{"disable", "reset-factor"} { // one's own is for somebody else to decide; the second factor goes with the password
		c.Refused(403, func() *Answer { return lead.Form("/staff/people/"+mine+"/"+verb, url.Values{}) })
	}
	c.refusedBy([]int{403, 422}, func() *Answer {
		return lead.Form("/staff/people/"+mine+"/grants", url.Values{"grant-role": {"admin"}, "grant-limit": {"*"}, "from": {"2027-03-01"}})
	})
}

// Nobody gives more than they have, or decides about who has more. The last admin stays.
func aboveOneself(c *C) {
	own := c.Own(Setting{})
	lead, leadOf1 := own.As("t1.lead"), own.As("t1.lead.o1")
	admin := own.personID("t1.admin")
	clerk := own.personID("t1.clerk.o1")
	for _, x := range []*Client{lead, leadOf1} {
		for _, role := range []string{"admin", "county", "owner", ""} {
			for _, limit := range []string{"*", "", "o1", "all", "tenant"} {
				own.refusedBy([]int{403, 422}, func() *Answer {
					return x.Form("/staff/people/new", url.Values{"name": {"X"}, "email": {"neu@amt.example"}, "role": {role}, "limit": {limit}})
				})
			}
			own.refusedBy([]int{403, 404, 422}, func() *Answer {
				return x.Form("/staff/people/"+clerk, url.Values{"name": {"X"}, "role": {role}, "limit": {"*"}})
			})
			own.refusedBy([]int{403, 422}, func() *Answer {
				return x.Form("/staff/setup/tokens", url.Values{"name": {"X"}, "role": {role}, "department": {"*"}})
			})
		}
		for _, verb := range []string{"/disable", "/reset-factor", "/invite", "/sign-out"} {
			own.refusedBy([]int{403, 404}, func() *Answer { return x.Form("/staff/people/"+admin+verb, url.Values{}) })
		}
	}
	own.refusedBy([]int{403, 404, 422}, func() *Answer { // of the other department
		return leadOf1.Form("/staff/people/"+own.personID("t1.clerk.o2")+"/disable", url.Values{})
	})
	lastAdmin(own)
}

// lastAdmin has two admins take each other's role away, and each close the other's
// account, at the same moment.
func lastAdmin(own *C) {
	own.Helper()
	second := &account{who: "t1.second", tenant: "t1", role: "admin", name: "Stella " + word(), email: strings.ToLower(word()) + "@amt.example", password: secret()}
	if out, said, status := own.CLI(second.password+"\n", "staff add", "--tenant", "t1", "--email", second.email, "--name", second.name, "--role", "admin"); status != 0 {
		own.Fatalf("%s%s", out, said)
	}
	people := map[string]*account{second.who: second}
	for k, v := range own.house.people {
		people[k] = v
	}
	own.house.mould = &mould{engine: own.house.engine, folder: own.house.mould.folder, database: own.house.mould.database, people: people, tokens: own.house.tokens, feeds: own.house.feeds, x: own.house.x, y: own.house.y, z: own.house.z}
	admins := []*Client{own.SignIn("t1.admin"), own.SignIn("t1.second")}
	ids := []string{own.personID("t1.second"), own.personID("t1.admin")}
	own.Race(12, func(i int, _ *Client) *Answer {
		if i%4 < 2 {
			return admins[i%2].Form("/staff/people/"+ids[i%2]+"/disable", url.Values{})
		}
		return admins[i%2].Form("/staff/people/"+ids[i%2], url.Values{"name": {"Stella"}, "role": {"clerk"}, "limit": {"*"}})
	})
	left := own.Query("SELECT id FROM person WHERE tenant = 't1' AND role = 'admin' AND department = '' AND disabled = 0")
	if len(left) != 1 {
		own.Errorf("%d admins are left, want 1", len(left))
	}
}

func aboveDepartment(c *C) {
	planner := c.As("t1.planner.o1")
	whole := townFile()
	file := url.Values{"file": {whole}, "text": {whole}, "yaml": {whole}, "revision": {"1"}}
	for _, at := range []string{"/staff/setup/calendars/k2", "/staff/setup/calendars/k2/retire", "/staff/setup/departments/o2", "/staff/setup/departments/o2/retire", "/staff/setup/services/s1", "/staff/setup/services/s1/retire", "/staff/setup/tenant", "/staff/setup/file", "/staff/setup/logo",
		"/staff/setup/new/departments", "/staff/setup/new/sites", "/staff/setup/sites/r1", "/staff/plan/history/1"} {
		c.refusedBy([]int{403, 404}, func() *Answer { return planner.Form(at, file) })
	}
	a := planner.Get("/staff/setup/calendars/k1")
	for field, value := range map[string]string{"department": "o2", "pool": "k2", "site": "nirgends", "id": "k2"} {
		values := a.Fill(c, "/staff/setup/calendars/k1")
		if field != "site" && !values.Has(field) {
			values.Set(field, value) // is no field of the form: ignored
		}
		values.Set(field, value)
		if got := planner.Form("/staff/setup/calendars/k1", values); got.Status >= 500 {
			c.Errorf("%s", got)
		}
		if row := c.Query("SELECT department FROM calendar WHERE tenant = 't1' AND id = 'k1'"); row[0][0] != "o1" {
			c.Errorf("with %s=%s the calendar went to %s", field, value, row[0][0])
		}
		if row := c.Query("SELECT department FROM calendar WHERE tenant = 't1' AND id = 'k2'"); row[0][0] != "o2" {
			c.Errorf("with %s=%s the other department's calendar went to %s", field, value, row[0][0])
		}
	}
}

// An auditor sees, and does nothing.
func readOnly(c *C) {
	auditor, program := c.As("t1.auditor"), c.Token("t1.auditor")
	x, clerk := "/staff/bookings/"+c.X().ID, "/staff/people/"+c.personID("t1.clerk")
	for _, at := range []string{
		x + "/edit", x + "/resend", x + "/reached", x + "/write-again", x + "/approve", x + "/check-in", x + "/serve", x + "/no-show", x + "/undo", x + "/coming", x + "/not-coming", x + "/take-back", x + "/reject", x + "/cancel", x + "/move", x + "/service",
		"/staff/new", "/staff/walk-in", "/staff/links", "/staff/letters/pause", "/staff/letters/resume", "/staff/calendar/move", "/staff/calendar/take-back", "/staff/incidents", "/staff/people/new", clerk, clerk + "/grants", clerk + "/disable", clerk + "/invite", clerk + "/sign-out",
		"/staff/people/county", "/staff/people/county/close", "/staff/plan/series", "/staff/plan/act", "/staff/plan/closure", "/staff/plan/holidays", "/staff/plan/save", "/staff/plan/history/1", "/staff/setup/tenant", "/staff/setup/logo", "/staff/setup/feeds", "/staff/setup/tokens", "/staff/setup/file",
		"/staff/setup/towns", "/staff/setup/calendars/k1", "/staff/setup/calendars/k1/retire", "/staff/setup/calendars/k1/busy", "/staff/setup/new/services", "/staff/tenant", "/staff/tenant/bookings",
	} {
		c.Refused(403, func() *Answer { return auditor.Form(at, url.Values{"version": {"1"}}) })
	}
	for _, verb := range []string{"approve", "reject", "cancel", "move", "check-in", "serve", "no-show", "coming", "not-coming"} {
		c.Refused(403, func() *Answer {
			return program.JSON("POST", "/api/v1/t1/staff-bookings/"+c.X().ID+"/"+verb, only(verb))
		})
	}
	c.Refused(403, func() *Answer {
		return program.JSON("POST", "/api/v1/t1/staff-bookings", Order(c.Visitor(), "k1", c.Slot("k1"), "s1"))
	})
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		for _, at := range []string{x, "/staff/people", "/staff/setup/calendars/k1", "/staff/day"} {
			c.Refused(405, func() *Answer { return auditor.With("Sec-Fetch-Site: same-origin").Send(method, at, "", "") })
		}
	}
}

func oddJSON(c *C) {
	program := c.Token("t1.admin")
	good := `{"services":[{"id":"s1"}],"calendar":"k1","start":"` + c.Slot("k1").Format(time.RFC3339) + `","name":"X","email":"x@y.example"`
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for body, status := range map[string]int{
		good + `,"overbok":true}`:                        422,
		good + `,"quantity":9007199254740993}`:           422,
		good + `,"note":` + deep + `}`:                   400,
		good + `,"x":` + strings.Repeat(`{"a":`, 10_000): 400,
		deep: 422,
		good + `,"note":"` + strings.Repeat("a", 1<<20) + `"}`: 400,
		good:                                    400,
		good + `}` + good + `}`:                 400,
		`[` + good + `}]`:                       422,
		`null`:                                  422,
		`"` + strings.Repeat("x", 60_000) + `"`: 422,
		good + `,"name":"Y"}`:                   422,
		good + `,"name":1}`:                     422,
		good + `,"name":["X"]}`:                 422,
		good + `,"name":{"$ne":null}}`:          422,
		good + `,"note":"` + "\xff\xfe" + `"}`:  400,
		good + `,"note":"a\u0000b"}`:            422,
		good + `,"overbook":"true"}`:            422,
		strings.Replace(good, `"s1"`, `"s1","quantity":1e400`, 1) + `}`:                422,
		strings.Replace(good, `"s1"`, `"s1","quantity":99999999999999999999`, 1) + `}`: 422,
		strings.Replace(good, `"s1"`, `"s1","quantity":1.5`, 1) + `}`:                  422,
		`{"services":` + strings.Repeat(`[{"id":"s1"}],"services":`, 2000) + `1}`:      422,
	} {
		for _, path := range []string{"/api/v1/t1/staff-bookings", "/api/v1/t1/bookings"} {
			a := c.Refused(status, func() *Answer { return program.JSON("POST", path, body) })
			if a.Status != status {
				c.Errorf("%s with %.120s", path, body[min(len(body), 80):])
			}
			if a.Took > 5*time.Second {
				c.Errorf("%s took %s", a, a.Took)
			}
		}
	}
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data; boundary=x"} {
		c.Refused(415, func() *Answer { return program.Send("POST", "/api/v1/t1/staff-bookings", media, good+"}") })
	}
}
