package agenda

// index says where in a prepared set-up an id stands. What was changed since is
// found all the same, only slower.
type index struct {
	services, calendars, sites, departments map[string]int
	offering                                map[string][]*Calendar    // by service
	offeringAt                              map[[2]string][]*Calendar // by service and site
}

func (s *Setup) newIndex() index {
	x := index{positions(s.Services, (*Service).key), positions(s.Calendars, (*Calendar).key), positions(s.Sites, (*Site).key),
		positions(s.Departments, (*Department).key), map[string][]*Calendar{}, map[[2]string][]*Calendar{}}
	for i := range s.Calendars {
		c := &s.Calendars[i]
		for _, o := range c.Services {
			x.offering[o.ID] = append(x.offering[o.ID], c)
			at := [2]string{o.ID, c.Site}
			x.offeringAt[at] = append(x.offeringAt[at], c)
		}
	}
	return x
}

func positions[T any](list []T, key func(*T) string) map[string]int {
	at := make(map[string]int, len(list))
	for i := len(list) - 1; i >= 0; i-- { // of a double id the first counts, as everywhere
		at[key(&list[i])] = i
	}
	return at
}

func known[T any](list []T, at map[string]int, id string, key func(*T) string) (*T, bool) {
	if i, ok := at[id]; ok && i < len(list) && key(&list[i]) == id {
		return &list[i], true
	}
	return find(list, id, key)
}

// Service finds a service by id.
func (s *Setup) Service(id string) (*Service, bool) {
	return known(s.Services, s.index.services, id, (*Service).key)
}

// Calendar finds a calendar by id.
func (s *Setup) Calendar(id string) (*Calendar, bool) {
	return known(s.Calendars, s.index.calendars, id, (*Calendar).key)
}

// Site finds a site by id.
func (s *Setup) Site(id string) (*Site, bool) {
	return known(s.Sites, s.index.sites, id, (*Site).key)
}

// Department finds a department by id.
func (s *Setup) Department(id string) (*Department, bool) {
	return known(s.Departments, s.index.departments, id, (*Department).key)
}

// Offering lists the calendars that offer a service, in the tenant's order; the
// set-up has been prepared.
func (s *Setup) Offering(service string) []*Calendar { return s.index.offering[service] }

// OfferingAt lists those of Offering at one site.
func (s *Setup) OfferingAt(service, site string) []*Calendar {
	return s.index.offeringAt[[2]string{service, site}]
}
