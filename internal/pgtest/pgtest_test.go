package pgtest_test

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminvergabe/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestEachDatabaseIsEmptyAndOnItsOwn(t *testing.T) {
	first, second := connect(t, pgtest.URL(t)), connect(t, pgtest.URL(t))
	if _, err := first.Exec(t.Context(), "CREATE TABLE mark (n integer)"); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Exec(t.Context(), "SELECT n FROM mark"); err == nil {
		t.Error("a table of the first database is seen in the second")
	}
}

func TestDatabasesCanBeMadeAtTheSameTime(t *testing.T) {
	for n := range 8 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			connect(t, pgtest.URL(t))
		})
	}
}

func TestDatabaseIsDroppedAfterItsTest(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) { url = pgtest.URL(t) })
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		t.Errorf("%s is still there after its test", url)
		conn.Close(t.Context())
	}
}

func TestTextSortsAsInAGermanInstallation(t *testing.T) {
	conn := connect(t, pgtest.URL(t))
	var got bool
	if err := conn.QueryRow(t.Context(), "SELECT 'Äpfel' < 'Birnen' AND 'birnen' < 'Zimt'").Scan(&got); err != nil {
		t.Fatal(err)
	}
	if !got {
		t.Error("text sorts by bytes")
	}
}

func TestDurableClusterWaitsForTheDisk(t *testing.T) {
	pgtest.URL(t) // says so where there is no server
	cluster, err := pgtest.Start(pgtest.Durable)
	if err != nil {
		t.Fatal(err)
	}
	url, err := cluster.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	var fsync, commit, dir string
	err = conn.QueryRow(t.Context(), "SELECT current_setting('fsync'), current_setting('synchronous_commit'), "+
		"current_setting('unix_socket_directories')").Scan(&fsync, &commit, &dir)
	if err := errors.Join(err, conn.Close(t.Context()), cluster.Drop(t.Context(), url), cluster.Stop()); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" || commit != "on" {
		t.Errorf("got fsync %s and synchronous_commit %s, want on and on", fsync, commit)
	}
	if exists(dir) {
		t.Errorf("folder %s is still there after Stop", dir)
	}
}

// Servers left behind by killed test binaries pile up until the machine has no memory.
func TestKilledProcessLeavesNothingBehind(t *testing.T) {
	url := pgtest.URL(t)
	if os.Getenv("PGTEST_VICTIM") == "1" {
		var port, dir string
		row := connect(t, url).QueryRow(t.Context(), "SELECT current_setting('port'), current_setting('unix_socket_directories')")
		if err := row.Scan(&port, &dir); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(port + " " + dir + "\n")
		select {} // until killed
	}
	victim := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	victim.Env = append(os.Environ(), "PGTEST_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	killErr := victim.Process.Kill()
	victim.Wait() // its error is the kill
	port, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err := errors.Join(readErr, killErr); err != nil || !ok {
		t.Fatalf("victim said %q: %v", line, err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for answers(port) || exists(dir) {
		if time.Now().After(deadline) {
			t.Fatalf("20 s after the kill: server answers %v, folder %s exists %v", answers(port), dir, exists(dir))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func answers(port string) bool {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}
