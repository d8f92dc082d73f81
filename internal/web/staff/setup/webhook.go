package setup

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

func (p *Part) webhooks() kind {
	may := func(p *agenda.Person, _ *agenda.Setup, _ int) bool { return booking.MayRunHooks(p) }
	return things(kind{
		name:  "webhooks",
		title: func(_ page.Frame, s *agenda.Setup, i int) string { return s.Webhooks[i].ID },
		facts: func(f page.Frame, s *agenda.Setup, i int) []string {
			h := &s.Webhooks[i]
			return []string{hostOf(h.URL), f.T("staff.setup.webhooks.events.count", "n", len(h.Events))}
		},
		open: booking.MayRunHooks,
		sees: may, may: may, make: func(p *agenda.Person, _ *agenda.Setup) bool { return booking.MayRunHooks(p) },
		edit: func(e *editor, _ *office.Request, s *agenda.Setup, i int) { e.webhook(s, &s.Webhooks[i]) },
	}, func(s *agenda.Setup) *[]agenda.Webhook { return &s.Webhooks }, func(h *agenda.Webhook) *string { return &h.ID })
}

func (e *editor) webhook(s *agenda.Setup, h *agenda.Webhook) {
	e.section("about")
	e.line("url", &h.URL, as{Required: true, Hint: true})
	e.some("events", &h.Events, e.words("hookEvent", agenda.WebhookEvents()...), as{Required: true})
	e.choice("detail", &h.Detail, e.words("hookDetail", agenda.DetailReference, agenda.DetailFull), as{Type: "radio", Required: true, Hint: true})
	e.choice("messages", &h.Messages, e.words("hookMessages", agenda.MessagesNoEmail, agenda.MessagesAlways), as{Type: "radio", Required: true, Hint: true})
	e.section("only")
	e.group().Folded = len(h.Departments)+len(h.Services) == 0
	e.group().Hint = e.t("webhooks.only.hint")
	var departments, services []page.Choice
	for i := range s.Departments {
		departments = append(departments, page.Choice{Value: s.Departments[i].ID, Label: office.Plain(e.frame, s.Departments[i].Name)})
	}
	for i := range s.Services {
		services = append(services, page.Choice{Value: s.Services[i].ID, Label: office.Plain(e.frame, s.Services[i].Name)})
	}
	if len(departments) > 0 {
		e.some("departments", &h.Departments, departments, as{})
	}
	if len(services) > 0 {
		e.some("services", &h.Services, services, as{})
	}
	if h.ID != "" {
		e.groups[0].Links = []page.Link{{Label: e.t("webhooks.logLink"), Href: "/staff/setup/webhooks/" + h.ID + "/log"}}
	}
}

// hostOf is where an address leads to, "" where that cannot be told.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// hookStates puts on the lines of a list how each webhook is.
func (p *Part) hookStates(q *office.Request, f page.Frame, lines []listLine) error {
	views, err := p.Desk.Hooks(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	for i := range lines {
		b := hookBadge(f, views[lines[i].ID])
		lines[i].Badge = &b
	}
	return nil
}

func hookBadge(f page.Frame, v booking.HookView) page.Badge {
	switch {
	case !v.Disabled.IsZero():
		return page.Badge{Kind: "danger", Label: f.T("staff.setup.webhooks.state.off")}
	case v.Failed+v.Waiting > 0:
		return page.Badge{Kind: "warning", Label: f.T("staff.setup.webhooks.state.failing")}
	}
	return page.Badge{Kind: "success", Label: f.T("staff.setup.webhooks.state.on")}
}

// hookTroubles counts the webhooks that are off, and those that are not told everything.
func (p *Part) hookTroubles(q *office.Request) (off, failing int) {
	if !booking.MayRunHooks(q.Person) || len(q.Setup.Webhooks) == 0 {
		return 0, 0
	}
	views, err := p.Desk.Hooks(q.Context(), q.Person.Tenant)
	if err != nil {
		return 0, 0 // the overview does without
	}
	for _, v := range views {
		switch {
		case !v.Disabled.IsZero():
			off++
		case v.Failed+v.Waiting > 0:
			failing++
		}
	}
	return off, failing
}

// hookRoutes are those of a webhook besides its form.
func (p *Part) hookRoutes() []office.Route {
	at, only := "/staff/setup/webhooks/{id}", p.webhooks().only
	return []office.Route{
		office.Get(at+"/log", people, only(p.hookLog)),
		office.Post(at+"/key", people, only(p.hookKey)),
		office.Post(at+"/test", people, only(p.testHook)),
		office.Post(at+"/again", people, only(p.againHook)),
		office.Post(at+"/enable", people, only(p.enableHook)),
	}
}

// hookPage is how a webhook is: whether it is on, its key, and what it was told.
type hookPage struct {
	page.Frame
	Title  string
	At     string // address of the webhook
	Host   string
	State  page.Badge
	Notice *page.Notice // that it is off, or not told everything; nil: all is well
	Key    string       // which key there is, in words
	Shown  bool         // somebody has seen it
	Secret string       // that was just shown: never again
	Lines  []hookLine
	Most   int // lines that are shown; 0: these are all
}

// hookLine is something that a webhook was told, or is to be told.
type hookLine struct {
	When, Event  string
	About        *page.Link // the visit; nil: a test, or it is not there any more
	State        page.Badge
	Words        string // what the other side answered, or why it was not told
	Again        *page.Press
	Kind, Answer string
}

// mostPosts is how many lines a log shows.
const mostPosts = 100

func (p *Part) hookLog(w http.ResponseWriter, q *office.Request) error { return p.showHook(w, q, "") }

func (p *Part) showHook(w http.ResponseWriter, q *office.Request, secret string) error {
	f, id := p.Frame(q), pathID(q)
	v, err := p.Desk.HookLog(q.Context(), q.Person, id, mostPosts)
	if err != nil {
		return err
	}
	h, ok := q.Setup.Webhook(id)
	if !ok {
		return agenda.ErrNotFound // removed just now
	}
	x := hookPage{Frame: f, Title: f.T("staff.setup.webhooks.logTitle", "name", id), At: "/staff/setup/webhooks/" + id, Host: hostOf(h.URL), State: hookBadge(f, v), Secret: secret, Shown: v.Generation > 0}
	x.Crumbs = append([]page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}, crumb(f, p.webhooks())...)
	x.Frame.Notice = p.done(q, f)
	x.Notice = x.trouble(q, v)
	x.Key = x.key(q, v)
	for i := range v.Log {
		x.Lines = append(x.Lines, x.line(q, &v.Log[i], v.References))
	}
	if len(x.Lines) == mostPosts {
		x.Most = mostPosts
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/hook", x)
}

// trouble says what is wrong with a webhook, and what to do.
func (x *hookPage) trouble(q *office.Request, v booking.HookView) *page.Notice {
	if !v.Disabled.IsZero() {
		return &page.Notice{Kind: "danger", Title: x.T("staff.setup.webhooks.offTitle", "when", office.Short(x.Frame, v.Disabled.In(q.Setup.Zone()))), Text: x.T("staff.setup.webhooks.offText"),
			Form: &page.Press{Action: x.At + "/enable", Button: page.Button{Kind: "primary", Label: x.T("staff.setup.webhooks.enable")}}}
	}
	var items []string
	if v.Failed > 0 {
		items = append(items, x.T("staff.setup.webhooks.failed", "n", v.Failed))
	}
	if v.Waiting > 0 {
		items = append(items, x.T("staff.setup.webhooks.waiting", "n", v.Waiting))
	}
	if len(items) == 0 {
		return nil
	}
	return &page.Notice{Kind: "warning", Title: x.T("staff.setup.webhooks.failingTitle"), Items: items}
}

// key says which key signs.
func (x *hookPage) key(q *office.Request, v booking.HookView) string {
	switch {
	case v.Generation <= 0:
		return x.T("staff.setup.webhooks.key.unseen")
	case v.Renewed.IsZero():
		return x.T("staff.setup.webhooks.key.seen")
	}
	return x.T("staff.setup.webhooks.key.renewed", "when", office.Short(x.Frame, v.Renewed.In(q.Setup.Zone())))
}

func (x *hookPage) line(q *office.Request, post *store.HookPost, references map[string]string) hookLine {
	l := hookLine{When: office.Short(x.Frame, post.Created.In(q.Setup.Zone())), Event: post.Event}
	l.Kind = x.T("staff.setup.hookEvent." + post.Event)
	if references[post.Subject] != "" {
		l.About = &page.Link{Label: references[post.Subject], Href: "/staff/bookings/" + post.Subject}
	}
	l.State = hookState(x.Frame, post)
	l.Words = x.words(q, post)
	if post.Attempts > 0 {
		l.Answer = x.T("staff.setup.webhooks.attempts", "n", post.Attempts)
		if post.Took > 0 {
			l.Answer = x.T("staff.setup.webhooks.attemptsTook", "n", post.Attempts, "took", strconv.Itoa(post.Took))
		}
	}
	if post.Event != booking.EventTest && (post.State != "queued" || post.Attempts > 0) && post.Reason != booking.HookDisabled {
		l.Again = &page.Press{Action: x.At + "/again", Fields: []page.Field{{Name: "post", Type: "hidden", Value: post.ID}},
			Button: page.Button{Kind: "secondary", Label: x.T("staff.setup.webhooks.again"), Context: l.Kind + ", " + l.When}}
	}
	return l
}

// hookState is how something stands that a webhook is to be told.
func hookState(f page.Frame, post *store.HookPost) page.Badge {
	state := map[string]page.Badge{"queued": {Kind: "info"}, "sent": {Kind: "success"}, "dropped": {Kind: "neutral"}, "failed": {Kind: "danger"}}[post.State]
	key := post.State
	if post.State == "queued" && post.Attempts > 0 {
		state.Kind, key = "warning", "retried"
	}
	state.Label = f.T("staff.setup.webhooks.post." + key)
	return state
}

// words says what the other side answered, or why nobody was told: a category, and never
// a word of theirs.
func (x *hookPage) words(q *office.Request, post *store.HookPost) string {
	if post.State == "sent" {
		return x.T("staff.setup.webhooks.answered", "status", strconv.Itoa(post.Status))
	}
	if post.Reason == "" {
		return ""
	}
	text := x.T("staff.setup.webhooks.why."+hookWhy(post), "status", strconv.Itoa(post.Status))
	if post.State == "queued" {
		text += " " + x.T("staff.setup.webhooks.next", "when", office.Short(x.Frame, post.Due.In(q.Setup.Zone())))
	}
	return text
}

// hookWhy is the key of a reason's words.
func hookWhy(post *store.HookPost) string {
	categories := []string{"bad_address", "unencrypted", "forbidden", "unreachable", "insecure", "timed_out", "too_large", "gone", booking.HookDisabled}
	switch {
	case post.Reason == "bad_status" && post.Status >= 300 && post.Status < 400:
		return "elsewhere"
	case post.Reason == "bad_status", slices.Contains(categories, post.Reason):
		return post.Reason
	}
	key, ok := map[string]string{booking.TakenBack: "takenBack", booking.SentBefore: "sentBefore", "too late": "late", "there is no phone number": "noPhone", "too many messages to this phone": "many",
		"moved meanwhile": "needless", "a newer letter tells it": "needless", "a later reminder tells it": "needless", "not confirmed any more": "needless",
		"the visitor has answered": "needless", "not wanted any more": "needless"}[post.Reason]
	if !ok {
		return "other"
	}
	return key
}

// hookKey shows the key that signs, once, or makes a new one.
func (p *Part) hookKey(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return err
	}
	secret, err := p.Desk.HookSecret(q.Context(), q.Person, q.Person.Tenant, pathID(q), form.Value("renew") != "")
	if err != nil {
		return err
	}
	return p.showHook(w, q, secret)
}

func (p *Part) testHook(w http.ResponseWriter, q *office.Request) error {
	return hookDone(w, q, "tested", p.Desk.TestHook(q.Context(), q.Person, pathID(q)))
}

func (p *Part) againHook(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, p.Frame(q).Printer())
	if err != nil {
		return err
	}
	return hookDone(w, q, "again", p.Desk.SendHookAgain(q.Context(), q.Person, pathID(q), form.Value("post")))
}

func (p *Part) enableHook(w http.ResponseWriter, q *office.Request) error {
	return hookDone(w, q, "enabled", p.Desk.EnableHook(q.Context(), q.Person, q.Person.Tenant, pathID(q)))
}

// hookDone leads back to the log of a webhook after an act on it.
func hookDone(w http.ResponseWriter, q *office.Request, done string, err error) error {
	if errors.Is(err, agenda.ErrLimited) {
		done, err = "often", nil
	}
	if err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/webhooks/"+pathID(q)+"/log?done="+done, http.StatusSeeOther)
	return nil
}
