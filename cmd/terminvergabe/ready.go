package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"terminvergabe/internal/config"
	"terminvergabe/internal/web"
)

// readyWait is how long a service may take to say that it can serve.
const readyWait = 10 * time.Second

// readyCommand asks the running service, as a load balancer would: for health checks
// inside a container that holds no other program, and for scripts.
func readyCommand(ctx context.Context, c *call) error {
	c.needConfig()
	if _, err := c.parse(); err != nil {
		return err
	}
	conf, err := config.Load(*c.config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+within(conf.Listen)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{}).RoundTrip(request) // never by a proxy
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", conf.Listen, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var said web.Health
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<12)).Decode(&said); err != nil {
		return fmt.Errorf("something answers at %s that is not the service (%d): %w", conf.Listen, resp.StatusCode, err)
	}
	if !said.Ready {
		return fmt.Errorf("the service at %s cannot serve: %s; its log says more", conf.Listen, amiss(said))
	}
	fmt.Fprintln(c.out, "The service can serve.")
	return nil
}

// amiss lists what is not right.
func amiss(h web.Health) string {
	var list []string
	for _, c := range h.Checks {
		if !c.OK {
			list = append(list, c.Name+" ("+c.Why+")")
		}
	}
	return strings.Join(list, ", ")
}

// within is where a service that listens at an address is reached on its own machine.
func within(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
