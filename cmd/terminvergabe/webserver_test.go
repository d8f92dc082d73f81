package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/tooltest"
)

const publicName = "termine.example.org"

// front is a web server that runs by one of our samples, with the service behind it.
type front struct {
	*installation
	dir           string // of the web server: configuration, logs
	plain, secure string // host:port
	roots         *x509.CertPool
	ended         func() // stops the web server
}

// The samples for nginx and Caddy, changed in nothing but names, ports and files, are run:
// they bring people to the service, pass on what it says and whom it talks to, keep off what
// is slow or huge, and write down nothing that is a visitor's.
func TestWebServersByOurSamples(t *testing.T) {
	program := build(t)
	authority, certificate := ownAuthority(t)
	for name, start := range map[string]func(f *front){"nginx": (*front).nginx, "Caddy": (*front).caddy} {
		t.Run(name, func(t *testing.T) {
			f := &front{installation: install(t, program, "book.db"), dir: t.TempDir(), roots: x509.NewCertPool()}
			f.roots.AppendCertsFromPEM(authority)
			f.certificate(authority, certificate)
			f.behind()
			f.plain, f.secure = freeAddress(t), freeAddress(t)
			service := f.serve()
			start(f)
			secret := f.lets()
			f.changesNothing("/", "/stadt/", "/stadt/m/"+secret, "/stadt/nothing", "/healthz", "/api/v1/stadt/bookings/"+secret, "/api/v1/x", "/staff/sign-in")
			f.redirects()
			f.keepsOff()
			f.tellsWhoAsks()
			f.away(service)
			f.ended()
			f.forgets(secret, "127.0.0.2", "127.0.0.3", "192.0.2.")
		})
	}
}

// behind configures the service as the samples tell.
func (f *front) behind() {
	conf := fmt.Sprintf("base_url: https://%s\nlisten: %s\ntrusted_proxies: [127.0.0.1]\ndatabase: book.db\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n"+
		"limits: {requests_per_minute: 60}\n", publicName, f.address)
	write(f.T, filepath.Join(f.folder, "conf.yaml"), conf)
}

// certificate writes the certificate and its key where the samples will find them.
func (f *front) certificate(authority []byte, c tls.Certificate) {
	f.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		f.Fatal(err)
	}
	write(f.T, filepath.Join(f.dir, "cert.pem"), string(authority))
	write(f.T, filepath.Join(f.dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// sample is one of ours with other places; each of them has to stand in it.
func (f *front) sample(name string, places ...string) string {
	f.Helper()
	text := read(f.T, samples+name)
	for i := 0; i < len(places); i += 2 {
		if !strings.Contains(text, places[i]) {
			f.Fatalf("%s has no %q", name, places[i])
		}
		text = strings.ReplaceAll(text, places[i], places[i+1])
	}
	return text
}

func (f *front) nginx() {
	tooltest.Need(f.T, "nginx", "-v")
	write(f.T, filepath.Join(f.dir, "terminvergabe.conf"), f.sample("nginx.conf",
		"    listen [::]:80;\n", "", "    listen [::]:443 ssl http2;\n", "", "listen 80;", "listen "+f.plain+";", "listen 443 ", "listen "+f.secure+" ",
		"127.0.0.1:8080;", f.address+";", "/var/log/nginx/", f.dir+"/", "client_header_timeout 10s", "client_header_timeout 1s",
		"/etc/letsencrypt/live/termine.example.org/fullchain.pem", "cert.pem", "/etc/letsencrypt/live/termine.example.org/privkey.pem", "key.pem"))
	// What Debian sets around a site.
	main := "pid nginx.pid;\nerror_log main.log;\nevents {}\nhttp {\ngzip on;\naccess_log main.access.log;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + kind + ";\n"
	}
	if os.Geteuid() == 0 {
		main = "user root;\n" + main
	}
	write(f.T, filepath.Join(f.dir, "nginx.conf"), main+"include terminvergabe.conf;\n}\n")
	f.launch("nginx", "-p", f.dir, "-e", "main.log", "-c", "nginx.conf", "-g", "daemon off;")
}

func (f *front) caddy() {
	tooltest.Need(f.T, "caddy", "version")
	_, plain, _ := net.SplitHostPort(f.plain)
	_, secure, _ := net.SplitHostPort(f.secure)
	write(f.T, filepath.Join(f.dir, "Caddyfile"), f.sample("Caddyfile",
		"\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port "+plain+"\n\thttps_port "+secure+"\n",
		"\ntermine.example.org {", "\ntermine.example.org {\n\ttls cert.pem key.pem", "127.0.0.1:8080", f.address, "read_header 10s", "read_header 1s"))
	f.launch("caddy", "run", "--config", "Caddyfile")
}

// launch starts the web server, and waits until it listens.
func (f *front) launch(program string, args ...string) {
	f.Helper()
	out, err := os.Create(filepath.Join(f.dir, "output"))
	if err != nil {
		f.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.dir, out, out
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+f.dir, "XDG_CONFIG_HOME="+f.dir, "HOME="+f.dir)
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.ended = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it was told to end, and says so
		_ = out.Close()
		f.ended = func() {}
	}
	f.Cleanup(func() { f.ended() })
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", f.secure); err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(began) > longest {
			f.Fatalf("%s does not listen:\n%s", program, read(f.T, filepath.Join(f.dir, "output")))
		}
	}
}

// from is a visitor at an address, to whom the public name leads to the web server.
func (f *front) from(address string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{ForceAttemptHTTP2: true, DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: f.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			switch _, port, _ := net.SplitHostPort(to); port {
			case "443":
				to = f.secure
			case "80":
				to = f.plain
			}
			return dialer.DialContext(ctx, network, to)
		}}
	f.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: longest, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask sends a request, with some headers, and reads the answer.
func (f *front) ask(c *http.Client, method, address string, body io.Reader, headers ...string) (*http.Response, string) {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, address, body)
	if err != nil {
		f.Fatal(err)
	}
	r.Host = publicName
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		f.Fatalf("%s %s: %v", method, address, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.Fatal(err)
	}
	return resp, string(text)
}

// lets somebody book over HTTP/2, and gives the secret of the visit.
func (f *front) lets() string {
	f.Helper()
	start := time.Now().AddDate(0, 0, 3).UTC().Truncate(time.Hour).Format(time.RFC3339)
	resp, text := f.ask(f.from("127.0.0.2"), "POST", "https://"+publicName+"/api/v1/stadt/bookings",
		strings.NewReader(`{"services":[{"id":"ausweis","quantity":1}],"calendar":"buero","start":"`+start+`","name":"Ada Beispiel","email":"ada@beispiel.example"}`), "Content-Type", "application/json")
	_, link, ok := strings.Cut(text, `"manageUrl":"https://`+publicName+"/stadt/m/")
	secret, _, _ := strings.Cut(link, `"`)
	if resp.StatusCode != http.StatusCreated || !ok || resp.ProtoMajor != 2 {
		f.Fatalf("a booking: got %s %s %s", resp.Proto, resp.Status, text)
	}
	return secret
}

// changesNothing compares what comes by the web server with what the service says: the same
// page, no header lost, doubled or added, compressed alike.
func (f *front) changesNothing(paths ...string) {
	f.Helper()
	visitor, direct := f.from("127.0.0.3"), f.from("127.0.0.1")
	for _, path := range paths {
		for _, coding := range []string{"gzip, br", "identity"} {
			got, text := f.ask(visitor, "GET", "https://"+publicName+path, nil, "Accept-Encoding", coding)
			want, same := f.ask(direct, "GET", "http://"+f.address+path, nil, "Accept-Encoding", coding, "X-Forwarded-For", "192.0.2.1")
			if got.StatusCode != want.StatusCode || text != same {
				f.Errorf("%s: got %s with %d bytes, want %s with %d", path, got.Status, len(text), want.Status, len(same))
			}
			for _, name := range slices.Sorted(maps.Keys(want.Header)) {
				if !slices.Contains([]string{"Date", "Set-Cookie", "X-Request-Id"}, name) && !slices.Equal(got.Header[name], want.Header[name]) {
					f.Errorf("%s: %s: got %q, want %q", path, name, got.Header[name], want.Header[name])
				}
			}
			for name := range got.Header {
				if len(want.Header[name]) == 0 && !slices.Contains([]string{"Server", "Alt-Svc", "Content-Length"}, name) {
					f.Errorf("%s: %s: %q was added", path, name, got.Header[name])
				}
			}
		}
	}
}

// redirects pages to TLS, and no programs.
func (f *front) redirects() {
	f.Helper()
	for path, want := range map[string]int{"/stadt/?q=x": http.StatusMovedPermanently, "/api/v1/stadt/services": http.StatusForbidden, "/feeds/secret.ics": http.StatusForbidden} {
		resp, _ := f.ask(f.from("127.0.0.3"), "GET", "http://"+publicName+path, nil)
		to := resp.Header.Get("Location")
		if resp.StatusCode != want || (want == http.StatusMovedPermanently && to != "https://"+publicName+path) {
			f.Errorf("http: %s: got %s to %q, want %d", path, resp.Status, to, want)
		}
	}
}

// keepsOff what is huge or slow, and lets through what staff uploads.
func (f *front) keepsOff() {
	f.Helper()
	const mb = 1 << 20
	upload := func(size int) int {
		resp, _ := f.ask(f.from("127.0.0.4"), "POST", "https://"+publicName+"/staff/setup/tenant", bytes.NewReader(make([]byte, size)), "Cookie", "__Host-staff=x", "Content-Type", "application/octet-stream")
		return resp.StatusCode
	}
	if got := upload(2 * mb); got == http.StatusRequestEntityTooLarge || got >= 500 {
		f.Errorf("2 MB of somebody with a session: got %d", got)
	}
	// Whoever has no session is sent to sign in before the service looks at the size.
	if got := upload(4 * mb); got != http.StatusRequestEntityTooLarge && got != http.StatusSeeOther {
		f.Errorf("4 MB: got %d, want 413 or the sign-in", got)
	}
	conn, err := tls.Dial("tcp", f.secure, &tls.Config{RootCAs: f.roots, ServerName: publicName, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /stadt/ HTTP/1.1\r\nHost: "+publicName+"\r\nX-Slow: "); err != nil {
		f.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(longest)); err != nil {
		f.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if ne, ok := err.(net.Error); (ok && ne.Timeout()) || bytes.Contains(answer, []byte(" 200 ")) {
		f.Errorf("half a header: got %q, %v, want it dropped", answer, err)
	}
}

// tellsWhoAsks: the limits count visitors by their own address, whatever they say of it.
func (f *front) tellsWhoAsks() {
	f.Helper()
	greedy, codes := f.from("127.0.0.2"), map[int]int{}
	for n := range 80 {
		said := fmt.Sprintf("192.0.2.%d", n)
		resp, _ := f.ask(greedy, "GET", "https://"+publicName+"/stadt/", nil, "X-Forwarded-For", said, "X-Real-IP", said, "Forwarded", "for="+said)
		codes[resp.StatusCode]++
	}
	if codes[http.StatusOK] == 0 || codes[http.StatusTooManyRequests] == 0 {
		f.Errorf("80 requests of one client: got %v, want some refused", codes)
	}
	if resp, _ := f.ask(f.from("127.0.0.5"), "GET", "https://"+publicName+"/stadt/", nil); resp.StatusCode != http.StatusOK {
		f.Errorf("meanwhile somebody else: got %s", resp.Status)
	}
}

// away: while nobody serves, visitors are told to come back.
func (f *front) away(service *exec.Cmd) {
	f.Helper()
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		f.Fatal(err)
	}
	if err := service.Wait(); err != nil {
		f.Error(err)
	}
	for _, method := range []string{"GET", "POST"} {
		resp, text := f.ask(f.from("127.0.0.3"), method, "https://"+publicName+"/stadt/m/"+strings.Repeat("x", 26), nil)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(text, "gleich wieder da") {
			f.Errorf("%s: got %s, %v, %q", method, resp.Status, resp.Header, text)
		}
	}
}

// forgets: nothing of a visitor is in what the web server wrote down, and it did write.
func (f *front) forgets(words ...string) {
	f.Helper()
	words = append(words, strings.Repeat("x", 26), "Beispiel")
	var wrote int
	err := filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".pem") {
			return err
		}
		text := read(f.T, path)
		wrote += len(text)
		for _, word := range words {
			if strings.Contains(text, word) {
				f.Errorf("%s holds %q:\n%s", filepath.Base(path), word, text)
			}
		}
		return nil
	})
	if err != nil || wrote == 0 {
		f.Errorf("what the web server wrote: %d bytes, %v", wrote, err)
	}
}
