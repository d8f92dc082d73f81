package agenda

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"
)

// Embed names the foreign pages that may show the way to a booking in a frame.
type Embed struct {
	Origins []string `json:"origins"` // https://www.example.org: scheme and host, nothing else
}

// OpenData says under which licence the next free dates may be used by others.
type OpenData struct {
	Licence string `json:"licence"` // name or address, such as dl-de/zero-2-0; empty: nothing is said
}

// Accessibility are the facts of which a tenant's accessibility statement is made, unless
// legal.accessibility holds its own.
type Accessibility struct {
	State       string      `json:"state"`    // full | partly | not; empty: this tenant has not judged yet
	Prepared    Date        `json:"prepared"` // when the statement was written or looked at last
	Tested      Date        `json:"tested"`   // when the pages were tested; empty: not yet
	Method      string      `json:"method"`   // self | external: who tested
	Gaps        []Text      `json:"gaps"`     // what is not accessible, and why
	Mail        string      `json:"mail"`     // reports of barriers go there; empty: mail.replyTo, else mail.from
	Phone       string      `json:"phone"`    // empty: tenant.phone
	Enforcement Enforcement `json:"enforcement"`
}

// Enforcement is the body of the Land to which people turn when the tenant does not help.
type Enforcement struct {
	Name    Text   `json:"name"`
	Address Text   `json:"address"`
	URL     string `json:"url"`
}

// How far the pages conform.
const (
	AccessibleFully  = "full"
	AccessiblePartly = "partly"
	AccessibleNot    = "not"
)

// Who tested.
const (
	TestedSelf     = "self"
	TestedExternal = "external"
)

// BarrierMailbox is where a report of a barrier goes: the first that there is of the tenant's
// address for it, the one for answers, the sender's, and a department's; "" none.
func (s *Setup) BarrierMailbox() string {
	box := cmp.Or(s.Accessibility.Mail, s.Mail.ReplyTo, s.Mail.From)
	for i := range s.Departments {
		box = cmp.Or(box, s.Departments[i].Mail)
	}
	return box
}

// BarrierPhone is whom to call about a barrier; "" nobody.
func (s *Setup) BarrierPhone() string { return cmp.Or(s.Accessibility.Phone, s.Tenant.Phone) }

// maxOrigins is how many there may be: they stand in a header of every framed page.
const maxOrigins = 50

func (c *checker) embed(e *Embed) {
	if !c.atMost("embed.origins", len(e.Origins), maxOrigins) {
		return
	}
	for i, o := range e.Origins {
		if !webOrigin(o) {
			c.bad(at("embed.origins", i), "found %q; expected scheme and host alone, such as https://www.example.org", shorten(o))
		}
	}
	c.unique("embed.origins", e.Origins)
}

// webOrigin reports an origin as browsers write it: https and a host with dots, or a
// loopback address with any scheme, for trying things out. Nothing in it can end the
// directive of the header that it stands in.
func webOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme+"://"+u.Host != s || u.Host == "" || u.Port() != "" && !decimal(u.Port()) || strings.HasSuffix(u.Host, ":") {
		return false
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && ip.IsLoopback() && ip.Zone() == ""
	if loopback {
		return u.Scheme == "https" || u.Scheme == "http"
	}
	return u.Scheme == "https" && err != nil && strings.Contains(host, ".") && hostName(host)
}

func decimal(s string) bool {
	return len(s) <= 5 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func (c *checker) accessibility(a *Accessibility) {
	if a.State != "" {
		c.oneOf("accessibility.state", a.State, AccessibleFully, AccessiblePartly, AccessibleNot)
	}
	if a.Method != "" {
		c.oneOf("accessibility.method", a.Method, TestedSelf, TestedExternal)
	}
	c.day("accessibility.prepared", a.Prepared, false)
	c.day("accessibility.tested", a.Tested, false)
	if a.State != "" && a.Tested.IsZero() {
		c.bad("accessibility.tested", "found none, but a state; expected the day on which the pages were tested, or no state")
	}
	if a.State == AccessibleFully && len(a.Gaps) > 0 {
		c.bad("accessibility.state", "found full, but gaps; expected partly, or no gaps")
	}
	c.mailbox("accessibility.mail", a.Mail)
	if u := a.Enforcement.URL; u != "" && !(webLike(u) && webAddress(u)) {
		c.bad("accessibility.enforcement.url", "found %q; expected an address such as https://www.example.org/schlichtung", shorten(u))
	}
}

func (c *checker) openData(o *OpenData) {
	if webLike(o.Licence) && !webAddress(o.Licence) {
		c.bad("openData.licence", "found %q; expected a name such as dl-de/zero-2-0 or an address", shorten(o.Licence))
	}
}

// MayEmbed reports whether anybody may show the way to a booking in a frame.
func (s *Setup) MayEmbed() bool { return len(s.Embed.Origins) > 0 }
