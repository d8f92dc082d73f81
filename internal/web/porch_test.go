package web

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What is asked reaches the handler as it was sent, however it comes; what is no request is
// answered as ever; and a header without an end reaches no server.
func TestPorch(t *testing.T) {
	for name, c := range map[string]struct {
		parts []string
		want  int // 0: none
	}{
		"at once":             {[]string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"}, 200},
		"byte by byte":        {strings.Split("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", ""), 200},
		"without returns":     {[]string{"POST / HTTP/1.1\nHost: x\nContent-Length: 5\n", "\nhello"}, 200},
		"a long header":       {[]string{"POST / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 20<<10), "\r\nContent-Length: 5\r\n\r\nhello"}, 200},
		"too long a header":   {[]string{"POST / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 60<<10)}, 431},
		"no request":          {[]string{"GARBAGE\r\n"}, 400},
		"another version":     {[]string{"GET / HTTP/3.0\r\nHost: x\r\n\r\n"}, 505},
		"no end":              {[]string{"GET / HTTP/1.1\r\nHost: x\r\n"}, 0},
		"not even a line":     {[]string{"GET / HT"}, 0},
		"nothing":             {nil, 0},
		"two in one go":       {[]string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"}, 200},
		"a body that is late": {[]string{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "hello"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T) {
				s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if body, err := io.ReadAll(r.Body); string(body) != "hello" || err != nil {
						t.Errorf("got body %q, %v", body, err)
					}
				}), &Connections{Most: 10})
				conn := s.arrive("203.0.113.7")
				sent := make(chan struct{})
				defer func() { _ = conn.Close(); <-sent }()
				began := time.Now()
				go func() {
					defer close(sent)
					for _, part := range c.parts {
						if _, err := io.WriteString(conn, part); err != nil {
							return
						}
						time.Sleep(10 * time.Millisecond)
					}
				}()
				read := bufio.NewReader(conn)
				for range max(1, strings.Count(strings.Join(c.parts, ""), "hello")) {
					a, err := http.ReadResponse(read, nil)
					if c.want == 0 {
						if err == nil || time.Since(began) > headerTimeout+time.Second {
							t.Errorf("got an answer %v, %v after %v, want the end", a, err, time.Since(began))
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, a.Body); err != nil || a.StatusCode != c.want {
						t.Errorf("got %d, %v, want %d", a.StatusCode, err, c.want)
					}
				}
			})
		})
	}
}
