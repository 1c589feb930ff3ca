package mqtt_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
)

// answers is what a broker sends for what it gets; it is a very small one.
func answers(in string) (out string) {
	for len(in) > 1 {
		n := int(in[1]) + 2
		if in[1]&0x80 != 0 {
			n = int(in[1]&0x7f) + int(in[2])<<7 + 3
		}
		if n > len(in) {
			return out
		}
		p := in[:n]
		in = in[n:]
		switch p[0] >> 4 {
		case 1:
			out += "\x20\x02\x00\x00"
		case 3:
			topic := int(p[3])
			id := ""
			if p[0]&6 != 0 {
				id = p[4+topic : 6+topic]
			}
			switch p[0] & 6 {
			case 2:
				out += "\x40\x02" + id
			case 4:
				out += "\x50\x02" + id
			}
		case 5:
			out += "\x62\x02" + p[2:4]
		case 6:
			out += "\x70\x02" + p[2:4]
		case 8:
			out += "\x90\x03" + p[2:4] + "\x00"
		case 10:
			out += "\xb0\x02" + p[2:4]
		case 12:
			out += "\xd0\x00"
		}
	}
	return out
}

// serve lets the newest connection have a broker for some rounds, which sends more in each.
func (b *bench) serve(rounds int, more ...string) {
	if len(b.wires) == 0 {
		return
	}
	w := b.newest()
	for i := 0; i < rounds && !w.over; i++ {
		b.step(func() {
			sent := string(w.sent)
			w.sent = nil
			w.ack()
			if out := answers(sent); out != "" && !w.over {
				w.h.Received([]byte(out))
			}
			if i < len(more) && !w.over {
				w.h.Received([]byte(more[i]))
			}
		})
		b.unprotected(10 * time.Millisecond)
	}
}

// step lets something happen that may end in an error which nothing protects, which the firmware
// answers with a reset.
func (b *bench) step(f func()) {
	defer b.recoverReset()
	b.Tasks.Exec(f)
}

func (b *bench) unprotected(d time.Duration) {
	defer b.recoverReset()
	b.RunFor(d)
}

func (b *bench) recoverReset() {
	if r := recover(); r != nil {
		if _, ok := b.Machine.Unprotected(r); !ok {
			panic(r)
		}
	}
}

// traffic is what the broker of TestEveryAllocation sends besides.
var traffic = []string{"", "", "\x32\x07\x00\x01t\x00\x09m", "m\x34\x06\x00\x01t\x00\x0am", "\x30\xff\x01\x00\x01t", strings.Repeat("x", 100),
	strings.Repeat("x", 200), "\x30\x90\x01\x00\x01t", strings.Repeat("y", 141), "\xc0", "\x00"}

// Memory that fails at every single allocation leaves a sound heap, and connections that end.
func TestEveryAllocation(t *testing.T) { moduletest.Editions(t, testEveryAllocation) }

func testEveryAllocation(t *testing.T) {
	code, err := os.ReadFile("testdata/memory.lua")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	failed := true
	n := 0
	for ; failed; n++ {
		b.wires = nil
		b.Heap.FailAfter = n
		err := b.Exec(string(code), "@script")
		if len(b.wires) > 0 {
			b.step(func() { b.newest().h.Connected() })
		}
		b.serve(40, traffic...)
		b.unprotected(25 * time.Second)
		if len(b.wires) > 0 && !b.newest().over {
			b.step(func() { b.newest().h.Ended() })
			b.unprotected(time.Second)
		}
		failed = b.Heap.FailAfter == 0
		b.Heap.FailAfter = -1
		if err != nil && (!failed || strings.HasPrefix(err.Error(), "reset")) {
			t.Errorf("failing after %d: %v", n, err)
		}
		if err := b.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := b.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if !failed {
			b.Do(`assert(got == "ttm" or got, got) assert(subscribed and published)`)
		}
		b.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	}
	t.Logf("%d attempts", n)
	if n < 100 {
		t.Errorf("only %d allocations", n)
	}
}

// What a client has on the heap, to the byte: espconn's records while it is connected; 28 bytes
// and the packet for each that waits; 20 for the one under way; a block of its length for a
// packet that has come in part.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := newBench(t)
	b.Do(`m = mqtt.Client("c", 10)
		function connect() m:connect("10.0.0.1") end
		function publish() m:publish("topic", "payload", 1, 0) end
		function ping() end`)
	L := b.Machine.State()
	call := func(name string) {
		b.Tasks.Exec(func() {
			L.GetGlobal(name)
			if L.PCall(0, 0, 0) != state.OK {
				t.Errorf("%s: %s", name, L.ToLString(-1))
			}
			L.SetTop(0)
		})
		b.RunFor(time.Millisecond)
	}
	connect := func() {
		call("connect")
		b.tell(func(w *wire) { w.h.Connected() })
		b.ack()
		b.recv("\x20\x02\x00\x00")
	}
	connect() // after that Lua has all that it needs for the calls
	call("publish")
	b.tell(func(w *wire) { w.h.Ended() })
	b.Do(`collectgarbage() collectgarbage("stop")`)
	fillHoles(L)
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		sum := 0
		for _, n := range sizes {
			sum += (n + 16 + 7) &^ 7 // with a header, in steps of 8
		}
		if got := before - L.FreeHeap(); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	const tcp, msg, sending, node = 32, 104, 20, 28
	connected := func(more ...int) []int { return append([]int{tcp, msg}, more...) }
	connect()
	want("connected", connected()...)
	call("publish") // 2 bytes, 7 of the topic, 2 of the number, 7 of the message
	want("a message under way", connected(sending, node, 18)...)
	call("publish")
	call("publish")
	want("three messages", connected(sending, node, 18, node, 18, node, 18)...)
	b.ack()
	want("TCP has the first", connected(node, 18, node, 18, node, 18)...)
	b.recv("\x40\x02\x00\x02")
	want("the broker has it", connected(sending, node, 18, node, 18)...)
	b.ack()
	b.recv("\x32")
	want("a byte", connected(node, 18, node, 18, 1)...)
	b.recv("\x64\x00\x01")
	want("the beginning of a packet of 102 bytes", connected(node, 18, node, 18, 102)...)
	b.tell(func(w *wire) { w.h.Ended() })
	want("over")
	connect()
	b.RunFor(10100 * time.Millisecond)
	want("PINGREQ", connected(sending, node, 2)...)
	b.ack()
	want("PINGREQ is out", connected()...)
	b.recv("\xd0\x00")
	b.recv("\x34\x06\x00\x01t\x00\x0am") // nobody listens
	want("PUBREC", connected(sending, node, 4)...)
	b.tell(func(w *wire) { w.h.Failed(port.NetErrReset) })
	want("reset")
}

// fillHoles leaves only the end of the heap free. In a hole a block may be larger than asked for,
// since nothing smaller than a header can be left over.
func fillHoles(L state.State) {
	end := L.Alloc(8000)
	for size := 4000; size > 0; size -= 8 {
		for {
			at := L.Alloc(size)
			if at > end || at == 0 {
				L.Free(at, size)
				break
			}
		}
	}
	L.Free(end, 8000)
}
