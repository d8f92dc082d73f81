package jobs

import (
	"sync"
	"time"
)

// aJump is more than the clocks of two machines differ by, and less than anybody would
// notice. What cannot be undone waits for patience after one.
const (
	aJump    = 2 * time.Minute
	patience = 10 * time.Minute
)

// steadiness knows whether the book's clock goes as time does. One that jumps is most
// likely wrong, and soon put right: until then nobody is reminded, called off or forgotten
// because of it. After a jump that stays, everything goes on a little later.
type steadiness struct {
	mu     sync.Mutex
	book   time.Time // the book's clock at the last look
	looked time.Time // the last look, by a clock that nobody sets
	jumped time.Time // the look that saw the last jump; zero: none
}

// at takes the book's clock at this moment and reports whether it can be relied on.
func (s *steadiness) at(book time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if !s.looked.IsZero() && (book.Sub(s.book)-now.Sub(s.looked)).Abs() > aJump {
		s.jumped = now
	}
	s.book, s.looked = book, now
	return s.jumped.IsZero() || now.Sub(s.jumped) >= patience
}
