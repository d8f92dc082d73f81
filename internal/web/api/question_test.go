package api_test

import (
	"slices"
	"testing"

	"terminvergabe/internal/agenda"
)

// A family name leads to the calendar for its letters, and only the letters are kept; an
// answer that leads to another service books nothing here.
func TestQuestionsThatLead(t *testing.T) {
	each(t, func(t *testing.T, c *client) {
		c.change(func(s *agenda.Setup) {
			other := s.Calendars[0]
			other.ID, other.StaffMail = "l-z", agenda.StaffMail{}
			s.Calendars = append(s.Calendars, other)
			s.Services[0].Questions = []agenda.Question{
				{ID: "name", Label: agenda.Plain("Familienname"), Type: agenda.AskSurname, Required: true, Options: []agenda.Option{
					{ID: "a-k", Label: agenda.Plain("A–K"), Letters: "A-K", Calendars: []string{s.Calendars[0].ID}},
					{ID: "l-z", Label: agenda.Plain("L–Z"), Letters: "L-Z", Calendars: []string{"l-z"}}}},
				{ID: "art", Label: agenda.Plain("Neu?"), Type: agenda.AskChoice, Options: []agenda.Option{
					{ID: "neu", Label: agenda.Plain("Neu")}, {ID: "pass", Label: agenda.Plain("Lieber ein Pass"), Service: "pass"}}}}
		})
		type service struct {
			ID        string
			Questions []struct {
				Type    string
				Options []struct{ Letters, Service string }
			}
		}
		shown := read[struct{ Services []service }](c, c.do("GET", "/services", nil), 200).Services
		i := slices.IndexFunc(shown, func(s service) bool { return s.ID == "ausweis" })
		if q := shown[i].Questions; q[0].Type != "surname" || q[0].Options[1].Letters != "L-Z" || q[1].Options[1].Service != "pass" {
			t.Errorf("got %+v", q)
		}
		found := read[struct {
			Days []struct {
				Slots []struct{ Start, Calendar string }
			}
		}](c, c.do("GET", "/availability?service=ausweis&answer=ausweis.name:l-z&from=2026-07-08&to=2026-07-08", nil), 200)
		slot := found.Days[0].Slots[0]
		if slot.Calendar != "l-z" {
			t.Errorf("got calendar %s, want the one for L-Z", slot.Calendar)
		}
		body := func(name, art string) object {
			answers := object{"name": name}
			if art != "" {
				answers["art"] = art
			}
			return object{"services": []object{{"id": "ausweis", "answers": answers}}, "calendar": slot.Calendar, "start": slot.Start}
		}
		held := read[struct{ Hold string }](c, c.do("POST", "/holds", body("Müller", "neu")), 201)
		card, err := c.desk.HeldBy(t.Context(), "musterstadt", held.Hold)
		if err != nil || card.Items[0].Answers["name"] != "l-z" {
			t.Errorf("got %v, %v, want the letters alone", card.Items, err)
		}
		c.refused(c.do("POST", "/holds", body("王", "")), 422, "invalid")
		if p := c.refused(c.do("POST", "/holds", body("Müller", "pass")), 422, "invalid"); len(p.Errors) != 1 || p.Errors[0].Code != "other_service" {
			t.Errorf("got %+v, want other_service", p.Errors)
		}
	})
}
