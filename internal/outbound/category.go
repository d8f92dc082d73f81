package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
)

// Category says why an address gave no answer, in words that may be shown and
// logged. It is stable: tables and texts of pages use it.
type Category string

const (
	BadAddress  Category = "bad_address" // not http or https, or a host that no one writes so
	Unencrypted Category = "unencrypted" // http to a host that is not exempt
	Forbidden   Category = "forbidden"   // leads into a network that is not exempt
	Unreachable Category = "unreachable" // no such name, or nobody answers there
	Insecure    Category = "insecure"    // its certificate is not right
	TimedOut    Category = "timed_out"   // no whole answer within ten seconds
	TooLarge    Category = "too_large"   // more than MaxBody
	Redirected  Category = "redirected"  // too often, or to another scheme
	BadStatus   Category = "bad_status"  // an answer, but not the expected one
)

func (c Category) Error() string { return string(c) }

// category reduces an error to what may be told. Only a caller who gave up gets
// another error, the one of ctx.
func (c *Client) category(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var known Category
	var network net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return TimedOut
	case errors.As(err, &network) && network.Timeout():
		return TimedOut
	case untrusted(err):
		return Insecure
	}
	return Unreachable
}

// untrusted tells whether the two sides could not agree on encryption.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var host x509.HostnameError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &host)
}
