package public

import (
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

type legalPage struct {
	page.Frame
	Title      string
	Paragraphs []agenda.Text
}

// legal shows a text that the law demands, where the tenant wrote it into the
// set-up instead of an address.
func legal(c *call) error {
	name := mux.Vars(c.r)["text"]
	text, label := legalText(c.setup, name)
	whole, in := text.In(c.frame.Lang, c.setup.Tenant.Languages...)
	if whole == "" && name == "accessibility" {
		return statement(c)
	}
	if whole == "" {
		return page.Missing(agenda.ErrNotFound)
	}
	data := legalPage{Frame: c.frame, Title: c.t(label)}
	data.Back = c.home
	data.Paragraphs = paragraphs(whole, in)
	return c.render(200, "public/legal", data)
}

// paragraphs are the parts of a text in one language between empty lines.
func paragraphs(whole, in string) (list []agenda.Text) {
	for p := range strings.SplitSeq(strings.ReplaceAll(whole, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, agenda.Text{in: p})
		}
	}
	return list
}

func legalText(s *agenda.Setup, name string) (text agenda.Text, label string) {
	switch name {
	case "imprint":
		return s.Legal.Imprint, "common.imprint"
	case "privacy":
		return s.Legal.Privacy, "common.privacy"
	case "accessibility":
		return s.Legal.Accessibility, "common.accessibility"
	}
	return nil, ""
}

// legalLink is the address of a legal text: the tenant's own, or our page of it.
func legalLink(s *agenda.Setup, lang, name string) string {
	t, _ := legalText(s, name)
	text := s.Text(t, lang)
	switch {
	case text == "" && name != "accessibility": // of which there always is one
		return ""
	case isAddress(text):
		return text
	}
	return home(s) + "legal/" + name
}

func isAddress(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \n\t")
}
