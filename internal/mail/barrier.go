package mail

import "strings"

// barrier tells the office what somebody wrote about a barrier on the pages. It is the one
// letter that carries a stranger's text: it goes to the office alone.
func (w *writer) barrier() {
	w.lead()
	if w.Page != "" {
		w.add(block{Facts: []fact{{Label: w.label(w.t("barrier.page")), Value: oneLine(w.Page)}}})
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(w.Barrier, "\r\n", "\n")), "\n")
	for i, line := range lines {
		lines[i] = oneLine(line)
	}
	w.add(block{Heading: w.t("barrier.text")})
	w.add(block{Lines: strings.Join(lines, "\n")})
	if w.ReplyTo.Address != "" {
		w.say("barrier.answer", "email", w.ReplyTo.Address)
	} else {
		w.say("barrier.noAnswer")
	}
	w.say("barrier.law")
}
