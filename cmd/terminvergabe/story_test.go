package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"terminvergabe/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// build makes the program as it ships.
func build(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=story", "-o", filepath.Join(folder, "terminvergabe"), ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return folder
}

// TestStories runs every script in testdata/script against the built program, on
// each engine.
func TestStories(t *testing.T) {
	program := build(t)
	engines := map[string]func() string{
		"SQLite":     func() string { return "book.db" },
		"PostgreSQL": func() string { return pgtest.URL(t) },
	}
	for engine, database := range engines {
		t.Run(engine, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/script",
				RequireExplicitExec: true,
				Setup:               func(env *testscript.Env) error { return furnish(env, program, engine, database()) },
				Condition:           func(cond string) (bool, error) { return strings.EqualFold(cond, engine), nil },
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"fails": fails, "ready": ready, "http": request, "value": value, "fill": fill, "await": await, "big": big, "clock": clock, "parses": parses, "link": link, "variable": variable, "second": second, "gone": gone, "receiver": receiver,
				},
			})
		})
	}
}

// furnish gives a story a configuration with a free port and an empty database.
func furnish(env *testscript.Env, program, engine, database string) error {
	address, err := pgtest.FreeAddress()
	if err != nil {
		return err
	}
	conf := fmt.Sprintf("base_url: http://%s\nlisten: %s\ndatabase: %q\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n"+
		"limits: {requests_per_minute: 0, bookings_per_email: 0, holds_per_client: 0, mails_per_address_per_day: 0, guesses_per_minute: 0}\n", address, address, database)
	if err := os.WriteFile(filepath.Join(env.WorkDir, "conf.yaml"), []byte(conf), 0o600); err != nil {
		return err
	}
	testdata, err := filepath.Abs("../../internal/config/testdata")
	if err != nil {
		return err
	}
	env.Setenv("PATH", program+string(os.PathListSeparator)+os.Getenv("PATH"))
	env.Setenv("BASE", "http://"+address)
	env.Setenv("ENGINE", engine)
	env.Setenv("DATA", testdata)
	env.Setenv("README", filepath.Join(testdata, "../../../README.md"))
	return nil
}

// fails N ARGS runs the program and wants exit status N, at least a line on standard
// error, and no trace of the program's inside. What it printed is in the files
// stdout and stderr.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	program, err := lookPath(ts)
	ts.Check(err)
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("run: %v", err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("got exit status %d, want %d\n%s%s", got, want, out.String(), errs.String())
	}
	if errs.Len() == 0 || strings.Contains(errs.String(), "goroutine ") || strings.Contains(errs.String(), "SELECT ") || strings.Contains(errs.String(), "SQLSTATE") {
		ts.Fatalf("standard error does not help anybody: %q", errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("stdout"), out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr"), errs.Bytes(), 0o600))
}

func lookPath(ts *testscript.TestScript) (string, error) {
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if name := filepath.Join(folder, "terminvergabe"); fileExists(name) {
			return name, nil
		}
	}
	return "", exec.ErrNotFound
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ready waits until the service takes requests.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	for range 200 {
		if resp, err := http.Get(ts.Getenv("BASE") + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the service is not ready after 10 seconds")
}

// http STATUS METHOD PATH [BODYFILE] asks the service, with $TOKEN where there is
// one; the answer is in the file answer.
func request(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: http STATUS METHOD PATH [BODYFILE]")
	}
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(ts.ReadFile(args[3]))
	}
	url := args[2]
	if strings.HasPrefix(url, "/") {
		url = ts.Getenv("BASE") + url
	}
	req, err := http.NewRequest(args[1], url, body)
	ts.Check(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token := ts.Getenv("TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), data, 0o600))
	if strconv.Itoa(resp.StatusCode) != args[0] {
		ts.Fatalf("%s %s: got %s, want %s\n%.2000s", args[1], args[2], resp.Status, args[0], data)
	}
}

// value NAME PATH sets a variable from the JSON of the file answer, along keys and
// indices joined by dots; a * takes the first element that has the rest.
func value(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("answer")), &v))
	found, ok := along(v, strings.Split(args[1], "."))
	if !ok {
		ts.Fatalf("there is no %s in %.2000s", args[1], ts.ReadFile("answer"))
	}
	ts.Setenv(args[0], fmt.Sprint(found))
}

func along(v any, keys []string) (any, bool) {
	if len(keys) == 0 {
		return v, v != nil
	}
	switch v := v.(type) {
	case map[string]any:
		return along(v[keys[0]], keys[1:])
	case []any:
		if keys[0] == "*" {
			for _, e := range v {
				if found, ok := along(e, keys[1:]); ok {
					return found, true
				}
			}
		}
		if i, err := strconv.Atoi(keys[0]); err == nil && i < len(v) {
			return along(v[i], keys[1:])
		}
	}
	return nil, false
}

// fill FILE puts the variables of the story into a file.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// await PATTERN TEXT waits until a letter that matches holds the text, in its subject
// or as it stands there, and copies it to the file found. With ! it makes sure that none does for two seconds.
func await(ts *testscript.TestScript, neg bool, args []string) {
	rounds := 150
	if neg {
		rounds = 20
	}
	for range rounds {
		names, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil || !strings.Contains(string(data)+subject(data), args[1]) {
				continue
			}
			if neg {
				ts.Fatalf("%s holds %q", name, args[1])
			}
			ts.Check(os.WriteFile(ts.MkAbs("found"), data, 0o600))
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !neg {
		ts.Fatalf("no %s holds %q", args[0], args[1])
	}
}

// subject is a letter's subject in plain words.
func subject(letter []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(letter))
	if err != nil {
		return ""
	}
	words := mime.WordDecoder{}
	s, err := words.DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return ""
	}
	return s
}

// big FILE MEGABYTES makes a long file.
func big(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	line := strings.Repeat("# padding that means nothing\n", 1<<20/29)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	for range n {
		_, err := io.WriteString(f, line)
		ts.Check(err)
	}
	_, err = io.WriteString(f, strings.Repeat("#", n*(1<<20-len(line))))
	ts.Check(errors.Join(err, f.Close()))
}

// clock INSTANT sets the test clock of the story to an instant.
func clock(ts *testscript.TestScript, neg bool, args []string) {
	at, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	name := ts.MkAbs("clock")
	ts.Check(os.WriteFile(name+".new", []byte(time.Until(at).Round(time.Second).String()), 0o600))
	ts.Check(os.Rename(name+".new", name))
	ts.Setenv("TERMINVERGABE_TEST_CLOCK", name)
}

// variable NAME FILE sets a variable to the one line of a file.
func variable(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// second NAME FILE sets a variable to the first word of the second line of a list:
// the id of its first entry.
func second(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.Split(ts.ReadFile(args[1]), "\n")
	if len(lines) < 2 || lines[1] == "" {
		ts.Fatalf("the list is empty: %q", lines)
	}
	ts.Setenv(args[0], strings.Fields(lines[1])[0])
}

// receiver writes the receiver of webhooks that the README shows to receiver.py, with a
// free port in it, and sets PORT and HOOK, its address.
func receiver(ts *testscript.TestScript, neg bool, args []string) {
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			ts.Fatalf("python3 is missing")
		}
		ts.Logf("python3 is missing: nobody receives webhooks")
		return
	}
	text, err := os.ReadFile(ts.Getenv("README"))
	ts.Check(err)
	_, rest, _ := strings.Cut(string(text), "```python\n")
	program, _, ok := strings.Cut(rest, "\n```")
	address, err := pgtest.FreeAddress()
	ts.Check(err)
	_, port, err := net.SplitHostPort(address)
	ts.Check(err)
	if !ok || strings.Count(program, "9000") != 1 {
		ts.Fatalf("the README shows no receiver on port 9000")
	}
	ts.Check(os.WriteFile(ts.MkAbs("receiver.py"), []byte(strings.Replace(program, "9000", port, 1)), 0o600))
	ts.Setenv("PORT", port)
	ts.Setenv("HOOK", "http://127.0.0.1:"+port+"/")
}

// gone PATH waits until the service knows an address no more.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	for range 100 {
		resp, err := http.Get(ts.Getenv("BASE") + args[0])
		ts.Check(err)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s is still there", args[0])
}
