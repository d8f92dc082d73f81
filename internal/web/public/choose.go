package public

import (
	"cmp"
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
	Site   string // preselected
	ByName bool   // a family name is asked for: the form is sent by POST
}

type chosenService struct {
	ID        string
	Name      agenda.Text
	Amounts   []page.Choice // more than one: a choice
	Error     string
	Remove    string // address without this service; "": the only one
	Questions []page.Field
	Fee       agenda.Text
	Of        string // what the amounts count, as Service.QuantityOf
}

type offer struct {
	ID   string
	Name agenda.Text
}

// choose asks what must be known of the wish before the search: how many, the
// services' own questions, the mode, and what else could be done in the same
// visit. It is a form sent by GET, since it only leads to other addresses; but where
// a family name is asked for, which has no place in an address.
func choose(c *call) error {
	v := c.r.URL.Query()
	c.follow(v)
	c.fromElsewhere()
	return c.choosing(readAsked(v), v)
}

// chosenByName is choose for a form with a family name in it.
func chosenByName(c *call) error {
	if _, err := page.ReadForm(c.w, c.r, c.frame.Printer()); err != nil {
		return err
	}
	v := c.r.PostForm
	c.follow(v)
	w := readAsked(v)
	c.rememberSurname(w)
	return c.choosing(w, v)
}

func (c *call) choosing(w agenda.Wish, v url.Values) error {
	site := v.Get("site")
	typed := w
	w = c.setup.Settle(w)
	if add := v.Get("add"); add != "" {
		w.Items = append(w.Items, agenda.Item{Service: add, Quantity: 1})
		return c.to(c.way+"choose", withView(c.carry(writeWish(c.nameless(w))), site))
	}
	if other, ok := c.elsewhere(w); ok {
		next := "times"
		if mustAsk(c.setup, other) {
			next = "choose"
		}
		return c.to(c.way+next, withView(c.carry(writeWish(other)), site))
	}
	err := c.checkWish(w)
	if err != nil && !c.known(w) {
		return noService(c, w, err)
	}
	next := v.Get("next") != ""
	if next && err == nil {
		return c.to(c.way+"times", withView(c.carry(writeWish(w)), site))
	}
	data := newChoose(c, w, typed)
	data.Site = site
	status := http.StatusOK
	if next || errors.Is(err, agenda.ErrNotCombinable) || errors.Is(err, agenda.ErrTooMany) {
		data.fail(c, err)
		status = http.StatusUnprocessableEntity
	}
	return c.render(status, "public/choose", data)
}

// withView keeps a preselected site on the way.
func withView(v url.Values, site string) url.Values {
	if site != "" {
		v.Set("site", site)
	}
	return v
}

// elsewhere is the wish for the service that an answer leads to, where one does.
func (c *call) elsewhere(w agenda.Wish) (agenda.Wish, bool) {
	for i, it := range w.Items {
		svc, ok := c.setup.Service(it.Service)
		if !ok {
			continue
		}
		for j := range svc.Questions {
			q := &svc.Questions[j]
			o := q.Option(it.Answers[q.ID])
			if o == nil || o.Service == "" {
				continue
			}
			other, ok := c.setup.Service(o.Service)
			if !ok || !offered(c.setup, other, c.link) {
				return w, false
			}
			items := slices.DeleteFunc(slices.Clone(w.Items), func(it agenda.Item) bool { return it.Service == other.ID })
			if i < len(items) && items[i].Service == it.Service {
				items[i] = agenda.Item{Service: other.ID, Quantity: max(1, min(it.Quantity, other.MaxQuantity))}
			}
			next := agenda.Wish{Items: items}
			next.Mode = firstMode(c.setup, next)
			return next, true
		}
	}
	return w, false
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
func noService(c *call, w agenda.Wish, err error) error {
	if c.link == nil {
		meant := ""
		for _, it := range w.Items {
			if svc, ok := c.setup.Service(it.Service); !ok || !offered(c.setup, svc, nil) {
				meant = it.Service
			}
		}
		return notHere(c, meant)
	}
	return &page.Error{Status: http.StatusNotFound, Title: "public.noService.title", Detail: "public.noService.detail",
		Links: []page.Button{{Kind: "primary", Label: c.t("public.noService.link"), Href: c.frame.Tenant.Home}}, Err: err}
}

// newChoose is the page for a wish, and the same wish as it was typed.
func newChoose(c *call, w, typed agenda.Wish) choosePage {
	data := choosePage{Frame: c.frame, Action: c.way + "choose", Hidden: hide(c.carry(url.Values{}))}
	data.Back = c.services()
	data.Step = &page.Step{Current: 1, Total: steps, Name: c.t("public.step.service")}
	for i, it := range w.Items {
		svc, _ := c.setup.Service(it.Service)
		s := chosenService{ID: svc.ID, Name: svc.Name, Fee: svc.Fee, Amounts: c.amounts(w, i), Of: svc.QuantityOf}
		if len(w.Items) > 1 {
			s.Remove = link(data.Action, c.carry(writeWish(c.nameless(agenda.Wish{Items: slices.Delete(slices.Clone(w.Items), i, i+1), Mode: w.Mode}))))
		}
		for j := range svc.Questions {
			q := &svc.Questions[j]
			given := it.Answers[q.ID]
			if q.Type == agenda.AskSurname {
				data.ByName = true
				given = c.surnameFor(q, given, typed.Items[i].Answers[q.ID])
			}
			s.Questions = append(s.Questions, c.questionField(svc, q, given))
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

// amounts are the numbers to choose from, each with how long the visit is then.
func (c *call) amounts(w agenda.Wish, i int) (list []page.Choice) {
	svc, _ := c.setup.Service(w.Items[i].Service)
	w.Items = slices.Clone(w.Items)
	chosen := w.Items[i].Quantity
	for n := 1; n <= svc.MaxQuantity; n++ {
		w.Items[i].Quantity = n
		label := c.amount(svc, n)
		if _, most := c.lengths(w); most > 0 {
			label = c.t("public.entry.amountTakes", "amount", label, "minutes", c.takes(w))
		}
		list = append(list, page.Choice{Value: svc.ID + "*" + strconv.Itoa(n), Label: label, Selected: n == chosen})
	}
	return list
}

// amount says how many: "3 Personen".
func (c *call) amount(svc *agenda.Service, n int) string {
	return c.t("public.entry.amount."+cmp.Or(svc.QuantityOf, "times"), "n", n)
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

func (c *call) questionField(svc *agenda.Service, q *agenda.Question, given string) page.Field {
	f := page.Field{Name: "q." + svc.ID + "." + q.ID, Text: q.Label, Required: q.Required, Value: given}
	switch q.Type {
	case agenda.AskChoice:
		f.Type = "radio"
		if len(q.Options) > fewOptions {
			f.Type = "select"
		}
		for _, o := range q.Options {
			if other, ok := c.setup.Service(o.Service); o.Service == "" || ok && offered(c.setup, other, c.link) {
				f.Choices = append(f.Choices, page.Choice{Value: o.ID, Text: o.Label, Selected: o.ID == given})
			}
		}
	case agenda.AskYesNo:
		f.Type = "radio"
		for _, v := range []string{"yes", "no"} {
			f.Choices = append(f.Choices, page.Choice{Value: v, Label: c.t("common." + v), Selected: v == given})
		}
	case agenda.AskSurname:
		f.Max, f.Autocomplete, f.Hint = agenda.MaxAnswer, "family-name", c.t("public.entry.surnameHint")
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
			case f.Autocomplete == "family-name" && b.Code == "unknown":
				key = "public.entry.surnameLatin"
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
