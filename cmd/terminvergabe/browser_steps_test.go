package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stage is the demo, served by the real binary, and a browser to play in.
type stage struct {
	base    string // address of the demo, without a slash at the end
	browser context.Context
	shots   string        // folder for pictures of every page; "": none are taken
	ahead   time.Duration // of the demo's clock, to a second
	friend  string        // address of another house that the story leads to; "": none
}

// opening is when the demo plays: a Tuesday morning with a working week on both
// sides. Visits are invented by the day, so they are always the same.
func opening() time.Time { return time.Date(2027, 9, 14, 7, 0, 0, 0, time.UTC) }

// longest is how long anything may take to be seen.
const longest = 20 * time.Second

func openStage(t *testing.T) *stage {
	s := &stage{shots: os.Getenv("TERMINVERGABE_SHOTS")}
	chromium := findChromium(t)
	program := filepath.Join(build(t), "terminvergabe")
	s.ahead = time.Until(opening())
	s.base = startDemo(t, program)
	s.browser = openBrowser(t, chromium)
	s.awaitCounty(t)
	return s
}

// openBrowser starts a browser that ends with the test.
func openBrowser(t *testing.T, chromium string) context.Context {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("accept-lang", "de-DE"), chromedp.WindowSize(1280, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	quiet := func(string, ...any) {} // events of a newer browser than the library knows
	browser, stop := chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	t.Cleanup(func() { _ = chromedp.Cancel(browser); stop() }) // wait for its end: it still writes to its folder
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start %s: %v", chromium, err)
	}
	return browser
}

// findChromium skips loudly where there is no browser, and fails in CI.
func findChromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("chromium is missing; install it: apt-get install chromium")
	}
	t.Skip("*** SKIPPED: the browser stories need chromium: apt-get install chromium ***")
	return ""
}

// startDemo runs the demo on a free port until the test ends, and reads its
// address from what it prints.
func startDemo(t *testing.T, program string) string {
	dir := t.TempDir()
	clock := filepath.Join(dir, "clock")
	if err := os.WriteFile(clock, []byte(time.Until(opening()).Round(time.Second).String()), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	demo := exec.Command(program, "demo", "--listen", address, "--data", filepath.Join(dir, "data"))
	demo.Env = append(os.Environ(), "TERMINVERGABE_TEST_CLOCK="+clock)
	demo.Stderr = os.Stderr
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := demo.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := demo.Wait(); err != nil {
			t.Errorf("the demo did not end well: %v", err)
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[1] == "citizens" {
			return strings.TrimSuffix(words[2], "/")
		}
	}
	t.Fatal("the demo ended without saying where it is")
	return ""
}

// awaitCounty waits until all visits are invented, so that no time that a story
// chooses is taken under its hands. The last thing to be written is a letter.
func (s *stage) awaitCounty(t *testing.T) {
	p := s.person(t, "waiting")
	p.shots = ""
	for end := time.Now().Add(longest); ; time.Sleep(100 * time.Millisecond) {
		p.visit("/mailbox/?to=uwe.probemann@example.org")
		if strings.Contains(p.text(), "abgesagt") {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the demo is still being filled")
		}
	}
}

// person is somebody at a browser of their own. They find things by what they are
// called and what they are, as assistive technology tells them.
type person struct {
	*testing.T
	*stage
	ctx   context.Context
	story string
	shots string
	pages int
	width int64

	scriptless bool
	answer     int64 // status that the next pages must have; 0: 200

	mu     sync.Mutex
	faults []string
}

func (s *stage) person(t *testing.T, story string) *person {
	p := &person{T: t, stage: s, story: story, shots: s.shots, width: 1280}
	ctx, leave := chromedp.NewContext(s.browser, chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		leave()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, fault := range p.faults {
			t.Error(fault)
		}
	})
	p.ctx = ctx
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	return p
}

// watch notices what nobody should see: errors in the console, and requests that
// leave the house.
func (p *person) watch(event any) {
	fault := ""
	switch e := event.(type) {
	case *cdpruntime.EventExceptionThrown:
		fault = "an exception: " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description + e.ExceptionDetails.URL
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError {
			fault = "an error in the console:"
			for _, a := range e.Args {
				fault += " " + string(a.Value) + a.Description
			}
		}
	case *log.EventEntryAdded:
		// What is not there is seen below, and pages that refuse are seen by turn.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			fault = fmt.Sprintf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		friend := p.friend != "" && strings.HasPrefix(e.Request.URL, p.friend+"/") && e.Type == network.ResourceTypeDocument
		if u := e.Request.URL; !friend && !strings.HasPrefix(u, p.base+"/") && !strings.HasPrefix(u, "data:") {
			fault = "a request leaves the house: " + u
		}
	case *network.EventResponseReceived:
		if e.Type != network.ResourceTypeDocument && e.Response.Status >= 400 {
			fault = fmt.Sprintf("status %d of %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			fault = fmt.Sprintf("a file of type %s cannot be loaded: %s %s", e.Type, e.ErrorText, e.BlockedReason)
		}
	}
	if fault != "" {
		p.mu.Lock()
		p.faults = append(p.faults, fault)
		p.mu.Unlock()
	}
}

// must ends the story where the person cannot go on, and says what they see.
func (p *person) must(err error, doing string) {
	p.Helper()
	if err == nil {
		return
	}
	see, stop := context.WithTimeout(p.ctx, 2*time.Second)
	defer stop()
	text, _ := chromedp.Run(see, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	p.Fatalf("%s: %v\non the page %s", doing, err, text)
}

// switchOffScripts is what some people do for good.
func (p *person) switchOffScripts() {
	p.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.must(err, "switch scripts off")
	p.scriptless = true
}

// takePhone makes the window as wide as a small phone.
func (p *person) takePhone() {
	p.Helper()
	p.width = 320
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(p.width, 640)), "make the window small")
}

// visit types an address.
func (p *person) visit(path string) {
	p.Helper()
	p.turn("visit "+path, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: p.base + path})
		return err
	}))
}

// follow clicks a link, press a button. Both lead to another page.
func (p *person) follow(name string) { p.Helper(); p.clickThrough("link", name) }
func (p *person) press(name string)  { p.Helper(); p.clickThrough("button", name) }

func (p *person) clickThrough(role, name string) {
	p.Helper()
	node := p.find(name, role)
	p.turn("click "+name, p.clicking(node))
}

// click clicks on what leads to no other page.
func (p *person) click(role, name string) {
	p.Helper()
	p.must(chromedp.Do(p.ctx, p.clicking(p.find(name, role))), "click "+name)
}

func (p *person) clicking(node cdp.BackendNodeID) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for was := [2]float64{}; ; { // a page that has just come may still be scrolling
			if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node}); err != nil {
				return err
			}
			res, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
			if err != nil {
				return err
			}
			if len(res.Quads) == 0 {
				return errors.New("it cannot be seen")
			}
			q := res.Quads[0]
			at := [2]float64{(q[0] + q[4]) / 2, (q[1] + q[5]) / 2}
			if at == was {
				_, err = chromedp.MouseClickXY(at[0], at[1])(ctx, t)
				return err
			}
			was = at
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// fill types into the field of that name; what stood there is replaced.
func (p *person) fill(label, text string) {
	p.Helper()
	node := p.find(label, "textbox", "searchbox", "spinbutton", "Date")
	_, err := chromedp.Call(p.ctx, dom.Focus, dom.FocusParams{BackendNodeID: node})
	p.must(err, "focus "+label)
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))), "select all of "+label)
	_, err = chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: text})
	p.must(err, "fill "+label)
}

// choose selects from a list by typing how the choice begins.
func (p *person) choose(label, choice string) {
	p.Helper()
	_, err := chromedp.Call(p.ctx, dom.Focus, dom.FocusParams{BackendNodeID: p.find(label, "combobox")})
	p.must(err, "focus "+label)
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(choice)), "choose "+choice)
}

// turn does what leads to another page, and looks the page over.
func (p *person) turn(doing string, act chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, stop := context.WithTimeout(p.ctx, longest)
	defer stop()
	got, err := chromedp.RunResponse(ctx, act)
	p.must(err, doing)
	p.pages++
	if want := cmp.Or(p.answer, http.StatusOK); got.Status != want {
		p.Errorf("%s: status %d, want %d", doing, got.Status, want)
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "same-origin", "Permissions-Policy": "camera=()", "Cache-Control": "no-store",
	} {
		if value, _ := got.Headers[name].(string); !strings.Contains(value, want) {
			p.Errorf("%s: %s is %q, want %q in it", doing, name, value, want)
		}
	}
	p.fits(doing)
	p.picture()
}

// fits finds what makes a page scroll sideways.
func (p *person) fits(doing string) {
	p.Helper()
	type measure struct{ Page, Window int64 }
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[measure]("({Page: document.documentElement.scrollWidth, Window: document.documentElement.clientWidth})"))
	p.must(err, "measure")
	if got.Page > got.Window {
		p.Errorf("%s: the page is %d px wide in a window of %d px", doing, got.Page, got.Window)
	}
}

// picture keeps what the page looks like, wide and narrow, for somebody to judge.
func (p *person) picture() {
	p.Helper()
	if p.shots == "" {
		return
	}
	for _, width := range []int64{1280, 320} {
		p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(width, 800)), "change the width")
		image, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
		p.must(err, "take a picture")
		p.must(os.WriteFile(filepath.Join(p.shots, fmt.Sprintf("%s-%02d-%d.png", p.story, p.pages, width)), image, 0o600), "keep a picture")
	}
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(p.width, 800)), "change the width")
}

// find is the first thing on the page with one of the roles and the name; best if
// it is called exactly so, else if its name begins so, else if it contains it.
func (p *person) find(name string, roles ...string) cdp.BackendNodeID {
	p.Helper()
	return p.findIn(0, name, roles...)
}

func (p *person) findIn(root cdp.BackendNodeID, name string, roles ...string) cdp.BackendNodeID {
	p.Helper()
	var there []string
	best, found := 3, cdp.BackendNodeID(0)
	for _, role := range roles {
		for _, n := range p.all(role) {
			there = append(there, role+" "+n.name)
			begin, rest, _ := strings.Cut(name, " … ")
			begins := strings.HasPrefix(n.name, begin) && strings.Contains(n.name, rest)
			rank := slices.Index([]bool{n.name == name, begins, strings.Contains(n.name, name)}, true)
			if rank >= 0 && rank < best {
				best, found = rank, n.node
			}
		}
	}
	if found == 0 {
		p.must(fmt.Errorf("there are only %q", there), "find "+strings.Join(roles, " or ")+" "+name)
	}
	return found
}

// thing is what assistive technology knows of a part of the page.
type thing struct {
	node       cdp.BackendNodeID
	role, name string
}

// all are the things of a role, in the order of the page.
func (p *person) all(role string) (list []thing) {
	p.Helper()
	res, err := chromedp.Call(p.ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: p.object("document"), Role: role})
	p.must(err, "look around")
	for _, n := range res.Nodes {
		if !n.Ignored {
			list = append(list, thing{n.BackendDOMNodeID, role, said(n.Name)})
		}
	}
	return list
}

func (p *person) object(expression string) cdpruntime.RemoteObjectID {
	p.Helper()
	res, err := chromedp.Call(p.ctx, cdpruntime.Evaluate, cdpruntime.EvaluateParams{Expression: expression})
	p.must(err, expression)
	return res.Result.ObjectID
}

// said is a value of assistive technology as text.
func said(v *accessibility.Value) (s string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &s) // what is no text is not said
	}
	return s
}

// text is what can be read on the page.
func (p *person) text() string {
	p.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	p.must(err, "read the page")
	return text
}

// sees demands that all these texts can be read on the page.
func (p *person) sees(texts ...string) {
	p.Helper()
	page := p.text()
	for _, want := range texts {
		if !strings.Contains(page, want) {
			p.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
}

// headed demands the main heading.
func (p *person) headed(want string) {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.querySelector('h1').innerText"))
	p.must(err, "read the heading")
	if got != want {
		p.must(fmt.Errorf("it says %q", got), "expect the heading "+want)
	}
}

// fact reads what a summary says under a name.
func (p *person) fact(name string) string {
	p.Helper()
	key, _ := json.Marshal(name) // a string always can be
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('dt')].find(e => e.innerText.trim() === `+string(key)+`)?.nextElementSibling?.innerText ?? ''`))
	p.must(err, "read "+name)
	if got == "" {
		p.must(errors.New("there is no such line"), "read "+name)
	}
	return strings.Join(strings.Fields(got), " ")
}

// address is the address behind a link.
func (p *person) address(link string) string {
	p.Helper()
	res, err := chromedp.Call(p.ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: p.find(link, "link")})
	p.must(err, "look at "+link)
	got, err := chromedp.Call(p.ctx, cdpruntime.CallFunctionOn, cdpruntime.CallFunctionOnParams{ObjectID: res.Object.ObjectID, FunctionDeclaration: "function() { return this.href }", ReturnByValue: new(true)})
	p.must(err, "look at "+link)
	var href string
	p.must(json.Unmarshal(got.Result.Value, &href), "look at "+link)
	return href
}

// tab goes on to the next thing that can be used. It must be seen which one it is.
func (p *person) tab() {
	p.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(kb.Tab)), "press Tab")
	const marked = `[undefined, "::after"].some((part) => { const s = getComputedStyle(document.activeElement, part)
		return s.outlineStyle != 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow != 'none' })`
	seen, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](marked))
	p.must(err, "see the focus")
	if now := p.focus(); !seen {
		p.Errorf("nobody sees that %s %q has the focus", now.role, now.name)
	}
}

// focus is what the keyboard acts on.
func (p *person) focus() thing {
	p.Helper()
	res, err := chromedp.Call(p.ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: p.object("document.activeElement"), FetchRelatives: new(false)})
	p.must(err, "see the focus")
	n := res.Nodes[0]
	return thing{n.BackendDOMNodeID, said(n.Role), said(n.Name)}
}

func (p *person) focused(role, name string) {
	p.Helper()
	if got := p.focus(); got.role != role || !strings.Contains(got.name, name) {
		p.Errorf("the focus is on %s %q, want %s %q", got.role, got.name, role, name)
	}
}

// tabTo presses Tab until the focus is on what is called so.
func (p *person) tabTo(role, name string) {
	p.Helper()
	var passed []thing
	for range 60 {
		p.tab()
		now := p.focus()
		if now.role == role && strings.Contains(now.name, name) {
			return
		}
		passed = append(passed, now)
	}
	p.must(fmt.Errorf("the way leads over %v", passed), "go to "+name+" by Tab")
}

// keys types; enter presses the key that leads to another page.
func (p *person) keys(text string) {
	p.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(text)), "type "+text)
}

func (p *person) enter() {
	p.Helper()
	p.turn("press Enter", chromedp.KeyEvent(kb.Enter))
}

// goBack goes to the page before, as the button of the browser does.
func (p *person) goBack() {
	p.Helper()
	ctx, stop := context.WithTimeout(p.ctx, longest)
	defer stop()
	p.must(chromedp.Do(ctx, chromedp.NavigateBack()), "go back")
	p.pages++
	p.picture()
}

// stands demands what a table says of somebody.
func (p *person) stands(name, state string) {
	p.Helper()
	key, _ := json.Marshal(name) // a string always can be
	cells, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`[...[...document.querySelectorAll('tr')].find(e => e.innerText.includes(`+string(key)+`))?.cells ?? []].map(e => e.innerText.trim())`))
	p.must(err, "look for "+name)
	if !slices.Contains(cells, state) {
		p.must(fmt.Errorf("there is %q", cells), "expect "+name+" to be "+state)
	}
}
