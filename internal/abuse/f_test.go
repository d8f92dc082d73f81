package abuse

import (
	"bytes"
	"fmt"
	"mime"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// Section F: letters, and whom they can be abused against.
func TestF(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("F1", "line breaks, NUL and SMTP commands in the e-mail address", commandsInAddress)
	s.Case("F2", "line breaks, encoded words, 300 characters, emoji and right-to-left signs in the name", nameAsHeader)
	s.Case("F3", "line breaks and headers in phone, note and contact name", otherFieldsAsHeader)
	s.Case("F4", "addresses that a lenient parser takes: comments, quotes, literals, lists", strangeAddresses)
	s.Case("F5", "a stranger's address is bombed with bookings from many clients", bombedByBookings)
	s.Case("F6", "a stranger's address is bombed by asking for lost links", bombedByLinks)
	s.Case("F7", "the office sends a booker's advertisement to a stranger", spamRelay)
	s.Case("F8", "placeholders of template languages in a visitor's name and note", placeholders)
	s.Case("F9", "HTML and scripts in a visitor's name in the HTML part of a letter", markupInLetter)
	s.Case("F10", "an office is closed: one letter each, after the number was seen; taken back within the hour", bulkNotice)
	s.Case("F11", "out-of-office notes and auto-replies come back", autoReplies)
	s.Case("F12", "forged reports that somebody's letter was not delivered", forgedBounce)
	s.Case("F13", "a mail server that refuses for now, loses its answer, refuses for good", serverRefuses)
	s.Case("F14", "a mail server is down for a day", dayWithoutServer)
	s.Case("F15", "a nasty visitor's name in the office's own letters", nastyNameForOffice)
	s.Case("F16", "a backup with letters that wait is restored", restoredOutbox)
	s.Case("F17", "a program brings many visits in without letters", broughtIn)
	s.Case("F18", "a mail scanner follows every link of a letter, by GET and HEAD", scanner)
}

// Each address is refused by the API and by the form, and the mail server hears nothing.
func commandsInAddress(c *C) {
	victim := strings.ToLower(word()) + "@opfer.example"
	for _, address := range []string{
		"a@b.example\r\nBcc: " + victim, "a@b.example\nRCPT TO:<" + victim + ">", "\"a\r\nRCPT TO:<" + victim + ">\"@b.example", "a@b.example%0d%0aBcc:" + victim,
		"a@b.example\u2028" + victim, "a@b.example\x00", "a\x00@b.example", "a@b.example> RCPT TO:<" + victim, "\r\na@b.example\r\n.\r\nQUIT", "a@b.example\u0085", "<" + victim + ">",
	} {
		o := Order(c.Visitor(), "k1", At(40, "08:00"), "s1")
		o["email"] = address
		c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	slot := "k1@" + At(40, "08:00").Format(time.RFC3339)
	c.Refused(422, func() *Answer {
		return c.Form("/t1/book", url.Values{"service": {"s1"}, "slot": {slot}, "key": {secret()}, "name": {"Vera"}, "email": {"a@b.example\r\nBcc: " + victim}})
	})
	if list := c.house.sink.to(victim); len(list) > 0 {
		c.Errorf("the victim has %d letters", len(list))
	}
}

// headers are the headers of a letter as they were sent, and its recipient's name.
func headers(c *C, m *Mail) (names []string, to *netmail.Address) {
	c.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		c.Fatal(err)
	}
	for name := range msg.Header {
		names = append(names, name)
	}
	p := netmail.AddressParser{WordDecoder: new(mime.WordDecoder)}
	list, err := p.ParseList(msg.Header.Get("To"))
	if err != nil || len(list) != 1 {
		c.Fatalf("To: %q, want one address: %v", msg.Header.Get("To"), err)
	}
	return names, list[0]
}

// unharmed proves that a letter has the headers that ours have, and no other.
func unharmed(c *C, m *Mail, victim string) {
	c.Helper()
	names, to := headers(c, m)
	for _, name := range names {
		if !regexp.MustCompile(`^(Auto-Submitted|Content-[A-Za-z-]+|Date|From|List-[A-Za-z-]+|Message-Id|Mime-Version|Precedence|Received|Reply-To|Subject|To|User-Agent|X-Auto-Response-Suppress)$`).MatchString(name) {
			c.Errorf("the letter has a header %s", name)
		}
	}
	if len(m.To) != 1 || m.To[0] != to.Address || strings.Contains(to.Address, victim) {
		c.Errorf("the letter goes to %v with To: %v", m.To, to)
	}
	if head, _, _ := bytes.Cut(m.Raw, []byte("\r\n\r\n")); bytes.ContainsFunc(head, func(r rune) bool { return r > 126 || r < 32 && r != '\r' && r != '\n' && r != '\t' }) {
		c.Errorf("a header is not encoded: %q", head)
	}
}

func nameAsHeader(c *C) {
	victim := strings.ToLower(word()) + "@opfer.example"
	for _, name := range []string{"X\r\nBcc: " + victim, "X\nSubject: Gewinn", "X\x00", "X\x1b[2J", strings.Repeat("Ä", 300), "X\u2028Bcc: " + victim, "Vera \u202eargU"} {
		o := Order(c.Visitor(), "k1", At(40, "08:00"), "s1")
		o["name"] = name
		c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	for _, name := range []string{"=?utf-8?q?X=0D=0ABcc:_" + strings.ReplaceAll(victim, "@", "=40") + "?=", "😀 Ömer", "\"><b>Vera</b>, <" + victim + ">", strings.Repeat("Ä", 70)} {
		v := c.Visitor()
		v.Name = name + " " + word()
		b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
		m := c.Mail(b.Visitor.Email, 1)[0]
		unharmed(c, m, victim)
	}
	if list := c.house.sink.to(victim); len(list) > 0 {
		c.Errorf("the victim has %d letters", len(list))
	}
}

// What is a line stays a line; a note may have lines, and none of them becomes a header.
func otherFieldsAsHeader(c *C) {
	victim := strings.ToLower(word()) + "@opfer.example"
	for _, field := range []string{"phone", "contactName", "note"} {
		value := map[string]string{"phone": "0555\r\nBcc: " + victim, "contactName": "X\r\nBcc: " + victim, "note": "a\x00b"}[field]
		o := Order(c.Visitor(), "k1", At(40, "08:00"), "s1")
		o[field] = value
		c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	}
	v := c.Visitor()
	v.Note += "\r\n\r\n.\r\nRCPT TO:<" + victim + ">\r\nBcc: " + victim
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	unharmed(c, c.Mail(b.Visitor.Email, 1)[0], victim)
	if list := c.house.sink.to(victim); len(list) > 0 {
		c.Errorf("the victim has %d letters", len(list))
	}
}

func strangeAddresses(c *C) {
	for _, address := range []string{
		"a@b.example\u2028", "\"x\\\"><script>\"@b.example", "\"a b\"@b.example", "a@[127.0.0.1]", "a@[IPv6:::1]", "Name <a@b.example>", "a@b.example(Kommentar)", "(x)a@b.example",
		"a@b.example, c@d.example", "a@b.example;c@d.example", "a@b.example c@d.example", "a@b..example", ".a@b.example", "a..b@c.example", "a@localhost", "a@-b.example", "a@b.example.",
		"@b.example", "a@", "a", "", strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b", 64) + ".example", "a@" + strings.Repeat("bcdefgh.", 40) + "example",
		"a@b.example\t", "mailto:a@b.example", "a%b.example@relay.example,", "a@\u202eb.example", "a\u200b@b.example", "a@b.example?subject=x",
	} {
		o := Order(c.Visitor(), "k1", At(40, "08:00"), "s1")
		o["email"] = address
		a := c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
		if a.Status != 422 {
			c.Logf("address %q", address)
		}
	}
}

// A hundred bookings for one address from a hundred clients: three letters within an hour,
// ten within a day, whichever calendar they are for.
func bombedByBookings(c *C) {
	own := c.Own(Setting{})
	victim, n := strings.ToLower(word())+"@opfer.example", 0
	bomb := func(times int) (booked int, last *Answer) {
		for range times {
			v := own.Visitor()
			v.Email = victim
			if last = own.Stranger().JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", At(5+n/30, "08:00").Add(time.Duration(n%30)*20*time.Minute), "s1")); last.Status == 201 {
				booked++
				own.Expect(victim, 1)
			}
			n++
		}
		return booked, last
	}
	if booked, last := bomb(40); booked != 3 || last.Status != 429 {
		c.Errorf("within an hour %d bookings, want 3 and then 429: %s", booked, last)
	}
	total := 3
	for i := range 5 {
		own.Mail(victim, total)
		own.house.quiet(own) // a clock that leaps repeats what is just being sent
		own.Clock(fmt.Sprint(time.Duration(i+1) * 61 * time.Minute))
		booked, _ := bomb(12)
		total += booked
	}
	if total != 10 {
		c.Errorf("within six hours %d bookings, want 10", total)
	}
	v := own.Visitor()
	v.Email = victim
	own.Refused(429, func() *Answer {
		return own.Stranger().JSON("POST", "/api/v1/t1/bookings", Order(v, "k2", At(20, "08:00"), "s1"))
	})
	own.BookAs(own.Visitor(), "k1", At(21, "08:00"), "s1") // others go on
}

// Whoever asks for the links of an address, known or not, reads the same; the letter goes
// out once.
func bombedByLinks(c *C) {
	own := c.Own(Setting{})
	b := own.Book("k1", "s1")
	own.Mail(b.Visitor.Email, 1)
	own.Expect(b.Visitor.Email, 1)
	ask := func(address string) *Answer { return own.Stranger().Form("/t1/links", url.Values{"email": {address}}) }
	unknown := ask("niemand@besuch.example")
	for range 12 {
		own.Same(ask(b.Visitor.Email), unknown)
	}
	own.Clock("40s")
	if n := len(own.Mail(b.Visitor.Email, 2)); n != 2 {
		c.Errorf("%d letters, want 2", n)
	}
	c.Harmless("known or not: the same page; one letter, however often it is asked for")
	own.Same(own.Get(unknown.Location()), own.Stranger().Get(ask(b.Visitor.Email).Location()))
}

// What a stranger reads in a letter that asks them to confirm is the office's own text and
// a name without an address to go to.
func spamRelay(c *C) {
	v := c.Visitor()
	site := strings.ToLower(word()) + ".example"
	v.Name, v.Note = "https://"+site+"/gewinn Jetzt "+word(), "Kaufen Sie bei www."+site+" "+word()
	a := c.MayShowTo(v).JSON("POST", "/api/v1/t1/bookings", Order(v, "mail", c.Slot("mail"), "s1"))
	if a.Status == 201 {
		c.Booked(v, "mail", "s1", a)
		m := c.Mail(v.Email, 1)[0]
		if strings.Contains(strings.ToLower(m.Text+string(m.Raw)), site) {
			c.Errorf("the letter names the booker's website:\n%s", m.Text)
		}
		_, note, _ := strings.Cut(v.Note, site)
		if strings.Contains(m.Text, strings.TrimSpace(note)) {
			c.Errorf("the letter quotes the booker's note:\n%s", m.Text)
		}
	}
	o := Order(c.Visitor(), "mail", c.Slot("mail"), "s1")
	o["name"] = strings.Repeat("Kaufen Sie jetzt ", 20)
	c.Refused(422, func() *Answer { return c.JSON("POST", "/api/v1/t1/bookings", o) })
	c.Harmless("the letter to an address that nobody has confirmed has no website and no note of the booker's")
}

// MayShowTo is a visitor who may see what somebody typed.
func (c *C) MayShowTo(v *Visitor) *Client { return c.Stranger().MayShow(v) }

// Text in braces is text.
func placeholders(c *C) {
	v := c.Visitor()
	v.Name = "{{.Secret}} {name} ${x} %s%n " + word()
	v.Note = "{{template \"letter\"}} {event.__init__.__globals__} #{7*7} <%= 7*7 %> {{7*7}} " + word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	m := c.Mail(v.Email, 1)[0]
	if strings.Contains(m.Text, "%!s") || !strings.Contains(m.Text, "{{.Secret}} {name} ${x} %s%n") {
		c.Errorf("the name is not in the letter as it was typed:\n%s", m.Text)
	}
	c.MayShow(v)
	page := c.Get(b.Manage)
	if page.Status != 200 || strings.Contains(page.Body, "49") && strings.Contains(page.Body, " 49 ") {
		c.Errorf("%s: something was calculated", page)
	}
	c.Harmless("printed literally in letter and page")
}

func markupInLetter(c *C) {
	v := c.Visitor()
	v.Name = `<img src=x onerror=alert(1)><a href="https://x.example">` + word()
	c.BookAs(v, "k1", c.Slot("k1"), "s1")
	m := c.Mail(v.Email, 1)[0]
	if !strings.Contains(m.Text, "&lt;img src=x onerror=alert(1)&gt;") {
		c.Errorf("the name is not in the HTML part as text:\n%s", m.Text)
	}
	_, page, _ := strings.Cut(m.Text, "<html")
	if page, _, _ = strings.Cut(page, "</html>"); page == "" || regexp.MustCompile(`(?i)<img src=x|<script|onerror=alert\(1\)>|<a href="https://x\.example`).MatchString(page) {
		c.Errorf("markup of the name works in the letter:\n%s", page)
	}
	c.Harmless("escaped in the HTML part")
}

// From the choice of visits to the letters, and back: nothing leaves before somebody has
// seen how many there are, and for ten minutes it can be taken back. Long: it is one story.
func bulkNotice(c *C) {
	own := c.Own(Setting{})
	day := At(8, "08:00")
	var all []*Booking
	for i := range 5 {
		b := own.BookAs(own.Visitor(), "wide", day.Add(time.Duration(i)*20*time.Minute), "s1")
		own.Mail(b.Visitor.Email, 1)
		all = append(all, b)
	}
	lead, clerk := own.As("t1.lead"), own.As("t1.clerk.o1")
	own.Refused(403, func() *Answer { return clerk.Get("/staff/incidents") })
	follow := func(a *Answer) *Answer {
		c.Helper()
		if a.Status != 303 {
			c.Fatalf("%s: want to be led on", a)
		}
		to, _, _ := strings.Cut(strings.TrimPrefix(a.Location(), "http://"+own.house.address), "#")
		return lead.Get(to)
	}
	begin := url.Values{"reason": {"ill"}, "calendar": {"wide"}, "from": {day.Format("2006-01-02T15:04")}, "to": {day.Add(4 * time.Hour).Format("2006-01-02T15:04")}, "close": {"all"}}
	choose := follow(lead.Form("/staff/incidents", begin))
	here := regexp.MustCompile(`/staff/incidents/[A-Z0-9]+`).FindString(choose.Path)
	plan := follow(lead.Form(here+"/bookings", choose.Fill(own, here+"/bookings")))
	letters := follow(lead.Form(here+"/plan", plan.Fill(own, here+"/plan")))
	if letters.Status != 200 || !strings.Contains(letters.Body, "5 Schreiben") {
		c.Errorf("before the letters are sent their number stands there: %s", letters)
	}
	own.Clock("3m")
	own.house.quiet(own)
	for _, b := range all {
		if n := len(own.house.sink.to(b.Visitor.Email)); n != 1 {
			c.Errorf("%d letters before anybody has confirmed, want 1", n)
		}
	}
	follow(lead.Form(here+"/confirm", nil))
	own.await("[[5]]", "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND bulk = 1")
	if a := lead.Form(here+"/undo", nil); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	own.await("[[5]]", "SELECT COUNT(*) FROM booking WHERE calendar = 'wide' AND starts >= $1 AND starts < $2 AND status = 'confirmed'", day.UTC().Format("2006-01-02T15:04:05Z"), day.Add(4*time.Hour).UTC().Format("2006-01-02T15:04:05Z"))
	own.Clock("40m")
	own.house.quiet(own)
	for _, b := range all {
		for _, m := range own.house.sink.to(b.Visitor.Email) {
			if len(m.To) != 1 {
				c.Errorf("one letter to %v", m.To)
			}
		}
	}
	c.Harmless("nothing leaves before it was confirmed; taken back within ten minutes nobody hears of it")
}

// comesBack gives an own installation a folder for what comes back, with messages in it.
func comesBack(c *C, messages ...string) {
	c.Helper()
	for i, text := range messages {
		c.Write(fmt.Sprintf("back/%d.eml", i), text)
	}
	c.Clock("2m")
	c.await("[[0]]", "SELECT COUNT(*) FROM mailbox WHERE looked = '' AND failed = ''")
}

// withReturns is an own installation that reads a folder for what comes back.
func withReturns(c *C) *C {
	c.Helper()
	own := c.Own(Setting{})
	mkdir(own, "back")
	own.Reconfigure(map[string]string{"mail": own.mailBy(", bounces: {address: rueckmeldung@eins.example, directory: back}")})
	return own
}

// Our letters say that a program wrote them, and what comes back is never answered.
func autoReplies(c *C) {
	own := withReturns(c)
	b := own.Book("k1", "s1")
	m := own.Mail(b.Visitor.Email, 1)[0]
	for _, want := range []string{"Auto-Submitted: auto-generated"} {
		if !strings.Contains(m.Text, want) {
			c.Errorf("the letter has no %s", want)
		}
	}
	if !regexp.MustCompile(`^rueckmeldung\+[A-Z2-7]{26}@eins\.example$`).MatchString(m.From) {
		c.Errorf("the letter comes back to %q, want an address of its own", m.From)
	}
	id := regexp.MustCompile(`<[A-Z2-7]{26}@[^>]+>`).FindString(m.Text)
	own.Unchanged(func() {
		comesBack(own,
			"From: "+b.Visitor.Email+"\r\nTo: "+m.From+"\r\nAuto-Submitted: auto-replied\r\nSubject: Abwesend\r\nIn-Reply-To: "+id+"\r\n\r\nIch bin nicht da.\r\n",
			"From: "+b.Visitor.Email+"\r\nTo: "+m.From+"\r\nPrecedence: bulk\r\nSubject: Re: Ihr Termin\r\nIn-Reply-To: "+id+"\r\n\r\nBitte stornieren!\r\n",
			"From: "+b.Visitor.Email+"\r\nTo: rueckmeldung@eins.example\r\nSubject: Re: Ihr Termin\r\n\r\nHallo\r\n")
		own.Clock("10m")
		own.house.quiet(own)
	}, "mailbox")
	c.Harmless("read, counted, never answered; letters are marked as a program's and come back to an address of their own")
}

// A report that names no letter of ours changes nothing, however it is made up: who forges
// one about somebody else's letter does not know its number.
func forgedBounce(c *C) {
	own := withReturns(c)
	b := own.Book("k1", "s1")
	own.Mail(b.Visitor.Email, 1)
	forged := func(id string) string {
		return "Return-Path: <>\r\nTo: rueckmeldung+" + id + "@eins.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n" +
			"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; " + b.Visitor.Email + "\r\nAction: failed\r\nStatus: 5.1.1\r\n" +
			"Diagnostic-Code: smtp; 550 5.1.1 <" + b.Visitor.Email + "> unknown\r\n\r\n--x--\r\n"
	}
	own.Unchanged(func() {
		comesBack(own, forged(secret()), forged("AAAAAAAAAAAAAAAAAAAAAAAAAA"), forged("' OR 1=1 --"), strings.ReplaceAll(forged("x"), "rueckmeldung+x", "rueckmeldung"), forged(b.Reference), "\x00\xff"+strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 500))
	}, "mailbox")
	own.Expect(b.Visitor.Email, 1)
	if a := own.JSON("POST", b.API+"/move", map[string]any{"start": own.Slot("k1")}); a.Status != 200 {
		c.Fatalf("%s", a)
	}
	own.Clock("4m")
	own.Mail(b.Visitor.Email, 2) // the address still gets letters
	own.MayShow(b.Visitor)
	c.Harmless("counted as unknown; the address still gets its letters")
}

func smtpError(code int, text string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

// For now is tried again, under the same Message-ID also where the answer was lost; for
// good ends it, and somebody is to call.
func serverRefuses(c *C) {
	own := c.Own(Setting{})
	tries := 0
	own.Refuse(func(step, _ string) error {
		if step == "data" {
			tries++
			return smtpError(451, "versuchen Sie es spaeter")
		}
		return nil
	})
	b := own.Book("k1", "s1")
	own.await("[[1]]", "SELECT attempts FROM outbox WHERE subject = $1 AND state = 'queued'", b.ID)
	if a := own.Get("/t1/"); a.Status != 200 {
		c.Errorf("%s: visitors are none the wiser", a)
	}
	own.Refuse(nil)
	own.Clock("30m")
	m := own.Mail(b.Visitor.Email, 1)[0]
	id := func(m *Mail) string { return regexp.MustCompile(`(?m)^Message-I[dD]: (.*)$`).FindString(m.Text) }
	if again := own.house.sink.again; len(again) == 0 || id(again[0]) != id(m) || id(m) == "" {
		c.Errorf("the second try has Message-ID %q, want that of the first", id(m))
	}
	gone := own.Visitor()
	own.Refuse(func(step, address string) error {
		if step == "rcpt" && strings.EqualFold(address, gone.Email) {
			return smtpError(550, "unknown user")
		}
		return nil
	})
	lost := own.BookAs(gone, "k1", At(9, "10:00"), "s1")
	own.Expect(gone.Email, -1)
	own.await("[[failed]]", "SELECT state FROM outbox WHERE subject = $1", lost.ID)
	own.Refuse(nil)
	own.Clock("26h")
	own.house.quiet(own)
	if n := len(own.house.sink.to(gone.Email)); n != 0 {
		c.Errorf("%d letters to an address that was refused for good", n)
	}
	c.Harmless("451: again later under the same Message-ID; 550: never again")
}

// A reminder whose time is past is dropped; a confirmation goes out once, late.
func dayWithoutServer(c *C) {
	own := c.Own(Setting{})
	if text, status := own.Apply(strings.Replace(townFile(), "confirm: none, reminders: []", "confirm: none, reminders: [24h]", 1)); status != 0 {
		c.Fatal(text)
	}
	own.Refuse(func(string, string) error { return smtpError(421, "closed") })
	soon := own.BookAs(own.Visitor(), "k1", At(1, "11:00"), "s1") // reminder in two hours, for in 26
	late := own.BookAs(own.Visitor(), "k1", At(9, "10:00"), "s1")
	own.await("[[1]]", "SELECT MAX(CASE WHEN attempts > 0 THEN 1 ELSE 0 END) FROM outbox WHERE subject IN ($1, $2)", soon.ID, late.ID)
	own.Refuse(nil)
	own.Clock("24h30m")
	own.await("[[1]]", "SELECT MAX(CASE WHEN state = 'sent' THEN 1 ELSE 0 END) FROM outbox WHERE subject IN ($1, $2)", soon.ID, late.ID)
	own.Clock("24h32m") // one letter tries first, then the others
	own.Mail(soon.Visitor.Email, 1)
	own.Mail(late.Visitor.Email, 1)
	own.Clock("26h")
	own.house.quiet(own)
	for _, b := range []*Booking{soon, late} {
		if list := own.house.sink.to(b.Visitor.Email); len(list) != 1 {
			c.Errorf("%d letters, want the confirmation alone", len(list))
		}
	}
	c.Harmless("confirmations leave once; the reminder whose time is past does not")
}

func nastyNameForOffice(c *C) {
	own := c.Own(Setting{})
	office := strings.ToLower(word()) + "@amt.example"
	if text, status := own.Apply(strings.Replace(townFile(), "confirm: none, reminders: []", "confirm: none, reminders: [], staffMail: {to: "+office+", on: [booked, cancelled], entries: true}", 1)); status != 0 {
		c.Fatal(text)
	}
	v := own.Visitor()
	v.Name, v.Note = "=?utf-8?q?Bcc:?= <img src=x> \"; x=1 "+word(), "Notiz\r\nBEGIN:VALARM\r\n.\r\n"+word()
	b := own.BookAs(v, "k1", At(9, "10:00"), "s1")
	own.Mail(v.Email, 1)
	own.Expect(office, 1)
	m := own.Mail(office, 1)[0]
	unharmed(own, m, "opfer")
	if strings.Contains(m.Text, "\nBEGIN:VALARM") && strings.Contains(m.Text, "METHOD:") {
		c.Errorf("the note has become a part of the entry:\n%s", m.Text)
	}
	own.Clock("2m")
	own.Expect(v.Email, 1)
	own.Expect(office, 1)
	if a := own.Form(b.Manage+"/cancel", nil); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	unharmed(own, own.Mail(office, 2)[1], "opfer")
	c.Harmless("encoded in headers, escaped in text and entry")
}

// The letters of a restored backup wait until an administrator says so.
func restoredOutbox(c *C) {
	own := c.Own(Setting{})
	own.Refuse(func(string, string) error { return smtpError(421, "closed") })
	b := own.Book("k1", "s1")
	own.await("[[1]]", "SELECT COUNT(*) FROM outbox WHERE subject = $1 AND attempts > 0", b.ID)
	if _, said, status := own.CLI("", "backup", "kept"); status != 0 {
		c.Fatal(said)
	}
	restart(own, func() {
		if out, said, status := own.CLI("", "restore", "kept"); status != 0 {
			c.Fatal(out + said)
		}
	})
	own.Refuse(nil)
	own.Clock("48h")
	if own.Get("/readyz").Status != 200 || len(own.house.sink.to(b.Visitor.Email)) != 0 {
		c.Error("letters leave before anybody has agreed")
	}
	out, _, _ := own.CLI("", "mail status")
	if !strings.Contains(out, "held back") || !strings.Contains(out, "booked") && !strings.Contains(out, "1") {
		c.Errorf("mail status does not say what would be sent:\n%s", out)
	}
	time.Sleep(2500 * time.Millisecond) // longer than the job takes to look
	if n := len(own.house.sink.to(b.Visitor.Email)); n != 0 {
		c.Errorf("%d letters before anybody has agreed", n)
	}
	if _, said, status := own.CLI("", "mail resume"); status != 0 {
		c.Fatal(said)
	}
	own.Mail(b.Visitor.Email, 1)
	c.Harmless("held back until `mail resume`; `mail status` counts what would leave")
}

// restart stops an own installation, lets something happen to its files, and starts it.
func restart(c *C, f func()) {
	c.Helper()
	c.Stop()
	if err := c.house.db.Close(); err != nil {
		c.Fatal(err)
	}
	c.house.db = nil
	f()
	c.Start()
}

// The house imports no visits; a program of the office books them, and says whether
// letters are wanted.
func broughtIn(c *C) {
	own := c.Own(Setting{})
	clerk := own.Token("t1.clerk")
	for i := range 60 {
		o := Order(own.Visitor(), "wide", At(20+i/30, "08:00").Add(time.Duration(i%30)*20*time.Minute), "s1")
		o["notify"] = false
		if a := clerk.JSON("POST", "/api/v1/t1/staff-bookings", o); a.Status != 201 {
			c.Fatalf("%s", a)
		}
	}
	own.await("[[0]]", "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND subject IN (SELECT id FROM booking WHERE notify = 0)")
	own.Clock("5m")
	own.house.quiet(own)
	past := Order(own.Visitor(), "wide", At(-3, "08:00"), "s1")
	own.Refused(409, func() *Answer { return clerk.JSON("POST", "/api/v1/t1/staff-bookings", past) })
	c.Harmless("60 visits, no letter")
}

// Whoever reads the mails before the visitor does, and tries their links, decides nothing.
func scanner(c *C) {
	b := c.Book("mail", "s1")
	m := c.Mail(b.Visitor.Email, 1)[0]
	links := regexp.MustCompile(`http://[^\s"<>]+`).FindAllString(m.Text, -1)
	if len(links) == 0 {
		c.Fatalf("no link in %s", m.Text)
	}
	c.MayShow(b.Visitor)
	c.Unchanged(func() {
		for _, link := range links {
			_, path, found := strings.Cut(strings.TrimPrefix(strings.ReplaceAll(link, "&amp;", "&"), "http://"), "/")
			if !found {
				continue
			}
			path, _, _ = strings.Cut(path, "#")
			for range 2 {
				c.Get("/" + path)
				c.Send("HEAD", "/"+path, "", "")
			}
		}
	})
	if rows := c.Query("SELECT status FROM booking WHERE id = $1", b.ID); rows[0][0] != "pending" {
		c.Errorf("the visit is %s, want it pending", rows[0][0])
	}
	c.Harmless("no link of a letter does anything until its page's button is pressed")
}
