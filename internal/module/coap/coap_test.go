package coap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// newBench is a twin on its chip's own system.
func newBench(t *testing.T) *twin {
	t.Helper()
	w := newTwin(t)
	w.board.sys = nil
	w.Reboot(port.ResetInfo{})
	return w
}

var (
	here    = port.IP{10, 0, 0, 7}
	server1 = port.IP{10, 0, 0, 1}
)

// ask sends a request to the server, and gives what it answers.
func (w *twin) ask(code uint8, path string, payload string) (m message, ok bool) {
	q := message{kind: typeCON, code: code, id: [2]byte{1, 2}, token: []byte("tok"), payload: []byte(payload)}
	for _, s := range strings.Split(path, "/") {
		q.options = append(q.options, option{optionPath, []byte(s)})
	}
	p, _ := q.build(maxMessage)
	w.net.Sent = nil
	s := w.net.Last()
	w.Tasks.Exec(func() { s.Recv(p, here, 4000) })
	w.RunFor(time.Millisecond)
	if len(w.net.Sent) == 0 {
		return m, false
	}
	a := w.net.Sent[0]
	m, e := parse(a.Data)
	return m, e == 0 && a.To == here && a.Port == 4000 && m.kind == typeACK && string(m.token) == "tok" && m.id == [2]byte{1, 2}
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	w := newBench(t)
	w.Script("testdata/coap.lua")
	w.Do("cs, cc = nil collectgarbage() collectgarbage()")
	if w.net.Open() != 0 {
		t.Error("a socket is open")
	}
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { newBench(t).EveryAllocation("testdata/memory.lua") })
}

// TestNoNetwork holds what the functions say on a board without one.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{Module}})
	for _, code := range []string{"coap.Server():listen(1)", "coap.Client():get('coap://1.2.3.4/')"} {
		if err := l.Exec(code, "=x"); err == nil || err.Error() != "x:1: this board has no network" {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestServer holds what each resource answers.
func TestServer(t *testing.T) { moduletest.Editions(t, testServer) }

func testServer(t *testing.T) {
	w := newBench(t)
	w.Do(referenceGlobals + ` server:listen(5683) _G.f2 = function() return {} end server:func("f2") server:var("") server:func("")
		server:var("n", coap.XML)`)
	for _, x := range []struct {
		code          uint8
		path, payload string
		want          uint8
		format        int
		text          string
	}{
		{methodGet, "v1/v/a", "", codeContent, 0, "text"},
		{methodGet, "v1/v/n", "", codeContent, 41, "42"},
		{methodGet, "v1/v/z", "", codeContent, 0, "zero"},
		{methodGet, "v1/v/b", "", codeNotFound, 65535, ""},
		{methodGet, "v1/v/none", "", codeNotFound, 65535, ""},
		{methodGet, "v1/v/else", "", codeContent, 0, ""},
		{methodGet, "v1/v", "", codeContent, 0, ""},
		{methodGet, "v1/v/", "", codeContent, 0, ""},
		{methodGet, "v1/v/long", "", codeContent, 0, strings.Repeat("x", 1130)},
		{methodPost, "v1/v/a", "", codeNotFound, 65535, ""},
		{methodPost, "v1/f/f", "a\x00b", codeContent, 0, "a\x00b"},
		{methodPost, "v1/f/g", "x", codeContent, 0, ""},
		{methodPost, "v1/f/h", "x", codeContent, 0, "7"},
		{methodPost, "v1/f/f2", "x", codeContent, 0, ""},
		{methodPost, "v1/f/none", "x", codeNotFound, 65535, ""},
		{methodPost, "v1/f/else", "x", codeNotFound, 65535, ""},
		{methodPost, "v1/f/", "x", codeNotFound, 65535, ""},
		{methodPost, "v1/f", "x", codeNotFound, 65535, ""},
		{methodPost, "v1/c", "", codeBadRequest, 0, ""},
		{methodPost, "v1/c", "a = 'changed'", codeContent, 0, ""},
		{methodGet, "v1/v/a", "", codeContent, 0, "changed"},
		{methodPost, "v1/c", "a = 'text'\x00junk", codeContent, 0, ""},
		{methodGet, "v1/v/a", "", codeContent, 0, "text"},
		{methodPost, "v1/c", "no code", codeContent, 0, ""},
		{methodPost, "v1/c", "return 1, 2", codeContent, 0, ""},
		{methodPost, "v1/c", "a = 5 --" + strings.Repeat("x", 248), codeContent, 0, ""},
		{methodGet, "v1/v/a", "", codeContent, 0, "text"},
		{methodPost, "v1/c", "a = 5 --" + strings.Repeat("x", 247), codeContent, 0, ""},
		{methodGet, "v1/v/a", "", codeContent, 0, "5"},
		{methodGet, "v1/id", "", codeContent, 0, "\x56\x34\x12\x00"},
		{methodPut, "v1/v/a", "", codeNotFound, 65535, ""},
		{0, "", "", codeNotFound, 65535, ""},
		{methodGet, ".well-known/core", "", codeContent, 40, "</.well-known/core>;ct=40,</v1/v/a>;ct=0,</v1/v/n>;ct=0,</v1/v/z>;ct=0,</v1/v/b>;ct=0,</v1/v/none>;ct=0,</v1/v/long>;ct=0,</v1/v/longer>;ct=0,</v1/v/>;ct=0,</v1/id>;ct=0"},
	} {
		m, ok := w.ask(x.code, x.path, x.payload)
		if !ok || m.code != x.want || string(m.payload) != x.text {
			t.Errorf("%d %s: %v %d.%02d %q", x.code, x.path, ok, m.code>>5, m.code&31, m.payload)
			continue
		}
		f := m.find(optionFormat)
		if len(f) != 1 || len(f[0].value) != 2 || int(f[0].value[0])<<8|int(f[0].value[1]) != x.format {
			t.Errorf("%s: format %v", x.path, f)
		}
	}
	// What is too long has no answer, and a list of names is cut off.
	if _, ok := w.ask(methodGet, "v1/v/longer", ""); ok {
		t.Error("an answer that is too long")
	}
	w.Do("for i = 1, 60 do server:var('name' .. i) end")
	if m, ok := w.ask(methodGet, ".well-known/core", ""); !ok || len(m.payload) != 1023 {
		t.Errorf("%v, %d bytes", ok, len(m.payload))
	}
	if out := w.Printed(); strings.Contains(out, "error") || strings.Contains(out, "1\t2") {
		t.Error(out)
	}
	if top := w.Machine.State().GetTop(); top != 0 {
		t.Errorf("%d values are left on the stack", top)
	}
}

// TestBadRequests holds that what is no message has no answer, and neither has one that is too
// long.
func TestBadRequests(t *testing.T) { moduletest.Editions(t, testBadRequests) }

func testBadRequests(t *testing.T) {
	w := newBench(t)
	w.Do("s = coap.Server() s:listen(5683)")
	for _, p := range []string{"", "\x40", "\x40\x01\x00", "\x00\x01\x00\x00", "\xC0\x01\x00\x00", "\x49\x01\x00\x00123456789", "\x44\x01\x00\x00abc",
		"\x40\x01\x00\x00\xF0", "\x40\x01\x00\x00\x0F", "\x40\x01\x00\x00\xD0", "\x40\x01\x00\x00\x05abc", "\x40\x01\x00\x00" + strings.Repeat("\x00", 1149)} {
		w.Tasks.Exec(func() { w.net.Last().Recv([]byte(p), here, 1) })
	}
	if n := len(w.net.Sent); n != 0 {
		t.Errorf("%d answers", n)
	}
	// 1,152 bytes are none too many. Options beyond the 16th are not read.
	w.Tasks.Exec(func() { w.net.Last().Recv([]byte("\x40\x01\x00\x00"+strings.Repeat("\x00", 1148)), here, 1) })
	if n := len(w.net.Sent); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// TestCallbackError holds that an error of a function is reported, and has no answer; that what
// it returns may be too long ends the life of the module, as in the firmware.
func TestCallbackError(t *testing.T) { moduletest.Editions(t, testCallbackError) }

func testCallbackError(t *testing.T) {
	w := newBench(t)
	w.Do(`s = coap.Server() s:listen(5683) s:func("bad") s:func("huge") s:func("closing")
		function bad() error("\toops") end
		function closing() s:close() return "x" end
		function huge() return ("x"):rep(1025) end`)
	if _, ok := w.ask(methodPost, "v1/f/bad", ""); ok || !strings.Contains(w.Printed(), "oops\nstack traceback:") {
		t.Error("no report, or an answer")
	}
	if top := w.Machine.State().GetTop(); top != 0 {
		t.Errorf("%d values are left on the stack", top)
	}
	func() {
		defer func() {
			if msg, ok := w.Machine.Unprotected(recover()); !ok || !strings.Contains(msg, "return string:<MAX_PAYLOAD_SIZE") {
				t.Errorf("%q", msg)
			}
		}()
		w.ask(methodPost, "v1/f/huge", "")
	}()
	w.Reboot(port.ResetInfo{})
	w.Do(`s = coap.Server() s:listen(5683) s:func("closing") function closing() s:close() return "x" end`)
	if _, ok := w.ask(methodPost, "v1/f/closing", ""); ok {
		t.Error("answered by a server that is closed")
	}
}

// TestRepeats holds when a confirmable request is sent again: five times in all, each time after
// twice as long, the first time after 2 to 3 s; an answer ends that, a reset or another token
// does not.
func TestRepeats(t *testing.T) { moduletest.Editions(t, testRepeats) }

func testRepeats(t *testing.T) {
	w := newBench(t)
	var at []time.Duration
	w.net.OnSend = func(porttest.Sent) { at = append(at, w.Tasks.Now()) }
	w.Do("c = coap.Client() c:get('coap://10.0.0.1/x')")
	w.RunFor(2 * time.Minute)
	if len(at) != 5 {
		t.Fatalf("sent %d times", len(at))
	}
	first := at[1] - at[0]
	if first < 2*time.Second || first >= 3*time.Second {
		t.Errorf("first time after %v", first)
	}
	for i := 2; i < 5; i++ {
		if d := at[i] - at[i-1] - first<<(i-1); d < -time.Millisecond || d > time.Millisecond {
			t.Errorf("%d: after %v", i, at[i]-at[i-1])
		}
	}
	if w.net.Open() != 1 {
		t.Error("the firmware leaves the port open when nobody answers")
	}
	if s := w.net.Last(); !s.Client {
		t.Error("a port of a server")
	}
	q := w.net.Sent[0]
	answer := func(change func(m *message)) {
		m := message{kind: typeACK, code: codeContent, id: [2]byte(q.Data[2:4]), token: []byte(token), payload: []byte("hello")}
		if change != nil {
			change(&m)
		}
		p, _ := m.build(maxMessage)
		w.Tasks.Exec(func() { w.net.Last().Recv(p, server1, 5683) })
	}
	w.Do("c:get('coap://10.0.0.1/y')")
	q = w.net.Sent[len(w.net.Sent)-1]
	n := len(w.net.Sent)
	answer(func(m *message) { m.kind = typeReset })
	answer(func(m *message) { m.token = []byte("else") })
	answer(func(m *message) { m.id[0]++ })
	w.Tasks.Exec(func() { w.net.Last().Recv([]byte("junk"), server1, 5683) })
	w.RunFor(4 * time.Second)
	if len(w.net.Sent) != n+1 {
		t.Errorf("sent %d more", len(w.net.Sent)-n)
	}
	answer(nil)
	w.RunFor(time.Minute)
	if len(w.net.Sent) != n+1 || w.net.Open() != 0 {
		t.Errorf("sent %d more, %d open", len(w.net.Sent)-n, w.net.Open())
	}
}

// TestCollected holds that a request ends with its client.
func TestCollected(t *testing.T) { moduletest.Editions(t, testCollected) }

func testCollected(t *testing.T) {
	w := newBench(t)
	w.Do("coap.Client():get('coap://10.0.0.1/x') keep = coap.Client() keep:get('coap://10.0.0.2/x') collectgarbage() collectgarbage()")
	w.RunFor(2 * time.Minute)
	count := map[byte]int{}
	for _, s := range w.net.Sent {
		count[s.To[3]]++
	}
	if count[1] != 1 || count[2] != 5 {
		t.Errorf("sent %v", count)
	}
}

// TestRequests holds what is sent where, to the byte.
func TestRequests(t *testing.T) { moduletest.Editions(t, testRequests) }

func testRequests(t *testing.T) {
	w := newBench(t)
	for _, x := range []struct{ code, to, data string }{
		{"c:get(1, 'coap://10.0.0.1/')", "10.0.0.1:5683", "5401....6e6f64653831302e302e302e31"},
		{"c:post(1, 'coap://10.0.0.1:99/a/b?c', 'hi')", "10.0.0.1:99", "5402....6e6f64653831302e302e302e314163416101624163ff6869"},
		{"c:put(1, 'coap://name/')", "255.255.255.255:5683", "5403....6e6f6465346e616d65"},
		{"c:delete(1, '/x')", "255.255.255.255:5683", "5404....6e6f6465b178"},
	} {
		if w.Machine.State().GetGlobal("c") == state.Nil {
			w.Do("c = coap.Client()")
		}
		w.Machine.State().SetTop(0)
		w.net.Sent = nil
		w.Do(x.code)
		if len(w.net.Sent) != 1 {
			t.Fatalf("%s: sent %d", x.code, len(w.net.Sent))
		}
		s := w.net.Sent[0]
		got := fmt.Sprintf("%x", s.Data)
		if to := fmt.Sprintf("%v:%d", s.To, s.Port); to != x.to || got[:4]+"...."+got[8:] != x.data {
			t.Errorf("%s: %s to %s", x.code, got, to)
		}
	}
	// Numbers of messages go up by one. A payload that is too long is not sent.
	w.net.Sent = nil
	w.Do("c:get(1, '/x') c:get(1, '/x') c:post(1, '/x', ('x'):rep(565)) c:post(1, '/x', ('x'):rep(566))")
	if n := len(w.net.Sent); n != 3 {
		t.Fatalf("sent %d", n)
	}
	a, b := w.net.Sent[0].Data, w.net.Sent[1].Data
	if uint16(a[2])<<8+uint16(a[3])+1 != uint16(b[2])<<8+uint16(b[3]) || len(w.net.Sent[2].Data) != 576 {
		t.Errorf("% x, % x, %d bytes", a, b, len(w.net.Sent[2].Data))
	}
}

// TestHeap holds what is on the heap, to the byte, and that it goes back.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	w := newBench(t)
	w.Do("c = coap.Client() s = coap.Server() get = c.get listen = s.listen close = s.close c:get(1, 'coap://10.0.0.1/') s:listen(1) s:close() var = s.var collectgarbage()")
	w.Do("c:__gc() s:__gc() c, s = coap.Client(), coap.Server() collectgarbage() collectgarbage()")
	w.FillHoles()
	L := w.Machine.State()
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		if got, sum := before-L.FreeHeap(), moduletest.Blocks(sizes...); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	call := func(name, object string, args ...any) {
		L.GetGlobal(name)
		L.GetGlobal(object)
		for _, a := range args {
			switch a := a.(type) {
			case int:
				L.PushInteger(int64(a))
			case string:
				L.GetGlobal(a)
			}
		}
		w.Tasks.Exec(func() {
			if L.PCall(1+len(args), 0, 0) != state.OK {
				t.Error(string(L.ToLString(-1)))
			}
		})
		L.SetTop(0)
	}
	w.Do("uri = 'coap://10.0.0.1/path'")
	w.Do("collectgarbage() collectgarbage()")
	w.FillHoles()
	before = L.FreeHeap()
	call("get", "c", 1, "uri")
	want("a request without an answer", 104)
	call("get", "c", 0, "uri")
	request := []int{104, 20, 60, 228, 577, 28}
	want("one that waits", request...)
	call("get", "c", 0, "uri")
	want("two", append([]int{20, 60, 228, 577, 28}, request...)...)
	w.RunFor(2 * time.Minute)
	want("given up", 104)
	call("listen", "s", 5683)
	want("a server", 104, 104)
	call("var", "s", "uri")
	want("a name", 104, 104, 12)
	call("var", "s", "uri")
	want("the same name", 104, 104, 12)
	call("close", "s")
	want("closed", 104, 12)
}

// TestErrorsGiveBack holds that requests that fail leave nothing behind.
func TestErrorsGiveBack(t *testing.T) { moduletest.Editions(t, testErrorsGiveBack) }

func testErrorsGiveBack(t *testing.T) {
	w := newBench(t)
	w.Do(`c = coap.Client()
		local function try(f, ...) pcall(f, ...) end
		function all()
		  for _, uri in ipairs{"coap://" .. ("h"):rep(64), "x", "coap://1.2.3.4" .. ("/x"):rep(40)} do try(c.get, c, uri) end
		  c:post("coap://10.0.0.1/", ("x"):rep(600))
		end
		all() all() collectgarbage() collectgarbage() heap = collectgarbage("count")`)
	before := w.Machine.State().FreeHeap()
	w.Do("for i = 1, 20 do all() end collectgarbage() collectgarbage()")
	if lost := before - w.Machine.State().FreeHeap(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// TestLink holds what becomes of a request whose network goes: it is sent again when that is
// back, unless it was given up.
func TestLink(t *testing.T) { moduletest.Editions(t, testLink) }

func testLink(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	air := &hostnet.Air{}
	nets := [2]*hostnet.Net{}
	for i := range nets {
		nets[i] = hostnet.New(hostnet.Config{Loop: b.Tasks, Policy: hostnet.None, Air: air})
		t.Cleanup(nets[i].Close)
		nets[i].SetInterface(port.StationIf, port.IP{10, 0, 0, byte(1 + i)}, port.IP{255, 255, 255, 0})
	}
	b.net = nets[0]
	w := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{Module}})
	got := 0
	_, e := nets[1].BindUDP(port.IP{}, 5683, func([]byte, port.IP, uint16) { got++ })
	if e != port.NetOK {
		t.Fatal(e)
	}
	nets[0].SetSilent(port.StationIf, true)
	w.Do("c = coap.Client() c:get('coap://10.0.0.2/x')")
	w.RunFor(20 * time.Second) // the fourth one is due after 14 s at least and 21 s at most
	nets[0].SetSilent(port.StationIf, false)
	if got != 0 {
		t.Errorf("%d requests over a network that is gone", got)
	}
	w.RunFor(time.Minute)
	if got < 1 || got > 2 {
		t.Errorf("%d requests", got)
	}
	nets[0].SetInterface(port.StationIf, port.IP{}, port.IP{})
	w.Do("c:get('coap://10.0.0.2/x') c:get(coap.NON, 'coap://10.0.0.2/x')")
	w.RunFor(2 * time.Minute)
	w.Do("c = nil collectgarbage()")
}

// respondAlone gives the answer to a request outside of any task; an error of the server itself, which would
// reset the chip, is the one about answers that are too long.
func respondAlone(t *testing.T, l *moduletest.Lua, p []byte) []byte {
	defer func() {
		if r := recover(); r != nil {
			msg, ok := l.Machine.Unprotected(r)
			if !ok {
				panic(r)
			}
			if !strings.Contains(msg, "MAX_PAYLOAD_SIZE") {
				t.Error(msg)
			}
			l.Machine.State().SetTop(0)
		}
	}()
	return moduleOf(l.Machine.State()).respond(p)
}

func FuzzServer(f *testing.F) {
	for _, s := range []string{"\x40\x01\x00\x00\xbb.well-known\x04core", "\x41\x01\x00\x00t\xb2v1\x01v\x01a", "\x40\x02\x00\x00\xb2v1\x01f\x01f\xffx", "\x40\x02\x00\x00\xb2v1\x01c\xffa=1",
		"\x40\x01\x00\x00\xdd\x01\x01xxxxxxxxxxxxxxx", "\x40\x01\x00\x00\xe0\xff\xff\x0e\xff\xff",
		"\x40\x02\x00\x00\xb2v1\x01f\x01f\xff" + strings.Repeat("x", maxPayload+1)} { // an answer that is too long
		f.Add([]byte(s))
	}
	l := moduletest.Boot(f, moduletest.Config{Modules: []state.Module{Module}})
	l.Do(strings.ReplaceAll(referenceGlobals, "1199", "20"))
	L := l.Machine.State()
	f.Fuzz(func(t *testing.T, p []byte) {
		m, e := parse(p)
		if len(p) > maxMessage || e == 0 && m.code == methodPost && len(m.find(optionPath)) == 2 {
			return // is not read, or runs whatever it says
		}
		a := respondAlone(t, l, p)
		if e != 0 && a != nil {
			t.Error("an answer to what is no message")
		}
		if a != nil {
			if r, e := parse(a); e != 0 || r.kind != typeACK || r.id != m.id {
				t.Errorf("answer % x", a)
			}
		}
		if L.GetTop() != 0 {
			t.Error("values are left on the stack")
		}
		l.Out.Reset()
	})
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"coap://1.2.3.4:99/a/b?c&d", "coaps://[::1]/%41", "/x", "coap://h?q", "coap://h:1?q"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		u, ok := parseURI(p)
		list, few := u.options()
		if !ok || !few || len(u.host) > hostSize {
			return
		}
		m := message{options: list}
		b, _ := m.build(maxRequest)
		if got, e := parse(b); e != 0 || len(got.options) != len(list) {
			t.Errorf("%q: % x", p, b)
		}
	})
}
