package flash

import (
	"fmt"
	"testing"
	"time"
)

// TestChip_Watch erases a sector at several rates.
func TestChip_Watch(t *testing.T) {
	// At one erase in this time the endurance lasts for a year.
	const limit = SoonWorn / Endurance
	for _, c := range []struct {
		name   string
		erases int
		every  time.Duration
		before int // erases in former runs
		want   string
	}{
		{"often", 1000, time.Second, 0, "0x5000: 100 of 100 in 1m40s"},
		{"at once", 1000, 0, 0, "0x5000: 100 of 100 in 0s"},
		{"seldom", 1000, limit * 103 / 100, 0, ""},
		{"just too often", 1000, limit * 99 / 100, 0, "0x5000: 100 of 100 in 8h40m20"},
		{"half worn", 1000, limit * 101 / 100, Endurance / 2, "0x5000: 100 of 50100 in 8h50m51"},
		{"worn out", 3, 30 * 24 * time.Hour, Endurance, "0x5000: 1 of 100001 in 720h0m0s"},
		{"a burst", 99, 0, 0, ""},
		{"a short run", 99, 600 * time.Millisecond, 0, ""},
		{"told at the end", 99, time.Second, 0, "0x5000: 99 of 99 in 1m39s"},
		{"few", 9, time.Hour / 100, 0, ""},
		{"few in a long run", 10, limit * 99 / 100, 0, "0x5000: 10 of 10 in 52m"},
		{"none", 0, time.Hour, 0, ""},
	} {
		chip, _ := NewChip(MinSize)
		chip.wear.Erases[5] = uint32(c.before)
		chip.Erase(5 * SectorSize) // before the module starts
		chip.wear.Erases[5]--
		now, told := time.Duration(0), ""
		chip.Watch(func() time.Duration { return now }, func(w Wearing) {
			told += fmt.Sprintf("%#x: %d of %d in %v", w.Offset, w.Erases, w.Total, w.Ran)
			if w.Left < 0 || w.Left >= SoonWorn || w.Left == 0 && w.Total < Endurance && now > 0 {
				t.Errorf("%s: it lasts %v", c.name, w.Left)
			}
		})
		for i := range c.erases {
			now += c.every
			chip.Erase(5 * SectorSize)
			chip.Erase((i%64 + 8) * SectorSize)
		}
		chip.EndWatch()
		chip.Erase(5 * SectorSize)
		if len(told) < len(c.want) || told[:len(c.want)] != c.want || c.want == "" && told != "" || len(told) > len(c.want)+12 {
			t.Errorf("%s: told %q, want %q", c.name, told, c.want)
		}
	}
}

func TestWear_Soon(t *testing.T) {
	for _, c := range []struct {
		erases int
		ran    time.Duration
		want   bool
	}{{0, time.Hour, false}, {9, time.Hour, false}, {10, 30 * time.Second, false}, {10, 40 * time.Minute, true}, {10, time.Hour, false}, {Endurance, 1 << 62, true}} {
		w := &Wear{Size: MinSize, Erases: []uint32{0, uint32(c.erases)}, Ran: c.ran}
		if s, ok := w.Soon(); ok != c.want || ok && s.Offset != SectorSize {
			t.Errorf("%d erases in %v: %v, %v", c.erases, c.ran, s, ok)
		}
	}
}
