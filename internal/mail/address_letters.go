package mail

import "terminvergabe/internal/agenda"

// Letters about an address rather than about one visit. They greet nobody by name: who
// reads them may be somebody else.

// links lists the visits of an address, each with the way to its page.
func (w *writer) links() {
	w.say("greeting.plain")
	w.lead()
	for _, v := range w.Visits {
		one := writer{Letter: w.Letter}
		one.Start, one.End, one.Items, one.Mode, one.Place = v.Start, v.End, v.Items, v.Mode, v.Place
		w.add(block{Facts: one.brief(), Links: []link{w.linkTo("manage.link", v.ManageURL, false)}})
	}
	w.say("links.secret")
	w.say("links.ignore")
	w.close()
}

// addressRequest asks whoever reads it to confirm that a visit's letters shall come here.
// It tells a stranger no more than that there is a visit.
func (w *writer) addressRequest() {
	w.say("greeting.plain")
	w.lead()
	w.link("address.link", w.ConfirmURL, true)
	w.say("address.until", "when", w.shortWhen(w.ConfirmBy))
	w.say("address.ignore")
	w.add(block{Facts: []fact{w.fact("when", w.when(w.Start, w.End))}})
	w.close()
}

// proofCode has a code in it, for somebody who wants to book. It may be a stranger who
// asked: nothing they typed stands in it.
func (w *writer) proofCode() {
	w.say("greeting.plain")
	w.lead()
	w.add(block{Facts: []fact{w.fact("code", w.Code)}})
	w.say("code.until", "when", w.shortWhen(w.ConfirmBy))
	w.say("code.ignore")
	w.close()
}

// addressChanged tells whoever had a visit's letters until now that they go elsewhere,
// but not where.
func (w *writer) addressChanged() {
	w.say("greeting.plain")
	w.lead()
	w.add(block{Facts: []fact{w.fact("when", w.when(w.Start, w.End)), w.fact("reference", oneLine(w.Reference))}})
	w.say("address.yours")
	if phone := w.phone(); phone != "" {
		w.say("address.theirs", "phone", phone)
	} else {
		w.say("address.theirs.plain")
	}
	switch {
	case w.EntriesByHand:
		w.say("entry.remove")
	case len(w.Calendar) > 0:
		w.say("address.entry")
	}
	w.sign()
}

// brief is when, what and where of one visit.
func (w *writer) brief() (facts []fact) {
	add := func(key, value string) {
		if value != "" {
			f := w.fact(key, value)
			f.Level *= 2 // there are several
			facts = append(facts, f)
		}
	}
	add("when", w.when(w.Start, w.End))
	if !w.Sensitive {
		add("service", w.list(w.itemNames(w.Items)))
	}
	w.placeFacts(add)
	return facts
}

// close says whom to ask, and signs.
func (w *writer) close() {
	if phone := w.phone(); phone != "" {
		w.say("questions", "phone", phone)
	}
	w.sign()
}

// sign ends a letter to a visitor.
func (w *writer) sign() {
	for _, said := range w.ownOfAddress() {
		w.own(said)
	}
	w.say("regards")
	w.add(block{Text: w.officeName()})
	w.own(w.Wording.Signature)
}

// ownOfAddress are the office's paragraphs in a letter about an address; in the others they
// stand higher.
func (w *writer) ownOfAddress() []agenda.Said {
	switch w.Kind {
	case Links, AddressRequest, AddressChanged, ProofCode:
		return w.Wording.Own
	}
	return nil
}
