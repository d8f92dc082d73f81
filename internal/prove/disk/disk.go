// Package disk is a block device whose power can be cut: every write and every flush
// that reaches it is recorded in its order, and afterwards the device can be had as a
// power cut at any moment would have left it. Writes before the last flush are there;
// of those after it any sectors may be, as in a drive with a cache of its own.
//
// The device is a loop device on a file that this package serves through FUSE, with a
// file system on it: only root may. It knows nothing of what is stored. Start reading
// at Record and Cut.
package disk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const sector = 512

// Usable says why this machine or user cannot use this package; nil: it can. It tries:
// also root may be kept from mounting.
func Usable(ctx context.Context) (err error) {
	if os.Getuid() != 0 {
		return errors.New("only root can mount")
	}
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "usable")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	image, mnt := filepath.Join(dir, "image"), filepath.Join(dir, "mnt")
	if err := errors.Join(os.Mkdir(mnt, 0o700), MakeFS(ctx, image, 4)); err != nil {
		return err
	}
	if err := Mount(ctx, image, mnt); err != nil {
		return err
	}
	return Unmount(mnt)
}

// event is a write, or a flush where data is nil.
type event struct {
	at     time.Time
	offset int64
	data   []byte
}

// Recorder is a device with an ext4 file system, mounted at Dir.
type Recorder struct {
	Dir  string
	file string // the one that FUSE serves
	fuse int

	mu     sync.Mutex
	image  []byte
	base   []byte // the image after the first events
	first  int    // how many
	record bool
	begun  time.Time
	ended  time.Time
	events []event
}

// Record makes a device of a size in MiB with an empty file system, below a folder.
func Record(ctx context.Context, dir string, size int) (*Recorder, error) {
	r := &Recorder{Dir: filepath.Join(dir, "mnt"), file: filepath.Join(dir, "device"), image: make([]byte, size<<20)}
	plain := filepath.Join(dir, "plain")
	if err := MakeFS(ctx, plain, size); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(plain)
	if err != nil {
		return nil, err
	}
	if copy(r.image, text) != len(r.image) {
		return nil, fmt.Errorf("the file system has %d bytes, want %d", len(text), len(r.image))
	}
	if err := os.Remove(plain); err != nil {
		return nil, err
	}
	if err := r.mountFile(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, err
	}
	mounted := Mount(ctx, r.file, r.Dir)
	// The loop device has the file open. Without a name it goes with the device, which
	// the kernel takes down some time after the file system.
	return r, errors.Join(mounted, syscall.Unmount(r.file, syscall.MNT_DETACH))
}

// MakeFS makes an image file of a size in MiB with an empty ext4 file system.
func MakeFS(ctx context.Context, file string, size int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := f.Truncate(int64(size) << 20); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return run(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", file)
}

// Mount mounts an image file through a loop device, which goes with Unmount. The
// journal is replayed as after a power cut. options are further ones of mount.
func Mount(ctx context.Context, file, dir string, options ...string) error {
	return run(ctx, "mount", "-t", "ext4", "-o", strings.Join(append([]string{"loop"}, options...), ","), file, dir)
}

// Unmount unmounts a folder, if need be after somebody who only looks has gone.
func Unmount(dir string) (err error) {
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if err = run(context.Background(), "umount", dir); err == nil {
			return nil
		}
	}
	return err
}

func run(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// Begin begins the recording, after everything written so far has reached the device.
func (r *Recorder) Begin(ctx context.Context) error {
	if err := run(ctx, "sync", "-f", r.Dir); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.base, r.record, r.begun = slices.Clone(r.image), true, time.Now()
	return nil
}

// Position counts the writes and flushes so far.
func (r *Recorder) Position() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.events))
}

// End ends the recording; the file system stays mounted.
func (r *Recorder) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record, r.ended = false, time.Now()
}

// Moments gives a number of positions at which the power may be cut, in their order:
// half of them at random moments, half between random writes, of which there are many
// at some moments and none for long at others.
func (r *Recorder) Moments(n int, chance *rand.Rand) []int64 {
	positions := make([]int64, n)
	for i := range positions {
		positions[i] = chance.Int64N(int64(len(r.events)) + 1)
		if i%2 == 0 {
			moment := r.begun.Add(time.Duration(chance.Int64N(int64(r.ended.Sub(r.begun)))))
			later, _ := slices.BinarySearchFunc(r.events, moment, func(e event, t time.Time) int { return e.at.Compare(t) })
			positions[i] = int64(later)
		}
	}
	slices.Sort(positions)
	return positions
}

// Close unmounts the file system. What was recorded stays.
func (r *Recorder) Close() error { return Unmount(r.Dir) }

func (r *Recorder) read(offset int64, size int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := min(offset, int64(len(r.image)))
	return slices.Clone(r.image[from:min(from+int64(size), int64(len(r.image)))])
}

func (r *Recorder) write(offset int64, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	copy(r.image[offset:], data)
	if r.record {
		r.events = append(r.events, event{time.Now(), offset, slices.Clone(data)})
	}
}

func (r *Recorder) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.record {
		r.events = append(r.events, event{at: time.Now()})
	}
}

// Luck says what a drive's cache does with writes that no flush has followed.
type Luck int

const (
	// Dropped: none of them reached the disk.
	Dropped Luck = iota
	// Kept: all of them did.
	Kept
	// Torn: any of their sectors did.
	Torn
)

// Cut writes the device into a file as a power cut at a position would have left it.
// Each cut is at or after the one before. unflushed counts the writes that luck decides
// about.
func (r *Recorder) Cut(position int64, luck Luck, chance *rand.Rand, file string) (unflushed int, err error) {
	flushed := position
	for flushed > int64(r.first) && r.events[flushed-1].data != nil {
		flushed--
	}
	for ; int64(r.first) < flushed; r.first++ {
		e := r.events[r.first]
		copy(r.base[e.offset:], e.data)
	}
	image := slices.Clone(r.base)
	for _, e := range r.events[flushed:position] {
		for at := 0; at < len(e.data); at += sector {
			if luck == Kept || luck == Torn && chance.IntN(2) == 0 {
				copy(image[e.offset+int64(at):], e.data[at:min(at+sector, len(e.data))])
			}
		}
	}
	return int(position - flushed), os.WriteFile(file, image, 0o600)
}

// Device is the name of the block device that is mounted at a folder, such as loop0.
func Device(ctx context.Context, dir string) (string, error) {
	out, err := exec.CommandContext(ctx, "findmnt", "-n", "-o", "SOURCE", dir).Output()
	return filepath.Base(strings.TrimSpace(string(out))), err
}

// Repair checks the file system of an image file and repairs it, as the next start of
// the machine would.
func Repair(ctx context.Context, image string) error {
	out, err := exec.CommandContext(ctx, "e2fsck", "-f", "-y", image).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return nil // it found something and repaired it
	}
	if err != nil {
		return fmt.Errorf("e2fsck: %w: %s", err, out)
	}
	return nil
}
