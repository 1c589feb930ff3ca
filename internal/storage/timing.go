package storage

import (
	"time"

	"moonlet.example/moonlet/internal/storage/spiffs"
)

// Work is what a call asked of the flash chip.
type Work = spiffs.Ops

// Times are how long the flash chip and the processor take for it; 0 is the default, and
// less than 0 no time at all.
type Times struct {
	PageRead    time.Duration // 256 bytes with one command of the SDK
	PageWrite   time.Duration // 256 bytes that were erased
	SectorErase time.Duration // 4096 bytes
}

// DefaultTimes are those of a common board.
//
// Reading: with four lines at 40 MHz, 32 bytes take 2.1 µs on the bus with command and
// address (measured on a board, nerdralph.blogspot.ca, "ESP8266 SPI flash performance",
// 2015-03-30), with the two lines that most builds use 3.7 µs by the same reckoning: 30 µs for a
// page. That the processor needs 10 µs more to start the commands and to fetch the words is an
// assumption.
//
// Writing: the W25Q32FV needs 30 µs for the first byte of a command, 2.5 µs for each further
// one, and 0.7 ms for a whole page (data sheet, AC characteristics, typical: tBP1, tBP2, tPP).
// The chip's ROM is assumed to write 32 bytes at a time, of which a page takes 0.86 ms;
// 0.9 ms is that with the commands.
//
// Erasing: 45 ms for a sector of the same chip (tSE).
func DefaultTimes() Times {
	return Times{PageRead: 40 * time.Microsecond, PageWrite: 900 * time.Microsecond, SectorErase: 45 * time.Millisecond}
}

// Complete gives a Times its defaults.
func (t Times) Complete() Times {
	def := DefaultTimes()
	for _, x := range [...]struct {
		is  *time.Duration
		def time.Duration
	}{{&t.PageRead, def.PageRead}, {&t.PageWrite, def.PageWrite}, {&t.SectorErase, def.SectorErase}} {
		switch {
		case *x.is == 0:
			*x.is = x.def
		case *x.is < 0:
			*x.is = 0
		}
	}
	return t
}

// What a command takes besides its bytes, in bytes: to read a word takes about an eighth of a
// page's time, to write one (30 µs and some) a fourteenth.
const (
	readCommand  = 32
	writeCommand = 16
)

// Of is how long some work takes.
func (t Times) Of(w Work) time.Duration {
	share := func(page time.Duration, commands, bytes, command int) time.Duration {
		return page * time.Duration(commands*command+bytes) / time.Duration(command+spiffs.PageSize)
	}
	return share(t.PageRead, w.Reads, w.ReadBytes, readCommand) +
		share(t.PageWrite, w.Writes, w.WrittenBytes, writeCommand) +
		t.SectorErase*time.Duration(w.Erases)
}
