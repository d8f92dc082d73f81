package staff

import (
	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
	"terminvergabe/internal/store"
	"terminvergabe/internal/web/page"
	"terminvergabe/internal/web/staff/office"
)

// told says what other programs heard of a visit, and how many text messages they got to
// send.
func (p *bookingPage) told(q *office.Request, posts []store.HookPost) {
	var heard, texted struct{ sent, waiting, failed int }
	for _, x := range posts {
		n := &heard
		if x.Event == agenda.EventMessageSend {
			n = &texted
		}
		switch {
		case x.State == "sent":
			n.sent++
		case x.State == "queued":
			n.waiting++
		case x.State == "failed", x.Reason == booking.HookDisabled:
			n.failed++
		}
	}
	for _, line := range []struct {
		key string
		n   int
	}{
		{"staff.booking.told", heard.sent}, {"staff.booking.toldSoon", heard.waiting}, {"staff.booking.toldNot", heard.failed},
		{"staff.booking.texted", texted.sent}, {"staff.booking.textedSoon", texted.waiting}, {"staff.booking.textedNot", texted.failed},
	} {
		if line.n > 0 {
			p.Told = append(p.Told, p.T(line.key, "n", line.n))
		}
	}
	if heard.failed+texted.failed > 0 && booking.MayRunHooks(q.Person) {
		p.Hooks = &page.Link{Label: p.T("staff.setup.gap.webhooksFailing.do"), Href: "/staff/setup/webhooks"}
	}
}
