package mqtt_test

import (
	"fmt"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// FuzzBroker lets a broker send anything in any pieces, acknowledge when it likes, and go. Each
// byte of the plan is a step; those that send take so many bytes of data. The heap stays sound and
// the stack empty, and when all is over nothing is left.
func FuzzBroker(f *testing.F) {
	f.Add([]byte("\x00\x01\x24\x03\x01\x04"), []byte("\x20\x02\x00\x00\x32\x07\x00\x01t\x00\x09ab"))
	f.Add([]byte("\x00\x01\x24\x05\x06\x01\x24\x01\x24\x01"), []byte("\x20\x02\x00\x00\x50\x02\x00\x01\x70\x02\x00\x01"))
	f.Add([]byte("\x00\x01\x24\xf0\xf0\xf0\xf0\x02\x02\x09"), []byte("\x20\x02\x00\x00\x34\xff\x01\x00\x01txxxxx"))
	f.Add([]byte("\x00\x0a\x0b\x0c\x24\x07\x08"), []byte("\x20\x02\x00\x05"))
	f.Fuzz(func(t *testing.T, plan, data []byte) {
		b := newBench(t)
		b.Do(`m = mqtt.Client("c", 10, "u", "p", 0, 60)
			function go(c) c:connect("10.0.0.1") end
			for _, e in ipairs{"connect", "suback", "unsuback", "puback"} do m:on(e, function(c) n = (n or 0) + 1 if n % 7 == 0 then error("oops") end end) end
			m:on("message", function(c, t, d) if d == "close" then c:close() else c:publish("echo", d or "", #t % 3, 0) end end)
			m:on("overflow", function(c, t, d) if d == "gc" then c:__gc() end c:publish(t, "", 1, 0) end)
			m:on("offline", function(c) if again then again = false go(c) end end)
			m:on("connfail", function(c, e) if e == -5 then pcall(go, c) end end)`)
		before := b.free()
		b.lap(plan, data)
		if lost := before - b.free(); lost > 600 { // the registry, and Lua's own stack, which do not grow for ever
			before = b.free()
			for range 3 {
				b.lap(plan, data)
			}
			if more := before - b.free(); more > 200 {
				t.Errorf("%d bytes are lost, and %d the next times: %s", lost, more, fmt.Sprint(plan))
			}
		}
		b.sound()
	})
}

// lap is one time of FuzzBroker's plan.
func (b *bench) lap(plan, data []byte) {
	for _, what := range plan[:min(len(plan), 60)] {
		w := &wire{over: true}
		if len(b.wires) > 0 {
			w = b.newest()
		}
		var up bool
		switch {
		case what == 0:
			b.Do(`pcall(m.connect, m, "10.0.0.1")`)
			up = true
		case what == 1 && !w.over:
			b.Tasks.Exec(w.ack)
		case what == 2:
			b.RunFor(3 * time.Second)
		case what == 3:
			b.Do(`pcall(m.publish, m, "t", "x", 0, 0)`)
		case what == 4:
			b.Do(`pcall(m.subscribe, m, {a = 1, b = 2})`)
		case what == 5:
			b.Do(`pcall(m.publish, m, "t", "x", 1, 0)`)
		case what == 6:
			b.Do(`pcall(m.publish, m, "t", "x", 2, 0) pcall(m.unsubscribe, m, "t")`)
		case what == 7 && !w.over:
			w.over = true
			b.Tasks.Exec(func() { w.h.Failed(port.NetErrReset) })
		case what == 8 && !w.over:
			b.Tasks.Exec(w.h.Ended)
		case what == 9:
			b.Do(`m:close()`)
		case what == 10:
			b.Do(`again = true`)
		case what == 11:
			b.Do(`m:__gc()`)
		case what == 12:
			b.RunFor(time.Minute)
		case what >= 32 && !w.over && w.established:
			n := min(int(what)-32, len(data))
			p := data[:n]
			data = data[n:]
			if n > 0 {
				b.Tasks.Exec(func() { w.h.Received(p) })
			}
		}
		b.RunFor(time.Millisecond)
		if up || len(b.wires) > 0 && b.newest() != w {
			if w = b.newest(); !w.over && !w.established {
				w.established = true
				b.Tasks.Exec(w.h.Connected)
			}
		}
		b.sound()
	}
	b.Do(`again = false m:on("connfail", function() end)`)
	if len(b.wires) > 0 && !b.newest().over {
		w := b.newest()
		w.over = true
		b.Tasks.Exec(func() { w.h.Failed(port.NetErrReset) })
	}
	b.RunFor(time.Minute)
	b.Do(`n = nil`)
}
