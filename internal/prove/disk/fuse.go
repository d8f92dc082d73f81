package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// The numbers of the FUSE protocol that one file needs (linux/fuse.h).
const (
	opForget      = 2
	opGetattr     = 3
	opSetattr     = 4
	opOpen        = 14
	opRead        = 15
	opWrite       = 16
	opRelease     = 18
	opFsync       = 20
	opFlush       = 25
	opInit        = 26
	opInterrupt   = 36
	opBatchForget = 42

	headIn, headOut = 40, 16
	directIO        = 1       // no page cache between the block device and us
	maxPages        = 1 << 22 // a flag of opInit
	bigWrites       = 1 << 5
	maxWrite        = 1 << 20
)

// serve answers the kernel until the file is unmounted. It is the only one that
// writes to the recorder's image.
func (r *Recorder) serve() {
	defer syscall.Close(r.fuse)
	in := make([]byte, maxWrite+4096)
	for {
		n, err := syscall.Read(r.fuse, in)
		if errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOENT) {
			continue
		}
		if err != nil || n < headIn {
			return // ENODEV: unmounted
		}
		r.answer(in[:n])
	}
}

var le = binary.LittleEndian

func (r *Recorder) answer(in []byte) {
	op, unique, body := le.Uint32(in[4:]), le.Uint64(in[8:]), in[headIn:]
	var out []byte
	var errno syscall.Errno
	switch op {
	case opForget, opBatchForget, opInterrupt:
		return // no answer is wanted
	case opInit:
		out = initAnswer(body)
	case opGetattr, opSetattr:
		out = r.attributes()
	case opOpen:
		out = make([]byte, 16)
		le.PutUint32(out[8:], directIO)
	case opRead:
		out = r.read(int64(le.Uint64(body[8:])), int(le.Uint32(body[16:])))
	case opWrite:
		size := le.Uint32(body[16:])
		r.write(int64(le.Uint64(body[8:])), body[40:40+size])
		out = make([]byte, 8)
		le.PutUint32(out, size)
	case opFsync:
		r.flush()
	case opFlush, opRelease:
	default:
		errno = syscall.ENOSYS
	}
	head := make([]byte, headOut, headOut+len(out))
	le.PutUint32(head, uint32(headOut+len(out)))
	le.PutUint32(head[4:], uint32(-int32(errno)))
	le.PutUint64(head[8:], unique)
	_, _ = syscall.Write(r.fuse, append(head, out...)) // an error: the asker has gone
}

func initAnswer(body []byte) []byte {
	out := make([]byte, 64)
	le.PutUint32(out, 7)
	le.PutUint32(out[4:], min(le.Uint32(body[4:]), 31))
	le.PutUint32(out[12:], le.Uint32(body[12:])&(bigWrites|maxPages))
	le.PutUint16(out[16:], 64) // requests in the background
	le.PutUint16(out[18:], 48)
	le.PutUint32(out[20:], maxWrite)
	le.PutUint32(out[24:], 1) // granularity of times, ns
	le.PutUint16(out[28:], maxWrite/4096)
	return out
}

func (r *Recorder) attributes() []byte {
	out := make([]byte, 16+88)
	attr := out[16:]
	le.PutUint64(attr, 1)
	le.PutUint64(attr[8:], uint64(len(r.image)))
	le.PutUint64(attr[16:], uint64(len(r.image)/512))
	le.PutUint32(attr[60:], syscall.S_IFREG|0o600)
	le.PutUint32(attr[64:], 1)
	le.PutUint32(attr[80:], 4096)
	return out
}

// mountFile makes a file whose content is ours to give. Only root may.
func (r *Recorder) mountFile() error {
	if err := os.WriteFile(r.file, nil, 0o600); err != nil {
		return err
	}
	fd, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/fuse: %w", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=100000,user_id=0,group_id=0", fd)
	if err := syscall.Mount("prove", r.file, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return errors.Join(fmt.Errorf("mount a file of our own: %w", err), syscall.Close(fd))
	}
	r.fuse = fd
	go r.serve()
	return nil
}
