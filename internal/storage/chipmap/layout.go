package chipmap

import (
	"bytes"
	"cmp"
	"fmt"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Kind is what a region is for. The kinds stay as they are.
type Kind string

// The kinds of regions.
const (
	BootRegion Kind = "boot"
	RFCal      Kind = "rf-cal"
	PhyData    Kind = "phy-data"
	RecordPage Kind = "records"
	Program    Kind = "program"
	LFS        Kind = "lfs"
	LFS1       Kind = "lfs1"
	TLSCerts   Kind = "tls-certs"
	SPIFFS     Kind = "spiffs"
	SPIFFS1    Kind = "spiffs1"
	SDKParams  Kind = "parameters"
	Free       Kind = "free"    // in no partition, and erased
	Unknown    Kind = "unknown" // in no partition, and something is in it
)

// Types of partitions that Moonlet does not use (app/include/user_config.h).
const (
	partitionLFS1    = 104
	partitionTLS     = 105
	partitionSPIFFS1 = 107
)

// kindOf is the kind of a partition.
func kindOf(partition uint32) Kind {
	switch partition {
	case port.PartitionEagleROM:
		return BootRegion
	case port.PartitionRFCal:
		return RFCal
	case port.PartitionPhyData:
		return PhyData
	case port.PartitionIROM0:
		return Program
	case port.PartitionLFS:
		return LFS
	case partitionLFS1:
		return LFS1
	case partitionTLS:
		return TLSCerts
	case port.PartitionSPIFFS:
		return SPIFFS
	case partitionSPIFFS1:
		return SPIFFS1
	case port.PartitionParameters:
		return SDKParams
	}
	return Kind(fmt.Sprintf("partition-%d", partition))
}

// Record is a reboot config record.
type Record struct {
	ID    uint8  `json:"id"`
	Name  string `json:"name"`
	Addr  int    `json:"address"` // of its body
	Bytes int    `json:"bytes"`
	Text  string `json:"text"`
}

// recordName names a record.
func recordName(id uint8) string {
	switch id {
	case port.RecordPartitions:
		return "partition table"
	case port.RecordPhyData:
		return "radio data checked"
	case port.RecordReflash:
		return "reflash"
	case port.RecordFlashLFS:
		return "load this image"
	case port.RecordInit:
		return "start command"
	case port.RecordStartup:
		return "startup options"
	}
	return fmt.Sprintf("record %d", id)
}

// readRecords reads the reboot config records, and works out the partition table: that
// in force, or what the first boot will make. It is nil if there is none.
func (m *Map) readRecords() []rcr.Partition {
	m.Table = TableNone
	page, err := rcr.Load(m.image[rcr.PageAddr : rcr.PageAddr+rcr.PageSize])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	table, ok := page.Table()
	if !ok || len(table) == 0 {
		if m.used[rcr.PageAddr/flash.SectorSize] {
			m.fail(BadRecords, "at %#x, where the reboot config records are, there is no partition table: this is no firmware of NodeMCU 3, or it is damaged", rcr.PageAddr)
		}
		return nil
	}
	for _, r := range page.Records() {
		if !r.Deleted() {
			m.Records = append(m.Records, Record{ID: r.ID, Name: recordName(r.ID), Addr: rcr.PageAddr + r.Offset + 4, Bytes: len(r.Body), Text: recordText(r)})
		}
	}
	if err := page.Check(); err != nil {
		m.fail(BadRecords, "reboot config records: %v", err)
	}
	m.Table = TableRecord
	if rcr.Unfinished(table) {
		m.Table = TableLinked
	}
	table, err = rcr.FirstBoot(table, m.chipSize())
	if err != nil {
		m.fail(BadTable, "partition table: %v", err)
	}
	return table
}

// recordText says what a record holds.
func recordText(r rcr.Record) string {
	switch r.ID {
	case port.RecordPartitions:
		n := len(rcr.DecodeTable(r.Body))
		if rcr.Unfinished(rcr.DecodeTable(r.Body)) {
			return fmt.Sprintf("%d partitions, to be worked out by the first boot", n-1)
		}
		return fmt.Sprintf("%d partitions", n)
	case port.RecordInit, port.RecordFlashLFS:
		text, _, _ := bytes.Cut(r.Body, []byte{0})
		return compiled.Quote(string(text), 60)
	case port.RecordStartup:
		return startupText(r.Body)
	}
	if len(r.Body) == 0 {
		return "set"
	}
	const most = 16
	text := fmt.Sprintf("% x", r.Body[:min(len(r.Body), most)])
	if len(r.Body) > most {
		text += " …"
	}
	return text
}

func startupText(body []byte) string {
	if len(body) != 4 {
		return fmt.Sprintf("% x: no options", body)
	}
	w := word(body, 0)
	var list []string
	for _, o := range []struct {
		bit  uint32
		name string
	}{{port.StartupNoBanner, "no banner"}, {port.StartupCPUMax, "160 MHz"}, {port.StartupDelayMount, "file system mounted at its first use"}} {
		if w&o.bit != 0 {
			list = append(list, o.name)
		}
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}

// layOut divides the chip into regions.
func (m *Map) layOut(table []rcr.Partition, o Options) {
	list := m.partitions(table)
	if table == nil {
		list = m.traces(o)
	}
	slices.SortStableFunc(list, func(a, b Region) int { return cmp.Compare(a.Addr, b.Addr) })
	at := 0
	for _, r := range list {
		end := r.End()
		r.Addr = max(r.Addr, at)
		if r.Bytes = end - r.Addr; r.Bytes <= 0 {
			continue
		}
		m.gap(at, r.Addr)
		m.Regions = append(m.Regions, r)
		at = end
	}
	m.gap(at, m.Bytes)
}

// partitions makes regions of a table. They are whole sectors within the chip.
func (m *Map) partitions(table []rcr.Partition) (list []Region) {
	for _, p := range table {
		start := min(uint64(p.Addr)/flash.SectorSize*flash.SectorSize, uint64(m.Bytes))
		end := min((uint64(p.Addr)+uint64(p.Size)+flash.SectorSize-1)/flash.SectorSize*flash.SectorSize, uint64(m.Bytes))
		if start >= end {
			continue
		}
		r := Region{Kind: kindOf(p.Kind), Addr: int(start), Bytes: int(end - start)}
		if r.Kind == Program && r.Addr == rcr.PageAddr && r.Bytes > rcr.PageSize {
			list = append(list, Region{Kind: RecordPage, Addr: rcr.PageAddr, Bytes: rcr.PageSize})
			r.Addr, r.Bytes = r.Addr+rcr.PageSize, r.Bytes-rcr.PageSize
		}
		list = append(list, r)
	}
	return list
}

// Places that the SDK had before it had partitions: the radio's data lay in the sector
// before the parameters (esp_init_data_default.bin, Espressif's "ESP8266 SDK Getting
// Started Guide", flash maps).
const oldPhyData = rcr.ParametersSize + flash.SectorSize

// traces looks for what can be recognised where there is no table.
func (m *Map) traces(o Options) (list []Region) {
	if o.Search != nil {
		for _, r := range o.Search(m.image) {
			list = append(list, Region{Kind: SPIFFS, Addr: int(r.Addr), Bytes: int(r.Size)})
		}
	}
	if m.Boot != nil {
		n := max(m.Boot.Bytes, flash.SectorSize)
		list = append(list, Region{Kind: BootRegion, Bytes: (n + flash.SectorSize - 1) / flash.SectorSize * flash.SectorSize})
	}
	params := m.Bytes - rcr.ParametersSize
	if parseParameters(m.image[params:]) != nil {
		list = append(list, Region{Kind: SDKParams, Addr: params, Bytes: rcr.ParametersSize})
	}
	if at := m.Bytes - oldPhyData; m.image[at] == phyMagic {
		list = append(list, Region{Kind: PhyData, Addr: at, Bytes: flash.SectorSize})
	}
	return list
}

// gap makes regions of what is in no partition: free sectors, and others; and stores
// that no partition has.
func (m *Map) gap(from, to int) {
	for at := from; at < to; {
		if n := m.strayStore(at, to); n > 0 {
			m.Regions = append(m.Regions, Region{Kind: LFS, Addr: at, Bytes: n})
			m.warn(BadStore, "at %#06x there is a Lua Flash Store, and no partition says so: the firmware does not find it", at)
			at += n
			continue
		}
		used := m.used[at/flash.SectorSize]
		end := at + flash.SectorSize
		for end < to && m.used[end/flash.SectorSize] == used && m.strayStore(end, to) == 0 {
			end += flash.SectorSize
		}
		kind := Free
		if used {
			kind = Unknown
		}
		m.Regions = append(m.Regions, Region{Kind: kind, Addr: at, Bytes: end - at})
		at = end
	}
}

// strayStore is the size of the store that begins at a sector, in whole sectors; 0 if
// there is none.
func (m *Map) strayStore(at, end int) int {
	if _, ok := store.Look(m.image[at:end]); !ok {
		return 0
	}
	s, err := store.Read(m.image[at:end])
	if err != nil {
		return 0
	}
	return (len(s.Data) + flash.SectorSize - 1) / flash.SectorSize * flash.SectorSize
}
