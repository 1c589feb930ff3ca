package node

import (
	"time"

	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/pmsleep"
	"moonlet.example/moonlet/internal/port"
)

// Processor clocks in MHz.
const (
	cpuMHz    = 80
	cpuMaxMHz = 160
)

// errorDelay is the time between the first error that nobody caught and the
// restart (DELAY2SEC).
const errorDelay = 2 * time.Second

// defaultOnError prints the error in its argument, and lets the chip restart.
func defaultOnError(L state.State) int {
	L.SetTop(1)
	message, _ := L.ToString(1)
	system(L).Uncaught(message)
	L.GetGlobal("print")
	L.Insert(1)
	L.PCall(1, 0, 0)
	if s := static(L); s.u32(offRestarting) == 0 {
		s.setU32(offRestarting, 1)
		chip(L).Loop().NewTimer(system(L).Restart).Arm(errorDelay, false)
	}
	return 0
}

// setOnError is node.setonerror([function]).
func setOnError(L state.State) int {
	L.SetTop(1)
	if !L.IsFunction(1) {
		L.Pop(1)
		L.PushFunction(onError)
	}
	L.SetField(state.RegistryIndex, "onerror")
	return 0
}

// restart is node.restart(). It returns: the chip restarts after the task.
func restart(L state.State) int {
	system(L).Restart()
	return 0
}

// restore is node.restore().
func restore(L state.State) int {
	sdk(L).RestoreDefaults()
	return 0
}

// deepSleepMax is node.dsleepMax().
func deepSleepMax(L state.State) int {
	us := uint64(system(L).RTCCalibration()) * (0x80000000 - 1) / 0x1000
	L.PushNumber(float64(us)) // where numbers are integers, the largest of them
	return 1
}

// deepSleep is node.dsleep([µs [, option [, instant]]]). Neither the time nor
// the option is checked: the firmware means to, but its checks have their
// arguments in the wrong order.
func deepSleep(L state.State) int {
	if L.IsNumber(2) {
		option, _ := L.ToInteger(2)
		sdk(L).SetDeepSleepOption(uint8(option))
	}
	atOnce := L.IsNumber(3) && L.CheckInteger(3) != 0
	if !L.IsNumber(1) {
		return 0
	}
	var us uint64
	switch {
	case state.IsIntegral(L):
		us = uint64(L.CheckInteger(1))
	case L.IsInteger(1) && !state.IsLua51(L):
		n, _ := L.ToInteger(1)
		us = uint64(n)
		if size, _ := L.NumberSizes(); size == 4 {
			us = uint64(uint32(n))
		}
	default:
		n, _ := L.ToNumber(1)
		us = libm.ChipUint64(n)
	}
	system(L).DeepSleep(us, atOnce)
	return 0
}

// sleepFor is node.sleep(table), which only a build with PMSLEEP_ENABLE and
// TIMER_SUSPEND_ENABLE has; the others say what is missing.
func sleepFor(o Options) state.Func {
	text := "\n The options \"TIMER_SUSPEND_ENABLE\" and \"PMSLEEP_ENABLE\" in " +
		"\"app/include/user_config.h\" were disabled during FW build!\n"
	switch {
	case o.PMSleep && o.TimerSuspend:
		return pmsleep.Sleep
	case o.PMSleep:
		text = "\n The option \"TIMER_SUSPEND_ENABLE\" in \"app/include/user_config.h\" was disabled during FW build!\n"
	}
	return func(L state.State) int {
		L.ErrorOutput(text)
		return L.Errorf("node.sleep() is unavailable")
	}
}

// setCPUFrequency is node.setcpufreq(mhz).
func setCPUFrequency(L state.State) int {
	mhz := cpuMHz
	if uint32(L.CheckInteger(1)) == cpuMaxMHz {
		mhz = cpuMaxMHz
	}
	system(L).SetCPUFrequency(mhz)
	return cpuFrequency(L)
}

// cpuFrequency is node.getcpufreq().
func cpuFrequency(L state.State) int {
	L.PushInteger(int64(system(L).CPUFrequency()))
	return 1
}

// bootReason is node.bootreason().
func bootReason(L state.State) int {
	r := system(L).ResetInfo()
	pushU32(L, r.Raw)
	pushU32(L, uint32(r.Reason))
	if r.Reason != port.ResetException {
		return 2
	}
	for _, v := range [...]uint32{r.ExcCause, r.EPC1, r.EPC2, r.EPC3, r.ExcVAddr, r.DEPC} {
		pushU32(L, v)
	}
	return 8
}

// osPrint is node.osprint(on).
func osPrint(L state.State) int {
	sdk(L).SetSDKOutput(L.ToBoolean(1))
	return 0
}

// startupCounts is node.startupcounts([marker]). What the firmware counts before
// Lua runs is not counted here.
func startupCounts(L state.State) int {
	s := static(L)
	n := s.u32(offCounts)
	entry := func(i uint32) state.Addr { return offCounts + 4 + state.Addr(8*i) }
	if L.IsNumber(1) && n < countsMax {
		line, _ := L.ToInteger(1)
		s.setU32(entry(n), uint32(line))
		s.setU32(entry(n)+4, system(L).CycleCount())
		n++
		s.setU32(offCounts, n)
	}
	L.CreateTable(int(n), 0)
	for i := range n {
		L.CreateTable(0, 3)
		setString(L, "node_startup_counts", "name")
		setU32Field(L, s.u32(entry(i)), "line")
		setU32Field(L, s.u32(entry(i)+4), "ccount")
		L.RawSetI(-2, int64(i+1))
	}
	return 1
}
