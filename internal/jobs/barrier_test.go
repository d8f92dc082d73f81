package jobs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
	"terminvergabe/internal/store"
)

// reports counts what is kept of reports, and how many of them can still be read.
func reports(t *testing.T, d *booking.Desk) (all, readable int) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		all, err = tx.CountBarriers("musterstadt", desktest.Start.AddDate(-1, 0, 0))
		if err != nil {
			return err
		}
		due, err := tx.Queued()
		readable = due
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, readable
}

// A report reaches the office's mailbox as a letter of ours, to be answered to whoever
// wrote it; nothing that was typed gets into a header, and what it said is nowhere any
// more once the letter has left.
func TestReportOfABarrier(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		change(t, d, func(s *agenda.Setup) { s.Accessibility.Mail = "Barrierefrei <barrierefrei@musterstadt.example>" }, desktest.Musterstadt())
		s := start(t)
		r := settled(t, d, s)
		report := booking.BarrierReport{Text: "Zu blass.\r\nBcc: opfer@beispiel.example\r\n\r\nMan sieht nichts.", Page: "/musterstadt/times", Email: ada}
		if err := d.ReportBarrier(t.Context(), "musterstadt", report); err != nil {
			t.Fatal(err)
		}
		once(t, r)
		l := one(t, s, "barrierefrei@musterstadt.example")
		if got := l.header.Get("Reply-To"); got != "<"+ada+">" {
			t.Errorf("Reply-To: got %q", got)
		}
		if l.header.Get("Auto-Submitted") != "auto-generated" || l.header.Get("Bcc") != "" || strings.Contains(l.from, ada) {
			t.Errorf("got headers %v", l.header)
		}
		for _, want := range []string{"Zu blass.", "Bcc: opfer@beispiel.example", "Man sieht nichts.", "/musterstadt/times"} {
			if !strings.Contains(l.text, want) {
				t.Errorf("%q is not in\n%s", want, l.text)
			}
		}
		if all, waiting := reports(t, d); all != 1 || waiting != 0 {
			t.Errorf("got %d reports, %d letters waiting", all, waiting)
		}
		c.Advance(100 * time.Hour)
		if _, err := d.Forget(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		if all, _ := reports(t, d); all != 0 {
			t.Errorf("%d reports are kept after days", all)
		}
	})
}

// Without an address the letter cannot be answered; after a hundred a day programs are
// sent away, and faults have their names.
func TestReportsAreLimited(t *testing.T) {
	d, c := desktest.SQLite(t)
	for i := range 101 {
		err := d.ReportBarrier(t.Context(), "musterstadt", booking.BarrierReport{Text: "x"})
		if want := error(nil); i == 100 {
			if want = agenda.ErrLimited; !errors.Is(err, want) {
				t.Errorf("the 101st: got %v, want %v", err, want)
			}
		} else if err != want {
			t.Fatal(err)
		}
	}
	c.Advance(25 * time.Hour)
	if err := d.ReportBarrier(t.Context(), "musterstadt", booking.BarrierReport{Text: "x"}); err != nil {
		t.Errorf("a day later: %v", err)
	}
	for _, bad := range []booking.BarrierReport{{}, {Text: " \n"}, {Text: strings.Repeat("x", 4001)}, {Text: "x", Email: "a@b.de\r\nBcc: c@d.de"}, {Text: "x", Page: strings.Repeat("x", 301)}} {
		var faults agenda.Invalid
		if err := d.ReportBarrier(t.Context(), "musterstadt", bad); !errors.As(err, &faults) {
			t.Errorf("%.20v: got %v", bad, err)
		}
	}
}
