package mqtt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/mqtt"
	"moonlet.example/moonlet/internal/port"
)

// What a CONNECT says, by the arguments of Client and lwt. They are taken by place and type: a
// nil ends all that follows.
func TestConnectPacket(t *testing.T) { moduletest.Editions(t, testConnectPacket) }

func testConnectPacket(t *testing.T) {
	const head = "\x00\x04MQTT\x04"
	for _, x := range []struct{ client, lwt, want string }{
		{`"c"`, ``, "\x10\x0d" + head + "\x00\x00\x3c\x00\x01c"}, // clean session is off, keepalive 60
		{``, ``, "\x10\x1a" + head + "\x00\x00\x3c\x00\x0eNodeMCU_123456"},
		{`300`, ``, "\x10\x0f" + head + "\x00\x00\x3c\x00\x03300"}, // a number is a text, too
		{`"c", 0`, ``, "\x10\x0d" + head + "\x00\x00\x3c\x00\x01c"},
		{`"c", "258"`, ``, "\x10\x0d" + head + "\x00\x01\x02\x00\x01c"},
		{`"c", 65536 + 5`, ``, "\x10\x0d" + head + "\x00\x00\x05\x00\x01c"},
		{`"c", 5, "u", "p", 1`, ``, "\x10\x13" + head + "\xc2\x00\x05\x00\x01c\x00\x01u\x00\x01p"},
		{`"c", 5, "u"`, ``, "\x10\x10" + head + "\x80\x00\x05\x00\x01c\x00\x01u"},
		{`"c", 5, nil, "p", 1`, ``, "\x10\x0d" + head + "\x00\x00\x05\x00\x01c"},
		{`"c", 5, 1`, ``, "\x10\x10" + head + "\x80\x00\x05\x00\x01c\x00\x011"}, // a user, not clean session
		{`"c", "u", "p"`, ``, "\x10\x13" + head + "\xc0\x00\x3c\x00\x01c\x00\x01u\x00\x01p"},
		{`"c", 5, "", "", 1`, ``, "\x10\x0d" + head + "\x02\x00\x05\x00\x01c"},
		{`"c\0d", 5, "u\0v"`, ``, "\x10\x10" + head + "\x80\x00\x05\x00\x01c\x00\x01u"},
		{`"c", 5`, `m:lwt("t", "gone")`, "\x10\x16" + head + "\x04\x00\x05\x00\x01c\x00\x01t\x00\x04gone"},
		{`"c", 5`, `m:lwt("t", 12, 2, 1)`, "\x10\x14" + head + "\x34\x00\x05\x00\x01c\x00\x01t\x00\x0212"},
		{`"c", 5`, `m:lwt("t", "", 7, 2)`, "\x10\x12" + head + "\x3c\x00\x05\x00\x01c\x00\x01t\x00\x00"},
		{`"c", 5`, `m:lwt("t", "x", nil, 1)`, "\x10\x13" + head + "\x04\x00\x05\x00\x01c\x00\x01t\x00\x01x"},
		{`"c", 5`, `m:lwt("t", "x", 1, 1) m:lwt("t", "y", 0)`, "\x10\x13" + head + "\x24\x00\x05\x00\x01c\x00\x01t\x00\x01y"},
	} {
		b := newBench(t)
		b.Do(`m = mqtt.Client(` + x.client + `) ` + x.lwt + ` m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.sentIs(x.want)
	}
}

// connect takes its arguments by place and type, too.
func TestConnectArguments(t *testing.T) { moduletest.Editions(t, testConnectArguments) }

func testConnectArguments(t *testing.T) {
	for _, x := range []struct{ arguments, to, said string }{
		{`"10.0.0.1"`, "10.0.0.1:1883", ""},
		{`"10.0.0.1", 8883`, "10.0.0.1:8883", ""},
		{`"10.0.0.1", "80"`, "10.0.0.1:80", ""},
		{`"10.0.0.1", 80, false, say"yes", say"no"`, "10.0.0.1:80", "yes"},
		{`"10.0.0.1", say"yes", say"no"`, "10.0.0.1:1883", "yes"},
		{`"10.0.0.1", false, say"yes"`, "10.0.0.1:1883", "yes"},
		{`"10.0.0.1", 80, nil, say"no"`, "10.0.0.1:80", ""},   // a nil takes the place of the first function
		{`"10.0.0.1", 80, 0, 0, say"no"`, "10.0.0.1:80", "W"}, // and so does the old autoreconnect
		{`"10.0.0.1", 80, 0, say"yes"`, "10.0.0.1:80", "Wyes"},
		{`"10.0.0.1", 65536 + 80`, "10.0.0.1:80", ""},
		{`1`, "0.0.0.1:1883", ""},
	} {
		b := newBench(t)
		b.Do(`m = mqtt.Client("c") m:connect(` + x.arguments + `)`)
		b.tell(func(w *wire) { w.h.Connected() })
		if to := b.newest().to; to != x.to {
			t.Errorf("%s: connects to %s, want %s", x.arguments, to, x.to)
		}
		b.ack()
		b.recv("\x20\x02\x00\x00")
		b.said(strings.Replace(x.said, "W", "Warning, deprecated API! mqtt.connect secure parameter as integer. "+
			"It will be removed in the future. See documentation for details."+map[bool]string{true: "; "}[len(x.said) > 1], 1))
	}
}

// Errors, to the letter.
func TestErrors(t *testing.T) { moduletest.Editions(t, testErrors) }

func testErrors(t *testing.T) {
	b := newBench(t)
	b.Do(`m = mqtt.Client("c")`)
	for _, x := range []struct{ code, want string }{
		{`m:connect()`, "invalid domain"},
		{`m:connect({})`, "invalid domain"},
		{`m:connect("10.0.0.1", 8883, true)`, "ssl not available"},
		{`m:connect("10.0.0.1")`, "ssl not available"}, // it remembers
		{`m:connect("10.0.0.1", 8883, 1)`, "ssl not available"},
		{`m:publish("t", "x", 0, 0)`, "not connected"},
		{`m:subscribe("t", 0)`, "not connected"},
		{`m:unsubscribe("t")`, "not connected"},
		{`m:lwt()`, "bad argument #1 to 'lwt' (need lwt topic)"},
		{`m:lwt("t", {})`, "bad argument #2 to 'lwt' (need lwt message)"},
		{`m:on("connect")`, "bad argument #2 to 'on' (function expected, got no value)"},
		{`m:on("connect", nil)`, "bad argument #2 to 'on' (function expected, got nil)"},
		{`m:on("hello", print)`, "bad argument #1 to 'on' (invalid option 'hello')"},
		{`m.close({})`, "bad argument #1 to 'close' (mqtt.socket expected, got table)"},
	} {
		b.fails(x.code, x.want)
	}
	if !b.Edition.Lua51 {
		b.fails(`mqtt.Client("c", 1.5)`, "bad argument #2 to 'Client' (number has no integer representation)")
	}
	b.Printed()
	b.Do(`m:close()`) // nothing
	b.open(`"c"`)
	for _, x := range []struct{ code, want string }{
		{`m:connect("10.0.0.1")`, "already connected"},
		{`m:publish()`, "bad argument #1 to 'publish' (string expected, got no value)"},
		{`m:publish("t")`, "bad argument #2 to 'publish' (string expected, got no value)"},
		{`m:publish("t", "x")`, "bad argument #3 to 'publish' (number expected, got no value)"},
		{`m:publish("t", "x", 0)`, "bad argument #4 to 'publish' (number expected, got no value)"},
		{`m:subscribe("t")`, "bad argument #2 to 'subscribe' (number expected, got no value)"},
		{`m:subscribe({})`, "no topics found"},
		{`m:unsubscribe({})`, "no topics found"},
		{`m:subscribe({[("t"):rep(1453)] = 0})`, "buffer overflow, can't enqueue all subscriptions"},
		{`m:subscribe({[""] = 0})`, "buffer overflow, can't enqueue all subscriptions"},
		{`m:unsubscribe({[("t"):rep(1454)] = 0})`, "buffer overflow, can't enqueue all unsubscriptions"},
		{`m:subscribe({t = "x"})`, "(number expected, got string)"},
		{`m:unsubscribe()`, "bad argument #1 to 'unsubscribe' (string expected, got no value)"},
	} {
		b.fails(x.code, x.want)
	}
	b.sentIs("")
	b.sound()
	// Too long is an answer, and so is no topic.
	b.Do(`
		assert(m:publish("topic", ("x"):rep(1451), 0, 0) == false and m:publish("", "x", 0, 0) == false)
		assert(m:publish("topic", ("x"):rep(1449), 1, 0) == false)
		assert(m:subscribe(("t"):rep(1453), 0) == false and m:unsubscribe(("t"):rep(1454)) == false)
		assert(m:publish("topic", ("x"):rep(1450), 0, 0) == true)`)
	if n := len(b.newest().sent); n != 1460 {
		t.Errorf("%d bytes were sent", n)
	}
	if got := mqtt.Module.Table.Name; got != "mqtt" {
		t.Error(got)
	}
	// Lua 5.1 does not find names of more than 32 bytes in read-only tables.
	b.Do(`assert(mqtt.CONN_FAIL_SERVER_NOT_FOUND == -5 and mqtt.CONN_FAIL_NOT_A_CONNACK_MSG == -4 and mqtt.CONN_FAIL_DNS == -3
		and mqtt.CONN_FAIL_TIMEOUT_RECEIVING == -2 and mqtt.CONN_FAIL_TIMEOUT_SENDING == -1 and mqtt.CONNACK_ACCEPTED == 0
		and mqtt.CONNACK_REFUSED_PROTOCOL_VER == 1 and mqtt.CONNACK_REFUSED_ID_REJECTED == 2 and mqtt.CONNACK_REFUSED_SERVER_UNAVAILABLE == (_VERSION ~= "Lua 5.1" and 3 or nil)
		and mqtt.CONNACK_REFUSED_BAD_USER_OR_PASS == 4 and mqtt.CONNACK_REFUSED_NOT_AUTHORIZED == 5)`)
}

// A board without a network has the module, and connect says what is missing.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{mqtt.Module}})
	if err := l.Exec(`m = mqtt.Client("c") m:lwt("a", "b") m:on("connect", print) m:close() m:connect("10.0.0.1")`, "=test"); err == nil ||
		!strings.HasSuffix(err.Error(), "this board has no network") {
		t.Error(err)
	}
}

// Each failure, with the callbacks in their order, and what comes behind them.
func TestFailures(t *testing.T) { moduletest.Editions(t, testFailures) }

func testFailures(t *testing.T) {
	connected := func(b *bench) { b.tell(func(w *wire) { w.h.Connected() }) }
	sent := func(b *bench) { connected(b); b.ack() }
	open := func(b *bench) { sent(b); b.recv("\x20\x02\x00\x00") }
	code := func(c string) func(b *bench) { return func(b *bench) { sent(b); b.recv("\x20\x02\x00" + c) } }
	for _, x := range []struct {
		name, host string
		before     func(b *bench)
		then       func(b *bench)
		want       string
	}{
		{"the name is none", "", nil, nil, "connfail -3; behind"},
		{"the name is not found", "broker", nil, func(b *bench) { b.found[0](port.IP{}, false) }, "behind; connfail -3"},
		{"the name has the address 0.0.0.0", "broker", nil, func(b *bench) { b.found[0](port.IP{}, true) }, "behind; connfail -3"},
		{"the address is 0.0.0.0", "0.0.0.0", nil, nil, "connfail -3; behind"},
		{"there is no way", "10.0.0.1", func(b *bench) { b.connect = port.NetErrRoute }, nil, "connfail -3; behind"},
		{"there is no way to the name", "broker", func(b *bench) { b.connect = port.NetErrRoute },
			func(b *bench) { b.found[0](port.IP{1, 2, 3, 4}, true) }, "behind; connfail -3"},
		{"no memory for the request", "10.0.0.1", func(b *bench) { b.connect = port.NetErrMem }, nil, "connfail -3; behind"},
		{"no memory for TCP's record", "10.0.0.1", func(b *bench) { b.noPCB = true }, nil, "connfail -3; behind"},
		{"refused", "10.0.0.1", nil, func(b *bench) { b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) }) }, "behind; connfail -5"},
		{"nobody is there", "10.0.0.1", nil, func(b *bench) {
			b.tell(func(w *wire) { w.repeats = port.TCPSYNRepeats; w.h.Failed(port.NetErrAborted) })
		}, "behind; connfail -5"},
		{"a reset before CONNACK", "10.0.0.1", nil, func(b *bench) { sent(b); b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) }) },
			"behind; connfail -5; offline"},
		{"a reset behind CONNACK", "10.0.0.1", nil, func(b *bench) { open(b); b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) }) },
			"behind; connect; connfail -5; offline"},
		{"TCP gives up", "10.0.0.1", nil, func(b *bench) {
			open(b)
			b.tell(func(w *wire) { w.repeats = port.TCPRepeats; w.h.Failed(port.NetErrAborted) })
		}, "behind; connect; connfail -5; offline"},
		{"CONNECT is not acknowledged", "10.0.0.1", nil, func(b *bench) { connected(b); b.RunFor(5100 * time.Millisecond) },
			"behind; connfail -1; offline"},
		{"no CONNACK", "10.0.0.1", nil, func(b *bench) { sent(b); b.RunFor(5100 * time.Millisecond) }, "behind; connfail -2; offline"},
		{"another packet", "10.0.0.1", nil, func(b *bench) { sent(b); b.recv("\xd0\x00") }, "behind; connfail -4; offline"},
		{"refused, 1", "10.0.0.1", nil, code("\x01"), "behind; connfail 1; offline"},
		{"refused, 2", "10.0.0.1", nil, code("\x02"), "behind; connfail 2; offline"},
		{"refused, 3", "10.0.0.1", nil, code("\x03"), "behind; connfail 3; offline"},
		{"refused, 4", "10.0.0.1", nil, code("\x04"), "behind; connfail 4; offline"},
		{"refused, 5", "10.0.0.1", nil, code("\x05"), "behind; connfail 5; offline"},
		{"refused, 255", "10.0.0.1", nil, code("\xff"), "behind; connfail 255; offline"},
		{"closed before CONNACK", "10.0.0.1", nil, func(b *bench) { sent(b); b.tell(func(w *wire) { w.h.Ended() }) }, "behind; offline"},
		{"closed behind CONNACK", "10.0.0.1", nil, func(b *bench) { open(b); b.tell(func(w *wire) { w.h.Ended() }) }, "behind; connect; offline"},
		{"close before TCP is connected", "10.0.0.1", nil, func(b *bench) { b.Do("m:close()"); open(b) }, "behind; connect"},
		{"close before CONNECT is acknowledged", "10.0.0.1", nil, func(b *bench) {
			connected(b)
			b.Do("m:close()") // waits for CONNACK or what else makes the module send
			b.ack()
			b.recv("\x20\x02\x00\x00")
			b.ack()
		}, "behind; connect; offline"},
		{"close before CONNACK", "10.0.0.1", nil, func(b *bench) { sent(b); b.Do("m:close()"); b.ack() }, "behind; offline"},
		{"close", "10.0.0.1", nil, func(b *bench) { open(b); b.Do("m:close()"); b.ack() }, "behind; connect; offline"},
		{"close twice", "10.0.0.1", nil, func(b *bench) { open(b); b.Do("m:close() m:close()"); b.ack() }, "behind; connect; offline"},
	} {
		b := newBench(t)
		b.Do(`m = mqtt.Client("c") listen()`)
		lap := func() {
			b.connect, b.noPCB, b.found = port.NetOK, false, nil
			if x.before != nil {
				x.before(b)
			}
			b.Do(fmt.Sprintf("m:connect(%q) print'behind'", x.host))
			if x.then != nil {
				x.then(b)
			}
			b.RunFor(time.Millisecond)
			b.sound()
			got := b.Printed()
			b.Out.WriteString(strings.ReplaceAll(got, "\n", "\r\n"))
			b.said(x.want)
			if t.Failed() {
				t.Fatal(x.name)
			}
			b.RunFor(time.Hour) // nothing comes behind it
			b.said("")
			if x.name == "close before TCP is connected" { // it goes on
				b.Do("m:close()")
				b.ack() // of PINGREQ
				b.ack()
				b.Printed()
			}
		}
		lap()
		before := b.free()
		for range 20 {
			lap()
		}
		// A block in a hole may be larger than it was asked for, so there is some play.
		if lost := before - b.free(); lost > 100 {
			t.Errorf("%s: %d bytes are lost", x.name, lost)
		}
	}
}
