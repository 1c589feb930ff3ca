package project_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/project"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/chipmap"
	chips "moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// bootImage is a boot image for a chip of a megabyte.
func bootImage() []byte {
	b := []byte{0xE9, 1, 2, 0x20, 0, 0, 0x10, 0x40, 0, 0, 0x10, 0x40, 4, 0, 0, 0, 1, 2, 3, 4}
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xEF^1^2^3^4)
}

// program is the other part of a firmware, with the table that is linked into it. Its end
// is 0x7B123.
func program(store uint32) []byte {
	const end = 0x7B123
	var table []rcr.Partition
	for _, p := range [][3]uint32{{port.PartitionEagleROM, 0, 0xB000}, {port.PartitionRFCal, 0xD000, 0x1000},
		{port.PartitionPhyData, 0xF000, 0x1000}, {port.PartitionIROM0, 0x10000, 0}, {port.PartitionLFS, 0, store},
		{port.PartitionSPIFFS, 0, 0xFFFFFFFF}, {port.PartitionParameters, 0, 0x3000}, {0, rcr.Window + end, 0}} {
		table = append(table, rcr.Partition{Kind: p[0], FlashRegion: port.FlashRegion{Addr: p[1], Size: p[2]}})
	}
	body := rcr.EncodeTable(table)
	b := append([]byte{byte(len(body) / 4), port.RecordPartitions, 0, 0}, body...)
	b = append(b, bytes.Repeat([]byte{0xFF}, rcr.PageSize-len(b))...)
	return append(b, bytes.Repeat([]byte{0x42}, end-rcr.PageAddr-rcr.PageSize)...)
}

// sample makes a project with a store and files.
func sample(t *testing.T, toml string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"init.lua": "print('init', node.LFS.greet and node.LFS.greet())", "data.txt": "data",
		"lib/greet.lua": "return 'hello'", project.FileName: toml,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const sampleStore = "lfs = \"64KB\"\nlfs_files = [\"lib/*.lua\"]\n"

func makeChip(dir string, o project.ChipOptions, flags ...project.Setting) (*project.MadeChip, error) {
	p, err := project.Open(dir, flags)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.MakeChip(o)
}

// runImage runs an image and gives what the module prints.
func runImage(t *testing.T, path string, save bool, flags ...project.Setting) (out string, lost bool) {
	t.Helper()
	p, err := project.Open(path, flags)
	if err != nil {
		t.Fatal(err)
	}
	defer closeProject(t, p)
	if save {
		if err := p.Save(); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := p.Upload(); err != nil || len(done) > 0 {
		t.Fatal(done, err)
	}
	var b bytes.Buffer
	c := p.Config()
	c.Clock, c.Serial, c.FastSerial = sdk.NewVirtualClock(), &b, true
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.RunFor(time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), p.Lost()
}

func imageFile(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "module.bin")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMakeChip makes chips of all kinds, twice each, and boots them: without formatting,
// with the store, and nothing is written.
func TestMakeChip(t *testing.T) {
	firmware := []project.Firmware{{Name: "0x10000.bin", Addr: 0x10000, Data: program(0x10000)}, {Name: "0x00000.bin", Data: bootImage()}}
	dir := sample(t, sampleStore)
	board, err := makeChip(sample(t, "files = [\"*.txt\"]"), project.ChipOptions{Firmware: firmware})
	if err != nil {
		t.Fatal(err)
	}
	base := slices.Clone(board.Chip.Bytes())
	base[0xF000], base[0x3FD000] = 5, 7
	for _, c := range []struct {
		name   string
		o      project.ChipOptions
		flags  []project.Setting
		size   int
		lfs    uint32 // address of the store
		spiffs uint32
		notes  string
	}{
		{"plain", project.ChipOptions{}, nil, 4 << 20, 0x90000, 0xA0000, ""},
		{"a megabyte", project.ChipOptions{}, []project.Setting{{Flag: "flash-size", Value: "1MB"}}, 1 << 20, 0x90000, 0xA0000, ""},
		{"16 megabytes", project.ChipOptions{}, []project.Setting{{Flag: "flash-size", Value: "16MB"}}, 16 << 20, 0x90000, 0xA0000, ""},
		{"firmware", project.ChipOptions{Firmware: firmware}, nil, 4 << 20, 0x7C000, 0x8C000, "its header says 4 MB now"},
		{"base", project.ChipOptions{Base: base, BaseName: "board.bin"}, nil, 4 << 20, 0x7C000, 0x8C000, ""},
		{"base, larger store", project.ChipOptions{Base: base}, []project.Setting{{Flag: "lfs", Value: "128KB"}}, 4 << 20, 0x7C000, 0x9C000, ""},
		{"base and firmware", project.ChipOptions{Base: base, Firmware: firmware}, nil, 4 << 20, 0x7C000, 0x8C000, "its header says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := makeChip(dir, c.o, c.flags...)
			if err != nil {
				t.Fatal(err)
			}
			image := m.Chip.Bytes()
			again, err := makeChip(dir, c.o, c.flags...)
			if err != nil || !bytes.Equal(image, again.Chip.Bytes()) {
				t.Errorf("the second time other bytes, %v", err)
			}
			if len(image) != c.size || !strings.Contains(strings.Join(m.Notes, "\n"), c.notes) || c.notes == "" && m.Notes != nil {
				t.Errorf("%d bytes, %q", len(image), m.Notes)
			}
			store, files, err := storage.Partitions(storage.New(storage.Options{Chip: m.Chip}))
			if err != nil || store.Addr != c.lfs || files.Addr != c.spiffs {
				t.Errorf("%v, store %#x, files %#x", err, store, files)
			}
			if x, err := chipmap.Inspect(image, chipmap.Options{}); err != nil || !x.Sound() || x.Table != chipmap.TableRecord {
				t.Errorf("%v, %+v", err, x.Problems)
			}
			if c.o.Firmware != nil && (!bytes.Equal(image[0x11000:0x7B123], c.o.Firmware[0].Data[0x1000:]) || image[3] != 0x40) {
				t.Error("the firmware is another one")
			}
			if c.o.Base != nil && (image[0xF000] != 5 || image[0x3FD000] != 7 || !bytes.Equal(image[0x11000:0x7B123], base[0x11000:0x7B123])) {
				t.Error("the base is another one")
			}
			path := imageFile(t, image)
			out, lost := runImage(t, path, false)
			if !strings.Contains(out, "init\thello") || strings.Contains(out, "Formatting") || lost {
				t.Errorf("something was lost: %v\n%s", lost, out)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, image) {
				t.Error("the image was changed")
			}
		})
	}
}

// TestMakeChip_Erased holds that nothing else is in a chip than what belongs there.
func TestMakeChip_Erased(t *testing.T) {
	m, err := makeChip(sample(t, sampleStore), project.ChipOptions{Time: 5})
	if err != nil {
		t.Fatal(err)
	}
	b := m.Chip.Bytes()
	table := rcr.New(4<<20, 0x10000).Bytes()
	if !chips.Blank(b[:rcr.PageAddr]) || !bytes.Equal(b[rcr.PageAddr:0x11000], table) || !chips.Blank(b[0x11000:0x90000]) || !chips.Blank(b[0x3FC000:]) {
		t.Error("something is where nothing should be")
	}
	x, err := chipmap.Inspect(b, chipmap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(x.Regions, func(r chipmap.Region) bool { return r.Kind == chipmap.LFS })
	if s := x.Regions[i].Store; s == nil || s.Time != 5 || !chips.Blank(b[0x90000+(s.Bytes+0xFFF)/0x1000*0x1000:0xA0000]) {
		t.Errorf("the store is %+v", s)
	}
}

// TestMakeChip_Base holds what becomes of a board's records, and that its store and files
// are gone.
func TestMakeChip_Base(t *testing.T) {
	old, err := makeChip(sample(t, sampleStore), project.ChipOptions{Firmware: []project.Firmware{{Name: "x", Addr: 0x10000, Data: program(0x20000)}}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := rcr.In(old.Chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	page.Write(port.RecordPhyData, nil)
	page.Write(port.RecordFlashLFS, []byte("app.img"))
	page.Write(port.RecordInit, []byte("@start.lua"))
	m, err := makeChip(sample(t, "files = [\"*.txt\"]"), project.ChipOptions{Base: old.Chip.Bytes(), BaseName: "board.bin"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "a record of board.bin is kept that starts \"@start.lua\", not init.lua"; !slices.Equal(m.Notes, []string{want}) {
		t.Errorf("notes %q", m.Notes)
	}
	page, _ = rcr.In(m.Chip.Part(rcr.PageAddr, rcr.PageSize))
	_, phy := page.Read(port.RecordPhyData)
	_, load := page.Read(port.RecordFlashLFS)
	store := page.Partition(port.PartitionLFS)
	if !phy || load || store.Size != 0x10000 || !chips.Blank(m.Chip.Bytes()[store.Addr:store.Addr+store.Size]) {
		t.Errorf("records %v, %v, store %#x", phy, load, store)
	}
	if len(m.Uploaded) != 1 {
		t.Errorf("files %v", m.Uploaded)
	}
}

func TestMakeChip_Refused(t *testing.T) {
	good := program(0x10000)
	short := slices.Clone(good)
	binary.LittleEndian.PutUint32(short[4+7*12+4:], rcr.Window+0x30000) // what its table says is less than what it has
	blank := bytes.Repeat([]byte{0xFF}, 1<<20)
	one := func(addr int, data []byte) project.ChipOptions {
		return project.ChipOptions{Firmware: []project.Firmware{{Name: "fw.bin", Addr: addr, Data: data}}}
	}
	for _, c := range []struct {
		name  string
		o     project.ChipOptions
		toml  string
		flags []project.Setting
		want  string
	}{
		{"half a megabyte", project.ChipOptions{}, "flash_size = \"512KB\"", nil, "1 MB or more"},
		{"another size", project.ChipOptions{Base: blank, BaseName: "b"}, "flash_size = \"2MB\"", nil, "the chip has 1 MB, not 2 MB"},
		{"no table", project.ChipOptions{Base: blank, BaseName: "b"}, "", nil, "b: there is no partition table"},
		{"only the boot part", one(0, bootImage()), "", nil, "fw.bin: there is no partition table"},
		{"another firmware", one(0x10000, bytes.Repeat([]byte{1}, 5000)), "", nil, "fw.bin: there is no partition table"},
		{"empty", one(0, nil), "", nil, "it is empty"},
		{"odd address", one(0x10100, good), "", nil, "no sector begins at 0x10100"},
		{"behind the end", one(0x3FF000, good), "", nil, "ends behind the chip of 4 MB"},
		{"overlap", project.ChipOptions{Firmware: []project.Firmware{{Name: "b", Addr: 0x11000, Data: good}, {Name: "a", Addr: 0x10000, Data: good}}}, "", nil, "b: it begins at 0x011000, and a ends at"},
		{"over the files", one(0x10000, short), "", nil, "the partition table has the store or the files there"},
		{"a store beyond a megabyte", one(0x10000, program(0x100000)), "", nil, "the processor reads the first megabyte"},
		{"store too small", project.ChipOptions{}, "lfs = 4096\nlfs_files = [\"*.lua\", \"lib/*.lua\", \"big.lua\"]", nil, "the partition of the store has 4096"},
		{"no room", project.ChipOptions{}, "lfs = \"448KB\"\nflash_size = \"1MB\"", nil, "partition"},
	} {
		dir := sample(t, c.toml)
		if err := os.WriteFile(filepath.Join(dir, "big.lua"), []byte("x = {"+strings.Repeat("'a string', ", 1000)+"}"), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := makeChip(dir, c.o, c.flags...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, ".moonlet")); err == nil {
			t.Errorf("%s: a state directory was made", c.name)
		}
	}
}
