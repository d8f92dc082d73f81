package grid

import (
	"net/http"
	"net/url"

	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// keysCookie remembers in this browser that somebody does not want single keys to act:
// who speaks to the computer sets them off by accident.
const keysCookie = "calendar-keys"

// keys switches the single keys off, or on again.
func (p *Part) keys(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return err
	}
	back, _ := url.ParseQuery(form.Value("back")) // what cannot be read is the first page
	v, err := p.view(q, back)
	if err != nil {
		return err
	}
	c := &http.Cookie{Name: page.CookieName(keysCookie, p.Secure, false), Value: "off", Path: "/staff/", MaxAge: 400 * 24 * 3600, HttpOnly: true, Secure: p.Secure, SameSite: http.SameSiteLaxMode}
	if form.Value("keys") == "on" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, q.Request, v.on(v.date)+"#keys", http.StatusSeeOther)
	return nil
}
