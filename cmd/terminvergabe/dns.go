package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"unicode"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/config"
	"terminvergabe/internal/mail"
)

// sender is a domain that letters come from.
type sender struct {
	domain   string
	envelope bool     // mail servers return to it what they cannot deliver, and go by its SPF record
	servers  []string // that letters from it leave by
}

// dns looks up what the domains of the senders say about mail: whether answers arrive,
// and whether receivers can tell that the letters are ours.
func (k *checkup) dns(ctx context.Context, resolver *net.Resolver, conf *config.Service) {
	senders := map[string]*sender{}
	add := func(address string, envelope bool, m config.MailServer) {
		domain := strings.ToLower(mail.DomainOf(address))
		if domain == "" {
			return
		}
		s := senders[domain]
		if s == nil {
			s = &sender{domain: domain}
			senders[domain] = s
		}
		s.envelope = s.envelope || envelope
		if m.Transport != "directory" && !slices.Contains(s.servers, m.Host) {
			s.servers = append(s.servers, m.Host)
		}
	}
	for _, t := range k.tenants {
		m := conf.Mail.For(t.Tenant.ID)
		add(m.Bounces.Address, true, m)
		for _, box := range append([]string{t.Mail.From}, mailboxesOfDepartments(t)...) {
			if a, err := netmail.ParseAddress(box); err == nil {
				add(a.Address, m.Bounces.Address == "", m)
			}
		}
	}
	for _, domain := range slices.Sorted(maps.Keys(senders)) {
		k.sender(ctx, resolver, *senders[domain])
	}
	k.published(ctx, resolver, "mail", conf.Mail.DKIM)
	for _, id := range slices.Sorted(maps.Keys(conf.Mail.Tenants)) {
		k.published(ctx, resolver, "mail.tenants."+id, conf.Mail.Tenants[id].DKIM)
	}
	if len(senders) == 0 {
		k.note("dns: no tenant has a sender yet")
	}
}

func mailboxesOfDepartments(s *agenda.Setup) (list []string) {
	for i := range s.Departments {
		list = append(list, s.Departments[i].Mail)
	}
	return list
}

// sender looks at one domain.
func (k *checkup) sender(ctx context.Context, resolver *net.Resolver, s sender) {
	mx, err := resolver.LookupMX(ctx, s.domain)
	switch none := len(mx) == 1 && mx[0].Host == "."; { // the record of who takes no mail (RFC 7505)
	case none:
		k.fault("dns: %s says that it takes no mail: answers to letters, and reports of those that cannot be delivered, get lost", s.domain)
	case isMissing(err):
		k.fault("dns: %s has no MX record: answers to letters, and reports of those that cannot be delivered, get lost", s.domain)
	case err != nil:
		k.fault("dns: %s: the MX records cannot be looked up: try again later", s.domain)
	default:
		var names []string
		for _, x := range mx {
			names = append(names, strings.TrimSuffix(x.Host, "."))
		}
		k.note("dns: %s takes mail at %s", s.domain, strings.Join(names, ", "))
	}
	k.policy(ctx, resolver, s.domain)
	if !s.envelope {
		return
	}
	switch found, err := texts(ctx, resolver, s.domain, "v=spf1"); {
	case err != nil:
		k.fault("dns: %s: the SPF record cannot be looked up: try again later", s.domain)
	case len(found) == 0:
		k.fault("dns: %s has no SPF record: many receivers take its letters for spam; it names the servers that may send: %s", s.domain, strings.Join(strings.Fields("v=spf1 mx "+spfNames(s.servers)+" -all"), " "))
	case len(found) > 1:
		k.fault("dns: %s has %d SPF records, which receivers take for none: leave one", s.domain, len(found))
	default:
		k.note("dns: %s lets these servers send (SPF): %s: compare with the way out of %s", s.domain, found[0], cmp.Or(strings.Join(s.servers, ", "), "your mail server"))
	}
}

// policy is what a domain, or the organisation that it belongs to, asks of receivers.
func (k *checkup) policy(ctx context.Context, resolver *net.Resolver, domain string) {
	for _, at := range []string{domain, organisation(domain)} {
		switch found, err := texts(ctx, resolver, "_dmarc."+at, "v=DMARC1"); {
		case err != nil:
			k.fault("dns: %s: the DMARC record cannot be looked up: try again later", at)
			return
		case len(found) > 0:
			k.note("dns: %s asks receivers (DMARC): %s", at, found[0])
			return
		}
	}
	k.note("dns: %s has no DMARC record: large providers ask for one, at least v=DMARC1; p=none", domain)
}

// published compares the public key in the DNS with the one that letters are signed with.
func (k *checkup) published(ctx context.Context, resolver *net.Resolver, at string, c config.DKIM) {
	if c.Domain == "" {
		return
	}
	by, err := mail.NewDKIM(c.Domain, c.Selector, []byte(c.Key))
	if err != nil {
		return // signature has told
	}
	name, want := by.Record()
	switch found, err := texts(ctx, resolver, name, ""); {
	case err != nil:
		k.fault("dns: %s.dkim: %s cannot be looked up: try again later", at, name)
	case !slices.ContainsFunc(found, func(s string) bool { return publicKey(s) == publicKey(want) }):
		k.fault("dns: %s.dkim: %s does not hold the key that letters are signed with, so receivers take them for forged; it must say: %s", at, name, want)
	default:
		k.note("dns: %s.dkim: %s holds the key that letters are signed with", at, name)
	}
}

// publicKey is the key of a DKIM record.
func publicKey(record string) string {
	for part := range strings.SplitSeq(strings.Join(strings.Fields(record), ""), ";") {
		if key, ok := strings.CutPrefix(part, "p="); ok {
			return key
		}
	}
	return ""
}

// spfNames names servers as an SPF record does.
func spfNames(servers []string) string {
	var list []string
	for _, s := range servers {
		way := "a:"
		if ip := net.ParseIP(s); ip.To4() != nil {
			way = "ip4:"
		} else if ip != nil {
			way = "ip6:"
		}
		list = append(list, way+s)
	}
	return strings.Join(list, " ")
}

// texts looks up the TXT records of a name that begin in a way. None is no error.
func texts(ctx context.Context, resolver *net.Resolver, name, begin string) (found []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, err := resolver.LookupTXT(ctx, name)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	for _, s := range list {
		if len(s) >= len(begin) && strings.EqualFold(s[:len(begin)], begin) {
			found = append(found, inert(s))
		}
	}
	return found, nil
}

// inert is a text without what a terminal would act on: whoever has a domain writes there
// what they like.
func inert(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// isMissing reports whether a name server said that there is no such record.
func isMissing(err error) bool {
	said, ok := errors.AsType[*net.DNSError](err)
	return ok && said.IsNotFound
}
