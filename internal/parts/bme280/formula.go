package bme280

// The numbers in the sensor's non-volatile memory, by the names of the data sheet. Each real one has others.
// Temperature and pressure are those of the example in the BMP280's data sheet (BST-BMP280-DS001, 3.12).
const (
	t1, t2, t3                 = 27504, 26435, -1000
	p1, p2, p3, p4, p5         = 36477, -10685, 3024, 2855, 140
	p6, p7, p8, p9             = -7, 15500, -14600, 6000
	h1, h2, h3, h4, h5, h6     = 75, 370, 0, 313, 50, 30
	raw20Max, raw16Max         = 1<<20 - 1, 1<<16 - 1
	skipped20, skipped16       = 0x80000, 0x8000 // what was never measured
	calibrationAt, humidityAt  = 0x88, 0xE1      // registers
	calibrationEnd, humidityOf = 0xA2, 0xE8
)

// calibration are the registers with these numbers, from 0x88 and from 0xE1 on.
func calibration() (low [calibrationEnd - calibrationAt]byte, high [humidityOf - humidityAt]byte) {
	for i, v := range [...]int{t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9} {
		low[2*i], low[2*i+1] = byte(v), byte(v>>8)
	}
	low[0xA1-calibrationAt] = h1
	high = [...]byte{h2 & 0xFF, h2 >> 8, h3, h4 >> 4, h4&0xF | h5&0xF<<4, h5 >> 4, h6}
	return low, high
}

// The formulas are those of the data sheet in floating point (BST-BME280-DS002, 8.1). Conversions keep processors
// from fusing product and sum, which would make the last bit depend on the host.

// fine is the temperature in 1/5120 °C that a raw value means.
func fine(raw int) float64 {
	x := float64(raw)
	a := float64((x/16384 - float64(t1)/1024) * t2)
	b := x/131072 - float64(t1)/8192
	return a + float64(float64(b*b)*t3)
}

// pascals is the pressure in Pa that a raw value means.
func pascals(raw int, fine float64) float64 {
	a := fine/2 - 64000
	b := float64(float64(a*a)*p6) / 32768
	b += float64(a * (p5 * 2))
	b = b/4 + float64(p4*65536)
	a = (float64(float64(a*a)*p3)/524288 + float64(a*p2)) / 524288
	a = (1 + a/32768) * p1
	p := float64((1048576 - float64(raw) - b/4096) * 6250 / a)
	c := float64(float64(p*p)*p9) / 2147483648
	d := float64(p*p8) / 32768
	return p + (c+d+p7)/16
}

// percent is the relative humidity that a raw value means.
func percent(raw int, fine float64) float64 {
	v := fine - 76800
	h := float64(raw) - (h4*64 + float64(float64(h5)/16384*v))
	h *= float64(h2) / 65536 * (1 + float64(float64(h6)/67108864*v*(1+float64(float64(h3)/67108864*v))))
	return h * (1 - float64(h1*h)/524288)
}

// invert finds the raw value from 0 to most of which f is next to a value. f goes up or, with down, down.
func invert(most int, want float64, down bool, f func(raw int) float64) int {
	low, high := 0, most
	for low < high {
		mid := (low + high) / 2
		if got := f(mid); got < want != down {
			low = mid + 1
		} else {
			high = mid
		}
	}
	distance := func(raw int) float64 {
		d := f(raw) - want
		return max(d, -d)
	}
	if low > 0 && distance(low-1) < distance(low) {
		return low - 1
	}
	return low
}
