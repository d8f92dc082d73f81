// Package asker tells those who ask for free times apart as far as counting needs it: one
// person who loads a page again has not looked twice, and a robot is nobody. It knows no
// route and keeps nothing. Start reading at Of.
package asker

import (
	"net"
	"net/http"
	"strings"
)

// Of names who asks by what their browser tells anyway, to be compared within one process
// and never stored or shown. "" is nobody who counts: a robot that says so, or a request
// that shows nothing to anybody.
func Of(r *http.Request) string {
	agent := r.UserAgent()
	if r.Method == http.MethodHead || robot(agent) {
		return ""
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return host + "\x00" + agent + "\x00" + r.Header.Get("Accept-Language")
}

func robot(agent string) bool {
	agent = strings.ToLower(agent)
	for _, word := range [...]string{"bot", "crawl", "spider", "slurp", "preview", "monitor"} {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}
