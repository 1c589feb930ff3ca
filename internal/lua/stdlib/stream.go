package stdlib

import (
	"bytes"
	"io"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// Buffering of a stream (setvbuf).
const (
	bufNone = iota
	bufFull
	bufLine
)

// streamBuffer is the size of a stream's buffers in bytes.
const streamBuffer = 4096

// stream is what FILE is to C: a file, or one of the three standard streams,
// with buffers and the conditions "end of file" and "error".
type stream struct {
	file File                                // nil for a standard stream
	in   io.Reader                           // nil if it cannot be read
	out  func(L state.State, p []byte) error // nil if it cannot be written
	sync func() error                        // of a standard stream that holds something back itself, else nil

	buf    []byte // what was read ahead: buf[r:w]
	r, w   int
	held   []byte // what was written and not yet flushed
	mode   int
	ended  error // what ended the last read, io.EOF included
	failed error // sticky error of reading (ferror)
}

// newStream makes a stream of a file that was opened with a mode of fopen.
func newStream(f File, mode string) *stream {
	s := &stream{file: f, mode: bufFull}
	update := strings.Contains(mode, "+")
	if update || mode[0] == 'r' {
		s.in = f
	}
	if update || mode[0] != 'r' {
		s.out = func(_ state.State, p []byte) error {
			_, err := f.Write(p)
			return err
		}
	}
	return s
}

// stdStreams makes standard input, output and error.
func stdStreams(L state.State) [3]*stream {
	var in io.Reader
	if host, ok := L.Host().(Stdin); ok {
		in = host.Stdin()
	}
	var sync func() error
	if host, ok := L.Host().(Flusher); ok {
		sync = host.FlushOutput
	}
	return [3]*stream{
		{in: in},
		{out: func(L state.State, p []byte) error { L.Output(p); return nil }, sync: sync, mode: bufFull},
		{out: func(L state.State, p []byte) error { L.ErrorOutput(string(p)); return nil }},
	}
}

// clearError forgets end of file and error, so that reading tries again.
func (s *stream) clearError() { s.ended, s.failed = nil, nil }

// fill reads ahead and tells whether there is anything.
func (s *stream) fill(L state.State) bool {
	if err := s.flush(L); err != nil {
		s.ended = err
	}
	s.r, s.w = 0, 0
	if s.in == nil {
		s.ended = errBadFile
	} else if s.buf == nil {
		s.buf = make([]byte, streamBuffer)
	}
	for s.w == 0 && s.ended == nil {
		s.w, s.ended = s.in.Read(s.buf)
	}
	if s.w == 0 && s.ended != io.EOF {
		s.failed = s.ended
	}
	return s.w > 0
}

// getc reads a byte, or -1.
func (s *stream) getc(L state.State) int {
	if s.r == s.w && !s.fill(L) {
		return -1
	}
	s.r++
	return int(s.buf[s.r-1])
}

// ungetc puts back what getc returned just now.
func (s *stream) ungetc(c int) {
	if c >= 0 {
		s.r--
	}
}

// read fills p as far as there is anything to read.
func (s *stream) read(L state.State, p []byte) int {
	n := 0
	for n < len(p) && (s.r < s.w || s.fill(L)) {
		k := copy(p[n:], s.buf[s.r:s.w])
		s.r += k
		n += k
	}
	return n
}

// write writes p, which may alias device memory.
func (s *stream) write(L state.State, p []byte) error {
	if s.out == nil {
		return errBadFile
	}
	if s.file == nil || s.mode == bufNone {
		err := s.out(L, p)
		if err == nil && s.sync != nil && (s.mode == bufNone || s.mode == bufLine && bytes.IndexByte(p, '\n') >= 0) {
			err = s.sync()
		}
		return err
	}
	if s.r < s.w { // reading goes on behind what is written
		if _, err := s.seek(L, 0, io.SeekCurrent); err != nil {
			return err
		}
	}
	s.held = append(s.held, p...)
	if len(s.held) >= streamBuffer || s.mode == bufLine && bytes.IndexByte(p, '\n') >= 0 {
		return s.flush(L)
	}
	return nil
}

// flush writes what is held back.
func (s *stream) flush(L state.State) error {
	if s.sync != nil {
		return s.sync()
	}
	if len(s.held) == 0 {
		return nil
	}
	p := s.held
	s.held = s.held[:0]
	return s.out(L, p)
}

// seek moves the position and returns the new one.
func (s *stream) seek(L state.State, offset int64, whence int) (int64, error) {
	if s.file == nil {
		return 0, errSeek
	}
	if err := s.flush(L); err != nil {
		return 0, err
	}
	if whence == io.SeekCurrent {
		offset -= int64(s.w - s.r)
	}
	pos, err := s.file.Seek(offset, whence)
	if err == nil {
		s.r, s.w = 0, 0
		s.clearError()
	}
	return pos, err
}

// close closes the file.
func (s *stream) close(L state.State) error {
	err := s.flush(L)
	if s.file != nil {
		if e := s.file.Close(); err == nil {
			err = e
		}
	}
	return err
}
