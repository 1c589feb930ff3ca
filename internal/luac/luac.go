// Package luac is the cross compiler: what the firmware's host tool luac.cross
// does with its files, between the command line and the formats of package chunk.
package luac

import (
	"fmt"
	"io"
	"strings"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// Compiler compiles files one after the other.
type Compiler struct {
	session *hostexec.Session
	dump    []byte // reused
}

const (
	heapBytes = 512 << 20 // more than any source takes that a module could load
	dumpSize  = 8 << 10   // of most files
	garbage   = 2 << 20   // see hostexec.Session.CollectAbove
)

// Config is what a Compiler needs.
type Config struct {
	Model num.Model
	// Strip is the level at which debug information is left out
	// (LUAI_OPTIMIZE_DEBUG of the firmware's build, 1 by default).
	Strip int
	// Word32 finds equal integer constants of 64 bits as a compiler built for 32 bits
	// does, that on the chip included: some come twice.
	Word32 bool
	Input  io.Reader // the standard input
	Files  Files     // where files are read; nil is the host's
}

// Files is where a Compiler reads.
type Files interface {
	Open(name string) (io.ReadCloser, error)
}

// NewCompiler makes a compiler.
func NewCompiler(c Config) (*Compiler, error) {
	system := &hostos.System{Input: c.Input}
	if c.Files != nil {
		system.Source = c.Files.Open
	}
	s, err := hostexec.New(hostexec.Config{
		Model: c.Model, HeapBytes: heapBytes, StripDefault: c.Strip, NarrowKeys: c.Word32, Output: io.Discard,
		Random: new(stdlib.GlibcRand), CompileOnly: true, System: system,
	})
	if err != nil {
		return nil, err
	}
	s.CollectAbove(garbage)
	return &Compiler{session: s}, nil
}

// Close gives the compiler's memory back.
func (c *Compiler) Close() error { return c.session.Close() }

// Stdin is the name that stands for the standard input.
const Stdin = "-"

// Chunk compiles a file, or the standard input, to a binary chunk of a strip
// level. It is valid until the next call. The error is Lua's message.
func (c *Compiler) Chunk(name string, strip int) ([]byte, error) {
	if c.dump == nil {
		c.dump = make([]byte, 0, dumpSize)
	}
	c.dump = c.dump[:0]
	err := c.session.Compile(name, name != Stdin, strip, func(p []byte) { c.dump = append(c.dump, p...) })
	return c.dump, err
}

// Check compiles a file and drops the result.
func (c *Compiler) Check(name string) error {
	return c.session.Compile(name, name != Stdin, 0, nil)
}

// File compiles a file, or the standard input, to a prototype.
func (c *Compiler) File(name string) (*chunk.Proto, error) {
	code, err := c.Chunk(name, 0)
	if err != nil {
		return nil, err
	}
	f, err := chunk.Decode(code)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case f.Main == nil:
		return nil, fmt.Errorf("%s: an image of the store, not code", name)
	}
	return f.Main, nil
}

// Source is the chunk name of the function that stands above the others when
// there are several.
const Source = "=(luac.cross)"

// ModuleName is the name that a source file has in the store: that of the file
// without directories, leading dots and all from the first dot on (corename,
// luac.c).
func ModuleName(source string) string {
	name := strings.TrimLeft(source, "@=")
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	} else if i := strings.LastIndexByte(name, '\\'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(strings.TrimLeft(name, "."), ".")
	return name
}

// Order puts files whose module names begin with "__" first, and leaves the order
// as it is otherwise. The store needs that: a look-up of such a name ends at the
// first other one.
func Order(files []string) []string {
	var first, rest []string
	for _, f := range files {
		if strings.HasPrefix(ModuleName(f), "__") {
			first = append(first, f)
		} else {
			rest = append(rest, f)
		}
	}
	return append(first, rest...)
}

// Image puts main functions into an image of the store.
func Image(mains []*chunk.Proto, seed uint32, timestamp int64) (*chunk.Image, error) {
	im := &chunk.Image{Seed: seed, Timestamp: timestamp}
	for _, p := range mains {
		im.Modules = append(im.Modules, chunk.Module{Name: ModuleName(p.Source.S), Main: p})
	}
	adopt(mains)
	return im, checkNames(im.Modules)
}

// checkNames refuses two modules of one name, and names that the store has no
// room for.
func checkNames(modules []chunk.Module) error {
	seen := map[string]bool{}
	for _, m := range modules {
		switch {
		case seen[m.Name]:
			// As in C the name is that of the file, with its ending.
			file := strings.TrimLeft(m.Main.Source.S, "@=")
			//lint:ignore ST1005 the C tool's words
			return fmt.Errorf("Cannot have duplicate files ('%s') in LFS", file[strings.LastIndex(file, m.Name+"."):])
		case len(m.Name) > chunk.MaxShort:
			return fmt.Errorf("'%s': the name of a module has %d bytes at most", m.Name, chunk.MaxShort)
		}
		seen[m.Name] = true
	}
	return nil
}

// adopt says that the environment of the main functions is an upvalue of the
// function above them.
func adopt(mains []*chunk.Proto) {
	for _, p := range mains {
		if len(p.Upvalues) > 0 {
			p.Upvalues[0].InStack = 0
		}
	}
}

// Combine makes the function that stands above the others in a chunk or a
// listing. lookup adds the names of the modules and the time stamp as its
// constants, as images have them.
//
// The function does nothing but return: the firmware's tool writes no code that
// would call the others.
func Combine(model num.Model, strip int, mains []*chunk.Proto, lookup bool, timestamp int64) (*chunk.Proto, error) {
	const returnNothing = uint32(opcode.Return) | 1<<23 // RETURN 0 1
	p := &chunk.Proto{
		Source: chunk.Text{S: Source, Set: true}, IsVararg: 1, MaxStackSize: 1,
		Code: []uint32{returnNothing}, Protos: mains,
		Upvalues: []chunk.Upvalue{{InStack: 1}},
	}
	if strip < 2 {
		p.LineInfo = []byte{1, 0}
	}
	if strip == 0 {
		p.Upvalues[0].Name = chunk.Text{S: "_ENV", Set: true}
	}
	adopt(mains)
	if !lookup {
		return p, nil
	}
	im, err := Image(mains, 0, timestamp)
	if err != nil {
		return nil, err
	}
	for _, m := range im.Modules {
		p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.String, Str: m.Name})
	}
	p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.Int, Int: model.Integer(timestamp)})
	return p, nil
}
