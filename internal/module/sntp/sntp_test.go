package sntp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/rtctime"
	"moonlet.example/moonlet/internal/module/sntp"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

var gateway = port.IP{192, 168, 0, 1}

// bench is a module in virtual time, in a network with a time server or in one that the test is.
type bench struct {
	*moduletest.Lua
	t     *testing.T
	board *board
	host  *hostnet.Net
	sky   *porttest.Datagrams
}

func newBench(t *testing.T, scripted bool, modules ...state.Module) *bench {
	t.Helper()
	b := &bench{t: t, board: &board{Chip: porttest.New(t, porttest.Config{})}}
	if scripted {
		b.sky = &porttest.Datagrams{Names: map[string]port.IP{}, Later: func(f func()) { b.board.Tasks.Inject(f) }}
		b.board.net = b.sky
	} else {
		b.host = hostnet.New(hostnet.Config{Loop: b.board.Tasks, Policy: hostnet.None, Time: hostnet.VirtualTime(),
			TimeServers: []port.IP{gateway}, TimeFirst: true})
		b.board.net = b.host
		t.Cleanup(b.host.Close)
		up := func() { b.host.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0}) }
		up()
		b.board.AtReset(func() { b.host.Reset(); up() })
	}
	if modules == nil {
		modules = []state.Module{rtctime.Module, sntp.ModuleWithClock, tmr.Module}
	}
	b.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.board.Chip, Host: b.board, Modules: modules, UnitTime: time.Microsecond})
	b.Do(`function ok(sec, usec, server, info) print("ok", sec, server) last = info end
		function failed(code, name) print("failed", code, name) end`)
	return b
}

func (b *bench) printed(want string) {
	b.t.Helper()
	if got := b.Printed(); got != want {
		b.t.Errorf("printed %q, want %q", got, want)
	}
}

// answer answers the question that was sent last, as a server whose clock says at.
func (b *bench) answer(at time.Time, change func(p []byte)) {
	b.t.Helper()
	q := b.sky.Sent[len(b.sky.Sent)-1]
	p := hostnet.AnswerNTP(q.Data, at, at)
	if change != nil {
		change(p)
	}
	from := q.To
	b.Tasks.Exec(func() { q.Socket.Recv(p, from, 123) })
	b.RunFor(0)
}

func TestScript(t *testing.T) { newBench(t, false).Script("testdata/sntp.lua") }
func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { newBench(t, false).EveryAllocation("testdata/memory.lua") })
}

// TestNoNetwork holds what the functions say on a board without one.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{sntp.ModuleWithClock}})
	if err := l.Exec("sntp.sync()", "=x"); err == nil || err.Error() != "x:1: this board has no network" {
		t.Error(err)
	}
	l.Do("sntp.setoffset(3) assert(sntp.getoffset() == 3)")
}

// TestAlone holds what the module is without rtctime.
func TestAlone(t *testing.T) { moduletest.Editions(t, testAlone) }

func testAlone(t *testing.T) {
	b := newBench(t, false, sntp.Module)
	b.Do(`assert(sntp.setoffset == nil and sntp.getoffset == nil)
		sntp.sync("192.168.0.1", function(sec, usec, server, info)
		  assert(sec == 1767225600 and usec > 0, sec) assert(info.offset_s == nil and info.offset_us == nil and info.stratum == 1)
		  print(server)
		end, failed)
		local fine, message = pcall(sntp.sync) assert(message == "sync in progress")`)
	b.RunFor(time.Second)
	b.printed("192.168.0.1\n")
	b.Do("sntp.sync(nil, ok, failed)")
	b.RunFor(time.Second)
	if s := b.Printed(); !strings.HasPrefix(s, "ok\t1767225601\t192.168.0.1") {
		t.Error(s)
	}
}

// TestAttempts holds how often who is asked, and how long that takes.
func TestAttempts(t *testing.T) { moduletest.Editions(t, testAttempts) }

func testAttempts(t *testing.T) {
	for _, x := range []struct {
		servers string
		packets int
	}{{"'1.1.1.1'", 5}, {"{'1.1.1.1', '1.1.1.2'}", 8}, {"{'1.1.1.1', '1.1.1.2', '1.1.1.3'}", 9}, {"{'1.1.1.1','1.1.1.2','1.1.1.3','1.1.1.4','1.1.1.5','1.1.1.6','1.1.1.7','1.1.1.8','1.1.1.9'}", 9}} {
		b := newBench(t, true)
		b.Do("sntp.sync(" + x.servers + ", ok, failed)")
		b.RunFor(time.Duration(x.packets)*time.Second - 10*time.Millisecond)
		b.printed("")
		b.RunFor(20 * time.Millisecond)
		b.printed("failed\t4\tnil\n")
		if n := len(b.sky.Sent); n != x.packets {
			t.Errorf("%s: %d packets", x.servers, n)
		}
		// The names are forgotten then; without any, there are those of the pool, one after the other.
		b.sky.Sent, b.sky.Asked = nil, nil
		b.Do("sntp.sync(nil, ok, failed)")
		b.RunFor(time.Second)
		if got := fmt.Sprint(b.sky.Asked); got != "[0.nodemcu.pool.ntp.org 1.nodemcu.pool.ntp.org 2.nodemcu.pool.ntp.org 3.nodemcu.pool.ntp.org]" {
			t.Error(got)
		}
		b.printed("failed\t1\t0.nodemcu.pool.ntp.org\n")
		if b.sky.Open() != 0 {
			t.Error("a socket is open")
		}
	}
	// A server that the network has offered is the only one.
	b := newBench(t, true)
	b.board.wifi.offered = port.IP{10, 0, 0, 7}
	b.Do("sntp.sync()")
	b.RunFor(10 * time.Second)
	if len(b.sky.Sent) != 5 || b.sky.Sent[0].To != (port.IP{10, 0, 0, 7}) || len(b.sky.Asked) != 1 {
		t.Errorf("%v %v", b.sky.Sent, b.sky.Asked)
	}
}

// TestBadAnswers holds which datagrams are no answers: they change nothing, and the next server
// is asked in time.
func TestBadAnswers(t *testing.T) { moduletest.Editions(t, testBadAnswers) }

func testBadAnswers(t *testing.T) {
	b := newBench(t, true)
	at := hostnet.VirtualTime()
	b.Do("sntp.sync('1.1.1.1', ok, failed)")
	for _, bad := range []func(p []byte){
		func(p []byte) { p[0] |= 3 << 6 }, func(p []byte) { p[24]++ }, func(p []byte) { p[31]++ },
	} {
		b.answer(at, bad)
	}
	q := b.sky.Sent[0]
	good := hostnet.AnswerNTP(q.Data, at, at)
	q.Socket.Recv(good, port.IP{1, 1, 1, 2}, 123)
	q.Socket.Recv(good[:47], q.To, 123)
	q.Socket.Recv(nil, q.To, 123)
	if len(b.sky.Sent) != 1 {
		t.Fatalf("%d questions", len(b.sky.Sent))
	}
	// Any port will do, and more bytes.
	b.Tasks.Exec(func() { q.Socket.Recv(append(good, 1, 2, 3), q.To, 9999) })
	if len(b.sky.Sent) != 2 {
		t.Fatalf("%d questions", len(b.sky.Sent))
	}
	b.RunFor(5 * time.Second)
	b.printed("ok\t1767225604\t1.1.1.1\n")
	b.Do("assert(rtctime.get() >= 1767225600)")
}

// TestKissOfDeath holds that a server that says so twice is not asked again, the others are.
func TestKissOfDeath(t *testing.T) { moduletest.Editions(t, testKissOfDeath) }

func testKissOfDeath(t *testing.T) {
	b := newBench(t, true)
	deny := func(p []byte) { p[0] |= 3 << 6; copy(p[12:], "DENY") }
	b.Do("sntp.sync({'1.1.1.1', '2.2.2.2'}, ok, failed)")
	b.answer(hostnet.VirtualTime(), deny)
	b.answer(hostnet.VirtualTime(), deny)
	b.RunFor(20 * time.Second)
	to := ""
	for _, s := range b.sky.Sent {
		to += fmt.Sprint(s.To[0])
	}
	if to != "12222" {
		t.Errorf("asked %s", to)
	}
	b.printed("failed\t4\tnil\n")
}

// TestBest holds that the nearest of good servers is the one that counts.
func TestBest(t *testing.T) { moduletest.Editions(t, testBest) }

func testBest(t *testing.T) {
	b := newBench(t, true)
	b.Do("sntp.sync({'1.1.1.1', '2.2.2.2', '3.3.3.3'}, ok, failed)")
	at := hostnet.VirtualTime()
	for i := range 9 {
		b.RunFor([]time.Duration{30, 10, 20}[i%3] * time.Millisecond)
		b.answer(at.Add(b.Tasks.Now()), nil)
	}
	b.RunFor(time.Millisecond)
	b.printed("ok\t1767225600\t2.2.2.2\n")
	b.Do("assert(last.delay_us > 9900 and last.delay_us < 11000, last.delay_us)")
}

// TestErrors holds what is raised, to the letter, and what a wrong argument leaves.
func TestErrors(t *testing.T) { moduletest.Editions(t, testErrors) }

func testErrors(t *testing.T) {
	b := newBench(t, true)
	fails := func(code, want string) {
		t.Helper()
		if err := b.Exec(code, "=x"); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
	b.sky.NoPCB = true
	fails("sntp.sync()", "x:1: out of memory")
	b.sky.NoPCB = false
	fails("sntp.sync(('x'):rep(129), ok)", "x:1: need <128 hostname")
	b.Do("sntp.sync(('1'):rep(128), ok, failed)")
	b.RunFor(time.Second)
	b.printed("failed\t1\t" + strings.Repeat("1", 128) + "\n")
	fails("sntp.sync({1, {}}, ok)", "x:1: bad argument #-1 to 'sync' (string expected, got table)")
	fails("sntp.sync('1.1.1.1')", "x:1: sync in progress")
	b.RunFor(time.Hour) // as in the firmware, for ever
	fails("sntp.sync('1.1.1.1')", "x:1: sync in progress")
	b.Reboot(port.ResetInfo{})
	fails("sntp.sync(true)", "x:1: bad argument #1 to 'sync' (string expected, got boolean)")
	b.Reboot(port.ResetInfo{})
	fails("sntp.sync({})", "x:1: bad argument #-1 to 'sync' (string expected, got nil)")
	// An error in a callback is that of a task.
	b.Reboot(port.ResetInfo{})
	b.Do("sntp.sync('1.1.1.1', nil, function() error('\\toops') end)")
	b.RunFor(6 * time.Second)
	if s := b.Printed(); !strings.Contains(s, "oops\nstack traceback:") {
		t.Error(s)
	}
}

// TestMemoryErrors holds what is told where there is no memory.
func TestMemoryErrors(t *testing.T) { moduletest.Editions(t, testMemoryErrors) }

func testMemoryErrors(t *testing.T) {
	b := newBench(t, true)
	b.sky.Err = port.NetErrMem
	b.Do("sntp.sync('1.1.1.1', ok, failed)")
	b.RunFor(time.Millisecond)
	b.printed("failed\t2\tnil\n")
	b.sky.Err = port.NetErrRoute // is not looked at
	b.Do("sntp.sync('1.1.1.1', ok, failed)")
	b.RunFor(4900 * time.Millisecond)
	b.printed("")
	b.RunFor(200 * time.Millisecond)
	b.printed("failed\t4\tnil\n")
	// Too many names are looked up: the server is left out.
	b.sky.NameErr = port.NetErrMem
	b.Do("sntp.sync('a.example', ok, failed)")
	b.RunFor(time.Millisecond)
	b.printed("failed\t1\ta.example\n")
}

// TestRepeat holds that the synchronization is repeated each 1,000 s, steers the clock's rate if
// that is nearly right and sets it otherwise, and when that ends.
func TestRepeat(t *testing.T) { moduletest.Editions(t, testRepeat) }

func testRepeat(t *testing.T) {
	b := newBench(t, true)
	at := hostnet.VirtualTime()
	off := time.Duration(0)
	b.sky.OnSend = func(s porttest.Sent) {
		now := at.Add(b.Tasks.Now() + off)
		b.Tasks.Inject(func() { s.Socket.Recv(hostnet.AnswerNTP(s.Data, now, now), s.To, 123) })
	}
	b.Do("sntp.sync('1.1.1.1', ok, failed, 1)")
	b.RunFor(10 * time.Second)
	b.printed("ok\t1767225600\t1.1.1.1\n")
	off = 100 * time.Millisecond
	b.RunFor(1000 * time.Second)
	b.printed("ok\t1767226600\t1.1.1.1\n")
	// 0.1 s are half of 1/2,048 and a quarter of that, by 2⁻³².
	b.Do("_, _, rate = rtctime.get() assert(rate > 209000 and rate < 210000, rate) assert(last.offset_us > 99000)")
	off = time.Hour
	b.RunFor(1000 * time.Second)
	if s := b.Printed(); !strings.HasPrefix(s, "ok\t17672312") {
		t.Error(s)
	}
	b.Do("assert(last.offset_s >= 3599) assert(select(3, rtctime.get()) == rate)")
	// Another synchronization ends the repetition, also one that fails.
	b.Do("sntp.sync('1.1.1.1', ok, failed) assert(not pcall(sntp.sync))")
	b.RunFor(3000 * time.Second)
	if n := strings.Count(b.Printed(), "ok"); n != 1 {
		t.Errorf("%d", n)
	}
	// With the servers of last time the last argument is taken for a list, and is gone.
	b.Do("sntp.sync(nil, ok, failed, 1)")
	b.RunFor(3000 * time.Second)
	if n := strings.Count(b.Printed(), "ok"); n != 1 {
		t.Errorf("%d", n)
	}
	b.Do("sntp.sync(nil, ok, failed, 1, 'x')")
	b.RunFor(2500 * time.Second)
	if n := strings.Count(b.Printed(), "ok"); n != 3 {
		t.Errorf("%d", n)
	}
	// A name that cannot be is tried again.
	b.Do("sntp.sync('', ok, failed, 1)")
	b.RunFor(2500 * time.Second)
	b.printed("failed\t1\t\nfailed\t1\t\nfailed\t1\t\n")
}

// TestLink holds what becomes of a synchronization whose network goes.
func TestLink(t *testing.T) { moduletest.Editions(t, testLink) }

func testLink(t *testing.T) {
	b := newBench(t, false)
	b.host.SetSilent(port.StationIf, true)
	b.Do("sntp.sync('192.168.0.1', ok, failed)")
	b.RunFor(4900 * time.Millisecond)
	b.printed("")
	b.RunFor(200 * time.Millisecond)
	b.printed("failed\t4\tnil\n")
	// It comes back in time.
	b.Do("sntp.sync('192.168.0.1', ok, failed)")
	b.RunFor(2500 * time.Millisecond)
	b.host.SetSilent(port.StationIf, false)
	b.RunFor(time.Second)
	if s := b.Printed(); !strings.HasPrefix(s, "ok\t17672256") {
		t.Error(s)
	}
	// A name over a link that goes takes as long as lwIP needs, and no address is none.
	b.host.SetSilent(port.StationIf, true)
	b.Do("sntp.sync('a.example', ok, failed)")
	b.RunFor(6900 * time.Millisecond)
	b.printed("")
	b.RunFor(200 * time.Millisecond)
	b.printed("failed\t1\ta.example\n")
	b.host.SetInterface(port.StationIf, port.IP{}, port.IP{})
	b.Do("sntp.sync('1.1.1.1', ok, failed)")
	b.RunFor(6 * time.Second)
	b.printed("failed\t4\tnil\n")
}

// TestTwice holds that a last answer that comes twice ends the synchronization once.
func TestTwice(t *testing.T) { moduletest.Editions(t, testTwice) }

func testTwice(t *testing.T) {
	b := newBench(t, true)
	b.Do("sntp.sync('1.1.1.1', ok, failed)")
	for range 4 {
		b.answer(hostnet.VirtualTime(), nil)
	}
	q := b.sky.Sent[len(b.sky.Sent)-1]
	p := hostnet.AnswerNTP(q.Data, hostnet.VirtualTime(), hostnet.VirtualTime())
	b.Tasks.Exec(func() {
		for range 3 {
			q.Socket.Recv(p, q.To, 123)
		}
	})
	b.RunFor(time.Second)
	b.printed("ok\t1767225600\t1.1.1.1\n")
}

// TestHeap holds what is on the heap, to the byte, and that it goes back: 104 for what is under
// way, four for each address, which stay, and 32 for the repetition.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := newBench(t, true)
	answered := func() {
		for range 5 {
			b.answer(hostnet.VirtualTime(), nil)
		}
		b.RunFor(time.Millisecond)
	}
	b.Do("sync = sntp.sync sync('1.1.1.1', ok, failed, 1)")
	answered()
	b.Do("sync('1.1.1.1', ok)")
	answered()
	b.Do("sync(nil, nil, nil, 1, 'x')") // stays, with its references
	answered()
	b.Do("sync() collectgarbage() collectgarbage()")
	answered()
	b.FillHoles()
	L := b.Machine.State()
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		if got, sum := before-L.FreeHeap(), moduletest.Blocks(sizes...); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	call := func(args ...int64) {
		L.GetGlobal("sync")
		for _, n := range args {
			if n == 0 {
				L.PushNil()
			} else {
				L.PushInteger(n)
			}
		}
		b.Tasks.Exec(func() { L.PCall(len(args), 0, 0) })
		L.SetTop(0)
	}
	call()
	want("under way", 104)
	answered()
	want("done")
	call(0, 0, 0, 1, 1)
	want("repeated", 104, 32)
	answered()
	want("waits", 32)
	call()
	answered()
	want("not any more")
}

// TestLeapSecond holds that an announced second is counted at the first midnight of a month, and
// only with an offset.
func TestLeapSecond(t *testing.T) { moduletest.Editions(t, testLeapSecond) }

func testLeapSecond(t *testing.T) {
	for _, x := range []struct {
		leap, start, want int
		use               bool
	}{{1, 37, 38, true}, {2, 37, 36, true}, {1, 0, 0, false}, {2, 0, 255, true}} {
		b := newBench(t, true)
		if x.use {
			b.Do(fmt.Sprintf("sntp.setoffset(%d)", x.start))
		}
		at := time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC)
		b.Do("sntp.sync('1.1.1.1', ok, failed)")
		b.answer(at, func(p []byte) { p[0] |= byte(x.leap) << 6 })
		b.RunFor(10 * time.Second)
		b.Do(fmt.Sprintf("assert(last.leap == %d and last.pending_leap == %[1]d)", x.leap))
		b.Do(fmt.Sprintf("assert(sntp.getoffset() == %d)", x.start))
		b.RunFor(58 * time.Minute)
		b.Do(fmt.Sprintf("assert(sntp.getoffset() == %d)", x.start))
		b.RunFor(3 * time.Minute)
		b.Do(fmt.Sprintf("assert(sntp.getoffset() == %d, sntp.getoffset())", x.want))
		b.RunFor(31 * 24 * time.Hour) // once
		b.Do(fmt.Sprintf("assert(sntp.getoffset() == %d)", x.want))
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(make([]byte, 48))
	f.Fuzz(func(t *testing.T, p []byte) {
		if sntp.Parse(p) != (len(p) >= 48) {
			t.Error("a packet is 48 bytes")
		}
	})
}
