package find_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"terminvergabe/internal/web/pagetest"
)

// TestStates keeps the search in its states for the accessibility run.
func TestStates(t *testing.T) {
	for _, lang := range []string{"de", "en"} {
		t.Run(lang, func(t *testing.T) {
			h := newHouse(t)
			h.lang = lang
			keep := func(name string, w *httptest.ResponseRecorder) { pagetest.Keep(t, name+"-"+lang, w.Body.String()) }
			keep("find-empty", h.send(httptest.NewRequest(http.MethodGet, "/staff/find", nil), 200))
			keep("find-wrong", h.find(422, []string{"q", "x", "from", "morgen"}))
			keep("find-none", h.find(200, []string{"q", "niemand"}))
			h.book(strings.Repeat("Friederike-Wilhelmine von und zu ", 5)+"Musterberg", "+49 (0) 5550 / 47 11-0815", "", 1, "08:00")
			keep("find-longest", h.find(200, []string{"q", "friederike"}))
			for i := range 51 {
				h.book(fmt.Sprintf("Viele Beispiel %d", i), "05550 4711", "", 1, "08:00")
			}
			keep("find-many", h.find(200, []string{"q", "viele"}))
		})
	}
}
