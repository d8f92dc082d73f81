package siege

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	random "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Secrets are some that are real.
type Secrets struct{ Manage, Feeds, Tokens []string }

// Guesser guesses as fast as it is answered: half at random, half what differs from a
// real secret by a character.
type Guesser struct {
	Address string // host:port
	Real    Secrets
	N       int // of guesses
	Sources int // addresses they come from, each a network of its own, as a proxy tells
	Seed    uint64

	next    atomic.Int64
	hits    atomic.Int64
	mu      sync.Mutex
	answers map[int]int
	spent   [2]time.Duration // waiting for answers to random guesses, and to near ones
	asked   [2]int
	err     error
}

// Beside guesses while others visit.
func (g *Guesser) Beside(ctx context.Context, o *Others) (meanwhile Served, took time.Duration) {
	g.answers = map[int]int{}
	began := time.Now()
	inside, end := context.WithCancel(ctx)
	go func() {
		defer end()
		g.run(ctx)
	}()
	return o.During(inside, time.Hour), time.Since(began)
}

// lanes is how many guess at once.
const lanes = 16

func (g *Guesser) run(ctx context.Context) {
	var wg sync.WaitGroup
	for lane := range lanes {
		chance := random.New(random.NewPCG(g.Seed, uint64(lane)))
		c := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		wg.Go(func() {
			defer c.CloseIdleConnections()
			for ctx.Err() == nil {
				i := int(g.next.Add(1)) - 1
				if i >= g.N {
					return
				}
				g.guess(ctx, c, chance, i)
			}
		})
	}
	wg.Wait()
}

// guess tries one secret at one of the places where a secret opens something.
func (g *Guesser) guess(ctx context.Context, c *http.Client, chance *random.Rand, i int) {
	near := chance.IntN(2)
	like := func(list []string) string {
		secret := []byte(list[chance.IntN(len(list))])
		changed := chance.IntN(len(secret))
		for at := range secret {
			if near == 0 || at == changed {
				secret[at] = other(chance, secret[at])
			}
		}
		return string(secret)
	}
	manage, method, bearer := like(g.Real.Manage), http.MethodGet, ""
	var at string
	switch i % 8 {
	case 0, 1:
		at = "/stadt/m/" + manage
	case 2:
		at = "/api/v1/stadt/bookings/" + manage
	case 3:
		at, method = "/api/v1/stadt/bookings/"+manage+"/cancel", http.MethodPost
	case 4:
		at = "/stadt/c/" + manage
	case 5:
		at, method = "/stadt/c/"+manage, http.MethodPost
	case 6:
		at = "/feeds/" + like(g.Real.Feeds) + ".ics"
	case 7:
		at, bearer = "/api/v1/stadt/bookings?from=2027-01-01&to=2027-01-02", like(g.Real.Tokens)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+g.Address+at, nil)
	if err != nil {
		panic(err) // an address of ours
	}
	r.Header.Set("X-Forwarded-For", source(i%g.Sources))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	began := time.Now()
	resp, err := c.Do(r)
	if err != nil {
		g.note(0, nil, near, 0, err)
		return
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	g.note(resp.StatusCode, body, near, time.Since(began), err)
}

// source is the address of a network of its own.
func source(i int) string {
	if i == 0 {
		return "198.51.100.7"
	}
	return fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)
}

// other is another character of the same kind.
func other(chance *random.Rand, c byte) byte {
	const letters, capitals, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for _, kind := range []string{letters, capitals, digits} {
		if i := strings.IndexByte(kind, c); i >= 0 {
			return kind[(i+1+chance.IntN(len(kind)-1))%len(kind)]
		}
	}
	return c
}

func (g *Guesser) note(status int, body []byte, near int, took time.Duration, err error) {
	switch status {
	case 404, 401, 429, 503:
		if bytes.Contains(body, []byte("Beispiel")) {
			g.hits.Add(1)
		}
	case 0:
	default:
		g.hits.Add(1)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers[status]++
	if status == 404 || status == 401 {
		g.spent[near] += took
		g.asked[near]++
	}
	if err != nil {
		g.err = err
	}
}

// String tells the answers by status, and how long a miss took.
func (g *Guesser) String() string {
	var list []string
	for _, status := range slices.Sorted(maps.Keys(g.answers)) {
		list = append(list, fmt.Sprintf("%d times %d", g.answers[status], status))
	}
	mean := func(i int) time.Duration {
		return (g.spent[i] / time.Duration(max(1, g.asked[i]))).Round(time.Microsecond)
	}
	return fmt.Sprintf("%s (random ones after %v on average, those beside a real one after %v)", strings.Join(list, ", "), mean(0), mean(1))
}

// Hits are the guesses that led to something.
func (g *Guesser) Hits() int64 { return g.hits.Load() }

// Judge wants no hit, and of one address no more tries than it may have.
func (g *Guesser) Judge() error {
	tries := g.answers[404] + g.answers[401]
	switch {
	case g.hits.Load() > 0:
		return fmt.Errorf("%d guesses led to something", g.hits.Load())
	case g.answers[0] > g.N/100:
		return fmt.Errorf("%d guesses had no answer, such as %w", g.answers[0], g.err)
	case g.Sources == 1 && tries > g.N/2:
		return fmt.Errorf("one address could try %d of %d", tries, g.N)
	}
	return nil
}
