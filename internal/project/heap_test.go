package project

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

	"moonlet/internal/device"
	"moonlet/internal/heapview"
	"moonlet/internal/sdk"
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
	p, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h, err := p.ProfileHeap(o)
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
			for _, s := range []*heapview.Snapshot{h.First, h.Second} {
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

func checkSums(t *testing.T, s *heapview.Snapshot) {
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
				p, err := Open(dir, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.Upload(); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				c := p.Config()
				c.Clock, c.Serial, c.FastSerial, c.Seed, c.HeapProfile = sdk.NewVirtualClock(), &out, true, 1, i == 1
				c.Net.AutoPorts = true
				d, err := device.New(c)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.RunFor(2 * time.Second); err != nil {
					t.Fatal(err)
				}
				d.Close()
				outputs[i] = out.String()
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
	if h.First.Free < n || h.First.Free > n+200 {
		t.Errorf("%d bytes are free, node.heap said %d", h.First.Free, n)
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
		want := fmt.Sprintf(`^registry reference \d+ → function init\.lua:%d → upvalue 'timer' → userdata tmr\.timer$`, callback)
		if text := g.Lines[i].Example.PathText; !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("the path is %q, want %s", text, want)
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
	if l := lines[2]; l.Objects["table"] != 2 || l.Bytes < 2*40+24 {
		t.Errorf("line 2: %+v", l)
	}
	if l := lines[5]; l.Objects["string"] < 1 || l.Payload < 1000 {
		t.Errorf("line 5: %+v", l)
	}
	if l := lines[8]; l.Parts != 1 || l.Bytes != 64*8+8 || len(l.Objects) != 0 {
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
	p, err := Open(storeProject(t, "init.lua", "node.dsleep(60e6)"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.ProfileHeap(HeapOptions{After: time.Second}); err == nil || !strings.Contains(err.Error(), "no Lua is running") {
		t.Errorf("a module that sleeps: %v", err)
	}
}

// TestProfileHeap_Samples holds that watching the heap changes nothing.
func TestProfileHeap_Samples(t *testing.T) {
	code := heapPrograms["tables"]
	plain := heapOf(t, code, HeapOptions{After: 2 * time.Second})
	var list []HeapSample
	h := heapOf(t, code, HeapOptions{After: 2 * time.Second, Every: 100 * time.Millisecond, Sample: func(s HeapSample) { list = append(list, s) }})
	if h.First.Free != plain.First.Free {
		t.Errorf("%d bytes free with samples, %d without", h.First.Free, plain.First.Free)
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
