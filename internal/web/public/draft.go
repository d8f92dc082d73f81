package public

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"terminvergabe/internal/web/page"
)

// What somebody typed must not be lost when they go back, load a page again or look at
// all times once more, without a script too; but it may not stand in an address, and
// nothing of it may stay with us. So the browser keeps it for an hour, sealed, in a
// cookie whose name the addresses of this one way carry: whoever sits down at the same
// computer and begins anew (see anew) does not meet it.
const (
	draftParam  = "draft"
	draftCookie = "typed-"
	draftAge    = 60 * 60 // seconds
	draftBytes  = 3800    // of a cookie: more is not kept by every browser
	draftsMost  = 2       // of one browser: proxies take a line of 8 KB, which all cookies share
)

var draftName = regexp.MustCompile(`^[0-9A-Z]{10,40}$`)

// follow takes up the draft that an address or a form carries.
func (c *call) follow(v url.Values) {
	if name := v.Get(draftParam); draftName.MatchString(name) {
		c.draft = name
	}
}

// carry adds the draft to what an address or a form carries.
func (c *call) carry(v url.Values) url.Values {
	if c.draft != "" {
		v.Set(draftParam, c.draft)
	}
	return v
}

func (c *call) draftPlace() []string { return []string{"draft", c.setup.Tenant.ID, c.draft} }

// anew parts a slot that is kept from what was typed for it, where somebody begins a way
// and does not go back on one. It may be somebody else, at a computer that many use, while
// the slot is still kept: they would be shown who sat there before. The way that has begun
// has the draft in its addresses, so nothing is lost on it.
func (c *call) anew() {
	k, err := c.r.Cookie(c.Site.cookieName(holdCookie))
	if err != nil || c.draft != "" {
		return
	}
	secret, draft, _ := strings.Cut(k.Value, ".")
	if draft == "" {
		return
	}
	if card := c.heldBy(secret); card != nil {
		c.rememberHold(secret, card.Expires)
		return
	}
	c.forgetHold()
}

// fromElsewhere is anew where the address was typed, kept or linked elsewhere. Whoever goes
// back in the browser comes as they came first.
func (c *call) fromElsewhere() {
	if site := c.r.Header.Get("Sec-Fetch-Site"); site == "none" || site == "cross-site" || site == "same-site" {
		c.anew()
	}
}

// remember lets the browser keep what was typed. Where that is too much for a cookie,
// the message is left out, which the form still has.
func (c *call) remember(v url.Values) {
	kept := typed(v)
	if c.draft == "" || len(kept) == 0 {
		return
	}
	value := c.sealDraft(kept)
	if len(value) > draftBytes {
		kept.Del("note")
		value = c.sealDraft(kept)
	}
	if len(value) > draftBytes {
		return
	}
	n := 0
	for _, k := range c.r.Cookies() {
		draft, found := strings.CutPrefix(k.Name, c.Site.cookieName(draftCookie))
		if found && draft != c.draft {
			if n++; n >= draftsMost {
				http.SetCookie(c.w, c.cookie(draftCookie+draft, "", -1))
			}
		}
	}
	http.SetCookie(c.w, c.cookie(draftCookie+c.draft, value, draftAge))
}

func (c *call) sealDraft(v url.Values) string {
	return base64.RawURLEncoding.EncodeToString(c.Desk.Keys.Seal([]byte(v.Encode()), c.draftPlace()...))
}

// remembered is what was typed on this way before; empty where nothing was.
func (c *call) remembered() url.Values {
	k, err := c.r.Cookie(c.Site.cookieName(draftCookie + c.draft))
	if c.draft == "" || err != nil {
		return nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(k.Value)
	if err != nil {
		return nil
	}
	plain, err := c.Desk.Keys.Open(sealed, c.draftPlace()...)
	if err != nil {
		return nil // of another way, or not ours: as good as none
	}
	v, err := url.ParseQuery(string(plain))
	if err != nil {
		return nil
	}
	return typed(v)
}

// rememberedForm is the form as it was typed before; nil where it was not.
func (c *call) rememberedForm() *page.Form {
	if v := c.remembered(); len(v) > 0 {
		return page.NewForm(v, c.frame.Printer())
	}
	return nil
}

// forgetDraft makes the browser forget what was typed: it is booked.
func (c *call) forgetDraft() {
	if c.draft != "" {
		http.SetCookie(c.w, c.cookie(draftCookie+c.draft, "", -1))
	}
}
