package page

import (
	"bytes"
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
func (p *Pages) Kept(name, lang string, content []byte, data func() (Layered, error)) ([]byte, error) {
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
	p.kept.Put(key[:], buf.Bytes(), buf.Len())
	return buf.Bytes(), nil
}

// Send answers 200 with a page that was rendered before.
func (p *Pages) Send(w http.ResponseWriter, r *http.Request, lang string, body []byte) {
	send(w, r, http.StatusOK, lang, body)
}
