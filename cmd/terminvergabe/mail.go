package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	netmail "net/mail"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/jobs"
	"terminvergabe/internal/mail"
)

// transport is the way that letters take to a mail server or into a folder, signed where
// the configuration says so.
func transport(m config.MailServer) (mail.Transport, error) {
	out, err := unsigned(m)
	if err != nil || m.DKIM.Domain == "" {
		return out, err
	}
	by, err := mail.NewDKIM(m.DKIM.Domain, m.DKIM.Selector, []byte(m.DKIM.Key))
	if err != nil {
		return nil, err
	}
	return mail.Signed{By: by, To: out}, nil
}

func unsigned(m config.MailServer) (mail.Transport, error) {
	if m.Transport == "directory" {
		return mail.NewDirectory(m.Directory)
	}
	return mail.NewSMTP(mail.SMTPSettings{Host: m.Host, Port: m.Port, TLS: m.TLS, Username: m.Username, Password: m.Password,
		EnvelopeFrom: m.Bounces.Address, Plus: m.Bounces.Plus})
}

// paceOf bounds what a mail server is given; a folder takes all there is.
func paceOf(m config.MailServer) jobs.Pace {
	if m.Transport == "directory" {
		return jobs.Pace{}
	}
	return jobs.Pace(m.Pace)
}

// signature tries the key as the first letter would.
func (k *checkup) signature(at string, m config.MailServer) {
	if m.DKIM.Domain == "" {
		return
	}
	if _, err := mail.NewDKIM(m.DKIM.Domain, m.DKIM.Selector, []byte(m.DKIM.Key)); err != nil {
		k.fault("%s.dkim.key_file: %v", at, err)
	}
}

// aligned notices senders whom a signature of the domain does not vouch for: receivers
// that go by DMARC want both to belong to one domain.
func (k *checkup) aligned(s *agenda.Setup, domain string) {
	if domain == "" {
		return
	}
	senders := map[string]string{"mail.from": s.Mail.From}
	for i := range s.Departments {
		senders["departments."+s.Departments[i].ID+".mail"] = s.Departments[i].Mail
	}
	for _, key := range slices.Sorted(maps.Keys(senders)) {
		box, err := netmail.ParseAddress(senders[key])
		if err != nil { // none
			continue
		}
		if from := mail.DomainOf(box.Address); organisation(from) != organisation(domain) {
			k.note("%s: %s: letters come from %s and are signed by %s, which DMARC does not accept: change one of the two", s.Tenant.ID, key, from, domain)
		}
	}
}

// organisation is the domain that somebody registered: stadt.example.org belongs to
// example.org.
func organisation(domain string) string {
	domain = strings.ToLower(domain)
	if whole, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return whole
	}
	return domain
}

// mailKeyCommand makes the key that letters are signed with.
func mailKeyCommand(_ context.Context, c *call) error {
	domain := c.flags.String("domain", "", "")
	selector := c.flags.String("selector", "", "")
	kind := c.flags.String("type", "rsa", "")
	values, err := c.parse("FILE")
	if err != nil {
		return err
	}
	at := config.DKIM{Domain: strings.ToLower(*domain), Selector: *selector}
	if err := at.Check(); err != nil {
		return usageError(err.Error())
	}
	if *kind != "rsa" && *kind != "ed25519" {
		return usageError("--type is rsa or ed25519")
	}
	key, err := mail.MakeDKIMKey(*kind)
	if err != nil {
		return err
	}
	by, err := mail.NewDKIM(at.Domain, at.Selector, key)
	if err != nil {
		return err
	}
	if err := writeNew(values[0], key); err != nil {
		return err
	}
	name, value := by.Record()
	fmt.Fprintf(c.errs, "The private key is in %s. Let the service's user own it, and put into the configuration, under mail:\n\n  dkim: {domain: %s, selector: %s, key_file: %s}\n\nBefore that, this record belongs into the DNS of %s:\n\n", values[0], at.Domain, at.Selector, values[0], at.Domain)
	fmt.Fprintf(c.out, "%s. IN TXT ( %s )\n", name, inStrings(value))
	return nil
}

// writeNew makes a file that its owner alone can read, and never replaces one: letters
// may be signed with it.
func writeNew(path string, data []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is: choose another name, and another selector", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// inStrings cuts the value of a TXT record into strings of at most 255 characters, of
// which such a record consists. Whoever reads it puts them together again.
func inStrings(value string) string {
	const longest = 255
	var list []string
	for len(value) > longest {
		list, value = append(list, value[:longest]), value[longest:]
	}
	return `"` + strings.Join(append(list, value), `" "`) + `"`
}
