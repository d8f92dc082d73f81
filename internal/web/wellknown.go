package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

func plain(w http.ResponseWriter, r *http.Request, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, text)
	}
}

// Security is what security.txt says of an installation beside where it is.
type Security struct {
	Contacts                            []string  // none: the imprints of the offices, whose service this is
	Expires                             time.Time // zero: half a year from now, always
	Policy, Acknowledgments, Encryption string    // addresses; "": none
}

// securityText says where to report a weakness (RFC 9116).
func (s *Server) securityText(w http.ResponseWriter, r *http.Request) error {
	contacts, expires := s.Security.Contacts, s.Security.Expires
	if len(contacts) == 0 {
		tenants, err := s.Desk.Tenants(r.Context())
		if err != nil {
			return err
		}
		contacts = imprints(tenants)
	}
	if len(contacts) == 0 {
		contacts = []string{s.Links.Base + "/"}
	}
	if expires.IsZero() {
		now, err := s.Desk.Now(r.Context())
		if err != nil {
			return err
		}
		expires = now.UTC().Truncate(24*time.Hour).AddDate(0, 6, 0)
	}
	var b strings.Builder
	for _, c := range contacts {
		fmt.Fprintf(&b, "Contact: %s\n", c)
	}
	fmt.Fprintf(&b, "Expires: %s\n", expires.UTC().Format(time.RFC3339))
	for _, further := range []struct{ name, address string }{{"Encryption", s.Security.Encryption}, {"Acknowledgments", s.Security.Acknowledgments}, {"Policy", s.Security.Policy}} {
		if further.address != "" {
			fmt.Fprintf(&b, "%s: %s\n", further.name, further.address)
		}
	}
	fmt.Fprintf(&b, "Preferred-Languages: de, en\nCanonical: %s/.well-known/security.txt\n", s.Links.Base)
	plain(w, r, http.StatusOK, b.String())
	return nil
}

// imprints are the addresses of the offices' imprints.
func imprints(tenants []*agenda.Setup) (list []string) {
	for _, t := range tenants {
		imprint, _ := t.Legal.Imprint.In("de", "de")
		if strings.HasPrefix(imprint, "https://") && !strings.ContainsAny(imprint, " \r\n") && !slices.Contains(list, imprint) {
			list = append(list, imprint)
		}
	}
	return list
}

// ownHost is the tenant whose own address the request came by, nil for the common
// one.
func (s *Server) ownHost(r *http.Request) *agenda.Setup {
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	tenants, err := s.Desk.Tenants(r.Context())
	if err != nil {
		return nil
	}
	for _, t := range tenants {
		if t.Tenant.Host != "" && strings.EqualFold(t.Tenant.Host, host) {
			return t
		}
	}
	return nil
}

func (s *Server) isOwnHost(r *http.Request, _ *mux.RouteMatch) bool {
	return r.URL.Path == "/" && s.ownHost(r) != nil
}

// toOwnHost leads from the bare address of a tenant's own host to its first page.
func (s *Server) toOwnHost(pages page.Handlers) http.Handler {
	return pages.Do(func(w http.ResponseWriter, r *http.Request) error {
		t := s.ownHost(r)
		if t == nil {
			return page.Missing(nil)
		}
		http.Redirect(w, r, "/"+t.Tenant.ID+"/", http.StatusFound)
		return nil
	})
}
