package agenda

import "slices"

// On reports whether the template's weekdays, validity, rhythm and single
// exceptions name the date. Holidays and closures are not its business.
func (t *SlotTemplate) On(d Date) bool {
	return t.inWeek(d) && t.valid(d) && t.inRhythm(d) && !slices.Contains(t.Except, d)
}

func (t *SlotTemplate) inWeek(d Date) bool {
	return slices.Contains(t.Weekdays, WeekdayID(d.Weekday()))
}

func (t *SlotTemplate) valid(d Date) bool {
	return (t.ValidFrom == 0 || d >= t.ValidFrom) && (t.ValidTo == 0 || d <= t.ValidTo)
}

// inRhythm counts ISO weeks from validFrom and the n-th such weekday of a month;
// where both are given both must hold.
func (t *SlotTemplate) inRhythm(d Date) bool {
	if t.EveryWeeks > 1 && int(d.Monday()-t.ValidFrom.Monday())/7%t.EveryWeeks != 0 {
		return false
	}
	if t.WeekOfMonth == 0 {
		return true
	}
	_, month, day := d.Civil()
	if t.WeekOfMonth == 5 {
		_, next, _ := (d + 7).Civil()
		return next != month
	}
	return (day-1)/7+1 == t.WeekOfMonth
}

// Serves reports whether the template's restrictions admit all the services, and
// which of the modes.
func (t *SlotTemplate) Serves(services, modes []string) (left []string, ok bool) {
	return serves(t.Services, t.Modes, services, modes)
}

func serves(onlyServices, onlyModes, services, modes []string) ([]string, bool) {
	if len(onlyServices) > 0 {
		for _, s := range services {
			if !slices.Contains(onlyServices, s) {
				return nil, false
			}
		}
	}
	if !slices.ContainsFunc(modes, func(m string) bool { return len(onlyModes) > 0 && !slices.Contains(onlyModes, m) }) {
		return modes, len(modes) > 0
	}
	var left []string
	for _, m := range modes {
		if slices.Contains(onlyModes, m) {
			left = append(left, m)
		}
	}
	return left, len(left) > 0
}
