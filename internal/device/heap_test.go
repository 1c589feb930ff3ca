package device_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/radio"
)

// numbers types a line and gives the numbers that the console answers with.
func (m *module) numbers(line string) (list []int) {
	m.t.Helper()
	answer := m.typed(line)
	_, after, _ := strings.Cut(answer, "\n")
	for word := range strings.FieldsSeq(strings.TrimSuffix(after, "> ")) {
		n := 0
		if _, err := fmt.Sscan(word, &n); err != nil {
			m.t.Fatalf("%q answers %q", line, answer)
		}
		list = append(list, n)
	}
	return list
}

// TestDebugHeap holds that a module can have a heap that no chip has, and use all of it.
func TestDebugHeap(t *testing.T) {
	for _, size := range []int{8 << 10, 100 << 10, device.MaxDebugHeap} {
		m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", ""), DebugHeap: size})
		m.boot()
		if free := m.numbers("=node.heap()\n")[0]; free < size || free > size+2000 {
			t.Errorf("%d bytes are free, want %d", free, size)
		}
		got := m.numbers("t = {} n = 0 while node.heap() > 5000 do n = n + 1 t[n] = ('x'):rep(1000) .. n tmr.wdclr() end print(n * 1000)\n")[0]
		if got < size*6/10-5000 || got > size {
			t.Errorf("%d bytes of strings fit into %d", got, size)
		}
	}
	for _, size := range []int{-1, 8<<10 - 1, device.MaxDebugHeap + 1} {
		list := device.Config{DebugHeap: size}.Mistakes()
		if len(list) != 1 || list[0].Key != "debug_heap" {
			t.Errorf("%d: %v", size, list)
		}
	}
}

// TestHeapFigures holds that node.heap and node.egc.meminfo have the allocator's
// headers, its rounding and its holes in them.
func TestHeapFigures(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	m.typed("wifi.setmode(wifi.NULLMODE, false)\n")
	m.typed("function free() collectgarbage() collectgarbage() return node.heap() end\n")
	free := func() int { return m.numbers("=free()\n")[0] }
	m.typed("s = ('x'):rep(1000) s = 1\n") // the first long one leaves the type of buffers
	before := free()
	for _, c := range []struct{ length, cost int }{
		// A long string has a record of 16 bytes and a final zero, and the allocator adds
		// 16 and rounds up to 8.
		{100, 136}, {1000, 1040}, {1007, 1040}, {1008, 1048},
	} {
		m.typed(fmt.Sprintf("s = ('x'):rep(%d)\n", c.length))
		if got := before - free(); got < c.cost || got > c.cost+40 {
			t.Errorf("a string of %d bytes costs %d, want %d or a little more", c.length, got, c.cost)
		}
		m.typed("s = 1\n")
	}
	if left := free(); left < before-40 || left > before+40 {
		t.Errorf("%d bytes are free then, before %d", left, before)
	}
	info := m.numbers("=node.egc.meminfo()\n")
	if len(info) != 3 || info[0] < 3000 || info[0] > 15000 || info[2] > before || info[2] < before-6000 {
		t.Errorf("node.egc.meminfo: %v, %d bytes are free", info, before)
	}
	m.typed("t = {} for i = 1, 20 do t[i] = ('x'):rep(1000 + i) end for i = 1, 20, 2 do t[i] = 0 end\n")
	all, largest := free(), m.numbers("=node.egc.meminfo()\n")[2]
	if all-largest < 10*1000 {
		t.Errorf("with ten holes %d bytes are free, the largest piece has %d", all, largest)
	}
}

// TestSDKMemory holds that the radio's state is on the heap, and that a project can say
// how much that is.
func TestSDKMemory(t *testing.T) {
	use := device.SDKMemory{Radio: radio.HeapUse{Station: 500, AccessPoint: 1000}}
	for name, c := range map[string]struct {
		use           *device.SDKMemory
		off, ap, both int // how much less free than at the prompt
	}{
		"default": {nil, -2400, 0, 1016 + 2904},
		"own":     {&use, -1016, 0, 520},
		"none":    {&device.SDKMemory{}, 0, 0, 0},
	} {
		m := &module{t: t}
		var err error
		m.Device, err = device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Clock: sdk.NewVirtualClock(), Serial: &m.out, Seed: 1, SDKMemory: c.use})
		if err != nil {
			t.Fatal(err)
		}
		m.runFor(500 * time.Millisecond)
		prompt, _, _ := m.Live()
		for _, x := range []struct {
			mode string
			want int
		}{{"NULLMODE", c.off}, {"SOFTAP", c.ap}, {"STATIONAP", c.both}} {
			m.typed("wifi.setmode(wifi." + x.mode + ", false)\n")
			free, _, _ := m.Live()
			if got := prompt - free; got < x.want-100 || got > x.want+100 {
				t.Errorf("%s: %s takes %d bytes, want %d", name, x.mode, got, x.want)
			}
		}
		m.Close()
	}
}

// TestHeapAfterReset holds that what lingers does not come back to the heap of the next
// life.
func TestHeapAfterReset(t *testing.T) {
	code := `srv = net.createServer() srv:listen(80, function(s) s:on("receive", function(s) s:send("x") s:close() end) end)
		udp = net.createUDPSocket() udp:listen(5000)
		net.dns.resolve("no.such.name", print)
		tmr.create():alarm(3000, 0, function() node.restart() end)`
	m := start(t, "init.lua", code)
	var free []int
	for range 3 {
		m.runFor(3500 * time.Millisecond)
		n, _, err := m.Live()
		if err != nil {
			t.Fatal(err)
		}
		free = append(free, n)
	}
	if n := strings.Count(m.printed(), "NodeMCU 3.0.0"); n < 3 {
		t.Errorf("%d lives", n)
	}
	for _, n := range free {
		if n < free[0]-1000 || n > free[0]+1000 {
			t.Errorf("free heap of the lives: %v", free)
		}
	}
}

// TestFunctionCost holds the figures that docs/heap.md has for two programs of the
// firmware's FAQ, and their differences more exactly than themselves: what lies where at
// boot changes with every module.
func TestFunctionCost(t *testing.T) {
	const function = "collectgarbage()\nlocal heap = node.heap\nprint(heap())\nlocal function pnh() print(heap()) end\npnh()\nprint(heap())\n"
	const inline = "collectgarbage()\nlocal heap = node.heap\nprint(heap())\nprint(heap())\nprint(heap())\n"
	figures := func(code string) []int {
		// What lies where at boot differs from build to build, and so would the holes.
		m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", "", "test.lua", code),
			Build: firmware.Build{Modules: []string{"bit", "file", "gpio", "net", "node", "pipe", "sjson", "struct", "tmr", "uart", "wifi"}}})
		m.boot()
		return m.numbers("dofile('test.lua')\n")
	}
	f, i := figures(function), figures(inline)
	t.Logf("with the function %v, inline %v", f, i)
	if len(f) != 3 || len(i) != 3 {
		t.Fatalf("%v and %v", f, i)
	}
	for what, x := range map[string]struct{ got, want, about int }{
		"with the function":             {f[0], 47824, 3000},
		"inline":                        {i[0], 48152, 3000},
		"the function's code":           {i[0] - f[0], 328, 40},
		"making it":                     {f[0] - f[1], 328, 40},
		"calling print":                 {i[0] - i[1], 256, 40},
		"a text and a call frame":       {f[1] - f[2], 96, 32},
		"a text":                        {i[1] - i[2], 48, 24},
		"the function, after all of it": {i[2] - f[2], 448, 60},
	} {
		if d := x.got - x.want; d < -x.about || d > x.about {
			t.Errorf("%s: %d, docs/heap.md says %d", what, x.got, x.want)
		}
	}
}
