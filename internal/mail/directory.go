package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// Directory is a Transport that writes each message to a file of its own,
// named after the Message-ID: sending the same letter again replaces the file.
type Directory struct {
	path string
}

// NewDirectory makes the folder, readable to this user only, if it is missing.
func NewDirectory(path string) (*Directory, error) {
	if path == "" {
		return nil, fmt.Errorf("mail: the folder for letters has no name")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("mail: folder for letters: %w", err)
	}
	return &Directory{path: path}, nil
}

// Send writes the message under a name that starts with a dot, and only when
// it is safely on the disk gives it its name ending in .eml.
func (d *Directory) Send(ctx context.Context, m *Outgoing) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, &SendError{Result: ErrTemporary, Stage: StageFile, Cause: "given up", ctx: err}
	}
	if err := d.write(fileName(m.ID), m.Raw); err != nil {
		return Answer{}, &SendError{Result: ErrTemporary, Stage: StageFile, Cause: err.Error()}
	}
	return Answer{}, nil
}

// write returns errors that name the path of the folder and nothing else.
func (d *Directory) write(name string, raw []byte) (err error) {
	file, err := os.CreateTemp(d.path, ".letter-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(raw); err != nil {
		return err
	}
	if err = file.Sync(); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), filepath.Join(d.path, name)); err != nil {
		return err
	}
	folder, err := os.Open(d.path)
	if err != nil {
		return nil // the letter is there; only the folder's entry may be lost with the power
	}
	defer folder.Close()
	_ = folder.Sync()
	return nil
}

// fileName keeps what is readable of the ID; what is not usual in an ID is
// told apart by its hash.
func fileName(id string) string {
	local, _, _ := strings.Cut(id, "@")
	safe := strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_') {
			return r
		}
		return -1
	}, local)
	if safe == "" || safe != local || len(safe) > 100 {
		sum := sha256.Sum256([]byte(id))
		safe = hex.EncodeToString(sum[:16])
	}
	return safe + ".eml"
}
