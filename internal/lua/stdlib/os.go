package stdlib

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
)

// OS declares the os library of the host profile.
var OS = state.Module{
	Name:  "os",
	Open:  openOS,
	Procs: procsOf(osFuncs),
}

var osFuncs = []libFunc{
	{"clock", &state.Proc{F: osClock}},
	{"date", &state.Proc{F: osDate}},
	{"difftime", &state.Proc{F: osDiffTime}},
	{"execute", &state.Proc{F: osExecute}},
	{"exit", &state.Proc{F: osExit}},
	{"getenv", &state.Proc{F: osGetenv}},
	{"remove", &state.Proc{F: osRemove}},
	{"rename", &state.Proc{F: osRename}},
	{"setlocale", &state.Proc{F: osSetLocale}},
	{"time", &state.Proc{F: osTime}},
	{"tmpname", &state.Proc{F: osTmpName}},
}

func openOS(L state.State) int {
	L.CreateTable(0, len(osFuncs))
	setFuncs(L, osFuncs)
	return 1
}

func osExecute(L state.State) int {
	env, ok := L.Host().(Environment)
	if L.IsNoneOrNil(1) {
		L.PushBoolean(ok && env.HasShell())
		return 1
	}
	command := checkCString(L, 1)
	if !ok {
		return fileResult(L, errNoFunction)
	}
	status, err := env.Execute(command)
	if err != nil {
		return fileResult(L, err)
	}
	// The host build does not take the status apart (no LUA_USE_POSIX).
	if status == 0 {
		L.PushBoolean(true)
	} else {
		L.PushNil()
	}
	L.PushString("exit")
	L.PushInteger(int64(status))
	return 3
}

func osExit(L state.State) int {
	code := 0
	if L.Type(1) == state.Boolean {
		if !L.ToBoolean(1) {
			code = 1
		}
	} else {
		code = optInt(L, 1, 0)
	}
	closeState := L.ToBoolean(2)
	env, ok := L.Host().(Environment)
	if !ok {
		return L.Errorf("exit not supported")
	}
	env.Exit(code, closeState)
	return 0
}

func osGetenv(L state.State) int {
	name := checkCString(L, 1)
	if env, ok := L.Host().(Environment); ok {
		value, ok := env.Getenv(name)
		pushName(L, value, ok)
	} else {
		L.PushNil()
	}
	return 1
}

func osRemove(L state.State) int {
	name := checkCString(L, 1)
	err := error(errNoFunction)
	if host, ok := L.Host().(FileSystem); ok {
		err = host.Remove(name)
	}
	return namedResult(L, err, name)
}

func osRename(L state.State) int {
	from := checkCString(L, 1)
	to := checkCString(L, 2)
	err := error(errNoFunction)
	if host, ok := L.Host().(FileSystem); ok {
		err = host.Rename(from, to)
	}
	return fileResult(L, err)
}

func osTmpName(L state.State) int {
	if host, ok := L.Host().(FileSystem); ok {
		if name, err := host.TempName(); err == nil {
			L.PushString(name)
			return 1
		}
	}
	return L.Errorf("unable to generate a unique filename")
}

var locales = []string{"all", "collate", "ctype", "monetary", "numeric", "time"}

// osSetLocale knows only the locale that programs start in.
func osSetLocale(L state.State) int {
	name := optCString(L, 1, "C")
	L.CheckOption(2, "all", locales)
	switch name {
	case "", "C", "POSIX":
		L.PushString("C")
	default:
		L.PushNil()
	}
	return 1
}

// clockOf is the host's clock.
func clockOf(L state.State) Clock {
	clock, ok := L.Host().(Clock)
	if !ok {
		L.Errorf("clock not supported")
	}
	return clock
}

func osClock(L state.State) int {
	L.PushNumber(float64(clockOf(L).CPUTime().Microseconds()) / 1e6)
	return 1
}

func osDiffTime(L state.State) int {
	t1 := L.CheckInteger(1)
	t2 := L.CheckInteger(2)
	difference := float64(uint64(max(t1, t2)) - uint64(min(t1, t2))) // rounded once, as C does
	if t1 < t2 {
		difference = -difference
	}
	L.PushNumber(difference)
	return 1
}

// Limits of a time in seconds whose year fits in C's struct tm.
const (
	minTime = -67768040609740800
	maxTime = 67768036191676799
)

func badTime(L state.State) int {
	return L.Errorf("time result cannot be represented in this installation")
}

func osDate(L state.State) int {
	format := "%c"
	if !L.IsNoneOrNil(1) {
		format = L.CheckString(1)
	}
	var seconds int64
	if L.IsNoneOrNil(2) {
		seconds = clockOf(L).UnixTime()
	} else {
		seconds = L.CheckInteger(2)
	}
	if seconds < minTime || seconds > maxTime {
		return badTime(L)
	}
	zone := time.FixedZone("GMT", 0) // as gmtime names it
	if format != "" && format[0] == '!' {
		format = format[1:]
	} else {
		zone = clockOf(L).Location()
	}
	t := time.Unix(seconds, 0).In(zone)
	if cString(format) == "*t" {
		L.CreateTable(0, 9)
		setDate(L, t)
		return 1
	}
	b := L.NewBuffer()
	for i := 0; i < len(format); {
		if format[i] != '%' {
			b.AddByte(format[i])
			i++
			continue
		}
		room := b.Prep(timeItem)
		n := timeOption(L, format[i+1:])
		b.AddSize(len(appendTime(room[:0], t, format[i+n])))
		i += 1 + n
	}
	b.PushResult()
	return 1
}

// setDate sets the fields of the table on top of the stack (setallfields of
// loslib.c).
func setDate(L state.State, t time.Time) {
	setInt(L, "sec", t.Second())
	setInt(L, "min", t.Minute())
	setInt(L, "hour", t.Hour())
	setInt(L, "day", t.Day())
	setInt(L, "month", int(t.Month()))
	setInt(L, "year", t.Year())
	setInt(L, "wday", int(t.Weekday())+1)
	setInt(L, "yday", t.YearDay())
	setBool(L, "isdst", t.IsDST())
}

// dateField reads a field of the table on top of the stack. Without a field it
// is def; a negative def means that there must be one.
func dateField(L state.State, key string, def int) int {
	const limit = 1<<30 - 1 // L_MAXDATEFIELD
	t := L.GetField(-1, key)
	n, ok := L.ToInteger(-1)
	switch {
	case ok && (n < -limit || n > limit):
		L.Errorf("field '%s' is out-of-bound", key)
	case ok:
	case t != state.Nil:
		L.Errorf("field '%s' is not an integer", key)
	case def < 0:
		L.Errorf("field '%s' missing in date table", key)
	default:
		n = int64(def)
	}
	L.Pop(1)
	return int(n)
}

func osTime(L state.State) int {
	var seconds int64
	if L.IsNoneOrNil(1) {
		seconds = clockOf(L).UnixTime()
	} else {
		L.CheckType(1, state.Table)
		L.SetTop(1)
		sec := dateField(L, "sec", 0)
		minute := dateField(L, "min", 0)
		hour := dateField(L, "hour", 12)
		day := dateField(L, "day", -1)
		month := dateField(L, "month", -1)
		year := dateField(L, "year", -1)
		summer := -1 // as tm_isdst: unknown
		if L.GetField(-1, "isdst") != state.Nil {
			summer = 0
			if L.ToBoolean(-1) {
				summer = 1
			}
		}
		L.Pop(1)
		t := time.Date(year, time.Month(month), day, hour, minute, sec, 0, clockOf(L).Location())
		t = adjustDST(t, summer)
		setDate(L, t) // normalised
		seconds = t.Unix()
	}
	if limit := maxInteger(L); seconds > limit || seconds < -limit-1 || seconds == -1 {
		return badTime(L)
	}
	L.PushInteger(seconds)
	return 1
}

// adjustDST moves a local time that says whether it is daylight saving time, by
// the difference that its zone makes in some other part of the year.
func adjustDST(t time.Time, summer int) time.Time {
	if summer < 0 || t.IsDST() == (summer > 0) {
		return t
	}
	_, offset := t.Zone()
	for months := 1; months < 12; months++ {
		other := t.AddDate(0, months, 0)
		if other.IsDST() != t.IsDST() {
			_, otherOffset := other.Zone()
			return t.Add(time.Duration(offset-otherOffset) * time.Second)
		}
	}
	if summer > 0 { // a zone without it: the C library takes an hour for granted
		return t.Add(-time.Hour)
	}
	return t.Add(time.Hour)
}
