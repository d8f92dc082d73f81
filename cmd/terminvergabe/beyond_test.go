package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// lookBeyond looks for what axe-core cannot see and testdata/beyond.js tells: on a small
// phone, in a window enlarged four times, and in forced colours for somebody who asked
// for less motion.
func (x *examiner) lookBeyond(ctx context.Context, name string) (faults []string) {
	x.Helper()
	must := func(err error) {
		x.Helper()
		if err != nil {
			x.Fatalf("%s: %v", name, err)
		}
	}
	look := func(calls ...string) {
		x.Helper()
		for _, call := range calls {
			found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("beyond."+call))
			must(err)
			faults = append(faults, found...)
		}
	}
	media := func(forced, motion string) {
		x.Helper()
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "forced-colors", Value: forced}, {Name: "prefers-reduced-motion", Value: motion}}})
		must(err)
	}
	_, err := chromedp.Run(ctx, chromedp.Evaluate[any](x.beyond+";0"))
	must(err)
	media("none", "no-preference")
	must(chromedp.Do(ctx, chromedp.EmulateViewport(320, 900)))
	look(fmt.Sprintf("texts(%q)", languageOf(name)), "origin()", "sizes()", "spacing()")
	must(chromedp.Do(ctx, chromedp.EmulateViewport(320, 256, chromedp.EmulateScale(4)))) // 1280 × 1024 px at 400 %
	media("none", "reduce")                                                              // no page is still scrolling when it is looked at
	look("focus()")
	if inOneOfEachDirection(name) { // no words change this
		media("active", "reduce")
		look("focus()", "stillness()")
	}
	must(chromedp.Do(ctx, chromedp.EmulateViewport(320, 900)))
	title, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.title"))
	must(err)
	if name != "public-control" {
		x.titles.add(name, title)
	}
	if strings.Contains(name, "-longest-") { // made longer ten times, which is all that 2.2.1 asks
		faults = slices.DeleteFunc(faults, func(f string) bool { return strings.HasPrefix(f, "2.2.1:") })
	}
	for i := range faults {
		faults[i] = name + ": " + faults[i]
	}
	return faults
}

// control looks at a page where everything is wrong: whoever looks must find it.
func (x *examiner) control() {
	x.Helper()
	got := strings.Join(x.examine("public-control"), "\n")
	for _, want := range []string{"violation html-has-lang", "violation image-alt", "incomplete color-contrast", "scrolls sideways", "origin: https://elsewhere.example/",
		"1.3.2", "1.3.5", "1.4.12", "2.1.1", "2.2.1", "2.3.3", "2.4.2", "2.4.3", "2.4.7", "2.4.11", "2.5.8", "3.1.1", "3.2.6", "3.3.1", "4.1.3"} {
		if !strings.Contains(got, want) {
			x.Errorf("a page full of faults has none of %s:\n%s", want, got)
		}
	}
}

// languageOf is the end of a kept page's name.
func languageOf(name string) string {
	if strings.HasSuffix(name, "-de-x-leicht") {
		return "de-x-leicht"
	}
	return name[strings.LastIndexByte(name, '-')+1:]
}

// titles are those of the kept pages, by language and title.
type titles struct {
	mu    sync.Mutex
	pages map[[2]string]map[string]bool
}

func (t *titles) add(name, title string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lang := languageOf(name)
	page, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, "public-"), "-"+lang), "-")
	key := [2]string{lang, title}
	if t.pages[key] == nil {
		t.pages[key] = map[string]bool{}
	}
	t.pages[key][page] = true
}

// alike are names under which the same page is kept: what asks or says the same of the
// same visit whatever way led there, the list of services where the one asked for is not
// there, and what also stands in a frame of another website.
var alike = [][]string{{"cancel", "proposal"}, {"move", "taken"}, {"contact", "manage"}, {"address", "invited"},
	{"embed", "error", "service", "start"}, {"embed", "times"}}

// shared finds titles that several pages have (WCAG 2.2, 2.4.2): somebody with many
// windows open could not tell them apart.
func (t *titles) shared() (faults []string) {
	for key, pages := range t.pages {
		names := slices.Sorted(maps.Keys(pages))
		same := func(group []string) bool {
			return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(group, name) })
		}
		if len(names) > 1 && !slices.ContainsFunc(alike, same) {
			faults = append(faults, fmt.Sprintf("2.4.2: in %s %q is the title of %q", key[0], key[1], names))
		}
	}
	slices.Sort(faults)
	return faults
}
