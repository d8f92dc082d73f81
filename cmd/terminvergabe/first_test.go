package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// copied is a command that the service has told in its log.
func copied(t *testing.T, log, name string) string {
	t.Helper()
	m := regexp.MustCompile(` ` + name + `=("(?:[^"\\]|\\.)*")`).FindStringSubmatch(log)
	if m == nil {
		t.Fatalf("%s is not told: %s", name, log)
	}
	text, err := strconv.Unquote(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Whoever starts the service on an empty database is told what to do, in commands that
// work from any folder as they stand, but for the words in capital letters; the link for
// the first password comes by the last one, and is in no log.
func TestTheFirstStart(t *testing.T) {
	i := install(t, build(t), "empty.db")
	i.folder = filepath.Join(t.TempDir(), "Amt's Ordner")
	if err := os.Mkdir(i.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(i.folder, "conf.yaml"), "base_url: http://"+i.address+"\nlisten: "+i.address+"\ndatabase: empty.db\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n")
	write(t, filepath.Join(i.folder, "town.yaml"), busyTown)
	elsewhere := t.TempDir()
	follow := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", regexp.MustCompile(`^sudo -u \S+ `).ReplaceAllString(line, "")) // we are that user
		cmd.Dir = elsewhere
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	logged := func(name string) string {
		t.Helper()
		service := i.serveLogged(name)
		if err := service.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := service.Wait(); err != nil {
			t.Error(err)
		}
		return read(t, filepath.Join(i.folder, name))
	}
	log := logged("1.log")
	write(t, filepath.Join(elsewhere, "TENANT.yaml"), busyTown)
	follow(copied(t, log, "next"))
	then := copied(t, log, "then")
	log = logged("2.log")
	next := copied(t, log, "next")
	if want := strings.Replace(then, "TENANT", "stadt", 1); next != want {
		t.Errorf("told %s, want %s", next, want)
	}
	link := regexp.MustCompile(`http://\S+/[A-Z0-9]{20,}`).FindString(follow(strings.Replace(next, "YOU", "uwe@stadt.example", 1)))
	if link == "" {
		t.Fatalf("no link is printed by %s", next)
	}
	log = logged("3.log")
	if strings.Contains(log, "nobody can sign in") || strings.Contains(log, link[strings.LastIndex(link, "/"):]) {
		t.Errorf("the third start: %s", log)
	}
}

func TestCommandsCanBeCopied(t *testing.T) {
	for want, words := range map[string][]string{
		"terminvergabe apply --config /etc/t/config.yaml": {"", "terminvergabe", "apply", "--config", "/etc/t/config.yaml"},
		"sudo -u amt terminvergabe":                       {"amt", "terminvergabe"},
		`'/a b' '/it'\''s' '$(x)'`:                        {"", "/a b", "/it's", "$(x)"},
	} {
		if got := shellLine(words[0], words[1:]...); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
