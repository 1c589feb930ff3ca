package lib

import "moonlet.example/moonlet/internal/lua/state"

// Table is the library table.
var Table = state.Module{Name: "table", Table: &state.ROTable{Name: "table", Entries: []state.Entry{
	state.Fn("concat", concat), state.Fn("foreach", forEach), state.Fn("foreachi", forEachI), state.Fn("getn", getN),
	state.Fn("maxn", maxN), state.Fn("insert", insert), state.Fn("remove", remove), state.Fn("setn", setN), state.Fn("sort", sort),
}}}

// size is the length of the table at index 1.
func size(L state.State) int64 {
	checkTable(L, 1)
	return int64(L.RawLen(1))
}

func forEachI(L state.State) int {
	n := size(L)
	L.CheckType(2, state.Function)
	for i := int64(1); i <= n; i++ {
		L.PushValue(2)
		L.PushInteger(i)
		L.RawGetI(1, i)
		L.Call(2, 1)
		if !L.IsNil(-1) {
			return 1
		}
		L.Pop(1)
	}
	return 0
}

func forEach(L state.State) int {
	checkTable(L, 1)
	L.CheckType(2, state.Function)
	L.PushNil()
	for L.Next(1) {
		L.PushValue(2)
		L.PushValue(-3)
		L.PushValue(-3)
		L.Call(2, 1)
		if !L.IsNil(-1) {
			return 1
		}
		L.Pop(2)
	}
	return 0
}

func maxN(L state.State) int {
	most := 0.0
	checkTable(L, 1)
	L.PushNil()
	for L.Next(1) {
		L.Pop(1)
		if L.Type(-1) == state.Number {
			if n, _ := L.ToNumber(-1); n > most {
				most = n
			}
		}
	}
	L.PushNumber(most)
	return 1
}

func getN(L state.State) int {
	L.PushInteger(size(L))
	return 1
}

func setN(L state.State) int {
	checkTable(L, 1)
	return L.Errorf("'setn' is obsolete")
}

func insert(L state.State) int {
	end := size(L) + 1
	pos := end
	switch L.GetTop() {
	case 2:
	case 3:
		pos = L.CheckInteger(2)
		end = max(end, pos)
		L.CopyI(1, pos, 1, pos+1, end-pos, true)
	default:
		return L.Errorf("wrong number of arguments to 'insert'")
	}
	L.RawSetI(1, pos)
	return 0
}

func remove(L state.State) int {
	end := size(L)
	pos := optInt(L, 2, end)
	if pos < 1 || pos > end {
		return 0
	}
	L.RawGetI(1, pos)
	L.CopyI(1, pos+1, 1, pos, end-pos, false)
	L.PushNil()
	L.RawSetI(1, end)
	return 1
}

func concat(L state.State) int {
	var sep []byte
	if !L.IsNoneOrNil(2) {
		sep = L.CheckBytes(2)
	}
	checkTable(L, 1)
	i := optInt(L, 3, 1)
	last := optIntOf(L, 4, func() int64 { return int64(L.RawLen(1)) })
	b := L.NewBuffer()
	add := func(i int64) {
		L.RawGetI(1, i)
		if !L.IsString(-1) {
			L.Errorf("invalid value (%s) at index %d in table for 'concat'", L.TypeNameAt(-1), i)
		}
		b.AddValue()
	}
	for ; i < last; i++ {
		add(i)
		b.AddBytes(sep)
	}
	if i == last {
		add(i)
	}
	b.PushResult()
	return 1
}

func sort(L state.State) int {
	n := size(L)
	L.CheckStackMsg(40, "")
	if !L.IsNoneOrNil(2) {
		L.CheckType(2, state.Function)
	}
	L.SetTop(2)
	sortRange(L, 1, n)
	return 0
}

// less tells whether the value at index a is before that at b.
func less(L state.State, a, b int) bool {
	if L.IsNil(2) {
		return L.Compare(a, b, state.OpLt)
	}
	L.PushValue(2)
	L.PushValue(a - 1)
	L.PushValue(b - 2)
	L.Call(2, 1)
	is := L.ToBoolean(-1)
	L.Pop(1)
	return is
}

// put stores the two values on top.
func put(L state.State, i, j int64) {
	L.RawSetI(1, i)
	L.RawSetI(1, j)
}

// sortRange sorts the elements lo to hi: quicksort with the median of three for pivot (auxsort).
func sortRange(L state.State, lo, hi int64) {
	for lo < hi {
		L.RawGetI(1, lo)
		L.RawGetI(1, hi)
		if less(L, -1, -2) {
			put(L, lo, hi)
		} else {
			L.Pop(2)
		}
		if hi-lo == 1 {
			return
		}
		mid := (lo + hi) / 2
		L.RawGetI(1, mid)
		L.RawGetI(1, lo)
		if less(L, -2, -1) {
			put(L, mid, lo)
		} else {
			L.Pop(1)
			L.RawGetI(1, hi)
			if less(L, -1, -2) {
				put(L, mid, hi)
			} else {
				L.Pop(2)
			}
		}
		if hi-lo == 2 {
			return
		}
		L.RawGetI(1, mid)
		L.PushValue(-1)
		L.RawGetI(1, hi-1)
		put(L, mid, hi-1)
		i := partition(L, lo, hi)
		L.RawGetI(1, hi-1)
		L.RawGetI(1, i)
		put(L, hi-1, i)
		// The smaller half by a call, the larger one by another turn.
		if i-lo < hi-i {
			sortRange(L, lo, i-1)
			lo = i + 1
		} else {
			sortRange(L, i+1, hi)
			hi = i - 1
		}
	}
}

// partition puts what is less than the pivot, on top, before what is greater, and gives the pivot's place. It takes the
// pivot off.
func partition(L state.State, lo, hi int64) int64 {
	i, j := lo, hi-1
	for {
		for i++; ; i++ {
			if L.RawGetI(1, i); !less(L, -1, -2) {
				break
			}
			if i > hi {
				L.Errorf("invalid order function for sorting")
			}
			L.Pop(1)
		}
		for j--; ; j-- {
			if L.RawGetI(1, j); !less(L, -3, -1) {
				break
			}
			if j < lo {
				L.Errorf("invalid order function for sorting")
			}
			L.Pop(1)
		}
		if j < i {
			L.Pop(3)
			return i
		}
		put(L, i, j)
	}
}
