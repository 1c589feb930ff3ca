package stdlib

import (
	"io"

	"moonlet.example/moonlet/internal/lua/state"
)

// readSize is how many bytes of a file are read at a time.
const readSize = 4096

// signature is the first byte of compiled code (LUA_SIGNATURE).
const signature = 0x1b

// source feeds a file to Load.
type source struct {
	file io.Reader
	err  error          // of the last Read, io.EOF included
	r, w int            // what is unread in buf
	pre  [4]byte        // bytes that were read while looking at the beginning
	n    int            // how many of pre Load has not got yet
	buf  [readSize]byte // block of the file
}

// fill reads the next block and tells whether there is one.
func (s *source) fill() bool {
	s.r, s.w = 0, 0
	for s.w == 0 && s.err == nil {
		s.w, s.err = s.file.Read(s.buf[:])
	}
	return s.w > 0
}

// getc reads a byte, or -1 at the end.
func (s *source) getc() int {
	if s.r == s.w && !s.fill() {
		return -1
	}
	s.r++
	return int(s.buf[s.r-1])
}

// next is the Reader.
func (s *source) next(state.State) []byte {
	if s.n > 0 {
		p := s.pre[:s.n]
		s.n = 0
		return p
	}
	if s.r == s.w && !s.fill() {
		return nil
	}
	p := s.buf[s.r:s.w]
	s.r = s.w
	return p
}

func (s *source) keep(c byte) {
	s.pre[s.n] = c
	s.n++
}

// skipBOM reads the first byte behind a UTF-8 byte order mark. The beginning of
// a mark that turns out to be none goes to Load.
func (s *source) skipBOM() int {
	const mark = "\xEF\xBB\xBF"
	s.n = 0
	for i := range len(mark) {
		c := s.getc()
		if c != int(mark[i]) {
			return c
		}
		s.keep(byte(c))
	}
	s.n = 0
	return s.getc()
}

// skipComment reads the first byte behind the mark and a first line that begins
// with '#', and tells whether there was such a line.
func (s *source) skipComment() (c int, comment bool) {
	c = s.skipBOM()
	if c != '#' {
		return c, false
	}
	for c != -1 && c != '\n' {
		c = s.getc()
	}
	return s.getc(), true
}

// LoadFile loads a chunk from a file or, without a name, from the host's
// standard input (luaL_loadfilex): it pushes the compiled chunk or an error
// message. The mode is Load's: "b", "t" or "bt".
func LoadFile(L state.State, name string, hasName bool, mode string) state.Status {
	nameIndex := L.GetTop() + 1
	var s source
	if hasName {
		L.PushFString("@%s", name)
		file, err := openFile(L, name)
		if err != nil {
			return fileError(L, "open", nameIndex, err)
		}
		defer func() { file.Close() }()
		s.file = file
		c, comment := s.skipComment()
		if c == signature { // the C code opens it again in binary mode
			again, err := openFile(L, name)
			if err != nil {
				return fileError(L, "reopen", nameIndex, err)
			}
			file.Close()
			file = again
			s = source{file: file}
			c, _ = s.skipComment()
			comment = false
		}
		s.begin(c, comment)
	} else {
		host, ok := L.Host().(Stdin)
		if !ok {
			L.Errorf("filename is NULL") // as a device has no standard input
		}
		L.PushString("=stdin")
		s.file = host.Stdin()
		s.begin(s.skipComment())
	}
	chunkName, _ := L.ToString(-1)
	status := L.Load(s.next, chunkName, mode)
	if s.err != nil && s.err != io.EOF {
		L.SetTop(nameIndex) // the result of Load does not count
		return fileError(L, "read", nameIndex, s.err)
	}
	L.Remove(nameIndex)
	return status
}

// begin puts back what was read of the chunk: a skipped line counts as a line.
func (s *source) begin(c int, comment bool) {
	if comment {
		s.keep('\n')
	}
	if c != -1 {
		s.keep(byte(c))
	}
}

// fileError replaces the chunk name at nameIndex by a message.
func fileError(L state.State, what string, nameIndex int, err error) state.Status {
	text, _ := sysError(err)
	name, _ := L.ToString(nameIndex)
	L.PushFString("cannot %s %s: %s", what, name[1:], text)
	L.Remove(nameIndex)
	return state.ErrFile
}

// openFile opens a file through the host.
func openFile(L state.State, name string) (io.ReadCloser, error) {
	host, ok := L.Host().(Files)
	if !ok {
		return nil, errNoFunction
	}
	return host.Open(name)
}

// readable tells whether a file can be opened.
func readable(L state.State, name string) bool {
	file, err := openFile(L, name)
	if err != nil {
		return false
	}
	file.Close()
	return true
}
