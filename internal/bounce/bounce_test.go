package bounce

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Two letters of ours, and where they come from.
const (
	ours   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	other  = "234567ABCDEFGHIJKLMNOPQRST"
	sender = "rueckmeldung@musterstadt.example"
)

// crlf is how messages travel.
func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// What servers write: made after their documented forms.
const (
	postfix = `Return-Path: <>
Delivered-To: rueckmeldung+ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: rueckmeldung+ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4XyZ.1783400000/mx.example"

This is a MIME-encapsulated message.

--4XyZ.1783400000/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--4XyZ.1783400000/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4XyZ

Final-Recipient: rfc822; ada@beispiel.example
Original-Recipient: rfc822;ada@beispiel.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; in.beispiel.example
Diagnostic-Code: smtp; 550 5.1.1 <ada@beispiel.example>: Recipient address
    rejected: User unknown

--4XyZ.1783400000/mx.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: Stadt <termine@musterstadt.example>
Message-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example>

--4XyZ.1783400000/mx.example--
`
	exim = `Return-path: <>
From: Mail Delivery System <Mailer-Daemon@mail.example>
To: rueckmeldung+ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example
X-Failed-Recipients: ada@beispiel.example
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@beispiel.example
    host mx.beispiel.example [192.0.2.5]
    SMTP error from remote mail server after RCPT TO:<ada@beispiel.example>:
    550 No such user

------ This is a copy of your message, including all the headers. ------

Message-ID: <234567ABCDEFGHIJKLMNOPQRST@musterstadt.example>
Subject: Ihr Termin
`
	qmail = `Return-Path: <>
From: MAILER-DAEMON@qmail.example
To: rueckmeldung@musterstadt.example
Subject: failure notice

Hi. This is the qmail-send program at qmail.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@beispiel.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example>
`
	exchange = `Return-Path: <>
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firma.example>
To: rueckmeldung@musterstadt.example
Subject: Unzustellbar: Ihr Termin
Content-Type: multipart/report; report-type=delivery-status; boundary="_abc_"

--_abc_
Content-Type: multipart/alternative; boundary="_def_"

--_def_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

RmVobGVyIGJlaSBkZXIgTmFjaHJpY2h0ZW56dXN0ZWxsdW5n
--_def_--
--_abc_
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.firma.example

Final-recipient: RFC822;ada@firma.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException

--_abc_
Content-Type: message/rfc822

Message-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example>
Subject: Ihr Termin

Guten Tag
--_abc_--
`
	google = `Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: rueckmeldung+ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example
Subject: Delivery Status Notification (Delay)
Auto-Submitted: auto-replied
Content-Type: multipart/report; boundary="0000000000001"; report-type=delivery-status

--0000000000001
Content-Type: text/plain; charset="UTF-8"

There was a temporary problem delivering your message. Gmail will retry for 46 more hours.
--0000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 06 Jul 2026 05:00:00 -0700 (PDT)

Final-Recipient: rfc822; ada@beispiel.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.

--0000000000001
Content-Type: message/rfc822

Message-ID: <ABCDEFGHIJKLMNOPQRSTUVWXYZ@musterstadt.example>

--0000000000001--
`
)

func TestServersReports(t *testing.T) {
	for name, c := range map[string]struct {
		raw    string
		kind   Kind
		ids    []string
		code   int
		status string
		text   string
	}{
		"Postfix":              {postfix, Failed, []string{ours}, 550, "5.1.1", "User unknown"},
		"Exim, in words":       {exim, Failed, []string{ours, other}, 550, "", "No such user"},
		"qmail, Message-ID":    {qmail, Failed, []string{ours}, 0, "5.1.1", "no mailbox here"},
		"Exchange":             {exchange, Failed, []string{ours}, 554, "5.2.2", "mailbox full"},
		"Google, delayed":      {google, Delayed, []string{ours}, 0, "4.4.1", "did not accept"},
		"Exim, delayed":        {strings.Replace(exim, "Mail delivery failed: returning message to sender", "Warning: message 1abc-2def delayed 24 hours", 1), Delayed, []string{ours, other}, 550, "", ""},
		"delivered":            {strings.Replace(postfix, "Action: failed", "Action: delivered", 1), Absence, []string{ours}, 0, "", ""},
		"given up after 4.4.7": {strings.Replace(strings.Replace(google, "Action: delayed", "Action: failed", 1), "4.4.1", "4.4.7", 1), Failed, []string{ours}, 0, "4.4.7", ""},
		"cut off":              {postfix[:strings.Index(postfix, "Remote-MTA")], Failed, []string{ours}, 0, "5.1.1", ""},
	} {
		for _, raw := range [][]byte{crlf(c.raw), []byte(c.raw)} {
			got := Read(raw, sender)
			if got.Kind != c.kind || !slices.Equal(got.IDs, c.ids) || got.Code != c.code || got.Status != c.status || !strings.Contains(got.Text, c.text) {
				t.Errorf("%s: got %+v, want %+v", name, got, c)
			}
		}
	}
}

// Who answers is recognised, and none of it is a bounce.
func TestAnswersAreNoBouncesG10(t *testing.T) {
	answer := "From: Ada <ada@beispiel.example>\nTo: " + sender + "\nIn-Reply-To: <" + ours + "@musterstadt.example>\n"
	for name, c := range map[string]struct {
		raw  string
		kind Kind
	}{
		"auto-replied":           {answer + "Auto-Submitted: auto-replied (vacation)\n\nIch bin weg.", Absence},
		"precedence":             {answer + "Precedence: auto_reply\n\nweg", Absence},
		"Exchange header":        {answer + "X-Auto-Response-Suppress: All\n\nweg", Absence},
		"Outlook's subject":      {answer + "Subject: =?utf-8?q?Automatische_Antwort=3A_Ihr_Termin?=\n\nweg", Absence},
		"French subject":         {answer + "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Termin?=\n\nabsent", Absence},
		"iTIP reply":             {answer + "Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\nZugesagt\n--x\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n--x--\n", Reply},
		"iTIP counter, unsaid":   {answer + "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\r\nMETHOD:COUNTER\r\nEND:VCALENDAR", Reply},
		"iTIP refresh, base64":   {answer + "Content-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("BEGIN:VCALENDAR\r\nMETHOD:REFRESH\r\n")), Reply},
		"read receipt":           {answer + "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\ngelesen\n--x--", Absence},
		"a person":               {answer + "Subject: Re: Ihr Termin\nAuto-Submitted: no\n\nIch komme später.", Person},
		"a person about bounces": {answer + "Subject: Undelivered mail\n\nDelivery failed, schreibt mein Programm.", Person},
		"an invitation":          {answer + "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", Person},
		"nothing":                {"", Person},
		"no header":              {"Hallo", Person},
	} {
		got := Read(crlf(c.raw), sender)
		if got.Kind != c.kind {
			t.Errorf("%s: got %s, want %s", name, got.Kind, c.kind)
		}
		if named := slices.Equal(got.IDs, []string{ours}); named == (c.kind == Person) {
			t.Errorf("%s: got the letters %v", name, got.IDs)
		}
	}
}

// A letter is named by our own return address or by the letter that is enclosed, and by
// nothing that merely looks so.
func TestOnlyOurLettersAreNamed(t *testing.T) {
	for name, to := range map[string]string{
		"another mailbox": "jemand+" + ours + "@musterstadt.example",
		"another domain":  "rueckmeldung+" + ours + "@anderswo.example",
		"too short":       "rueckmeldung+ABC@musterstadt.example",
		"no plus":         ours + "@musterstadt.example",
	} {
		raw := strings.NewReplacer("rueckmeldung+"+ours+"@musterstadt.example", to, "Message-ID: <"+ours, "X-ID: <"+ours).Replace(postfix)
		if got := Read(crlf(raw), sender); len(got.IDs) != 0 || got.Kind != Failed {
			t.Errorf("%s: got %+v, want a report that names nothing", name, got)
		}
	}
	lower := strings.ReplaceAll(postfix, ours, strings.ToLower(ours))
	if got := Read(crlf(lower), sender); !slices.Equal(got.IDs, []string{ours}) {
		t.Errorf("in small letters: got %v", got.IDs)
	}
}

// Depth, parts and size are bounded, and nothing that is broken breaks anything.
func TestHostileMessages(t *testing.T) {
	deep := "Content-Type: multipart/mixed; boundary=a\n\n"
	for range 200 {
		deep += "--a\nContent-Type: multipart/mixed; boundary=a\n\n"
	}
	many := "Return-Path: <>\nContent-Type: multipart/report; report-type=delivery-status; boundary=a\n\n" + strings.Repeat("--a\nContent-Type: message/delivery-status\n\nAction: failed\n\n", 50_000)
	long := "Subject: " + strings.Repeat("x\n ", 200_000)
	for name, raw := range map[string]string{"deep": deep, "many parts": many, "long header": long, "NUL": strings.Repeat("\x00", 4096), "boundary": "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n"} {
		if got := Read([]byte(raw), sender); len(got.IDs) != 0 || len(got.Text) > 2000 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		raw := []byte([]string{postfix, exim, qmail, exchange, google}[dice.IntN(5)])
		for range 1 + dice.IntN(20) {
			raw[dice.IntN(len(raw))] = byte(dice.IntN(256))
		}
		if got := Read(raw[:dice.IntN(len(raw))], sender); len(got.IDs) > maxIDs {
			t.Fatalf("got %d letters named in %q", len(got.IDs), raw)
		}
	}
}
