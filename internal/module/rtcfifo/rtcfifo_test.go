package rtcfifo_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/rtcfifo"
	"moonlet.example/moonlet/internal/module/rtcmem"
	"moonlet.example/moonlet/internal/module/rtctime"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// board is a chip with RTC memory.
type board struct{ *porttest.Chip }

func (b board) RTC() port.RTCMemory { return b.Sys }

func boot(t *testing.T, modules ...state.Module) *moduletest.Lua {
	chip := porttest.New(t, porttest.Config{})
	if modules == nil {
		modules = []state.Module{rtcfifo.ModuleWithClock, rtcmem.Module, rtctime.Module}
	}
	return moduletest.Boot(t, moduletest.Config{Chip: chip, Host: board{chip}, Modules: modules, UnitTime: time.Microsecond})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/rtcfifo.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/rtcfifo.lua") })
}

// TestWithoutClock holds what a build without rtctime lacks.
func TestWithoutClock(t *testing.T) { moduletest.Editions(t, testWithoutClock) }

func testWithoutClock(t *testing.T) {
	l := boot(t, rtcfifo.Module, rtcmem.Module)
	l.Do(`assert(rtcfifo.dsleep_until_sample == nil)
		rtcfifo.prepare{interval_us = 5} assert(rtcmem.read32(11) == 0)
		rtcfifo.put(1, 2, 3, "x") assert(rtcfifo.count() == 1)`)
}

// TestSleep holds that the chip wakes up when the next sample is due, with the samples.
func TestSleep(t *testing.T) { moduletest.Editions(t, testSleep) }

func testSleep(t *testing.T) {
	l := boot(t)
	l.Do(`rtctime.set(1436430589) rtcfifo.prepare{interval_us = 10000000} rtcfifo.put(rtctime.get(), 7, 0, "x")`)
	if err := l.Exec("rtcfifo.dsleep_until_sample(2000000)", "=test"); !errors.Is(err, moduletest.ErrOff) {
		t.Fatal(err)
	}
	e := l.Sys.Pending()
	l.Tasks.Reset()
	l.RunFor(e.Sleep)
	l.Reboot(e.Next)
	l.Do("local s = rtctime.get() assert(s == 1436430600, s) local s, v = rtcfifo.pop() assert(s == 1436430589 and v == 7)")
}

// TestWatchdog holds that a count that somebody has made up ends by the watchdog.
func TestWatchdog(t *testing.T) { moduletest.Editions(t, testWatchdog) }

func testWatchdog(t *testing.T) {
	for _, code := range []string{"rtcfifo.drop(-1)", "rtcfifo.peek(-2)"} {
		l := boot(t)
		l.Do("rtcfifo.prepare() rtcmem.write32(16, -1)")
		if err := l.Exec(code, "=test"); err == nil || !strings.HasPrefix(err.Error(), "reset") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{rtcfifo.ModuleWithClock}})
	for _, name := range []string{"prepare", "ready", "put", "pop", "peek", "drop", "count", "dsleep_until_sample"} {
		if err := l.Exec("rtcfifo."+name+"()", "=test"); err == nil || !strings.Contains(err.Error(), "this board has no RTC memory") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// history does random things with a queue, as a Lua program and by commands, one a line.
func history(r *rand.Rand) (lua, commands []string) {
	now := r.Uint32() >> r.IntN(32)
	prepare := func() {
		place := [2]int{-1, -1}
		if r.IntN(3) == 0 {
			place = [2]int{r.IntN(130), r.IntN(140)}
		} else if r.IntN(9) == 0 {
			place = [2]int{r.IntN(1 << 20), r.IntN(1000) - 20}
		}
		interval, sensors := r.IntN(1<<24), r.IntN(20)
		lua = append(lua, fmt.Sprintf("rtcfifo.prepare{interval_us=%d,sensor_count=%d,storage_begin=%d,storage_end=%d}", interval, sensors, place[0], place[1]))
		commands = append(commands, fmt.Sprintf("fifo %d %d %d %d", interval, sensors, place[0], place[1]))
	}
	prepare()
	for range 60 {
		switch k := r.IntN(40); {
		case k == 0:
			prepare()
		case k < 22:
			now += uint32(r.IntN(40))
			if r.IntN(20) == 0 {
				now += uint32(r.IntN(1000)) - 100
			}
			value, decimals, name := r.Uint32()>>r.IntN(32), r.IntN(10), "abcdefgh"[r.IntN(8)]
			lua = append(lua, fmt.Sprintf("rtcfifo.put(%d|0,%d|0,%d,string.char(%d))", int32(now), int32(value), decimals, name))
			commands = append(commands, fmt.Sprintf("put %d %d %d %d", now, value, decimals, name))
		case k < 28:
			lua, commands = append(lua, "show(rtcfifo.pop())"), append(commands, "pop")
		case k < 34:
			n := r.IntN(20)
			lua, commands = append(lua, fmt.Sprintf("show(rtcfifo.peek(%d))", n)), append(commands, fmt.Sprintf("peek %d", n))
		case k < 38:
			n := r.IntN(6)
			lua, commands = append(lua, fmt.Sprintf("rtcfifo.drop(%d)", n)), append(commands, fmt.Sprintf("drop %d", n))
		default:
			lua, commands = append(lua, "print(rtcfifo.count(), rtcfifo.ready())"), append(commands, "count")
		}
	}
	return lua, commands
}

// TestReference compares with the firmware's own code: samples, and all words of the memory
// after each command. The commands, beside those that the tests of package wallclock tell:
//
//	fifo INTERVAL SENSORS BEGIN END   prepare; -1, -1 is the usual place
//	put TIME VALUE DECIMALS TAG, pop, peek N, drop N
//	count                             and whether it is prepared
//	memory                            all words
func TestReference(t *testing.T) {
	c := moduletest.StartProgram(t, "MOONLET_CLOCK_C")
	l := boot(t)
	l.Do(`function show(s, v, d, tag)
		if not s then print("none") return end
		local n = 0
		for i = 1, #tag do n = n | tag:byte(i) << 8 * i - 8 end
		print(("%u %u %u %u"):format(s, v, d, n))
	end`)
	n := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		for i := range 128 {
			v := r.Uint32()
			l.Sys.SetRTCWord(i, v)
			c.Ask(t, "write %d %d", i, v)
		}
		lua, commands := history(r)
		for i := range lua {
			if prepared := l.Sys.RTCWord(10) == 0x44695553; !prepared && !strings.HasPrefix(commands[i], "fifo") {
				continue // a queue that lies over its own marks
			}
			l.Do(lua[i])
			want := c.Ask(t, "%s", commands[i])
			got := strings.ReplaceAll(strings.TrimSpace(l.Printed()), "\t", " ")
			if got == "" {
				got = "ok"
			}
			var words []string
			for k := range 128 {
				words = append(words, fmt.Sprint(l.Sys.RTCWord(k)))
			}
			memory := c.Ask(t, "memory")
			if got != want || strings.Join(words, " ") != memory {
				t.Fatalf("history %d, after %v:\n%s, want %s\n%v, want\n%s", seed, commands[max(0, i-8):i+1], got, want, words, memory)
			}
			n++
		}
	}
	t.Logf("%d commands, 0 different", n)
}
