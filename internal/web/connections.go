package web

import (
	"container/list"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Connections bounds how many connections are open, in total and of one client. Where
// there are too many, whoever has waited longest without a request makes room: so idle
// and half-open ones, however many, keep nobody out.
//
// The trusted proxies are exempt: all visitors come from them, and a proxy keeps
// connections open for the next visitor.
type Connections struct {
	Most      int // in total
	PerClient int // of one client; 0: no limit
	Exempt    []netip.Prefix
	Times     func(client netip.Prefix) int // for how many clients one counts; nil: for one

	mu      sync.Mutex
	open    int
	of      map[netip.Prefix]int
	fresh   list.List // of *connection: nothing whole has been asked yet, the oldest first
	resting list.List // of *connection: between two requests
	dropped [kindsOfDrop]int64
}

// Why connections were dropped.
const (
	tooManyOfOne = iota // the client has as many as it may
	madeRoom            // it waited longest when there was no room
	noRoom              // all others were at work
	kindsOfDrop
)

// young is how long a connection without a request is not taken for a half-open one.
const young = time.Second

// connection is one that is counted.
type connection struct {
	net.Conn
	home   *Connections
	client netip.Prefix // zero: exempt
	since  time.Time
	list   *list.List // in which it waits; nil: it is at work, or exempt
	place  *list.Element
	closed bool
	come   []byte // what was read in the porch and not since
}

// Heed is for http.Server.ConnState.
func (c *Connections) Heed(conn net.Conn, state http.ConnState) {
	k, ok := conn.(*connection)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateActive:
		k.leave()
	case http.StateIdle:
		k.leave()
		k.wait(&c.resting)
	}
}

// admit counts a new connection; nil says that it is one too many.
func (c *Connections) admit(conn net.Conn) *connection {
	k := &connection{Conn: conn, home: c, client: c.clientOf(conn), since: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[netip.Prefix]int{}
	}
	if c.PerClient > 0 && k.client.IsValid() && c.of[k.client] >= c.PerClient*c.times(k.client) {
		c.dropped[tooManyOfOne]++
		return nil
	}
	if c.open >= c.Most && !c.dropOne() {
		c.dropped[noRoom]++
		return nil
	}
	c.open++
	if k.client.IsValid() {
		c.of[k.client]++
		k.wait(&c.fresh)
	}
	return k
}

func (c *Connections) clientOf(conn net.Conn) netip.Prefix {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil || within(c.Exempt, peer.Addr().Unmap()) {
		return netip.Prefix{}
	}
	return clientAt(peer.Addr())
}

func (c *Connections) times(client netip.Prefix) int {
	if c.Times == nil {
		return 1
	}
	return c.Times(client)
}

func (c *Connections) makeRoom(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range n {
		if !c.dropOne() {
			return
		}
	}
}

// dropOne closes the connection that can best be done without: a half-open one, then
// the one that has rested longest, then the newest of those that have only just come.
// It reports false where all are at work.
func (c *Connections) dropOne() bool {
	for _, l := range []*list.List{&c.fresh, &c.resting, &c.fresh} {
		e := l.Front()
		if e == nil {
			continue
		}
		k, _ := e.Value.(*connection)
		if l == &c.fresh && time.Since(k.since) < young && c.resting.Len() > 0 {
			continue
		}
		c.dropped[madeRoom]++
		k.gone()
		_ = k.Conn.Close() // whoever reads from it hears of it
		return true
	}
	return false
}

// Close closes the connection.
func (k *connection) Close() error {
	k.home.mu.Lock()
	k.gone()
	k.home.mu.Unlock()
	return k.Conn.Close()
}

// gone takes the connection out of all accounts, once.
func (k *connection) gone() {
	if k.closed {
		return
	}
	k.closed = true
	k.leave()
	k.home.open--
	if !k.client.IsValid() {
		return
	}
	if k.home.of[k.client]--; k.home.of[k.client] <= 0 {
		delete(k.home.of, k.client)
	}
}

func (k *connection) wait(l *list.List) {
	if k.closed || !k.client.IsValid() {
		return
	}
	k.list, k.place = l, l.PushBack(k)
}

func (k *connection) leave() {
	if k.list != nil {
		k.list.Remove(k.place)
		k.list, k.place = nil, nil
	}
}

// Counts are how many connections are open, how many of them wait, and how many were
// dropped for which reason.
func (c *Connections) Counts() (open, waiting int, dropped map[string]int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open, c.fresh.Len() + c.resting.Len(), map[string]int64{"client": c.dropped[tooManyOfOne], "oldest": c.dropped[madeRoom], "full": c.dropped[noRoom]}
}

// spareFiles is how many files are kept for everything that is no visitor's connection:
// the database, letters, calendars elsewhere, the program's own.
const spareFiles = 256

// FilesFor gives how many connections there may be of so many wanted (0: as many as can
// be) within the system's limit of open files, and that limit. Go has raised it as far
// as the system lets it.
func FilesFor(wanted int) (connections, files int) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return wanted, 0
	}
	files = int(min(limit.Cur, 1<<30))
	can := max(files-spareFiles, files/2)
	if wanted == 0 || wanted > can {
		return can, files
	}
	return wanted, files
}

// headerTimeout is how long the header of a request may take.
const headerTimeout = 5 * time.Second

// idleTimeout is how long a connection may rest. It is longer than web servers before us
// keep theirs (nginx one minute, Caddy two), or they would ask where we have just closed.
const idleTimeout = 3 * time.Minute

// HTTPServer bounds what a slow or hostile client can hold on to. Handlers give those
// more time for a body or an answer who need it and keep going. It speaks HTTP/1 alone: a
// proxy before it speaks what browsers like, and takes care of its floods.
func HTTPServer(h http.Handler) *http.Server {
	only := &http.Protocols{}
	only.SetHTTP1(true)
	return &http.Server{
		Handler: h, Protocols: only, ReadHeaderTimeout: headerTimeout, ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       log.New(io.Discard, "", 0), // it would name visitors' addresses
	}
}
