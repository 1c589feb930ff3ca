package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// Table declares the table library.
var Table = state.Module{
	Name: "table",
	Table: &state.ROTable{Name: "table", Entries: []state.Entry{
		state.Fn("concat", tableConcat),
		state.Fn("insert", tableInsert),
		state.Fn("pack", tablePack),
		state.Fn("unpack", tableUnpack),
		state.Fn("move", tableMove),
		state.Fn("remove", tableRemove),
		state.Fn("sort", tableSort),
	}},
}

// What a function does with a table: a value that is none must have the
// metamethods for it.
const (
	tabRead = 1 << iota
	tabWrite
	tabLen
)

// checkTable checks that an argument is a table or behaves like one.
func checkTable(L state.State, arg, what int) {
	if L.Type(arg) != state.Table {
		checkTableLike(L, arg, what)
	}
}

func checkTableLike(L state.State, arg, what int) {
	if !L.GetMetatable(arg) {
		L.CheckType(arg, state.Table) // raises
		return
	}
	n := 1 // values to pop
	for _, need := range [...]struct {
		what  int
		event string
	}{{tabRead, "__index"}, {tabWrite, "__newindex"}, {tabLen, "__len"}} {
		if what&need.what == 0 {
			continue
		}
		n++
		L.PushString(need.event)
		if L.RawGet(-n) == state.Nil {
			L.CheckType(arg, state.Table)
			return
		}
	}
	L.Pop(n)
}

// lenOf is the length of the table in the first argument, which must allow what.
func lenOf(L state.State, what int) int64 {
	checkTable(L, 1, what|tabLen)
	return L.LenInt(1)
}

func tableInsert(L state.State) int {
	e := succ(L, lenOf(L, tabRead|tabWrite)) // first empty element
	pos := e
	switch L.GetTop() {
	case 2:
	case 3:
		pos = L.CheckInteger(2)
		if pos < 1 || pos > e {
			return L.ArgError(2, "position out of bounds")
		}
		L.CopyI(1, pos, 1, pos+1, e-pos, true)
	default:
		return L.Errorf("wrong number of arguments to 'insert'")
	}
	L.SetI(1, pos)
	return 0
}

func tableRemove(L state.State) int {
	size := lenOf(L, tabRead|tabWrite)
	pos := L.OptInteger(2, size)
	if pos != size && (pos < 1 || pos > succ(L, size)) {
		return L.ArgError(1, "position out of bounds")
	}
	L.GetI(1, pos)
	if pos < size {
		L.CopyI(1, pos+1, 1, pos, size-pos, false)
		pos = size
	}
	L.PushNil()
	L.SetI(1, pos)
	return 1
}

func tableMove(L state.State) int {
	from := L.CheckInteger(2)
	end := L.CheckInteger(3)
	to := L.CheckInteger(4)
	dest := 1
	if !L.IsNoneOrNil(5) {
		dest = 5
	}
	checkTable(L, 1, tabRead)
	checkTable(L, dest, tabWrite)
	if end >= from {
		limit := maxInteger(L)
		if from <= 0 && end >= limit+from {
			return L.ArgError(3, "too many elements to move")
		}
		n := end - from + 1
		if to > limit-n+1 {
			return L.ArgError(4, "destination wrap around")
		}
		// Upwards is better for rehashing; downwards only where the
		// destination overlaps what is still to be copied.
		up := to > end || to <= from || dest != 1 && !L.Compare(1, dest, state.OpEq)
		L.CopyI(1, from, dest, to, n, !up)
	}
	L.PushValue(dest)
	return 1
}

// addField appends element i of the table in the first argument.
func addField(L state.State, b *state.Buffer, i int64) {
	L.GetI(1, i)
	if !L.IsString(-1) {
		L.Errorf("invalid value (%s) at index %d in table for 'concat'", L.TypeNameAt(-1), int(int32(i)))
	}
	b.AddValue()
}

func tableConcat(L state.State) int {
	last := lenOf(L, tabRead)
	var sep []byte
	if !L.IsNoneOrNil(2) {
		sep = L.CheckBytes(2)
	}
	i := L.OptInteger(3, 1)
	last = L.OptInteger(4, last)
	b := L.NewBuffer()
	for ; i < last; i++ {
		addField(L, b, i)
		b.AddBytes(sep)
	}
	if i == last {
		addField(L, b, i)
	}
	b.PushResult()
	return 1
}

func tablePack(L state.State) int {
	n := L.GetTop()
	L.CreateTable(n, 1)
	L.Insert(1)
	for i := n; i >= 1; i-- {
		L.SetI(1, int64(i))
	}
	L.PushInteger(int64(n))
	L.SetField(1, "n")
	return 1
}

func tableUnpack(L state.State) int {
	if L.IsNone(1) {
		L.PushNil() // what Len complains about
	}
	i := L.OptInteger(2, 1)
	var e int64
	if L.IsNoneOrNil(3) {
		e = L.LenInt(1)
	} else {
		e = L.CheckInteger(3)
	}
	if i > e {
		return 0
	}
	n := uint64(e) - uint64(i) // one less than there are
	if n >= maxSize || !L.CheckStack(int(n+1)) {
		return L.Errorf("too many results to unpack")
	}
	for ; i < e; i++ {
		L.GetI(1, i)
	}
	L.GetI(1, e)
	return int(n + 1)
}
