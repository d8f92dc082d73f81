package wire

import (
	"net"
	"sync"
)

// Mute is a mail server that takes every connection and says nothing: letters wait for
// it in the outbox, and sending them costs the server under test nothing.
type Mute struct {
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	closed   bool
}

// NewMute listens at a free port.
func NewMute() (*Mute, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mute{listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			if m.conns = append(m.conns, c); m.closed {
				_ = c.Close()
			}
			m.mu.Unlock()
		}
	}()
	return m, nil
}

// Port is where it listens.
func (m *Mute) Port() int { return m.listener.Addr().(*net.TCPAddr).Port }

// Close hangs up on everybody.
func (m *Mute) Close() {
	_ = m.listener.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for _, c := range m.conns {
		_ = c.Close()
	}
}
