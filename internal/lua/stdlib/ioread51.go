package stdlib

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// What Lua 5.1 reads.

// line51 pushes a line without its end, as fgets and strlen find it: behind a NUL the rest of a piece is lost, and the
// line goes on with the next one.
func line51(L state.State, s *stream) bool {
	b := L.NewBuffer()
	for {
		p := b.Prep(state.BufferSize)[:state.BufferSize-1]
		n := 0
		for n < len(p) {
			c := s.getc(L)
			if c < 0 {
				break
			}
			p[n] = byte(c)
			if n++; c == '\n' {
				break
			}
		}
		if n == 0 {
			b.PushResult()
			return L.RawLen(-1) > 0
		}
		if i := bytes.IndexByte(p[:n], 0); i >= 0 {
			n = i
		}
		if n > 0 && p[n-1] == '\n' {
			b.AddSize(n - 1)
			b.PushResult()
			return true
		}
		b.AddSize(n)
	}
}

// chars51 pushes up to n bytes, and tells whether all or any were there.
func chars51(L state.State, s *stream, n uint64) bool {
	b := L.NewBuffer()
	for {
		want := int(min(n, state.BufferSize))
		got := s.read(L, b.Prep(state.BufferSize)[:want])
		b.AddSize(got)
		if n -= uint64(got); n == 0 || got < want {
			break
		}
	}
	b.PushResult()
	return n == 0 || L.RawLen(-1) > 0
}

// scan takes bytes off a stream as long as a number may go on, as scanf does.
type scan struct {
	L    state.State
	s    *stream
	c    int
	text []byte
}

func (r *scan) next() {
	r.text = append(r.text, byte(r.c))
	r.c = r.s.getc(r.L)
}

func (r *scan) one(set string) bool {
	if r.c < 0 || !strings.ContainsRune(set, rune(r.c)) {
		return false
	}
	r.next()
	return true
}

func (r *scan) digits(set string) (n int) {
	for r.one(set) {
		n++
	}
	return n
}

// word takes a word over, whatever its letters' case.
func (r *scan) word(w string) bool {
	for i := range len(w) {
		if !r.one(w[i:i+1] + strings.ToUpper(w[i:i+1])) {
			if r.c >= 0 {
				r.next() // what is wrong is lost, too
			}
			return false
		}
	}
	return true
}

const decimals, hexadecimals = "0123456789", "0123456789abcdefABCDEF"

// float takes over what scanf's %lf does.
func (r *scan) float() {
	r.one("+-")
	switch {
	case r.c == 'n' || r.c == 'N':
		r.word("nan")
		return
	case r.c == 'i' || r.c == 'I':
		if r.word("inf") && (r.c == 'i' || r.c == 'I') {
			r.word("inity")
		}
		return
	}
	set, exp, n := decimals, "eE", 0
	if r.one("0") {
		if n = 1; r.one("xX") {
			set, exp, n = hexadecimals, "pP", 0
		}
	}
	n += r.digits(set)
	if r.one(".") {
		n += r.digits(set)
	}
	if n > 0 && r.one(exp) {
		r.one("+-")
		r.digits(decimals)
	}
}

// number51 pushes a number, or nil, as scanf reads it.
func (f files51) number(L state.State, s *stream) bool {
	r := scan{L: L, s: s}
	for r.c = s.getc(L); r.c >= 0 && charClass[r.c]&classSpace != 0; {
		r.c = s.getc(L)
	}
	if f.integral {
		r.one("+-")
		r.digits(decimals)
	} else {
		r.float()
	}
	s.ungetc(r.c)
	if f.integral {
		n, err := strconv.ParseInt(string(r.text), 10, 64)
		if err == nil || errors.Is(err, strconv.ErrRange) { // then it is the last number there is, as strtol's
			L.PushInteger(int64(int32(n)))
			return true
		}
	} else if d, ok := f.parse(L, r.text); ok {
		L.PushNumber(d)
		return true
	}
	L.PushNil()
	return false
}

// parse is strtod: an exponent without digits is left out.
func (files51) parse(L state.State, text []byte) (float64, bool) {
	t := strings.TrimRight(string(text), "+-")
	hex := strings.ContainsAny(t, "xX")
	if e := strings.TrimRight(t, "pP"); hex && e != t {
		t = e
	} else if !hex && len(t) > 1 {
		t = strings.TrimRight(t, "eE")
	}
	L.PushString(t)
	defer L.Pop(1)
	return L.ToNumber(-1)
}

// one51 reads what an argument asks for.
func (f files51) one(L state.State, s *stream, arg int) bool {
	if L.Type(arg) == state.Number {
		n := uint64(f.offset(L, arg, 0))
		if n == 0 { // is there anything?
			c := s.getc(L)
			s.ungetc(c)
			L.PushString("")
			return c >= 0
		}
		return chars51(L, s, n)
	}
	option, ok := L.ToString(arg)
	L.ArgCheck(ok && strings.HasPrefix(option, "*"), arg, "invalid option")
	switch (option + "\x00")[1] {
	case 'n':
		return f.number(L, s)
	case 'l':
		return line51(L, s)
	case 'a':
		chars51(L, s, 1<<64-1)
		return true
	}
	L.ArgError(arg, "invalid format")
	return false
}

// readArgs51 reads what the arguments from first on ask for.
func (f files51) readArgs(L state.State, s *stream, first int) int {
	nargs, n, ok := L.GetTop()-1, first, true
	s.clearError()
	if nargs == 0 {
		ok = line51(L, s)
		n++
	} else {
		L.CheckStackMsg(nargs+state.MinStack, "too many arguments")
		for ; nargs > 0 && ok; nargs-- {
			ok = f.one(L, s, n)
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

func (f files51) ioRead(L state.State) int { return f.readArgs(L, default51(L, input51), 1) }

func (f files51) read(L state.State) int { return f.readArgs(L, check51(L), 2) }

var nextLine51 = &state.Proc{F: readLine51}

// pushLines51 pushes the iterator over the lines of the file at an index.
func pushLines51(L state.State, index int, toClose bool) int {
	L.PushValue(index)
	L.PushBoolean(toClose)
	L.PushClosure(nextLine51, 2)
	return 1
}

func lines51(L state.State) int {
	check51(L)
	return pushLines51(L, 1, false)
}

func ioLines51(L state.State) int {
	if L.IsNoneOrNil(1) {
		if L.IsNone(1) {
			L.PushGlobalTable()
			L.RawGetI(-1, input51)
			L.Replace(1)
		}
		return lines51(L)
	}
	mustOpen51(L, checkCString(L, 1), "r")
	return pushLines51(L, L.GetTop(), true)
}

func readLine51(L state.State) int {
	a := L.ToUserdata(state.UpvalueIndex(1))
	if isClosed(L, a) {
		return L.Errorf("file is already closed")
	}
	s := streamOf(L, a)
	ok := line51(L, s)
	if s.failed != nil {
		text, _ := sysError(s.failed)
		return L.Errorf("%s", text)
	}
	if ok {
		return 1
	}
	if L.ToBoolean(state.UpvalueIndex(2)) {
		L.SetTop(0)
		L.PushValue(state.UpvalueIndex(1))
		closeFile(L, a)
	}
	return 0
}
