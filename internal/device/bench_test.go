package device_test

import (
	"io"
	"runtime"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/sdk"
)

// idle makes a module that waits at its prompt.
func idle(tb testing.TB, dir string) *device.Device {
	tb.Helper()
	d, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir, Clock: sdk.NewVirtualClock(), Serial: io.Discard,
		Net: device.Network{AutoPorts: true}})
	if err != nil {
		tb.Fatal(err)
	}
	if err := d.RunFor(500 * time.Millisecond); err != nil {
		tb.Fatal(err)
	}
	return d
}

// BenchmarkBoot is a module from nothing to its prompt.
func BenchmarkBoot(b *testing.B) {
	dir := b.TempDir()
	began := cpuTime()
	for b.Loop() {
		idle(b, dir).Close()
	}
	b.ReportMetric(float64(cpuTime()-began)/float64(b.N), "cpu-ns/op")
}

// BenchmarkIdleMemory tells what a module takes on the host while it waits at its
// prompt: Go's heap, and the pages of its address space that it has touched (at
// most: all of its memory).
func BenchmarkIdleMemory(b *testing.B) {
	dir := b.TempDir()
	const modules = 32
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		all := make([]*device.Device, modules)
		for i := range all {
			all[i] = idle(b, dir)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/modules, "Go-bytes/module")
		b.ReportMetric(float64(all[0].MappedBytes()), "mapped-bytes/module")
		for _, d := range all {
			d.Close()
		}
	}
}
