// Code generated from ../execute.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// execute runs the current Lua frame from the instruction start on, and what it calls, until as many frames are done as
// depth counts, the ones that the loop enters by itself added (luaV_execute). It returns earlier where a coroutine
// yields that it has not resumed by itself: resumed counts those that it has (see self).
//
// Rules for this function:
//
//   - cl, kk, base and pc are copies of what device memory has. No call is made with one of them alive behind it:
//     whatever calls goes to reload or resume afterwards, so that they stay in registers. It also means that a call
//     may raise an error or move the stack.
//   - What saves the program counter in C saves it here: errors of an integer division tell the line of that.
//   - Look-ups are written once, behind the switch.
func (thread *Thread) execute(depth, resumed int, start Addr) {
	v, m := thread.v, thread.m
	const tv, tt = tvSize, tvTag
	t := thread.self(depth, resumed)
	t.pin()
	var cl, kk, base Addr // K(i) is at kk + (BitRK+i)*tv
	pc := start
	goto resume
reload:
	pc = m.Ptr(t.l + layout.LuaStateSavedPC)
resume:
	base = m.Ptr(t.l + layout.LuaStateBase)
	cl = m.Ptr(m.Ptr(m.Ptr(t.l+layout.LuaStateCI) + layout.CallInfoFunc))
	kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
	for ; ; pc += 4 {
		var rb, rc, h, key Addr
		if v.trap {
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc)
			t.trapped()
			base = m.Ptr(t.l + layout.LuaStateBase)
			cl = m.Ptr(m.Ptr(m.Ptr(t.l+layout.LuaStateCI) + layout.CallInfoFunc))
			kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
			pc = m.Ptr(t.l + layout.LuaStateSavedPC)
		}
		i := uint64(m.U32(pc))
		ra := base + Addr(i>>6&0xff)*tv
		switch opcode.Op(i & 0x3f) {
		case opcode.Move:
			copyTV(m, ra, base+Addr(i>>23)*tv)
			continue
		case opcode.LoadK:
			copyTV(m, ra, kk+(opcode.BitRK+Addr(i>>14))*tv)
			continue
		case opcode.LoadBool:
			setPtr(m, ra, Addr(i>>23), tagBool)
			if i>>14&opcode.MaxC != 0 {
				pc += 4
			}
			continue
		case opcode.LoadNil:
			for rb = base + Addr(i>>23)*tv; ; rb -= tv {
				m.SetU32(rb+tt, tagNil)
				if rb <= ra {
					break
				}
			}
			continue
		case opcode.GetUpval:
			copyTV(m, ra, m.Ptr(m.Ptr(cl+layout.LClosureSize+Addr(i>>23)*4)+layout.UpValV))
			continue
		case opcode.GetGlobal:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			h, key = m.Ptr(cl+layout.LClosureEnv), m.Ptr(kk+(opcode.BitRK+Addr(i>>14))*tv)
			if m.U8(h+layout.TableTT) == tagTable {
				goto getField
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opGet()
			goto reload
		case opcode.GetTable:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			rb = base + Addr(i>>23)*tv
			c := Addr(i >> 14 & opcode.MaxC)
			rc = base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			if m.U32(rb+tt) == tagTable {
				h = m.Ptr(rb)
				switch m.U32(rc + tt) {
				case tagNumber:
					n := loadNum(m, rc)
					k := int64(n)
					if Num(k) == n && uint64(k-1) < uint64(m.U32(h+layout.TableSizeArray)) {
						n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(k-1)*tv))
						if m.U32(n+tt) != tagNil {
							copyTV(m, ra, n)
							continue
						}
						if m.Ptr(h+layout.TableMetatable) == 0 {
							m.SetU32(ra+tt, tagNil)
							continue
						}
					}
				case tagString:
					key = m.Ptr(rc)
					goto getField
				}
			} else if m.U32(rb+tt) == tagROTable && m.U32(rc+tt) == tagString {
				h, key = m.Ptr(rb), m.Ptr(rc)
				line := v.roLine(h, key)
				if line.key == uint32(key) && line.table == uint32(h) && line.value != 0 {
					copyTV(m, ra, Addr(line.value))
					continue
				}
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opGet()
			goto reload
		case opcode.Self:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			rb = base + Addr(i>>23)*tv
			copyTV(m, ra+tv, rb)
			if c := Addr(i >> 14 & opcode.MaxC); c&opcode.BitRK != 0 && m.U32(kk+c*tv+tt) == tagString {
				h, key = m.Ptr(ra+tv), m.Ptr(kk+c*tv)
				switch m.U32(ra + tv + tt) {
				case tagTable:
					goto getField
				case tagString:
					t.pc = pc + 4
					if t.stringMethod(ra, key) {
						pc = t.pc
						goto resume
					}
					pc = t.pc - 4
				}
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opGet()
			goto reload

		case opcode.SetGlobal:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			h, key, rc = m.Ptr(cl+layout.LClosureEnv), m.Ptr(kk+(opcode.BitRK+Addr(i>>14))*tv), ra
			if m.U8(h+layout.TableTT) == tagTable {
				goto setField
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opSet()
			goto reload
		case opcode.SetUpval:
			uv := m.Ptr(cl + layout.LClosureSize + Addr(i>>23)*4)
			copyTV(m, m.Ptr(uv+layout.UpValV), ra)
			if m.U32(ra+tt)-tagString <= typeMask-tagString && m.U8(uv+layout.GCObjectMarked)&black != 0 {
				t.pc = pc + 4
				t.barrier(uv, ra)
				pc = t.pc
				goto resume
			}
			continue
		case opcode.SetTable:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc = base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			if m.U32(ra+tt) == tagTable {
				h = m.Ptr(ra)
				switch m.U32(rb + tt) {
				case tagNumber:
					n := loadNum(m, rb)
					k := int64(n)
					if Num(k) == n && uint64(k-1) < uint64(m.U32(h+layout.TableSizeArray)) {
						n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(k-1)*tv))
						if m.U32(n+tt) != tagNil || m.Ptr(h+layout.TableMetatable) == 0 {
							key = n
							goto store
						}
					}
				case tagString:
					key = m.Ptr(rb)
					goto setField
				}
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opSet()
			goto reload
		case opcode.NewTable:
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opNewTable()
			goto reload

		case opcode.Add, opcode.Sub, opcode.Mul, opcode.Div, opcode.Mod, opcode.Pow:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc = base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			if m.U32(rb+tt) == tagNumber && m.U32(rc+tt) == tagNumber {
				x, y := loadNum(m, rb), loadNum(m, rc)
				switch opcode.Op(i & 0x3f) {
				case opcode.Add:
					setNum(m, ra, x+y)
					continue
				case opcode.Sub:
					setNum(m, ra, x-y)
					continue
				case opcode.Mul:
					setNum(m, ra, x*y)
					continue
				case opcode.Div:
					if !integral {
						if r := x / y; !isNaN(r) {
							setNum(m, ra, r)
							continue
						}
					}
				case opcode.Mod:
					// Whole numbers, as nearly all are: the quotient is cut, and the remainder mended.
					if p, q := int32(int64(x)), int32(int64(y)); Num(p) == x && Num(q) == y && p >= 0 && q > 0 {
						setNum(m, ra, Num(p%q))
						continue
					}
				}
				t.pc = pc + 4
				t.numbers(ra, opcode.Op(i&0x3f), x, y)
				pc = t.pc
				goto resume
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opArith(rb, rc)
			goto reload
		case opcode.Unm:
			rb = base + Addr(i>>23)*tv
			if m.U32(rb+tt) == tagNumber {
				setNum(m, ra, -loadNum(m, rb))
				continue
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opArith(rb, rb)
			goto reload
		case opcode.Not:
			rb = base + Addr(i>>23)*tv
			var is Addr
			if tag := m.U32(rb + tt); tag == tagNil || tag == tagBool && m.U32(rb) == 0 {
				is = 1
			}
			setPtr(m, ra, is, tagBool)
			continue
		case opcode.Len:
			rb = base + Addr(i>>23)*tv
			if m.U32(rb+tt) == tagString {
				setNum(m, ra, Num(m.U32(m.Ptr(rb)+layout.TStringLen)))
				continue
			}
			t.pc = pc + 4
			t.opLen(ra, rb)
			pc = t.pc
			goto resume
		case opcode.Concat:
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			t.opConcat()
			goto reload

		case opcode.Jmp:
			d := int64(i>>14) - opcode.MaxSBx
			if d < 0 {
				if v.fuel += d; v.fuel < 0 {
					goto outOfFuel
				}
			}
			pc += Addr(d * 4)
			continue
		case opcode.Eq, opcode.Lt, opcode.Le:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc = base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			var is bool
			tb, tc := m.U32(rb+tt), m.U32(rc+tt)
			switch op := opcode.Op(i & 0x3f); {
			case tb == tagNumber && tc == tagNumber:
				x, y := loadNum(m, rb), loadNum(m, rc)
				switch op {
				case opcode.Eq:
					is = x == y
				case opcode.Lt:
					is = x < y
				default:
					is = x <= y
				}
			case op == opcode.Eq && tb != tc:
			case op == opcode.Eq && tb != tagTable && tb != tagUdata:
				is = tb == tagNil || m.U32(rb) == m.U32(rc)
			default:
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
				t.opCompare(rb, rc)
				pc = t.pc
				goto resume
			}
			pc += 4
			if is == (i&(0xff<<6) != 0) {
				d := int64(m.U32(pc)>>14) - opcode.MaxSBx
				if d < 0 {
					if v.fuel += d; v.fuel < 0 {
						goto outOfFuel
					}
				}
				pc += Addr(d * 4)
			}
			continue
		case opcode.Test, opcode.TestSet:
			rb = ra
			if opcode.Op(i&0x3f) == opcode.TestSet {
				rb = base + Addr(i>>23)*tv
			}
			tag := m.U32(rb + tt)
			isFalse := tag == tagNil || tag == tagBool && m.U32(rb) == 0
			pc += 4
			if isFalse != (i>>14&opcode.MaxC != 0) {
				if rb != ra {
					copyTV(m, ra, rb)
				}
				d := int64(m.U32(pc)>>14) - opcode.MaxSBx
				if d < 0 {
					if v.fuel += d; v.fuel < 0 {
						goto outOfFuel
					}
				}
				pc += Addr(d * 4)
			}
			continue

		case opcode.Call:
			top := m.Ptr(t.l + layout.LuaStateTop)
			if b := Addr(i >> 23); b != 0 {
				top = ra + b*tv
				m.SetPtr(t.l+layout.LuaStateTop, top)
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			if h = m.Ptr(ra); m.U32(ra+tt) == tagFunc && m.U8(h+layout.LClosureIsC) == 0 && v.fuel >= 0 {
				p, ci := m.Ptr(h+layout.LClosureP), m.Ptr(t.l+layout.LuaStateCI)
				size := Addr(m.U8(p+layout.ProtoMaxStackSize)) * tv
				if m.U8(p+layout.ProtoIsVararg) == 0 && ci != m.Ptr(t.l+layout.LuaStateEndCI) &&
					int64(m.Ptr(t.l+layout.LuaStateStackLast))-int64(top) > int64(size) {
					m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
					ci += layout.CallInfoSize
					m.SetPtr(t.l+layout.LuaStateCI, ci)
					base = ra + tv
					if end := base + Addr(m.U8(p+layout.ProtoNumParams))*tv; top > end {
						top = end
					}
					end := base + size
					m.SetPtr(ci+layout.CallInfoFunc, ra)
					m.SetPtr(ci+layout.CallInfoBase, base)
					m.SetPtr(ci+layout.CallInfoTop, end)
					m.SetU32(ci+layout.CallInfoTailCalls, 0)
					m.SetU32(ci+layout.CallInfoNResults, uint32(i>>14&opcode.MaxC)-1)
					m.SetPtr(t.l+layout.LuaStateBase, base)
					m.SetPtr(t.l+layout.LuaStateTop, end)
					for ; top < end; top += tv {
						m.SetU32(top+tt, tagNil)
					}
					cl = h
					kk = m.Ptr(p+layout.ProtoK) - opcode.BitRK*tv
					pc = m.Ptr(p + layout.ProtoCode)
					m.SetPtr(t.l+layout.LuaStateSavedPC, pc)
					pc -= 4
					t.depth++
					v.fuel -= costCall
					continue
				}
			}
			if t.opCall(ra) {
				return
			}
			pc = t.pc
			goto resume
		case opcode.TailCall:
			if b := Addr(i >> 23); b != 0 {
				m.SetPtr(t.l+layout.LuaStateTop, ra+b*tv)
			}
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			if t.opTailCall(ra) {
				return
			}
			pc = t.pc
			goto resume
		case opcode.Return:
			top := m.Ptr(t.l + layout.LuaStateTop)
			if b := Addr(i >> 23); b != 0 {
				top = ra + (b-1)*tv
			}
			v.fuel -= int64(uint32(pc-m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoCode)) / 4)
			if m.Ptr(t.l+layout.LuaStateOpenUpval) != 0 || v.fuel < 0 {
				m.SetPtr(t.l+layout.LuaStateTop, top)
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
				if t.opReturn(ra) {
					return
				}
				pc = t.pc
				goto resume
			}
			ci := m.Ptr(t.l + layout.LuaStateCI)
			res, wanted := m.Ptr(ci+layout.CallInfoFunc), m.I32(ci+layout.CallInfoNResults)
			ci -= layout.CallInfoSize
			m.SetPtr(t.l+layout.LuaStateCI, ci)
			base = m.Ptr(ci + layout.CallInfoBase)
			pc = m.Ptr(ci + layout.CallInfoSavedPC)
			m.SetPtr(t.l+layout.LuaStateBase, base)
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc)
			n := wanted
			for ; n != 0 && ra < top; n-- {
				copyTV(m, res, ra)
				res, ra = res+tv, ra+tv
			}
			for ; n > 0; n-- {
				m.SetU32(res+tt, tagNil)
				res += tv
			}
			if t.depth--; t.depth == 0 {
				m.SetPtr(t.l+layout.LuaStateTop, res)
				if t.resumed <= 0 || t.suspend() {
					return
				}
				pc = t.pc
				goto resume
			}
			if wanted >= 0 {
				res = m.Ptr(ci + layout.CallInfoTop)
			}
			m.SetPtr(t.l+layout.LuaStateTop, res)
			cl = m.Ptr(m.Ptr(ci + layout.CallInfoFunc))
			kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
			pc -= 4
			continue

		case opcode.ForLoop:
			step, limit := loadNum(m, ra+2*tv), loadNum(m, ra+tv)
			n := loadNum(m, ra) + step
			if step > 0 && n <= limit || !(step > 0) && limit <= n {
				setNum(m, ra, n)
				setNum(m, ra+3*tv, n)
				d := int64(i>>14) - opcode.MaxSBx
				if d < 0 {
					if v.fuel += d; v.fuel < 0 {
						goto outOfFuel
					}
				}
				pc += Addr(d * 4)
			}
			continue
		case opcode.ForPrep:
			if integral {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			}
			if m.U32(ra+tt) != tagNumber || m.U32(ra+tv+tt) != tagNumber || m.U32(ra+2*tv+tt) != tagNumber {
				m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
				t.opForPrep(ra)
				pc = t.pc
				goto resume
			}
			setNum(m, ra, loadNum(m, ra)-loadNum(m, ra+2*tv))
			pc += Addr((int64(i>>14) - opcode.MaxSBx) * 4)
			continue
		case opcode.TForLoop:
			m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
			if t.opTForLoop() {
				return
			}
			pc = t.pc
			goto resume
		case opcode.SetList:
			t.pc = pc + 4
			t.opSetList(ra, opcode.Instruction(i))
			pc = t.pc
			goto resume
		case opcode.Close:
			t.pc = pc + 4
			t.closeUpvals(ra)
			pc = t.pc
			goto resume
		case opcode.Closure:
			t.pc = pc + 4
			t.opClosure(cl, ra, opcode.Instruction(i))
			goto reload
		case opcode.Vararg:
			t.pc = pc + 4
			t.opVararg(cl, ra, opcode.Instruction(i))
			pc = t.pc
			goto resume
		default:
			t.v.badCode(pc)
		}

	getField:
		// ra := h[key], where h is an ordinary table and key a string.
		for n := Addr(m.U32(h+layout.TableNode) + m.U32(key+layout.TStringHash)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*uint32(nodeSize)); n != 0; n = m.Ptr(n + layout.NodeNext) {
			if m.Ptr(n+layout.NodeKey) == key && m.U32(n+layout.NodeKeyTT) == tagString {
				if m.U32(n+tt) == tagNil {
					break
				}
				copyTV(m, ra, n)
				goto next
			}
		}
		h = m.Ptr(h + layout.TableMetatable)
		if h == 0 || m.U8(h+layout.TableFlags)&(1<<tag.Index) != 0 {
			m.SetU32(ra+tt, tagNil)
			continue
		}
		t.pc = pc + 4
		if t.inherit(ra, h, key) {
			pc = t.pc
			goto resume
		}
		m.SetPtr(t.l+layout.LuaStateSavedPC, t.pc)
		t.opGet()
		goto reload
	setField:
		// h[key] := the value at rc, where h is an ordinary table and key a string.
		for n := Addr(m.U32(h+layout.TableNode) + m.U32(key+layout.TStringHash)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*uint32(nodeSize)); n != 0; n = m.Ptr(n + layout.NodeNext) {
			if m.Ptr(n+layout.NodeKey) == key && m.U32(n+layout.NodeKeyTT) == tagString {
				if m.U32(n+tt) == tagNil {
					break
				}
				key = n
				goto store
			}
		}
		m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
		t.opSet()
		goto reload
	store:
		// The slot key of the table h := the value at rc.
		m.SetU8(h+layout.TableFlags, 0)
		copyTV(m, key, rc)
		if m.U32(rc+tt)-tagString <= typeMask-tagString && m.U8(h+layout.GCObjectMarked)&black != 0 {
			t.pc = pc + 4
			v.tableBarrier(h, rc)
			pc = t.pc
			goto resume
		}
	next:
		continue
	outOfFuel:
		// At a jump backwards: the instruction is done again behind it.
		t.pc = pc
		m.SetPtr(t.l+layout.LuaStateSavedPC, pc+4)
		t.outOfFuel()
		pc = t.pc
		pc += Addr((int64(m.U32(pc)>>14)-opcode.MaxSBx)*4) + 4
		goto resume
	}
}
