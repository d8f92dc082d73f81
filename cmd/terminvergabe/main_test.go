package main

import (
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"testing"
)

func TestAdviceIsForFilesOfOthers(t *testing.T) {
	foreign := &fs.PathError{Op: "open", Path: "book.db", Err: syscall.EACCES}
	if advice(fmt.Errorf("open the database: %w", foreign)) == "" {
		t.Error("a file of somebody else: no advice")
	}
	for _, err := range []error{
		&net.OpError{Op: "listen", Net: "tcp", Err: syscall.EACCES}, // a port below 1024
		&fs.PathError{Op: "open", Path: "book.db", Err: syscall.ENOENT},
	} {
		if got := advice(err); got != "" {
			t.Errorf("%v: got %q, want nothing", err, got)
		}
	}
}
