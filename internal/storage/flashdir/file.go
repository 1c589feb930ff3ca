package flashdir

import (
	"errors"
	"io"

	"moonlet.example/moonlet/internal/port"
)

// file implements port.File.
type file struct {
	fs   *FS
	node *node // nil once it is closed
	mode port.OpenMode
	pos  int
	slot int
}

// drop makes the file a closed one, whatever became of the host's.
func (f *file) drop() {
	f.fs.open[f.slot] = nil
	f.node.refs--
	if f.node.refs == 0 {
		f.node.release()
	}
	f.node = nil
}

// Close implements port.File.
func (f *file) Close() error {
	if f.node == nil {
		return port.ErrFileClosed
	}
	f.drop()
	return nil
}

// check tells why an operation that needs a mode cannot be done.
func (f *file) check(m port.OpenMode) error {
	if f.node == nil {
		return port.ErrFileClosed
	}
	if f.mode&m != m {
		return port.ErrFileMode
	}
	return f.fs.host(f.node)
}

// Read implements port.File.
func (f *file) Read(p []byte) (int, error) {
	if err := f.check(port.OpenRead); err != nil {
		return 0, err
	}
	n := min(len(p), f.node.size-f.pos)
	if n <= 0 {
		return 0, nil
	}
	got, err := f.node.f.ReadAt(p[:n], int64(f.pos))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, f.fs.failed("reading", f.node.name, err)
	}
	f.pos += got
	return got, nil
}

// Write implements port.File. If the host fails midway, what was there before is
// put back.
func (f *file) Write(p []byte) (int, error) {
	if err := f.check(port.OpenWrite); err != nil {
		return 0, err
	}
	n := f.node
	if f.mode&port.OpenAppend != 0 {
		f.pos = n.size
	}
	f.pos = min(f.pos, n.size) // another handle may have cut the file
	if len(p) == 0 {
		return 0, nil
	}
	if !f.fs.room(len(p) + dataSize) {
		return 0, port.ErrFilesFull
	}
	before := make([]byte, min(len(p), n.size-f.pos))
	if _, err := n.f.ReadAt(before, int64(f.pos)); err != nil && !errors.Is(err, io.EOF) {
		return 0, f.fs.failed("reading", n.name, err)
	}
	if _, err := n.f.WriteAt(p, int64(f.pos)); err != nil {
		_, undo := n.f.WriteAt(before, int64(f.pos))
		return 0, f.fs.failed("writing", n.name, errors.Join(err, undo, n.f.Truncate(int64(n.size))))
	}
	f.pos += len(p)
	f.fs.resize(n, max(n.size, f.pos))
	return len(p), nil
}

// Seek implements port.File.
func (f *file) Seek(offset int, w port.Whence) (int, error) {
	if f.node == nil {
		return 0, port.ErrFileClosed
	}
	switch w {
	case port.SeekCur:
		offset += f.pos
	case port.SeekEnd:
		offset += f.node.size
	}
	if offset < 0 {
		return 0, port.ErrSeekBeforeTop
	}
	if offset > f.node.size {
		f.pos = f.node.size
		return 0, port.ErrSeekPastEnd
	}
	f.pos = offset
	return offset, nil
}

// Tell implements port.File.
func (f *file) Tell() int { return f.pos }

// Size implements port.File.
func (f *file) Size() int {
	if f.node == nil {
		return 0
	}
	return f.node.size
}

// Flush implements port.File. Nothing is held back, so there is nothing to do.
func (f *file) Flush() error {
	if f.node == nil {
		return port.ErrFileClosed
	}
	return nil
}
