package web

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// porch is where connections wait until the header of their first request is there. A
// http.Server keeps two buffers and a deep stack for each that it is given, five times of
// what one takes here; and whoever comes by the thousand never ends a header.
type porch struct {
	net.Listener
	home    *Connections
	patient time.Duration

	open   sync.Once
	ready  chan *connection
	failed chan error
	shut   sync.Once
	closed chan struct{}
}

// Bound gives a listener whose connections are bounded, and have sent the header of a
// request when they come. A http.Server on it tells of their states by Heed.
func (c *Connections) Bound(l net.Listener) net.Listener {
	return &porch{Listener: l, home: c, patient: headerTimeout, ready: make(chan *connection), failed: make(chan error), closed: make(chan struct{})}
}

// Accept gives the next connection that has asked for something.
func (p *porch) Accept() (net.Conn, error) {
	p.open.Do(func() { go p.take() })
	select {
	case k := <-p.ready:
		return k, nil
	case err := <-p.failed:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close takes no connections any more, and ends those that have not asked for anything.
func (p *porch) Close() error {
	p.shut.Do(func() { close(p.closed) })
	return p.Listener.Close()
}

// roomAtOnce is how many connections go when the system has no more files for us.
const roomAtOnce = 16

// take lets connections into the porch that there is room for.
func (p *porch) take() {
	for {
		conn, err := p.Listener.Accept()
		switch {
		case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
			p.home.makeRoom(roomAtOnce)
			time.Sleep(5 * time.Millisecond)
		case err != nil:
			select {
			case p.failed <- err: // a http.Server calls again where it is worth it
			case <-p.closed:
				return
			}
		default:
			if k := p.home.admit(conn); k != nil {
				go p.wait(k)
			} else {
				_ = conn.Close() // it was not wanted
			}
		}
	}
}

// wait reads the header of the first request and then hands the connection on.
func (p *porch) wait(k *connection) {
	if !k.readHeader(time.Now().Add(p.patient)) {
		_ = k.Close()
		return
	}
	select {
	case p.ready <- k:
	case <-p.closed:
		_ = k.Close()
	}
}

// readHeader reads until a server has something to answer, and keeps what came for it.
func (k *connection) readHeader(until time.Time) bool {
	if k.Conn.SetReadDeadline(until) != nil {
		return false
	}
	come := make([]byte, 0, 512)
	for {
		n, err := k.Conn.Read(come[len(come):cap(come)])
		come = come[:len(come)+n]
		if answerable(come, n) || errors.Is(err, io.EOF) && len(come) > 0 {
			k.come = come
			return k.Conn.SetReadDeadline(time.Time{}) == nil
		}
		if err != nil {
			return false
		}
		if len(come) == cap(come) {
			come = slices.Grow(come, len(come))
		}
	}
}

// answerable reports whether a server can answer what has come, of which n bytes are new:
// the header has ended, is no header, or is long enough to be refused.
func answerable(come []byte, n int) bool {
	const long = 16 << 10
	tail := come[max(0, len(come)-n-2):]
	if len(come) >= long || bytes.Contains(tail, []byte("\n\r\n")) || bytes.Contains(tail, []byte("\n\n")) {
		return true
	}
	if !bytes.Contains(tail, []byte("\n")) {
		return false
	}
	line, _, _ := bytes.Cut(come, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	return !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0"))
}

// Read gives what came in the porch first.
func (k *connection) Read(p []byte) (int, error) {
	if len(k.come) == 0 {
		return k.Conn.Read(p)
	}
	n := copy(p, k.come)
	if k.come = k.come[n:]; len(k.come) == 0 {
		k.come = nil
	}
	return n, nil
}
