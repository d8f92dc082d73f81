package staff

import (
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// pausing is whether letters are held back, what would go out, and what can be done.
type pausing struct {
	Paused []string // why and since when; none: letters go out
	Would  []string // what waits, where they are held back
	Why    *page.Field
	Pause  *page.Press // nil: may not
	Resume *page.Press // nil: may not, or nothing of the tenant's own is held back
	// Without resumes and drops what most likely went out before a restore; nil: nothing did
	Without *page.Button
}

// pausing reads how it stands; form is what was typed, nil where nothing was.
func (o *Office) pausing(q *office.Request, f page.Frame, form *page.Form) (*pausing, error) {
	pauses, err := o.Desk.PausedLetters(q.Context(), q.Person.Tenant)
	if err != nil {
		return nil, err
	}
	p := &pausing{}
	own := false
	for _, x := range pauses {
		key := "staff.letters.paused"
		if x.Tenant == "" {
			key = "staff.letters.pausedAll"
		}
		reason := x.Reason
		if reason == booking.RestoredReason {
			reason = f.T("staff.letters.restored", "when", office.Short(f, x.Copied.In(q.Setup.Zone())))
		}
		own = own || x.Tenant != ""
		p.Paused = append(p.Paused, f.T(key, "when", office.Short(f, x.Since.In(q.Setup.Zone())), "why", reason))
	}
	again := 0
	if len(p.Paused) > 0 {
		queue, err := o.Desk.QueuedLetters(q.Context(), q.Person.Tenant)
		if err != nil {
			return nil, err
		}
		for _, k := range queue.Kinds {
			p.Would = append(p.Would, would(f, k))
			again += k.Again
		}
	}
	if !q.Person.MayEverywhere(agenda.ChangeSetup) || !q.Person.MayEverywhere(agenda.ActOnBookings) {
		return p, nil
	}
	switch {
	case own:
		p.Resume = &page.Press{Action: "/staff/letters/resume", Button: page.Button{Kind: "primary", Label: f.T("staff.letters.resume")}}
		if again > 0 {
			p.Without = &page.Button{Kind: "secondary", Label: f.T("staff.letters.resumeWithout"), Name: "without", Value: "sent"}
		}
	case len(p.Paused) == 0:
		why := form.Fill(page.Field{Name: "why", Label: f.T("staff.letters.pauseWhy"), Hint: f.T("staff.letters.pauseHint"), Required: true, Max: 200, Autocomplete: "off"})
		p.Why, p.Pause = &why, &page.Press{Action: "/staff/letters/pause", Button: page.Button{Kind: "secondary", Label: f.T("staff.letters.pause")}}
	}
	return p, nil
}

// would says how many letters of a kind would go out.
func would(f page.Frame, k booking.QueuedKind) string {
	text := f.T("staff.letters.would", "letter", letterName(f, k.Kind), "n", k.Waiting)
	if k.Stale+k.Again > 0 {
		text += "." // else the numbers run together: "confirmation: 1 1 of them"
	}
	if k.Stale > 0 {
		text += " " + f.T("staff.letters.stale", "n", k.Stale)
	}
	if k.Again > 0 {
		text += " " + f.T("staff.letters.twice", "n", k.Again)
	}
	return text
}

// pauseLetters holds the tenant's letters back.
func (o *Office) pauseLetters(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	why := form.Text("why", page.Rule{Label: o.Frame(q).T("staff.letters.pauseWhy"), Required: true, Max: 200})
	if len(form.Errors()) > 0 {
		return o.showLetters(w, q, form)
	}
	if err := o.Desk.PauseLetters(q.Context(), q.Person, q.Person.Tenant, why); err != nil {
		return err
	}
	http.Redirect(w, q.Request, "/staff/letters?done=paused", http.StatusSeeOther)
	return nil
}

// resumeLetters lets them go, all or without those that most likely went out before a
// restore.
func (o *Office) resumeLetters(w http.ResponseWriter, q *office.Request) error {
	form, err := page.ReadForm(w, q.Request, o.Frame(q).Printer())
	if err != nil {
		return err
	}
	done := "resumed"
	if form.Value("without") == "sent" {
		_, err = o.Desk.ResumeWithoutSent(q.Context(), q.Person, q.Person.Tenant)
	} else {
		err = o.Desk.ResumeLetters(q.Context(), q.Person, q.Person.Tenant)
	}
	switch {
	case errors.Is(err, agenda.ErrNotFound), errors.Is(err, agenda.ErrState):
		done = "changed"
	case err != nil:
		return err
	}
	http.Redirect(w, q.Request, "/staff/letters?done="+done, http.StatusSeeOther)
	return nil
}
