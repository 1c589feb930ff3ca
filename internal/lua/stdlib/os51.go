package stdlib

import (
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
)

// OS51 is the os library of the host profile of Lua 5.1, of a build with floats or one with integers.
func OS51(integral bool) state.Module {
	o := os51{integral}
	t := &state.ROTable{Name: "os", Entries: []state.Entry{
		state.Fn("clock", o.clock), state.Fn("date", o.date), state.Fn("difftime", o.difference), state.Fn("execute", execute51),
		state.Fn("exit", exit51), state.Fn("getenv", osGetenv), state.Fn("remove", osRemove), state.Fn("rename", rename51),
		state.Fn("setlocale", osSetLocale), state.Fn("time", o.time), state.Fn("tmpname", osTmpName),
	}}
	if integral {
		t.Entries = append(t.Entries[:2:2], t.Entries[3:]...)
	}
	return state.Module{Name: "os", Table: t}
}

type os51 struct{ integral bool }

func execute51(L state.State) int {
	env, ok := L.Host().(Environment)
	status := 0
	switch {
	case L.IsNoneOrNil(1):
		if ok && env.HasShell() {
			status = 1
		}
	case ok:
		var err error
		if status, err = env.Execute(checkCString(L, 1)); err != nil {
			status = -1
		}
	}
	L.PushInteger(int64(status))
	return 1
}

func exit51(L state.State) int {
	code := optInt(L, 1, 0)
	env, ok := L.Host().(Environment)
	if !ok {
		return L.Errorf("exit not supported")
	}
	env.Exit(code, false)
	return 0
}

func rename51(L state.State) int {
	from, to := checkCString(L, 1), checkCString(L, 2)
	err := error(errNoFunction)
	if host, ok := L.Host().(FileSystem); ok {
		err = host.Rename(from, to)
	}
	return namedResult(L, err, from)
}

// clock is in whole seconds where numbers are integers.
func (o os51) clock(L state.State) int {
	if o.integral {
		L.PushInteger(int64(clockOf(L).CPUTime().Seconds()))
		return 1
	}
	return osClock(L)
}

// seconds is a time in an argument.
func (os51) seconds(L state.State, arg int) int64 { return HostInteger(L.CheckNumber(arg)) }

func (o os51) difference(L state.State) int {
	b := int64(0) // C's compiler has the second argument evaluated first
	if !L.IsNoneOrNil(2) {
		b = o.seconds(L, 2)
	}
	a := o.seconds(L, 1)
	d := float64(uint64(max(a, b)) - uint64(min(a, b)))
	if a < b {
		d = -d
	}
	L.PushNumber(d)
	return 1
}

func (o os51) date(L state.State) int {
	format := cString(optCString(L, 1, "%c"))
	var seconds int64
	if L.IsNoneOrNil(2) {
		seconds = clockOf(L).UnixTime()
	} else {
		seconds = o.seconds(L, 2)
	}
	zone := time.FixedZone("GMT", 0)
	if strings.HasPrefix(format, "!") {
		format = format[1:]
	} else {
		zone = clockOf(L).Location()
	}
	if seconds < minTime || seconds > maxTime {
		L.PushNil()
		return 1
	}
	t := time.Unix(seconds, 0).In(zone)
	if format == "*t" {
		L.CreateTable(0, 9)
		setDate(L, t)
		return 1
	}
	b := L.NewBuffer()
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.AddByte(format[i])
			continue
		}
		i++
		b.AddBytes(conversion51(nil, t, format[i]))
	}
	b.PushResult()
	return 1
}

// conversion51 is strftime of one letter: the C library has some of its own, and leaves what it does not know.
func conversion51(dst []byte, t time.Time, c byte) []byte {
	switch {
	case '3' <= c && c <= '9': // a width, of what is no conversion
		return append(append(dst, strings.Repeat(" ", int(c-'2'))...), '%', c)
	case c == 'k':
		return appendPadded(dst, t.Hour(), 2, ' ')
	case c == 'l':
		return appendPadded(dst, (t.Hour()+11)%12+1, 2, ' ')
	case c == 'P':
		return append(dst, strings.ToLower(t.Format("PM"))...)
	case c == 's':
		return strconv.AppendInt(dst, t.Unix(), 10)
	case strings.IndexByte("aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%", c) < 0:
		return append(dst, '%', c)
	}
	return appendTime(dst, t, c)
}

// field reads a field of the table on top of the stack, which has to be there if the default is negative.
func (os51) field(L state.State, key string, def int) int {
	L.GetField(-1, key)
	n := int64(def)
	if d, ok := L.ToNumber(-1); ok {
		n = int64(int32(HostInteger(d)))
	} else if def < 0 {
		L.Errorf("field '%s' missing in date table", key)
	}
	L.Pop(1)
	return int(n)
}

func (o os51) time(L state.State) int {
	var seconds int64
	if L.IsNoneOrNil(1) {
		seconds = clockOf(L).UnixTime()
	} else {
		L.CheckType(1, state.Table)
		L.SetTop(1)
		sec, minute, hour := o.field(L, "sec", 0), o.field(L, "min", 0), o.field(L, "hour", 12)
		day := o.field(L, "day", -1)
		month := int(int32(o.field(L, "month", -1) - 1)) // struct tm has ints
		year := int(int32(o.field(L, "year", -1) - 1900))
		summer := -1
		if L.GetField(-1, "isdst") != state.Nil {
			summer = 0
			if L.ToBoolean(-1) {
				summer = 1
			}
		}
		L.Pop(1)
		t := adjustDST(time.Date(year+1900, time.Month(month+1), day, hour, minute, sec, 0, clockOf(L).Location()), summer)
		if seconds = t.Unix(); seconds < minTime || seconds > maxTime {
			seconds = -1
		}
	}
	if seconds == -1 {
		L.PushNil()
	} else if o.integral {
		L.PushInteger(int64(int32(seconds)))
	} else {
		L.PushNumber(float64(seconds))
	}
	return 1
}
