package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"terminvergabe/internal/web/page"
)

// Bounds of what a request may send, and of how long that may take. Forms and calls are
// small and come at once; a file of the back office may take as long as a slow line needs
// for it.
const (
	maxAddress   = 6 << 10  // of the address, in bytes
	maxFields    = 100      // of the header
	maxBody      = 64 << 10 // of a form or a call
	maxUpload    = 3 << 20  // of whoever is signed in: a file of 1 MB or a logo of 2 MB in its form
	bodyTime     = 10 * time.Second
	bytesPerTime = 100 << 10 // for each so many bytes a second more
	manyBytes    = 64 << 20  // of all bodies under way together, files apart from forms
	manyForms    = 4 << 20   // of one client's forms and calls under way
	manyUploads  = 12 << 20  // of one client's files under way
)

// weights are how many bytes of bodies are under way, of everybody and of each client: so
// that none can use up what is there for all. Who sends a file counts apart: anybody can
// pretend to be signed in, and is found out only afterwards.
type weights struct {
	ofOne int64 // at most, of one client
	times func(netip.Prefix) int
	mu    sync.Mutex
	all   int64
	of    map[netip.Prefix]int64
}

func newWeights(ofOne int64, times func(netip.Prefix) int) *weights {
	return &weights{ofOne: ofOne, times: times, of: map[netip.Prefix]int64{}}
}

// add counts some more bytes of a client; false: there are too many. They are counted all
// the same, until drop.
func (w *weights) add(client netip.Prefix, n int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all += n
	w.of[client] += n
	return w.all <= manyBytes && w.of[client] <= w.ofOne*int64(w.times(client))
}

func (w *weights) drop(client netip.Prefix, n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all -= n
	if w.of[client] -= n; w.of[client] <= 0 {
		delete(w.of, client)
	}
}

// bodies reads what a request sends before anybody works on it, so that who sends slowly
// holds nothing but the own connection. Handlers have limits of their own below these,
// and tell of them in their own way.
func (s *Server) bodies(next http.Handler, pages page.Handlers) http.Handler {
	forms, files := newWeights(manyForms, s.Times), newWeights(manyUploads, s.Times)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			_ = control.SetReadDeadline(time.Time{}) // nothing more is read; where there is no connection, there is no deadline either
			next.ServeHTTP(w, r)
			return
		}
		if len(r.TransferEncoding) > 0 {
			// It may have said a length too, which net/http has left out: what comes after
			// is then another request to one server and none to another (RFC 9112, 6.1).
			w.Header().Set("Connection", "close")
		}
		most, held := int64(maxBody), forms
		if strings.HasPrefix(r.URL.Path, "/staff/") && isStaff(r) {
			most, held = maxUpload, files
		}
		b := &body{from: r.Body, control: control, began: time.Now(), most: most + 1, held: held, client: client(r)}
		defer func() { held.drop(b.client, b.got) }()
		switch err := b.read(); {
		case errors.Is(err, errManyBytes):
			w.Header().Set("Connection", "close")
			s.overloaded(w, r, pages)
			return
		case err != nil:
			w.Header().Set("Connection", "close")
			s.refuse(http.StatusRequestTimeout, s.calm(pages)).ServeHTTP(w, r)
			return
		}
		if b.got > most {
			w.Header().Set("Connection", "close") // what comes after is not read
		} else {
			_ = control.SetReadDeadline(time.Time{})
		}
		same := *r
		same.Body = io.NopCloser(&b.text)
		next.ServeHTTP(w, &same)
	})
}

// body is one that is being read.
type body struct {
	from    io.Reader
	control *http.ResponseController
	began   time.Time
	most    int64
	got     int64
	held    *weights // all that are being read or worked on
	client  netip.Prefix
	text    bytes.Buffer
}

var errManyBytes = errors.New("too much is being sent by all together")

// read takes in what is sent, up to the most and one byte more, which tells that it was
// too much.
func (b *body) read() error {
	var part [4 << 10]byte
	for b.got < b.most {
		_ = b.control.SetReadDeadline(b.began.Add(bodyTime + time.Duration(b.got/bytesPerTime)*time.Second))
		n, err := b.from.Read(part[:min(int64(len(part)), b.most-b.got)])
		b.text.Write(part[:n])
		b.got += int64(n)
		if !b.held.add(b.client, int64(n)) {
			return errManyBytes
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measured refuses what no program that means well sends, before anything looks at it.
func (s *Server) measured(next http.Handler, pages page.Handlers) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.ProtoMajor != 1: // the beginning of HTTP/2, which the library leaves to us
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
		case len(r.RequestURI) > maxAddress:
			s.refuse(http.StatusRequestURITooLong, s.calm(pages)).ServeHTTP(w, r)
		case len(r.Header) > maxFields:
			s.refuse(http.StatusRequestHeaderFieldsTooLarge, s.calm(pages)).ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
