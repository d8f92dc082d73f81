package rawtest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// A search that cannot find proves nothing: each spelling is made here by other code
// than that of the search.
func TestEverySpellingIsFound(t *testing.T) {
	word := "Jürgen O'Hara & " + Word("Quitte")
	s := For(word)
	ways := map[string]func(string) []byte{
		"plain": func(w string) []byte { return []byte(w) },
		"UTF-16": func(w string) (out []byte) {
			for _, u := range utf16.Encode([]rune(w)) {
				out = append(out, byte(u), byte(u>>8))
			}
			return out
		},
		"hex":              func(w string) []byte { return []byte(strings.ToUpper(hex.EncodeToString([]byte(w)))) },
		"base64":           func(w string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(w))) },
		"base64 for paths": func(w string) []byte { return []byte(base64.RawURLEncoding.EncodeToString([]byte(w))) },
		"query":            func(w string) []byte { return []byte(url.Values{"name": {w}}.Encode()) },
		"path":             func(w string) []byte { return []byte((&url.URL{Path: "/x/" + w}).String()) },
		"JSON": func(w string) []byte {
			text, err := json.Marshal(map[string]string{"name": w})
			if err != nil {
				t.Fatal(err)
			}
			return text
		},
		"SQL": func(w string) []byte { return []byte("'" + strings.ReplaceAll(w, "'", "''") + "'") },
		"quoted-printable": func(w string) []byte {
			var out bytes.Buffer
			q := quotedprintable.NewWriter(&out)
			_, err := q.Write([]byte(w))
			if err != nil || q.Close() != nil {
				t.Fatal(err)
			}
			return out.Bytes()
		},
		"gzip": func(w string) []byte {
			return pack(t, w, func(o io.Writer) io.WriteCloser { return gzip.NewWriter(o) })
		},
		"zlib": func(w string) []byte {
			return pack(t, w, func(o io.Writer) io.WriteCloser { return zlib.NewWriter(o) })
		},
	}
	for name, way := range ways {
		for _, spelled := range []string{word, strings.ToLower(word), strings.ToUpper(word)} {
			for shift := range 3 {
				data := append([]byte("before\x00\xff"), way(strings.Repeat("#", shift)+spelled+" behind")...)
				if hits := s.In(name, data); len(hits) == 0 {
					t.Errorf("%s of %q: not found in %q", name, spelled, data)
				}
			}
		}
	}
	other := For("Jürgen O'Hara & " + Word("Quitte"))
	for name, way := range ways {
		if hits := other.In(name, way(word)); len(hits) != 0 {
			t.Errorf("%s: found what is not there: %v", name, hits)
		}
	}
}

func pack(t *testing.T, w string, packer func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	p := packer(&out)
	if _, err := p.Write([]byte(strings.Repeat("filling ", 50) + w)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// PostgreSQL's compression puts a byte between each eight letters that it has not seen
// before.
func TestPiecesAreFound(t *testing.T) {
	word := Word("Quitte")
	for shift := range 8 {
		cut := word[:shift]
		for rest := word[shift:]; rest != ""; rest = rest[min(8, len(rest)):] {
			cut += "\x00" + rest[:min(8, len(rest))]
		}
		if hits := For(word).In("cut", []byte(cut)); len(hits) == 0 {
			t.Errorf("not found in %q", cut)
		}
	}
}

func TestFilesAreSearched(t *testing.T) {
	dir, word := t.TempDir(), Word("Quitte")
	if err := os.MkdirAll(filepath.Join(dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"clean": "nothing", "below/db-wal": strings.Repeat("\x00", 5000) + word, word + ".txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := For(word)
	hits, err := s.Under(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Files != 3 || len(Missing(hits, word, "other")) != 1 {
		t.Errorf("got %d files and %v", s.Files, hits)
	}
	where := map[string]bool{}
	for _, h := range hits {
		where[filepath.Base(h.Where)] = true
	}
	if !where["db-wal"] || !where[word+".txt"] || where["clean"] {
		t.Errorf("got hits in %v", where)
	}

	open, err := os.Create(filepath.Join(dir, "gone"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := open.WriteString(word); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(open.Name()); err != nil {
		t.Fatal(err)
	}
	if hits, err := s.OpenIn(os.Getpid()); err != nil || len(hits) == 0 {
		t.Errorf("a file without a name: got %v, %v", hits, err)
	}
}
