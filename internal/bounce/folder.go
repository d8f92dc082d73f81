package bounce

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Folder is a folder on this machine into which a mail server drops messages: a Maildir,
// or one file per message whose name ends in .eml. What is done with is deleted; in a
// Maildir it is moved to those that were read. The others stay as they are, and are
// looked at once as long as the program runs.
type Folder struct {
	Path string

	mu   sync.Mutex
	left map[string]bool
}

// Name implements Source.
func (f *Folder) Name() string { return "folder " + f.Path }

// Each implements Source. The mark is the same as before.
func (f *Folder) Each(ctx context.Context, since Mark, take func(raw []byte) (bool, error)) (Mark, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return since, err
	}
	defer root.Close()
	dir, maildir := ".", false
	if info, err := root.Stat("new"); err == nil && info.IsDir() {
		dir, maildir = "new", true
	}
	names, err := f.fresh(root, dir, maildir)
	for _, name := range names {
		if ctx.Err() != nil {
			return since, errors.Join(err, ctx.Err())
		}
		over, failed := f.one(root, filepath.Join(dir, name), maildir, take)
		if err = errors.Join(err, failed); over {
			break
		}
	}
	return since, err
}

// fresh lists what was not looked at yet, and forgets what is not there any more.
func (f *Folder) fresh(root *os.Root, dir string, maildir bool) (names []string, err error) {
	list, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, e := range list {
		name := e.Name()
		if !e.Type().IsRegular() || strings.HasPrefix(name, ".") || !maildir && !strings.HasSuffix(name, ".eml") {
			continue
		}
		if f.left[name] {
			there[name] = true
		} else if len(names) < most {
			names = append(names, name)
		}
	}
	f.left = there
	slices.Sort(names)
	return names, nil
}

// one reads a message. over is that nothing more can be taken; a file that cannot be read,
// or put away, stops none of the others.
func (f *Folder) one(root *os.Root, path string, maildir bool, take func([]byte) (bool, error)) (over bool, err error) {
	file, err := root.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // somebody else was faster
	}
	if err != nil {
		return false, err
	}
	raw, err := io.ReadAll(io.LimitReader(file, MaxSize))
	if err := errors.Join(err, file.Close()); err != nil {
		return false, err
	}
	done, err := take(raw)
	switch {
	case err != nil:
		return true, err
	case !done:
		f.left[filepath.Base(path)] = true
	case maildir:
		err = root.Rename(path, filepath.Join("cur", filepath.Base(path)+":2,S"))
	default:
		err = root.Remove(path)
	}
	if err != nil {
		f.left[filepath.Base(path)] = true // it was taken, once
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return false, err
}
