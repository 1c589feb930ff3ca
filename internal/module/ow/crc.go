package ow

import "moonlet.example/moonlet/internal/lua/state"

// What a byte costs in units of work: an assumption, some eighty cycles for the eight steps of
// CRC-8, and some thirty for CRC-16.
const (
	crc8Units  = 8
	crc16Units = 3
)

// sum8 is the CRC-8 of 1-Wire: x^8+x^5+x^4+1, bits in the order of the bus
// (app/driver/onewire.c).
func sum8(p []byte) (crc byte) {
	const polynomial = 0x8C
	for _, v := range p {
		crc ^= v
		for range 8 {
			low := crc & 1
			crc >>= 1
			crc ^= low * polynomial
		}
	}
	return crc
}

// sum16 goes on with the CRC-16 of 1-Wire: x^16+x^15+x^2+1, bits in the order of the bus.
func sum16(p []byte, crc uint16) uint16 {
	const polynomial = 0xA001
	for _, v := range p {
		crc ^= uint16(v)
		for range 8 {
			low := crc & 1
			crc >>= 1
			crc ^= low * polynomial
		}
	}
	return crc
}

// argBytes is a string in the first argument, of a length that counts.
func argBytes(L state.State, most int) []byte {
	p := L.CheckBytes(1)
	if len(p) > most {
		L.Errorf(outOfRange)
	}
	return p
}

// crc8 is ow.crc8(bytes).
func crc8(L state.State) int {
	p := argBytes(L, 255)
	L.Charge(crc8Units * len(p))
	L.PushInteger(int64(sum8(p)))
	return 1
}

// argCRC is where a CRC-16 begins, 0 if the argument is no number.
func argCRC(L state.State, arg int) uint16 {
	crc := optInt32(L, arg)
	if crc > 65535 {
		L.Errorf(outOfRange)
	}
	return uint16(crc)
}

// checkCRC16 is ow.check_crc16(bytes, low, high [, crc]). More than 255 bytes are refused where
// the firmware means to check the second argument, and the third one is not checked.
func checkCRC16(L state.State) int {
	p := argBytes(L, 65535)
	low := byte(L.CheckInteger(2))
	if len(p) > 255 {
		return L.Errorf(outOfRange)
	}
	high := byte(L.CheckInteger(3))
	crc := argCRC(L, 4)
	L.Charge(crc16Units * len(p))
	sum := ^sum16(p, crc)
	L.PushBoolean(byte(sum) == low && byte(sum>>8) == high)
	return 1
}

// crc16 is ow.crc16(bytes [, crc]).
func crc16(L state.State) int {
	p := argBytes(L, 65535)
	crc := argCRC(L, 2)
	L.Charge(crc16Units * len(p))
	L.PushInteger(int64(sum16(p, crc)))
	return 1
}
