package asker_test

import (
	"net/http/httptest"
	"testing"

	"terminvergabe/internal/web/asker"
)

func TestOf(t *testing.T) {
	of := func(method, from, agent, lang string) string {
		r := httptest.NewRequest(method, "/", nil)
		r.RemoteAddr = from
		r.Header.Set("User-Agent", agent)
		r.Header.Set("Accept-Language", lang)
		return asker.Of(r)
	}
	ada := of("GET", "192.0.2.1:4711", "Firefox", "de")
	if again := of("GET", "192.0.2.1:4712", "Firefox", "de"); ada == "" || again != ada {
		t.Errorf("got %q and %q for one person, want the same", ada, again)
	}
	for what, other := range map[string]string{
		"another address": of("GET", "192.0.2.2:4711", "Firefox", "de"), "another browser": of("GET", "192.0.2.1:4711", "Safari", "de"),
		"another language": of("GET", "192.0.2.1:4711", "Firefox", "tr"),
	} {
		if other == ada || other == "" {
			t.Errorf("%s: got %q, want somebody else than %q", what, other, ada)
		}
	}
	for what, nobody := range map[string]string{
		"a robot": of("GET", "192.0.2.1:4711", "Mozilla/5.0 (compatible; Googlebot/2.1)", "de"), "HEAD": of("HEAD", "192.0.2.1:4711", "Firefox", "de"),
	} {
		if nobody != "" {
			t.Errorf("%s: got %q, want nobody", what, nobody)
		}
	}
}
