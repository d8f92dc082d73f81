package api_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"terminvergabe/internal/desktest"
)

// Only the bodies were counted, a hundred bytes for a day without any times: whoever put
// something new behind each question had the service keep names and searches without
// bound.
func TestWhatIsKeptIsBounded(t *testing.T) {
	d, clock := desktest.SQLite(t)
	c := serve(t, d, clock)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 200 {
		c.do("GET", fmt.Sprintf("/availability?service=ausweis&from=2026-07-11&to=2026-07-11&x=%d%s", i, strings.Repeat("x", 100<<10)), nil)
	}
	if more := heap() - before; more > 24<<20 {
		t.Errorf("%d MB more are in use", more>>20)
	}
}
