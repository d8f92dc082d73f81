package mail

import (
	"fmt"
	netmail "net/mail"

	"terminvergabe/internal/agenda"
)

// ParseMailbox reads a configured sender: "Name <address>" or an address.
func ParseMailbox(s string) (netmail.Address, error) {
	name, address, err := agenda.ParseMailbox(s)
	if err != nil {
		return netmail.Address{}, fmt.Errorf("mailbox: %w", err)
	}
	return netmail.Address{Name: headerText(name), Address: address}, nil
}
