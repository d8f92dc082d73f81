// Package signon is the way into the back office through a sign-on provider: the link
// on the sign-in page that leads there, and the address that the provider sends people
// back to. It refuses to know how a provider is asked, which is auth/signon's, and what
// an account is, which is auth's.
//
// Start reading at Part.
package signon

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/auth/signon"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
	"terminvergabe/internal/web/staff/office"
)

// Back is the path that providers send people back to.
const Back = "/staff/sign-on/back"

// Provider is a sign-on provider and what its groups are worth.
type Provider struct {
	*signon.Provider
	Tenants []string           // whose staff signs in there, in the order of the configuration
	Groups  map[string]Granted // by the provider's name of the group
}

// Granted is what a group gives, in one tenant.
type Granted struct {
	Tenant string
	agenda.Grant
}

// Part is the way in. Its fields are set once.
type Part struct {
	*office.Office
	Accounts  *auth.Accounts
	Keys      *seal.Keys
	Providers []Provider
	Tenants   func(ctx context.Context) ([]*agenda.Setup, error)
	Log       *slog.Logger
}

// Routes are the part's routes. The way back opens a session though it is a GET: the
// standard has the provider redirect there. It can do so once, in the browser that
// holds the ticket, and nobody else's following the link does anything.
func (s *Part) Routes() []office.Route {
	return []office.Route{
		office.Get(Back, office.Returned, s.back),
		office.Get("/staff/sign-on/{provider:[0-9]{1,3}}", office.Anybody, s.leave),
	}
}

// Mount registers the routes.
func (s *Part) Mount(t *route.Table) { s.Office.Mount(t, s.Routes()) }

// ticket is what the browser keeps, sealed, while somebody is at the provider.
type ticket struct {
	signon.Ticket
	Provider int
	Tenant   string // "": whichever the groups give
	Expires  time.Time
}

// ticketLife is how long somebody may stay at the provider.
const ticketLife = 10 * time.Minute

// sealedTo binds a ticket to its purpose.
const sealedTo = "sign-on ticket"

// leave sends the browser to the provider.
func (s *Part) leave(w http.ResponseWriter, q *office.Request) error {
	i, err := strconv.Atoi(mux.Vars(q.Request)["provider"])
	if err != nil || i >= len(s.Providers) {
		return agenda.ErrNotFound
	}
	x, tenant := s.Providers[i], q.URL.Query().Get("tenant")
	if tenant != "" && !slices.Contains(x.Tenants, tenant) {
		return agenda.ErrNotFound
	}
	address, t, err := x.Begin(q.Context())
	if err != nil {
		return s.explain(q, err)
	}
	plain, err := json.Marshal(ticket{t, i, tenant, time.Now().Add(ticketLife)})
	if err != nil {
		return err
	}
	c := s.cookie(base64.RawURLEncoding.EncodeToString(s.Keys.Seal(plain, sealedTo)))
	c.MaxAge = int(ticketLife / time.Second)
	http.SetCookie(w, c)
	http.Redirect(w, q.Request, address, http.StatusSeeOther)
	return nil
}

// back takes up whom the provider has signed in.
func (s *Part) back(w http.ResponseWriter, q *office.Request) error {
	gone := s.cookie("")
	gone.MaxAge = -1
	t, err := s.ticket(q.Request)
	if err != nil {
		return s.explain(q, err)
	}
	http.SetCookie(w, gone)
	x := s.Providers[t.Provider]
	id, err := x.Finish(q.Context(), t.Ticket, q.URL.Query())
	if err != nil {
		return s.explain(q, err)
	}
	granted := x.granted(id.Groups)
	tenant := t.Tenant
	if tenant == "" {
		switch where := x.where(granted); len(where) {
		case 0:
			tenant = x.Tenants[0]
		case 1:
			tenant = where[0]
		default:
			return s.choose(w, q, t.Provider, where)
		}
	}
	who := auth.Recognised{Identity: store.Identity{Issuer: id.Issuer, Subject: id.Subject}, Email: id.Email, Name: id.Name, Agent: q.UserAgent()}
	secret, _, err := s.Accounts.SignInAs(q.Context(), tenant, who, granted[tenant])
	if err != nil {
		return s.explain(q, err)
	}
	http.SetCookie(w, s.Cookie(secret))
	http.Redirect(w, q.Request, "/staff/", http.StatusSeeOther)
	return nil
}

// granted are the grants of some groups by tenant, the widest first. Keycloak writes a
// group as a path, with a slash before it.
func (x *Provider) granted(groups []string) map[string][]agenda.Grant {
	by := map[string][]agenda.Grant{}
	for name, g := range x.Groups {
		if slices.Contains(groups, name) || slices.Contains(groups, "/"+strings.TrimPrefix(name, "/")) {
			by[g.Tenant] = append(by[g.Tenant], g.Grant)
		}
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b agenda.Grant) int {
			if wide := strings.Compare(a.Department, b.Department); (a.Department == "") != (b.Department == "") {
				return wide // the whole tenant before a department
			}
			if more := len(b.Role.Rights()) - len(a.Role.Rights()); more != 0 {
				return more
			}
			return strings.Compare(string(a.Role)+a.Department, string(b.Role)+b.Department)
		})
	}
	return by
}

// where are the tenants in which somebody has rights, in the order of the configuration.
func (x *Provider) where(granted map[string][]agenda.Grant) (tenants []string) {
	for _, t := range x.Tenants {
		if len(granted[t]) > 0 {
			tenants = append(tenants, t)
		}
	}
	return tenants
}

// choosePage asks where somebody works today, who may work in several places.
type choosePage struct {
	page.Frame
	Places []page.Card
}

func (s *Part) choose(w http.ResponseWriter, q *office.Request, provider int, tenants []string) error {
	p := &choosePage{Frame: s.Frame(q)}
	list, err := s.Tenants(q.Context())
	if err != nil {
		return err
	}
	for _, setup := range list {
		if id := setup.Tenant.ID; slices.Contains(tenants, id) {
			p.Places = append(p.Places, page.Card{Title: setup.Tenant.Name, Href: "/staff/sign-on/" + strconv.Itoa(provider) + "?" + url.Values{"tenant": {id}}.Encode()})
		}
	}
	return s.Pages.Render(w, q.Request, http.StatusOK, "staff/signon/choose", p)
}

// ticket opens what the browser kept.
func (s *Part) ticket(r *http.Request) (t ticket, err error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return t, signon.ErrRefused // late, or another browser
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil {
		return t, signon.ErrRefused
	}
	plain, err := s.Keys.Open(sealed, sealedTo)
	if err != nil || json.Unmarshal(plain, &t) != nil || time.Now().After(t.Expires) || t.Provider >= len(s.Providers) {
		return t, signon.ErrRefused
	}
	return t, nil
}

func (s *Part) cookieName() string { return page.CookieName("sign-on", s.Secure, true) }

func (s *Part) cookie(value string) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

// explain gives what can go wrong its page, and the log what the page does not say.
func (s *Part) explain(q *office.Request, err error) error {
	for _, x := range []struct {
		situation error
		status    int
		text      string
	}{
		{signon.ErrUnreachable, http.StatusServiceUnavailable, "unreachable"},
		{signon.ErrRefused, http.StatusForbidden, "refused"},
		{auth.ErrNoRights, http.StatusForbidden, "noRights"},
		{auth.ErrNoAddress, http.StatusForbidden, "noAddress"},
		{auth.ErrSignIn, http.StatusForbidden, "disabled"},
	} {
		if errors.Is(err, x.situation) {
			s.Log.Warn("sign-on failed", "reason", err.Error())
			return &page.Error{Status: x.status, Title: "staff.signon." + x.text + ".title", Detail: "staff.signon." + x.text + ".detail",
				Links: []page.Button{{Kind: "primary", Label: s.Frame(q).T("staff.signon.again"), Href: "/staff/sign-in"}}, Err: err}
		}
	}
	return err
}
