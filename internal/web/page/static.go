package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// staticPrefix is where static files live on the site.
const staticPrefix = "/static/"

// static serves the static folder below /static/{hash}/, where hash is that of
// the whole folder: a stylesheet's relative addresses (fonts) stay within the
// same version without being rewritten.
type static struct {
	hash  string
	files map[string]*staticFile
}

type staticFile struct {
	data []byte
	mime string
	etag string
	gzip func() []byte // nil: compressed already; made at first use
}

func newStatic(files fs.FS) (*static, error) {
	s := &static{files: map[string]*staticFile{}}
	all := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		sum := sha256.Sum256(data)
		fmt.Fprintf(all, "%s %x\n", name, sum)
		s.files[name] = newStaticFile(name, data, sum[:])
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("page: read static files: %w", err)
	}
	s.hash = hex.EncodeToString(all.Sum(nil))[:12]
	return s, nil
}

func newStaticFile(name string, data, sum []byte) *staticFile {
	f := &staticFile{data: data, mime: contentType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
	if path.Ext(name) != ".woff2" && path.Ext(name) != ".png" {
		f.gzip = sync.OnceValue(func() []byte {
			var buf bytes.Buffer
			w := gzip.NewWriter(&buf)
			_, _ = w.Write(data) // a buffer takes everything
			_ = w.Close()
			return buf.Bytes()
		})
	}
	return f
}

// contentType does not ask the machine's table of types: it differs.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".json":
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

func (s *static) url(name string) (string, error) {
	if _, ok := s.files[name]; !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return staticPrefix + s.hash + "/" + name, nil
}

// Static serves the static files below /static/. Addresses made by asset may be
// kept for a year; those of another version get the present file, to be asked
// for again next time.
func (p *Pages) Static(missing http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, staticPrefix), "/")
		f, ok := p.static.files[name]
		if !ok {
			missing.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, no-cache")
		if version == p.static.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		f.serve(w, r)
	})
}

func (f *staticFile) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Vary", "Accept-Encoding")
	data, etag := f.data, f.etag
	if f.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		data, etag = f.gzip(), strings.TrimSuffix(f.etag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(data)
	}
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || q == ""
		}
	}
	return false
}
