// Package handbook is the documents that come along with the program: handbooks, tables
// of evidence, files to copy. It reads their Markdown (ui/docs), turns it into HTML for
// the back office and into text for a terminal, and knows in which order they are read:
// that in which start.md names them. It refuses to know who asks.
//
// A document is a file TOPIC.md that begins with "# Title", or is written by the program
// (Generated). Links go to topic.md, topic.md#heading or samples/FILE, pictures to
// pictures/FILE; anything else must begin with https://. Start reading at Library.
package handbook

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Start is the topic that lists all others.
const Start = "start"

// Generated writes documents from what the code knows, by topic. Each is Markdown
// that begins with "# Title".
type Generated map[string]func() string

// Library is all documents. It is safe for concurrent use.
type Library struct {
	topics   []*Topic // as they are read; the first is Start
	samples  map[string][]byte
	pictures map[string]*Picture
}

// Topic is one document.
type Topic struct {
	Name  string
	Title string
	Group string // the heading of start.md below which it stands; "": that file itself, or what it does not name

	Markdown []byte
	page     func() (*Page, error)
}

// Page is the document as HTML, made when it is first asked for.
func (t *Topic) Page() (*Page, error) { return t.page() }

// Open reads the folder docs of files. Samples of the program's other folders join those
// of docs/samples under their names.
func Open(files fs.FS, written Generated, more map[string][]byte) (*Library, error) {
	l := &Library{samples: map[string][]byte{}, pictures: map[string]*Picture{}}
	texts := map[string][]byte{}
	err := fs.WalkDir(files, "docs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		switch dir, base := path.Split(name); {
		case dir == "docs/" && path.Ext(base) == ".md":
			texts[strings.TrimSuffix(base, ".md")] = data
		case dir == "docs/samples/":
			l.samples[base] = data
		case dir == "docs/pictures/":
			l.pictures[base], err = newPicture(base, data)
			return err
		default:
			return fmt.Errorf("%s is neither a topic nor a sample nor a picture", name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("handbook: read: %w", err)
	}
	maps.Copy(l.samples, more)
	for name, write := range written {
		if texts[name] != nil {
			return nil, fmt.Errorf("handbook: %s is there as a file and is written by the program", name)
		}
		texts[name] = []byte(write())
	}
	return l, l.order(texts)
}

var named = regexp.MustCompile(`\]\(([a-z0-9-]+)\.md[)#]`)

// order puts the topics in the order in which Start names them; what it forgot comes last.
func (l *Library) order(texts map[string][]byte) error {
	if texts[Start] == nil {
		return fmt.Errorf("handbook: there is no %s.md", Start)
	}
	add := func(name, group string) error {
		if texts[name] == nil || slices.ContainsFunc(l.topics, func(t *Topic) bool { return t.Name == name }) {
			return nil
		}
		line, _, _ := bytes.Cut(texts[name], []byte("\n"))
		title, ok := strings.CutPrefix(string(line), "# ")
		if !ok {
			return fmt.Errorf("handbook: %s does not begin with \"# Title\"", name)
		}
		t := &Topic{Name: name, Title: strings.TrimSpace(title), Group: group, Markdown: texts[name]}
		t.page = sync.OnceValues(func() (*Page, error) { return l.render(t) })
		l.topics = append(l.topics, t)
		return nil
	}
	err := add(Start, "")
	group := ""
	for lines := bufio.NewScanner(bytes.NewReader(texts[Start])); lines.Scan() && err == nil; {
		if heading, ok := strings.CutPrefix(lines.Text(), "## "); ok {
			group = heading
		}
		for _, m := range named.FindAllStringSubmatch(lines.Text(), -1) {
			if err == nil {
				err = add(m[1], group)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err == nil {
			err = add(name, "")
		}
	}
	return err
}

// Topics are all documents as they are read.
func (l *Library) Topics() []*Topic { return slices.Clone(l.topics) }

// Topic is a document by its name, nil if there is none.
func (l *Library) Topic(name string) *Topic {
	for _, t := range l.topics {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Around are the documents before and after one, nil at the ends.
func (l *Library) Around(t *Topic) (before, after *Topic) {
	i := slices.Index(l.topics, t)
	if i > 0 {
		before = l.topics[i-1]
	}
	if i >= 0 && i+1 < len(l.topics) {
		after = l.topics[i+1]
	}
	return before, after
}

// Sample is a file to copy.
func (l *Library) Sample(name string) (data []byte, ok bool) {
	data, ok = l.samples[name]
	return data, ok
}

// Samples are the names of the files to copy.
func (l *Library) Samples() []string { return slices.Sorted(maps.Keys(l.samples)) }

// Picture is a picture of a document, nil if there is none.
func (l *Library) Picture(name string) *Picture { return l.pictures[name] }

// Pictures are the names of the pictures.
func (l *Library) Pictures() []string { return slices.Sorted(maps.Keys(l.pictures)) }
