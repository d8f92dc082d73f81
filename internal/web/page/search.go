package page

import (
	"net/http"
	"strings"
)

// Search is what search engines are told about a page that they may show. A page without
// it is kept from them: pages with somebody's data, forms, and the answers to them.
type Search struct {
	Canonical   string     // whole address of the page in this language
	Default     string     // ... of the page that chooses the language itself
	Description string     // what can be done here, in a sentence
	Alternates  []Language // the same page in every language, with whole addresses
}

// SearchAt says where a page is found, in every language that its frame offers. Address is
// its whole address without the parameter lang. A page in the language that was asked for
// by the address names itself so: to others it is another page.
func (f Frame) SearchAt(r *http.Request, address, description string) *Search {
	s := &Search{Canonical: address, Default: address, Description: description}
	mark := "?"
	if strings.Contains(address, "?") {
		mark = "&"
	}
	for _, l := range f.Languages {
		l.Href = address + mark + langParam + "=" + l.Code
		s.Alternates = append(s.Alternates, l)
		if l.Current && r.URL.Query().Get(langParam) == l.Code {
			s.Canonical = l.Href
		}
	}
	return s
}

const robotsHeader = "X-Robots-Tag"

const frameless = "frame-ancestors 'none'"

// AllowFrames lets pages of the origins show this answer in a frame; with none nobody may,
// which is what Guard has said already. Origins are checked where they are set up: they
// become part of a header.
func AllowFrames(w http.ResponseWriter, origins []string) {
	if len(origins) == 0 {
		return
	}
	const name = "Content-Security-Policy"
	w.Header().Set(name, strings.Replace(w.Header().Get(name), frameless, "frame-ancestors "+strings.Join(origins, " "), 1))
}

// AllowOwnFrames lets this answer show pages of ours in a frame.
func AllowOwnFrames(w http.ResponseWriter) {
	const name = "Content-Security-Policy"
	w.Header().Set(name, w.Header().Get(name)+"; frame-src 'self'")
}
