package node

import (
	"bytes"
	"encoding/binary"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// writeInit keeps the command that runs at startup, with the zero byte that ends
// it.
func writeInit(L state.State, command []byte) bool {
	body := append(append([]byte(nil), command...), 0)
	_, ok := records(L).WriteRecord(port.RecordInit, body)
	return ok
}

// startupCommand is node.startupcommand(command).
func startupCommand(L state.State) int {
	L.PushBoolean(writeInit(L, L.CheckBytes(1)))
	return 1
}

// startupOptions are the settings of node.startup that are single bits.
func startupOptions(L state.State) uint32 {
	if b, ok := records(L).ReadRecord(port.RecordStartup); ok && len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// startup is node.startup([table]).
func startup(L state.State) int {
	options := startupOptions(L)
	if L.GetTop() > 0 {
		L.CheckType(1, state.Table)
		options = changeStartup(L, options)
	}
	L.CreateTable(0, 4)
	if command, ok := records(L).ReadRecord(port.RecordInit); ok {
		L.PushBytes(bytes.TrimRight(command, "\x00")) // it was padded to words
		L.SetField(-2, "command")
	}
	L.PushBoolean(options&port.StartupNoBanner == 0)
	L.SetField(-2, "banner")
	L.PushBoolean(options&port.StartupDelayMount != 0)
	L.SetField(-2, "delay_mount")
	mhz := int64(cpuMHz)
	if options&port.StartupCPUMax != 0 {
		mhz = cpuMaxMHz
	}
	setInt(L, mhz, "frequency")
	return 1
}

// changeStartup takes the settings from the table in the first argument and
// saves them. An empty table brings the defaults back.
func changeStartup(L state.State, options uint32) uint32 {
	set := func(bit uint32, on bool) {
		options &^= bit
		if on {
			options |= bit
		}
	}
	empty := true
	L.PushNil()
	for L.Next(1) {
		if key, ok := L.ToString(-2); ok {
			empty = false
			switch key {
			case "command":
				if !writeInit(L, L.CheckBytes(-1)) {
					L.Errorf("failed to set command")
				}
			case "banner":
				set(port.StartupNoBanner, !L.ToBoolean(-1))
			case "frequency":
				mhz, _ := L.ToInteger(-1)
				set(port.StartupCPUMax, int32(mhz) == cpuMaxMHz)
			case "delay_mount":
				set(port.StartupDelayMount, L.ToBoolean(-1))
			}
		}
		L.Pop(1)
	}
	if empty {
		records(L).DeleteRecord(port.RecordStartup)
		records(L).DeleteRecord(port.RecordInit)
		return 0
	}
	records(L).WriteRecord(port.RecordStartup, binary.LittleEndian.AppendUint32(nil, options))
	return options
}

// readRecord is node.readrcr(id).
func readRecord(L state.State) int {
	b, ok := records(L).ReadRecord(uint8(L.CheckInteger(1)))
	if !ok {
		return 0
	}
	L.PushBytes(b)
	return 1
}

// writeRecord is node.writercr(id, body).
func writeRecord(L state.State) int {
	id := uint8(L.CheckInteger(1))
	body, _ := L.ToBytes(2)
	n, ok := records(L).WriteRecord(id, body)
	if !ok {
		n = -1
	}
	L.PushInteger(int64(n))
	return 1
}
