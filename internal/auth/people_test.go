package auth

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// staff adds somebody with a password and gives them as they act.
func staff(t *testing.T, a *Accounts, name string, role agenda.Role, department string) *agenda.Person {
	t.Helper()
	id := add(t, a, NewPerson{Email: name + "@musterstadt.example", Name: name, Role: role, Department: department, Password: good})
	return &agenda.Person{Tenant: town, ID: id, Name: name, Role: role, Department: department}
}

func is(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestPeopleAreManagedWithinOnesOwnRights(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		admin := staff(t, a, "adele", agenda.Admin, "")
		lead := staff(t, a, "lea", agenda.Lead, "soziales")
		clerk := staff(t, a, "carl", agenda.Clerk, "soziales")
		other := staff(t, a, "olga", agenda.Clerk, "buergerdienste")
		for what, do := range map[string]func(by *agenda.Person, id string) error{
			"disable": func(by *agenda.Person, id string) error { return a.Disable(ctx, by, id, true) },
			"change": func(by *agenda.Person, id string) error {
				return a.Change(ctx, by, id, Change{Name: "X", Role: agenda.Clerk, Department: "soziales"})
			},
			"reset":    func(by *agenda.Person, id string) error { return a.ResetFactor(ctx, by, id) },
			"invite":   func(by *agenda.Person, id string) error { return a.InviteByLetter(ctx, by, id) },
			"sign out": func(by *agenda.Person, id string) error { return a.SignOutPerson(ctx, by, id) },
		} {
			is(t, what+" an admin by a lead", do(lead, admin.ID), agenda.ErrNotFound)
			is(t, what+" of another department", do(lead, other.ID), agenda.ErrNotFound)
			is(t, what+" by a clerk", do(clerk, other.ID), agenda.ErrNotFound)
			is(t, what+" by somebody of another tenant", do(&agenda.Person{Tenant: "anderswo", ID: "x", Role: agenda.Admin}, clerk.ID), agenda.ErrNotFound)
			is(t, what+" of the own department", do(lead, clerk.ID), nil)
			is(t, what+" again open", a.Disable(ctx, admin, clerk.ID, false), nil)
		}
		is(t, "a lead makes an admin", a.Change(ctx, lead, clerk.ID, Change{Name: "X", Role: agenda.Admin}), agenda.ErrForbidden)
		is(t, "a lead adds elsewhere", adding(a, lead, "n@b.example", agenda.Clerk, "buergerdienste"), agenda.ErrForbidden)
		is(t, "an admin adds the county", adding(a, admin, "n@b.example", agenda.County, ""), agenda.ErrForbidden)
		is(t, "a lead adds in their department", adding(a, lead, "n@b.example", agenda.Clerk, "soziales"), nil)
		is(t, "disabling oneself", a.Disable(ctx, admin, admin.ID, true), agenda.ErrForbidden)
		// Somebody who was a lead when they pressed the button, and no longer is.
		is(t, "demote the lead", a.Change(ctx, admin, lead.ID, Change{Name: "Lea", Role: agenda.Clerk, Department: "soziales"}), nil)
		is(t, "with rights of a moment ago", a.Disable(ctx, lead, clerk.ID, true), agenda.ErrNotFound)
		if got := acts(t, a, clerk.ID); len(got) != 11 {
			t.Errorf("journal: got %v, want one entry for each act", got)
		}
	})
}

func adding(a *Accounts, by *agenda.Person, email string, role agenda.Role, department string) error {
	_, err := a.AddPerson(context.Background(), NewPerson{Tenant: by.Tenant, Email: email, Role: role, Department: department, By: by, Letter: true})
	return err
}

// A deputy has the rights from the first day to the last, both whole, in the town's zone.
func TestDeputiesExpireByThemselves(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		admin := staff(t, a, "adele", agenda.Admin, "")
		clerk := staff(t, a, "carl", agenda.Clerk, "soziales")
		today := agenda.DateOf(desktest.At(0, "00:00"))
		r := FurtherRole{Grant: agenda.Grant{Role: agenda.Lead, Department: "soziales", To: today + 2}, From: today + 1}
		is(t, "grant", a.Grant(ctx, admin, clerk.ID, r), nil)
		for _, x := range []struct {
			days  int
			clock string
			leads bool
		}{{0, "23:59", false}, {1, "00:00", true}, {2, "23:59", true}, {3, "00:00", false}} {
			c.Set(desktest.At(x.days, x.clock))
			secret, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
			if err != nil {
				t.Fatal(err)
			}
			who, err := a.Session(ctx, secret)
			if err != nil || who.MayInDepartment(agenda.ManagePeople, "soziales") != x.leads || !who.May(agenda.ActOnBookings) {
				t.Errorf("day %d, %s: got %+v, %v, want leads %v", x.days, x.clock, who.Person, err, x.leads)
			}
		}
		c.Set(desktest.At(1, "10:00"))
		deputy := *clerk
		other := staff(t, a, "olga", agenda.Clerk, "soziales")
		is(t, "a deputy grants for as long", a.Grant(ctx, &deputy, other.ID, FurtherRole{Grant: agenda.Grant{Role: agenda.Planner, Calendar: "soziales", To: today + 2}, From: today + 1}), nil)
		is(t, "a deputy grants for longer", a.Grant(ctx, &deputy, other.ID, FurtherRole{Grant: agenda.Grant{Role: agenda.Clerk, Department: "soziales", To: today + 3}, From: today}), agenda.ErrForbidden)
		is(t, "a deputy grants themselves", a.Grant(ctx, &deputy, clerk.ID, r), agenda.ErrForbidden)
		m, err := a.Member(ctx, admin, other.ID)
		if err != nil || len(m.Further) != 1 || !m.Further[0].Mine {
			t.Fatalf("got %+v, %v, want one further role", m, err)
		}
		is(t, "end it", a.EndGrant(ctx, &deputy, other.ID, m.Further[0].ID), nil)
		is(t, "end it twice", a.EndGrant(ctx, &deputy, other.ID, m.Further[0].ID), agenda.ErrNotFound)
	})
}

func TestGrantsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		admin := staff(t, a, "adele", agenda.Admin, "")
		clerk := staff(t, a, "carl", agenda.Clerk, "soziales")
		today := agenda.DateOf(desktest.At(0, "00:00"))
		for want, r := range map[string]FurtherRole{
			"role unknown":       {Grant: agenda.Grant{Role: "boss"}, From: today},
			"department unknown": {Grant: agenda.Grant{Role: agenda.Clerk, Department: "x"}, From: today},
			"calendar unknown":   {Grant: agenda.Grant{Role: agenda.Clerk, Calendar: "x"}, From: today},
			"from required":      {Grant: agenda.Grant{Role: agenda.Clerk}},
			"to order":           {Grant: agenda.Grant{Role: agenda.Clerk, To: today}, From: today + 1},
			"to past":            {Grant: agenda.Grant{Role: agenda.Clerk, To: today - 1}, From: today - 2},
		} {
			var bad agenda.Invalid
			if err := a.Grant(t.Context(), admin, clerk.ID, r); !errors.As(err, &bad) || len(bad) != 1 || bad[0].Field+" "+bad[0].Code != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}

// Two admins who take each other's role away at the same moment: one stays.
func TestTheLastAdminCannotVanish(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		first := staff(t, a, "adele", agenda.Admin, "")
		for round := range 4 {
			second := staff(t, a, "berta"+string(rune('0'+round)), agenda.Admin, "")
			both := [2]*agenda.Person{first, second}
			var faults [2]error
			var wg sync.WaitGroup
			for i := range both {
				wg.Go(func() {
					by, of := both[i], both[1-i]
					if round%2 == 0 {
						faults[i] = a.Disable(ctx, by, of.ID, true)
					} else {
						faults[i] = a.Change(ctx, by, of.ID, Change{Name: of.Name, Role: agenda.Lead})
					}
				})
			}
			wg.Wait()
			if (faults[0] == nil) == (faults[1] == nil) {
				t.Fatalf("got %v and %v, want one to fail", faults[0], faults[1])
			}
			if faults[0] != nil {
				first = second
			}
		}
		email := first.Name + "@musterstadt.example"
		is(t, "the last one disabled", a.SetDisabled(ctx, town, email, true, false), ErrLastAdmin)
		is(t, "the last one demoted", a.SetRights(ctx, town, email, agenda.Lead, "", false), ErrLastAdmin)
		is(t, "the last one limited", a.SetRights(ctx, town, email, agenda.Admin, "soziales", false), ErrLastAdmin)
		add(t, a, NewPerson{Email: "nie@musterstadt.example", Role: agenda.Admin})
		is(t, "beside one who never signed in", a.SetDisabled(ctx, town, email, true, false), ErrLastAdmin)
		is(t, "forced", a.SetDisabled(ctx, town, email, true, true), nil)
	})
}

// Long, as it follows one account from its first code to the last recovery code.
func TestSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		p := staff(t, a, "carl", agenda.Clerk, "")
		code := func(secret string, at time.Time) string {
			s, err := totp.GenerateCode(secret, at)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		secret, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.ConfirmFactor(ctx, secret, "123456"); !errors.Is(err, agenda.ErrState) {
			t.Errorf("nothing to confirm: got %v", err)
		}
		is(t, "begin", a.BeginFactor(ctx, secret), nil)
		own, err := a.Own(ctx, secret)
		if err != nil || own.Enrolment == nil || own.Factor {
			t.Fatalf("got %+v, %v, want an enrolment", own, err)
		}
		key := own.Enrolment.Secret
		if want := "otpauth://totp/Musterstadt:carl@musterstadt.example?issuer=Musterstadt&secret=" + key; own.Enrolment.URL != want {
			t.Errorf("got %s, want %s", own.Enrolment.URL, want)
		}
		if _, err := a.ConfirmFactor(ctx, secret, "000000"); !errors.Is(err, ErrCode) {
			t.Errorf("a wrong code: got %v", err)
		}
		recovery, err := a.ConfirmFactor(ctx, secret, code(key, c.Now()))
		if err != nil || len(recovery) != 10 {
			t.Fatalf("got %v, %v, want ten recovery codes", recovery, err)
		}
		a.stores(t, p, key)

		enter := func(what, code string, want error) (opened string) {
			t.Helper()
			waiting, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
			if !errors.Is(err, ErrCodeNeeded) {
				t.Fatalf("%s: got %v, want ErrCodeNeeded", what, err)
			}
			if _, err := a.Session(ctx, waiting); !errors.Is(err, agenda.ErrNotFound) {
				t.Errorf("%s: half a sign-in opens a session: %v", what, err)
			}
			opened, _, err = a.EnterCode(ctx, waiting, code, "")
			is(t, what, err, want)
			if err == nil {
				if _, err := a.Session(ctx, opened); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if _, _, err := a.EnterCode(ctx, waiting, code, ""); !errors.Is(err, agenda.ErrNotFound) {
					t.Errorf("%s: the waiting session is there still: %v", what, err)
				}
			}
			return opened
		}
		enter("the code that enrolled", code(key, c.Now()), ErrCode)
		c.Advance(time.Minute)
		enter("two steps ago", code(key, c.Now().Add(-time.Minute)), ErrCode)
		enter("one step ago", code(key, c.Now().Add(-30*time.Second)), nil)
		enter("one step ahead", code(key, c.Now().Add(30*time.Second)), nil)
		enter("one that is older than the last", code(key, c.Now()), ErrCode)
		enter("nonsense", "abc", ErrCode)
		enter("a recovery code", " "+recovery[3][:5]+recovery[3][6:], nil)
		last := enter("the same recovery code", recovery[3], ErrCode)
		_ = last
		opened := enter("another recovery code", recovery[4], nil)
		if own, err := a.Own(ctx, opened); err != nil || own.Recovery != 8 || !own.Factor {
			t.Errorf("got %+v, %v, want eight codes left", own, err)
		}
		is(t, "off with a wrong password", a.DropFactor(ctx, opened, "falsches passwort"), ErrSignIn)
		is(t, "off", a.DropFactor(ctx, opened, good), nil)
		if _, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, ""); err != nil {
			t.Errorf("without a second factor: %v", err)
		}
	})
}

// stores checks that nothing of a second factor is kept in the clear.
func (a *Accounts) stores(t *testing.T, p *agenda.Person, key string) {
	t.Helper()
	err := a.Store.View(t.Context(), func(tx *store.Tx) error {
		c, err := tx.Credential(*p)
		if len(c.TOTP) < 50 || c.Next != nil || slices.Contains([]string{string(c.TOTP)}, key) {
			t.Errorf("stored %d bytes, next %v", len(c.TOTP), c.Next)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A code that two send at the same moment opens one session.
func TestCodesAreGoodOnceAtTheSameMoment(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		staff(t, a, "carl", agenda.Clerk, "")
		secret, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
		if err != nil {
			t.Fatal(err)
		}
		is(t, "begin", a.BeginFactor(ctx, secret), nil)
		own, err := a.Own(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		now, _ := totp.GenerateCode(own.Enrolment.Secret, c.Now())
		if _, err := a.ConfirmFactor(ctx, secret, now); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
		next, _ := totp.GenerateCode(own.Enrolment.Secret, c.Now())
		var opened [3]error
		var wg sync.WaitGroup
		for i := range opened {
			waiting, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
			if !errors.Is(err, ErrCodeNeeded) {
				t.Fatal(err)
			}
			wg.Go(func() { _, _, opened[i] = a.EnterCode(ctx, waiting, next, "") })
		}
		wg.Wait()
		n := 0
		for _, err := range opened {
			if err == nil {
				n++
			} else if !errors.Is(err, ErrCode) {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("the code opened %d sessions, want one", n)
		}
	})
}

// Whoever found an open session could put a second factor of their own in the place of
// the owner's: that takes the password, as taking it away does.
func TestAFactorIsReplacedByPassword(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		staff(t, a, "carl", agenda.Clerk, "")
		secret, _, err := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
		if err != nil {
			t.Fatal(err)
		}
		enrol := func() string {
			t.Helper()
			own, err := a.Own(ctx, secret)
			if err != nil || own.Enrolment == nil {
				t.Fatalf("got %+v, %v, want an enrolment", own, err)
			}
			code, _ := totp.GenerateCode(own.Enrolment.Secret, c.Now())
			if _, err := a.ConfirmFactor(ctx, secret, code); err != nil {
				t.Fatal(err)
			}
			return own.Enrolment.Secret
		}
		is(t, "begin", a.BeginFactor(ctx, secret), nil)
		first := enrol()
		is(t, "begin again", a.BeginFactor(ctx, secret), agenda.ErrState)
		is(t, "with a wrong password", a.ReplaceFactor(ctx, secret, "falsch"), ErrSignIn)
		if own, err := a.Own(ctx, secret); err != nil || own.Enrolment != nil {
			t.Fatalf("got %+v, %v, want no enrolment", own, err)
		}
		is(t, "with the password", a.ReplaceFactor(ctx, secret, good), nil)
		if second := enrol(); second == first {
			t.Error("the factor is still the first one")
		}
	})
}

func TestWrongCodesAreLimited(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		staff(t, a, "carl", agenda.Clerk, "")
		secret, _, _ := a.SignIn(ctx, town, "carl@musterstadt.example", good, "")
		is(t, "begin", a.BeginFactor(ctx, secret), nil)
		own, err := a.Own(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		now, _ := totp.GenerateCode(own.Enrolment.Secret, c.Now())
		if _, err := a.ConfirmFactor(ctx, secret, now); err != nil {
			t.Fatal(err)
		}
		a.Attempts = 3
		waiting, _, _ := a.SignIn(ctx, town, "carl@musterstadt.example", good, "192.0.2.1")
		for range 3 {
			_, _, err := a.EnterCode(ctx, waiting, "000000", "192.0.2.1")
			is(t, "wrong", err, ErrCode)
		}
		_, _, err = a.EnterCode(ctx, waiting, "000000", "192.0.2.1")
		is(t, "the fourth", err, ErrTooMany)
		waiting, _, _ = a.SignIn(ctx, town, "carl@musterstadt.example", good, "192.0.2.9")
		_, _, err = a.EnterCode(ctx, waiting, "000000", "192.0.2.9")
		is(t, "from elsewhere, with a new sign-in", err, ErrTooMany)
	})
}

// One story of four sessions: it is long as each step needs those before it.
func TestOwnSessions(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		staff(t, a, "carl", agenda.Clerk, "")
		open := func(agent string) string {
			secret, _, err := a.SignInWith(ctx, Attempt{Tenant: town, Email: "carl@musterstadt.example", Password: good, Agent: agent})
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		office := open("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		c.Advance(time.Hour)
		home := open("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
		if _, err := a.Session(ctx, office); err != nil { // writes that it is in use
			t.Fatal(err)
		}
		own, err := a.Own(ctx, home)
		if err != nil || len(own.Sessions) != 2 {
			t.Fatalf("got %+v, %v, want two sessions", own.Sessions, err)
		}
		first, second := own.Sessions[0], own.Sessions[1]
		if !first.This || first.Device != "Safari, iPhone" || second.This || second.Device != "Firefox, Linux" || !second.Used.Equal(c.Now()) {
			t.Errorf("got %+v", own.Sessions)
		}
		is(t, "end", a.EndSession(ctx, home, second.ID), nil)
		is(t, "end again", a.EndSession(ctx, home, second.ID), agenda.ErrNotFound)
		_, err = a.Session(ctx, office)
		is(t, "ended", err, agenda.ErrNotFound)
		other := open("")
		_, err = a.ChangePassword(ctx, home, "falsches passwort", good+"!")
		is(t, "wrong old password", err, ErrSignIn)
		_, err = a.ChangePassword(ctx, home, good, "kurz")
		is(t, "short new password", err, ErrPasswordLength)
		fresh, err := a.ChangePassword(ctx, home, good, good+"!")
		is(t, "new password", err, nil)
		_, err = a.Session(ctx, other)
		is(t, "the other session", err, agenda.ErrNotFound)
		_, err = a.Session(ctx, home)
		is(t, "the old secret of this one", err, agenda.ErrNotFound)
		home = fresh
		_, err = a.Session(ctx, home)
		is(t, "its new secret", err, nil)
		is(t, "everywhere", a.SignOutEverywhere(ctx, home), nil)
		_, err = a.Session(ctx, home)
		is(t, "after that", err, agenda.ErrNotFound)
	})
}

// A session counts as idle also where another process, or this one before a restart,
// saw it last.
func TestIdleAcrossRestarts(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		staff(t, a, "carl", agenda.Clerk, "")
		secret, _, err := a.SignIn(t.Context(), town, "carl@musterstadt.example", good, "")
		if err != nil {
			t.Fatal(err)
		}
		c.Advance(SessionIdle + time.Second)
		again := &Accounts{Store: a.Store, Passwords: a.Passwords, Keys: a.Keys}
		_, err = again.Session(t.Context(), secret)
		is(t, "idle", err, agenda.ErrNotFound)
	})
}
