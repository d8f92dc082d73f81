package keep

import (
	"fmt"
	"sync"
	"testing"
)

func TestMapIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	m := Map[int]{Most: 10}
	for i := range 100 {
		m.Put(fmt.Append(nil, i), i, 2)
		if i == 0 {
			continue
		}
		if got, ok := m.Get([]byte("0")); !ok || got != 0 {
			t.Fatalf("after %d others: got %d, %v, want what is asked for all the time", i, got, ok)
		}
		if n := len(m.young) + len(m.old); n > 10 || m.size > 10 {
			t.Fatalf("%d values of size 2 are kept, %d in the young, bound is 10 in each generation", n, m.size)
		}
	}
	if got, ok := m.Get([]byte("50")); ok {
		t.Errorf("got %d, which nobody asked for", got)
	}
	m.Put([]byte("0"), 7, 4)
	if got, _ := m.Get([]byte("0")); got != 7 {
		t.Errorf("got %d, want the newer 7", got)
	}
	m.Put([]byte("big"), 1, 11)
	if _, ok := m.Get([]byte("big")); ok {
		t.Error("something larger than the bound is kept")
	}
	m.Put([]byte("a long name"), 1, 1)
	if _, ok := m.Get([]byte("a long name")); ok {
		t.Error("something with a name larger than the bound is kept")
	}
	var none Map[int]
	none.Put([]byte("a"), 1, 1)
	if _, ok := none.Get([]byte("a")); ok {
		t.Error("the zero value keeps something")
	}
}

func TestMapIsForManyGoroutines(t *testing.T) {
	m := Map[string]{Most: 64}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				name := fmt.Sprint((i * g) % 40)
				m.Put([]byte(name), name, 3)
				if got, ok := m.Get([]byte(name)); ok && got != name {
					t.Errorf("got %s under %s", got, name)
				}
			}
		})
	}
	wg.Wait()
}
