package sntp

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/wallclock"
)

const secondsPerDay = 86400

// setOffset is sntp.setoffset(seconds). The firmware has eight bits for them.
func setOffset(L state.State) int {
	c := clientOf(L, true)
	c.m.SetU8(c.at+offOffset, uint8(L.CheckInteger(1)))
	if sec, _ := wallclock.Of(c.m, c.chip).Now(); sec != 0 {
		c.setMidnight(sec)
	}
	c.m.SetU8(c.at+offUsing, 1)
	return 0
}

// getOffset is sntp.getoffset().
func getOffset(L state.State) int {
	c := clientOf(L, true)
	c.followLeaps()
	L.PushInteger(int64(c.offset()))
	return 1
}

// setMidnight notes when the day that is begins to be over (get_next_midnight).
func (c client) setMidnight(sec uint32) {
	now, offset := int32(sec), int32(c.offset())
	c.m.SetI32(c.at+offMidnight, now+secondsPerDay-offset-(now-offset)%secondsPerDay)
}

// followLeaps counts a leap second that was announced, if there is a first midnight of a month
// since this was called last (update_offset).
func (c client) followLeaps() {
	pending := c.m.U8(c.at + offPending)
	if pending == 0 || c.m.U8(c.at+offUsing) == 0 {
		return
	}
	sec, _ := wallclock.Of(c.m, c.chip).Now()
	now := sec - c.offset()
	switch midnight := c.m.I32(c.at + offMidnight); {
	case midnight < 100000:
		c.setMidnight(sec)
	case now >= uint32(midnight):
		c.setMidnight(sec)
		if dayOfMonth(now/secondsPerDay) == 1 {
			offset := uint8(c.offset())
			if pending == 1 {
				offset++
			} else {
				offset--
			}
			c.m.SetU8(c.at+offOffset, offset)
		}
		c.m.SetU8(c.at+offPending, 0)
	}
}

// dayOfMonth is that of a number of days since 1970.
func dayOfMonth(days uint32) int {
	return wallclock.CalendarOf(int64(days) * secondsPerDay).Day
}
