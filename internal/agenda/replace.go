package agenda

import (
	"reflect"
	"slices"
)

// Same reports whether two values of a set-up say the same: what the tenant file does
// not hold is left out, and an empty list is no list.
func Same[T any](a, b T) bool { return same(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()) }

func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		return a.Len() == b.Len() && (a.Len() == 0 || reflect.DeepEqual(a.Interface(), b.Interface()))
	case reflect.Struct:
		for i := range a.NumField() {
			if key := a.Type().Field(i).Tag.Get("json"); key == "-" || !a.Type().Field(i).IsExported() {
				continue
			}
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// Changes names what differs between two set-ups, in the order of the file: the keys of
// the tenant as a whole ("brand", "closures"), things by their kind and id
// ("services/ausweis"), and a kind alone where its order differs.
func Changes(before, after *Setup) (list []string) {
	for _, x := range []struct {
		key  string
		same bool
	}{
		{"tenant", Same(before.Tenant, after.Tenant)}, {"legal", Same(before.Legal, after.Legal)}, {"brand", Same(before.Brand, after.Brand)},
		{"mail", Same(before.Mail, after.Mail)}, {"letters", Same(before.Letters, after.Letters)}, {"retention", Same(before.Retention, after.Retention)}, {"figures", Same(before.Figures, after.Figures)}, {"staff", Same(before.Staff, after.Staff)},
		{"protection", Same(before.Protection, after.Protection)},
		{"embed", Same(before.Embed, after.Embed)}, {"openData", Same(before.OpenData, after.OpenData)}, {"accessibility", Same(before.Accessibility, after.Accessibility)},
		{"closures", Same(before.Closures, after.Closures)},
	} {
		if !x.same {
			list = append(list, x.key)
		}
	}
	list = append(list, changes("departments", before.Departments, after.Departments, (*Department).key)...)
	list = append(list, changes("sites", before.Sites, after.Sites, (*Site).key)...)
	list = append(list, changes("services", before.Services, after.Services, (*Service).key)...)
	list = append(list, changes("calendars", before.Calendars, after.Calendars, (*Calendar).key)...)
	return append(list, changes("webhooks", before.Webhooks, after.Webhooks, (*Webhook).key)...)
}

func changes[T any](kind string, before, after []T, key func(*T) string) (list []string) {
	was, is := positions(before, key), positions(after, key)
	var stayed, stay []string
	for i := range before {
		id := key(&before[i])
		j, ok := is[id]
		if ok {
			stayed = append(stayed, id)
		}
		if !ok || !Same(before[i], after[j]) {
			list = append(list, kind+"/"+id)
		}
	}
	for i := range after {
		id := key(&after[i])
		if _, ok := was[id]; !ok {
			list = append(list, kind+"/"+id)
			continue
		}
		stay = append(stay, id)
	}
	if !slices.Equal(stayed, stay) {
		list = append(list, kind)
	}
	return list
}

// MayReplace reports whether the person may put one set-up in the place of another.
// Whoever may change the set-up of the whole tenant may change all of it; others what
// belongs to their limits: calendars, their department, and services that are offered
// in their calendars alone. A tenant that does not exist yet (before is nil) is made by
// the county.
func (p *Person) MayReplace(before, after *Setup) bool {
	if before == nil {
		return p.MayMakeTenants()
	}
	if p.Tenant != after.Tenant.ID || !p.keepsConfidence(before, after) {
		return false
	}
	if p.MayEverywhere(ChangeSetup) {
		return true
	}
	if !Same(before.Tenant, after.Tenant) || !Same(before.Legal, after.Legal) || !Same(before.Brand, after.Brand) || !Same(before.Mail, after.Mail) ||
		!Same(before.Letters, after.Letters) || !Same(before.Retention, after.Retention) || !Same(before.Figures, after.Figures) || !Same(before.Staff, after.Staff) || !Same(before.Protection, after.Protection) ||
		!Same(before.Embed, after.Embed) || !Same(before.OpenData, after.OpenData) || !Same(before.Accessibility, after.Accessibility) ||
		!Same(before.Closures, after.Closures) || !Same(before.Sites, after.Sites) || !Same(before.Webhooks, after.Webhooks) {
		return false
	}
	return p.mayReplaceDepartments(before, after) && p.mayReplaceServices(before, after) && p.mayReplaceCalendars(before, after)
}

// keepsConfidence reports whether a change tells nobody who comes but those whom the
// person may tell: a private calendar stays so for who may not open it, and where mail
// about visitors and their links go is decided by who sees the bookings for good. So the
// county cannot have a town's mail sent to itself.
func (p *Person) keepsConfidence(before, after *Setup) bool {
	if len(before.Calendars) == 0 && before.retired == nil {
		return true // nobody can have booked
	}
	lasting := p.Lasting()
	if (before.Tenant.Host != after.Tenant.Host || before.Mail != after.Mail || before.Accessibility.Mail != after.Accessibility.Mail) && !lasting.MayEverywhere(SeeBookings) {
		return false
	}
	if !Same(before.Webhooks, after.Webhooks) && !lasting.MayEverywhere(SeeBookings) {
		return false
	}
	for i := range after.Departments {
		d := &after.Departments[i]
		was, _ := before.DepartmentOf(d.ID)
		if d.Mail != "" && (was == nil || was.Mail != d.Mail) && !lasting.MayInDepartment(SeeBookings, d.ID) {
			return false
		}
	}
	return !slices.ContainsFunc(after.Calendars, func(is Calendar) bool {
		was, existed := before.CalendarOf(is.ID)
		if !existed {
			was = &Calendar{}
		}
		if was.Private && (!is.Private || is.Department != was.Department) && !p.MayOpen(was) {
			return true
		}
		if is.StaffMail.To == "" || is.StaffMail.To == was.StaffMail.To {
			return false
		}
		return !lasting.MayOpen(&is) || existed && !lasting.MayOpen(was)
	})
}

// MayMakeTenants reports whether the person is of the county, which sets up towns.
func (p *Person) MayMakeTenants() bool {
	return p.any(func(g Grant) bool { return g.whole() && g.Role == County && g.Role.May(ManageTenants) })
}

func (p *Person) mayReplaceDepartments(before, after *Setup) bool {
	if len(before.Departments) != len(after.Departments) {
		return false
	}
	for i := range before.Departments {
		a, b := &before.Departments[i], &after.Departments[i]
		if a.ID != b.ID || !Same(*a, *b) && !p.MayInDepartment(ChangeSetup, a.ID) {
			return false
		}
	}
	return true
}

func (p *Person) mayReplaceServices(before, after *Setup) bool {
	for _, what := range changes("", before.Services, after.Services, (*Service).key) {
		if what == "" || !p.MayChangeService(before, after, what[1:]) {
			return false
		}
	}
	return true
}

// MayChangeService reports whether a service belongs to the person: it is, or is to be,
// offered in calendars of theirs and in no others. before and after may be the same.
func (p *Person) MayChangeService(before, after *Setup, id string) bool {
	if p.MayEverywhere(ChangeSetup) {
		return true
	}
	own := false
	for _, s := range []*Setup{before, after} {
		for i := range s.Calendars {
			c := &s.Calendars[i]
			if _, ok := c.Offer(id); !ok {
				continue
			}
			if !p.MayIn(ChangeSetup, c) {
				return false
			}
			own = true
		}
	}
	return own
}

func (p *Person) mayReplaceCalendars(before, after *Setup) bool {
	for _, what := range changes("", before.Calendars, after.Calendars, (*Calendar).key) {
		if what == "" {
			return false
		}
		was, existed := before.Calendar(what[1:])
		is, stays := after.Calendar(what[1:])
		switch {
		case existed && !p.MayIn(ChangeSetup, was):
			return false
		case !existed && !p.MayInDepartment(ChangeSetup, is.Department):
			return false
		case stays && !p.MayIn(ChangeSetup, is):
			return false
		case stays && (!existed || was.PoolID() != is.PoolID()) && !p.mayShare(after, is):
			return false
		}
	}
	return true
}

// mayShare reports whether all calendars that a calendar shares its seats with are the
// person's.
func (p *Person) mayShare(s *Setup, c *Calendar) bool {
	for i := range s.Calendars {
		if o := &s.Calendars[i]; o.PoolID() == c.PoolID() && !p.MayIn(ChangeSetup, o) {
			return false
		}
	}
	return true
}
