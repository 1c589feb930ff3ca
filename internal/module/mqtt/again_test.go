package mqtt_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/mqtt"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// accept lets the broker accept the newest connection.
func (b *bench) accept() {
	b.t.Helper()
	b.tell(func(w *wire) { w.h.Connected() })
	b.ack()
	b.recv("\x20\x02\x00\x00")
}

// A program may connect in the callback offline.
func TestConnectInOffline(t *testing.T) { moduletest.Editions(t, testConnectInOffline) }

func testConnectInOffline(t *testing.T) {
	b := newBench(t)
	b.open(`"c"`)
	b.Do(`m:on("offline", function(c) print("offline") c:connect("10.0.0.2") end) m:publish("t", "x", 1, 0)`)
	before := 0
	for i := range 30 {
		b.tell(func(w *wire) { w.h.Ended() })
		b.said("offline")
		b.accept()
		b.said("connect")
		b.Do(`assert(m:publish("t", "x", 1, 0))`)
		if n := len(b.wires); n != i+2 || b.newest().to != "10.0.0.2:1883" {
			t.Fatalf("%d connections, to %s", n, b.newest().to)
		}
		if i == 2 {
			before = b.free()
		}
	}
	if lost := before - b.free(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// In the failure callback, too, where TCP is not connected; where it is, the error says so.
func TestConnectInFailure(t *testing.T) { moduletest.Editions(t, testConnectInFailure) }

func testConnectInFailure(t *testing.T) {
	for name, fail := range map[string]func(b *bench){
		"reset": func(b *bench) { b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) }) },
		"name":  func(b *bench) { b.Tasks.Exec(func() { b.found[len(b.found)-1](port.IP{}, false) }) },
	} {
		b := newBench(t)
		b.Do(`m = mqtt.Client("c") listen()
			m:on("connfail", function(c, e) print("connfail", e) c:connect(host) end)`)
		first, want := map[string]string{"reset": "10.0.0.1", "name": "broker"}[name], map[string]string{"reset": "-5", "name": "-3"}[name]
		b.Do(`host = "` + first + `" m:connect(host)`)
		before := 0
		for i := range 30 {
			fail(b)
			b.said("connfail " + want)
			b.sound()
			if i == 2 {
				before = b.free()
			}
		}
		if lost := before - b.free(); lost > 100 {
			t.Errorf("%s: %d bytes are lost", name, lost)
		}
		if name == "name" {
			b.Tasks.Exec(func() { b.found[len(b.found)-1](port.IP{10, 0, 0, 9}, true) })
		}
		b.accept()
		b.said("connect")
		b.Do(`assert(m:publish("t", "x", 0, 0))`)
		b.newest().sent = nil
		b.ack()
		b.said("puback")
		b.tell(func(w *wire) { w.h.Ended() })
		b.said("offline")
	}
	b := newBench(t)
	b.Do(`m = mqtt.Client("c") listen() m:on("connfail", function(c, e) print(e, pcall(c.connect, c, "10.0.0.1")) end) m:connect("10.0.0.1")`)
	b.tell(func(w *wire) { w.h.Connected() })
	b.ack()
	b.recv("\x20\x02\x00\x02")
	b.said("2 false already connected; offline")
}

// Who connects in the failure callback that comes inside of connect does so without end: the
// error of too many calls ends it, and the client can be used behind that.
func TestConnectWithoutEnd(t *testing.T) { moduletest.Editions(t, testConnectWithoutEnd) }

func testConnectWithoutEnd(t *testing.T) {
	b := newBench(t)
	b.connect = port.NetErrRoute
	b.Do(`m = mqtt.Client("c") m:on("connfail", function(c) c:connect("10.0.0.1") end)`)
	err := b.Exec(`m:connect("10.0.0.1")`, "=test")
	if err == nil || !strings.Contains(err.Error(), "overflow") {
		t.Errorf("%v", err)
	}
	b.RunFor(time.Second)
	b.sound()
	b.Printed()
	b.connect = port.NetOK
	b.Do(`listen() m:connect("10.0.0.1")`)
	b.accept()
	b.said("connect")
	b.tell(func(w *wire) { w.h.Ended() })
	b.Do(`m = nil`)
	b.free()
}

// A connection that is being made is given up for another one.
func TestConnectTwice(t *testing.T) { moduletest.Editions(t, testConnectTwice) }

func testConnectTwice(t *testing.T) {
	b := newBench(t)
	b.Do(`m = mqtt.Client("c") listen() m:connect("10.0.0.1") m:connect("10.0.0.2")`)
	if len(b.wires) != 2 || b.wires[0].how != "abort" || b.wires[1].to != "10.0.0.2:1883" {
		t.Fatalf("%d connections", len(b.wires))
	}
	b.accept()
	b.said("connect")
	b.tell(func(w *wire) { w.h.Ended() })
	b.said("offline")
	// While the name is looked up: what comes of the first does not count.
	b.Do(`m:connect("one") m:connect("two")`)
	b.Tasks.Exec(func() { b.found[0](port.IP{10, 0, 0, 1}, true) })
	b.said("")
	b.Tasks.Exec(func() { b.found[1](port.IP{10, 0, 0, 2}, true) })
	if n := len(b.wires); n != 3 {
		t.Fatalf("%d connections", n)
	}
	b.accept()
	b.said("connect")
	b.tell(func(w *wire) { w.h.Ended() })
	b.said("offline")
	before := b.free()
	b.Do(`for i = 1, 50 do m:connect("10.0.0.1") end`)
	b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) })
	b.said("connfail -5")
	if lost := before - b.free(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// Each client has a connection; no more than five are, and a sixth fails at once.
func TestManyClients(t *testing.T) { moduletest.Editions(t, testManyClients) }

func testManyClients(t *testing.T) {
	b := newBench(t)
	b.Do(`list = {} for i = 1, 6 do
		list[i] = mqtt.Client("c" .. i)
		list[i]:on("connfail", function(c, e) print(i, e) end)
		list[i]:connect("10.0.0.1")
	end`)
	b.said("6 -3")
	b.Do("list[6]:connect('10.0.0.1')")
	b.said("6 -3")
}

// A client that nobody needs is collected, one that is connected is not. A program can call the
// finalizer in any state.
func TestCollect(t *testing.T) { moduletest.Editions(t, testCollect) }

func testCollect(t *testing.T) {
	b := newBench(t)
	churn := func() { b.Do(`for i = 1, 20 do mqtt.Client("c", 1, "u", "p"):lwt("a", "b") end`) }
	b.leaks("clients that were never connected", churn)
	b.open(`"c"`)
	b.Do(`m:on("message", function(c, t, d) print("still", d) end) m = nil collectgarbage() collectgarbage()`)
	b.recv("\x30\x04\x00\x01tm")
	b.said("still m")
	b.tell(func(w *wire) { w.h.Ended() })
	o := mqtt.Owners()[0]
	for _, x := range []struct {
		code string
		refs int
		used bool
	}{
		{`m = mqtt.Client("c")`, 1, false}, {`m = mqtt.Client("c", 1, "u", "p") m:lwt("a", "b") m:on("connect", print)`, 6, false},
		{`m:connect("10.0.0.1")`, 7, true}, {`m:__gc()`, 0, false}, {`listen()`, 8, false},
	} {
		b.Do(x.code)
		L := b.Machine.State()
		L.GetGlobal("m")
		if refs, used := o.References(L.Mem(), L.ToUserdata(-1)); len(refs) != x.refs || used != x.used || L.RawLen(-1) != 148 {
			t.Errorf("%s: %v, %t, %d bytes", x.code, refs, used, L.RawLen(-1))
		}
		L.SetTop(0)
	}
}

// gcCases are places in which a program calls the finalizer, or closes.
var gcCases = []struct {
	name string
	do   func(b *bench)
}{
	{"new", func(b *bench) { b.Do(`m = mqtt.Client("c") m:__gc() m:__gc()`) }},
	{"looking up", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:connect("broker") m:__gc()`)
		b.Tasks.Exec(func() { b.found[0](port.IP{1, 2, 3, 4}, true) })
	}},
	{"connecting", func(b *bench) { b.Do(`m = mqtt.Client("c") m:connect("10.0.0.1") m:__gc()`) }},
	{"TCP connected", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.Do(`m:__gc()`)
	}},
	{"connected", func(b *bench) { b.open(`"c"`); b.Do(`for i = 1, 5 do m:publish("t", i, 1, 0) end m:__gc()`) }},
	{"closing", func(b *bench) { b.open(`"c"`); b.Do(`m:close()`); b.tell(func(w *wire) { w.ack() }); b.Do(`m:__gc()`) }},
	{"in connect", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:on("connect", function(c) c:__gc() end) m:connect("10.0.0.1")`)
		b.accept()
	}},
	{"in message", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:on("message", function(c) c:__gc() end)`)
		b.recv("\x32\x06\x00\x01t\x00\x09m\x32\x06\x00\x01t\x00\x09m")
	}},
	{"in message of two segments", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:on("message", function(c) c:__gc() end)`)
		b.recv("\x32\x06\x00\x01t")
		b.recv("\x00\x09m\x32\x06\x00\x01t\x00\x09m")
	}},
	{"in message of a byte and the rest", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:on("message", function(c) c:__gc() end)`)
		b.recv("\x32")
		b.recv("\x06\x00\x01t\x00\x09m\x32\x06\x00\x01t\x00\x09m")
	}},
	{"in overflow", func(b *bench) {
		b.open(`"c", 60, "u", "p", 0, 10`)
		b.Do(`m:on("overflow", function(c) c:__gc() end)`)
		b.recv("\x32\x20\x00\x01t\x00\x09mmmm")
	}},
	{"in puback, QoS 0", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:publish("t", "x", 0, 0, function(c) c:__gc() end) m:publish("t", "x", 0, 0)`)
		b.tell((*wire).ack)
	}},
	{"in puback, QoS 1", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:publish("t", "x", 1, 0, function(c) c:__gc() end) m:publish("t", "x", 0, 0)`)
		b.ack()
		b.recv("\x40\x02\x00\x01\xd0\x00")
	}},
	{"in suback", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:subscribe("t", 1, function(c) c:__gc() end) m:publish("t", "x", 0, 0)`)
		b.ack()
		b.recv("\x90\x03\x00\x01\x01\xd0\x00")
	}},
	{"in connfail, refused", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:on("connfail", function(c) c:__gc() end) m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.ack()
		b.recv("\x20\x02\x00\x02")
	}},
	{"in connfail, reset", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:on("connfail", function(c) c:__gc() end) m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) })
	}},
	{"in connfail, no way", func(b *bench) {
		b.connect = port.NetErrRoute
		b.Do(`m = mqtt.Client("c") m:on("connfail", function(c) c:__gc() end) m:connect("10.0.0.1")`)
		b.connect = port.NetOK
	}},
	{"in connfail, time-out", func(b *bench) {
		b.Do(`m = mqtt.Client("c") m:on("connfail", function(c) c:__gc() end) m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.RunFor(6 * time.Second)
	}},
	{"in offline", func(b *bench) {
		b.open(`"c"`)
		b.Do(`m:on("offline", function(c) c:__gc() end)`)
		b.tell(func(w *wire) { w.h.Ended() })
	}},
}

func TestCollectAnywhere(t *testing.T) { moduletest.Editions(t, testCollectAnywhere) }

func testCollectAnywhere(t *testing.T) {
	for _, x := range gcCases {
		b := newBench(t)
		x.do(b)
		b.RunFor(time.Hour)
		b.Printed()
		b.sound()
		// It connects again, and all comes back.
		b.Do(`listen() m:connect("10.0.0.1")`)
		b.accept()
		if got := b.Printed(); got != "connect\n" {
			t.Errorf("%s: %q", x.name, got)
		}
		b.tell(func(w *wire) { w.h.Ended() })
		b.leaks(x.name, func() {
			b.found, b.wires = nil, nil
			x.do(b)
			b.Do(`m = nil`)
			b.RunFor(time.Minute)
		})
		b.sound()
	}
}

// An error in a callback is that of a task; in the one that comes inside of connect it is that of
// the caller.
func TestCallbackErrors(t *testing.T) { moduletest.Editions(t, testCallbackErrors) }

func testCallbackErrors(t *testing.T) {
	b := newBench(t)
	b.open(`"c"`)
	b.Do(`m:on("message", function() error"oops" end)`)
	b.recv("\x30\x04\x00\x01tm\x30\x04\x00\x01tm")
	if got := b.Printed(); strings.Count(got, "oops\nstack traceback:") != 2 {
		t.Errorf("got %q", got)
	}
	b.connect = port.NetErrRoute
	b.Do(`c = mqtt.Client("d") c:on("connfail", function() error"inside" end)
		print(pcall(c.connect, c, "10.0.0.1"))`)
	if got := b.Printed(); got != "false\ttest:1: inside\n" {
		t.Errorf("got %q", got)
	}
	// It runs on the main thread, so a coroutine cannot catch its error.
	b.fails(`coroutine.wrap(function() pcall(c.connect, c, "10.0.0.1") end)()`, "test:1: inside")
	b.sound()
	b.connect = port.NetOK
	b.Do(`c:connect("10.0.0.1")`)
	b.accept()
	b.sound()
}

// In a build with TLS a secure connection needs 18,432 free bytes and one more. Whatever becomes of
// it, all comes back.
func TestSecure(t *testing.T) { moduletest.Editions(t, testSecure) }

func testSecure(t *testing.T) {
	b := &bench{t: t, stack: &stack{}}
	brd := &board{porttest.New(t, porttest.Config{NoWatchdog: true, TLS: true}), b.stack}
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: brd.Chip, Host: brd, Modules: []state.Module{mqtt.Module}})
	b.Do(prelude + ` m = mqtt.Client("c") listen()`)
	L := b.Machine.State()
	var taken []mem.Addr
	for L.FreeHeap() > espconn.SecureLeast {
		taken = append(taken, L.Alloc(100))
	}
	b.Do(`m:connect("10.0.0.1", 8883, true)`)
	b.said("connfail -3")
	for _, at := range taken {
		L.Free(at, 100)
	}
	b.leaks("a secure connection that is given up", func() { b.Do(`m:connect("10.0.0.1", 8883, true)`) })
	b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) })
	b.said("connfail -5")
	b.leaks("a secure connection that is refused", func() {
		b.Do(`m:connect("10.0.0.1", 8883, true)`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.Do(`m:connect("10.0.0.2", 8883, true)`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.tell(func(w *wire) { w.h.Received([]byte("no TLS at all")) })
		b.RunFor(time.Second)
		b.Printed()
	})
	b.leaks("a secure connection that is collected", func() {
		b.Do(`m:connect("10.0.0.1", 8883, true)`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.Do(`m:__gc()`)
		b.RunFor(time.Second)
	})
	b.Do(`listen() m:connect("10.0.0.1", 1883, false)`)
	b.Printed()
	b.accept()
	b.said("connect")
}
