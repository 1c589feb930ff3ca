package project

import (
	"cmp"
	"slices"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
)

// Key is something that a project file or a flag can say.
type Key = keys.Key

// Setting is a flag with its value.
type Setting = keys.Setting

// FormSwitch is the form of a flag that needs no value.
const FormSwitch = keys.FormSwitch

// ParseSize reads a number of bytes: "45056", "44KB", "4MB". It is false for anything else.
func ParseSize(t string) (int64, bool) { return keys.ParseSize(t) }

// Groups of keys, in the order in which help shows them.
func Groups() []string {
	return []string{"Module", "Files", "Time", "Network", "Wi-Fi", "Memory", "Pins"}
}

// Keys lists all keys in the order in which help shows those of a group.
func Keys() []Key {
	list := fields().Keys()
	slices.SortStableFunc(list, func(a, b Key) int {
		last := func(k Key) int {
			if k.Last {
				return 1
			}
			return 0
		}
		return cmp.Compare(last(a), last(b))
	})
	return list
}

// fields are all keys of a project, in the order in which they are read: the project's
// own, and those that the simulators and the parts declare.
func fields() keys.Fields[settings] {
	return slices.Concat(
		keys.Within(func(c *settings) *firmware.Build { return &c.config.Build }, firmware.Keys()).Grouped("Module"),
		moduleFields().Grouped("Module"),
		lfsFields().Grouped("Files"),
		chipFields().Grouped("Module"),
		timeFields().Grouped("Time"),
		fileFields().Grouped("Files"),
		keys.Within(func(c *settings) *hostnet.Access { return &c.config.Net }, hostnet.Keys()),
		keys.Fields[settings]{
			{Read: func(s *keys.Section, _ string, c *settings) { c.openings = hostnet.Openings(s) }},
			keys.Table("memory", newMemory, memoryFields()),
		}.Grouped("Memory"),
		keys.Fields[settings]{
			keys.Table("wifi", func(c *settings) *radio.World { return &c.config.WiFi }, radio.Keys()),
		}.Grouped("Wi-Fi"),
		keys.Within(func(c *settings) *parts.Config { return &c.config.Board }, parts.Keys()),
	)
}

// newMemory is what the SDK takes from the heap, where a project says it.
func newMemory(c *settings) *device.SDKMemory {
	m := device.DefaultSDKMemory()
	c.config.SDKMemory = &m
	return &m
}

func memoryFields() keys.Fields[device.SDKMemory] {
	return slices.Concat(
		keys.Within(func(m *device.SDKMemory) *radio.HeapUse { return &m.Radio }, radio.HeapKeys()),
		keys.Within(func(m *device.SDKMemory) *hostnet.HeapUse { return &m.Net }, hostnet.HeapKeys()),
	)
}
