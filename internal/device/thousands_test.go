package device_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
)

// ticking is an application that does something each second.
const ticking = "tmr.create():alarm(1000, tmr.ALARM_AUTO, function() n = (n or 0) + 1 end)"

// inMemory makes a module whose flash memory is nowhere on the host.
func inMemory(tb testing.TB, clock sdk.Clock, code string) *device.Device {
	tb.Helper()
	state := hostfile.NewMemory()
	if err := state.MkdirAll(storage.FlashDir, 0o777); err != nil {
		tb.Fatal(err)
	}
	if err := state.Replace(storage.FlashDir+"/init.lua", []byte(code), 0o666); err != nil {
		tb.Fatal(err)
	}
	d, err := device.New(device.Config{State: state, Clock: clock, Serial: io.Discard, Net: device.Network{AutoPorts: true}})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// hostUse is what a process has of the host, in bytes, and how many of what is counted.
type hostUse struct {
	goHeap, mapped, resident, tables float64
	mappings, goroutines             int
}

// using measures it, as far as the host tells.
func using(all []*device.Device) (u hostUse) {
	debug.FreeOSMemory() // what others left behind is not to be counted
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.goHeap = float64(m.HeapInuse + m.StackInuse)
	u.goroutines = runtime.NumGoroutine()
	for _, d := range all {
		u.mapped += float64(d.MappedBytes())
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	u.mappings = bytes.Count(maps, []byte("\n"))
	u.resident = field("/proc/self/smaps_rollup", "Pss:")
	u.tables = field("/proc/self/status", "VmPTE:")
	return u
}

// field is a number of KB in a file of the host, as bytes.
func field(file, name string) float64 {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.Atoi(f[1])
			return float64(n) * 1024
		}
	}
	return 0
}

// BenchmarkThousands tells what modules take of the host when there are many of them in a
// process: each has a timer that runs every second, in virtual time. Its figures are those
// of one module.
func BenchmarkThousands(b *testing.B) {
	for _, n := range []int{1, 1000, 5000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { thousands(b, n) })
	}
}

func thousands(b *testing.B, n int) {
	const seconds = 10
	for b.Loop() {
		before := using(nil)
		began, cpu := time.Now(), cpuTime()
		all := make([]*device.Device, n)
		for i := range all {
			all[i] = inMemory(b, sdk.NewVirtualClock(), ticking)
			if err := all[i].RunFor(500 * time.Millisecond); err != nil {
				b.Fatal(err)
			}
		}
		each := func(value float64, unit string) { b.ReportMetric(value/float64(n), unit) }
		each(float64(time.Since(began).Microseconds()), "boot-µs")
		each(float64((cpuTime() - cpu).Microseconds()), "boot-cpu-µs")
		after := using(all)
		each(after.goHeap-before.goHeap, "Go-bytes")
		each(after.mapped, "mapped-bytes")
		each(after.resident-before.resident, "resident-bytes")
		each(after.tables-before.tables, "page-table-bytes")
		each(float64(after.mappings-before.mappings), "mappings")
		each(float64(after.goroutines-before.goroutines), "goroutines")
		cpu = cpuTime()
		for range seconds {
			for _, d := range all {
				if err := d.RunFor(time.Second); err != nil {
					b.Fatal(err)
				}
			}
		}
		each(float64((cpuTime()-cpu).Nanoseconds())/seconds, "cpu-ns/s")
		for _, d := range all {
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkThousandsReal is the same in real time, each module on a goroutine of its own.
func BenchmarkThousandsReal(b *testing.B) {
	for _, n := range []int{1, 1000, 5000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { thousandsReal(b, n) })
	}
}

func thousandsReal(b *testing.B, n int) {
	const settle, seconds = 3 * time.Second, 10
	for b.Loop() {
		before := using(nil)
		ctx, cancel := context.WithCancel(b.Context())
		all, wg := make([]*device.Device, n), sync.WaitGroup{}
		cpu := cpuTime()
		for i := range all {
			all[i] = inMemory(b, sdk.NewRealClock(1), ticking)
			wg.Go(func() {
				if err := all[i].Run(ctx); err != nil {
					b.Error(err)
				}
			})
		}
		time.Sleep(settle)
		each := func(value float64, unit string) { b.ReportMetric(value/float64(n), unit) }
		each(float64((cpuTime() - cpu).Microseconds()), "boot-cpu-µs")
		after := using(all)
		each(after.goHeap-before.goHeap, "Go-bytes")
		each(after.resident-before.resident, "resident-bytes")
		each(float64(after.goroutines-before.goroutines), "goroutines")
		cpu = cpuTime()
		time.Sleep(seconds * time.Second)
		each(float64((cpuTime()-cpu).Nanoseconds())/seconds, "cpu-ns/s")
		cancel()
		wg.Wait()
		for _, d := range all {
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// TestMany holds what many modules in a process cost: on Linux two mappings each, no
// goroutines between two runs, and nothing when they are closed.
func TestMany(t *testing.T) {
	const n = 150
	keep := inMemory(t, sdk.NewVirtualClock(), ticking) // what is there once is there already
	if err := keep.RunFor(time.Second); err != nil {
		t.Fatal(err)
	}
	before := using(nil)
	all := make([]*device.Device, n)
	for i := range all {
		all[i] = inMemory(t, sdk.NewVirtualClock(), fmt.Sprintf("id = %d %s", i, ticking))
	}
	for range 3 {
		for _, d := range all {
			if err := d.RunFor(time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	during := using(all)
	if n := during.goroutines - before.goroutines; n > 0 {
		t.Errorf("there are %d goroutines more", n)
	}
	if m := during.mappings - before.mappings; runtime.GOOS == "linux" && mem.Mapped && m > 2*n+20 {
		t.Errorf("%d modules have %d mappings", n, m)
	}
	for i, d := range all {
		if got := d.Eval("return id .. ' ' .. n"); got != fmt.Sprintf("%d 2", i) {
			t.Errorf("module %d tells %q", i, got)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := using(nil); after.mappings > before.mappings+10 || after.goroutines > before.goroutines {
		t.Errorf("closed modules leave %d mappings and %d goroutines", after.mappings-before.mappings, after.goroutines-before.goroutines)
	}
	if err := keep.Close(); err != nil {
		t.Fatal(err)
	}
}
