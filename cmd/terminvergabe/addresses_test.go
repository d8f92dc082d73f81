package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/rawtest"
)

// place is where somebody asks from: at the service itself, or at the trusted proxy, which
// names them.
type place struct {
	addr  netip.Addr
	proxy bool
}

// places are two of each kind: four raw bytes occur by chance, those of both do not.
func places() (list []place) {
	for _, x := range []struct {
		addr  string
		proxy bool
	}{
		{"127.77.113.53", false}, {"127.183.197.61", false},
		{"203.0.113.177", true}, {"198.51.100.186", true},
		{"2001:db8:5eed:c0de:7a3b:91c4:e65d:28f1", true}, {"2001:db8:b17e:f00d:95c2:4d6f:a3e8:71bb", true},
	} {
		list = append(list, place{netip.MustParseAddr(x.addr), x.proxy})
	}
	return list
}

// texts are the ways in which an address, or the network it is in, is written down.
func (n place) texts() []string {
	raw := n.addr.AsSlice()
	if n.addr.Is4() {
		near := strings.TrimSuffix(n.addr.String(), fmt.Sprint(raw[3]))
		return []string{n.addr.String(), near, fmt.Sprintf("%x", raw), fmt.Sprint(binary.BigEndian.Uint32(raw)), fmt.Sprintf("%08x", binary.LittleEndian.Uint32(raw))}
	}
	short, full := n.addr.String(), n.addr.StringExpanded()
	half := strings.Join(strings.Split(short, ":")[:4], ":")
	return []string{short, full, half, full[:len("2001:0db8:5eed:c0de")], fmt.Sprintf("%x", raw), fmt.Sprintf("%x", raw[:8])}
}

// raws are the bytes of an address and of the network that limits count by.
func (n place) raws() [][]byte {
	raw := n.addr.AsSlice()
	if n.addr.Is4() {
		return [][]byte{raw, {raw[3], raw[2], raw[1], raw[0]}}
	}
	return [][]byte{raw, raw[:8]}
}

// guest asks from a network, as a browser does.
func (i *installation) guest(n place) *guest {
	jar, err := cookiejar.New(nil)
	if err != nil {
		i.Fatal(err)
	}
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	if !n.proxy {
		from.LocalAddr = &net.TCPAddr{IP: n.addr.AsSlice()}
	}
	wire := &http.Transport{DialContext: from.DialContext}
	i.Cleanup(wire.CloseIdleConnections)
	return &guest{i, n, &http.Client{Transport: wire, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type guest struct {
	*installation
	place
	client *http.Client
}

// asks sends a request with a body of some type, "" for GET. The network stands in all
// headers by which proxies tell it.
func (c *guest) asks(path, kind, body string) (status int, text string) {
	c.Helper()
	method := "GET"
	if kind != "" {
		method = "POST"
	}
	r, err := http.NewRequestWithContext(c.Context(), method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", "http://"+c.address)
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"} {
		r.Header.Set(name, c.addr.String())
	}
	r.Header.Set("Forwarded", fmt.Sprintf("for=%q", c.addr))
	resp, err := c.client.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// visits books, looks, cancels and mistypes, as a visitor.
func (c *guest) visits(start time.Time) (reference string) {
	c.Helper()
	order := fmt.Sprintf(`{"services": [{"id": "ausweis"}], "calendar": "buero", "start": %q, "name": "Ada Beispiel", "email": "ada@beispiel.example"}`, start.Format(time.RFC3339))
	status, text := c.asks("/api/v1/stadt/bookings", "application/json", order)
	manage := regexp.MustCompile(`"manageUrl":"[^"]*/([A-Z0-9]{20,})"`).FindStringSubmatch(text)
	code := regexp.MustCompile(`"reference":"([^"]+)"`).FindStringSubmatch(text)
	if status != http.StatusCreated || manage == nil || code == nil {
		c.Fatalf("%s books: got %d %s", c.addr, status, text)
	}
	for _, path := range []string{"/", "/stadt/", "/stadt/m/" + manage[1], "/stadt/nirgends", "/healthz", "/feeds/AAAAAAAAAAAAAAAAAAAAAAAAAA.ics"} {
		c.asks(path, "", "")
	}
	c.asks("/api/v1/stadt/bookings", "application/json", order[:40])
	c.asks("/stadt/visit", "application/x-www-form-urlencoded", "start=gestern")
	if status, text := c.asks("/api/v1/stadt/bookings/"+manage[1]+"/cancel", "application/json", "{}"); status != http.StatusOK {
		c.Errorf("%s cancels: got %d %s", c.addr, status, text)
	}
	return code[1]
}

// works fails to sign in and does, as one of the staff.
func (c *guest) works() {
	c.Helper()
	form := url.Values{"tenant": {"stadt"}, "email": {"uwe@stadt.example"}}
	for _, word := range []string{"falsch", "vier worte die passen"} {
		form.Set("password", word)
		status, text := c.asks("/staff/sign-in", "application/x-www-form-urlencoded", form.Encode())
		if in := status == http.StatusSeeOther; in != (word == "vier worte die passen") {
			c.Errorf("%s signs in with %q: got %d %.300s", c.addr, word, status, text)
		}
	}
	for _, path := range []string{"/staff/day", "/staff/bookings", "/staff/account", "/staff/people", "/staff/journal"} {
		if status, _ := c.asks(path, "", ""); status >= 500 {
			c.Errorf("%s: got %d", path, status)
		}
	}
}

// floods guesses links, and passwords, until it is refused.
func (c *guest) floods() {
	c.Helper()
	refused := 0
	for n := range 40 {
		if status, _ := c.asks(fmt.Sprintf("/api/v1/stadt/bookings/%026d", n), "", ""); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		c.Errorf("%s guesses as it likes", c.addr)
	}
	form := url.Values{"tenant": {"stadt"}, "email": {"niemand@stadt.example"}, "password": {"geraten"}}.Encode()
	for n := 0; ; n++ {
		if status, _ := c.asks("/staff/sign-in", "application/x-www-form-urlencoded", form); status == http.StatusTooManyRequests {
			return
		}
		if n == 40 {
			c.Fatalf("%s tries passwords as it likes", c.addr)
		}
	}
}

// No address of those who ask is kept, and none is in a log, whatever they do and however
// talkative the log is: not the visitors', not the staff's, and nothing that names the
// network they are in. Each of them is refused for their own guesses, so the service knew
// the addresses; and what is written down openly is found in the same files.
func TestNoAddressOfAnybodyIsKept(t *testing.T) {
	engines(t, func(i *installation) {
		conf := read(i.T, filepath.Join(i.folder, "conf.yaml"))
		database := regexp.MustCompile(`database: "(.*)"`).FindStringSubmatch(conf)[1]
		conf = strings.Replace(conf, "limits: {", "trusted_proxies: [127.0.0.1/32]\nlog: {level: debug}\nlimits: {guesses_per_minute: 20, ", 1)
		write(i.T, filepath.Join(i.folder, "conf.yaml"), conf)
		add := exec.Command(i.program, "staff", "add", "--config", "conf.yaml", "--tenant", "stadt", "--email", "uwe@stadt.example", "--role", "admin")
		add.Dir, add.Stdin = i.folder, strings.NewReader("vier worte die passen\n")
		if out, err := add.CombinedOutput(); err != nil {
			i.Fatalf("%v\n%s", err, out)
		}
		service := i.serveLogged("service.log")
		folders, settle := databaseFiles(i.T, database)
		folders = append(folders, i.folder)

		begin := time.Now().Add(72 * time.Hour).UTC().Truncate(24 * time.Hour)
		reference := ""
		for n, from := range places() {
			c := i.guest(from)
			reference = c.visits(begin.Add(time.Duration(50+n) * 10 * time.Minute))
			c.works()
			c.floods()
		}
		settle()
		i.noAddress("while it runs", reference, folders...)
		i.run("backup", "--config", "conf.yaml", "copy")
		if err := service.Process.Signal(syscall.SIGTERM); err != nil {
			i.Fatal(err)
		}
		if err := service.Wait(); err != nil {
			i.Errorf("the service ended with %v", err)
		}
		settle()
		i.noAddress("after its end, with a backup", reference, folders...)
	})
}

// serveLogged is serve with its log in a file.
func (i *installation) serveLogged(name string) *exec.Cmd {
	i.Helper()
	said, err := os.Create(filepath.Join(i.folder, name))
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = said.Close() }) // it is read, not kept
	cmd := exec.Command(i.program, "serve", "--config", "conf.yaml")
	cmd.Dir, cmd.Stdout, cmd.Stderr = i.folder, said, said
	if err := cmd.Start(); err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = cmd.Process.Kill() }) // an error says that it has ended
	for began := time.Now(); time.Since(began) < longest; time.Sleep(50 * time.Millisecond) {
		if status, _ := i.get("/readyz"); status == http.StatusOK {
			return cmd
		}
	}
	i.Fatalf("not ready: %s", read(i.T, filepath.Join(i.folder, name)))
	return nil
}

// noAddress searches all files for every address, as text and as bytes; control is a word
// that stands there.
func (i *installation) noAddress(when, control string, folders ...string) {
	i.Helper()
	words := []string{control, "debug", "DEBUG"}
	for _, n := range places() {
		words = append(words, n.texts()...)
	}
	search := rawtest.For(words...)
	hits, err := search.Under(folders...)
	if err != nil {
		i.Fatal(err)
	}
	seen, talks := false, false
	for _, h := range hits {
		switch {
		case h.Word == control:
			seen = true
		case strings.EqualFold(h.Word, "debug"):
			talks = talks || strings.HasSuffix(h.Where, "service.log")
		default:
			i.Errorf("%s: found %s", when, h)
		}
	}
	if !seen || !talks {
		i.Errorf("%s: the reference (%t) and the debug lines of the log (%t) stand there and are not found: the search sees nothing", when, seen, talks)
	}
	i.noBytes(when, []byte(control), folders...)
	i.Logf("%s: %d files with %d bytes searched for %d addresses", when, search.Files, search.Bytes, len(places()))
}

// noBytes searches all files for addresses as bytes. It is a leak where both of a kind are
// there in the same order of bytes: four of them alone come by chance.
func (i *installation) noBytes(when string, control []byte, folders ...string) {
	i.Helper()
	all, met, seen := places(), map[string]string{}, false
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil // what a running server takes away meanwhile is left out
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return nil
			}
			seen = seen || bytes.Contains(data, control)
			for n, x := range all {
				for order, raw := range x.raws() {
					if bytes.Contains(data, raw) {
						met[fmt.Sprint(n, order)] = name
					}
				}
			}
			return nil
		})
		if err != nil {
			i.Fatal(err)
		}
	}
	if !seen {
		i.Errorf("%s: %q stands there as bytes and is not found", when, control)
	}
	for n := 0; n < len(all); n += 2 {
		for order := range all[n].raws() {
			if one, other := met[fmt.Sprint(n, order)], met[fmt.Sprint(n+1, order)]; one != "" && other != "" {
				i.Errorf("%s: the bytes of %s in %s and of %s in %s", when, all[n].addr, one, all[n+1].addr, other)
			}
		}
	}
}
