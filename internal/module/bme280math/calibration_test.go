package bme280math

import "testing"

// FuzzFormulas: no calibration and no readout breaks the formulas, and what they give is in the
// limits that they set themselves.
func FuzzFormulas(f *testing.F) {
	f.Add([]byte("registers of a sensor, more than 24"), int32(415148), int32(519888), int32(30000))
	f.Add([]byte{}, int32(0), int32(0), int32(0))
	f.Fuzz(func(t *testing.T, registers []byte, p, temperature, h int32) {
		var record [calibrationSize]byte
		writeCalibration(record[:], registers)
		c := readCalibration(record[:])
		if len(registers) < registersBMP && (c.H1 != 0 || c.H4 != 0) {
			t.Errorf("humidity out of %d bytes", len(registers))
		}
		fine := c.fineTemperature(temperature & 0xFFFFF)
		c.pressure(p&0xFFFFF, fine)
		if got := c.humidity(h&0xFFFF, fine); got > 100000 {
			t.Errorf("humidity %d", got)
		}
	})
}
