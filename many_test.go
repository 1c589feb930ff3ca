package moonlet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// counting writes a file each second.
const counting = `n = tonumber(file.getcontents("n") or "0")
	tmr.create():alarm(1000, tmr.ALARM_AUTO, function() n = n + 1 file.putcontents("n", tostring(n)) end)`

// eachOf calls f for many modules at the same time.
func eachOf(all []*moonlet.Module, f func(i int, m *moonlet.Module) error) error {
	errs := make(chan error, len(all))
	for i, m := range all {
		go func() { errs <- f(i, m) }()
	}
	var first error
	for range all {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}

// TestMany holds that modules which are made in code, or apart from their projects, are in
// memory alone: they need no descriptors and no files, disturb nobody, and leave nothing.
func TestMany(t *testing.T) {
	temporary := noTemporary(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "init.lua"), []byte(counting), 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "moonlet.toml"), []byte("seed = 1\nstate = \"kept\"\n"), 0o666))
	single := filepath.Join(dir, "init.lua")
	virtual := moonlet.With(moonlet.Config{Time: moonlet.Virtual})
	start := func(i int) (m *moonlet.Module, err error) {
		switch i % 10 {
		case 0:
			m, err = moonlet.Open(dir, moonlet.Apart(), virtual)
		case 1:
			m, err = moonlet.Open(single, moonlet.Apart(), virtual)
		case 2:
			m, err = moonlet.New(app(counting), moonlet.Apart())
		case 3:
			m, err = moonlet.New(app(counting), moonlet.Fresh())
		default:
			m, err = moonlet.New(app(counting))
		}
		if err == nil {
			err = m.RunFor(time.Duration(i%5+1)*time.Second + 500*time.Millisecond)
		}
		return m, err
	}
	for i := range 5 { // what there is once is there already
		m, err := start(i)
		must(t, err)
		defer func() { must(t, m.Close()) }()
	}
	before := resources(t)

	all := make([]*moonlet.Module, 300)
	must(t, eachOf(all, func(i int, _ *moonlet.Module) (err error) {
		all[i], err = start(i)
		return err
	}))
	during := resources(t)
	if during[0] > before[0] || during[2] > before[2] {
		t.Errorf("goroutines, mappings, descriptors: %v before, %v with %d modules", before, during, len(all))
	}
	temporary()
	must(t, eachOf(all, func(i int, m *moonlet.Module) error {
		if at := m.Storage(); at.Dir != "" || at.Chip != "" || !at.Temporary {
			return fmt.Errorf("module %d is in %+v", i, at)
		}
		if err := m.CutPower(); err != nil { // what it wrote stays
			return err
		}
		if err := m.RunFor(1500 * time.Millisecond); err != nil {
			return err
		}
		if got, err := m.ReadFile("n"); err != nil || string(got) != strconv.Itoa(i%5+2) {
			return fmt.Errorf("module %d counts %q, %w", i, got, err)
		}
		return m.Close()
	}))
	temporary()
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if after := resources(t); after[0] > before[0] || after[1] > before[1]+len(all)/10 || after[2] > before[2] {
		t.Errorf("goroutines, mappings, descriptors: %v before, %v after", before, after)
	}
}

// BenchmarkModules tells what modules that New makes cost when there are many of them in a
// process: each has a timer that runs every second, in virtual time. Its figures are those of
// one module.
func BenchmarkModules(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { modules(b, n) })
	}
}

func modules(b *testing.B, n int) {
	const seconds = 10
	c := app("tmr.create():alarm(1000, tmr.ALARM_AUTO, function() n = (n or 0) + 1 end)")
	once, err := moonlet.New(c) // what all of them share is not to be counted
	must(b, err)
	must(b, once.Boot())
	for b.Loop() {
		each := func(value float64, unit string) { b.ReportMetric(value/float64(n), unit) }
		goBytes, resident := memoryUse()
		had := resources(b)
		all := make([]*moonlet.Module, n)
		took := func(f func(i int) error) float64 {
			began := time.Now()
			for i := range all {
				must(b, f(i))
			}
			return float64(time.Since(began).Microseconds())
		}
		each(took(func(i int) (err error) { all[i], err = moonlet.New(c); return err }), "new-µs")
		each(took(func(i int) error { return all[i].RunFor(500 * time.Millisecond) }), "boot-µs")
		goNow, residentNow := memoryUse()
		has := resources(b)
		each(goNow-goBytes, "Go-bytes")
		each(residentNow-resident, "resident-bytes")
		each(float64(has[0]-had[0]), "goroutines")
		each(float64(has[1]-had[1]), "mappings")
		each(float64(has[2]-had[2]), "descriptors")
		each(took(func(i int) error { return all[i].RunFor(seconds * time.Second) })/seconds, "run-µs/s")
		each(took(func(i int) error { return all[i].Close() }), "close-µs")
	}
	must(b, once.Close())
	b.ReportMetric(0, "ns/op")
}

// memoryUse is the memory of Go and what the host has given to the process, in bytes; 0 where
// it does not tell.
func memoryUse() (goBytes, resident float64) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	_, after, _ := strings.Cut(string(text), "Pss:")
	kb := 0.0
	_, _ = fmt.Sscan(after, &kb)
	return float64(m.HeapInuse + m.StackInuse), kb * 1024
}
