package siege

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Oversize is a request that no program that means well sends.
type Oversize struct {
	Name string
	head string        // of the request, without what the length of the body says
	body func() string // "": none
	Want []int         // any of these statuses
}

func post(path, media string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: " + media + "\r\n"
}

// Oversizes are what is tried. Where the status may be one of two, the service closes the
// connection while more is being sent.
func Oversizes() []Oversize {
	const form, api = "/stadt/book", "/api/v1/stadt/holds"
	get := "GET /stadt/ HTTP/1.1\r\nHost: x\r\n"
	times := func(n int, s string) func() string { return func() string { return strings.Repeat(s, n) } }
	part := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
	return []Oversize{
		{"a header of 1 MB", get + "X-Long: " + strings.Repeat("a", 1<<20) + "\r\n", nil, []int{431}},
		{"10,000 headers", get + strings.Repeat("X-A: b\r\n", 10_000), nil, []int{431}},
		{"200 headers", get + numbered(200, "X-%d: b\r\n"), nil, []int{431}},
		{"an address of 8 kB", "GET /stadt/?q=" + strings.Repeat("a", 8<<10) + " HTTP/1.1\r\nHost: x\r\n", nil, []int{414}},
		{"an address of 1 MB", "GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n", nil, []int{431}},
		{"200 hops", get + "X-Forwarded-For: " + strings.Repeat("127.0.0.1, ", 200) + "127.0.0.1\r\n", nil, []int{200}},
		{"a form of 10 MB", post(form, "application/x-www-form-urlencoded"), times(10<<20, "a"), []int{413}},
		{"a form of 10 MB of names", post(form, "application/x-www-form-urlencoded"), times(5<<20, "a&"), []int{413}},
		{"a form of 10,000 parts", post(form, "multipart/form-data; boundary=b"), times(10_000, part), []int{400, 413}},
		{"a form of 10,000 parts for the staff", post("/staff/setup/tenant", "multipart/form-data; boundary=b") + "Cookie: staff=x\r\n", times(10_000, part), []int{303, 400, 404, 405, 413}},
		{"JSON 10,000 deep", post(api, "application/json"), func() string { return strings.Repeat(`{"services":[`, 5000) + strings.Repeat("]}", 5000) }, []int{400, 422}},
		{"JSON 30,000 deep", post(api, "application/json"), func() string { return strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) }, []int{400}},
		{"JSON with a text of 1 MB", post(api, "application/json"), func() string { return `{"calendar":"` + strings.Repeat("a", 1<<20) + `"}` }, []int{400, 413}},
		{"a length that is none", post(api, "application/json") + "Content-Length: -1\r\n", nil, []int{400}},
		{"two lengths", post(api, "application/json") + "Content-Length: 2\r\nContent-Length: 3\r\n", nil, []int{400}},
		{"chunks without an end", post(api, "application/json") + "Transfer-Encoding: chunked\r\n", nil, []int{400, 413}},
		{"HTTP/2 at once", "PRI * HTTP/2.0\r\n", nil, []int{505}},
		{"HTTP/9", "GET / HTTP/9.0\r\nHost: x\r\n", nil, []int{400, 505}},
	}
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Send sends the request and gives the status of the answer; the service may break off
// while more is being sent.
func (o Oversize) Send(ctx context.Context, address string) (status int, took time.Duration, err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	began := time.Now()
	go func() {
		text := o.head
		switch {
		case o.body != nil:
			body := o.body()
			text += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
		case strings.Contains(o.head, "chunked"):
			text += "\r\n" + strings.Repeat("1000\r\n"+strings.Repeat("a", 4096)+"\r\n", 1000)
		default:
			text += "\r\n"
		}
		_, _ = io.WriteString(conn, text)
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	took = time.Since(began)
	if err != nil {
		return 0, took, err
	}
	resp.Body.Close()
	return resp.StatusCode, took, nil
}
