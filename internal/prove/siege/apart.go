package siege

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Word is the first argument of a program that is to be part of a crowd: see Attend.
const Word = "crowd"

// spare is how many files a process keeps for itself.
const spare = 1000

// files is how many connections this process can have.
func files() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<20)) - spare
}

// Run lets a crowd come, in so many processes of this program as the system's limit of
// open files demands; it goes when the context ends. count tells what has become of it,
// wait returns when all have gone.
func Run(ctx context.Context, s Size) (count func() Count, wait func(), err error) {
	most := files()
	if most <= 0 {
		return nil, nil, fmt.Errorf("too few files may be open")
	}
	if s.all() <= most {
		count, wait = Begin(ctx, s)
		return count, wait, nil
	}
	parts := (s.all() + most - 1) / most
	var mu sync.Mutex
	counts := make([]Count, parts)
	var ends []func() error
	for p := range parts {
		part := Size{Address: s.Address, Path: s.Path, Idle: share(s.Idle, p, parts), Half: share(s.Half, p, parts), Bodies: share(s.Bodies, p, parts), Readers: share(s.Readers, p, parts), First: s.First + p*most, Sources: s.Sources}
		end, err := apart(ctx, part, func(c Count) {
			mu.Lock()
			defer mu.Unlock()
			counts[p] = c
		})
		if err != nil {
			return nil, nil, err
		}
		ends = append(ends, end)
	}
	count = func() (sum Count) {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range counts {
			sum = sum.Add(c)
		}
		return sum
	}
	return count, func() {
		for _, end := range ends {
			_ = end() // it was told to go
		}
	}, nil
}

func share(n, part, parts int) int { return n*(part+1)/parts - n*part/parts }

// apart starts a process of this program that is a part of a crowd until the context ends.
func apart(ctx context.Context, s Size, tell func(Count)) (end func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	size, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, Word, string(size))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = in.Close() }) // which tells it to go
	go func() {
		for d := json.NewDecoder(out); ; {
			var c Count
			if d.Decode(&c) != nil {
				return
			}
			tell(c)
		}
	}()
	return cmd.Wait, nil
}

// Attend is what a program does that was started as a part of a crowd: it holds the
// connections of a size until its input ends, and tells every second how many. It works
// when nobody else wants the processor: a real crowd brings machines of its own.
func Attend(size string, in io.Reader, out io.Writer) error {
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		return err
	}
	var s Size
	if err := json.Unmarshal([]byte(size), &s); err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in)
		end()
	}()
	count, wait := Begin(ctx, s)
	for ctx.Err() == nil {
		if err := json.NewEncoder(out).Encode(count()); err != nil {
			end()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	wait()
	return nil
}
