package vm

import (
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/numconv"
	"moonlet.example/moonlet/internal/lua/state"
)

// Arithmetic follows lvm.c and lobject.c: every operation is rounded to the
// model's float, and a product that feeds a sum is converted on its own so that
// no compiler fuses the two.

const (
	intBits    = intSize * 8
	minInteger = Int(-1) << (intBits - 1)
	maxInteger = ^minInteger
	twoToBits  = 1 << (intBits - 1) // one more than the largest integer
)

// chipWholeMin and chipWholeMax are the limits of the floats that have an integer on the chip, where the floor
// of a 64-bit float is one of 32 bits.
const (
	chipWholeMin = math.MinInt32
	chipWholeMax = math.MaxInt32
)

// floatToInt converts a float with an integral value that fits; else the integer is 0, as
// that of lua_tointeger.
func (v *VM) floatToInt(n Float) (Int, bool) {
	if intSize == 8 && v.chip && (n < chipWholeMin || n > chipWholeMax) {
		return 0, false
	}
	const lo Float = -twoToBits
	if n >= lo && n < -lo {
		if i := Int(n); Float(i) == n {
			return i, true
		}
	}
	return 0, false
}

// roundToInt converts the floor of a float (up false) or its ceiling.
func (v *VM) roundToInt(n Float, up bool) (Int, bool) {
	f := v.floor(n)
	if f != n && up {
		f++
	}
	const lo Float = -twoToBits
	if f >= lo && f < -lo {
		return Int(f), true
	}
	return 0, false
}

// floor is the floor function of Lua's floats (l_floor, luaconf.h).
func (v *VM) floor(n Float) Float {
	if floatSize == 8 && v.chip {
		return Float(libm.ChipFloor(float64(n)))
	}
	return Float(math.Floor(float64(n)))
}

// fitsFloat tells whether an integer of this size always, or this one, has an
// exact float (l_intfitsf, lvm.c).
func fitsFloat(i Int) bool {
	const limit = 1 << floatMant
	return intBits <= floatMant || -limit <= int64(i) && int64(i) <= limit
}

// ltIntFloat is i < f.
func ltIntFloat(i Int, f Float) bool {
	if fitsFloat(i) {
		return Float(i) < f
	}
	if f >= twoToBits {
		return true
	} else if f > -twoToBits {
		return i < Int(f)
	}
	return false
}

// leIntFloat is i <= f.
func leIntFloat(i Int, f Float) bool {
	if fitsFloat(i) {
		return Float(i) <= f
	}
	if f >= twoToBits {
		return true
	} else if f >= -twoToBits {
		return i <= Int(f)
	}
	return false
}

// ltNum and leNum compare the numbers at a and b.
func (v *VM) ltNum(a, b Addr) bool {
	if v.tag(a) == tagInt {
		i := v.intOf(a)
		if v.tag(b) == tagInt {
			return i < v.intOf(b)
		}
		return ltIntFloat(i, v.floatOf(b))
	}
	f := v.floatOf(a)
	if v.tag(b) == tagFloat {
		return f < v.floatOf(b)
	}
	return f == f && !leIntFloat(v.intOf(b), f)
}

func (v *VM) leNum(a, b Addr) bool {
	if v.tag(a) == tagInt {
		i := v.intOf(a)
		if v.tag(b) == tagInt {
			return i <= v.intOf(b)
		}
		return leIntFloat(i, v.floatOf(b))
	}
	f := v.floatOf(a)
	if v.tag(b) == tagFloat {
		return f <= v.floatOf(b)
	}
	return f == f && !ltIntFloat(v.intOf(b), f)
}

// parseNumber converts a numeral as luaO_str2num does.
func (v *VM) parseNumber(s []byte) (i Int, f Float, isInt, ok bool) {
	if n, ok := numconv.ParseInt(s, intBits); ok {
		return Int(n), 0, true, true
	}
	if n, ok := v.cfg.CLib.ParseFloat(s); ok {
		return 0, Float(n), false, true // read as a double, then narrowed
	}
	return 0, 0, false, false
}

// toNumber converts the value at a to a float, as arithmetic does.
func (t *Thread) toNumber(a Addr) (Float, bool) { return t.v.toNumber(a) }

func (v *VM) toNumber(a Addr) (Float, bool) {
	switch tag := v.tag(a); {
	case tag == tagFloat:
		return v.floatOf(a), true
	case tag == tagInt:
		return Float(v.intOf(a)), true
	case isString(tag):
		i, f, isInt, ok := v.parseNumber(v.strBytes(v.gcOf(a)))
		if isInt {
			f = Float(i)
		}
		return f, ok
	}
	return 0, false
}

// Ways to make an integer of a float.
const (
	exact = iota
	floor
	ceil
)

// toInteger converts the value at a to an integer.
func (v *VM) toInteger(a Addr, mode int) (Int, bool) {
	var f Float
	switch tag := v.tag(a); {
	case tag == tagInt:
		return v.intOf(a), true
	case tag == tagFloat:
		f = v.floatOf(a)
	case isString(tag):
		i, n, isInt, ok := v.parseNumber(v.strBytes(v.gcOf(a)))
		if isInt || !ok {
			return i, ok
		}
		f = n
	default:
		return 0, false
	}
	if mode == exact {
		return v.floatToInt(f)
	}
	return v.roundToInt(f, mode == ceil)
}

// intDiv is floor division; it raises an error for a zero divisor.
func (t *Thread) intDiv(a, b Int) Int {
	switch b {
	case 0:
		t.runError("attempt to divide by zero")
	case -1:
		return -a
	}
	q := a / b
	if (a^b) < 0 && q*b != a {
		q--
	}
	return q
}

// intMod is the remainder of floor division.
func (t *Thread) intMod(a, b Int) Int {
	switch b {
	case 0:
		t.runError("attempt to perform 'n%%0'")
	case -1:
		return 0
	}
	r := a % b
	if r != 0 && (a^b) < 0 {
		r += b
	}
	return r
}

// shiftLeft shifts by any distance; a negative one shifts to the right.
func shiftLeft(x, y Int) Int {
	bits := Int(intBits)
	if y <= -bits || y >= bits {
		return 0
	}
	if y >= 0 {
		return x << uint(y)
	}
	if intSize == 4 {
		return Int(uint32(x) >> uint(-y))
	}
	return Int(uint64(x) >> uint(-y))
}

// floatMod is the float remainder. The ESP8266's build has a formula of its own
// (luai_nummod, llimits.h), whose floor and product are double; the host's takes fmod.
func (t *Thread) floatMod(a, b Float) Float {
	if t.v.chip {
		return t.chipMod(a, b)
	}
	m := Float(libm.Mod(float64(a), float64(b)))
	if Float(m*b) < 0 {
		m += b
	}
	return m
}

func (t *Thread) chipMod(a, b Float) Float {
	if b == 0 {
		t.runError("modulo by zero")
	}
	x, y := float64(a), float64(b)
	whole := clib.Chip.Floor(float64(a / b))
	product := clib.Chip.Checked(clib.Mul, whole, y, float64(whole*y))
	m := Float(clib.Chip.Checked(clib.Sub, x, product, x-product))
	if Float(m*b) < 0 {
		m += b
	}
	return m
}

// floatPow is a power. The chip has a function of its own for 64-bit floats, in which some
// end only with the watchdog.
func (t *Thread) floatPow(a, b Float) Float {
	if floatSize == 8 && t.v.chip {
		r, ends := libm.ChipPow(float64(a), float64(b))
		for !ends {
			t.Charge(costIndex)
		}
		return Float(r)
	}
	if b == 2 {
		return a * a
	}
	return pow(a, b)
}

// intArith does an operation on integers (op is an Op constant of state).
func (t *Thread) intArith(op int, a, b Int) Int {
	switch op {
	case state.OpAdd:
		return a + b
	case state.OpSub:
		return a - b
	case state.OpMul:
		return a * b
	case state.OpMod:
		return t.intMod(a, b)
	case state.OpIDiv:
		return t.intDiv(a, b)
	case state.OpBAnd:
		return a & b
	case state.OpBOr:
		return a | b
	case state.OpBXor:
		return a ^ b
	case state.OpShl:
		return shiftLeft(a, b)
	case state.OpShr:
		return shiftLeft(a, -b)
	case state.OpUnm:
		return -a
	}
	return ^a // OpBNot
}

// floatArith does an operation on floats (op is an Op constant of state). What a division
// gives that is NaN has the sign of the C library; of other NaNs, which are rarer and not
// seen but in string.pack, it is the host's, since asking for each costs the main loop 4 %.
func (t *Thread) floatArith(op int, a, b Float) Float {
	switch op {
	case state.OpAdd:
		return a + b
	case state.OpSub:
		return a - b
	case state.OpMul:
		return a * b
	case state.OpDiv:
		return t.divide(a, b)
	case state.OpPow:
		return t.floatPow(a, b)
	case state.OpIDiv:
		return t.v.floor(t.divide(a, b))
	case state.OpUnm:
		return -a
	}
	return t.floatMod(a, b) // OpMod
}

func (t *Thread) divide(a, b Float) Float {
	return Float(t.v.cfg.CLib.Checked(clib.Div, float64(a), float64(b), float64(a/b)))
}

// rawArith does an operation on the numbers (or numerals) at a and b without
// metamethods.
func (t *Thread) rawArith(op int, a, b, res Addr) bool {
	v := t.v
	switch op {
	case state.OpBAnd, state.OpBOr, state.OpBXor, state.OpShl, state.OpShr, state.OpBNot:
		x, ok1 := v.toInteger(a, exact)
		y, ok2 := v.toInteger(b, exact)
		if ok1 && ok2 {
			v.setInt(res, t.intArith(op, x, y))
		}
		return ok1 && ok2
	case state.OpDiv, state.OpPow:
	default:
		if v.tag(a) == tagInt && v.tag(b) == tagInt {
			v.setInt(res, t.intArith(op, v.intOf(a), v.intOf(b)))
			return true
		}
	}
	x, ok1 := v.toNumber(a)
	y, ok2 := v.toNumber(b)
	if ok1 && ok2 {
		v.setFloat(res, t.floatArith(op, x, y))
	}
	return ok1 && ok2
}

// arith does an operation with metamethods (luaO_arith).
func (t *Thread) arith(op int, a, b, res Addr) {
	if !t.rawArith(op, a, b, res) {
		t.tryBinTM(a, b, res, op-state.OpAdd+tmAdd)
	}
}

// appendNumber appends the number at a as tostring shows it.
func (v *VM) appendNumber(dst []byte, a Addr) []byte {
	if v.tag(a) == tagInt {
		return appendInt(dst, int64(v.intOf(a)))
	}
	return v.appendFloat(dst, v.floatOf(a))
}

// appendFloat appends a float with "%.7g" or "%.14g", and ".0" where it would
// look like an integer.
func (v *VM) appendFloat(dst []byte, f Float) []byte {
	n := len(dst)
	dst = v.cfg.CLib.AppendG(dst, float64(f), floatPrec)
	for _, c := range dst[n:] {
		if c != '-' && (c < '0' || c > '9') {
			return dst
		}
	}
	return append(dst, '.', '0')
}

func appendInt(dst []byte, n int64) []byte {
	var buf [20]byte
	i := len(buf)
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		i--
		buf[i] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if n < 0 {
		i--
		buf[i] = '-'
	}
	return append(dst, buf[i:]...)
}

// numberToString replaces the number at a by its string.
func (t *Thread) numberToString(a Addr) {
	var buf [64]byte
	t.v.setString(a, t.newString(t.v.appendNumber(buf[:0], a)))
}
