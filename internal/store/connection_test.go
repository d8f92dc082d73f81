package store

import (
	"path/filepath"
	"slices"
	"testing"
)

// A parameter may stand anywhere and more than once; what only looks like one is text.
func TestPositional(t *testing.T) {
	tests := []struct {
		query, text string
		wants       []int
	}{
		{"SELECT 1", "SELECT 1", nil},
		{"VALUES ($1, $2, $12)", "VALUES (?, ?, ?)", []int{0, 1, 11}},
		{"SELECT $2 WHERE x = +$1 AND $2 > 0", "SELECT ? WHERE x = +? AND ? > 0", []int{1, 0, 1}},
		{"SELECT '$1', 'it''s $2', $3, '$'", "SELECT '$1', 'it''s $2', ?, '$'", []int{2}},
		{"SELECT $1", "SELECT ?", []int{0}},
	}
	for _, test := range tests {
		if text, wants := positional(test.query); text != test.text || !slices.Equal(wants, test.wants) {
			t.Errorf("%s: got %s %v, want %s %v", test.query, text, wants, test.text, test.wants)
		}
	}
}

// Parameters take their arguments by number; one that is missing is refused.
func TestBindByNumber(t *testing.T) {
	c, err := connectFile("file:" + filepath.Join(t.TempDir(), "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	r, err := c.query(t.Context(), "SELECT $2 || $1 || $2 || '$1'", []any{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	if !r.Next() || r.Scan(&got) != nil || got != "bab$1" {
		t.Errorf("got %q, want bab$1", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.exec(t.Context(), "SELECT $3", []any{"a", "b"}); err == nil {
		t.Error("got no error for an argument that is missing")
	}
}
