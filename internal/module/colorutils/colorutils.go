// Package colorutils is the module color_utils: colours of LEDs as hue, saturation and value, and
// as green, red and blue.
package colorutils

import "moonlet.example/moonlet/internal/lua/state"

// Module declares color_utils.
var Module = state.Module{
	Name: "color_utils",
	Table: &state.ROTable{Name: "color_utils", Entries: []state.Entry{
		state.Fn("hsv2grb", hsvToGRB),
		state.Fn("hsv2grbw", hsvToGRBW),
		state.Fn("colorWheel", colorWheel),
		state.Fn("grb2hsv", grbToHSV),
	}},
}

// The circle of colours, in degrees.
const (
	fullCircle = 360
	sector     = 60
)

// checkRange wants an argument from 0 to limit.
func checkRange(L state.State, arg int, n, limit int32, text string) {
	L.ArgCheck(n >= 0 && n <= limit, arg, text)
}

func checkInt(L state.State, arg int) int32 { return int32(L.CheckInteger(arg)) }

func checkHSV(L state.State) (hue, sat, val int) {
	h, s, v := checkInt(L, 1), checkInt(L, 2), checkInt(L, 3)
	checkRange(L, 1, h, fullCircle, "should be a 0-360")
	checkRange(L, 2, s, 255, "should be 0-255")
	checkRange(L, 3, v, 255, "should be 0-255")
	return int(h), int(s), int(v)
}

// grb is the colour of a hue. Within each sector one of the three is at its top, one at the bottom,
// and one on its way.
func grb(hue, sat, val int) (g, r, b int) {
	hue %= fullCircle
	top, bottom := val, (255-sat)*val>>8
	rising := (top-bottom)*(hue%sector)/sector + bottom
	falling := (top-bottom)*(sector-hue%sector)/sector + bottom
	switch hue / sector {
	case 0:
		return rising, top, bottom
	case 1:
		return top, falling, bottom
	case 2:
		return top, bottom, rising
	case 3:
		return falling, bottom, top
	case 4:
		return bottom, rising, top
	}
	return bottom, top, falling
}

func push(L state.State, values ...int) int {
	for _, v := range values {
		L.PushInteger(int64(v))
	}
	return len(values)
}

// hsvToGRB is color_utils.hsv2grb(hue, saturation, value).
func hsvToGRB(L state.State) int {
	g, r, b := grb(checkHSV(L))
	return push(L, g, r, b)
}

// hsvToGRBW is color_utils.hsv2grbw(hue, saturation, value): what the three have in common is
// white.
func hsvToGRBW(L state.State) int {
	g, r, b := grb(checkHSV(L))
	w := min(g, r, b)
	return push(L, g-w, r-w, b-w, w)
}

// colorWheel is color_utils.colorWheel(angle). As in the firmware, green and red change places on
// their way through it.
func colorWheel(L state.State) int {
	hue := checkInt(L, 1)
	checkRange(L, 1, hue, fullCircle, "should be a 0-360")
	r, g, b := grb(int(hue), 255, 255)
	return push(L, g, r, b)
}

// grbToHSV is color_utils.grb2hsv(green, red, blue). The arguments are compared as they are, and
// then cut to bytes; if they are equal only then, the hue is all ones.
func grbToHSV(L state.State) int {
	green, red, blue := checkInt(L, 1), checkInt(L, 2), checkInt(L, 3)
	L.ArgCheck(green != red || green != blue, 1, "greyscale value cannot be converted to hsv")
	g, r, b := int(byte(green)), int(byte(red)), int(byte(blue))
	top := max(g, r, b)
	delta := top - min(g, r, b)
	if delta == 0 {
		return push(L, 0xFFFF, 0, top)
	}
	var hue int
	switch top {
	case r:
		hue = (g - b) * sector / delta
	case g:
		hue = (b-r)*sector/delta + 2*sector
	default:
		hue = (r-g)*sector/delta + 4*sector
	}
	if hue < 0 {
		hue += fullCircle
	}
	return push(L, hue, (256*delta-8)/top, top)
}
