package moonlet_test

import (
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// BenchmarkBoot makes a module, boots it and closes it.
func BenchmarkBoot(b *testing.B) {
	for b.Loop() {
		m, err := moonlet.New(app(""))
		must(b, err)
		must(b, m.Boot())
		must(b, m.Close())
	}
}

// BenchmarkRunUntil lets a module that does nothing live for a second, in the steps of
// RunUntil.
func BenchmarkRunUntil(b *testing.B) {
	m := open(b, app(""))
	must(b, m.Boot())
	for b.Loop() {
		_ = m.RunUntil(func(*moonlet.Bench) bool { return false }, time.Second)
	}
}

// BenchmarkDo does nothing between two tasks.
func BenchmarkDo(b *testing.B) {
	m := open(b, app(""))
	must(b, m.Boot())
	for b.Loop() {
		must(b, m.Do(func(*moonlet.Bench) {}))
	}
}

// BenchmarkSerial prints lines, of which the module keeps the end.
func BenchmarkSerial(b *testing.B) {
	m := open(b, app("function flood() for i = 1, 100 do print(i, 'some text that is sent') end end"), moonlet.FastSerial())
	must(b, m.Boot())
	for b.Loop() {
		must(b, m.Enter("flood()"))
		must(b, m.RunFor(100*time.Millisecond))
	}
}
