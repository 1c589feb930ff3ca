package node

import (
	"encoding/binary"
	"fmt"
	"slices"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Settings of the partition table, in the order of pt_t (app/modules/node.c).
const (
	lfsAddr = iota
	lfsSize
	spiffsAddr
	spiffsSize
	settings
)

// partitionKeys names them.
var partitionKeys = &state.ROTable{Name: "node.pt_map", Entries: []state.Entry{
	state.Int("lfs_addr", lfsAddr),
	state.Int("lfs_size", lfsSize),
	state.Int("spiffs_addr", spiffsAddr),
	state.Int("spiffs_size", spiffsSize),
}}

// getPartitions is node.getpartitiontable().
func getPartitions(L state.State) int {
	lfs := records(L).Partition(port.PartitionLFS)
	spiffs := records(L).Partition(port.PartitionSPIFFS)
	values := [settings]uint32{lfsAddr: lfs.Addr, lfsSize: lfs.Size, spiffsAddr: spiffs.Addr, spiffsSize: spiffs.Size}
	L.SetTop(0)
	L.CreateTable(0, settings)
	L.PushROTable(partitionKeys)
	L.PushNil()
	for L.Next(2) {
		i, _ := L.ToInteger(4)
		L.PushValue(3)
		pushU32(L, values[i])
		L.RawSet(1)
		L.Pop(1)
	}
	L.Pop(1)
	return 1
}

// partition is an entry of the partition table.
type partition struct{ kind, addr, size uint32 }

// keep stands for a setting that does not change.
const keep = ^uint32(0)

// changes are the settings that setPartitions was given.
type changes [settings]uint32

// readChanges takes the settings from the table in the first argument.
func readChanges(L state.State) changes {
	c := changes{keep, keep, keep, keep}
	L.ArgCheck(L.IsTable(1), 1, "must be table")
	L.SetTop(1)
	L.PushROTable(partitionKeys)
	L.PushNil()
	for L.Next(1) {
		L.ArgCheck(L.IsString(3) && L.IsNumber(4), 1, "invalid partition setting")
		L.PushValue(3)
		L.RawGet(2)
		L.ArgCheck(!L.IsNil(-1), 1, "invalid partition setting")
		i, _ := L.ToInteger(5)
		v, _ := L.ToInteger(4)
		c[i] = uint32(v)
		L.Pop(2)
	}
	return c
}

// setPartitions is node.setpartitiontable(table). It does not return: the table
// is read at boot, so the firmware waits for the watchdog.
func setPartitions(L state.State) int {
	c := readChanges(L)
	record, _ := records(L).ReadRecord(port.RecordPartitions)
	var table []partition
	for ; len(record) >= port.PartitionSize; record = record[port.PartitionSize:] {
		word := func(i int) uint32 { return binary.LittleEndian.Uint32(record[4*i:]) }
		table = append(table, partition{word(0), word(1), word(2)})
	}
	table, ok := c.apply(table, system(L).Hardware().FlashSize)
	if !ok {
		return L.Errorf("Partition value out of range")
	}
	var body []byte
	for i, p := range table {
		L.ErrorOutput(fmt.Sprintf("Partition %d: %04x %06x %06x\n", i, p.kind, p.addr, p.size))
		for _, w := range [...]uint32{p.kind, p.addr, p.size} {
			body = binary.LittleEndian.AppendUint32(body, w)
		}
	}
	records(L).WriteRecord(port.RecordPartitions, body)
	system(L).Hang()
	return 0
}

// Places in the flash chip in bytes.
const (
	sectorSize     = 0x1000
	parametersSize = 0x3000   // at the end
	spiffsStart    = 0x100000 // where SPIFFS begins if it fits
)

// apply changes the partition table. LFS follows the program, SPIFFS follows
// LFS; each of them comes into being if it is not there, and goes if its size is
// 0. It is false if partitions then overlap or do not fit.
func (c changes) apply(table []partition, flashSize uint32) ([]partition, bool) {
	follow := func(i int, kind, addr uint32) {
		if i+1 == len(table) || table[i+1].kind != kind {
			table = slices.Insert(table, i+1, partition{kind: kind, addr: addr})
		}
	}
	last := uint32(0)
	for i := 0; i < len(table); {
		p := table[i]
		switch p.kind {
		case port.PartitionIROM0:
			follow(i, port.PartitionLFS, p.addr+p.size)
		case port.PartitionLFS:
			p = c.lfs(p)
			follow(i, port.PartitionSPIFFS, 0)
		case port.PartitionSPIFFS:
			p = c.spiffs(p, flashSize, last)
		}
		if p.size == 0 {
			table = slices.Delete(table, i, i+1)
			continue
		}
		end := p.addr + p.size
		if p.addr%sectorSize != 0 || p.size%sectorSize != 0 || p.addr < last || end > flashSize {
			return nil, false
		}
		table[i] = p
		last = end
		i++
	}
	return table, true
}

func (c changes) lfs(p partition) partition {
	if c[lfsAddr] != keep {
		p.addr = c[lfsAddr]
	}
	if c[lfsSize] != keep {
		p.size = c[lfsSize]
	}
	return p
}

func (c changes) spiffs(p partition, flashSize, last uint32) partition {
	if c[spiffsSize] != keep {
		p.size = c[spiffsSize]
		p.addr = last
		if p.size <= flashSize-parametersSize-spiffsStart {
			p.addr = spiffsStart
		}
	}
	if c[spiffsAddr] != keep {
		p.addr = c[spiffsAddr]
	}
	return p
}
