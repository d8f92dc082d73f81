package mailbox

import (
	"cmp"
	"net/http"
	"os"
	"slices"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// newest is how many letters the list shows.
const newest = 200

type listPage struct {
	page.Frame
	Letters []page.Card
	Shown   int
	All     int
}

// list shows the newest letters, those of one address with ?to=.
func (b *Box) list(w http.ResponseWriter, r *http.Request) error {
	names, err := b.names()
	if err != nil {
		return err
	}
	data := listPage{Frame: b.Pages.OfficeFrame(r, nil), All: len(names)}
	to := r.URL.Query().Get("to")
	for _, name := range names {
		if len(data.Letters) == newest {
			break
		}
		m, err := b.read(name)
		if err != nil || to != "" && !strings.EqualFold(m.To, to) {
			continue // a file that is no letter is not ours to explain
		}
		p := data.Printer()
		data.Letters = append(data.Letters, page.Card{
			Title:  agenda.Text{data.Lang: m.Subject},
			Href:   "/mailbox/" + strings.TrimSuffix(name, ending),
			Facts:  []string{p.T("mailbox.to", "address", m.To), p.DateTime(m.Date)},
			Action: data.T("mailbox.open"),
		})
	}
	data.Shown = len(data.Letters)
	return b.Pages.Render(w, r, http.StatusOK, "mailbox/list", data)
}

const ending = ".eml"

// names lists the files with letters, the newest first.
func (b *Box) names() ([]string, error) {
	entries, err := os.ReadDir(b.Dir)
	if err != nil {
		return nil, err
	}
	type file struct {
		name string
		at   int64
	}
	var files []file
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), ending) {
			continue
		}
		files = append(files, file{e.Name(), info.ModTime().UnixNano()})
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.name, b.name)) })
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.name
	}
	return names, nil
}
