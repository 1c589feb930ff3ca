package stdlib

import (
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/state"
)

// Math declares the math library for a number model whose integers have the
// given size in bytes: it holds the limits of its integers.
func Math(intSize int) state.Module {
	limit := int64(1)<<(intSize*8-1) - 1
	return state.Module{
		Name: "math",
		Table: &state.ROTable{Name: "math", Entries: append(mathFuncs(),
			state.Float("pi", math.Pi),
			state.Float("huge", math.Inf(1)),
			state.Int("maxinteger", limit),
			state.Int("mininteger", -limit-1),
		)},
	}
}

func mathFuncs() []state.Entry {
	return []state.Entry{
		state.Fn("abs", mathAbs),
		state.Fn("acos", funcAcos.push),
		state.Fn("asin", funcAsin.push),
		state.Fn("atan", mathAtan),
		state.Fn("ceil", mathCeil),
		state.Fn("cos", funcCos.push),
		state.Fn("deg", mathDeg),
		state.Fn("exp", funcExp.push),
		state.Fn("tointeger", mathToInteger),
		state.Fn("floor", mathFloor),
		state.Fn("fmod", mathFmod),
		state.Fn("ult", mathUlt),
		state.Fn("log", mathLog),
		state.Fn("max", mathMax),
		state.Fn("min", mathMin),
		state.Fn("modf", mathModf),
		state.Fn("rad", mathRad),
		state.Fn("random", mathRandom),
		state.Fn("randomseed", mathRandomSeed),
		state.Fn("sin", funcSin.push),
		state.Fn("sqrt", funcSqrt.push),
		state.Fn("tan", funcTan.push),
		state.Fn("type", mathType),
	}
}

// The two NaNs that a C library returns where a function is not defined. On a host their
// signs show ("-nan"), so they are those of glibc on x86 everywhere.
var (
	positiveNaN = clib.NaN(false)
	negativeNaN = clib.NaN(true)
)

// defined is the result of a function at x. Where that is no number, it is x if
// x is none, and otherwise undefined.
func defined(x, result, undefined float64) float64 {
	switch {
	case result == result:
		return result
	case x != x:
		return x
	}
	return undefined
}

func mathAbs(L state.State) int {
	if L.IsInteger(1) {
		n, _ := L.ToInteger(1)
		if n < 0 {
			n = -n
		}
		L.PushInteger(n)
	} else {
		L.PushNumber(math.Abs(L.CheckNumber(1)))
	}
	return 1
}

// unary is a function of C's mathematical library, for both sizes of floats. What
// it is not defined for gives the NaN undefined on a host. On the chip that is positive, or
// has the sign of x.
type unary struct {
	double    func(x float64) float64
	single    func(x float32) float32
	undefined float64
	signOfX   bool
}

func (f *unary) at(L state.State, x float64) float64 {
	undefined := f.undefined
	if L.CLibrary() == clib.Chip {
		undefined = clib.NaN(f.signOfX && math.Signbit(x))
	}
	if singleFloat(L) {
		return defined(x, float64(f.single(float32(x))), undefined)
	}
	return defined(x, f.double(x), undefined)
}

// push is the function of Lua.
func (f *unary) push(L state.State) int {
	L.PushNumber(f.at(L, L.CheckNumber(1)))
	return 1
}

var (
	funcSin   = unary{libm.Sin, libm.Sinf, negativeNaN, true}
	funcCos   = unary{libm.Cos, libm.Cosf, negativeNaN, true}
	funcTan   = unary{libm.Tan, tanf, negativeNaN, true}
	funcAsin  = unary{libm.Asin, asinf, positiveNaN, false}
	funcAcos  = unary{libm.Acos, acosf, positiveNaN, false}
	funcExp   = unary{libm.Exp, libm.Expf, negativeNaN, false}
	funcSqrt  = unary{math.Sqrt, sqrt32, negativeNaN, false}
	funcLog   = unary{libm.Log, libm.Logf, negativeNaN, false}
	funcLog2  = unary{libm.Log2, libm.Log2f, negativeNaN, false}
	funcLog10 = unary{log10, log10f, positiveNaN, false}
)

func mathAtan(L state.State) int {
	y := L.CheckNumber(1)
	x := L.OptNumber(2, 1)
	var angle float64
	if singleFloat(L) {
		angle = float64(atan2f(float32(y), float32(x)))
	} else {
		angle = libm.Atan2(y, x)
	}
	angle = defined(y, angle, x) // one of both is no number then
	L.PushNumber(defined(x, angle, angle))
	return 1
}

func mathToInteger(L state.State) int {
	if n, ok := L.ToInteger(1); ok {
		L.PushInteger(n)
		return 1
	}
	L.CheckAny(1)
	L.PushNil()
	return 1
}

// pushWhole pushes a float without fraction as an integer if it fits.
func pushWhole(L state.State, f float64) {
	limit := float64(uint64(1) << (intBits(L) - 1))
	if -limit <= f && f < limit {
		L.PushInteger(int64(f))
	} else {
		L.PushNumber(f)
	}
}

// floor is the floor function of Lua's floats.
func floor(L state.State, x float64) float64 {
	if singleFloat(L) {
		return math.Floor(x)
	}
	return L.CLibrary().Floor(x)
}

func mathFloor(L state.State) int {
	if L.IsInteger(1) {
		L.SetTop(1)
	} else {
		pushWhole(L, floor(L, L.CheckNumber(1)))
	}
	return 1
}

func mathCeil(L state.State) int {
	if L.IsInteger(1) {
		L.SetTop(1)
	} else {
		pushWhole(L, math.Ceil(L.CheckNumber(1)))
	}
	return 1
}

func mathFmod(L state.State) int {
	if L.IsInteger(1) && L.IsInteger(2) {
		n, _ := L.ToInteger(1)
		d, _ := L.ToInteger(2)
		switch d {
		case 0:
			return L.ArgError(2, "zero")
		case -1:
			n = 0 // the smallest integer overflows
		default:
			n %= d
		}
		L.PushInteger(n)
		return 1
	}
	// The firmware has no fmod: it divides and multiplies (lmathlib.c), with
	// the quotient in Lua's precision and the rest in double. The conversions
	// keep the compiler from fusing the operations.
	a := L.CheckNumber(1)
	b := L.CheckNumber(2)
	if b == 0 {
		return L.Errorf("modulo by zero")
	}
	q := a / b
	if singleFloat(L) {
		q = float64(float32(q))
	}
	lib := L.CLibrary()
	if q > 0 {
		q = lib.Floor(q)
	} else {
		q = math.Ceil(q)
	}
	product := lib.Checked(clib.Mul, b, q, float64(b*q))
	rest := lib.Checked(clib.Sub, a, product, a-product)
	if lib == clib.Host {
		rest = defined(b, rest, negativeNaN)
		rest = defined(a, rest, rest)
	}
	L.PushNumber(rest)
	return 1
}

func mathModf(L state.State) int {
	if L.IsInteger(1) {
		L.SetTop(1)
		L.PushNumber(0)
		return 2
	}
	f := L.CheckNumber(1)
	whole := math.Ceil(f)
	if !(f < 0) {
		whole = floor(L, f)
	}
	pushWhole(L, whole)
	if f == whole { // also for infinity
		L.PushNumber(0)
	} else {
		L.PushNumber(f - whole)
	}
	return 2
}

func mathUlt(L state.State) int {
	a := L.CheckInteger(1)
	b := L.CheckInteger(2)
	L.PushBoolean(uint64(a) < uint64(b)) // the sign extension keeps the order
	return 1
}

func mathLog(L state.State) int {
	x := L.CheckNumber(1)
	if L.IsNoneOrNil(2) {
		L.PushNumber(funcLog.at(L, x))
		return 1
	}
	switch base := L.CheckNumber(2); base {
	case 2:
		L.PushNumber(funcLog2.at(L, x))
	case 10:
		L.PushNumber(funcLog10.at(L, x))
	default:
		top, bottom := funcLog.at(L, x), funcLog.at(L, base)
		L.PushNumber(L.CLibrary().Checked(clib.Div, top, bottom, top/bottom))
	}
	return 1
}

// log10 is the decimal logarithm as C libraries compute it (fdlibm), which is not
// always the nearest float.
func log10(x float64) float64 {
	const (
		perLn10  = 0.43429448190325182765 // 1/ln 10
		log2High = 3.01029995663611771306e-01
		log2Low  = 3.69423907715893078616e-13
	)
	if !(x > 0) || math.IsInf(x, 0) {
		return math.Log(x)
	}
	frac, exp := math.Frexp(x) // frac in [1/2, 1)
	if exp > 0 {               // both terms get the same sign: frac in [1, 2)
		exp--
		frac *= 2
	}
	k := float64(exp)
	low := float64(k*log2Low) + float64(perLn10*libm.Log(frac))
	return low + float64(k*log2High)
}

// The factors between degrees and radians in both precisions.
var (
	pi64     float64 = math.Pi
	pi32     float32 = math.Pi
	degree64         = 180 / pi64
	degree32         = 180 / pi32
	radian64         = pi64 / 180
	radian32         = pi32 / 180
)

func mathDeg(L state.State) int {
	x := L.CheckNumber(1)
	if singleFloat(L) {
		L.PushNumber(float64(float32(x) * degree32))
	} else {
		L.PushNumber(x * degree64)
	}
	return 1
}

func mathRad(L state.State) int {
	x := L.CheckNumber(1)
	if singleFloat(L) {
		L.PushNumber(float64(float32(x) * radian32))
	} else {
		L.PushNumber(x * radian64)
	}
	return 1
}

func mathMin(L state.State) int {
	return pushBest(L, func(i, best int) bool { return L.Compare(i, best, state.OpLt) })
}

func mathMax(L state.State) int {
	return pushBest(L, func(i, best int) bool { return L.Compare(best, i, state.OpLt) })
}

// pushBest pushes the first argument that no later one is better than.
func pushBest(L state.State, better func(i, best int) bool) int {
	n := L.GetTop()
	if n < 1 {
		return L.ArgError(1, "value expected")
	}
	best := 1
	for i := 2; i <= n; i++ {
		if better(i, best) {
			best = i
		}
	}
	L.PushValue(best)
	return 1
}

func mathType(L state.State) int {
	switch {
	case L.Type(1) != state.Number:
		L.CheckAny(1)
		L.PushNil()
	case L.IsInteger(1):
		L.PushString("integer")
	default:
		L.PushString("float")
	}
	return 1
}
