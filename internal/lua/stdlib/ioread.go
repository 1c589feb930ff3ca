package stdlib

import (
	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/numconv"
	"moonlet.example/moonlet/internal/lua/state"
)

const (
	maxNumeral  = 200 // length of a numeral that read accepts, in bytes (L_MAXLENNUM)
	maxLineArgs = 250 // arguments of lines: they become upvalues (MAXARGLINE)
)

// appendNumber appends a number in the format of file:write, which has no ".0"
// for floats without a fraction, unlike tostring.
func appendNumber(L state.State, dst []byte, arg int) []byte {
	if L.IsInteger(arg) {
		n, _ := L.ToInteger(arg)
		return cfmt.Int(dst, cfmt.Spec{Verb: 'd', Prec: -1}, n, 64)
	}
	f, _ := L.ToNumber(arg)
	if singleFloat(L) {
		return L.CLibrary().AppendG(dst, f, 7)
	}
	return L.CLibrary().AppendG(dst, f, 14)
}

// numeral collects what may be a numeral from a stream.
type numeral struct {
	L    state.State
	s    *stream
	c    int // next byte, -1 at the end
	text []byte
	full bool // it became too long
}

// next takes the current byte over and reads another one.
func (r *numeral) next() bool {
	if len(r.text) >= maxNumeral {
		r.full = true
		return false
	}
	r.text = append(r.text, byte(r.c))
	r.c = r.s.getc(r.L)
	return true
}

// take takes the current byte over if it is one of two.
func (r *numeral) take(a, b byte) bool {
	return (r.c == int(a) || r.c == int(b)) && r.next()
}

// digits takes digits over and returns their number.
func (r *numeral) digits(set class) int {
	n := 0
	for r.c >= 0 && charClass[r.c]&set != 0 && r.next() {
		n++
	}
	return n
}

// readNumber pushes the number that is next in the stream, or nil. It reads the
// longest prefix that looks like one, and one byte beyond.
func readNumber(L state.State, s *stream) bool {
	var room [maxNumeral]byte
	r := numeral{L: L, s: s, text: room[:0]}
	for r.c = s.getc(L); r.c >= 0 && charClass[r.c]&classSpace != 0; {
		r.c = s.getc(L)
	}
	r.take('-', '+')
	count, set, exp := 0, classDigit, byte('e')
	if r.take('0', '0') {
		if r.take('x', 'X') {
			set, exp = classXDigit, 'p'
		} else {
			count = 1
		}
	}
	count += r.digits(set)
	if r.take('.', '.') {
		count += r.digits(set)
	}
	if count > 0 && r.take(exp, exp-'a'+'A') {
		r.take('-', '+')
		r.digits(classDigit)
	}
	s.ungetc(r.c)
	if !r.full {
		if n, ok := numconv.ParseInt(r.text, intBits(L)); ok {
			L.PushInteger(n)
			return true
		}
		if f, ok := L.CLibrary().ParseFloat(r.text); ok {
			L.PushNumber(f)
			return true
		}
	}
	L.PushNil()
	return false
}

// readLine pushes a line, without its end if chop is set, and tells whether
// there was anything.
func readLine(L state.State, s *stream, chop bool) bool {
	b := L.NewBuffer()
	c := 0
	for c != -1 && c != '\n' {
		p := b.Prep(state.BufferSize)[:state.BufferSize]
		n := 0
		for n < len(p) {
			if c = s.getc(L); c == -1 || c == '\n' {
				break
			}
			p[n] = byte(c)
			n++
		}
		b.AddSize(n)
	}
	if !chop && c == '\n' {
		b.AddByte('\n')
	}
	b.PushResult()
	return c == '\n' || L.RawLen(-1) > 0
}

// readAll pushes everything up to the end.
func readAll(L state.State, s *stream) {
	b := L.NewBuffer()
	for {
		n := s.read(L, b.Prep(state.BufferSize)[:state.BufferSize])
		b.AddSize(n)
		if n < state.BufferSize {
			break
		}
	}
	b.PushResult()
}

// readChars pushes up to n bytes and tells whether there were any.
func readChars(L state.State, s *stream, n int) bool {
	b := L.NewBuffer()
	n = s.read(L, b.Prep(n)[:n])
	b.AddSize(n)
	b.PushResult()
	return n > 0
}

// readOne pushes what the argument arg asks for and tells whether it was there.
func readOne(L state.State, s *stream, arg int) bool {
	if L.Type(arg) == state.Number {
		n := L.CheckInteger(arg)
		switch {
		case n == 0: // only a test for the end
			c := s.getc(L)
			s.ungetc(c)
			L.PushString("")
			return c >= 0
		case n < 0 || n > maxSize: // does not fit in memory
			n = maxSize
		}
		return readChars(L, s, int(n))
	}
	format := checkCString(L, arg)
	if format != "" && format[0] == '*' {
		format = format[1:] // as in older versions of Lua
	}
	if format == "" {
		format = " "
	}
	switch format[0] {
	case 'n':
		return readNumber(L, s)
	case 'l':
		return readLine(L, s, true)
	case 'L':
		return readLine(L, s, false)
	case 'a':
		readAll(L, s)
		return true
	}
	L.ArgError(arg, "invalid format")
	return false
}

// readArgs reads what the arguments from first on ask for.
func readArgs(L state.State, s *stream, first int) int {
	nargs := L.GetTop() - 1
	s.clearError()
	n := first
	ok := true
	if nargs == 0 {
		ok = readLine(L, s, true)
		n++
	} else {
		L.CheckStackMsg(nargs+state.MinStack, "too many arguments")
		for ; nargs > 0 && ok; nargs-- {
			ok = readOne(L, s, n)
			n++
		}
	}
	if s.failed != nil {
		return fileResult(L, s.failed)
	}
	if !ok {
		L.Pop(1)
		L.PushNil()
	}
	return n - first
}

func ioRead(L state.State) int { return readArgs(L, defaultFile(L, ioInput), 1) }

func fileRead(L state.State) int { return readArgs(L, checkFile(L), 2) }

var readLineProc = &state.Proc{F: nextLine}

// pushLines makes the iterator of lines: its upvalues are the file, the number
// of arguments, whether it closes the file at its end, and the arguments.
func pushLines(L state.State, toClose bool) {
	n := L.GetTop() - 1
	if n > maxLineArgs {
		L.ArgError(maxLineArgs+2, "too many arguments")
	}
	L.PushInteger(int64(n))
	L.PushBoolean(toClose)
	L.Rotate(2, 2)
	L.PushClosure(readLineProc, 3+n)
}

func fileLines(L state.State) int {
	checkFile(L)
	pushLines(L, false)
	return 1
}

func ioLines(L state.State) int {
	if L.IsNone(1) {
		L.PushNil()
	}
	toClose := !L.IsNil(1)
	if toClose {
		mustOpen(L, checkCString(L, 1), "r")
		L.Replace(1)
	} else {
		L.GetField(state.RegistryIndex, ioInput)
		L.Replace(1)
		checkFile(L)
	}
	pushLines(L, toClose)
	return 1
}

func nextLine(L state.State) int {
	a := L.ToUserdata(state.UpvalueIndex(1))
	count, _ := L.ToInteger(state.UpvalueIndex(2))
	if isClosed(L, a) {
		return L.Errorf("file is already closed")
	}
	L.SetTop(1)
	L.CheckStackMsg(int(count), "too many arguments")
	for i := 1; i <= int(count); i++ {
		L.PushValue(state.UpvalueIndex(3 + i))
	}
	n := readArgs(L, streamOf(L, a), 2)
	if L.ToBoolean(-n) {
		return n
	}
	if n > 1 { // not just the end: there is a message
		msg, _ := L.ToString(-n + 1)
		return L.Errorf("%s", msg)
	}
	if L.ToBoolean(state.UpvalueIndex(3)) {
		L.SetTop(0)
		L.PushValue(state.UpvalueIndex(1))
		closeFile(L, a)
	}
	return 0
}
