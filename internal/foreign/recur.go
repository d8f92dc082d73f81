package foreign

import (
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Limits of rules that recur.
const (
	maxRule  = 2000    // bytes
	maxSteps = 200_000 // occurrences that a rule may have before the window is over
	maxRules = 20      // of one entry
)

// rule is a recurrence in wall time.
type rule struct{ *rrule.RRule }

// walk gives the walls of a rule in turn until yield has enough; false where it cannot be
// followed: at rules that nobody means, such as the 53rd Sunday of each month, the library
// reads beyond its tables.
func (r rule) walk(yield func(time.Time) bool) (ok bool) {
	defer func() { ok = recover() == nil }()
	next := r.Iterator()
	for t, more := next(); more && yield(t); t, more = next() {
	}
	return true
}

// newRule reads a rule that begins at a wall time; local makes an UNTIL that is in UTC a
// wall time. Rules of hours and less, and those that name very many times of a day, are
// refused: nobody's calendar needs them, and they cost without end.
func newRule(value string, begin time.Time, local func(time.Time) time.Time) (r rule, ok bool) {
	if len(value) > maxRule {
		return r, false
	}
	var rest []string
	var until time.Time
	clocks, daily, chooses := 1, false, false
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(part, "=")
		n := strings.Count(v, ",") + 1
		switch name {
		case "UNTIL":
			if until, ok = readUntil(v, local); !ok {
				return r, false
			}
			continue
		case "FREQ":
			if v == "HOURLY" || v == "MINUTELY" || v == "SECONDLY" {
				return r, false
			}
			daily = daily || v == "DAILY"
		case "INTERVAL", "COUNT":
			if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 1_000_000 {
				return r, false
			}
		case "BYHOUR", "BYMINUTE", "BYSECOND":
			clocks *= n
		case "BYSETPOS":
			chooses = true
		case "":
			continue
		}
		if n > 400 || name == "BYEASTER" || name == "BYSETPOS" && n > 31 || clocks > 48 {
			return r, false
		}
		rest = append(rest, part)
	}
	if chooses && (daily || clocks > 1) { // one of a day's clocks: seconds of search, for what a plain rule says
		return r, false
	}
	o, err := rrule.StrToROption(strings.Join(rest, ";"))
	if err != nil {
		return r, false
	}
	o.Dtstart = begin
	if o.Until = until; until.IsZero() && o.Count == 0 {
		o.Until = begin.AddDate(500, 0, 0) // whoever needs it stops long before
	}
	made, err := rrule.NewRRule(*o)
	if err != nil {
		return r, false
	}
	return rule{made}, true
}

// readUntil reads the end of a rule as a wall time; a date includes its day.
func readUntil(v string, local func(time.Time) time.Time) (time.Time, bool) {
	if t, err := time.Parse(dateLayout, v); err == nil {
		return t.AddDate(0, 0, 1).Add(-time.Second), true
	}
	if t, err := time.Parse(wallLayout, v); err == nil {
		return t, true
	}
	t, err := time.Parse(wallLayout+"Z", v)
	if err != nil {
		return t, false
	}
	return local(t), true
}

// between appends the walls of a rule from one to another, both included; false where
// there are too many, or the rule takes too many steps to get there.
func (r rule) between(from, to time.Time, walls []time.Time) ([]time.Time, bool) {
	steps := 0
	ok := r.walk(func(t time.Time) bool {
		if t.After(to) {
			return false
		}
		if !t.Before(from) {
			walls = append(walls, t)
		}
		steps++
		return steps <= maxSteps && len(walls) <= maxTimes
	})
	return walls, ok && steps <= maxSteps && len(walls) <= maxTimes
}
