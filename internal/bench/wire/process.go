package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Process is a server of its own.
type Process struct {
	Address string
	Took    time.Duration // from its start to the first right answer
	command *exec.Cmd
	log     *tail
}

// patience is how long a server may take to answer for the first time, and to end.
const patience = 2 * time.Minute

// Start runs a command that serves at address, and asks for path until the answer is
// right.
func Start(command *exec.Cmd, address, path string, right func(body []byte) bool) (*Process, error) {
	p := &Process{Address: address, command: command, log: &tail{}}
	command.Stderr = p.log
	began := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < patience {
		if ok, err := asked(address, path, right); ok {
			p.Took = time.Since(began)
			return p, nil
		} else if err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		if err := syscall.Kill(command.Process.Pid, 0); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer", filepath.Base(command.Path)), p.Stop())
}

// asked is one attempt; nobody there is no error.
func asked(address, path string, right func([]byte) bool) (bool, error) {
	c, err := Dial(address)
	if err != nil {
		return false, nil
	}
	defer c.Close()
	status, body, err := c.Get(path)
	if err != nil || status == http.StatusServiceUnavailable {
		return false, nil
	}
	if status != http.StatusOK || !right(body) {
		return false, fmt.Errorf("GET %s: wrong answer %d: %.200s", path, status, body)
	}
	return true, nil
}

// Ask asks the server to end, as a service manager does.
func (p *Process) Ask() { _ = p.command.Process.Signal(syscall.SIGTERM) } // what has ended has ended

// Stop asks the server to end and waits for it.
func (p *Process) Stop() error {
	p.Ask()
	timer := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer timer.Stop()
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(p.command.Path), err, p.log)
	}
	return nil
}

// Memory is the resident memory in bytes, now and at its highest.
func (p *Process) Memory() (now, peak float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("resident memory is read on Linux alone: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kib * 1024
		case "VmHWM":
			peak = kib * 1024
		}
	}
	return now, peak, nil
}

// CPU is the processor time that a process has used so far, in seconds: of this
// process where p is nil.
func (p *Process) CPU() (float64, error) {
	pid := "self"
	if p != nil {
		pid = strconv.Itoa(p.command.Process.Pid)
	}
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, fmt.Errorf("processor time is read on Linux alone: %w", err)
	}
	// After the name, which may hold anything, utime and stime are fields 12 and 13, in
	// hundredths of a second.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%s/stat is not understood", pid)
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100, errors.Join(err1, err2)
}

// tail keeps the end of what a process says.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-4096):]
	return len(b), nil
}

func (t *tail) String() string { return string(t.text) }

// FreeAddress is a port of this machine that nobody listens at.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// Static is the bare limit: at address it answers every request with the same bytes,
// until the context ends.
func Static(ctx context.Context, address, mediaType string, body []byte) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	length := strconv.Itoa(len(body))
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	})}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
