// Package pgtest gives tests a real PostgreSQL: a throw-away cluster started
// from the server binaries installed on this machine, one per test process, and
// in it an empty database for each test.
//
// It knows nothing of our schema and needs no configuration, no password and no
// running server. Start reading at URL; Start is for programs that measure.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the cluster of this test process. It has to be a global: tests
// know nothing of each other, and a cluster for each would cost them a second.
var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error
}

// URL gives the address of a new, empty database, which is dropped when the
// test ends. Without an installed server the test is skipped and says so, or
// fails where the environment says CI=true.
func URL(t testing.TB) string {
	t.Helper()
	cluster, err := sharedCluster()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") != "true" {
		t.Skipf("NOT RUN: %v", err)
	}
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	url, err := cluster.Create(ctx)
	if err != nil {
		t.Fatalf("pgtest: create a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := cluster.Drop(ctx, url); err != nil {
			t.Errorf("pgtest: drop %s: %v", url, err)
		}
	})
	return url
}

// Folder holds everything that the server of this test process writes: databases,
// write-ahead log, server log. Call URL first.
func Folder(t testing.TB) string {
	t.Helper()
	cluster, err := sharedCluster()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return cluster.keeper.Dir
}

// Main runs the tests of a package and then stops the cluster, if one was
// started:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// Without it the cluster ends with the process all the same, a moment later.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		return code
	}
	if err := shared.cluster.Stop(); err != nil {
		fmt.Fprintf(os.Stderr, "pgtest: stop: %v\n", err)
		return max(code, 1)
	}
	return code
}

func sharedCluster() (*Cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = Start(Fast)
	}
	return shared.cluster, shared.err
}
