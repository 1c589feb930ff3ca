package chunk

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrInteger is about a constant of an integer build that the firmware does not write (LUA_ERR_CC_INTOVERFLOW): the
// largest and the smallest integer.
var ErrInteger = errors.New("value too big or small for target integer type")

// Encode makes a binary chunk, stripped if that is wanted (luaU_dump). The error is ErrInteger.
func Encode(numbers Numbers, main *Proto, strip bool) ([]byte, error) {
	e := &encoder{numbers: numbers, strip: strip}
	e.b = append(e.b, Signature...)
	e.b = append(e.b, Version, 0, 1, 4, 4, 4, byte(numbers.size()), byte(numbers))
	e.function(main)
	return e.b, e.err
}

type encoder struct {
	numbers Numbers
	strip   bool
	b       []byte
	err     error
}

func (e *encoder) int(n int) { e.b = binary.LittleEndian.AppendUint32(e.b, uint32(n)) }

func (e *encoder) pad() {
	for len(e.b)&3 != 0 {
		e.b = append(e.b, 0)
	}
}

func (e *encoder) text(t Text) {
	if !t.Set {
		e.int(0)
		return
	}
	e.int(len(t.S) + 1)
	e.b = append(append(e.b, t.S...), 0)
}

func (e *encoder) function(p *Proto) {
	source := p.Source
	if e.strip {
		source = Text{}
	}
	e.text(source)
	e.int(p.LineDefined)
	e.int(p.LastLineDefined)
	e.b = append(e.b, p.NumUpvalues, p.NumParams, p.IsVararg, p.MaxStackSize)
	e.int(len(p.Code))
	e.pad()
	for _, i := range p.Code {
		e.b = binary.LittleEndian.AppendUint32(e.b, i)
	}
	e.int(len(p.Constants))
	for i := range p.Constants {
		e.constant(&p.Constants[i])
	}
	e.int(len(p.Protos))
	for _, q := range p.Protos {
		e.function(q)
	}
	e.debug(p)
}

func (e *encoder) constant(k *Constant) {
	switch k.Kind {
	case Nil:
		e.b = append(e.b, tagNil)
	case False:
		e.b = append(e.b, tagBool, 0)
	case True:
		e.b = append(e.b, tagBool, 1)
	case Number:
		e.b = append(e.b, tagNumber)
		if e.numbers == Integer {
			if k.Int == math.MaxInt32 || k.Int == math.MinInt32 {
				e.err = ErrInteger
			}
			e.int(int(k.Int))
		} else {
			e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(k.Float))
		}
	case String:
		e.b = append(e.b, tagString)
		e.text(Text{k.Str, true})
	}
}

func (e *encoder) debug(p *Proto) {
	lines, locals, upvalues := p.LineInfo, p.LocVars, p.Upvalues
	if e.strip {
		lines, locals, upvalues = nil, nil, nil
	}
	e.int(len(lines))
	e.pad()
	e.b = append(e.b, lines...)
	e.int(len(locals))
	for _, v := range locals {
		e.text(v.Name)
		e.int(v.StartPC)
		e.int(v.EndPC)
	}
	e.int(len(upvalues))
	for _, t := range upvalues {
		e.text(t)
	}
}
