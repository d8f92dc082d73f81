package auth

import (
	"errors"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

func recognised(subject, email string) Recognised {
	return Recognised{Identity: store.Identity{Issuer: "https://login.beispiel.example", Subject: subject}, Email: email, Name: "Uwe Muster"}
}

func granted(role agenda.Role, department string) []agenda.Grant {
	return []agenda.Grant{{Role: role, Department: department}}
}

func TestSignInAs(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, _ *desktest.Clock) {
		ctx := t.Context()
		uwe := recognised("1", "Uwe@musterstadt.example")
		secret, p, err := a.SignInAs(ctx, town, uwe, granted(agenda.Clerk, "soziales"))
		if err != nil {
			t.Fatal(err)
		}
		if p.Role != agenda.Clerk || p.Department != "soziales" || p.Name != "Uwe Muster" || p.Tenant != town {
			t.Errorf("got %+v", p)
		}
		if got, err := a.Session(ctx, secret); err != nil || got.ID != p.ID {
			t.Errorf("the session: got %+v, %v", got, err)
		}
		uwe.Email = "" // he is known by now
		other, again, err := a.SignInAs(ctx, town, uwe, granted(agenda.Lead, ""))
		if err != nil || again.ID != p.ID || again.Role != agenda.Lead {
			t.Fatalf("the second time: got %+v, %v", again, err)
		}
		if got, err := a.Session(ctx, secret); err != nil || got.Role != agenda.Lead {
			t.Errorf("rights follow the groups in every session: got %+v, %v", got, err)
		}
		if _, _, err := a.SignInAs(ctx, town, uwe, nil); !errors.Is(err, ErrNoRights) {
			t.Errorf("without groups: got %v", err)
		}
		for _, s := range []string{secret, other} {
			if _, err := a.Session(ctx, s); !errors.Is(err, agenda.ErrNotFound) {
				t.Errorf("a session outlives the groups: got %v", err)
			}
		}
		if _, _, err := a.SignIn(ctx, town, "uwe@musterstadt.example", "", ""); !errors.Is(err, ErrSignIn) {
			t.Errorf("without a password: got %v", err)
		}
	})
}

func TestSignInAsRefuses(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, _ *desktest.Clock) {
		ctx := t.Context()
		if _, _, err := a.SignInAs(ctx, town, recognised("1", ""), granted(agenda.Clerk, "")); !errors.Is(err, ErrNoAddress) {
			t.Errorf("a newcomer without an address: got %v", err)
		}
		if _, _, err := a.SignInAs(ctx, town, recognised("2", "a@b.example"), nil); !errors.Is(err, ErrNoRights) {
			t.Errorf("a newcomer without groups: got %v", err)
		}
		if list, err := a.People(ctx, town); err != nil || len(list) != 0 {
			t.Errorf("accounts after refusals: got %v, %v", list, err)
		}
		if _, _, err := a.SignInAs(ctx, town, recognised("3", "a@b.example"), granted(agenda.Clerk, "gibt-es-nicht")); err == nil {
			t.Error("a department that does not exist was granted")
		}
		uwe := recognised("4", "uwe@musterstadt.example")
		if _, _, err := a.SignInAs(ctx, town, uwe, granted(agenda.Clerk, "")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.SignInAs(ctx, town, recognised("5", "uwe@musterstadt.example"), granted(agenda.Admin, "")); !errors.Is(err, ErrSignIn) {
			t.Errorf("somebody else with the address: got %v", err)
		}
		if err := a.SetDisabled(ctx, town, "uwe@musterstadt.example", true, false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.SignInAs(ctx, town, uwe, granted(agenda.Clerk, "")); !errors.Is(err, ErrSignIn) {
			t.Errorf("a disabled account: got %v", err)
		}
	})
}

// An account that was there keeps its id and loses its password and sessions: from now
// on the provider says who its owner is.
func TestSignInAsTakesOverAnAccount(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, _ *desktest.Clock) {
		ctx := t.Context()
		id, err := a.AddPerson(ctx, NewPerson{Tenant: town, Email: erna, Role: agenda.Admin, Password: good})
		if err != nil {
			t.Fatal(err)
		}
		old, _, err := a.SignIn(ctx, town, erna, good, "")
		if err != nil {
			t.Fatal(err)
		}
		_, p, err := a.SignInAs(ctx, town, recognised("1", erna), granted(agenda.Clerk, ""))
		if err != nil || p.ID != id || p.Role != agenda.Clerk {
			t.Fatalf("got %+v, %v", p, err)
		}
		if _, _, err := a.SignIn(ctx, town, erna, good, ""); !errors.Is(err, ErrSignIn) {
			t.Errorf("the password still works: %v", err)
		}
		if _, err := a.Session(ctx, old); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("the session of the password still holds: %v", err)
		}
	})
}
