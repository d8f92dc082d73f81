package people_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// keep shows a page in both languages, and keeps it for the accessibility run.
func (h *house) keep(path, state string) {
	h.Helper()
	for _, lang := range []string{"de", "en"} {
		pagetest.Keep(h.T, "people-"+state+"-"+lang, h.get(path+"?lang="+lang).want(200).Body.String())
	}
}

// TestStates shows every page empty, with one person, full, with mistakes, and with the
// longest names.
func TestStates(t *testing.T) {
	h := open(t)
	h.person("chefin", agenda.Admin, "")
	h.as("chefin")
	h.keep("/staff/people", "list-one")
	h.keep("/staff/people/new", "new-empty")
	pagetest.Keep(t, "people-new-wrong-de", h.post("/staff/people/new", "name", "Nora", "email", "nora").want(422).Body.String())
	h.keep("/staff/people/county", "county-closed")
	pagetest.Keep(t, "people-county-wrong-de", h.post("/staff/people/county", "to", "2030-01-01").want(422).Body.String())
	h.post("/staff/people/county", "to", "2026-07-20").to("/staff/people/county")
	h.keep("/staff/people/county", "county-open")
	long := strings.Repeat("Verwaltungsgemeinschaftsangelegenheit ", 5)
	for i := range 30 {
		role := agenda.Roles()[i%5]
		id, err := h.accounts.AddPerson(t.Context(), auth.NewPerson{Tenant: town, Email: fmt.Sprintf("person%02d@musterstadt.example", i), Name: fmt.Sprint(long[:20+i*5], i), Role: role, Department: "soziales"})
		h.must(err)
		if i%4 == 0 {
			h.post("/staff/people/"+id+"/grants", "grant-role", "lead", "grant-limit", "calendar-soziales", "from", "2026-07-08", "to", "2026-07-10").to("/staff/people/")
		}
		if i%7 == 1 {
			h.post("/staff/people/" + id + "/disable").to("/staff/people/")
			h.keepOnce(i == 1, "/staff/people/"+id, "member-closed")
		}
		h.keepOnce(i == 0, "/staff/people/"+id, "member-deputy")
		h.keepOnce(i == 0, "/staff/people/"+id+"/disable", "ask")
		if i == 0 {
			pagetest.Keep(t, "people-member-wrong-de", h.post("/staff/people/"+id, "name", "").want(422).Body.String())
			pagetest.Keep(t, "people-grant-wrong-de", h.post("/staff/people/"+id+"/grants", "from", "gestern").want(422).Body.String())
		}
	}
	h.keep("/staff/people", "list-full")
	h.keep("/staff/people/"+h.idOf("chefin"), "member-self")
	h.ownStates()
	h.countyStates()
}

func (h *house) keepOnce(now bool, path, state string) {
	h.Helper()
	if now {
		h.keep(path, state)
	}
}

func (h *house) ownStates() {
	h.Helper()
	h.as("chefin")
	h.keep("/staff/account", "account")
	pagetest.Keep(h.T, "people-account-wrong-de", h.post("/staff/account/password", "old", "x").want(422).Body.String())
	h.keep("/staff/account/second-factor", "factor-none")
	p := h.post("/staff/account/second-factor/begin").to("/staff/account/second-factor")
	h.keep("/staff/account/second-factor", "factor-begun")
	secret := strings.ReplaceAll(regexp.MustCompile(`class="secret">([A-Z2-7 ]+)<`).FindStringSubmatch(p.Body.String())[1], " ", "")
	pagetest.Keep(h.T, "people-factor-wrong-de", h.post("/staff/account/second-factor/confirm", "code", "1").want(422).Body.String())
	pagetest.Keep(h.T, "people-codes-de", h.post("/staff/account/second-factor/confirm", "code", code(h.T, secret, h.clock.Now())).want(200).Body.String())
	h.keep("/staff/account/second-factor", "factor-on")
	pagetest.Keep(h.T, "people-factor-refused-de", h.post("/staff/account/second-factor/codes", "password", "x").want(422).Body.String())
	h.clock.Advance(time.Minute)
	h.as("chefin")
	h.keep("/staff/sign-in/code", "code")
	pagetest.Keep(h.T, "people-code-wrong-de", h.post("/staff/sign-in/code", "code", "1").want(422).Body.String())
}

func (h *house) countyStates() {
	h.Helper()
	for i := range 3 {
		s := desktest.Musterstadt()
		s.Tenant.ID, s.Tenant.Name = fmt.Sprint("ort", i), agenda.Plain(strings.Repeat("Verwaltungsgemeinschaft ", 1+3*i))
		if _, err := h.desk.Apply(h.Context(), s, booking.ApplyOptions{Actor: "test"}); err != nil {
			h.Fatal(err)
		}
	}
	_, err := h.accounts.AddPerson(h.Context(), auth.NewPerson{Tenant: "ort0", Email: "kreis@ort.example", Role: agenda.County, Password: word})
	h.must(err)
	h.secret, _, err = h.accounts.SignIn(h.Context(), "ort0", "kreis@ort.example", word, "")
	h.must(err)
	h.keep("/staff/tenant", "towns-own")
	h.post("/staff/tenant", "tenant", "ort2").to("/staff/tenant")
	h.keep("/staff/tenant", "towns-closed")
	h.post("/staff/tenant", "tenant", town).to("/staff/tenant")
	h.keep("/staff/tenant", "towns-open")
	h.post("/staff/tenant/bookings").to("/staff/tenant")
	h.keep("/staff/tenant", "towns-looking")
	h.keep("/staff/people", "list-guest")
}
