// Package i2cpart is what all parts at an I2C bus have in common: where they are connected, and how that may fail.
package i2cpart

import (
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config says where a part is connected.
type Config struct {
	Name     string // in messages and commands; "" is its kind
	SDA, SCL int    // pins
	Address  int    // 7 bits; 0 is the usual one

	// Absent is a part that is not there: nobody acknowledges its address.
	Absent bool
	// NackAfter is how many bytes the part acknowledges since power-on, its address among them; 0 is no limit.
	NackAfter int
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "name"}, Read: keys.Text(func(c *Config) *string { return &c.Name })},
		{Key: keys.Key{Name: "sda"}, Read: keys.Int32(func(c *Config) *int { return &c.SDA })},
		{Key: keys.Key{Name: "scl"}, Read: keys.Int32(func(c *Config) *int { return &c.SCL })},
		{Key: keys.Key{Name: "address"}, Read: keys.Int(0, 127, func(c *Config) *int { return &c.Address })},
		{Key: keys.Key{Name: "absent"}, Read: keys.Bool(false, func(c *Config) *bool { return &c.Absent })},
		{Key: keys.Key{Name: "nack_after"}, Read: keys.Int(0, 1<<30, func(c *Config) *int { return &c.NackAfter })},
	}
}

// At is the address of a part that can have some of them; the first is the usual one.
func (c *Config) At(addresses ...int) int {
	if c.Address == 0 {
		return addresses[0]
	}
	return c.Address
}

// Check tells what is wrong with a part that can have one of some addresses: nil or a *keys.FieldError.
func (c *Config) Check(addresses ...int) error {
	for _, p := range []struct {
		field string
		pin   int
	}{{"sda", c.SDA}, {"scl", c.SCL}} {
		if what := pins.Check(p.pin); what != "" {
			return &keys.FieldError{Field: p.field, Problem: what}
		}
		if p.pin == 0 {
			return &keys.FieldError{Field: p.field, Problem: "pin 0 cannot be a line of I2C on this chip"}
		}
	}
	if c.SDA == c.SCL {
		return &keys.FieldError{Field: "scl", Problem: fmt.Sprintf("sda is pin %d as well", c.SDA)}
	}
	if c.Address != 0 && !slices.Contains(addresses, c.Address) {
		var names []string
		for _, a := range addresses {
			names = append(names, fmt.Sprintf("0x%02X", a))
		}
		return &keys.FieldError{Field: "address", Problem: fmt.Sprintf("the part cannot be at 0x%02X; it has %s", c.Address, strings.Join(names, ", "))}
	}
	return nil
}

// Place is where a part is, and what it is called in messages.
type Place struct {
	Name              string
	SDA, SCL, Address int
}

// Place is where a part of a kind is that can have some addresses.
func (c *Config) Place(kind string, addresses ...int) Place {
	name := kind
	if c.Name != "" {
		name = fmt.Sprintf("%s %q", kind, c.Name)
	}
	return Place{name, c.SDA, c.SCL, c.At(addresses...)}
}

// Conflict tells why two parts cannot be where they are, "" if they can.
func (p Place) Conflict(q Place) string {
	switch {
	case p.SDA == q.SDA && p.SCL == q.SCL && p.Address == q.Address:
		return fmt.Sprintf("%s and %s are both at 0x%02X of the bus at the pins %d and %d", p.Name, q.Name, p.Address, p.SDA, p.SCL)
	case p.SDA == q.SCL || p.SCL == q.SDA:
		pin := p.SDA
		if p.SCL == q.SDA {
			pin = p.SCL
		}
		return fmt.Sprintf("pin %d is SDA and SCL, of %s and %s", pin, p.Name, q.Name)
	}
	return ""
}

// Attach connects a part that answers at one address. It has been checked.
func Attach(b *i2c.Board, c Config, address int, d Part) {
	if !c.Absent {
		b.At(c.SDA, c.SCL).Attach(&answering{part: d, address: address, left: c.NackAfter, limited: c.NackAfter > 0})
	}
}

// Part is a device at one address.
type Part interface {
	// Begin is a start with the part's address: what comes then are bytes for it or from it.
	Begin(read bool)
	// Write is the next byte for the part, and tells whether it takes it.
	Write(b byte) (ack bool)
	// Read is the next byte from the part.
	Read() byte
	// End is the end of a transfer.
	End()
}

// answering is a part with its address and its faults. It implements i2c.Device.
type answering struct {
	part    Part
	address int
	left    int // bytes that are acknowledged, if limited
	limited bool
}

// Start implements i2c.Device.
func (a *answering) Start(address int, read bool) bool {
	if address != a.address {
		return false
	}
	if r, ok := a.part.(interface{ Ready() bool }); ok && read && !r.Ready() {
		return false
	}
	if !a.take() {
		return false
	}
	a.part.Begin(read)
	return true
}

// take tells whether another byte is acknowledged.
func (a *answering) take() bool {
	if a.limited && a.left == 0 {
		return false
	}
	a.left--
	return true
}

// Write implements i2c.Device.
func (a *answering) Write(b byte) bool { return a.take() && a.part.Write(b) }

// Read implements i2c.Device.
func (a *answering) Read() byte { return a.part.Read() }

// Stop implements i2c.Device.
func (a *answering) Stop() { a.part.End() }

// Registers is a Part of which each byte has a number: the first byte that is written is the number of the next one,
// which goes up by itself.
type Registers struct {
	// Get gives a register, and Set changes one; either may be nil. Numbers are from 0 to 255.
	Get func(at int) byte
	Set func(at int, v byte)
	// Pairs lets each byte that is written have its number in front of it.
	Pairs bool
	// Done is called at the end of a transfer; it may be nil.
	Done func()

	at    int
	named bool
}

// Begin implements Part.
func (r *Registers) Begin(read bool) { r.named = read }

// Write implements Part.
func (r *Registers) Write(b byte) bool {
	if !r.named {
		r.at, r.named = int(b), true
		return true
	}
	if r.Set != nil {
		r.Set(r.at, b)
	}
	r.at, r.named = (r.at+1)&0xFF, !r.Pairs
	return true
}

// Read implements Part.
func (r *Registers) Read() byte {
	v := byte(0xFF)
	if r.Get != nil {
		v = r.Get(r.at)
	}
	r.at = (r.at + 1) & 0xFF
	return v
}

// End implements Part.
func (r *Registers) End() {
	if r.Done != nil {
		r.Done()
	}
}
