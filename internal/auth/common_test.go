package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/seal"
)

func TestCommonPasswordsAreRefused(t *testing.T) {
	about := []string{"erika.beispiel@northeim.example", "Erika Beispiel", "Landkreis Northeim"}
	for _, bad := range []string{"1234567890", "qwertzuiop", "Passwort2026!", "P4ssw0rt!!", "Sommer2026", "aaaaaaaaaaaa", "abcabcabcabc", "asdfghjkl123", "nuttertools",
		"Northeim2026!", "erikabeispiel", "Beispiel..2026", "landkreisnortheim1", "0000000000", "Bürgerbüro123", "basketball", "24.12.1985"} {
		if err := NotCommon(bad, about...); !errors.Is(err, ErrPasswordCommon) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	for _, good := range []string{"korrekt pferd batterie", "vier Enten am Teich", "Xk2-99q-Lm0p", "sommer im schrebergarten", "93648120576493810264", "ПарольИзТрёхСлов", strings.Repeat("ab cd! ", 3) + "x"} {
		if err := NotCommon(good, about...); err != nil {
			t.Errorf("%q: got %v", good, err)
		}
	}
}

func TestTheListOfCommonPasswordsIsInOrder(t *testing.T) {
	list, err := common()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(list[1:], "\n"), "\n")
	long := 0
	for _, l := range lines {
		if len([]rune(l)) >= MinPassword {
			long++
		}
	}
	if !slices.IsSorted(lines) || len(lines) < 10_000 || long < 1_500 {
		t.Errorf("%d lines, %d of them as long as passwords are, in order: %v", len(lines), long, slices.IsSorted(lines))
	}
}

// Every way to a new password refuses what is common, and nothing has changed then.
func TestNoWayToACommonPassword(t *testing.T) {
	d, _ := desktest.SQLite(t)
	a := &Accounts{Store: d.Store, Keys: d.Keys, Passwords: NewPasswords(0)}
	ctx := t.Context()
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrPasswordCommon) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	n := NewPerson{Tenant: "musterstadt", Email: "uwe@musterstadt.example", Role: "clerk", Password: "Musterstadt1"}
	_, err := a.AddPerson(ctx, n)
	refused("a new account", err)
	n.Password = "korrekt pferd batterie"
	if _, err := a.AddPerson(ctx, n); err != nil {
		t.Fatal(err)
	}
	refused("the command line", a.SetPassword(ctx, n.Tenant, n.Email, "1234567890"))
	link, _, err := a.Invite(ctx, n.Tenant, n.Email)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.AcceptInvitation(ctx, link, "Passwort2026")
	refused("a link", err)
	if _, err := a.Invited(ctx, link); err != nil {
		t.Errorf("the link is used up: %v", err)
	}
	secret, _, err := a.SignIn(ctx, n.Tenant, n.Email, n.Password, "")
	if err != nil || seal.SecretHash(secret) == "" {
		t.Fatal(err)
	}
	_, err = a.ChangePassword(ctx, secret, n.Password, "qwertzuiop1")
	refused("the own account", err)
}

func FuzzNotCommon(f *testing.F) {
	f.Add("qwertz123456")
	f.Add("ab\nab\n")
	f.Fuzz(func(t *testing.T, password string) {
		if err := NotCommon(password, "a@b.example", password); err == nil && runs(strings.ToLower(password)) {
			t.Errorf("%q", password)
		}
	})
}
