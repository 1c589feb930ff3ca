package websocket_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// referenceVariable names a luac.cross for 32 bits into which the firmware's
// app/modules/websocket.c and app/websocket are linked, over a network and a timer that a module sim
// commands, whose functions are those of the program for mqtt (internal/module/mqtt). os_random
// gives 0 there.
const referenceVariable = "MOONLET_WEBSOCKET_C"

// event is a step of a plan: Lua code, or something that happens to the connection.
type event struct {
	what, text string
	n          int
	ok         bool
}

// zeroKey is the key that sixteen zero bytes make, and zeroAccept what a server makes of that.
const zeroKey, zeroAccept = "AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="

// lua writes the step for the firmware's program.
func (e event) lua() string {
	switch e.what {
	case "lua":
		return "try(function() " + e.text + " end) sim.done()"
	case "recv":
		var s strings.Builder
		for i := range len(e.text) {
			fmt.Fprintf(&s, `\%03d`, e.text[i])
		}
		return `sim.recv("` + s.String() + `")`
	case "dns":
		return fmt.Sprintf("sim.dns(%t)", e.ok)
	case "tick":
		return fmt.Sprintf("sim.tick(%d)", e.n)
	}
	return "sim." + e.what + "()"
}

// do does the step here.
func (w *wires) do(e event) {
	live := w.h != nil && !w.closed && w.connected
	w.c.Tasks.Exec(func() {
		switch {
		case e.what == "dns" && w.found != nil:
			f := w.found
			w.found = nil
			f(port.IP{10, 0, 0, 1}, e.ok)
		case e.what == "connected" && w.h != nil && !w.closed && !w.connected && w.to != "":
			w.connected = true
			w.h.Connected()
		case e.what == "ack" && live && w.unacked > 0:
			n := w.unacked
			w.unacked = 0
			w.h.Sent(n)
		case e.what == "recv" && live:
			w.h.Received([]byte(strings.ReplaceAll(e.text, zeroAccept, w.accept)))
		case e.what == "ended" && live:
			w.h.Ended()
		case e.what == "failed" && w.h != nil && !w.closed && w.to != "":
			w.closed = true
			w.h.Failed(port.NetErrReset)
		}
	})
	switch e.what {
	case "lua":
		if err := w.c.Exec("try(function() "+e.text+" end)", "=plan"); err != nil {
			w.c.t.Error(err)
		}
	case "tick":
		w.c.RunFor(time.Duration(e.n) * time.Millisecond)
	}
	w.c.RunFor(time.Millisecond)
}

const planPrelude = `
	function try(f) local ok, e = pcall(f) if not ok then print("error", (e:gsub("^[^:]*:%d+: ", ""))) end end
	ws = websocket.createClient()
	idle = true
	function dial(url) if idle then idle = false ws:connect(url) end end
	function hook(event, act)
	  ws:on(event, function(c, ...)
	    if event == "close" then idle = true end
	    print(event, ...)
	    local a, b = ...
	    if act then try(function() act(c, a, b) end) end
	  end)
	end
	hook "connection" hook "receive" hook "close"`

type planner struct{ *rand.Rand }

func (r planner) text(most int) string {
	return strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(most))
}

// act is something a program does.
func (r planner) act() string {
	switch r.IntN(6) {
	case 0, 1, 2:
		return fmt.Sprintf("ws:send(%q)", r.text([]int{5, 130, 1400}[r.IntN(3)]))
	case 3:
		return fmt.Sprintf("ws:send(%q, %d)", r.text(20), r.IntN(16))
	case 4:
		return "ws:close()"
	}
	return fmt.Sprintf("ws:config{headers = {[%q] = %q}}", []string{"A", "user-agent", "Upgrade"}[r.IntN(3)], r.text(9))
}

// frames are some in one segment, whole: where one is cut, or follows one that was, the firmware leaves
// its memory. So it does behind the end of a message of more than two fragments, and what it makes of an empty
// fragment is the C library's affair. fragments is how many the message has so far.
func (r planner) frames(fragments *int) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		op, first := []byte{1, 2, 8, 9, 10, 3}[min(r.IntN(9), 5)], byte(0x80)
		p := r.text([]int{4, 126, 300}[r.IntN(3)])
		switch n := r.IntN(8); {
		case n == 0: // a fragment
			first = 0
			op = 1
			if *fragments > 0 {
				op = 0
			}
			*fragments++
			p += "."
		case n == 1 && *fragments < 2:
			op = 0 // the last fragment, or that of nothing
			*fragments = 0
			p += "."
		case op == 8 && len(p) == 1:
			p = ""
		}
		b.WriteByte(first | op)
		switch {
		case len(p) < 126 && r.IntN(10) > 0:
			b.WriteByte(byte(len(p)))
		default:
			b.WriteByte(126)
			b.Write([]byte{byte(len(p) >> 8), byte(len(p))})
		}
		b.WriteString(p)
	}
	return b.String()
}

// plan is what happens to a client.
func (r planner) plan() (list []event) {
	lua := func(format string, args ...any) {
		list = append(list, event{what: "lua", text: fmt.Sprintf(format, args...)})
	}
	add := func(what, text string) { list = append(list, event{what: what, text: text}) }
	fragments := 0
	for range 20 {
		switch r.IntN(12) {
		case 0, 1, 2:
			lua("dial(%q)", []string{"ws://10.0.0.1/", "ws://host:81/a?b", "WS://10.0.0.2", "http://x", "ws://x:0/", "ws:///", "ws://10.0.0.1:70000/"}[min(r.IntN(12), 6)])
			if r.IntN(6) > 0 {
				list = append(list, event{what: "dns", ok: r.IntN(5) > 0})
			}
			if r.IntN(6) > 0 {
				add("connected", "")
				add("ack", "")
				switch r.IntN(8) {
				case 0:
					add("recv", "HTTP/1.1 404 x\r\n\r\n")
				case 1:
					add("recv", "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: x\r\n\r\n")
				default:
					more := ""
					if r.IntN(3) == 0 {
						more = r.frames(&fragments)
					}
					add("recv", "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: "+zeroAccept+"\r\n\r\n"+more)
				}
			}
		case 3, 4:
			lua("%s", r.act())
		case 5, 6, 7:
			add("recv", r.frames(&fragments))
			if r.IntN(2) == 0 {
				add("ack", "")
			}
		case 8, 9:
			add("ack", "")
		case 10:
			list = append(list, event{what: "tick", n: []int{100, 4990, 10000, 29990, 30000, 60000}[r.IntN(6)]})
		case 11:
			switch r.IntN(5) {
			case 0:
				add("ended", "")
			case 1:
				add("failed", "")
			case 2:
				lua("hook(%q, function() %s end)", []string{"connection", "receive"}[r.IntN(2)], r.act())
			case 3:
				lua(`hook("close", function(c, code) n = (n or 0) + 1 if n < 9 then dial("ws://10.0.0.3/") end end)`)
			}
		}
	}
	return list
}

// requestKey is the key in a request.
var requestKey = regexp.MustCompile(`Sec-WebSocket-Key: (\S+)`)

// seen notes what the module sends as the firmware's program does: with keys of zeros.
func (w *wires) seen(p []byte) {
	if m := requestKey.FindSubmatch(p); m != nil {
		w.accept = acceptOf(string(m[1]))
		p = bytes.Replace(p, m[1], []byte(zeroKey), 1)
	} else if len(p) > 1 {
		p = bytes.Clone(p)
		at := 2
		if p[1]&127 == 126 {
			at = 4
		}
		key := p[at : at+4]
		for i := range p[at+4:] {
			p[at+4+i] ^= key[i%4]
		}
		clear(key)
	}
	fmt.Fprintf(&w.c.Out, "net send %x\n", p)
}

// firmwareSays gives what the firmware's program prints, up to where it leaves its memory; then whole
// is false. The program is built to notice that.
func firmwareSays(t *testing.T, program, path string) (out string, whole bool) {
	cmd := exec.Command(program, "-e", path)
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	b, err := cmd.Output()
	out = strings.ReplaceAll(string(b), "net delete\n", "")
	if strings.Contains(failure.String(), "AddressSanitizer") {
		return out, false
	}
	if err != nil || failure.Len() > 0 {
		code, _ := os.ReadFile(path)
		t.Fatalf("%v %s\n%s", err, failure.String(), code)
	}
	out, _, ended := strings.Cut(out, "end\n")
	if !ended {
		t.Fatal("the program ends early: " + out)
	}
	return out, true
}

// TestReference lets random things happen to the firmware's client and to this one: all that is sent and
// printed, and in which order, must be the same.
func TestReference(t *testing.T) {
	program := os.Getenv(referenceVariable)
	if program == "" {
		t.Skip(referenceVariable + " does not name a program with the firmware's module websocket")
	}
	plans := 1000
	if testing.Short() {
		plans = 100
	}
	different, lines, broken := 0, 0, 0
	for i := range plans {
		r := planner{rand.New(rand.NewPCG(11, uint64(i)))}
		list := r.plan()
		script := []string{"sim.done()", planPrelude}
		for _, e := range list {
			script = append(script, e.lua())
		}
		script = append(script, `print("end")`)
		path := filepath.Join(t.TempDir(), "plan.lua")
		if err := os.WriteFile(path, []byte(strings.Join(script, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		out, whole := firmwareSays(t, program, path)
		w := newWires(t)
		w.planned = true
		w.c.Do("ws = nil collectgarbage()")
		w.c.Out.Reset()
		w.c.Do(planPrelude)
		for _, e := range list {
			w.do(e)
		}
		got, want := strings.Split(w.c.Printed(), "\n"), strings.Split(out, "\n")
		got, want = got[:len(got)-1], want[:len(want)-1]
		if !whole {
			broken++
			got = got[:min(len(got), len(want))]
		}
		lines += len(want)
		for k := range max(len(got), len(want)) {
			if k >= len(got) || k >= len(want) || got[k] != want[k] {
				if different++; different < 4 {
					t.Errorf("plan %d, line %d:\ngot  %.400q\nwant %.400q\n%s", i, k, got[max(min(k-3, len(got)), 0):min(k+2, len(got))],
						want[max(min(k-3, len(want)), 0):min(k+2, len(want))], strings.Join(script[2:], "\n"))
				}
				break
			}
		}
	}
	t.Logf("%d plans, %d lines, %d different; in %d plans the firmware leaves its memory, and they are compared up to there",
		plans, lines, different, broken)
	if different > 0 {
		t.Fail()
	}
}
