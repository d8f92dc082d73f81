package mail

import (
	"bytes"
	"fmt"
	"html"
	htmltemplate "html/template"
	"strings"
)

// Preview is a page of its own that shows a letter as it would be, for a frame in the back
// office. Either there are words, or Wrong says why there are none.
type Preview struct {
	Lang, Title                        string // of the page
	SubjectLabel, HTMLLabel, TextLabel string
	Words                              Words
	LetterLang                         string
	Phone, Dark                        bool // on which screen
	Wrong                              []string
}

// PreviewPolicy is the Content-Security-Policy that a preview needs: the letter's own
// styles, and nothing from anywhere.
const PreviewPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"

// Page is the HTML version, as the whole content of a frame of its own within the page.
func (p Preview) Page() htmltemplate.HTMLAttr {
	return htmltemplate.HTMLAttr(`srcdoc="` + html.EscapeString(OnScreen(p.Words.HTML, p.Dark)) + `"`)
}

// OnScreen gives the HTML version of a letter as a dark screen shows it, or a light one,
// whatever the screen is that it is looked at.
func OnScreen(page string, dark bool) string {
	media, scheme := "not all", "light"
	if dark {
		media, scheme = "all", "dark"
	}
	page = strings.Replace(page, "@media (prefers-color-scheme: dark)", "@media "+media, 1)
	return strings.Replace(page, "color-scheme: light dark; supported-color-schemes: light dark", "color-scheme: "+scheme, 1)
}

// Show writes the page.
func (t *Templates) Show(p Preview) ([]byte, error) {
	var b bytes.Buffer
	if err := t.html.ExecuteTemplate(&b, "preview.html", p); err != nil {
		return nil, fmt.Errorf("mail: preview: %w", err)
	}
	return b.Bytes(), nil
}
