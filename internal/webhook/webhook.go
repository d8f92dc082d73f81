// Package webhook is what other systems are told: the documents that they get, how a
// document is signed, and what fits into a text message.
//
// It follows Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0):
// three headers, webhook-id, webhook-timestamp (seconds since 1970) and
// webhook-signature, the last a list of "v1," and the base64 of HMAC-SHA256 over
// id.timestamp.body, one for each key in force. A receiver compares in constant time,
// refuses what is older than some minutes, and remembers ids: a document can come twice.
//
// It refuses to know the book and the network. Start reading at Document and Sign.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// prefix marks keys of this kind.
const prefix = "whsec_"

// Secret writes 32 bytes, given in base64 for addresses, as receivers want their key.
func Secret(raw string) string {
	key, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil {
		panic("webhook: a key that is no base64") // keyed hashes always are
	}
	return prefix + base64.StdEncoding.EncodeToString(key)
}

// Sign gives the header webhook-signature of a document: a signature by each key.
func Sign(secrets []string, id string, at time.Time, body []byte) (string, error) {
	var list []string
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, prefix))
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(list, " "), nil
}

// Document is what is posted, as JSON. Type is the event, Timestamp when it happened.
type Document struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"` // RFC 3339
	Data      Data   `json:"data"`
}

// Data is what a document is about. Booking is the visit as it is when the document is
// sent, not as it was: the greatest version is the truth.
type Data struct {
	Tenant  string   `json:"tenant"`
	Version int      `json:"version"` // of the booking after the event
	Booking *Booking `json:"booking,omitempty"`
	Message *Message `json:"message,omitempty"`
}

// Booking is a visit. What it is for and where is missing below detail full where a
// service is sensitive or the calendar private; Visitor is there with detail full only.
type Booking struct {
	ID         string   `json:"id"`
	Reference  string   `json:"reference"`
	Version    int      `json:"version"`
	Status     string   `json:"status"`
	Start      string   `json:"start"` // RFC 3339, in the tenant's zone
	End        string   `json:"end"`
	Calendar   string   `json:"calendar,omitempty"`
	Department string   `json:"department,omitempty"`
	Site       string   `json:"site,omitempty"`
	Mode       string   `json:"mode,omitempty"`
	Channel    string   `json:"channel,omitempty"`
	Services   []Item   `json:"services,omitempty"`
	Visitor    *Visitor `json:"visitor,omitempty"`
}

// Item is a service, how many times, and what was answered (detail full).
type Item struct {
	ID       string            `json:"id"`
	Quantity int               `json:"quantity"`
	Answers  map[string]string `json:"answers,omitempty"`
}

// Visitor is who comes.
type Visitor struct {
	Name          string `json:"name"`
	ContactName   string `json:"contactName,omitempty"`
	Email         string `json:"email,omitempty"`
	Phone         string `json:"phone,omitempty"`
	Language      string `json:"language"`
	Note          string `json:"note,omitempty"`
	StaffNote     string `json:"staffNote,omitempty"`
	CaseReference string `json:"caseReference,omitempty"`
}

// Message is a text that is to be carried to a phone.
type Message struct {
	To       string `json:"to"`
	Text     string `json:"text"`
	Language string `json:"language"`
	Kind     string `json:"kind"` // received confirmed changed cancelled rejected expired reminder
}
