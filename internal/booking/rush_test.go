package booking

import (
	"testing"
	"time"

	"terminvergabe/internal/agenda"
)

// What is a rush at one office is usual at another.
func TestRushIsMeasuredByWhatIsUsual(t *testing.T) {
	s := &agenda.Setup{Tenant: agenda.Tenant{ID: "t"}, Protection: agenda.Protection{Proof: agenda.ProofLoad, PerMinute: 6}}
	begin := time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		usual  int // a minute, for a day before
		burst  int
		rushes bool
	}{
		{"few, as ever", 0, 5, false},
		{"many where nobody comes", 0, 6, true},
		{"more where many come", 3, 6, false},
		{"far more where many come", 3, 30, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r rushes
			now := begin
			for range 24 * 60 {
				for range test.usual {
					r.note("t", now)
				}
				now = now.Add(time.Minute)
			}
			for range test.burst {
				r.note("t", now)
			}
			if got := r.on(s, now); got != test.rushes {
				t.Errorf("got %t, want %t", got, test.rushes)
			}
			if got := r.on(s, now.Add(rushLasts+time.Minute)); got {
				t.Error("it does not end")
			}
		})
	}
}

// An attack that lasts does not become what is usual, and night makes no town quiet for ever.
func TestRushDoesNotBecomeUsual(t *testing.T) {
	s := &agenda.Setup{Tenant: agenda.Tenant{ID: "t"}, Protection: agenda.Protection{Proof: agenda.ProofLoad, PerMinute: 6}}
	var r rushes
	now := time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC)
	for range 24 * 60 {
		for range 10 {
			r.note("t", now)
		}
		if !r.on(s, now) {
			t.Fatalf("over at %v", now)
		}
		now = now.Add(time.Minute)
	}
	if r.on(s, now.Add(-time.Hour)); r.on(&agenda.Setup{Tenant: agenda.Tenant{ID: "other"}, Protection: s.Protection}, now) {
		t.Error("another tenant has it too")
	}
}
