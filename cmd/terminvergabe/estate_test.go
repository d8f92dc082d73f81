package main

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pquerna/otp/totp"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/seal"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/route"
)

// estate is the building with the built program serving it, and with one secret of every
// kind.
type estate struct {
	*building
	listen string // host:port
	https  bool
	client *http.Client
	links  map[route.Secret]string
	db     *sql.DB // to look into
}

// asker is somebody who asks.
type asker struct {
	name    string
	session func() string // nil: none; the session may have to be opened anew
	token   string
	role    agenda.Role // "": nobody
	town    string
	bound   bool         // to the department buergerdienste
	sees    []string     // whose words may be shown to them
	shows   route.Secret // in the address, where it asks for one; "": an unknown one
}

const (
	soziales = "kanarsozia"
	buerger  = "kanarbuerga"
	nachbarn = "kanarnacha"
)

// openEstate furnishes a building on a database, and can look into it.
func openEstate(t *testing.T, database string) *estate {
	t.Helper()
	d, c := desktest.Open(t, database)
	e := &estate{building: buildOn(t, d, c), client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(e.client.CloseIdleConnections)
	driver, source := "sqlite", "file:"+database+"?mode=ro&_pragma=busy_timeout(10000)"
	if strings.Contains(database, "://") {
		driver, source = "pgx", database
	}
	var err error
	e.db, err = sql.Open(driver, source)
	e.must(err)
	t.Cleanup(func() { e.must(e.db.Close()) })
	e.mint()
	return e
}

// serve starts the program on the estate's database.
func (e *estate) serve(database string, https bool) {
	e.Helper()
	e.https = https
	t := e.T
	e.listen = freeAddress(t)
	scheme := "http"
	if https {
		scheme = "https"
	}
	folder := t.TempDir()
	e.must(os.WriteFile(filepath.Join(folder, "clock"), []byte(time.Until(desktest.At(0, "08:00")).String()), 0o600))
	e.must(os.WriteFile(filepath.Join(folder, "conf.yaml"), fmt.Appendf(nil, "base_url: %s://%s\nlisten: %s\ndatabase: %q\nmail: {transport: directory, directory: letters}\n"+
		"limits: {requests_per_minute: 0, bookings_per_email: 0, holds_per_client: 0, mails_per_address_per_day: 0, sign_in_attempts: 0, guesses_per_minute: 0}\n",
		scheme, e.listen, e.listen, database), 0o600))
	cmd := exec.Command(filepath.Join(build(t), "terminvergabe"), "serve", "--config", "conf.yaml")
	var said strings.Builder
	cmd.Dir, cmd.Stderr = folder, &said
	cmd.Env = append(os.Environ(), "TERMINVERGABE_TEST_CLOCK=clock", "TERMINVERGABE_DATA_KEY="+base64.StdEncoding.EncodeToString(make([]byte, seal.KeySize)))
	e.must(cmd.Start())
	t.Cleanup(func() {
		e.must(cmd.Process.Signal(syscall.SIGTERM))
		if err := cmd.Wait(); err != nil {
			t.Errorf("the service ended with %v: %s", err, &said)
		}
	})
	for began := time.Now(); time.Since(began) < longest; time.Sleep(10 * time.Millisecond) {
		if resp, err := http.Get("http://" + e.listen + "/readyz"); err == nil {
			e.must(resp.Body.Close())
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("the service is not ready: %s", &said)
}

// book books a visit.
func (b *building) book(tenant, service, calendar, clock string, v agenda.Visitor) booking.Receipt {
	b.Helper()
	r, err := b.desk.BookNow(b.Context(), booking.Request{Tenant: tenant, Wish: desktest.Wish(service), Calendar: calendar, Start: desktest.At(1, clock), By: agenda.Public, Actor: booking.ActorVisitor},
		booking.Form{Visitor: v, Language: "de"}, booking.Once{})
	b.must(err)
	return r
}

// mint makes one secret of every kind that stands in addresses.
func (e *estate) mint() {
	e.Helper()
	ctx, d := e.Context(), e.desk
	e.book(neighbours, "n-beratung", "n-soziales", "08:00", nacha())
	kept := e.book(rightsTown, "ausweis", "buergerbuero", "08:00", buerga())
	asks := e.book(rightsTown, "ausweis", "ausweise", "08:00", buerga())
	moves := e.book(rightsTown, "ausweis", "buergerbuero", "09:00", buerga())
	e.links = map[route.Secret]string{route.Manage: kept.Manage}
	_, err := d.ChangeContact(ctx, rightsTown, kept.Manage, booking.Contact{Email: "neu-" + buerga().Email, Phone: buerga().Phone})
	e.must(err)
	e.must(d.Store.View(ctx, func(tx *store.Tx) error {
		b, err := tx.Booking(rightsTown, asks.Booking.ID)
		if err != nil {
			return err
		}
		p, err := d.Private(b)
		if err != nil {
			return err
		}
		e.links[route.Confirm] = p.Confirm
		a, err := tx.OpenNewAddress(rightsTown, kept.Booking.ID, e.clock.Now())
		if err != nil {
			return err
		}
		_, _, e.links[route.NewAddress], err = d.AddressLetter(a)
		return err
	}))
	e.links[route.Proposal] = e.propose(moves)
	setup, err := d.Setup(ctx, rightsTown)
	e.must(err)
	for i := range setup.Services {
		if setup.Services[i].ID == "impfen" {
			setup.Services[i].Public = agenda.VisibleLink
		}
	}
	_, err = d.Apply(ctx, setup, booking.ApplyOptions{Actor: "test"})
	e.must(err)
	_, e.links[route.Service], err = d.InviteByLink(ctx, &agenda.Person{Tenant: rightsTown, ID: "x", Role: agenda.Admin}, booking.LinkWish{Services: []string{"impfen"}, Until: agenda.DateOf(e.clock.Now()) + 5, Uses: 5})
	e.must(err)
	e.account(rightsTown, agenda.Clerk, "", "neue")
	e.links[route.Invitation], _, err = e.accounts.Invite(ctx, rightsTown, "neue@"+rightsTown+".example")
	e.must(err)
	_, e.links[route.Feed], err = d.CreateFeed(ctx, store.Feed{Tenant: rightsTown, Scope: "calendar", Target: "buergerbuero", Detail: "full"}, "test")
	e.must(err)
}

// propose gives the secret of a proposal to somebody who comes at nine.
func (e *estate) propose(v booking.Receipt) (secret string) {
	e.Helper()
	ctx, d := e.Context(), e.desk
	lead := &agenda.Person{Tenant: rightsTown, ID: "lead", Role: agenda.Lead}
	n, err := d.OpenIncident(ctx, lead, agenda.Incident{Reason: "ill", Calendars: []string{"buergerbuero"}, From: desktest.At(1, "09:00"), To: desktest.At(1, "09:20"), Close: agenda.CloseAll})
	e.must(err)
	_, err = d.ChooseAffected(ctx, lead, n.ID, []string{v.Booking.ID})
	e.must(err)
	_, err = d.Decide(ctx, lead, n.ID, booking.Decisions{Act: agenda.ActPropose, Days: 3, Fallback: agenda.FallbackCall, Each: map[string]booking.Decision{v.Booking.ID: {Calendar: "buergerbuero", Start: desktest.At(1, "09:30")}}})
	e.must(err)
	_, err = d.ConfirmIncident(ctx, lead, n.ID)
	e.must(err)
	e.must(d.CarryOut(ctx, rightsTown, n.ID, 9))
	e.must(d.Store.View(ctx, func(tx *store.Tx) error {
		b, err := tx.Booking(rightsTown, v.Booking.ID)
		if err != nil {
			return err
		}
		s, err := tx.Setup(rightsTown)
		if err != nil {
			return err
		}
		letters, err := tx.Postings(rightsTown, b.ID)
		for _, p := range letters {
			if p.Kind == booking.KindProposal {
				x, _, err := d.Enclose(tx, p, s, b)
				secret = x.Secret
				return err
			}
		}
		return err
	}))
	return secret
}

// askers are all who ask: those of each role here, of another department and of another
// town, with a session and with a token; those who have nothing or nothing that holds; and
// the bearers of each link.
func (e *estate) askers() (list []asker) {
	e.Helper()
	ctx := e.Context()
	for _, role := range agenda.Roles() {
		for _, place := range []struct {
			town, department string
			sees             []string
		}{{rightsTown, "", []string{soziales, buerger}}, {rightsTown, "buergerdienste", []string{buerger}}, {neighbours, "", []string{nachbarn}}} {
			a := asker{name: strings.TrimSpace(fmt.Sprintf("%s of %s %s", role, place.town, place.department)), role: role, town: place.town, bound: place.department != ""}
			if role == agenda.County && a.bound { // whose role has no limits
				continue
			}
			if role.May(agenda.SeeBookings) {
				a.sees = place.sees
			}
			e.as(a.town, role, place.department)
			a.session = func() string { return e.as(place.town, role, place.department) }
			list = append(list, a)
			a.name, a.session = a.name+" by token", nil
			_, token, err := e.accounts.CreateToken(ctx, a.town, a.name, role, place.department, 0)
			e.must(err)
			a.token = token
			list = append(list, a)
		}
	}
	always := func(s string) func() string { return func() string { return s } }
	list = append(list, asker{name: "nobody"}, asker{name: "nobody's session", session: always(seal.NewSecret()), token: seal.NewSecret()},
		asker{name: "an ended session", session: always(e.ended())}, asker{name: "a disabled account", session: always(e.disabled())}, asker{name: "a session before its code", session: always(e.waiting()), shows: route.Waiting})
	for kind, secret := range e.links {
		a := asker{name: string(kind), session: always(secret), token: secret, shows: kind}
		if kind != route.Service {
			a.sees = []string{buerger}
		}
		list = append(list, a)
	}
	return list
}

// ended is a session that has run out.
func (e *estate) ended() string {
	e.Helper()
	now := e.clock.Now()
	defer e.clock.Set(now)
	e.clock.Set(now.Add(-auth.SessionLength - time.Hour))
	e.account(rightsTown, agenda.Admin, "", "gestern")
	secret, _, err := e.accounts.SignIn(e.Context(), rightsTown, "gestern@"+rightsTown+".example", rightsWord, "")
	e.must(err)
	return secret
}

// disabled is a session of somebody who has left.
func (e *estate) disabled() string {
	e.Helper()
	e.account(rightsTown, agenda.Admin, "", "weg")
	secret, _, err := e.accounts.SignIn(e.Context(), rightsTown, "weg@"+rightsTown+".example", rightsWord, "")
	e.must(err)
	e.must(e.accounts.SetDisabled(e.Context(), rightsTown, "weg@"+rightsTown+".example", true, false))
	return secret
}

// waiting is a session of somebody whose password was right, and who has to enter a code.
func (e *estate) waiting() string {
	e.Helper()
	ctx, address := e.Context(), "zwei@"+rightsTown+".example"
	e.account(rightsTown, agenda.Admin, "", "zwei")
	secret, _, err := e.accounts.SignIn(ctx, rightsTown, address, rightsWord, "")
	e.must(err)
	e.must(e.accounts.BeginFactor(ctx, secret))
	own, err := e.accounts.Own(ctx, secret)
	e.must(err)
	code, err := totp.GenerateCode(own.Enrolment.Secret, e.clock.Now())
	e.must(err)
	_, err = e.accounts.ConfirmFactor(ctx, secret, code)
	e.must(err)
	secret, _, err = e.accounts.SignIn(ctx, rightsTown, address, rightsWord, "")
	if err != auth.ErrCodeNeeded {
		e.Fatalf("got %v, want to be asked for a code", err)
	}
	return secret
}
