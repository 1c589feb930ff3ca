package wallclock_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

// referenceVariable names a program made of the firmware's rtctime_internal.h, rtcfifo.h and
// cron.c. It obeys commands,
// one a line, and answers each by a line; these are for the clock:
//
//	at N                the counter of the SDK's timers is N
//	boot CAUSE          a reset with that raw cause; the counter is 0
//	write WORD N        to the RTC memory
//	set S US, rate N, prepare, tick
//	get                 seconds and µs in front of the state
//	have                1 if the time is known
//	delta US
//	sleep US            cycles that are slept and µs that were waited before, and the state
//	aligned US LEAST    likewise
//	calendar S
//
// The state is the static variables and the first nine words of the RTC memory. What is for
// rtcfifo and cron is in the tests of those.
const referenceVariable = "MOONLET_CLOCK_C"

// pair is the clock and the reference, which are asked the same.
type pair struct {
	*bench
	c   *moduletest.Program
	r   *rand.Rand
	log []string
}

// seconds is a time to set: mostly one near the last, and sometimes any.
func (p *pair) seconds(last uint32) uint32 {
	switch p.r.IntN(12) {
	case 0:
		return p.r.Uint32()
	case 1:
		return 0
	case 2:
		return 1 + uint32(p.r.IntN(5000))
	case 3:
		return last + uint32(p.r.IntN(20000)) - 10000
	}
	return last + uint32(p.r.IntN(20)) - 10
}

func (p *pair) small() uint32 { return p.r.Uint32() >> p.r.IntN(32) }

func (p *pair) boot(raw uint32) (what, want, got string) {
	want = p.c.Ask(p.t, "boot %d", raw)
	p.reset(port.ResetInfo{Raw: raw, Reason: port.ResetRestart})
	return "boot", want, p.clock().State()
}

// step does one thing at random.
func (p *pair) step() (what, want, got string) {
	c := p.clock()
	if passed := time.Duration(p.small()) * 3200; p.r.IntN(3) > 0 {
		p.chip.Tasks.RunFor(passed)
		p.c.Ask(p.t, "at %d", p.chip.Sys.TimerCount())
	}
	switch p.r.IntN(14) {
	default:
		sec, us := c.Now()
		p.last = sec
		return "get", p.c.Ask(p.t, "get"), fmt.Sprint(sec, us, " ", c.State())
	case 0, 1:
		sec, us := p.seconds(p.last), uint32(p.r.IntN(1_000_000))
		c.Set(sec, us)
		return fmt.Sprint("set ", sec, us), p.c.Ask(p.t, "set %d %d", sec, us), c.State()
	case 2:
		rate := int32(p.small())
		if p.r.IntN(2) == 0 {
			rate = -rate
		}
		c.SetRate(rate)
		return fmt.Sprint("rate ", rate), p.c.Ask(p.t, "rate %d", rate), c.State()
	case 3:
		us := p.small()
		return fmt.Sprint("delta ", us), p.c.Ask(p.t, "delta %d", us), fmt.Sprint(c.AdjustDelta(int32(us)))
	case 4, 5:
		c.Tick()
		return "tick", p.c.Ask(p.t, "tick"), c.State()
	case 6:
		known := 0
		if c.Known() {
			known = 1
		}
		return "have", p.c.Ask(p.t, "have"), fmt.Sprint(known)
	case 7:
		c.Prepare()
		return "prepare", p.c.Ask(p.t, "prepare"), c.State()
	case 8:
		us := p.small()
		slept := p.sleep(func() { c.Sleep(us) })
		return fmt.Sprint("sleep ", us), p.c.Ask(p.t, "sleep %d", us), slept
	case 9:
		align, least := p.small(), p.small()
		slept := p.sleep(func() { c.SleepAligned(align, least) })
		return fmt.Sprint("aligned ", align, least), p.c.Ask(p.t, "aligned %d %d", align, least), slept
	case 10:
		return p.boot([]uint32{2, 2, 2, 1, 4}[p.r.IntN(5)])
	case 11:
		i, v := p.r.IntN(10), p.r.Uint32()
		p.chip.Sys.SetRTCWord(i, v)
		return "write", p.c.Ask(p.t, "write %d %d", i, v), "ok"
	}
}

// TestReference holds that the clock is the firmware's: in random histories of setting,
// reading, sleeping and resets.
func TestReference(t *testing.T) {
	c := moduletest.StartProgram(t, referenceVariable)
	steps := 0
	for seed := range uint64(400) {
		p := &pair{bench: newBench(t), c: c, r: rand.New(rand.NewPCG(seed, 13))}
		p.last = 1_700_000_000
		for i := range 128 {
			p.c.Ask(t, "write %d %d", i, p.chip.Sys.RTCWord(i))
		}
		p.boot(1)
		for range 150 {
			what, want, got := p.step()
			p.log = append(p.log, what)
			if got != want {
				t.Fatalf("history %d, after %v:\n%s, want\n%s", seed, p.log[max(0, len(p.log)-12):], got, want)
			}
			steps++
			if strings.HasPrefix(what, "sleep") || strings.HasPrefix(what, "aligned") {
				if what, want, got := p.boot(2); got != want {
					t.Fatalf("history %d, %s after %v:\n%s, want\n%s", seed, what, p.log[max(0, len(p.log)-12):], got, want)
				}
			}
		}
	}
	t.Logf("%d commands, 0 different", steps)
}

// TestReferenceCalendar compares dates.
func TestReferenceCalendar(t *testing.T) {
	c := moduletest.StartProgram(t, referenceVariable)
	n := 0
	for s := int64(0); s < 1<<31; s += 86400*3 + 12345 {
		d := wallclock.CalendarOf(s)
		got := fmt.Sprint(d.Year, d.Month, d.Day, d.Hour, d.Minute, d.Second, d.Weekday, d.YearDay)
		if want := c.Ask(t, "calendar %d", s); got != want {
			t.Fatalf("%d: %s, want %s", s, got, want)
		}
		n++
	}
	t.Logf("%d dates, 0 different", n)
}
