package wire

import (
	"fmt"
	"io"
	"net/http"
)

// Ordinary is net/http's own client on kept connections: what a program costs that
// asks, on the same machine.
type Ordinary struct {
	url    string
	client http.Client
}

// NewOrdinary makes a client of one address for so many askers.
func NewOrdinary(address, path string, clients int) *Ordinary {
	return &Ordinary{url: "http://" + address + path, client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}}}
}

// Get asks once and reads the whole answer, which must be a 200.
func (o *Ordinary) Get() error {
	r, err := o.client.Get(o.url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", o.url, r.Status)
	}
	return nil
}

// Close ends the kept connections.
func (o *Ordinary) Close() error {
	o.client.CloseIdleConnections()
	return nil
}
