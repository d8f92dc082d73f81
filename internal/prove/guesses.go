package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/prove/service"
	"terminvergabe/internal/prove/siege"
)

// guessed tries secrets that might lead to somebody's visit: from one address and from
// as many as there are guesses, random ones and such that differ from a real one by a
// character.
func guessed(ctx context.Context, e *env) error {
	for _, n := range engines() {
		if err := e.guessedOn(ctx, n); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// trust makes this machine a proxy, so that a guesser can come from anywhere.
const trust = "trusted_proxies: [127.0.0.1]\n"

// manySources is from how many addresses the guesses come, each a network of its own.
const manySources = 1 << 20

func (e *env) guessedOn(ctx context.Context, n engine) error {
	s, p, err := e.besiege(ctx, n, service.Options{Extra: trust, Limits: "{guesses_per_minute: 20, requests_per_minute: 0}"})
	if err != nil {
		return err
	}
	defer s.killAll()
	real, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	o := e.wellMeaning(p.Address)
	o.From = "192.0.2."
	for _, secret := range real.Manage[:4] {
		o.Paths = append(o.Paths, "/stadt/m/"+secret, "/api/v1/stadt/bookings/"+secret)
	}
	guesses, while := 1_000_000, e.budget/16
	if e.short {
		guesses, while = 2000, time.Second/2
	}
	o.During(ctx, while/4)
	before := o.During(ctx, while)
	for _, source := range []struct {
		from string
		n    int // of guesses
		of   int // addresses
	}{{"one address", guesses / 10, 1}, {"2^20 networks", guesses, manySources}} {
		g := &siege.Guesser{Real: real, N: source.n, Sources: source.of, Seed: e.seed, Address: p.Address}
		meanwhile, took := g.Beside(ctx, o)
		_, most := memory(p)
		e.tried("%s: %d guesses from %s in %v: %d hits, answered %s; memory %d MB at most", n.name, source.n, source.from, took.Round(time.Second), g.Hits(), g, most)
		e.tried("others before: %s; meanwhile: %s", before, meanwhile)
		if err := errors.Join(g.Judge(), e.unharmed(before, meanwhile, most)); err != nil {
			return err
		}
	}
	return nil
}

// unharmed says whether others were served as well as before.
func (e *env) unharmed(before, meanwhile siege.Served, memory int) error {
	switch {
	case meanwhile.Wrong != "":
		return fmt.Errorf("others were answered %s", meanwhile.Wrong)
	case memory > mostMemory:
		return fmt.Errorf("the service took %d MB, more than %d", memory, mostMemory)
	case !e.short && meanwhile.P99 > mostSlower*before.P99:
		return fmt.Errorf("others waited %v instead of %v", meanwhile.P99, before.P99)
	}
	return nil
}

// secrets gives some that are real.
func (s *site) secrets(ctx context.Context) (real siege.Secrets, err error) {
	c := s.client(s.processes[0])
	defer c.Close()
	for i := range 50 {
		at := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 3).Add(time.Duration(i) * 10 * time.Minute)
		b, err := c.Book(ctx, "", service.Order{Wish: service.Wish{Services: []service.Item{{ID: "ausweis", Quantity: 1}}, Calendar: "nord", Start: at.Format(time.RFC3339)}, Visitor: service.Visitor{Name: "Ada Beispiel", Email: "ada" + strconv.Itoa(i) + "@beispiel.example"}})
		if err != nil {
			return real, err
		}
		real.Manage = append(real.Manage, b.Secret())
	}
	real.Tokens = []string{s.token}
	r := s.Run(ctx, "feed", "create", "--config", s.Config(0), "--tenant", "stadt", "--all", "--detail", "full")
	if r.Status != 0 {
		return real, errors.New(r.String())
	}
	real.Feeds = []string{strings.TrimSuffix(path.Base(strings.TrimSpace(r.Out)), ".ics")}
	return real, nil
}
