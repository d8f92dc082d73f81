package agenda

import (
	"slices"
	"time"
)

// ServiceLink is an invitation link: it lets its bearer book services that are public by
// link only, a few times and until a moment. A nil one opens nothing and limits nothing.
type ServiceLink struct {
	Tenant    string
	ID        string
	Services  []string // ids
	Calendars []string // ids; none: any that is open to the public
	Person    string   // who made it
	Note      string   // to oneself
	Uses      int      // bookings that it is for
	Used      int
	Created   time.Time
	Expires   time.Time
	Revoked   time.Time // zero: in force
}

// Opens reports whether the link lets its bearer book a service.
func (l *ServiceLink) Opens(service string) bool {
	return l != nil && slices.Contains(l.Services, service)
}

// Admits reports whether the link leaves a calendar open.
func (l *ServiceLink) Admits(calendar string) bool {
	return l == nil || len(l.Calendars) == 0 || slices.Contains(l.Calendars, calendar)
}

// Holds reports whether the link can still be used.
func (l *ServiceLink) Holds(now time.Time) bool {
	return l.Revoked.IsZero() && l.Used < l.Uses && now.Before(l.Expires)
}

// ByLink lists the services of a wish that the public cannot book without a link.
func (s *Setup) ByLink(items []Item) (services []string) {
	for _, it := range items {
		if svc, ok := s.ServiceOf(it.Service); ok && svc.Public == VisibleLink {
			services = append(services, svc.ID)
		}
	}
	return services
}
