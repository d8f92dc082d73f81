package jobs_test

import (
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"terminvergabe/internal/desktest"
	"terminvergabe/internal/mail"
)

// The office's own mail server could take nothing for a day: its letters were put off
// again and again, as if the acts behind them could still be taken back, and for them the
// visitors' reminders waited until they were too late.
func TestOfficesTroubleHoldsUpNoVisitor(t *testing.T) {
	d, c := desktest.SQLite(t)
	w := relayAt(t, c)
	r := runner(t, d, &server{port: w.port})
	w.behave(func(v *visit, step string) error {
		if step == "rcpt" && mail.DomainOf(v.to) == "musterstadt.example" {
			return &gosmtp.SMTPError{Code: 452, EnhancedCode: gosmtp.EnhancedCode{4, 3, 1}, Message: "disk full"}
		}
		return nil
	})
	c.Set(desktest.At(1, "07:28"))
	for n := range 12 {
		book(t, d, "buergerbuero", desktest.At(2, "08:00").Add(time.Duration(n/2)*20*time.Minute), "de", "pass")
	}
	for now := desktest.At(1, "07:30"); now.Before(desktest.At(1, "10:00")); now = now.Add(5 * time.Minute) {
		c.Set(now)
		if err := r.Desk.Remind(t.Context(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := r.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, k := range w.taken {
		l := parse(t, k.letter)
		kind := "confirmed"
		if strings.Contains(l.subject, "Erinnerung") {
			kind = "reminder"
			if late := k.at.Sub(l.calendar.Events[0].Start.Add(-24 * time.Hour)); late > 5*time.Minute {
				t.Errorf("%s came %s late", l.subject, late)
			}
		}
		got[kind]++
	}
	if got["confirmed"] != 12 || got["reminder"] != 12 {
		t.Errorf("got %v, want twelve of each", got)
	}
}
