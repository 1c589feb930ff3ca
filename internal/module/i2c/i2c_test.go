package i2c_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/i2c"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	sim "moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// board is a chip with a memory at its bus.
type board struct {
	*porttest.Chip
	master *sim.Master
}

func (b *board) I2C() port.I2C { return b.master }

// memory is 256 bytes at 0x50. The first byte that is written is where.
type memory struct {
	at    int
	named bool
	bytes [256]byte
}

func (m *memory) Start(address int, read bool) bool {
	m.named = read
	return address == 0x50
}

func (m *memory) Write(b byte) bool {
	if !m.named {
		m.at, m.named = int(b), true
		return true
	}
	m.bytes[m.at] = b
	m.at = (m.at + 1) & 0xFF
	return true
}

func (m *memory) Read() byte {
	b := m.bytes[m.at]
	m.at = (m.at + 1) & 0xFF
	return b
}

func (m *memory) Stop() {}

func boot(t *testing.T) *moduletest.Lua {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	buses := &sim.Board{Pins: pins.New(b.Tasks, 0)}
	buses.At(2, 1).Attach(&memory{})
	b.master = sim.New(b.Tasks, buses)
	b.AtReset(b.master.Reset)
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{i2c.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/i2c.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/i2c.lua") })
}

// TestNoBus is a chip without one.
func TestNoBus(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) {
		l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{i2c.Module}})
		l.Do(`local ok, err = pcall(i2c.start, 0) assert(not ok and err:find("this board has no I2C bus", 1, true), err)`)
	})
}
