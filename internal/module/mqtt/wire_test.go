package mqtt_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/mqtt"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// wire is a TCP connection whose other side is the test.
type wire struct {
	port.TCP
	s           *stack
	h           port.TCPHandler
	to          string
	sent        []byte // since the last look
	unacked     int
	over        bool
	established bool   // for FuzzBroker
	how         string // how the module has ended it
	repeats     int
}

func (w *wire) Bind(p uint16) { w.s.bound = append(w.s.bound, p) }
func (w *wire) Connect(a port.IP, p uint16) port.NetErr {
	w.to = fmt.Sprint(a, ":", p)
	if w.s.connect == port.NetOK {
		w.s.note("connect %s", w.to)
	}
	return w.s.connect
}
func (w *wire) Write(p []byte) port.NetErr {
	if w.over {
		return port.NetErrConn
	}
	if w.s.writeErr != port.NetOK {
		return w.s.writeErr
	}
	w.s.note("send %x", p)
	w.sent = append(w.sent, p...)
	w.unacked += len(p)
	return port.NetOK
}
func (w *wire) Output()      {}
func (w *wire) NoDelay()     {}
func (w *wire) Recved()      {}
func (w *wire) Repeats() int { return w.repeats }
func (w *wire) Close()       { w.end("close") }
func (w *wire) Abort()       { w.end("abort") }
func (w *wire) end(how string) {
	if !w.over {
		w.over, w.how = true, how
		if w.s.connect == port.NetOK || w.established {
			w.s.note("%s", how)
		}
	}
}

// ack acknowledges all that was sent.
func (w *wire) ack() {
	n := w.unacked
	w.unacked = 0
	if n > 0 && !w.over {
		w.h.Sent(n)
	}
}

// stack makes wires.
type stack struct {
	port.Net
	wires    []*wire
	bound    []uint16
	connect  port.NetErr
	writeErr port.NetErr
	noPCB    bool
	found    []func(port.IP, bool) // of look-ups under way
	log      io.StringWriter       // where what the module does is noted, or nil
}

func (s *stack) note(format string, args ...any) {
	if s.log != nil {
		_, _ = s.log.WriteString("net " + fmt.Sprintf(format, args...) + "\n")
	}
}

func (s *stack) NewTCP(h port.TCPHandler) port.TCP {
	if s.noPCB {
		return nil
	}
	w := &wire{s: s, h: h}
	s.wires = append(s.wires, w)
	return w
}

// Resolve knows literal addresses at once, refuses an empty name, and looks for all others.
func (s *stack) Resolve(name string, found func(port.IP, bool)) (port.IP, port.NetErr) {
	if name == "" {
		return port.IP{}, port.NetErrArg
	}
	if a, ok := port.ParseIP(name); ok {
		return a, port.NetOK
	}
	s.found = append(s.found, found)
	return port.IP{}, port.NetErrInProgress
}

// board is a chip with such a network.
type board struct {
	*porttest.Chip
	*stack
}

func (b *board) Net() port.Net { return b.stack }

// bench is a Lua with the module mqtt.
type bench struct {
	*moduletest.Lua
	t *testing.T
	*stack
}

// prelude makes a client whose callbacks print.
const prelude = `
	function say(what) return function(c, ...) print(what, ...) assert(c == m) end end
	function listen()
	  for _, e in ipairs{"connect", "connfail", "offline", "message", "overflow", "puback", "suback", "unsuback"} do m:on(e, say(e)) end
	end`

func newBench(t *testing.T, modules ...state.Module) *bench {
	t.Helper()
	if len(modules) == 0 {
		modules = []state.Module{mqtt.Module}
	}
	b := &bench{t: t, stack: &stack{}}
	brd := &board{porttest.New(t, porttest.Config{NoWatchdog: true}), b.stack}
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: brd.Chip, Host: brd, Modules: modules})
	b.Do(prelude)
	return b
}

// newest is the newest connection.
func (b *bench) newest() *wire {
	b.t.Helper()
	if len(b.wires) == 0 {
		b.t.Fatal("there is no connection")
	}
	return b.wires[len(b.wires)-1]
}

// tell lets something happen to the connection, and what comes of it.
func (b *bench) tell(f func(w *wire)) {
	b.t.Helper()
	w := b.newest()
	b.Tasks.Exec(func() { f(w) })
	b.RunFor(time.Millisecond)
	b.sound()
}

// sound holds that the stack is empty and the heap in order.
func (b *bench) sound() {
	b.t.Helper()
	if top := b.Machine.State().GetTop(); top != 0 {
		b.t.Errorf("%d values are left on the stack", top)
	}
	if err := b.Machine.CheckHeap(); err != nil {
		b.t.Error(err)
	}
	if err := b.Heap.Check(); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) recv(p string) { b.t.Helper(); b.tell(func(w *wire) { w.h.Received([]byte(p)) }) }
func (b *bench) ack()          { b.t.Helper(); b.tell((*wire).ack) }

// open makes a client that is connected, with all callbacks, and forgets what was said until then.
func (b *bench) open(arguments string) {
	b.t.Helper()
	b.Do(`m = mqtt.Client(` + arguments + `) listen() m:connect("10.0.0.1")`)
	b.tell(func(w *wire) { w.h.Connected() })
	b.ack()
	b.recv("\x20\x02\x00\x00")
	b.Printed()
	b.newest().sent = nil
}

// sentIs holds what was sent since the last look.
func (b *bench) sentIs(want string) {
	b.t.Helper()
	w := b.newest()
	if string(w.sent) != want {
		b.t.Errorf("sent %q, want %q", w.sent, want)
	}
	w.sent = nil
}

// said holds what was printed since the last look, lines with tabs between words written as
// "word word; word".
func (b *bench) said(want string) {
	b.t.Helper()
	got := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(b.Printed(), "\n"), "\t", " "), "\n", "; ")
	if got != want {
		b.t.Errorf("printed %q, want %q", got, want)
	}
}

// free is the free heap behind full collections.
func (b *bench) free() int {
	b.t.Helper()
	b.Do("collectgarbage() collectgarbage()")
	return b.Machine.State().FreeHeap()
}

// leaks holds that something that is done again and again takes no heap in the end. A block in a
// hole may be larger than it was asked for, and the registry grows, so there is some play.
func (b *bench) leaks(what string, lap func()) {
	b.t.Helper()
	for range 20 {
		lap()
	}
	before := b.free()
	for range 40 {
		lap()
	}
	if lost := before - b.free(); lost > 200 {
		b.t.Errorf("%s: %d bytes are lost", what, lost)
	}
}

// fails holds the error of a chunk.
func (b *bench) fails(code, want string) {
	b.t.Helper()
	err := b.Exec(code, "=test")
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		b.t.Errorf("%s: %v, want %s", code, err, want)
	}
}
