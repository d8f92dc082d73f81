package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// refused lists what is no one's on the internet, or what answers only inside a
// network or a data centre.
var refused = func() (all []netip.Prefix) {
	for _, network := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32", // a metadata service at a public address
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(network))
	}
	return all
}()

var (
	global = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is in use on the internet
	nat64  = netip.MustParsePrefix("64:ff9b::/96") // an IPv4 address in its last four bytes
)

// public tells whether an address is one of the internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" {
		return false
	}
	if nat64.Contains(a) {
		inner := a.As16()
		a = netip.AddrFrom4([4]byte(inner[12:]))
	}
	if a.Is6() && !global.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(refused, func(p netip.Prefix) bool { return p.Contains(a) })
}

// exempt tells whether an address lies in a network that the configuration names.
func (c *Client) exempt(a netip.Addr) bool {
	return slices.ContainsFunc(c.networks, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// bare is a host name as names are compared: in small letters, without the dot of the root.
func bare(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// Check tells whether an address could be contacted as far as that can be told
// without contacting anyone: BadAddress, Unencrypted, Forbidden or nil.
func (c *Client) Check(address string) error {
	_, err := c.parse(address)
	return err
}

// parse reads an address strictly: http or https, no name and password in it, and
// a host that is a name or an address in its usual spelling.
func (c *Client) parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.User != nil || u.Hostname() == "" || len(address) > 2000 {
		return nil, BadAddress
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, BadAddress
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, BadAddress
		}
	}
	if err := c.normalise(u); err != nil {
		return nil, err
	}
	u.Fragment, u.RawFragment = "", ""
	return u, c.checkHost(u.Hostname(), u.Scheme == "http")
}

// normalise puts the host into the form that is compared and looked up, so that
// full-width digits and the like are seen for what they become.
func (c *Client) normalise(u *url.URL) error {
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return BadAddress
		}
		return nil
	}
	host, err := idna.Lookup.ToASCII(bare(host))
	host = bare(host) // other full stops have become usual ones
	if err != nil || host == "" || numeric(host) {
		return BadAddress
	}
	if port := u.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	u.Host = host
	return nil
}

// numeric tells whether a name would be read as a number by some resolvers:
// 0x7f.1, 2130706433, 0. No name of the internet ends so.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last == "" || strings.Trim(last, "0123456789") == ""
}

// checkHost refuses what needs no lookup to be refused.
func (c *Client) checkHost(host string, plain bool) error {
	if slices.Contains(c.hosts, host) {
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return c.checkAll([]netip.Addr{a}, plain)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return Forbidden
	}
	if plain && len(c.networks) == 0 {
		return Unencrypted
	}
	return nil
}

// checkAll refuses a host one of whose addresses is refused. What is not
// encrypted may only go to exempt networks.
func (c *Client) checkAll(addresses []netip.Addr, plain bool) error {
	for _, a := range addresses {
		switch {
		case c.exempt(a):
		case !public(a):
			return Forbidden
		case plain:
			return Unencrypted
		}
	}
	return nil
}

// way is the transport of one call. No proxy of the environment stands between it
// and the checked address, and no connection outlives the call.
func (c *Client) way(plain bool) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, target string) (net.Conn, error) {
			return c.dial(ctx, network, target, plain)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.roots},
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
	}
}

// dial looks a host up once, checks every answer and connects to one of them.
func (c *Client) dial(ctx context.Context, network, target string, plain bool) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, BadAddress
	}
	if err := c.checkHost(host, plain); err != nil {
		return nil, err
	}
	addresses, err := c.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.hosts, host) {
		if err := c.checkAll(addresses, plain); err != nil {
			return nil, err
		}
	}
	var dialer net.Dialer
	err = error(Unreachable)
	for _, a := range addresses {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			return &bounded{Conn: conn, left: maxWire}, nil
		}
	}
	return nil, err
}

func (c *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return c.lookup(ctx, host)
}

// redirect follows a few redirects of the same scheme to addresses that could
// have been typed. They do not learn from where they were reached: addresses of
// calendars are secrets. What was posted is not sent elsewhere.
func (c *Client) redirect(next *http.Request, before []*http.Request) error {
	if before[0].Method != http.MethodGet {
		return http.ErrUseLastResponse
	}
	if len(before) > maxRedirects || next.URL.Scheme != before[0].URL.Scheme {
		return Redirected
	}
	next.Header.Del("Referer")
	target, err := c.parse(next.URL.String())
	if err != nil {
		return err
	}
	next.URL, next.Host = target, ""
	return nil
}

// bounded is a connection that brings only so much: an answer that unpacks to
// nothing for ever never reaches the limit of what is unpacked.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, TooLarge
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
