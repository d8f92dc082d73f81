package store

import "context"

// Later is closed once an edition after the given one is there: to wait for the next
// change without asking again and again. Who is woken asks Since what it was.
func (c *Changes) Later(since Edition) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Now() > since {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

// wake tells whoever waits that there is a new edition; mu is held.
func (c *Changes) wake() {
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Heed lets Changes take note of what other processes have done up to now, where the
// engine does not hear of it by itself: on SQLite that is one small question, on
// PostgreSQL it is none. Whoever waits with Later in the name of many asks this
// regularly.
func (s *Store) Heed(ctx context.Context) { s.engine.abreast(ctx) }
