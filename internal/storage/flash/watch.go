package flash

import (
	"fmt"
	"math"
	"time"
)

// When a sector is worn too fast: at the rate of this run what is left of its endurance
// would be used up within SoonWorn of the time that the module is switched on. The rate
// counts if there were some erases to take it from, so that what an application does once
// at its start is no reason for a warning. At the end of a run fewer are enough, if the
// run was not too short.
const (
	SoonWorn = 365 * 24 * time.Hour

	wornErases    = 100
	wornErasesEnd = 10
	wornTimeEnd   = time.Minute
)

// Wearing is a sector that is worn too fast.
type Wearing struct {
	Offset int           // of its first byte
	Erases int           // in this run
	Total  int           // in the chip's life
	Ran    time.Duration // how long the module has been switched on in this run
	Left   time.Duration // until the endurance is used up, at the rate of this run
}

// watch looks for sectors that are worn too fast.
type watch struct {
	now  func() time.Duration
	told func(Wearing) // nil if nobody wants to know, or knows already
	run  map[int]int   // erases by sector
	most int           // the sector with most of them
}

// Watch begins a run of the module. Now tells how long it has been switched on; f is told
// of the first sector that is worn too fast, once.
func (c *Chip) Watch(now func() time.Duration, f func(Wearing)) {
	c.watch = watch{now: now, told: f, run: map[int]int{}}
}

// EndWatch ends the run: it looks once more at the sector that was erased most.
func (c *Chip) EndWatch() {
	w := &c.watch
	if w.told != nil && w.now() >= wornTimeEnd {
		w.check(w.most, c.wear.Erases[w.most], wornErasesEnd)
	}
	c.watch = watch{}
}

// erased counts an erase of a sector, which has had so many in all.
func (w *watch) erased(sector int, total uint32) {
	if w.told == nil {
		return
	}
	if w.run[sector]++; w.run[sector] > w.run[w.most] {
		w.most = sector
	}
	least := wornErases
	if total > Endurance {
		least = 1
	}
	w.check(sector, total, least)
}

func (w *watch) check(sector int, total uint32, least int) {
	n := w.run[sector]
	if n < least {
		return
	}
	x := Wearing{Offset: sector * SectorSize, Erases: n, Total: int(total), Ran: w.now()}
	left := float64(max(Endurance-x.Total, 0)) * float64(x.Ran) / float64(n)
	if left >= float64(SoonWorn) {
		return
	}
	x.Left = time.Duration(math.Floor(left))
	f := w.told
	w.told = nil
	f(x)
}

// Soon is the sector that was erased most, if it is worn too fast by all that was counted.
func (w *Wear) Soon() (Worn, bool) {
	most := w.Most(1)
	if len(most) == 0 || most[0].Erases < wornErasesEnd || w.Ran < wornTimeEnd {
		return Worn{}, false
	}
	left, ok := w.Life(most[0])
	return most[0], ok && left < SoonWorn
}

// LifeText says roughly how long a sector lasts.
func LifeText(t time.Duration) string {
	const day = 24 * time.Hour
	const year = 365 * day
	switch {
	case t <= 0:
		return "used up"
	case t == math.MaxInt64:
		return "more than 290 years"
	case t >= 2*year:
		return fmt.Sprintf("%d years", t/year)
	case t >= 2*day:
		return fmt.Sprintf("%d days", t/day)
	case t >= 2*time.Hour:
		return fmt.Sprintf("%d hours", t/time.Hour)
	}
	return fmt.Sprintf("%d minutes", max(t/time.Minute, 1))
}
