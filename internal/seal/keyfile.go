package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// LoadKeys reads the data keys from their file. If there is none it makes one with one
// key, readable by its owner alone; when several processes do so at once, all end up with
// the same key. A file that others may read, or that holds no keys, is refused with an
// error that says what to do.
func LoadKeys(path string) (*Keys, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("make the data key file %s: %w", path, err)
		}
	}
	list, err := ReadKeys(path)
	if err != nil {
		return nil, err
	}
	keys, err := NewKeys(list...)
	if err != nil {
		return nil, fmt.Errorf("the data key file %s: %w", path, err)
	}
	return keys, nil
}

// mostFile bounds a key file: a line has some 60 characters.
const mostFile = 64 << 10

// ReadKeys reads the data keys of a key file, the newest last. Such a file holds either
// one key as KeySize raw bytes, or text: on each line a date, for people, and a key as
// base64; lines that begin with # are for people, too.
func ReadKeys(path string) ([][]byte, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	if len(text) == KeySize {
		return [][]byte{text}, nil
	}
	list, ok := parseKeys(string(text))
	if !ok {
		return nil, fmt.Errorf("the data key file %s has %d bytes instead of %d, and is no list of keys: it is no data key or was cut off; "+
			"restore it from the backup (remove it only if there are no bookings yet: they cannot be read without it)",
			path, len(text), KeySize)
	}
	return list, nil
}

func parseKeys(text string) (list [][]byte, ok bool) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 {
			return nil, false
		}
		key, err := base64.StdEncoding.DecodeString(words[1])
		if _, dateErr := time.Parse(time.DateOnly, words[0]); err != nil || dateErr != nil || len(key) != KeySize {
			return nil, false
		}
		list = append(list, key)
	}
	return list, len(list) > 0
}

// readPrivate reads a file that only its owner may read.
func readPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the data key: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the data key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the data key file %s is not a file; set data_key_file to the path of a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the data key file %s can be read or written by others (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, mostFile))
	if err != nil {
		return nil, fmt.Errorf("read the data key %s: %w", path, err)
	}
	return text, nil
}

// AddKey adds a data key to a key file, as the newest one, and makes it a list where it
// was not. Keys and comments that are there stay, also those that others add meanwhile.
func AddKey(path string, key []byte, today time.Time) (err error) {
	release, err := lockFolder(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	text, err := listed(path)
	if err != nil {
		return err
	}
	return replace(path, text+keyLine(today, key))
}

// RetireKeys moves data keys, named by their fingerprints, out of a key file into a file
// beside it, whose name it gives: backups from before may need them. Where none of them
// is in the file the name is "".
func RetireKeys(path string, fingerprints []string) (aside string, err error) {
	release, err := lockFolder(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	text, err := listed(path)
	if err != nil {
		return "", err
	}
	var kept, gone strings.Builder
	for line := range strings.Lines(text) {
		to := &kept
		if list, ok := parseKeys(line); ok {
			one, err := derive(list[0])
			if err != nil {
				return "", err
			}
			if slices.Contains(fingerprints, one.fingerprint) {
				to = &gone
			}
		}
		to.WriteString(line)
	}
	if gone.Len() == 0 {
		return "", nil
	}
	aside = path + ".retired"
	before, err := listed(aside)
	if errors.Is(err, fs.ErrNotExist) {
		before = "# Retired data keys of Terminvergabe: only backups from before need them. Keep this\n# file apart, and delete it with the last of those backups.\n"
	} else if err != nil {
		return "", err
	}
	if err := replace(aside, before+gone.String()); err != nil {
		return "", err
	}
	return aside, replace(path, kept.String())
}

// lockFolder keeps others from changing key files in a file's folder until it is released:
// of two who read a file and write it anew, one would take away the key that the other has
// just added. It locks the folder, since the file itself is replaced. Where a folder cannot
// be locked (NFS) it goes on without.
func lockFolder(path string) (release func() error, err error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil && !errors.Is(err, syscall.EBADF) && !errors.Is(err, syscall.ENOLCK) && !errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(fmt.Errorf("lock the folder of %s: %w", path, err), folder.Close())
	}
	return folder.Close, nil
}

// listed is a key file as a list, which the file of one raw key is not yet.
func listed(path string) (string, error) {
	list, err := ReadKeys(path)
	if err != nil {
		return "", err
	}
	text, err := readPrivate(path)
	if err != nil || len(text) != KeySize {
		return strings.TrimRight(string(text), "\n") + "\n", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return "# Data keys of Terminvergabe, the newest last. Without them no booking can be read: keep a\n" +
		"# copy in another place than the backups.\n" + keyLine(info.ModTime(), list[0]), nil
}

func keyLine(made time.Time, key []byte) string {
	return made.UTC().Format(time.DateOnly) + " " + base64.StdEncoding.EncodeToString(key) + "\n"
}

// replace puts a text into a file's place as a whole: nobody ever sees half of it, and
// its owner stays.
func replace(path, text string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".data-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	if info, err := os.Stat(path); err == nil {
		if was, ok := info.Sys().(*syscall.Stat_t); ok && int(was.Uid) != os.Geteuid() {
			if err := draft.Chown(int(was.Uid), int(was.Gid)); err != nil {
				return errors.Join(err, draft.Close())
			}
		}
	}
	_, err = io.WriteString(draft, text)
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(draft.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// createKey puts a new key at path unless a file is already there. It writes
// a file beside it first and then links it: nobody ever sees half a key, and
// whoever comes second keeps the key of the first.
func createKey(path string) error {
	dir := filepath.Dir(path)
	draft, err := os.CreateTemp(dir, ".data-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(newKey())
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in the folder survive a power cut.
func syncDir(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
