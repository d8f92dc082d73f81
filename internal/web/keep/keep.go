// Package keep remembers what was written once, within bounds, so that it need not be
// written again. It refuses to know whether what it keeps is still right: whoever gets
// something from it checks that, or names it by all that it depends on.
package keep

import "sync"

// Map keeps values by name. What is asked for stays; what nobody asks for goes. The
// zero value keeps nothing; Most is set before the first use.
type Map[V any] struct {
	Most int // the sum of the sizes that are kept, at most twice

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
			m.Put(name, s.value, s.size) // it is of use: it shall outlive its generation
		}
		return s.value, ok
	}
	m.mu.RUnlock()
	return s.value, true
}

// Put keeps a value of some size under a name, in place of what was there.
func (m *Map[V]) Put(name []byte, v V, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size > m.Most {
		return
	}
	m.size += size - m.young[string(name)].size
	if m.size > m.Most || m.young == nil {
		m.old, m.young, m.size = m.young, map[string]sized[V]{}, size
	}
	m.young[string(name)] = sized[V]{v, size}
}
