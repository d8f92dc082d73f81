package public_test

import (
	"encoding/json"
	"html"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"terminvergabe/ui"
)

var (
	abroad   = regexp.MustCompile(`(?s)<(span|a|bdi|option)[^>]* lang="[^"]*"[^>]*>.*?</(span|a|bdi|option)>`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
	gap      = regexp.MustCompile(`\{[a-zA-Z]+\}`)
	latin    = regexp.MustCompile(`\p{Latin}{4,}`)
	typedIn  = strings.NewReplacer("Ada Beispiel", "", "Grace Beispiel", "", "Perso", "", "barrierefrei@musterkreis.example", "")
	notLatin = map[string]bool{"ar": true, "ru": true, "uk": true}
)

// foreign are the texts on a page that are in another language than the page and do not
// say so: parts of German messages that the page's language has its own words for, and,
// where one does not write with Latin letters, all words that German messages use and the
// page's language does not.
func (g *gallery) foreign(page string) (found []string) {
	page = typedIn.Replace(page)
	page = html.UnescapeString(tags.ReplaceAllString(abroad.ReplaceAllString(main(page), " "), "\n"))
	for chunk := range g.germanOnly() {
		if strings.Contains(page, chunk) {
			found = append(found, chunk)
		}
	}
	if notLatin[g.lang] {
		german, own := words(messages(g, "de")), words(messages(g, g.lang))
		for _, word := range latin.FindAllString(page, -1) {
			if german[word] && !own[word] {
				found = append(found, word)
			}
		}
	}
	return found
}

func words(messages map[string][]string) map[string]bool {
	all := map[string]bool{}
	for _, texts := range messages {
		for _, text := range texts {
			for _, word := range latin.FindAllString(text, -1) {
				all[word] = true
			}
		}
	}
	return all
}

// germanOnly are the parts of German messages between the placeholders, as long as they
// are telling, which nothing in the page's language contains.
func (g *gallery) germanOnly() map[string]bool {
	if g.german != nil {
		return g.german
	}
	g.german = map[string]bool{}
	own := strings.Join(slices.Concat(slices.Collect(maps.Values(messages(g, g.lang)))...), "\n")
	for _, texts := range messages(g, "de") {
		for _, text := range texts {
			for _, chunk := range gap.Split(text, -1) {
				if chunk = strings.TrimSpace(chunk); len(chunk) >= 8 && !strings.Contains(own, chunk) {
					g.german[chunk] = true
				}
			}
		}
	}
	return g.german
}

// messages are all that visitors read in a language, by key.
func messages(g *gallery, lang string) map[string][]string {
	g.Helper()
	files, err := fs.Glob(ui.Files, "locale/"+lang+"/*.json")
	if err != nil || len(files) == 0 {
		g.Fatalf("no messages in %s (%v)", lang, err)
	}
	list := map[string][]string{}
	for _, name := range files {
		if strings.HasPrefix(path.Base(name), "staff") {
			continue
		}
		data, err := fs.ReadFile(ui.Files, name)
		if err != nil {
			g.Fatal(err)
		}
		texts := map[string]any{}
		if err := json.Unmarshal(data, &texts); err != nil {
			g.Fatal(err)
		}
		for key, text := range texts {
			switch text := text.(type) {
			case string:
				list[key] = append(list[key], text)
			case map[string]any:
				for _, form := range text {
					list[key] = append(list[key], form.(string))
				}
			}
		}
	}
	return list
}
