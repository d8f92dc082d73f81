package page

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/i18n"
)

// Frame is what stands around the content of a page. Page data embeds it by
// value; Pages.Frame makes it.
type Frame struct {
	Lang      string
	Languages []Language // to switch to; fewer than two: no switch is shown
	Tenant    *Tenant    // nil: the portal over all tenants
	Staff     *Staff     // set: pages of the back office
	Crumbs    []Link     // the way to this page, without this page
	Step      *Step      // in a way of several pages
	Errors    Errors     // what has to be corrected; summed up above the content
	Notice    *Notice    // above the content: "Your details are saved."
	Open      bool       // nothing on the page is secret or personal: it may be compressed
	Back      string     // address of the page before; "" shows no link
	Embedded  bool       // in a frame on somebody else's page: without what that page shows itself
	Framers   []string   // origins that may show such an answer also when it is a refusal
	Search    *Search    // for search engines; nil: they shall not show the page

	CaughtMail string // see Pages

	printer *i18n.Printer
}

// Layout makes every struct that embeds Frame page data.
func (f Frame) Layout() Frame { return f }

// T is the text of a key in the language of the page.
func (f Frame) T(key string, args ...any) string { return f.printer.T(key, args...) }

// Printer prints in the language of the page.
func (f Frame) Printer() *i18n.Printer { return f.printer }

// Tenant is whose page it is.
type Tenant struct {
	Name      agenda.Text
	Home      string   // address of the first page, "/northeim/"
	Logo      string   // address of an image; "": the initial in the tenant's colour
	Brand     string   // address of the stylesheet with the colour, see BrandURL; "": none
	Phone     string   // as people write it; "": none
	Languages []string // in the tenant's order; the first is the fallback
	Links     string   // address where visitors find their visits again; "": nowhere
	Barrier   string   // address where a barrier is reported; "": nowhere
	// Addresses of the pages the law demands; "": not linked.
	Imprint, Privacy, Accessibility string
}

// Staff is the top bar of the back office.
type Staff struct {
	Name      string   // who is signed in
	Home      string   // address of the first page of the back office
	Part      string   // of the back office: its stylesheet is staff-PART.css, where there is one
	SignOut   string   // address the sign-out form posts to
	Account   string   // address of who is signed in
	Help      *Link    // what the handbook says about the page
	Guest     *Link    // they look at a tenant that is not theirs: says so, and leads away
	Nav       []Link   // Current marks the page one is on
	Choose    string   // address the calendar choice asks (GET, parameter calendar)
	Calendars []Choice // fewer than two: no choice is shown
}

// Language is one entry of the language switch.
type Language struct {
	Code    string
	Name    string // in that language itself
	Href    string
	Current bool
}

// Link is an address with its text.
type Link struct {
	Label   string
	Href    string
	Current bool
}

// Frame makes the frame of a request: its language, limited to those the tenant
// offers (nil: the portal, all languages there are), and the language switch.
//
// The language is, in this order: the parameter lang, the cookie of that name,
// what the browser asks for. Guard sets the cookie when a link of the switch is
// followed; it holds nothing but the language, so a GET still changes no data.
func (p *Pages) Frame(r *http.Request, tenant *Tenant) Frame {
	return p.frame(r, tenant, p.offered(tenant))
}

// OfficeFrame is Frame for pages that only the office sees, in the languages of the
// back office that the tenant offers, or in all of them where it offers none.
func (p *Pages) OfficeFrame(r *http.Request, tenant *Tenant) Frame {
	offered := slices.DeleteFunc(slices.Clone(p.offered(tenant)), func(l string) bool { return !slices.Contains(p.office, l) })
	if len(offered) == 0 {
		offered = p.office
	}
	return p.frame(r, tenant, offered)
}

func (p *Pages) frame(r *http.Request, tenant *Tenant, offered []string) Frame {
	f := Frame{Tenant: tenant, Lang: p.choose(r, offered), CaughtMail: p.CaughtMail}
	f.printer = p.catalogue.Printer(f.Lang)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return f // the answer to a form: switching would lose what was typed
	}
	q := r.URL.Query()
	for _, code := range offered {
		q.Set(langParam, code)
		f.Languages = append(f.Languages, Language{
			Code:    code,
			Name:    p.catalogue.Printer(code).T("layout.language.name"),
			Href:    "?" + q.Encode(), // without the path, which may hold a secret
			Current: code == f.Lang,
		})
	}
	if in := mux.Vars(r)[langParam]; in != "" {
		f.switchInPath(r, in)
	}
	return f
}

// switchInPath lets the language switch change the part of the path that names the
// language. Such a path holds no secret.
func (f *Frame) switchInPath(r *http.Request, in string) {
	q := r.URL.Query()
	q.Del(langParam)
	before, after, _ := strings.Cut(r.URL.EscapedPath(), "/"+in+"/")
	for i := range f.Languages {
		l := &f.Languages[i]
		l.Href = (&url.URL{Path: before + "/" + l.Code + "/" + after, RawQuery: q.Encode()}).RequestURI()
	}
}

// Spoken are the languages there are texts in.
func (p *Pages) Spoken() (list []Language) {
	for _, code := range p.languages {
		list = append(list, Language{Code: code, Name: p.catalogue.Printer(code).T("layout.language.name")})
	}
	return list
}

// Language is the language that Frame gives a request, of those a tenant offers.
func (p *Pages) Language(r *http.Request, languages []string) string {
	return p.choose(r, p.offered(&Tenant{Languages: languages}))
}

const langParam = "lang" // also the name of the cookie

func (p *Pages) offered(tenant *Tenant) []string {
	if tenant == nil || len(tenant.Languages) == 0 {
		return p.languages
	}
	var known []string
	for _, l := range tenant.Languages {
		if slices.Contains(p.languages, l) && !slices.Contains(known, l) {
			known = append(known, l)
		}
	}
	if len(known) == 0 {
		return p.languages
	}
	return known
}

func (p *Pages) choose(r *http.Request, offered []string) string {
	if l := mux.Vars(r)[langParam]; l != "" && slices.Contains(offered, l) { // in a frame, where cookies are not kept
		return l
	}
	if strings.Contains(r.URL.RawQuery, langParam) { // seldom: after the language switch
		if l := r.URL.Query().Get(langParam); slices.Contains(offered, l) {
			return l
		}
	}
	if c, err := r.Cookie(CookieName(langParam, p.secure, true)); err == nil && slices.Contains(offered, c.Value) {
		return c.Value
	}
	if l := p.catalogue.Match(r.Header.Get("Accept-Language"), offered); slices.Contains(offered, l) {
		return l
	}
	return offered[0]
}

// rememberLanguage keeps a choice of the language switch until the browser is
// closed.
func (p *Pages) rememberLanguage(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get(langParam)
	if !slices.Contains(p.languages, lang) {
		return
	}
	if c, err := r.Cookie(CookieName(langParam, p.secure, true)); err == nil && c.Value == lang {
		return
	}
	p.SpeakFromNowOn(w, lang)
}

// CookieName is the name that a cookie has in the browser: over https with the prefix by
// which the browser keeps out what others put there (RFC 6265bis, 4.1.3; it refuses the
// prefix on plain http). Whole tells that it is good for every path.
func CookieName(name string, secure, whole bool) string {
	switch {
	case !secure:
		return name
	case whole:
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// SpeakFromNowOn keeps a language until the browser is closed.
func (p *Pages) SpeakFromNowOn(w http.ResponseWriter, lang string) {
	http.SetCookie(w, &http.Cookie{Name: CookieName(langParam, p.secure, true), Value: lang, Path: "/", HttpOnly: true,
		Secure: p.secure, SameSite: http.SameSiteLaxMode})
}
