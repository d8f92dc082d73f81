// Package keep remembers what was written once, within bounds, so that it need not be
// written again. It refuses to know whether what it keeps is still right: whoever gets
// something from it checks that, or names it by all that it depends on.
package keep

import "sync"

// Map keeps values by name. What is asked for stays; what nobody asks for goes. The
// zero value keeps nothing; Most is set before the first use.
type Map[V any] struct {
	Most int // the sum of the sizes that are kept, those of names too, at most twice

	mu         sync.RWMutex
	young, old map[string]sized[V]
	size       int // of the young
}

type sized[V any] struct {
	value V
	size  int
}

// Get gives what is kept under a name. The bytes are not held on to.
func (m *Map[V]) Get(name []byte) (v V, ok bool) {
	m.mu.RLock()
	s, ok := m.young[string(name)]
	if !ok {
		s, ok = m.old[string(name)]
		m.mu.RUnlock()
		if ok {
			m.put(string(name), s) // it is of use: it shall outlive its generation
		}
		return s.value, ok
	}
	m.mu.RUnlock()
	return s.value, true
}

// Put keeps a value under a name, in place of what was there. Its size is that of all it
// holds on to; the name, which strangers may have chosen, counts besides.
func (m *Map[V]) Put(name []byte, v V, size int) { m.put(string(name), sized[V]{v, size + len(name)}) }

func (m *Map[V]) put(name string, s sized[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.size > m.Most {
		return
	}
	m.size += s.size - m.young[name].size
	if m.size > m.Most || m.young == nil {
		m.old, m.young, m.size = m.young, map[string]sized[V]{}, s.size
	}
	m.young[name] = s
}
