package i2c_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// memory is a device with 256 registers: the first byte written is the number of one.
type memory struct {
	address int
	at      int // -1 until it is written
	bytes   [256]byte
	refuse  int // bytes that are acknowledged; -1 for all
	log     []string
}

func (m *memory) Start(address int, read bool) bool {
	if address != m.address {
		return false
	}
	m.log = append(m.log, fmt.Sprintf("start read=%v", read))
	if !read {
		m.at = -1
	}
	return true
}

func (m *memory) Write(b byte) bool {
	m.log = append(m.log, fmt.Sprintf("write %02x", b))
	if m.refuse == 0 {
		return false
	}
	m.refuse--
	if m.at < 0 {
		m.at = int(b)
		return true
	}
	m.bytes[m.at] = b
	m.at = (m.at + 1) % len(m.bytes)
	return true
}

func (m *memory) Read() byte {
	b := m.bytes[max(m.at, 0)]
	m.at = (max(m.at, 0) + 1) % len(m.bytes)
	m.log = append(m.log, fmt.Sprintf("read %02x", b))
	return b
}

func (m *memory) Stop() { m.log = append(m.log, "stop") }

// bench is a chip with devices at pins 2 and 1.
type bench struct {
	*porttest.Chip
	bank   *pins.Bank
	board  *i2c.Board
	master *i2c.Master
}

func newBench(t *testing.T, history int, devices ...i2c.Device) *bench {
	c := porttest.New(t, porttest.Config{})
	bank := pins.New(c.Tasks, history)
	b := &bench{c, bank, &i2c.Board{Pins: bank}, nil}
	for _, d := range devices {
		b.board.At(2, 1).Attach(d)
	}
	b.master = i2c.New(c.Tasks, b.board)
	return b
}

// took is how long f holds the chip.
func (b *bench) took(f func()) time.Duration {
	began := b.Tasks.Now()
	f()
	return b.Tasks.Now() - began
}

// TestTimes holds how long each call takes, whether somebody looks at the lines or not.
func TestTimes(t *testing.T) {
	for _, history := range []int{0, 10_000} {
		m := &memory{address: 0x50, refuse: -1}
		b := newBench(t, history, m)
		for _, c := range []struct {
			name string
			f    func()
			us   int
		}{
			{"setup", func() { b.master.Setup(0, 2, 1, 400_000) }, 315},
			{"start", func() { b.master.Start(0) }, 15},
			{"address", func() { b.master.Write(0, 0xA0) }, 158},
			{"write", func() { b.master.Write(0, 0x10) }, 158},
			{"read", func() { b.master.Read(0, true) }, 206},
			{"stop", func() { b.master.Stop(0) }, 20},
		} {
			if took := b.took(c.f); took != time.Duration(c.us)*time.Microsecond {
				t.Errorf("%s takes %v, and not %d µs, with a history of %d", c.name, took, c.us, history)
			}
		}
	}
}

// TestTransfer writes and reads registers, with and without edges.
func TestTransfer(t *testing.T) {
	for _, history := range []int{0, 10_000} {
		m := &memory{address: 0x50, refuse: -1}
		other := &memory{address: 0x51, refuse: -1}
		b := newBench(t, history, m, other)
		b.master.Setup(0, 2, 1, 100_000)
		var acks []bool
		write := func(list ...byte) {
			for _, v := range list {
				acks = append(acks, b.master.Write(0, v))
			}
		}
		b.master.Start(0)
		write(0xA0, 0x10, 0xC3, 0x5A)
		b.master.Start(0)
		write(0xA0, 0x10)
		b.master.Start(0)
		write(0xA1)
		got := []byte{b.master.Read(0, true), b.master.Read(0, false), b.master.Read(0, false)}
		b.master.Stop(0)
		if !slices.Equal(got, []byte{0xC3, 0x5A, 0xFF}) || slices.Contains(acks, false) {
			t.Errorf("read % x, acknowledged %v", got, acks)
		}
		want := "start read=false,write 10,write c3,write 5a,start read=false,write 10,start read=true,read c3,read 5a,stop"
		if log := strings.Join(m.log, ","); log != want || other.log != nil {
			t.Errorf("the device saw %s; the other one %v", log, other.log)
		}
		b.master.Start(0)
		if b.master.Write(0, 0x30<<1) || b.master.Write(0, 1) || b.master.Read(0, true) != 0xFF {
			t.Error("somebody is at an address where nobody is")
		}
		b.master.Stop(0)
		if b.bank.Read(2) != 1 || b.bank.Read(1) != 1 {
			t.Error("the lines are not up at the end")
		}
	}
}

// decode reads what was on the lines from their histories: S, P, and bytes with + or - for the acknowledgement.
func decode(sda, scl []pins.Change) (text string) {
	type edge struct {
		at    time.Duration
		clock bool
		level int
	}
	var edges []edge
	for _, c := range sda {
		edges = append(edges, edge{c.At, false, c.Level})
	}
	for _, c := range scl {
		edges = append(edges, edge{c.At, true, c.Level})
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return int(a.at - b.at) })
	data, clock, bits, n := 1, 1, 0, -1
	for _, e := range edges {
		switch {
		case !e.clock:
			if data = e.level; clock == 1 {
				n, bits = 0, 0
				text += map[int]string{0: "S", 1: "P"}[data]
			}
		default:
			if clock = e.level; clock == 0 || n < 0 {
				continue
			}
			if n++; n < 9 {
				bits = bits<<1 | data
			} else {
				text += fmt.Sprintf("%02x%s", bits, map[int]string{0: "+", 1: "-"}[data])
				n, bits = 0, 0
			}
		}
	}
	return text
}

// TestEdges reads the lines as a logic analyser does.
func TestEdges(t *testing.T) {
	m := &memory{address: 0x50, refuse: -1}
	m.bytes[7] = 0x9C
	b := newBench(t, 10_000, m)
	b.master.Setup(0, 2, 1, 100_000)
	before := [2]int{len(b.bank.History(2)), len(b.bank.History(1))}
	b.master.Start(0)
	b.master.Write(0, 0xA0)
	b.master.Write(0, 7)
	b.master.Start(0)
	b.master.Write(0, 0xA1)
	b.master.Read(0, true)
	b.master.Read(0, false)
	b.master.Stop(0)
	b.master.Start(0)
	b.master.Write(0, 0x22)
	b.master.Stop(0)
	if got, want := decode(b.bank.History(2)[before[0]:], b.bank.History(1)[before[1]:]), "Sa0+07+Sa1+9c+00-PS22-P"; got != want {
		t.Errorf("the lines say %s, and not %s", got, want)
	}
}

// TestStuck holds what a line does that something holds down.
func TestStuck(t *testing.T) {
	m := &memory{address: 0x50, refuse: -1}
	b := newBench(t, 0, m)
	b.master.Setup(0, 2, 1, 100_000)
	b.bank.Line(2).Drive(0)
	b.master.Start(0)
	if !b.master.Write(0, 0x20) || b.master.Read(0, true) != 0 {
		t.Error("SDA is down, so there are acknowledgements and zeros")
	}
	b.bank.Line(2).Drive(pins.Floating)
	b.bank.Line(1).Drive(0)
	waited := b.took(func() {
		released := b.Tasks.NewOutsideTimer(func() { b.bank.Line(1).Drive(pins.Floating) })
		released.Arm(30*time.Millisecond, false)
		b.master.Stop(0)
	})
	if waited < 30*time.Millisecond || waited > 31*time.Millisecond {
		t.Errorf("it waited %v for the clock", waited)
	}
}

// odd is a device that Go cannot compare with another one.
type odd struct{ log func(what string) }

func (o odd) Start(address int, _ bool) bool { return address == 0x50 }
func (o odd) Write(byte) bool                { return true }
func (o odd) Read() byte                     { return 0x0F }
func (o odd) Stop()                          { o.log("stop") }

// TestTwo are two devices at one address and one that is left at a repeated start.
func TestTwo(t *testing.T) {
	var log []string
	one, other := &memory{address: 0x50, refuse: -1}, &memory{address: 0x51, refuse: -1}
	one.bytes[0] = 0x39
	b := newBench(t, 0, odd{func(what string) { log = append(log, what) }}, one, other)
	b.master.Setup(0, 2, 1, 100_000)
	b.master.Start(0)
	b.master.Write(0, 0xA1)
	if v := b.master.Read(0, true); v != 0x09 {
		t.Errorf("%02x, where a 0 of either wins", v)
	}
	b.master.Start(0)
	if len(log) != 0 || !b.master.Write(0, 0xA2) || len(log) != 1 {
		t.Errorf("a repeated start that leaves it: %v", log)
	}
	b.master.Stop(0)
	if len(log) != 1 || !slices.Equal(one.log, []string{"start read=true", "read 39", "stop"}) || !slices.Equal(other.log, []string{"start read=false", "stop"}) {
		t.Errorf("%v, %v, %v", log, one.log, other.log)
	}
}

// TestNotSetUp holds that a bus without pins has nobody.
func TestNotSetUp(t *testing.T) {
	b := newBench(t, 0, &memory{address: 0x50, refuse: -1})
	b.master.Start(0)
	if b.master.Write(0, 0xA0) || b.master.Read(0, true) != 0xFF {
		t.Error("somebody answers")
	}
	b.master.Stop(0)
	var _ port.I2C = b.master
}
