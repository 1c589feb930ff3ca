package ds18b20

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"time"

	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// The ROM code: family, serial number, checksum.
const (
	family     = 0x28
	serialSize = 6
	romSize    = 8
)

// The scratchpad.
const (
	padTemperature = 0 // 16 bits, in sixteenths of a degree
	padHigh        = 2 // the first of three bytes that are in the EEPROM, too
	padLow         = 3
	padConfig      = 4
	padCRC         = 8
	padSize        = 9
	storedSize     = 3
	// powerOnTemperature is 85 °C.
	powerOnTemperature = 85 * 16
)

// A copy to the EEPROM lasts as long; 12 bits of temperature take longest, and each bit less half
// of that.
const (
	copyTime    = 10 * time.Millisecond
	longestTime = 750 * time.Millisecond
)

// Part is a thermometer.
type Part struct {
	loop        sim.Loop
	line        pins.Line
	temperature source.Source
	parasite    bool
	badCRC      bool

	rom    [romSize]byte
	eeprom [storedSize]byte
	pad    [padSize]byte // without its checksum
	alarm  bool

	wire wire
	work port.Timer // ends a conversion or a copy
	done func()     // what follows then; nil if there is none under way
}

// New connects a thermometer to its pin, with the resistor that such a bus has. Number counts the
// thermometers and gives a serial number to those that have none; the seed is for noise.
func New(loop sim.Loop, bank *pins.Bank, c Config, number int, seed uint64) *Part {
	p := &Part{loop: loop, line: bank.Line(c.Pin), parasite: c.Parasite, badCRC: c.Fault == faultCRC}
	if p.temperature, _ = c.Temperature.Source(seed + uint64(number)); p.temperature == nil {
		p.temperature = source.Constant(0)
	}
	p.rom = romOf(c.ID, number)
	bits := c.Resolution
	if bits == 0 {
		bits = 12
	}
	p.eeprom = [storedSize]byte{byte(c.High), byte(c.Low), configOf(byte(bits - 9))}
	p.work = loop.NewOutsideTimer(p.finish)
	p.line.PullUp()
	p.powerOn()
	switch c.Fault {
	case faultAbsent:
	case faultStuck:
		p.line.NewSink().Pull(true)
	default:
		p.wire.connect(p)
	}
	return p
}

// ROM is the code that a search finds.
func (p *Part) ROM() [romSize]byte { return p.rom }

func romOf(id string, number int) (rom [romSize]byte) {
	rom[0] = family
	if serial, err := hex.DecodeString(id); err == nil && len(serial) == serialSize {
		copy(rom[1:], serial)
	} else {
		rom[1] = 0xFF
		binary.BigEndian.PutUint32(rom[3:], uint32(number+1))
	}
	rom[romSize-1] = crc(rom[:romSize-1])
	return rom
}

// configOf is the configuration register for 9 bits and more; its other bits are fixed.
func configOf(more byte) byte { return more&3<<5 | 0x1F }

// resolution is how many bits more than 9 are measured.
func (p *Part) resolution() int { return int(p.pad[padConfig] >> 5 & 3) }

// powerOn is what the part does when it gets power.
func (p *Part) powerOn() {
	p.done = nil
	p.work.Disarm()
	p.alarm = false
	p.pad = [padSize]byte{5: 0xFF, 6: 0x0C, 7: 0x10}
	binary.LittleEndian.PutUint16(p.pad[padTemperature:], powerOnTemperature)
	p.recall()
}

func (p *Part) recall() { copy(p.pad[padHigh:], p.eeprom[:]) }

// start begins what lasts d and ends with done, unless something is under way already.
func (p *Part) start(d time.Duration, done func()) {
	if p.done == nil {
		p.done = done
		p.work.Arm(d, false)
	}
}

// starved tells whether the part has less power than it needs while it works: without a supply it
// wants the chip's driver to hold the line high.
func (p *Part) starved() bool { return p.parasite && p.line.Output() != 1 }

// finish ends what was under way.
func (p *Part) finish() {
	done := p.done
	if p.done = nil; done == nil {
		return
	}
	if p.starved() {
		p.lose()
		return
	}
	done()
}

// lose is what becomes of a part whose power breaks down: it begins anew.
func (p *Part) lose() {
	p.powerOn()
	p.wire.idle()
}

func (p *Part) convert() {
	less := 3 - p.resolution()
	p.start(longestTime>>less, func() {
		t := p.temperature.At(p.loop.Now())
		if math.IsNaN(t) {
			t = 0
		}
		v := int16(math.Round(min(max(t, -55), 125)*16)) >> less << less
		binary.LittleEndian.PutUint16(p.pad[padTemperature:], uint16(v))
		whole := int8(v >> 4)
		p.alarm = whole >= int8(p.pad[padHigh]) || whole <= int8(p.pad[padLow])
	})
}

func (p *Part) copyOut() {
	var stored [storedSize]byte
	copy(stored[:], p.pad[padHigh:])
	p.start(copyTime, func() { p.eeprom = stored })
}

// scratchpad is what the part sends of it.
func (p *Part) scratchpad() [padSize]byte {
	pad := p.pad
	pad[padCRC] = crc(pad[:padCRC])
	if p.badCRC {
		pad[padCRC] ^= 0xFF
	}
	return pad
}

// crc is the checksum of 1-Wire: x^8+x^5+x^4+1, the lowest bit of each byte first.
func crc(data []byte) (sum byte) {
	for _, v := range data {
		for i := range 8 {
			bit := (sum ^ v>>i) & 1
			sum >>= 1
			sum ^= bit * 0x8C
		}
	}
	return sum
}
