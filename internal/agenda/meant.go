package agenda

import "strings"

// providers are the mail providers that most people in Germany use, each under all its
// names that are in use: none of them is ever taken for another.
var providers = []string{
	"gmail.com", "googlemail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "t-online.de", "magenta.de",
	"freenet.de", "arcor.de", "vodafone.de", "vodafonemail.de", "kabelmail.de", "online.de", "1und1.de", "ewe.net", "ewetel.net", "netcologne.de", "unity-mail.de", "o2online.de", "o2mail.de",
	"hotmail.com", "hotmail.de", "outlook.com", "outlook.de", "live.com", "live.de", "msn.com", "yahoo.com", "yahoo.de", "ymail.com", "rocketmail.com", "aol.com", "aol.de",
	"icloud.com", "me.com", "mac.com", "mail.de", "mail.com", "email.de", "posteo.de", "posteo.net", "mailbox.org", "tutanota.com", "tutanota.de", "tuta.com", "tuta.io",
	"proton.me", "protonmail.com", "pm.me", "mail.ru", "yandex.ru", "ukr.net", "i.ua", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "op.pl", "orange.fr", "free.fr", "laposte.net", "sfr.fr",
}

// often are slips that are not one letter away, or that stand for another provider than
// the nearest one.
var often = map[string]string{
	"gmail.de": "gmail.com", "gmial.de": "gmail.com", "googlemail.de": "googlemail.com", "gmail": "gmail.com", "web": "web.de", "gmx": "gmx.de", "hotmail": "hotmail.com",
	"icloud.de": "icloud.com", "t-online": "t-online.de", "tonline.de": "t-online.de", "t-online.com": "t-online.de", "web.com": "web.de", "gmai.com": "gmail.com",
}

// ends are the ends of domains that nobody has, and what was meant.
var ends = map[string]string{".con": ".com", ".cmo": ".com", ".ocm": ".com", ".comm": ".com", ".vom": ".com", ".xom": ".com", ".dee": ".de", ".ed": ".de", ".d": ".de", ".nett": ".net", ".ogr": ".org"}

// MeantAddress is the address that somebody may have meant who typed another one; "" where
// there is no guess. It never guesses for a provider's own name, and for others only where
// a single slip leads to one: dropped, added, changed or swapped letters.
func MeantAddress(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	domain = strings.ToLower(domain)
	if isProvider(domain) {
		return ""
	}
	if meant := often[domain]; meant != "" {
		return local + "@" + meant
	}
	if name := undotted(domain); name != "" {
		return local + "@" + name
	}
	if at := strings.LastIndexByte(domain, '.'); at > 0 && ends[domain[at:]] != "" {
		mended := domain[:at] + ends[domain[at:]]
		if meant := nearest(mended); meant != "" {
			mended = meant
		}
		return local + "@" + mended
	}
	if meant := nearest(domain); meant != "" {
		return local + "@" + meant
	}
	return ""
}

func isProvider(domain string) bool {
	for _, p := range providers {
		if p == domain {
			return true
		}
	}
	return false
}

// undotted finds a provider whose dot was left out: gmailcom.
func undotted(domain string) string {
	if strings.Contains(domain, ".") {
		return ""
	}
	for _, p := range providers {
		if strings.ReplaceAll(p, ".", "") == domain {
			return p
		}
	}
	return ""
}

// nearest is the provider that one slip leads to. The names of short ones are close to
// many others: there only letters that were swapped count, and an end that was cut off.
func nearest(domain string) string {
	for _, p := range providers {
		if p == domain {
			return p
		}
	}
	for _, p := range providers {
		name, end, _ := strings.Cut(p, ".")
		typed, typedEnd, _ := strings.Cut(domain, ".")
		switch {
		case len(name) >= 5 && slip(typed, name) && typedEnd == end, typed == name && len(name) >= 5 && slip(typedEnd, end) && len(typedEnd) != len(end):
			return p
		case len(name) < 5 && typedEnd == end && swapped(typed, name):
			return p
		}
	}
	return ""
}

// slip reports whether one dropped, added, changed or swapped letter leads from a to b.
func slip(a, b string) bool {
	if a == b {
		return false
	}
	if swapped(a, b) {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// swapped reports whether two letters beside each other are the other way round.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
