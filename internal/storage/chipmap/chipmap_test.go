package chipmap

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/rcr"
)

const (
	sampleSize = 4 << 20
	storeSize  = 0x10000
)

// sampleStore is a store with these modules, for an address.
func sampleStore(base uint32, names ...string) []byte {
	im := &chunk.Image{Seed: 7, Timestamp: 1700000000}
	for _, name := range names {
		im.Modules = append(im.Modules, chunk.Module{Name: name, Main: &chunk.Proto{
			Source: chunk.Text{S: "@" + name + ".lua", Set: true}, Code: make([]uint32, 3), LineInfo: []byte{1, 0, 0},
			Constants: []chunk.Constant{{Kind: chunk.Float, Bits: 1}},
			Upvalues:  []chunk.Upvalue{{Name: chunk.Text{S: "_ENV", Set: true}}},
		}})
	}
	file := chunk.EncodeImage(num.Int32Float32, im, "=(luac.cross)", 0)
	f, err := chunk.Decode(file)
	if err != nil {
		panic(err)
	}
	return lfs.Build(f.Model, f.Image, base).Data
}

// bootImage is a boot image with one segment.
func bootImage(sizeCode byte, data []byte) []byte {
	b := []byte{0xE9, 1, 2, sizeCode << 4, 4, 0, 0x10, 0x40}
	b = binary.LittleEndian.AppendUint32(b, 0x40100000)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	sum := byte(0xEF)
	for _, c := range data {
		sum ^= c
	}
	for len(b)%16 != 15 {
		b = append(b, 0)
	}
	return append(b, sum)
}

// parameters are the SDK's settings, the second copy of them in force.
func parameters(saves uint32) []byte {
	b := bytes.Repeat([]byte{0xFF}, rcr.ParametersSize)
	copy(b[0x1000:], []byte{1, 2, 3, 4})
	last := b[0x2000:]
	last[0] = 1
	for i, w := range []uint32{parametersFlag, saves, 0xFFFFFFFF, 4, 0xFFFFFFFF, 0xEF ^ 1 ^ 2 ^ 3 ^ 4} {
		binary.LittleEndian.PutUint32(last[4+4*i:], w)
	}
	return b
}

// sample is a chip as it is read from a board that has run for a while.
func sample() []byte {
	b := bytes.Repeat([]byte{0xFF}, sampleSize)
	copy(b, bootImage(4, []byte("the part of the firmware in RAM!")))
	copy(b[0xD000:], "calibration")
	copy(b[0xF000:], []byte{5, 8, 4, 2})
	page := rcr.New(sampleSize, storeSize)
	page.Write(port.RecordInit, []byte("print'old'\x00"))
	page.Write(port.RecordInit, []byte("@start.lua\x00"))
	page.Write(port.RecordPhyData, nil)
	page.Write(port.RecordStartup, []byte{3, 0, 0, 0})
	copy(b[rcr.PageAddr:], page.Bytes())
	copy(b[0x11000:], bytes.Repeat([]byte("program "), 50000))
	copy(b[rcr.ProgramEnd:], sampleStore(rcr.Window+rcr.ProgramEnd, "main", "web"))
	copy(b[0xA0000:], "files")
	copy(b[sampleSize-rcr.ParametersSize:], parameters(17))
	return b
}

func inspect(t *testing.T, image []byte, o Options) *Map {
	t.Helper()
	before := bytes.Clone(image)
	m, err := Inspect(image, o)
	if err != nil {
		t.Fatal(err)
	}
	check(t, m)
	if !bytes.Equal(before, image) {
		t.Error("the image was changed")
	}
	return m
}

// check holds what is so for any image.
func check(t *testing.T, m *Map) {
	t.Helper()
	at := 0
	for _, r := range m.Regions {
		if r.Addr != at || r.Bytes <= 0 || r.Bytes%4096 != 0 {
			t.Fatalf("region %s at %#x with %#x bytes behind %#x", r.Kind, r.Addr, r.Bytes, at)
		}
		if r.InUse < 0 || r.Sectors < 0 || r.Sectors > r.Bytes/4096 {
			t.Errorf("region %s: %d bytes and %d sectors in use", r.Kind, r.InUse, r.Sectors)
		}
		at = r.End()
	}
	if at != m.Bytes {
		t.Fatalf("the regions end at %#x", at)
	}
	if n := len(strings.Join(m.Draw(), "")); n*m.CellSize() != m.Bytes {
		t.Errorf("%d characters of %d bytes", n, m.CellSize())
	}
	for _, p := range m.Parts() {
		if p.Addr+len(p.Data) > m.Bytes || !bytes.Equal(p.Data, m.image[p.Addr:p.Addr+len(p.Data)]) || len(p.Data) == 0 {
			t.Errorf("part %s at %#x is not what is there", p.Name, p.Addr)
		}
	}
	if _, err := json.Marshal(m); err != nil {
		t.Error(err)
	}
}

func region(t *testing.T, m *Map, k Kind) *Region {
	t.Helper()
	for i := range m.Regions {
		if m.Regions[i].Kind == k {
			return &m.Regions[i]
		}
	}
	t.Fatalf("no region %s", k)
	return nil
}

func TestInspect(t *testing.T) {
	m := inspect(t, sample(), Options{})
	if len(m.Problems) != 0 || m.Table != TableRecord || m.Boot == nil || !m.Boot.Sound || m.Boot.FlashSize != sampleSize {
		t.Errorf("problems %v, table %s, boot %+v", m.Problems, m.Table, m.Boot)
	}
	var kinds []string
	for _, r := range m.Regions {
		kinds = append(kinds, fmt.Sprintf("%s@%x", r.Kind, r.Addr))
	}
	want := "boot@0 free@b000 rf-cal@d000 free@e000 phy-data@f000 records@10000 program@11000 lfs@90000 spiffs@a0000 parameters@3fd000"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("regions %s, want %s", got, want)
	}
	for k, text := range map[Kind]string{
		BootRegion: "boot image for 4 MB, DIO, 40 MHz, 1 segment", PhyData: "init data of the radio, 4 bytes",
		LFS: "2 modules, int32/float32", SDKParams: "the SDK's settings, copy 1, saved 17 times",
		RecordPage: "partition table, start command, radio data checked, startup options; 16 bytes deleted",
	} {
		if r := region(t, m, k); r.Text != text {
			t.Errorf("%s: %q, want %q", k, r.Text, text)
		}
	}
	var out strings.Builder
	m.Print(&out, "module.bin")
	for _, want := range []string{
		"module.bin: a flash chip of 4 MB, 106 of 1024 sectors in use\n",
		"  0x090000  0x0a0000     65536     ", "\n  5  start command       \"@start.lua\"\n", "  6  startup options     no banner, 160 MHz\n",
		"\n  main, web\n", "\nEach character is 4 KB:\n  0x000000  Bbbbbbbbbbb..C.YRPPPP", "\n  *\n", "ssse",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestInspect_Files(t *testing.T) {
	o := Options{Files: func(b []byte) (*Files, error) {
		if len(b) != 0x35C000 || string(b[:5]) != "files" {
			t.Errorf("a region of %#x bytes", len(b))
		}
		return &Files{List: []File{{Name: "a.lua", Size: 3, Data: []byte("a=1")}}, Used: 100, Total: 1000, Problems: []string{"a page is lost"}}, nil
	}}
	m := inspect(t, sample(), o)
	if r := region(t, m, SPIFFS); r.Text != "1 file" || r.InUse != 100 || r.Capacity != 1000 || r.FilesAt != 0xA0000 {
		t.Errorf("%+v", r)
	}
	if len(m.Problems) != 1 || m.Problems[0].Code != BadFiles || m.Sound() {
		t.Errorf("problems %v", m.Problems)
	}
	o.Files = func([]byte) (*Files, error) { return nil, errors.New("no magic") }
	if m := inspect(t, sample(), o); len(m.Problems) != 1 || !strings.Contains(m.Problems[0].Text, "0x0a0000: no magic") {
		t.Errorf("problems %v", m.Problems)
	}
}

func TestInspect_Problems(t *testing.T) {
	put := func(at int, s ...byte) func(b []byte) { return func(b []byte) { copy(b[at:], s) } }
	for _, c := range []struct {
		name, code, text string
		change           func(b []byte)
	}{
		{"boot image damaged", BadBoot, "checksum", put(20, 0)},
		{"no boot image", BadBoot, "no boot image", put(0, 1, 2, 3)},
		{"a segment too long", BadBoot, "behind the end", put(12, 0, 0, 0, 0x7F)},
		{"a larger chip", BadSize, "for a chip of 16 MB", put(3, 0x90)},
		{"a smaller chip", BadSize, "uses no more", put(3, 0x20)},
		{"no records", BadRecords, "no partition table", func(b []byte) { clear(b[0x10000:0x11000]) }},
		{"behind the records", BadRecords, "not erased", put(0x10F00, 1)},
		{"a table that overlaps", BadTable, "begins before the end", put(0x10000+4+12*5+4, 0, 0, 9, 0)},
		{"radio data gone", BadPhy, "SDK would not start", put(0xF000, 0)},
		{"a store for another address", BadStore, "made for address 0x402a0000", func(b []byte) { copy(b[0x90000:], sampleStore(rcr.Window+0xA0000, "main")) }},
		{"a damaged store", BadStore, "damaged", put(0x90000+200, 0, 1, 2, 3, 4, 5)},
		{"a store of Lua 5.1", BadStore, "Lua 5.1", put(0x90000, 0x50, 0xA1, 0xFA, 0xFA)},
		{"a load that was cut off", BadStore, "cut off", put(0x90000, 0x58, 0xA2, 0xFA, 0xFA)},
		{"no store but something", BadStore, "next start erases it", put(0x90000, 1, 2, 3, 4)},
		{"parameters damaged", BadParameters, "checksum", put(sampleSize-0x2000, 9)},
		{"parameters not marked", BadParameters, "not marked", put(sampleSize-0x1000+4, 9)},
		{"data in between", UnknownData, "1 used sector in no partition, from 0x00e000", put(0xE123, 1)},
	} {
		b := sample()
		c.change(b)
		m := inspect(t, b, Options{})
		if !slices.ContainsFunc(m.Problems, func(p Problem) bool { return p.Code == c.code && strings.Contains(p.Text, c.text) }) {
			t.Errorf("%s: %v, want %s: %s", c.name, m.Problems, c.code, c.text)
		}
	}
}

// TestInspect_New is about chips on which the firmware has not run.
func TestInspect_New(t *testing.T) {
	blank := bytes.Repeat([]byte{0xFF}, 512<<10)
	m := inspect(t, blank, Options{})
	if len(m.Regions) != 1 || m.Regions[0].Kind != Free || len(m.Problems) != 0 || !m.Sound() {
		t.Errorf("an erased chip: %+v", m)
	}
	if p := m.Parts(); p != nil {
		t.Errorf("parts of nothing: %v", p)
	}
	// What is flashed: the boot image, and the program with the linker's table.
	b := bytes.Repeat([]byte{0xFF}, sampleSize)
	copy(b, bootImage(4, []byte("boot")))
	page, _ := rcr.Load(b[rcr.PageAddr : rcr.PageAddr+rcr.PageSize])
	entry := func(kind, addr, size uint32) rcr.Partition {
		return rcr.Partition{Kind: kind, FlashRegion: port.FlashRegion{Addr: addr, Size: size}}
	}
	page.WriteTable([]rcr.Partition{
		entry(port.PartitionEagleROM, 0, 0xB000), entry(port.PartitionRFCal, 0xD000, 0x1000), entry(port.PartitionPhyData, 0xF000, 0x1000),
		entry(port.PartitionIROM0, 0x10000, 0), entry(port.PartitionLFS, 0, 0x20000), entry(port.PartitionSPIFFS, 0, 0xFFFFFFFF),
		entry(port.PartitionParameters, 0, 0x3000), entry(0, rcr.Window+0x7F000, 0),
	})
	copy(b[rcr.PageAddr:], page.Bytes())
	m = inspect(t, b, Options{})
	if r := region(t, m, LFS); m.Table != TableLinked || r.Addr != 0x80000 || r.Bytes != 0x20000 || r.Text != "empty" {
		t.Errorf("table %s, LFS %+v", m.Table, r)
	}
	if r := region(t, m, SPIFFS); r.Addr != 0xA0000 || r.Text != "erased: the next start makes a file system" || len(m.Problems) != 0 {
		t.Errorf("SPIFFS %+v, problems %v", r, m.Problems)
	}
	var out strings.Builder
	m.Print(&out, "new.bin")
	if !strings.Contains(out.String(), "has not started yet") || !strings.Contains(out.String(), "7 partitions, to be worked out") {
		t.Error(out.String())
	}
}

// TestInspect_NoTable is about what can be recognised without a table.
func TestInspect_NoTable(t *testing.T) {
	b := sample()
	copy(b[0x10000:], bytes.Repeat([]byte{0xFF}, 0x1000))
	b[sampleSize-0x4000] = 5
	m := inspect(t, b, Options{})
	var kinds []Kind
	for _, r := range m.Regions {
		if r.Kind != Free {
			kinds = append(kinds, r.Kind)
		}
	}
	want := []Kind{BootRegion, Unknown, Unknown, Unknown, LFS, Unknown, PhyData, SDKParams}
	if !slices.Equal(kinds, want) || m.Table != TableNone {
		t.Errorf("%v, want %v", kinds, want)
	}
	if !slices.ContainsFunc(m.Problems, func(p Problem) bool { return strings.Contains(p.Text, "no partition says so") }) {
		t.Errorf("problems %v", m.Problems)
	}
}

func TestInspect_Refused(t *testing.T) {
	whole := sample()
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "the file is empty", nil},
		{"cut off", "cut off", whole[:len(whole)-1]},
		{"too long", "no flash chip has", append(bytes.Clone(whole), 0)},
		{"boot part", "boot part of a firmware", whole[:0xB000]},
		{"program part", "program part of a firmware", whole[0x10000:0x8F000]},
		{"records", "a page of reboot config records", whole[0x10000:0x11000]},
		{"store", "\"moonlet lfs\" reads it", sampleStore(0x40290000, "main")},
		{"text", "not the image of a whole flash chip", []byte("print(1)")},
	} {
		if _, err := Inspect(c.data, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	m := inspect(t, sample(), Options{})
	var got []string
	for _, p := range m.Parts() {
		got = append(got, fmt.Sprintf("%s@%x+%x", p.Name, p.Addr, p.Bytes))
	}
	want := fmt.Sprintf("boot.bin@0+1000 rf-cal.bin@d000+1000 phy-data.bin@f000+1000 records.bin@10000+1000 program.bin@11000+62000 "+
		"lfs.img@90000+%x spiffs.bin@a0000+35c000 parameters.bin@3fd000+3000", len(sampleStore(0, "main", "web")))
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

func TestCompare(t *testing.T) {
	files := func(list ...File) Options {
		return Options{Files: func([]byte) (*Files, error) { return &Files{List: list}, nil }}
	}
	old := files(File{"a", 1, []byte("1")}, File{"b", 1, []byte("2")}, File{"c", 1, []byte("3")})
	a := inspect(t, sample(), old)
	if d := Compare(a, inspect(t, sample(), old)); !d.Same || slices.ContainsFunc(d.Regions, func(r RegionDiff) bool { return r.Change != RegionSame }) {
		t.Errorf("the same: %+v", d)
	}
	b := sample()
	page, _ := rcr.Load(b[0x10000:0x11000])
	page.Write(port.RecordInit, []byte("x=1\x00"))
	page.Delete(port.RecordStartup)
	copy(b[0x10000:], page.Bytes())
	copy(b[0x90000:], sampleStore(rcr.Window+0x90000, "main", "mqtt"))
	b[0xA5000], b[0xE010] = 0, 0
	copy(b[sampleSize-rcr.ParametersSize:], parameters(18))
	d := Compare(a, inspect(t, b, files(File{"a", 2, []byte("11")}, File{"b", 1, []byte("2")}, File{"d", 1, nil})))
	var out strings.Builder
	d.Print(&out, "a", "b")
	for _, want := range []string{
		"records: changed in 1 sector, first at byte 0x", "  start command: \"x=1\", was \"@start.lua\"\n", "  startup options: removed, was no banner, 160 MHz\n",
		"lfs: changed in 1 sector", "  module web removed\n", "  module mqtt added\n", "spiffs: changed in 1 sector, first at byte 0x5000\n",
		"  a changed, 2 bytes, was 1\n", "  c removed, 1 byte\n", "  d added, 1 byte\n", "  saved 17 times, then 18\n",
		"in no partition: changed in 1 sector, first at byte 0xe010\n", "the same: boot, rf-cal, phy-data, program\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	// Another table: the store moves, and the file system with it.
	b = sample()
	copy(b[0x10000:], bytes.Repeat([]byte{0xFF}, 0x1000))
	page, _ = rcr.Load(b[0x10000:0x11000])
	page.WriteTable(rcr.DefaultPartitions(sampleSize, 0))
	copy(b[0x10000:], page.Bytes())
	out.Reset()
	Compare(a, inspect(t, b, Options{})).Print(&out, "a", "b")
	for _, want := range []string{"lfs: removed, 1 used sector\n", "spiffs: changed", "  0x0a0000 with 3526656 bytes became 0x090000 with 3592192 bytes\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// FuzzInspect is about images of any bytes: there is an answer, and the image stays.
func FuzzInspect(f *testing.F) {
	f.Add([]byte{}, uint32(0), []byte{})
	f.Add([]byte{0xE9, 1}, uint32(3), []byte{0x90})
	f.Add([]byte("x"), uint32(0x10004), []byte{103, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF})
	f.Add([]byte("x"), uint32(0x10001), []byte{0})
	f.Add([]byte("x"), uint32(0x80000-0x1000+12), []byte{0xFF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte("x"), uint32(0x70000), sampleStore(rcr.Window+0x70000, "main"))
	const size = 512 << 10
	base := bytes.Repeat([]byte{0xFF}, size)
	copy(base, bootImage(0, []byte("boot")))
	copy(base[0xF000:], []byte{5})
	page, _ := rcr.Load(bytes.Repeat([]byte{0xFF}, rcr.PageSize))
	page.WriteTable([]rcr.Partition{
		{Kind: port.PartitionEagleROM, FlashRegion: port.FlashRegion{Addr: 0, Size: 0xB000}},
		{Kind: port.PartitionIROM0, FlashRegion: port.FlashRegion{Addr: 0x10000, Size: 0x10000}},
		{Kind: port.PartitionLFS, FlashRegion: port.FlashRegion{Addr: 0x20000, Size: 0x8000}},
		{Kind: port.PartitionSPIFFS, FlashRegion: port.FlashRegion{Addr: 0x28000, Size: 0x20000}},
		{Kind: port.PartitionParameters, FlashRegion: port.FlashRegion{Addr: size - 0x3000, Size: 0x3000}},
	})
	copy(base[0x10000:], page.Bytes())
	copy(base[0x20000:], sampleStore(rcr.Window+0x20000, "main", "web"))
	copy(base[size-rcr.ParametersSize:], parameters(1))
	sound, err := Inspect(base, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, short []byte, at uint32, patch []byte) {
		if _, err := Inspect(short, Options{}); err == nil && len(short) < size {
			t.Error("a short image was taken")
		}
		b := bytes.Clone(base)
		copy(b[at%size:], patch)
		before := bytes.Clone(b)
		m, err := Inspect(b, Options{Files: func(r []byte) (*Files, error) { return &Files{List: []File{{Name: string(r[:4])}}}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		check(t, m)
		var out strings.Builder
		m.Print(&out, "fuzz")
		Compare(sound, m).Print(&out, "a", "b")
		Compare(m, sound).Print(&out, "b", "a")
		if !bytes.Equal(b, before) {
			t.Error("the image was changed")
		}
	})
}
