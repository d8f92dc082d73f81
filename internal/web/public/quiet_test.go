package public_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"terminvergabe/internal/booking"
	"terminvergabe/internal/desktest"
)

// TestGetChangesNothing follows every link a mail scanner could find, twice, and
// compares all that is in the database.
func TestGetChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "book.db")
	d, _ := desktest.Open(t, file)
	w := serve(t, d)
	b := w.reviewed(t, "service=ausweis", "ausweise@"+wednesday)
	b.post("/musterstadt/book", b.form()).want(200)
	card := cards(t, d)[0]
	other := w.browser(t)
	other.get("/musterstadt/times?service=pass").want(200)
	other.post("/musterstadt/reserve", other.form("slot", "buergerbuero@"+wednesday)).want(200)
	manage := "/musterstadt/m/" + card.Private.Manage
	before := dump(t, file)
	for range 2 {
		for _, path := range []string{"/", "/musterstadt/", "/musterstadt/?q=pass", "/musterstadt/choose?service=ausweis&add=pass", "/musterstadt/times?service=pass",
			"/musterstadt/times?service=pass&view=month", other.path, "/musterstadt/c/" + card.Private.Confirm, manage, manage + "?done=1",
			manage + "/move", manage + "/move?slot=ausweise@2026-07-09T08:00:00%2B02:00", manage + "/cancel", "/musterstadt/brand.css"} {
			b.get(path).want(200)
			other.get(path).want(200)
		}
		for _, path := range []string{"/musterstadt/reserve", "/musterstadt/book", "/musterstadt/review"} {
			b.get(path)
			if b.status != http.StatusMethodNotAllowed && b.status != http.StatusNotFound {
				t.Errorf("GET %s: got %d", path, b.status)
			}
		}
	}
	if after := dump(t, file); after != before {
		t.Errorf("looking changed the database: got\n%s\nwant\n%s", after, before)
	}
}

// dump writes every row of every table.
func dump(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out strings.Builder
	for _, table := range column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		columns := column(t, db, fmt.Sprintf(`SELECT name FROM pragma_table_info('%s')`, table))
		for _, row := range column(t, db, fmt.Sprintf(`SELECT quote(%s) FROM %s ORDER BY 1`, strings.Join(columns, `) || '|' || quote(`), table)) {
			fmt.Fprintln(&out, table, row)
		}
	}
	return out.String()
}

func column(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// 64 visitors press the same time at once, and 64 send the last form for a
// calendar that keeps no slots.
func TestRaceForOneSeat(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		w := serve(t, d)
		reserve := url.Values{"service": {"beratung*1"}, "slot": {"soziales@" + wednesday}}
		book := url.Values{"service": {"impfen*1"}, "slot": {"impfung@" + wednesday}, "name": {"Ada Beispiel"}, "email": {ada}}
		for path, form := range map[string]url.Values{"/musterstadt/reserve": reserve, "/musterstadt/book": book} {
			got := race(t, w, path, form)
			if got[http.StatusSeeOther] != 1 || got[http.StatusConflict] != 63 {
				t.Errorf("%s: got %v, want one 303 and 63 times 409", path, got)
			}
		}
	})
}

func race(t *testing.T, w town, path string, form url.Values) map[int]int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for i := range 64 {
		wg.Go(func() {
			b := w.browser(t)
			b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			v := url.Values{"key": {fmt.Sprint(path, i)}}
			for name, values := range form {
				v[name] = values
			}
			b.post(path, v)
			mu.Lock()
			defer mu.Unlock()
			got[b.status]++
			if b.status == http.StatusConflict && len(b.slots()) == 0 {
				t.Error("no other times are offered")
			}
		})
	}
	wg.Wait()
	return got
}

// The same form sent many times at once is one booking.
func TestClickedManyTimes(t *testing.T) {
	desktest.Each(t, func(t *testing.T, d *booking.Desk, c *desktest.Clock) {
		b := serve(t, d).reviewed(t, "service=pass", "buergerbuero@"+wednesday)
		form := b.form()
		paths := make([]string, 8)
		var wg sync.WaitGroup
		for i := range paths {
			wg.Go(func() {
				one := b.town.browser(t)
				one.post("/musterstadt/book", form)
				paths[i] = fmt.Sprint(one.status, one.path)
			})
		}
		wg.Wait()
		for _, p := range paths {
			if p != paths[0] || !strings.HasPrefix(p, "200/musterstadt/m/") {
				t.Errorf("got %v, want the same visit each time", paths)
				break
			}
		}
		if n := len(cards(t, d)); n != 1 {
			t.Errorf("got %d bookings, want 1", n)
		}
	})
}
