package abuse

import (
	"fmt"
	"net"
	"os"
	"time"
)

// Reconfigure gives an own installation other keys of the configuration, and starts it
// with them.
func (c *C) Reconfigure(keys map[string]string) {
	c.Helper()
	c.Stop()
	c.house.setting.Conf = keys
	c.Write("conf.yaml", c.house.conf(c.house.address))
	c.Start()
}

// mailBy is the key `mail` by which letters leave to the installation's mail server, with
// what else is to stand there.
func (c *C) mailBy(more string) string {
	_, port, _ := net.SplitHostPort(c.house.sink.address)
	return "{transport: smtp, host: 127.0.0.1, port: " + port + ", tls: none" + more + "}"
}

// Refuse has the mail server answer by f; nil: it takes everything again.
func (c *C) Refuse(f func(step, address string) error) {
	c.house.sink.mu.Lock()
	defer c.house.sink.mu.Unlock()
	c.house.sink.refuse = f
}

// await waits until a query gives what is wanted.
func (c *C) await(want, query string, args ...any) {
	c.Helper()
	got := ""
	if !eventually(func() bool {
		got = fmt.Sprint(c.Query(query, args...))
		return got == want
	}) {
		c.Fatalf("%s: got %s, want %s", query, got, want)
	}
}

// eventually tries for up to a minute: others use the machine too.
func eventually(f func() bool) bool {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if f() {
			return true
		}
	}
	return false
}

func mkdir(c *C, name string) {
	c.Helper()
	if err := os.Mkdir(c.File(name), 0o700); err != nil {
		c.Fatal(err)
	}
}
