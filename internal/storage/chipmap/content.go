package chipmap

import (
	"errors"
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// look tells what is in a region.
func (m *Map) look(r *Region, o Options) {
	for at := r.Addr; at < r.End(); at += flash.SectorSize {
		if m.used[at/flash.SectorSize] {
			r.Sectors++
		}
	}
	r.Capacity = r.Bytes
	r.InUse = used(m.bytes(r))
	switch r.Kind {
	case BootRegion:
		m.lookBoot(r)
	case Program:
		r.Text = "no program: nothing but Moonlet can boot this chip"
		if r.InUse > 0 {
			r.Text = "the firmware's program"
		}
	case RecordPage:
		m.lookRecords(r)
	case PhyData:
		m.lookPhy(r)
	case LFS:
		m.lookStore(r)
	case SPIFFS:
		m.lookFiles(r, o)
	case SDKParams:
		m.lookParameters(r)
	case Unknown:
		m.lookUnknown(r)
	case RFCal:
		r.Text = either(r.InUse > 0, "the radio's calibration", "erased: the radio will be calibrated at the next start")
	case Free:
		r.Text = ""
	default:
		r.Text = either(r.InUse > 0, fmt.Sprintf("%d sectors in use", r.Sectors), "erased")
	}
}

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// used is the number of bytes up to the last one that is not erased.
func used(b []byte) int {
	n := len(b)
	for n >= flash.SectorSize && flash.Blank(b[n-flash.SectorSize:n]) {
		n -= flash.SectorSize
	}
	for n > 0 && b[n-1] == 0xFF {
		n--
	}
	return n
}

func (m *Map) lookBoot(r *Region) {
	h := m.Boot
	switch {
	case h == nil && r.InUse == 0:
		r.Text = "no firmware: nothing but Moonlet can boot this chip"
	case h == nil:
		r.Text = "no boot image"
	case !h.Sound:
		r.Text = "a damaged boot image"
	default:
		r.InUse = min(h.Bytes, r.Bytes)
		r.Text = fmt.Sprintf("boot image for %s, %s, %d MHz, %s", Size(h.FlashSize), h.Mode, h.MHz, count(h.Segments, "segment"))
	}
}

func (m *Map) lookRecords(r *Region) {
	var names []string
	live := 0
	for _, rec := range m.Records {
		names = append(names, rec.Name)
		live += 4 + rec.Bytes
	}
	r.Text = strings.Join(names, ", ")
	if dead := r.InUse - live; dead > 3 {
		r.Text += fmt.Sprintf("; %d bytes deleted", dead/4*4)
	}
}

// phyMagic is the first byte of the radio's data (phy_data_setup, app/user/user_main.c).
const phyMagic = 5

func (m *Map) lookPhy(r *Region) {
	b := m.bytes(r)
	done := false // the firmware looks only once
	for _, rec := range m.Records {
		done = done || rec.ID == port.RecordPhyData
	}
	switch {
	case b[0] == phyMagic:
		r.Text = fmt.Sprintf("init data of the radio, %d bytes", r.InUse)
	case done:
		r.Text = "no init data"
		m.fail(BadPhy, "the radio's init data at %#06x begin with %#02x, not with %d, and a record says that they are there: the SDK would not start; flash esp_init_data_default.bin there",
			r.Addr, b[0], phyMagic)
	default:
		r.Text = "no init data yet: the next start writes them"
	}
}

// Store is what is in the Lua Flash Store.
type Store struct {
	Address uint32        `json:"address"` // that it was made for, in the processor's memory
	Edition string        `json:"edition"`
	Bytes   int           `json:"bytes"`
	Numbers []string      `json:"numbers"` // two if the store does not tell
	Time    int64         `json:"timestamp"`
	Modules []StoreModule `json:"modules"`

	content *store.Content
}

// StoreModule is a module in the store. The bytes do not include its strings.
type StoreModule struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

func (m *Map) lookStore(r *Region) {
	b := m.bytes(r)
	if r.End() > rcr.WindowSize {
		m.fail(BadStore, "the partition of the Lua Flash Store ends at %#06x, behind the first megabyte, which is all that the processor can read", r.End())
	}
	// The signature alone counts for the firmware (luaN_init, app/lua53/lnodemcu.c and app/lua/lflash.c).
	switch sig := word(b, 0); {
	case sig == 0 || sig == 0xFFFFFFFF:
		r.Text = "empty"
		if r.InUse > 0 {
			r.Text = "no store; what was left by a load that was cut off"
		}
		return
	}
	s, err := store.Read(b)
	var kind *compiled.KindError
	switch {
	case errors.As(err, &kind):
		r.Text = "no store"
		m.fail(BadStore, "the Lua Flash Store at %#06x: %s; with Lua 5.3 the next start erases it", r.Addr, kind.Text)
		return
	case err != nil:
		r.Text = "a damaged store"
		m.fail(BadStore, "the Lua Flash Store at %#06x: %v; load its image again", r.Addr, err)
		return
	}
	st := &Store{Address: s.Base, Edition: s.Edition(), Bytes: len(s.Data), Numbers: s.Numbers, Time: s.Timestamp, Modules: []StoreModule{}, content: s}
	for _, mod := range s.Modules {
		st.Modules = append(st.Modules, StoreModule{mod.Name, mod.Bytes})
	}
	r.Store, r.InUse = st, st.Bytes
	r.Text = fmt.Sprintf("%s, %s", count(len(st.Modules), "module"), strings.Join(st.Numbers, " or "))
	if s.Lua51 {
		r.Text += " of " + st.Edition
	}
	if s.OldTypes {
		m.fail(BadStore, "the Lua Flash Store at %#06x is %s", r.Addr, store.OldTypes)
	}
	if want := uint32(rcr.Window + r.Addr); s.Base != want {
		m.fail(BadStore, "the Lua Flash Store at %#06x was made for address %#08x, and is read at %#08x: the firmware would follow wild addresses; load its image again",
			r.Addr, s.Base, want)
	}
}

func (m *Map) lookFiles(r *Region, o Options) {
	at := flashdir.RegionIn(port.FlashRegion{Addr: uint32(r.Addr), Size: uint32(r.Bytes)})
	r.FilesAt, r.FilesBytes = int(at.Addr), int(at.Size)
	const least = 4 * flash.SectorSize // MIN_BLOCKS_FS of the small blocks (app/spiffs/spiffs.c)
	if r.FilesBytes < least {
		r.Text = "too small for a file system"
		m.fail(BadFiles, "the partition of SPIFFS at %#06x has room for %d bytes between multiples of 8 KB; the firmware wants %d at least", r.Addr, r.FilesBytes, least)
		return
	}
	region := m.image[r.FilesAt : r.FilesAt+r.FilesBytes]
	if r.InUse == 0 {
		r.Text = "erased: the next start makes a file system"
		return
	}
	if o.Files == nil {
		r.InUse = usedPages(region)
		r.Text = fmt.Sprintf("%d of %d sectors are not erased", r.Sectors, r.Bytes/flash.SectorSize)
		return
	}
	f, err := o.Files(region)
	if err != nil {
		r.Text = "no file system that can be read"
		m.fail(BadFiles, "SPIFFS at %#06x: %v", r.FilesAt, err)
		return
	}
	r.Files, r.InUse, r.Capacity = f, f.Used, f.Total
	r.Text = count(len(f.List), "file")
	for _, p := range f.Problems {
		m.fail(BadFiles, "SPIFFS at %#06x: %s", r.FilesAt, p)
	}
}

// usedPages is the size of the pages that are not erased.
func usedPages(b []byte) int {
	const page = 256
	n := 0
	for ; len(b) >= page; b = b[page:] {
		if !flash.Blank(b[:page]) {
			n += page
		}
	}
	return n
}

// Parameters are the SDK's settings at the end of the chip: two copies of them, of which
// the third sector tells the one in force. The SDK's library does that without source or
// document; this is what others found out (struct ets_store_wifi_hdr and
// read_wifi_config of github.com/pvvx/esp8266web). Numbers are little-endian.
//
//	parameters = copy copy last     three sectors
//	last       = which:u8 0xFF… flag:u32 saves:u32 length:u32×2 checksum:u32×2
//
// flag is 0x55AA55AA. The checksum is the exclusive or of 0xEF and the bytes of a copy.
type Parameters struct {
	Copy  int    `json:"copy"`  // the one in force, 0 or 1
	Saves uint32 `json:"saves"` // how often they were written
	Sound bool   `json:"sound"` // the checksum is right
}

const parametersFlag = 0x55AA55AA

// parseParameters reads the SDK's settings, nil if there are none.
func parseParameters(b []byte) *Parameters {
	last := b[2*flash.SectorSize:]
	if word(last, 4) != parametersFlag {
		return nil
	}
	p := &Parameters{Saves: word(last, 8)}
	if last[0] != 0 {
		p.Copy = 1
	}
	if n := word(last, 12+4*p.Copy); n <= flash.SectorSize {
		sum := byte(0xEF)
		for _, c := range b[p.Copy*flash.SectorSize:][:n] {
			sum ^= c
		}
		p.Sound = uint32(sum) == word(last, 20+4*p.Copy)
	}
	return p
}

func (m *Map) lookParameters(r *Region) {
	if r.InUse == 0 {
		r.Text = "erased: the SDK begins with its defaults"
		return
	}
	if r.Bytes == rcr.ParametersSize {
		r.Parameters = parseParameters(m.bytes(r))
	}
	switch p := r.Parameters; {
	case p == nil:
		r.Text = "something else than parameters of the SDK"
		m.warn(BadParameters, "the SDK's parameters at %#06x are not marked as such: the SDK begins with its defaults", r.Addr)
	case !p.Sound:
		r.Text = "damaged parameters of the SDK"
		m.warn(BadParameters, "the checksum of the SDK's parameters at %#06x is wrong: it begins with its defaults", r.Addr)
	default:
		r.Text = fmt.Sprintf("the SDK's settings, copy %d, saved %s", p.Copy, count(int(p.Saves), "time"))
	}
}

// lookUnknown tells what a region without a partition has.
func (m *Map) lookUnknown(r *Region) {
	r.Text = either(zeros(m.bytes(r)), "all zeros", "nobody knows whose")
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// warnUnknown warns of all data that no partition has. Zeros are no data: a flasher
// pads with them.
func (m *Map) warnUnknown() {
	n, first := 0, 0
	for _, r := range m.Regions {
		if r.Kind == Unknown && !zeros(m.bytes(&r)) {
			if n == 0 {
				first = r.Addr
			}
			n += r.Sectors
		}
	}
	if n > 0 && m.Table != TableNone {
		m.warn(UnknownData, "%s in no partition, from %#06x on: the firmware does not use them", count(n, "used sector"), first)
	}
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
