package staff

import (
	"maps"
	"strings"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// choice is what has been chosen so far, read from an address or a form.
type choice struct {
	calendar *agenda.Calendar
	service  *agenda.Service
	wish     agenda.Wish
	form     *page.Form // names are those of the address
	target   booking.Target
}

// asked are the fields that come before the times, since they may change them.
func asked(p page.Frame, svc *agenda.Service) (list []page.Field) {
	if svc.MaxQuantity > 1 {
		list = append(list, page.Field{Name: "quantity", Type: "number", Label: p.T("staff.new.quantity"), Required: true, Min: 1, Max: svc.MaxQuantity, Value: "1", Width: "short"})
	}
	if len(svc.Modes) > 1 {
		f := page.Field{Name: "mode", Type: "select", Label: p.T("staff.booking.mode"), Required: true}
		for _, m := range svc.Modes {
			f.Choices = append(f.Choices, page.Choice{Value: m, Label: p.T("staff.mode." + m)})
		}
		list = append(list, f)
	}
	for i := range svc.Questions {
		list = append(list, answerField(p, &svc.Questions[i]))
	}
	return list
}

func answerField(p page.Frame, question *agenda.Question) page.Field {
	f := page.Field{Name: "answer." + question.ID, Label: office.Plain(p, question.Label), Required: question.Required}
	switch question.Type {
	case agenda.AskChoice, agenda.AskSurname:
		f.Type = "select"
		for _, opt := range question.Staying() { // to another service one goes by itself
			f.Choices = append(f.Choices, page.Choice{Value: opt.ID, Label: office.Plain(p, opt.Label)})
		}
	case agenda.AskYesNo:
		f.Type = "select"
		f.Choices = []page.Choice{{Value: "yes", Label: p.T("common.yes")}, {Value: "no", Label: p.T("common.no")}}
	default:
		f.Max = agenda.MaxAnswer
	}
	return f
}

// read makes the wish of the answers in the fields that asked has made. It reports
// whether the times can be shown: not before what must be known has been asked.
func (ch *choice) read(fields []page.Field) bool {
	item := agenda.Item{Service: ch.service.ID, Quantity: 1, Answers: map[string]string{}}
	sent, must := ch.form.Value("asked") != "", false
	for i := range fields {
		f := &fields[i]
		rule := page.Rule{Label: f.Label, Required: f.Required && sent, Max: f.Max}
		id, isAnswer := strings.CutPrefix(f.Name, "answer.")
		must = must || isAnswer && f.Required
		switch {
		case f.Name == "quantity":
			item.Quantity = ch.form.Int(f.Name, 1, f.Max, page.Rule{Label: f.Label})
		case f.Name == "mode":
			ch.wish.Mode = ch.form.Choice(f.Name, office.Values(f.Choices), page.Rule{Label: f.Label})
		case !isAnswer:
			continue
		case f.Choices != nil:
			item.Answers[id] = ch.form.Choice(f.Name, office.Values(f.Choices), rule)
		default:
			item.Answers[id] = ch.form.Text(f.Name, rule)
		}
		*f = ch.form.Fill(*f)
	}
	maps.DeleteFunc(item.Answers, func(_, a string) bool { return a == "" })
	ch.wish.Items = []agenda.Item{item}
	return len(ch.form.Errors()) == 0 && (sent || !must)
}
