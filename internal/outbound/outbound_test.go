package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// canary listens where nobody may connect and counts who does.
type canary struct {
	port string
	hits atomic.Int64
}

// newCanary listens on every address of the machine, of both kinds.
func newCanary(t *testing.T) *canary {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &canary{}
	_, c.port, _ = net.SplitHostPort(l.Addr().String())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.hits.Add(1)
			conn.Close()
		}
	}()
	return c
}

func (c *canary) untouched(t *testing.T) {
	t.Helper()
	if got := c.hits.Load(); got != 0 {
		t.Errorf("the canary was contacted %d times", got)
	}
}

// server is one that stands for the internet: its address is exempt.
const server = "127.0.0.2"

func serve(t *testing.T, encrypted bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", server+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if encrypted {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func client() *Client { return New(nil, []netip.Prefix{netip.MustParsePrefix(server + "/32")}) }

// TestAddressesTypedH1: refused before connecting, in every spelling.
func TestAddressesTypedH1(t *testing.T) {
	c := newCanary(t)
	p := ":" + c.port
	for address, want := range map[string]Category{
		"https://127.0.0.1" + p:                            Forbidden,
		"http://127.0.0.1" + p:                             Forbidden,
		"https://127.9.9.9" + p:                            Forbidden,
		"https://[::1]" + p:                                Forbidden,
		"https://[::]" + p:                                 Forbidden,
		"https://0.0.0.0" + p:                              Forbidden,
		"https://[::ffff:127.0.0.1]" + p:                   Forbidden,
		"https://[::ffff:10.0.0.1]":                        Forbidden,
		"https://[::127.0.0.1]" + p:                        Forbidden,
		"https://[64:ff9b::7f00:1]" + p:                    Forbidden,
		"https://[64:ff9b::a00:1]":                         Forbidden,
		"https://[64:ff9b:1::1]":                           Forbidden,
		"https://[2002:7f00:1::1]":                         Forbidden,
		"https://[2002:a00:1::]":                           Forbidden,
		"https://[2001:0:1::1]":                            Forbidden,
		"https://169.254.169.254/latest/meta-data/":        Forbidden,
		"https://[fd00:ec2::254]":                          Forbidden,
		"https://168.63.129.16":                            Forbidden,
		"https://100.100.100.200":                          Forbidden,
		"https://10.1.2.3":                                 Forbidden,
		"https://172.31.255.255":                           Forbidden,
		"https://192.168.1.1":                              Forbidden,
		"https://[fd12:3456::1]":                           Forbidden,
		"https://[fe80::1]":                                Forbidden,
		"https://[fec0::1]":                                Forbidden,
		"https://[ff02::1]":                                Forbidden,
		"https://224.0.0.1":                                Forbidden,
		"https://255.255.255.255":                          Forbidden,
		"https://localhost" + p:                            Forbidden,
		"https://localhost." + p:                           Forbidden,
		"https://LOCALHOST" + p:                            Forbidden,
		"https://a.localhost." + p:                         Forbidden,
		"https://localhost\u3002" + p:                      Forbidden,
		"http://8.8.8.8":                                   Unencrypted,
		"https://[fe80::1%25lo]" + p:                       BadAddress,
		"https://0" + p:                                    BadAddress,
		"https://0x7f.1" + p:                               BadAddress,
		"https://0X7F000001" + p:                           BadAddress,
		"https://2130706433" + p:                           BadAddress,
		"https://017700000001" + p:                         BadAddress,
		"https://127.1" + p:                                BadAddress,
		"https://127.0.0.1." + p:                           BadAddress,
		"https://127.0.0.0x1" + p:                          BadAddress,
		"https://127\u30020\u30020\u30021" + p:             BadAddress,
		"https://\uff11\uff12\uff17.0.0.1" + p:             BadAddress,
		"https://\u2460\u2461\u2466.0.0.1" + p:             BadAddress,
		"https://user:secret@127.0.0.1" + p:                BadAddress,
		"https://example.org@127.0.0.1" + p:                BadAddress,
		"https://example.org:99999":                        BadAddress,
		"https://example.org:0":                            BadAddress,
		"https:///calendar.ics":                            BadAddress,
		"https:127.0.0.1" + p:                              BadAddress,
		"https://":                                         BadAddress,
		"https://exa mple.org":                             BadAddress,
		"https://example.org\r\nHost: x":                   BadAddress,
		"https://example.org/" + strings.Repeat("x", 2000): BadAddress,
		"unix:///var/run/docker.sock":                      BadAddress,
		"file:///etc/passwd":                               BadAddress,
		"gopher://127.0.0.1" + p:                           BadAddress,
		"ftp://127.0.0.1" + p:                              BadAddress,
		"webcal://127.0.0.1" + p:                           BadAddress,
		"//127.0.0.1" + p:                                  BadAddress,
		"127.0.0.1" + p:                                    BadAddress,
		"":                                                 BadAddress,
	} {
		guarded := client()
		guarded.lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
			t.Errorf("%q: %q was looked up", address, host)
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		if _, err := guarded.Get(t.Context(), address, "", ""); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", address, err, want)
		}
		if _, err := guarded.Post(t.Context(), address, nil, []byte("{}")); !errors.Is(err, want) {
			t.Errorf("%q by POST: got %v, want %v", address, err, want)
		}
		if err := guarded.Check(address); !errors.Is(err, want) {
			t.Errorf("%q checked: got %v, want %v", address, err, want)
		}
	}
	c.untouched(t)
}

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "172.32.0.1": true, "192.0.1.1": true, "100.128.0.1": true, "2a00:1450::1": true,
		"::ffff:8.8.8.8": true, "64:ff9b::808:808": true, "223.255.255.255": true,
		"64:ff9b::c0a8:1": false, "::ffff:192.168.0.1": false, "100.64.0.1": false, "2001:db8::1": false,
		"198.19.0.1": false, "203.0.113.9": false, "fc00::1": false, "::ffff:0:127.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

// TestMixedAnswersH4: one private answer among public ones refuses them all.
func TestMixedAnswersH4(t *testing.T) {
	c := newCanary(t)
	for _, answers := range [][]string{
		{"127.0.0.1"}, {"::1"}, {"8.8.8.8", "127.0.0.1"}, {"127.0.0.1", "8.8.8.8"}, {server, "127.0.0.1"},
		{"::ffff:127.0.0.1"}, {"2a00:1450::1", "fd00::1"}, {"64:ff9b::7f00:1"},
	} {
		guarded := client()
		guarded.lookup = func(context.Context, string) ([]netip.Addr, error) { return addresses(answers...), nil }
		for _, scheme := range []string{"https://", "http://"} {
			_, err := guarded.Get(t.Context(), scheme+"calendar.example:"+c.port, "", "")
			if scheme == "https://" && !errors.Is(err, Forbidden) || err == nil {
				t.Errorf("%s%v: got %v, want %v", scheme, answers, err, Forbidden)
			}
		}
	}
	c.untouched(t)
}

func addresses(texts ...string) (all []netip.Addr) {
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// TestRebinding: a name is asked once for each connection, what was checked is
// what is dialled, and the answer of before does not vouch for the next.
func TestRebinding(t *testing.T) {
	c := newCanary(t)
	s := serve(t, false, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	asked := 0
	guarded := client()
	guarded.lookup = func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return addresses(server), nil
		}
		return addresses("127.0.0.1"), nil
	}
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	address := "http://calendar.example:" + port
	if answer, err := guarded.Get(t.Context(), address, "", ""); err != nil || string(answer.Body) != "fine" || asked != 1 {
		t.Errorf("got %q, %v, asked %d times; want one question", answer.Body, err, asked)
	}
	if _, err := guarded.Get(t.Context(), "http://calendar.example:"+c.port, "", ""); !errors.Is(err, Forbidden) {
		t.Errorf("the second time: got %v, want %v", err, Forbidden)
	}
	c.untouched(t)
}

// TestRedirectsH2: a few, of the same scheme, and never into an inner network.
func TestRedirectsH2(t *testing.T) {
	c := newCanary(t)
	var target string
	hops := 0
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if ref := r.Header.Get("Referer"); ref != "" {
			t.Errorf("Referer %q tells the secret address", ref)
		}
		if r.URL.Path == "/end" {
			io.WriteString(w, "arrived")
			return
		}
		var status, left int
		fmt.Sscanf(r.URL.Path, "/%d/%d", &status, &left)
		hops++
		next := target
		if left > 1 {
			next = fmt.Sprintf("/%d/%d", status, left-1)
		}
		w.Header().Set("Location", next)
		w.WriteHeader(status)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for to, want := range map[string]error{
			"http://127.0.0.1:" + c.port:  Forbidden,
			"http://localhost.:" + c.port: Forbidden,
			"http://2130706433:" + c.port: BadAddress,
			"https://127.0.0.1:" + c.port: Redirected,
			"file:///etc/passwd":          Redirected,
			"http://8.8.8.8/":             Unencrypted,
			s.URL + "/end":                nil,
		} {
			target = to
			_, err := client().Get(t.Context(), fmt.Sprintf("%s/%d/1", s.URL, status), "", "")
			if !errors.Is(err, want) {
				t.Errorf("%d to %s: got %v, want %v", status, to, err, want)
			}
		}
		target = s.URL + "/end"
		if answer, err := client().Get(t.Context(), fmt.Sprintf("%s/%d/3", s.URL, status), "", ""); err != nil || string(answer.Body) != "arrived" {
			t.Errorf("%d, three redirects: got %q, %v", status, answer.Body, err)
		}
		if _, err := client().Get(t.Context(), fmt.Sprintf("%s/%d/4", s.URL, status), "", ""); !errors.Is(err, Redirected) {
			t.Errorf("%d, four redirects: got %v, want %v", status, err, Redirected)
		}
		before := hops
		answer, err := client().Post(t.Context(), fmt.Sprintf("%s/%d/1", s.URL, status), nil, []byte("{}"))
		if err != nil || answer.Status != status || hops != before+1 {
			t.Errorf("%d to a POST: got %d, %v after %d calls; want one call", status, answer.Status, err, hops-before)
		}
	}
	c.untouched(t)
}

// TestLimitsH5: what never ends is cut.
func TestLimitsH5(t *testing.T) {
	bomb := packed(t, 64<<20)
	empty := packed(t, 0)
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			w.Write(make([]byte, MaxBody))
		case "/large":
			w.Header().Set("Content-Length", fmt.Sprint(1<<30))
			for w.(http.Flusher).Flush(); ; {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/endless": // in pieces, whose sum nobody names
			for w.(http.Flusher).Flush(); ; w.(http.Flusher).Flush() {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		case "/interim": // a head that never comes
			for {
				if w.WriteHeader(http.StatusEarlyHints); r.Context().Err() != nil {
					return
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb)
		case "/nothing": // packed pieces of nothing for ever
			w.Header().Set("Content-Encoding", "gzip")
			for {
				if _, err := w.Write(bytes.Repeat(empty, 1000)); err != nil {
					return
				}
			}
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("x", 2*maxHeader))
		case "/drip":
			for r.Context().Err() == nil {
				w.Write([]byte("x"))
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		case "/silent":
			<-r.Context().Done()
		}
	})
	for path, want := range map[string]error{
		"/exact": nil, "/large": TooLarge, "/endless": TooLarge, "/interim": Unreachable, "/bomb": TooLarge, "/nothing": TooLarge, "/header": Unreachable,
		"/drip": TimedOut, "/silent": TimedOut,
	} {
		c := client()
		if want == TimedOut {
			c.patience = 100 * time.Millisecond
		}
		answer, err := c.Get(t.Context(), s.URL+path, "", "")
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
		if want != nil && answer.Body != nil {
			t.Errorf("%s: %d bytes were handed on", path, len(answer.Body))
		}
	}
	for _, path := range []string{"/large", "/bomb", "/nothing"} { // a POST reads the head alone
		if answer, err := client().Post(t.Context(), s.URL+path, nil, nil); err != nil || answer.Status != 200 {
			t.Errorf("POST %s: got %d, %v", path, answer.Status, err)
		}
	}
	if patience != 10*time.Second {
		t.Errorf("the time for all is %v, want 10 s", patience)
	}
}

func packed(t *testing.T, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for range size >> 20 {
		w.Write(make([]byte, 1<<20))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestErrorsTellNothingH7: an error is its category, whatever stood in the answer.
func TestErrorsTellNothingH7(t *testing.T) {
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "canary-7531 at 10.9.8.7", http.StatusInternalServerError)
	})
	broken := serve(t, false, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(conn, "canary-7531\r\n\r\n")
		conn.Close()
	})
	sealed := serve(t, true, func(http.ResponseWriter, *http.Request) {})
	gone := serve(t, false, nil)
	gone.Close()
	for address, want := range map[string]Category{
		s.URL + "/canary-7531": BadStatus, broken.URL + "/canary-7531": Unreachable,
		sealed.URL + "/canary-7531": Insecure, gone.URL + "/canary-7531": Unreachable,
		"https" + strings.TrimPrefix(s.URL, "http"): Insecure,
	} {
		answer, err := client().Get(t.Context(), address, "", "")
		if err != error(want) || answer.Body != nil {
			t.Errorf("%s: got %v and %q, want %v and nothing else", address, err, answer.Body, want)
		}
	}
	unknown := client()
	unknown.lookup = func(context.Context, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "canary", Server: "10.0.0.53", IsNotFound: true}
	}
	if _, err := unknown.Get(t.Context(), "https://canary.example/", "", ""); err != error(Unreachable) {
		t.Errorf("an unknown name: got %v, want %v", err, Unreachable)
	}
}

func TestExempt(t *testing.T) {
	s := serve(t, true, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	plain := serve(t, false, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	_, port, _ := net.SplitHostPort(plain.Listener.Addr().String())
	local := func(context.Context, string) ([]netip.Addr, error) { return addresses(server), nil }

	byName := New([]string{"Intern.Example.Org."}, nil)
	byName.lookup = local
	for address, want := range map[string]error{
		"http://intern.example.org:" + port:   nil,
		"http://INTERN.example.org.:" + port:  nil,
		"http://extern.example.org:" + port:   Unencrypted,
		"https://extern.example.org:" + port:  Forbidden,
		"http://x.intern.example.org:" + port: Unencrypted,
		"http://" + server + ":" + port:       Forbidden,
	} {
		if _, err := byName.Get(t.Context(), address, "", ""); !errors.Is(err, want) {
			t.Errorf("by name, %s: got %v, want %v", address, err, want)
		}
	}
	byNetwork := client()
	byNetwork.lookup = local
	byNetwork.roots = x509.NewCertPool()
	byNetwork.roots.AddCert(s.Certificate())
	_, encrypted, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, address := range []string{"http://other.example.org:" + port, "https://example.com:" + encrypted} {
		if _, err := byNetwork.Get(t.Context(), address, "", ""); err != nil {
			t.Errorf("by network, %s: got %v", address, err)
		}
	}
}

// TestNoProxy: what the environment wishes does not stand between us and the checked address.
func TestNoProxy(t *testing.T) {
	c := newCanary(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:"+c.port)
	}
	s := serve(t, false, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "direct") })
	if answer, err := client().Get(t.Context(), s.URL, "", ""); err != nil || string(answer.Body) != "direct" {
		t.Errorf("got %q, %v", answer.Body, err)
	}
	if client().way(false).Proxy != nil || client().way(true).Proxy != nil {
		t.Error("a proxy may stand in between")
	}
	c.untouched(t)
}

func TestUnchanged(t *testing.T) {
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"7"` || r.Header.Get("If-Modified-Since") == "then" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"7"`)
		w.Header().Set("Last-Modified", "then")
		w.Header().Set("Content-Type", "text/calendar")
		io.WriteString(w, "BEGIN")
	})
	first, err := client().Get(t.Context(), s.URL, "", "")
	if err != nil || string(first.Body) != "BEGIN" || first.ETag != `"7"` || first.LastModified != "then" || first.ContentType != "text/calendar" {
		t.Fatalf("got %+v, %v", first, err)
	}
	for _, ask := range [][2]string{{first.ETag, ""}, {"", first.LastModified}} {
		if again, err := client().Get(t.Context(), s.URL, ask[0], ask[1]); err != nil || !again.NotModified || again.Body != nil {
			t.Errorf("%v: got %+v, %v", ask, again, err)
		}
	}
}

func TestPost(t *testing.T) {
	s := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"a":1}` || r.Header.Get("Webhook-Id") != "msg_1" {
			t.Errorf("got %s with %v", body, r.Header)
		}
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	answer, err := client().Post(t.Context(), s.URL, http.Header{"Webhook-Id": {"msg_1"}}, []byte(`{"a":1}`))
	if err != nil || answer.Status != 503 || answer.RetryAfter != 2*time.Minute {
		t.Errorf("got %+v, %v", answer, err)
	}
	for value, want := range map[string]time.Duration{"": 0, "-1": 0, "Wed, 21 Oct 2026 07:28:00 GMT": 0, "99999999": 24 * time.Hour} {
		if got := retryAfter(value); got != want {
			t.Errorf("Retry-After %q: got %v, want %v", value, got, want)
		}
	}
}

// TestGivenUp: a caller who stops is not told that the other side was at fault.
func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, false, func(http.ResponseWriter, *http.Request) { cancel() })
	if _, err := client().Get(ctx, s.URL, "", ""); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v or the answer", err, context.Canceled)
	}
}
