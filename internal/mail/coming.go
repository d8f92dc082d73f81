package mail

// asks reports whether a reminder's visit is lost by silence.
func (w *writer) asks() bool { return w.Kind == Reminder && !w.AnswerBy.IsZero() }

// silence says, before anything else and whatever the office says, what happens or has
// happened where nobody answers; false where no answer is wanted.
func (w *writer) silence() bool {
	switch {
	case w.asks():
		w.add(block{Lead: w.t("coming.asks", "when", w.shortWhen(w.AnswerBy))})
		w.link("coming.link", w.ComingURL, true)
	case w.Kind == Lapsed && !w.AnswerBy.IsZero():
		w.add(block{Lead: w.t("lapsed.why", "when", w.shortWhen(w.AnswerBy))})
	default:
		return false
	}
	return true
}

// later says to whoever has a time now that they will be asked, and what silence does then.
func (w *writer) later() {
	if !w.AnswerBy.IsZero() {
		w.say("coming.later", "when", w.shortWhen(w.AnswerBy))
	}
}

// coming lets whoever is reminded answer, unless they have.
func (w *writer) coming() {
	switch {
	case w.Comes:
		w.say("coming.said")
	case !w.asks():
		w.link("coming.link", w.ComingURL, true)
	}
}
