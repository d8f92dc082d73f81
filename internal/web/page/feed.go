package page

import (
	"html/template"
	"strconv"
	"strings"
)

// FeedAddress is the address of a calendar to subscribe to, on the page that shows it once.
// Template "feed-address".
type FeedAddress struct {
	Address string
	Webcal  template.URL // the same, for programs that subscribe when it is opened
	Code    *Code
}

// NewFeedAddress prepares an address of our own.
func NewFeedAddress(f Frame, address string) (*FeedAddress, error) {
	code, err := NewCode(address, f.T("public.feed.code"))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(address, "://")
	return &FeedAddress{Address: address, Webcal: template.URL("webcal://" + rest), Code: code}, nil
}

// FeedAlarms are the choices of how many minutes before a visit a calendar reminds; the
// first stands for none.
func FeedAlarms(f Frame, minutes []int) (list []Choice) {
	for i, n := range minutes {
		list = append(list, Choice{Value: strconv.Itoa(n), Label: f.T("public.feed.alarm" + strconv.Itoa(n)), Selected: i == 0})
	}
	return list
}
