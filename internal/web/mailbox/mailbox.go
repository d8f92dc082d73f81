// Package mailbox shows the letters that the demo caught instead of sending them:
// each with its headers, its text, its calendar part as a table, its HTML and its
// raw bytes. It reads the .eml files of a folder and nothing else; it refuses to
// know bookings, and it never changes or deletes a letter.
//
// Only the demo mounts it: it shows everybody's letters to everybody. Start
// reading at Mount; parse.go takes a message apart.
package mailbox

import (
	"net/http"

	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/route"
)

// Box shows the letters in a folder.
type Box struct {
	Dir   string
	Pages *page.Pages
}

// Mount registers all routes.
func (b *Box) Mount(t *route.Table) {
	h := page.Handlers{Pages: b.Pages, Frame: func(r *http.Request) page.Frame { return b.Pages.OfficeFrame(r, nil) }}
	invented := route.Policy{Who: route.Who{Shows: route.Nothing}, Data: route.Personal, Keep: route.Nobody, Rate: route.Requests}
	show := func(path string, f page.HandlerFunc) { t.Get(path, invented, h.Do(f)) }
	show("/mailbox", toList)
	show("/mailbox/", b.list)
	show("/mailbox/{letter}", b.letter)
	show("/mailbox/{letter}/html", b.html)
	show("/mailbox/{letter}/raw", b.raw)
	show("/mailbox/{letter}/termin.ics", b.calendar)
}

func toList(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/mailbox/", http.StatusMovedPermanently)
	return nil
}
