package abuse

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Fill is what a browser would send with the form of a page that goes to an address, and
// in it other values: name, value, name, value.
func (a *Answer) Fill(c *C, action string, other ...string) url.Values {
	c.Helper()
	values := url.Values{}
	form := a.find(c, func(n *html.Node) bool { return n.Data == "form" && attribute(n, "action") == action })
	if form == nil {
		c.Fatalf("no form to %s in %s\n%s", action, a, a.Body)
	}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		switch {
		case n.Type != html.ElementNode || name == "":
		case n.Data == "textarea":
			values.Add(name, textOf(n))
		case n.Data == "option" || n.Data == "button":
		case n.Data == "select":
			for o := range n.Descendants() {
				if o.Data == "option" && (has(o, "selected") || !values.Has(name)) { // the first, where none is
					values.Set(name, attribute(o, "value"))
				}
			}
		case n.Data == "input" && (attribute(n, "type") == "checkbox" || attribute(n, "type") == "radio") && !has(n, "checked"):
		case n.Data == "input" && attribute(n, "type") != "file":
			values.Add(name, attribute(n, "value"))
		}
	}
	for i := 0; i < len(other); i += 2 {
		values.Set(other[i], other[i+1])
	}
	return values
}

// Links are the addresses that a page leads to, of this host.
func (a *Answer) Links(c *C) (list []string) {
	c.Helper()
	a.find(c, func(n *html.Node) bool {
		if href := attribute(n, "href"); n.Data == "a" && strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") {
			path, _, _ := strings.Cut(href, "#")
			list = append(list, path)
		}
		return false
	})
	return list
}

func (a *Answer) find(c *C, wanted func(*html.Node) bool) *html.Node {
	c.Helper()
	doc, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		c.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && wanted(n) {
			return n
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for x := range n.Descendants() {
		if x.Type == html.TextNode {
			b.WriteString(x.Data)
		}
	}
	return b.String()
}
