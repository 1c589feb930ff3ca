package sntp_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/sntp"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/wallclock"
)

// These environment variables name programs made of the firmware's app/modules/sntp.c for 32
// bits, with and without LUA_USE_MODULES_RTCTIME, around a network, a clock and a Lua of their
// own. Each line is a run of the module, from its start, in words that are obeyed one after the
// other:
//
//	tSEC,US       that is the time, of rtctime or, without that, of the system
//	nADDR         the network offers that time server
//	sRCLIST       sync(LIST, …): R is 1 with repetition, C is the number of callbacks, the list
//	              has commas, one entry is given as a string, - is nil
//	oN, g         setoffset(N), getoffset()
//	dADDR, d-     a name that is looked up has that address, or none
//	x, R, T       the answer's time is over; that of the repetition; all tasks run
//	rC,ADDR,HEX   a datagram from there; with C 1 it repeats what the last question had
//
// The answer says for each of them what came of it: dns:NAME, send:ADDR:PORT:HEX, ok(…),
// failed(…), error:TEXT, argerror, offset:N, and then the rate of the clock.
const (
	clockVariable = "MOONLET_SNTP_C"
	aloneVariable = "MOONLET_SNTP_ALONE_C"
)

// sky is a network that notes what the module does.
type sky struct {
	*porttest.Datagrams
	words   []string
	waiting func() // a look-up
}

func (n *sky) word(format string, args ...any) {
	n.words = append(n.words, fmt.Sprintf(format, args...))
}

func (n *sky) Resolve(name string, found func(port.IP, bool)) (port.IP, port.NetErr) {
	n.word("dns:%s", name)
	return n.Datagrams.Resolve(name, found)
}

// tasks is an event loop whose tasks wait until somebody lets them run, which takes no time.
type tasks struct {
	port.Loop
	posted [port.High + 1][]func()
}

func (l *tasks) Post(p port.Priority, f func()) bool {
	l.posted[p] = append(l.posted[p], f)
	return true
}

// run runs all of them, those that they post as well.
func (l *tasks) run() {
	for p := port.High; p >= port.Low; p-- {
		if list := l.posted[p]; len(list) > 0 {
			l.posted[p] = list[1:]
			list[0]()
			p = port.High + 1
		}
	}
}

// board is a chip with that network, a radio that was offered a server, and RTC memory.
type board struct {
	*porttest.Chip
	loop port.Loop // nil is that of the chip
	net  port.Net
	wifi radio
}

type radio struct {
	port.WiFi
	offered port.IP
}

func (b *board) Loop() port.Loop {
	if b.loop != nil {
		return b.loop
	}
	return b.Chip.Loop()
}
func (b *board) Net() port.Net       { return b.net }
func (b *board) WiFi() port.WiFi     { return &b.wifi }
func (b *board) RTC() port.RTCMemory { return b.Sys }
func (r *radio) DHCP(int) (port.DHCPInfo, bool) {
	return port.DHCPInfo{NTP: r.offered}, true
}

// twin runs one line here.
type twin struct {
	*moduletest.Lua
	board *board
	tasks *tasks
	sky   *sky
	clock bool
	line  []string // for the C program
	got   strings.Builder
	sec   uint32
	us    uint32
}

const referenceCallbacks = `
	local names = {"offset_s", "offset_us", "delay_us", "root_delay_us", "root_dispersion_us", "root_maxerr_us", "stratum", "leap", "pending_leap"}
	function ok(s, us, server, info)
	  local t = {}
	  for _, k in ipairs(names) do if info[k] then t[#t + 1] = k .. "=" .. info[k] .. ";" end end
	  print("ok(" .. s .. "," .. us .. "," .. server .. "," .. table.concat(t) .. ",)")
	end
	function failed(code, name) print("failed(" .. code .. "," .. tostring(name) .. ",)") end`

func newTwin(t *testing.T, clock bool) *twin {
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	w := &twin{board: b, sky: &sky{Datagrams: &porttest.Datagrams{}}, clock: clock}
	b.net = w.sky
	w.tasks = &tasks{Loop: b.Chip.Loop()}
	b.loop = w.tasks
	module := sntp.Module
	if clock {
		module = sntp.ModuleWithClock
	}
	w.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{module},
		Output: func(_ state.State, p []byte) {
			if s := strings.TrimSpace(string(p)); s != "" {
				w.sky.word("%s", s)
			}
		}})
	w.reset()
	return w
}

func (w *twin) reset() {
	w.Reboot(port.ResetInfo{})
	*w.sky = sky{Datagrams: &porttest.Datagrams{Names: map[string]port.IP{"a.example": {9, 9, 9, 1}, "b.example": {9, 9, 9, 2}}}}
	w.sky.Later = func(f func()) { w.sky.waiting = f }
	w.sky.OnSend = func(s porttest.Sent) { w.sky.word("send:%v:%d:%s", s.To, s.Port, hex.EncodeToString(s.Data)) }
	w.board.wifi.offered = port.IP{}
	w.sec, w.us = 0, 0
	w.tasks.posted = [port.High + 1][]func(){}
	w.line = nil
	w.got.Reset()
	w.Do(referenceCallbacks)
}

func (w *twin) wall() wallclock.Clock { return wallclock.Of(w.Space.Mem(), w.board) }

// op obeys a word.
func (w *twin) op(word string, f func()) {
	w.line = append(w.line, word)
	w.Tasks.Exec(f)
	rate := int32(0)
	if w.clock {
		rate = w.wall().Rate()
	}
	for _, s := range w.sky.words {
		w.got.WriteString(s + " ")
	}
	w.sky.words = nil
	fmt.Fprintf(&w.got, "rate:%d | ", rate)
}

// setTime sets the clock, or lets a little of the system's time pass.
func (w *twin) setTime(sec, us uint32) {
	if w.clock {
		if sec == 0 { // unknown, so the system's time counts
			us = w.Sys.SystemTime()
		}
		w.sec, w.us = sec, us
		w.op(fmt.Sprintf("t%d,%d", sec, us), func() {
			c := w.wall()
			rate := c.Rate()
			w.Space.Mem().Zero(w.Sys.Static("rtctime", 72), 72)
			if sec != 0 {
				c.Set(sec, us)
			}
			c.SetRate(rate)
		})
		return
	}
	w.Clock.Work(time.Duration(us%2000) * time.Microsecond)
	n := w.Sys.SystemTime()
	w.sec, w.us = n/1e6, n%1e6
	w.op(fmt.Sprintf("t%d,%d", w.sec, w.us), func() {})
}

func (w *twin) lua(word, code string) {
	w.op(word, func() {
		L := w.Machine.State()
		L.LoadBytes([]byte(code), "=x", "t")
		if L.PCall(0, 0, 0) != state.OK {
			msg := string(L.ToLString(-1))
			if strings.Contains(msg, "bad argument") {
				w.sky.word("argerror")
			} else {
				w.sky.word("error:%s", strings.TrimPrefix(msg, "x:1: "))
			}
		}
		L.SetTop(0)
	})
}

// sync calls the module.
func (w *twin) sync(list []string, callbacks int, repeats bool) {
	arg, text := "nil", "-"
	if list != nil {
		text = strings.Join(list, ",")
		if arg = fmt.Sprintf("%q", list[0]); len(list) > 1 {
			arg = "{'" + strings.Join(list, "','") + "'}"
		}
	}
	args := []string{arg, "nil", "nil"}
	if callbacks > 0 {
		args[1] = "ok"
	}
	if callbacks > 1 {
		args[2] = "failed"
	}
	r := 0
	if repeats {
		r, args = 1, append(args, "1")
	}
	w.lua(fmt.Sprintf("s%d%d%s", r, callbacks, text), "sntp.sync("+strings.Join(args, ",")+")")
}

// scenario is one run of the module.
func (w *twin) scenario(r *rand.Rand) {
	w.reset()
	servers := []string{"1.2.3.4", "5.6.7.8", "224.0.1.1", "a.example", "b.example", "c.example", "1.2.3.5", "1.2.3.6"}
	sec := func() uint32 {
		if r.IntN(8) == 0 {
			return 0
		}
		return 1700000000 + uint32(r.IntN(400000000))
	}
	if r.IntN(4) == 0 && w.clock {
		w.op("n10.0.0.1", func() { w.board.wifi.offered = port.IP{10, 0, 0, 1} })
	}
	w.setTime(sec(), uint32(r.IntN(1e6)))
	if w.clock && r.IntN(3) == 0 {
		n := r.IntN(300)
		w.lua(fmt.Sprintf("o%d", n), fmt.Sprintf("sntp.setoffset(%d)", n))
	}
	if r.IntN(2) == 0 {
		w.sync(servers[:1+r.IntN(3)], r.IntN(3), false)
	}
	for range 2 + r.IntN(60) {
		switch k := r.IntN(20); {
		case k == 0 && r.IntN(3) == 0:
			var list []string
			if r.IntN(3) > 0 {
				for range 1 + r.IntN(1+r.IntN(9)) {
					list = append(list, servers[r.IntN(len(servers))])
				}
			}
			w.sync(list, r.IntN(3), r.IntN(3) == 0)
		case k < 4:
			if w.sec != 0 && r.IntN(4) > 0 {
				w.setTime(w.sec+uint32(r.IntN(3)), uint32(r.IntN(1e6)))
			} else {
				w.setTime(sec(), uint32(r.IntN(1e6)))
			}
		case k < 7 && w.sky.waiting != nil:
			f, word := w.sky.waiting, "d-"
			name := w.sky.Asked[len(w.sky.Asked)-1]
			if a, ok := w.sky.Names[name]; ok {
				word = "d" + a.String()
			}
			w.sky.waiting = nil
			w.op(word, f)
		case k < 10:
			w.op("T", w.tasks.run)
			// The clock never goes back; the program's does.
			w.setTime(w.sec+uint32(r.IntN(2)), uint32(r.IntN(1e6)))
		case k == 10:
			w.op("R", func() { sntp.Again(w.Machine.State(), w.clock) })
		case k < 13:
			w.op("x", func() { sntp.Expire(w.Machine.State(), w.clock) })
		case k == 13 && w.clock:
			w.lua("g", "print('offset:' .. sntp.getoffset())")
		default:
			w.packet(r)
		}
	}
}

// packet brings an answer in, more or less.
func (w *twin) packet(r *rand.Rand) {
	p := make([]byte, 48)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	p[0] = byte([]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}[r.IntN(12)])<<6 | 0x24
	p[1] = byte([]int{1, 2, 3, 0, 15}[r.IntN(5)])
	if r.IntN(3) > 0 {
		binary.BigEndian.PutUint32(p[4:], uint32(r.IntN(100000)))
		binary.BigEndian.PutUint32(p[8:], uint32(r.IntN(100000)))
	}
	if r.IntN(2) == 0 {
		copy(p[12:], "DENY")
	}
	if r.IntN(4) > 0 {
		now := uint64(w.sec+2208988800)<<32 | uint64(w.us)<<32/1e6
		off := uint64(r.Int64N(1<<uint(20+r.IntN(24)))) * uint64(1-2*r.IntN(2))
		binary.BigEndian.PutUint64(p[32:], now+off)
		binary.BigEndian.PutUint64(p[40:], now+off+uint64(r.IntN(1<<20)))
	}
	from := port.IP{1, 2, 3, 4}
	if n := len(w.sky.Sent); n > 0 && r.IntN(8) > 0 {
		from = w.sky.Sent[n-1].To
	}
	if r.IntN(20) == 0 {
		p = p[:r.IntN(48)]
	}
	if r.IntN(20) == 0 {
		p = append(p, 1, 2, 3)
	}
	cookie := 1
	if n := len(w.sky.Sent); n == 0 || r.IntN(12) == 0 {
		cookie = 0
	} else if len(p) >= 32 {
		copy(p[24:], w.sky.Sent[n-1].Data[40:48])
	}
	if len(p) == 0 || len(w.sky.Sockets) == 0 {
		return
	}
	w.op(fmt.Sprintf("r%d,%v,%s", cookie, from, hex.EncodeToString(p)), func() { w.sky.Last().Recv(p, from, 123) })
}

// TestReference compares runs of the module with the firmware's C code: which server is asked
// when, what the packets say, which answer is taken, what becomes of the clock and its rate, and
// what the callbacks are told.
func TestReference(t *testing.T) {
	for _, x := range []struct {
		variable string
		clock    bool
	}{{clockVariable, true}, {aloneVariable, false}} {
		t.Run(x.variable, func(t *testing.T) {
			program := moduletest.StartProgram(t, x.variable)
			w := newTwin(t, x.clock)
			r := rand.New(rand.NewPCG(1, 2))
			const runs = 3000
			words, ended := 0, 0
			for i := range runs {
				w.scenario(r)
				want := program.Ask(t, "%s", strings.Join(w.line, " "))
				got := strings.TrimSpace(w.got.String())
				words += len(w.line)
				ended += strings.Count(want, "ok(")
				if got == want {
					continue
				}
				a, b := strings.Split(got, "|"), strings.Split(want, "|")
				for k := range min(len(a), len(b)) {
					if a[k] != b[k] {
						t.Errorf("run %d, %s: got %s, want %s", i, w.line[k], a[k], b[k])
						break
					}
				}
				t.Fatalf("%s", strings.Join(w.line, " "))
			}
			if ended < runs/10 {
				t.Errorf("only %d synchronizations came to a good end", ended)
			}
			t.Logf("%d runs with %d words, %d good ends", runs, words, ended)
		})
	}
}
