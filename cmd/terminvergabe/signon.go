package main

import (
	"strconv"

	"terminvergabe/internal/agenda"
	provider "terminvergabe/internal/auth/signon"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/staff"
	"terminvergabe/internal/web/staff/office"
	"terminvergabe/internal/web/staff/signon"
)

// signOn is the way in through the configured providers, and the doors to them that
// the sign-in page shows.
func (s *service) signOn(o *office.Office) (*signon.Part, []staff.Door) {
	h := s.house
	part := &signon.Part{Office: o, Accounts: s.accounts, Keys: h.desk.Keys, Tenants: h.desk.Tenants, Log: s.log}
	var doors []staff.Door
	for i, c := range h.config.OIDC {
		part.Providers = append(part.Providers, signon.Provider{Provider: ask(c, h.config.BaseURL), Tenants: c.Tenants, Groups: worth(c.Groups)})
		doors = append(doors, staff.Door{Href: "/staff/sign-on/" + strconv.Itoa(i), Tenants: c.Tenants, Only: !c.LocalLogin})
	}
	return part, doors
}

// ask is a configured provider, not asked yet.
func ask(c config.SignOn, base string) *provider.Provider {
	return provider.New(provider.Settings{Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Redirect: base + signon.Back})
}

func worth(groups map[string]config.Grant) map[string]signon.Granted {
	worth := map[string]signon.Granted{}
	for name, g := range groups {
		worth[name] = signon.Granted{Tenant: g.Tenant, Grant: agenda.Grant{Role: agenda.Role(g.Role), Department: g.Department}}
	}
	return worth
}
