package wallclock

import "time"

// Calendar is a moment by the calendar, UTC.
type Calendar struct {
	Year, Month, Day     int // Month and Day count from 1
	Hour, Minute, Second int
	Weekday              int // 0 is Sunday
	YearDay              int // from 1
}

// CalendarOf is the calendar of a time in seconds since 1970.
func CalendarOf(sec int64) Calendar {
	t := time.Unix(sec, 0).UTC()
	return Calendar{
		t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), int(t.Weekday()), t.YearDay(),
	}
}
