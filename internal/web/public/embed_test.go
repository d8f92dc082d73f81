package public_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/public"
	"terminvergabe/internal/web/route"
)

const host = "https://www.musterstadt.example"

// framing is who may show the last answer in a frame.
func (b *browser) framing() string {
	for part := range strings.SplitSeq(b.header.Get("Content-Security-Policy"), "; ") {
		if to, ok := strings.CutPrefix(part, "frame-ancestors "); ok {
			return to
		}
	}
	return "anybody"
}

var goesOn = regexp.MustCompile(`<(?:a|form|button)\b[^>]*\b(?:href|action|formaction)="([^"]*)"[^>]*>`)

// staysInFrame demands that what the page leads to is of the frame's way, or leaves the
// frame: other pages refuse to be shown in one, and the frame would be empty.
func (b *browser) staysInFrame() {
	b.t.Helper()
	found := goesOn.FindAllStringSubmatch(b.body, -1)
	for _, m := range found {
		to := html.UnescapeString(m[1])
		if to == "" || strings.ContainsAny(to[:1], "?#") || strings.HasPrefix(to, "tel:") || strings.HasPrefix(to, "mailto:") || strings.HasPrefix(to, "/musterstadt/embed/") {
			continue
		}
		if !strings.Contains(m[0], `target="_top"`) && !strings.Contains(m[0], `target="_blank"`) {
			b.t.Errorf("%s: %s stays in the frame", b.path, m[0])
		}
	}
	if len(found) == 0 {
		b.t.Errorf("%s leads nowhere", b.path)
	}
}

// What is refused before any route is known says so in the frame too, and leads back to
// the frame's way.
func TestFrameAroundWhatIsRefused(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision, s.Embed.Origins = 1, []string{host}
	apply(t, d, s)
	_, pages := realPages()
	site := public.Site{Desk: d, Pages: pages}
	h := page.Handlers{Pages: pages, Frame: site.Frame}.Always(&page.Error{Status: http.StatusTooManyRequests})
	for path, framed := range map[string]bool{"/musterstadt/embed/de/reserve": true, "/musterstadt/reserve": false, "/musterstadt/m/embed/de/": false, "/nowhere/embed/de/": false} {
		w := httptest.NewRecorder()
		pages.Guard(h, h).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", path, nil))
		b := &browser{t: t, path: path, body: w.Body.String(), header: w.Header()}
		if got := b.framing(); w.Code != 429 || (got == host) != framed || !framed && got != "'none'" {
			t.Errorf("%s: got %d, may be framed by %s", path, w.Code, got)
		}
		if framed {
			b.staysInFrame()
		}
	}
}

// What the plain way can, the frame's way can, step by step and by the same methods: all
// but what leads out of it.
func TestFrameHasEveryStep(t *testing.T) {
	d, _ := desktest.SQLite(t)
	_, pages := realPages()
	r := route.NewTable()
	(&public.Site{Desk: d, Pages: pages}).Mount(r)
	plain, framed := map[string]bool{}, map[string]bool{}
	for _, x := range r.Routes() {
		step := x.Method + " "
		if rest, ok := strings.CutPrefix(x.Path, "/{tenant}/embed/{lang}/"); ok {
			if framed[step+rest] {
				t.Errorf("%s%s is there twice", step, x.Path)
			}
			framed[step+rest] = true
		} else if rest, ok := strings.CutPrefix(x.Path, "/{tenant}/"); ok {
			plain[step+rest] = true
		}
	}
	outside := regexp.MustCompile(`^\w+ (?:[acimp]/.*|barrier|links|erased|legal/.*|brand\.css|logo-.*|book|embed/)$`)
	for step := range plain {
		if framed[step] == outside.MatchString(step) {
			t.Errorf("%q: in a frame %t", step, framed[step])
		}
		delete(framed, step)
	}
	for step := range framed {
		if !strings.HasSuffix(step, " next") {
			t.Errorf("%q is there in a frame only", step)
		}
	}
}

// A frame on another site has no cookies: the whole way works without, keeps its
// language, and leaves the frame before there is anything that could be cancelled.
func TestBookInAFrame(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		s := desktest.Musterstadt()
		s.Revision, s.Embed.Origins = 1, []string{host, "http://localhost:8000"}
		s.Services[2].Questions = []agenda.Question{{ID: "art", Label: agenda.Plain("Worum geht es?"), Type: "choice", Required: true,
			Options: []agenda.Option{{ID: "kurz", Label: agenda.Plain("Kurz")}, {ID: "lang", Label: agenda.Plain("Lang"), Minutes: 60}}}}
		apply(t, d, s)
		b := serve(t, d).browser(t)
		b.client.Jar = nil
		framed := func(texts ...string) {
			t.Helper()
			b.want(200, texts...)
			if got, want := b.framing(), host+" http://localhost:8000"; got != want {
				t.Errorf("%s: may be framed by %s, want %s", b.path, got, want)
			}
			b.staysInFrame()
		}
		b.get("/musterstadt/embed/?lang=en")
		framed("What would you like to do?", `class="public embedded"`, "!class=\"owner\"")
		if want := "/musterstadt/embed/en/"; b.path != want {
			t.Fatalf("got %s, want %s", b.path, want)
		}
		b.get("/musterstadt/embed/?lang=de&service=impfen&site=nebenstelle")
		framed(`href="/musterstadt/embed/en/`, `lang="de"`)
		b.get("/musterstadt/embed/de/next?service=ausweis")
		framed("Montag, 6. Juli 2026, 08:00 Uhr", `href="/musterstadt/s/ausweis?site=rathaus&amp;lang=de" target="_top"`, "!<script", "!<form")
		b.get("/musterstadt/embed/de/next?service=nichts").want(404, "!owner").staysInFrame()
		b.get("/musterstadt/embed/de/s/nichts").want(404, `href="/musterstadt/links" target="_top"`).staysInFrame()
		b.get("/musterstadt/embed/de/next?service=beratung")
		framed(`href="/musterstadt/s/beratung?lang=de" target="_top"`, "!kein Termin frei") // what is free depends on the answer
		b.get("/musterstadt/embed/en/choose?service=ausweis")
		framed(`lang="en"`)
		b.get("/musterstadt/embed/en/times?service=ausweis&day=2026-07-08")
		framed("8:00")
		b.post("/musterstadt/embed/en/reserve", b.form("slot", b.slots()[0]))
		framed("Who is coming?")
		b.post("/musterstadt/embed/en/review", b.form("name", "", "email", "x"))
		b.want(422)
		if got := b.framing(); !strings.HasPrefix(got, host) {
			t.Errorf("a faulty form: may be framed by %s", got)
		}
		b.post("/musterstadt/embed/en/review", b.form("name", "Ada Beispiel", "email", "ada@beispiel.example"))
		framed("Is everything right?", `<form action="/musterstadt/book" method="post" target="_top">`, `formtarget="_self"`)
		b.post("/musterstadt/book", b.form()).want(200, "Ada Beispiel", "!embedded")
		if got := b.framing(); got != "'none'" || len(cards(t, d)) != 1 {
			t.Errorf("the booking: may be framed by %s, and %d bookings", got, len(cards(t, d)))
		}
	})
}

// Search engines are told of the first page and the pages of services, in each language,
// and of nothing else.
func TestSearchEngines(t *testing.T) {
	d, _ := desktest.SQLite(t)
	b := serve(t, d).browser(t)
	const at = "http://termine.example/musterstadt/"
	for path, address := range map[string]string{"/musterstadt/": at, "/musterstadt/s/ausweis": at + "s/ausweis"} {
		b.get(path).want(200, `<link rel="canonical" href="`+address+`">`, `hreflang="en" href="`+address+`?lang=en"`, `hreflang="x-default" href="`+address+`"`,
			`<meta name="description" content="`, "!noindex")
		if got := b.header.Get("X-Robots-Tag"); got != "" {
			t.Errorf("%s: X-Robots-Tag %q", path, got)
		}
		b.get(path+"?lang=en").want(200, `<link rel="canonical" href="`+address+`?lang=en">`)
	}
	for _, path := range []string{"/musterstadt/?q=Perso", "/musterstadt/s/nichts", "/musterstadt/times?service=ausweis", "/musterstadt/links", "/musterstadt/barrier", "/musterstadt/embed/de/", "/musterstadt/m/x"} {
		if b.get(path); b.header.Get("X-Robots-Tag") != "noindex" || !strings.Contains(b.body, `<meta name="robots" content="noindex">`) || strings.Contains(b.body, "canonical") {
			t.Errorf("%s: search engines may show it", path)
		}
	}
}

// Nobody presses a button of a page about a booking, or of the back office, without
// seeing it.
func TestOthersAreNeverFramed(t *testing.T) {
	d, _ := desktest.SQLite(t)
	s := desktest.Musterstadt()
	s.Revision, s.Embed.Origins = 1, []string{host}
	apply(t, d, s)
	b := serve(t, d).browser(t)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"/", "/musterstadt/", "/musterstadt/times?service=ausweis", "/musterstadt/links", "/musterstadt/m/" + strings.Repeat("A", 26),
		"/musterstadt/m/x/cancel", "/musterstadt/c/x", "/musterstadt/p/x", "/musterstadt/i/x/", "/musterstadt/embed/de/m/x", "/staff/"} {
		if got := b.get(path).framing(); got != "'none'" {
			t.Errorf("%s: may be framed by %s", path, got)
		}
	}
	s.Revision, s.Embed.Origins = 2, nil
	apply(t, d, s)
	if got := b.get("/musterstadt/embed/de/").framing(); got != "'none'" {
		t.Errorf("without origins: may be framed by %s", got)
	}
}
