package page

import (
	"net/http"
	"strings"
)

// policy lets a page load its own files and nothing else; no inline style or
// script, no frame around it, no form to another site.
const policy = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; " +
	"form-action 'self'; base-uri 'none'; " + frameless + "; connect-src 'self'"

// Guard stands around the whole router, so that its answers 404 and 405 are
// covered too (the router's own middleware does not run for them). It sets the
// security headers, "no-store" and "noindex" before the handler, which may overwrite them,
// refuses forms sent from other sites with the page of refused (status 403),
// and keeps the choice of the language switch.
//
// Referrer-Policy is same-origin, not no-referrer: with the latter browsers
// send "Origin: null" with our own forms, and the check could not tell them
// from foreign ones.
func (p *Pages) Guard(next, refused http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(refused)
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		Harden(h)
		if p.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.URL.RawQuery, langParam+"=") {
			p.rememberLanguage(w, r)
		}
		inner.ServeHTTP(w, r)
	})
}

// Harden sets what every answer says to a browser, whatever it is.
func Harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set(robotsHeader, "noindex")
}
