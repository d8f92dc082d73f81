package web

import (
	"context"
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

// alive says that the process answers; it asks nobody else.
func (s *Server) alive(w http.ResponseWriter, r *http.Request) {
	plain(w, r, http.StatusOK, "ok\n")
}

// ready says that requests can be served: the database answers, and the process is
// not about to end.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if s.draining.Load() {
		plain(w, r, http.StatusServiceUnavailable, "draining\n")
		return
	}
	if _, err := s.Desk.Now(ctx); err != nil {
		s.Log.ErrorContext(r.Context(), "not ready", "error", err)
		plain(w, r, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	plain(w, r, http.StatusOK, "ready\n")
}

// securityText says where to report a weakness (RFC 9116): by the imprints of the
// offices, whose service this is.
func (s *Server) securityText(w http.ResponseWriter, r *http.Request) error {
	tenants, err := s.Desk.Tenants(r.Context())
	if err != nil {
		return err
	}
	now, err := s.Desk.Now(r.Context())
	if err != nil {
		return err
	}
	var contacts []string
	for _, t := range tenants {
		imprint, _ := t.Legal.Imprint.In("de", "de")
		if strings.HasPrefix(imprint, "https://") && !strings.ContainsAny(imprint, " \r\n") && !slices.Contains(contacts, imprint) {
			contacts = append(contacts, imprint)
		}
	}
	if len(contacts) == 0 {
		contacts = []string{s.Links.Base + "/"}
	}
	var b strings.Builder
	for _, c := range contacts {
		fmt.Fprintf(&b, "Contact: %s\n", c)
	}
	fmt.Fprintf(&b, "Expires: %s\nPreferred-Languages: de, en\nCanonical: %s/.well-known/security.txt\n",
		now.UTC().Truncate(24*time.Hour).AddDate(0, 6, 0).Format(time.RFC3339), s.Links.Base)
	plain(w, r, http.StatusOK, b.String())
	return nil
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
