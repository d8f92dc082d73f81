package staff

import (
	"testing"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/pagetest"
)

// TestStates keeps the pages of visits and the sign-in page in their states for the accessibility run.
func TestStates(t *testing.T) {
	t.Run("callers", callerStates)
	statesOfVisits(t)
	h := sqlite(t)
	h.clock.Set(desktest.At(0, "08:00"))
	for _, lang := range []string{"de", "en"} {
		pagetest.Keep(t, "signin-empty-"+lang, h.get("/staff/sign-in?lang="+lang, "").Body.String())
		pagetest.Keep(t, "signin-out-"+lang, h.get("/staff/sign-in?done=out&lang="+lang, "").Body.String())
	}
	pagetest.Keep(t, "signin-wrong-de", h.post("/staff/sign-in", "", "email", "", "password", "").Body.String())
}
