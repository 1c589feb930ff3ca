// Package heapview tells where the bytes of a module's heap went: by kind of
// object, by the source line that took them, by what keeps an object alive, and
// what has grown between two moments. It knows objects as package machine
// describes them, and nothing of an edition of Lua.
package heapview

import (
	"encoding/binary"
	"fmt"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
)

// Sites keeps call stacks under small numbers. The number 0 is that of the empty
// one: nothing of Lua was running.
type Sites struct {
	frames   map[machine.Frame]uint32
	frameAt  []machine.Frame
	stacks   map[string]uint32
	stackAt  [][]uint32
	key      []byte
	callList []machine.Frame
}

// NewSites makes an empty collection.
func NewSites() *Sites {
	return &Sites{
		frames: map[machine.Frame]uint32{},
		stacks: map[string]uint32{"": 0}, stackAt: [][]uint32{nil},
	}
}

// Of is the number of what runs: stack appends that to a list, innermost first.
func (s *Sites) Of(stack func(list []machine.Frame) []machine.Frame) uint32 {
	s.callList = stack(s.callList[:0])
	return s.ID(s.callList)
}

// ID is the number of a call stack, innermost frame first.
func (s *Sites) ID(list []machine.Frame) uint32 {
	s.key = s.key[:0]
	for _, f := range list {
		s.key = binary.LittleEndian.AppendUint32(s.key, s.frame(f))
	}
	if id, ok := s.stacks[string(s.key)]; ok {
		return id
	}
	ids := make([]uint32, len(list))
	for i := range ids {
		ids[i] = binary.LittleEndian.Uint32(s.key[4*i:])
	}
	id := uint32(len(s.stackAt))
	s.stacks[string(s.key)] = id
	s.stackAt = append(s.stackAt, ids)
	return id
}

func (s *Sites) frame(f machine.Frame) uint32 {
	id, ok := s.frames[f]
	if !ok {
		f.Source = strings.Clone(f.Source) // it may be a view of device memory
		id = uint32(len(s.frameAt))
		s.frames[f] = id
		s.frameAt = append(s.frameAt, f)
	}
	return id
}

// Stack is the call stack of a number, innermost frame first.
func (s *Sites) Stack(id uint32) []machine.Frame {
	if s == nil || int(id) >= len(s.stackAt) {
		return nil
	}
	list := make([]machine.Frame, len(s.stackAt[id]))
	for i, f := range s.stackAt[id] {
		list[i] = s.frameAt[f]
	}
	return list
}

// Place is where in the source something was taken.
type Place struct {
	File string // "" where no Lua was running
	Line int    // 0 if it is not known
	// Function tells that only the function is known and Line is where that begins;
	// 0 is a main chunk.
	Function bool
}

// Firmware is the name of the place where no Lua was running.
const Firmware = "(firmware)"

// String is the place in one word, or two.
func (p Place) String() string {
	switch {
	case p.File == "":
		return Firmware
	case p.Function && p.Line == 0:
		return p.File + " (main chunk)"
	case p.Function:
		return fmt.Sprintf("%s:%d (function)", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// placeOf is the line of the innermost Lua function of a call stack.
func placeOf(stack []machine.Frame) Place {
	for _, f := range stack {
		switch {
		case f.LineDefined < 0:
		case f.Line > 0:
			return Place{File: f.Source, Line: f.Line}
		default:
			return Place{File: f.Source, Line: f.LineDefined, Function: true}
		}
	}
	return Place{}
}

// Function is a function by where it is defined.
type Function = machine.Frame
