package page

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
)

// keptBytes is how much rendered HTML is kept at most, in each of two generations.
const keptBytes = 8 << 20

// kept holds pages as they were rendered, by a digest of everything that stands on
// them. What is asked for stays; what nobody asks for goes with its generation.
type kept struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte][]byte
	size       int // of the young
}

func (k *kept) get(key [sha256.Size]byte) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if body, ok := k.young[key]; ok {
		return body, true
	}
	body, ok := k.old[key]
	if ok {
		k.put(key, body)
	}
	return body, ok
}

func (k *kept) add(key [sha256.Size]byte, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(key, body)
}

func (k *kept) put(key [sha256.Size]byte, body []byte) {
	if k.size+len(body) > keptBytes || k.young == nil {
		k.old, k.young, k.size = k.young, map[[sha256.Size]byte][]byte{}, 0
	}
	if _, ok := k.young[key]; !ok {
		k.size += len(body) + len(key)
	}
	k.young[key] = body
}

// RenderKept answers 200 with the named page in a language, rendered at most once for
// the same content: templates cost more than all that is looked up for a page. content
// names everything that can differ between two answers of this process, the set-up's
// revision too; data is asked for only where the page has to be rendered. What is
// personal is never kept.
func (p *Pages) RenderKept(w http.ResponseWriter, r *http.Request, name, lang string, content []byte, data func() (Layered, error)) error {
	key := sha256.Sum256(fmt.Appendf(content, "\x00%s\x00%s", name, lang))
	body, ok := p.kept.get(key)
	if !ok {
		page, err := data()
		if err != nil {
			return err
		}
		var buf bytes.Buffer
		if err := p.render(&buf, name, page); err != nil {
			return err
		}
		body = buf.Bytes()
		p.kept.add(key, body)
	}
	send(w, r, http.StatusOK, lang, body)
	return nil
}
