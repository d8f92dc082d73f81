// Package builttest gives tests the texts and pages as they are served, built once for all
// tests of a process: that takes longer than most tests. Only tests import it.
package builttest

import (
	"log/slog"
	"sync"
	"testing"

	"terminvergabe/internal/i18n"
	"terminvergabe/internal/web/page"
	"terminvergabe/ui"
)

var texts = sync.OnceValues(func() (*i18n.Catalogue, error) { return i18n.Load(ui.Files) })

var pages = sync.OnceValues(func() (*page.Pages, error) {
	cat, err := texts()
	if err != nil {
		return nil, err
	}
	return page.New(ui.Files, cat, page.Options{Log: slog.New(slog.DiscardHandler)})
})

// Texts gives the catalogue. What it was asked for in vain (Missing) is that of all tests.
func Texts(t testing.TB) *i18n.Catalogue {
	t.Helper()
	cat, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// Pages gives the catalogue and the pages, which log nothing.
func Pages(t testing.TB) (*i18n.Catalogue, *page.Pages) {
	t.Helper()
	p, err := pages()
	if err != nil {
		t.Fatal(err)
	}
	return Texts(t), p
}
