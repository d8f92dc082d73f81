package api_test

import (
	"net/http"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/api"
	"terminvergabe/internal/web/route"
)

// Every call is described, and every description is of a call.
func TestDocumentNamesEveryCall(t *testing.T) {
	d, clock := desktest.SQLite(t)
	c := serve(t, d, clock)
	if err := c.doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.isJSON(c.do("GET", strings.TrimSuffix(c.base, "/musterstadt")+"/openapi.json", nil))

	router := route.NewTable()
	api.API{Desk: d}.Mount(router)
	mounted := map[string]bool{}
	for _, x := range router.Routes() {
		mounted[strings.TrimPrefix(x.Path, "/api/v1")] = true
	}
	token := c.token(agenda.Admin, "")
	for path := range mounted {
		item := c.doc.Paths.Value(path)
		if item == nil {
			t.Errorf("%s is mounted, but not described", path)
			continue
		}
		url := strings.TrimSuffix(c.base, "/musterstadt") + strings.NewReplacer("{tenant}", "musterstadt", "{secret}", "x", "{id}", "x").Replace(path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			a := c.do(method, url, nil, bearer(token)...)
			if described := item.GetOperation(method) != nil; described == (a.status == http.StatusMethodNotAllowed) {
				t.Errorf("%s %s: described %t, got %d", method, path, described, a.status)
			}
			if allow := a.header.Get("Allow"); a.status == http.StatusMethodNotAllowed && (allow == "" || strings.Contains(allow, method)) {
				t.Errorf("%s %s: got Allow %q", method, path, allow)
			}
		}
	}
	for path := range c.doc.Paths.Map() {
		if !mounted[path] {
			t.Errorf("%s is described, but not mounted", path)
		}
	}
}

func (c *client) isJSON(a answer) {
	c.t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" || a.header.Get("ETag") == "" {
		c.t.Errorf("got %d %v", a.status, a.header)
	}
}
