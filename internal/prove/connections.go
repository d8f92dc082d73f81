package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/prove/service"
	"terminvergabe/internal/prove/siege"
)

// mostMemory is what the service may need while the crowd is there, in MB.
const mostMemory = 400

// mostSlower is how many times slower others may be served meanwhile.
const mostSlower = 5

// crowded opens connections by the ten thousand that never ask for anything, never end
// their header, their form or their reading, and looks how others are served meanwhile.
func crowded(ctx context.Context, e *env) error {
	for _, n := range engines() {
		if e.short && n.processes > 1 {
			continue // what is tried comes before any database
		}
		if err := e.crowdedOn(ctx, n); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// crowdPlan is how many come, and for how long it is measured.
func (e *env) crowdPlan(address string) (size siege.Size, while time.Duration) {
	size = siege.Size{Address: address, Path: "/stadt/", First: 1}
	if e.short {
		size.Idle, size.Half, size.Bodies, size.Readers = 200, 200, 50, 20
		return size, time.Second
	}
	size.Idle, size.Half, size.Bodies = 10_000, 10_000, 200
	return size, e.budget / 12
}

func (e *env) crowdedOn(ctx context.Context, n engine) error {
	s, p, err := e.besiege(ctx, n, service.Options{Limits: "{requests_per_minute: 0}"})
	if err != nil {
		return err
	}
	defer s.killAll()
	size, while := e.crowdPlan(p.Address)
	if err := e.crowdCame(ctx, n, p, size, while, !e.short); err != nil || e.short {
		return err
	}
	// Those who read nothing have pages made for them, as others have: how much slower that
	// makes everybody is told, and not judged.
	size.Readers = 100
	return e.crowdCame(ctx, n, p, size, while, false)
}

// crowdCame lets a crowd come and go; timed says whether it is judged how others were served.
func (e *env) crowdCame(ctx context.Context, n engine, p *service.Process, size siege.Size, while time.Duration, timed bool) error {
	o := e.wellMeaning(p.Address)
	o.During(ctx, while/4) // what is asked for the first time takes longer
	before := o.During(ctx, while)
	small, _ := memory(p)

	inside, end := context.WithCancel(ctx)
	defer end()
	count, wait, err := siege.Run(inside, size)
	if err != nil {
		return err
	}
	if err := e.gathered(ctx, size, count); err != nil {
		end()
		wait()
		return err
	}
	meanwhile := o.During(ctx, while)
	there := count()
	_, large := memory(p)
	end()
	wait()
	after := o.During(ctx, while/4)

	e.tried("%s: %d idle, %d half-open, %d with half a form and %d that read nothing; %d came, %d were dropped, half-open ones after %v at most, half forms after %v", n.name,
		there.Idle, there.Half, there.Bodies, there.Readers, there.Came, there.Dropped, there.LongestHalf.Round(time.Second/10), there.LongestBody.Round(time.Second/10))
	e.tried("others before: %s", before)
	e.tried("others meanwhile: %s; memory %d MB before, %d MB at most", meanwhile, small, large)
	if wrong := before.Wrong + meanwhile.Wrong + after.Wrong; wrong != "" {
		return fmt.Errorf("others were answered %s", wrong)
	}
	return e.judge(before, meanwhile, there, large, timed)
}

// besiege starts a site of one process on an engine's database.
func (e *env) besiege(ctx context.Context, n engine, o service.Options) (s *site, p *service.Process, err error) {
	if o.Database, err = n.database(ctx, e); err != nil {
		return nil, nil, err
	}
	o.Tenant = town(3)
	if s, err = e.openSiteWith(ctx, o); err != nil {
		return nil, nil, err
	}
	if err := s.start(ctx, 1, service.Launch{}); err != nil {
		return nil, nil, err
	}
	return s, s.processes[0], nil
}

// judge holds the figures against what was promised. In the short form time is not
// measured: others use the machine too.
func (e *env) judge(before, meanwhile siege.Served, there siege.Count, memory int, timed bool) error {
	var errs []error
	if memory > mostMemory {
		errs = append(errs, fmt.Errorf("the service took %d MB, more than %d", memory, mostMemory))
	}
	if e.short {
		return errors.Join(errs...)
	}
	const late = 12 * time.Second // ten, and two until the next byte shows it
	if there.LongestHalf > late || there.LongestBody > late {
		errs = append(errs, fmt.Errorf("half-open ones stayed %v, half forms %v", there.LongestHalf, there.LongestBody))
	}
	if timed && meanwhile.P99 > mostSlower*before.P99 {
		errs = append(errs, fmt.Errorf("others waited %v instead of %v", meanwhile.P99, before.P99))
	}
	return errors.Join(errs...)
}

// gathered waits until the crowd is there, as far as it is let in.
func (e *env) gathered(ctx context.Context, size siege.Size, count func() siege.Count) error {
	patience := 2 * time.Minute
	if e.short {
		patience = 20 * time.Second
	}
	for began := time.Now(); time.Since(began) < patience && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if c := count(); c.Idle >= size.Idle*95/100 && c.Half >= size.Half*85/100 {
			return nil
		}
	}
	return fmt.Errorf("the crowd did not gather: %+v of %+v", count(), size)
}

// wellMeaning are visitors of the town of this package.
func (e *env) wellMeaning(address string) *siege.Others {
	day := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	return &siege.Others{Address: address, People: 4, Pause: 20 * time.Millisecond, Paths: []string{
		"/stadt/", "/stadt/times?service=ausweis*1", "/api/v1/stadt/services", "/stadt/s/ausweis",
		"/api/v1/stadt/availability?service=ausweis&from=" + day + "&to=" + day, "/healthz"}}
}

// memory is what a process has of the machine's memory at this moment, and had at most,
// in MB.
func memory(p *service.Process) (now, most int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid())) // it has ended: nothing
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		kb, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		switch name {
		case "VmRSS":
			now = kb >> 10
		case "VmHWM":
			most = kb >> 10
		}
	}
	return now, most
}
