package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"terminvergabe/internal/agenda"
)

// writer is the one writer of an SQLite file. Acts wait in a queue; those that wait
// together share a durable transaction, a group, and none is answered before it is
// on the disk. An act runs in the goroutine it came from, while the writer gives it
// the turn: so its panics and its stack are its own.
//
// An act that fails leaves nothing of itself. To be sure of that every act would need
// a savepoint of its own, which costs a sixth of a booking (the pages it changes are
// copied first). So a group is bold: it has none, and when an act fails that has
// written, the whole transaction is rolled back and the group runs again, carefully,
// with savepoints; so do the groups after it, for a while. Most refusals come before
// the first write and cost nothing.
type writer struct {
	open  func() (*connection, error)
	conn  *connection // nil: to be opened
	watch *watch
	log   *checkpointer
	queue chan *act
	back  chan struct{} // the act that had the turn has ended
	ended chan struct{}

	gate   sync.RWMutex
	closed bool

	usual    time.Duration // what an act takes, the latest ones above all
	company  int           // how many shared a group lately
	ending   time.Duration // what it took to commit them
	cautious int           // how many groups are still to be run with savepoints
	timer    *time.Timer
	again    []*act // run before those of the queue
	group    group
}

// group is what one transaction holds.
type group struct {
	ran     []*act
	wrote   bool // one of ran did
	careful bool
	days    map[PoolDay]bool // whose versions are to be raised before the commit
	fatal   error            // the transaction is over
	began   time.Time
	waited  time.Time // until when the group waits for company; zero: it has not yet
}

// The bounds. A group is ended when it has enough acts or has taken long: the first
// act waits for the last one. An act that takes longer than slowAct, and many times as
// long as acts usually do, while others of its group wait for it goes on alone, after
// them. On a machine that is slow as a whole no act is: groups must not fall apart
// just then.
const (
	queueLength   = 1024
	groupActs     = 256
	groupTime     = 20 * time.Millisecond
	slowAct       = 20 * time.Millisecond
	manyTimes     = 32
	mostLingering = 2 * time.Millisecond
	cautiousness  = 16 // groups with savepoints after one that failed without
)

func newWriter(open func() (*connection, error), noted *watch, log *checkpointer) (*writer, error) {
	conn, err := open()
	if err != nil {
		return nil, err
	}
	w := &writer{open: open, conn: conn, watch: noted, log: log, queue: make(chan *act, queueLength), back: make(chan struct{}, 1), ended: make(chan struct{}), timer: time.NewTimer(time.Hour)}
	go w.run()
	return w, nil
}

// update runs f in a durable transaction that it may share with others.
func (w *writer) update(ctx context.Context, f func(session) (touch, error)) error {
	return w.await(&act{of: w, ctx: ctx, do: f, call: make(chan bool, 1)})
}

// outside runs f between the transactions.
func (w *writer) outside(ctx context.Context, f func(session) error) error {
	do := func(on session) (touch, error) { return touch{}, f(on) }
	return w.await(&act{of: w, ctx: ctx, do: do, call: make(chan bool, 1), outside: true})
}

func (w *writer) await(a *act) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	if err := w.enqueue(a); err != nil {
		return err
	}
	var run bool
	select {
	case run = <-a.call:
	case <-a.ctx.Done():
		if a.state.CompareAndSwap(waiting, gone) {
			return fmt.Errorf("waiting to write: %w", a.ctx.Err())
		}
		run = <-a.call
	}
	for run {
		a.run()
		run = <-a.call
	}
	return a.err
}

func (w *writer) enqueue(a *act) error {
	w.gate.RLock()
	defer w.gate.RUnlock()
	if w.closed {
		return fmt.Errorf("the store is closed: %w", agenda.ErrUnavailable)
	}
	select {
	case w.queue <- a:
		return nil
	default:
		return fmt.Errorf("%d acts wait to write: %w", queueLength, agenda.ErrOverloaded)
	}
}

// close lets the acts end that wait and refuses others.
func (w *writer) close() error {
	w.gate.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.gate.Unlock()
	<-w.ended
	if conn := w.conn; conn != nil {
		w.conn = nil
		return conn.close()
	}
	return nil
}

// run is the writer's goroutine.
func (w *writer) run() {
	defer close(w.ended)
	for {
		a := w.next()
		if a == nil {
			ok := false
			if a, ok = <-w.queue; !ok {
				return
			}
		}
		switch {
		case a.state.Load() == gone:
		case a.outside:
			w.runOutside(a)
		default:
			if err := w.begin(); err != nil {
				w.refuse(a, err)
				continue
			}
			w.runGroup(a)
		}
	}
}

// next is an act that waits already; nil: none does.
func (w *writer) next() *act {
	if len(w.again) > 0 {
		a := w.again[0]
		w.again = w.again[1:]
		return a
	}
	select {
	case a := <-w.queue: // nil once it is closed
		return a
	default:
		return nil
	}
}

// first puts acts before all that wait.
func (w *writer) first(acts ...*act) { w.again = append(acts, w.again...) }

// refuse answers everybody who waits: the database cannot be written now.
func (w *writer) refuse(a *act, err error) {
	for ; a != nil; a = w.next() {
		if a.begin() {
			a.answer(err)
		}
	}
}

func (w *writer) runOutside(a *act) {
	if !a.begin() {
		return
	}
	if err := w.connect(); err != nil {
		a.answer(fmt.Errorf("open: %w: %w", agenda.ErrUnavailable, err))
		return
	}
	w.give(a)
	if !a.left {
		a.answer(a.err)
	}
}

// give gives an act the turn and waits until it has ended.
func (w *writer) give(a *act) {
	a.turn = turn{began: time.Now(), left: true}
	a.call <- true
	<-w.back
	w.usual += (time.Since(a.began) - w.usual) / 16
}

func (w *writer) connect() (err error) {
	if w.conn == nil {
		w.conn, err = w.open()
	}
	return err
}

// drop throws the connection away; the next transaction gets a new one.
func (w *writer) drop() {
	if w.conn != nil {
		_ = w.conn.close() // it is known to be broken
		w.conn = nil
	}
}

func (w *writer) plain(query string) error {
	_, err := w.conn.exec(context.Background(), query, nil)
	return err
}

// begin begins a transaction. Another process that writes is waited for as long as
// one statement would wait; a connection that no longer works is replaced.
func (w *writer) begin() error {
	for start, replaced := time.Now(), false; ; {
		err := w.connect()
		if err == nil {
			err = w.plain("BEGIN IMMEDIATE")
		}
		switch {
		case err == nil:
			w.group = group{ran: w.group.ran[:0], days: map[PoolDay]bool{}, careful: w.cautious > 0, began: time.Now()}
			return nil
		case busy(err) && time.Since(start) < busyTimeout:
			time.Sleep(5 * time.Millisecond)
		case !busy(err) && !replaced:
			replaced = true
			w.drop()
		default:
			return fmt.Errorf("begin: %w: %w", agenda.ErrUnavailable, err)
		}
	}
}

// verdict is what is to become of the group after an act.
type verdict int

const (
	more   verdict = iota // others may join
	full                  // it is to be committed
	failed                // it is to be rolled back
	over                  // it has been rolled back
)

// runGroup runs a and who joins it in the transaction that has begun, and ends it.
func (w *writer) runGroup(a *act) {
	v := more
	for ; a != nil; a = w.joins(v) {
		if a.begin() {
			w.give(a)
			v = w.judge(a)
		}
	}
	if v == over {
		return
	}
	if v != failed {
		began := time.Now()
		w.group.fatal = w.commit()
		w.ending, w.company = time.Since(began), len(w.group.ran)
	}
	if w.group.fatal != nil {
		w.fail()
		return
	}
	w.cautious = max(0, w.cautious-1)
	w.answer()
}

// answer gives everybody in the group the answer they found.
func (w *writer) answer() {
	for _, a := range w.group.ran {
		a.call <- false
	}
}

// joins is the next act of the group; nil: there is to be none.
func (w *writer) joins(v verdict) *act {
	g := &w.group
	if v != more || len(g.ran) >= groupActs || len(g.ran) > 0 && (g.ran[0].alone || time.Since(g.began) > groupTime) {
		return nil
	}
	a := w.next()
	if a == nil && len(g.ran) < w.company {
		a = w.linger()
	}
	if a != nil && (a.outside || a.alone && len(g.ran) > 0) {
		w.first(a)
		return nil
	}
	return a
}

// linger waits for an act that will want to write in a moment: those who were answered
// together come back one after the other, and the first one alone is not worth a commit
// for which all others wait. It takes less than half of what a commit takes. Who is
// alone waits for nobody.
func (w *writer) linger() *act {
	g := &w.group
	if g.waited.IsZero() {
		g.waited = time.Now().Add(min(w.ending/2, mostLingering))
	}
	rest := time.Until(g.waited)
	if rest <= 0 {
		return nil
	}
	w.timer.Reset(rest)
	defer w.timer.Stop()
	select {
	case a := <-w.queue: // nil once it is closed
		return a
	case <-w.timer.C:
		return nil
	}
}

// judge decides what becomes of an act that had the turn, and of its group.
func (w *writer) judge(a *act) verdict {
	g := &w.group
	void := !a.left && (a.stop != nil || a.torn && a.err == nil)
	switch {
	case g.fatal != nil:
		w.keep(a)
		return failed
	case !void && !a.left && a.err == nil:
		return w.accept(a)
	case a.writes == 0 || g.careful:
		return w.undo(a, void)
	case !void && !g.wrote:
		// Nothing is lost with the transaction, and what the others have read in it
		// was what is committed.
		w.rollback()
		w.keep(a)
		w.answer()
		return over
	}
	w.rollback()
	w.cautious = cautiousness
	w.keep(a)
	w.first(slices.Clone(g.ran)...)
	return over
}

// accept takes a successful act into the group.
func (w *writer) accept(a *act) verdict {
	g := &w.group
	w.keep(a)
	if a.saved {
		if g.fatal = w.plain("RELEASE SAVEPOINT act"); g.fatal != nil {
			return failed
		}
	}
	for _, d := range a.days {
		g.days[d] = true
	}
	g.wrote = g.wrote || a.writes > 0 || len(a.days) > 0
	if a.touched.setup {
		return full // whoever reads it remembers it, so nobody may before it is committed
	}
	return more
}

// undo takes an act back that has a savepoint or has not written.
func (w *writer) undo(a *act, void bool) verdict {
	g := &w.group
	if a.saved {
		if g.fatal = w.plain("ROLLBACK TO SAVEPOINT act"); g.fatal == nil {
			g.fatal = w.plain("RELEASE SAVEPOINT act")
		}
	}
	switch {
	case g.fatal != nil:
		w.keep(a)
		return failed
	case void:
		w.first(a)
		return full
	}
	w.keep(a)
	return more
}

// keep puts an act among those that are answered with the group.
func (w *writer) keep(a *act) {
	if !a.left {
		w.group.ran = append(w.group.ran, a)
	}
}

// commit raises the versions of the days, commits, and lets it be known what changed
// before anybody is answered.
func (w *writer) commit() error {
	g := &w.group
	for d := range g.days {
		if _, err := w.conn.exec(context.Background(), lockDay, []any{d.Pool, int64(d.Date)}); err != nil {
			return err
		}
	}
	if !g.wrote {
		return w.plain("COMMIT")
	}
	var touched []touch
	for _, a := range g.ran {
		if a.err == nil {
			touched = append(touched, a.touched)
		}
	}
	w.watch.begin()
	err := w.plain("COMMIT")
	w.watch.end(w.dataVersion, touched...)
	w.log.wrote()
	return err
}

// dataVersion is the number that moves when others have written.
func (w *writer) dataVersion() (n int64, err error) {
	r, err := w.conn.query(context.Background(), dataVersion, nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if !r.Next() {
		return 0, fmt.Errorf("no answer: %w", r.Err())
	}
	return n, r.Scan(&n)
}

// rollback ends the transaction, which SQLite may have done already.
func (w *writer) rollback() {
	if err := w.plain("ROLLBACK"); err != nil && ends(err) {
		w.drop()
	}
}

// fail ends a transaction that cannot be committed. Where another process stood in
// the way, its acts run again; else all of them fail. The connection is replaced
// unless it is known to be sound.
func (w *writer) fail() {
	g := &w.group
	w.rollback()
	if c, ok := code(g.fatal); !ok || c != sqlite3.SQLITE_BUSY && c != sqlite3.SQLITE_FULL {
		w.drop()
	}
	var again []*act
	for _, a := range g.ran {
		if a.met++; busy(g.fatal) && a.met < attempts {
			again = append(again, a)
		} else {
			a.answer(fmt.Errorf("the transaction failed: %w: %w", agenda.ErrUnavailable, g.fatal))
		}
	}
	w.first(again...)
}
