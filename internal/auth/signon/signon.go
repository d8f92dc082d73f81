// Package signon asks an OpenID Connect provider, such as Keycloak, who somebody is:
// the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0,
// RFC 7636). It refuses to know accounts, rights and sessions: it returns what the
// provider says, and auth decides what that is worth.
//
// Start reading at Provider.Begin.
package signon

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var (
	// ErrUnreachable: the provider does not answer, or not as a provider does.
	ErrUnreachable = errors.New("the sign-on provider cannot be reached")

	// ErrRefused: the provider did not sign the person in, or its answer is not one
	// to the question that was asked.
	ErrRefused = errors.New("the sign-on provider refused")
)

// patience is how long the provider may take to answer.
const patience = 10 * time.Second

// Settings are how a provider knows this service.
type Settings struct {
	Issuer       string // address, exactly as the provider names itself
	ClientID     string
	ClientSecret string
	Redirect     string // our address that the provider sends people back to
}

// Provider is one OpenID Connect provider. It can be used by many goroutines.
type Provider struct {
	settings Settings
	client   *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil: not asked yet
}

// New makes a provider without asking it anything: it may be down when the service
// starts.
func New(s Settings) *Provider {
	return &Provider{settings: s, client: &http.Client{Timeout: patience}}
}

// Ticket is what must come back with the answer; the browser keeps it meanwhile,
// sealed.
type Ticket struct {
	State    string
	Nonce    string
	Verifier string
}

// Identity is what the provider says of somebody. Subject never changes and is never
// given to somebody else, by the standard; an address may be.
type Identity struct {
	Issuer  string
	Subject string
	Email   string // "": none, or not verified by the provider
	Name    string
	Groups  []string
}

// Begin gives the address at the provider that the browser is sent to.
func (p *Provider) Begin(ctx context.Context) (address string, t Ticket, err error) {
	config, _, err := p.discover(ctx)
	if err != nil {
		return "", t, err
	}
	t = Ticket{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return config.AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), t, nil
}

// Finish redeems the code in the answer that the provider sent the browser back with.
func (p *Provider) Finish(ctx context.Context, t Ticket, answer url.Values) (id Identity, err error) {
	code := answer.Get("code")
	if code == "" || t.State == "" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(t.State)) != 1 {
		return id, fmt.Errorf("%w: not an answer to this question", ErrRefused)
	}
	config, provider, err := p.discover(ctx)
	if err != nil {
		return id, err
	}
	if !p.answers(provider, answer) {
		return id, fmt.Errorf("%w: an answer of another provider", ErrRefused)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return id, fmt.Errorf("%w: status %d for the code", ErrRefused, refused.Response.StatusCode) // the body may name people
	}
	if err != nil {
		return id, fmt.Errorf("%w: redeem the code: %w", ErrUnreachable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	proof, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.settings.ClientID}).Verify(ctx, raw)
	if err != nil {
		return id, fmt.Errorf("%w: the ID token does not hold: %s", ErrRefused, wordless(err))
	}
	if subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(t.Nonce)) != 1 {
		return id, fmt.Errorf("%w: the ID token answers another question", ErrRefused)
	}
	return p.identity(ctx, provider, proof, token)
}

// answers tells whether an answer is this provider's: one that says that it names itself
// in its answers has to (RFC 9207, section 2.4).
func (p *Provider) answers(provider *oidc.Provider, answer url.Values) bool {
	var metadata struct {
		Named bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return false
	}
	return !metadata.Named && !answer.Has("iss") || answer.Get("iss") == p.settings.Issuer
}

// claims are those that the standard names, and the one in which providers such as
// Keycloak tell groups.
type claims struct {
	Email    string   `json:"email"`
	Verified *bool    `json:"email_verified"`
	Name     string   `json:"name"`
	Groups   []string `json:"groups"`
}

// identity reads the ID token, and asks the provider for what is not in it.
func (p *Provider) identity(ctx context.Context, provider *oidc.Provider, proof *oidc.IDToken, token *oauth2.Token) (id Identity, err error) {
	if proof.Subject == "" { // all of whom it says so would be one person
		return id, fmt.Errorf("%w: the ID token does not say whose it is", ErrRefused)
	}
	var c claims
	if err := proof.Claims(&c); err != nil {
		return id, fmt.Errorf("%w: the ID token cannot be read: %w", ErrRefused, err)
	}
	if (c.Email == "" || c.Groups == nil) && provider.UserInfoEndpoint() != "" {
		more, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return id, fmt.Errorf("%w: ask who it is: %s", ErrUnreachable, wordless(err))
		}
		if more.Subject != proof.Subject { // OpenID Connect Core 1.0, section 5.3.2
			return id, fmt.Errorf("%w: it speaks of somebody else", ErrRefused)
		}
		var rest claims
		if err := more.Claims(&rest); err != nil {
			return id, fmt.Errorf("%w: what it says cannot be read: %w", ErrRefused, err)
		}
		c.add(rest)
	}
	id = Identity{Issuer: proof.Issuer, Subject: proof.Subject, Name: c.Name, Groups: c.Groups}
	if c.Verified != nil && *c.Verified {
		id.Email = c.Email
	}
	return id, nil
}

func (c *claims) add(rest claims) {
	if c.Email == "" {
		c.Email, c.Verified = rest.Email, rest.Verified
	}
	if c.Name == "" {
		c.Name = rest.Name
	}
	if c.Groups == nil {
		c.Groups = rest.Groups
	}
}

// wordless is an error without what the provider said beside its status: that goes into
// the log, and may name people.
func wordless(err error) string {
	return regexp.MustCompile(`(?s)\b([45]\d\d [A-Z][A-Za-z ]*): .*`).ReplaceAllString(err.Error(), "$1")
}

// discover asks the provider for its addresses, once it answers.
func (p *Provider) discover(ctx context.Context) (config oauth2.Config, provider *oidc.Provider, err error) {
	p.mu.Lock()
	provider = p.found
	p.mu.Unlock()
	if provider == nil {
		// The keys are fetched with this context later on as well: it must not end.
		provider, err = oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.settings.Issuer)
		if err != nil {
			return config, nil, fmt.Errorf("%w: %s", ErrUnreachable, wordless(err))
		}
		p.mu.Lock()
		p.found = provider
		p.mu.Unlock()
	}
	return oauth2.Config{ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, RedirectURL: p.settings.Redirect,
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}, provider, nil
}
