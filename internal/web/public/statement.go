package public

import (
	"net/http"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

// statementPage is a tenant's accessibility statement, made of the facts in its set-up. It
// says what Decision (EU) 2018/1523 asks for, and claims nothing that nobody has tested.
type statementPage struct {
	page.Frame
	State    string // key of the text: full, partly, not or unknown
	Gaps     []agenda.Text
	Prepared string // the day; "": not said
	Tested   string
	Method   string // self or external; "": not said
	Report   string // address of the form
	Mail     string
	Phone    string
	Enforcer agenda.Enforcement
}

func statement(c *call) error {
	a := &c.setup.Accessibility
	data := statementPage{Frame: c.frame, State: "unknown", Gaps: a.Gaps, Method: a.Method, Report: c.home + "barrier", Phone: c.setup.BarrierPhone(), Enforcer: a.Enforcement}
	data.Back = c.home
	if a.State != "" {
		data.State = a.State
	}
	if _, address, err := agenda.ParseMailbox(a.Mail); err == nil {
		data.Mail = address
	}
	day := func(d agenda.Date) string {
		if d.IsZero() {
			return ""
		}
		return c.frame.Printer().Date(d.Noon())
	}
	data.Prepared, data.Tested = day(a.Prepared), day(a.Tested)
	return c.render(http.StatusOK, "public/statement", data)
}
