package pagetest

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// loading are the attributes whose addresses a browser fetches, or sends something to,
// without anybody following a link.
var loading = []string{"src", "srcset", "poster", "data", "action", "formaction", "background", "manifest", "ping"}

// describing are the links of a page's head that load nothing.
var describing = []string{"canonical", "alternate", "prev", "next"}

// checkOrigin finds what a page would load from another site.
func checkOrigin(tag string, attrs map[string]string, fault func(string, ...any)) {
	for name, value := range attrs {
		loads := slices.Contains(loading, name) || name == "href" && (tag == "use" || tag == "image" || tag == "base" ||
			tag == "link" && !slices.Contains(describing, attrs["rel"]))
		if loads && elsewhere(html.UnescapeString(value)) {
			fault("<%s %s=%q>: from another site", tag, name, value)
		}
	}
	if strings.EqualFold(attrs["http-equiv"], "refresh") && strings.Contains(attrs["content"], "//") {
		fault("the page leads to another site by itself: %q", attrs["content"])
	}
}

// elsewhere reports that an address names a site of its own. What a data: address
// holds comes with the page.
func elsewhere(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err != nil || u.Host != "" || u.Scheme != "" && u.Scheme != "data"
}

var (
	linkForm = regexp.MustCompile(`<a\s[^>]*href="([^"]*)"`)
	cssNotes = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssLoads = regexp.MustCompile(`(?i)@import|url\(\s*["']?\s*([^"')]*)|image-set\(\s*["']\s*([^"']*)`)
)

// LinkedSites are the hosts that a page's links lead to, without doubles.
func LinkedSites(page string) (hosts []string) {
	for _, m := range linkForm.FindAllStringSubmatch(page, -1) {
		if u, err := url.Parse(html.UnescapeString(m[1])); err == nil && u.Host != "" && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// CheckCSS finds what a stylesheet would load from another site, or import.
func CheckCSS(css string) (faults []string) {
	for _, m := range cssLoads.FindAllStringSubmatch(cssNotes.ReplaceAllString(css, ""), -1) {
		if strings.EqualFold(m[0], "@import") || elsewhere(m[1]+m[2]) {
			faults = append(faults, m[0])
		}
	}
	return faults
}
