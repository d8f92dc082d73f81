package config

import (
	"fmt"
	"strings"
)

// Report says what an import did and what it could not take. Nothing is dropped
// without an entry here.
type Report struct {
	Added    []Entry
	Changed  []Entry
	Skipped  []Entry // not taken, and why
	Warnings []Entry // taken, but odd
}

// Entry is one thing an import dealt with.
type Entry struct {
	Kind   string // department, service, site, calendar, offer, combination, template, key
	ID     string // of an offer: calendar/service
	Detail string // the name of what was added, what changed, or why it was skipped
}

func (e Entry) String() string {
	s := e.Kind + " " + e.ID
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Count counts the entries of a kind.
func Count(entries []Entry, kind string) (n int) {
	for _, e := range entries {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// Lines is the report for people: a summary, then every entry.
func (r Report) Lines() []string {
	groups := []struct {
		title, mark string
		entries     []Entry
	}{{"added", "+", r.Added}, {"changed", "~", r.Changed}, {"skipped", "-", r.Skipped}, {"to look at", "!", r.Warnings}}
	var lines, summary []string
	for _, g := range groups {
		summary = append(summary, g.title+" "+counts(g.entries))
		for _, e := range g.entries {
			lines = append(lines, g.mark+" "+e.String())
		}
	}
	return append([]string{strings.Join(summary, "; ")}, lines...)
}

func counts(entries []Entry) string {
	var kinds []string
	n := map[string]int{}
	for _, e := range entries {
		if n[e.Kind]++; n[e.Kind] == 1 {
			kinds = append(kinds, e.Kind)
		}
	}
	for i, k := range kinds {
		plural := "s"
		if n[k] == 1 {
			plural = ""
		}
		kinds[i] = fmt.Sprintf("%d %s%s", n[k], k, plural)
	}
	if len(kinds) == 0 {
		return "nothing"
	}
	return strings.Join(kinds, ", ")
}
