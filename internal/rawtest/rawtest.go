// Package rawtest finds planted words in raw bytes: in the files of a database, its
// journals, logs and copies, whatever the words were written as on their way there.
//
// It knows nothing of what it searches. Word makes a word that occurs nowhere by chance,
// For the search; what a search must be able to see is proven by finding it. Only tests
// import it. Start reading at For; the spellings are in forms.go.
package rawtest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Word makes a word of letters that begins like label and that nothing else contains.
func Word(label string) string {
	const letters = "bcdfghjklmnpqrstvwxz"
	random := make([]byte, 18)
	rand.Read(random) // never fails
	for i, b := range random {
		random[i] = letters[int(b)%len(letters)]
	}
	return label + string(random)
}

// Digits makes n digits that a search is unlikely to meet elsewhere, for phone numbers:
// at least twelve are wanted.
func Digits(n int) string {
	random := make([]byte, n)
	rand.Read(random) // never fails
	for i, b := range random {
		random[i] = '1' + b%9
	}
	return string(random)
}

// Search looks for words in all their forms.
type Search struct {
	forms []form
	next  [][256]int32 // the automaton of Aho and Corasick over the forms, small letters
	ends  [][]int32    // forms that end in a state

	Files int   // how many it has looked at
	Bytes int64 // and how much of them, what was unpacked included
}

// Hit is a word that was found.
type Hit struct {
	Word, Form string
	Where      string // file, and in it "unpacked at"
	Offset     int
	Around     string
}

func (h Hit) String() string {
	return fmt.Sprintf("%s: %s, as %s, at %d: %q", h.Where, h.Word, h.Form, h.Offset, h.Around)
}

// For makes a search for words. Those that are shorter than eight bytes are found by
// chance, too.
func For(words ...string) *Search {
	s := &Search{next: make([][256]int32, 1), ends: make([][]int32, 1)}
	for _, word := range words {
		s.forms = append(s.forms, formsOf(word)...)
	}
	for i, f := range s.forms {
		s.plant(int32(i), f.text)
	}
	s.wire()
	return s
}

func (s *Search) plant(number int32, text []byte) {
	at := int32(0)
	for _, b := range text {
		if s.next[at][b] == 0 {
			s.next = append(s.next, [256]int32{})
			s.ends = append(s.ends, nil)
			s.next[at][b] = int32(len(s.next) - 1)
		}
		at = s.next[at][b]
	}
	s.ends[at] = append(s.ends[at], number)
}

// wire completes the automaton: where no form goes on, the longest other one that may
// have begun does.
func (s *Search) wire() {
	back := make([]int32, len(s.next))
	var queue []int32
	for b := range 256 {
		if to := s.next[0][b]; to != 0 {
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		s.ends[at] = append(s.ends[at], s.ends[back[at]]...)
		for b := range 256 {
			if to := s.next[at][b]; to != 0 {
				back[to] = s.next[back[at]][b]
				queue = append(queue, to)
			} else {
				s.next[at][b] = s.next[back[at]][b]
			}
		}
	}
	for b := byte('A'); b <= 'Z'; b++ { // read as small letters
		for at := range s.next {
			s.next[at][b] = s.next[at][b|0x20]
		}
	}
}

// In searches bytes, and what is packed in them by gzip or zlib. One hit per word and
// form is enough.
func (s *Search) In(where string, data []byte) []Hit {
	hits := s.plain(where, data)
	for at := 0; at+2 < len(data); at++ {
		if !packed(data[at:]) {
			continue
		}
		if inside := unpack(data[at:]); len(inside) > 0 {
			hits = append(hits, s.plain(fmt.Sprintf("%s, unpacked at %d", where, at), inside)...)
		}
	}
	return hits
}

func (s *Search) plain(where string, data []byte) (hits []Hit) {
	s.Bytes += int64(len(data))
	type found struct{ word, form string }
	seen := map[found]bool{}
	at := int32(0)
	for i, b := range data {
		at = s.next[at][b]
		for _, number := range s.ends[at] {
			f := s.forms[number]
			if seen[found{f.word, f.name}] {
				continue
			}
			seen[found{f.word, f.name}] = true
			begin := i + 1 - len(f.text)
			hits = append(hits, Hit{Word: f.word, Form: f.name, Where: where, Offset: begin, Around: string(data[max(begin-40, 0):min(i+40, len(data))])})
		}
	}
	return hits
}

// packed says whether gzip or zlib may begin here.
func packed(b []byte) bool {
	switch b[0] {
	case 0x1f:
		return b[1] == 0x8b && b[2] == 8
	case 0x78:
		return (int(b[0])<<8|int(b[1]))%31 == 0
	}
	return false
}

// unpack gives what comes out until something is wrong: 8 MB at most.
func unpack(b []byte) []byte {
	var r io.Reader
	var err error
	if b[0] == 0x1f {
		r, err = gzip.NewReader(bytes.NewReader(b))
	} else {
		r, err = zlib.NewReader(bytes.NewReader(b))
	}
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	_, _ = io.Copy(&out, io.LimitReader(r, 8<<20)) // what came before an error counts
	return out.Bytes()
}

// Under searches all files under folders, and files that are named; names count as
// text, too. What a running program takes away meanwhile is left out.
func (s *Search) Under(paths ...string) (hits []Hit, err error) {
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && name != path {
				return nil
			}
			if err != nil {
				return err
			}
			hits = append(hits, s.plain("name of "+name, []byte(entry.Name()))...)
			if !entry.Type().IsRegular() {
				return nil
			}
			data, err := os.ReadFile(name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			s.Files++
			hits = append(hits, s.In(name, data)...)
			return err
		})
		if err != nil {
			return hits, err
		}
	}
	return hits, nil
}

// OpenIn searches the files that a running process holds open although they have no
// name any more, such as what SQLite sorts in.
func (s *Search) OpenIn(pid int) (hits []Hit, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		target, err := os.Readlink(name)
		if err != nil || !strings.HasPrefix(target, "/") || !strings.HasSuffix(target, " (deleted)") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue // closed meanwhile
		}
		s.Files++
		hits = append(hits, s.In(target, data)...)
	}
	return hits, err
}

// None fails a test for each word found under the paths, and where there was nothing to
// look at.
func (s *Search) None(t testing.TB, paths ...string) {
	t.Helper()
	before := s.Files
	hits, err := s.Under(paths...)
	if err != nil {
		t.Fatal(err)
	}
	if s.Files == before {
		t.Fatalf("there is no file under %v", paths)
	}
	Report(t, hits)
}

// Report fails a test for each hit.
func Report(t testing.TB, hits []Hit) {
	t.Helper()
	for _, h := range hits {
		t.Errorf("found %s", h)
	}
}

// Missing lists the words that no hit names: what a search was expected to see.
func Missing(hits []Hit, words ...string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return slices.ContainsFunc(hits, func(h Hit) bool { return h.Word == w })
	})
}
