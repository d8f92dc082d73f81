package abuse

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Section K: staying there, HTTP, running it, privacy.
func TestK(t *testing.T) {
	t.Parallel()
	s := Open(t)
	s.Case("K1", "hundreds of half-open and idle connections, and bodies a byte at a time", slowConnections)
	s.Case("K2", "headers, addresses, forms and bodies that are far too large", farTooLarge)
	s.Case("K3", "requests that two servers would read differently", smuggled)
	s.Case("K4", "HTTP/2 without encryption: preface, upgrade, floods", http2)
	s.Case("K5", "spellings of one name, signs that hide, text that is no UTF-8", unicodeNames)
	s.Case("K6", "wildcards, SQL and endless words in searches", searchWords)
	s.Case("K7", "a visit is cancelled and its term passes: files, log and feeds are searched", forgotten)
	s.Case("K8", "what a link shows of its own visit and of others; links are guessed", ownDataOnly)
	s.Case("K9", "network addresses of visitors in database, log and metrics", noAddresses)
	s.Case("K10", "the journal is changed; its lines and those of the log are forged", journalForged)
	s.Case("K11", "no room on the disk, no file left to open, no memory left", noRoom)
	s.Case("K12", "the service is killed while it books", killedWhileBooking)
	s.Case("K13", "a database of a newer version, and set-up that stops halfway", newerDatabase)
	s.Case("K14", "who reads a backup, where it lies, whose it is", backupOfOthers)
	s.Case("K15", "the service is told to stop in the middle of a rush", stoppedInARush)
	s.Case("K16", "languages that are none: paths, a thousand letters, markup", noLanguage)
}

// dial opens a connection to the service and writes to it.
func dial(c *C, text string) net.Conn {
	c.Helper()
	conn, err := net.DialTimeout("tcp", c.target, 10*time.Second)
	if err != nil {
		c.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		c.Fatal(err)
	}
	return conn
}

// Those who hold connections and say nothing hold up nobody, and are shown out.
func slowConnections(c *C) {
	own := c.Own(Setting{})
	var all []net.Conn
	defer func() {
		for _, conn := range all {
			conn.Close()
		}
	}()
	for i := range 300 {
		text := []string{"", "GET /t1/ HTTP/1.1\r\nHost: x\r\nX-A: ", "POST /t1/links HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nemail="}[i%3]
		all = append(all, dial(own, text))
	}
	for range 20 {
		if a := own.Stranger().Get("/t1/"); a.Status != 200 {
			c.Errorf("%s", a)
		}
	}
	own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	for _, conn := range all[1:3] { // a head and a body that never end
		if err := conn.SetReadDeadline(time.Now().Add(25 * time.Second)); err != nil {
			c.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			c.Errorf("a slow connection is kept: %v", err)
		}
	}
	c.Harmless("others are served meanwhile; heads and bodies that do not end are broken off")
}

func farTooLarge(c *C) {
	size := func() string { return rss(c) }
	before := size()
	refused := func(name, text string) {
		c.Helper()
		began := time.Now()
		c.Unchanged(func() {
			a := c.Raw(text)
			if a != nil && (a.Status < 400 || a.Status >= 500) {
				c.Errorf("%s: %s, want a refusal", name, a)
			}
			if a != nil {
				c.says(fmt.Sprint(a.Status))
			}
		})
		if took := time.Since(began); took > 20*time.Second {
			c.Errorf("%s: it took %s", name, took)
		}
	}
	const head = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	refused("a header of 1 MB", "GET /t1/"+head+"X-A: "+strings.Repeat("a", 1<<20)+"\r\n\r\n")
	refused("10,000 headers", "GET /t1/"+head+strings.Repeat("X-A: b\r\n", 10_000)+"\r\n")
	thousand := ""
	for i := range 1000 {
		thousand += fmt.Sprintf("X-%d: b\r\n", i)
	}
	refused("1,000 headers", "GET /t1/"+head+thousand+"\r\n")
	refused("an address of 8 kB", "GET /t1/?q="+strings.Repeat("a", 8<<10)+head+"\r\n")
	refused("10,000 cookies", "GET /t1/"+head+"Cookie: "+strings.Repeat("a=b; ", 10_000)+"\r\n\r\n")
	form := "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
	refused("a form of 10 MB", "POST /t1/links"+head+form+fmt.Sprintf("Content-Length: %d\r\n\r\n", 10<<20)+"email="+strings.Repeat("a", 10<<20))
	refused("10,000 fields", "POST /t1/links"+head+form+fmt.Sprintf("Content-Length: %d\r\n\r\n", 20_000*4)+strings.Repeat("a=b&", 20_000))
	parts := strings.Repeat("--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n", 10_000) + "--x--\r\n"
	refused("10,000 parts", "POST /t1/links"+head+"Sec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=x\r\n"+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(parts))+parts)
	deep := strings.Repeat("[", 30_000)
	refused("JSON 30,000 deep", "POST /api/v1/t1/bookings"+head+"Content-Type: application/json\r\n"+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(deep))+deep)
	refused("a chunked body without end", "POST /t1/links"+head+form+"Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1000\r\n"+strings.Repeat("a", 4096)+"\r\n", 500))
	c.T.Logf("memory before %s, after %s", before, size())
}

// rss is how much memory the service has.
func rss(c *C) string {
	c.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.house.services[0].Process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	return regexp.MustCompile(`VmRSS:\s+(\d+ kB)`).FindString(string(data))
}

// One request is one request: what is ambiguous is refused, and what follows it is never
// answered.
func smuggled(c *C) {
	inner := "GET /t1/m/" + c.X().Secret + " HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, text := range map[string]string{
		"length and chunks":       "POST /t1/links HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
		"two lengths":             "POST /t1/links HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n" + inner,
		"an odd encoding":         "POST /t1/links HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + inner,
		"a space before colon":    "GET /t1/ HTTP/1.1\r\nHost : x\r\n\r\n" + inner,
		"a negative length":       "POST /t1/links HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + inner,
		"a plus in the length":    "POST /t1/links HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + inner,
		"no host":                 "GET /t1/ HTTP/1.1\r\n\r\n" + inner,
		"two hosts":               "GET /t1/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + inner,
		"a NUL in a header":       "GET /t1/ HTTP/1.1\r\nHost: x\r\nX-A: \x00\r\n\r\n" + inner,
		"a method of its own":     "G\x01T /t1/ HTTP/1.1\r\nHost: x\r\n\r\n" + inner,
		"a chunk that is no size": "POST /t1/links HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + inner,
	} {
		c.Unchanged(func() {
			conn := dial(c, text)
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
				c.Fatal(err)
			}
			got, _ := io.ReadAll(bufio.NewReader(conn)) // until it hangs up, or for a while
			if !bytes.HasPrefix(got, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(got, []byte("HTTP/1.1 5")) || bytes.Count(got, []byte("HTTP/1.1 ")) != 1 || bytes.HasPrefix(got, []byte("HTTP/1.1 500")) {
				c.Errorf("%s: %q, want one refusal", name, got[:min(len(got), 300)])
			}
		})
	}
	zipped := c.With("Content-Encoding: gzip").With("Sec-Fetch-Site: same-origin")
	c.Unchanged(func() {
		if a := zipped.Send("POST", "/t1/links", "application/x-www-form-urlencoded", "\x1f\x8b\x08\x00"+strings.Repeat("\x00", 1000)); a.Status < 400 || a.Status >= 500 {
			c.Errorf("%s: want a refusal of what is compressed", a)
		}
	})
	c.Harmless("one refusal, then the connection is closed; compressed bodies are not unpacked")
}

// The service speaks HTTP/1.1 alone; the web server before it does the rest.
func http2(c *C) {
	frames := "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + strings.Repeat("\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x08", 10_000)
	for name, text := range map[string]string{
		"preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frames,
		"upgrade": "GET /t1/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n" + frames,
	} {
		c.Unchanged(func() {
			conn := dial(c, text)
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
				c.Fatal(err)
			}
			got, _ := io.ReadAll(conn) // until it hangs up
			if bytes.Contains(got, []byte("101 Switching")) || !bytes.HasPrefix(got, []byte("HTTP/1.1 ")) || bytes.Count(got, []byte("HTTP/1.1 ")) > 2 {
				c.Errorf("%s: %q", name, got[:min(len(got), 200)])
			}
		})
	}
	c.Harmless("not spoken: answered as HTTP/1.1 and hung up on")
}

// One name has one spelling to those who look for it; what hides or is no text is refused.
func unicodeNames(c *C) {
	own := c.Own(Setting{})
	family := word()
	clerk := own.As("t1.clerk.o1")
	for i, name := range []string{"J\u00fcrgen 😀 " + family, "Ju\u0308rgen " + family, "ＪÜＲＧＥＮ " + family} {
		v := own.Visitor()
		v.Name = name + " " + word()
		own.BookAs(v, "k1", At(9, "08:00").Add(time.Duration(i)*20*time.Minute), "s1")
	}
	own.Clock("1s")
	for _, spelled := range []string{"J\u00fcrgen " + family, "Ju\u0308rgen " + family, "jürgen " + strings.ToUpper(family)} {
		form := clerk.Get("/staff/find").Fill(own, "/staff/find", "q", spelled)
		a := clerk.Form("/staff/find", form)
		if n := strings.Count(a.Body, "/staff/bookings/"); n < 2 {
			c.Errorf("%q finds %d visits, want those of both spellings: %s", spelled, n, a)
		}
	}
	for _, name := range []string{"Vera\u2028Muster", "Vera \u202eretsuM", "Vera\u200bMuster", "\u2066Vera\u2069", "Ve\ufeffra", "Vera\xff\xfe", "\u0000"} {
		body := strings.Replace(orderText(own), "NAME", strings.ReplaceAll(name, "\x00", `\u0000`), 1)
		a := own.JSON("POST", "/api/v1/t1/bookings", body)
		if a.Status == 201 {
			c.Errorf("%q is taken as a name", name)
		}
		own.Refused(a.Status, func() *Answer { return own.JSON("POST", "/api/v1/t1/bookings", body) })
	}
}

// orderText is the body of an order with NAME for a name.
func orderText(c *C) string {
	c.Helper()
	v := NewVisitor() // nobody who books
	v.Name = "NAME"
	text, err := json.Marshal(Order(v, "k1", At(12, "08:00"), "s1"))
	if err != nil {
		c.Fatal(err)
	}
	return string(text)
}

func searchWords(c *C) {
	clerk := c.As("t1.clerk.o1")
	form := clerk.Get("/staff/find")
	nobody := clerk.Form("/staff/find", form.Fill(c, "/staff/find", "q", "Niemand "+word()))
	none := strings.Count(nobody.Body, "/staff/bookings/")
	c.Unchanged(func() {
		for _, q := range []string{"%", "_", "%%%", "' OR '1'='1", "'; DROP TABLE booking; --", "*", ".*", "(a+)+$", "\\", "$1", "{{.}}", strings.Repeat("a", 5000), strings.Repeat("% ", 2000), "\u202e", "\x00", "=1+1"} {
			a := clerk.Form("/staff/find", form.Fill(c, "/staff/find", "q", q))
			if a.Status != 200 && a.Status != 422 && a.Status != 400 {
				c.Errorf("%q: %s", q, a)
			}
			if n := strings.Count(a.Body, "/staff/bookings/"); n > none {
				c.Errorf("%q finds %d visits", q, n)
			}
			if len(q) < 1000 {
				a = c.Get("/t1/?" + url.Values{"q": {q}}.Encode())
				if a.Status >= 500 || a.Took > 5*time.Second {
					c.Errorf("%q: %s after %s", q, a, a.Took)
				}
			}
		}
	}, "journal") // that somebody searched, not for what
	c.Harmless("words like others: nothing is found, nothing runs")
}

// After its term nothing of a visit is left in database, files beside it, log or feeds;
// that there was one stays countable.
func forgotten(c *C) {
	own := c.Own(Setting{})
	b := own.BookAs(own.Visitor(), "k1", At(5, "08:00"), "s1")
	own.Mail(b.Visitor.Email, 1)
	own.Expect(b.Visitor.Email, 1)
	own.MayShow(b.Visitor)
	if a := own.Form(b.Manage+"/cancel", nil); a.Status != 303 {
		c.Fatalf("%s", a)
	}
	own.Clock("10m")
	own.Mail(b.Visitor.Email, 2)
	own.Clock("260h") // the third day after the visit
	own.await("[]", "SELECT id FROM booking WHERE id = $1 AND sealed IS NOT NULL", b.ID)
	own.Refused(404, func() *Answer { return own.Get(b.Manage) })
	if body := subscriber(own, "o1").Get(own.Feed("k1.full")).Body; strings.Contains(body, b.Visitor.Phone) {
		c.Errorf("the feed still tells of the visitor")
	}
	own.clean("the log", own.Log())
	everything := ""
	for _, row := range own.tables() {
		for _, r := range own.Query("SELECT * FROM " + row) {
			everything += strings.Join(r, "|") + "\n"
		}
	}
	files, err := filepath.Glob(own.File("*"))
	if err != nil {
		c.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			continue // a folder
		}
		everything += string(data)
	}
	for _, word := range append(b.Visitor.canaries(), b.Secret) {
		if strings.Contains(strings.ToLower(everything), strings.ToLower(word)) {
			c.Errorf("%q is still there", word)
		}
	}
	own.MayShow(own.X().Visitor)
	c.Harmless("0 hits in tables, files, log and feeds")
}

// tables are the names of all tables.
func (c *C) tables() (list []string) {
	c.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if c.Engine() == postgres {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	for _, r := range c.Query(query) {
		list = append(list, r[0])
	}
	return list
}

// Who has a link reads what is kept about that visit, as a program may too; nobody comes
// by another one's.
func ownDataOnly(c *C) {
	own := c.Own(Setting{Conf: map[string]string{"limits": "{guesses_per_minute: 20}"}})
	v := own.Visitor()
	one, two := own.BookAs(v, "k1", At(9, "08:00"), "s1"), own.BookAs(own.Visitor(), "k1", At(9, "09:00"), "s1")
	x := own.Stranger().MayShow(v)
	a := x.Get(one.API)
	var data map[string]any
	if a.Decode(own, &data); a.Status != 200 || data["name"] != v.Name || data["email"] != v.Email {
		c.Errorf("%s: want one's own data", a)
	}
	for _, word := range append(two.Visitor.canaries(), two.Reference, two.ID) {
		if strings.Contains(a.Body, word) {
			c.Errorf("%s: tells %q of another visit", a, word)
		}
	}
	guesser, limited := own.Stranger(), 0
	own.Unchanged(func() {
		for range 60 {
			switch a := guesser.Get("/api/v1/t1/bookings/" + secret()); a.Status {
			case 429:
				limited++
			case 404:
			default:
				c.Errorf("%s: want 404 or 429", a)
			}
		}
	})
	if limited < 30 {
		c.Errorf("of 60 guesses %d were refused, want 40", limited)
	}
	own.Refused(429, func() *Answer { return guesser.MayShow(v).Get(one.API) })
	if a := own.Stranger().MayShow(v).Get(one.API); a.Status != 200 {
		c.Errorf("somebody else: %s", a)
	}
}

// The network addresses of those who ask are counted for a while and kept nowhere.
func noAddresses(c *C) {
	own := c.Own(Setting{})
	x := own.From("203.0.113.77")
	v := own.Visitor()
	a := x.MayShow(v).JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", At(9, "08:00"), "s1"))
	if a.Status != 201 {
		c.Fatalf("%s", a)
	}
	b := own.Booked(v, "k1", "s1", a)
	x.Get("/t1/m/" + secret())
	x.Form("/staff/sign-in", url.Values{"tenant": {"t1"}, "email": {"x@amt.example"}, "password": {"x"}})
	x.Form(b.Manage+"/contact", url.Values{"email": {"kaputt"}})
	own.Clock("3m")
	everything := own.Log()
	for _, table := range own.tables() {
		for _, r := range own.Query("SELECT * FROM " + table) {
			everything += strings.Join(r, "|") + "\n"
		}
	}
	for _, found := range []string{"203.0.113.77", fmt.Sprintf("%x", "203.0.113.77"), "cb00714d"} {
		if strings.Contains(everything, found) {
			c.Errorf("%s is kept", found)
		}
	}
	c.Harmless("in no table and no line of the log")
}

// What happened is written once, and read by those who may. A line of the log is a line.
func journalForged(c *C) {
	own := c.Own(Setting{})
	clerk, auditor := own.As("t1.clerk.o1"), own.As("t1.auditor")
	b := own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	own.Mail(b.Visitor.Email, 1)
	for _, x := range []*Client{clerk, auditor} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			for _, at := range []string{"/staff/journal", "/staff/journal/1", "/staff/journal/journal.csv"} {
				own.Unchanged(func() {
					a := x.With("Sec-Fetch-Site: same-origin").Send(method, at, "application/x-www-form-urlencoded", "id=1")
					if a.Status < 403 || a.Status >= 500 {
						c.Errorf("%s: want a refusal", a)
					}
					own.says(fmt.Sprint(a.Status))
				})
			}
		}
	}
	own.Refused(403, func() *Answer { return clerk.Get("/staff/journal") })
	rows := own.Query("SELECT act, actor, at FROM journal WHERE subject = $1", b.ID)
	if len(rows) == 0 || rows[0][1] == "" || rows[0][2] == "" {
		c.Errorf("the journal tells %v of a booking, want who, what and when", rows)
	}
	forged := "x\r\n{\"level\":\"ERROR\",\"msg\":\"GEFAELSCHT\"}\x1b[2J"
	for _, x := range []*Client{own.With("User-Agent: x\tGEFAELSCHT"), own.With("Traceparent: GEFAELSCHT [2J"), own.Client} {
		x.Get("/t1/" + url.PathEscape(forged))
		x.Get("/t1/?q=" + url.QueryEscape(forged))
		x.JSON("POST", "/api/v1/t1/bookings", `{"`+"GEFAELSCHT\\r\\n\\u001b[2J"+`": 1}`)
		x.Form("/staff/sign-in", url.Values{"tenant": {forged}, "email": {forged}, "password": {forged}})
	}
	for line := range strings.Lines(own.Log()) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Msg == "GEFAELSCHT" || strings.Contains(line, "\x1b") {
			c.Errorf("the log has a line %q (%v)", line, err)
		}
	}
	c.Harmless("no route changes the journal; the log's lines stay lines of JSON")
}

// limit lets the service have no more than so much of something, as the kernel counts it.
func limit(c *C, what, most string) {
	c.Helper()
	out, err := exec.Command("prlimit", "--pid", fmt.Sprint(c.house.services[0].Process.Pid), "--"+what+"="+most+":").CombinedOutput()
	if err != nil {
		c.Fatalf("prlimit: %v\n%s", err, out)
	}
}

// A disk without room, a process without a file left, and one that the kernel ends: who
// was told that a visit is booked has it, all others are told to come back, and when there
// is room again it goes on by itself. Long: it is one story.
func noRoom(c *C) {
	own := c.Own(Setting{})
	own.MayAnswer(503)
	kept := own.BookAs(own.Visitor(), "k1", At(9, "08:00"), "s1")
	own.await("[[sent]]", "SELECT state FROM outbox WHERE subject = $1", kept.ID) // else it leaves once more: it could not be noted that it has left
	free := own.diskFull()
	for i := range 3 {
		v := own.Visitor()
		a := own.Refused(503, func() *Answer {
			return own.MayShowTo(v).JSON("POST", "/api/v1/t1/bookings", Order(v, "k1", At(9, "09:00").Add(time.Duration(i)*20*time.Minute), "s1"))
		})
		if a.Header.Get("Retry-After") == "" || a.Code() != "overloaded" {
			c.Errorf("%s: want Retry-After and the code overloaded", a)
		}
	}
	page := own.Refused(503, func() *Answer {
		return own.Form("/t1/book", url.Values{"service": {"s1"}, "slot": {"k1@" + At(9, "10:00").Format(time.RFC3339)}, "key": {secret()}, "name": {"Vera " + word()}, "email": {"vera@besuch.example"}})
	})
	if page.Header.Get("Retry-After") == "" || !strings.Contains(page.Body, "<h1") {
		c.Errorf("%s: want a page, and Retry-After", page)
	}
	own.MayShow(kept.Visitor)
	if a := own.Get(kept.Manage); a.Status != 200 {
		c.Errorf("%s: a visit that is booked can still be read", a)
	}
	if a := own.Get("/healthz"); a.Status != 200 {
		c.Errorf("%s: want healthz to stay green", a)
	}
	free()
	own.BookAs(own.Visitor(), "k1", At(9, "09:00"), "s1")

	limit(own, "nofile", "3") // those that are open stay so
	for range 5 {
		conn, err := net.DialTimeout("tcp", own.target, time.Second)
		if err == nil {
			conn.Close()
		}
	}
	limit(own, "nofile", "4096")
	if !eventually(func() bool { return own.answers200() }) {
		c.Error("after files could be opened again nobody is served")
	}
	own.BookAs(own.Visitor(), "k1", At(9, "11:00"), "s1")
	own.Kill()       // as the kernel does where there is no memory left
	own.Clock("30m") // letters that it had taken are free again
	own.Start()
	if a := own.Get(kept.Manage); a.Status != 200 {
		c.Errorf("%s: the visit is lost", a)
	}
	c.Harmless("503 with Retry-After, nothing half done; goes on by itself when there is room")
}

// answers200 asks without failing the test where nobody answers.
func (c *C) answers200() bool {
	conn, err := net.DialTimeout("tcp", c.target, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return false
	}
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return false
	}
	got, _ := io.ReadAll(conn) // what came is looked at
	return bytes.HasPrefix(got, []byte("HTTP/1.1 200"))
}

// diskFull takes all room away from the database: no file of the service grows any more,
// or the server says of each row that there is no room. The function gives it back.
func (c *C) diskFull() (free func()) {
	c.Helper()
	if c.Engine() == sqlite {
		limit(c, "fsize", "1")
		return func() { limit(c, "fsize", "unlimited") }
	}
	c.Query("CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$")
	c.Query("CREATE TRIGGER disk_full BEFORE INSERT ON booking EXECUTE FUNCTION disk_full()")
	return func() { c.Query("DROP FUNCTION disk_full() CASCADE") }
}

// What was acknowledged before a power cut is there after it.
func killedWhileBooking(c *C) {
	own := c.Own(Setting{})
	var mu sync.Mutex
	var acknowledged []string
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for n := range 6 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if id, ok := rawBook(own, At(10+n, "08:00").Add(time.Duration(i%30)*20*time.Minute)); ok {
					mu.Lock()
					acknowledged = append(acknowledged, id)
					mu.Unlock()
				}
			}
		})
	}
	eventually(func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) >= 20
	})
	own.Kill()
	close(stop)
	wg.Wait()
	own.Start()
	rows := own.Query("SELECT id FROM booking")
	for _, id := range acknowledged {
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == id }) {
			c.Errorf("the visit %s was acknowledged and is lost", id)
		}
	}
	if len(acknowledged) < 20 {
		c.Errorf("%d visits were booked before, want 20", len(acknowledged))
	}
	out, said, status := own.CLI("", "verify")
	if status != 0 {
		c.Errorf("verify: %s%s", out, said)
	}
	own.ledger = nil // nobody knows who of those that were cut off has a letter to come
	own.Stop()
	c.Harmless(fmt.Sprintf("%d of %d acknowledged visits are there, verify finds nothing broken", len(acknowledged), len(acknowledged)))
}

// rawBook books without failing where the service ends meanwhile; ok: it was acknowledged.
func rawBook(c *C, start time.Time) (id string, ok bool) {
	v := c.Visitor()
	body, err := json.Marshal(Order(v, "wide", start, "s1"))
	if err != nil {
		return "", false
	}
	conn, err := net.DialTimeout("tcp", c.target, time.Second)
	if err != nil {
		time.Sleep(10 * time.Millisecond) // it is gone; others try too
		return "", false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", false
	}
	if _, err := fmt.Fprintf(conn, "POST /api/v1/t1/bookings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.address(), len(body), body); err != nil {
		return "", false
	}
	got, _ := io.ReadAll(conn) // what came is looked at
	if !bytes.HasPrefix(got, []byte("HTTP/1.1 201")) {
		return "", false
	}
	m := regexp.MustCompile(`"id":"([A-Z0-9]+)"`).FindSubmatch(got)
	if m == nil {
		return "", false
	}
	return string(m[1]), true
}

// A program that is older than its database does not touch it; a set-up that is refused
// has changed nothing, also where only its last line is wrong. Upgrades that are killed
// are tried on old databases in package store.
func newerDatabase(c *C) {
	own := c.Own(Setting{})
	own.Unchanged(func() {
		text := townFile() + "closures: [{from: \"2027-05-15\", to: \"2027-05-14\", reason: zu}]\n"
		if out, status := own.Apply(strings.Replace(text, "Kurzes Anliegen", "Anderes Anliegen", 1)); status != 1 {
			c.Errorf("a set-up whose last line is wrong: exit status %d\n%s", status, out)
		}
		if out, said, status := own.CLI("", "migrate"); status != 0 && !strings.Contains(said, "stop") {
			c.Errorf("migrate of what is new: exit status %d\n%s%s", status, out, said)
		}
	})
	own.Stop()
	own.write("UPDATE meta SET value = '999' WHERE name = 'version'")
	for _, command := range []string{"serve", "migrate", "verify"} {
		own.Unchanged(func() {
			out, said, status := own.CLI("", command)
			if status != 1 || !strings.Contains(out+said, "newer") {
				c.Errorf("%s on a newer database: exit status %d\n%s%s", command, status, out, said)
			}
		})
	}
	c.Harmless("exit status 1 and one line that says why; nothing changed")
}

// write changes the database of an own installation behind the service's back.
func (c *C) write(query string) {
	c.Helper()
	c.alone()
	db := c.house.db
	if c.Engine() == sqlite {
		var err error
		if db, err = sql.Open("sqlite", "file:"+c.File(c.house.database)+"?_pragma=busy_timeout(10000)"); err != nil {
			c.Fatal(err)
		}
		defer db.Close()
	}
	if r, err := db.Exec(query); err != nil {
		c.Fatal(err)
	} else if n, err := r.RowsAffected(); err != nil || n == 0 {
		c.Fatalf("%s: changed %d rows (%v)", query, n, err)
	}
}

// A backup is for its owner's eyes, is in no folder that is served, and is put back only
// where its key is.
func backupOfOthers(c *C) {
	own, other := c.Own(Setting{}), c.Own(Setting{})
	if _, said, status := own.CLI("", "backup", "kept.db"); status != 0 {
		c.Fatal(said)
	}
	for _, name := range []string{"kept.db", "data.key"} {
		info, err := os.Stat(own.File(name))
		if err != nil {
			c.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			c.Errorf("%s has the rights %o, want 600", name, info.Mode().Perm())
		}
	}
	for _, at := range []string{"/kept.db", "/book.db", "/book.db-wal", "/data.key", "/conf.yaml", "/static/../kept.db", "/static/%2e%2e/data.key", "/t1/../../kept.db", "/static/..%2f..%2fdata.key", "/backup", "/t1/kept.db"} {
		own.Unchanged(func() {
			a := own.Get(at)
			if a.Status == 301 {
				a = own.Get(strings.TrimPrefix(a.Location(), "http://"+own.target))
			}
			if a.Status != 404 {
				c.Errorf("%s: want 404", a)
			}
		})
	}
	data, err := os.ReadFile(own.File("kept.db"))
	if err != nil {
		c.Fatal(err)
	}
	for _, word := range own.X().Visitor.canaries() {
		if bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(word))) {
			c.Errorf("the backup tells %q without its key", word)
		}
	}
	key := bytes.Repeat([]byte{7}, 32)
	restart(other, func() {
		if err := os.WriteFile(other.File("kept.db"), data, 0o600); err != nil {
			c.Fatal(err)
		}
		right, err := os.ReadFile(other.File("data.key"))
		if err != nil {
			c.Fatal(err)
		}
		wrong := []byte(base64.StdEncoding.EncodeToString(key) + "\n")
		if len(right) == 32 {
			wrong = key
		}
		if err := os.WriteFile(other.File("data.key"), wrong, 0o600); err != nil {
			c.Fatal(err)
		}
		out, said, status := other.CLI("", "restore", "kept.db")
		if status != 1 || !strings.Contains(out+said, "key") {
			c.Errorf("restore with another key: exit status %d\n%s%s", status, out, said)
		}
		if err := os.WriteFile(other.File("data.key"), right, 0o600); err != nil {
			c.Fatal(err)
		}
	})
	if a := other.MayShowTo(other.X().Visitor).Get(other.X().Manage); a.Status != 200 {
		c.Errorf("%s: after a restore that was refused all is as it was", a)
	}
	c.Harmless("readable by its owner alone, sealed, nowhere served; with another key refused, exit status 1")
}

// Told to stop, the service ends what it has begun, and takes nothing that it will not end.
func stoppedInARush(c *C) {
	own := c.Own(Setting{})
	var mu sync.Mutex
	var acknowledged []string
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			if id, ok := rawBook(own, At(10+n/30, "08:00").Add(time.Duration(n%30)*20*time.Minute)); ok {
				mu.Lock()
				acknowledged = append(acknowledged, id)
				mu.Unlock()
			}
		})
	}
	eventually(func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) >= 3
	})
	own.Stop() // waits for its end, which is without an error
	wg.Wait()
	rows := own.Query("SELECT id FROM booking WHERE status = 'confirmed' AND calendar = 'wide'")
	for _, id := range acknowledged {
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == id }) {
			c.Errorf("the visit %s was acknowledged and is lost", id)
		}
	}
	if len(rows) != len(acknowledged) {
		c.Errorf("%d visits are booked, and %d were acknowledged", len(rows), len(acknowledged))
	}
	own.ledger = nil // letters wait until it runs again
	c.Harmless("each request was answered to its end or not taken")
}

// Nothing is a language that is not one of the tenant's; every page says which it is in.
func noLanguage(c *C) {
	lang := regexp.MustCompile(`<html[^>]* lang="([^"]*)"`)
	known := []string{"de", "en", "de-x-leicht", "tr", "uk", "ru", "ar", "pl", "fr"}
	c.Unchanged(func() {
		for _, typed := range []string{"../../etc/passwd", "xx", strings.Repeat("a", 1000), "de\"><script>alert(1)</script>", "de\r\nSet-Cookie: a=b", "", "de-DE-1996-x-", "\x00", "%2e%2e", "zz-ZZ", "ar;q=0"} {
			for _, a := range []*Answer{
				c.Get("/t1/?lang=" + url.QueryEscape(typed)), c.Get("/t1/embed/" + url.PathEscape(typed) + "/"), c.Get("/t1/gibtesnicht?lang=" + url.QueryEscape(typed)),
				c.With("Accept-Language: " + strings.Map(printable, typed)).Get("/t1/"), c.With("Cookie: lang=" + url.QueryEscape(typed)).Get("/t1/"),
			} {
				m := lang.FindStringSubmatch(a.Body)
				if a.Status == 200 && m == nil || m != nil && !slices.Contains(known, m[1]) {
					c.Errorf("%q: %s is in the language %v", typed, a, m)
				}
				if strings.Contains(a.Body, "<script>alert") || a.Header.Get("Set-Cookie") != "" && strings.Contains(a.Header.Get("Set-Cookie"), "a=b") {
					c.Errorf("%q: %s", typed, a)
				}
			}
		}
	})
	for _, l := range known {
		a := c.Get("/t1/?lang=" + l)
		if m := lang.FindStringSubmatch(a.Body); a.Status == 200 && (m == nil || m[1] != l) {
			c.Errorf("%s is in the language %v, want %s", a, m, l)
		}
	}
	c.Harmless("the tenant's own language is shown, and named in `lang`")
}

// printable leaves out what no header can hold.
func printable(r rune) rune {
	if r < 32 || r > 126 {
		return -1
	}
	return r
}
