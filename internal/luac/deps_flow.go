package luac

import (
	"slices"

	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// value is what is known of a register or an upvalue: a position in the list of
// an analysis. Equal numbers are equal values.
type value int32

const unknown value = 0

// valueKind is a kind of known values.
type valueKind uint8

const (
	_       valueKind = iota // of unknown
	globals                  // the table of global variables
	global                   // the value of a global variable or of a field of one, by its path
	text                     // a string
)

type valueInfo struct {
	kind valueKind
	s    string
}

// analysis looks at a file for what it names.
type analysis struct {
	values   []valueInfo
	numbers  map[valueInfo]value
	sets     map[*chunk.Proto][]bool // see assigns
	done     map[*chunk.Proto]bool
	assigned map[string]bool // global variables that the file assigns
	deps     []Dep
	wide     map[*chunk.Proto]map[int]int // see deps
}

func newAnalysis() *analysis {
	return &analysis{values: []valueInfo{{}}, numbers: map[valueInfo]value{}, sets: map[*chunk.Proto][]bool{},
		done: map[*chunk.Proto]bool{}, assigned: map[string]bool{}}
}

func (a *analysis) value(kind valueKind, s string) value {
	info := valueInfo{kind, s}
	v, ok := a.numbers[info]
	if !ok {
		v = value(len(a.values))
		a.values = append(a.values, info)
		a.numbers[info] = v
	}
	return v
}

// assigns tells which upvalues of a function are assigned, by it or by functions
// in it.
func (a *analysis) assigns(p *chunk.Proto) []bool {
	if s, ok := a.sets[p]; ok {
		return s
	}
	set := make([]bool, len(p.Upvalues))
	a.sets[p] = set
	for _, i := range p.Code {
		if n := opcode.B(i); opcode.OpOf(i) == opcode.SetUpval && n < len(set) {
			set[n] = true
		}
	}
	for _, sub := range p.Protos {
		for i, yes := range a.assigns(sub) {
			u := sub.Upvalues[i]
			if yes && u.InStack == 0 && int(u.Idx) < len(set) {
				set[u.Idx] = true
			}
		}
	}
	return set
}

// function analyses a function and those in it, once.
func (a *analysis) function(p *chunk.Proto, upvalues []value) {
	if a.done[p] {
		return
	}
	a.done[p] = true
	f := newFlow(a, p, upvalues)
	f.solve()
	f.collect()
	lines := p.Lines()
	for _, e := range f.events {
		if e.sub == nil {
			e.dep.Line = max(lines[e.pc], 0)
			a.deps = append(a.deps, e.dep)
		} else {
			a.function(e.sub, f.captured(e))
		}
	}
	// Functions that nothing makes a closure of: unreachable ones, and the files
	// in a combined chunk.
	for _, sub := range p.Protos {
		a.function(sub, f.captured(event{sub: sub}))
	}
}

// flow follows the values of one function. It is a forward analysis of the basic
// blocks: where paths meet, what differs becomes unknown.
type flow struct {
	*analysis
	p        *chunk.Proto
	upvalues []value
	begins   []bool    // by instruction: something jumps there
	in       [][]value // registers at the beginnings of blocks that are reached
	visits   []int
	work     []int    // blocks to look at again
	back     [][2]int // jumps back: to and from

	// watched are registers that closures share with the function. shared tells
	// from which instruction on closures may assign to them; from there on nothing
	// is known of them.
	watched map[int]bool
	shared  map[int]int

	// While collecting:
	collecting bool
	pc         int
	events     []event
	writes     map[int][]write // to watched registers
}

// event is a dependency, or a closure of sub that gets these values of registers
// as upvalues.
type event struct {
	pc     int
	dep    Dep
	sub    *chunk.Proto
	values []value
}

type write struct {
	pc int
	v  value
}

func newFlow(a *analysis, p *chunk.Proto, upvalues []value) *flow {
	n := len(p.Code)
	f := &flow{analysis: a, p: p, upvalues: upvalues, begins: make([]bool, n),
		in: make([][]value, n), visits: make([]int, n), watched: map[int]bool{}, shared: map[int]int{},
		writes: map[int][]write{}}
	for pc := range n {
		if to, ok := f.target(pc); ok {
			f.begins[to] = true
			if to <= pc {
				f.back = append(f.back, [2]int{to, pc})
			}
		}
	}
	for pc, i := range p.Code {
		if n := opcode.Bx(i); opcode.OpOf(i) == opcode.Closure && n < len(p.Protos) {
			f.share(p.Protos[n], f.after(pc))
		}
	}
	return f
}

// share notes the registers of a closure that can run from pc on.
func (f *flow) share(sub *chunk.Proto, pc int) {
	for i, set := range f.assigns(sub) {
		u := sub.Upvalues[i]
		if u.InStack == 0 {
			continue
		}
		n := int(u.Idx)
		f.watched[n] = true
		if from, known := f.shared[n]; set && (!known || pc < from) {
			f.shared[n] = pc
		}
	}
}

// after is the first instruction that can follow on one: the next, or where a
// loop around it begins.
func (f *flow) after(pc int) int {
	first := pc + 1
	for _, b := range f.back {
		if b[0] <= pc && pc <= b[1] {
			first = min(first, b[0])
		}
	}
	return first
}

// target is where an instruction jumps, or what it skips to.
func (f *flow) target(pc int) (to int, ok bool) {
	i := f.p.Code[pc]
	op := opcode.OpOf(i)
	switch {
	case op.Info().Mode == opcode.AsBx:
		to = pc + 1 + opcode.SBx(i)
	case op.IsTest(), op == opcode.LoadBool && opcode.C(i) != 0:
		to = pc + 2
	default:
		return 0, false
	}
	return to, to >= 0 && to < len(f.p.Code)
}

// falls tells whether the next instruction can follow.
func falls(i opcode.Instruction) bool {
	switch opcode.OpOf(i) {
	case opcode.Jmp, opcode.ForPrep, opcode.Return:
		return false
	case opcode.LoadBool:
		return opcode.C(i) == 0
	}
	return true
}

// solve looks at blocks until nothing new comes out.
func (f *flow) solve() {
	if len(f.p.Code) == 0 {
		return
	}
	f.meet(0, make([]value, f.p.MaxStackSize))
	for len(f.work) > 0 {
		last := len(f.work) - 1
		start := f.work[last]
		f.work = f.work[:last]
		f.block(start)
	}
}

// collect goes through the blocks once more, in order, and notes what they name.
func (f *flow) collect() {
	f.collecting = true
	for pc, r := range f.in {
		if r != nil {
			f.block(pc)
		}
	}
}

// maxVisits bounds the work for damaged code; ordinary blocks need a few visits.
const maxVisits = 16

// meet adds a path to the beginning of a block.
func (f *flow) meet(pc int, r []value) {
	if f.collecting {
		return
	}
	changed := f.in[pc] == nil
	if changed {
		f.in[pc] = slices.Clone(r)
	}
	all := f.visits[pc] >= maxVisits
	for i, v := range f.in[pc] {
		if v != unknown && (v != r[i] || all) {
			f.in[pc][i], changed = unknown, true
		}
	}
	if changed {
		f.visits[pc]++
		f.work = append(f.work, pc)
	}
}

// block runs a block from its beginning up to the next one.
func (f *flow) block(start int) {
	r := slices.Clone(f.in[start])
	for pc := start; ; pc++ {
		f.pc = pc
		i := f.p.Code[pc]
		to, jumps := f.target(pc)
		isTest := opcode.OpOf(i).IsTest()
		if jumps && isTest {
			f.meet(to, r) // TESTSET sets its register only if it does not skip
		}
		f.step(r, i)
		if jumps && !isTest {
			f.meet(to, r)
		}
		if !falls(i) || pc+1 >= len(f.p.Code) {
			return
		}
		if f.begins[pc+1] {
			f.meet(pc+1, r)
			return
		}
	}
}

// step is what an instruction does to the registers.
func (f *flow) step(r []value, i opcode.Instruction) {
	a, b, c := opcode.A(i), opcode.B(i), opcode.C(i)
	switch op := opcode.OpOf(i); op {
	case opcode.Move, opcode.TestSet:
		f.set(r, a, register(r, b))
	case opcode.LoadK:
		f.set(r, a, f.constant(opcode.Bx(i)))
	case opcode.LoadKX:
		f.set(r, a, f.extraConstant())
	case opcode.LoadNil:
		f.forget(r, a, a+b+1)
	case opcode.GetUpval:
		f.set(r, a, f.upvalue(b))
	case opcode.GetTabUp:
		f.set(r, a, f.index(f.upvalue(b), f.nameOf(r, c)))
	case opcode.GetTable:
		f.set(r, a, f.index(register(r, b), f.rk(r, c)))
	case opcode.Self:
		object := register(r, b)
		method := f.index(object, f.rk(r, c))
		f.set(r, a+1, object)
		f.set(r, a, method)
	case opcode.SetTabUp:
		f.assign(f.upvalue(a), f.nameOf(r, b))
	case opcode.SetTable:
		f.assign(register(r, a), f.rk(r, b))
	case opcode.Call, opcode.TailCall:
		f.call(r, a, b)
		f.forget(r, a, len(r)) // above the results nothing is alive
	case opcode.TForCall:
		f.forget(r, a+3, len(r))
	case opcode.ForLoop:
		f.set(r, a, unknown)
		f.set(r, a+3, unknown)
	case opcode.Vararg:
		if b == 0 {
			b = len(r) + 1
		}
		f.forget(r, a, a+b-1)
	case opcode.Closure:
		f.set(r, a, unknown)
		f.closure(r, opcode.Bx(i))
	default:
		if op.SetsA() {
			f.set(r, a, unknown)
		}
	}
}

func register(r []value, n int) value {
	if n < len(r) {
		return r[n]
	}
	return unknown
}

func (f *flow) set(r []value, n int, v value) {
	if n >= len(r) {
		return
	}
	if from, ok := f.shared[n]; ok && f.pc >= from {
		v = unknown
	}
	r[n] = v
	if f.collecting && f.watched[n] {
		f.writes[n] = append(f.writes[n], write{f.pc, v})
	}
}

// forget makes the registers in [from, to) unknown.
func (f *flow) forget(r []value, from, to int) {
	for n := from; n < min(to, len(r)); n++ {
		f.set(r, n, unknown)
	}
}

func (f *flow) upvalue(n int) value {
	if n < len(f.upvalues) {
		return f.upvalues[n]
	}
	return unknown
}

func (f *flow) constant(n int) value {
	if n < len(f.p.Constants) && f.p.Constants[n].Kind == chunk.String {
		return f.value(text, f.p.Constants[n].Str)
	}
	return unknown
}

// extraConstant is the constant that the next instruction names.
func (f *flow) extraConstant() value {
	if f.pc+1 < len(f.p.Code) {
		if next := f.p.Code[f.pc+1]; opcode.OpOf(next) == opcode.ExtraArg {
			return f.constant(opcode.AxOf(next))
		}
	}
	return unknown
}

// nameOf is the key of an access to an upvalue.
func (f *flow) nameOf(r []value, n int) value {
	if k, ok := f.wide[f.p][f.pc]; ok {
		return f.constant(k)
	}
	return f.rk(r, n)
}

func (f *flow) rk(r []value, n int) value {
	if opcode.IsK(n) {
		return f.constant(n & opcode.MaxIndexRK)
	}
	return register(r, n)
}

func (f *flow) note(e event) {
	if f.collecting {
		e.pc = f.pc
		f.events = append(f.events, e)
	}
}

// need notes a dependency with a name that may be known.
func (f *flow) need(kind string, name value) {
	if info := f.values[name]; info.kind == text {
		f.note(event{dep: Dep{Kind: kind, Name: info.s}})
	} else {
		f.note(event{dep: Dep{Kind: kind, Dynamic: true}})
	}
}

// index is table[key].
func (f *flow) index(table, key value) value {
	t, k := f.values[table], f.values[key]
	switch {
	case t.kind == global && t.s == pathLFS && !(k.kind == text && slices.Contains(storeProperties, k.s)):
		f.need(KindLFS, key)
	case k.kind != text:
	case t.kind == globals:
		return f.globalVariable(k.s)
	case t.kind == global:
		if path := field(t.s, k.s); path != "" {
			return f.value(global, path)
		}
	}
	return unknown
}

func (f *flow) globalVariable(name string) value {
	switch {
	case name == "_G":
		return f.value(globals, "")
	case name == "LFS": // by custom, the same as node.LFS
		return f.value(global, pathLFS)
	case IsFirmwareModule(name):
		f.note(event{dep: Dep{Kind: KindModule, Name: name}})
	}
	return f.value(global, name)
}

// assign is table[key] = something.
func (f *flow) assign(table, key value) {
	if k := f.values[key]; f.values[table].kind == globals && k.kind == text {
		f.assigned[k.s] = true
	}
}

// call is a call of register a with the operand b for the arguments.
func (f *flow) call(r []value, a, b int) {
	function, argument := a, a+1
	if info := f.values[register(r, a)]; info.kind == global {
		switch info.s {
		case "pcall":
			function, argument = a+1, a+2
		case "xpcall":
			function, argument = a+1, a+3
		}
	}
	info := f.values[register(r, function)]
	if b != 0 && argument >= a+b || info.kind != global {
		return
	}
	if kind, ok := kindOfCall(info.s); ok {
		f.need(kind, register(r, argument))
	}
}

// closure notes a closure with what it takes from registers.
func (f *flow) closure(r []value, n int) {
	if n >= len(f.p.Protos) {
		return
	}
	sub := f.p.Protos[n]
	values := make([]value, len(sub.Upvalues))
	for i, set := range f.assigns(sub) {
		u := sub.Upvalues[i]
		if u.InStack == 0 {
			continue
		}
		if set {
			f.set(r, int(u.Idx), unknown)
		}
		values[i] = register(r, int(u.Idx))
	}
	f.note(event{sub: sub, values: values})
}

// captured is what the upvalues of a closure hold whenever it may run. A register
// counts if nothing gives it another value after the closure was made.
func (f *flow) captured(e event) []value {
	later := f.after(e.pc)
	values := make([]value, len(e.sub.Upvalues))
	for i, u := range e.sub.Upvalues {
		switch {
		case u.InStack == 0:
			values[i] = f.upvalue(int(u.Idx))
		case e.values == nil || f.changes(int(u.Idx), later, e.values[i]):
		default:
			values[i] = e.values[i]
		}
	}
	return values
}

// changes tells whether an instruction from pc on gives a register another value.
func (f *flow) changes(register, pc int, v value) bool {
	return slices.ContainsFunc(f.writes[register], func(w write) bool { return w.pc >= pc && w.v != v })
}
