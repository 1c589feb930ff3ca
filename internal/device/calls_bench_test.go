package device_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/storage"
)

// BenchmarkModuleCalls is a second of the module's time in which an application does
// nothing but call a function of a module. In virtual time that is always the same number
// of calls.
func BenchmarkModuleCalls(b *testing.B) {
	for _, c := range []struct{ name, setup, call string }{
		{"gpio.write", "gpio.mode(1, gpio.OUTPUT) local f = gpio.write", "f(1, i & 1)"},
		{"gpio.read", "local f = gpio.read", "f(1)"},
		{"tmr.now", "local f = tmr.now", "f()"},
		{"wifi.getmode", "local f = wifi.getmode", "f()"},
		{"uart.getconfig", "local f = uart.getconfig", "f(0)"},
		{"udp.send", "local u = net.createUDPSocket() local f = u.send", "f(u, 5000, '10.0.0.1', 'x')"},
	} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			code := c.setup + "\nn = 0 local function batch() for i = 1, 100 do " + c.call + " end n = n + 100 node.task.post(0, batch) end batch()"
			os.MkdirAll(filepath.Join(dir, storage.FlashDir), 0o777)
			if err := os.WriteFile(filepath.Join(dir, storage.FlashDir, "init.lua"), []byte(code), 0o666); err != nil {
				b.Fatal(err)
			}
			var out strings.Builder
			d, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir, Clock: sdk.NewVirtualClock(), Serial: &out,
				Net: device.Network{Policy: hostnet.None}})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			for b.Loop() {
				if err := d.RunFor(time.Second); err != nil {
					b.Fatal(err)
				}
			}
			took := b.Elapsed()
			out.Reset()
			d.Feed([]byte("=n\n"))
			if err := d.RunFor(time.Second); err != nil {
				b.Fatal(err)
			}
			lines := strings.Fields(out.String())
			n, err := strconv.Atoi(lines[1])
			if err != nil {
				b.Fatalf("%q", out.String())
			}
			b.ReportMetric(float64(took.Nanoseconds())/float64(n), "ns/call")
		})
	}
}
