package abuse

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"terminvergabe/internal/pgtest"
)

const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

func engines() []string { return []string{sqlite, postgres} }

// workshop builds the program and the fixture, once per process, and is taken down at its
// end.
type workshop struct {
	build    sync.Once
	program  string
	folder   string
	broken   error
	lag      time.Duration // from the real time to the fixture's
	once     [2]sync.Once
	moulds   [2]*mould
	fail     [2]error
	server   sync.Once
	cluster  *pgtest.Cluster
	noServer error
}

// mould is the finished fixture on one engine, of which every installation is a copy.
type mould struct {
	engine, folder, database string
	people                   map[string]*account
	tokens, feeds            map[string]string
	x, y, z                  *Booking
}

// made gives the built program.
func (w *workshop) made() (string, error) {
	w.build.Do(func() {
		w.lag = time.Until(opening)
		if w.folder, w.broken = os.MkdirTemp("", "abuse"); w.broken != nil {
			return
		}
		w.program = filepath.Join(w.folder, "terminvergabe")
		out, err := exec.Command("go", "build", "-o", w.program, "terminvergabe/cmd/terminvergabe").CombinedOutput()
		if err != nil {
			w.broken = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	return w.program, w.broken
}

// postgres gives the cluster of this process.
func (w *workshop) postgres() (*pgtest.Cluster, error) {
	w.server.Do(func() { w.cluster, w.noServer = pgtest.Start(pgtest.Fast) })
	return w.cluster, w.noServer
}

func (w *workshop) close() error {
	var errs []error
	if w.cluster != nil {
		errs = append(errs, w.cluster.Stop())
	}
	if w.folder != "" {
		errs = append(errs, os.RemoveAll(w.folder))
	}
	return errors.Join(errs...)
}

// mould gives the fixture on an engine. A machine without PostgreSQL skips the test, or
// fails it in CI.
func (w *workshop) mould(t *testing.T, engine string) *mould {
	t.Helper()
	if _, err := w.made(); err != nil {
		t.Fatal(err)
	}
	n := slices.Index(engines(), engine)
	if engine == postgres {
		if _, err := w.postgres(); errors.Is(err, pgtest.ErrMissing) && os.Getenv("CI") != "true" {
			t.Skipf("*** SKIPPED: %v (.ci/tools lists what to install) ***", err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	w.once[n].Do(func() {
		w.fail[n] = errors.New("the fixture could not be made; see the first case that failed")
		w.moulds[n] = w.cast(t, engine)
		w.fail[n] = nil
	})
	if w.fail[n] != nil {
		t.Fatal(w.fail[n])
	}
	return w.moulds[n]
}

// cast makes the fixture: towns by apply, people, tokens and feeds by the command line,
// bookings by the running service.
func (w *workshop) cast(t *testing.T, engine string) *mould {
	t.Helper()
	folder, err := os.MkdirTemp(w.folder, engine)
	if err != nil {
		t.Fatal(err)
	}
	m := &mould{engine: engine, folder: folder, database: "book.db", people: map[string]*account{}, tokens: map[string]string{}, feeds: map[string]string{}}
	if engine == postgres {
		if m.database, err = w.cluster.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t, m, folder, m.database, Setting{})
	h.write("t1.yaml", townFile())
	h.write("t2.yaml", neighbourFile())
	h.must("", "apply", "t1.yaml")
	h.must("", "apply", "t2.yaml")
	for _, a := range people() {
		m.people[a.who] = a
		h.must(a.password+"\n", "staff add", "--tenant", a.tenant, "--email", a.email, "--name", a.name, "--role", a.role, "--department", a.department)
		if a.disabled {
			h.must("", "staff disable", "--tenant", a.tenant, "--email", a.email)
		}
	}
	for _, who := range tokens() {
		a := m.people[who]
		m.tokens[who] = strings.TrimSpace(h.must("", "token create", "--tenant", a.tenant, "--name", who, "--role", a.role, "--department", a.department))
	}
	for name, f := range feeds() {
		address := strings.TrimSpace(h.must("", "feed create", append([]string{"--tenant"}, f...)...))
		m.feeds[name] = address[strings.Index(address, "/feeds/"):]
	}
	h.start()
	c := &C{T: t, house: h, section: &Section{}}
	c.Client = c.From(c.address())
	for calendar, b := range map[string]**Booking{"k1": &m.x, "k2": &m.y, "z1": &m.z} {
		*b = c.BookAs(NewVisitor(), calendar, At(1, "08:00"), "s1")
	}
	h.quiet(c)
	h.end()
	return m
}

// Setting is how an installation of a case's own differs from the fixture.
type Setting struct {
	Conf  map[string]string // keys of the configuration, as YAML; "" takes one away
	Env   []string
	Clock string // offset on top of the fixture's time, such as "+26h"
}

// house is one installation: folder, database, configuration, process, mail server, trap.
type house struct {
	*mould
	t        *testing.T
	program  string
	folder   string
	database string // file or address
	setting  Setting
	address  string // host:port of the service
	metrics  string
	sink     *sink
	trap     *trap
	db       *sql.DB
	looked   bool
	services []*process
	sessions map[string]string // cookies of signed-in staff, by who
	slots    map[string]int
	clients  int
	lag      time.Duration // from the real time to that of this installation
	wire     *http.Transport
	mu       sync.Mutex
	visitors []*Visitor
	secrets  []string
}

// open makes an installation: a copy of the fixture, running.
func open(t *testing.T, m *mould, s Setting) *house {
	t.Helper()
	folder, err := os.MkdirTemp(suite.folder, "house")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	database := "book.db"
	if m.engine == postgres {
		if database, err = suite.cluster.Copy(t.Context(), m.database); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := suite.cluster.Drop(ctx, database); err != nil {
				t.Error(err)
			}
		})
	}
	entries, err := os.ReadDir(m.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(m.folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, e.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t, m, folder, database, s)
	h.start()
	return h
}

// newHouse furnishes a folder: mail server, trap, configuration, clock.
func newHouse(t *testing.T, m *mould, folder, database string, s Setting) *house {
	t.Helper()
	h := &house{mould: m, t: t, program: suite.program, folder: folder, database: database, setting: s, sessions: map[string]string{}, slots: map[string]int{}}
	h.sink, h.trap = newSink(t), newTrap(t)
	t.Cleanup(func() {
		for _, p := range h.services {
			_ = p.Process.Kill() // an error says that it has ended
		}
	})
	h.address, h.metrics = freeAddress(t), freeAddress(t)
	h.write("clock", "")
	h.clock(s.Clock)
	h.write("conf.yaml", h.conf(h.address))
	for _, b := range []*Booking{m.x, m.y, m.z} {
		if b != nil {
			h.visitors = append(h.visitors, b.Visitor)
			h.secrets = append(h.secrets, b.Secret)
		}
	}
	for _, list := range []map[string]string{m.tokens, m.feeds} {
		for _, s := range list {
			h.secrets = append(h.secrets, strings.TrimSuffix(strings.TrimPrefix(s, "/feeds/"), ".ics"))
		}
	}
	for _, a := range m.people {
		h.secrets = append(h.secrets, a.password)
	}
	return h
}

// conf is the configuration: the defaults that every administrator has, but for where
// things are.
func (h *house) conf(listen string) string {
	_, port, _ := net.SplitHostPort(h.sink.address)
	keys := map[string]string{
		"base_url": "http://" + h.address, "listen": listen, "database": fmt.Sprintf("%q", h.database), "data_key_file": "data.key",
		"trusted_proxies": "[127.0.0.1/32]", "mail": "{transport: smtp, host: 127.0.0.1, port: " + port + ", tls: none}", "log": "{level: debug, format: json}",
	}
	if listen == h.address {
		keys["metrics"] = "{listen: " + h.metrics + "}"
	}
	maps.Copy(keys, h.setting.Conf)
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if keys[k] != "" {
			fmt.Fprintf(&b, "%s: %s\n", k, keys[k])
		}
	}
	return b.String()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := pgtest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func (h *house) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.folder, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// clock sets the time to an offset from the fixture's.
func (h *house) clock(offset string) {
	h.t.Helper()
	more := time.Duration(0)
	if offset != "" {
		var err error
		if more, err = time.ParseDuration(offset); err != nil {
			h.t.Fatal(err)
		}
	}
	h.lag = suite.lag + more
	path := filepath.Join(h.folder, "clock")
	if err := os.WriteFile(path+".new", []byte(h.lag.String()), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		h.t.Fatal(err)
	}
}

// environment is that of every process of the installation.
func (h *house) environment() []string {
	return append(append(os.Environ(), "TERMINVERGABE_TEST_CLOCK="+filepath.Join(h.folder, "clock")), h.setting.Env...)
}

// cli runs a command with the configuration and gives what it said and its exit status.
func (h *house) cli(in, command string, args ...string) (out, said string, status int) {
	h.t.Helper()
	return h.cliBy("conf.yaml", in, command, args...)
}

// cliBy is cli with another configuration.
func (h *house) cliBy(conf, in, command string, args ...string) (out, said string, status int) {
	h.t.Helper()
	line := append(append(strings.Fields(command), "--config", conf), args...)
	cmd := exec.Command(h.program, line...)
	cmd.Dir, cmd.Env, cmd.Stdin = h.folder, h.environment(), strings.NewReader(in)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func (h *house) must(in, command string, args ...string) string {
	h.t.Helper()
	args = slices.DeleteFunc(slices.Clone(args), func(string) bool { return false })
	for i := 0; i+1 < len(args); i++ { // no --department for who has none
		if args[i] == "--department" && args[i+1] == "" {
			args = slices.Delete(args, i, i+2)
		}
	}
	out, said, status := h.cli(in, command, args...)
	if status != 0 {
		h.t.Fatalf("%s %v: exit status %d\n%s%s", command, args, status, out, said)
	}
	return out
}

// process is a running service.
type process struct {
	*exec.Cmd
	log  *buffer
	over chan error
}

// buffer is a log that is read while it grows.
type buffer struct {
	mu   sync.Mutex
	text []byte
	read int
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

// fresh is what was written since it was last asked for, in whole lines.
func (b *buffer) fresh() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	end := bytes.LastIndexByte(b.text, '\n') + 1
	if end <= b.read {
		return ""
	}
	text := string(b.text[b.read:end])
	b.read = end
	return text
}

func (b *buffer) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

// launch starts a service by a configuration and waits until it takes requests.
func (h *house) launch(conf, address string) *process {
	h.t.Helper()
	p := &process{Cmd: exec.Command(h.program, "serve", "--config", conf), log: &buffer{}, over: make(chan error, 1)}
	p.Dir, p.Env, p.Stderr, p.Stdout = h.folder, h.environment(), p.log, p.log
	if err := p.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { p.over <- p.Wait() }()
	h.mu.Lock()
	h.services = append(h.services, p)
	h.mu.Unlock()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // the status is all that counts
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return p
			}
		}
		select {
		case err := <-p.over:
			p.over <- err
			h.t.Fatalf("the service ended: %v\n%s", err, p.log.all())
		default:
		}
	}
	h.t.Fatalf("not ready after 30 seconds\n%s", p.log.all())
	return nil
}

func (h *house) start() {
	h.t.Helper()
	h.launch("conf.yaml", h.address)
	if h.db == nil {
		h.look()
	}
}

// look opens the database to read it.
func (h *house) look() {
	h.t.Helper()
	driver, source := "pgx", h.database
	if h.engine == sqlite {
		driver, source = "sqlite", "file:"+filepath.Join(h.folder, h.database)+"?mode=ro&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		h.t.Fatal(err)
	}
	h.db = db
	if !h.looked { // whoever looks again, after a restart, does so for the same test
		h.looked = true
		h.t.Cleanup(func() {
			if h.db != nil { // else the installation has ended
				_ = h.db.Close() // nothing is written
			}
		})
	}
}

// end stops every service as an administrator would.
func (h *house) end() {
	h.t.Helper()
	for _, p := range h.services {
		h.stop(p, syscall.SIGTERM)
	}
	h.services = nil
	if h.db != nil {
		if err := h.db.Close(); err != nil {
			h.t.Error(err)
		}
		h.db = nil
	}
}

func (h *house) stop(p *process, signal os.Signal) {
	h.t.Helper()
	if err := p.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		h.t.Error(err)
	}
	select {
	case err := <-p.over:
		p.over <- err
		if err != nil && signal == syscall.SIGTERM {
			h.t.Errorf("the service ended with %v\n%s", err, p.log.all())
		}
	case <-time.After(40 * time.Second):
		h.t.Errorf("the service does not end\n%s", p.log.all())
		_ = p.Process.Kill() // it is given up
	}
}

// rows gives the answer to a query as text, for comparing.
func (h *house) rows(query string, args ...any) (list [][]string, err error) {
	rows, err := h.db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		line := make([]string, len(names))
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				v = hex.EncodeToString(b)
			}
			line[i] = fmt.Sprint(v)
		}
		list = append(list, line)
	}
	return list, rows.Err()
}

// exists reports whether a file of the installation is there.
func (h *house) exists(name string) bool {
	_, err := os.Stat(filepath.Join(h.folder, name))
	return !errors.Is(err, fs.ErrNotExist)
}
