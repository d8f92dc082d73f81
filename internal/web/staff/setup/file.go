package setup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/config"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// maxFile is how long a tenant file may be that is sent here, in bytes, and a form with
// legal texts or very many services.
const maxFile = 4 << 20

// filePage is the tenant file: what would change, what is wrong with it.
type filePage struct {
	page.Frame
	Title   string
	Change  bool // may put a file in force
	Text    string
	Faults  []string // as the command line says them
	Diff    []string
	Same    bool
	Checked string // the text for which the differences were shown
	Lost    lost
}

func (p *Part) newFile(q *office.Request) filePage {
	f := p.Frame(q)
	v := filePage{Frame: f, Title: f.T("staff.setup.file.title"), Change: everywhere(q.Person)}
	v.Crumbs = []page.Link{{Label: f.T("staff.setup.title"), Href: "/staff/setup"}}
	v.Frame.Notice = p.done(q, f)
	return v
}

func (p *Part) file(w http.ResponseWriter, q *office.Request) error {
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/file", p.newFile(q))
}

// download gives the whole set-up as the tenant file. It belongs to the tenant as a
// whole, also to whoever may only look at a part of it.
func (p *Part) download(w http.ResponseWriter, q *office.Request) error {
	if !q.Person.MayEverywhere(agenda.SeeSetup) {
		return agenda.ErrForbidden
	}
	s := q.Setup
	if everywhere(q.Person) { // others get addresses that are secrets as they are kept
		var err error
		if s, err = p.Desk.Revealed(s); err != nil {
			return err
		}
	}
	text, err := config.WriteTenant(s)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+q.Setup.Tenant.ID+`.yaml"`)
	_, err = w.Write(text)
	return err
}

// upload shows what a tenant file would change, and puts it in force once that was seen.
func (p *Part) upload(w http.ResponseWriter, q *office.Request) error {
	if !everywhere(q.Person) {
		return agenda.ErrForbidden
	}
	form, err := page.ReadUpload(w, q.Request, p.Frame(q).Printer(), maxFile)
	if err != nil {
		return err
	}
	v := p.newFile(q)
	if v.Text = form.File("file"); v.Text == "" {
		v.Text = form.File("text")
	}
	if v.Text == "" {
		form.Fail("text", "staff.setup.file.empty")
		v.Frame.Errors = form.Errors()
		return p.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/setup/file", v)
	}
	s, err := config.ReadTenant([]byte(v.Text), q.Setup.Tenant.ID+".yaml")
	if faults, ok := errors.AsType[config.Faults](err); ok {
		for _, x := range faults {
			v.Faults = append(v.Faults, x.String())
		}
		return p.refuse(w, q, v, form, "staff.setup.file.faults")
	} else if err != nil {
		return err
	}
	switch {
	case s.Tenant.ID != q.Setup.Tenant.ID:
		return p.refuse(w, q, v, form, "staff.setup.file.foreign")
	case s.Revision != q.Setup.Revision:
		return p.refuse(w, q, v, form, "staff.setup.file.old")
	}
	return p.apply(w, q, v, form, s)
}

func (p *Part) refuse(w http.ResponseWriter, q *office.Request, v filePage, form *page.Form, key string) error {
	form.Fail("text", key)
	v.Frame.Errors = form.Errors()
	return p.Pages.Render(w, q.Request, http.StatusUnprocessableEntity, "staff/setup/file", v)
}

// apply puts a file in force where its differences were shown, else it shows them.
func (p *Part) apply(w http.ResponseWriter, q *office.Request, v filePage, form *page.Form, s *agenda.Setup) error {
	if err := p.Desk.SealBusy(q.Setup, s); errors.Is(err, booking.ErrSealedElsewhere) {
		return p.refuse(w, q, v, form, "staff.setup.file.sealed")
	} else if err != nil {
		return err
	}
	v.Diff = config.Diff(q.Setup, s)
	v.Same = len(v.Diff) == 0
	sum := sha256.Sum256([]byte(v.Text))
	v.Checked = hex.EncodeToString(sum[:])
	o := booking.ApplyOptions{Actor: q.Person.ID, Person: q.Person, Strand: form.Value("strand") != "", DryRun: form.Value("checked") != v.Checked || v.Same}
	_, err := p.Desk.Apply(q.Context(), s, o)
	stranded, strands := errors.AsType[booking.StrandedError](err)
	switch {
	case errors.Is(err, booking.ErrRevision):
		return p.refuse(w, q, v, form, "staff.setup.file.old")
	case strands:
		v.Lost = p.losing(v.Frame, q, stranded)
	case err != nil:
		return err
	case !o.DryRun:
		http.Redirect(w, q.Request, "/staff/setup/file?done=saved", http.StatusSeeOther)
		return nil
	}
	return p.Pages.Render(w, q.Request, http.StatusOK, "staff/setup/file", v)
}
