package public_test

import (
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
)

// reminded is the question whether a visitor comes, and what comes of the answer.
func (g *gallery) reminded() {
	small := desktest.Musterstadt()
	small.Revision, small.Tenant.Languages = 2, languages(g.T)
	small.Services[1].Reconfirm = agenda.Reconfirm{Ask: agenda.Span{Days: 4}, By: agenda.Span{Days: 1}}
	apply(g.T, g.desk, small)
	b := g.at("service=ausweis", "buergerbuero@"+wednesday, "email", ada)
	b.post("/musterstadt/book", b.form()).want(200)
	plain := strings.TrimSuffix(b.path, "?done=1")
	g.keep("coming", b.get(plain+"/coming"), 200)
	g.keep("coming-said", b.post(plain+"/coming", nil), 200)
	g.keep("manage-coming", b.get(plain), 200)
	g.time.Set(desktest.At(2, "07:00"))
	g.keep("coming-said-late", b.get(plain+"/coming"), 200)
	g.time.Set(desktest.At(2, "08:00"))
	g.keep("coming-over", b.get(plain+"/coming"), 200)
	g.time.Set(desktest.Start)

	g.keep("service-asks", b.get("/musterstadt/s/pass"), 200)
	b = g.at("service=pass", "buergerbuero@2026-07-10T08:00:00+02:00", "email", ada)
	g.keep("review-asks", b, 200)
	b.post("/musterstadt/book", b.form()).want(200)
	asked := strings.TrimSuffix(b.path, "?done=1")
	g.time.Set(desktest.At(3, "07:30"))
	g.keep("coming-asked", b.get(asked+"/coming"), 200)
	g.keep("manage-asked", b.get(asked), 200)
	b.post(asked+"/cancel", nil).want(200)
	g.time.Set(desktest.Start)
}
