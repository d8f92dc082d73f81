package abuse

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"terminvergabe/internal/auth/signontest"
)

// withProvider starts an installation whose staff signs in at a provider as well.
func withProvider(c *C, issuer string, local bool) *C {
	c.Helper()
	own := c.Own(Setting{Env: []string{"TERMINVERGABE_OIDC_CLIENT_SECRET_1=" + signontest.ClientSecret}, Conf: map[string]string{
		"oidc": fmt.Sprintf("[{tenants: [t1], issuer: %q, client_id: %s, local_login: %t, groups: {termine: {role: clerk}, leitung: {role: lead}}}]", issuer, signontest.ClientID, local)}})
	return own
}

// leaves goes to the provider and gives the address that it sends the browser back to.
func leaves(x *Client) (back string) {
	x.c.Helper()
	a := x.Get("/staff/sign-on/0")
	if a.Status != 303 {
		x.c.Fatalf("%s", a)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(a.Location())
	if err != nil {
		x.c.Fatal(err)
	}
	resp.Body.Close()
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		x.c.Fatal(err)
	}
	return u.RequestURI()
}

// refusesHim proves that nobody is let in as whom the provider signs in, with claims
// spoiled on the way.
func refusesHim(own *C, idp *signontest.Provider, who signontest.Somebody, spoil func(map[string]any)) {
	own.Helper()
	idp.SignIn(&who)
	idp.Spoil(spoil)
	defer idp.Spoil(nil)
	x := own.Stranger()
	back := leaves(x)
	if a := own.Refused(403, func() *Answer { return x.Get(back) }); a.Cookie("staff") != "" {
		own.Errorf("%s opens a session for %+v", a, who)
	}
}

func signOn(c *C) {
	idp := signontest.New(c.T)
	own := withProvider(c, idp.Issuer, true)
	admin := own.Person("t1.admin")
	before := own.Query("SELECT id, role, password FROM person WHERE email = $1", admin.email)
	thief := signontest.Somebody{Subject: "dieb", Email: admin.email, Name: "Dieb", Groups: []string{"leitung"}}
	thief.Unverified = true
	refusesHim(own, idp, thief, nil)
	refusesHim(own, idp, signontest.Somebody{Subject: "niemand", Name: "N", Groups: []string{"leitung"}}, nil) // no address at all
	refusesHim(own, idp, signontest.Somebody{Subject: "ohne", Email: "ohne@amt.example", Groups: []string{"andere"}}, nil)
	for i, spoil := range []func(map[string]any){
		func(m map[string]any) { m["aud"] = "another" }, func(m map[string]any) { m["iss"] = "https://evil.example" }, func(m map[string]any) { m["nonce"] = "x" }, func(m map[string]any) { delete(m, "nonce") },
		func(m map[string]any) { m["exp"] = time.Now().Add(-time.Hour).Unix() }, func(m map[string]any) { m["sub"] = "" }, func(m map[string]any) { m["email_verified"] = "true" }, func(m map[string]any) { m["sub"] = 1 },
	} {
		refusesHim(own, idp, signontest.Somebody{Subject: fmt.Sprint("uwe", i), Email: fmt.Sprintf("uwe%d@amt.example", i), Name: "Uwe", Groups: []string{"termine"}}, spoil)
	}
	another(own, idp, admin)
	if after := own.Query("SELECT id, role, password FROM person WHERE email = $1", admin.email); fmt.Sprint(after) != fmt.Sprint(before) {
		c.Errorf("the admin's account became %v, was %v", after, before)
	}
	if opened := own.Query("SELECT id FROM session WHERE person = $1", before[0][0]); len(opened) != 0 {
		c.Errorf("the address of somebody else opened their account")
	}
}

// another signs Uwe in, tries his answer in other browsers, gives him the admin's address
// and his to somebody else.
func another(own *C, idp *signontest.Provider, admin *account) {
	own.Helper()
	uwe := signontest.Somebody{Subject: "uwe", Email: "uwe@amt.example", Name: "Uwe", Groups: []string{"termine"}}
	idp.SignIn(&uwe)
	x := own.Stranger()
	back := leaves(x)
	own.Refused(403, func() *Answer { return own.Stranger().Get(back) }) // in another browser
	forged := own.Stranger()
	forged.cookies["sign-on"] = secret()
	own.Refused(403, func() *Answer { return forged.Get(back) })
	if a := x.Get(back); a.Status != 303 || a.Cookie("staff") == "" {
		own.Fatalf("%s: want Uwe signed in", a)
	}
	own.Refused(403, func() *Answer { return own.Stranger().Get(back) }) // once more
	uwe.Email = admin.email
	idp.SignIn(&uwe)
	y := own.Stranger()
	if a := y.Get(leaves(y)); a.Status != 303 {
		own.Errorf("%s: want Uwe, whatever his address is now", a)
	}
	if mine := own.Query("SELECT session.id FROM session JOIN person ON person.id = session.person WHERE person.email = 'uwe@amt.example'"); len(mine) != 2 {
		own.Errorf("Uwe has %d sessions, want both", len(mine))
	}
	refusesHim(own, idp, signontest.Somebody{Subject: "zweiter", Email: "uwe@amt.example", Name: "Zweiter", Groups: []string{"leitung"}}, nil)
}

// Staff is told, and visitors notice nothing.
func providerDown(c *C) {
	idp := signontest.New(c.T)
	var state atomic.Value // down, liar, slow
	var asked atomic.Int64
	state.Store("down")
	release := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch state.Load() {
		case "slow":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "liar":
			fmt.Fprint(w, `{"issuer": "https://evil.example", "authorization_endpoint": "javascript:alert(1)"}`)
			return
		}
		http.Error(w, "goroutine 1 [running]: down", http.StatusInternalServerError)
	}))
	defer front.Close()
	defer close(release)
	own := withProvider(c, front.URL, true)
	own.MayAnswer(503)
	for _, how := range []string{"down", "liar"} {
		state.Store(how)
		if a := own.Refused(503, func() *Answer { return own.Stranger().Get("/staff/sign-on/0") }); strings.Contains(a.Body, front.URL) || strings.Contains(a.Body, "evil.example") || !strings.Contains(a.Body, "/staff/sign-in") {
			c.Errorf("%s: want a page that leads back, without the provider's words", a)
		}
	}
	before := asked.Load()
	for range 10 {
		own.Stranger().Get("/staff/sign-on/0")
	}
	if n := asked.Load() - before; n > 10 {
		c.Errorf("ten people let the provider be asked %d times", n)
	}
	state.Store("slow")
	waits := make(chan *Answer, 1)
	slow := own.Stranger()
	go func() { waits <- slow.Get("/staff/sign-on/0") }()
	for range 5 {
		if a := own.Stranger().Get("/t1/times?service=s1"); a.Status != 200 {
			c.Errorf("a visitor meanwhile: %s", a)
		}
	}
	own.Book("k1", "s1")
	own.SignIn("t1.clerk") // by password
	release <- struct{}{}
	if a := <-waits; a.Status != 503 {
		c.Errorf("%s: want 503", a)
	}
	other := withProvider(c, idp.Issuer, true)
	idp.SignIn(&signontest.Somebody{Subject: "uwe", Email: "uwe@amt.example", Groups: []string{"termine"}})
	x := other.Stranger()
	back := leaves(x)
	idp.Rotate(c.T) // between leaving and coming back
	if a := x.Get(back); a.Status != 303 {
		c.Errorf("after the provider changed its keys: %s", a)
	}
}

func signOnOnly(c *C) {
	idp := signontest.New(c.T)
	own := withProvider(c, idp.Issuer, false)
	who := own.Person("t1.clerk")
	own.refusedBy([]int{422}, func() *Answer { return signsIn(own.Stranger(), "t1", who.email, who.password) })
	for _, at := range []string{"/staff/sign-on/back", "/staff/sign-on/back?code=x&state=y", "/staff/sign-on/back?state=&code=x", "/staff/sign-on/back?error=access_denied", "/staff/sign-on/back?error=%3Cscript%3Ealert(1)%3C/script%3E"} {
		if a := own.Refused(403, func() *Answer { return own.Stranger().Get(at) }); strings.Contains(a.Body, "<script>alert") {
			c.Errorf("%s shows what it was told", a)
		}
	}
	for _, at := range []string{"/staff/sign-on/1", "/staff/sign-on/-1", "/staff/sign-on/999", "/staff/sign-on/0?tenant=t2", "/staff/sign-on/0?tenant=../t2", "/staff/sign-on/", "/staff/sign-on/00000000"} {
		own.Refused(404, func() *Answer { return own.Stranger().Get(at) })
	}
	if a := signsIn(own.Stranger(), "t2", own.Person("t2.clerk").email, own.Person("t2.clerk").password); a.Status != 303 {
		c.Errorf("the other town keeps its passwords: %s", a)
	}
	idp.SignIn(nil) // somebody who presses "cancel"
	x := own.Stranger()
	back := leaves(x)
	own.Refused(403, func() *Answer { return x.Get(back) })
	idp.SignIn(&signontest.Somebody{Subject: "uwe", Email: "uwe@amt.example", Groups: []string{"termine"}})
	back = leaves(x)
	for _, evil := range []string{strings.Replace(back, "state=", "state=x", 1), back + "&iss=https%3A%2F%2Fevil.example", strings.Replace(back, "iss=", "iss=https%3A%2F%2Fevil.example&x=", 1)} {
		y := own.Stranger()
		y.cookies["sign-on"] = x.cookies["sign-on"]
		if a := y.Get(evil); a.Status == 303 && strings.Contains(evil, "state=x") || strings.Contains(evil, "&x=") && a.Status == 303 {
			c.Errorf("%s: an answer to another question", a)
		}
	}
}
