package mail

import (
	"net/url"
	"strings"
	"time"
)

// content is what both versions of a letter show; the templates in ui/mail
// print it, one as text, one as HTML, so the two cannot say different things.
type content struct {
	Lang    string
	RTL     bool
	Subject string
	Blocks  []block
	Footer  []block
	Look    look
}

// block is one part of a letter; usually one of the fields is set.
type block struct {
	Heading string
	Lead    string // the first sentences: what the letter is about
	Text    string
	Lines   string // a text that keeps its line ends
	Lang    string // of Lines, where it is not the letter's
	RTL     bool   // of Lines with a language of their own
	Facts   []fact
	List    []string
	Links   []link
}

// fact has the colon in its label, as the language sets it. Level is above 0 where the value
// heads the letter, or one of the visits in it.
type fact struct {
	Label, Value string
	Level        int
}

type link struct {
	Label, URL string
	Intro      string // the label with a colon, before a bare address
	Main       bool   // what the letter asks to do
}

// writer collects the blocks of one letter.
type writer struct {
	Letter
	blocks []block
}

func (w *writer) t(key string, args ...any) string { return w.Printer.T("mail."+key, args...) }

func (w *writer) add(b block) { w.blocks = append(w.blocks, b) }

// say adds a paragraph.
func (w *writer) say(key string, args ...any) { w.add(block{Text: w.t(key, args...)}) }

// lead adds what the letter is about: in the office's words where it has some.
func (w *writer) lead() {
	said := w.silence()
	if own := w.fillIn(w.Wording.Opening.Text); own != "" {
		w.add(block{Lines: own})
	} else if !said {
		w.add(block{Lead: w.t(string(w.Kind) + ".lead")})
	}
}

// link adds a link unless the address is empty.
func (w *writer) link(key, address string, main bool) {
	if address != "" {
		w.add(block{Links: []link{w.linkTo(key, address, main)}})
	}
}

func (w *writer) linkTo(key, address string, main bool) link {
	label := w.t(key)
	return link{label, address, w.label(label), main}
}

// label sets a colon after what names a value.
func (w *writer) label(name string) string { return w.t("label", "name", name) }

// fact is one that a letter shows, named by mail.fact.KEY. Where the visit is meant to be
// heads its facts.
func (w *writer) fact(key, value string) fact {
	f := fact{Label: w.label(w.t("fact." + key)), Value: value}
	switch key {
	case "when", "newWhen", "proposedWhen", "code":
		f.Level = 1
	}
	return f
}

// contentOf decides what the letter says.
func contentOf(l Letter) content {
	w := &writer{Letter: l}
	switch {
	case l.Kind == DailyList:
		w.dailyList()
	case l.Kind == Invitation:
		w.invitation()
	case l.Kind == Barrier:
		w.barrier()
	case l.Kind == Links:
		w.links()
	case l.Kind == ProofCode:
		w.proofCode()
	case l.Kind == AddressRequest:
		w.addressRequest()
	case l.Kind == AddressChanged:
		w.addressChanged()
	case l.Kind.Staff():
		w.staffLetter()
	default:
		w.visitorLetter()
	}
	subject := w.ownSubject()
	if subject == "" || w.asks() {
		subject = w.subject()
	}
	if l.Sample {
		subject = w.t("subject.sample", "subject", subject)
	}
	return content{Lang: l.Printer.Lang(), RTL: l.Printer.RightToLeft(), Subject: subject, Blocks: w.blocks, Footer: w.footer(), Look: lookOf(l.Colour)}
}

func (w *writer) subject() string {
	what, tenant := w.t(string(w.Kind)+".subject"), w.Tenant.Name
	if w.asks() {
		what = w.t("coming.subject")
	}
	if w.Sensitive || w.Kind.Undated() {
		return headerText(w.t("subject.plain", "what", what, "tenant", tenant))
	}
	when := w.shortWhen(w.Start)
	if w.Kind == DailyList {
		when = w.Printer.ShortDate(w.Start)
	}
	return headerText(w.t("subject.dated", "what", what, "when", when, "tenant", tenant))
}

func (w *writer) visitorLetter() {
	if name := SafeName(w.VisitorName); name != "" {
		w.say("greeting.named", "name", name)
	} else {
		w.say("greeting.plain")
	}
	w.lead()
	if !w.Sensitive && w.Reason != "" {
		w.say("reason", "reason", oneLine(w.Reason))
	}
	w.facts()
	switch w.Kind {
	case ConfirmRequest:
		w.confirmation()
	case Proposal:
		w.proposal()
	case Reminder:
		w.coming()
	case Confirmed, Changed, IncidentMoved:
		w.later()
	}
	w.office()
	for _, said := range w.Wording.Own {
		w.own(said)
	}
	if w.Kind.takesPlace() {
		w.checklist()
	}
	w.management()
	w.entries()
	w.close()
}

// takesPlace is false where the letter ends the matter.
func (k Kind) takesPlace() bool {
	switch k {
	case Cancelled, IncidentCancelled, Lapsed, Rejected, Expired, StaffCancelled, StaffLeft:
		return false
	}
	return true
}

func (w *writer) confirmation() {
	w.link("confirm.link", w.ConfirmURL, true)
	if !w.ConfirmBy.IsZero() {
		w.say("confirm.until", "when", w.shortWhen(w.ConfirmBy))
	}
	w.say("confirm.ignore")
}

// proposal asks for an answer, and says what happens without one.
func (w *writer) proposal() {
	w.link("proposal.link", w.ProposalURL, true)
	key := "proposal.else.cancel"
	if w.CallAfter {
		key = "proposal.else.call"
	}
	w.add(block{Text: w.t("proposal.until", "when", w.shortWhen(w.ProposalBy)) + " " + w.t(key)})
}

// office adds what the office wrote about an incident, line by line. A sensitive letter
// has nothing of it.
func (w *writer) office() {
	if w.Sensitive || strings.TrimSpace(w.Office) == "" {
		return
	}
	lines := strings.Split(strings.TrimSpace(w.Office), "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	w.add(block{Lines: strings.Join(lines, "\n")})
}

// entries tells how calendars of programs that cannot be told are put right.
func (w *writer) entries() {
	switch {
	case !w.EntriesByHand:
	case w.Kind.CallsOff():
		w.say("entry.remove")
	case w.Kind.Moves():
		w.say("entry.replace")
	}
}

// management adds the way to change the booking, or to a new one.
func (w *writer) management() {
	switch {
	case !w.Kind.takesPlace():
		w.link("book.link", w.BookURL, false)
		return
	case w.Kind == ConfirmRequest || w.ManageURL == "":
		return
	case w.Kind == Received:
		w.link("manage.request", w.ManageURL, false)
	default:
		w.link("manage.link", w.ManageURL, false)
		if !w.CancelBy.IsZero() && !w.CancelBy.After(w.Sent) {
			w.say("manage.late")
		} else if !w.CancelBy.IsZero() {
			w.say("manage.until", "when", w.shortWhen(w.CancelBy))
		}
	}
	w.say("manage.secret")
}

func (w *writer) staffLetter() {
	w.lead()
	w.facts()
	w.link("staff.link", w.StaffURL, false)
}

// invitation asks a member of staff to set their password.
func (w *writer) invitation() {
	if name := SafeName(w.VisitorName); name != "" && !w.Sensitive {
		w.say("greeting.named", "name", name)
	} else {
		w.say("greeting.plain")
	}
	w.lead()
	w.link("invitation.link", w.ConfirmURL, true)
	w.say("invitation.until", "when", w.shortWhen(w.ConfirmBy))
	w.say("invitation.ignore")
	w.say("regards")
	w.add(block{Text: oneLine(w.Tenant.Name)})
}

func (w *writer) dailyList() {
	date := w.Printer.Date(w.Start)
	if len(w.Rows) == 0 {
		w.say("daily-list.empty", "date", date)
	} else {
		w.say("daily-list.lead", "n", len(w.Rows), "date", date)
	}
	var rows []fact
	if !w.Sensitive && w.CalendarName != "" {
		w.add(block{Facts: []fact{w.fact("calendar", oneLine(w.CalendarName))}})
	}
	for _, row := range w.Rows {
		rows = append(rows, fact{Label: w.label(w.Printer.TimeSpan(row.Start, row.End)), Value: w.rowText(row)})
	}
	if len(rows) > 0 {
		w.add(block{Facts: rows})
	}
	w.link("staff.day", w.StaffURL, false)
}

func (w *writer) rowText(row Row) string {
	parts := []string{w.t("row.neutral")}
	if !w.Sensitive && !row.Sensitive {
		parts = append(w.itemNames(row.Items), SafeName(row.VisitorName))
	}
	parts = append(parts, oneLine(row.Reference))
	if row.Pending {
		parts = append(parts, w.t("row.pending"))
	}
	return w.list(parts)
}

// facts is the table of time, service, place and reference.
func (w *writer) facts() {
	var facts []fact
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, w.fact(key, value))
		}
	}
	moved := !w.OldStart.IsZero()
	if moved {
		key := "newWhen"
		if w.Kind == Proposal {
			key = "proposedWhen"
		}
		add(key, w.when(w.Start, w.End))
		add("oldWhen", w.when(w.OldStart, w.OldEnd))
	} else {
		add("when", w.when(w.Start, w.End))
	}
	if !w.Sensitive {
		add("service", w.list(w.itemNames(w.Items)))
		add("oldService", w.list(w.itemNames(w.OldItems)))
	}
	w.placeFacts(add)
	if !w.Sensitive {
		add("fee", w.fees())
		if w.Kind.Staff() {
			add("visitor", SafeName(w.VisitorName))
			add("calendar", oneLine(w.CalendarName))
		}
	}
	add("reference", oneLine(w.Reference))
	w.add(block{Facts: facts})
}

// placeFacts says where to be; visits from afar have a mode instead.
func (w *writer) placeFacts(add func(key, value string)) {
	switch w.Mode {
	case "phone":
		add("mode", w.t("mode.phone"))
		return
	case "video":
		add("mode", w.t("mode.video"))
		return
	case "home":
		add("mode", w.t("mode.home"))
		return
	}
	p := w.Place
	town := join([]string{oneLine(p.PostalCode), oneLine(p.City)}, " ")
	add("place", join([]string{oneLine(p.Site), oneLine(p.Street), town}, ", "))
	add("room", oneLine(p.Room))
	add("oldPlace", oneLine(w.OldPlace))
	if !w.Kind.Staff() {
		add("access", oneLine(w.list(p.Access)))
	}
}

func (w *writer) itemNames(items []Item) []string {
	var names []string
	for _, item := range items {
		name := oneLine(item.Name)
		if item.Quantity > 1 {
			name = w.t("item", "n", item.Quantity, "name", name)
		}
		names = append(names, name)
	}
	return names
}

// fees names the service of each fee where there are several services.
func (w *writer) fees() string {
	if w.Kind.Staff() || !w.Kind.takesPlace() {
		return ""
	}
	var fees []string
	for _, item := range w.Items {
		switch fee := oneLine(item.Fee); {
		case fee == "":
		case len(w.Items) == 1:
			fees = append(fees, fee)
		default:
			fees = append(fees, w.t("fee.of", "name", oneLine(item.Name), "fee", fee))
		}
	}
	return join(fees, w.t("semicolon")+" ")
}

// checklist lists what to bring, each thing once. A sensitive letter sends its
// reader to the page instead: the list would tell the service.
func (w *writer) checklist() {
	var list []string
	seen := map[string]bool{}
	for _, item := range w.Items {
		for _, thing := range item.Checklist {
			if thing = oneLine(thing); thing != "" && !seen[thing] {
				seen[thing] = true
				list = append(list, thing)
			}
		}
	}
	if len(list) == 0 {
		return
	}
	if w.Sensitive {
		if w.ManageURL != "" && w.Kind != ConfirmRequest {
			w.say("checklist.online")
		}
		return
	}
	key := "checklist"
	if w.Mode != "" && w.Mode != "onsite" {
		key = "checklist.remote"
	}
	w.add(block{Heading: w.t(key), List: list})
}

func (w *writer) footer() []block {
	blocks := []block{{Text: w.t("automatic")}}
	var links []link
	if w.ImprintURL != "" {
		links = append(links, w.linkTo("imprint", w.ImprintURL, false))
	}
	if w.PrivacyURL != "" {
		links = append(links, w.linkTo("privacy", w.PrivacyURL, false))
	}
	if len(links) > 0 {
		blocks = append(blocks, block{Links: links})
	}
	return blocks
}

// phone is the number nearest to whoever knows the booking.
func (w *writer) phone() string {
	if w.Sensitive {
		return oneLine(w.Tenant.Phone)
	}
	for _, phone := range []string{w.Department.Phone, w.Place.Phone, w.Tenant.Phone} {
		if phone = oneLine(phone); phone != "" {
			return phone
		}
	}
	return ""
}

// officeName signs the letter.
func (w *writer) officeName() string {
	if w.Sensitive {
		return oneLine(w.Tenant.Name)
	}
	return w.list([]string{oneLine(w.Tenant.Name), oneLine(w.Department.Name)})
}

// when is the long form: day and stretch of time.
func (w *writer) when(start, end time.Time) string {
	at := w.Printer.Time(start)
	if end.After(start) {
		at = w.Printer.TimeSpan(start, end)
	}
	return w.t("when", "date", w.Printer.Date(start), "time", at)
}

func (w *writer) shortWhen(t time.Time) string {
	return w.t("when", "date", w.Printer.ShortDate(t), "time", w.Printer.Time(t))
}

// list puts the language's comma between what there is.
func (w *writer) list(parts []string) string { return join(parts, w.t("comma")+" ") }

// join leaves empty parts out.
func join(parts []string, between string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, part)
		}
	}
	return strings.Join(some, between)
}

// webPage reports whether the address is one that a letter may link to.
func webPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		!strings.ContainsAny(address, " \"<>")
}
