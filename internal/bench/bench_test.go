package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"terminvergabe/internal/agenda"
	"terminvergabe/internal/bench/bare"
	"terminvergabe/internal/store"
)

// The tests start this very program as the bare HTTP server.
func TestMain(m *testing.M) {
	if role := os.Getenv(staticRole); role != "" {
		if err := playStatic(role); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Everything is measured, and both sides do what they are measured for. How fast they
// are is not for a test to judge.
func TestAllRows(t *testing.T) {
	o, err := parse([]string{"-quick", "-growth", "10000", "-dir", t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	o.build = []string{"-ldflags", "-s -w"} // what is tested is compiled already
	out := &strings.Builder{}
	r, err := measureAll(t.Context(), o, out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got []string
	for _, row := range r.Rows {
		got = append(got, row.Name)
		if strings.HasSuffix(row.Name, ".cpu") {
			continue // counted in hundredths of a second: too coarse for a short run
		}
		if row.Product <= 0 || row.Limit <= 0 && row.Name != "binary" {
			t.Errorf("%s: got limit %f and product %f, want figures", row.Name, row.Limit, row.Product)
		}
		if row.Limit > 0 && len(row.Ratios) != r.Pairs {
			t.Errorf("%s: got %d ratios, want %d", row.Name, len(row.Ratios), r.Pairs)
		}
		if !strings.Contains(out.String(), row.What) {
			t.Errorf("%s: not in the table", row.Name)
		}
	}
	want := rowNames(&bench{growth: 10_000})
	for _, other := range []string{onPostgres, "radicale"} {
		if strings.Contains(out.String(), "\n"+other) && os.Getenv("CI") != "true" {
			t.Logf("%s is not installed: its rows are not tested", other)
			want = slices.DeleteFunc(want, func(s string) bool { return strings.HasPrefix(s, other) })
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got rows %q, want %q", got, want)
	}
	for _, name := range []string{"sqlite.book.64.rate", "postgres.http.64.p99", "engine.times.p50", "page.busy.p99", "next.rest.p99", "growth.book.10^4.rate", "start.10^4", "memory.idle", "binary"} {
		if !slices.Contains(rowNames(&bench{growth: 10_000}), name) {
			t.Errorf("no row %s", name)
		}
	}
	if left, err := os.ReadDir(o.dir); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v left in the folder, want nothing", left, err)
	}
}

func rowNames(b *bench) (names []string) {
	for _, c := range b.contests() {
		for _, f := range c.figures {
			names = append(names, strings.TrimSuffix(c.name+"."+f.name, "."))
		}
	}
	return names
}

// Invented bookings are as good as real ones, or the growth rows measure something
// that never happens.
func TestInventedBookingsAreSound(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "book.db")
	o, err := openOffice(t.Context(), file, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.close(); err != nil {
		t.Fatal(err)
	}
	if err := bare.Fill(t.Context(), file, tenant, wanted, bare.Crowd{Past: 1000, Future: 3000, Calendars: 2, Today: int(o.today)}); err != nil {
		t.Fatal(err)
	}
	if o, err = openOffice(t.Context(), file, dir); err != nil {
		t.Fatal(err)
	}
	defer o.close()
	broken, err := o.desk.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	noise := func(b store.Broken) bool { return strings.Contains(b.What, "sealed") } // what is sealed is invented as well
	if broken = slices.DeleteFunc(broken, noise); len(broken) > 0 {
		t.Errorf("%d faults, the first: %v", len(broken), broken[0])
	}
	var list []*agenda.Booking
	err = o.desk.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.BookingsBetween(tenant, "", time.Now().AddDate(-2, 0, 0), time.Now().AddDate(1, 0, 0))
		return err
	})
	if err != nil || len(list) != 4000 {
		t.Errorf("got %d bookings, %v, want 4000", len(list), err)
	}
	if err := o.slots(t.Context(), o.query(14, nil, []string{calendarID(0)})); err != nil {
		t.Errorf("a search: %v", err)
	}
	if err := o.book(t.Context()); err != nil {
		t.Errorf("a booking: %v", err)
	}
}

// The bitmap counts the same starts as one looks for by hand.
func TestBitmapCountsFreeSeats(t *testing.T) {
	b := newBitmap(2, 3)
	if err := b.starts(); err != nil {
		t.Fatal(err)
	}
	var want []freeStart
	for day := range b.days {
		for tickAt := opens / tick; tickAt < (opens+slotsADay*minutes)/tick; tickAt += minutes / tick {
			free := 0
			for seat := range seats {
				bit := func(t int) bool { return b.days[day][seat][t/64]>>(t%64)&1 == 1 }
				if bit(tickAt) && bit(tickAt+1) {
					free++
				}
			}
			if free > 0 {
				want = append(want, freeStart{int32(day), int16(tickAt), int16(free)})
			}
		}
	}
	if !slices.Equal(b.out, want) {
		t.Errorf("got %v, want %v", b.out, want)
	}
}

// One attempt in a hundred wants what others want; no other two want the same seat
// before all seats have been asked for.
func TestWalkContendsALittle(t *testing.T) {
	w, err := newWalk()
	if err != nil {
		t.Fatal(err)
	}
	type start struct {
		calendar string
		at       time.Time
	}
	asked := map[start]int{}
	const attempts = 200_000
	for range attempts {
		k := w.wish()
		asked[start{k.calendar, k.start}]++
	}
	lost := 0
	for _, n := range asked {
		lost += max(0, n-seats)
	}
	if share := float64(lost) / attempts; share < 0.005 || share > 0.015 {
		t.Errorf("got %.4f of the attempts in vain, want about 0.01", share)
	}
}

func TestReportSurvivesItsFile(t *testing.T) {
	met := true
	want := &report{At: time.Date(2026, 7, 6, 5, 0, 0, 0, time.UTC), Version: "v1", Machine: []fact{{"processor", "2"}}, Pairs: 1,
		Rows: []row{{Name: "a", What: "A", Unit: perSecond, LimitIs: "bare", Limit: 100, Product: 50, Ratio: 0.5, Ratios: []float64{0.5}, Goal: ">= 0.4x", Met: &met},
			{Name: "b", What: "B", Unit: seconds, Product: 0.25, Goal: "<= 1s", Met: &met}}}
	file := filepath.Join(t.TempDir(), "bench.json")
	if err := want.save(file); err != nil {
		t.Fatal(err)
	}
	got, err := readReport(file)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
	got.Rows[0].Ratio, got.Rows[1].Product = 0.75, 0.125
	got.Rows = append(got.Rows, row{Name: "c", What: "C"})
	var out bytes.Buffer
	compare(&out, want, got)
	for _, words := range [][]string{{"A", "0.50x -> 0.75x", "+50 %"}, {"B", "250ms -> 125ms", "-50 %"}, {"C", "new"}} {
		if !slices.ContainsFunc(strings.Split(out.String(), "\n"), func(line string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		}) {
			t.Errorf("no line with %q in:\n%s", words, out.String())
		}
	}
}

func TestGoals(t *testing.T) {
	r := &report{Rows: []row{{Name: "base", Ratio: 0.5}}}
	for _, c := range []struct {
		row  row
		goal goal
		text string
		met  string
	}{
		{row{Ratio: 0.6}, goal{least: true, value: 0.6}, ">= 0.6x", "met"},
		{row{Ratio: 0.59}, goal{least: true, value: 0.6}, ">= 0.6x", "MISSED"},
		{row{Ratio: 3.1}, goal{value: 3}, "<= 3x", "MISSED"},
		{row{Ratio: 3}, goal{value: 3}, "<= 3x", "met"},
		{row{Product: 0.09, Unit: seconds}, goal{value: 0.1, absolute: true}, "<= 100ms", "met"},
		{row{Ratio: 0.46}, goal{least: true, value: 0.9, times: "base"}, ">= 0.45x", "met"},
		{row{Ratio: 0.44}, goal{least: true, value: 0.9, times: "base"}, ">= 0.45x", "MISSED"},
		{row{Ratio: 0.44}, goal{least: true, value: 0.9, times: "absent"}, "", ""},
		{row{Ratio: 1}, goal{}, "", ""},
	} {
		c.row.judge(c.goal, r)
		met := ""
		if c.row.Met != nil {
			met = map[bool]string{true: "met", false: "MISSED"}[*c.row.Met]
		}
		if c.row.Goal != c.text || met != c.met {
			t.Errorf("%+v of %+v: got %q %q, want %q %q", c.goal, c.row, c.row.Goal, met, c.text, c.met)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 2}, 3}} {
		if got := median(c.list); got != c.want {
			t.Errorf("%v: got %v, want %v", c.list, got, c.want)
		}
	}
}
