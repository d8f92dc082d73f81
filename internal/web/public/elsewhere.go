package public

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/booking"
)

// other is a way to get the same done where nothing is free, with the earliest time.
type other struct {
	Name  agenda.Text // what is different
	Of    agenda.Text // whose it is, where it is another municipality's
	Facts []string    // how far it is, when
	Href  string
	km    float64 // from where it was looked; infinite: nobody knows
	start time.Time
}

// How many other ways are shown, and at how many other municipalities is looked.
const (
	othersShown = 4
	neighbours  = 12
)

// elsewhere looks for free times at other sites, of neighbours too, nearest first.
func (f *finder) elsewhere() ([]other, error) {
	var list []other
	from := f.sites()
	if f.view.Site != "" {
		site, _ := f.setup.Site(f.view.Site)
		from = []*agenda.Site{site}
		q := f.search(0, 0)
		q.Sites, q.Asker = nil, "" // counted where it was looked for
		first, err := f.Desk.NextFree(f.r.Context(), q)
		if err != nil {
			return nil, err
		}
		for _, one := range first {
			list = append(list, f.otherSite(f.setup, one, f.address(view{Site: one.Site.ID}), from))
		}
	}
	if f.link == nil && f.inPerson() {
		more, err := f.atNeighbours(from)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortStableFunc(list, func(a, b other) int { return cmp.Or(cmp.Compare(a.km, b.km), a.start.Compare(b.start)) })
	return list[:min(len(list), othersShown)], nil
}

func (f *finder) inPerson() bool { return f.wish.Mode == "" || f.wish.Mode == agenda.ModeOnsite }

// atNeighbours looks at other municipalities that offer the same.
func (f *finder) atNeighbours(from []*agenda.Site) (list []other, err error) {
	setups, err := f.Desk.Tenants(f.r.Context())
	if err != nil {
		return nil, err
	}
	asked := 0
	for _, s := range setups {
		if s.Tenant.ID == f.setup.Tenant.ID || asked == neighbours {
			continue
		}
		w, ok := f.translate(s)
		if !ok {
			continue
		}
		asked++
		first, err := f.Desk.NextFree(f.r.Context(), booking.Search{Tenant: s.Tenant.ID, Wish: w, By: agenda.Public})
		if err != nil {
			return nil, err
		}
		for _, one := range first {
			v := writeWish(w)
			v.Set("site", one.Site.ID)
			list = append(list, f.otherSite(s, one, link(home(s)+"times", v), from))
		}
	}
	return list, nil
}

// translate is the wish as another municipality would offer it to the public.
func (f *finder) translate(s *agenda.Setup) (w agenda.Wish, ok bool) {
	w.Mode = f.wish.Mode
	for _, it := range f.wish.Items {
		own, known := f.setup.Service(it.Service)
		i := slices.IndexFunc(s.Services, func(svc agenda.Service) bool { return known && f.same(own, s, &svc) })
		if i < 0 {
			return w, false
		}
		w.Items = append(w.Items, agenda.Item{Service: s.Services[i].ID, Quantity: it.Quantity, Answers: it.Answers})
	}
	return w, s.CheckWish(w, agenda.Public) == nil && together(s, w, nil)
}

// same reports that two municipalities mean the same by a service: the federal catalogue
// says so, or, where one of them does not know it, the name.
func (f *finder) same(own *agenda.Service, s *agenda.Setup, svc *agenda.Service) bool {
	if svc.Public != agenda.VisiblePublic {
		return false
	}
	if own.Leika != "" && svc.Leika != "" {
		return own.Leika == svc.Leika
	}
	return strings.EqualFold(f.plain(own.Name), s.Text(svc.Name, f.frame.Lang))
}

func (f *finder) otherSite(s *agenda.Setup, one booking.First, href string, from []*agenda.Site) other {
	o := other{Name: one.Site.Name, Href: href, km: math.Inf(1), start: one.Slot.Start}
	if s != f.setup {
		o.Of = s.Tenant.Name
	}
	for _, site := range from {
		o.km = min(o.km, distance(site, one.Site))
	}
	if !math.IsInf(o.km, 1) {
		o.Facts = append(o.Facts, f.t("public.hold.far", "n", max(1, int(math.Round(o.km)))))
	}
	o.Facts = append(o.Facts, f.earliest(one.Slot.Start, s))
	return o
}

func (f *finder) earliest(start time.Time, s *agenda.Setup) string {
	return f.t("public.hold.earliest", "when", f.frame.Printer().DateTime(start.In(s.Zone())))
}

// distance is how far two sites are from one another in kilometres, as the crow flies;
// infinite where one of them has no place on the map.
func distance(a, b *agenda.Site) float64 {
	if a.Lat == 0 && a.Lon == 0 || b.Lat == 0 && b.Lon == 0 {
		return math.Inf(1)
	}
	const earth, degree = 6371, math.Pi / 180
	y, x := (b.Lat-a.Lat)*degree/2, (b.Lon-a.Lon)*degree/2
	h := math.Pow(math.Sin(y), 2) + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*math.Pow(math.Sin(x), 2)
	return 2 * earth * math.Asin(math.Sqrt(min(1, h)))
}

// otherwise looks for free times for nearly the same: in another way, another service with
// the same number in the federal catalogue, fewer persons, one thing after the other.
func (f *finder) otherwise() (list []other, err error) {
	found := map[string]bool{}
	for _, n := range slices.Concat(f.otherModes(), f.sameNumber(), f.fewer(), f.apart()) {
		if found[n.kind] || f.setup.CheckInvited(n.wish, agenda.Public, f.link) != nil || !together(f.setup, n.wish, f.link) {
			continue
		}
		first, err := f.Desk.NextFree(f.r.Context(), booking.Search{Tenant: f.setup.Tenant.ID, Wish: n.wish, By: agenda.Public, Link: f.invitation, At: f.at})
		if err != nil {
			return nil, err
		}
		if len(first) == 0 {
			continue
		}
		found[n.kind] = n.kind != ""
		start := first[0].Slot.Start
		list = append(list, other{Name: n.name, Facts: []string{f.earliest(start, f.setup)}, Href: link(f.path, f.carry(writeWish(n.wish))), start: start})
	}
	return list[:min(len(list), othersShown)], nil
}

// nearly is a wish that would help instead.
type nearly struct {
	wish agenda.Wish
	name agenda.Text // what is different about it
	kind string      // of several of one kind the first with a free time is enough
}

func (f *finder) otherModes() (list []nearly) {
	if f.wish.Mode == "" {
		return nil // all of them were looked for
	}
	for _, m := range modesOf(f.setup, f.wish) {
		if m != f.wish.Mode {
			list = append(list, nearly{wish: agenda.Wish{Items: f.wish.Items, Mode: m}, name: f.ours(f.t("public.mode." + m))})
		}
	}
	return list
}

func (f *finder) sameNumber() (list []nearly) {
	it := f.wish.Items[0]
	own, ok := f.setup.Service(it.Service)
	if !ok || own.Leika == "" || len(f.wish.Items) > 1 {
		return nil
	}
	for i := range f.setup.Services {
		if svc := &f.setup.Services[i]; svc.ID != own.ID && svc.Leika == own.Leika && visible(svc, f.link) {
			w := agenda.Wish{Items: []agenda.Item{{Service: svc.ID, Quantity: it.Quantity}}, Mode: f.wish.Mode}
			list = append(list, nearly{wish: w, name: svc.Name})
		}
	}
	return list
}

// fewer is the same for fewer persons, as many as possible.
func (f *finder) fewer() (list []nearly) {
	for i, it := range f.wish.Items {
		for n := it.Quantity - 1; n > 0; n-- {
			w := agenda.Wish{Items: slices.Clone(f.wish.Items), Mode: f.wish.Mode}
			w.Items[i].Quantity = n
			list = append(list, nearly{w, f.ours(f.t("public.hold.fewer", "n", n, "service", f.plain(f.nameOf(it)))), "fewer"})
		}
	}
	return list
}

// apart is each of several services in a visit of its own.
func (f *finder) apart() (list []nearly) {
	if len(f.wish.Items) < 2 {
		return nil
	}
	for _, it := range f.wish.Items {
		w := agenda.Wish{Items: []agenda.Item{it}, Mode: f.wish.Mode}
		list = append(list, nearly{wish: w, name: f.ours(f.t("public.hold.only", "service", f.plain(f.nameOf(it))))})
	}
	return list
}

func (f *finder) nameOf(it agenda.Item) agenda.Text {
	if svc, ok := f.setup.Service(it.Service); ok {
		return svc.Name
	}
	return agenda.Plain(it.Service)
}
