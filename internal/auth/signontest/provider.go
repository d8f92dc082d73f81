// Package signontest is an OpenID Connect provider for tests: it signs in whomever the
// test names, and holds the asker to the standard (PKCE, client secret, redirect
// address, codes that are good once). It refuses to show a page. Only tests import it.
//
// Start reading at Provider.
package signontest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What the provider expects of the service.
const (
	ClientID     = "terminvergabe"
	ClientSecret = "nur-zum-testen"
)

// Somebody is whom the provider signs in next.
type Somebody struct {
	Subject    string
	Email      string
	Unverified bool
	Name       string
	Groups     []string
	InUserInfo bool // the groups are told there, and not in the ID token
}

// Provider runs at Issuer until the test ends.
type Provider struct {
	Issuer string

	mu     sync.Mutex
	name   string    // of the key in use
	who    *Somebody // nil: the person presses "cancel"
	spoil  func(claims map[string]any)
	signer jose.Signer
	key    *ecdsa.PrivateKey
	codes  map[string]question
	tokens map[string]Somebody
}

// question is what a code was given for.
type question struct {
	who       Somebody
	challenge string
	nonce     string
	redirect  string
}

// New starts a provider.
func New(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{codes: map[string]question{}, tokens: map[string]Somebody{}}
	if err := p.newKey(); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.configuration)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.Issuer = server.URL
	return p
}

// newKey has ID tokens signed by another key from now on.
func (p *Provider) newKey() (err error) {
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	p.name = rand.Text()
	p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: p.name}}, nil)
	return err
}

// Rotate changes the provider's key.
func (p *Provider) Rotate(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.newKey(); err != nil {
		t.Fatal(err)
	}
}

// SignIn says who signs in from now on; nil is somebody who gives up.
func (p *Provider) SignIn(who *Somebody) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = who
}

// Spoil changes the claims of the next ID tokens.
func (p *Provider) Spoil(f func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil = f
}

func (p *Provider) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token",
		"jwks_uri": p.Issuer + "/keys", "userinfo_endpoint": p.Issuer + "/userinfo", "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.name, Algorithm: "ES256", Use: "sig"}}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "the question is not complete", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	back := url.Values{"state": {q.Get("state")}, "iss": {p.Issuer}}
	if p.who == nil {
		back.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = question{*p.who, q.Get("code_challenge"), q.Get("nonce"), q.Get("redirect_uri")}
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	code, verifier := r.PostFormValue("code"), sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, known := p.codes[code]
	delete(p.codes, code)
	switch {
	case id != ClientID || secret != ClientSecret:
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	case !known, base64.RawURLEncoding.EncodeToString(verifier[:]) != asked.challenge, r.PostFormValue("redirect_uri") != asked.redirect:
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	c := asked.who.claims(!asked.who.InUserInfo)
	c["iss"], c["aud"], c["nonce"], c["iat"], c["exp"] = p.Issuer, ClientID, asked.nonce, now.Unix(), now.Add(time.Minute).Unix()
	if p.spoil != nil {
		p.spoil(c)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	proof, err := signed.CompactSerialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	access := rand.Text()
	p.tokens[access] = asked.who
	answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": proof})
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for token, who := range p.tokens {
		if r.Header.Get("Authorization") == "Bearer "+token {
			answer(w, http.StatusOK, who.claims(true))
			return
		}
	}
	http.Error(w, "who asks?", http.StatusUnauthorized)
}

func (s Somebody) claims(groups bool) map[string]any {
	c := map[string]any{"sub": s.Subject, "email": s.Email, "email_verified": !s.Unverified, "name": s.Name}
	if groups {
		c["groups"] = s.Groups
	}
	return c
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who asks has gone away
}
