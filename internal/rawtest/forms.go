package rawtest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// form is one way to write a word; its text is in small ASCII letters, as what is
// searched is read.
type form struct {
	word, name string
	text       []byte
}

// formsOf spells a word in every way that it may get into a file by: as it is, in small
// and in capital letters, composed and decomposed.
func formsOf(word string) (forms []form) {
	seen := map[string]bool{}
	add := func(name string, text []byte) {
		text = small(text)
		if !seen[string(text)] {
			seen[string(text)] = true
			forms = append(forms, form{word, name, text})
		}
	}
	spellings := map[string]bool{}
	for _, w := range []string{word, strings.ToLower(word), strings.ToUpper(word), norm.NFD.String(word)} {
		if spellings[w] {
			continue
		}
		spellings[w] = true
		add("text", []byte(w))
		add("UTF-16LE", wide(w, false))
		add("UTF-16BE", wide(w, true))
		add("hex", []byte(hex.EncodeToString([]byte(w))))
		for shift := range 3 {
			for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
				add(fmt.Sprintf("base64 %d", shift), core(enc, w, shift))
			}
		}
		add("query", []byte(url.QueryEscape(w)))
		add("path", []byte(url.PathEscape(w)))
		add("percent", each(w, "%%%02x"))
		add("quoted-printable", quoted(w))
		add("JSON", escaped(w))
		add("JSON, ASCII alone", unicoded(w))
		add("HTML", []byte(html.EscapeString(w)))
		add("SQL", []byte(strings.ReplaceAll(w, "'", "''")))
	}
	for _, piece := range pieces(word) {
		add("piece", piece)
	}
	return forms
}

// small makes ASCII letters small and leaves all other bytes.
func small(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return out
}

func wide(w string, big bool) (out []byte) {
	for _, u := range utf16.Encode([]rune(w)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

// core is what base64 makes of a word behind shift bytes, without the characters that
// depend on what stands before and behind it.
func core(enc *base64.Encoding, w string, shift int) []byte {
	text := enc.EncodeToString(append(make([]byte, shift), w...))
	from := (shift*8 + 5) / 6
	to := (shift + len(w)) * 8 / 6
	return []byte(text[from:to])
}

func each(w, verb string) []byte {
	var out bytes.Buffer
	for _, b := range []byte(w) {
		fmt.Fprintf(&out, verb, b)
	}
	return out.Bytes()
}

func quoted(w string) []byte {
	var out bytes.Buffer
	for _, b := range []byte(w) {
		if b > 126 || b == '=' || b < ' ' {
			fmt.Fprintf(&out, "=%02X", b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.Bytes()
}

func escaped(w string) []byte {
	text, err := json.Marshal(w)
	if err != nil {
		return []byte(w) // no string does that
	}
	return text[1 : len(text)-1]
}

func unicoded(w string) []byte {
	var out bytes.Buffer
	for _, u := range utf16.Encode([]rune(w)) {
		if u < 128 {
			out.WriteByte(byte(u))
		} else {
			fmt.Fprintf(&out, `\u%04x`, u)
		}
	}
	return out.Bytes()
}

// pieces of eight letters of a long word of letters: PostgreSQL's compression leaves at
// least one of them whole, and a word that was cut in two shows by one.
func pieces(w string) (list [][]byte) {
	begin := len(w) - 16
	if begin < 0 || strings.ContainsFunc(w[begin:], func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' }) {
		return nil
	}
	for i := range 9 {
		list = append(list, []byte(w[begin+i:begin+i+8]))
	}
	return list
}
