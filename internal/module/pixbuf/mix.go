package pixbuf

import "moonlet.example/moonlet/internal/lua/state"

// mapPixels is buffer:map(f [, buffer1 [, from [, to [, buffer2 [, from2]]]]]): f gets the values
// of a pixel, or of one from each buffer, and gives those of one.
func mapPixels(L state.State) int {
	out := checkBuffer(L, 1)
	one, ok := optBuffer(L, 3)
	if !ok {
		one = out
	}
	from := optPosition(L, 4, 1, one.pixels) - 1
	to := optPosition(L, 5, one.pixels, one.pixels) - 1
	L.ArgCheck(to > from, 3, "Buffer limits out of order") // so not for a single pixel
	n := to - from + 1
	L.ArgCheck(n == out.pixels, 1, "Output buffer wrong size")
	two, ok := optBuffer(L, 6)
	from2 := 0
	if ok {
		from2 = optPosition(L, 7, 1, two.pixels) - 1
		L.ArgCheck(from2+n <= two.pixels, 6, "Second buffer too short")
	}
	L.CheckStackMsg(1+one.channels+two.channels+out.channels, "too many channels") // C does not look

	for i := range n {
		L.PushValue(2)
		for _, v := range one.pixel(from + i) {
			L.PushInteger(int64(v))
		}
		if ok {
			for _, v := range two.pixel(from2 + i) {
				L.PushInteger(int64(v))
			}
		}
		L.Call(one.channels+two.channels, out.channels)
		pixel := out.pixel(i)
		for k := range pixel {
			pixel[len(pixel)-1-k] = byte(L.CheckInteger(-1))
			L.Pop(1)
		}
	}
	return self(L)
}

// source is a buffer that is mixed into another, with 256 times its factor.
type source struct {
	factor int32
	values []byte
}

// intensityChannels is how many channels the buffers of mix4I5 have.
const intensityChannels = 4

// mix is buffer:mix(factor, buffer, ...) and its like. channels is how many those want, 0 for any.
func mix(L state.State, f func(out buffer, sources []source), channels int) int {
	out := checkBuffer(L, 1)
	n := (L.GetTop() - 1) / 2
	if n == 0 {
		return self(L)
	}
	sources := make([]source, n)
	for i := range sources {
		arg := 2 + 2*i
		factor := int32(L.CheckInteger(arg))
		b := checkBuffer(L, arg+1)
		L.ArgCheck(b.pixels == out.pixels && b.channels == out.channels, arg+1, "buffer not same size or shape")
		sources[i] = source{factor, b.values}
	}
	L.ArgCheck(channels == 0 || out.channels == channels, 2, "Requires 4 channel pixbuf")
	charge(L, n*len(out.values))
	f(out, sources)
	return self(L)
}

// clamp makes a byte of a number that may be too large or too small.
func clamp(n int32) byte { return byte(min(max(n, 0), 255)) }

// mixChannels adds byte by byte, and rounds. Sums wrap around as C's do.
func mixChannels(out buffer, sources []source) {
	for i := range out.values {
		sum := int32(128)
		for _, s := range sources {
			sum += int32(s.values[i]) * s.factor
		}
		out.values[i] = clamp(sum / 256)
	}
}

// mixIntensity5 mixes pixels whose first channel is an intensity of 5 bits for the others. The
// result has the smallest intensity with which its brightest channel fits. As in the firmware, a
// sum below zero is taken for a large one, and behind a pixel that is dark nothing is changed.
func mixIntensity5(out buffer, sources []source) {
	const most = 1<<5 - 1
	for p := range out.pixels {
		var sums [intensityChannels - 1]int32
		for _, s := range sources {
			v := s.values[p*intensityChannels:]
			for c := range sums {
				sums[c] += int32(v[1+c]) * int32(v[0]) * s.factor
			}
		}
		brightest := uint32(0)
		for _, sum := range sums {
			brightest = max(brightest, uint32(sum))
		}
		pixel := out.pixel(p)
		if brightest == 0 {
			clear(pixel)
			return
		}
		intensity := uint32(1)
		switch {
		case brightest >= most<<16:
			intensity = most
		case brightest > 1<<16:
			intensity = brightest>>16 + 1
		}
		pixel[0] = byte(intensity)
		for c, sum := range sums {
			pixel[1+c] = clamp(int32((uint32(sum) + 256*intensity - 127) / (256 * intensity)))
		}
	}
}
