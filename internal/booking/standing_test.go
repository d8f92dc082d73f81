package booking

import (
	"testing"

	"terminvergabe/internal/agenda"
)

// An answer that somebody typed could spell the answers of another wish: then both had
// one name, and one of them was told the first free times of the other.
func TestWishesThatDifferHaveNamesThatDiffer(t *testing.T) {
	name := func(answers map[string]string) string {
		n, ok := (&Search{Tenant: "t", Wish: agenda.Wish{Items: []agenda.Item{{Service: "s", Quantity: 1, Answers: answers}}}}).name()
		if !ok {
			t.Fatal("no name")
		}
		return n
	}
	if typed, chosen := name(map[string]string{"a": "x b:long"}), name(map[string]string{"a": "x", "b": "long"}); typed == chosen {
		t.Errorf("both are %q", typed)
	}
}
