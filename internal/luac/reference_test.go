package luac

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/luagen"
)

// The tests of this file compare with the firmware's own luac.cross. They take
// the paths of one or more builds of it from MOONLET_REFERENCE, separated as in PATH;
// what a build does (number model, strip level, whether -F works, which it does
// not in the release of 2024) is found out by trying. MOONLET_FIRMWARE is a clone
// of the firmware, whose Lua files are compiled as well.

// reference is a build of the C tool.
type reference struct {
	path     string
	model    num.Model
	strip    int  // of its compiler
	word32   bool // it was built for 32 bits
	absolute bool // -F and -a work
}

func (r reference) String() string {
	return fmt.Sprintf("%s (%v, strip %d)", filepath.Base(filepath.Dir(r.path)), r.model, r.strip)
}

// references finds out about the tools.
func references(t *testing.T) (list []reference) {
	t.Helper()
	paths := filepath.SplitList(os.Getenv("MOONLET_REFERENCE"))
	if len(paths) == 0 {
		t.Skip("MOONLET_REFERENCE does not name a luac.cross: nothing to compare with")
	}
	dir := t.TempDir()
	probe := filepath.Join(dir, "probe.lua")
	if err := os.WriteFile(probe, []byte("local a = print\nreturn a\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		out := filepath.Join(dir, "out")
		if msg, err := exec.Command(path, "-o", out, probe).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, msg)
		}
		f := decodeFile(t, out)
		r := reference{path: path, model: f.Model, strip: 2, word32: isELF32(t, path)}
		switch {
		case len(f.Main.LocVars) > 0:
			r.strip = 0
		case len(f.Main.LineInfo) > 0:
			r.strip = 1
		}
		img, abs := filepath.Join(dir, "img"), filepath.Join(dir, "abs")
		if msg, err := exec.Command(path, "-f", "-o", img, probe).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, msg)
		}
		r.absolute = exec.Command(path, "-a", "0x40290000", "-F", img, "-o", abs).Run() == nil
		list = append(list, r)
	}
	return list
}

func decodeFile(t *testing.T, name string) *chunk.File {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := chunk.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// firmwareFiles lists the firmware's Lua files.
func firmwareFiles(t *testing.T) (files []string) {
	t.Helper()
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Log("MOONLET_FIRMWARE does not name a clone of the firmware: only generated programs are compared")
		return nil
	}
	for _, dir := range []string{"lua_modules", "lua_examples", "tests"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".lua") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// generatedFiles writes generated programs to files.
func generatedFiles(t *testing.T, n int) (files []string) {
	t.Helper()
	dir := t.TempDir()
	for seed := range n {
		name := filepath.Join(dir, fmt.Sprintf("p%04d.lua", seed))
		if err := os.WriteFile(name, []byte(luagen.Program(uint64(seed), luagen.Options{})), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	return files
}

// numGenerated is how many generated programs are compared.
func numGenerated() int {
	if testing.Short() {
		return 100
	}
	return 2000
}

// both runs the C tool and ours with the same options, each with an output of its
// own, and gives what they wrote. Where the C tool refuses, ours must as well.
type both struct {
	t   *testing.T
	ref reference
	dir string
	// rounding counts results in which nothing but the last bit of a float differs:
	// C's pow is not always the nearest one, for example for 104668353.0 ^ 2.
	rounding int
}

func (b *both) run(args []string, own ...string) (theirs, ours []byte, ok bool) {
	t := b.t
	t.Helper()
	cOut, goOut := filepath.Join(b.dir, "c.out"), filepath.Join(b.dir, "go.out")
	os.Remove(cOut)
	os.Remove(goOut)
	var cErr, goErr bytes.Buffer
	cmd := exec.Command(b.ref.path, append([]string{"-o", cOut}, args...)...)
	cmd.Stderr = &cErr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	theirs, _ = os.ReadFile(cOut)
	word := "64"
	if b.ref.word32 {
		word = "32"
	}
	pinned := []string{"--word", word, "--number", b.ref.model.Flag(), "--strip", fmt.Sprint(b.ref.strip), "-o", goOut}
	if f, err := chunk.Decode(theirs); err == nil && f.Image != nil { // seed and time stamp are pinned
		own = append(own, "--seed", fmt.Sprint(f.Image.Seed), "--timestamp", fmt.Sprint(f.Image.Timestamp))
	}
	code := command(b.ref.path, &goErr).Main(append(append(pinned, own...), args...))
	if (err != nil) != (code != 0) {
		t.Errorf("%v: %v: the C tool ended with %v\n%s, ours with %d\n%s", b.ref, args, err, &cErr, code, &goErr)
		return nil, nil, false
	}
	if err != nil {
		if cErr.String() != goErr.String() {
			t.Errorf("%v: %v: messages differ: C %q, ours %q", b.ref, args, &cErr, &goErr)
		}
		return nil, nil, false
	}
	ours, _ = os.ReadFile(goOut)
	return theirs, ours, true
}

func command(prog string, stderr io.Writer) *Command {
	return &Command{
		Prog: prog, In: strings.NewReader(""), Out: io.Discard, Err: stderr,
		Getenv: func(string) string { return "" }, Now: func() int64 { return 0 }, Random: func() uint32 { return 0 },
	}
}

// compare reports a difference between two results.
func (b *both) compare(what string, theirs, ours []byte) bool {
	b.t.Helper()
	if bytes.Equal(theirs, ours) {
		return true
	}
	if bytes.Equal(theirs, rounded(theirs, ours)) {
		b.rounding++
		return true
	}
	i := 0
	for i < min(len(theirs), len(ours)) && theirs[i] == ours[i] {
		i++
	}
	b.t.Errorf("%v: %s: %d bytes by C, %d by us, the first difference is at %d", b.ref, what, len(theirs), len(ours), i)
	return false
}

// rounded is our result with their floats where those differ in the last bit.
func rounded(theirs, ours []byte) []byte {
	a, err := chunk.Decode(theirs)
	if err != nil {
		return nil
	}
	b, err := chunk.Decode(ours)
	if err != nil || (a.Main == nil) != (b.Main == nil) {
		return nil
	}
	if a.Main != nil {
		takeFloats(b.Main, a.Main)
		return chunk.Encode(b.Model, b.Main, stripOf(b.Main))
	}
	if len(a.Image.Modules) != len(b.Image.Modules) {
		return nil
	}
	for i := range b.Image.Modules {
		takeFloats(b.Image.Modules[i].Main, a.Image.Modules[i].Main)
	}
	return chunk.EncodeImage(b.Model, b.Image, Source, stripOf(b.Image.Modules[0].Main))
}

func stripOf(p *chunk.Proto) int {
	if p.HasNames {
		return 0
	}
	return 1
}

func takeFloats(dst, src *chunk.Proto) {
	for i := range min(len(dst.Constants), len(src.Constants)) {
		d, s := &dst.Constants[i], src.Constants[i]
		if d.Kind == chunk.Float && s.Kind == chunk.Float && d.Bits-s.Bits+1 <= 2 {
			d.Bits = s.Bits
		}
	}
	for i := range min(len(dst.Protos), len(src.Protos)) {
		takeFloats(dst.Protos[i], src.Protos[i])
	}
}

// isELF32 tells whether a program is one for 32 bits.
func isELF32(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var head [5]byte
	io.ReadFull(f, head[:])
	return string(head[:4]) == "\x7fELF" && head[4] == 1
}

// TestReference compares code, images and absolute images byte for byte.
func TestReference(t *testing.T) {
	refs := references(t)
	files := append(generatedFiles(t, numGenerated()), firmwareFiles(t)...)
	for _, ref := range refs {
		t.Run(ref.String(), func(t *testing.T) {
			b := &both{t: t, ref: ref, dir: t.TempDir()}
			good := b.singles(files)
			images := b.images(good)
			t.Logf("%d files in 2 forms, %d of them compile; %d images and as many with -s; %d results differ in the last bit of a power",
				len(files), len(good), images, b.rounding)
		})
	}
}

// singles compares each file for itself, with and without -s, and gives those
// that compile.
func (b *both) singles(files []string) (good []string) {
	for _, f := range files {
		ok := true
		for _, option := range [][]string{{}, {"-s"}} {
			theirs, ours, compiled := b.run(append(option, f))
			ok = ok && compiled
			if compiled {
				b.compare(f, theirs, ours)
			}
		}
		if ok {
			good = append(good, f)
		}
	}
	return good
}

// images compares images of one file and of several, and what becomes of them at
// two addresses; and combinations that are no images.
func (b *both) images(files []string) (count int) {
	for i, group := range groups(files) {
		for _, option := range [][]string{{}, {"-s"}} {
			theirs, ours, ok := b.run(append(append([]string{"-f"}, option...), group...))
			if !ok || !b.compare(fmt.Sprintf("image %d of %d files from %s on", i, len(group), group[0]), theirs, ours) {
				continue
			}
			if b.ref.absolute {
				b.absolute(ours)
			}
		}
		theirs, ours, ok := b.run(group)
		if ok {
			b.compare("combination", theirs, ours)
		}
		count++
	}
	return count
}

// groups puts files together for images: alone, and in groups of growing size in
// which no name comes twice.
func groups(files []string) (list [][]string) {
	size := 1
	var group []string
	seen := map[string]bool{}
	for _, f := range files {
		if name := ModuleName(f); seen[name] || strings.HasPrefix(name, "__") || len(name) > chunk.MaxShort {
			continue
		}
		seen[ModuleName(f)] = true
		if group = append(group, f); len(group) == size {
			list = append(list, group)
			group, seen, size = nil, map[string]bool{}, size%40+1
		}
	}
	return list
}

// absolute compares what an image of ours becomes at two addresses: so the C tool
// loads ours, too.
func (b *both) absolute(image []byte) {
	t := b.t
	name := filepath.Join(b.dir, "image")
	if err := os.WriteFile(name, image, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := chunk.Decode(image)
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{"0x40290000", "0x40271000"} {
		out, own := filepath.Join(b.dir, "c.abs"), filepath.Join(b.dir, "go.abs")
		args := []string{"-a", addr, "-F", name}
		region := lfs.Build(f.Model, f.Image, 0)
		const loaderMax = 0x40000
		if len(region.Data) > loaderMax {
			continue // the C tool would write behind its memory
		}
		if msg, err := exec.Command(b.ref.path, append(args, "-o", out)...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %v\n%s", b.ref, args, err, msg)
			continue
		}
		var stderr bytes.Buffer
		if code := command(b.ref.path, &stderr).Main(append(args, "-o", own)); code != 0 {
			t.Errorf("%v: %s", args, &stderr)
			continue
		}
		theirs, _ := os.ReadFile(out)
		ours, _ := os.ReadFile(own)
		masked(theirs, ours, region.Chance)
		b.compare("absolute image at "+addr, theirs, ours)
	}
}

// masked puts our bytes into theirs where those are left to chance: padding, and
// which of the two whites a prototype has, a matter of the collector's moment.
func masked(theirs, ours []byte, chance []lfs.Range) {
	for _, r := range chance {
		if r.Offset+r.Len <= min(len(theirs), len(ours)) {
			copy(theirs[r.Offset:r.Offset+r.Len], ours[r.Offset:])
		}
		const padding, record, mark = 9, 76, 5 // the padding of a Proto, its size, its mark
		at := r.Offset - padding
		if r.Len != 3 || at < 0 || at+record > min(len(theirs), len(ours)) {
			continue
		}
		if w := theirs[at+mark]; w == ours[at+mark]^3 {
			theirs[at+mark] = ours[at+mark]
		}
	}
}
