package flash

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/hostfile"
)

// Endurance is how often a sector can be erased and written at least, by the data sheets
// of the chips on usual boards: "Min. 100K Program-Erase cycles per sector" in the list
// of features of Winbond's W25Q128JV (revision M, December 2024), whose smaller sister with
// 4 MB, the W25Q32, is on many of them. A chip does not break down at that count; it is what
// its maker promises.
const Endurance = 100_000

// Wear is how often the sectors of a chip were erased. It is kept beside the chip's file
// in PATH.wear, in lines of ASCII text:
//
//	file  = "moonlet-wear 1" LF
//	        "chip " size LF          in bytes
//	        "ran " ms LF             how long the module was switched on, by its clock
//	        { address " " erases LF }
//	address = "0x" hex               of the sector's first byte
//
// Addresses ascend; a sector that was never erased has no line. Without the file all
// counts are 0. It is replaced as a whole, when the chip is closed and after every 256
// erases: a process that is killed loses the counts since.
type Wear struct {
	Size   int      // of the chip, in bytes
	Erases []uint32 // by sector
	Ran    time.Duration
}

const (
	wearMagic = "moonlet-wear 1"
	// wearMax is more than the file of the largest chip has, in bytes.
	wearMax = 1 << 20
)

// ReadWear reads the counts of the chip in a file. The error is fs.ErrNotExist if there
// are none.
func ReadWear(chip string) (*Wear, error) {
	d, name, err := (*hostfile.Host)(nil).Place(chip)
	if err != nil {
		return nil, fmt.Errorf("cannot read the counts of erases: %w", err)
	}
	defer d.Close()
	return readWear(d, name)
}

// readWear reads the counts of a chip in a directory.
func readWear(d *hostfile.Dir, chip string) (*Wear, error) {
	name := chip + wearSuffix
	b, err := d.ReadFile(name, wearMax)
	switch {
	case errors.Is(err, hostfile.ErrTooLarge):
		return nil, fmt.Errorf("%s has more than %d bytes: these are no counts of erases; remove it to count from zero", d.Join(name), wearMax)
	case err != nil:
		return nil, fmt.Errorf("cannot read the counts of erases: %w", err)
	}
	w, err := parseWear(b)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to count from zero", d.Join(name), err)
	}
	return w, nil
}

// parseWear reads a file of counts.
func parseWear(b []byte) (*Wear, error) {
	lines := strings.Split(string(b), "\n")
	if len(lines) < 4 || lines[0] != wearMagic || lines[len(lines)-1] != "" {
		return nil, fmt.Errorf("it does not begin with %q, or is cut off", wearMagic)
	}
	w := &Wear{}
	size, err := wearNumber(lines[1], "chip ", MaxSize)
	if err == nil {
		err = CheckSize(int(size))
	}
	if err != nil {
		return nil, fmt.Errorf("line 2: %w", err)
	}
	ms, err := wearNumber(lines[2], "ran ", uint64(math.MaxInt64/time.Millisecond))
	if err != nil {
		return nil, fmt.Errorf("line 3: %w", err)
	}
	w.Size, w.Ran = int(size), time.Duration(ms)*time.Millisecond
	w.Erases = make([]uint32, w.Size/SectorSize)
	next := 0
	for i, line := range lines[3 : len(lines)-1] {
		addr, count, _ := strings.Cut(line, " ")
		at, err := strconv.ParseUint(addr, 0, 32)
		n, err2 := strconv.ParseUint(count, 10, 32)
		if err != nil || err2 != nil || at%SectorSize != 0 || int(at) < next || int(at) >= w.Size {
			return nil, fmt.Errorf("line %d: %q is no sector and its count", i+4, line)
		}
		w.Erases[at/SectorSize], next = uint32(n), int(at)+SectorSize
	}
	return w, nil
}

func wearNumber(line, key string, most uint64) (uint64, error) {
	text, ok := strings.CutPrefix(line, key)
	n, err := strconv.ParseUint(text, 10, 64)
	if !ok || err != nil || n > most {
		return 0, fmt.Errorf("%q is not %q and a number", line, strings.TrimSpace(key))
	}
	return n, nil
}

// encode writes the file of the counts.
func (w *Wear) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nchip %d\nran %d\n", wearMagic, w.Size, w.Ran.Milliseconds())
	for i, n := range w.Erases {
		if n != 0 {
			fmt.Fprintf(&b, "%#06x %d\n", i*SectorSize, n)
		}
	}
	return b.Bytes()
}

// saveWear replaces the file of the counts.
func (c *Chip) saveWear() error {
	if c.unsaved == 0 && c.wear.Ran == 0 {
		return nil
	}
	c.unsaved = 0
	if err := c.dir.Replace(c.name+wearSuffix, c.wear.encode(), chipMode); err != nil {
		return fmt.Errorf("cannot keep the counts of erases: %w", err)
	}
	return nil
}

// Worn is a sector that was erased.
type Worn struct {
	Offset int // of its first byte
	Erases int
}

// Left is how often it can still be erased; less than 0 beyond its endurance.
func (w Worn) Left() int { return Endurance - w.Erases }

// Most lists the sectors that were erased most often, at most n of them.
func (w *Wear) Most(n int) []Worn {
	var list []Worn
	for i, e := range w.Erases {
		if e != 0 {
			list = append(list, Worn{i * SectorSize, int(e)})
		}
	}
	slices.SortStableFunc(list, func(a, b Worn) int { return cmp.Compare(b.Erases, a.Erases) })
	return list[:min(n, len(list))]
}

// Total is the number of erases of all sectors.
func (w *Wear) Total() int {
	sum := 0
	for _, e := range w.Erases {
		sum += int(e)
	}
	return sum
}

// Life is how long a sector lasts if it is erased as often as until now: how long the
// module can still be switched on. It is false if that cannot be told: because there were
// few erases or the time was short, as with a chip that has just been formatted. The longest
// answer is about 292 years, and 0 is given where the endurance is used up.
func (w *Wear) Life(s Worn) (left time.Duration, ok bool) {
	if s.Left() > 0 && (w.Ran < wornTimeEnd || s.Erases < wornErasesEnd) {
		return 0, false
	}
	t := float64(w.Ran) / float64(s.Erases) * float64(max(s.Left(), 0))
	if t >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return time.Duration(t), true
}
