package setup

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// feedsPage lists calendar feeds, and makes one.
type feedsPage struct {
	page.Frame
	Title   string
	Own     bool // those that the reader made for themselves
	Action  string
	Lines   []accessLine
	Revoked int               // that are not listed
	Made    *page.FeedAddress // of one that was just made: shown this once
	What    page.Field        // not of one's own
	Detail  page.Field
	Name    page.Field
	Alarm   page.Field
	Until   page.Field
}

// accessLine is a feed or a token.
type accessLine struct {
	ID, Name, What, Created, Used, Revoke string
}

func (p *Part) feeds(w http.ResponseWriter, q *office.Request) error {
	return p.showFeeds(w, q, nil, "", http.StatusOK)
}

func (p *Part) showFeeds(w http.ResponseWriter, q *office.Request, form *page.Form, address string, status int) error {
	f, s := p.Frame(q), q.Setup
	v := feedsPage{Frame: f, Title: f.T("staff.setup.feeds.title"), Action: "/staff/setup/feeds"}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	v.Frame.Errors, v.Frame.Notice = form.Errors(), p.done(q, f)
	list, err := p.Desk.Feeds(q.Context(), q.Person.Tenant)
	if err != nil {
		return err
	}
	for _, x := range list {
		if !booking.MayEndFeed(q.Person, s, x) {
			continue
		}
		if !x.Revoked.IsZero() {
			v.Revoked++
			continue
		}
		v.Lines = append(v.Lines, feedLine(f, q, x, scopeName(f, s, x.Scope, x.Target), v.Action))
	}
	v.What = form.Fill(page.Field{Name: "what", Type: "select", Label: f.T("staff.setup.feeds.scope"), Required: true, Choices: p.scopes(f, q)})
	return p.renderFeeds(w, q, v, form, address, status)
}

// renderFeeds fills in what all lists of feeds have in common.
func (p *Part) renderFeeds(w http.ResponseWriter, q *office.Request, v feedsPage, form *page.Form, address string, status int) (err error) {
	f := v.Frame
	v.Detail = page.Field{Name: "detail", Type: "radio", Label: f.T("staff.setup.feeds.detail"), Required: true}
	for _, d := range details() {
		v.Detail.Choices = append(v.Detail.Choices, page.Choice{Value: d, Label: f.T("staff.setup.detail." + d), Hint: f.T("staff.setup.detail." + d + ".hint"), Selected: d == "busy"})
	}
	v.Detail = form.Fill(v.Detail)
	v.Name = form.Fill(page.Field{Name: "name", Label: f.T("staff.setup.feeds.name"), Hint: f.T("staff.setup.feeds.name.hint"), Max: agenda.MaxName})
	v.Alarm = form.Fill(page.Field{Name: "alarm", Type: "select", Label: f.T("staff.setup.feeds.alarm"), Required: true, Choices: page.FeedAlarms(f, booking.FeedAlarms())})
	v.Until = page.Field{Name: "until", Type: "select", Label: f.T("staff.setup.feeds.until"), Required: true}
	for _, days := range lifetimes() {
		v.Until.Choices = append(v.Until.Choices, page.Choice{Value: days, Label: f.T("staff.setup.feeds.until." + days), Selected: days == "0"})
	}
	v.Until = form.Fill(v.Until)
	if address != "" {
		if v.Made, err = page.NewFeedAddress(f, address); err != nil {
			return err
		}
	}
	return p.Pages.Render(w, q.Request, status, "staff/setup/feeds", v)
}

func details() []string { return []string{"busy", "service", "full"} }

// lifetimes are after how many days a feed can end by itself; 0: never.
func lifetimes() []string { return []string{"0", "30", "180", "365"} }

func feedLine(f page.Frame, q *office.Request, x store.Feed, name, at string) accessLine {
	p, zone := f.Printer(), q.Setup.Zone()
	line := accessLine{ID: x.ID, Name: name, What: f.T("staff.setup.detail." + x.Detail), Revoke: at + "/" + x.ID + "/revoke",
		Created: p.ShortDate(x.Created.In(zone)), Used: f.T("staff.setup.feeds.never")}
	if x.Name != "" {
		line.What = x.Name + ", " + line.What
	}
	if !x.Expires.IsZero() {
		line.What += ", " + f.T("staff.setup.feeds.ends", "date", p.ShortDate(x.Expires.Add(-time.Second).In(zone))) // the last day
	}
	if !x.Used.IsZero() {
		line.Used = p.ShortDate(x.Used.In(zone))
	}
	return line
}

// readFeed reads what every form for a feed asks for.
func readFeed(f page.Frame, q *office.Request, form *page.Form) (feed store.Feed) {
	var alarms []string
	for _, n := range booking.FeedAlarms() {
		alarms = append(alarms, strconv.Itoa(n))
	}
	feed.Detail = form.Choice("detail", details(), page.Rule{Label: f.T("staff.setup.feeds.detail"), Required: true})
	feed.Name = form.Text("name", page.Rule{Label: f.T("staff.setup.feeds.name"), Max: agenda.MaxName})
	feed.Alarm, _ = strconv.Atoi(form.Choice("alarm", alarms, page.Rule{Label: f.T("staff.setup.feeds.alarm")}))
	if days, _ := strconv.Atoi(form.Choice("until", lifetimes(), page.Rule{Label: f.T("staff.setup.feeds.until")})); days > 0 {
		feed.Expires = q.Now.AddDate(0, 0, days)
	}
	return feed
}

// scopes are what a person may make feeds of, by their scope and target.
func (p *Part) scopes(f page.Frame, q *office.Request) (list []page.Choice) {
	s := q.Setup
	add := func(scope, target string) {
		if booking.MayFeed(q.Person, s, store.Feed{Scope: scope, Target: target, Detail: "busy"}) {
			list = append(list, page.Choice{Value: scope + ":" + target, Label: scopeName(f, s, scope, target)})
		}
	}
	add("all", "")
	for i := range s.Departments {
		add("department", s.Departments[i].ID)
	}
	for i := range s.Sites {
		add("site", s.Sites[i].ID)
	}
	for i := range s.Calendars {
		add("calendar", s.Calendars[i].ID)
	}
	return list
}

func scopeName(f page.Frame, s *agenda.Setup, scope, target string) string {
	name := target
	switch scope {
	case "department":
		if d, ok := s.DepartmentOf(target); ok {
			name = office.Plain(f, d.Name)
		}
	case "site":
		if x, ok := s.SiteOf(target); ok {
			name = office.Plain(f, x.Name)
		}
	case "calendar":
		if c, ok := s.CalendarOf(target); ok {
			name = named(f, s, c)
		}
	}
	return f.T("staff.setup.scope."+scope, "name", name)
}

// makeFeed makes a feed and shows its address, which nobody sees again.
func (p *Part) makeFeed(w http.ResponseWriter, q *office.Request) error {
	f := p.Frame(q)
	form, err := page.ReadForm(w, q.Request, f.Printer())
	if err != nil {
		return err
	}
	var allowed []string
	for _, c := range p.scopes(f, q) {
		allowed = append(allowed, c.Value)
	}
	scope, target, _ := strings.Cut(form.Choice("what", allowed, page.Rule{Label: f.T("staff.setup.feeds.scope"), Required: true}), ":")
	feed := readFeed(f, q, form)
	feed.Scope, feed.Target = scope, target
	if len(form.Errors()) > 0 {
		return p.showFeeds(w, q, form, "", http.StatusUnprocessableEntity)
	}
	_, secret, err := p.Desk.CreateFeedBy(q.Context(), q.Person, feed)
	if errors.Is(err, agenda.ErrForbidden) {
		form.Fail("detail", "staff.setup.feeds.notYours")
		return p.showFeeds(w, q, form, "", http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return p.showFeeds(w, q, nil, p.Links.Feed(&q.Setup.Tenant, secret), http.StatusOK)
}

func (p *Part) revokeFeed(w http.ResponseWriter, q *office.Request) error {
	if err := p.Desk.RevokeFeedBy(q.Context(), q.Person, pathID(q)); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/setup/feeds?done=revoked", http.StatusSeeOther)
	return nil
}
