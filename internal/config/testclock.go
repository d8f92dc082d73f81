package config

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// TestClock shifts the time for tests, by an offset such as +26h or -90m that
// stands in a file and can change at any moment. A nil TestClock is the real
// time. It can be used by many goroutines.
type TestClock struct {
	path string
	last atomic.Int64 // the last offset that could be read
}

// NewTestClock makes a clock that follows the file at path.
func NewTestClock(path string) *TestClock { return &TestClock{path: path} }

// Offset is by how much the time is shifted at this moment. It reads the
// file each time: that costs a few microseconds, and a change is seen at
// once. No file means no shift; a file that cannot be understood (a test is
// just writing it) keeps the last shift.
func (c *TestClock) Offset() time.Duration {
	if c == nil {
		return 0
	}
	_ = c.check()
	return time.Duration(c.last.Load())
}

// Now is the shifted time.
func (c *TestClock) Now() time.Time { return time.Now().Add(c.Offset()) }

// check reads the file and says what is wrong with it.
func (c *TestClock) check() error {
	data, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		c.last.Store(0)
		return nil
	}
	if err != nil {
		return err
	}
	offset, err := time.ParseDuration(strings.TrimSpace(string(data)))
	if err != nil {
		return err
	}
	c.last.Store(int64(offset))
	return nil
}
