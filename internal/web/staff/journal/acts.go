package journal

import (
	"strings"

	"terminvergabe/internal/i18n"
)

// known are the acts that the journal can be asked for, grouped as people think of them.
func known() []string {
	return []string{
		"hold", "extend", "release", "book", "walk-in", "confirm", "approve", "reject", "move", "service", "place", "cancel", "take-back", "expire", "coming", "not-coming", "lapse", "visit", "amend", "resend", "send again", "letter came back", "write again", "reached",
		"ask for links", "erase", "report a barrier", "contact", "new address",
		"propose", "withdraw proposal", "end proposal", "expire proposal", "fits again", "called", "not called",
		"open incident", "choose visits", "decide visits", "decide again", "confirm incident", "send letters", "pause incident", "resume incident", "finish incident", "drop incident", "undo incident",
		"pause letters", "resume letters", "apply", "busy times", "ask calendar", "plan", "take over", "send sample", "see letter", "create feed", "revoke feed", "extend feed", "search", "revoke service link", "create service link",
		"enable webhook", "renew webhook key", "repeat webhook", "show webhook key", "test webhook", "webhook gone",
		"sign-in", "sign-out", "account.add", "account.invite", "account.password", "account.rights", "account.no-rights", "account.disable", "token.create", "token.revoke",
		"account.factor-begin", "account.factor", "account.factor-off", "account.grant", "account.grant-end", "account.language", "account.recovery-codes", "account.sign-out", "county.open", "county.close", "county.visit", "county.seen",
	}
}

func actKey(act string) string {
	return "staff.journal.act." + strings.NewReplacer(" ", "-", ".", "-").Replace(act)
}

func hasWords(p *i18n.Printer, act string) bool { return p.Has(actKey(act)) }

// actName is an act in words; one that nobody has put into words yet, as the code calls it.
func actName(p *i18n.Printer, act string) string {
	if hasWords(p, act) {
		return p.T(actKey(act))
	}
	return p.T("staff.journal.otherAct", "act", act)
}
