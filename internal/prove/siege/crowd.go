// Package siege holds who does not mean well: a crowd of connections that are idle, whose
// headers and forms never end, or that read no answer; a guesser of secrets; requests that
// are too large. Beside them are others who mean well and measure how they are served.
//
// It refuses to know how the service is started and what is promised. Start reading at
// Run, Guesser, Oversizes and Others.
package siege

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Size is how many of each kind a crowd has. Each comes from an address of its own within
// 127.0.0.0/8, and comes again when it has been dropped.
type Size struct {
	Address string // host:port of the service
	Path    string // of a page
	Idle    int    // have asked for a page once
	Half    int    // send a header without an end
	Bodies  int    // send a form without an end
	Readers int    // ask for pages and read none
	First   int    // number of the first one, from which its address follows
	Sources int    // how many addresses they come from; 0: each has its own
}

func (s Size) all() int { return s.Idle + s.Half + s.Bodies + s.Readers }

// Count is what has become of a crowd.
type Count struct {
	Idle, Half, Bodies, Readers int // open at this moment
	Came                        int // connections made
	Dropped                     int // of them, ended by the service
	LongestHalf, LongestBody    time.Duration
}

// Add sums up crowds of several processes.
func (c Count) Add(o Count) Count {
	return Count{c.Idle + o.Idle, c.Half + o.Half, c.Bodies + o.Bodies, c.Readers + o.Readers, c.Came + o.Came, c.Dropped + o.Dropped,
		max(c.LongestHalf, o.LongestHalf), max(c.LongestBody, o.LongestBody)}
}

// crowd is a size on its way.
type crowd struct {
	Size
	came, dropped               atomic.Int64
	idle, half, bodies, readers atomic.Int64
	longestHalf, longestBody    atomic.Int64
	entering                    [2]chan struct{} // how many connect at the same moment: who asks for a page, and others
}

// Begin lets a crowd come; it goes when the context ends. count tells what has become of
// it, wait returns when all have gone.
func Begin(ctx context.Context, s Size) (count func() Count, wait func()) {
	c := &crowd{Size: s, entering: [2]chan struct{}{make(chan struct{}, 32), make(chan struct{}, 128)}}
	var wg sync.WaitGroup
	for i := range s.all() {
		wg.Go(func() { c.live(ctx, i) })
	}
	return c.count, wg.Wait
}

func (c *crowd) count() Count {
	return Count{int(c.idle.Load()), int(c.half.Load()), int(c.bodies.Load()), int(c.readers.Load()), int(c.came.Load()), int(c.dropped.Load()),
		time.Duration(c.longestHalf.Load()), time.Duration(c.longestBody.Load())}
}

// live comes again and again.
func (c *crowd) live(ctx context.Context, i int) {
	for ctx.Err() == nil {
		conn, err := c.enter(ctx, i)
		if err != nil {
			if ctx.Err() == nil {
				time.Sleep(time.Second)
			}
			continue
		}
		gone := context.AfterFunc(ctx, func() { _ = conn.Close() })
		began := time.Now()
		switch {
		case i < c.Idle:
			c.rest(conn)
		case i < c.Idle+c.Half:
			c.drip(ctx, conn, "GET "+c.Path+" HTTP/1.1\r\nHost: x\r\nX-Long: ", &c.half)
			longest(&c.longestHalf, ctx, began)
		case i < c.Idle+c.Half+c.Bodies:
			c.drip(ctx, conn, "POST "+c.Path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50000\r\n\r\na=", &c.bodies)
			longest(&c.longestBody, ctx, began)
		default:
			c.ask(ctx, conn)
		}
		gone()
		_ = conn.Close()
		if ctx.Err() == nil {
			c.dropped.Add(1)
			time.Sleep(time.Second / 2)
		}
	}
}

func longest(most *atomic.Int64, ctx context.Context, began time.Time) {
	if took := int64(time.Since(began)); ctx.Err() == nil && took > most.Load() {
		most.Store(took)
	}
}

// enter connects from the address of its number.
func (c *crowd) enter(ctx context.Context, i int) (net.Conn, error) {
	door := c.entering[0]
	if i >= c.Idle {
		door = c.entering[1]
	}
	door <- struct{}{}
	defer func() { <-door }()
	n := c.First + i
	if c.Sources > 0 {
		n = c.First + i%c.Sources
	}
	d := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}}
	conn, err := d.DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, err
	}
	c.came.Add(1)
	if i >= c.Idle {
		return conn, nil
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", c.Path)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, conn.SetDeadline(time.Time{})
}

// rest does nothing until the connection ends.
func (c *crowd) rest(conn net.Conn) {
	c.idle.Add(1)
	defer c.idle.Add(-1)
	_, _ = conn.Read(make([]byte, 1))
}

// drip sends a beginning and then a byte every two seconds.
func (c *crowd) drip(ctx context.Context, conn net.Conn, begin string, open *atomic.Int64) {
	open.Add(1)
	defer open.Add(-1)
	if _, err := io.WriteString(conn, begin); err != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		close(ended)
	}()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := conn.Write([]byte("a")); err != nil {
				return
			}
		}
	}
}

// ask asks for pages, one after the other, and reads none.
func (c *crowd) ask(ctx context.Context, conn net.Conn) {
	c.readers.Add(1)
	defer c.readers.Add(-1)
	for ctx.Err() == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(90 * time.Second))
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", c.Path); err != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
