// Package service runs the real program for proofs: builds it, gives it a
// configuration and a tenant, starts it, kills it, starts it again, and speaks its
// JSON API.
//
// It refuses to know what is proved and reads no database. Start reading at Install
// and Serve; Client is the API.
package service

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build compiles the program into a folder, as it ships, and gives its path. changed
// replaces source files for this build alone: path from the module's root to new text.
func Build(ctx context.Context, dir string, changed map[string]string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	program := filepath.Join(dir, "terminvergabe")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-X main.version=prove", "-o", program}
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range changed {
		file := filepath.Join(dir, fmt.Sprintf("changed%d.go", len(replace)))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, name)] = file
	}
	if len(replace) > 0 {
		overlay, err := json.Marshal(map[string]any{"Replace": replace})
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, "overlay.json")
		if err := os.WriteFile(file, overlay, 0o600); err != nil {
			return "", err
		}
		args = append(args, "-overlay", file)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./cmd/terminvergabe")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
}

// Root is the folder of the module's source.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the source: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// Options are what an installation is made of.
type Options struct {
	Program  string
	Dir      string   // of configuration, data key and letters; has to exist
	Database string   // a file or postgres://...
	Tenant   string   // text of the tenant file; "": none is applied
	Extra    string   // further lines of the configuration
	Limits   string   // against abuse, as in the configuration; "": none that would keep clients from their work
	Env      []string // for every call, such as a shifted clock
}

// Installation is a configured program. Its processes are numbered from 0; each has
// an address of its own, and all share database, data key and letters.
type Installation struct {
	Options
	mu        sync.Mutex
	addresses []string
}

// Install writes the configuration and applies the tenant.
func Install(ctx context.Context, o Options) (*Installation, error) {
	i := &Installation{Options: o}
	if _, err := i.Address(0); err != nil {
		return nil, err
	}
	if o.Tenant == "" {
		return i, nil
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "tenant.yaml"), []byte(o.Tenant), 0o600); err != nil {
		return nil, err
	}
	if r := i.Run(ctx, "apply", "--config", i.Config(0), "tenant.yaml"); r.Status != 0 {
		return nil, fmt.Errorf("apply the tenant: %s", r)
	}
	return i, nil
}

// Config is the name of the configuration of process n.
func (i *Installation) Config(n int) string { return fmt.Sprintf("conf%d.yaml", n) }

// Address is host:port of process n, chosen and written into its configuration at
// the first call.
func (i *Installation) Address(n int) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for len(i.addresses) <= n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		address := l.Addr().String()
		if err := l.Close(); err != nil {
			return "", err
		}
		i.addresses = append(i.addresses, address)
		conf := fmt.Sprintf("base_url: http://%s\nlisten: %s\ndatabase: %q\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n"+
			"limits: %s\nlog: {level: warn}\n%s",
			i.addresses[0], address, i.Database, cmp.Or(i.Limits, "{requests_per_minute: 0, bookings_per_email: 0, holds_per_client: 0, mails_per_address_per_day: 0, guesses_per_minute: 0}"), i.Extra)
		if err := os.WriteFile(filepath.Join(i.Dir, i.Config(len(i.addresses)-1)), []byte(conf), 0o600); err != nil {
			return "", err
		}
	}
	return i.addresses[n], nil
}

// Result is how a command of the program ended.
type Result struct {
	Args     []string
	Status   int
	Out, Err string
}

func (r Result) String() string {
	return fmt.Sprintf("%s: exit status %d\n%s%s", strings.Join(r.Args, " "), r.Status, r.Out, r.Err)
}

// Run runs one command of the program to its end. Status -1: it could not be run or
// was killed.
func (i *Installation) Run(ctx context.Context, args ...string) Result {
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, i.Program, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = i.Dir, append(os.Environ(), i.Env...), &out, &errs
	err := cmd.Run()
	r := Result{Args: args, Out: out.String(), Err: errs.String()}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		r.Status = exit.ExitCode()
	} else if err != nil {
		r.Status, r.Err = -1, r.Err+err.Error()
	}
	return r
}

// Verify lets the program check every invariant of its data.
func (i *Installation) Verify(ctx context.Context) error {
	if r := i.Run(ctx, "verify", "--config", i.Config(0)); r.Status != 0 {
		return errors.New(r.String())
	}
	return nil
}

// Token makes an API token of a role.
func (i *Installation) Token(ctx context.Context, tenant, role string) (string, error) {
	r := i.Run(ctx, "token", "create", "--config", i.Config(0), "--tenant", tenant, "--name", "prove", "--role", role)
	if r.Status != 0 {
		return "", errors.New(r.String())
	}
	return strings.TrimSpace(r.Out), nil
}

// patience is how long a start or an end may take on a busy machine.
const patience = 60 * time.Second

// Process is one running service.
type Process struct {
	Address string
	cmd     *exec.Cmd
	wrapped bool // a program is around it
	said    *tail
	ended   chan struct{} // closed when it has
	err     error         // how it ended; read after ended
}

// Launch says how a process is started.
type Launch struct {
	Number int      // which of the installation's processes
	Before []string // a program around it, such as strace with its flags
	Env    []string
}

// Serve starts a process and waits until it takes requests. The error holds what a
// process said that ended instead.
func (i *Installation) Serve(ctx context.Context, l Launch) (*Process, error) {
	p, err := i.Start(l)
	if err != nil {
		return nil, err
	}
	if err := p.Ready(ctx); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// Start starts a process and does not wait.
func (i *Installation) Start(l Launch) (*Process, error) {
	address, err := i.Address(l.Number)
	if err != nil {
		return nil, err
	}
	args := append(append([]string{}, l.Before...), i.Program, "serve", "--config", i.Config(l.Number))
	p := &Process{Address: address, cmd: exec.Command(args[0], args[1:]...), wrapped: len(l.Before) > 0, said: &tail{}, ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stderr, p.cmd.Env = i.Dir, p.said, append(append(os.Environ(), i.Env...), l.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // a group of its own: who is around it dies with it
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Ready waits until the process takes requests.
func (p *Process) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for {
		if r, err := client.Get("http://" + p.Address + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the service ended before it was ready (%w): %s", cmpErr(p.err), p.Said())
		case <-ctx.Done():
			return fmt.Errorf("the service is not ready: %w: %s", ctx.Err(), p.Said())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// Kill is kill -9; it returns when the process is gone. What is around it sees it end
// and ends too.
func (p *Process) Kill() {
	for _, pid := range p.inside() {
		_ = syscall.Kill(pid, syscall.SIGKILL) // an error says that it has ended
	}
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// inside gives the process itself, not what is around it.
func (p *Process) inside() []int {
	pid := p.cmd.Process.Pid
	if !p.wrapped {
		return []int{pid}
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil // it has ended
	}
	var list []int
	for word := range strings.FieldsSeq(string(text)) {
		if child, err := strconv.Atoi(word); err == nil {
			list = append(list, child)
		}
	}
	return list
}

// Stop ends the process as an administrator would; the error is a bad end.
func (p *Process) Stop() error {
	for _, pid := range p.inside() {
		_ = syscall.Kill(pid, syscall.SIGTERM) // an error says that it has ended
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		p.Kill()
		return fmt.Errorf("the service did not end within %v of SIGTERM: %s", patience, p.Said())
	}
}

// HasEnded says whether the process has ended.
func (p *Process) HasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Status is the exit status of an ended process, -1 after a signal.
func (p *Process) Status() int {
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

// Pid is the number of the process that was started.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Said is the end of what the process wrote to standard error.
func (p *Process) Said() string { return p.said.String() }

// tail keeps the end of a text.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if len(t.text) > 2*tailSize {
		t.text = append([]byte(nil), t.text[len(t.text)-tailSize:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
