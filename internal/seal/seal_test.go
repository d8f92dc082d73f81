package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testKeys(t *testing.T, fill byte) *Keys {
	t.Helper()
	keys, err := NewKeys(bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestSealOpens(t *testing.T) {
	keys := testKeys(t, 1)
	rapid.Check(t, func(r *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(r, "plain")
		bind := rapid.SliceOf(rapid.String()).Draw(r, "bind")
		sealed := keys.Seal(plain, bind...)
		got, err := keys.Open(sealed, bind...)
		if err != nil || !bytes.Equal(got, plain) {
			r.Fatalf("got %x, %v, want %x", got, err, plain)
		}
		if len(plain) > 3 && bytes.Contains(sealed, plain) {
			r.Fatal("the sealed value shows the plain text")
		}
		if bytes.Equal(sealed, keys.Seal(plain, bind...)) {
			r.Fatal("two seals are equal")
		}
	})
}

func TestWrongPlaceDoesNotOpen(t *testing.T) {
	keys := testKeys(t, 1)
	places := [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"ab", ""}, {"", "ab"}, {"t1", "b1"}, {"t1", "b2"}}
	for i, place := range places {
		sealed := keys.Seal([]byte("Erika"), place...)
		for j, other := range places {
			_, err := keys.Open(sealed, other...)
			if i == j && err != nil {
				t.Errorf("%q: %v", place, err)
			}
			if i != j && !errors.Is(err, ErrOpen) {
				t.Errorf("sealed for %q, opened for %q: got %v, want ErrOpen", place, other, err)
			}
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		one := rapid.SliceOf(rapid.String()).Draw(r, "one")
		two := rapid.SliceOf(rapid.String()).Draw(r, "two")
		_, err := keys.Open(keys.Seal([]byte("x"), one...), two...)
		if (err == nil) != slices.Equal(one, two) {
			r.Fatalf("sealed for %q, opened for %q: %v", one, two, err)
		}
	})
}

func TestTamperingIsNoticed(t *testing.T) {
	keys := testKeys(t, 1)
	sealed := keys.Seal([]byte("Erika Mustermann"), "t", "b")
	for i := range sealed {
		for _, flip := range []byte{1, 0x80} {
			bad := slices.Clone(sealed)
			bad[i] ^= flip
			if _, err := keys.Open(bad, "t", "b"); err == nil {
				t.Errorf("byte %d changed: opened", i)
			}
		}
		if _, err := keys.Open(sealed[:i], "t", "b"); !errors.Is(err, ErrOpen) {
			t.Errorf("cut at %d: got %v, want ErrOpen", i, err)
		}
	}
	if _, err := keys.Open(append(slices.Clone(sealed), 0), "t", "b"); !errors.Is(err, ErrOpen) {
		t.Errorf("lengthened: got %v, want ErrOpen", err)
	}
}

func TestOtherKeyIsNamed(t *testing.T) {
	one, two := testKeys(t, 1), testKeys(t, 2)
	if _, err := two.Open(one.Seal([]byte("x"))); !errors.Is(err, ErrOtherKey) {
		t.Errorf("got %v, want ErrOtherKey", err)
	}
	if one.Fingerprint() == two.Fingerprint() || one.Fingerprint() != testKeys(t, 1).Fingerprint() {
		t.Error("the fingerprint does not name the key")
	}
}

// TestFormatStays opens a value sealed by the first release: whatever changes,
// old databases must stay readable.
func TestFormatStays(t *testing.T) {
	keys := testKeys(t, 1)
	if got, want := keys.Hash("email", "erika@example.org"), "5qmM1XHFfdBWmSgXf3V_4JGfMzAe26MmhjZ3xnnENkk"; got != want {
		t.Errorf("hash: got %q, want %q", got, want)
	}
	if got, want := SecretHash("ABC"), "tdQEXD9Gb6kf4sxqvnkjKhpXzfEE96JucW4KHieJ33g"; got != want {
		t.Errorf("secret hash: got %q, want %q", got, want)
	}
	sealed, err := hex.DecodeString("01f181b08b0dfb8bf1201f696e74618b8d233ac8b5faeb05e3bfa31e29ddc4e153cefeb2abb8fca0c157008e9e1971")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := keys.Open(sealed, "t", "b"); err != nil || string(got) != "Erika" {
		t.Errorf("got %q, %v, want Erika", got, err)
	}
}

func TestHashKeepsApart(t *testing.T) {
	keys := testKeys(t, 1)
	seen := map[string]string{}
	for _, pair := range [][2]string{{"email", "a"}, {"phone", "a"}, {"email", "b"}, {"emaila", ""}, {"", "emaila"}} {
		hash := keys.Hash(pair[0], pair[1])
		if other, twice := seen[hash]; twice {
			t.Errorf("%q and %q have the same hash", pair, other)
		}
		seen[hash] = pair[0] + "|" + pair[1]
		if len(hash) != 43 {
			t.Errorf("got %d characters, want 43", len(hash))
		}
	}
	if keys.Hash("email", "a") == testKeys(t, 2).Hash("email", "a") {
		t.Error("the hash does not depend on the key")
	}
}

func TestKeysDoNotShow(t *testing.T) {
	keys := testKeys(t, 7)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "keys", keys)
	//lint:ignore SA9005 that nothing of the keys shows is what is tested
	asJSON, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	want := "data key " + keys.Fingerprint()
	for _, got := range []string{fmt.Sprint(keys), fmt.Sprintf("%#v", keys), fmt.Sprintf("%+v", keys), fmt.Sprintf("%x", keys)} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if strings.Contains(log.String()+string(asJSON), "aead") {
		t.Errorf("the log shows %s %s", log.String(), asJSON)
	}
}

func TestNewKeysWantsTheRightSize(t *testing.T) {
	for _, size := range []int{0, 31, 33} {
		if _, err := NewKeys(make([]byte, size)); err == nil {
			t.Errorf("%d bytes: accepted", size)
		}
	}
}

// Hashes of secrets that are made one after the other lie side by side; those of
// others tell nothing.
func TestSecretHashesSortByTime(t *testing.T) {
	last := ""
	begin := time.UnixMilli(1 << 40)
	for i := range 1 << 15 {
		got := When(begin.Add(time.Duration(i) * 32 * time.Millisecond))
		if len(got) != whenSize || got <= last {
			t.Fatalf("got %q after %q", got, last)
		}
		last = got
	}
	secret := NewDatedSecret()
	if got, want := SecretHash(secret)[:whenSize], secret[:whenSize]; got != want {
		t.Errorf("got a hash that begins with %s, want %s", got, want)
	}
	const other = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if got, want := SecretHash(other), "1uxomN6H3axuWzYRcIp6ocLSmCkzScwabCmaHbcUnTg"; got != want {
		t.Errorf("of another secret: got %s, want %s", got, want)
	}
}

func TestSecrets(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		secret := NewSecret()
		if len(secret) != 26 || seen[secret] || seen[SecretHash(secret)] {
			t.Fatalf("got %q", secret)
		}
		seen[secret], seen[SecretHash(secret)] = true, true
	}
}
