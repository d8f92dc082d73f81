package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Browser sends the forms of one process's pages as a browser without JavaScript
// does. It follows no redirect. It is safe for use by many goroutines, though one
// person has one.
type Browser struct {
	Address string // host:port
	http    *http.Client
	keeps   bool
	mu      sync.Mutex
	cookies map[string]*http.Cookie
}

// NewBrowser gives a browser over the connections of a client. Where cookies are
// kept, so is what the pages remember by them.
func (c *Client) NewBrowser(cookies bool) *Browser {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{Address: c.Address, keeps: cookies, cookies: map[string]*http.Cookie{},
		http: &http.Client{Transport: c.http.Transport, Timeout: c.http.Timeout, CheckRedirect: stay}}
}

// Post sends a form and gives the status, where it leads to, and the page.
func (b *Browser) Post(ctx context.Context, path string, form url.Values) (status int, to *url.URL, page string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+b.Address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.mu.Lock()
	for _, k := range b.cookies {
		r.AddCookie(k)
	}
	b.mu.Unlock()
	resp, err := b.http.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, "", err // broken off in the middle of the page
	}
	b.remember(resp)
	to, err = resp.Location()
	if errors.Is(err, http.ErrNoLocation) {
		err = nil
	}
	return resp.StatusCode, to, string(text), err
}

func (b *Browser) remember(resp *http.Response) {
	if !b.keeps {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range resp.Cookies() {
		if k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		} else {
			b.cookies[k.Name] = k
		}
	}
}
