package staff

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"

	"terminvergabe/internal/web/staff/office"
)

func cookieOf(a reply) *http.Cookie {
	for _, c := range a.Result().Cookies() {
		if strings.HasSuffix(c.Name, "staff") {
			return c
		}
	}
	return &http.Cookie{}
}

func TestSignInAndOut(t *testing.T) {
	each(t, func(h *house) {
		h.person(town, "erna@musterstadt.example", agenda.Clerk, "")
		h.get("/staff/", "").to("/staff/sign-in", "").want(200, `type="password"`, "!name=\"tenant\"")
		for _, wrong := range [][2]string{{"erna@musterstadt.example", "falsches passwort"}, {"niemand@musterstadt.example", password}, {"erna", password}} {
			a := h.post("/staff/sign-in", "", "email", wrong[0], "password", wrong[1]).want(422, "passen nicht zusammen", "!"+wrong[1])
			if cookieOf(a).Value != "" {
				h.Errorf("%v: a cookie was set", wrong)
			}
		}
		h.post("/staff/sign-in", "", "email", "erna@musterstadt.example").want(422, "Passwort")
		// A session planted by somebody else is not taken over.
		a := h.post("/staff/sign-in", "planted", "email", "Erna@Musterstadt.example ", "password", password)
		c := cookieOf(a)
		if c.Name != "staff" || len(c.Value) < 26 || c.Value == "planted" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 0 || c.Domain != "" {
			h.Errorf("cookie: got %+v", c)
		}
		a.to("/staff/", c.Value).to("/staff/day", c.Value).want(200, "Uwe Muster")
		// Signing in again ends the session before.
		second := cookieOf(h.post("/staff/sign-in", c.Value, "email", "erna@musterstadt.example", "password", password))
		if second.Value == "" || second.Value == c.Value {
			h.Error("the session did not rotate")
		}
		h.get("/staff/day", c.Value).to("/staff/sign-in", "")
		out := h.post("/staff/sign-out", second.Value)
		if gone := cookieOf(out); gone.MaxAge >= 0 {
			h.Errorf("the cookie stays: %+v", gone)
		}
		out.to("/staff/sign-in", "").want(200, "Sie sind abgemeldet")
		h.get("/staff/day", second.Value).to("/staff/sign-in", "")
	})
}

func TestSecureCookie(t *testing.T) {
	h := sqlite(t)
	h.office.Secure = true
	h.person(town, "erna@musterstadt.example", agenda.Clerk, "")
	if c := cookieOf(h.post("/staff/sign-in", "", "email", "erna@musterstadt.example", "password", password)); c.Name != "__Host-staff" || !c.Secure {
		t.Errorf("got %+v", c)
	}
}

func TestSignInIsLimited(t *testing.T) {
	h := sqlite(t)
	h.accounts.Attempts = 3
	h.person(town, "erna@musterstadt.example", agenda.Clerk, "")
	try := func(from, word string) reply {
		r := httptest.NewRequest(http.MethodPost, "/staff/sign-in", strings.NewReader("email=erna%40musterstadt.example&password="+word))
		r.RemoteAddr = from
		return h.send(r, "")
	}
	for range 3 {
		try("192.0.2.1:1111", "falsch").want(422)
	}
	a := try("192.0.2.1:2222", "falsch").want(429, "zu viele")
	if a.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.clock.Advance(desktest.At(0, "00:15").Sub(desktest.At(0, "00:00")))
	try("192.0.2.1:1111", strings.ReplaceAll(password, " ", "+")).want(303)
}

func TestSourceOfAttempts(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64", "@": "@",
	} {
		if got := office.Source(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: got %s, want %s", remote, got, want)
		}
	}
}

func TestSeveralTenantsAreChosenFrom(t *testing.T) {
	h := sqlite(t)
	other := desktest.Musterstadt()
	other.Tenant.ID, other.Tenant.Name = "nachbarstadt", agenda.Plain("Nachbarstadt")
	if _, err := h.desk.Apply(t.Context(), other, booking.ApplyOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	h.person(town, "erna@musterstadt.example", agenda.Clerk, "")
	h.get("/staff/sign-in?tenant=nachbarstadt", "").want(200, `value="nachbarstadt" selected`)
	// People signed in to the first tenant of the list, which was not theirs.
	h.get("/staff/sign-in", "").want(200, `value="" selected>Bitte wählen`)
	h.post("/staff/sign-in", "", "tenant", "", "email", "erna@musterstadt.example", "password", password).want(422, "Verwaltung")
	h.post("/staff/sign-in", "", "email", "erna@musterstadt.example", "password", password).want(422, "Verwaltung")
	h.post("/staff/sign-in", "", "tenant", "nachbarstadt", "email", "erna@musterstadt.example", "password", password).want(422, "passen nicht zusammen")
	h.post("/staff/sign-in", "", "tenant", "gibtsnicht", "email", "erna@musterstadt.example", "password", password).want(422, "Verwaltung")
	h.post("/staff/sign-in", "", "tenant", town, "email", "erna@musterstadt.example", "password", password).want(303)
}

func TestInvitation(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.accounts.AddPerson(h.Context(), auth.NewPerson{Tenant: town, Email: "neu@musterstadt.example", Name: "Nora Neu", Role: agenda.Clerk})
		if err != nil {
			h.Fatal(err)
		}
		secret, _, err := h.accounts.Invite(h.Context(), town, "neu@musterstadt.example")
		if err != nil {
			h.Fatal(err)
		}
		path := booking.Links{}.Invitation(secret)
		for range 2 {
			h.get(path, "").want(200, "Nora Neu", "neu@musterstadt.example")
		}
		h.post(path, "", "password", "kurz", "again", "kurz").want(422, "mindestens 10 Zeichen")
		h.post(path, "", "password", password, "again", password+"!").want(422, "verschieden", "!"+password)
		h.post(path, "").want(422)
		a := h.post(path, "", "password", password, "again", password)
		if cookieOf(a).Value != "" {
			h.Error("the link signed somebody in")
		}
		a.to("/staff/sign-in", "").want(200, "Passwort ist gespeichert")
		h.get(path, "").want(404, "gilt nicht mehr")
		h.post(path, "", "password", password, "again", password).want(404)
		h.get(booking.Links{}.Invitation("falsch"), "").want(404)
		h.post("/staff/sign-in", "", "email", "neu@musterstadt.example", "password", password).want(303)
	})
}

func TestDisabledAtTheNextRequest(t *testing.T) {
	h := sqlite(t)
	clerk := h.as(agenda.Clerk, "")
	h.get("/staff/day", clerk).want(200)
	if err := h.accounts.SetDisabled(t.Context(), town, "clerk@musterstadt.example", true, false); err != nil {
		t.Fatal(err)
	}
	h.get("/staff/day", clerk).to("/staff/sign-in", "")
}
