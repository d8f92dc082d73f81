package abuse

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Section H: addresses that we contact, files that we read and write.
func TestH(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("H1", "a calendar elsewhere at an address inside our own network, in every spelling", insideAddresses)
	s.Case("H2", "a calendar elsewhere that leads on into our own network, and round in circles", ledInside)
	s.Case("H3", "a webhook inside our own network, by address, name and other schemes", hookInside)
	s.Case("H4", "a name with several addresses, one of them ours", mixedAddresses)
	s.Case("H5", "a calendar elsewhere without end, packed a thousandfold, or drop by drop", bombs)
	s.Case("H6", "a calendar elsewhere whose entries repeat every second, and that is no calendar", endlessEntries)
	s.Case("H7", "what staff reads of the other side's words", otherSidesWords)
	s.Case("H8", "who may have addresses tried out, and how often", tryingOut)
	s.Case("H9", "a webhook's other side: what it is told, and what it answers", hookAnswers)
	s.Case("H10", "formulas in tables for spreadsheets", formulas)
	s.Case("H11", "a set-up file with NUL, cp1252, a byte order mark, twice the same, cut off", strangeFiles)
	s.Case("H12", "a set-up file that unfolds without end, and one of a hundred thousand lines", yamlBombs)
	s.Case("H13", "scripts and remote pictures in the printed list; the name of its file", printedList)
	s.Case("H14", "logos: scripts, two formats in one, 20,000 dots wide, names with paths", logos)
}

// otherSide is a web server on an address of this machine that the configuration names as
// one that may be contacted.
func otherSide(c *C, h http.HandlerFunc) (base string, asked *atomic.Int64) {
	c.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		c.Fatal(err)
	}
	asked = &atomic.Int64{}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	})}
	go s.Serve(l)
	c.Cleanup(func() { _ = s.Close() }) // nothing is lost
	return "http://" + l.Addr().String(), asked
}

func allowing() Setting {
	return Setting{Conf: map[string]string{"outbound": "{allow: [127.0.0.2/32]}"}}
}

// withBusy is the set-up of t1 with calendars elsewhere for k1.
func withBusy(addresses ...string) string {
	list := ""
	for i, a := range addresses {
		list += fmt.Sprintf("{id: b%d, url: %q}, ", i, a)
	}
	return strings.Replace(townFile(), "reminders: [],", "reminders: [], busy: ["+strings.TrimSuffix(list, ", ")+"],", 1)
}

// faults applies a set-up with calendars elsewhere, waits until each was tried, and gives
// what became of them; refused: the set-up was not taken at all.
func faults(c *C, addresses ...string) (list []string, refused bool) {
	c.Helper()
	text, status := c.Apply(withBusy(addresses...))
	if status != 0 {
		c.says("apply: exit status 1")
		if strings.Contains(text, "goroutine") {
			c.Error(text)
		}
		return nil, true
	}
	for i := range addresses {
		c.await("[[1]]", "SELECT COUNT(*) FROM busy_source WHERE source = $1 AND tried <> ''", fmt.Sprintf("b%d", i))
	}
	for i := range addresses {
		list = append(list, c.Query("SELECT fault FROM busy_source WHERE source = $1", fmt.Sprintf("b%d", i))[0][0])
	}
	return list, false
}

// Wherever it is written so that a resolver would read our own network, nobody knocks.
func insideAddresses(c *C) {
	own := c.Own(Setting{})
	_, port, _ := net.SplitHostPort(own.Trap())
	planner := own.As("t1.admin")
	form := planner.Get("/staff/setup/calendars/k1")
	for _, address := range []string{
		"http://127.0.0.1:" + port, "https://127.0.0.1:" + port, "http://[::1]:" + port, "https://0:" + port, "https://0x7f.1:" + port, "https://2130706433:" + port, "https://0177.0.0.1:" + port, "https://127.1:" + port,
		"https://169.254.169.254/latest/meta-data", "https://localhost.:" + port, "https://localhost:" + port, "https://[::ffff:127.0.0.1]:" + port, "https://[::ffff:10.0.0.1]", "https://10.1.2.3", "https://192.168.1.1", "https://172.16.0.1",
		"https://[fd00::1]", "https://[fe80::1]", "https://[64:ff9b::7f00:1]:" + port, "https://１２７.0.0.1:" + port, "https://127。0。0。1:" + port, "https://user@127.0.0.1:" + port, "https://x@y@127.0.0.1:" + port, "unix:/run/x", "file:///etc/passwd", "gopher://127.0.0.1:" + port, "ftp://127.0.0.1:" + port, "//127.0.0.1:" + port,
		"https://127.0.0.1:" + port + "#.example.org", "https://example.org:" + port + "@127.0.0.1:" + port, "dict://127.0.0.1:" + port, "https:\\\\127.0.0.1:" + port, "https://0.0.0.0:" + port, "https://100.64.0.1", "https://198.18.0.1",
	} {
		a := own.Refused(422, func() *Answer {
			return planner.Form("/staff/setup/calendars/k1", form.Fill(own, "/staff/setup/calendars/k1", "busy.0.url", address))
		})
		if a.Status != 422 {
			c.T.Logf("address %s", address)
		}
	}
	for _, address := range []string{"https://127.0.0.1:" + port, "https://localhost:" + port} {
		if list, refused := faults(own, address); !refused && list[0] != "forbidden" {
			c.Errorf("%s by the file: %q, want forbidden", address, list[0])
		}
	}
}

func ledInside(c *C) {
	own := c.Own(allowing())
	var base string
	base, asked := otherSide(c, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"/301": "http://" + own.Trap(), "/302": "https://" + own.Trap() + "/x", "/303": "http://localhost:1/", "/307": "http://[::ffff:127.0.0.1]" + own.Trap()[strings.LastIndex(own.Trap(), ":"):], "/308": "//" + own.Trap(), "/file": "file:///etc/passwd", "/loop": base + "/loop", "/rel": "\\\\" + own.Trap()}[r.URL.Path]
		status := http.StatusFound
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
			status = http.StatusFound
		}
		w.Header().Set("Location", to)
		w.WriteHeader(status)
	})
	list, refused := faults(own, base+"/301", base+"/302", base+"/303", base+"/307", base+"/308")
	for i, fault := range list {
		if fault != "forbidden" && fault != "redirected" {
			c.Errorf("the %d. redirect: %q, want it refused", i+1, fault)
		}
	}
	more, refusedToo := faults(own, base+"/file", base+"/loop", base+"/rel")
	for i, fault := range more {
		if fault == "" {
			c.Errorf("the %d. of the other redirects was followed", i+1)
		}
	}
	if refused || refusedToo || asked.Load() < 8 || asked.Load() > 25 {
		c.Errorf("refused: %v %v; the other side was asked %d times, want each address and at most three redirects", refused, refusedToo, asked.Load())
	}
	c.Harmless("no redirect into our own network is followed, three at most of others")
}

// withHooks is the set-up of t1 with webhooks.
func withHooks(detail string, addresses ...string) string {
	text := townFile() + "webhooks:\n"
	for i, a := range addresses {
		text += fmt.Sprintf("  - {id: h%d, url: %q, events: [booking.confirmed, booking.cancelled], detail: %s}\n", i, a, detail)
	}
	return text
}

func hookInside(c *C) {
	own := c.Own(Setting{})
	_, port, _ := net.SplitHostPort(own.Trap())
	for _, address := range []string{"file:///etc/passwd", "https://0x7f.1:" + port + "/", "unix:/run/x", "https://user:pw@example.org/", "http://" + own.Trap() + "/", "https://" + own.Trap() + "/", "https://localhost:" + port + "/", "https://[::1]:" + port + "/", "https://169.254.169.254/"} {
		text, status := own.Apply(withHooks("full", address))
		if status != 0 {
			c.Harmless("apply: exit status 1, names the line")
			if !strings.Contains(text, "webhooks") && !strings.Contains(text, "url") {
				c.Errorf("%s: apply does not say which line: %s", address, text)
			}
			continue
		}
		admin := own.As("t1.admin")
		if a := admin.Form("/staff/setup/webhooks/h0/test", nil); a.Status != 303 && a.Status != 429 {
			c.Errorf("%s", a)
		}
	}
	own.Clock("30s")
	own.await("[[0]]", "SELECT COUNT(*) FROM hook_post WHERE state = 'sent' OR status <> 0")
	c.Harmless("never contacted")
}

// A name all of whose addresses are allowed is contacted; one of which one is not, is not.
func mixedAddresses(c *C) {
	own := c.Own(Setting{Conf: map[string]string{"outbound": "{allow: [192.0.2.1/32]}"}})
	_, port, _ := net.SplitHostPort(own.Trap())
	if list, refused := faults(own, "https://localhost:"+port+"/x.ics", "https://LOCALHOST.:"+port+"/x.ics", "https://ip6-localhost:"+port+"/x.ics"); !refused {
		for _, fault := range list {
			if fault != "forbidden" && fault != "unreachable" && fault != "bad_address" {
				c.Errorf("a name of this machine: %q, want it refused", fault)
			}
		}
	}
	named := c.Own(allowing()) // one of localhost's addresses may be
	if list, refused := faults(named, "https://localhost:"+port+"/x.ics"); !refused && list[0] != "forbidden" {
		c.Errorf("a name of this machine: %q, want forbidden", list[0])
	}
	c.Harmless("a name is refused where any of its addresses is not one that may be contacted")
}

// Whatever comes without end is cut off, and letters leave meanwhile. Long: the other side
// has four ways to go on for ever.
func bombs(c *C) {
	own := c.Own(allowing())
	stop := make(chan struct{})
	c.Cleanup(func() { close(stop) })
	sent := &atomic.Int64{}
	base, _ := otherSide(c, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			block := []byte("BEGIN:VCALENDAR\r\n" + strings.Repeat("X-A:"+strings.Repeat("b", 60)+"\r\n", 1000))
			for n := 0; n < 1<<30/len(block); n++ {
				k, err := w.Write(block)
				sent.Add(int64(k))
				if err != nil {
					return
				}
			}
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			block := make([]byte, 1<<20)
			for range 2000 {
				if _, err := z.Write(block); err != nil {
					return
				}
			}
			_ = z.Close() // whoever reads it has gone
		case "/length":
			w.Header().Set("Content-Length", "1099511627776")
			_, _ = io.WriteString(w, "BEGIN:VCALENDAR\r\n") // and no more
			<-r.Context().Done()
		case "/drip":
			for {
				if _, err := io.WriteString(w, "B"); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush() // whoever reads it has gone
				select {
				case <-time.After(200 * time.Millisecond):
				case <-r.Context().Done():
					return
				case <-stop:
					return
				}
			}
		}
	})
	began := time.Now()
	list, refused := faults(own, base+"/endless", base+"/gzip", base+"/length", base+"/drip")
	if refused {
		c.Fatal("the set-up is not taken")
	}
	for i, want := range []string{"too_large", "too_large", "too_large", "timed_out"} {
		if list[i] != want && list[i] != "timed_out" {
			c.Errorf("the %d. calendar: %q, want %s", i+1, list[i], want)
		}
	}
	if sent.Load() > 64<<20 {
		c.Errorf("%d bytes were read of a calendar without end", sent.Load())
	}
	own.Mail(own.BookAs(own.Visitor(), "k2", At(9, "08:00"), "s1").Visitor.Email, 1) // letters leave meanwhile
	c.Harmless(fmt.Sprintf("cut off at 5 MB or ten seconds; other jobs go on (%s)", time.Since(began).Round(time.Minute)))
}

func endlessEntries(c *C) {
	own := c.Own(allowing())
	calendar := func(lines string) string {
		return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + lines + "END:VCALENDAR\r\n"
	}
	event := "BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20270301T080000Z\r\nDTSTART:20270302T080000Z\r\nDTEND:20270302T080001Z\r\n%sEND:VEVENT\r\n"
	texts := map[string]string{
		"/seconds": calendar(fmt.Sprintf(event, 1, "RRULE:FREQ=SECONDLY\r\n")),
		"/many":    calendar(strings.Repeat(fmt.Sprintf(event, 1, "RRULE:FREQ=MINUTELY;BYSECOND=0,1,2,3\r\n"), 300)),
		"/page":    "<!doctype html><title>Bitte anmelden</title>",
		"/nested":  strings.Repeat("BEGIN:VCALENDAR\r\n", 20_000),
		"/line":    calendar("SUMMARY:" + strings.Repeat("a;b=\"", 400_000) + "\r\n"),
		"/binary":  "\x00\xff\xfe" + strings.Repeat("\x00", 1000),
	}
	base, _ := otherSide(c, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, texts[r.URL.Path]) }) // whoever asked may have gone
	began := time.Now()
	list, refused := faults(own, base+"/seconds", base+"/many", base+"/page", base+"/nested", base+"/line", base+"/binary")
	if refused {
		c.Fatal("the set-up is not taken")
	}
	for _, i := range []int{2, 3, 5} {
		if list[i] == "" {
			c.Errorf("the %d. is no calendar, and was read as one", i+1)
		}
	}
	if took := time.Since(began); took > 60*time.Second {
		c.Errorf("reading them took %s", took)
	}
	if a := own.Get("/t1/"); a.Status != 200 {
		c.Errorf("%s", a)
	}
	c.Harmless("read within bounds or refused as no calendar; visitors are served meanwhile")
}

// Nothing of what the other side says is repeated to anybody.
func otherSidesWords(c *C) {
	own := c.Own(allowing())
	said := strings.ToLower(word())
	base, _ := otherSide(c, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Power", said)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "%s at 10.9.8.7 <script>alert(1)</script> BEGIN:VCALENDAR", said)
	})
	if _, refused := faults(own, base+"/geheim-"+said+".ics"); refused {
		c.Fatal("the set-up is not taken")
	}
	planner := own.As("t1.planner")
	for _, at := range []string{"/staff/setup", "/staff/setup/calendars/k1/busy", "/staff/journal"} {
		a := planner.Get(at)
		if text := strings.ToLower(a.Body); strings.Contains(text, said) || strings.Contains(text, "10.9.8.7") {
			c.Errorf("%s tells the other side's words, or its secret address", a)
		}
	}
	if strings.Contains(own.Log(), said) {
		c.Error("the log tells the other side's words, or its secret address")
	}
	c.Harmless("a category in our own words")
}

func tryingOut(c *C) {
	own := c.Own(allowing())
	base, asked := otherSide(c, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if text, status := own.Apply(strings.Replace(withBusy(base+"/x.ics"), "services:\n", "webhooks: [{id: h0, url: \""+base+"/hook\", events: [booking.confirmed]}]\nservices:\n", 1)); status != 0 {
		c.Fatal(text)
	}
	own.await("[[1]]", "SELECT COUNT(*) FROM busy_source WHERE tried <> ''")
	for who, statuses := range map[string][2]int{"t1.clerk": {403, 403}, "t1.reception": {403, 403}, "t1.auditor": {403, 403}, "t1.planner": {0, 403}, "t2.admin": {404, 404}} {
		x := own.As(who)
		if statuses[0] != 0 {
			own.Refused(statuses[0], func() *Answer { return x.Form("/staff/setup/calendars/k1/busy", url.Values{"source": {"b0"}}) })
		}
		own.Refused(statuses[1], func() *Answer { return x.Form("/staff/setup/webhooks/h0/test", nil) })
	}
	before, admin, limited := asked.Load(), own.As("t1.admin"), 0
	for i := range 25 {
		own.Clock(fmt.Sprintf("%ds", 40*(i+1)))
		if a := admin.Form("/staff/setup/calendars/k1/busy", url.Values{"source": {"b0"}}); a.Status == 429 {
			limited++
		}
	}
	if n := asked.Load() - before; limited < 5 || n > 25 {
		c.Errorf("of 25 presses within 17 minutes %d were refused and %d asked, want at most ten", limited, n)
	}
	often := 0
	for range 40 {
		if a := admin.Form("/staff/setup/webhooks/h0/test", nil); strings.Contains(a.Location(), "often") || a.Status == 429 {
			often++
		}
	}
	if often < 10 {
		c.Errorf("of 40 tests of a webhook %d were refused", often)
	}
	c.Harmless("planners and administrators of the place alone, ten times and no more")
}

// A webhook at the detail `reference` says what is booked, and nothing about whom; its
// answer is not read, and no redirect followed.
func hookAnswers(c *C) {
	own := c.Own(allowing())
	said := strings.ToLower(word())
	bodies, signed := make(chan string, 20), make(chan string, 20)
	base, _ := otherSide(c, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body) // a test fails by what is missing
		bodies <- string(text)
		signed <- fmt.Sprint(r.Header)
		w.Header().Set("Location", "http://"+own.Trap()+"/")
		w.WriteHeader(http.StatusTemporaryRedirect)
		fmt.Fprint(w, said)
	})
	if text, status := own.Apply(withHooks("reference", base+"/hook")); status != 0 {
		c.Fatal(text)
	}
	b := own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	select {
	case body := <-bodies:
		for _, word := range append(b.Visitor.canaries(), b.Secret) {
			if strings.Contains(strings.ToLower(body), strings.ToLower(word)) {
				c.Errorf("the webhook is told %q: %s", word, body)
			}
		}
		if !strings.Contains(body, b.Reference) {
			c.Errorf("the webhook is not told which visit: %s", body)
		}
		if head := <-signed; !regexp.MustCompile(`(?i)signature`).MatchString(head) {
			c.Errorf("what it is told is not signed: %s", head)
		}
	case <-time.After(20 * time.Second):
		c.Fatal("the webhook is not told")
	}
	own.await("[[307]]", "SELECT status FROM hook_post")
	a := own.As("t1.admin").Get("/staff/setup/webhooks/h0/log")
	if a.Status != 200 || strings.Contains(strings.ToLower(a.Body+own.Log()), said) {
		c.Errorf("%s: tells the other side's words", a)
	}
	own.Mail(b.Visitor.Email, 1)
	c.Harmless("told by reference, signed; a redirect is a failure; the answer is not repeated")
}

// Texts of the office become cells of tables, none of them a formula.
func formulas(c *C) {
	own := c.Own(Setting{})
	name := `=HYPERLINK("http://x.example","a")`
	text := strings.Replace(townFile(), "{id: s1, name: Kurzes Anliegen", "{id: s1, name: '"+name+"'", 1)
	text = strings.Replace(text, "{id: s2, name: Langes Anliegen", "{id: s2, name: '@SUM(1+1)*cmd|'' /C calc''!A0'", 1)
	text = strings.Replace(strings.Replace(text, "name: Amt Eins", "name: '-2+3+cmd'", 1), "name: Amt Zwei", "name: '＝1+1'", 1)
	if out, status := own.Apply(text); status != 0 {
		c.Fatal(out)
	}
	clerk := own.Token("t1.clerk")
	var visits []*Booking
	for i, service := range []string{"s1", "s2"} {
		b := own.BookAs(own.Visitor(), "k1", At(3, "08:00").Add(time.Duration(i)*time.Hour), service)
		own.Mail(b.Visitor.Email, 1)
		visits = append(visits, b)
	}
	for i, b := range visits {
		own.Clock(At(3, "08:00").Add(time.Duration(i) * time.Hour).Sub(opening).String())
		for _, verb := range []string{"check-in", "serve"} {
			if a := clerk.JSON("POST", "/api/v1/t1/staff-bookings/"+b.ID+"/"+verb, nil); a.Status != 200 {
				c.Fatalf("%s", a)
			}
		}
	}
	own.Clock("120h")
	lead := own.As("t1.admin")
	period := "?from=2027-03-01&to=2027-03-31"
	for _, at := range []string{"/staff/figures/figures.csv" + period, "/staff/journal/journal.csv"} {
		a := lead.Get(at)
		if a.Status != 200 {
			c.Errorf("%s", a)
		}
		if bad := regexp.MustCompile(`(?m)(^|[;,])"?\s*[=+@|\t＝]|(^|[;,])"?-[^\d"]`).FindString(a.Body); bad != "" {
			c.Errorf("%s: a cell begins with %q", at, bad)
		}
		if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			c.Errorf("%s: Content-Disposition %q, want it handed over as a file", at, d)
		}
	}
	sheet := lead.Get("/staff/figures/figures.xlsx" + period)
	z, err := zip.NewReader(strings.NewReader(sheet.Body), int64(len(sheet.Body)))
	if err != nil {
		c.Fatalf("%s: %v", sheet, err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			c.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			c.Fatal(err)
		}
		if strings.HasPrefix(f.Name, "xl/worksheets") && regexp.MustCompile(`<f[ >]`).Match(data) || strings.Contains(f.Name, "externalLink") {
			c.Errorf("%s holds a formula", f.Name)
		}
	}
	c.Harmless("no cell is a formula")
}

// What is not read to its end changes nothing: neither by the command nor by the page.
func strangeFiles(c *C) {
	own := c.Own(Setting{})
	good := townFile()
	for name, text := range map[string]string{
		"NUL":       good + "\x00",
		"cp1252":    strings.Replace(good, "Stadt Eins", "St\xe4dt Eins", 1),
		"twice":     good + "services: []\n",
		"cut":       good[:len(good)/2],
		"unknown":   good + "formula: '=1+1'\n",
		"documents": good + "---\ntenant: {id: t9, name: x}\n",
		"nothing":   "",
		"other":     strings.Replace(good, "{id: t1,", "{id: t2,", 1),
		"dangling":  strings.Replace(good, "department: o2", "department: o9", 1),
	} {
		own.Unchanged(func() {
			if out, status := own.Apply(text); status != 1 || strings.Contains(out, "goroutine") {
				c.Errorf("%s: exit status %d, want 1\n%s", name, status, out)
			}
		})
	}
	admin := own.As("t1.admin")
	for name, text := range map[string]string{"NUL": good + "\x00", "cp1252": "tenant: {id: t1, name: St\xe4dt}", "large": good + strings.Repeat("# x\n", 400_000), "cut": good[:len(good)/2]} {
		own.Unchanged(func() {
			if a := upload(admin, "/staff/setup/file", "file", "../../t1.yaml", "application/yaml", []byte(text)); a.Status < 400 || a.Status >= 500 {
				c.Errorf("%s: %s, want a refusal", name, a)
			} else {
				own.says(fmt.Sprint(a.Status))
			}
		})
	}
	c.Harmless("apply: exit status 1 with file and line; all or nothing")
}

// upload sends a file by a form.
func upload(x *Client, at, field, name, media string, data []byte) *Answer {
	x.c.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", field, name)}, "Content-Type": {media}})
	if err != nil {
		x.c.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		x.c.Fatal(err)
	}
	if err := w.Close(); err != nil {
		x.c.Fatal(err)
	}
	return x.With("Sec-Fetch-Site: same-origin").Send("POST", at, w.FormDataContentType(), body.String())
}

func yamlBombs(c *C) {
	own := c.Own(Setting{})
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		one := string(rune('a' + i))
		two := string(rune('b' + i))
		bomb += fmt.Sprintf("%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n", two, two, one, one, one, one, one, one, one, one)
	}
	for name, text := range map[string]string{
		"aliases": bomb, "deep": strings.Repeat("[", 20_000), "deeper": "tenant: " + strings.Repeat("{a: ", 20_000), "itself": "tenant: &a {id: *a}\n",
		"merge": "tenant: &a {<<: *a, id: t1}\n", "lines": townFile() + strings.Repeat("x: y\n", 100_000), "number": "tenant: {id: " + strings.Repeat("9", 100_000) + "}\n",
	} {
		own.Unchanged(func() {
			began := time.Now()
			out, status := own.Apply(text)
			if status != 1 || strings.Contains(out, "goroutine") || len(out) > 1<<20 {
				c.Errorf("%s: exit status %d, want 1\n%.2000s", name, status, out)
			}
			if took := time.Since(began); took > 30*time.Second {
				c.Errorf("%s: it took %s", name, took)
			}
		})
	}
	c.Harmless("apply: exit status 1 within a moment")
}

func printedList(c *C) {
	v := c.Visitor()
	v.Name, v.Note = `"><script>alert(1)</script><img src="http://x.example/a"> `+word(), `</td><link rel=stylesheet href=http://x.example> `+word()
	b := c.BookAs(v, "k1", c.Slot("k1"), "s1")
	c.Mail(v.Email, 1)
	clerk := c.As("t1.clerk.o1")
	day := "?" + url.Values{"calendar": {"k1"}, "date": {b.Start.In(berlin()).Format(time.DateOnly)}}.Encode()
	for _, at := range []string{"/staff/day/print" + day, "/staff/day" + day, "/staff/bookings/" + b.ID, "/staff/bookings/" + b.ID + "/slip"} {
		a := clerk.Get(at)
		if a.Status != 200 || strings.Contains(a.Body, "<script>alert") || strings.Contains(a.Body, `<img src="http://x`) || strings.Contains(a.Body, "<link rel=stylesheet href=http") {
			c.Errorf("%s: markup of a visitor works", a)
		}
		if remote := regexp.MustCompile(`(src|href)="(https?:)?//[^"]*"`).FindString(strings.ReplaceAll(a.Body, "http://"+c.target, "")); remote != "" {
			c.Errorf("%s: a remote address %s", a, remote)
		}
	}
	pdf := clerk.Get("/staff/day/list.pdf" + day)
	d := pdf.Header.Get("Content-Disposition")
	if pdf.Status != 200 || !strings.HasPrefix(pdf.Body, "%PDF-") || strings.ContainsAny(d, "\r\n/\\") || !strings.Contains(d, "filename") {
		c.Errorf("%s: Content-Disposition %q", pdf, d)
	}
	for _, word := range []string{"/JavaScript", "/JS", "/URI", "/Launch", "/Filespec", "/OpenAction <<", "http://x.example"} {
		if strings.Contains(pdf.Body, word) {
			c.Errorf("the PDF holds %s", word)
		}
	}
	for _, name := range []string{"../../x", "a\r\nSet-Cookie: x=1", "\"; filename=\"x.exe"} {
		a := clerk.Get("/staff/day/list.pdf?" + url.Values{"calendar": {name}, "date": {"2027-03-04"}}.Encode())
		if a.Header.Get("Set-Cookie") != "" || strings.Contains(a.Header.Get("Content-Disposition"), "exe") || strings.Contains(a.Header.Get("Content-Disposition"), "..") {
			c.Errorf("%s: %v", a, a.Header)
		}
	}
	c.Harmless("escaped; no remote address; a file name of our own")
}

// hugePNG says that it is very wide and high, in few bytes.
func hugePNG(width, height uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data))) // a buffer takes all
		b.WriteString(kind)
		b.Write(data)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(append([]byte(kind), data...)))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	chunk("IDAT", []byte("x\x9c\x63\x00\x00\x00\x01\x00\x01"))
	chunk("IEND", nil)
	return b.Bytes()
}

func logos(c *C) {
	own := c.Own(Setting{})
	admin := own.As("t1.admin")
	svg := func(inner string) []byte {
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 50"><rect width="9" height="9"/>` + inner + `</svg>`)
	}
	for name, data := range map[string][]byte{
		"../../x.svg": svg("<script>alert(1)</script>"), "onload.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="alert(1)"/>`),
		"foreign.svg": svg(`<foreignObject><iframe src="http://x.example"/></foreignObject>`), "image.svg": svg(`<image xlink:href="http://` + own.Trap() + `/"/>`),
		"entity.svg": []byte(`<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><text>&a;</text></svg>`),
		"style.svg":  svg(`<style>@import url(http://x.example)</style>`), "huge.png": hugePNG(20_000, 20_000), "page.png": []byte("<!doctype html><script>alert(1)</script>"),
		"x.gif": []byte("GIF89a/*<svg/onload=alert(1)>*/=1;"), "nothing.png": {}, "cut.png": hugePNG(10, 10), "large.png": bytes.Repeat([]byte("a"), 2<<20+1), "x.pdf": []byte("%PDF-1.4"),
	} {
		a := own.Refused(422, func() *Answer { return upload(admin, "/staff/setup/logo", "logo", name, "image/png", data) })
		if a.Status != 422 {
			c.T.Logf("file %s", name)
		}
	}
	if text, status := own.Apply(strings.Replace(townFile(), "mail: {from", "brand: {logo: ../../../../etc/passwd}\nmail: {from", 1)); status == 0 {
		c.Errorf("a logo outside of the file's folder is taken: %s", text)
	}
	clerk := own.As("t1.clerk")
	own.Refused(403, func() *Answer {
		return upload(clerk, "/staff/setup/logo", "logo", "x.svg", "image/svg+xml", svg(""))
	})
	if a := upload(admin, "/staff/setup/logo", "logo", "x.svg", "image/svg+xml", svg("<!-- "+word()+" -->")); a.Status != 303 {
		c.Errorf("%s: a drawing of shapes alone is taken", a)
	}
	path := regexp.MustCompile(`/t1/logo-[0-9a-f]+\.svg`).FindString(own.Get("/t1/").Body)
	if a := own.Get(path); a.Status != 200 || strings.Contains(a.Body, "<!--") || !strings.HasPrefix(a.Header.Get("Content-Type"), "image/svg+xml") {
		c.Errorf("%s: want the drawing, written anew", a)
	}
}
