package bme280math

import "encoding/binary"

// calibration is what the sensor's registers tell of it, by the names of the data sheet. In
// device memory it is as C has it (bme280_data_t of app/modules/bme280_math.c).
type calibration struct {
	T1                             uint16
	T2, T3                         int16
	P1                             uint16
	P2, P3, P4, P5, P6, P7, P8, P9 int16
	H1                             uint8
	_                              uint8
	H2                             int16
	H3                             uint8
	_                              uint8
	H4, H5                         int16
	H6                             int8
	_                              uint8
}

// Sizes in bytes: of the record, and of the registers with and without those for humidity.
const (
	calibrationSize = 36
	registersBMP    = 24
	registersBME    = 32
)

// writeCalibration writes the record for a string of registers. Bytes that the string does not
// have are zeros; C reads on in memory.
func writeCalibration(to, registers []byte) {
	var reg [registersBME]byte
	copy(reg[:], registers)
	copy(to, reg[:registersBMP])
	if len(registers) < registersBMP {
		return
	}
	le := binary.LittleEndian
	h := reg[registersBMP:]
	to[24] = h[0]
	copy(to[26:28], h[1:3])
	to[28] = h[3]
	// Numbers of 12 bits in three bytes. The data sheet gives them a sign, the firmware none.
	le.PutUint16(to[30:], uint16(h[4])<<4|uint16(h[5]&0x0F))
	le.PutUint16(to[32:], uint16(h[6])<<4|uint16(h[5]>>4))
	to[34] = h[7]
}

func readCalibration(p []byte) (c calibration) {
	if n, err := binary.Decode(p, binary.LittleEndian, &c); err != nil || n != calibrationSize {
		panic("BUG: bme280_math: the record has another size")
	}
	return c
}

// What follows are the formulas of the data sheet in integers, which wrap around as in C.

// fineTemperature is what the other formulas need of a raw temperature.
func (c *calibration) fineTemperature(raw int32) int32 {
	t1 := int32(c.T1)
	linear := ((raw>>3 - t1<<1) * int32(c.T2)) >> 11
	d := raw>>4 - t1
	return linear + ((d*d>>12)*int32(c.T3))>>14
}

// celsius100 is in 0.01 °C.
func celsius100(fine int32) int32 { return (fine*5 + 128) >> 8 }

// pressure is in 0.001 hPa; 0 if the sensor has no calibration.
func (c *calibration) pressure(raw, fine int32) uint32 {
	t := int64(fine) - 128000
	offset := t*t*int64(c.P6) + (t*int64(c.P5))<<17 + int64(c.P4)<<35
	scale := (t*t*int64(c.P3))>>8 + (t*int64(c.P2))<<12
	scale = (1<<47 + scale) * int64(c.P1) >> 33
	if scale == 0 {
		return 0
	}
	p := (int64(1048576-raw)<<31 - offset) * 3125 / scale
	square := int64(c.P9) * (p >> 13) * (p >> 13) >> 25
	linear := int64(c.P8) * p >> 19
	p = (p+square+linear)>>8 + int64(c.P7)<<4
	return uint32(p * 10 >> 8)
}

// humidity is in 0.001 percent.
func (c *calibration) humidity(raw, fine int32) uint32 {
	t := fine - 76800
	offset := raw<<14 - int32(c.H4)<<20 - int32(c.H5)*t
	slope := (t * int32(c.H6) >> 10) * (t*int32(c.H3)>>11 + 32768) >> 10
	v := ((offset + 16384) >> 15) * (((slope+2097152)*int32(c.H2) + 8192) >> 14)
	v -= ((v >> 15) * (v >> 15) >> 7) * int32(c.H1) >> 4
	v = min(max(v, 0), 419430400) >> 12
	return uint32(v * 1000 >> 10)
}
