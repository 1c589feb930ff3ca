package wallclock

import (
	"fmt"
	"strings"
)

// State is all that the clock knows, and what the RTC memory has of it.
func (c Clock) State() string {
	var b strings.Builder
	fmt.Fprint(&b, c.u32(offMagic), c.u64(offBase), c.u32(offLast), c.u32(offUnits), c.u32(offCalibration),
		c.u32(offSleepMicros), c.u32(offSleepCycles), c.u32(offAhead), c.u32(offRate), c.u64(offRateFrom), c.u64(offRateTo))
	for i := range 9 {
		fmt.Fprint(&b, " ", c.rtc.RTCWord(i))
	}
	return b.String()
}
