package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"terminvergabe/internal/bench/load"
	"terminvergabe/internal/bench/wire"
)

// missing is a program that is not installed.
type missing string

func (m missing) Error() string { return string(m) + " is not installed" }

const (
	radicaleIs = "Radicale as Debian has it, on a folder with the same entries which it has read before, asked for the whole collection by one client"
	newcomerIs = "the same, that reads the folder for the first time: once"
)

// radicaleContests compare with a calendar server that is made for this alone. What it has
// understood of each entry it keeps on the disk, and nothing in memory: an hour of work
// makes no difference to it, nor does a restart. So there are three pairs. kept is what
// subscribers meet: both as they run. In cold ours has forgotten everything, and the other
// side has its memory on the disk still. In first neither has ever read the entries.
func (b *bench) radicaleContests() []contest {
	p50of := func(what string) []figure {
		return []figure{{"p50", what, seconds, p50, goal{least: true, faster: true, value: 50}}}
	}
	return []contest{
		{name: "radicale.kept", limit: radicaleIs, open: b.besideRadicale(false, false), figures: p50of("faster than Radicale: the feed, both as they run")},
		{name: "radicale.cold", limit: radicaleIs, open: b.besideRadicale(true, false), figures: p50of("faster than Radicale: nothing remembered, it from its disk")},
		{name: "radicale.first", limit: newcomerIs, once: true, open: b.besideRadicale(true, true), figures: p50of("faster than Radicale: nothing remembered on either side")},
	}
}

// radicale is the other server, with how long its first answer took.
type radicale struct {
	*wire.Process
	first time.Duration
}

const radicalePath = "/bench/termine/"

// besideRadicale asks for the whole: of ours that remembers nothing or does, and of the
// other one for the first time or again.
func (b *bench) besideRadicale(cold, first bool) func(context.Context) (pair, error) {
	return func(ctx context.Context) (pair, error) {
		f, err := b.openFeed(ctx, onSQLite)
		if err != nil {
			return pair{}, err
		}
		body, _, err := ask(f.feeds.Client(), f.feeds.URL+f.path, "")
		if err == nil && b.radicale == nil {
			b.radicale, err = b.startRadicale(body)
		}
		if err != nil {
			return pair{}, errors.Join(err, f.close())
		}
		other := &http.Client{}
		limit := loop(1, b.each, nil, func(int) error { return b.radicale.ask(other, len(body)) })
		if first {
			limit = func() (load.Sample, error) { return load.Sample{P50: b.radicale.first.Seconds()}, nil }
		}
		return pair{limit: limit, product: loop(1, b.each, nil, f.whole(cold)), close: f.close}, nil
	}
}

// startRadicale starts it on the entries of a feed, and lets it read them.
func (b *bench) startRadicale(feed []byte) (*radicale, error) {
	program, err := exec.LookPath("radicale")
	if err != nil {
		return nil, missing("radicale")
	}
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	if err := collect(filepath.Join(dir, "collection-root", filepath.FromSlash(radicalePath)), feed); err != nil {
		return nil, err
	}
	port, err := deafPort()
	if err != nil {
		return nil, err
	}
	address, config := net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), filepath.Join(dir, "config")
	text := fmt.Sprintf("[server]\nhosts = %s\n[auth]\ntype = none\n[storage]\nfilesystem_folder = %s\n[logging]\nlevel = error\n", address, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p, err := wire.Start(exec.Command(program, "--config", config), address, "/.web/index.html", func(body []byte) bool { return len(body) > 0 })
	if err != nil {
		return nil, err
	}
	b.later(p.Stop)
	r := &radicale{Process: p}
	began := time.Now()
	err = r.ask(&http.Client{}, len(feed))
	r.first = time.Since(began)
	return r, err
}

// ask asks for the collection, which is about as long as our feed.
func (r *radicale) ask(by *http.Client, about int) error {
	body, _, err := ask(by, "http://"+r.Address+radicalePath, "")
	if err == nil && (len(body) < about*9/10 || len(body) > about*11/10) {
		err = fmt.Errorf("the collection in Radicale has %d bytes, the feed %d", len(body), about)
	}
	return err
}

// collect puts each entry of a feed into a file of its own, with the feed's head.
func collect(dir string, feed []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".Radicale.props"), []byte(`{"tag": "VCALENDAR"}`), 0o600); err != nil {
		return err
	}
	const begin, end, foot = "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "END:VCALENDAR\r\n"
	head, rest, found := bytes.Cut(feed, []byte(begin))
	head = bytes.Replace(head, []byte("METHOD:PUBLISH\r\n"), nil, 1) // is nothing that is stored
	for n := 0; found; n++ {
		var entry []byte
		if entry, rest, found = bytes.Cut(rest, []byte(end)); !found {
			return errors.New("an entry of the feed has no end")
		}
		file := bytes.Join([][]byte{head, []byte(begin), entry, []byte(end + foot)}, nil)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.ics", n)), file, 0o600); err != nil {
			return err
		}
		_, rest, found = bytes.Cut(rest, []byte(begin))
	}
	return nil
}
