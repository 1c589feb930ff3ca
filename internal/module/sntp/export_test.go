package sntp

import "moonlet.example/moonlet/internal/lua/state"

// Expire does what the timer of an answer does, Again what that of the repetition does, if there
// is one.
func Expire(L state.State, clock bool) {
	if c := clientOf(L, clock); c.sync() != 0 && c.timer(c.sync()+offTimer).Armed() {
		c.timer(c.sync() + offTimer).Disarm()
		c.send()
	}
}

func Again(L state.State, clock bool) {
	if c := clientOf(L, clock); c.repeat() != 0 {
		c.again()
	}
}

// Parse is that of packets.
func Parse(p []byte) bool {
	a, ok := parse(p)
	if ok {
		s := a.compare(1, 2)
		s.rank()
		a.alone(3)
	}
	return ok
}
