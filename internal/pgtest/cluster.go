package pgtest

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that this machine has no PostgreSQL server to start.
var ErrMissing = errors.New("no PostgreSQL server is installed (Debian: postgresql)")

// Mode says what a cluster is for.
type Mode int

const (
	// Fast forgets everything at a power cut: for tests.
	Fast Mode = iota
	// Durable waits for the disk at each commit, as a real installation does: for measurements.
	Durable
)

// A Cluster is a running PostgreSQL server with its own folder. It ends with
// Stop, and at the latest with the process that started it.
type Cluster struct {
	port   int
	leash  io.Closer // as long as this end of a pipe is open, the server runs
	keeper *exec.Cmd
	made   atomic.Int64

	control func(args ...string) *exec.Cmd // pg_ctl on this cluster
	options string
}

// keeperScript makes a cluster, says "ready" or "failed", and takes everything
// away again when its standard input ends. That happens however the starting
// process dies, so no server and no folder is left behind.
//
// Text sorts as in an office in Germany (ICU), not by bytes as in SQLite: code
// that leans on the order of text is found out here.
const keeperScript = `
trap '' PIPE
bin=$1 dir=$2 options=$3
exec 3>&1 >"$dir/setup" 2>&1
if "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync --no-instructions \
     --locale=C.UTF-8 --locale-provider=icu --icu-locale=de &&
   "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "$options" start
then echo ready >&3
else cat "$dir/log"; echo failed >&3
fi
exec 3>&-
cat >/dev/null
"$bin/pg_ctl" -D "$dir/data" -m immediate -w stop
cd / && rm -rf "$dir"
`

// Start makes a cluster and waits until it answers, which takes about a second.
func Start(mode Mode) (*Cluster, error) {
	bin, err := serverBinaries()
	if err != nil {
		return nil, err
	}
	// Another process can take the free port before the server does.
	for range 3 {
		var c *Cluster
		if c, err = start(bin, mode); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func start(bin string, mode Mode) (*Cluster, error) {
	dir, credential, err := ownFolder(mode)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	keeper := exec.Command("/bin/sh", "-c", keeperScript, "pgtest", bin, dir, serverOptions(mode, dir, port))
	keeper.Dir = dir
	keeper.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C")
	// A group of its own: an interrupt at the terminal must not end the keeper before its work is done.
	keeper.SysProcAttr = &syscall.SysProcAttr{Credential: credential, Setpgid: true}
	leash, inErr := keeper.StdinPipe()
	words, outErr := keeper.StdoutPipe()
	if err := errors.Join(inErr, outErr, keeper.Start()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &Cluster{port: port, leash: leash, keeper: keeper, options: serverOptions(mode, dir, port)}
	c.control = func(args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, "pg_ctl"), append([]string{"-D", filepath.Join(dir, "data"), "-w", "-t", "60"}, args...)...)
		cmd.Dir, cmd.Env = dir, keeper.Env
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	if word, _ := bufio.NewReader(words).ReadString('\n'); word != "ready\n" {
		said, _ := os.ReadFile(filepath.Join(dir, "setup"))
		return nil, errors.Join(fmt.Errorf("PostgreSQL did not start:\n%s", said), c.Stop())
	}
	return c, nil
}

// Stop ends the server and removes its folder.
func (c *Cluster) Stop() error {
	return errors.Join(c.leash.Close(), c.keeper.Wait())
}

// Crash ends the server as if it had been killed; its data stay as they are.
func (c *Cluster) Crash() error { return c.control("-m", "immediate", "stop").Run() }

// Resume starts the server again after a Crash and waits until it answers.
func (c *Cluster) Resume() error {
	return c.control("-l", filepath.Join(c.keeper.Dir, "log"), "-o", c.options, "start").Run()
}

// Demote starts the server again as one that only copies another: it can be read, and
// written by nobody.
func (c *Cluster) Demote() error {
	if err := c.control("-m", "fast", "stop").Run(); err != nil {
		return err
	}
	sign := filepath.Join(c.keeper.Dir, "data", "standby.signal")
	if err := os.WriteFile(sign, nil, 0o600); err != nil {
		return err
	}
	if to := c.keeper.SysProcAttr.Credential; to != nil { // the server takes it away again
		if err := os.Chown(sign, int(to.Uid), int(to.Gid)); err != nil {
			return err
		}
	}
	return c.Resume()
}

// Promote lets a server that was demoted be written again.
func (c *Cluster) Promote() error { return c.control("promote").Run() }

// Create makes an empty database and gives its URL.
func (c *Cluster) Create(ctx context.Context) (string, error) {
	name := fmt.Sprintf("test%d", c.made.Add(1))
	return c.url(name), c.admin(ctx, "CREATE DATABASE "+name)
}

// Copy makes a database with all that another one has, which nobody may be using, and gives
// its URL.
func (c *Cluster) Copy(ctx context.Context, url string) (string, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("test%d", c.made.Add(1))
	return c.url(name), c.admin(ctx, "CREATE DATABASE "+name+" TEMPLATE "+config.Database)
}

// Drop removes a database that Create or Copy made, whoever still uses it.
func (c *Cluster) Drop(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	return c.admin(ctx, "DROP DATABASE "+config.Database+" WITH (FORCE)")
}

func (c *Cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

func (c *Cluster) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// serverBinaries finds the folder with the newest installed server.
func serverBinaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(release(a), release(b)) })
		return filepath.Dir(newest), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

// release reads 15 out of /usr/lib/postgresql/15/bin/initdb.
func release(path string) float64 {
	parts := strings.Split(path, "/")
	n, _ := strconv.ParseFloat(parts[len(parts)-3], 64)
	return n
}

// ownFolder makes a folder that the server may use. The server refuses to run
// as root, so root hands the folder over to user postgres and becomes that user.
func ownFolder(mode Mode) (string, *syscall.Credential, error) {
	// Not os.TempDir: user postgres may be unable to reach it, and the path of a socket must be short.
	parent := "/tmp"
	if mode == Fast && roomy("/dev/shm") {
		parent = "/dev/shm" // in memory the same tests take half the time
	}
	dir, err := os.MkdirTemp(parent, "pgtest-")
	if err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("%w: root needs the user postgres: %w", ErrMissing, err), os.Remove(dir))
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid))); err != nil {
		return "", nil, errors.Join(err, os.Remove(dir))
	}
	return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// roomy reports whether a folder has space for the clusters of several test processes.
func roomy(folder string) bool {
	var at syscall.Statfs_t
	const enough = 4 << 30
	return syscall.Statfs(folder, &at) == nil && at.Bavail*uint64(at.Bsize) >= enough
}

// FreeAddress gives a host:port at which nobody listens, for a program that is about to. Its
// port is none of those that systems give to whoever asks for any: between now and then
// another test, or a connection, would get it.
func FreeAddress() (string, error) {
	var err error
	for range 100 {
		const lowest, many = 10_000, 22_000
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(many))
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", err
}

func freePort() (int, error) {
	address, err := FreeAddress()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:])
}

func serverOptions(mode Mode, dir string, port int) string {
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%d -c unix_socket_directories=%s -c max_connections=800", port, dir)
	if mode == Fast {
		options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
	}
	return options
}

// patience is how long making or dropping one database may take on a busy machine.
const patience = time.Minute
