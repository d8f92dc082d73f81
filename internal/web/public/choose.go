package public

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/web/page"
)

type choosePage struct {
	page.Frame
	Action string
	Chosen []chosenService
	Mode   *page.Field // where there is a choice
	Offers []offer     // what could be done in the same visit
	Hidden []hidden
}

type chosenService struct {
	ID        string
	Name      agenda.Text
	Amounts   []page.Choice // more than one: a choice
	Error     string
	Remove    string // address without this service; "": the only one
	Questions []page.Field
	Fee       agenda.Text
}

type offer struct {
	ID   string
	Name agenda.Text
}

// choose asks what must be known of the wish before the search: how many, the
// services' own questions, the mode, and what else could be done in the same
// visit. It is a form sent by GET, since it only leads to other addresses.
func choose(c *call) error {
	v := c.r.URL.Query()
	w := readAsked(v)
	if add := v.Get("add"); add != "" {
		w.Items = append(w.Items, agenda.Item{Service: add, Quantity: 1})
		return c.to(c.way+"choose", writeWish(w))
	}
	err := c.checkWish(w)
	if err != nil && !c.known(w) {
		return noService(c, err)
	}
	next := v.Get("next") != ""
	if next && err == nil {
		return c.to(c.way+"times", writeWish(w))
	}
	data := newChoose(c, w)
	status := http.StatusOK
	if next || errors.Is(err, agenda.ErrNotCombinable) || errors.Is(err, agenda.ErrTooMany) {
		data.fail(c, err)
		status = http.StatusUnprocessableEntity
	}
	return c.render(status, "public/choose", data)
}

// readAsked reads a wish and, besides, the fields of this page: q.service.question.
func readAsked(v url.Values) agenda.Wish {
	w := readWish(v)
	w.Items = slices.CompactFunc(w.Items, func(a, b agenda.Item) bool { return a.Service == b.Service })
	for name, values := range v {
		parts := strings.Split(name, ".")
		if len(parts) == 3 && parts[0] == "q" {
			answer(&w, parts[1], parts[2], strings.TrimSpace(values[0]))
		}
	}
	return w
}

// checkWish is agenda's check, and besides that at least one calendar could
// serve the wish.
func (c *call) checkWish(w agenda.Wish) error {
	if err := c.setup.CheckInvited(w, agenda.Public, c.link); err != nil {
		return err
	}
	if !together(c.setup, w, c.link) {
		return agenda.ErrNotCombinable
	}
	return nil
}

// known reports whether a wish names only services that the public can book,
// and at least one.
func (c *call) known(w agenda.Wish) bool {
	return len(w.Items) > 0 && !slices.ContainsFunc(w.Items, func(it agenda.Item) bool {
		svc, ok := c.setup.Service(it.Service)
		return !ok || !offered(c.setup, svc, c.link)
	})
}

// noService is the page for an address whose service is not there.
func noService(c *call, err error) error {
	return &page.Error{Status: http.StatusNotFound, Title: "public.noService.title", Detail: "public.noService.detail",
		Links: []page.Button{{Kind: "primary", Label: c.t("public.noService.link"), Href: c.frame.Tenant.Home}}, Err: err}
}

func newChoose(c *call, w agenda.Wish) choosePage {
	data := choosePage{Frame: c.frame, Action: c.way + "choose"}
	data.Back = c.services()
	data.Step = &page.Step{Current: 1, Total: steps, Name: c.t("public.step.service")}
	for i, it := range w.Items {
		svc, _ := c.setup.Service(it.Service)
		s := chosenService{ID: svc.ID, Name: svc.Name, Fee: svc.Fee, Amounts: amounts(svc, it.Quantity)}
		if len(w.Items) > 1 {
			s.Remove = link(data.Action, writeWish(agenda.Wish{Items: slices.Delete(slices.Clone(w.Items), i, i+1), Mode: w.Mode}))
		}
		for _, q := range svc.Questions {
			s.Questions = append(s.Questions, c.questionField(svc, q, it.Answers[q.ID]))
		}
		data.Chosen = append(data.Chosen, s)
	}
	if modes := modesOf(c.setup, w); len(modes) > 1 {
		data.Mode = c.modeField(modes, w.Mode)
	}
	for _, svc := range companions(c.setup, w, c.link) {
		data.Offers = append(data.Offers, offer{svc.ID, svc.Name})
	}
	return data
}

func amounts(svc *agenda.Service, chosen int) (list []page.Choice) {
	for n := range svc.MaxQuantity {
		list = append(list, page.Choice{Value: svc.ID + "*" + strconv.Itoa(n+1), Label: strconv.Itoa(n + 1), Selected: n+1 == chosen})
	}
	return list
}

func (c *call) modeField(modes []string, chosen string) *page.Field {
	f := page.Field{Name: "mode", Type: "radio", Label: c.t("public.mode.ask"), Required: true}
	if chosen == "" {
		chosen = modes[0]
	}
	for _, m := range modes {
		f.Choices = append(f.Choices, page.Choice{Value: m, Label: c.t("public.mode." + m), Selected: m == chosen})
	}
	return &f
}

// fewOptions can be shown all at once.
const fewOptions = 8

func (c *call) questionField(svc *agenda.Service, q agenda.Question, given string) page.Field {
	f := page.Field{Name: "q." + svc.ID + "." + q.ID, Text: q.Label, Required: q.Required, Value: given}
	switch q.Type {
	case "choice":
		f.Type = "radio"
		if len(q.Options) > fewOptions {
			f.Type = "select"
		}
		for _, o := range q.Options {
			f.Choices = append(f.Choices, page.Choice{Value: o.ID, Text: o.Label, Selected: o.ID == given})
		}
	case "yesno":
		f.Type = "radio"
		for _, v := range []string{"yes", "no"} {
			f.Choices = append(f.Choices, page.Choice{Value: v, Label: c.t("common." + v), Selected: v == given})
		}
	default:
		f.Max = agenda.MaxAnswer
	}
	return f
}

// fail shows what keeps the wish from being searched.
func (p *choosePage) fail(c *call, err error) {
	var bad agenda.Invalid
	switch {
	case errors.As(err, &bad):
		for _, b := range bad {
			p.failField(c, b)
		}
	case errors.Is(err, agenda.ErrTooMany):
		p.Frame.Errors = append(p.Frame.Errors, page.FieldError{Message: c.t("public.choose.tooMany")})
	case err != nil:
		p.Frame.Errors = append(p.Frame.Errors, page.FieldError{Message: c.t("public.choose.notTogether")})
	}
}

func (p *choosePage) failField(c *call, b agenda.FieldError) {
	name := "q." + b.Field
	for i := range p.Chosen {
		for j := range p.Chosen[i].Questions {
			f := &p.Chosen[i].Questions[j]
			if f.Name != name {
				continue
			}
			key := "layout.form.choose"
			switch {
			case b.Code == "too_long":
				key = "layout.form.long"
			case f.Choices == nil && b.Code == "required":
				key = "layout.form.missing"
			case f.Choices == nil:
				key = "layout.form.unreadable"
			}
			f.Error = c.t(key, "label", c.plain(f.Text), "n", agenda.MaxAnswer)
			p.Frame.Errors = append(p.Frame.Errors, page.FieldError{Field: f.Name, Message: f.Error, Quotes: f.Text})
			return
		}
	}
	p.Frame.Errors = append(p.Frame.Errors, page.FieldError{Message: c.t("public.choose.notPossible")})
}
