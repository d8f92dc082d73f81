package page

import (
	"runtime"
	"testing"
)

// TestPagesAreSmall: the collector looks through what templates consist of again and
// again. Beyond some dozen megabytes that took a third of the processor's time.
func TestPagesAreSmall(t *testing.T) {
	before := live()
	p, _ := newPages(t)
	started := live() - before
	for lang, set := range p.sets {
		for name, build := range set {
			if _, err := build(); err != nil {
				t.Errorf("%s in %s: %v", name, lang, err)
			}
		}
	}
	all := live() - before
	t.Logf("%d KB at the start, %d KB with every page in every language", started>>10, all>>10)
	const mostStarted, mostAll = 20 << 20, 90 << 20
	if started > mostStarted || all > mostAll {
		t.Errorf("got %d MB at the start and %d MB in all, want at most %d and %d", started>>20, all>>20, mostStarted>>20, mostAll>>20)
	}
	runtime.KeepAlive(p)
}

// live is how many bytes are in use.
func live() int64 {
	runtime.GC()
	runtime.GC() // what the first has left in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
