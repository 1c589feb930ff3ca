package pixbuf

import "moonlet.example/moonlet/internal/lua/state"

// Directions of fade, and ways of shift.
const (
	fadeIn  = 0
	fadeOut = 1

	shiftLogical  = 0
	shiftCircular = 1
)

// checkFade takes the arguments of fade and fadeI.
func checkFade(L state.State) (b buffer, change func(v byte) byte) {
	b = checkBuffer(L, 1)
	by := int32(L.CheckInteger(2))
	out := optInt(L, 3, fadeOut) == fadeOut
	L.ArgCheck(by > 0, 2, "fade value should be a strictly positive int")
	return b, func(v byte) byte {
		if out {
			return byte(int32(v) / by)
		}
		return byte(min(int32(v)*by, 255)) // what does not fit into an int wraps around
	}
}

// fade is buffer:fade(by [, direction]).
func fade(L state.State) int {
	b, change := checkFade(L)
	charge(L, len(b.values))
	for i, v := range b.values {
		b.values[i] = change(v)
	}
	return 0
}

// fadeIntensity is buffer:fadeI(by [, direction]), which changes the first channel only. On its way
// in, C loses its way by a byte with each pixel, and writes behind the buffer.
func fadeIntensity(L state.State) int {
	b, change := checkFade(L)
	charge(L, b.pixels)
	for i := range b.pixels {
		p := b.pixel(i)
		p[0] = change(p[0])
	}
	return 0
}

// fill is buffer:fill(value, ...).
func fill(L state.State) int {
	b := checkBuffer(L, 1)
	if b.pixels == 0 {
		return self(L)
	}
	if L.GetTop() != 1+b.channels {
		return L.ArgError(1, "need as many values as colors per pixel")
	}
	charge(L, len(b.values))
	for i := range b.pixel(0) {
		b.values[i] = byte(L.CheckInteger(2 + i))
	}
	for i := 1; i < b.pixels; i++ {
		copy(b.pixel(i), b.pixel(0))
	}
	return self(L)
}

// replace is buffer:replace(source [, at]). A string may end in a part of a pixel, which is left
// out.
func replace(L state.State) int {
	b := checkBuffer(L, 1)
	at := optPosition(L, 3, 1, b.pixels)
	var from []byte
	if L.Type(2) == state.String {
		from = L.CheckBytes(2)
	} else {
		source := checkBuffer(L, 2)
		L.ArgCheck(source.channels == b.channels, 2, "buffers have different channels")
		from = source.values
	}
	n := len(from) / b.channels
	L.ArgCheck(at > 0 && n+at-1 <= b.pixels, 2, "does not fit into destination")
	copy(b.values[(at-1)*b.channels:], from[:n*b.channels])
	return 0
}

// set is buffer:set(pixel, values...), with a table of values, or a string for some pixels.
func set(L state.State) int {
	b := checkBuffer(L, 1)
	i := checkInt(L, 2) - 1
	L.ArgCheck(i >= 0 && i < b.pixels, 2, "index out of range")
	switch L.Type(3) {
	case state.Table:
		for k := range b.channels {
			L.RawGetI(3, int64(k+1))
			n, _ := L.ToInteger(-1)
			b.pixel(i)[k] = byte(n)
			L.Pop(1)
		}
	case state.String:
		s := L.CheckBytes(3)
		if b.channels*i+len(s) > len(b.values) {
			return L.Errorf("string size will exceed strip length")
		}
		if len(s)%b.channels != 0 {
			return L.Errorf("string does not contain whole LEDs")
		}
		copy(b.values[b.channels*i:], s)
	default:
		L.ArgCheck(L.GetTop() <= 2+b.channels, 2+b.channels, "extra values given")
		for k := range b.channels {
			b.pixel(i)[k] = byte(L.CheckInteger(3 + k))
		}
	}
	return self(L)
}

// shift is buffer:shift(by [, mode [, from [, to]]]).
func shift(L state.State) int {
	b := checkBuffer(L, 1)
	by := int(int32(L.CheckInteger(2) * int64(b.channels))) // bytes
	mode := optInt(L, 3, shiftLogical)
	from := optPosition(L, 4, 1, b.pixels)
	to := optPosition(L, 5, -1, b.pixels)
	switch n := max(by, -by); {
	case mode != shiftLogical && mode != shiftCircular:
		return L.ArgError(3, "invalid shift type")
	case from < 1:
		return L.ArgError(4, "start position must be >= 1")
	case to < from:
		return L.ArgError(5, "end position must be >= start")
	case n > len(b.values):
		return L.ArgError(2, "shifting more elements than buffer size")
	case n > (to-from+1)*b.channels:
		return L.ArgError(2, "shifting more than sliced window")
	}
	window := b.values[(from-1)*b.channels : to*b.channels]
	charge(L, len(window))
	shiftBytes(window, by, mode == shiftCircular)
	return 0
}

// shiftBytes moves bytes to the right, or for a negative number to the left. Those that fall out
// come in on the other side, or zeros do. C moves 32 bytes at a time, and if there are more it loses
// the place of the window and writes behind it.
func shiftBytes(window []byte, by int, circular bool) {
	n := max(by, -by)
	rest := len(window) - n
	fallen := make([]byte, n)
	if by < 0 {
		if circular {
			copy(fallen, window)
		}
		copy(window, window[n:])
		copy(window[rest:], fallen)
		return
	}
	if circular {
		copy(fallen, window[rest:])
	}
	copy(window[n:], window)
	copy(window, fallen)
}
