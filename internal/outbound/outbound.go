// Package outbound connects to addresses that people typed: calendars to read,
// web hooks to call. Whoever may type an address could otherwise make the
// service look into the network it stands in.
//
// Every name is resolved here, every answer is checked, and exactly the checked
// address is dialled, so a name that answers differently the second time gains
// nothing. What an answer may cost is bounded: time, size, headers, redirects.
//
// It refuses to know what is fetched and why. Its errors are categories that may
// be shown to staff and written to logs: they hold no address, nothing of the
// answer and no word of a server.
//
// Start reading at Client and guard.go.
package outbound

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

const (
	// MaxBody is how many bytes of an answer are read, unpacked.
	MaxBody = 5 << 20
	// maxWire is how many bytes a connection may bring, packed and with headers.
	maxWire      = MaxBody + 1<<20
	maxHeader    = 64 << 10
	maxRedirects = 3
	// patience is the time for everything: name, connection, redirects, answer.
	patience = 10 * time.Second
)

// Client contacts addresses that people typed. It may be used by many at once.
type Client struct {
	hosts    []string // exempt names, in small letters, without a dot at the end
	networks []netip.Prefix
	lookup   func(ctx context.Context, host string) ([]netip.Addr, error)
	patience time.Duration
	roots    *x509.CertPool // nil: those of the system
}

// New makes a client. Hosts and networks are the internal targets that may be
// contacted although addresses like theirs are refused, and without encryption.
func New(hosts []string, networks []netip.Prefix) *Client {
	c := &Client{networks: networks, patience: patience}
	for _, host := range hosts {
		c.hosts = append(c.hosts, bare(host))
	}
	c.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	return c
}

// Answer is what came back.
type Answer struct {
	Status       int // 0: nothing came back
	NotModified  bool
	Body         []byte
	ContentType  string
	ETag         string
	LastModified string
	RetryAfter   time.Duration // as the other side wishes; 0: it said nothing
}

// Get fetches an address. ETag and lastModified are those of an earlier answer or
// empty. The error is a Category, BadStatus for all that is neither 200 nor 304
// (Status says which), or that of ctx when the caller gave up.
func (c *Client) Get(ctx context.Context, address, etag, lastModified string) (Answer, error) {
	header := http.Header{}
	if etag != "" {
		header.Set("If-None-Match", etag)
	}
	if lastModified != "" {
		header.Set("If-Modified-Since", lastModified)
	}
	answer, err := c.do(ctx, http.MethodGet, address, header, nil)
	if err != nil {
		return answer, err
	}
	answer.NotModified = answer.Status == http.StatusNotModified
	if !answer.NotModified && answer.Status != http.StatusOK {
		return answer, BadStatus
	}
	return answer, nil
}

// Post sends a body. It follows no redirects, since they would turn it into
// something else, and reads nothing of the answer but its head. Every status
// is an answer; the error is a Category or that of ctx when the caller gave up.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (Answer, error) {
	return c.do(ctx, http.MethodPost, address, header, body)
}

func (c *Client) do(ctx context.Context, method, address string, header http.Header, body []byte) (Answer, error) {
	target, err := c.parse(address)
	if err != nil {
		return Answer{}, err
	}
	within, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	request, err := http.NewRequestWithContext(within, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, BadAddress
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "terminvergabe")
	way := c.way(target.Scheme == "http")
	defer way.CloseIdleConnections()
	response, err := (&http.Client{Transport: way, CheckRedirect: c.redirect}).Do(request)
	if err != nil {
		return Answer{}, c.category(ctx, err)
	}
	defer response.Body.Close()
	answer := Answer{
		Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"),
		ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified"),
		RetryAfter: retryAfter(response.Header.Get("Retry-After")),
	}
	if method != http.MethodGet || response.StatusCode != http.StatusOK {
		return answer, nil
	}
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, MaxBody+1))
	if err != nil {
		return Answer{Status: answer.Status}, c.category(ctx, err)
	}
	if len(answer.Body) > MaxBody {
		return Answer{Status: answer.Status}, TooLarge
	}
	return answer, nil
}

// retryAfter reads seconds; a date counts as nothing said. At most a day.
func retryAfter(value string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, 24*time.Hour)
}
