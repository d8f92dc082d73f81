package setup_test

import (
	"context"
	"testing"

	"terminvergabe/internal/web/staff/office"
)

func (h *house) recognise(ctx context.Context, _ string) (k office.Known, err error) {
	p, err := h.desk.Present(ctx, h.who.Tenant)
	if err != nil {
		return k, err
	}
	k.Person, k.Setup, k.Now = h.who, p.Setup, p.Now.In(p.Setup.Zone())
	return k, nil
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	h.get("/staff/setup").want(200, "Einrichten", "Impressum")
	for _, kind := range []string{"departments", "sites", "services", "calendars"} {
		h.get("/staff/setup/" + kind).want(200)
		h.get("/staff/setup/new/" + kind).want(200)
	}
	for _, at := range []string{"tenant", "departments/buergerdienste", "sites/rathaus", "services/ausweis", "calendars/buergerbuero", "letters/soziales", "feeds", "tokens", "file", "holidays"} {
		h.get("/staff/setup/" + at).want(200)
	}
}
