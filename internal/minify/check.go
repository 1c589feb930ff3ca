package minify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua/syntax"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/front"
	chunk53 "moonlet.example/moonlet/internal/lua53/chunk"
)

// ErrDiffers tells that the code of shorter source is not that of the source: then there is no result.
var ErrDiffers = errors.New("the shorter source would become other code: this is a fault of moonlet; please report it with the file")

// Minifier makes sources shorter, with the compiler of an edition.
type Minifier struct {
	session *hostexec.Session
	front   *front.Compiler // that of Lua 5.1
	edition hostexec.Edition
	source  []byte // what the compiler reads as a file
}

// heapBytes is room for the largest source that a compiler gets.
const heapBytes = 256 << 20

// garbageBytes may lie until it is collected.
const garbageBytes = 32 << 20

// New makes a minifier. It is to be closed.
func New(edition hostexec.Edition, numbers num.Model) (*Minifier, error) {
	m := &Minifier{edition: edition}
	system := &hostos.System{Source: func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(m.source)), nil
	}}
	s, err := hostexec.New(hostexec.Config{
		Lua: edition, Model: numbers, HeapBytes: heapBytes, Output: io.Discard, Errors: io.Discard,
		Random: new(stdlib.GlibcRand), CompileOnly: true, System: system,
	})
	if err != nil {
		return nil, err
	}
	s.CollectAbove(garbageBytes)
	m.session = s
	if edition.Lua51 {
		if m.front, err = front.New(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return m, nil
}

// Close gives the compiler's memory back.
func (m *Minifier) Close() error {
	var err error
	if m.front != nil {
		err = m.front.Close()
	}
	return errors.Join(err, m.session.Close())
}

// Minify makes a source shorter. What the compiler does not take is a *syntax.Error. The code of the result is the same
// as that of the source but for debug information, or there is none.
func (m *Minifier) Minify(source []byte, o Options) (*Result, error) {
	tree, err := m.session.Parse(source)
	if err != nil {
		return nil, err
	}
	o.Lua51, o.Integral = m.edition.Lua51, m.edition.Integral
	r := shorten(tree, o)
	compare := m.same53
	if o.Lua51 {
		compare = m.same51
	}
	same, err := compare(source, r.Text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w (%v)", ErrDiffers, err)
	case !same:
		return nil, ErrDiffers
	}
	return r, nil
}

// same51 compares the code of two sources of Lua 5.1.
func (m *Minifier) same51(a, b []byte) (bool, error) {
	const strip = 2 // the level at which there is no debug information but the lines where functions begin and end
	numbers := chunk51.NumbersOf(m.edition.Integral)
	pa, err := m.front.Compile(numbers, "=source", bytes.NewReader(text(a)), strip)
	if err != nil {
		return false, err
	}
	pb, err := m.front.Compile(numbers, "=source", bytes.NewReader(b), strip)
	return err == nil && equal51(pa, pb), err
}

// text is a source without a first line for a shell, as files are read.
func text(source []byte) []byte { return source[syntax.Begin(source):] }

// same53 compares the code of two sources of Lua 5.3.
func (m *Minifier) same53(a, b []byte) (bool, error) {
	pa, err := m.compile53(a)
	if err != nil {
		return false, err
	}
	pb, err := m.compile53(b)
	return err == nil && equal53(pa, pb), err
}

func (m *Minifier) compile53(source []byte) (*chunk53.Proto, error) {
	m.source = source
	defer func() { m.source = nil }()
	const strip = 2 // as above
	var code []byte
	if err := m.session.Compile("source", true, strip, func(p []byte) { code = append(code, p...) }); err != nil {
		return nil, err
	}
	f, err := chunk53.Decode(code)
	if err != nil {
		return nil, err
	}
	return f.Main, nil
}

// equal51 compares all of two functions but debug information. No constant is a NaN.
func equal51(a, b *chunk51.Proto) bool {
	return a.NumUpvalues == b.NumUpvalues && a.NumParams == b.NumParams && a.IsVararg == b.IsVararg &&
		a.MaxStackSize == b.MaxStackSize && slices.Equal(a.Code, b.Code) &&
		slices.Equal(a.Constants, b.Constants) && slices.EqualFunc(a.Protos, b.Protos, equal51)
}

// equal53 is the same for Lua 5.3.
func equal53(a, b *chunk53.Proto) bool {
	return a.NumParams == b.NumParams && a.IsVararg == b.IsVararg && a.MaxStackSize == b.MaxStackSize &&
		slices.Equal(a.Code, b.Code) && slices.Equal(a.Constants, b.Constants) &&
		slices.EqualFunc(a.Upvalues, b.Upvalues, func(x, y chunk53.Upvalue) bool { return x.InStack == y.InStack && x.Idx == y.Idx }) &&
		slices.EqualFunc(a.Protos, b.Protos, equal53)
}
