package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"terminvergabe/internal/i18n"
	"terminvergabe/ui"
)

// While far more is asked than may be worked on, people are told to come back in a moment
// in their language, programs as programs. Who watches sees a service that is well, and
// how many were sent away; afterwards all is as before.
func TestOverloadFromOutside(t *testing.T) {
	catalogue, err := i18n.Load(ui.Files)
	if err != nil {
		t.Fatal(err)
	}
	i := install(t, build(t), "book.db")
	numbers := freeAddress(t)
	conf := fmt.Sprintf("base_url: http://%s\nlisten: %s\ndatabase: book.db\ndata_key_file: data.key\nmail: {transport: directory, directory: letters}\n"+
		"metrics: {listen: %s}\nlimits: {requests_at_once: 1, requests_per_minute: 0}\n", i.address, i.address, numbers)
	write(t, filepath.Join(i.folder, "conf.yaml"), conf)
	i.serve()

	page := func(language string) func(*http.Response, string) {
		title := catalogue.Printer(language).T("layout.error.503.title")
		return func(r *http.Response, text string) {
			if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || !strings.Contains(text, title) || !strings.Contains(text, `<html lang="`+language+`"`) {
				t.Errorf("%s: got %s\n%.300s", language, r.Header.Get("Content-Type"), text)
			}
		}
	}
	problem := func(r *http.Response, text string) {
		var p struct{ Status int }
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Status != http.StatusServiceUnavailable || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("a program: got %s %s (%v)", r.Header.Get("Content-Type"), text, err)
		}
	}
	refused := i.hammer(map[string]func(*http.Response, string){
		"/stadt/?lang=de": page("de"), "/stadt/?lang=en": page("en"), "/api/v1/stadt/bookings/x": problem, "/api/v1/stadt/availability?service=ausweis": problem,
	}, "/healthz", "/readyz")
	t.Logf("refused: %v", refused)

	resp, err := http.Get("http://" + numbers + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]int{
		"visitors": refused["/stadt/?lang=de"] + refused["/stadt/?lang=en"] + refused["/api/v1/stadt/bookings/x"],
		"searches": refused["/api/v1/stadt/availability?service=ausweis"], "staff": 0,
	} {
		m := regexp.MustCompile(`(?m)^terminvergabe_requests_overloaded_total\{kind="` + kind + `"\} (\d+)$`).FindSubmatch(text)
		if m == nil || string(m[1]) != strconv.Itoa(want) {
			t.Errorf("the numbers say of %s: %s, want %d", kind, m, want)
		}
	}
	if status, _ := i.get("/stadt/?lang=de"); status != http.StatusOK {
		t.Errorf("afterwards: got %d", status)
	}
}

// hammer asks for addresses from many sides until each has been refused with 503, and gives
// how often each was; every such answer is looked at. The calm addresses answer all the time.
func (i *installation) hammer(paths map[string]func(*http.Response, string), calm ...string) map[string]int {
	i.Helper()
	const clients = 24 // for each address: more than may wait
	var mu sync.Mutex
	refused := map[string]int{}
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(refused) == len(paths)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients * len(paths)}, Timeout: longest}
	i.Cleanup(client.CloseIdleConnections)
	end := time.Now().Add(longest)
	var wg sync.WaitGroup
	for path, look := range paths {
		for range clients {
			wg.Go(func() {
				for !enough() && time.Now().Before(end) {
					resp, err := client.Get("http://" + i.address + path)
					if err != nil {
						i.Error(err)
						return
					}
					text, err := io.ReadAll(resp.Body)
					_ = resp.Body.Close()
					if err != nil {
						i.Error(err)
						return
					}
					if resp.StatusCode != http.StatusServiceUnavailable {
						continue
					}
					mu.Lock()
					refused[path]++
					mu.Unlock()
					look(resp, string(text))
					if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || after < 1 {
						i.Errorf("%s: Retry-After: %q", path, resp.Header.Get("Retry-After"))
					}
				}
			})
		}
	}
	for !enough() && time.Now().Before(end) {
		for _, path := range calm {
			if status, body := i.get(path); status != http.StatusOK {
				i.Errorf("meanwhile %s: got %d %s", path, status, body)
			}
		}
	}
	wg.Wait()
	if !enough() {
		i.Errorf("refused were %v only", refused)
	}
	return refused
}
