package spiffs

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// The tests in this file compare with the C code. MOONLET_SPIFFS names a program
// that is built from the firmware's app/spiffs, for a host whose records are the
// chip's (gcc -m32), around a NOR chip in memory: writing only clears bits. It is not
// part of the repository. It reads commands, one in a line, from its input and writes
// one line for each:
//
//	chip SIZE FILES BUFFERS    an erased chip; how many descriptors and pages of cache
//	                           the next mount gets (0)
//	conf OFFSET SIZE BLOCK     the geometry for what follows (0)
//	probe OFFSET SIZE BLOCK    the same, and the result of SPIFFS_probe_fs
//	load                       as many bytes as the chip has follow (their number)
//	dump                       the size of the chip, then that many bytes
//	mount unmount format       result of the function (0 for unmount)
//	open NAME FLAGS            descriptor or error
//	write FD LENGTH SEED       result; the bytes are those of pattern
//	read FD LENGTH             result and FNV-1a, 32 bits, as %08x, 0 for nothing
//	seek FD OFFSET WHENCE      result
//	tell|eof|flush|close|fremove FD    result; of flush, 0 for what is not an error
//	remove NAME, rename NAME NAME      result
//	stat NAME, fstat FD        result, then id, size, type, page, name
//	list                       id,size,page,name and a space for each file
//	info                       result, total, used
//	gc BYTES, gcq PAGES        result
//	errno                      SPIFFS_errno
//	ops                        number of writes and erasures since the command chip, and
//	                           FNV-1a, 32 bits, of three words for each: 0 for a write, 1
//	                           for a sector; start and end of the words or the sector
//	time WHAT N                nanoseconds that WHAT takes, the mean of N times, and other words:
//	                           mount, or with files "big" and "new" read, write (100 times
//	                           1 KB), small (1000 times 10 bytes), open (and close), stat
//	state                      block and entry of the free cursor, free blocks, pages
//	                           in use, deleted pages, count of erasures
//
// Names are in hexadecimal digits, the empty one is "-".

var (
	histories    = flag.Int("histories", 500, "number of random histories to compare with the C code")
	firstHistory = flag.Uint64("first", 0, "number of the first history")
	lastCommands = flag.Int("last", 12, "number of commands to print when sides differ")
	everyStep    = flag.Bool("everystep", false, "compare images after each command")
)

// pattern is what the command write writes.
func pattern(seed, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte((uint32(seed)*2654435761 + uint32(i)*40503) >> 13)
	}
	return p
}

// executor runs commands.
type executor interface {
	do(line string) string
	dump() []byte
	load(image []byte)
}

// reference is the C program.
type reference struct {
	t   testing.TB
	in  io.WriteCloser
	out *bufio.Reader
}

func newReference(t testing.TB) *reference {
	t.Helper()
	name := os.Getenv("MOONLET_SPIFFS")
	if name == "" {
		t.Skip("MOONLET_SPIFFS names no program to compare with")
	}
	cmd := exec.Command(name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the C program: %v", err)
		}
	})
	return &reference{t: t, in: in, out: bufio.NewReaderSize(out, 1<<16)}
}

func (r *reference) do(line string) string {
	if _, err := io.WriteString(r.in, line+"\n"); err != nil {
		r.t.Fatalf("%s: %v", line, err)
	}
	return r.line()
}

func (r *reference) line() string {
	s, err := r.out.ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimRight(s, "\n ")
}

func (r *reference) dump() []byte {
	n, _ := strconv.Atoi(r.do("dump"))
	b := make([]byte, n)
	if _, err := io.ReadFull(r.out, b); err != nil {
		r.t.Fatal(err)
	}
	return b
}

func (r *reference) load(image []byte) {
	_, _ = io.WriteString(r.in, "load\n")
	if _, err := r.in.Write(image); err != nil {
		r.t.Fatal(err)
	}
	r.line()
}

// tally is a chip that counts what is done with it.
type tally struct {
	*Memory
	n   int
	sum uint32
}

func (c *tally) note(kind, start, end int) {
	c.n++
	for _, v := range []uint32{uint32(kind), uint32(start), uint32(end)} {
		for range 4 {
			c.sum = (c.sum ^ v&0xFF) * 16777619
			v >>= 8
		}
	}
}

func (c *tally) Write(offset int, b []byte) {
	c.note(0, offset, offset+len(b))
	c.Memory.Write(offset, b)
}

func (c *tally) Erase(offset int) {
	c.note(1, offset, offset+SectorSize)
	c.Memory.Erase(offset)
}

// own runs the commands with this package.
type own struct {
	chip  *tally
	g     Geometry
	o     Options
	fs    *FS
	files map[int]*File
}

func (o *own) dump() []byte      { return bytes.Clone(o.chip.data) }
func (o *own) load(image []byte) { copy(o.chip.data, image) }

func number(err error) string {
	if err == nil {
		return "0"
	}
	if e, ok := err.(Error); ok {
		return strconv.Itoa(int(e))
	}
	return err.Error()
}

func count(n int, err error) string {
	if err != nil {
		return number(err)
	}
	return strconv.Itoa(n)
}

func unhex(s string) string {
	b, _ := hex.DecodeString(strings.TrimPrefix(s, "-"))
	return string(b)
}

func hexName(s string) string {
	if s == "" {
		return "-"
	}
	return hex.EncodeToString([]byte(s))
}

func (o *own) do(line string) string {
	f := strings.Fields(line)
	arg := func(i int) int { n, _ := strconv.Atoi(f[i]); return n }
	switch f[0] {
	case "chip":
		o.chip = &tally{Memory: NewMemory(arg(1)), sum: 2166136261}
		o.o = Options{Files: arg(2), Buffers: arg(3)}
		return "0"
	case "conf":
		o.g = Geometry{Offset: arg(1), Size: arg(2), Block: arg(3)}
		return "0"
	case "probe":
		return count(Probe(o.chip.data[arg(1):], arg(3)))
	case "mount":
		fs, err := MountAt(o.chip, o.g, o.o)
		if err == nil {
			o.fs = fs
		}
		o.files = map[int]*File{}
		return number(err)
	case "unmount":
		o.fs.Unmount()
		return "0"
	case "format":
		_, err := FormatAt(o.chip, o.g, o.o)
		return number(err)
	case "open":
		file, err := o.fs.Open(unhex(f[1]), Flags(arg(2)))
		if err != nil {
			return number(err)
		}
		o.files[file.Descriptor()] = file
		return strconv.Itoa(file.Descriptor())
	case "write", "read", "seek", "tell", "eof", "flush", "close", "fremove", "fstat":
		return doFile(o.files[arg(1)], f, arg)
	case "remove":
		return number(o.fs.Remove(unhex(f[1])))
	case "rename":
		return number(o.fs.Rename(unhex(f[1]), unhex(f[2])))
	case "stat":
		return describe(o.fs.Stat(unhex(f[1])))
	}
	return o.doWhole(f, arg)
}

func doFile(file *File, f []string, arg func(int) int) string {
	switch f[0] {
	case "write":
		return count(file.Write(pattern(arg(3), arg(2))))
	case "read":
		p := make([]byte, arg(2))
		n, err := file.Read(p)
		sum := uint32(0)
		if n > 0 {
			h := fnv.New32a()
			h.Write(p[:n])
			sum = h.Sum32()
		}
		return fmt.Sprintf("%s %08x", count(n, err), sum)
	case "seek":
		return count(file.Seek(arg(2), Whence(arg(3))))
	case "tell":
		return count(file.Tell())
	case "eof":
		end, err := file.EOF()
		if end {
			return count(1, err)
		}
		return count(0, err)
	case "flush":
		return number(file.Flush())
	case "close":
		return number(file.Close())
	case "fremove":
		return number(file.Remove())
	}
	return describe(file.Stat())
}

func (o *own) doWhole(f []string, arg func(int) int) string {
	switch f[0] {
	case "list":
		list, err := o.fs.List()
		if err != nil {
			return number(err)
		}
		var b strings.Builder
		for _, s := range list {
			fmt.Fprintf(&b, "%d,%d,%d,%s ", s.ID, s.Size, s.Page, hexName(s.Name))
		}
		return strings.TrimRight(b.String(), " ")
	case "info":
		total, used, err := o.fs.Info()
		return fmt.Sprintf("%s %d %d", number(err), total, used)
	case "gc":
		return number(o.fs.Collect(arg(1)))
	case "gcq":
		return number(o.fs.CollectQuick(arg(1)))
	case "errno":
		return strconv.Itoa(int(o.fs.Errno()))
	case "ops":
		return fmt.Sprintf("%d %08x", o.chip.n, o.chip.sum)
	case "state":
		fs := o.fs
		return fmt.Sprintf("%d %d %d %d %d %d", fs.freeIn, fs.nextFree-fs.freeIn*fs.entries, fs.freeBlocks, fs.used, fs.deleted, fs.erases)
	}
	return "?"
}

func describe(s Stat, err error) string {
	if err != nil {
		return number(err)
	}
	return fmt.Sprintf("0 %d %d %d %d %s", s.ID, s.Size, s.Type, s.Page, hexName(s.Name))
}

// padded sets the bytes of header pages that the C code leaves to chance, so that
// images can be compared. Everything else is compared as it is.
func padded(image []byte, g Geometry) []byte {
	image = bytes.Clone(image)
	for page := range g.pages() {
		p := image[g.Offset+page*PageSize:][:PageSize]
		if page%g.pagesPerBlock() < g.lookupPages() || p[atFlags]&flagIndex != 0 || u16(p[atSpan:]) != 0 {
			continue
		}
		for _, i := range []int{5, 6, 7, fileHeader - 1} {
			p[i] = 0xFF
		}
	}
	return image
}

// differ tells where two images differ.
func differ(a, b []byte) string {
	if bytes.Equal(a, b) {
		return ""
	}
	n, first := 0, -1
	for i := range a {
		if a[i] != b[i] {
			if first < 0 {
				first = i
			}
			n++
		}
	}
	page := first / PageSize
	return fmt.Sprintf("%d bytes differ, the first at 0x%X (page %d, byte %d)\nown %x\nC   %x", n, first, page, first%PageSize,
		a[page*PageSize:(page+1)*PageSize], b[page*PageSize:(page+1)*PageSize])
}

// history makes random commands. It sees the results, so that it knows what is open.
type history struct {
	r     *rand.Rand
	names []string
	open  map[int]string // by descriptor
	big   int            // largest write
}

func newHistory(seed uint64) (*history, Geometry, Options) {
	r := rand.New(rand.NewPCG(seed, 1))
	g := Geometry{Block: smallBlock}
	switch r.IntN(12) {
	case 0:
		g.Size = blocksMin * smallBlock
	case 1, 2, 3:
		g.Size = smallBlock * (4 + r.IntN(12))
	case 4, 5, 6:
		g.Block, g.Size = blockSize, blockSize*(4+r.IntN(12))
	case 7:
		g.Block, g.Size = blockSize, blockSize*(16+r.IntN(40))
	case 8:
		g.Block, g.Size = 0x10000, 0x10000*(4+r.IntN(4))
	case 9:
		g.Size = smallBlock * (16 + r.IntN(48))
	case 10:
		g.Block, g.Size = 4*SectorSize, 4*SectorSize*(4+r.IntN(4))
	case 11:
		g.Block, g.Size = blockSize, blockSize*(50+r.IntN(100))
	}
	o := Options{Files: 4, Buffers: 4}
	if r.IntN(4) == 0 {
		o = Options{Files: 2 + r.IntN(8), Buffers: 1 + r.IntN(29)}
	}
	h := &history{r: r, open: map[int]string{}}
	for i := range 3 + r.IntN(14) {
		h.names = append(h.names, strings.Repeat(string(rune('a'+i)), 1+r.IntN(NameMax)))
	}
	h.names = append(h.names, "")
	h.big = []int{300, 1000, 6000, 40000}[r.IntN(4)]
	return h, g, o
}

func (h *history) name() string { return hexName(h.names[h.r.IntN(len(h.names))]) }

func (h *history) handle() int {
	k := h.r.IntN(len(h.open))
	for fd := range 32 { // maps are not in order
		if _, ok := h.open[fd]; ok {
			if k == 0 {
				return fd
			}
			k--
		}
	}
	return 0
}

func (h *history) size() int {
	switch h.r.IntN(5) {
	case 0:
		return 1 + h.r.IntN(20)
	case 1:
		return 1 + h.r.IntN(h.big)
	case 2:
		return []int{250, 251, 252, 255, 256, 257, 502}[h.r.IntN(7)]
	}
	return 1 + h.r.IntN(300)
}

// next is the next command.
func (h *history) next() string {
	r := h.r
	if len(h.open) == 0 || r.IntN(8) == 0 {
		flags := []Flags{ReadOnly, WriteOnly | Create | Truncate, WriteOnly | Create | Append, ReadWrite,
			ReadWrite | Create | Truncate, ReadWrite | Create | Append, ReadWrite | Create, ReadWrite | Create,
			ReadWrite | Create | Exclusive}
		return fmt.Sprintf("open %s %d", h.name(), flags[r.IntN(len(flags))])
	}
	switch n := r.IntN(100); {
	case n < 38:
		return fmt.Sprintf("write %d %d %d", h.handle(), h.size(), r.IntN(1e6))
	case n < 48:
		return fmt.Sprintf("read %d %d", h.handle(), r.IntN(2*h.big))
	case n < 60:
		return fmt.Sprintf("seek %d %d %d", h.handle(), r.IntN(2*h.big)-h.big/4, r.IntN(3))
	case n < 64:
		return fmt.Sprintf("seek %d 0 %d", h.handle(), 2*r.IntN(2))
	case n < 76:
		return fmt.Sprintf("close %d", h.handle())
	case n < 84:
		return fmt.Sprintf("remove %s", h.name())
	case n < 88:
		return fmt.Sprintf("rename %s %s", h.name(), h.name())
	case n < 89:
		return fmt.Sprintf("fremove %d", h.handle())
	case n < 95:
		return fmt.Sprintf("%s %d", []string{"tell", "eof", "flush", "fstat"}[r.IntN(4)], h.handle())
	case n < 96:
		return fmt.Sprintf("stat %s", h.name())
	case n < 97 && r.IntN(4) == 0:
		return fmt.Sprintf("gc %d", r.IntN(h.big))
	case n < 98 && r.IntN(4) == 0:
		return fmt.Sprintf("gcq %d", r.IntN(4))
	case n < 99 && r.IntN(8) == 0:
		return "remount"
	}
	return []string{"list", "info", "errno", "state"}[r.IntN(4)]
}

// note learns from the result of a command.
func (h *history) note(line, result string) {
	f := strings.Fields(line)
	n, _ := strconv.Atoi(strings.Fields(result + " 0")[0])
	switch f[0] {
	case "open":
		if n > 0 {
			h.open[n] = f[1]
		}
	case "close":
		if n == 0 {
			fd, _ := strconv.Atoi(f[1])
			delete(h.open, fd)
		}
	case "remove", "fremove":
		name := f[1]
		if f[0] == "fremove" {
			fd, _ := strconv.Atoi(f[1])
			name = h.open[fd]
		}
		for fd, other := range h.open {
			if n == 0 && other == name {
				delete(h.open, fd)
			}
		}
	case "rename":
		for fd, name := range h.open {
			if n == 0 && name == f[1] {
				h.open[fd] = f[2]
			}
		}
	case "mount":
		clear(h.open)
	}
}

// run runs a history on several executors and compares what they say, and from time
// to time the images.
func (h *history) run(t *testing.T, g Geometry, steps int, sides ...executor) {
	t.Helper()
	var log []string
	step := func(line string) {
		log = append(log, line)
		result := sides[0].do(line)
		for _, s := range sides[1:] {
			if other := s.do(line); other != result {
				t.Fatalf("after %d commands in %v:\n%s\n%s\nown %s\nC   %s", len(log), g, tail(log, *lastCommands), line, result, other)
			}
		}
		h.note(line, result)
	}
	same := func() {
		if len(sides) < 2 {
			return
		}
		step("ops")
		a, b := padded(sides[0].dump(), g), padded(sides[1].dump(), g)
		if d := differ(a, b); d != "" {
			for _, s := range sides {
				t.Logf("state %s, errno %s", s.do("state"), s.do("errno"))
			}
			t.Fatalf("after %d commands in %v:\n%s\n%s", len(log), g, tail(log, *lastCommands), d)
		}
	}
	for i := range steps {
		line := h.next()
		if line == "remount" {
			step("unmount")
			same()
			step("mount")
			continue
		}
		step(line)
		if *everyStep || i%97 == 0 {
			same()
		}
	}
	step("list")
	step("info")
	step("unmount")
	same()
}

func tail(log []string, n int) string { return strings.Join(log[max(0, len(log)-n):], "\n") }
