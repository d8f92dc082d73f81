// Package wire is HTTP as the bench needs it: a client that costs little beside the
// server it measures, the bare net/http server, and servers as processes of their
// own, so that limit and product are reached in the same way.
//
// It refuses to know what is asked and answered. Start reading at Client and Start.
package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// Client is one kept connection. It understands just enough HTTP/1.1 for the two
// servers it talks to: net/http's client would cost more than their answers.
type Client struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	body    []byte
}

// Dial connects to host:port.
func Dial(address string) (*Client, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Client{address: address, conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Get asks for a path.
func (c *Client) Get(path string) (status int, body []byte, err error) {
	return c.Do(fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, c.address))
}

// Post sends JSON to a path.
func (c *Client) Post(path string, json []byte) (status int, body []byte, err error) {
	return c.Do(append(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, c.address, len(json)), json...))
}

// Do sends a request as it stands. The body is good until the next call.
func (c *Client) Do(request []byte) (status int, body []byte, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, errors.New("no HTTP answer")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length, err := c.headers()
	if err != nil {
		return status, nil, err
	}
	if length < 0 {
		return status, c.body, c.chunks()
	}
	c.body = sized(c.body, length)
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}

// headers reads to the end of the headers; -1 is a body in chunks.
func (c *Client) headers() (length int, err error) {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		}
	}
}

func (c *Client) chunks() error {
	c.body = c.body[:0]
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return err
		}
		have := len(c.body)
		c.body = sized(c.body, have+int(size)+2) // with the line's end
		if _, err := io.ReadFull(c.in, c.body[have:]); err != nil {
			return err
		}
		c.body = c.body[:have+int(size)]
		if size == 0 {
			return nil
		}
	}
}

func sized(b []byte, n int) []byte {
	if n <= cap(b) {
		return b[:n]
	}
	return append(b[:len(b):len(b)], make([]byte, n-len(b))...)
}
