package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// cheap keeps tests quick where the costs do not matter.
func cheap() *Passwords { return newPasswords(params{memory: 64, time: 1, threads: 1}, 2) }

func check(t *testing.T, p *Passwords, stored, password string) (ok, renew bool) {
	t.Helper()
	ok, renew, err := p.Check(t.Context(), stored, password)
	if err != nil {
		t.Fatal(err)
	}
	return ok, renew
}

func hash(t *testing.T, p *Passwords, password string) string {
	t.Helper()
	stored, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestRealCosts(t *testing.T) {
	p := NewPasswords(0)
	stored := hash(t, p, "ein langes Passwort")
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(stored, want) {
		t.Errorf("got %q, want it to begin with %q", stored, want)
	}
	if ok, renew := check(t, p, stored, "ein langes Passwort"); !ok || renew {
		t.Errorf("got %v, renew %v, want true, false", ok, renew)
	}
}

func TestCheck(t *testing.T) {
	p := cheap()
	stored := hash(t, p, "Müller & Söhne")
	if stored == hash(t, p, "Müller & Söhne") {
		t.Error("two hashes are equal")
	}
	tests := []struct {
		stored, password string
		want             bool
	}{
		{stored, "Müller & Söhne", true},
		{stored, "Mu\u0308ller & So\u0308hne", true},
		{stored, "müller & söhne", false},
		{stored, "Müller & Söhne ", false},
		{stored, "", false},
		{"", "", false},
		{"", "Müller & Söhne", false},
		{stored, strings.Repeat("x", MaxPassword+1), false},
		{hash(t, p, strings.Repeat("x", MaxPassword)), strings.Repeat("x", MaxPassword), true},
	}
	for _, test := range tests {
		if got, renew := check(t, p, test.stored, test.password); got != test.want || renew {
			t.Errorf("%.20q with %.20q: got %v, renew %v, want %v", test.stored, test.password, got, renew, test.want)
		}
	}
}

func TestLengthOfNewPasswords(t *testing.T) {
	p := cheap()
	for _, bad := range []string{"", "kurz", "neunneun9", strings.Repeat("x", MaxPassword+1)} {
		if _, err := p.Hash(t.Context(), bad); !errors.Is(err, ErrPasswordLength) {
			t.Errorf("%.10q: got %v, want ErrPasswordLength", bad, err)
		}
	}
	hash(t, p, "öööööööööö")
}

func TestHigherCostsRenew(t *testing.T) {
	old, young := cheap(), newPasswords(params{memory: 128, time: 1, threads: 1}, 1)
	stored := hash(t, old, "ein langes Passwort")
	if ok, renew := check(t, young, stored, "ein langes Passwort"); !ok || !renew {
		t.Errorf("got %v, renew %v, want true, true", ok, renew)
	}
	if ok, renew := check(t, young, stored, "ein anderes Passwort"); ok || renew {
		t.Errorf("wrong password: got %v, renew %v, want false, false", ok, renew)
	}
}

// TestForeignHashesAreReadOrRefused begins with a vector from the test suite
// of argon2's reference implementation, so the format is the common one.
func TestForeignHashesAreReadOrRefused(t *testing.T) {
	p := cheap()
	const salt, sum = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	good := "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$" + sum
	if ok, renew := check(t, p, good, "password"); !ok || !renew {
		t.Errorf("reference hash: got %v, renew %v, want true, true", ok, renew)
	}
	for _, bad := range []string{
		"x", "$$$$$", "$argon2i$v=19$m=65536,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=16$m=65536,t=2,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=65536,t=0,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=65536,t=2,p=0$" + salt + "$" + sum, "$argon2id$v=19$m=65536,t=9999,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=65536,t=2,p=1$$" + sum, "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$", "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$?",
		"$argon2id$v=19$m=+65536,t=2,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=1,t=2,p=1$" + salt + "$" + sum, good + "$", "$2y$10$abc",
	} {
		if ok, _, err := p.Check(t.Context(), bad, "password"); ok || !errors.Is(err, ErrHashFormat) {
			t.Errorf("%q: got %v, %v, want ErrHashFormat", bad, ok, err)
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPasswords(params{memory: 64, time: 1, threads: 1}, 1)
		p.slots <- struct{}{} // somebody else's hash
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if ok, _, err := p.Check(ctx, "", "ein langes Passwort"); ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v, want DeadlineExceeded", ok, err)
		}
		<-p.slots
		if _, err := p.Hash(t.Context(), "ein langes Passwort"); err != nil {
			t.Error(err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	p := cheap()
	stored := hash(t, p, "ein langes Passwort")
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if ok, _, err := p.Check(t.Context(), stored, "ein langes Passwort"); !ok || err != nil {
				t.Errorf("got %v, %v", ok, err)
			}
		})
	}
	wg.Wait()
	if got := len(p.slots); got != 0 {
		t.Errorf("got %d slots still taken, want 0", got)
	}
}
