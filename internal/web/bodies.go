package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
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
	manyBytes    = 64 << 20  // of all bodies under way together
)

// bodies reads what a request sends before anybody works on it, so that who sends slowly
// holds nothing but the own connection. Handlers have limits of their own below these,
// and tell of them in their own way.
func (s *Server) bodies(next http.Handler, pages page.Handlers) http.Handler {
	held := &atomic.Int64{}
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
		most := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/staff/") && isStaff(r) {
			most = maxUpload
		}
		b := &body{from: r.Body, control: control, began: time.Now(), most: most + 1, held: held}
		defer func() { held.Add(-b.got) }()
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
	held    *atomic.Int64 // by all that are being read or worked on
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
		if b.held.Add(int64(n)) > manyBytes {
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
