package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

func TestStaffBookAndSee(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Clerk, ""))
		body := direct("buergerbuero", at(1, "08:00"), "pass")
		body["staffNote"], body["caseReference"], body["notify"], body["phone"] = "Akte liegt bereit", "51.2-4711", false, "05550 4711"
		delete(body, "email")
		booked := read[bookingAnswer](c, c.do("POST", "/staff-bookings", body, token...), 201)
		if booked.Status != "confirmed" || booked.Start != at(1, "08:00") {
			t.Errorf("got %+v", booked)
		}
		a := c.do("GET", "/bookings?from=2026-07-07&to=2026-07-07&calendar=buergerbuero", nil, token...)
		list := read[bookingAnswer](c, a, 200).Bookings
		if len(list) != 1 || list[0].ID != booked.ID || list[0].StaffNote != "Akte liegt bereit" || list[0].CaseReference != "51.2-4711" || list[0].Name != "Ada Beispiel" ||
			list[0].Channel != "staff" || list[0].Notify || strings.Contains(string(a.body), booked.secret()) {
			t.Errorf("got %s", a.body)
		}
		// The visitor's own view has nothing of it.
		if a := c.do("GET", "/bookings/"+booked.secret(), nil); strings.Contains(string(a.body), "Akte") || strings.Contains(string(a.body), "4711\"}") || a.status != 200 {
			t.Errorf("got %s", a.body)
		}
		if got := read[bookingAnswer](c, c.do("GET", "/bookings?from=2026-07-08&to=2026-07-08", nil, token...), 200); got.Bookings == nil || len(got.Bookings) != 0 {
			t.Errorf("got %+v", got.Bookings)
		}
	})
}

func TestStaffOverbook(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Clerk, ""))
		body := direct("impfung", at(1, "08:00"), "impfen")
		read[bookingAnswer](c, c.do("POST", "/staff-bookings", body, token...), 201)
		p := c.refused(c.do("POST", "/staff-bookings", body, token...), 409, "slot_taken")
		if len(p.Alternatives) != 5 || p.Alternatives[0].Start != at(1, "08:05") {
			t.Errorf("got %+v", p.Alternatives)
		}
		body["overbook"] = true
		second := read[bookingAnswer](c, c.do("POST", "/staff-bookings", body, token...), 201)
		body["start"] = at(1, "13:00")
		c.refused(c.do("POST", "/staff-bookings", body, token...), 409, "slot_taken") // it does not open a closed office

		list := read[bookingAnswer](c, c.do("GET", "/bookings?from=2026-07-07&to=2026-07-07", nil, token...), 200).Bookings
		if len(list) != 2 || list[0].Overbooked == list[1].Overbooked {
			t.Errorf("got %+v", list)
		}
		act := "/staff-bookings/" + second.ID
		moved := read[bookingAnswer](c, c.do("POST", act+"/move", object{"start": at(1, "08:05")}, token...), 200)
		if moved.Overbooked || moved.Start != at(1, "08:05") {
			t.Errorf("got %+v", moved)
		}
		p = c.refused(c.do("POST", act+"/move", object{"start": at(1, "08:00")}, token...), 409, "slot_taken")
		if len(p.Alternatives) != 5 {
			t.Errorf("got %+v", p.Alternatives)
		}
		if got := read[bookingAnswer](c, c.do("POST", act+"/move", object{"start": at(1, "08:00"), "overbook": true}, token...), 200); !got.Overbooked {
			t.Errorf("got %+v", got)
		}
	})
}

func TestStaffDecideAndServe(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Reception, "soziales"))
		ask := func(clock string) string {
			return read[bookingAnswer](c, c.do("POST", "/bookings", direct("soziales", at(1, clock), "beratung")), 201).ID
		}
		do := func(id, act string) answer { return c.do("POST", "/staff-bookings/"+id+"/"+act, nil, token...) }
		id := ask("08:00")
		c.refused(do(id, "check-in"), 409, "wrong_state")
		for _, step := range []struct{ act, status string }{{"approve", "confirmed"}, {"check-in", "checked_in"}, {"serve", "served"}, {"no-show", "no_show"}} {
			if got := read[bookingAnswer](c, do(id, step.act), 200); got.Status != step.status || got.Name != "Ada Beispiel" {
				t.Errorf("%s: got %+v", step.act, got)
			}
		}
		c.refused(do(id, "approve"), 409, "wrong_state")

		a := do(ask("08:30"), "reject")
		if got := read[bookingAnswer](c, a, 200); got.Status != "cancelled" || strings.Contains(string(a.body), "eispiel") {
			t.Errorf("got %s", a.body)
		}
		other := ask("08:30") // the seat is free again
		if got := read[bookingAnswer](c, do(other, "cancel"), 200); got.Status != "cancelled" {
			t.Errorf("got %+v", got)
		}
		late := ask("09:00")
		c.clock.Set(desktest.At(1, "09:01"))
		if p := c.refused(do(late, "approve"), 410, "hold_expired"); len(p.Alternatives) != 5 {
			t.Errorf("got %+v", p.Alternatives)
		}
	})
}

// What is not within the rights is refused; what belongs to others does not exist.
func TestStaffRights(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 201)
		list, book, act := "/bookings", "/staff-bookings", "/staff-bookings/"+booked.ID+"/"
		body := direct("buergerbuero", at(1, "09:00"), "ausweis")
		acts := []string{"approve", "reject", "cancel", "move", "check-in", "serve", "no-show"}
		try := func(header []string, see, change int, code string) {
			t.Helper()
			if a := c.do("GET", list, nil, header...); a.status != see {
				t.Errorf("list: got %d, want %d", a.status, see)
			}
			c.refused(c.do("POST", book, body, header...), change, code)
			for _, name := range acts {
				c.refused(c.do("POST", act+name, object{"start": at(1, "09:00")}, header...), change, code)
			}
		}
		try(nil, 401, 401, "unauthorized")
		try([]string{"Authorization", "Basic YTpi"}, 401, 401, "unauthorized")
		try(bearer("falsch"), 401, 401, "unauthorized")
		try(bearer(""), 401, 401, "unauthorized")
		try(bearer(booked.secret()), 401, 401, "unauthorized")
		try(bearer(c.token(agenda.Auditor, "")), 200, 403, "forbidden")
		try(bearer(c.token(agenda.Planner, "")), 200, 403, "forbidden")
		try(bearer(c.token(agenda.County, "")), 403, 403, "forbidden")

		elsewhere := bearer(c.token(agenda.Clerk, "soziales"))
		for _, name := range acts {
			var body any
			if name == "move" {
				body = object{"start": at(1, "09:00")}
			}
			theirs := c.do("POST", act+name, body, elsewhere...)
			nobodys := c.do("POST", "/staff-bookings/nichts/"+name, body, elsewhere...)
			c.refused(theirs, 404, "not_found")
			if string(theirs.body) != string(nobodys.body) {
				t.Errorf("%s: a booking of others looks like %s, one that does not exist like %s", name, theirs.body, nobodys.body)
			}
		}
		c.refused(c.do("POST", book, body, elsewhere...), 404, "not_found")
		c.refused(c.do("GET", "/bookings?calendar=buergerbuero", nil, elsewhere...), 404, "not_found")
		c.refused(c.do("GET", "/bookings?calendar=nichts", nil, elsewhere...), 404, "not_found")
		if got := read[bookingAnswer](c, c.do("GET", "/bookings?from=2026-07-07&to=2026-07-07", nil, elsewhere...), 200); len(got.Bookings) != 0 {
			t.Errorf("a token of one department lists %+v of another", got.Bookings)
		}
		if a := c.do("HEAD", list, nil); a.status != 401 || len(a.body) > 0 || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("HEAD: got %d", a.status)
		}
		c.refused(c.do("GET", "/services", nil, bearer("falsch")...), 401, "unauthorized")

		id, token, err := c.api.Accounts.CreateToken(t.Context(), "musterstadt", "Kurz", agenda.Clerk, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		read[bookingAnswer](c, c.do("GET", list, nil, bearer(token)...), 200)
		if err := c.api.Accounts.RevokeToken(t.Context(), "musterstadt", id); err != nil {
			t.Fatal(err)
		}
		c.refused(c.do("GET", list, nil, bearer(token)...), 401, "unauthorized")
	})
}

// Two tenants share nothing: not the tokens, not the secrets, not the ids.
func TestTenantsAreApart(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		other := desktest.Musterstadt()
		other.Tenant.ID = "anderswo"
		if _, err := c.desk.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 201)
		held := read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
		token := bearer(c.token(agenda.Admin, ""))
		there := strings.TrimSuffix(c.base, "musterstadt") + "anderswo"
		c.refused(c.do("GET", there+"/bookings/"+booked.secret(), nil), 404, "not_found")
		c.refused(c.do("POST", there+"/bookings/"+booked.secret()+"/cancel", nil), 404, "not_found")
		c.refused(c.do("POST", there+"/bookings", object{"hold": held.Hold, "name": "Ada", "email": "ada@beispiel.example"}), 404, "not_found")
		c.refused(c.do("GET", there+"/bookings", nil, token...), 401, "unauthorized")
		c.refused(c.do("POST", there+"/staff-bookings/"+booked.ID+"/cancel", nil, token...), 401, "unauthorized")
		_, foreign, err := c.api.Accounts.CreateToken(t.Context(), "anderswo", "Dort", agenda.Admin, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		c.refused(c.do("POST", there+"/staff-bookings/"+booked.ID+"/cancel", nil, bearer(foreign)...), 404, "not_found")
	})
}

func TestStaffBookingRefuses(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		token := bearer(c.token(agenda.Clerk, ""))
		long := strings.Repeat("x", 1001)
		for field, x := range map[string]struct {
			value any
			fault string
		}{
			"staffNote": {long, "staffNote too_long"}, "caseReference": {long, "caseReference too_long"}, "notify": {"nein", "notify format"},
			"overbook": {1, "overbook format"}, "name": {"", "name required"}, "email": {"a@b@c", "email format"}, "hold": {"x", "hold unknown"}, "mode": {"rakete", "mode unknown"},
		} {
			body := direct("buergerbuero", at(1, "08:00"), "ausweis")
			body[field] = x.value
			if p := c.refused(c.do("POST", "/staff-bookings", body, token...), 422, "invalid"); !slices.Equal(p.fields(), []string{x.fault}) {
				t.Errorf("%s: got %v, want %s", field, p.fields(), x.fault)
			}
		}
		c.refused(c.do("GET", "/bookings?from=2026-01-01&to=2026-12-31", nil, token...), 422, "invalid")
		// Staff are bound by neither lead nor horizon, and book what the public cannot.
		c.clock.Set(desktest.At(1, "07:59"))
		read[bookingAnswer](c, c.do("POST", "/staff-bookings", direct("buergerbuero", at(1, "08:00"), "ausweis"), token...), 201)
		read[bookingAnswer](c, c.do("POST", "/staff-bookings", direct("buergerbuero", at(91, "08:00"), "ausweis"), token...), 200+1)
		c.clock.Advance(2 * time.Minute)
		c.refused(c.do("POST", "/staff-bookings", direct("buergerbuero", at(1, "08:00"), "ausweis"), token...), 409, "window_closed")
	})
}

// Through the API a colleague read who comes to a private calendar.
func TestStaffSeePrivateCalendarsBusy(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(func(s *agenda.Setup) { s.Calendars[0].Private = true })
		read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 201)
		a := c.do("GET", "/bookings?from=2026-07-07&to=2026-07-07", nil, bearer(c.token(agenda.Clerk, ""))...)
		list := read[bookingAnswer](c, a, 200).Bookings
		if len(list) != 1 || list[0].Start != at(1, "08:00") || !strings.Contains(string(a.body), `"busy":true`) || strings.Contains(string(a.body), "Ada") || strings.Contains(string(a.body), "ausweis") {
			t.Errorf("got %s", a.body)
		}
		own := c.do("GET", "/bookings?from=2026-07-07&to=2026-07-07", nil, bearer(c.token(agenda.Clerk, "buergerdienste"))...)
		if list := read[bookingAnswer](c, own, 200).Bookings; len(list) != 1 || list[0].Name != "Ada Beispiel" {
			t.Errorf("got %s", own.body)
		}
	})
}
