package public

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
)

type reviewPage struct {
	page.Frame
	Visit   []fact
	Person  []fact
	Kept    *kept // nil: the slot is not kept
	Hidden  []hidden
	Book    string // where the buttons send the form
	Details string
	Others  string
	Next    string // what happens after booking
	Later   string // that the visitor will be asked whether they come; "": nobody does
	Asks    bool   // the office decides
}

// review shows everything once more before it counts.
func review(c *call) error {
	form, err := page.ReadForm(c.w, c.r, c.frame.Printer())
	if err != nil {
		return err
	}
	ch, err := c.readChosen(c.r.PostForm)
	if err != nil {
		return lost(c, ch, c.r.PostForm, err)
	}
	takeMeant(c.r.PostForm)
	c.remember(c.r.PostForm)
	return showReview(c, ch, form)
}

// takeMeant puts the address into the form that somebody says they meant.
func takeMeant(v url.Values) {
	if meant := v.Get("meant"); meant != "" && meant == agenda.MeantAddress(strings.TrimSpace(v.Get("email"))) {
		v.Set("email", meant)
		v.Del("hinted")
	}
}

// askMeant asks once whether another address was meant than the one that was typed. Nil:
// there is nothing to ask.
func askMeant(form *page.Form, typed string) *meant {
	if address := agenda.MeantAddress(typed); address != "" && form.Value("hinted") != typed {
		return &meant{Typed: typed, Address: address}
	}
	return nil
}

// showReview checks what was typed: the review, or the form with its faults.
func showReview(c *call, ch chosen, form *page.Form) error {
	f := c.readDetails(ch, form)
	if len(form.Errors()) > 0 {
		return c.render(http.StatusUnprocessableEntity, "public/details", newDetails(c, ch, form))
	}
	if meant := askMeant(form, f.Email); meant != nil {
		data := newDetails(c, ch, form)
		data.Meant = meant
		return c.render(http.StatusOK, "public/details", data)
	}
	return c.render(http.StatusOK, "public/review", newReview(c, ch, f, c.r.PostForm))
}

func newReview(c *call, ch chosen, f booking.Form, v url.Values) reviewPage {
	carry := typed(v)
	for name, values := range ch.values(c) {
		carry[name] = values
	}
	carry.Set("key", rand.Text()) // made once per review: sent twice, it books once
	data := reviewPage{Frame: c.frame, Visit: ch.facts(c), Person: c.personFacts(f.Visitor), Hidden: hide(carry),
		Book: c.way + "book", Details: c.way + "details", Others: c.way + "others"}
	if c.frame.Embedded {
		data.Book = c.home + "book" // and out of the frame
	}
	data.Kept = c.kept(ch, "review")
	data.Step = &page.Step{Current: 4, Total: steps, Name: c.t("public.step.review")}
	data.Visit = append(data.Visit, c.feeFacts(ch.wish.Items)...)
	if by, asks := c.setup.WillAsk(ch.calendar, ch.wish.Items, ch.start, c.at.Now); asks && f.Email != "" {
		data.Later = c.t("public.reconfirm.ask") + " " + c.t("public.coming.until", "when", c.frame.Printer().DateTime(by)) + " " + c.t("public.coming.else")
	}
	switch {
	case f.Email == "" || ch.calendar.Confirm == agenda.ConfirmStaff:
		data.Asks, data.Next = true, c.t("public.review.nextStaff")
	case ch.calendar.Confirm == agenda.ConfirmEmail:
		data.Next = c.t("public.review.nextEmail", "email", f.Email)
	default:
		data.Next = c.t("public.review.nextNone", "email", f.Email)
	}
	return data
}

func (c *call) personFacts(v agenda.Visitor) (list []fact) {
	add := func(key, value string) {
		if value == "" {
			return
		}
		var lines []agenda.Text
		for line := range strings.SplitSeq(value, "\n") {
			lines = append(lines, c.ours(line))
		}
		list = append(list, fact{Key: c.t(key), Lines: lines})
	}
	add("common.name", v.Name)
	add("public.field.contactName", v.ContactName)
	add("common.email", v.Email)
	add("common.phone", v.Phone)
	add("public.field.note", v.Note)
	return list
}
