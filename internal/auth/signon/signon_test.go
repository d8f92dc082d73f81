package signon_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"terminvergabe/internal/auth/signon"
	"terminvergabe/internal/auth/signontest"
)

const redirect = "http://127.0.0.1/staff/sign-on/back"

func settings(p *signontest.Provider) signon.Settings {
	return signon.Settings{Issuer: p.Issuer, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, Redirect: redirect}
}

// goThere is the browser: it follows the address and gives what comes back.
func goThere(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	back, err := r.Location()
	if err != nil {
		t.Fatalf("status %d: %v", r.StatusCode, err)
	}
	return back.Query()
}

func uwe() *signontest.Somebody {
	return &signontest.Somebody{Subject: "4711", Email: "uwe@beispiel.example", Name: "Uwe Muster", Groups: []string{"/termine"}}
}

func TestSignOn(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		provider := signontest.New(t)
		who := uwe()
		who.InUserInfo = elsewhere
		provider.SignIn(who)
		p := signon.New(settings(provider))
		address, ticket, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		back := goThere(t, address)
		got, err := p.Finish(t.Context(), ticket, back)
		if err != nil {
			t.Fatal(err)
		}
		if got.Issuer != provider.Issuer || got.Subject != "4711" || got.Email != who.Email || got.Name != who.Name || !slices.Equal(got.Groups, who.Groups) {
			t.Errorf("groups elsewhere %v: got %+v", elsewhere, got)
		}
		if _, err := p.Finish(t.Context(), ticket, back); !errors.Is(err, signon.ErrRefused) {
			t.Errorf("a code used twice: got %v", err)
		}
	}
}

func TestAddressThatNobodyVerified(t *testing.T) {
	provider := signontest.New(t)
	who := uwe()
	who.Unverified = true
	provider.SignIn(who)
	p := signon.New(settings(provider))
	address, ticket, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back := goThere(t, address)
	if got, err := p.Finish(t.Context(), ticket, back); err != nil || got.Email != "" {
		t.Errorf("got %+v, %v, want no address", got, err)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, x := range map[string]struct {
		settings func(*signon.Settings)
		spoil    func(map[string]any)
		answer   func(*signon.Ticket, url.Values)
	}{
		"another state":    {answer: func(_ *signon.Ticket, v url.Values) { v.Set("state", "x") }},
		"no state at all":  {answer: func(k *signon.Ticket, v url.Values) { k.State = ""; v.Del("state") }},
		"no code":          {answer: func(_ *signon.Ticket, v url.Values) { v.Del("code") }},
		"another provider": {answer: func(_ *signon.Ticket, v url.Values) { v.Set("iss", "https://evil.example") }},
		"no provider":      {answer: func(_ *signon.Ticket, v url.Values) { v.Del("iss") }},
		"another code":     {answer: func(_ *signon.Ticket, v url.Values) { v.Set("code", "x") }},
		"another verifier": {answer: func(k *signon.Ticket, _ url.Values) { k.Verifier = "x" }},
		"another nonce":    {spoil: func(c map[string]any) { c["nonce"] = "x" }},
		"no nonce":         {spoil: func(c map[string]any) { delete(c, "nonce") }},
		"another service":  {spoil: func(c map[string]any) { c["aud"] = "x" }},
		"another issuer":   {spoil: func(c map[string]any) { c["iss"] = "https://evil.example" }},
		"out of date":      {spoil: func(c map[string]any) { c["exp"] = 1 }},
		"a wrong secret":   {settings: func(s *signon.Settings) { s.ClientSecret = "x" }},
	} {
		provider := signontest.New(t)
		provider.SignIn(uwe())
		s := settings(provider)
		if x.settings != nil {
			x.settings(&s)
		}
		provider.Spoil(x.spoil)
		p := signon.New(s)
		address, ticket, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		back := goThere(t, address)
		if x.answer != nil {
			x.answer(&ticket, back)
		}
		if got, err := p.Finish(t.Context(), ticket, back); !errors.Is(err, signon.ErrRefused) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// A provider that is down when the service starts is found once it is there.
func TestProviderThatIsDown(t *testing.T) {
	provider := signontest.New(t)
	broken := true
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, provider.Issuer+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer door.Close()
	s := settings(provider)
	s.Issuer = door.URL
	p := signon.New(s)
	if _, _, err := p.Begin(t.Context()); !errors.Is(err, signon.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	broken = false
	if _, _, err := p.Begin(t.Context()); !errors.Is(err, signon.ErrUnreachable) {
		t.Errorf("a provider that names itself otherwise: got %v", err)
	}
	if _, _, err := signon.New(settings(provider)).Begin(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
}
