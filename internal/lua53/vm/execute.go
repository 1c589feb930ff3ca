package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// execute runs the current Lua frame until it returns, with all frames that it
// calls (luaV_execute). It tells calledC then, and yielded or raised when a C
// function that the loop called did that.
//
// Rules for this function:
//
//   - ci, cl, kk, base and pc are copies of what device memory has. No call is
//     made with one of them alive behind it: whatever calls stores pc before, and
//     goes to reload afterwards. So they stay in registers, where a single call on
//     a path that goes on would make the compiler store each of them to Go's stack
//     with every instruction (RATIONALE.md has the figures). It also means that a
//     call may raise an error, yield or move the stack.
//   - Look-ups, mixed arithmetic and jumps are written once, behind the switch.
//   - t is in memory, not in a register: see self.
//   - cost is charged when control goes backwards, calls or returns.
func (thread *Thread) execute() int {
	v, m := thread.v, thread.m
	const (
		tv, tt = tvSize, tvTag
		maskA  = 0xff << 6 // operand A, where only zero matters
	)
	v.setCIStatus(thread.ci(), v.ciStatus(thread.ci())|cistFresh)
	t := thread.self()
	t.pin()
	var ci, cl, kk, base, pc Addr // K(i) is at kk + (BitRK+i)*tv
reload:
	ci = m.Ptr(t.l + layout.LuaStateCI)
frame:
	cl = m.Ptr(m.Ptr(ci + layout.CallInfoFunc))
	kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
	base = m.Ptr(ci + layout.CallInfoBase)
	pc = m.Ptr(ci + layout.CallInfoSavedPC)
	for ; ; pc += 4 {
		var rb, rc, h, key Addr
		var d int64
		var k Int
		if v.trap {
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.trapped()
			ci = m.Ptr(t.l + layout.LuaStateCI)
			cl = m.Ptr(m.Ptr(ci + layout.CallInfoFunc))
			kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
			base = m.Ptr(ci + layout.CallInfoBase)
			pc = m.Ptr(ci + layout.CallInfoSavedPC)
		}
		i := uint64(m.U32(pc)) // above bit 31: how many classes were asked
		ra := base + Addr(i>>6&0xff)*tv
		switch opcode.Op(i & 0x3f) {
		case opcode.Move:
			copyTV(m, ra, base+Addr(i>>23)*tv)
			continue
		case opcode.LoadK:
			copyTV(m, ra, kk+(opcode.BitRK+Addr(i>>14))*tv)
			continue
		case opcode.LoadKX:
			copyTV(m, ra, v.item(kk, opcode.BitRK+Addr(m.U32(pc+4)>>6)))
			pc += 4
			continue
		case opcode.LoadBool:
			setPtr(m, ra, Addr(i>>23), tagBool)
			if i>>14&opcode.MaxC != 0 {
				pc += 4
			}
			continue
		case opcode.LoadNil:
			for n := i >> 23; ; n-- {
				m.SetU32(ra+tt, tagNil)
				if n == 0 {
					break
				}
				ra += tv
			}
			continue
		case opcode.GetUpval:
			uv := m.Ptr(cl + layout.LClosureUpvals + Addr(i>>23)*4)
			copyTV(m, ra, m.Ptr(uv+layout.UpValV))
			continue

		case opcode.GetTabUp:
			rb = m.Ptr(m.Ptr(cl+layout.LClosureUpvals+Addr(i>>23)*4) + layout.UpValV)
			c := Addr(i >> 14 & opcode.MaxC)
			rc = base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			h = m.Ptr(rb)
			switch m.U32(rc + tt) {
			case tagShort:
				key = m.Ptr(rc)
				switch m.U32(rb + tt) {
				case tagTable:
					goto getField
				case tagROTable, tagROEntry:
					goto getROField
				}
			case tagInt:
				if m.U32(rb+tt) == tagTable {
					k = loadInt(m, rc)
					goto getElement
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opGet(ci, cl)
			goto reload
		case opcode.GetTable:
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
				case tagInt:
					if idx := uint64(int64(loadInt(m, rc)) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
						n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
						if m.U32(n+tt) != tagNil {
							copyTV(m, ra, n)
							continue
						}
						if m.Ptr(h+layout.TableMetatable) == 0 {
							m.SetU32(ra+tt, tagNil)
							continue
						}
						break
					}
					k = loadInt(m, rc)
					goto getIndex
				case tagShort:
					key = m.Ptr(rc)
					goto getField
				}
			} else if m.U32(rb+tt)&variantMask == tagROEntry && m.U32(rc+tt) == tagShort {
				h, key = m.Ptr(rb), m.Ptr(rc)
				goto getROField
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opGet(ci, cl)
			goto reload
		case opcode.Self:
			rb = base + Addr(i>>23)*tv
			c := Addr(i >> 14 & opcode.MaxC)
			rc = base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			copyTV(m, ra+tv, rb)
			if m.U32(rc+tt) == tagShort {
				h, key = m.Ptr(rb), m.Ptr(rc)
				switch m.U32(rb + tt) {
				case tagTable:
					goto getField
				case tagROTable, tagROEntry:
					goto getROField
				case tagShort, tagLong:
					if h = v.methods; h != 0 {
						goto getROField
					}
					m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
					t.opSelfString(ci, cl, key)
					goto reload
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opGet(ci, cl)
			goto reload

		case opcode.SetTabUp:
			ra = m.Ptr(m.Ptr(cl+layout.LClosureUpvals+Addr(i>>6&0xff)*4) + layout.UpValV)
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
				case tagShort:
					key = m.Ptr(rb)
					goto setField
				case tagInt:
					k = loadInt(m, rb)
					goto setElement
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opSet(ci, cl)
			goto reload
		case opcode.SetUpval:
			uv := m.Ptr(cl + layout.LClosureUpvals + Addr(i>>23)*4)
			at := m.Ptr(uv + layout.UpValV)
			copyTV(m, at, ra)
			if m.U32(ra+tt)&collectable != 0 && at == uv+layout.UpValValue {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
				v.upvalBarrier(uv)
				goto reload
			}
			continue
		case opcode.SetTable:
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
				case tagInt:
					if idx := uint64(int64(loadInt(m, rb)) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
						n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
						if m.U32(n+tt) == tagNil {
							if m.Ptr(h+layout.TableMetatable) != 0 {
								break
							}
							// nobody to ask: an element that grows the array within its size
							m.SetU8(h+layout.TableFlags, 0)
						}
						copyTV(m, n, rc)
						if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
							goto barrier
						}
						continue
					}
					k = loadInt(m, rb)
					goto setIndex
				case tagShort:
					key = m.Ptr(rb)
					goto setField
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opSet(ci, cl)
			goto reload
		case opcode.NewTable:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opNewTable(ci, ra, uint32(i))
			goto reload

		case opcode.Add:
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
			tb, tc := m.U32(rb+tt), m.U32(rc+tt)
			if tb == tagInt && tc == tagInt {
				setInt(m, ra, loadInt(m, rb)+loadInt(m, rc))
				continue
			}
			if tb == tagFloat && tc == tagFloat {
				setFloat(m, ra, loadFloat(m, rb)+loadFloat(m, rc))
				continue
			}
			goto mixed
		case opcode.Sub:
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
			tb, tc := m.U32(rb+tt), m.U32(rc+tt)
			if tb == tagInt && tc == tagInt {
				setInt(m, ra, loadInt(m, rb)-loadInt(m, rc))
				continue
			}
			if tb == tagFloat && tc == tagFloat {
				setFloat(m, ra, loadFloat(m, rb)-loadFloat(m, rc))
				continue
			}
			goto mixed
		case opcode.Mul:
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
			tb, tc := m.U32(rb+tt), m.U32(rc+tt)
			if tb == tagInt && tc == tagInt {
				setInt(m, ra, loadInt(m, rb)*loadInt(m, rc))
				continue
			}
			if tb == tagFloat && tc == tagFloat {
				setFloat(m, ra, loadFloat(m, rb)*loadFloat(m, rc))
				continue
			}
			goto mixed
		case opcode.Div:
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
			if m.U32(rb+tt) == tagFloat && m.U32(rc+tt) == tagFloat {
				if r := loadFloat(m, rb) / loadFloat(m, rc); r == r {
					setFloat(m, ra, r)
					continue
				}
			}
			goto mixed
		case opcode.Mod:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				x, y := loadInt(m, rb), loadInt(m, rc)
				if y > 0 {
					r := x % y
					if r < 0 {
						r += y
					}
					setInt(m, ra, r)
					continue
				}
			}
			goto arith
		case opcode.IDiv:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				x, y := loadInt(m, rb), loadInt(m, rc)
				if y > 0 {
					q := x / y
					if x < 0 && q*y != x {
						q--
					}
					setInt(m, ra, q)
					continue
				}
			}
			goto arith
		case opcode.BAnd:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				setInt(m, ra, loadInt(m, rb)&loadInt(m, rc))
				continue
			}
			goto arith
		case opcode.BOr:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				setInt(m, ra, loadInt(m, rb)|loadInt(m, rc))
				continue
			}
			goto arith
		case opcode.BXor:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				setInt(m, ra, loadInt(m, rb)^loadInt(m, rc))
				continue
			}
			goto arith
		case opcode.Shl:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				if y := uint64(loadInt(m, rc)); y < intBits {
					setInt(m, ra, loadInt(m, rb)<<y)
					continue
				}
			}
			goto arith
		case opcode.Shr:
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
			if m.U32(rb+tt) == tagInt && m.U32(rc+tt) == tagInt {
				if y := uint64(loadInt(m, rc)); y < intBits {
					x := uint64(loadInt(m, rb))
					if intSize == 4 {
						x = uint64(uint32(x))
					}
					setInt(m, ra, Int(x>>y))
					continue
				}
			}
			goto arith
		case opcode.Pow:
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
			goto arith
		case opcode.Unm:
			rb = base + Addr(i>>23)*tv
			switch m.U32(rb + tt) {
			case tagInt:
				setInt(m, ra, -loadInt(m, rb))
				continue
			case tagFloat:
				setFloat(m, ra, -loadFloat(m, rb))
				continue
			}
			rc = rb
			goto arith
		case opcode.BNot:
			rb = base + Addr(i>>23)*tv
			if m.U32(rb+tt) == tagInt {
				setInt(m, ra, ^loadInt(m, rb))
				continue
			}
			rc = rb
			goto arith
		case opcode.Not:
			rb = base + Addr(i>>23)*tv
			res := Addr(0)
			if tag := m.U32(rb + tt); tag == tagNil || tag == tagBool && m.U32(rb) == 0 {
				res = 1
			}
			setPtr(m, ra, res, tagBool)
			continue
		case opcode.Len:
			rb = base + Addr(i>>23)*tv
			if m.U32(rb+tt) == tagShort {
				setInt(m, ra, Int(m.U8(m.Ptr(rb)+layout.TStringShrLen)))
				continue
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.objLen(rb, ra)
			goto reload
		case opcode.Concat:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opConcat(ci, base, uint32(i))
			goto reload

		case opcode.Jmp:
			if i&maskA != 0 {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
				t.closingJump(ci, uint32(i))
				goto reload
			}
			goto jump
		case opcode.Eq:
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
			var res bool
			if tb, tc := m.U32(rb+tt), m.U32(rc+tt); tb != tc {
				if tb&typeMask == typeNumber && tc&typeMask == typeNumber || (tb^tc)&variantMask == 0 {
					goto compare // a ROTable may come with two tags
				}
			} else {
				switch tb {
				case tagNil:
					res = true
				case tagInt:
					res = loadInt(m, rb) == loadInt(m, rc)
				case tagFloat:
					res = loadFloat(m, rb) == loadFloat(m, rc)
				case tagTable, tagUdata, tagLong:
					if res = m.U32(rb) == m.U32(rc); !res {
						goto compare
					}
				default:
					res = m.U32(rb) == m.U32(rc)
				}
			}
			if res != (i&maskA != 0) {
				pc += 4
				continue
			}
		case opcode.Lt:
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
			var res bool
			if tb, tc := m.U32(rb+tt), m.U32(rc+tt); tb == tagInt && tc == tagInt {
				res = loadInt(m, rb) < loadInt(m, rc)
			} else if tb == tagFloat && tc == tagFloat {
				res = loadFloat(m, rb) < loadFloat(m, rc)
			} else {
				goto compare
			}
			if res != (i&maskA != 0) {
				pc += 4
				continue
			}
		case opcode.Le:
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
			var res bool
			if tb, tc := m.U32(rb+tt), m.U32(rc+tt); tb == tagInt && tc == tagInt {
				res = loadInt(m, rb) <= loadInt(m, rc)
			} else if tb == tagFloat && tc == tagFloat {
				res = loadFloat(m, rb) <= loadFloat(m, rc)
			} else {
				goto compare
			}
			if res != (i&maskA != 0) {
				pc += 4
				continue
			}
		case opcode.Test:
			tag := m.U32(ra + tt)
			isFalse := tag == tagNil || tag == tagBool && m.U32(ra) == 0
			if isFalse == (i>>14&opcode.MaxC != 0) {
				pc += 4
				continue
			}
		case opcode.TestSet:
			rb = base + Addr(i>>23)*tv
			tag := m.U32(rb + tt)
			isFalse := tag == tagNil || tag == tagBool && m.U32(rb) == 0
			if isFalse == (i>>14&opcode.MaxC != 0) {
				pc += 4
				continue
			}
			copyTV(m, ra, rb)
		case opcode.Call:
			if b := Addr(i >> 23); b != 0 {
				m.SetPtr(t.l+layout.LuaStateTop, ra+b*tv)
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			if m.U32(ra+tt) == tagLua {
				v.fuel -= costCall
				callee := m.Ptr(ra)
				p := m.Ptr(callee + layout.LClosureP)
				next := m.Ptr(ci + layout.CallInfoNext)
				size, top := Addr(m.U8(p+layout.ProtoMaxStackSize))*tv, m.Ptr(t.l+layout.LuaStateTop)
				if v.fuel < 0 || next == 0 || v.trap || m.U8(p+layout.ProtoIsVararg) != 0 ||
					top+size >= m.Ptr(t.l+layout.LuaStateStackLast) {
					t.opCall(ra, uint32(i))
					goto reload
				}
				// enterLua for the common case, without the detour through reload
				base = ra + tv
				for end := base + Addr(m.U8(p+layout.ProtoNumParams))*tv; top < end; top += tv {
					m.SetU32(top+tt, tagNil)
				}
				limit := base + size
				m.SetU32(next+layout.CallInfoNResults, uint32(uint16(i>>14&opcode.MaxC-1))|cistLua<<16)
				m.SetPtr(next+layout.CallInfoFunc, ra)
				m.SetPtr(next+layout.CallInfoBase, base)
				m.SetPtr(next+layout.CallInfoTop, limit)
				m.SetPtr(t.l+layout.LuaStateTop, limit)
				m.SetPtr(t.l+layout.LuaStateCI, next)
				ci, cl = next, callee
				kk = m.Ptr(p+layout.ProtoK) - opcode.BitRK*tv
				pc = m.Ptr(p+layout.ProtoCode) - 4
				continue
			}
			if res := t.opCall(ra, uint32(i)); res > calledC {
				if res = t.leave(res); res != calledLua {
					return res
				}
			}
			goto reload
		case opcode.TailCall:
			if b := Addr(i >> 23); b != 0 {
				m.SetPtr(t.l+layout.LuaStateTop, ra+b*tv)
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			if res := t.opTailCall(ci, cl, ra); res > calledC {
				if res = t.leave(res); res != calledLua {
					return res
				}
			}
			goto reload
		case opcode.Return:
			p := m.Ptr(cl + layout.LClosureP)
			v.fuel -= int64(pc-m.Ptr(p+layout.ProtoCode))/4 + 1
			b := i >> 23
			ns := m.U32(ci + layout.CallInfoNResults)
			if b == 0 || ns > 1|cistLua<<16 || v.trap || m.U32(p+layout.ProtoSizeP) != 0 && m.Ptr(t.l+layout.LuaStateOpenUpval) != 0 {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
				if res := t.opReturn(ci, p, ra, uint32(b)); res != calledLua {
					return res
				}
				goto reload
			}
			// posCall for no result or one, from a plain frame
			if ns == 1|cistLua<<16 {
				if b == 1 {
					m.SetU32(m.Ptr(ci+layout.CallInfoFunc)+tt, tagNil)
				} else {
					copyTV(m, m.Ptr(ci+layout.CallInfoFunc), ra)
				}
			}
			ci = m.Ptr(ci + layout.CallInfoPrevious)
			m.SetPtr(t.l+layout.LuaStateCI, ci)
			if m.U16(ci+layout.CallInfoCallStatus)&cistLua != 0 {
				m.SetPtr(t.l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
				goto frame
			}
			if res := t.returnToC(ci, ns); res != calledLua {
				return res
			}
			goto reload

		case opcode.ForLoop:
			if m.U32(ra+tt) == tagInt {
				step := loadInt(m, ra+2*tv)
				idx := loadInt(m, ra) + step
				limit := loadInt(m, ra+tv)
				if step > 0 {
					if idx > limit {
						continue
					}
				} else if idx < limit {
					continue
				}
				setInt(m, ra, idx)
				setInt(m, ra+3*tv, idx)
			} else {
				step := loadFloat(m, ra+2*tv)
				idx := loadFloat(m, ra) + step
				limit := loadFloat(m, ra+tv)
				if 0 < step && !(idx <= limit) || !(0 < step) && !(limit <= idx) {
					continue
				}
				setFloat(m, ra, idx)
				setFloat(m, ra+3*tv, idx)
			}
			goto jump
		case opcode.ForPrep:
			if m.U32(ra+tt) == tagInt && m.U32(ra+tv+tt) == tagInt && m.U32(ra+2*tv+tt) == tagInt {
				setInt(m, ra, loadInt(m, ra)-loadInt(m, ra+2*tv))
				goto jump
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opForPrep(ci, ra, uint32(i))
			goto reload
		case opcode.TForCall:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			if res := t.opTForCall(ci, ra, uint32(i)); res > calledC {
				if res = t.leave(res); res != calledLua {
					return res
				}
			}
			goto reload
		case opcode.TForLoop:
			if m.U32(ra+tv+tt) == tagNil {
				continue
			}
			copyTV(m, ra, ra+tv)
			goto jump
		case opcode.SetList:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opSetList(ci, ra, uint32(i))
			goto reload
		case opcode.Closure:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opClosure(ci, cl, ra, uint32(i))
			goto reload
		case opcode.Vararg:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.vararg(ci, cl, uint32(i))
			goto reload
		case opcode.ExtraArg, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63:
			// Not an instruction. That all 64 numbers are listed saves a comparison.
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.opIllegal(ci)
			goto reload
		}

		// The condition of a test holds: do the jump behind it.
		pc += 4
		i = uint64(m.U32(pc))
		if i&maskA != 0 {
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
			t.closingJump(ci, uint32(i))
			goto reload
		}
	jump:
		d = int64(i>>14) - opcode.MaxSBx
		pc += Addr(d * 4)
		if d >= 0 {
			continue
		}
		if v.fuel += d; v.fuel >= 0 {
			continue
		}
		t.outOfFuelAt(ci, pc-Addr(d*4)+4, pc+4)
		goto reload

	getField: // ra := h[key], table and key of instruction i
		{
			size := uint32(nodeSize)
			n := m.U32(h+layout.TableNode) + m.U32(key+layout.TStringHash)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*size
			for m.Ptr(Addr(n)+layout.NodeKey) != key || m.U32(Addr(n)+layout.NodeKeyTT) != tagShort {
				next := m.U32(Addr(n) + layout.NodeNext)
				if next == 0 {
					goto noField
				}
				n += next * size
			}
			if m.U32(Addr(n)+tt) != tagNil {
				copyTV(m, base+Addr(i&maskA)>>6*tv, Addr(n))
				continue
			}
		}
	noField:
		{
			mt := m.Ptr(h + layout.TableMetatable)
			if mt == 0 || m.U8(mt+layout.TableFlags)&(1<<tmIndex) != 0 {
				m.SetU32(base+Addr(i&maskA)>>6*tv+tt, tagNil)
				continue
			}
			// A class: look for a table under __index, where the same happens again.
			if i += 1 << 32; i < maxClasses<<32 && m.U8(mt+layout.TableTT) == tagTable&variantMask {
				h = mt
				size := uint32(nodeSize)
				n := m.U32(h+layout.TableNode) + t.indexHash&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*size
				for m.Ptr(Addr(n)+layout.NodeKey) != t.indexName || m.U32(Addr(n)+layout.NodeKeyTT) != tagShort {
					next := m.U32(Addr(n) + layout.NodeNext)
					if next == 0 {
						goto inherit
					}
					n += next * size
				}
				base = m.Ptr(ci + layout.CallInfoBase) // frees its register above
				h = m.Ptr(Addr(n))
				switch m.U32(Addr(n) + tt) {
				case tagTable:
					goto getField
				case tagROTable, tagROEntry:
					goto getROField
				}
			}
		}
	inherit:
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.opGetInherited(ci, cl)
		goto reload

	getElement: // ra := h[k]
		if idx := uint64(int64(k) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
			n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
			if m.U32(n+tt) != tagNil {
				copyTV(m, ra, n)
				continue
			}
			goto noIndex
		}
	getIndex: // ra := h[k], where k is outside of the array part
		{
			size := uint32(nodeSize)
			n := m.U32(h+layout.TableNode) + uint32(k)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*size
			for m.U32(Addr(n)+layout.NodeKeyTT) != tagInt || loadInt(m, Addr(n)+layout.NodeKey) != k {
				next := m.U32(Addr(n) + layout.NodeNext)
				if next == 0 {
					goto noIndex
				}
				n += next * size
			}
			if m.U32(Addr(n)+tt) != tagNil {
				copyTV(m, ra, Addr(n))
				continue
			}
		}
	noIndex:
		if m.Ptr(h+layout.TableMetatable) == 0 {
			m.SetU32(ra+tt, tagNil)
			continue
		}
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.opGet(ci, cl)
		goto reload

	setElement: // h[k] := rc
		if idx := uint64(int64(k) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
			n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
			if m.U32(n+tt) == tagNil {
				goto newField
			}
			copyTV(m, n, rc)
			if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
				goto barrier
			}
			continue
		}
	setIndex: // h[k] := rc, where k is outside of the array part
		{
			size := uint32(nodeSize)
			n := m.U32(h+layout.TableNode) + uint32(k)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*size
			for m.U32(Addr(n)+layout.NodeKeyTT) != tagInt || loadInt(m, Addr(n)+layout.NodeKey) != k {
				next := m.U32(Addr(n) + layout.NodeNext)
				if next == 0 {
					goto newField
				}
				n += next * size
			}
			if m.U32(Addr(n)+tt) != tagNil {
				copyTV(m, Addr(n), rc)
				if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
					goto barrier
				}
				continue
			}
			goto newField
		}

	getROField: // as getField for a ROTable, if it was found there before
		{
			line := v.roLine(h, key)
			if line.key == uint32(key) && line.table == uint32(h) && line.value != 0 {
				copyTV(m, base+Addr(i&maskA)>>6*tv, Addr(line.value))
				continue
			}
		}
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.opGetRO(ci, cl, h, key)
		goto reload

	setField: // h[key] := rc, table and key of instruction i
		{
			size := uint32(nodeSize)
			n := m.U32(h+layout.TableNode) + m.U32(key+layout.TStringHash)&(uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31)-1)*size
			for m.Ptr(Addr(n)+layout.NodeKey) != key || m.U32(Addr(n)+layout.NodeKeyTT) != tagShort {
				next := m.U32(Addr(n) + layout.NodeNext)
				if next == 0 {
					goto newField
				}
				n += next * size
			}
			if m.U32(Addr(n)+tt) != tagNil {
				copyTV(m, Addr(n), rc)
				if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
					goto barrier
				}
				continue
			}
		}
	newField:
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.opSet(ci, cl)
		goto reload

	barrier: // the black table h got what rc has
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		v.tableBarrier(h, rc)
		goto reload

	mixed: // an operation on an integer and a float, or two integers for DIV
		{
			var x, y Float
			switch m.U32(rb + tt) {
			case tagInt:
				x = Float(loadInt(m, rb))
			case tagFloat:
				x = loadFloat(m, rb)
			default:
				goto arith
			}
			switch m.U32(rc + tt) {
			case tagInt:
				y = Float(loadInt(m, rc))
			case tagFloat:
				y = loadFloat(m, rc)
			default:
				goto arith
			}
			switch opcode.Op(i & 0x3f) {
			case opcode.Add:
				setFloat(m, ra, x+y)
			case opcode.Sub:
				setFloat(m, ra, x-y)
			case opcode.Mul:
				setFloat(m, ra, x*y)
			default:
				if r := x / y; r == r {
					setFloat(m, ra, r)
				} else {
					goto arith
				}
			}
			continue
		}
	arith: // also for a quotient that is NaN, which the chip makes with another sign
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.arith(int(i&0x3f)-int(opcode.Add)+state.OpAdd, rb, rc, ra)
		goto reload

	compare:
		m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		t.compare(ci, uint32(i), rb, rc)
		goto reload
	}
}
