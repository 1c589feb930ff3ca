package lua53

import (
	layout "moonlet/internal/layout/v4"
	"moonlet/internal/opcode"
	"moonlet/internal/state"
)

// execute runs the current Lua frame until it returns, with all frames that it
// calls (luaV_execute). It tells calledC then, and yielded or raised when a C
// function that the loop called did that.
//
// Rules for this function:
//
//   - base, k and pc are copies. Whatever may raise an error, call something or
//     move the stack happens between save (which writes pc) and a new load of
//     base; ra, rb and rc are dead behind it.
//   - cost is charged when control goes backwards, calls or returns.
//   - One switch is faster here than a table of functions or tail calls
//     (RATIONALE.md has the figures).
func (t *Thread) execute() int {
	v, m, l := t.v, t.m, t.l
	const tv, tt = tvSize, tvTag
	ci := m.Ptr(l + layout.LuaStateCI)
	v.setCIStatus(ci, v.ciStatus(ci)|cistFresh)
	var cl, kk, base, pc Addr // K(i) is at kk + (BitRK+i)*tv
newFrame:
	cl = m.Ptr(m.Ptr(ci + layout.CallInfoFunc))
	kk = m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoK) - opcode.BitRK*tv
	base = m.Ptr(ci + layout.CallInfoBase)
	pc = m.Ptr(ci + layout.CallInfoSavedPC)
	for {
		if v.trap {
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.trapped()
			base = m.Ptr(ci + layout.CallInfoBase)
		}
		i := m.U32(pc)
		pc += 4
		ra := base + Addr(i>>6&0xff)*tv
		switch opcode.Op(i & 0x3f) {
		case opcode.Move:
			copyTV(m, ra, base+Addr(i>>23)*tv)
			continue
		case opcode.LoadK:
			copyTV(m, ra, kk+(opcode.BitRK+Addr(i>>14))*tv)
			continue
		case opcode.LoadKX:
			copyTV(m, ra, v.item(kk, opcode.BitRK+Addr(m.U32(pc)>>6)))
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
			rb := m.Ptr(m.Ptr(cl+layout.LClosureUpvals+Addr(i>>23)*4) + layout.UpValV)
			c := Addr(i >> 14 & opcode.MaxC)
			rc := base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			if m.U32(rb+tt) == tagTable && m.U32(rc+tt) == tagShort {
				if n := probe(m, m.Ptr(rb), m.Ptr(rc)); n != 0 && m.U32(n+tt) != tagNil {
					copyTV(m, ra, n)
					continue
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.getTable(rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.GetTable:
			rb := base + Addr(i>>23)*tv
			c := Addr(i >> 14 & opcode.MaxC)
			rc := base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			if m.U32(rb+tt) == tagTable {
				h := m.Ptr(rb)
				switch m.U32(rc + tt) {
				case tagInt:
					if idx := uint64(int64(loadInt(m, rc)) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
						n := Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
						if m.U32(n+tt) != tagNil {
							copyTV(m, ra, n)
							continue
						}
					}
				case tagShort:
					if n := probe(m, h, m.Ptr(rc)); n != 0 && m.U32(n+tt) != tagNil {
						copyTV(m, ra, n)
						continue
					}
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.getTable(rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Self:
			rb := base + Addr(i>>23)*tv
			c := Addr(i >> 14 & opcode.MaxC)
			rc := base
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rc += c * tv
			copyTV(m, ra+tv, rb)
			if m.U32(rb+tt) == tagTable && m.U32(rc+tt) == tagShort {
				if n := probe(m, m.Ptr(rb), m.Ptr(rc)); n != 0 && m.U32(n+tt) != tagNil {
					copyTV(m, ra, n)
					continue
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.getTable(rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue

		case opcode.SetTabUp:
			rx := m.Ptr(m.Ptr(cl+layout.LClosureUpvals+Addr(i>>6&0xff)*4) + layout.UpValV)
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.setTable(rx, rb, rc)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.SetUpval:
			uv := m.Ptr(cl + layout.LClosureUpvals + Addr(i>>23)*4)
			copyTV(m, m.Ptr(uv+layout.UpValV), ra)
			if m.U32(ra+tt)&collectable != 0 {
				v.upvalBarrier(uv)
			}
			continue
		case opcode.SetTable:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			if m.U32(ra+tt) == tagTable {
				h, n := m.Ptr(ra), Addr(0)
				switch m.U32(rb + tt) {
				case tagInt:
					if idx := uint64(int64(loadInt(m, rb)) - 1); idx < uint64(m.U32(h+layout.TableSizeArray)) {
						n = Addr(uint32(m.Ptr(h+layout.TableArray) + Addr(idx)*tv))
						if m.U32(n+tt) == tagNil && m.Ptr(h+layout.TableMetatable) == 0 {
							// nobody to ask: an element that grows the array within its size
							m.SetU8(h+layout.TableFlags, 0)
							if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
								v.tableBarrier(h, rc)
							}
							copyTV(m, n, rc)
							continue
						}
					}
				case tagShort:
					n = probe(m, h, m.Ptr(rb))
				}
				if n != 0 && m.U32(n+tt) != tagNil {
					if m.U32(rc+tt)&collectable != 0 && m.U8(h+layout.TableMarked)&black != 0 {
						v.tableBarrier(h, rc)
					}
					copyTV(m, n, rc)
					continue
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.setTable(ra, rb, rc)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.NewTable:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			h := t.newTable()
			setPtr(m, ra, h, tagTable)
			if i>>14 != 0 {
				t.resize(h, fb2int(i>>23), fb2int(i>>14&opcode.MaxC))
			}
			if v.debt() > 0 {
				t.loopGC(ci, ra+tv)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			continue

		case opcode.Add:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpAdd, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Sub:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpSub, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Mul:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpMul, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Div:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			if m.U32(rb+tt) == tagFloat && m.U32(rc+tt) == tagFloat {
				setFloat(m, ra, loadFloat(m, rb)/loadFloat(m, rc))
				continue
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpDiv, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Mod:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpMod, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.IDiv:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpIDiv, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.BAnd, opcode.BOr, opcode.BXor, opcode.Shl, opcode.Shr, opcode.Pow:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
				switch opcode.Op(i & 0x3f) {
				case opcode.BAnd:
					setInt(m, ra, x&y)
					continue
				case opcode.BOr:
					setInt(m, ra, x|y)
					continue
				case opcode.BXor:
					setInt(m, ra, x^y)
					continue
				case opcode.Shl:
					setInt(m, ra, shiftLeft(x, y))
					continue
				case opcode.Shr:
					setInt(m, ra, shiftLeft(x, -y))
					continue
				}
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(int(i&0x3f)-int(opcode.Add)+state.OpAdd, rb, rc, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Unm:
			rb := base + Addr(i>>23)*tv
			switch m.U32(rb + tt) {
			case tagInt:
				setInt(m, ra, -loadInt(m, rb))
			case tagFloat:
				setFloat(m, ra, -loadFloat(m, rb))
			default:
				m.SetPtr(ci+layout.CallInfoSavedPC, pc)
				t.arith(state.OpUnm, rb, rb, ra)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			continue
		case opcode.BNot:
			rb := base + Addr(i>>23)*tv
			if m.U32(rb+tt) == tagInt {
				setInt(m, ra, ^loadInt(m, rb))
				continue
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.arith(state.OpBNot, rb, rb, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Not:
			rb := base + Addr(i>>23)*tv
			res := Addr(0)
			if tag := m.U32(rb + tt); tag == tagNil || tag == tagBool && m.U32(rb) == 0 {
				res = 1
			}
			setPtr(m, ra, res, tagBool)
			continue
		case opcode.Len:
			rb := base + Addr(i>>23)*tv
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.objLen(rb, ra)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		case opcode.Concat:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			m.SetPtr(l+layout.LuaStateTop, base+(c+1)*tv)
			t.concat(int(c-b) + 1)
			base = m.Ptr(ci + layout.CallInfoBase)
			ra = base + Addr(i>>6&0xff)*tv
			rb := base + b*tv
			copyTV(m, ra, rb)
			if v.debt() > 0 {
				live := rb
				if ra >= rb {
					live = ra + tv
				}
				t.loopGC(ci, live)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
			continue

		case opcode.Jmp:
			if a := Addr(i >> 6 & 0xff); a != 0 {
				t.closeUpvals(base + (a-1)*tv)
			}
			d := int64(i>>14) - opcode.MaxSBx
			pc += Addr(d * 4)
			if d < 0 {
				if v.fuel += d; v.fuel < 0 {
					m.SetPtr(ci+layout.CallInfoSavedPC, pc-Addr(d*4)) // behind the jump, not at its target
					t.outOfFuel()
				}
			}
			continue
		case opcode.Eq:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
			if b&opcode.BitRK != 0 {
				rb = kk
			}
			if c&opcode.BitRK != 0 {
				rc = kk
			}
			rb += b * tv
			rc += c * tv
			var res bool
			switch tb := m.U32(rb + tt); {
			case tb == tagNil || m.U32(rc+tt) == tagNil:
				res = tb == m.U32(rc+tt)
			case tb == tagShort || tb == tagBool:
				res = tb == m.U32(rc+tt) && m.U32(rb) == m.U32(rc)
			case tb == tagInt && m.U32(rc+tt) == tagInt:
				res = loadInt(m, rb) == loadInt(m, rc)
			default:
				m.SetPtr(ci+layout.CallInfoSavedPC, pc)
				res = t.equal(rb, rc)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			if res != (i>>6&0xff != 0) {
				pc += 4
				continue
			}
		case opcode.Lt:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
				m.SetPtr(ci+layout.CallInfoSavedPC, pc)
				res = t.lessThan(rb, rc)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			if res != (i>>6&0xff != 0) {
				pc += 4
				continue
			}
		case opcode.Le:
			b, c := Addr(i>>23), Addr(i>>14&opcode.MaxC)
			rb, rc := base, base
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
				m.SetPtr(ci+layout.CallInfoSavedPC, pc)
				res = t.lessEqual(rb, rc)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			if res != (i>>6&0xff != 0) {
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
			rb := base + Addr(i>>23)*tv
			tag := m.U32(rb + tt)
			isFalse := tag == tagNil || tag == tagBool && m.U32(rb) == 0
			if isFalse == (i>>14&opcode.MaxC != 0) {
				pc += 4
				continue
			}
			copyTV(m, ra, rb)
		case opcode.Call:
			if b := Addr(i >> 23); b != 0 {
				m.SetPtr(l+layout.LuaStateTop, ra+b*tv)
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			nres := int(i>>14&opcode.MaxC) - 1
			if m.U32(ra+tt) == tagLua {
				if v.fuel -= costCall; v.fuel < 0 {
					t.outOfFuel()
				}
				callee := m.Ptr(ra)
				p := m.Ptr(callee + layout.LClosureP)
				next := m.Ptr(ci + layout.CallInfoNext)
				size, top := Addr(m.U8(p+layout.ProtoMaxStackSize))*tv, m.Ptr(l+layout.LuaStateTop)
				if next == 0 || v.trap || m.U8(p+layout.ProtoIsVararg) != 0 ||
					top+size >= m.Ptr(l+layout.LuaStateStackLast) {
					t.enterLua(ra, nres)
					ci = m.Ptr(l + layout.LuaStateCI)
					goto newFrame
				}
				// enterLua for the common case, without the detour through newFrame
				base = ra + tv
				for end := base + Addr(m.U8(p+layout.ProtoNumParams))*tv; top < end; top += tv {
					m.SetU32(top+tt, tagNil)
				}
				limit := base + size
				m.SetU32(next+layout.CallInfoNResults, uint32(uint16(nres))|cistLua<<16)
				m.SetPtr(next+layout.CallInfoFunc, ra)
				m.SetPtr(next+layout.CallInfoBase, base)
				m.SetPtr(next+layout.CallInfoTop, limit)
				m.SetPtr(l+layout.LuaStateTop, limit)
				m.SetPtr(l+layout.LuaStateCI, next)
				ci, cl = next, callee
				kk = m.Ptr(p+layout.ProtoK) - opcode.BitRK*tv
				pc = m.Ptr(p + layout.ProtoCode)
				continue
			}
			switch t.preCall(ra, nres) {
			case calledLua:
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			case calledC:
				if v.fuel < 0 {
					t.outOfFuel()
				}
				if nres >= 0 {
					m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
				}
				base = m.Ptr(ci + layout.CallInfoBase)
			case raised:
				if res := t.unwind(); res != calledLua {
					return res
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			default:
				return yielded
			}
			continue
		case opcode.TailCall:
			if b := Addr(i >> 23); b != 0 {
				m.SetPtr(l+layout.LuaStateTop, ra+b*tv)
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			if v.fuel -= costCall; v.fuel < 0 {
				t.outOfFuel()
			}
			switch t.preCall(ra, state.MultRet) {
			case calledLua:
				if v.ciPrev(t.ci()) == ci {
					t.replaceFrame(ci, cl)
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			case calledC:
				base = m.Ptr(ci + layout.CallInfoBase)
			case raised:
				if res := t.unwind(); res != calledLua {
					return res
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			default:
				return yielded
			}
			continue
		case opcode.Return:
			b := int(i >> 23)
			p := m.Ptr(cl + layout.LClosureP)
			if m.U32(p+layout.ProtoSizeP) > 0 {
				t.closeUpvals(base)
			}
			v.fuel -= int64(pc-m.Ptr(p+layout.ProtoCode)) / 4
			ns := m.U32(ci + layout.CallInfoNResults)
			if ns == 1|cistLua<<16 && b == 2 && !v.trap {
				// posCall for one result from a plain frame to another one
				copyTV(m, m.Ptr(ci+layout.CallInfoFunc), ra)
				ci = m.Ptr(ci + layout.CallInfoPrevious)
				m.SetPtr(l+layout.LuaStateCI, ci)
				if m.U16(ci+layout.CallInfoCallStatus)&cistLua != 0 {
					m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
					goto newFrame
				}
				m.SetPtr(l+layout.LuaStateTop, m.Ptr(m.Ptr(ci+layout.CallInfoNext)+layout.CallInfoFunc)+tv)
				if res := t.finishToLua(); res != calledLua {
					return res
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			}
			if b != 0 {
				b--
			} else {
				b = int((m.Ptr(l+layout.LuaStateTop) - ra) / tv)
			}
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			fixed := t.posCall(ci, ra, b)
			if ns>>16&cistFresh != 0 {
				return calledC
			}
			ci = m.Ptr(l + layout.LuaStateCI)
			if !v.isLua(ci) {
				if res := t.finishToLua(); res != calledLua {
					return res
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			}
			if fixed {
				m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
			}
			goto newFrame

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
			d := int64(i>>14) - opcode.MaxSBx
			pc += Addr(d * 4)
			if v.fuel += d; v.fuel < 0 {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc-Addr(d*4)) // behind the jump, not at its target
				t.outOfFuel()
			}
			continue
		case opcode.ForPrep:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.forPrep(ra)
			d := int64(i>>14) - opcode.MaxSBx
			pc += Addr(d * 4)
			if d < 0 { // only damaged code does that
				if v.fuel += d; v.fuel < 0 {
					t.outOfFuel()
				}
			}
			continue
		case opcode.TForCall:
			cb := ra + 3*tv
			if f := m.Ptr(ra); m.U32(ra+tt) == tagCFunc && (f == v.stepNext || f == v.stepIPairs) {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc)
				if t.iterate(ci, ra, int(i>>14&opcode.MaxC)) {
					continue
				}
			}
			copyTV(m, cb+2*tv, ra+2*tv)
			copyTV(m, cb+tv, ra+tv)
			copyTV(m, cb, ra)
			m.SetPtr(l+layout.LuaStateTop, cb+3*tv)
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.countCCall()
			switch t.preCall(cb, int(i>>14&opcode.MaxC)) {
			case calledLua:
				callee := v.ciNext(ci)
				v.setCIStatus(callee, v.ciStatus(callee)|cistCounted)
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			case calledC:
				t.setNCCalls(t.nCCalls() - 1)
				m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
				base = m.Ptr(ci + layout.CallInfoBase)
			case raised:
				if res := t.unwind(); res != calledLua {
					return res
				}
				ci = m.Ptr(l + layout.LuaStateCI)
				goto newFrame
			default:
				return yielded
			}
			continue
		case opcode.TForLoop:
			if m.U32(ra+tv+tt) != tagNil {
				copyTV(m, ra, ra+tv)
				d := int64(i>>14) - opcode.MaxSBx
				pc += Addr(d * 4)
				if v.fuel += d; v.fuel < 0 {
					m.SetPtr(ci+layout.CallInfoSavedPC, pc-Addr(d*4)) // behind the jump, not at its target
					t.outOfFuel()
				}
			}
			continue
		case opcode.SetList:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			if c := i >> 14 & opcode.MaxC; c != 0 {
				t.setList(ra, int(i>>23), uint32(c))
			} else {
				t.setList(ra, int(i>>23), m.U32(pc)>>6)
				pc += 4
			}
			m.SetPtr(l+layout.LuaStateTop, m.Ptr(ci+layout.CallInfoTop))
			continue
		case opcode.Closure:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.closure(m.Ptr(m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoP)+Addr(i>>14)*4), cl, base, ra)
			if v.debt() > 0 {
				t.loopGC(ci, ra+tv)
				base = m.Ptr(ci + layout.CallInfoBase)
			}
			continue
		case opcode.Vararg:
			m.SetPtr(ci+layout.CallInfoSavedPC, pc)
			t.vararg(ci, cl, i)
			base = m.Ptr(ci + layout.CallInfoBase)
			continue
		default:
			v.badCode(pc - 4) // EXTRAARG by itself, or no opcode at all
		}
		// The condition of a test holds: do the jump behind it.
		i = m.U32(pc)
		if a := Addr(i >> 6 & 0xff); a != 0 {
			t.closeUpvals(base + (a-1)*tv)
		}
		d := int64(i>>14) - opcode.MaxSBx
		pc += Addr(d*4) + 4
		if d < 0 {
			if v.fuel += d; v.fuel < 0 {
				m.SetPtr(ci+layout.CallInfoSavedPC, pc-Addr(d*4)) // behind the jump, not at its target
				t.outOfFuel()
			}
		}
	}
}
