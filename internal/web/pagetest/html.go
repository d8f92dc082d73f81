// Package pagetest helps the tests of pages: it says what is wrong with the HTML
// of a page. It knows no page. Only tests import it.
package pagetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	tagForm  = regexp.MustCompile(`(?s)<!--.*?-->|<!doctype html>|<(/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9-]+(?:="[^"<]*")?)*)\s*>`)
	attrForm = regexp.MustCompile(`([a-zA-Z0-9-]+)(?:="([^"]*)")?`)
	voidTags = []string{"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"}
)

// CheckHTML finds what is wrong with a page: tags that are not closed or nested
// wrongly, ids given twice, references to no id, fields without a label,
// images without alt, not exactly one h1 and main, inline styles and scripts.
// It is stricter than a browser: everything must be quoted and closed. It is
// long because it goes over the tags once and keeps all it needs on the way.
func CheckHTML(page string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	var open []string
	ids, refs, labels := map[string]int{}, []string{}, map[string]bool{}
	var fields []map[string]string
	h1, mains, last := 0, 0, 0
	for _, m := range tagForm.FindAllStringSubmatchIndex(page, -1) {
		if i := strings.IndexByte(page[last:m[0]], '<'); i >= 0 {
			fault("stray < at %q", page[last+i:min(last+i+40, len(page))])
		}
		last = m[1]
		if m[4] < 0 {
			continue
		}
		closing, tag := m[2] != m[3], page[m[4]:m[5]]
		if closing {
			if len(open) == 0 || open[len(open)-1] != tag {
				fault("</%s> closes %v", tag, open)
				return faults
			}
			open = open[:len(open)-1]
			continue
		}
		attrs := map[string]string{}
		for _, a := range attrForm.FindAllStringSubmatch(page[m[6]:m[7]], -1) {
			if _, twice := attrs[a[1]]; twice {
				fault("<%s> has %s twice", tag, a[1])
			}
			attrs[a[1]] = a[2]
		}
		checkPlace(tag, attrs, open, fault)
		checkOrigin(tag, attrs, fault)
		if id, ok := attrs["id"]; ok {
			ids[id]++
		}
		for _, ref := range []string{"for", "aria-describedby", "aria-labelledby"} {
			refs = append(refs, strings.Fields(attrs[ref])...)
		}
		if to, ok := strings.CutPrefix(attrs["href"], "#"); ok {
			refs = append(refs, to)
		}
		switch tag {
		case "label":
			labels[attrs["for"]] = true
		case "input", "select", "textarea":
			fields = append(fields, attrs)
		case "main":
			mains++
		case "h1":
			h1++
		}
		if !slices.Contains(voidTags, tag) {
			open = append(open, tag)
		}
	}
	if len(open) > 0 {
		fault("not closed: %v", open)
	}
	for id, n := range ids {
		if n > 1 || id == "" {
			fault("id %q %d times", id, n)
		}
	}
	for _, ref := range refs {
		if ids[ref] == 0 {
			fault("reference to no id: %q", ref)
		}
	}
	for _, f := range fields {
		if f["type"] != "hidden" && !labels[f["id"]] && f["aria-label"] == "" {
			fault("field without a label: %v", f)
		}
	}
	if h1 != 1 || mains != 1 {
		fault("%d h1 and %d main, want one each", h1, mains)
	}
	for _, broken := range []string{"ZgotmplZ", "<no value>", "%!", "[layout.", "[common."} {
		if strings.Contains(page, broken) {
			fault("%s on the page", broken)
		}
	}
	return faults
}

func checkPlace(tag string, attrs map[string]string, open []string, fault func(string, ...any)) {
	for a := range attrs {
		if a == "style" || strings.HasPrefix(a, "on") {
			fault("<%s %s>: the policy forbids it", tag, a)
		}
	}
	if _, ok := attrs["alt"]; tag == "img" && !ok {
		fault("image without alt")
	}
	if tag == "script" && attrs["src"] == "" || tag == "style" {
		fault("inline %s", tag)
	}
	if (tag == "button" || tag == "a") && (slices.Contains(open, "a") || slices.Contains(open, "button")) {
		fault("<%s> within %v", tag, open)
	}
	if slices.Contains(open, "p") && slices.Contains([]string{"p", "div", "ul", "ol", "dl", "form", "h2", "h3", "table", "section", "fieldset"}, tag) {
		fault("<%s> within <p>", tag)
	}
}
