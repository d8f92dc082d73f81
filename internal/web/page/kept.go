package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
)

// keptBytes is about how much rendered HTML is kept, at most twice.
const keptBytes = 8 << 20

// Kept gives the named page in a language, rendered at most once for the same content:
// templates cost more than all that is looked up for a page. content names everything
// that can differ between two pages of this process, the set-up's revision too; data is
// asked for only where the page has to be rendered. What is personal is never kept.
func (p *Pages) Kept(name, lang string, content []byte, data func() (Layered, error)) (*Rendered, error) {
	key := sha256.Sum256(fmt.Appendf(content, "\x00%s\x00%s", name, lang))
	if body, ok := p.kept.Get(key[:]); ok {
		return body, nil
	}
	page, err := data()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := p.render(&buf, name, page); err != nil {
		return nil, err
	}
	body := &Rendered{plain: buf.Bytes(), packed: p.packed(buf.Bytes())}
	p.kept.Put(key[:], body, body.Len())
	return body, nil
}

// Rendered is a page as it is sent, with nothing on it that is secret or personal.
type Rendered struct{ plain, packed []byte }

// Len is how many bytes it takes.
func (b *Rendered) Len() int { return len(b.plain) + len(b.packed) }

// Send answers 200 with a page that was rendered before.
func (p *Pages) Send(w http.ResponseWriter, r *http.Request, lang string, body *Rendered) {
	sendOpen(w, r, http.StatusOK, lang, body)
}

// sendOpen compresses. That tells whoever listens how long a page is when it is packed,
// and so, where a page mixes a secret with what somebody else made it show, step by step
// the secret (BREACH). Pages with secrets are never sent here.
func sendOpen(w http.ResponseWriter, r *http.Request, status int, lang string, body *Rendered) {
	w.Header().Set("Vary", "Accept-Encoding")
	if !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		send(w, r, status, lang, body.plain)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	send(w, r, status, lang, body.packed)
}

// packed is fast rather than small: a page is packed as often as it is rendered.
func (p *Pages) packed(body []byte) []byte {
	var buf bytes.Buffer
	z, ok := p.packers.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for a level that there is not
	}
	z.Reset(&buf)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	p.packers.Put(z)
	return buf.Bytes()
}
