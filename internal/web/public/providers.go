package public

import (
	"net/url"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/entry"
)

// providers are the addresses at which providers of calendars take an entry over. What
// stands in them is told to the provider as soon as one is pressed: what is booked, when
// and where, and never who comes, the reference or the secret of the visit. A sensitive
// service has its neutral title and the time, since the place alone can tell.
type providers struct {
	Google, Outlook string
	Told            string // one sentence that says so
}

func (c *call) providers(card *booking.Card) *providers {
	e := entry.Event(entry.Visit(*card), c.frame.Printer(), entry.ForVisitor)
	start, end := e.Start.UTC(), e.End.UTC()
	told := c.t("public.after.told")
	if e.Private {
		e.Location, told = "", c.t("public.after.toldSensitive")
	}
	const compact, plain = "20060102T150405Z", "2006-01-02T15:04:05Z"
	google := url.Values{"action": {"TEMPLATE"}, "text": {e.Summary}, "dates": {start.Format(compact) + "/" + end.Format(compact)}}
	outlook := url.Values{"path": {"/calendar/action/compose"}, "rru": {"addevent"}, "subject": {e.Summary}, "startdt": {start.Format(plain)}, "enddt": {end.Format(plain)}}
	if e.Location != "" {
		google.Set("location", e.Location)
		outlook.Set("location", e.Location)
	}
	return &providers{Google: link("https://calendar.google.com/calendar/render", google), Outlook: link("https://outlook.live.com/calendar/0/deeplink/compose", outlook), Told: told}
}
