package device_test

import (
	"io"
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
