package firmware

import (
	"runtime"
	"strings"
	"sync"
	"weak"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Firmware is a build that is linked. Nothing of it changes; any number of modules and
// goroutines may use it.
type Firmware struct {
	Chip    *chip.Chip
	Edition *editions.Edition
	Machine machine.Edition // of Numbers
	Numbers num.Model
	Release Release
	Modules []string              // in the banner, sorted
	Owners  map[string]port.Owner // by the type of the userdata
	Image   *rom.Image

	plan *mem.Plan
}

// Link links the build, or finds the one that was linked before and that somebody still
// has. main declares the functions of the program around Lua. The error is that of Check.
func (b Build) Link(main *state.Module) (*Firmware, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	return shelf.get(b.key(main), func() *Firmware { return b.link(main) }), nil
}

// key is all that a build is made of, in a form that can be compared.
type key struct {
	chip    *chip.Chip
	edition *editions.Edition
	numbers num.Model
	modules string
	classic bool
	options Options
	release Release
	main    *state.Module
}

func (b *Build) key(main *state.Module) key {
	return key{b.ChipOrDefault(), b.Edition(), b.Numbers, strings.Join(b.banner(), ","), b.classic(), b.Options, b.release(), main}
}

// link makes the ROM: as in the firmware's device build, the basic functions are entries
// of the table ROM itself.
func (b *Build) link(program *state.Module) *Firmware {
	f := &Firmware{
		Chip: b.ChipOrDefault(), Edition: b.Edition(), Numbers: b.Numbers, Release: b.release(),
		Modules: b.banner(), Owners: map[string]port.Owner{},
	}
	f.Machine = f.Edition.Machine(b.Numbers)
	main, linked := b.tables()
	linked = append([]state.Module{f.Machine.Support()}, linked...)
	for _, m := range modules {
		if m.owners == nil || !m.always && !b.names(&m) {
			continue
		}
		for _, o := range m.owners() {
			f.Owners[o.Type] = o
		}
	}
	var err error
	if f.Image, err = rom.LinkShape(f.Chip.Memory, f.Machine.Shape, main, append(linked, *program)); err != nil {
		panic("BUG: " + err.Error())
	}
	m := &f.Chip.Memory
	own := []mem.Range{{Start: m.RAM.Start, Size: m.RAM.Size()}, {Start: m.Scratch.Start, Size: m.Scratch.Size()}}
	if f.plan, err = mem.NewPlan(own, m.Tables, f.Image.Data); err != nil {
		panic("BUG: " + err.Error())
	}
	return f
}

// NewSpace makes the address space of a module: its RAM, empty, and what it reads.
func (f *Firmware) NewSpace() (*mem.Space, error) { return f.plan.NewSpace() }

// links finds what was linked before, so that a process links each build once. It keeps
// nothing alive: what no module has any more is forgotten, and linked again if it is
// asked for. So nobody can tell whether it is there.
type links struct {
	mu   sync.Mutex
	made map[key]weak.Pointer[Firmware]
}

var shelf = &links{made: map[key]weak.Pointer[Firmware]{}}

func (l *links) get(k key, link func() *Firmware) *Firmware {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.made[k].Value(); f != nil {
		return f
	}
	f := link()
	l.made[k] = weak.Make(f)
	runtime.AddCleanup(f, l.forget, k)
	return f
}

// forget removes what is gone, unless it was linked again meanwhile.
func (l *links) forget(k key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made[k].Value() == nil {
		delete(l.made, k)
	}
}
