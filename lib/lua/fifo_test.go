package lualib_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostexec"
)

// fifoModel is what a queue does, as its manual says.
type fifoModel struct {
	values []int
	most   int // 0 is any
	at     bool
	calls  []string
}

// dequeue calls a function that returns what is in answers, by the value: 0 nothing, -1 that the value does not count,
// another one to stand in its place.
func (f *fifoModel) dequeue(answers map[int]int) bool {
	for {
		if len(f.values) == 0 {
			f.at = true
			return false
		}
		v := f.values[0]
		f.calls = append(f.calls, fmt.Sprintf("%d%t", v, len(f.values) == 1))
		switch a := answers[v]; {
		case a > 0:
			f.values[0] = a
			return true
		case a == 0:
			f.values = f.values[1:]
			return true
		default:
			f.values = f.values[1:]
		}
	}
}

func (f *fifoModel) queue(v int, answers map[int]int, calls bool) bool {
	if f.most > 0 && len(f.values) >= f.most {
		return false
	}
	f.values = append(f.values, v)
	if calls && f.at {
		f.at = false
		f.dequeue(answers)
	}
	return true
}

// TestFifo_Model compares random programs with a model.
func TestFifo_Model(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 3))
	var program strings.Builder
	program.WriteString(`
local q, answers, calls
local function k(v, last)
  calls[#calls + 1] = v .. tostring(last)
  local a = answers[v] or 0
  if a > 0 then return a end
  return nil, a < 0 or nil
end
`)
	var want []string
	for range 1000 {
		f := &fifoModel{at: true, most: r.IntN(5)}
		answers := map[int]int{}
		program.WriteString("do answers, calls = {}, {}\n")
		for v := range 20 {
			if a := []int{0, 0, 0, -1, -1, 20 + r.IntN(5)}[r.IntN(6)]; a != 0 {
				answers[v] = a
				fmt.Fprintf(&program, "answers[%d] = %d ", v, a)
			}
		}
		if f.most > 0 {
			fmt.Fprintf(&program, "q = M.new(%d)\n", f.most)
		} else {
			program.WriteString("q = M.new()\n")
		}
		for range 15 {
			v := r.IntN(20)
			var ok bool
			switch r.IntN(3) {
			case 0:
				ok = f.dequeue(answers)
				program.WriteString("local r = tostring(q:dequeue(k)) calls[#calls + 1] = r\n")
			case 1:
				ok = f.queue(v, answers, true)
				fmt.Fprintf(&program, "local r = tostring(q:queue(%d, k) or false) calls[#calls + 1] = r\n", v)
			default:
				ok = f.queue(v, answers, false)
				fmt.Fprintf(&program, "local r = tostring(q:queue(%d) or false) calls[#calls + 1] = r\n", v)
			}
			f.calls = append(f.calls, fmt.Sprint(ok))
		}
		program.WriteString("print(table.concat(calls, ' '), #q, q._go) end\n")
		want = append(want, fmt.Sprintf("%s\t%d\t%t", strings.Join(f.calls, " "), len(f.values), f.at))
	}
	for name, edition := range map[string]hostexec.Edition{"5.3": hostexec.Lua53, "5.1": hostexec.Lua51, "5.1-int": hostexec.Lua51Int} {
		got := strings.Split(runHost(t, edition, "fifo", program.String()), "\n")
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("Lua %s: program %d gives\n%s\nand not\n%s", name, i, got[i], want[i])
			}
		}
	}
}

// TestFifo sends over a socket.
func TestFifo(t *testing.T) {
	const script = `
local fifo = require "fifo"
raises("nil", "fifo: nil cannot be queued", function() fifo.new():queue(nil) end)
local full = fifo.new(1)
full:queue(1)
check("full", select(2, full:queue(2)), "fifo: 1 values are queued")

wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Moonlet", save = false }
server = net.createServer()
server:listen(80, function(c)
  local send, stop = fifo.socket(c, 10)
  c:on("receive", function()
    local left = 3
    send("hello ") send("world") send(("x"):rep(3000))
    local function more()
      left = left - 1
      if left == 1 then return nil, more end
      if left > 0 then return ("y"):rep(1600), more end
      return "tail"
    end
    send(more)
    send(function()
      send("(all sent)")
      send(function()
        stop()
        check("closed", select(2, send("x")), "fifo: the socket is closed")
        c:close()
        print "finished"
      end)
    end)
  end)
end)
print "listening"
`
	everywhere(t, func(t *testing.T, p place) {
		m := p.start(t, nil, script, "fifo")
		m.Expect("listening")
		c := m.Dial(80)
		c.Send("go")
		want := "hello world" + strings.Repeat("x", 3000) + strings.Repeat("y", 1600) + "tail(all sent)"
		if got := c.ExpectEnd(); got != want {
			t.Errorf("%d bytes came: %.40q … %q", len(got), got, got[max(len(got)-40, 0):])
		}
		m.Expect("finished")
		if out := m.Output(); strings.Contains(out, "WRONG") || strings.Count(out, "NodeMCU ") != 1 {
			t.Errorf("%s", out)
		}
	})
}
