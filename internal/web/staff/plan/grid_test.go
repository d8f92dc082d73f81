package plan

import (
	"testing"

	"terminvergabe/internal/agenda"
)

// A night in which nothing but a closure lies is not on the page; what is on it can be
// pressed.
func TestNightsOfClosures(t *testing.T) {
	for _, x := range []struct {
		name        string
		block       block
		first, last agenda.Minute
	}{
		{"all day", block{Kind: "closure", From: 0, To: 1440}, 480, 1020},
		{"from noon on", block{Kind: "closure", From: 720, To: 1440}, 480, 1020},
		{"until noon", block{Kind: "closure", From: 0, To: 720}, 480, 1020},
		{"before work", block{Kind: "closure", From: 0, To: 360}, 300, 1020},
		{"after work", block{Kind: "closure", From: 1200, To: 1440}, 480, 1260},
		{"a series at night", block{Kind: "series", From: 0, To: 1440}, 0, 1440},
	} {
		g := grid{Days: []gridDay{{Lanes: 1, blocks: []block{x.block}}}}
		got := g.bounds()
		if first, last := got[0], got[len(got)-1]; first != x.first || last != x.last {
			t.Errorf("%s: got %v to %v, want %v to %v", x.name, first, last, x.first, x.last)
		}
		shown := 0
		for i := range len(got) - 1 {
			for _, c := range g.Days[0].cells(nil, &agenda.Calendar{}, got, i) {
				if c.Block != nil && c.Rows > 0 {
					shown++
				}
			}
		}
		if shown != 1 {
			t.Errorf("%s: got it %d times, want 1", x.name, shown)
		}
	}
}
