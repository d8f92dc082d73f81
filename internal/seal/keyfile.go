package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadKeys reads the data key from a file of KeySize raw bytes. If there is
// none it makes one, readable by its owner alone; when several processes do
// so at once, all end up with the same key. A file that others may read, or
// that is no key, is refused with an error that says what to do.
func LoadKeys(path string) (*Keys, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil {
			return nil, fmt.Errorf("make the data key file %s: %w", path, err)
		}
		key, err = readKey(path)
	}
	if err != nil {
		return nil, err
	}
	return NewKeys(key)
}

func readKey(path string) ([]byte, error) {
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
	key, err := io.ReadAll(io.LimitReader(file, KeySize+1))
	if err != nil {
		return nil, fmt.Errorf("read the data key %s: %w", path, err)
	}
	if len(key) != KeySize {
		return nil, fmt.Errorf("the data key file %s has %d bytes instead of %d: it is no data key or was cut off; "+
			"restore it from the backup (remove it only if there are no bookings yet: they cannot be read without it)",
			path, info.Size(), KeySize)
	}
	return key, nil
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
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	_, err = draft.Write(key)
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
