package config

import "terminvergabe/internal/agenda"

// ReadTenant reads a tenant file and prepares the set-up. name stands for the
// file in messages. A file with anything wrong in it is refused with Faults: all
// of them, each with its line, key, what was found and what was expected.
func ReadTenant(data []byte, name string) (*agenda.Setup, error) {
	r := &strict{name: name}
	s := withDefaults[agenda.Setup]()
	r.yaml(data, &s)
	r.rules(s.Check())
	if err := r.err(); err != nil {
		return nil, err
	}
	if err := s.Prepare(); err != nil {
		return nil, Faults{{File: name, Path: "tenant.timezone", Message: err.Error()}}
	}
	return &s, nil
}
