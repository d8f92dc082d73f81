package store

import (
	"context"
	"sync"
	"time"
)

// checkpointer moves what was written from the log of an SQLite file into the file,
// beside the acts. Left to itself SQLite does that inside a COMMIT, every thousand
// pages: with many clients that is every other group, and takes as long as the group.
type checkpointer struct {
	open  func() (*connection, error)
	conn  *connection // nil: to be opened
	news  chan struct{}
	stop  chan struct{}
	once  sync.Once
	ended chan struct{}
}

const (
	// checkpointRest is how long what is written may gather: a page that changes often
	// is moved once.
	checkpointRest = 200 * time.Millisecond
	// logPages is how long the log becomes, in pages, before a COMMIT sees to it: what
	// the checkpointer has moved then need not be moved again, and the log begins anew.
	logPages = 16384
)

func newCheckpointer(open func() (*connection, error)) *checkpointer {
	c := &checkpointer{open: open, news: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	go c.run()
	return c
}

// wrote says that something was committed.
func (c *checkpointer) wrote() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run() {
	defer close(c.ended)
	for {
		select {
		case <-c.news:
		case <-c.stop:
			return
		}
		select {
		case <-time.After(checkpointRest):
		case <-c.stop:
			return
		}
		if c.move() != nil {
			c.drop() // the writer meets the same fault, and tells
		}
	}
}

// move moves what no reader stands in the way of.
func (c *checkpointer) move() (err error) {
	if c.conn == nil {
		if c.conn, err = c.open(); err != nil {
			return err
		}
	}
	_, err = c.conn.exec(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)", nil)
	return err
}

func (c *checkpointer) drop() {
	if c.conn != nil {
		_ = c.conn.close() // it is known to be broken, or has nothing left to do
		c.conn = nil
	}
}

func (c *checkpointer) close() {
	c.once.Do(func() {
		close(c.stop)
		<-c.ended
		c.drop()
	})
}
