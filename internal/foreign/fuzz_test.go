package foreign

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Whatever comes, nothing breaks and nothing goes on without end; what is found is in the
// window, has a length, and is found again.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil || len(files) < 3 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		f.Add(drawn(r))
	}
	for _, b := range bombs() {
		if data := calendar(b.lines...); len(data) < 1<<14 {
			f.Add(data)
		}
	}
	w := window(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(data, w)
		if err != nil {
			return
		}
		if c.Zone != "" && location(c.Zone) == nil {
			t.Errorf("in the zone %q", c.Zone)
		}
		n := 0
		for _, e := range c.Entries {
			n += len(e.Times)
			for _, x := range e.Times {
				if !x.From.Before(x.To) || !x.From.Before(w.To) || !w.From.Before(x.To) {
					t.Errorf("%q: %v", e.UID, x)
				}
			}
		}
		if n > maxTimes {
			t.Errorf("%d times", n)
		}
		if again, err := Read(data, w); err != nil || !reflect.DeepEqual(c, again) {
			t.Errorf("again: %v, %v; want %v", again, err, c)
		}
	})
}
