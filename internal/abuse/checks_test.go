package abuse

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard looks at an answer, as every answer is looked at.
func (c *C) heard(x *Client, a *Answer) {
	c.Helper()
	c.mu.Lock()
	c.answers = append(c.answers, heard{x, a})
	allowed := slices.Contains(c.status, a.Status)
	c.mu.Unlock()
	if a.Status >= 500 && !allowed {
		c.Errorf("%s", a)
	}
	if found := leaks.FindString(a.Body); found != "" && !strings.HasPrefix(a.Path, "/staff/docs") && !strings.HasPrefix(a.Path, "/docs") && !strings.Contains(a.sent, found) {
		c.Errorf("%s %s tells of the inside: %q", a.Method, a.Path, found)
	}
	if !strings.HasPrefix(a.Body, fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))) { // what is no HTTP is answered by Go itself
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if a.Header.Get(name) == "" {
				c.Errorf("%s %s: %d without %s", a.Method, a.Path, a.Status, name)
			}
		}
	}
}

// finish are the checks after each case.
func (c *C) finish() {
	c.Helper()
	c.shown()
	c.logs()
	c.numbers()
	c.calendars()
	c.claims()
	c.letters()
	if n := c.house.trap.visits.Load(); n > 0 {
		c.Errorf("the address inside our own network was contacted %d times", n)
	}
}

// shown searches all answers for canaries.
func (c *C) shown() {
	c.Helper()
	c.house.mu.Lock()
	visitors := slices.Clone(c.house.visitors)
	secrets := slices.Clone(c.house.secrets)
	c.house.mu.Unlock()
	for _, h := range c.answers {
		text := strings.ToLower(h.a.Body + fmt.Sprint(h.a.Header))
		sent := strings.ToLower(h.a.sent)
		for _, v := range visitors {
			if slices.Contains(c.may, v) || h.by.sees(v) {
				continue
			}
			for _, word := range v.canaries() {
				if word = strings.ToLower(word); word != "" && strings.Contains(text, word) && !strings.Contains(sent, word) {
					c.Errorf("%s %s shows %q of a visitor to somebody who may not see them", h.a.Method, h.a.Path, word)
				}
			}
		}
		for _, a := range c.house.people {
			if h.by.who != nil && h.by.who.tenant == a.tenant {
				continue
			}
			for _, word := range []string{strings.TrimPrefix(a.name, "Stella "), a.email} {
				if word = strings.ToLower(word); strings.Contains(text, word) && !strings.Contains(sent, word) {
					c.Errorf("%s %s shows %q of the staff", h.a.Method, h.a.Path, word)
				}
			}
		}
		for _, word := range secrets {
			if word = strings.ToLower(word); strings.Contains(text, word) && !strings.Contains(sent, word) && !gives(h.a) {
				c.Errorf("%s %s shows the secret %q", h.a.Method, h.a.Path, word)
			}
		}
	}
	c.answers = nil
}

// gives reports whether an answer is one that hands a secret over: to who books, signs
// in, or asks for it by a form; and the slip that staff prints for whoever stands there.
func gives(a *Answer) bool {
	return strings.HasSuffix(a.Path, "/slip") || a.Method == http.MethodPost && (a.Status == http.StatusCreated || a.Status == http.StatusSeeOther)
}

// logs searches what the services wrote since the last time.
func (c *C) logs() {
	c.Helper()
	c.house.mu.Lock()
	services := slices.Clone(c.house.services)
	c.house.mu.Unlock()
	for _, p := range services {
		text := p.log.fresh()
		c.clean("the log", text)
		for line := range strings.Lines(text) {
			if strings.Contains(line, "goroutine ") || strings.Contains(line, "panic") {
				c.Errorf("the log tells of a panic: %s", line)
			}
		}
	}
}

// clean searches a text that nobody's data belongs in.
func (c *C) clean(where, text string) {
	c.Helper()
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	text = strings.ToLower(text)
	var words []string
	for _, v := range c.house.visitors {
		words = append(words, v.canaries()...)
	}
	words = append(words, c.house.secrets...)
	for _, a := range c.house.people {
		words = append(words, a.email, strings.TrimPrefix(a.name, "Stella "))
	}
	for _, word := range words {
		if at := strings.Index(text, strings.ToLower(word)); word != "" && at >= 0 {
			c.Errorf("%s tells %q: ...%s...", where, word, text[max(0, at-120):min(len(text), at+80)])
		}
	}
}

// numbers searches what Prometheus is told.
func (c *C) numbers() {
	c.Helper()
	if !c.running() || strings.Contains(c.house.setting.Conf["metrics"], "{}") {
		return
	}
	resp, err := http.Get("http://" + c.house.metrics + "/metrics")
	if err != nil {
		return // this installation has none
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Error(err)
	}
	c.clean("/metrics", string(text))
}

// calendars searches the feeds that name nobody.
func (c *C) calendars() {
	c.Helper()
	if !c.running() {
		return
	}
	x := c.Stranger()
	for _, name := range []string{"k1.busy", "k1.service", "t1.service"} {
		a := x.Get(c.Feed(name))
		c.clean("the feed "+name, a.Body)
	}
}

// claims proves that no seat is given twice and none that is not there.
func (c *C) claims() {
	c.Helper()
	if c.house.db == nil {
		return
	}
	now := time.Now().Add(c.house.lag).Unix()
	for _, r := range c.Query("SELECT pool.id, claim.tick, COUNT(*) FROM claim JOIN pool ON pool.number = claim.pool WHERE claim.overbooked = 0 AND (claim.expires = 0 OR claim.expires > $1) GROUP BY pool.id, claim.tick", now) {
		if most, known := seats()[r[0]]; known && r[2] > fmt.Sprint(most) {
			c.Errorf("%s has %s visits at tick %s, and %d seats", r[0], r[2], r[1], most)
		}
	}
}

// ledger is which letters were expected and came.
type ledger struct {
	mu   sync.Mutex
	want map[string]int
	whom map[string]string // case, by address
}

func newLedger() *ledger { return &ledger{want: map[string]int{}, whom: map[string]string{}} }

// Expect says that so many letters more go to an address.
func (c *C) Expect(address string, n int) {
	if c.ledger == nil {
		return
	}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.ledger.want[strings.ToLower(address)] += n
	c.ledger.whom[strings.ToLower(address)] = c.ID
}

// Mail waits until so many letters have come to an address, and gives them.
func (c *C) Mail(address string, n int) []*Mail {
	c.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if list := c.house.sink.to(address); len(list) >= n {
			return list
		}
	}
	c.Fatalf("%d letters to %s, want %d", len(c.house.sink.to(address)), address, n)
	return nil
}

// letters looks at those that came since the last time: each to one address, which
// awaits one, and about nobody else.
func (c *C) letters() {
	c.Helper()
	if c.ledger == nil {
		return
	}
	for _, m := range c.house.sink.fresh() {
		if len(m.To) != 1 {
			c.Errorf("a letter to %v, want one recipient", m.To)
			continue
		}
		to := strings.ToLower(m.To[0])
		c.ledger.mu.Lock()
		if c.ledger.want[to] == 0 && !c.fixtures(to) {
			c.Errorf("nobody expects a letter to %s:\n%s", to, m.Text[:min(len(m.Text), 600)])
		}
		c.ledger.mu.Unlock()
		if strings.HasSuffix(to, "@besuch.example") {
			c.aboutNobodyElse(m, to)
		}
	}
}

// fixtures reports whether somebody booked when the fixture was made.
func (c *C) fixtures(to string) bool {
	return slices.ContainsFunc([]*Booking{c.house.x, c.house.y, c.house.z}, func(b *Booking) bool { return b != nil && strings.EqualFold(b.Visitor.Email, to) })
}

func (c *C) aboutNobodyElse(m *Mail, to string) {
	c.Helper()
	c.house.mu.Lock()
	defer c.house.mu.Unlock()
	text := strings.ToLower(m.Text)
	for _, v := range c.house.visitors {
		if strings.EqualFold(v.Email, to) {
			continue
		}
		for _, word := range v.canaries() {
			if word != "" && strings.Contains(text, strings.ToLower(word)) {
				c.Errorf("the letter to %s tells %q of somebody else", to, word)
			}
		}
	}
}

// quiet waits until every letter that is due has left, or will be in a moment: who books
// and goes on at once gets a single letter.
func (h *house) quiet(c *C) {
	c.Helper()
	now := time.Now().Add(h.lag + 5*time.Second)
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(30 * time.Millisecond) {
		waiting, err := h.rows("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND due <= $1", now.UTC().Format("2006-01-02T15:04:05Z"))
		if err != nil {
			c.Fatal(err)
		}
		if waiting[0][0] == "0" {
			return
		}
	}
	c.Error("letters that are due do not leave")
}

// compare holds what came against what was expected.
func (l *ledger) compare(t *testing.T, h *house) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for address, n := range l.want {
		if got := len(h.sink.to(address)); got != n {
			t.Errorf("case %s on %s: %d letters to %s, want %d", l.whom[address], h.engine, got, address, n)
			for _, m := range h.sink.to(address) {
				subject, _, _ := strings.Cut(m.Text[strings.Index(m.Text, "Subject:"):], "\n")
				t.Log(subject)
			}
			rows, err := h.rows("SELECT kind, state, due, lease, attempts, created, reason FROM outbox WHERE state <> 'sent'")
			t.Log("not sent: ", rows, err)
		}
	}
}

// wires is how this installation is reached: connections are kept.
func (h *house) wires() *http.Transport {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wire == nil {
		h.wire = &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, ResponseHeaderTimeout: time.Minute}
		h.t.Cleanup(h.wire.CloseIdleConnections)
	}
	return h.wire
}
