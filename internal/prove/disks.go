package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"terminvergabe/internal/prove/disk"
	"terminvergabe/internal/prove/service"
)

// disksFail fills the disk under a running service, and lets its file system turn
// read-only after an error, as ext4 does.
func disksFail(ctx context.Context, e *env) error {
	if err := disk.Usable(ctx); err != nil {
		return &missing{what: "file systems of our own: " + err.Error(), privilege: true}
	}
	rounds := 5
	if e.short {
		rounds = 1
	}
	var full, ro diskCount
	for range rounds {
		if err := e.onDisk(ctx, &full, fill); err != nil {
			return fmt.Errorf("a full disk: %w", err)
		}
	}
	e.tried("full disk, %d times: %s; bookings again without a restart once there was space", rounds, full)
	for range rounds {
		if err := e.onDisk(ctx, &ro, turn); err != nil {
			return fmt.Errorf("a read-only file system: %w", err)
		}
	}
	e.tried("read-only file system, %d times: %s; the start on it refused, bookings again once it was repaired", rounds, ro)
	return nil
}

type diskCount struct{ acks, refused, shown int }

func (c diskCount) String() string {
	return fmt.Sprintf("%d acknowledged acts, 0 lost, %d refused with 503, %d of as many bookings shown meanwhile", c.acks, c.refused, c.shown)
}

// onDisk runs a site on a small file system of its own, lets something happen to it
// in the middle of the load, and looks for what was acknowledged.
func (e *env) onDisk(ctx context.Context, count *diskCount, happen func(ctx context.Context, s *site, count *diskCount, dir, image string) error) (err error) {
	base, err := os.MkdirTemp(e.dir, "disk")
	if err != nil {
		return err
	}
	image, dir := filepath.Join(base, "image"), filepath.Join(base, "mnt")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := disk.MakeFS(ctx, image, 96); err != nil {
		return err
	}
	if err := disk.Mount(ctx, image, dir, "errors=remount-ro"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, disk.Unmount(dir)) }()
	s, err := e.openSite(ctx, filepath.Join(dir, "book.db"), 3)
	if err != nil {
		return err
	}
	defer s.killAll()
	if err := s.busy(ctx, 200*time.Millisecond); err != nil {
		return err
	}
	if err := happen(ctx, s, count, dir, image); err != nil {
		return err
	}
	if _, err := s.check(ctx); err != nil {
		return err
	}
	if err := s.busy(ctx, 100*time.Millisecond); err != nil {
		return err
	}
	count.acks, count.refused = count.acks+s.book.acks, count.refused+s.book.refused
	s.killAll()
	return errors.Join(s.book.odd, s.Verify(ctx))
}

// fill takes all space away, and gives it back.
func fill(ctx context.Context, s *site, count *diskCount, dir, _ string) error {
	ballast := filepath.Join(dir, "ballast")
	if err := occupy(ballast); err != nil {
		return err
	}
	if err := s.untilRefused(ctx); err != nil {
		return err
	}
	if err := s.readable(ctx, count); err != nil {
		return err
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	return s.untilBooked(ctx)
}

// occupy writes a file until the disk is full.
func occupy(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for block := make([]byte, size); ; {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
	}
	return f.Close()
}

// turn lets the file system find an error and turn read-only, and repairs it.
func turn(ctx context.Context, s *site, count *diskCount, dir, image string) error {
	device, err := disk.Device(ctx, dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join("/sys/fs/ext4", device, "trigger_fs_error"), []byte("prove"), 0); err != nil {
		return &missing{what: "ext4 cannot be made to find an error: " + err.Error(), privilege: true}
	}
	if err := s.untilRefused(ctx); err != nil {
		return err
	}
	if err := s.readable(ctx, count); err != nil {
		return err
	}
	s.killAll()
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if r := s.Run(limited, "serve", "--config", s.Config(0)); r.Status != 1 || !strings.Contains(r.Err, "read-only") {
		return fmt.Errorf("a start on a read-only file system: want exit status 1 and what to do, got %s", r)
	}
	if err := disk.Unmount(dir); err != nil {
		return err
	}
	if err := errors.Join(disk.Repair(ctx, image), disk.Mount(ctx, image, dir)); err != nil {
		return err
	}
	return s.start(ctx, 1, service.Launch{})
}

// untilRefused lets clients work until the service says that it cannot.
func (s *site) untilRefused(ctx context.Context) error {
	for begin := time.Now(); time.Since(begin) < 30*time.Second; {
		if err := s.busy(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		if s.processes[0].HasEnded() {
			return errors.New("the service has ended: " + s.processes[0].Said())
		}
		if s.book.refused >= 20 {
			return nil
		}
	}
	return errors.New("nothing was refused: this proof is blind")
}

// untilBooked waits until bookings are taken again.
func (s *site) untilBooked(ctx context.Context) error {
	acks := s.book.acks
	for begin := time.Now(); time.Since(begin) < 30*time.Second; {
		if err := s.busy(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		if s.book.acks > acks {
			return nil
		}
	}
	return errors.New("there is space again, and the service still takes no booking: " + s.processes[0].Said())
}

// readable looks bookings up while none can be made.
func (s *site) readable(ctx context.Context, count *diskCount) error {
	c := s.client(s.processes[0])
	defer c.Close()
	for _, v := range s.book.visits[:min(len(s.book.visits), 20)] {
		if v.last().known == never {
			continue
		}
		if err := shown(ctx, c, v); err != nil {
			return fmt.Errorf("while nothing can be written: %w", err)
		}
		count.shown++
	}
	return nil
}
