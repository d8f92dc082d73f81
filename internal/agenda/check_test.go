package agenda

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// soundSetup is a small set-up without faults, for tests to break.
func soundSetup() *Setup {
	day := func(s string) Date { d, _ := ParseDate(s); return d }
	return &Setup{
		Tenant: Tenant{ID: "northeim", Name: Plain("Landkreis Northeim"), Timezone: "Europe/Berlin", State: "NI", Languages: []string{"de", "en"}, Host: "termine.example.org"},
		Legal:  Legal{Imprint: Plain("https://..."), Privacy: Plain("Wir speichern wenig.\nUnd kurz.")},
		Brand:  Brand{Logo: "logo.svg", Colour: "#003f7d"},
		Mail:   TenantMail{From: "Terminvergabe <termine@example.org>", ReplyTo: "buero@example.org"},
		Departments: []Department{
			{ID: "fb35", Name: Plain("Soziales"), Mail: `"Termine, Soziales" <soziales@example.org>`, Invite: "request"},
		},
		Sites: []Site{{ID: "kreishaus", Name: Plain("Kreishaus"), Street: "Beispielweg 6", PostalCode: "37154", City: "Northeim", Lat: 51.7, Lon: 9.99, Public: true}},
		Services: []Service{
			{ID: "ausweis", Name: Plain("Personalausweis"), Minutes: 10, MinutesMore: -1, MaxQuantity: 4, Combinable: []string{"reisepass", "ausweis"}, Modes: []string{"onsite"}, Public: "true"},
			{ID: "reisepass", Name: Text{"de": "Reisepass", "en": "Passport"}, Minutes: 15, MinutesMore: 0, MaxQuantity: 2, Modes: []string{"onsite", "phone"}, Public: "link",
				Questions: []Question{{ID: "art", Label: Plain("Anlass"), Type: "choice", Options: []Option{{ID: "neu", Label: Plain("Neu"), Minutes: 25, Calendars: []string{"buero"}}}}}},
		},
		Calendars: []Calendar{
			{ID: "buero", Department: "fb35", Site: "kreishaus", Pool: "buero", Services: []Offer{{ID: "ausweis"}, {ID: "reisepass", Minutes: 20}},
				Contact: Contact{Email: "required", Phone: "optional"}, TickMinutes: 5, Confirm: "email", HoldMinutes: 0, ConfirmMinutes: 60,
				Reminders: []Span{{Days: 7}, {Minutes: 1440}}, StaffMail: StaffMail{To: "buero@example.org", On: []string{"booked"}, DailyList: "07:00"},
				SlotTemplates: []SlotTemplate{
					{ID: "mo", Weekdays: []string{"mo"}, From: 480, To: 960, SlotMinutes: 10, Seats: Seats{4, 3}, ValidFrom: day("2026-01-05"), EveryWeeks: 1, Services: []string{"ausweis"}, Modes: []string{"onsite"}},
					{ID: "mo-late", Weekdays: []string{"mo"}, From: 960, To: 1080, SlotMinutes: 10, Seats: Seats{4, -1}, EveryWeeks: 1},
				},
				Closures: []Closure{{From: Moment{Date: day("2026-12-24")}, To: Moment{Date: day("2026-12-24")}, Seats: 1}},
			},
			{ID: "zweitbuero", Department: "fb35", Site: "kreishaus", Pool: "buero", Contact: Contact{Email: "off", Phone: "required"}, TickMinutes: 5, Confirm: "staff", ConfirmMinutes: 60},
		},
	}
}

func TestCheckAcceptsASoundSetup(t *testing.T) {
	if got := soundSetup().Check(); len(got) > 0 {
		t.Errorf("got %v, want no faults", got)
	}
}

// breakage is one thing wrong and where it is to be reported.
type breakage struct {
	change func(s *Setup)
	path   string
	says   string
}

func TestCheckFindsTheFault(t *testing.T) {
	for _, list := range [][]breakage{brokenTenant(), brokenWebsite(), brokenWebhooks(), brokenCatalogue(), brokenCalendars(), brokenTemplates()} {
		for _, b := range list {
			s := soundSetup()
			b.change(s)
			got := s.Check()
			if len(got) == 0 || len(got) > 2 || got[0].Path != b.path || !strings.Contains(got[0].Message, b.says) || !strings.Contains(got[0].Message, "expected") {
				t.Errorf("got %v, want a fault at %s with %q", got, b.path, b.says)
			}
		}
	}
}

func brokenTenant() []breakage {
	return []breakage{
		{func(s *Setup) { s.Tenant.ID = "Northeim" }, "tenant.id", `"Northeim"`},
		{func(s *Setup) { s.Tenant.ID = "staff" }, "tenant.id", "name pages of the service"},
		{func(s *Setup) { s.Tenant.Name = nil }, "tenant.name", "empty"},
		{func(s *Setup) { s.Tenant.Name = Text{"de": "A", "": "B"} }, "tenant.name", "language"},
		{func(s *Setup) { s.Tenant.Timezone = "Europe/Northeim" }, "tenant.timezone", "Europe/Berlin"},
		{func(s *Setup) { s.Tenant.State = "XX" }, "tenant.state", "NI"},
		{func(s *Setup) { s.Tenant.LocalHolidays = []string{"friedensfest"} }, "tenant.localHolidays[0]", "friedensfest"},
		{func(s *Setup) { s.Tenant.State, s.Tenant.LocalHolidays = "", []string{"x"} }, "tenant.localHolidays", "without state"},
		{func(s *Setup) { s.Tenant.Languages = nil }, "tenant.languages", "none"},
		{func(s *Setup) { s.Tenant.Languages = []string{"de", "Deutsch"} }, "tenant.languages[1]", "Deutsch"},
		{func(s *Setup) { s.Tenant.Languages = []string{"de", "de"} }, "tenant.languages[1]", "again"},
		{func(s *Setup) { s.Tenant.Host = "https://example.org" }, "tenant.host", "host name"},
		{func(s *Setup) { s.Tenant.Phone = "1\n2" }, "tenant.phone", "control"},
		{func(s *Setup) { s.Legal.Imprint = Plain("https:///impressum") }, "legal.imprint", "address"},
		{func(s *Setup) { s.Legal.Privacy = Text{"de": "https://a\\b"} }, "legal.privacy.de", "address"},
		{func(s *Setup) { s.Legal.Privacy = Text{"de": " "} }, "legal.privacy.de", "empty"},
		{func(s *Setup) { s.Brand.Colour = "blue" }, "brand.colour", "#003f7d"},
		{func(s *Setup) { s.Brand.Logo = "javascript:alert(1)" }, "brand.logo", "beside"},
		{func(s *Setup) { s.Brand.Logo = "https://example.org/logo.svg" }, "brand.logo", "other sites"},
		{func(s *Setup) { s.Brand.Logo = "../../etc/passwd" }, "brand.logo", "beside"},
		{func(s *Setup) { s.Brand.Logo = "/logo.png" }, "brand.logo", "beside"},
		{func(s *Setup) { s.Mail.From = "Termine <termine>" }, "mail.from", "address"},
		{func(s *Setup) { s.Mail.ReplyTo = "a@example.org, b@example.org" }, "mail.replyTo", "address"},
		{func(s *Setup) { s.Retention.BookingDays = -1 }, "retention.bookingDays", "-1"},
		{func(s *Setup) { s.Revision = -1 }, "revision", "-1"},
		{func(s *Setup) {
			s.Closures = []Closure{{From: Moment{Date: 20000}, To: Moment{Date: 20000}, Seats: 1}}
		}, "closures[0].seats", "no seats here"},
		{func(s *Setup) { s.Closures = []Closure{{From: Moment{Date: 20001}, To: Moment{Date: 20000}}} }, "closures[0].to", "after the beginning"},
		{func(s *Setup) {
			m := Moment{Date: 20000, Minute: 600, Timed: true}
			s.Closures = []Closure{{From: m, To: m}}
		}, "closures[0].to", "after the beginning"},
	}
}

func brokenWebsite() []breakage {
	return []breakage{
		{func(s *Setup) { s.Embed.Origins = []string{"https://www.example.org/"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"http://www.example.org"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"https://*.example.org"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"*"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"https:"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"https://a.example; script-src *"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"https://1.2.3.4"} }, "embed.origins[0]", "scheme and host"},
		{func(s *Setup) { s.Embed.Origins = []string{"https://a.example.org", "https://a.example.org"} }, "embed.origins[1]", "again"},
		{func(s *Setup) { s.OpenData.Licence = "https:///x" }, "openData.licence", "dl-de"},
		{func(s *Setup) { s.Accessibility.State = "yes" }, "accessibility.state", "partly"},
		{func(s *Setup) { s.Accessibility.State = "partly" }, "accessibility.tested", "day"},
		{func(s *Setup) {
			s.Accessibility = Accessibility{State: "full", Tested: 20000, Gaps: []Text{Plain("PDF")}}
		}, "accessibility.state", "gaps"},
		{func(s *Setup) { s.Accessibility.Method = "robot" }, "accessibility.method", "external"},
		{func(s *Setup) { s.Accessibility.Mail = "a@b.de, c@d.de" }, "accessibility.mail", "address"},
		{func(s *Setup) { s.Accessibility.Enforcement.URL = "javascript:alert(1)" }, "accessibility.enforcement.url", "address"},
	}
}

// hooked is a sound set-up's webhook, and what is wrong with it.
func hooked(f func(*Webhook)) func(*Setup) {
	return func(s *Setup) {
		s.Webhooks = []Webhook{{ID: "faelle", URL: "https://cases.example.org/h", Events: []string{EventMoved}, Detail: DetailReference, Messages: MessagesNoEmail}}
		f(&s.Webhooks[0])
	}
}

func brokenWebhooks() []breakage {
	return []breakage{
		{hooked(func(h *Webhook) { h.ID = "Fälle" }), "webhooks[0].id", "expected"},
		{func(s *Setup) {
			hooked(func(*Webhook) {})(s)
			s.Webhooks = append(s.Webhooks, s.Webhooks[0])
		}, "webhooks[1].id", "again"},
		{hooked(func(h *Webhook) { h.URL = "" }), "webhooks[0].url", "empty"},
		{hooked(func(h *Webhook) { h.URL = "ftp://cases.example.org" }), "webhooks[0].url", "https://"},
		{hooked(func(h *Webhook) { h.URL = "file:///etc/passwd" }), "webhooks[0].url", "https://"},
		{hooked(func(h *Webhook) { h.URL = "https://a:b@cases.example.org" }), "webhooks[0].url", "without a password"},
		{hooked(func(h *Webhook) { h.URL = "https://cases.example.org/#part" }), "webhooks[0].url", "https://"},
		{hooked(func(h *Webhook) { h.URL = "https://cases.example.org/ x" }), "webhooks[0].url", "https://"},
		{hooked(func(h *Webhook) { h.URL = "https://cases.example.org/" + strings.Repeat("x", 1000) }), "webhooks[0].url", "at most 1000"},
		{hooked(func(h *Webhook) { h.Events = nil }), "webhooks[0].events", "booking.pending, booking.confirmed"},
		{hooked(func(h *Webhook) { h.Events = []string{"booking.deleted"} }), "webhooks[0].events[0]", "booking.moved"},
		{hooked(func(h *Webhook) { h.Events = []string{"test"} }), "webhooks[0].events[0]", "booking.moved"},
		{hooked(func(h *Webhook) { h.Events = []string{EventMoved, EventMoved} }), "webhooks[0].events[1]", "again"},
		{hooked(func(h *Webhook) { h.Departments = []string{"fb99"} }), "webhooks[0].departments[0]", "fb35"},
		{hooked(func(h *Webhook) { h.Services = []string{"fax"} }), "webhooks[0].services[0]", "ausweis"},
		{hooked(func(h *Webhook) { h.Detail = "all" }), "webhooks[0].detail", "reference, full"},
		{hooked(func(h *Webhook) { h.Messages = "never" }), "webhooks[0].messages", "noEmail, always"},
		{hooked(func(h *Webhook) { h.Events = []string{EventMessageSend} }), "webhooks[0].detail", "phone numbers"},
		{func(s *Setup) {
			hooked(func(*Webhook) {})(s)
			for i := range 50 {
				h := s.Webhooks[0]
				h.ID = fmt.Sprint("w", i)
				s.Webhooks = append(s.Webhooks, h)
			}
		}, "webhooks", "50"},
	}
}

func brokenCatalogue() []breakage {
	return []breakage{
		{func(s *Setup) { s.Departments = append(s.Departments, s.Departments[0]) }, "departments[1].id", "again"},
		{func(s *Setup) { s.Staff.TOTP = "always" }, "staff.totp", "required, optional"},
		{func(s *Setup) { s.Departments[0].Invite = "cancel" }, "departments[0].invite", "request, publish"},
		{func(s *Setup) { s.Departments[0].Mail = "soziales" }, "departments[0].mail", "address"},
		{func(s *Setup) { s.Departments[0].Closures = []Closure{{To: Moment{Date: 20000}}} }, "departments[0].closures[0].from", "expected a day"},
		{func(s *Setup) { s.Sites[0].City = " " }, "sites[0].city", "empty"},
		{func(s *Setup) { s.Sites[0].Lat = 91 }, "sites[0].lat", "91"},
		{func(s *Setup) { s.Sites[0].Access = []string{""} }, "sites[0].access[0]", "empty"},
		{func(s *Setup) { s.Services[0].Minutes = -10 }, "services[0].minutes", "-10"},
		{func(s *Setup) { s.Services[0].Minutes = 1441 }, "services[0].minutes", "1 to 1440"},
		{func(s *Setup) { s.Services[0].MinutesMore = -2 }, "services[0].minutesMore", "-2"},
		{func(s *Setup) { s.Services[0].MaxQuantity = 0 }, "services[0].maxQuantity", "1 to"},
		{func(s *Setup) { s.Services[0].Combinable = []string{"pass"} }, "services[0].combinable[0]", "id of a service"},
		{func(s *Setup) { s.Services[0].LeadMinutes = -1 }, "services[0].leadMinutes", "-1"},
		{func(s *Setup) { s.Services[0].Modes = nil }, "services[0].modes", "none"},
		{func(s *Setup) { s.Services[0].Modes = []string{"fax"} }, "services[0].modes[0]", "fax"},
		{func(s *Setup) { s.Services[0].Public = "maybe" }, "services[0].public", "true, link, false"},
		{func(s *Setup) { s.Services[1].Questions[0].Type = "date" }, "services[1].questions[0].type", "yesno"},
		{func(s *Setup) { s.Services[1].Questions[0].Options = nil }, "services[1].questions[0].options", "answers"},
		{func(s *Setup) { s.Services[1].Questions[0].Options[0].Calendars = []string{"x"} }, "services[1].questions[0].options[0].calendars[0]", "calendar"},
		{func(s *Setup) { s.Services[1].Questions[0].Options[0].Minutes = -5 }, "services[1].questions[0].options[0].minutes", "-5"},
	}
}

func brokenCalendars() []breakage {
	cal := func(s *Setup) *Calendar { return &s.Calendars[0] }
	return []breakage{
		{func(s *Setup) { cal(s).Department = "nowhere" }, "calendars[0].department", "department"},
		{func(s *Setup) { cal(s).Site = "nowhere" }, "calendars[0].site", "site"},
		{func(s *Setup) { s.Calendars[1].Services = []Offer{{ID: "nothing"}} }, "calendars[1].services[0].id", "service"},
		{func(s *Setup) { s.Calendars[1].Services = []Offer{{ID: "ausweis"}, {ID: "ausweis"}} }, "calendars[1].services[1].id", "again"},
		{func(s *Setup) { cal(s).Services[0].Minutes = -1 }, "calendars[0].services[0].minutes", "-1"},
		{func(s *Setup) { cal(s).Contact.Email = "maybe" }, "calendars[0].contact.email", "optional"},
		{func(s *Setup) { cal(s).Contact = Contact{"off", "off"} }, "calendars[0].contact.phone", "reach"},
		{func(s *Setup) { s.Calendars[1].Pool, s.Calendars[1].TickMinutes = "", 7 }, "calendars[1].tickMinutes", "divides 60"},
		{func(s *Setup) { s.Calendars[1].TickMinutes = 10 }, "calendars[1].tickMinutes", "shares the pool"},
		{func(s *Setup) {
			s.Tenant.Timezone, s.Tenant.State = "Asia/Kathmandu", ""
			s.Calendars[1].Pool, s.Calendars[1].TickMinutes = "", 30
		}, "calendars[1].tickMinutes", "Kathmandu"},
		{func(s *Setup) { cal(s).AfterMinutes = -5 }, "calendars[0].afterMinutes", "-5"},
		{func(s *Setup) { cal(s).Confirm = "fax" }, "calendars[0].confirm", "none, email, staff"},
		{func(s *Setup) { cal(s).HoldMinutes = -1 }, "calendars[0].holdMinutes", "-1"},
		{func(s *Setup) { cal(s).ConfirmMinutes = 0 }, "calendars[0].confirmMinutes", "1 to"},
		{func(s *Setup) { cal(s).Reminders = []Span{{Days: 1}, {Days: 1}} }, "calendars[0].reminders[1]", "again"},
		{func(s *Setup) { cal(s).StaffMail.On = []string{"eaten"} }, "calendars[0].staffMail.on[0]", "booked"},
		{func(s *Setup) { s.Mail.QuietHours = QuietHours{From: 21 * 60, To: 21 * 60} }, "mail.quietHours.to", "as in from"},
		{func(s *Setup) { s.Services[0].Reconfirm = Reconfirm{Ask: Span{Days: 7}} }, "services[0].reconfirm.by", "found none"},
		{func(s *Setup) { s.Services[0].Reconfirm = Reconfirm{Ask: Span{Days: 2}, By: Span{Days: 7}} }, "services[0].reconfirm.ask", "such as 9d"},
		{func(s *Setup) { cal(s).StaffMail.DailyList = "7" }, "calendars[0].staffMail.dailyList", "07:00"},
		{func(s *Setup) { cal(s).StaffMail = StaffMail{Entries: true} }, "calendars[0].staffMail.entries", "staffMail.to"},
		{func(s *Setup) { cal(s).StaffMail = StaffMail{To: "Termine@Example.org", Entries: true} }, "calendars[0].staffMail.entries", "another"},
		{func(s *Setup) {
			cal(s).StaffMail, s.Departments[0].Mail = StaffMail{To: "a@example.org", Entries: true}, "A <a@example.org>"
		}, "calendars[0].staffMail.entries", "another"},
		{func(s *Setup) { cal(s).StaffMail.Entries, s.Departments[0].Invite = true, "publish" }, "calendars[0].staffMail.entries", "invite: request"},
		{func(s *Setup) { cal(s).StaffMail.To = "" }, "calendars[0].staffMail.to", "nothing"},
		{func(s *Setup) { cal(s).Closures[0].Seats = -1 }, "calendars[0].closures[0].seats", "-1"},
		{func(s *Setup) { s.Calendars[1].ID = "buero" }, "calendars[1].id", "again"},
	}
}

func brokenTemplates() []breakage {
	tpl := func(s *Setup) *SlotTemplate { return &s.Calendars[0].SlotTemplates[0] }
	const here = "calendars[0].slotTemplates[0]"
	return []breakage{
		{func(s *Setup) { tpl(s).ID = "" }, here + ".id", `""`},
		{func(s *Setup) { tpl(s).Weekdays = nil }, here + ".weekdays", "none"},
		{func(s *Setup) { tpl(s).Weekdays = []string{"mo", "Mi"} }, here + ".weekdays[1]", "Mi"},
		{func(s *Setup) { tpl(s).From, tpl(s).To = 482, 952 }, here + ".from", "multiple of 5"},
		{func(s *Setup) { tpl(s).From = 960 }, here + ".to", "after 16:00"},
		{func(s *Setup) { tpl(s).SlotMinutes = 0 }, here + ".slotMinutes", "found 0"},
		{func(s *Setup) { tpl(s).SlotMinutes = 12 }, here + ".slotMinutes", "tickMinutes"},
		{func(s *Setup) { tpl(s).SlotMinutes = 35 }, here + ".slotMinutes", "divides the 480 minutes"},
		{func(s *Setup) { tpl(s).Seats = Seats{-1, -1} }, here + ".seats.total", "-1"},
		{func(s *Setup) { tpl(s).Seats = Seats{2, 3} }, here + ".seats.public", "the total"},
		{func(s *Setup) { tpl(s).ValidTo = tpl(s).ValidFrom - 1 }, here + ".validTo", "or later"},
		{func(s *Setup) { tpl(s).EveryWeeks = 0 }, here + ".everyWeeks", "found 0"},
		{func(s *Setup) { tpl(s).EveryWeeks, tpl(s).ValidFrom = 2, 0 }, here + ".everyWeeks", "validFrom"},
		{func(s *Setup) { tpl(s).WeekOfMonth = 6 }, here + ".weekOfMonth", "0 to 5"},
		{func(s *Setup) { tpl(s).Except = []Date{20000, 20000} }, here + ".except[1]", "again"},
		{func(s *Setup) { tpl(s).AlsoOn = []Date{-5} }, here + ".alsoOn[0]", "2000-01-01"},
		{func(s *Setup) { tpl(s).Services = []string{"grundsteuer"} }, here + ".services[0]", "calendar offers"},
		{func(s *Setup) { tpl(s).Modes = []string{"fax"} }, here + ".modes[0]", "fax"},
		{func(s *Setup) { tpl(s).To = 970 }, "calendars[0].slotTemplates[1]", "2026-01-05 overlaps mo 08:00-16:10"},
	}
}

func TestOverlapsAreJudgedByDate(t *testing.T) {
	d := func(s string) Date { d, _ := ParseDate(s); return d }
	base := SlotTemplate{Weekdays: []string{"fr"}, From: 480, To: 720, SlotMinutes: 10, EveryWeeks: 1}
	with := func(f func(*SlotTemplate)) *SlotTemplate { c := base; f(&c); return &c }
	for name, c := range map[string]struct {
		a, b *SlotTemplate
		want string
	}{
		"the same":            {with(func(t *SlotTemplate) {}), with(func(t *SlotTemplate) {}), "2000-01-07"},
		"other weekday":       {with(func(t *SlotTemplate) {}), with(func(t *SlotTemplate) { t.Weekdays = []string{"mo"} }), ""},
		"one after the other": {with(func(t *SlotTemplate) { t.ValidTo = d("2026-06-28") }), with(func(t *SlotTemplate) { t.ValidFrom = d("2026-06-29") }), ""},
		"validity touches":    {with(func(t *SlotTemplate) { t.ValidTo = d("2026-07-03") }), with(func(t *SlotTemplate) { t.ValidFrom = d("2026-07-03") }), "2026-07-03"},
		"alternating weeks": {with(func(t *SlotTemplate) { t.EveryWeeks, t.ValidFrom = 2, d("2026-07-03") }),
			with(func(t *SlotTemplate) { t.EveryWeeks, t.ValidFrom = 2, d("2026-07-10") }), ""},
		"every 2nd, every 3rd": {with(func(t *SlotTemplate) { t.EveryWeeks, t.ValidFrom = 2, d("2026-07-03") }),
			with(func(t *SlotTemplate) { t.EveryWeeks, t.ValidFrom = 3, d("2026-07-10") }), "2026-07-31"},
		"first and third": {with(func(t *SlotTemplate) { t.WeekOfMonth = 1 }), with(func(t *SlotTemplate) { t.WeekOfMonth = 3 }), ""},
		"fourth is the last": {with(func(t *SlotTemplate) { t.WeekOfMonth, t.ValidFrom = 4, d("2026-01-01") }),
			with(func(t *SlotTemplate) { t.WeekOfMonth = 5 }), "2026-02-27"},
		"excepted": {with(func(t *SlotTemplate) { t.ValidFrom, t.ValidTo = d("2026-07-03"), d("2026-07-03") }),
			with(func(t *SlotTemplate) { t.Except = []Date{d("2026-07-03")} }), ""},
		"special hours on a holiday": {with(func(t *SlotTemplate) {
			t.ValidFrom, t.ValidTo, t.AlsoOn = d("2026-05-01"), d("2026-05-01"), []Date{d("2026-05-01")}
		}), with(func(t *SlotTemplate) {}), ""},
	} {
		m := meeting{state: "NI"}
		got, _ := m.first(c.a, c.b)
		if back, _ := m.first(c.b, c.a); got.String() != c.want || back != got {
			t.Errorf("%s: got %q and %q the other way round, want %q", name, got, back, c.want)
		}
	}
}

// The quick search agrees with looking at every single day.
func TestOverlapSearchIsExact(t *testing.T) {
	start := MakeDate(2026, 1, 1)
	draw := func(t *rapid.T) *SlotTemplate {
		s := &SlotTemplate{Weekdays: []string{"we"}, EveryWeeks: rapid.IntRange(1, 5).Draw(t, "every"), WeekOfMonth: rapid.SampledFrom([]int{0, 0, 1, 4, 5}).Draw(t, "nth")}
		s.ValidFrom = start + Date(rapid.IntRange(0, 60).Draw(t, "from"))
		s.ValidTo = s.ValidFrom + Date(rapid.IntRange(0, 400).Draw(t, "length"))
		if rapid.Bool().Draw(t, "except") {
			s.Except = []Date{s.ValidFrom, s.ValidFrom + 7, s.ValidFrom + 14}
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, m := draw(t), draw(t), meeting{state: "BY"}
		want := Date(0)
		for d := start; d < start+500; d++ {
			if m.open(a, d) && m.open(b, d) {
				want = d
				break
			}
		}
		if got, _ := m.first(a, b); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestOverlapOfWalkInHoursIsNone(t *testing.T) {
	s := soundSetup()
	walkIn := s.Calendars[0].SlotTemplates[0]
	walkIn.ID, walkIn.WalkIn, walkIn.Seats = "offen", true, Seats{0, -1}
	s.Calendars[0].SlotTemplates = append(s.Calendars[0].SlotTemplates, walkIn)
	if got := s.Check(); len(got) > 0 {
		t.Errorf("got %v, want no faults", got)
	}
}

// What is accepted as a mailbox must be readable for the mail library too.
func TestMailboxesAreOnesForOthersToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~äöüß]{0,12}`)).Draw(t, "name")
		if rapid.Bool().Draw(t, "quoted") {
			name = `"` + name + `"`
		}
		s := name + " <termine@example.org>"
		_, address, err := ParseMailbox(s)
		if err != nil {
			return
		}
		if box, err := netmail.ParseAddress(s); err != nil || box.Address != address {
			t.Fatalf("%q: got %v, %v", s, box, err)
		}
	})
}

func TestParseMailbox(t *testing.T) {
	for in, want := range map[string]string{
		"a@example.org":                   "|a@example.org",
		"Bürgerbüro <a@Example.org>":      "Bürgerbüro|a@example.org",
		`"Amt 3, Soziales" <a@b.example>`: "Amt 3, Soziales|a@b.example",
		"<a@example.org>":                 "|a@example.org",
	} {
		name, address, err := ParseMailbox(in)
		if got := name + "|" + address; err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "a", "a@b", "A, B <a@example.org>", "A <a@example.org> B", "A <a@example.org", "a@example.org>", "A\u2028 <a@example.org>", "x%y@example.org"} {
		if name, address, err := ParseMailbox(in); err == nil {
			t.Errorf("%q: got %q, %q, want an error", in, name, address)
		}
	}
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"a", "10546", "hauptabteilung-iv", "a_b", strings.Repeat("x", 64)} {
		if !ValidID(id) {
			t.Errorf("%q: got false, want true", id)
		}
	}
	if i := slices.IndexFunc([]string{"", "-a", "_", "A", "ä", "a b", "a/b", "a.b", strings.Repeat("x", 65)}, ValidID); i >= 0 {
		t.Errorf("case %d: got true, want false", i)
	}
}
