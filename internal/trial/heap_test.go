package trial

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/heapview"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/project"
)

// heapOf profiles a program.
func heapOf(t *testing.T, code string, o HeapOptions) *HeapProfile {
	t.Helper()
	name := filepath.Join(t.TempDir(), "app.lua")
	if err := os.WriteFile(name, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	return heapAt(t, name, o)
}

func heapAt(t *testing.T, path string, o HeapOptions) *HeapProfile {
	t.Helper()
	p, err := project.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h, err := Heap(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// heapPrograms are programs that use the heap in different ways. Each of them is
// still there after a second.
var heapPrograms = map[string]string{
	"nothing":   "",
	"tables":    "t = {} tmr.create():alarm(100, tmr.ALARM_AUTO, function() t[#t + 1] = {n = #t} end)",
	"closures":  "fs = {} for i = 1, 50 do local n = {} fs[i] = function() n = i return n end end",
	"coroutine": "cs = {} for i = 1, 8 do local c = coroutine.create(function(x) local y = {x} coroutine.yield(function() return y end) end) coroutine.resume(c, i) cs[i] = c end",
	"timers":    "ts = {} for i = 1, 10 do ts[i] = tmr.create() ts[i]:register(1000 * i, tmr.ALARM_SINGLE, function() ts[i] = nil end) end",
	"sockets":   "srv = net.createServer() srv:listen(80, function(s) s:on('receive', print) end) cl = net.createConnection(net.TCP) cl:on('connection', print) udp = net.createUDPSocket() udp:listen(5000)",
	"strings":   "s = {} for i = 1, 20 do s[i] = ('long'):rep(i * 20) .. i end",
	"files":     "f = file.open('x', 'w') f:write('text') list = file.list()",
	"output":    "node.output(function(p) out = p end, 1) for i = 1, 10 do print(i) end",
	"garbage":   "tmr.create():alarm(10, tmr.ALARM_AUTO, function() local t = {} for i = 1, 20 do t[i] = i .. 'x' end end)",
	"json":      "doc = sjson.decode('{\"a\": [1, 2, {\"b\": \"text\"}]}') dec = sjson.decoder()",
	"error":     "t = {} error('stop')",
}

// TestProfileHeap_Sums holds that the figures add up to the byte, in every program.
func TestProfileHeap_Sums(t *testing.T) {
	for name, code := range heapPrograms {
		t.Run(name, func(t *testing.T) {
			h := heapOf(t, code, HeapOptions{After: time.Second, Then: 3 * time.Second})
			for _, s := range []*moonlet.HeapSnapshot{h.First, h.Second} {
				checkSums(t, s)
			}
			g, err := h.Second.GrowthSince(h.First, 0)
			if err != nil {
				t.Fatal(err)
			}
			if sum := g.NewBytes + g.GrownBytes - g.ShrunkBytes - g.GoneBytes; sum != g.Used {
				t.Errorf("new %d, grown %d, shrunk %d, gone %d: %d, not %d", g.NewBytes, g.GrownBytes, g.ShrunkBytes, g.GoneBytes, sum, g.Used)
			}
			lines := 0
			for _, l := range g.Lines {
				lines += l.Bytes
			}
			if lines != g.NewBytes+g.GrownBytes {
				t.Errorf("lines have %d bytes of %d", lines, g.NewBytes+g.GrownBytes)
			}
		})
	}
}

// inVM are bytes of Lua's memory that Lua does not count: the look-aside cache.
const inVM = 512

func checkSums(t *testing.T, s *moonlet.HeapSnapshot) {
	t.Helper()
	r := s.Report(heapview.Options{})
	if r.Heap.Used != r.Heap.Total-r.Heap.Free {
		t.Errorf("heap %+v", r.Heap)
	}
	kinds, lines, holders, items, lua := 0, 0, 0, 0, 0
	for _, k := range r.Kinds {
		kinds += k.Bytes
		if k.Kind != string(heapview.KindC) {
			lua += k.Payload
		}
	}
	for _, l := range r.Lines {
		lines += l.Bytes
	}
	for _, h := range r.Holders {
		holders += h.Bytes
	}
	for _, it := range r.Objects {
		items += it.Bytes
		if it.PathText == "" || strings.Contains(it.PathText, "garbage") {
			t.Errorf("what keeps %s at %s: %q", it.Kind, it.Address, it.PathText)
		}
	}
	for what, n := range map[string]int{"kinds": kinds, "lines": lines, "holders": holders, "objects": items} {
		if n != r.Heap.Used {
			t.Errorf("%s have %d bytes, in use are %d", what, n, r.Heap.Used)
		}
	}
	if want := r.Heap.Lua + inVM; lua != want {
		t.Errorf("objects of Lua have %d bytes, Lua counts %d", lua, want)
	}
	var b bytes.Buffer
	if err := s.WriteProfile(&b, nil); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	space := 0
	for _, x := range p.Sample {
		space += int(x.Value[1])
	}
	if space != r.Heap.Used {
		t.Errorf("the profile has %d bytes, in use are %d", space, r.Heap.Used)
	}
}

// TestProfileHeap_Unnoticed holds that a module with open books does the same as one
// without: the same figures and the same addresses at the same time.
func TestProfileHeap_Unnoticed(t *testing.T) {
	const watch = "\ntmr.create():alarm(50, tmr.ALARM_AUTO, function() print(tmr.now(), node.heap(), collectgarbage('count'), {}, function() end, tmr.create()) end)"
	for name, code := range heapPrograms {
		t.Run(name, func(t *testing.T) {
			var outputs [2]string
			for i := range outputs {
				dir := storeProject(t, "init.lua", strings.Replace(code, "error('stop')", "", 1)+watch)
				opts := []moonlet.Option{moonlet.FastSerial(), moonlet.With(moonlet.Config{Time: moonlet.Virtual, Seed: 1}),
					moonlet.Inside(hook.Options{Lenient: true})}
				if i == 1 {
					opts = append(opts, moonlet.ProfileHeap())
				}
				m, err := moonlet.Open(dir, opts...)
				if err != nil {
					t.Fatal(err)
				}
				if err := m.RunFor(2 * time.Second); err != nil {
					t.Fatal(err)
				}
				out := m.Output()
				if err := m.Close(); err != nil {
					t.Fatal(err)
				}
				outputs[i] = out
			}
			if outputs[0] != outputs[1] || strings.Count(outputs[0], "table: 0x") < 10 {
				t.Errorf("without a profile:\n%s\nwith one:\n%s", outputs[0], outputs[1])
			}
		})
	}
}

// TestProfileHeap_Figure holds that the free heap is what node.heap tells.
func TestProfileHeap_Figure(t *testing.T) {
	var out bytes.Buffer
	h := heapOf(t, "tmr.create():alarm(100, tmr.ALARM_AUTO, function() collectgarbage() collectgarbage() print(node.heap()) end)",
		HeapOptions{After: 990 * time.Millisecond, Serial: &out})
	m := regexp.MustCompile(`(\d+)\r?\n`).FindAllStringSubmatch(out.String(), -1)
	if len(m) == 0 {
		t.Fatalf("output %q", out.String())
	}
	// In the callback the string of the last figure is still there, and the call
	// itself takes some.
	n, _ := strconv.Atoi(m[len(m)-1][1])
	if h.First.FreeBytes() < n || h.First.FreeBytes() > n+200 {
		t.Errorf("%d bytes are free, node.heap said %d", h.First.FreeBytes(), n)
	}
}

func TestProfileHeap_Deterministic(t *testing.T) {
	for _, name := range []string{"timers", "closures", "coroutine"} {
		var texts [2]string
		for i := range texts {
			var b bytes.Buffer
			h := heapOf(t, heapPrograms[name], HeapOptions{After: time.Second})
			h.First.Report(heapview.Options{}).Print(&b, true)
			if err := h.First.WriteProfile(&b, nil); err != nil {
				t.Fatal(err)
			}
			texts[i] = b.String()
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: two runs tell different things", name)
		}
	}
}

// TestProfileHeap_Leak is the leak that issues of the firmware describe most: a
// callback in the registry whose upvalue is the object that would free it.
func TestProfileHeap_Leak(t *testing.T) {
	h := heapAt(t, filepath.Join("..", "..", "examples", "leak"), HeapOptions{After: 2 * time.Second, Then: 30 * time.Second})
	g, err := h.Second.GrowthSince(h.First, 0)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join("..", "..", "examples", "leak", "init.lua"))
	if err != nil {
		t.Fatal(err)
	}
	lineOf := func(text string) int {
		before, _, ok := strings.Cut(string(source), text)
		if !ok {
			t.Fatalf("the example has no %q", text)
		}
		return strings.Count(before, "\n") + 1
	}
	callback := lineOf("timer:register(")
	for kind, line := range map[string]int{"function": callback, "table": lineOf("local samples = {}"), "userdata": lineOf("local timer = tmr.create()")} {
		i := slices.IndexFunc(g.Lines, func(l heapview.GrowthLine) bool { return l.File == "init.lua" && l.Line == line })
		if i < 0 || i > 2 || g.Lines[i].Objects[kind] != 28 {
			t.Fatalf("init.lua:%d is not told as a line that leaks 28 times a %s: %+v", line, kind, g.Lines)
		}
		if kind != "userdata" {
			continue
		}
		circle := regexp.MustCompile(fmt.Sprintf(
			`^registry reference (\d+) → function init\.lua:%d → upvalue 'timer' → userdata tmr\.timer, which holds registry reference (\d+)$`, callback))
		if text := g.Lines[i].Example.PathText; !isCircle(circle, text) {
			t.Errorf("the path is %q, want %s", text, circle)
		}
		c := h.Second.Report(heapview.Options{}).Circles
		if len(c) != 1 || c[0].Count != 29 || c[0].Line != callback || !isCircle(circle, c[0].Text) {
			t.Errorf("circles %+v", c)
		}
		var kinds []string
		for _, step := range g.Lines[i].Example.Path {
			kinds = append(kinds, step.Kind)
		}
		if !slices.Equal(kinds, []string{"table", "function", "upvalue", "userdata"}) {
			t.Errorf("the path goes through %v", kinds)
		}
	}
}

// isCircle tells whether a path ends with the number that it begins with.
func isCircle(circle *regexp.Regexp, text string) bool {
	m := circle.FindStringSubmatch(text)
	return m != nil && m[1] == m[2]
}

// TestProfileHeap_Circles holds which programs have circles that keep themselves alive.
func TestProfileHeap_Circles(t *testing.T) {
	const make = "local t = tmr.create() t:register(1000, tmr.ALARM_SINGLE, function() t = nil end)"
	const socket = "local s = net.createConnection() s:on('receive', function() s:close() end)"
	for code, want := range map[string]int{
		make:                1, // never started: nothing but itself holds it
		make + " t:start()": 0, // it runs
		make + " g = t":     0,
		"tmr.create():register(1000, tmr.ALARM_SINGLE, print)": 0, // garbage
		socket:            1,
		socket + " g = s": 0,
		"local srv = net.createServer() srv:listen(80, function() return srv end)":             0, // it listens
		"local srv = net.createServer() srv:listen(80, function() return srv end) srv:close()": 1,
		make + " " + socket: 2,
		"local a, b = tmr.create(), net.createUDPSocket() a:register(9, 0, function() return b end) b:on('receive', function() return a end)": 1,
	} {
		h := heapOf(t, code, HeapOptions{After: 500 * time.Millisecond})
		if c := h.First.Report(heapview.Options{}).Circles; len(c) != want {
			t.Errorf("%s: %+v, want %d circles", code, c, want)
		}
	}
}

// TestProfileHeap_OutOfMemory holds that the moment when memory runs out can be looked
// at, whatever runs then.
func TestProfileHeap_OutOfMemory(t *testing.T) {
	for name, code := range map[string]string{
		"tables":     "local t = {}\nwhile true do\nt[#t + 1] = {}\nend",
		"hash":       "local t, i = {}, 0.5\nwhile true do\nt[i] = true i = i + 1\nend",
		"strings":    "local t = {}\nwhile true do\nt[#t + 1] = ('x'):rep(100 + #t)\nend",
		"concat":     "local s = 'x'\nwhile true do\ns = s .. s\nend",
		"closures":   "local t = {}\nwhile true do\nlocal n = {} t[#t + 1] = function() return n, t end\nend",
		"coroutines": "local t = {}\nwhile true do\nlocal c = coroutine.wrap(function() coroutine.yield({}) end) c() t[#t + 1] = c\nend",
		"code":       "local t = {}\nwhile true do\nt[#t + 1] = load('local a, b = 1, 2 return function() return a, b, ' .. #t .. ' end')()\nend",
		"stack":      "local function f(n)\n\n  return 1 + f(n + 1)\nend\nf(1)",
		"userdata":   "local t = {}\nwhile true do\nt[#t + 1] = tmr.create()\nend",
		"format":     "local s = ''\nwhile true do\ns = ('%s%s'):format(s, s .. 'x')\nend",
		"table lib":  "local t = {}\nfor i = 1, 300 do t[i] = ('y'):rep(100) end\nlocal s = table.concat(t)",
		"json":       "local s = ('[1,'):rep(1)\n\nsjson.decode('[' .. ('{\"key\":[1,2,3]},'):rep(600) .. '1]')",
	} {
		t.Run(name, func(t *testing.T) {
			h := heapOf(t, code, HeapOptions{After: time.Minute, OutOfMemory: true})
			checkShortSums(t, h.First)
			r := h.First.Report(heapview.Options{})
			if o := r.OutOfMemory; o == nil || o.File != "init.lua" || o.Line != 3 || o.Wanted+int(heapOverhead) <= r.Heap.Largest {
				t.Errorf("%+v with %+v", r.OutOfMemory, r.Heap)
			}
		})
	}
	p, err := project.Open(storeProject(t, "init.lua", "x = 1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Heap(t.Context(), p, HeapOptions{After: time.Second, OutOfMemory: true}); err == nil || !strings.Contains(err.Error(), "memory did not run out in 1s: 4") {
		t.Errorf("a program that has enough: %v", err)
	}
}

// heapOverhead is what the allocator adds to a block.
const heapOverhead = 16

// checkShortSums holds that figures add up in the midst of a task, too.
func checkShortSums(t *testing.T, s *moonlet.HeapSnapshot) {
	t.Helper()
	r := s.Report(heapview.Options{})
	kinds, lines, holders := 0, 0, 0
	for _, k := range r.Kinds {
		kinds += k.Bytes
	}
	for _, l := range r.Lines {
		lines += l.Bytes
	}
	for _, h := range r.Holders {
		holders += h.Bytes
	}
	if used := r.Heap.Used; used != r.Heap.Total-r.Heap.Free || kinds != used || lines != used || holders != used {
		t.Errorf("in use %d, kinds %d, lines %d, holders %d", r.Heap.Used, kinds, lines, holders)
	}
}

// TestProfileHeap_OutOfMemoryNote holds that a profile at another moment tells of it.
func TestProfileHeap_OutOfMemoryNote(t *testing.T) {
	code := "tmr.create():alarm(100, 0, function()\nlocal t = {}\nwhile true do t[#t + 1] = {} end\nend)"
	h := heapOf(t, code, HeapOptions{After: 4 * time.Second})
	if h.OutOfMemory == nil || len(h.Notes) < 2 || !strings.Contains(h.Notes[0], "not enough memory: ") || !strings.Contains(h.Notes[0], "at init.lua:3, ") {
		t.Errorf("notes %q", h.Notes)
	}
	caught := heapOf(t, "local ok, e = pcall(string.rep, 'x', 1e6) text = e", HeapOptions{After: time.Second})
	if caught.OutOfMemory == nil || len(caught.Notes) != 1 {
		t.Errorf("an error that is caught: notes %q", caught.Notes)
	}
}

// TestProfileHeap_Network holds that lwIP's memory has its name.
func TestProfileHeap_Network(t *testing.T) {
	code := `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "any"}
		srv = net.createServer() srv:listen(80, function() end)
		udp = net.createUDPSocket() udp:listen(5000)
		cl = net.createConnection()`
	h := heapOf(t, code, HeapOptions{After: 10 * time.Second})
	got := map[string]int{}
	for _, b := range h.First.Report(heapview.Options{}).CBlocks {
		got[b.Name] = b.Payload
	}
	for name, want := range map[string]int{
		"lwIP: TCP server": 36, "lwIP: UDP socket": 36, "lwIP: DHCP client": 100,
		"SDK: station": 1000, "SDK: connection to a network": 312, "SDK: access point": 0,
	} {
		if got[name] != want {
			t.Errorf("%s has %d bytes, want %d; all are %v", name, got[name], want, got)
		}
	}
}

// TestProfileHeap_Lines holds that figures are with the right lines.
func TestProfileHeap_Lines(t *testing.T) {
	code := strings.Join([]string{
		"local function make()",            // 1
		"\treturn {1, 2, 3}, {}",           // 2
		"end",                              // 3
		"a, b = make()",                    // 4
		"text = ('x'):rep(1000)",           // 5
		"list = {}",                        // 6
		"for i = 1, 64 do",                 // 7
		"\tlist[i] = i",                    // 8
		"end",                              // 9
		"package.loaded.mine = {data=9}",   // 10
		"co = coroutine.create(function()", // 11
		"\tlocal t = {}",                   // 12
		"\tcoroutine.yield(t)",             // 13
		"end)",                             // 14
		"coroutine.resume(co)",             // 15
	}, "\n")
	h := heapOf(t, code, HeapOptions{After: time.Second})
	r := h.First.Report(heapview.Options{})
	lines := map[int]heapview.Line{}
	for _, l := range r.Lines {
		if l.File == "init.lua" && l.Line > 0 {
			lines[l.Line] = l
		}
	}
	if l := lines[2]; l.Objects["table"] != 2 || l.Bytes < 2*48+32 {
		t.Errorf("line 2: %+v", l)
	}
	if l := lines[5]; l.Objects["string"] < 1 || l.Payload < 1000 {
		t.Errorf("line 5: %+v", l)
	}
	if l := lines[8]; l.Parts != 1 || l.Bytes != 64*8+16 || len(l.Objects) != 0 {
		t.Errorf("line 8: %+v", l)
	}
	if l := lines[11]; l.Objects["thread"] != 1 || l.Objects["prototype"] != 1 {
		t.Errorf("line 11: %+v", l)
	}
	if l := lines[12]; l.Objects["table"] != 1 {
		t.Errorf("line 12: %+v", l)
	}
	paths := map[string]bool{}
	for _, it := range r.Objects {
		paths[it.PathText] = true
	}
	for _, want := range []string{
		"global 'list' → table", "package.loaded.mine → table",
		"global 'co' → coroutine init.lua:11 → stack (function init.lua:11) → table",
	} {
		if !paths[want] {
			t.Errorf("no object has the path %q", want)
		}
	}
}

func TestProfileHeap_Reset(t *testing.T) {
	code := "tmr.create():alarm(5000, tmr.ALARM_SINGLE, node.restart)"
	h := heapOf(t, code, HeapOptions{After: time.Second, Then: 8 * time.Second})
	if _, err := h.Second.GrowthSince(h.First, 0); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("two lives are compared: %v", err)
	}
	if len(h.Notes) != 1 || !strings.Contains(h.Notes[0], "after power-on: reset: restart") {
		t.Errorf("notes %q", h.Notes)
	}
}

func TestProfileHeap_Asleep(t *testing.T) {
	p, err := project.Open(storeProject(t, "init.lua", "node.dsleep(60e6)"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Heap(t.Context(), p, HeapOptions{After: time.Second}); err == nil || !strings.Contains(err.Error(), "no Lua is running") {
		t.Errorf("a module that sleeps: %v", err)
	}
}

// TestProfileHeap_Samples holds that watching the heap changes nothing.
func TestProfileHeap_Samples(t *testing.T) {
	code := heapPrograms["tables"]
	plain := heapOf(t, code, HeapOptions{After: 2 * time.Second})
	var list []heapview.Sample
	h := heapOf(t, code, HeapOptions{After: 2 * time.Second, Every: 100 * time.Millisecond, Sample: func(s heapview.Sample) { list = append(list, s) }})
	if h.First.FreeBytes() != plain.First.FreeBytes() {
		t.Errorf("%d bytes free with samples, %d without", h.First.FreeBytes(), plain.First.FreeBytes())
	}
	if len(list) != 20 || list[0].At != 100*time.Millisecond || list[19].Free >= list[1].Free || !list[5].Running {
		t.Errorf("samples %+v", list)
	}
}

// TestProfileHeap_Store holds that names of upvalues are found for code in flash.
func TestProfileHeap_Store(t *testing.T) {
	dir := storeProject(t, "moonlet.toml", "lfs = \"32KB\"\nlfs_files = [\"lib/*.lua\"]\n",
		"init.lua", "keep = node.LFS.get('box')()",
		"lib/box.lua", "local contents = {}\nreturn function()\n\treturn contents\nend")
	h := heapAt(t, dir, HeapOptions{After: time.Second})
	checkSums(t, h.First)
	found := false
	for _, it := range h.First.Report(heapview.Options{}).Objects {
		found = found || it.PathText == "global 'keep' → function lib/box.lua:2 → upvalue 'contents' → table"
	}
	if !found {
		t.Error("the path through a function of the store is not told")
	}
}
