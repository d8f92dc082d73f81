package siege

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Others are visitors who mean well and measure how they are served meanwhile.
type Others struct {
	Address string   // host:port
	From    string   // prefix of what a proxy says about where they come from; "": there is no proxy
	Paths   []string // what they look at, in turn
	People  int
	Pause   time.Duration // of each, between two requests

	mu    sync.Mutex
	took  []time.Duration
	wrong map[string]int // answers other than 200, by what they were
}

// visit lets them look around until the context ends, each the second time by a new
// connection.
func (o *Others) visit(ctx context.Context) {
	o.took, o.wrong = nil, map[string]int{}
	var wg sync.WaitGroup
	for n := range o.People {
		wg.Go(func() {
			stays := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
			comes := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			defer stays.CloseIdleConnections()
			for i := n; ctx.Err() == nil; i++ {
				o.look(ctx, []*http.Client{stays, comes}[i/len(o.Paths)%2], o.Paths[i%len(o.Paths)], n)
				select {
				case <-ctx.Done():
				case <-time.After(o.Pause):
				}
			}
		})
	}
	wg.Wait()
}

func (o *Others) look(ctx context.Context, c *http.Client, path string, n int) {
	// A request that has begun is waited for.
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, "http://"+o.Address+path, nil)
	if err != nil {
		panic(err) // an address of ours
	}
	if o.From != "" {
		r.Header.Set("X-Forwarded-For", o.From+strconv.Itoa(n+1))
	}
	began := time.Now()
	resp, err := c.Do(r)
	said := ""
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		said = strconv.Itoa(resp.StatusCode)
	}
	took := time.Since(began)
	if err != nil {
		said = "no answer"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took = append(o.took, took)
	if said != "200" {
		o.wrong[said]++
	}
}

// Served is how a while of visits went.
type Served struct {
	N               int
	Half, P99, Most time.Duration
	Wrong           string // answers other than 200
}

// During lets them visit for a while.
func (o *Others) During(ctx context.Context, while time.Duration) Served {
	limited, end := context.WithTimeout(ctx, while)
	defer end()
	o.visit(limited)
	slices.Sort(o.took)
	n := len(o.took)
	if n == 0 {
		return Served{Wrong: "nothing was asked"}
	}
	s := Served{N: n, Half: o.took[n/2], P99: o.took[n*99/100], Most: o.took[n-1]}
	if len(o.wrong) > 0 {
		s.Wrong = fmt.Sprint(o.wrong)
	}
	return s
}

func (s Served) String() string {
	return fmt.Sprintf("%d requests, half within %v, 99%% within %v, all within %v", s.N, s.Half.Round(10*time.Microsecond), s.P99.Round(10*time.Microsecond), s.Most.Round(time.Millisecond))
}
