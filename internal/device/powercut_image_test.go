package device_test

import (
	"bytes"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// chipImage is the image of a chip of 1 MB with a table of partitions and files.
func chipImage(t testing.TB, table []rcr.Partition, fill func(fs *spiffs.FS)) []byte {
	t.Helper()
	chip := newChip(t, flash.MinSize*2)
	page, err := rcr.In(chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	if err := rcr.Check(table, uint32(chip.Size())); err != nil {
		t.Fatal(err)
	}
	page.WriteTable(table)
	region := page.Partition(port.PartitionSPIFFS)
	fs, err := spiffs.Format(chip, int(region.Addr), int(region.Size), spiffs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill(fs)
	fs.Unmount()
	return bytes.Clone(chip.Bytes())
}

// tableOf is a table of partitions with another place for the store and the files.
func tableOf(lfs, files port.FlashRegion) []rcr.Partition {
	var table []rcr.Partition
	for _, p := range rcr.DefaultPartitions(flash.MinSize*2, storeSize) {
		switch p.Kind {
		case port.PartitionLFS:
			p.FlashRegion = lfs
		case port.PartitionSPIFFS:
			p.FlashRegion = files
		}
		if p.Size != 0 {
			table = append(table, p)
		}
	}
	return table
}

// putFile writes a file as a module does.
func putFile(t testing.TB, fs *spiffs.FS, name, text string) {
	t.Helper()
	f, err := fs.Open(name, spiffs.Create|spiffs.Truncate|spiffs.WriteOnly)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// withProgram is the image of a chip with files and the program of steps in a file system
// of that size.
func withProgram(t testing.TB, size uint32, steps []cutStep, fill func(fs *spiffs.FS)) []byte {
	t.Helper()
	files := port.FlashRegion{Addr: 0xC0000, Size: size}
	return chipImage(t, tableOf(port.FlashRegion{}, files), func(fs *spiffs.FS) {
		putFile(t, fs, "app.lua", cutProgram(steps))
		fill(fs)
	})
}

// chipOf is a chip that holds an image.
func chipOf(t testing.TB, image []byte) *flash.Chip {
	t.Helper()
	chip := newChip(t, flash.MinSize*2)
	for at := 0; at < len(image); at += flash.SectorSize {
		if sector := image[at : at+flash.SectorSize]; !flash.Blank(sector) {
			chip.Write(at, sector)
		}
	}
	return chip
}

// regionOf is where a partition is, by the table in a chip.
func regionOf(t testing.TB, chip *flash.Chip, kind uint32) port.FlashRegion {
	t.Helper()
	page, err := rcr.In(chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		t.Fatal(err)
	}
	return page.Partition(kind)
}
