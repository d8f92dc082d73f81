package store

import (
	"errors"
	options "flag"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/pgtest"
)

// What was saved is what is read, whatever is in it; and so it is when another
// set-up is saved over it, with what fell away kept behind.
func TestSetupRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		n := 0
		few(t, 30, func(rt *rapid.T) {
			n++
			id := fmt.Sprint("t", n)
			first, second := drawSetup(rt, id), drawSetup(rt, id)
			for i, want := range []*agenda.Setup{first, second} {
				revision := save(t, s, want)
				view(t, s, func(tx *Tx) error {
					got, err := tx.Setup(id)
					if err != nil {
						return err
					}
					if revision != i+1 || got.Revision != revision {
						rt.Fatalf("got revision %d and %d, want %d", revision, got.Revision, i+1)
					}
					same(rt, got, want)
					for j := range first.Calendars {
						if _, ok := got.CalendarOf(first.Calendars[j].ID); !ok {
							rt.Fatalf("calendar %s is gone for its bookings", first.Calendars[j].ID)
						}
					}
					return nil
				})
			}
		})
	})
}

// few runs a property n times: each case costs a database.
func few(t *testing.T, n int, property func(*rapid.T)) {
	t.Helper()
	count := options.Lookup("rapid.checks").Value
	was := count.String()
	defer func() { _ = count.Set(was) }()
	if err := count.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, property)
}

// same compares what a tenant file can say; numbers that the store gives are its own.
func same(t *rapid.T, got, want *agenda.Setup) {
	g, w := reflect.ValueOf(*got), reflect.ValueOf(*want)
	for i := range g.NumField() {
		f := g.Type().Field(i)
		if !f.IsExported() || f.Name == "Revision" {
			continue
		}
		a, b := g.Field(i).Interface(), w.Field(i).Interface()
		if list, ok := a.([]agenda.Calendar); ok {
			list = slices.Clone(list)
			for i := range list {
				if list[i].PoolNumber == 0 {
					t.Fatalf("calendar %s has no pool", list[i].ID)
				}
				list[i].PoolNumber = 0
			}
			a = list
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: got\n%+v, want\n%+v", f.Name, a, b)
		}
	}
}

// drawSetup fills every field of a set-up with anything, and then mends what the
// keys need. The rules of the tenant file are not the store's business.
func drawSetup(t *rapid.T, tenant string) *agenda.Setup {
	text := rapid.Custom(func(t *rapid.T) agenda.Text {
		return rapid.SampledFrom([]agenda.Text{nil, agenda.Plain("Öffnung, \"früh\"; '--' \\ \u2028\n"), {"de": "Straße", "en": ""}, {"": "x", "de": "y"}, agenda.Plain("\x00")}).Draw(t, "text")
	})
	line := rapid.SampledFrom([]string{"", "'; DROP TABLE tenant; --", "😀 ß", "<b>", "\x00\t", "$1 %s {{.}}"})
	date := rapid.Map(rapid.IntRange(-100000, 100000), func(n int) agenda.Date { return agenda.Date(n) })
	custom := rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[agenda.Text]():   text.AsAny(),
		reflect.TypeFor[string]():        line.AsAny(),
		reflect.TypeFor[agenda.Date]():   date.AsAny(),
		reflect.TypeFor[agenda.Minute](): rapid.Map(rapid.IntRange(0, 1440), func(n int) agenda.Minute { return agenda.Minute(n) }).AsAny(),
		reflect.TypeFor[agenda.Moment](): rapid.Custom(func(t *rapid.T) agenda.Moment {
			m := agenda.Moment{Date: date.Draw(t, "date"), Timed: rapid.Bool().Draw(t, "timed")}
			if m.Timed {
				m.Minute = agenda.Minute(rapid.IntRange(0, 1440).Draw(t, "minute"))
			}
			if m.Date == 0 {
				m.Date = 1 // there is no way to write no date at some time
			}
			return m
		}).AsAny(),
		reflect.TypeFor[agenda.Span](): rapid.SampledFrom([]agenda.Span{{Days: 7}, {Minutes: 90}, {Minutes: 120}}).AsAny(),
		reflect.TypeFor[[]string]():    rapid.SampledFrom([][]string{nil, {"mo", "tu"}, {"ß", "", "x"}}).AsAny(),
	}}
	closures := rapid.SampledFrom([]int{0, 1, 2})
	s := &agenda.Setup{
		Tenant: rapid.MakeCustom[agenda.Tenant](custom).Draw(t, "tenant"), Legal: rapid.MakeCustom[agenda.Legal](custom).Draw(t, "legal"),
		Brand: rapid.MakeCustom[agenda.Brand](custom).Draw(t, "brand"), Mail: rapid.MakeCustom[agenda.TenantMail](custom).Draw(t, "mail"),
		Retention: rapid.MakeCustom[agenda.Retention](custom).Draw(t, "retention"),
		Figures:   agenda.FigureRules{PerClerk: rapid.Bool().Draw(t, "figures per clerk")},
	}
	s.Tenant.ID, s.Tenant.Timezone = tenant, rapid.SampledFrom([]string{"Europe/Berlin", "UTC", "America/New_York"}).Draw(t, "zone")
	s.Closures = draw[agenda.Closure](t, custom, closures.Draw(t, "closures"))
	s.Departments = draw[agenda.Department](t, custom, rapid.IntRange(1, 3).Draw(t, "departments"))
	s.Sites = draw[agenda.Site](t, custom, rapid.IntRange(1, 3).Draw(t, "sites"))
	s.Services = draw[agenda.Service](t, custom, rapid.IntRange(1, 4).Draw(t, "services"))
	s.Calendars = draw[agenda.Calendar](t, custom, rapid.IntRange(1, 4).Draw(t, "calendars"))
	order := rapid.Permutation([]string{"a-b", "ab", "a_b", "b", "B", "1"}).Draw(t, "ids") // engines order these differently
	for i := range s.Departments {
		s.Departments[i].ID = order[i]
	}
	for i := range s.Sites {
		s.Sites[i].ID = order[i]
	}
	for i := range s.Services {
		s.Services[i].ID, s.Services[i].Minutes = order[i], rapid.IntRange(1, 1440).Draw(t, "minutes")
	}
	for i := range s.Calendars {
		c := &s.Calendars[i]
		c.ID, c.Department, c.Site, c.PoolNumber = order[i], s.Departments[0].ID, s.Sites[0].ID, 0
		c.TickMinutes, c.Pool = rapid.SampledFrom([]int{1, 5, 60}).Draw(t, "tick"), rapid.SampledFrom([]string{"", "p", order[0]}).Draw(t, "pool")
		c.Services, c.SlotTemplates = nil, draw[agenda.SlotTemplate](t, custom, rapid.IntRange(0, 3).Draw(t, "templates"))
		for j := range s.Services[:rapid.IntRange(0, len(s.Services)).Draw(t, "offers")] {
			c.Services = append(c.Services, agenda.Offer{ID: s.Services[len(s.Services)-1-j].ID, Minutes: j})
		}
		for j := range c.SlotTemplates {
			c.SlotTemplates[j].ID = order[5-j]
		}
	}
	return s
}

func draw[T any](t *rapid.T, custom rapid.MakeConfig, n int) (list []T) {
	g := rapid.MakeCustom[T](custom)
	for range n {
		list = append(list, g.Draw(t, "entity"))
	}
	return list
}

// Nobody sees a set-up that is not committed, and everybody sees one that is.
func TestSetupIsNeverUncommittedOrStale(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		named := func(i int) *agenda.Setup {
			h := hamlet("a")
			h.Tenant.Name = agenda.Plain(fmt.Sprint("r", i))
			return h
		}
		save(t, s, named(1))
		name := func(tx *Tx) string {
			setup, err := tx.Setup("a")
			if err != nil {
				t.Error(err)
				return ""
			}
			return setup.Tenant.Name.String()
		}
		err := s.Update(t.Context(), func(tx *Tx) error {
			if _, err := tx.SaveSetup(named(2)); err != nil {
				return err
			}
			if got := name(tx); got != "r2" {
				t.Errorf("who saves sees %s, want r2", got)
			}
			view(t, s, func(tx *Tx) error {
				if got := name(tx); got != "r1" {
					t.Errorf("others see %s before the commit, want r1", got)
				}
				return nil
			})
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Error(err)
		}
		view(t, s, func(tx *Tx) error {
			if got := name(tx); got != "r1" {
				t.Errorf("after the rollback: got %s, want r1", got)
			}
			return nil
		})
		save(t, s, named(2)) // the same revision as the one that never came to be
		view(t, s, func(tx *Tx) error {
			if got := name(tx); got != "r2" {
				t.Errorf("after the commit: got %s, want r2", got)
			}
			return nil
		})
	})
}

// Readers, acts and changes at once: nobody reads a mixture of two revisions, nor an
// older one after a newer. Long, because three kinds of goroutines share their end.
func TestSetupUnderConcurrentChanges(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		numbered := func(i int) *agenda.Setup {
			h := hamlet("a")
			h.Tenant.Phone = fmt.Sprint(i)
			h.Services[0].Fee, h.Calendars[0].Room = agenda.Plain(fmt.Sprint(i)), agenda.Plain(fmt.Sprint(i))
			return h
		}
		save(t, s, numbered(1))
		done := make(chan bool)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				last := 0
				for stop := false; !stop; {
					select {
					case <-done:
						stop = true // once more, after the last commit
					default:
					}
					view(t, s, func(tx *Tx) error {
						got, err := tx.Setup("a")
						if err != nil {
							return err
						}
						if want := fmt.Sprint(got.Revision); got.Tenant.Phone != want || got.Services[0].Fee.String() != want || got.Calendars[0].Room.String() != want {
							t.Errorf("revision %d is a mixture: %s, %s, %s", got.Revision, got.Tenant.Phone, got.Services[0].Fee, got.Calendars[0].Room)
						}
						if got.Revision < last || stop && got.Revision != 30 {
							t.Errorf("got revision %d after %d", got.Revision, last)
						}
						last = got.Revision
						return nil
					})
				}
			})
		}
		// Acts too read while set-ups change, with their calendar held.
		wg.Go(func() {
			for range 30 {
				update(t, s, func(tx *Tx) error {
					if err := tx.ShareCalendars("a", "stube"); err != nil {
						return err
					}
					got, err := tx.Setup("a")
					if err == nil && got.Calendars[0].Room.String() != fmt.Sprint(got.Revision) {
						t.Errorf("an act read a mixture at revision %d", got.Revision)
					}
					return err
				})
			}
		})
		for i := 2; i <= 30; i++ {
			update(t, s, func(tx *Tx) error {
				if err := tx.LockSetup("a"); err != nil {
					return err
				}
				_, err := tx.SaveSetup(numbered(i))
				return err
			})
		}
		close(done)
		wg.Wait()
	})
}

// Twelve tenants are set up at once through two stores: no two pools have one number,
// and calendars that name one pool share it.
func TestPoolNumbersAreUniqueInTheInstallation(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		s := open(t, url)
		rival := open(t, url)
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				h := hamlet(fmt.Sprint("t", i))
				for j := range 3 {
					c := h.Calendars[0]
					c.ID = fmt.Sprint("more", j)
					h.Calendars = append(h.Calendars, c)
				}
				h.Calendars[3].Pool = "stube"
				save(t, []*Store{s, rival}[i%2], h)
			})
		}
		wg.Wait()
		view(t, s, func(tx *Tx) error {
			got, err := tx.column("SELECT number FROM pool")
			slices.Sort(got)
			if len(slices.Compact(got)) != 12*3 {
				t.Errorf("got %d pools, want 36", len(slices.Compact(got)))
			}
			for i := range 12 {
				setup, err := tx.Setup(fmt.Sprint("t", i))
				if err != nil {
					return err
				}
				c := setup.Calendars
				if c[0].PoolNumber != c[3].PoolNumber || c[0].PoolNumber == c[1].PoolNumber {
					t.Errorf("t%d: pools %d %d %d %d, want the first and the last to be one", i, c[0].PoolNumber, c[1].PoolNumber, c[2].PoolNumber, c[3].PoolNumber)
				}
			}
			return err
		})
		save(t, s, hamlet("t3"))
		view(t, rival, func(tx *Tx) error {
			setup, err := tx.Setup("t3")
			if len(setup.Calendars) != 1 {
				t.Errorf("got %d calendars, want the one that was saved last", len(setup.Calendars))
			}
			return err
		})
	})
}

// Two people make the same tenant at the same time: one of them made the first
// revision, the other one the second, and knows it.
func TestTenantMadeTwiceAtOnce(t *testing.T) {
	s := open(t, pgtest.URL(t))
	var wg sync.WaitGroup
	got := make([]int, 8)
	for i := range got {
		wg.Go(func() { got[i] = save(t, s, hamlet("a")) })
	}
	wg.Wait()
	slices.Sort(got)
	if want := []int{1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(got, want) {
		t.Errorf("got revisions %v", got)
	}
}

// PostgreSQL sorts text as people do, SQLite by bytes: neither may show.
func TestOrderIsTheSameOnBothEngines(t *testing.T) {
	var orders []string
	eachURL(t, func(t *testing.T, url string) {
		s := open(t, url)
		for _, id := range []string{"b-a", "ba", "b1", "b-1", "a", "aa", "a-z"} {
			h := hamlet(id)
			for _, more := range []string{"z-a", "za", "z1", "y"} {
				c := h.Calendars[0]
				c.ID = more
				h.Calendars = append(h.Calendars, c)
			}
			save(t, s, h)
		}
		h := hamlet("b-a") // retires four calendars
		save(t, s, h)
		view(t, s, func(tx *Tx) error {
			ids, err := tx.Tenants()
			if err != nil {
				return err
			}
			order := fmt.Sprint(ids)
			for _, id := range ids {
				setup, err := tx.Setup(id)
				if err != nil {
					return err
				}
				for _, c := range setup.Calendars {
					order += " " + c.ID
				}
			}
			orders = append(orders, order)
			return nil
		})
	})
	if len(orders) == 2 && orders[0] != orders[1] {
		t.Errorf("got\n%s and\n%s", orders[0], orders[1])
	}
}

// A file that was closed and opened again says the same.
func TestSetupSurvivesClosing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	first, err := Open(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	save(t, first, hamlet("a"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	view(t, open(t, file), func(tx *Tx) error {
		setup, err := tx.Setup("a")
		if err == nil && setup.Revision != 1 {
			t.Errorf("got revision %d", setup.Revision)
		}
		return err
	})
}
