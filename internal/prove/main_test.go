package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every proof holds in its short form, which takes a few seconds.
func TestProve(t *testing.T) {
	h := &house{dir: t.TempDir(), out: t.Output()}
	t.Cleanup(h.close)
	for i, p := range proofs() {
		t.Run(p.name, func(t *testing.T) {
			e := &env{house: h, name: p.name, dir: filepath.Join(h.dir, p.name), short: true, seed: uint64(i), budget: shortest}
			r := attempt(t.Context(), p, e)
			if r.failed() {
				t.Error(r.verdict())
			} else if r.err != nil {
				t.Skip(r.verdict())
			}
		})
	}
}

// A proof that fails makes the command fail and stands in the table with what it
// found; one that cannot run is told loudly and fails only where CI=true.
func TestWhatFailsIsTold(t *testing.T) {
	held := proof{name: "good", share: 1, run: func(_ context.Context, e *env) error { e.tried("tried %d", 7); return nil }}
	broken := proof{name: "bad", share: 1, run: func(_ context.Context, e *env) error {
		return fmt.Errorf("lost %d, seed %d, %v", 3, e.seed, e.budget)
	}}
	rootless := proof{name: "root", share: 2, run: func(context.Context, *env) error { return &missing{what: "no root", privilege: true} }}
	toolless := proof{name: "tool", share: 2, run: func(context.Context, *env) error { return &missing{what: "no strace"} }}
	for _, c := range []struct {
		ci     string
		list   []proof
		failed bool
		want   []string
	}{
		{"", []proof{held}, false, []string{"tried 7", "held"}},
		{"", []proof{held, broken}, true, []string{"tried 7", "*** FAILED: lost 3, seed 6, 30s ***"}},
		{"", []proof{rootless, toolless}, false, []string{"*** NOT RUN: no root ***", "*** NOT RUN: no strace ***"}},
		{"true", []proof{rootless}, false, []string{"*** NOT RUN: no root ***"}},
		{"true", []proof{held, toolless}, true, []string{"*** FAILED: no strace ***"}},
	} {
		t.Setenv("CI", c.ci)
		var out strings.Builder
		err := prove(t.Context(), c.list, options{minutes: 1, seed: 5}, &out)
		if (err != nil) != c.failed {
			t.Errorf("%v: got %v", c.want, err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("got %s, want %q", out.String(), want)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	all := []proof{{name: "a"}, {name: "b"}}
	if got, err := choose(all, "b,a"); err != nil || len(got) != 2 || got[0].name != "b" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := choose(all, "c"); err == nil || !strings.Contains(err.Error(), "there are: a, b") {
		t.Errorf("got %v, want the names that there are", err)
	}
}

// What a proof has broken off for is an error, and its files go.
func TestBrokenOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var dir string
	list := []proof{{name: "slow", share: 1, run: func(_ context.Context, e *env) error { dir = e.dir; cancel(); return nil }}}
	if err := prove(ctx, list, options{minutes: 1}, &strings.Builder{}); err == nil {
		t.Error("got nil for a proof that was broken off")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no folder left", err)
	}
}

// shortest is the time that a proof has in its short form.
const shortest = 4 * time.Second
