package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/mail"
	"terminvergabe/internal/pgtest"
	"terminvergabe/internal/web/route"
)

// place fills in the variables of a route: what is named is the town's, and soziales's
// where it is bound to a department.
func (e *estate) place(x route.Route, a asker, town string) (path string, bound, names bool) {
	if strings.HasPrefix(x.Path, "/staff/") && x.Who.Shows == route.Session && !strings.HasPrefix(x.Path, "/staff/docs") {
		return e.address(x.Path, cmp.Or(a.role, agenda.Admin))
	}
	secret := e.secretOf(a)
	path = strings.NewReplacer("{tenant}", town, "{service}", "beratung", "{text}", "imprint", "{hash:[0-9a-f]+}", "abc", "{kind:png|svg}", "png", "{lang}", "de",
		"{feed}", "none", "{secret}", secret, "{secret:[A-Za-z0-9]+}", secret, "{id}", e.visit.Booking.ID, "{provider:[0-9]{1,3}}", "0",
		"{topic}", "klerk", "{picture}", "none.png", "{sample}", "none", "*", "none.css").Replace(x.Path)
	if x.Who.Shows == route.Service && x.Method == http.MethodGet {
		path += "?service=impfen*1&slot=impfung@2026-07-07T08:00:00%2B02:00"
	}
	return path, strings.Contains(x.Path, "{id}"), strings.Contains(x.Path, "{id}")
}

// secretOf is what somebody shows; who has nothing guesses.
func (e *estate) secretOf(a asker) string {
	return cmp.Or(e.links[a.shows], strings.Repeat("GUESSED", 4)[:26])
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// send asks as somebody. Streams are left after a moment.
func (e *estate) send(method, path string, a asker, header ...string) (got answer, err error) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("slot=soziales@2026-07-07T09:00:00%2B02:00")
		if strings.HasPrefix(path, "/api/") {
			body = strings.NewReader(`{}`)
			if strings.HasSuffix(path, "/move") {
				body = strings.NewReader(`{"start": "2026-07-07T09:00:00+02:00", "calendar": "soziales"}`)
			}
		}
	}
	r, err := http.NewRequestWithContext(e.Context(), method, "http://"+e.listen+path, body)
	if err != nil {
		return got, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(path, "/api/") {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	if a.session != nil {
		name := "staff"
		if e.https {
			name = "__Host-staff"
		}
		r.AddCookie(&http.Cookie{Name: name, Value: a.session()})
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := e.client.Do(r)
	if err != nil {
		return got, err
	}
	defer resp.Body.Close()
	got = answer{status: resp.StatusCode, header: resp.Header}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return got, nil
	}
	all, err := io.ReadAll(resp.Body)
	got.body = strings.ToLower(string(all))
	return got, err
}

// try asks for a route as somebody, and holds the answer to what both are.
func (e *estate) try(x route.Route, a asker) {
	path, bound, names := e.place(x, a, rightsTown)
	if !strings.HasSuffix(path, "/events") || a.session == nil {
		got, err := e.send(x.Method, path, a)
		if err != nil {
			e.Errorf("%s: %s %s: %v", a.name, x.Method, path, err)
			return
		}
		if fault := e.expect(x, a, got, bound, names); fault != "" {
			e.Errorf("%s: %s %s: got %d to %q, %s", a.name, x.Method, path, got.status, got.header.Get("Location"), fault)
		}
		for _, fault := range append(e.headers(x, got), shown(a, got)...) {
			e.Errorf("%s: %s %s: %d %s", a.name, x.Method, path, got.status, fault)
		}
	}
}

// expect says what is wrong with a status; "": nothing.
func (e *estate) expect(x route.Route, a asker, got answer, bound, names bool) string {
	foreign := a.town == neighbours || a.bound && bound
	refusal := 0
	switch x.Who.Shows {
	case route.Session:
		switch {
		case a.role == "" || a.session == nil:
			if got.status != http.StatusSeeOther || got.header.Get("Location") != "/staff/sign-in" {
				return "want the sign-in page"
			}
			return ""
		case x.Who.Right != "" && !a.role.May(x.Who.Right):
			refusal = http.StatusForbidden
		case x.Who.Right != "" && names && foreign:
			refusal = http.StatusNotFound
		}
	case route.Token:
		switch {
		case a.role == "" || a.token == "" || a.town == neighbours:
			refusal = http.StatusUnauthorized
		case !a.role.May(x.Who.Right):
			refusal = http.StatusForbidden
		}
	case route.Nothing:
		if x.Who.More == route.Token && strings.Contains(x.Path, "{tenant}") && a.token != "" && (a.role == "" || a.town == neighbours) {
			refusal = http.StatusUnauthorized // who shows one that does not hold is told so
		}
	case route.Ticket:
		refusal = http.StatusForbidden
	case route.Waiting:
		if got.header.Get("Set-Cookie") != "" || x.Method == http.MethodGet && (got.status == http.StatusOK) != (a.shows == route.Waiting) {
			return "and only a session before its code is asked for one"
		}
		return ""
	default:
		if a.shows != x.Who.Shows {
			refusal = http.StatusNotFound
		} else if x.Method == http.MethodGet && got.status == http.StatusNotFound {
			return "want what the secret opens"
		}
	}
	switch {
	case refusal != 0 && x.Who.Shows == route.Service && got.header.Get("Location") == "/"+rightsTown+"/i/"+e.secretOf(a)+"/":
		return "" // to the page that refuses
	case refusal == 0 && a.bound && got.status == http.StatusForbidden:
		return "" // the matter of the whole town
	case refusal != 0 && got.status != refusal:
		return fmt.Sprintf("want %d", refusal)
	case refusal == 0 && (got.status == http.StatusForbidden || got.status == http.StatusUnauthorized || got.status >= 500):
		return "want no refusal"
	}
	return ""
}

// isRefused reports that a route refuses somebody, so that nothing may change.
func isRefused(x route.Route, a asker) bool {
	switch x.Who.Shows {
	case route.Session:
		return a.role == "" || a.session == nil || x.Who.Right != "" && (!a.role.May(x.Who.Right) || a.town == neighbours && strings.Contains(x.Path, "{"))
	case route.Token:
		return a.role == "" || a.token == "" || a.town == neighbours || !a.role.May(x.Who.Right)
	case route.Nothing, route.Waiting:
		return false
	}
	return a.shows != x.Who.Shows
}

// shown finds words of those whom somebody may not see.
func shown(a asker, got answer) (faults []string) {
	for _, word := range []string{soziales, buerger, nachbarn} {
		if !slices.Contains(a.sees, word) && (strings.Contains(got.body, word) || strings.Contains(strings.ToLower(fmt.Sprint(got.header)), word)) {
			faults = append(faults, "shows "+word)
		}
	}
	for _, v := range []agenda.Visitor{sozia(), buerga(), nacha()} {
		if word := strings.ToLower(v.Email); !slices.Contains(a.sees, strings.TrimSuffix(word, "@beispiel.example")) && strings.Contains(got.body, v.Phone) {
			faults = append(faults, "shows "+v.Phone)
		}
	}
	if a.town != rightsTown && a.shows != route.Invitation && strings.Contains(got.body, "kollege@"+rightsTown) {
		faults = append(faults, "shows staff of "+rightsTown)
	}
	return faults
}

// headers says what an answer fails to tell a browser.
func (e *estate) headers(x route.Route, got answer) (faults []string) {
	h := got.header
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors "} {
		if !strings.Contains(csp, want) {
			faults = append(faults, "its policy lacks "+want)
		}
	}
	for _, want := range []string{"base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, want) && !strings.Contains(csp, "sandbox") {
			faults = append(faults, "its policy lacks "+want)
		}
	}
	switch {
	case x.Letter && got.status == http.StatusOK:
		if csp != mail.PreviewPolicy {
			faults = append(faults, "its policy allows a letter "+csp)
		}
	case strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || !x.Framed && !strings.Contains(csp, "frame-ancestors 'none'"):
		faults = append(faults, "its policy allows "+csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Server": "", "X-Powered-By": ""} {
		if h.Get(name) != want {
			faults = append(faults, fmt.Sprintf("has %s %q", name, h.Get(name)))
		}
	}
	if h.Get("Permissions-Policy") == "" || h.Get("Cross-Origin-Resource-Policy") == "" {
		faults = append(faults, "lacks Permissions-Policy or Cross-Origin-Resource-Policy")
	}
	if e.https != (h.Get("Strict-Transport-Security") != "") {
		faults = append(faults, "has Strict-Transport-Security "+h.Get("Strict-Transport-Security"))
	}
	cache := h.Get("Cache-Control")
	kept := got.status < 300 || got.status == http.StatusNotModified
	if (x.Keep != route.Everyone && strings.Contains(cache, "public")) || (x.Keep == route.Nobody || !kept) && cache != "no-store" {
		faults = append(faults, fmt.Sprintf("may be kept: %q", cache))
	}
	for _, k := range (&http.Response{Header: h}).Cookies() {
		if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Secure != e.https || k.Domain != "" {
			faults = append(faults, fmt.Sprintf("shows the cookie %s to others", k.Name))
		}
		switch own := k.Path == "/" && strings.HasPrefix(k.Name, "__Host-") == e.https; {
		case own, k.Value == "", k.Value == "off", k.Name == "lang": // wishes are no secrets
		case !strings.HasPrefix(x.Path, "/{tenant}/") || k.Path != "/"+rightsTown+"/": // a visitor's, who gets it from one town
			faults = append(faults, fmt.Sprintf("sets the cookie %s in another way than all", k.Name))
		}
	}
	return faults
}

// all tries routes with askers, some at a time; each asker does one thing after the other.
func (e *estate) all(list []asker, workers int, routes func(a asker) []route.Route) (n int) {
	work := make(chan asker)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range workers {
		wg.Go(func() {
			for a := range work {
				mine := routes(a)
				for _, x := range mine {
					e.try(x, a)
				}
				mu.Lock()
				n += len(mine)
				mu.Unlock()
			}
		})
	}
	for _, a := range list {
		work <- a
	}
	close(work)
	wg.Wait()
	return n
}

// Every address with everybody who could ask: the table of addresses says what has to
// come of it. What is refused, and what only shows, changes nothing.
func TestMatrix(t *testing.T) {
	for engine, database := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "book.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			url := database(t)
			e := openEstate(t, url)
			e.serve(url, engine == "PostgreSQL") // one of them behind https
			askers, routes := e.askers(), e.table.Routes()
			choose := func(keep func(x route.Route, a asker) bool) func(asker) []route.Route {
				return func(a asker) (list []route.Route) {
					for _, x := range routes {
						if keep(x, a) {
							list = append(list, x)
						}
					}
					return list
				}
			}
			before := e.everything()
			n := e.all(askers, 4, choose(isRefused))
			e.unchanged("what is refused", before)
			n += e.all(askers, 4, choose(func(x route.Route, a asker) bool { return !isRefused(x, a) && !x.Changes }))
			e.unchanged("what only shows", before)
			n += e.methods(routes)
			e.unchanged("a method that is none", before)
			n += e.alike(askers, routes)
			n += e.all(askers, 1, choose(func(x route.Route, a asker) bool { return !isRefused(x, a) && x.Changes }))
			t.Logf("%d requests: %d addresses, %d askers", n, len(routes), len(askers))
		})
	}
}

// alike compares what is somebody else's with what there is not: who asks for them cannot
// tell them apart.
func (e *estate) alike(list []asker, routes []route.Route) (n int) {
	for _, a := range list {
		for _, x := range routes {
			path, bound, names := e.place(x, a, rightsTown)
			foreign := a.town == neighbours || a.bound && bound
			if names = names && foreign && x.Who.Right != "" && a.role.May(x.Who.Right) && (a.session != nil || x.Who.Shows == route.Token); !names || x.Who.Shows == route.Token && a.town == neighbours {
				continue
			}
			var invented []string
			swap := strings.NewReplacer()
			for part := range strings.SplitSeq(path, "/") {
				for _, thing := range e.things {
					if id := thing(a.role).id; id == part {
						part = mirrored(part)
						swap = strings.NewReplacer(strings.ToLower(id), "", strings.ToLower(part), "")
					}
				}
				invented = append(invented, part)
			}
			one, err := e.send(x.Method, path, a)
			e.must(err)
			none, err := e.send(x.Method, strings.Join(invented, "/"), a)
			e.must(err)
			n += 2
			if one.status != none.status || swap.Replace(one.body) != swap.Replace(none.body) || len(one.header) != len(none.header) {
				e.Errorf("%s: %s %s does not look like %s: %d and %d", a.name, x.Method, path, strings.Join(invented, "/"), one.status, none.status)
			}
		}
	}
	return n
}

// mirrored is a name that nothing has.
func mirrored(id string) string {
	if _, err := strconv.Atoi(id); err == nil {
		return "4711"
	}
	letters := []rune(id)
	slices.Reverse(letters)
	return string(letters)
}

// methods asks for every address in the ways that it does not have, by HEAD where it can
// be shown, and by forms that other sites send.
func (e *estate) methods(routes []route.Route) (n int) {
	admin := asker{name: "admin", role: agenda.Admin, town: rightsTown, session: func() string { return e.as(rightsTown, agenda.Admin, "") }, sees: []string{soziales, buerger}}
	has := map[string][]string{}
	for _, x := range routes {
		has[x.Path] = append(has[x.Path], x.Method)
	}
	send := func(method, path string, x route.Route, a asker, header ...string) answer {
		n++
		got, err := e.send(method, path, a, header...)
		if err != nil {
			e.Errorf("%s %s: %v", method, path, err)
		}
		for _, fault := range append(e.headers(x, got), shown(a, got)...) {
			e.Errorf("%s: %s %s: %d %s", a.name, method, path, got.status, fault)
		}
		return got
	}
	for _, x := range routes {
		path, _, _ := e.place(x, admin, rightsTown)
		if x.Method == http.MethodPost {
			if got := send(x.Method, path, x, admin, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); got.status != http.StatusForbidden {
				e.Errorf("POST %s from another site: got %d, want 403", path, got.status)
			}
		}
		if x.Method == http.MethodGet && !strings.HasSuffix(path, "/events") {
			got := send(x.Method, path, x, admin, "Host", "evil.example", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example;proto=https", "X-Forwarded-Proto", "gopher", "X-Original-URL", "/evil.example", "X-Forwarded-Prefix", "/evil.example")
			if strings.Contains(got.body, "evil.example") || strings.Contains(fmt.Sprint(got.header), "evil.example") || strings.Contains(fmt.Sprint(got.header), "gopher") {
				e.Errorf("GET %s believes who asks: %d %v", path, got.status, got.header)
			}
			if got := send(http.MethodHead, path, x, admin); got.body != "" || got.status >= 500 || got.status == http.StatusMethodNotAllowed {
				e.Errorf("HEAD %s: got %d and %d bytes", path, got.status, len(got.body))
			}
		}
		if has[x.Path] == nil {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "INVENTED"} {
			if slices.Contains(has[x.Path], method) {
				continue
			}
			got := send(method, path, x, admin)
			allow := got.header.Get("Allow")
			if got.status != http.StatusMethodNotAllowed || strings.Contains(allow, method) || !strings.Contains(allow, x.Method) {
				e.Errorf("%s %s: got %d and Allow %q, want 405 and the methods there are", method, path, got.status, allow)
			}
		}
		delete(has, x.Path)
	}
	return n
}

// everything is what is in the tables that acts change; those that jobs or mere looking
// write into are not among them.
func (e *estate) everything() map[string]string {
	e.Helper()
	all := map[string]string{}
	for _, table := range []string{"tenant", "department", "site", "service", "pool", "calendar", "offer", "slot_template", "booking", "claim", "journal", "idempotency",
		"person", "person_role", "invitation", "token", "revision", "incident", "incident_item", "proposal", "recovery_code", "county_access", "identity",
		"service_link", "proof", "proof_code", "new_address", "logo", "barrier", "mail_pause"} {
		var lines []string
		for _, values := range e.rows(table) {
			lines = append(lines, fmt.Sprint(values))
		}
		slices.Sort(lines)
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// rows are all of a table.
func (e *estate) rows(table string) (all [][]any) {
	e.Helper()
	rows, err := e.db.QueryContext(e.Context(), "SELECT * FROM "+table)
	e.must(err)
	names, err := rows.Columns()
	e.must(err)
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		e.must(rows.Scan(into...))
		all = append(all, values)
	}
	e.must(rows.Err())
	e.must(rows.Close())
	return all
}

func (e *estate) unchanged(what string, before map[string]string) {
	e.Helper()
	for table, rows := range e.everything() {
		if rows != before[table] {
			e.Errorf("%s has changed %s", what, table)
		}
	}
}
