package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5"

	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/rawtest"
	"terminvergabe/internal/tooltest"
)

// letterbox takes letters, and refuses those to one address with words that name it.
type letterbox struct {
	refused string
	mu      sync.Mutex
	letters []string
}

func (b *letterbox) Mail(string, *gosmtp.MailOptions) error { return nil }
func (b *letterbox) Reset()                                 {}
func (b *letterbox) Logout() error                          { return nil }

func (b *letterbox) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if to == b.refused {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "there is no " + to}
	}
	return nil
}

func (b *letterbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, string(text))
	return err
}

// listens takes letters until the test ends, and gives the port.
func (b *letterbox) listens(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return b, nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served // it was closed, and says so
	})
	return l.Addr().(*net.TCPAddr).Port
}

// has waits until so many letters have come.
func (b *letterbox) has(t *testing.T, letters int) {
	t.Helper()
	for began := time.Now(); time.Since(began) < longest; time.Sleep(50 * time.Millisecond) {
		b.mu.Lock()
		n := len(b.letters)
		b.mu.Unlock()
		if n >= letters {
			return
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t.Fatalf("%d letters came, want %d", len(b.letters), letters)
}

// visitor is somebody whose words occur nowhere else.
type visitor struct {
	name, email, phone, note string
}

func newVisitor() visitor {
	return visitor{rawtest.Word("Name") + " " + rawtest.Word("Nach"), strings.ToLower(rawtest.Word("post")) + "@beispiel.example", "0" + rawtest.Digits(13), rawtest.Word("Notiz")}
}

func (v visitor) words() []string { return append(strings.Fields(v.name), v.email, v.phone, v.note) }

// books books for a visitor and gives the link's secret and the reference.
func (i *installation) books(v visitor, start string) (secret, reference string) {
	i.Helper()
	status, body := i.asks("bookings", map[string]any{"services": []map[string]any{{"id": "ausweis", "quantity": 1}}, "calendar": "buero", "start": start,
		"name": v.name, "email": v.email, "phone": v.phone, "note": v.note})
	var answer struct{ ManageURL, Reference string }
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusCreated {
		i.Fatalf("book: got %d %s", status, body)
	}
	return answer.ManageURL[strings.LastIndex(answer.ManageURL, "/")+1:], answer.Reference
}

func (i *installation) asks(path string, body any) (status int, answer []byte) {
	i.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		i.Fatal(err)
	}
	resp, err := http.Post("http://"+i.address+"/api/v1/stadt/"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		i.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		i.Fatal(err)
	}
	return resp.StatusCode, answer
}

// traced is what the program wrote to files, by their names, as strace saw it.
func traced(t *testing.T, log string) map[string][]byte {
	t.Helper()
	text := read(t, log)
	call := regexp.MustCompile(`(?m)^\d+ +(?:p?write(?:64|v|v2)?)\(\d+<((?:\\x[0-9a-f]{2})+)>, (.*)$`)
	quoted := regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?`)
	decode := func(hex string) []byte {
		plain, err := strconv.Unquote(`"` + hex + `"`)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(plain)
	}
	files := map[string][]byte{}
	for line := range strings.Lines(text) {
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
			if q[2] != "" {
				t.Fatalf("strace cut off what was written to %s", m[1])
			}
			if name := string(decode(m[1])); strings.HasPrefix(name, "/") { // no socket
				files[name] = append(files[name], decode(q[1])...)
			}
		}
	}
	return files
}

// startTraced starts the service under strace, which writes all that it writes to files
// and sockets into a log; its words, at the most talkative level, go to a file, too.
func (i *installation) startTraced(log, words string) (tracer *exec.Cmd, service int) {
	i.Helper()
	said, err := os.Create(words)
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = said.Close() }) // it is read, not kept
	cmd := exec.Command("strace", "-f", "-qq", "-yy", "-xx", "-s", "16777216", "--seccomp-bpf", "-e", "trace=write,pwrite64,writev,pwritev,pwritev2", "-e", "signal=none", "-o", log,
		i.program, "serve", "--config", "conf.yaml")
	cmd.Dir, cmd.Stdout, cmd.Stderr = i.folder, said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // an error says that it has ended
	for began := time.Now(); time.Since(began) < longest; time.Sleep(50 * time.Millisecond) {
		if status, _ := i.get("/readyz"); status == http.StatusOK {
			children := read(i.T, fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
			service, err := strconv.Atoi(strings.TrimSpace(children))
			if err != nil {
				i.Fatal(err)
			}
			return cmd, service
		}
	}
	i.Fatalf("not ready: %s", read(i.T, words))
	return nil, 0
}

// databaseFiles are the folders with all that a database is on disk; settle brings there
// what a server still remembers.
func databaseFiles(t *testing.T, database string) (folders []string, settle func()) {
	t.Helper()
	if !strings.Contains(database, "://") {
		return nil, func() {}
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return []string{pgtest.Folder(t)}, func() {
		if _, err := conn.Exec(t.Context(), "CHECKPOINT"); err != nil {
			t.Fatal(err)
		}
	}
}

// lives has visitors who book, move, cancel, mistype, and one whose letter is refused; it
// gives all their words, and a reference, which is no secret.
func (i *installation) lives(box *letterbox) (words []string, reference string) {
	i.Helper()
	stays, moves, cancels, refused := newVisitor(), newVisitor(), newVisitor(), newVisitor()
	box.mu.Lock()
	box.refused = refused.email
	box.mu.Unlock()
	begin := time.Now().Add(72 * time.Hour).UTC().Truncate(24 * time.Hour)
	at := func(n int) string { return begin.Add(time.Duration(8*6+n) * 10 * time.Minute).Format(time.RFC3339) }
	secret, reference := i.books(stays, at(0))
	moving, _ := i.books(moves, at(1))
	gone, _ := i.books(cancels, at(2))
	i.books(refused, at(3))
	box.has(i.T, 3)
	if status, body := i.asks("bookings/"+moving+"/move", map[string]any{"calendar": "buero", "start": at(4)}); status != http.StatusOK {
		i.Errorf("move: got %d %s", status, body)
	}
	if status, body := i.asks("bookings/"+gone+"/cancel", map[string]any{}); status != http.StatusOK {
		i.Errorf("cancel: got %d %s", status, body)
	}
	typo := newVisitor()
	if status, body := i.asks("bookings", map[string]any{"calendar": "buero", "start": "sometime", "name": typo.name, "email": typo.email + " ", "phone": typo.phone, "note": typo.note, typo.note: 1}); status < 400 || status > 499 {
		i.Errorf("mistyped: got %d %s", status, body)
	}
	form, err := http.PostForm("http://"+i.address+"/stadt/visit?name="+typo.note, url.Values{"name": {typo.name}, "email": {typo.email}})
	if err != nil {
		i.Fatal(err)
	}
	form.Body.Close()
	box.has(i.T, 5)
	for _, v := range []visitor{stays, moves, cancels, refused, typo} {
		words = append(words, v.words()...)
	}
	return append(words, secret, moving, gone), reference
}

// What visitors type reaches no file, at no time, while their visits are alive: not the
// database, its journals, the server's logs of writes, the service's log, a backup, and
// none of the writes that the kernel sees, not even one that is deleted at once. What is
// written down openly is found in the same places: so the search sees. It is long because
// it is one story.
func TestNothingTypedReachesAFile(t *testing.T) {
	tooltest.Need(t, "strace", "-o", os.DevNull, "true")
	engines(t, func(i *installation) {
		conf := read(i.T, filepath.Join(i.folder, "conf.yaml"))
		database := regexp.MustCompile(`database: "(.*)"`).FindStringSubmatch(conf)[1]
		box := &letterbox{}
		conf = strings.ReplaceAll(conf, "mail: {transport: directory, directory: letters}", fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, tls: none}\nlog: {level: debug}", box.listens(i.T)))
		write(i.T, filepath.Join(i.folder, "conf.yaml"), conf)
		log := filepath.Join(i.T.TempDir(), "strace.log")
		tracer, service := i.startTraced(log, filepath.Join(i.folder, "service.log"))
		words, reference := i.lives(box)
		folders, settle := databaseFiles(i.T, database)
		folders = append(folders, i.folder)
		nowhere := func(when string, seen bool) {
			i.Helper()
			settle()
			search := rawtest.For(append(slices.Clone(words), reference)...)
			hits, err := search.Under(folders...)
			if err != nil {
				i.Fatal(err)
			}
			if len(rawtest.Missing(hits, reference)) > 0 && seen {
				i.Errorf("%s: the reference, which stands there openly, is not found: the search sees nothing", when)
			}
			rawtest.Report(i.T, others(hits, reference))
			i.Logf("%s: %d files with %d bytes searched for %d words", when, search.Files, search.Bytes, len(words))
		}
		nowhere("while it runs", true)
		open, err := rawtest.For(words...).OpenIn(service)
		if err != nil {
			i.Fatal(err)
		}
		rawtest.Report(i.T, open)
		i.run("backup", "--config", "conf.yaml", "copy")
		i.run("key", "rotate", "--config", "conf.yaml")
		nowhere("with a backup, and after a change of keys", true)
		if err := syscall.Kill(service, syscall.SIGTERM); err != nil {
			i.Fatal(err)
		}
		if err := tracer.Wait(); err != nil {
			i.Errorf("the service ended with %v", err)
		}
		nowhere("after its end", true)

		written := traced(i.T, log)
		search := rawtest.For(words...)
		for _, name := range slices.Sorted(maps.Keys(written)) {
			rawtest.Report(i.T, search.In("written to "+name, written[name]))
		}
		wrote := slices.Concat(slices.Collect(maps.Values(written))...)
		control := "serving" // of the log
		if !strings.Contains(database, "://") {
			control = reference
		}
		if hits := rawtest.For(control).In("writes", wrote); len(hits) == 0 {
			i.Errorf("strace did not see %q, which was written: it is blind", control)
		}
		i.Logf("%d bytes written to %d files", len(wrote), len(written))
	})
}

// others are the hits of other words.
func others(hits []rawtest.Hit, word string) []rawtest.Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h rawtest.Hit) bool { return h.Word == word })
}
