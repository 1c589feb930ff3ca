package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// Sorting is the quicksort of ltablib.c to the letter, since a comparison
// function sees in which order elements are compared. Indices are C's unsigned
// int, as IdxT is.

const (
	// randomLimit is the size from which an unbalanced partition makes the next
	// pivot random.
	randomLimit = 100
	// randomPivot takes the place of random numbers there: the firmware defines
	// l_randomizePivot as this constant, so its order of comparisons is fixed.
	randomPivot = ^uint32(0)
)

func tableSort(L state.State) int {
	n := lenOf(L, tabRead|tabWrite)
	if n > 1 {
		if n >= maxSize {
			return L.ArgError(1, "array too big")
		}
		if !L.IsNoneOrNil(2) {
			L.CheckType(2, state.Function)
		}
		L.SetTop(2)
		s := sorter{L: L, byFunction: !L.IsNil(2)}
		s.sort(1, uint32(n), 0)
	}
	return 0
}

// sorter sorts the table in the first argument, with the function in the second
// one if there is any.
type sorter struct {
	L          state.State
	byFunction bool
}

// get pushes an element.
func (s *sorter) get(i uint32) { s.L.GetI(1, int64(i)) }

// set2 pops the values of the elements i and j: the top goes to i.
func (s *sorter) set2(i, j uint32) {
	s.L.SetI(1, int64(i))
	s.L.SetI(1, int64(j))
}

// less compares the values at two negative stack indices.
func (s *sorter) less(a, b int) bool {
	L := s.L
	if !s.byFunction {
		return L.Compare(a, b, state.OpLt)
	}
	L.PushValue(2)
	L.PushValue(a - 1)
	L.PushValue(b - 2)
	L.Call(2, 1)
	res := L.ToBoolean(-1)
	L.Pop(1)
	return res
}

// sort sorts the elements lo to up. rnd is 0 until a partition was unbalanced.
func (s *sorter) sort(lo, up, rnd uint32) {
	L := s.L
	for lo < up {
		s.get(lo)
		s.get(up)
		if s.less(-1, -2) {
			s.set2(lo, up)
		} else {
			L.Pop(2)
		}
		if up-lo == 1 {
			return
		}
		p := (lo + up) / 2
		if up-lo >= randomLimit && rnd != 0 {
			quarter := (up - lo) / 4
			p = rnd%(quarter*2) + lo + quarter
		}
		s.median(lo, p, up)
		if up-lo == 2 {
			return
		}
		s.get(p)
		L.PushValue(-1)
		s.get(up - 1)
		s.set2(p, up-1)
		p = s.partition(lo, up)
		var smaller uint32
		if p-lo < up-p {
			s.sort(lo, p-1, rnd)
			smaller = p - lo
			lo = p + 1
		} else {
			s.sort(p+1, up, rnd)
			smaller = up - p
			up = p - 1
		}
		if (up-lo)/128 > smaller {
			rnd = randomPivot
		}
	}
}

// median puts element p between the elements lo and up, which are in order.
func (s *sorter) median(lo, p, up uint32) {
	L := s.L
	s.get(p)
	s.get(lo)
	if s.less(-2, -1) {
		s.set2(p, lo)
		return
	}
	L.Pop(1)
	s.get(up)
	if s.less(-1, -2) {
		s.set2(p, up)
	} else {
		L.Pop(2)
	}
}

// partition divides the elements around the pivot, which is on top of the stack
// and in element up-1, and returns where the pivot is then.
func (s *sorter) partition(lo, up uint32) uint32 {
	L := s.L
	i, j := lo, up-1
	for {
		for i++; ; i++ {
			s.get(i)
			if !s.less(-1, -2) {
				break
			}
			if i == up-1 {
				L.Errorf("invalid order function for sorting")
			}
			L.Pop(1)
		}
		for j--; ; j-- {
			s.get(j)
			if !s.less(-3, -1) {
				break
			}
			if j < i {
				L.Errorf("invalid order function for sorting")
			}
			L.Pop(1)
		}
		if j < i {
			L.Pop(1)
			s.set2(up-1, i)
			return i
		}
		s.set2(i, j)
	}
}
