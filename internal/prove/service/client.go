package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"time"
)

// Client speaks the JSON API of one process. It is safe for use by many goroutines.
type Client struct {
	Address string // host:port
	Tenant  string
	Token   string // "": not staff
	http    *http.Client
}

// NewClient gives a client that keeps up to a number of connections open.
func NewClient(address, tenant, token string, connections int) *Client {
	t := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	return &Client{address, tenant, token, &http.Client{Transport: t, Timeout: patience}}
}

// Close closes the open connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Problem is a refusal. Any other error of a call says that there was no answer: what
// was asked for has happened or has not.
type Problem struct {
	Status int
	Code   string
	Media  string `json:"-"` // type of the content
	Body   string `json:"-"` // where it is no JSON
	Retry  string `json:"-"` // Retry-After
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s %s", p.Status, p.Code, p.Body) }

// Wish is what a visitor wants.
type Wish struct {
	Services []Item `json:"services,omitempty"`
	Calendar string `json:"calendar,omitempty"`
	Start    string `json:"start,omitempty"` // RFC 3339
}

// Item is one service of a wish.
type Item struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
}

// Hold is a kept slot.
type Hold struct {
	Hold    string
	Expires time.Time
}

// Booking is a booking as the API shows it.
type Booking struct {
	ID, Reference, Status, Calendar string
	Start, End                      time.Time
	ManageURL                       string
}

// Secret is the manage secret; "" where the answer had none.
func (b *Booking) Secret() string {
	if b.ManageURL == "" {
		return ""
	}
	return path.Base(b.ManageURL)
}

// Visitor is who books.
type Visitor struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Hold keeps a slot.
func (c *Client) Hold(ctx context.Context, w Wish) (h Hold, err error) {
	return h, c.Call(ctx, "POST", "/holds", w, &h)
}

// Order is the body of a booking: a hold or a wish, and who comes.
type Order struct {
	Hold string `json:"hold,omitempty"`
	Wish
	Visitor
}

// Book turns a hold into a booking or books at once. key, which may be "", is the
// idempotency key: the same order under the same key is done once.
func (c *Client) Book(ctx context.Context, key string, o Order) (b Booking, err error) {
	return b, c.send(ctx, "POST", "/bookings", key, o, &b)
}

// StaffBook books with the client's token.
func (c *Client) StaffBook(ctx context.Context, key string, o Order) (b Booking, err error) {
	return b, c.send(ctx, "POST", "/staff-bookings", key, o, &b)
}

// Show looks a booking up by its manage secret.
func (c *Client) Show(ctx context.Context, secret string) (b Booking, err error) {
	return b, c.Call(ctx, "GET", "/bookings/"+secret, nil, &b)
}

// Move gives a booking another time.
func (c *Client) Move(ctx context.Context, secret, calendar, start string) (b Booking, err error) {
	return b, c.Call(ctx, "POST", "/bookings/"+secret+"/move", Wish{Calendar: calendar, Start: start}, &b)
}

// Cancel ends a booking.
func (c *Client) Cancel(ctx context.Context, secret string) (b Booking, err error) {
	return b, c.Call(ctx, "POST", "/bookings/"+secret+"/cancel", nil, &b)
}

// Confirm answers the letter that asks to confirm.
func (c *Client) Confirm(ctx context.Context, secret string) (b Booking, err error) {
	return b, c.Call(ctx, "POST", "/bookings/"+secret+"/confirm", nil, &b)
}

// StaffMove moves a booking by its id with the client's token.
func (c *Client) StaffMove(ctx context.Context, id, calendar, start string) (b Booking, err error) {
	return b, c.Call(ctx, "POST", "/staff-bookings/"+id+"/move", Wish{Calendar: calendar, Start: start}, &b)
}

// StaffAct does an act that needs nothing but a booking's id: approve, reject,
// cancel, check-in, serve, no-show.
func (c *Client) StaffAct(ctx context.Context, id, act string) (b Booking, err error) {
	return b, c.Call(ctx, "POST", "/staff-bookings/"+id+"/"+act, nil, &b)
}

// Call sends one request below /api/v1/TENANT and decodes the answer into out, which
// may be nil. A refusal is a *Problem.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	return c.send(ctx, method, path, "", in, out)
}

func (c *Client) send(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+"/api/v1/"+c.Tenant+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err // broken off in the middle of the answer
	}
	if resp.StatusCode >= 400 {
		p := &Problem{Media: resp.Header.Get("Content-Type"), Retry: resp.Header.Get("Retry-After")}
		if json.Unmarshal(text, p) != nil {
			p.Body = string(text)
		}
		p.Status = resp.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// For gives a client for a tenant over the same connections; Close closes them for
// both.
func (c *Client) For(tenant, token string) *Client {
	return &Client{c.Address, tenant, token, c.http}
}
