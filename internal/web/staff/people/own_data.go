package people

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/staff/office"
)

// ownData is all that is kept about an account, as a file. Of what its person did and
// looked at it names the act and the moment, never a visitor.
type ownData struct {
	ID         string       `json:"id"`
	Tenant     string       `json:"tenant"`
	Name       string       `json:"name"`
	Email      string       `json:"email"`
	Role       agenda.Role  `json:"role"`
	Department string       `json:"department,omitempty"`
	Grants     []ownGrant   `json:"grants"`
	Created    time.Time    `json:"created"`
	Language   string       `json:"language,omitempty"`
	Password   bool         `json:"hasPassword"`
	Factor     bool         `json:"hasSecondFactor"`
	Recovery   int          `json:"recoveryCodes"`
	Sessions   []ownSession `json:"sessions"`
	Deeds      []ownDeed    `json:"deeds"`
	Looks      []ownLook    `json:"looks"`
}

type ownGrant struct {
	Role       agenda.Role `json:"role"`
	Department string      `json:"department,omitempty"`
	Calendar   string      `json:"calendar,omitempty"`
	To         string      `json:"to,omitempty"`
}

type ownSession struct {
	Device  string    `json:"device"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
}

type ownDeed struct {
	At  time.Time `json:"at"`
	Act string    `json:"act"`
}

type ownLook struct {
	At       time.Time `json:"at"`
	Way      string    `json:"way"`
	Calendar string    `json:"calendar"`
	Visits   int       `json:"visits"`
}

// ownFile hands everything about the reader's account out.
func (o *Part) ownFile(w http.ResponseWriter, q *office.Request) error {
	own, err := o.Accounts.Own(q.Context(), o.Secret(q))
	if err != nil {
		return err
	}
	deeds, looks, err := o.Desk.OwnDeeds(q.Context(), &own.Person)
	if err != nil {
		return err
	}
	x := ownData{ID: own.ID, Tenant: own.Tenant, Name: own.Name, Email: own.Email, Role: own.Role, Department: own.Department, Created: own.Created, Language: own.Language,
		Password: own.HasPassword, Factor: own.Factor, Recovery: own.Recovery, Grants: []ownGrant{}, Sessions: []ownSession{}, Deeds: []ownDeed{}, Looks: []ownLook{}}
	for _, g := range q.Person.Grants {
		x.Grants = append(x.Grants, ownGrant{Role: g.Role, Department: g.Department, Calendar: g.Calendar, To: lastDay(g.To)})
	}
	for _, s := range own.Sessions {
		x.Sessions = append(x.Sessions, ownSession{s.Device, s.Created, s.Used})
	}
	for _, e := range deeds {
		x.Deeds = append(x.Deeds, ownDeed{e.At, e.Act})
	}
	for _, v := range looks {
		x.Looks = append(x.Looks, ownLook{v.At, v.Way, v.Calendar, v.Visits})
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetIndent("", "  ")
	if err := e.Encode(x); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="konto.json"`)
	if q.Method != http.MethodHead {
		_, _ = body.WriteTo(w) // a client that went away is no error
	}
	return nil
}

// lastDay is a date, or nothing where there is no end.
func lastDay(d agenda.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
