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

const holdBody = `{"services":[{"id":"ausweis","quantity":2},{"id":"pass"}],"calendar":"buergerbuero","start":"2026-07-07T08:00:00+02:00"}`

func TestHoldBookShowMoveCancel(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		held := read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
		if held.Expires != at(0, "07:20") || len(held.Hold) < 20 {
			t.Errorf("got %+v", held)
		}
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", object{"hold": held.Hold, "name": "Ada Beispiel", "contactName": "Bea Beispiel",
			"email": "ada@BEISPIEL.example", "phone": nil, "language": "en", "note": "Rollstuhl"}), 201)
		if booked.Status != "confirmed" || booked.Start != at(1, "08:00") || booked.End != at(1, "08:40") ||
			!strings.HasPrefix(booked.ManageURL, "https://termine.example/musterstadt/m/") || booked.ICSURL != booked.ManageURL+"/termin.ics" {
			t.Errorf("got %+v", booked)
		}
		c.refused(c.do("POST", "/bookings", object{"hold": held.Hold, "name": "Ada", "email": "ada@beispiel.example"}), 404, "not_found")

		link := "/bookings/" + booked.secret()
		seen := read[bookingAnswer](c, c.do("GET", link, nil), 200)
		if seen.Name != "Ada Beispiel" || seen.ContactName != "Bea Beispiel" || seen.Email != "ada@beispiel.example" || seen.Language != "en" || seen.Note != "Rollstuhl" ||
			seen.Reference != booked.Reference || seen.Site != "rathaus" || seen.DurationMinutes != 40 || seen.CancelBy != at(1, "06:00") || seen.ManageURL != booked.ManageURL {
			t.Errorf("got %+v", seen)
		}
		if len(seen.Services) != 2 || seen.Services[0].Service != "ausweis" || seen.Services[0].Quantity != 2 {
			t.Errorf("got %+v", seen.Services)
		}

		moved := read[bookingAnswer](c, c.do("POST", link+"/move", object{"start": at(2, "09:00")}), 200)
		if moved.Start != at(2, "09:00") || moved.ID != booked.ID || moved.Name != "Ada Beispiel" || moved.secret() != booked.secret() {
			t.Errorf("got %+v", moved)
		}
		cancelled := c.do("POST", link+"/cancel", nil)
		again := c.do("POST", link+"/cancel", "{}")
		after := c.do("GET", link, nil)
		for _, a := range []answer{cancelled, again, after} {
			got := read[bookingAnswer](c, a, 200)
			if got.Status != "cancelled" || strings.Contains(string(a.body), "eispiel") || strings.Contains(string(a.body), "Rollstuhl") || got.ManageURL != "" {
				t.Errorf("got %s", a.body)
			}
			onlyKeys(t, a.body, "id reference status start end durationMinutes calendar site mode services quantity")
		}
		c.refused(c.do("POST", link+"/move", object{"start": at(3, "09:00")}), 409, "wrong_state")
		c.refused(c.do("GET", link+"/availability", nil), 409, "wrong_state")
	})
}

// Three services in one visit: sum of the minutes, in every order of the way.
func TestThreeServicesInOneBooking(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(func(s *agenda.Setup) {
			s.Services[2].Combinable = []string{"ausweis", "pass"}
			s.Calendars[0].Services = append(s.Calendars[0].Services, agenda.Offer{ID: "beratung", Minutes: 15})
		})
		free := read[availability](c, c.do("GET", "/availability?service=ausweis&service=pass&service=beratung&from=2026-07-07&to=2026-07-07", nil), 200)
		start := free.Days[0].Slots[0]
		if start.DurationMinutes != 45 || start.Calendar != "buergerbuero" {
			t.Fatalf("got %+v", start)
		}
		// The same instant in another zone is the same start.
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", direct(start.Calendar, "2026-07-07T06:00:00Z", "ausweis", "pass", "beratung")), 201)
		if booked.Start != at(1, "08:00") || booked.End != at(1, "08:45") {
			t.Errorf("got %+v", booked)
		}
	})
}

func TestDoubleOptIn(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		a := c.do("POST", "/bookings", direct("ausweise", at(1, "08:00"), "ausweis"))
		booked := read[bookingAnswer](c, a, 201)
		secret := c.confirmSecret(booked.ID)
		if booked.Status != "pending" || strings.Contains(string(a.body), secret) {
			t.Fatalf("got %s", a.body)
		}
		seen := c.do("GET", "/bookings/"+booked.secret(), nil)
		if got := read[bookingAnswer](c, seen, 200); got.Awaits != "email" || got.Expires != at(0, "08:00") || strings.Contains(string(seen.body), secret) {
			t.Errorf("got %s", seen.body)
		}
		// Each secret opens what it is for, and nothing else.
		c.refused(c.do("POST", "/bookings/"+booked.secret()+"/confirm", nil), 404, "not_found")
		c.refused(c.do("GET", "/bookings/"+secret, nil), 404, "not_found")
		c.refused(c.do("POST", "/bookings/"+secret+"/cancel", nil), 404, "not_found")
		c.refused(c.do("POST", "/bookings/"+secret+"/move", object{"start": at(2, "08:00")}), 404, "not_found")
		c.refused(c.do("POST", "/bookings", object{"hold": secret, "name": "Ada"}), 404, "not_found")
		for range 2 {
			a := c.do("POST", "/bookings/"+secret+"/confirm", nil)
			if got := read[bookingAnswer](c, a, 200); got.Status != "confirmed" || got.Name != "" {
				t.Errorf("got %s", a.body)
			}
			onlyKeys(t, a.body, "id reference status start end durationMinutes calendar site mode services quantity")
		}
	})
}

// confirmSecret is what travels in the mail.
func (c *client) confirmSecret(id string) string {
	c.t.Helper()
	card, err := c.desk.Seen(c.t.Context(), desktest.Clerk(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return card.Private.Confirm
}

func TestWhatRunsOutIsGone(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		held := read[bookingAnswer](c, c.do("POST", "/holds", holdBody), 201)
		asked := read[bookingAnswer](c, c.do("POST", "/bookings", direct("ausweise", at(1, "08:00"), "ausweis")), 201)
		secret := c.confirmSecret(asked.ID)
		c.clock.Advance(2 * time.Hour)
		p := c.refused(c.do("POST", "/bookings", object{"hold": held.Hold, "name": "Ada", "email": "ada@beispiel.example"}), 410, "hold_expired")
		if len(p.Alternatives) != 5 || p.Alternatives[0].Start != at(1, "08:00") || p.Alternatives[0].Calendar != "buergerbuero" {
			t.Errorf("got %+v", p.Alternatives)
		}
		p = c.refused(c.do("POST", "/bookings/"+secret+"/confirm", nil), 410, "hold_expired")
		if len(p.Alternatives) != 5 {
			t.Errorf("got %+v", p.Alternatives)
		}
		got := read[bookingAnswer](c, c.do("GET", "/bookings/"+asked.secret(), nil), 200)
		if got.Status != "expired" || got.Name != "" {
			t.Errorf("got %+v", got)
		}
		c.refused(c.do("POST", "/bookings/"+asked.secret()+"/move", object{"start": at(2, "08:00")}), 410, "hold_expired")
		c.refused(c.do("GET", "/bookings/"+asked.secret()+"/availability", nil), 410, "hold_expired")
	})
}

func TestMoveKeepsOrGivesBackTheSeat(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		mine := read[bookingAnswer](c, c.do("POST", "/bookings", direct("impfung", at(1, "08:00"), "impfen")), 201)
		read[bookingAnswer](c, c.do("POST", "/bookings", direct("impfung", at(1, "08:05"), "impfen")), 201)
		link := "/bookings/" + mine.secret()

		p := c.refused(c.do("POST", link+"/move", object{"start": at(1, "08:05")}), 409, "slot_taken")
		if len(p.Alternatives) != 5 || p.Alternatives[0].Start != at(1, "08:00") {
			t.Errorf("got %+v, want its own seat as the nearest", p.Alternatives)
		}
		if got := read[bookingAnswer](c, c.do("GET", link, nil), 200); got.Start != at(1, "08:00") || got.Status != "confirmed" {
			t.Errorf("after a refused move: got %+v", got)
		}
		own := read[availability](c, c.do("GET", link+"/availability?from=2026-07-07&to=2026-07-07", nil), 200)
		all := read[availability](c, c.do("GET", "/availability?service=impfen&from=2026-07-07&to=2026-07-07", nil), 200)
		if first := own.Days[0].Slots[0]; first.Start != at(1, "08:00") || len(own.Days[0].Slots) != len(all.Days[0].Slots)+1 {
			t.Errorf("got %d slots from %s, want one more than the %d for others", len(own.Days[0].Slots), first.Start, len(all.Days[0].Slots))
		}
		read[bookingAnswer](c, c.do("POST", link+"/move", object{"start": at(1, "08:10")}), 200)
		read[bookingAnswer](c, c.do("POST", "/bookings", direct("impfung", at(1, "08:00"), "impfen")), 201)

		for body, fields := range map[string][]string{
			`{}`:             {"start required"},
			`{"start":"8"}`:  {"start format"},
			`{"start":null}`: {"start required"},
			`{"start":"2026-07-08T08:00:00+02:00","name":"Bob","status":"confirmed"}`:       {"name unknown", "status unknown"},
			`{"start":"2026-07-08T08:00:00+02:00","overbook":true}`:                         {"overbook unknown"},
			`{"start":"2026-07-08T08:00:00+02:00","calendar":"nichts"}`:                     {"calendar unknown"},
			`{"start":"2026-07-08T08:00:00+02:00","services":[{"id":"pass","quantity":1}]}`: {"services unknown"},
		} {
			if p := c.refused(c.do("POST", link+"/move", body), 422, "invalid"); !slices.Equal(p.fields(), fields) {
				t.Errorf("%s: got %v, want %v", body, p.fields(), fields)
			}
		}
		c.refused(c.do("POST", link+"/move", object{"start": at(91, "08:00")}), 409, "window_closed")
		c.refused(c.do("POST", link+"/move", object{"start": at(2, "08:00"), "calendar": "soziales"}), 409, "slot_taken")
		c.clock.Set(desktest.At(1, "06:11"))
		c.refused(c.do("POST", link+"/move", object{"start": at(2, "08:00")}), 409, "too_late")
		c.refused(c.do("POST", link+"/cancel", nil), 409, "too_late")
		c.refused(c.do("GET", link+"/availability", nil), 409, "too_late")
	})
}

// What is not offered cannot be had, and the answer says what can.
func TestBookingRefuses(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(secretive)
		for _, x := range bookings() {
			body := direct("buergerbuero", at(1, "08:00"), "ausweis")
			for key, value := range x.with {
				body[key] = value
			}
			for _, path := range []string{"/bookings", "/holds"} {
				if path == "/holds" {
					for _, key := range []string{"name", "email", "phone", "note"} {
						if _, tested := x.with[key]; !tested {
							delete(body, key)
						}
					}
					if x.onlyBooking {
						continue
					}
				}
				p := c.refused(c.do("POST", path, body), x.status, x.code)
				if !slices.Equal(p.fields(), x.fields) {
					t.Errorf("%s with %v: got %v, want %v", path, x.with, p.fields(), x.fields)
				}
				if taken := x.code == "slot_taken"; taken != (len(p.Alternatives) > 0) || len(p.Alternatives) > 5 {
					t.Errorf("%s with %v: got %d alternatives", path, x.with, len(p.Alternatives))
				}
			}
		}
		list, err := c.desk.List(t.Context(), desktest.Clerk(), "", agenda.DateOf(desktest.Start), agenda.DateOf(desktest.Start)+90)
		if err != nil || len(list) != 0 {
			t.Errorf("got %d bookings, %v", len(list), err)
		}
	})
}

type badBooking struct {
	with        object
	status      int
	code        string
	fields      []string
	onlyBooking bool
}

// bookings that are refused: what is said instead of a good request. A table, so it
// is long.
func bookings() []badBooking {
	long := strings.Repeat("ä", 1001)
	one := func(with object, status int, code string, fields ...string) badBooking {
		return badBooking{with: with, status: status, code: code, fields: fields}
	}
	visitor := func(with object, fields ...string) badBooking {
		return badBooking{with: with, status: 422, code: "invalid", fields: fields, onlyBooking: true}
	}
	return []badBooking{
		one(object{"services": nil}, 422, "invalid", "services required"),
		one(object{"services": []object{}}, 422, "invalid", "services required"),
		one(object{"services": "ausweis"}, 422, "invalid", "services format"),
		one(object{"services": []any{"ausweis"}}, 422, "invalid", "services[0] format"),
		one(object{"services": []any{object{"id": 7, "quantity": "1", "minutes": 5}}}, 422, "invalid", "services[0].id format", "services[0].minutes unknown", "services[0].quantity format"),
		one(object{"services": want("nichts")}, 422, "invalid", "services unknown"),
		one(object{"services": want("geheim")}, 422, "invalid", "services unknown"),
		one(object{"services": want("verweis")}, 422, "invalid", "services unknown"),
		one(object{"services": want("ausweis", "ausweis")}, 422, "invalid", "services duplicate"),
		one(object{"services": want("ausweis", "beratung")}, 422, "not_combinable", "services not_combinable"),
		one(object{"services": []object{{"id": "ausweis", "quantity": 4}}}, 422, "too_many", "services too_many"),
		one(object{"services": []object{{"id": "ausweis", "quantity": int64(1)<<53 + 1}}}, 422, "too_many", "services too_many"),
		one(object{"services": []object{{"id": "ausweis", "quantity": 1e30}}}, 422, "invalid", "services[0].quantity format"),
		one(object{"services": []object{{"id": "ausweis", "quantity": 0}}}, 422, "invalid", "services range"),
		one(object{"services": []object{{"id": "ausweis", "quantity": -1}}}, 422, "invalid", "services range"),
		one(object{"services": []object{{"id": "ausweis", "answers": object{"art": "falsch", "x": "y"}}}}, 422, "invalid", "ausweis.art unknown", "ausweis.x unknown"),
		one(object{"services": []object{{"id": "ausweis", "answers": object{"art": 7}}}}, 422, "invalid", "services[0].answers.art format"),
		one(object{"mode": "home"}, 422, "invalid", "mode unknown"),
		one(object{"calendar": nil}, 422, "invalid", "calendar required"),
		one(object{"calendar": "nichts"}, 422, "invalid", "calendar unknown"),
		one(object{"calendar": "unten"}, 422, "invalid", "calendar unknown"),
		one(object{"calendar": "a\x00b"}, 422, "invalid", "calendar format"),
		one(object{"start": nil}, 422, "invalid", "start required"),
		one(object{"start": "morgen"}, 422, "invalid", "start format"),
		one(object{"start": "2026-07-07T08:00:00"}, 422, "invalid", "start format"),
		one(object{"start": "9999-12-31T23:59:59-23:59"}, 409, "window_closed", "start range"),
		one(object{"start": "0001-01-01T00:00:00Z"}, 409, "window_closed", "start range"),
		one(object{"start": at(1, "08:05")}, 409, "slot_taken"),                // not on the raster
		one(object{"start": "2026-07-07T08:00:01+02:00"}, 409, "slot_taken"),   // nor this
		one(object{"start": "2026-07-07T08:00:00.5+02:00"}, 409, "slot_taken"), // nor this
		one(object{"start": at(1, "12:00")}, 409, "slot_taken"),
		one(object{"start": at(1, "23:00")}, 409, "slot_taken"),
		one(object{"start": at(5, "08:00")}, 409, "slot_taken"), // a Saturday
		one(object{"calendar": "soziales"}, 409, "slot_taken"),  // does not offer it
		one(object{"start": at(70, "08:00")}, 409, "window_closed", "start range"),
		one(object{"start": at(-1, "08:00")}, 409, "slot_taken"), // a Sunday
		one(object{"start": at(-3, "08:00")}, 409, "window_closed", "start range"),
		one(object{"status": "confirmed", "id": "x", "tenant": "y", "is_admin": true, "notify": false}, 422, "invalid",
			"id unknown", "is_admin unknown", "notify unknown", "status unknown", "tenant unknown"),
		one(object{"Calendar": "ausweise"}, 422, "invalid", "Calendar unknown"),
		one(object{"overbook": true}, 422, "invalid", "overbook unknown"),
		visitor(object{"name": nil}, "name required"),
		visitor(object{"name": "   "}, "name required"),
		visitor(object{"name": 7}, "name format"),
		visitor(object{"name": "X\r\nBcc: v@y.example"}, "name format"),
		visitor(object{"name": long}, "name too_long"),
		visitor(object{"name": "\u202eadA"}, "name format"),
		visitor(object{"email": nil}, "email required"),
		visitor(object{"email": "Ada <ada@beispiel.example>"}, "email format"),
		visitor(object{"email": "a@b.example\r\nRCPT TO:<v@x>"}, "email format"),
		visitor(object{"phone": "ruf mich an"}, "phone format"),
		visitor(object{"note": long}, "note too_long"),
		visitor(object{"hold": "x"}, "calendar off", "services off", "start off"),
	}
}

func TestHoldsWhereThereAreNone(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		p := c.refused(c.do("POST", "/holds", object{"services": want("impfen"), "calendar": "impfung", "start": at(1, "08:00")}), 422, "invalid")
		if !slices.Equal(p.fields(), []string{"calendar no_holds"}) {
			t.Errorf("got %v", p.fields())
		}
	})
}

func TestWithoutAddressTheOfficeDecides(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		body := direct("soziales", at(1, "08:00"), "beratung")
		delete(body, "email")
		p := c.refused(c.do("POST", "/bookings", body), 422, "invalid")
		if !slices.Equal(p.fields(), []string{"phone required"}) {
			t.Errorf("got %v", p.fields())
		}
		body["phone"] = "05550 4711"
		booked := read[bookingAnswer](c, c.do("POST", "/bookings", body, "Accept-Language", "en-GB,en;q=0.9"), 201)
		seen := read[bookingAnswer](c, c.do("GET", "/bookings/"+booked.secret(), nil), 200)
		if booked.Status != "pending" || seen.Awaits != "staff" || seen.Phone != "05550 4711" || seen.Language != "en" {
			t.Errorf("got %+v", seen)
		}
	})
}

func TestLimitsOfOneAddress(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.desk.Limits = booking.Limits{BookingsPerPerson: 1}
		read[bookingAnswer](c, c.do("POST", "/bookings", direct("buergerbuero", at(1, "08:00"), "ausweis")), 201)
		c.refused(c.do("POST", "/bookings", direct("buergerbuero", at(2, "08:00"), "ausweis")), 429, "rate_limited")
		read[bookingAnswer](c, c.do("POST", "/staff-bookings", direct("buergerbuero", at(2, "08:00"), "ausweis"), bearer(c.token(agenda.Clerk, ""))...), 201)
	})
}
