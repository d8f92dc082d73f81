package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
)

// watch notices when another process has changed a SQLite file: a command beside the
// running service. SQLite gives each connection a number that moves when another
// connection has committed. The watcher's own connection sees every commit, and costs
// a few microseconds to ask; the connection that writes sees only those of others, but
// is busy. So whoever reads asks the watcher, and after each commit the writer says up
// to which number all is its own.
type watch struct {
	changes *Changes
	dsn     string

	asking sync.Mutex // guards the connection
	conn   driver.Conn
	stmt   driver.Stmt

	known      atomic.Int64 // the watcher's number up to which Changes has been told
	mu         sync.Mutex
	published  sync.Cond
	committing bool
	own        int64 // the writer's number
}

func newWatch(dsn string, c *Changes) *watch {
	w := &watch{changes: c, dsn: dsn}
	w.published.L = &w.mu
	return w
}

// abreast tells Changes of other processes' commits up to now. Where it cannot find
// out, nothing that is remembered may be used.
func (w *watch) abreast() bool {
	v, err := w.version(true)
	if err != nil {
		return false
	}
	if w.known.Load() == v {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Our own commit can be seen a moment before it is told.
	for v > w.known.Load() && w.committing {
		w.published.Wait()
	}
	if v > w.known.Load() {
		w.changes.forget()
		w.known.Store(v)
	}
	return true
}

// begin is called by the writer before it commits, end afterwards, whatever came of it
// and before any act is answered. own asks the connection that writes for its number,
// outside of any transaction.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committing = true
}

func (w *watch) end(own func() (int64, error), touched ...touch) {
	// The watcher is asked first: what others commit in between it has not seen, and
	// shows to the next reader.
	v, err := w.version(false)
	number := int64(0)
	if err == nil && v != 0 {
		number, err = own()
	}
	w.changes.told(touched...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || number != w.own {
		w.changes.forget()
		w.own = number
	}
	if err == nil {
		w.known.Store(max(v, w.known.Load()))
	}
	w.committing = false
	w.published.Broadcast()
}

// version asks the watcher's connection for its number. As long as nobody has read,
// there is none to ask, and the number is 0.
func (w *watch) version(open bool) (v int64, err error) {
	w.asking.Lock()
	defer w.asking.Unlock()
	if w.stmt == nil {
		if !open {
			return 0, nil
		}
		if err := w.open(); err != nil {
			return 0, err
		}
	}
	return number(w.stmt)
}

const dataVersion = "PRAGMA data_version"

func (w *watch) open() error {
	conn, err := new(sqlite.Driver).Open(w.dsn)
	if err != nil {
		return err
	}
	stmt, err := conn.Prepare(dataVersion)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w.conn, w.stmt = conn, stmt
	return nil
}

// number runs a statement that answers with one number.
func number(stmt driver.Stmt) (int64, error) {
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var value [1]driver.Value
	if err := rows.Next(value[:]); err != nil {
		return 0, err
	}
	n, ok := value[0].(int64)
	if !ok {
		return 0, errors.New("a number was expected")
	}
	return n, nil
}

func (w *watch) close() error {
	w.asking.Lock()
	defer w.asking.Unlock()
	if w.stmt == nil {
		return nil
	}
	err := errors.Join(w.stmt.Close(), w.conn.Close())
	w.stmt = nil
	return err
}
