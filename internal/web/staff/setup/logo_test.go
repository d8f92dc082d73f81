package setup_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/store"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z" fill="#003f7d"/></svg>`

// A logo is taken, shown on the frame's top, kept as it was made safe, and taken away.
func TestLogo(t *testing.T) {
	h := newHouse(t)
	at := "/staff/setup/logo"
	for what, sent := range map[string]url.Values{"logo": {}, "kind": {"logo": {"<html>"}}, "svg": {"logo": {strings.Replace(drawing, "<path", "<script/><path", 1)}}} {
		a := h.post(at, sent)
		if body := a.Body.String(); a.Code != http.StatusUnprocessableEntity || !strings.Contains(body, `id="logo-error"`) {
			t.Errorf("%s: got %d %s", what, a.Code, body)
		}
	}
	if a := h.post(at, url.Values{"logo": {drawing}}); a.Code != http.StatusSeeOther {
		t.Fatalf("got %d %s", a.Code, a.Body)
	}
	name := h.setup().Brand.KeptLogo()
	if !strings.HasSuffix(name, ".svg") || !strings.Contains(h.get(at).Body.String(), `<img class="owner-logo" src="/`+h.setup().Tenant.ID+"/"+name+`" alt="" height="48">`) {
		t.Errorf("the logo %q is not shown", name)
	}
	err := h.desk.Store.View(t.Context(), func(tx *store.Tx) error {
		image, err := tx.Logo(h.setup().Tenant.ID, name)
		if !strings.HasPrefix(string(image), "<svg ") {
			t.Errorf("got %q", image)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	h.who = as(agenda.Lead, "buergerdienste")
	if a := h.post(at, url.Values{"remove": {"1"}}); a.Code != http.StatusForbidden {
		t.Errorf("a department's lead: got %d, want 403", a.Code)
	}
	h.who = as(agenda.Admin, "")
	if a := h.post(at, url.Values{"remove": {"1"}}); a.Code != http.StatusSeeOther || h.setup().Brand.Logo != "" {
		t.Errorf("removed: got %d, %q", a.Code, h.setup().Brand.Logo)
	}
}
