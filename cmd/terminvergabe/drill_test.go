package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"terminvergabe/internal/pgtest"
	"terminvergabe/ui"
)

// The restore drill of the handbook, followed to the letter in an empty folder: its commands
// are taken from the document. Every booking that was acknowledged before the backup is
// there, and no letter leaves before somebody resumes them.
func TestRestoreDrill(t *testing.T) {
	asks, steps := drillOfHandbook(t)
	engines(t, func(i *installation) {
		backup, booked := i.backUpUnderLoad()
		d := i.drill()
		settings := map[string]string{
			"SICHERUNG":  backup,
			"SCHLUESSEL": filepath.Join(i.folder, "data.key"),
			"DATENBANK":  "uebung.db",
			"ANSCHLUSS":  d.address[strings.LastIndex(d.address, ":")+1:],
		}
		if strings.HasSuffix(i.Name(), "PostgreSQL") {
			settings["DATENBANK"] = pgtest.URL(i.T)
		}
		if got := slices.Sorted(maps.Keys(settings)); !slices.Equal(got, asks) {
			i.Fatalf("the drill asks for %q, want %q", asks, got)
		}
		follow := d.shell(settings)
		for n, want := range []string{"", "Everything is as it should be", "", "all letters are held back since"} {
			if got := follow(steps[n]); !strings.Contains(got, want) || strings.Contains(got, "What was there") {
				i.Errorf("step %d: got %q, want %q in it, and nothing about what was there before: that was nothing", n+1, got, want)
			}
		}
		for _, secret := range booked {
			if status, body := d.patiently("/api/v1/stadt/bookings/" + secret); status != http.StatusOK || !bytes.Contains(body, []byte(`"status":"confirmed"`)) {
				i.Errorf("a booking that was acknowledged before the backup: got %d %s", status, body)
			}
		}
		d.resume(len(booked))
		follow(steps[4])
		if left, err := os.ReadDir(d.folder); err != nil || len(left) > 0 {
			i.Errorf("after tidying up: got %v (%v), want nothing", left, err)
		}
		if status, _ := d.get("/healthz"); status != 0 {
			i.Errorf("after tidying up the copy answers %d", status)
		}
		i.Logf("all of %d bookings that were acknowledged before the backup are in the copy", len(booked))
	})
}

var (
	fenced   = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
	exported = regexp.MustCompile(`(?m)^export (\w+)=`)
)

// drillOfHandbook takes the drill from its document: the names of what it asks for, sorted,
// and the commands of each step.
func drillOfHandbook(t *testing.T) (asks, steps []string) {
	t.Helper()
	text, err := ui.Files.ReadFile("docs/sicherung.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Die Übung\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, block := range fenced.FindAllStringSubmatch(section, -1) {
		if block[1] == "sh" {
			steps = append(steps, block[2])
			continue
		}
		for _, m := range exported.FindAllStringSubmatch(block[2], -1) {
			asks = append(asks, m[1])
		}
	}
	slices.Sort(asks)
	if len(steps) != 5 {
		t.Fatalf("the drill has commands for %d steps, want 5", len(steps))
	}
	return asks, steps
}

// backUpUnderLoad makes a backup of the running service while visitors book. It gives the
// secrets of what had been acknowledged when the backup began. None of the letters has left:
// the mail server is away.
func (i *installation) backUpUnderLoad() (backup string, booked []string) {
	i.Helper()
	_, port, err := net.SplitHostPort(freeAddress(i.T))
	if err != nil {
		i.Fatal(err)
	}
	conf := filepath.Join(i.folder, "conf.yaml")
	text, err := os.ReadFile(conf)
	if err != nil {
		i.Fatal(err)
	}
	away := strings.Replace(string(text), "mail: {transport: directory, directory: letters}", "mail: {transport: smtp, host: 127.0.0.1, tls: none, port: "+port+"}", 1)
	if err := os.WriteFile(conf, []byte(away), 0o600); err != nil {
		i.Fatal(err)
	}
	i.serve()
	ctx, cancel := context.WithTimeout(i.Context(), 700*time.Millisecond)
	defer cancel()
	booked = i.storm(ctx, 4)
	if len(booked) < 10 {
		i.Fatalf("got %d bookings, want more to lose", len(booked))
	}
	ctx, cancel = context.WithCancel(i.Context())
	later := make(chan []string)
	go func() { later <- i.storm(ctx, 4) }()
	backup = filepath.Join(i.folder, "sicherung")
	i.run("backup", "--config", "conf.yaml", backup)
	cancel()
	<-later
	return backup, booked
}

// patiently gets a page as often as the limit of requests demands.
func (i *installation) patiently(path string) (status int, body []byte) {
	for {
		if status, body = i.get(path); status != http.StatusTooManyRequests || i.Context().Err() != nil {
			return status, body
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// drill is an empty folder on another machine, as it were, with the same program.
func (i *installation) drill() *installation {
	return &installation{i.T, i.program, i.TempDir(), freeAddress(i.T)}
}

// shell starts a shell in the folder that ends at the first command that fails, and gives what
// lets it follow commands; that returns what they printed.
func (i *installation) shell(settings map[string]string) (follow func(commands string) string) {
	i.Helper()
	const done = "--- done ---"
	cmd := exec.CommandContext(i.Context(), "sh", "-eu")
	cmd.Dir = i.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a service that it started ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(i.program)+":"+os.Getenv("PATH"))
	for name, value := range settings {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	read, write, err := os.Pipe()
	if err != nil {
		i.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = write.Close() // so that reading ends with the shell
	}
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() {
		_ = cmd.Wait() // it ended with its commands, or what went wrong was said below
		_ = read.Close()
	})
	lines := bufio.NewScanner(read)
	return func(commands string) string {
		i.Helper()
		if err := read.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			i.Fatal(err)
		}
		if _, err := io.WriteString(in, commands+"echo '"+done+"'\n"); err != nil {
			i.Fatal(err)
		}
		var said strings.Builder
		for lines.Scan() && lines.Text() != done {
			said.WriteString(lines.Text() + "\n")
		}
		if lines.Text() != done {
			i.Fatalf("the commands\n%s\nended with %v after\n%s", commands, lines.Err(), said.String())
		}
		return said.String()
	}
}

// resume lets the letters of the drill go, of which none has left until then, and waits for
// most of them: those few that were tried while the mail server was away come later.
func (i *installation) resume(booked int) {
	i.Helper()
	sent := func() int {
		list, err := filepath.Glob(filepath.Join(i.folder, "uebung", "briefe", "*.eml"))
		if err != nil {
			i.Fatal(err)
		}
		return len(list)
	}
	if got := sent(); got > 0 {
		i.Errorf("%d letters left before anybody resumed them", got)
	}
	i.run("mail", "resume", "--config", filepath.Join("uebung", "config.yaml"))
	for range 400 {
		if sent() > booked/2 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	i.Errorf("of the letters of %d bookings %d left", booked, sent())
}
