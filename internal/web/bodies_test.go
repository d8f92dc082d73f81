package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// Whoever pretended to be signed in could send a few files very slowly, just as many bytes
// as there may be of all together, and nobody else got a form through; nor could anybody
// of many who sent small ones. Now there is a bound for each client, and files count apart.
func TestNobodyUsesUpWhatIsThereForBodies(t *testing.T) {
	s := open(t, nil)
	send := func(path, from string, body io.Reader) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, body)
		r.RemoteAddr = from
		r.Header.Set("Cookie", "staff=x")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return w.Code
	}
	var wg sync.WaitGroup
	refused := make(chan int, 100)
	var open []*io.PipeWriter
	slowly := func(path, from string, size, times int) {
		for range times {
			in, out := io.Pipe()
			open = append(open, out)
			wg.Go(func() {
				if code := send(path, from, in); code == http.StatusServiceUnavailable {
					refused <- code
				}
				_ = in.Close() // whoever still writes hears of it
			})
			_, _ = out.Write(make([]byte, size)) // it was refused, and says so above
		}
	}
	const file = 2_990_000
	slowly("/staff/setup/logo", bert, file, 22)
	slowly("/staff/setup/logo", bert, manyBytes-22*file-64, 1)
	small := strings.Repeat("x", 1000)
	if got := send("/hello", ada, strings.NewReader(small)); got != http.StatusOK {
		t.Errorf("a form of somebody else: got %d", got)
	}
	slowly("/hello", bert, maxBody-1, manyForms/maxBody+3)
	if got := send("/hello", ada, strings.NewReader(small)); got != http.StatusOK {
		t.Errorf("a form beside another client's: got %d", got)
	}
	for _, out := range open {
		_ = out.Close()
	}
	wg.Wait()
	if got := len(refused); got < 15 {
		t.Errorf("got %d of one client's requests refused, want nearly all of its files", got)
	}
	if got := send("/hello", bert, strings.NewReader(strings.Repeat("x", 4000))); got != http.StatusOK {
		t.Errorf("when all of it is over: got %d", got)
	}
}

func TestBodiesOfOneClientAreBounded(t *testing.T) {
	one, other := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")
	w := newWeights(100, func(c netip.Prefix) int {
		if c == other {
			return 3
		}
		return 1
	})
	if !w.add(one, 100) || w.add(one, 1) || !w.add(other, 300) || w.add(other, 1) {
		t.Error("what each client may send is not what was said")
	}
	w.drop(one, 101)
	if !w.add(one, 100) {
		t.Error("what is over counts on")
	}
	if w.add(netip.MustParsePrefix("192.0.2.3/32"), manyBytes) {
		t.Error("all together may send more than there is room for")
	}
}
