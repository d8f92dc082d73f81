// Package demo invents a county to try the program out with: a district and three
// of its towns, their staff, and visits over the coming weeks that look like real
// life. Places are real, people are not.
//
// It refuses to know how any of it is shown or served. Everything it writes goes
// through the same acts as in a real office; the same day gives the same visits.
// Start reading at County; the tenant files are in ui/demo.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"
	"text/template"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/auth"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/logo"
)

// County is where the demo takes place.
type County struct {
	Desk     *booking.Desk
	Accounts *auth.Accounts
	Files    fs.FS // with the tenant files in demo
}

// Weeks is how far ahead visits are invented, WeeksBack how far back, for the figures.
const (
	Weeks     = 6
	WeeksBack = 8
)

// Password is that of every account of the demo.
const Password = "probieren-geht"

// actor stands in the journal for what the demo does.
const actor = "demo"

// Login is an account of the demo.
type Login struct {
	Tenant, Email, Name, Department string
	Role                            agenda.Role
}

// Logins lists the accounts, each tenant's busiest first.
func Logins() []Login {
	return []Login{
		{"northeim", "zulassung@northeim.example", "Zoe Zulassung", "verkehr", agenda.Reception},
		{"northeim", "soziales@northeim.example", "Sam Sozial", "soziales", agenda.Clerk},
		{"northeim", "leitung@northeim.example", "Lea Leitung", "", agenda.Lead},
		{"northeim", "planung@northeim.example", "Peer Planung", "", agenda.Planner},
		{"northeim", "verwaltung@northeim.example", "Vera Verwaltung", "", agenda.Admin},
		{"northeim", "kreis@northeim.example", "Karla Kreis", "", agenda.County},
		{"northeim", "revision@northeim.example", "Rita Revision", "", agenda.Auditor},
		{"einbeck", "buergerbuero@einbeck.example", "Bo Büro", "buergerservice", agenda.Clerk},
		{"einbeck", "verwaltung@einbeck.example", "Ada Admin", "", agenda.Admin},
		{"uslar", "buergerbuero@uslar.example", "Uli Uslar", "", agenda.Clerk},
		{"bad-gandersheim", "buergerservice@bad-gandersheim.example", "Gitta Gandersheim", "", agenda.Clerk},
	}
}

// tenants in the order in which they are founded.
func tenants() []string { return []string{"northeim", "einbeck", "uslar", "bad-gandersheim"} }

// Found sets up the tenants, as yet without staff and visits. It reports whether
// there were none: a county that is there already stays as it is.
func (c *County) Found(ctx context.Context) (fresh bool, err error) {
	there, err := c.Desk.Tenants(ctx)
	if err != nil || len(there) > 0 {
		return false, err
	}
	today, err := c.today(ctx)
	if err != nil {
		return false, err
	}
	for _, id := range tenants() {
		s, err := c.setup(id, today)
		if err != nil {
			return false, err
		}
		picture, err := c.logo(s.Brand.Logo)
		if err != nil {
			return false, err
		}
		s.Brand.Logo = picture.Name
		if _, err := c.Desk.Apply(ctx, s, booking.ApplyOptions{Actor: actor, Logo: picture.Bytes}); err != nil {
			return false, fmt.Errorf("demo: %s: %w", id, err)
		}
	}
	return true, nil
}

// today is the date in the county.
func (c *County) today(ctx context.Context) (agenda.Date, error) {
	now, err := c.Desk.Now(ctx)
	if err != nil {
		return 0, err
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	return agenda.DateOf(now.In(zone)), err
}

// Hire makes the accounts, several at a time: a password takes long to hash.
func (c *County) Hire(ctx context.Context) error {
	var wg sync.WaitGroup
	faults := make([]error, len(Logins()))
	for i, l := range Logins() {
		wg.Go(func() {
			_, faults[i] = c.Accounts.AddPerson(ctx, auth.NewPerson{Tenant: l.Tenant, Email: l.Email, Name: l.Name, Role: l.Role, Department: l.Department, Password: Password})
		})
	}
	wg.Wait()
	return errors.Join(faults...)
}

// dates are what the tenant files leave open, as they fall on a given day.
type dates struct {
	Year, NextYear int
	Monday         agenda.Date // of this week
	Soon           agenda.Date // the working day after tomorrow or later: somebody is missing
	Ill, IllEnd    agenda.Date // a clerk is ill
	Vaccination    agenda.Date
}

func datesOn(today agenda.Date) dates {
	y, _, _ := today.Civil()
	d := dates{Year: y, NextYear: y + 1}
	d.Monday = today - agenda.Date((int(today.Weekday())+6)%7)
	d.Soon = workday(today + 2)
	d.Ill = workday(today + 1)
	d.IllEnd = d.Ill + 2
	d.Vaccination = workday(today + 9)
	return d
}

// workday is the first day from a date on that is neither weekend nor holiday nor
// between the years.
func workday(d agenda.Date) agenda.Date {
	for ; ; d++ {
		y, m, day := d.Civil()
		_, holiday := agenda.HolidayOn("NI", nil, y, int(m), day)
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		if !holiday && !weekend && !(m == time.December && day >= 24) {
			return d
		}
	}
}

// setup reads a tenant file as it is on a day.
func (c *County) setup(id string, today agenda.Date) (*agenda.Setup, error) {
	name := path.Join("demo", id+".yaml")
	text, err := fs.ReadFile(c.Files, name)
	if err != nil {
		return nil, err
	}
	t, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, datesOn(today)); err != nil {
		return nil, err
	}
	return config.ReadTenant(b.Bytes(), name)
}

// logo reads the picture that a tenant file names; "" names none.
func (c *County) logo(name string) (logo.Picture, error) {
	if name == "" {
		return logo.Picture{}, nil
	}
	data, err := fs.ReadFile(c.Files, path.Join("demo", name))
	if err != nil {
		return logo.Picture{}, err
	}
	return logo.Read(data)
}
