package mqtt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// moduleVariable names a luac.cross for 32 bits into which the firmware's app/modules/mqtt.c and
// app/mqtt are linked, over a network and a timer that a module sim commands. Each of its functions
// lets something happen, then what espconn has posted, and then a millisecond pass:
//
//	connected ack ended failed    to the connection: TCP is connected, has an acknowledgement of what
//	                              was sent, the peer's end, an error
//	recv TEXT                     a segment
//	dns OK                        the answer to a look-up: 10.0.0.1, or none
//	tick MS                       time passes
//	done                          nothing
//	set NOROUTE WRITEFAIL         what espconn_connect and espconn_send do from now on
//
// What the module does is printed: "net connect ADDRESS:PORT", "net send HEX", "net close".
const moduleVariable = "MOONLET_MQTT_MODULE_C"

// op is a step of a plan: Lua code, or something that happens.
type op struct {
	what string // "lua", or a function of sim
	text string
	n    int
	a, b bool
}

// lua writes the step for the firmware's program.
func (o op) lua() string {
	switch o.what {
	case "lua":
		return "try(function() " + o.text + " end) sim.done()"
	case "recv":
		var s strings.Builder
		for i := range len(o.text) {
			fmt.Fprintf(&s, `\%03d`, o.text[i])
		}
		return `sim.recv("` + s.String() + `")`
	case "dns":
		return fmt.Sprintf("sim.dns(%t)", o.a)
	case "tick":
		return fmt.Sprintf("sim.tick(%d)", o.n)
	case "set":
		return fmt.Sprintf("sim.set(%t, %t) sim.done()", o.a, o.b)
	}
	return "sim." + o.what + "()"
}

// do does the step here.
func (b *bench) do(o op) {
	w := &wire{over: true}
	if len(b.wires) > 0 {
		w = b.newest()
	}
	live := !w.over && w.established
	b.Tasks.Exec(func() {
		switch {
		case o.what == "dns" && len(b.found) > 0:
			f := b.found[0]
			b.found = nil
			f(port.IP{10, 0, 0, 1}, o.a)
		case o.what == "set":
			b.connect, b.writeErr = port.NetOK, port.NetOK
			if o.a {
				b.connect = port.NetErrRoute
			}
			if o.b {
				b.writeErr = port.NetErrMem
			}
		case o.what == "connected" && !w.over && !w.established:
			w.established = true
			w.h.Connected()
		case o.what == "ack" && live:
			w.ack()
		case o.what == "recv" && live:
			w.h.Received([]byte(o.text))
		case o.what == "ended" && live:
			w.h.Ended()
		case o.what == "failed" && !w.over:
			w.over = true
			w.h.Failed(port.NetErrReset)
		}
	})
	switch o.what {
	case "lua":
		if err := b.Exec("try(function() "+o.text+" end)", "=plan"); err != nil {
			b.t.Error(err)
		}
	case "tick":
		b.RunFor(time.Duration(o.n) * time.Millisecond)
	}
	b.RunFor(time.Millisecond)
}

// planPrelude has what plans use. dial connects where no connection is there or on its way, since
// the firmware has its records in use then.
const planPrelude = `
	function try(f) local ok, e = pcall(f) if not ok then print("error", (e:gsub("^[^:]*:%d+: ", ""))) end end
	function dial(...) if not busy then busy = true m:connect(...) end end
	function hook(event, name, act)
	  m:on(event, function(c, ...)
	    if event == "offline" or event == "connfail" then busy = false end
	    print(name, ...)
	    if act then try(function() act(c) end) end
	  end)
	end
	function client(...)
	  m = mqtt.Client(...)
	  for _, e in ipairs{"connect", "connfail", "offline", "message", "overflow", "puback", "suback", "unsuback"} do hook(e, e) end
	end`

// planner makes plans.
type planner struct{ *rand.Rand }

func (r planner) letters(n int) string { return strings.Repeat(string(rune('a'+r.IntN(26))), n) }

func (r planner) size() int {
	switch r.IntN(12) {
	case 0:
		return 0
	case 1:
		return r.IntN(1600)
	case 2:
		return 1440 + r.IntN(20)
	}
	return r.IntN(30)
}

// act is something a program does.
func (r planner) act(c string) string {
	switch r.IntN(12) {
	case 0, 1, 2, 3, 4:
		return fmt.Sprintf(`print(%s:publish(%q, %q, %d, %d))`, c, r.letters(r.IntN(4)), r.letters(r.size()), r.IntN(3), r.IntN(3))
	case 5:
		return fmt.Sprintf(`print(%s:publish("q", 12, %d, 0, function() print "own" end))`, c, r.IntN(6))
	case 6:
		return fmt.Sprintf(`print(%s:subscribe(%q, %d))`, c, r.letters(r.size()), r.IntN(3))
	case 7:
		return fmt.Sprintf(`print(%s:subscribe({[%q] = %d}, function() print "sub" end))`, c, r.letters(r.size()), r.IntN(3))
	case 8:
		return fmt.Sprintf(`print(%s:unsubscribe(%q, function() print "unsub" end))`, c, r.letters(r.size()))
	case 9:
		return fmt.Sprintf(`print(%s:unsubscribe{[%q] = 1})`, c, r.letters(r.size()))
	case 10:
		return fmt.Sprintf(`%s:close()`, c)
	}
	return fmt.Sprintf(`%s:lwt("w", %q, %d, %d)`, c, r.letters(r.IntN(5)), r.IntN(4), r.IntN(2))
}

// packet is one that a broker may send.
func (r planner) packet(max int) string {
	whole := func(first byte, body string) string {
		n := len(body)
		if n < 128 {
			return string([]byte{first, byte(n)}) + body
		}
		return string([]byte{first, 0x80 | byte(n&0x7f), byte(n >> 7)}) + body
	}
	id := string([]byte{0, byte(1 + r.IntN(6))})
	switch r.IntN(10) {
	case 0, 1, 2:
		qos := r.IntN(4)
		topic, n := r.letters(r.IntN(5)), r.size()
		if r.IntN(6) == 0 {
			n = max - 12 + r.IntN(20)
		}
		body := string([]byte{0, byte(len(topic))}) + topic
		if qos > 0 {
			body += id
		}
		return whole(0x30|byte(qos<<1), body+r.letters(max0(n)))
	case 3:
		return whole(0x90, id+"\x00")
	case 4:
		return whole(0xb0, id)
	case 5:
		return whole(0xd0, "")
	case 6:
		if r.IntN(4) == 0 {
			return whole(0xc0, "")
		}
		return whole(byte(1+r.IntN(15))<<4, r.letters(r.IntN(6)))
	}
	return whole([]byte{0x40, 0x50, 0x62, 0x70}[r.IntN(4)], id)
}

func max0(n int) int { return max(n, 0) }

// segments gives packets as they come: some in one segment, some in several. The length of a packet
// is not divided, which the firmware does not understand.
func (r planner) segments(max int) (list []op) {
	text := ""
	send := func() {
		for len(text) > 0 {
			n := min(len(text), port.TCPSegment)
			list = append(list, op{what: "recv", text: text[:n]})
			text = text[n:]
		}
	}
	for range 1 + r.IntN(3) {
		p := r.packet(max)
		head := 2
		if p[1]&0x80 != 0 {
			head = 3
		}
		if len(text)+head > port.TCPSegment {
			send()
		}
		switch {
		case r.IntN(3) == 0 && len(p) > head: // divided behind the length
			k := head + r.IntN(len(p)-head)
			text += p[:k]
			send()
			text = p[k:]
		case r.IntN(8) == 0: // behind the first byte
			text += p[:1]
			send()
			text = p[1:]
		default:
			text += p
		}
	}
	send()
	return list
}

// plan is what happens to a client.
func (r planner) plan() (list []op) {
	lua := func(format string, args ...any) {
		list = append(list, op{what: "lua", text: fmt.Sprintf(format, args...)})
	}
	add := func(o ...op) { list = append(list, o...) }
	max := 1024
	arguments := `"c", 10`
	if r.IntN(2) == 0 {
		max = 20 + r.IntN(200)
		arguments = fmt.Sprintf(`"c", 7, "u", "p", %d, %d`, r.IntN(2), max)
	}
	lua("client(%s)", arguments)
	for range 25 {
		switch r.IntN(17) {
		case 0, 1, 2, 3:
			lua(`dial(%s)`, []string{`"10.0.0.1"`, `"broker"`, `"10.0.0.2", 80, false`, `"10.0.0.1", 1883, 0`}[r.IntN(4)])
			if r.IntN(5) > 0 {
				add(op{what: "dns", a: r.IntN(4) > 0})
			}
			if r.IntN(8) > 0 {
				add(op{what: "connected"})
				if r.IntN(4) == 0 {
					lua("%s", r.act("m"))
				}
				if r.IntN(8) > 0 {
					add(op{what: "ack"})
				}
				if r.IntN(8) > 0 {
					code := 0
					if r.IntN(8) == 0 {
						code = r.IntN(7)
					}
					add(op{what: "recv", text: "\x20\x02\x00" + string([]byte{byte(code)})})
				}
			}
		case 4, 5, 6:
			lua("%s", r.act("m"))
			if r.IntN(2) == 0 {
				add(op{what: "ack"})
			}
		case 7, 8, 9:
			add(r.segments(max)...)
		case 10, 11:
			add(op{what: "ack"})
		case 12:
			add(op{what: "tick", n: []int{100, 4990, 5000, 6990, 7000, 10000, 30000}[r.IntN(7)]})
		case 13:
			if r.IntN(3) == 0 {
				add(op{what: "ended"})
			} else if r.IntN(3) == 0 {
				add(op{what: "failed"})
			}
		case 14:
			event := []string{"connect", "offline", "message", "overflow", "puback", "suback", "unsuback"}[r.IntN(7)]
			act := r.act("c")
			if event == "offline" {
				act = `dial("10.0.0.3")`
			}
			if event == "puback" && strings.Contains(act, "publish") {
				act = "n = (n or 0) + 1 if n < 20 then " + act + " end"
			}
			lua(`hook(%q, "other %s", function(c) %s end)`, event, event, act)
		case 16: // keepalive, with an answer or without
			for range 1 + r.IntN(3) {
				add(op{what: "tick", n: 10000}, op{what: "ack"})
				if r.IntN(3) > 0 {
					add(op{what: "recv", text: "\xd0\x00"})
				}
			}
		case 15:
			add(op{what: "set", a: r.IntN(6) == 0, b: r.IntN(12) == 0})
		}
	}
	return list
}

// TestModuleReference lets random things happen to the firmware's module and to this one: all that
// is sent and printed, and in which order, must be the same.
func TestModuleReference(t *testing.T) {
	program := os.Getenv(moduleVariable)
	if program == "" {
		t.Skip(moduleVariable + " does not name a program with the firmware's module mqtt")
	}
	plans := 1000
	if testing.Short() {
		plans = 100
	}
	different, lines, steps := 0, 0, 0
	for i := range plans {
		r := planner{rand.New(rand.NewPCG(7, uint64(i)))}
		list := r.plan()
		steps += len(list)
		script := []string{"sim.done()", planPrelude}
		for _, o := range list {
			script = append(script, o.lua())
		}
		path := filepath.Join(t.TempDir(), "plan.lua")
		if err := os.WriteFile(path, []byte(strings.Join(script, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var failure bytes.Buffer
		cmd := exec.Command(program, "-e", path)
		cmd.Stderr = &failure
		out, err := cmd.Output()
		if err != nil || failure.Len() > 0 {
			t.Fatalf("plan %d: %v %s", i, err, failure.String())
		}
		b := newBench(t)
		b.log = &b.Out
		b.Do(planPrelude)
		b.RunFor(time.Millisecond)
		for _, o := range list {
			b.do(o)
			b.sound()
		}
		got, want := strings.Split(b.Printed(), "\n"), strings.Split(string(out), "\n")
		lines += len(want)
		for k := range max(len(got), len(want)) {
			if k >= len(got) || k >= len(want) || got[k] != want[k] {
				if different++; different < 4 {
					t.Errorf("plan %d, line %d:\ngot  %.300q\nwant %.300q\n%s", i, k, got[max0(min(k-4, len(got))):min(k+2, len(got))],
						want[max0(min(k-4, len(want))):min(k+2, len(want))], strings.Join(script, "\n"))
				}
				break
			}
		}
	}
	t.Logf("%d plans with %d steps and %d lines, %d different", plans, steps, lines, different)
	if different > 0 {
		t.Fail()
	}
}
