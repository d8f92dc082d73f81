package abuse

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
)

// Client is somebody who asks: a visitor, signed-in staff, a program. It keeps cookies as
// a browser does, and follows no redirect.
type Client struct {
	c       *C
	target  string // host:port that is asked
	from    string // network address that it has for the service
	host    string // Host header; "": the target
	token   string
	cookies map[string]string
	headers map[string]string
	who     *account // nil: no staff
	may     []*Visitor
	source  string // address of this machine that it comes from; "": the usual one, whose word about addresses the service believes
}

// Answer is what came back.
type Answer struct {
	Method, Path string
	Status       int
	Header       http.Header
	Body         string
	Took         time.Duration
	sent         string // all of the request
}

// Location is where the answer leads.
func (a *Answer) Location() string { return a.Header.Get("Location") }

// Code is the stable code of a problem of the API; "" on a page.
func (a *Answer) Code() string {
	var p struct{ Code string }
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		_ = json.Unmarshal([]byte(a.Body), &p) // no code then
	}
	return p.Code
}

// Decode reads the answer as JSON.
func (a *Answer) Decode(c *C, into any) {
	c.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		c.Fatalf("%s: %v", a, err)
	}
}

// Cookie is the value of a cookie that was set; "" if it was not.
func (a *Answer) Cookie(name string) string {
	for _, k := range (&http.Response{Header: a.Header}).Cookies() {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// String is the answer in a message about it.
func (a *Answer) String() string {
	body := a.Body
	if len(body) > 400 {
		body = body[:400] + "..."
	}
	return fmt.Sprintf("%s %s: %d %s %q", a.Method, a.Path, a.Status, a.Location(), body)
}

// With is the same client with a header more: "Name: value".
func (x *Client) With(header string) *Client {
	y := *x
	y.headers = map[string]string{}
	for k, v := range x.headers {
		y.headers[k] = v
	}
	name, value, _ := strings.Cut(header, ": ")
	y.headers[name] = value
	return &y
}

// ToHost is the same client with another Host header.
func (x *Client) ToHost(host string) *Client {
	y := *x
	y.host = host
	return &y
}

// MayShow allows answers to this client to show a visitor.
func (x *Client) MayShow(list ...*Visitor) *Client {
	x.may = append(x.may, list...)
	return x
}

// Get asks for a page as a browser does.
func (x *Client) Get(path string) *Answer {
	x.c.Helper()
	return x.Send(http.MethodGet, path, "", "")
}

// Form sends a form of our own pages.
func (x *Client) Form(path string, values url.Values) *Answer {
	x.c.Helper()
	return x.With("Sec-Fetch-Site: same-origin").Send(http.MethodPost, path, "application/x-www-form-urlencoded", values.Encode())
}

// JSON sends a value to the API; nil sends no body, a string is sent as it is.
func (x *Client) JSON(method, path string, v any) *Answer {
	x.c.Helper()
	switch v := v.(type) {
	case nil:
		return x.Send(method, path, "", "")
	case string:
		return x.Send(method, path, "application/json", v)
	}
	body, err := json.Marshal(v)
	if err != nil {
		x.c.Fatal(err)
	}
	return x.Send(method, path, "application/json", string(body))
}

// Send sends a request. The path goes out as it is written.
func (x *Client) Send(method, path, media, body string) *Answer {
	x.c.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(x.c.Context()), method, "http://"+x.target+"/", strings.NewReader(body))
	if err != nil {
		x.c.Fatal(err)
	}
	r.URL.Opaque = "//" + x.target + path // nothing is tidied up on the way
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	return x.Do(r)
}

// Do sends a request with the client's address, cookies and token.
func (x *Client) Do(r *http.Request) *Answer {
	x.c.Helper()
	if x.from != "" {
		r.Header.Set("X-Forwarded-For", x.from)
	}
	if x.token != "" {
		r.Header.Set("Authorization", "Bearer "+x.token)
	}
	if x.host != "" {
		r.Host = x.host
	}
	for k, v := range x.headers {
		r.Header.Set(k, v)
	}
	for name, value := range x.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body) // a reader of a string
		r.Body = io.NopCloser(bytes.NewReader(sent))
		r.ContentLength = int64(len(sent))
	}
	began := time.Now()
	resp, err := x.transport().RoundTrip(r)
	if err != nil {
		x.c.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		x.c.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	for _, k := range resp.Cookies() {
		if k.MaxAge < 0 {
			delete(x.cookies, k.Name)
		} else {
			x.cookies[k.Name] = k.Value
		}
	}
	path := strings.TrimPrefix(r.URL.Opaque, "//"+x.target)
	if path == "" {
		path = r.URL.RequestURI()
	}
	a := &Answer{Method: r.Method, Path: path, Status: resp.StatusCode, Header: resp.Header, Body: string(body), Took: time.Since(began)}
	a.sent = unescaped(path) + fmt.Sprint(r.Header) + r.Host + unescaped(string(sent))
	x.c.heard(x, a)
	return a
}

func (x *Client) transport() *http.Transport {
	if x.source == "" {
		return x.c.house.wires()
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(x.source)}}
	return &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}
}

// Raw sends bytes as they are and reads one answer; nil where the service hung up.
func (x *Client) Raw(text string) *Answer {
	x.c.Helper()
	conn, err := net.DialTimeout("tcp", x.target, 5*time.Second)
	if err != nil {
		x.c.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	if err := conn.SetDeadline(began.Add(40 * time.Second)); err != nil {
		x.c.Fatal(err)
	}
	_, _ = io.WriteString(conn, text) // a service may answer and hang up before it has read all
	method, rest, _ := strings.Cut(text, " ")
	path, _, _ := strings.Cut(rest, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // what came before it hung up
	a := &Answer{Method: method, Path: path, Status: resp.StatusCode, Header: resp.Header, Body: string(body), Took: time.Since(began), sent: unescaped(text)}
	x.c.heard(x, a)
	return a
}

// unescaped is what was sent, also as it was meant.
func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return s + "\n" + plain
}

// sees reports whether somebody may be shown a visitor.
func (x *Client) sees(v *Visitor) bool {
	if slices.Contains(x.may, v) {
		return true
	}
	a := x.who
	if a == nil || a.disabled || v.Tenant != a.tenant || !agenda.Role(a.role).May(agenda.SeeBookings) {
		return false
	}
	return a.department == "" || a.department == v.Department
}
