package luac

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/lua/compiled"
	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// Name is the tool's own name, and a part of some messages.
const Name = "luac.cross"

const copyright = "Lua 5.3.5  Copyright (C) 1994-2018 Lua.org, PUC-Rio"

// Command runs the tool.
type Command struct {
	Prog     string // what it was called by
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() int64 // seconds since 1970
	Random   func() uint32
	Files    *hostfile.Host // nil is the real one
	// Execute runs a Lua file on this computer, with an image of the store if there
	// is one.
	Execute func(file string, o *Options, image *chunk.File) error
	// Execute51 runs a file with Lua 5.1, and gives the function that it returns as a binary chunk, nil if it returns
	// none.
	Execute51 func(file string, o *Options) (code []byte, err error)
	// Target finds the module of a project.
	Target func(dir string) (compiled.Target, error)
}

// GCPercent is a setting of Go's collector that suits a program which compiles and
// ends: what it collects by default is thrown away soon anyway.
const GCPercent = 1000

// Exit codes: those of the C tool.
const (
	exitOK      = 0
	exitFailure = 1
)

// Main runs a command line and returns the exit code.
func (c *Command) Main(args []string) int {
	o, err := Parse(args, c.Getenv)
	var bad *UsageError
	switch {
	case errors.As(err, &bad):
		fmt.Fprintf(c.Err, "%s: %v\n", c.Prog, bad)
		fmt.Fprintf(c.Err, usageText, c.Prog, DefaultOutput)
		return exitFailure
	case o.Help:
		fmt.Fprintf(c.Out, usageText, c.Prog, DefaultOutput)
		fmt.Fprint(c.Out, longText)
		return exitOK
	}
	if o.Version {
		if o.Lua == lua53 {
			fmt.Fprintln(c.Out, copyright)
		} else {
			fmt.Fprintln(c.Out, copyright51)
		}
		if len(o.Files) == 0 && o.Execute == "" && o.Address == 0 {
			return exitOK
		}
	}
	run := c.run
	if o.Lua != lua53 {
		run = c.run51
	}
	if err := run(o); err != nil {
		fmt.Fprintf(c.Err, "%s: %v\n", c.Prog, err)
		c.hint(o)
		return exitFailure
	}
	return exitOK
}

const usageText = `usage: %s [options] [filenames]
Available options are:
  -l       list (use -l -l for full listing)
  -o name  output to file 'name' (default is "%s")
  -e name  execute a lua source file
  -f       output a flash image file
  -F name  load a flash image file
  -a addr  generate an absolute, rather than position independent flash image file
           (use with -F LFSimage -o absLFSimage to convert an image to absolute format)
  -i       generate lookup combination master (default with option -f)
  -m size  maximum LFS image in bytes
  -p       parse only
  -s       strip debug information
  -v       show version information
  --       stop handling options
  -        stop handling options and process stdin
`

const longText = `Options that only Moonlet has:
  --lua 5.3|5.1|5.1-int  edition of Lua (default 5.3); 5.1 has floats, 5.1-int
                  integers. With 5.1 there is no -F, -a ADDR takes source files, and
                  a function that the file of -e returns is compiled with the others
  --number int32|int64|mixed  numbers of the firmware: int32/float32 (default),
                  int64/float64 or int32/float64
  --strip 0|1|2   debug information: 0 keeps all, 1 line numbers (default, as in
                  the firmware's own build), 2 nothing
  --seed N        seed of the strings' hashes in an image (default: random)
  --timestamp N   time stamp of an image in seconds since 1970 (default:
                  SOURCE_DATE_EPOCH from the environment, else the time)
  --word 32|64    equal integer constants of 64 bits are found as by a compiler
                  of that word size (default 64)
  --module DIR    the image must fit into the store of this project's module
  --json          list as JSON
  --deps          list what the files need: modules, files; write nothing
`

func (c *Command) run(o *Options) error {
	image, err := loadImage(c.Files, o.Image)
	if err != nil {
		return err
	}
	if o.Address != 0 {
		r := lfs.Build(image.Model, image.Image, o.Address)
		if err := c.checkSize(o, r); err != nil {
			return err
		}
		return c.write(o.Output, r.Data)
	}
	if o.Execute != "" {
		if err := c.Execute(o.Execute, o, image); err != nil {
			fmt.Fprintf(c.Err, "%s: %v\n", Name, err)
			return nil // as in C, this is no failure of the tool
		}
	}
	if len(o.Files) == 0 {
		return nil
	}
	return c.compile(o)
}

// imageMax is more than any chip has of flash, in bytes.
const imageMax = 64 << 20

// loadImage reads the file of -F.
func loadImage(files *hostfile.Host, name string) (*chunk.File, error) {
	if name == "" {
		return nil, nil
	}
	b, err := files.ReadAll(name, imageMax)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", name, reason(err))
	}
	f, err := chunk.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Image == nil {
		return nil, fmt.Errorf("%s: a file of compiled code, not an image of the store: make one with -f", name)
	}
	return f, nil
}

// compile compiles the files of a command line and writes the result.
func (c *Command) compile(o *Options) error {
	files := Order(o.Files)
	simple := !o.Lookup && o.List == 0 && !o.JSON && !o.Deps
	if simple && o.Parse {
		return each(files, c.compiler(o), func(compiler *Compiler, i int) error { return compiler.Check(files[i]) })
	}
	if simple && len(files) == 1 {
		return each(files, c.compiler(o), func(compiler *Compiler, _ int) error {
			code, err := compiler.Chunk(files[0], o.strip())
			if err != nil {
				return err
			}
			return c.write(o.Output, code)
		})
	}
	mains := make([]*chunk.Proto, len(files))
	err := each(files, c.compiler(o), func(compiler *Compiler, i int) (err error) {
		mains[i], err = compiler.File(files[i])
		return err
	})
	if err != nil {
		return err
	}
	return c.finish(o, mains)
}

// compiler makes compilers as options say.
func (c *Command) compiler(o *Options) func() (*Compiler, error) {
	return func() (*Compiler, error) {
		return NewCompiler(Config{Model: o.Model, Strip: o.Level, Word32: o.Word32, Input: c.In, Files: hostFiles{c.Files}})
	}
}

// each calls f for each file, with several compilers at once where there are many
// files. The error is that of the first file that has one.
func each[C io.Closer](files []string, newCompiler func() (C, error), f func(compiler C, i int) error) error {
	const (
		filesEach   = 8 // as many as make up for another compiler
		mostWorkers = 8 // each has an address space of its own
	)
	workers := max(1, min(runtime.GOMAXPROCS(0), len(files)/filesEach, mostWorkers))
	if slices.Contains(files, Stdin) {
		workers = 1
	}
	errs := make([]error, len(files))
	var next, failed atomic.Int64
	failed.Store(int64(len(files)))
	work := func() error {
		compiler, err := newCompiler()
		if err != nil {
			return err
		}
		defer compiler.Close()
		for {
			i := next.Add(1) - 1
			if i >= failed.Load() { // the end, or behind a file that is wrong anyway
				return nil
			}
			if errs[i] = f(compiler, int(i)); errs[i] != nil {
				failed.Store(min(failed.Load(), i))
			}
		}
	}
	started := make([]error, workers)
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { started[w] = work() })
	}
	started[0] = work()
	wg.Wait()
	return cmp.Or(errors.Join(started...), firstOf(errs))
}

func firstOf(errs []error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

// strip is the level at which the result is written.
func (o *Options) strip() int {
	if o.Strip {
		return 1
	}
	return 0
}

// finish lists and writes what was compiled.
func (c *Command) finish(o *Options, mains []*chunk.Proto) error {
	timestamp := o.Timestamp
	if !o.HasTime {
		timestamp = c.Now()
	}
	if o.Deps {
		return WriteDeps(c.Out, allDeps(mains, Deps))
	}
	top := mains[0]
	var err error
	if len(mains) > 1 || o.Lookup {
		if top, err = Combine(o.Model, o.Level, mains, o.Lookup, timestamp); err != nil {
			return err
		}
	}
	if o.JSON {
		err = ListJSON(c.Out, o.Model, top)
	} else if o.List > 0 {
		err = List(c.Out, o.Model, top, o.List > 1)
	}
	if err != nil || o.Parse {
		return err
	}
	if !o.Flash {
		return c.write(o.Output, chunk.Encode(o.Model, top, o.strip()))
	}
	im, err := Image(mains, c.seed(o), timestamp)
	if err != nil {
		return err
	}
	code := chunk.EncodeImage(o.Model, im, Source, o.strip())
	if err := c.checkImage(o, code); err != nil {
		return err
	}
	return c.write(o.Output, code)
}

// allDeps is what several files need, each thing once.
func allDeps[P any](mains []P, of func(P) []Dep) (all []Dep) {
	type key struct{ kind, name string }
	seen := map[key]bool{}
	for _, p := range mains {
		for _, d := range of(p) {
			if k := (key{d.Kind, d.Name}); !seen[k] {
				seen[k] = true
				all = append(all, d)
			}
		}
	}
	return all
}

func (c *Command) seed(o *Options) uint32 {
	if o.HasSeed {
		return o.Seed
	}
	return c.Random()
}

// checkImage looks at an image as a module will load it.
func (c *Command) checkImage(o *Options, code []byte) error {
	f, err := chunk.Decode(code)
	if err != nil {
		return fmt.Errorf("BUG: the image cannot be read: %w", err)
	}
	c.warnMisread(f.Image)
	if n := len(f.Image.Modules); n > lfs.MaxModules {
		return fmt.Errorf("%d files, but a store finds %d modules at most", n, lfs.MaxModules)
	}
	return c.checkSize(o, lfs.Build(o.Model, f.Image, windowStart))
}

// warnMisread tells of constants that the firmware's loader replaces.
func (c *Command) warnMisread(im *chunk.Image) {
	for _, m := range im.Modules {
		if found := misread(m.Main); len(found) > 0 {
			fmt.Fprintf(c.Err, "%s: warning: module %s has the constant %s, which the firmware's loader gets wrong:\n"+
				"  in the store \"thread\" becomes \"userdata\", \"proto\" becomes \"thread\", and \"userdata\" equals no other\n",
				c.Prog, m.Name, strings.Join(found, ", "))
		}
	}
}

// misread lists the constants of a function and those inside it that the loader
// gets wrong.
func misread(p *chunk.Proto) (found []string) {
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Kind == chunk.String && slices.Contains(chunk.Misread(), k.Str) {
			found = append(found, fmt.Sprintf("%q", k.Str))
		}
	}
	for _, sub := range p.Protos {
		found = append(found, misread(sub)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// checkSize compares a store with the room for it.
func (c *Command) checkSize(o *Options, r *lfs.Region) error {
	size, from := o.MaxSize, "-m"
	if o.Module != "" {
		t, err := c.Target(o.Module)
		if err != nil {
			return err
		}
		if t.Lua51 {
			return fmt.Errorf("%s has Lua 5.1, and the image is of Lua 5.3: use --lua %s", t.Name, chunk51.NumbersOf(t.Integral).Edition())
		}
		if t.Model != r.Model {
			return fmt.Errorf("%s has numbers of %v, the image of %v: use --number %s", t.Name, t.Model, r.Model, t.Model.Flag())
		}
		size, from = int(t.Size), t.Name
	}
	known := size != 0 || o.Module != ""
	if !known {
		size, from = DefaultMaxSize, "the C tool's limit"
	}
	if len(r.Data) <= size {
		return nil
	}
	text := tooLarge(r, size, from)
	if !known {
		fmt.Fprintf(c.Err, "%s: warning: %s\n", c.Prog, text)
		return nil
	}
	return errors.New(text)
}

// tooLarge is the message about a store that does not fit.
func tooLarge(r *lfs.Region, size int, from string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "the image takes %d bytes of flash, %d more than the %d of %s; the largest modules:", len(r.Data), len(r.Data)-size, size, from)
	const most = 5
	for i, m := range r.Largest(most) {
		sep := ","
		if i == 0 {
			sep = ""
		}
		fmt.Fprintf(&b, "%s %s %d", sep, m.Name, m.Total())
	}
	fmt.Fprintf(&b, "; strings %d", r.StringBytes)
	return b.String()
}

// hostFiles are the files of the host.
type hostFiles struct{ host *hostfile.Host }

// Open implements Files.
func (h hostFiles) Open(name string) (io.ReadCloser, error) {
	f, err := h.host.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// write writes a result so that a file has either its old content or the new.
func (c *Command) write(name string, data []byte) error {
	if name == "-" {
		_, err := c.Out.Write(data)
		return err
	}
	err := c.Files.Replace(name, data, 0o644)
	var p *fs.PathError
	switch {
	case errors.As(err, &p) && p.Op == "open": // nothing was begun
		return fmt.Errorf("cannot open %s: %w", name, reason(err))
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", name, reason(err))
	}
	return nil
}

// reason is the host's word for what went wrong, without the path again.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if errors.Is(err, syscall.ENOENT) {
		//lint:ignore ST1005 C's words
		return errors.New("No such file or directory")
	}
	return err
}
