package luac

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/front"
	image51 "moonlet.example/moonlet/internal/lua51/image"
	opcode51 "moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua53/chunk"
)

// The compiler of Lua 5.1 (luac_cross/luac.c), whose options mean nearly what those of 5.3's do.

const (
	copyright51 = "Lua 5.1.4  Copyright (C) 1994-2011 Lua.org, PUC-Rio"

	// defaultOutput51 is where the result goes without -o.
	defaultOutput51 = "luac.out"
	// maxModules51 is how many files an image may have (LFIELDS_PER_FLUSH).
	maxModules51 = opcode51.FieldsPerFlush
)

// numbers51 are the builds by the values of --lua.
var numbers51 = map[string]chunk51.Numbers{chunk51.Float.Edition(): chunk51.Float, chunk51.Integer.Edition(): chunk51.Integer}

// run51 compiles as the options say.
func (c *Command) run51(o *Options) error {
	numbers := numbers51[o.Lua]
	var mains []*chunk51.Proto
	if o.Execute != "" {
		code, err := c.Execute51(o.Execute, o)
		if err != nil {
			return err
		}
		if len(code) > 0 {
			f, err := chunk51.Decode(code)
			if err != nil {
				return fmt.Errorf("BUG: %w", err)
			}
			mains = append(mains, f.Main)
		} else if len(o.Files) == 0 {
			return nil
		}
	}
	compiled := make([]*chunk51.Proto, len(o.Files))
	if err := each(o.Files, front.New, func(compiler *front.Compiler, i int) (err error) {
		compiled[i], err = c.file51(compiler, numbers, o.Files[i], o.Level)
		return err
	}); err != nil {
		return err
	}
	mains = append(mains, compiled...)
	timestamp := o.Timestamp
	if !o.HasTime {
		timestamp = c.Now()
	}
	if o.Deps {
		return WriteDeps(c.Out, allDeps(mains, Deps51))
	}
	top, err := combine51(mains, o.Lookup, timestamp)
	if err != nil {
		return err
	}
	if o.JSON {
		if err := ListJSON51(c.Out, numbers, top); err != nil {
			return err
		}
	}
	if o.List > 0 {
		if err := List51(c.Out, numbers, top, o.List > 1); err != nil {
			return err
		}
	}
	switch {
	case o.Parse:
		return nil
	case o.Flash:
		return c.image51(o, numbers, top)
	}
	code, err := chunk51.Encode(numbers, top, o.Strip)
	if err != nil {
		return err
	}
	return c.write(o.Output, code)
}

// hint tells of files of the other edition, and of images, which messages of the C tool do not name.
func (c *Command) hint(o *Options) {
	for _, name := range o.Files {
		if name == Stdin {
			continue
		}
		f, err := c.Files.Open(name)
		if err != nil {
			continue
		}
		head := make([]byte, 16)
		n, _ := io.ReadFull(f, head)
		f.Close()
		head = head[:n]
		switch {
		case image51.IsImage(head):
			fmt.Fprintf(c.Err, "%s is an image of the store: \"moonlet lfs\" tells what is in it\n", name)
		case o.Lua == lua53 && chunk51.IsCompiled(head):
			fmt.Fprintf(c.Err, "%s was compiled by Lua 5.1: --lua 5.1 or 5.1-int takes it\n", name)
		case o.Lua != lua53 && chunk.IsCompiled(head):
			fmt.Fprintf(c.Err, "%s was compiled by Lua 5.3: give its source\n", name)
		}
	}
}

// file51 compiles a file, or reads one that was compiled.
func (c *Command) file51(compiler *front.Compiler, numbers chunk51.Numbers, name string, level int) (*chunk51.Proto, error) {
	chunkName, in := "=stdin", c.In
	if name != Stdin {
		chunkName = "@" + name
		f, err := c.Files.Open(name)
		if err != nil {
			return nil, fmt.Errorf("cannot open %s: %w", name, reason(err))
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, imageMax+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", strings.TrimPrefix(chunkName, "@"), reason(err))
	case len(text) > imageMax:
		return nil, fmt.Errorf("cannot read %s: more than %d bytes", strings.TrimPrefix(chunkName, "@"), imageMax)
	}
	return File51(compiler, numbers, chunkName, text, level)
}

// File51 compiles the text of a file, or reads one that was compiled. chunkName has Lua's mark in front of the name of
// the file.
func File51(compiler *front.Compiler, numbers chunk51.Numbers, chunkName string, text []byte, level int) (*chunk51.Proto, error) {
	if !bytes.HasPrefix(text, []byte(chunk51.Signature)) {
		return compiler.Compile(numbers, chunkName, bytes.NewReader(text), level)
	}
	f, err := chunk51.Decode(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", chunkName[1:], err)
	case f.Numbers != numbers:
		return nil, fmt.Errorf("%s was compiled for the %v build of Lua 5.1, not for the %v one", chunkName[1:], f.Numbers, numbers)
	}
	return f.Main, nil
}

// Image51 puts main functions into an image of the store.
func Image51(numbers chunk51.Numbers, mains []*chunk51.Proto, timestamp int64) (*image51.Image, error) {
	top, err := combine51(mains, true, timestamp)
	if err != nil {
		return nil, err
	}
	im := &image51.Image{Numbers: numbers, Packed: numbers == chunk51.Float, Main: top, Timestamp: timestamp}
	for i, p := range top.Protos {
		im.Modules = append(im.Modules, image51.Module{Name: top.Constants[i].Str, Main: p})
	}
	return im, nil
}

// combine51 makes the function above several, or with lookup one that gives the function of a name.
func combine51(mains []*chunk51.Proto, lookup bool, timestamp int64) (*chunk51.Proto, error) {
	switch n := len(mains); {
	case n == 1 && !lookup:
		return mains[0], nil
	case !lookup:
		return image51.Sequence(mains), nil
	case n > maxModules51:
		return nil, fmt.Errorf("'-f': Number of modules > %d", maxModules51)
	}
	var names []string
	for _, p := range mains {
		names = append(names, moduleName51(p.Source.S))
	}
	return image51.Lookup(mains, names, timestamp), nil
}

// moduleName51 is the name of a file in an image: the whole path where nothing would be left (corename).
func moduleName51(source string) string {
	if name := ModuleName(source); name != "" {
		return name
	}
	return source[min(1, len(source)):]
}

// image51 writes an image of the store.
func (c *Command) image51(o *Options, numbers chunk51.Numbers, top *chunk51.Proto) error {
	most, from := cmp.Or(o.MaxSize, DefaultMaxSize), ""
	if o.Module != "" {
		t, err := c.Target(o.Module)
		if err != nil {
			return err
		}
		switch {
		case !t.Lua51:
			return fmt.Errorf("%s has Lua 5.3, and the image would be of Lua 5.1", t.Name)
		case t.Integral != (numbers == chunk51.Integer):
			return fmt.Errorf("%s has the other numbers: use --lua %s", t.Name, chunk51.NumbersOf(t.Integral).Edition())
		case t.Size == 0:
			return fmt.Errorf("%s has no partition for the Lua Flash Store", t.Name)
		}
		most, from = int(t.Size), t.Name
	}
	im := &image51.Image{Numbers: numbers, Packed: numbers == chunk51.Float, Absolute: o.Address != 0, Base: o.Address, Main: top}
	code, err := im.Encode()
	if errors.Is(err, image51.ErrTooLarge) {
		return fmt.Errorf("%w: an image has %d bytes at most; leave modules out", err, image51.MaxBytes)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "Image size: %d\n", im.Bytes)
	if from != "" && im.Bytes > most {
		return fmt.Errorf("the image takes %d bytes, and the partition of %s has %d", im.Bytes, from, most)
	}
	if im.Bytes > most {
		return fmt.Errorf("The image is too large for specfied LFS size (%d bytes, and %d are the most)", im.Bytes, most) //lint:ignore ST1005 the C tool's words
	}
	var names []string
	for i, p := range top.Protos {
		name := top.Constants[i].Str
		if slices.Contains(names, name) {
			fmt.Fprintf(c.Err, "%s: warning: the name %s is that of another file, too: a module finds the first one, not %s\n", c.Prog, name, p.Source.S[1:])
		}
		names = append(names, name)
	}
	return c.write(o.Output, code)
}

// check51 holds what options demand in Lua 5.1.
func (o *Options) check51(bare bool) error {
	switch {
	case o.Help || o.Version && bare:
		return nil
	case o.Image != "":
		return usage("-F")
	case o.HasSeed || o.Word32:
		return usage("'--seed' and '--word' are for Lua 5.3 alone: images of Lua 5.1 have no seed")
	case o.HasModel:
		return usage("'--number' is for Lua 5.3 alone: the numbers of Lua 5.1 are chosen by '--lua 5.1' (floats) or '--lua 5.1-int'")
	}
	if o.Output == DefaultOutput {
		o.Output = defaultOutput51
	}
	if len(o.Files) == 0 && (o.List > 0 || o.Parse) {
		o.Parse = true
		o.Files = []string{defaultOutput51}
	}
	if len(o.Files) == 0 && o.Execute == "" {
		return usage("no input files given")
	}
	return nil
}
