package main

import (
	"fmt"
	"net"
	"os"
)

// What a manager of services is told; see sd_notify(3).
const (
	managerReady    = "READY=1"
	managerStopping = "STOPPING=1"
)

// tellManager tells the program that started this one, where that wants to know (systemd
// with Type=notify), how far it has come. Without such a program nothing happens.
func tellManager(state string) error {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil
	}
	conn, err := net.Dial("unixgram", socket) // a leading @ names an abstract socket
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close()
	}
	if err != nil {
		return fmt.Errorf("tell %s to who started the service: %w", state, err)
	}
	return nil
}
