package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/bench/wire"
	"terminvergabe/internal/pgtest"
)

// bench holds what several contests use. It is made when first asked for, and goes
// at the end.
type bench struct {
	dir     string
	each    time.Duration // one measurement of a loop
	readers int           // clients that look, at the same time
	build   []string      // flags of go build
	growth  int
	made    int // folders
	closers []func() error

	binary   string
	cluster  *pgtest.Cluster
	offices  map[string]*office
	city     string // folder of a book with the city in it, to be copied
	queue    *bare.Queue
	bareNext atomic.Int64 // the number of the next bare booking
	grown    *grown
	smallest *grown
	radicale *radicale
}

// close ends everything, the latest first.
func (b *bench) close() error {
	var all error
	for i := len(b.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, b.closers[i]())
	}
	return all
}

func (b *bench) later(f func() error) { b.closers = append(b.closers, f) }

// folder makes a new folder.
func (b *bench) folder() (string, error) {
	b.made++
	dir := filepath.Join(b.dir, fmt.Sprintf("%02d", b.made))
	return dir, os.Mkdir(dir, 0o700)
}

// The engines.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// database gives the URL of a new database and a folder for what belongs to it.
func (b *bench) database(ctx context.Context, engine string) (url, dir string, err error) {
	if dir, err = b.folder(); err != nil {
		return "", "", err
	}
	if engine == onSQLite {
		return filepath.Join(dir, bookFile), dir, b.settle(ctx, dir)
	}
	if b.cluster == nil {
		if b.cluster, err = pgtest.Start(pgtest.Durable); err != nil {
			return "", "", err
		}
		b.later(b.cluster.Stop)
	}
	url, err = b.cluster.Create(ctx)
	return url, dir, err
}

const (
	bookFile = "book.db"
	keyFile  = "data.key"
)

// settle puts a book with the city in it into a folder. To copy one is faster than to
// apply the city again.
func (b *bench) settle(ctx context.Context, dir string) error {
	if b.city == "" {
		city, err := b.folder()
		if err != nil {
			return err
		}
		o, err := openOffice(ctx, filepath.Join(city, bookFile), city)
		if err != nil {
			return err
		}
		if err := o.close(); err != nil {
			return err
		}
		b.city = city
	}
	for _, file := range []string{bookFile, keyFile} {
		content, err := os.ReadFile(filepath.Join(b.city, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// office is the product in this process.
func (b *bench) office(ctx context.Context, engine string) (*office, error) {
	if o := b.offices[engine]; o != nil {
		return o, nil
	}
	url, dir, err := b.database(ctx, engine)
	if err != nil {
		return nil, err
	}
	o, err := openOffice(ctx, url, dir)
	if err != nil {
		return nil, err
	}
	b.later(o.close)
	b.offices[engine] = o
	return o, nil
}

// service is the product as a process of its own.
type service struct {
	*walk
	*wire.Process
	mute *wire.Mute // the mail server; nil: letters are written to a folder, or go elsewhere
}

// Stop ends it. Its letters must not wait any longer, or it would wait for them.
func (s *service) Stop() error {
	s.Ask()
	if s.mute != nil {
		s.mute.Close()
	}
	return s.Process.Stop()
}

// service starts one on a book of its own. Each contest has its own: the letters of
// one are not sent while the next is measured.
func (b *bench) service(ctx context.Context, engine string, sends bool) (*service, error) {
	url, dir, err := b.database(ctx, engine)
	if err != nil {
		return nil, err
	}
	if engine != onSQLite {
		o, err := openOffice(ctx, url, dir)
		if err != nil {
			return nil, err
		}
		if err := o.close(); err != nil {
			return nil, err
		}
	}
	return b.serve(ctx, url, dir, sends)
}

// serve starts the binary on a book that has the city in it. Letters are sent, or wait
// in the outbox for a mail server that says nothing.
func (b *bench) serve(ctx context.Context, url, dir string, sends bool) (*service, error) {
	if sends {
		return b.serveWith(ctx, url, dir, "{transport: directory, directory: letters}")
	}
	mute, err := wire.NewMute()
	if err != nil {
		return nil, err
	}
	s, err := b.serveWith(ctx, url, dir, mailTo(mute.Port()))
	if err != nil {
		mute.Close()
		return nil, err
	}
	s.mute = mute
	return s, nil
}

// mailTo is the configuration of a mail server on this machine.
func mailTo(port int) string {
	return fmt.Sprintf("{transport: smtp, host: 127.0.0.1, port: %d, tls: none}", port)
}

// serveWith starts the binary with a way out for its letters.
func (b *bench) serveWith(ctx context.Context, url, dir, mail string) (*service, error) {
	if err := b.compile(ctx); err != nil {
		return nil, err
	}
	address, err := wire.FreeAddress()
	if err != nil {
		return nil, err
	}
	w, err := newWalk()
	if err != nil {
		return nil, err
	}
	s := &service{walk: w}
	config := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("base_url: http://%s\ndatabase: %q\ndata_key_file: data.key\nlisten: %s\nmail: %s\n"+
		"limits: {requests_per_minute: 0, holds_per_client: 0, guesses_per_minute: 0}\nlog: {level: error}\n", address, url, address, mail)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	s.Process, err = wire.Start(exec.Command(b.binary, "serve", "--config", config), address, w.availability(7), func(body []byte) bool { return contains(body, `"start":"`) })
	return s, err
}

// compile builds the binary.
func (b *bench) compile(ctx context.Context) error {
	if b.binary != "" {
		return nil
	}
	binary := filepath.Join(b.dir, "terminvergabe")
	args := append([]string{"build", "-buildvcs=false", "-o", binary}, b.build...)
	command := exec.CommandContext(ctx, "go", append(args, "terminvergabe/cmd/terminvergabe")...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	b.binary = binary
	return nil
}

// bareQueue is the bare one-writer queue that all contests but those of growth use.
func (b *bench) bareQueue(ctx context.Context) (*bare.Queue, error) {
	if b.queue != nil {
		return b.queue, nil
	}
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	if b.queue, err = bare.OpenQueue(ctx, filepath.Join(dir, "bare.db")); err != nil {
		return nil, err
	}
	b.later(b.queue.Close)
	return b.queue, nil
}

// staticRole is set in the environment of a process that is to be the bare HTTP
// server: address, media type and file, with spaces between.
const staticRole = "TERMINVERGABE_BENCH_STATIC"

// static starts the bare HTTP server as a process of its own.
func (b *bench) static(mediaType string, body []byte) (*wire.Process, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "body")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, err
	}
	address, err := wire.FreeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), staticRole+"="+address+" "+mediaType+" "+file)
	return wire.Start(command, address, "/", func(got []byte) bool { return len(got) == len(body) })
}
