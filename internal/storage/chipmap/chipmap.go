// Package chipmap tells what lies where in the image of a module's flash chip, how full
// it is and what is wrong with it. It trusts nothing in the image and never changes it.
//
// # Layout
//
// What the firmware expects where (app/user/user_main.c and app/platform/platform.c of
// the firmware, "Partition Table" in the documents of Espressif's Non-OS SDK 3.0):
//
//	0x00000  boot: an image that the chip's own loader puts into RAM, see Boot
//	0x0D000  calibration of the radio
//	0x0F000  data for the radio ("init data"), whose first byte is 5
//	0x10000  reboot config records, a sector, see package rcr; the partition table is one
//	0x11000  the program's part that is executed where it lies
//	…        the Lua Flash Store, see package lfs, and SPIFFS, where the table says
//	end      12 KB of the SDK's parameters, see Parameters
//
// Every byte of the chip is in exactly one region. Those that no partition has are free
// if they are erased, and unknown if not.
package chipmap

import (
	"encoding/binary"
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"

	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Options tell how to look.
type Options struct {
	// Files, if any, reads the file system from the bytes of its region. The error says
	// why there is none.
	Files func(region []byte) (*Files, error)
	// Search, if any, finds file systems in a chip without a partition table.
	Search func(image []byte) []port.FlashRegion
}

// Files is what is in a file system.
type Files struct {
	List  []File `json:"list"`
	Used  int    `json:"used_bytes"`
	Total int    `json:"total_bytes"`
	// Problems say what is wrong with it, one sentence each.
	Problems []string `json:"problems,omitempty"`
}

// File is a file of the module.
type File struct {
	Name string `json:"name"`
	Size int    `json:"bytes"`
	Data []byte `json:"-"`
}

// Map is what lies where in a chip. The names of the JSON fields stay as they are;
// docs/flash.md describes them.
type Map struct {
	Bytes    int       `json:"bytes"`
	Sectors  int       `json:"sectors"`
	Used     int       `json:"used_sectors"` // with something in them
	Boot     *Boot     `json:"boot,omitempty"`
	Table    string    `json:"table"` // TableRecord and so on
	Records  []Record  `json:"records"`
	Regions  []Region  `json:"regions"`
	Problems []Problem `json:"problems"`

	image []byte
	used  []bool // by sector
}

// Where the partition table comes from.
const (
	TableRecord = "record" // in force
	TableLinked = "linked" // the first boot will make it, of what is linked into the firmware
	TableNone   = "none"
)

// Problem is something that is wrong or, if it is a warning, remarkable. Code stays as
// it is.
type Problem struct {
	Code    string `json:"code"`
	Warning bool   `json:"warning"`
	Text    string `json:"text"`
}

// The codes of problems.
const (
	BadBoot       = "boot"       // the boot image is damaged
	BadSize       = "size"       // the boot image is for a chip of another size
	BadRecords    = "records"    // the page of records is damaged
	BadTable      = "table"      // the partition table is
	BadStore      = "store"      // the Lua Flash Store is
	BadFiles      = "files"      // the file system is
	BadParameters = "parameters" // the SDK's parameters are
	BadPhy        = "phy-data"   // the radio's data are missing, or no such data
	UnknownData   = "unknown"    // nobody knows whose data these are
)

func (m *Map) fail(code, format string, args ...any) {
	m.Problems = append(m.Problems, Problem{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (m *Map) warn(code, format string, args ...any) {
	m.Problems = append(m.Problems, Problem{Code: code, Warning: true, Text: fmt.Sprintf(format, args...)})
}

// Sound tells whether nothing but warnings was found.
func (m *Map) Sound() bool {
	for _, p := range m.Problems {
		if !p.Warning {
			return false
		}
	}
	return true
}

// Region is a part of the chip.
type Region struct {
	Kind  Kind `json:"kind"`
	Addr  int  `json:"address"`
	Bytes int  `json:"bytes"`
	// InUse is how many bytes are in use; Capacity is how many there can be: not all of
	// them, for instance, in a file system.
	InUse    int    `json:"used_bytes"`
	Capacity int    `json:"capacity"`
	Sectors  int    `json:"used_sectors"` // with something in them
	Text     string `json:"text"`

	Store      *Store      `json:"store,omitempty"`       // of the kind LFS
	Files      *Files      `json:"files,omitempty"`       // of the kind SPIFFS
	FilesAt    int         `json:"files_at,omitempty"`    // where the file system begins
	FilesBytes int         `json:"files_bytes,omitempty"` // and what it has
	Parameters *Parameters `json:"parameters,omitempty"`
}

// End is the address of the first byte behind the region.
func (r *Region) End() int { return r.Addr + r.Bytes }

// Inspect tells what is in the image of a chip. The error says why it is none.
func Inspect(image []byte, o Options) (*Map, error) {
	if err := flash.CheckSize(len(image)); err != nil {
		return nil, fmt.Errorf("%s: %w", guess(image), err)
	}
	m := &Map{Bytes: len(image), Sectors: len(image) / flash.SectorSize, Records: []Record{}, Problems: []Problem{}, image: image}
	m.used = make([]bool, m.Sectors)
	for i := range m.used {
		m.used[i] = !flash.Blank(image[i*flash.SectorSize : (i+1)*flash.SectorSize])
		if m.used[i] {
			m.Used++
		}
	}
	if m.Used == 0 {
		m.Table = TableNone
		m.Regions = []Region{{Kind: Free, Bytes: m.Bytes, Capacity: m.Bytes, Text: "the whole chip is erased"}}
		return m, nil
	}
	m.readBoot()
	table := m.readRecords()
	m.layOut(table, o)
	for i := range m.Regions {
		m.look(&m.Regions[i], o)
	}
	m.warnUnknown()
	return m, nil
}

// guess says what a file is that is no chip.
func guess(b []byte) string {
	switch {
	case len(b) == 0:
		return "the file is empty"
	case len(b) >= bootHeader && b[0] == bootMagic && parseBoot(b) != nil:
		return "this is the boot part of a firmware, which belongs at flash address 0, or a chip's image that was cut off"
	}
	if p, err := rcr.Load(b[:min(len(b), rcr.PageSize)]); err == nil {
		if _, ok := p.Table(); ok && len(b) > rcr.PageSize {
			return fmt.Sprintf("this is the program part of a firmware, which belongs at flash address %#x", rcr.PageAddr)
		} else if ok {
			return "this is a page of reboot config records, not a whole chip"
		}
	}
	switch k, _ := lfs.Identify(b); k {
	case compiled.Absolute, compiled.Image, compiled.Chunk:
		return fmt.Sprintf("this is an %s, not a whole chip; \"moonlet lfs\" reads it", k)
	}
	return "this is not the image of a whole flash chip, or it was cut off"
}

// bytes are those of a region.
func (m *Map) bytes(r *Region) []byte { return m.image[r.Addr:r.End()] }

func word(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
