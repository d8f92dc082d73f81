package auth

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	town = "musterstadt"
	erna = "erna@musterstadt.example"
	good = "korrekt pferd batterie"
)

// each runs a test with accounts on a desk of each engine. Hashes are cheap.
func each(t *testing.T, f func(t *testing.T, a *Accounts, c *desktest.Clock)) {
	t.Helper()
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		f(t, &Accounts{Store: d.Store, Keys: d.Keys, Passwords: newPasswords(params{memory: 8, time: 1, threads: 1}, 4)}, c)
	})
}

func add(t *testing.T, a *Accounts, n NewPerson) string {
	t.Helper()
	if n.Tenant == "" {
		n.Tenant = town
	}
	id, err := a.AddPerson(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func acts(t *testing.T, a *Accounts, subject string) (list []string) {
	t.Helper()
	err := a.Store.View(t.Context(), func(tx *store.Tx) error {
		entries, err := tx.Journal(town, subject)
		for _, e := range entries {
			list = append(list, e.Act)
			if strings.Contains(e.Detail+e.Actor, "@") {
				t.Errorf("the journal names a person: %+v", e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list) // entries of one second have no order
	return list
}

func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		id := add(t, a, NewPerson{Email: " Erna@Musterstadt.Example ", Name: "Erna Muster", Role: agenda.Clerk, Department: "soziales", Password: good})
		for _, wrong := range [][3]string{
			{town, erna, "falsches passwort"}, {town, erna, ""}, {town, "niemand@musterstadt.example", good},
			{"anderswo", erna, good}, {town, "", ""}, {town, "erna", good}, {"", erna, good},
		} {
			if _, _, err := a.SignIn(ctx, wrong[0], wrong[1], wrong[2], ""); !errors.Is(err, ErrSignIn) {
				t.Errorf("%v: got %v, want ErrSignIn", wrong, err)
			}
		}
		secret, p, err := a.SignIn(ctx, town, "ERNA@musterstadt.example", good, "")
		if err != nil {
			t.Fatal(err)
		}
		want := agenda.Person{Tenant: town, ID: id, Name: "Erna Muster", Role: agenda.Clerk, Department: "soziales"}
		if !reflect.DeepEqual(*p, want) || len(secret) < 26 {
			t.Errorf("got %+v with a secret of %d characters, want %+v", *p, len(secret), want)
		}
		again, _, err := a.SignIn(ctx, town, erna, good, "")
		if err != nil || again == secret {
			t.Errorf("the second session has the same secret (%v)", err)
		}
		for range 2 { // reading a session does not use it up
			if got, err := a.Session(ctx, secret); err != nil || !reflect.DeepEqual(*got.Person, want) {
				t.Fatalf("got %+v, %v, want %+v", got, err, want)
			}
		}
		if err := a.SignOut(ctx, secret); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Session(ctx, secret); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("after signing out: got %v, want ErrNotFound", err)
		}
		if _, err := a.Session(ctx, again); err != nil {
			t.Errorf("the other session: %v", err)
		}
		if got, want := acts(t, a, id), []string{"account.add", "sign-in", "sign-in", "sign-out"}; !slices.Equal(got, want) {
			t.Errorf("journal: got %v, want %v", got, want)
		}
	})
}

func TestSecretsAreStoredAsHashes(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk, Password: good})
		secret, _, err := a.SignIn(t.Context(), town, erna, good, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Session(t.Context(), seal.SecretHash(secret)); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("what the database holds opens a session: %v", err)
		}
		err = a.Store.View(t.Context(), func(tx *store.Tx) error {
			s, err := tx.Account(town, erna)
			if !strings.HasPrefix(s.Password, "$argon2id$") {
				t.Errorf("stored password: %q", s.Password)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// All the ways a session ends, in one story: it is long as each begins with a new one.
func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk, Password: good})
		open := func() string {
			t.Helper()
			secret, _, err := a.SignIn(ctx, town, erna, good, "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Session(ctx, secret); err != nil {
				t.Fatal(err)
			}
			return secret
		}
		gone := func(what, secret string) {
			t.Helper()
			if _, err := a.Session(ctx, secret); !errors.Is(err, agenda.ErrNotFound) {
				t.Errorf("%s: got %v, want ErrNotFound", what, err)
			}
		}
		s := open()
		c.Advance(SessionIdle + time.Second)
		gone("idle", s)
		c.Advance(-time.Minute)
		s = open()
		for range 7 {
			c.Advance(100 * time.Minute)
			if _, err := a.Session(ctx, s); err != nil {
				t.Fatalf("in use: %v", err)
			}
		}
		c.Advance(20 * time.Minute)
		gone("after twelve hours", s)
		s = open()
		if err := a.SetPassword(ctx, town, erna, good+"!"); err != nil {
			t.Fatal(err)
		}
		gone("after a new password", s)
		if err := a.SetPassword(ctx, town, erna, good); err != nil {
			t.Fatal(err)
		}
		s = open()
		if err := a.SetDisabled(ctx, town, erna, true, false); err != nil {
			t.Fatal(err)
		}
		gone("disabled", s)
		if _, _, err := a.SignIn(ctx, town, erna, good, ""); !errors.Is(err, ErrSignIn) {
			t.Errorf("disabled: got %v, want ErrSignIn", err)
		}
		if err := a.SetDisabled(ctx, town, erna, false, false); err != nil {
			t.Fatal(err)
		}
		gone("enabled again", s)
		gone("of nobody", "")
	})
}

func TestRightsChangeAtTheNextRequest(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		add(t, a, NewPerson{Email: erna, Role: agenda.Admin, Password: good})
		secret, _, err := a.SignIn(t.Context(), town, erna, good, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := a.SetRights(t.Context(), town, erna, agenda.Auditor, "soziales", true); err != nil {
			t.Fatal(err)
		}
		if p, err := a.Session(t.Context(), secret); err != nil || p.Role != agenda.Auditor || p.Department != "soziales" {
			t.Errorf("got %+v, %v, want an auditor of soziales", p, err)
		}
		var bad agenda.Invalid
		if err := a.SetRights(t.Context(), town, erna, "king", "nowhere", false); !errors.As(err, &bad) || len(bad) != 2 {
			t.Errorf("got %v, want two faults", err)
		}
	})
}

func TestAddPersonRefuses(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk})
		for name, n := range map[string]NewPerson{
			"email format":       {Tenant: town, Email: "erna", Role: agenda.Clerk},
			"email duplicate":    {Tenant: town, Email: strings.ToUpper(erna), Role: agenda.Clerk},
			"role unknown":       {Tenant: town, Email: "a@b.example", Role: "root"},
			"department unknown": {Tenant: town, Email: "a@b.example", Role: agenda.Clerk, Department: "fb99"},
			"name too_long":      {Tenant: town, Email: "a@b.example", Role: agenda.Clerk, Name: strings.Repeat("ä", 201)},
		} {
			_, err := a.AddPerson(t.Context(), n)
			var bad agenda.Invalid
			if !errors.As(err, &bad) || len(bad) != 1 || bad[0].Field+" "+bad[0].Code != name {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if _, err := a.AddPerson(t.Context(), NewPerson{Tenant: town, Email: "a@b.example", Role: agenda.Clerk, Password: "kurz"}); !errors.Is(err, ErrPasswordLength) {
			t.Errorf("short password: got %v", err)
		}
		if _, err := a.AddPerson(t.Context(), NewPerson{Tenant: "nowhere", Email: "a@b.example", Role: agenda.Clerk}); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("no such tenant: got %v", err)
		}
		people, err := a.People(t.Context(), town)
		if err != nil || len(people) != 1 || people[0].Email != erna || people[0].Name != erna || people[0].HasPassword {
			t.Errorf("got %+v, %v, want Erna alone", people, err)
		}
	})
}

// Long, as it follows one invitation from the first link to the sign-in.
func TestInvitationIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		id := add(t, a, NewPerson{Email: erna, Name: "Erna Muster", Role: agenda.Clerk})
		old, _, err := a.Invite(ctx, town, erna)
		if err != nil {
			t.Fatal(err)
		}
		secret, expires, err := a.Invite(ctx, town, erna)
		if err != nil || !expires.Equal(c.Now().Add(FirstLink)) {
			t.Fatalf("got %v until %v", err, expires)
		}
		if _, err := a.Invited(ctx, old); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("the link before: got %v, want ErrNotFound", err)
		}
		if _, err := a.AcceptInvitation(ctx, secret, "kurz"); !errors.Is(err, ErrPasswordLength) {
			t.Errorf("short password: got %v", err)
		}
		if who, err := a.Invited(ctx, secret); err != nil || who.ID != id || who.Name != "Erna Muster" {
			t.Fatalf("got %+v, %v", who, err)
		}
		// Pressed twice at the same moment: one sets the password.
		var done sync.WaitGroup
		results := make([]error, 4)
		for i := range results {
			done.Go(func() { _, results[i] = a.AcceptInvitation(context.WithoutCancel(ctx), secret, good) })
		}
		done.Wait()
		won := 0
		for _, err := range results {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, agenda.ErrNotFound):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d of 4 used the link, want 1", won)
		}
		if _, _, err := a.SignIn(ctx, town, erna, good, ""); err != nil {
			t.Error(err)
		}
		if got, want := acts(t, a, id), []string{"account.add", "account.invite", "account.invite", "account.password", "sign-in"}; !slices.Equal(got, want) {
			t.Errorf("journal: got %v, want %v", got, want)
		}
	})
}

func TestInvitationRunsOut(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk, Password: good})
		secret, expires, err := a.Invite(ctx, town, erna)
		if err != nil || !expires.Equal(c.Now().Add(ResetLink)) {
			t.Fatalf("got %v until %v, want half an hour for a reset", err, expires)
		}
		c.Advance(ResetLink)
		if _, err := a.Invited(ctx, secret); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if _, err := a.AcceptInvitation(ctx, secret, good); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if secret, _, err = a.Invite(ctx, town, erna); err != nil {
			t.Fatal(err)
		}
		if err := a.SetDisabled(ctx, town, erna, true, false); err != nil {
			t.Fatal(err)
		}
		if _, err := a.AcceptInvitation(ctx, secret, good); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("disabled: got %v, want ErrNotFound", err)
		}
		if _, _, err := a.Invite(ctx, town, "niemand@musterstadt.example"); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("nobody: got %v, want ErrNotFound", err)
		}
	})
}

// Long, as it follows one token through its life.
func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		id, token, err := a.CreateToken(ctx, town, " Portal ", agenda.Clerk, "soziales", 0)
		if err != nil {
			t.Fatal(err)
		}
		want := agenda.Person{Tenant: town, ID: id, Name: "Portal", Role: agenda.Clerk, Department: "soziales"}
		if p, err := a.Bearer(ctx, town, token); err != nil || !reflect.DeepEqual(*p, want) {
			t.Errorf("got %+v, %v, want %+v", p, err, want)
		}
		for _, wrong := range [][2]string{{"anderswo", token}, {town, token + "A"}, {town, ""}, {town, seal.SecretHash(token)}} {
			if _, err := a.Bearer(ctx, wrong[0], wrong[1]); !errors.Is(err, agenda.ErrNotFound) {
				t.Errorf("%v: got %v, want ErrNotFound", wrong, err)
			}
		}
		if _, err := a.Session(ctx, token); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("a token opened a session: %v", err)
		}
		if err := a.RevokeToken(ctx, "anderswo", id); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("foreign tenant: got %v, want ErrNotFound", err)
		}
		if err := a.RevokeToken(ctx, town, id); err != nil {
			t.Fatal(err)
		}
		if err := a.RevokeToken(ctx, town, id); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("revoked twice: got %v, want ErrNotFound", err)
		}
		if _, err := a.Bearer(ctx, town, token); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("revoked: got %v, want ErrNotFound", err)
		}
		if list, err := a.Tokens(ctx, town); err != nil || len(list) != 1 || !reflect.DeepEqual(list[0].Person, want) || !list[0].Revoked.Equal(c.Now()) {
			t.Errorf("got %+v, %v", list, err)
		}
		for _, wrong := range []struct{ tenant, name, role, department string }{
			{town, " ", "clerk", ""}, {town, "x", "root", ""}, {town, "x", "clerk", "fb99"}, {"nowhere", "x", "clerk", ""},
		} {
			if _, token, err := a.CreateToken(ctx, wrong.tenant, wrong.name, agenda.Role(wrong.role), wrong.department, 0); err == nil || token != "" {
				t.Errorf("%v: was taken", wrong)
			}
		}
		if got, want := acts(t, a, id), []string{"token.create", "token.revoke"}; !slices.Equal(got, want) {
			t.Errorf("journal: got %v, want %v", got, want)
		}
	})
}

// A token opens nothing from the end of its last day on, as the tenant's clocks have it.
func TestTokensExpire(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		today := agenda.DateOf(c.Now().In(zone))
		issue := func(last agenda.Date) string {
			t.Helper()
			_, token, err := a.CreateToken(t.Context(), town, "Portal", agenda.Clerk, "", last)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		year, week := issue(0), issue(today+7)
		for what, last := range map[string]agenda.Date{"past": today - 1, "too_far": today + MaxTokenDays + 1} {
			var invalid agenda.Invalid
			if _, token, err := a.CreateToken(t.Context(), town, "Portal", agenda.Clerk, "", last); token != "" || !errors.As(err, &invalid) || invalid[0] != (agenda.FieldError{Field: "expires", Code: what}) {
				t.Errorf("%s: got %q, %v", what, token, err)
			}
		}
		opens := func(token string) bool {
			t.Helper()
			_, err := a.Bearer(t.Context(), town, token)
			if err != nil && !errors.Is(err, agenda.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		for _, x := range []struct {
			token string
			last  agenda.Date
		}{{week, today + 7}, {year, today + TokenDays}} {
			end, _ := agenda.At(x.last+1, 0, zone)
			c.Set(end.Add(-time.Second))
			if !opens(x.token) {
				t.Errorf("the token does not open to the end of %s", x.last)
			}
			c.Set(end)
			if opens(x.token) {
				t.Errorf("the token opens after %s", x.last)
			}
		}
		list, err := a.Tokens(t.Context(), town)
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		for _, k := range list {
			if !k.Expired || k.Last != today+7 && k.Last != today+TokenDays {
				t.Errorf("listed as %+v", k)
			}
		}
	})
}

// Tokens of before they ended by themselves go on.
func TestOldTokensHaveNoEnd(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		token := seal.NewSecret()
		old := store.Token{Person: agenda.Person{Tenant: town, ID: "alt", Name: "Portal", Role: agenda.Clerk}, Created: c.Now()}
		if err := a.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.AddToken(seal.SecretHash(token), old) }); err != nil {
			t.Fatal(err)
		}
		c.Set(c.Now().AddDate(5, 0, 0))
		if p, err := a.Bearer(t.Context(), town, token); err != nil || p.ID != "alt" {
			t.Errorf("got %+v, %v", p, err)
		}
		if list, err := a.Tokens(t.Context(), town); err != nil || len(list) != 1 || list[0].Expired || !list[0].Last.IsZero() || list[0].Ending(agenda.DateOf(c.Now()), 30) {
			t.Errorf("got %+v, %v", list, err)
		}
	})
}

func TestWrongPasswordsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		a.Attempts = 3
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk, Password: good})
		signIn := func(password, source string) error {
			_, _, err := a.SignIn(ctx, town, erna, password, source)
			return err
		}
		if err := signIn(good, "office"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := signIn("falsches passwort", "attacker"); !errors.Is(err, ErrSignIn) {
				t.Errorf("got %v, want ErrSignIn", err)
			}
		}
		if err := signIn(good, "attacker"); !errors.Is(err, ErrTooMany) {
			t.Errorf("from the source: got %v, want ErrTooMany", err)
		}
		if err := signIn(good, "elsewhere"); !errors.Is(err, ErrTooMany) {
			t.Errorf("to the account: got %v, want ErrTooMany", err)
		}
		if _, _, err := a.SignIn(ctx, town, "other@musterstadt.example", good, "attacker"); !errors.Is(err, ErrTooMany) {
			t.Errorf("to another account from the source: got %v, want ErrTooMany", err)
		}
		if err := signIn(good, "office"); err != nil {
			t.Errorf("the real user at the usual place: %v", err)
		}
		c.Advance(window/3 + time.Second)
		if err := signIn(good, "elsewhere"); err != nil {
			t.Errorf("five minutes later: %v", err)
		}
		for range 20 { // right ones are not counted
			if err := signIn(good, "office"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Two replicas are asked at once; each knows what the other has counted.
func TestLimitCountsWhatRunsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		other := &Accounts{Store: a.Store, Keys: a.Keys}
		var taken atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				replica := []*Accounts{a, other}[i%2]
				switch err := replica.take(ctx, attempt{account: "a", source: string(rune('a' + i)), most: 5}); {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, ErrTooMany):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := taken.Load(); got != 5 {
			t.Errorf("%d attempts before the first answer, want 5", got)
		}
		if err := a.take(ctx, attempt{account: "a", source: "a"}); err != nil {
			t.Errorf("a limit of 0 limits: %v", err)
		}
		c.Advance(window + time.Minute)
		err := a.Store.Update(ctx, func(tx *store.Tx) error { return tx.ForgetSignInTries(c.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := other.take(ctx, attempt{account: "a", source: "z", most: 5}); err != nil {
				t.Errorf("when all have worn off: %v", err)
			}
		}
	})
}

// While somebody guesses at their password from everywhere, who has signed in from a
// browser before gets in with it, on any replica. What the browser shows is of one
// account, ends with its password and after a while, and alone opens nothing.
func TestKnownDevices(t *testing.T) {
	each(t, func(t *testing.T, a *Accounts, c *desktest.Clock) {
		ctx := t.Context()
		a.Attempts = 3
		add(t, a, NewPerson{Email: erna, Role: agenda.Clerk, Password: good})
		add(t, a, NewPerson{Email: "other@musterstadt.example", Role: agenda.Clerk, Password: good})
		secret, _, err := a.SignIn(ctx, town, erna, good, "home")
		if err != nil {
			t.Fatal(err)
		}
		name, proof, lasts, err := a.KnownDevice(ctx, secret)
		if err != nil || name == "" || lasts != deviceKnown {
			t.Fatalf("got %q, %v, %v", name, lasts, err)
		}
		replica := &Accounts{Store: a.Store, Keys: a.Keys, Passwords: a.Passwords, Attempts: 3}
		signIn := func(email, password, from string, shows ...string) error {
			_, _, err := replica.SignInWith(ctx, Attempt{Tenant: town, Email: email, Password: password, Source: from, Devices: shows})
			return err
		}
		for i := range 4 {
			_ = signIn(erna, "falsches passwort", string(rune('a'+i)))
		}
		if err := signIn(erna, good, "new place"); !errors.Is(err, ErrTooMany) {
			t.Errorf("without it: got %v, want ErrTooMany", err)
		}
		long := strings.Repeat("x", 40)
		for _, shown := range []string{"", ".", long, "99999999999." + long, proof + "x", proof[:len(proof)-1], "9" + proof} {
			if err := signIn(erna, good, "new place", shown); !errors.Is(err, ErrTooMany) {
				t.Errorf("with %q: got %v, want ErrTooMany", shown, err)
			}
		}
		if err := signIn(erna, "falsches passwort", "new place", proof); !errors.Is(err, ErrSignIn) {
			t.Errorf("with a wrong password: got %v, want ErrSignIn", err)
		}
		if err := signIn(erna, good, "new place", long, proof); err != nil {
			t.Errorf("the real user: %v", err)
		}
		for range 3 {
			_ = signIn("other@musterstadt.example", "falsches passwort", "x", proof)
		}
		if err := signIn("other@musterstadt.example", good, "elsewhere", proof); !errors.Is(err, ErrTooMany) {
			t.Errorf("another account: got %v, want ErrTooMany", err)
		}
		for range 4 { // of those, three count
			_ = signIn(erna, "falsches passwort", "stolen", proof)
		}
		if err := signIn(erna, good, "stolen", proof); !errors.Is(err, ErrTooMany) {
			t.Errorf("a stolen device guesses on: %v", err)
		}
		c.Advance(window + time.Second)
		if _, err := a.ChangePassword(ctx, secret, good, "ganz neues wort 47"); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			_ = signIn(erna, "falsches passwort", string(rune('k'+i)))
		}
		if err := signIn(erna, "ganz neues wort 47", "new", proof); !errors.Is(err, ErrTooMany) {
			t.Errorf("after a new password: got %v, want ErrTooMany", err)
		}
	})
}

// In a database that was restored, sessions that had been ended since the backup and links
// that had been used since opened the back office again.
func TestARestoredCopySignsNobodyIn(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, _ *desktest.Clock) {
		a := &Accounts{Store: d.Store, Keys: d.Keys, Passwords: newPasswords(params{memory: 8, time: 1, threads: 1}, 4)}
		add(t, a, NewPerson{Email: erna, Role: agenda.Admin, Password: good})
		session, _, err := a.SignIn(t.Context(), town, erna, good, "")
		if err != nil {
			t.Fatal(err)
		}
		link, _, err := a.Invite(t.Context(), town, erna)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.PauseRestored(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Session(t.Context(), session); err != nil {
			t.Errorf("in a database that is no copy: got %v", err)
		}
		if err := d.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.MarkCopied(time.Now()) }); err != nil {
			t.Fatal(err)
		}
		if p, err := d.PauseRestored(t.Context()); err != nil || p == nil {
			t.Fatalf("got %v, %v, want a pause", p, err)
		}
		if _, err := a.Session(t.Context(), session); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("a session of before: got %v, want none", err)
		}
		if _, err := a.AcceptInvitation(t.Context(), link, "neues pferd batterie"); !errors.Is(err, agenda.ErrNotFound) {
			t.Errorf("an invitation of before: got %v, want none", err)
		}
		if _, _, err := a.SignIn(t.Context(), town, erna, good, ""); err != nil {
			t.Errorf("signing in anew: %v", err)
		}
	})
}
