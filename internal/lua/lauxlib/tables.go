package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// GetMetafield implements state.State.
func (l *Lib) GetMetafield(i int, name string) state.Type {
	if !l.c.GetMetatable(i) {
		return state.Nil
	}
	l.c.PushString(name)
	ty := l.c.RawGet(-2)
	if ty == state.Nil {
		l.c.Pop(2)
	} else {
		l.c.Remove(-2)
	}
	return ty
}

// CallMeta implements state.State.
func (l *Lib) CallMeta(i int, name string) bool {
	i = l.c.AbsIndex(i)
	if l.GetMetafield(i, name) == state.Nil {
		return false
	}
	l.c.PushValue(i)
	l.c.Call(1, 1)
	return true
}

// GetSubTable implements state.State.
func (l *Lib) GetSubTable(i int, name string) bool {
	if l.c.GetField(i, name) == state.Table {
		return true
	}
	l.c.Pop(1)
	i = l.c.AbsIndex(i)
	l.c.NewTable()
	l.c.PushValue(-1)
	l.c.SetField(i, name)
	return false
}

// References: a list of free ones begins at index 0 of the table.

// Ref implements state.State.
func (l *Lib) Ref(i int) int {
	if l.c.IsNil(-1) {
		l.c.Pop(1)
		return state.RefNil
	}
	i = l.c.AbsIndex(i)
	l.c.RawGetI(i, 0)
	n, _ := l.c.ToInteger(-1)
	ref := int(n)
	l.c.Pop(1)
	if ref != 0 {
		l.c.RawGetI(i, int64(ref))
		l.c.RawSetI(i, 0)
	} else {
		ref = l.c.RawLen(i) + 1
	}
	l.c.RawSetI(i, int64(ref))
	return ref
}

// Unref implements state.State.
func (l *Lib) Unref(i, ref int) {
	if ref < 0 {
		return
	}
	i = l.c.AbsIndex(i)
	l.c.RawGetI(i, 0)
	l.c.RawSetI(i, int64(ref))
	l.c.PushInteger(int64(ref))
	l.c.RawSetI(i, 0)
}

// Reref implements state.State.
func (l *Lib) Reref(i int, ref *int) {
	if *ref >= 0 {
		i = l.c.AbsIndex(i)
		ty := l.c.RawGetI(i, int64(*ref))
		l.c.Pop(1)
		if ty != state.Nil {
			l.c.RawSetI(i, int64(*ref))
			return
		}
	}
	*ref = l.Ref(i)
}

// Types of userdata.

// NewMetatable implements state.State.
func (l *Lib) NewMetatable(name string) bool {
	if l.GetMetatableByName(name) != state.Nil {
		return false
	}
	l.c.Pop(1)
	if l.old {
		l.c.NewTable()
	} else {
		l.c.CreateTable(0, 2)
		l.c.PushString(name)
		l.c.SetField(-2, "__name")
	}
	l.c.PushValue(-1)
	l.c.SetField(state.RegistryIndex, name)
	return true
}

// ROMetatable implements state.State.
func (l *Lib) ROMetatable(name string, r *state.ROTable) bool {
	if l.c.GetField(state.RegistryIndex, name) != state.Nil {
		return false
	}
	l.c.Pop(1)
	l.c.PushROTable(r)
	l.c.PushValue(-1)
	l.c.SetField(state.RegistryIndex, name)
	return true
}

// GetMetatableByName implements state.State.
func (l *Lib) GetMetatableByName(name string) state.Type {
	return l.c.GetField(state.RegistryIndex, name)
}

// SetMetatableByName implements state.State.
func (l *Lib) SetMetatableByName(name string) {
	l.GetMetatableByName(name)
	l.c.SetMetatable(-2)
}

// TestUdata implements state.State.
func (l *Lib) TestUdata(i int, name string) Addr {
	p := l.c.ToUserdata(i)
	if p == 0 || !l.c.GetMetatable(i) {
		return 0
	}
	l.GetMetatableByName(name)
	if !l.c.RawEqual(-1, -2) {
		p = 0
	}
	l.c.Pop(2)
	return p
}

// CheckUdata implements state.State.
func (l *Lib) CheckUdata(i int, name string) Addr {
	p := l.TestUdata(i, name)
	if p == 0 {
		l.TypeError(i, name)
	}
	return p
}
