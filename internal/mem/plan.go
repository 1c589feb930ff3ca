package mem

import "fmt"

// Range is size bytes from start on; both are multiples of PageSize.
type Range struct{ Start, Size Addr }

// Plan is what the spaces of modules of one kind have in common: where each has memory of
// its own, and content that all of them read at the same address. The host holds that
// content once, as far as it can, for as long as there is a space of the plan.
//
// On Linux a space of a plan costs two mappings of the process, of which there are 65,530
// by default. Elsewhere, and where Linux refuses, it is a space as NewSpace makes it.
type Plan struct {
	own     []Range
	at      Addr
	content []byte // whole pages
	host    planHost
}

// NewPlan makes a plan of spaces that have memory to read and write in the ranges own, and
// a copy of content at an address behind them, for reading only.
func NewPlan(own []Range, at Addr, content []byte) (*Plan, error) {
	padded := make([]byte, (len(content)+PageSize-1)&^(PageSize-1))
	copy(padded, content)
	p := &Plan{own: own, at: at, content: padded}
	end := Addr(0)
	for _, r := range append(own[:len(own):len(own)], Range{at, Addr(len(padded))}) {
		if r.Start < end || r.Start%PageSize != 0 || r.Size%PageSize != 0 || r.Size == 0 || uint64(r.Start)+uint64(r.Size) > 1<<32 {
			return nil, fmt.Errorf("BUG: region %#x+%#x is not made of whole pages behind %#x", r.Start, r.Size, end)
		}
		end = r.Start + r.Size
	}
	return p, nil
}

// copied makes a space with a copy of the content of its own.
func (p *Plan) copied() (*Space, error) {
	s, err := NewSpace()
	if err != nil {
		return nil, err
	}
	if err := p.fill(s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (p *Plan) fill(s *Space) error {
	for _, r := range p.own {
		if err := s.Map(r.Start, r.Size, ReadWrite); err != nil {
			return err
		}
	}
	size := Addr(len(p.content))
	if err := s.Map(p.at, size, ReadWrite); err != nil {
		return err
	}
	copy(s.Mem().Bytes(p.at, size), p.content)
	err := s.Map(p.at, size, ReadOnly)
	s.regions[len(s.regions)-1].shared = true
	return err
}
