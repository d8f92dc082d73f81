package web

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"terminvergabe/internal/web/page"
)

// street is a listener without a network, so that time in tests is invented.
type street struct {
	arriving chan net.Conn
	closed   chan struct{}
}

func (s street) Accept() (net.Conn, error) {
	select {
	case c := <-s.arriving:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s street) Close() error { close(s.closed); return nil }

func (s street) Addr() net.Addr { return &net.TCPAddr{} }

// walker is a connection from an address.
type walker struct {
	net.Conn
	from string
}

func (w walker) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(w.from), 1000))
}

// arrive opens a connection from an address.
func (s street) arrive(from string) net.Conn {
	here, there := net.Pipe()
	s.arriving <- walker{there, from}
	return here
}

// serve serves a handler on a street until the test ends.
func serve(t *testing.T, h http.Handler, doors *Connections) street {
	t.Helper()
	s := street{make(chan net.Conn), make(chan struct{})}
	server := HTTPServer(h)
	server.ConnState = doors.Heed
	go func() { _ = server.Serve(doors.Bound(s)) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// inTime runs f in a bubble where time passes when everybody waits.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// bare is a site without a database, around a handler: what is tested here comes before.
func bare(h http.HandlerFunc) http.Handler {
	refuse := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	s := &Server{RefuseAPI: refuse, Log: slog.New(slog.DiscardHandler)}
	return s.observe(s.measured(s.bodies(h, page.Handlers{}), page.Handlers{}))
}

// drip sends a text, then one byte a second until it is refused; it tells how long that
// took.
func drip(c net.Conn, begin string) time.Duration {
	began := time.Now()
	go func() { _, _ = io.Copy(io.Discard, c) }()
	if _, err := io.WriteString(c, begin); err != nil {
		return time.Since(began)
	}
	for time.Since(began) < time.Hour {
		time.Sleep(time.Second)
		if _, err := c.Write([]byte("a")); err != nil {
			break
		}
	}
	return time.Since(began)
}

// Case K1: who never comes to the end of a header, or of a body, is dropped after ten
// seconds at most, and no handler has waited for it.
func TestK1SlowRequestsAreDropped(t *testing.T) {
	inTime(t, func(t *testing.T) {
		var called atomic.Int64
		s := serve(t, bare(func(http.ResponseWriter, *http.Request) { called.Add(1) }), &Connections{Most: 10})
		for what, begin := range map[string]string{
			"nothing":             "",
			"half a header":       "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: ",
			"half a body":         "POST /api/v1/t/holds HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\na=",
			"half a chunked body": "POST /api/v1/t/holds HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
		} {
			if got := drip(s.arrive("192.0.2.1"), begin); got > 12*time.Second { // ten, and the byte that notices
				t.Errorf("%s: dropped after %v", what, got)
			}
		}
		if got := called.Load(); got != 0 {
			t.Errorf("%d requests reached a handler", got)
		}
	})
}

// Case K1: who does not read the answer is dropped, and the handler is free again.
func TestK1SlowReadersAreDropped(t *testing.T) {
	inTime(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		s := serve(t, bare(func(w http.ResponseWriter, _ *http.Request) {
			began := time.Now()
			_, _ = w.Write(make([]byte, 200<<10))
			took <- time.Since(began)
		}), &Connections{Most: 10})
		c := s.arrive("192.0.2.1")
		fmt.Fprint(c, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := <-took; got > 15*time.Second {
			t.Errorf("the handler was held for %v", got)
		}
	})
}

// A file that comes slowly but steadily arrives, and so does what lives long: the news
// for the calendar of the back office.
func TestWhoKeepsGoingIsNotDropped(t *testing.T) {
	inTime(t, func(t *testing.T) {
		s := serve(t, bare(func(w http.ResponseWriter, r *http.Request) {
			if n, err := io.Copy(io.Discard, r.Body); err != nil || r.Method == "POST" && n != 2<<20 {
				t.Errorf("got %d bytes, %v", n, err)
			}
			for range 3 {
				time.Sleep(9 * time.Second)
				fmt.Fprint(w, "news\n")
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Errorf("a later message: %v", err)
				}
			}
			time.Sleep(25 * time.Second)
			fmt.Fprint(w, "end")
		}), &Connections{Most: 10})
		for _, method := range []string{"GET", "POST"} {
			c := s.arrive("192.0.2.1")
			go func() {
				fmt.Fprintf(c, "%s /staff/calendar HTTP/1.1\r\nHost: x\r\nCookie: staff=a\r\n", method)
				if method == "GET" {
					fmt.Fprint(c, "\r\n")
					return
				}
				fmt.Fprintf(c, "Content-Length: %d\r\n\r\n", 2<<20)
				for range 16 {
					_, _ = c.Write(make([]byte, 128<<10))
					time.Sleep(time.Second)
				}
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			if want := "news\nnews\nnews\nend"; err != nil || string(text) != want {
				t.Errorf("%s: got %q, %v, want %q", method, text, err, want)
			}
		}
	})
}

// Case K1: when there is no room, who waits longest without a request makes room: first
// those who never asked for anything, then those who rest; not who is at work, and not a
// proxy.
func TestK1IdleConnectionsMakeRoom(t *testing.T) {
	inTime(t, func(t *testing.T) {
		work := make(chan struct{})
		doors := &Connections{Most: 4, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}}
		s := serve(t, bare(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/work" {
				<-work
			}
		}), doors)
		open := map[string]net.Conn{}
		alive := func() (list string) {
			synctest.Wait()
			for _, name := range []string{"proxy", "resting", "working", "mute", "next", "fifth", "last"} {
				c := open[name]
				if c == nil {
					continue
				}
				_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
				if _, err := c.Read(make([]byte, 1)); err != io.EOF {
					list += name + " "
				}
			}
			return strings.TrimSpace(list)
		}
		enter := func(name, from, path string) {
			open[name] = s.arrive(from)
			if path != "" {
				fmt.Fprintf(open[name], "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
			}
			if path == "/hello" {
				_, _ = http.ReadResponse(bufio.NewReader(open[name]), nil)
			}
			synctest.Wait()
			time.Sleep(2 * time.Second)
		}
		enter("proxy", "10.0.0.1", "/hello")
		enter("resting", "192.0.2.1", "/hello")
		enter("working", "192.0.2.2", "/work")
		enter("mute", "192.0.2.3", "")
		for _, step := range []struct{ name, path, want string }{
			{"next", "/work", "proxy resting working next"},
			{"fifth", "/work", "proxy working next fifth"},
			{"last", "/hello", "proxy working next fifth"},
		} {
			enter(step.name, "192.0.2.4", step.path)
			if got := alive(); got != step.want {
				t.Errorf("after %s: got %q, want %q", step.name, got, step.want)
			}
		}
		if n, _, dropped := doors.Counts(); n != 4 || dropped["oldest"] != 2 || dropped["full"] != 1 {
			t.Errorf("%d open, dropped %v", n, dropped)
		}
		close(work)
	})
}

// One client has so many connections and no more, by the network in IPv6; a proxy as
// many as it needs.
func TestK1ConnectionsPerClient(t *testing.T) {
	inTime(t, func(t *testing.T) {
		doors := &Connections{Most: 100, PerClient: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			Times: func(c netip.Prefix) int { return map[string]int{"198.51.100.1/32": 3}[c.String()] + 1 }}
		s := serve(t, bare(func(http.ResponseWriter, *http.Request) {}), doors)
		for _, test := range []struct {
			from []string
			want int
		}{
			{[]string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"}, 2},
			{[]string{"2001:db8::1", "2001:db8::2", "2001:db8::3"}, 2},
			{[]string{"10.0.0.1", "10.0.0.1", "10.0.0.1"}, 3},
			{strings.Fields(strings.Repeat("198.51.100.1 ", 9)), 8},
		} {
			before, _, _ := doors.Counts()
			var list []net.Conn
			for _, from := range test.from {
				list = append(list, s.arrive(from))
			}
			synctest.Wait()
			if after, _, _ := doors.Counts(); after-before != test.want {
				t.Errorf("%v: got %d connections, want %d", test.from, after-before, test.want)
			}
			for _, c := range list {
				_ = c.Close()
			}
			synctest.Wait()
			if after, _, _ := doors.Counts(); after != before {
				t.Errorf("%v: %d are counted still", test.from, after-before)
			}
		}
		if len(doors.of) != 0 {
			t.Errorf("clients are remembered that have gone: %v", doors.of)
		}
	})
}

// Case K4: there is no HTTP/2 to flood: its beginning is refused and the connection ended.
func TestK4OnlyHTTP1(t *testing.T) {
	inTime(t, func(t *testing.T) {
		s := serve(t, bare(func(http.ResponseWriter, *http.Request) { t.Error("it was served") }), &Connections{Most: 10})
		c := s.arrive("192.0.2.1")
		go func() {
			_, _ = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		}()
		text, _ := io.ReadAll(c)
		if !strings.HasPrefix(string(text), "HTTP/1.1 505 ") {
			t.Errorf("got %q, want a refusal and the end", text)
		}
	})
	inTime(t, func(t *testing.T) {
		s := serve(t, bare(func(http.ResponseWriter, *http.Request) {}), &Connections{Most: 10})
		c := s.arrive("192.0.2.1")
		go fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 {
			t.Errorf("an offer to upgrade: got %v, %v; want it not heeded", resp, err)
		}
	})
}
