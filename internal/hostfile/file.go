package hostfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"syscall"
)

// File is an open file.
type File struct {
	f    handle
	host *Host
	path string
}

// plain is an error if something is no plain file.
func plain(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return pathError(Open, path, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return pathError(Open, path, ErrNotRegular)
	}
	return nil
}

// Path is the path of the file as it was opened.
func (f *File) Path() string { return f.path }

// Stat tells about the file.
func (f *File) Stat() (fs.FileInfo, error) {
	if err := f.host.ask(Stat, f.path); err != nil {
		return nil, err
	}
	info, err := f.f.Stat()
	return info, f.wrap(Stat, err)
}

// wrap gives an error the whole path.
func (f *File) wrap(kind Kind, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return pathError(kind, f.path, err)
}

// Read implements io.Reader.
func (f *File) Read(p []byte) (int, error) {
	if err := f.host.ask(Read, f.path); err != nil {
		return 0, err
	}
	n, err := f.f.Read(p)
	return n, f.wrap(Read, err)
}

// ReadAt implements io.ReaderAt.
func (f *File) ReadAt(p []byte, at int64) (int, error) {
	if err := f.host.ask(Read, f.path); err != nil {
		return 0, err
	}
	n, err := f.f.ReadAt(p, at)
	return n, f.wrap(Read, err)
}

// Write implements io.Writer.
func (f *File) Write(p []byte) (int, error) {
	if err := f.host.ask(Write, f.path); err != nil {
		return 0, err
	}
	n, err := f.f.Write(p)
	return n, f.wrap(Write, err)
}

// WriteAt implements io.WriterAt.
func (f *File) WriteAt(p []byte, at int64) (int, error) {
	if err := f.host.ask(Write, f.path); err != nil {
		return 0, err
	}
	n, err := f.f.WriteAt(p, at)
	return n, f.wrap(Write, err)
}

// Truncate changes the size.
func (f *File) Truncate(size int64) error {
	if err := f.host.ask(Truncate, f.path); err != nil {
		return err
	}
	return f.wrap(Truncate, f.f.Truncate(size))
}

// Sync waits until the disk has what was written.
func (f *File) Sync() error {
	if err := f.host.ask(Sync, f.path); err != nil {
		return err
	}
	if f.host != nil && f.host.NoSync {
		return nil
	}
	return f.wrap(Sync, f.f.Sync())
}

// chmod changes who may do what with it.
func (f *File) chmod(perm fs.FileMode) error {
	if err := f.host.ask(Chmod, f.path); err != nil {
		return err
	}
	return f.wrap(Chmod, f.f.Chmod(perm))
}

// Close closes the file, also if it tells an error.
func (f *File) Close() error {
	err := f.host.ask(Close, f.path)
	return errors.Join(err, f.wrap(Close, f.f.Close()))
}

// readAll reads what is there, of no more than most bytes, and closes the file.
func (f *File) readAll(most int64) ([]byte, error) {
	defer f.Close()
	var b bytes.Buffer
	if info, err := f.f.Stat(); err == nil && info.Size() <= most {
		b.Grow(int(info.Size()) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(f, most+1))
	if err == nil && n > most {
		err = pathError(Read, f.path, ErrTooLarge)
	}
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
