package moonlet_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"moonlet.example/moonlet"
)

// editions runs a test on each edition of Lua: open knows it by the name of the subtest.
func editions(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for _, name := range []string{"5.3", "5.1", "5.1-int"} {
		t.Run("Lua-"+name, test)
	}
}

// open makes a module that the test closes.
func open(t testing.TB, c moonlet.Config, opts ...moonlet.Option) *moonlet.Module {
	t.Helper()
	if _, name, is := strings.Cut(t.Name(), "/Lua-"); is && c.Lua == "" {
		c.Lua, _, _ = strings.Cut(name, "/")
	}
	m, err := moonlet.New(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// within fails the test if f does not return soon.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		buf := make([]byte, 1<<20)
		t.Fatalf("it hangs:\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// must fails the test for an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mustEnd fails the test for the error of a run that was to end, unless that came in the midst
// of a task: on a busy computer the boot takes longer than the patience with it.
func mustEnd(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, moonlet.ErrCut) {
		must(t, err)
	}
}

// methods are all that a closed module refuses.
func methods(m *moonlet.Module) map[string]func() error {
	return map[string]func() error{
		"Load":         m.Load,
		"Prepare":      m.Prepare,
		"Boot":         m.Boot,
		"Run":          func() error { return m.Run(context.Background()) },
		"RunFor":       func() error { return m.RunFor(time.Second) },
		"RunUntil":     func() error { return m.RunUntil(func(*moonlet.Bench) bool { return false }, time.Second) },
		"Expect":       func() error { _, err := m.Expect("never", time.Second); return err },
		"Now":          func() error { _, err := m.Now(); return err },
		"Do":           func() error { return m.Do(func(*moonlet.Bench) {}) },
		"Pin":          func() error { _, err := m.Pin(1); return err },
		"SetPin":       func() error { return m.SetPin(1, 1) },
		"FreePin":      func() error { return m.FreePin(1) },
		"Press":        func() error { return m.Press("b", time.Second) },
		"WiFi":         func() error { return m.WiFi("drop") },
		"CutPower":     m.CutPower,
		"Reset":        m.Reset,
		"ReadFile":     func() error { _, err := m.ReadFile("init.lua"); return err },
		"Type":         func() error { _, err := m.Type([]byte("x")); return err },
		"Enter":        func() error { return m.Enter("x") },
		"EndInput":     m.EndInput,
		"ExpectInput":  func() error { return m.ExpectInput(true) },
		"Heap":         func() error { _, err := m.Heap(); return err },
		"Collect":      func() error { _, err := m.Collect(); return err },
		"HeapSnapshot": func() error { _, err := m.HeapSnapshot(); return err },
		"OutOfMemory":  func() error { _, err := m.OutOfMemory(); return err },
	}
}

// TestClose holds that a module can be closed at any time, by anybody and twice, and that
// nothing of it can be used then.
func TestClose(t *testing.T) {
	busy := app("tmr.create():alarm(1, 1, function() print(1) end)")
	endless := app("while true do tmr.wdclr() end")
	endless.Time = moonlet.Real
	for name, x := range map[string]struct {
		config moonlet.Config
		first  func(m *moonlet.Module)
		runs   bool
	}{
		"at once":    {busy, func(*moonlet.Module) {}, false},
		"loaded":     {busy, func(m *moonlet.Module) { must(t, m.Load()) }, false},
		"has run":    {busy, func(m *moonlet.Module) { must(t, m.RunFor(time.Second)) }, false},
		"runs":       {busy, func(*moonlet.Module) {}, true},
		"is busy":    {endless, func(*moonlet.Module) {}, true},
		"is stopped": {busy, func(m *moonlet.Module) { m.Stop() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t, x.config)
			x.first(m)
			var wg sync.WaitGroup
			if x.runs {
				wg.Go(func() {
					if err := m.Run(t.Context()); err != nil && !errors.Is(err, moonlet.ErrClosed) && !errors.Is(err, moonlet.ErrStopped) && !errors.Is(err, moonlet.ErrCut) {
						t.Error(err)
					}
				})
				time.Sleep(50 * time.Millisecond)
			}
			for range 3 {
				wg.Go(func() {
					for {
						if err := m.Do(func(*moonlet.Bench) {}); err != nil {
							if !errors.Is(err, moonlet.ErrClosed) {
								t.Error(err)
							}
							return
						}
					}
				})
			}
			within(t, func() {
				for range 4 {
					wg.Go(func() {
						if err := m.Close(); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			})
			for name, f := range methods(m) {
				within(t, func() {
					if err := f(); !errors.Is(err, moonlet.ErrClosed) {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			within(t, func() {
				m.Stop()
				m.Output()
				m.Untyped()
				m.Storage()
				m.Warnings()
				must(t, m.Close())
			})
		})
	}
}

// TestClose_Inside holds that who is called in the midst of the module's work can close it,
// too.
func TestClose_Inside(t *testing.T) {
	var m *moonlet.Module
	m = open(t, app("node.restart()"), moonlet.OnEvent(func(moonlet.Event) { must(t, m.Close()) }))
	within(t, func() {
		if err := m.RunFor(time.Hour); err != nil && !errors.Is(err, moonlet.ErrCut) && !errors.Is(err, moonlet.ErrClosed) {
			t.Error(err)
		}
		must(t, m.Close())
	})
	if now, err := m.Now(); !errors.Is(err, moonlet.ErrClosed) {
		t.Error(now, err)
	}
	m = open(t, app(""))
	within(t, func() {
		must(t, m.Do(func(*moonlet.Bench) { must(t, m.Close()) }))
		must(t, m.Close())
	})
}

// resources counts what a process has: goroutines, mappings, descriptors.
func resources(t testing.TB) (list [3]int) {
	t.Helper()
	runtime.GC()
	list[0] = runtime.NumGoroutine()
	if runtime.GOOS != "linux" {
		return list
	}
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	list[1] = strings.Count(string(maps), "\n")
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	list[2] = len(fds)
	return list
}

// noTemporary gives the process a directory for what is temporary. The function that it
// returns fails the test if something is in there.
func noTemporary(t *testing.T) func() {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	return func() {
		t.Helper()
		list, err := os.ReadDir(dir)
		must(t, err)
		for _, e := range list {
			t.Errorf("there is a temporary %s", e.Name())
		}
	}
}

// TestClose_Leaks holds that nothing is left of a module that is closed.
func TestClose_Leaks(t *testing.T) {
	const code = `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
		srv = net.createServer() srv:listen(80, function() end)
		udp = net.createUDPSocket() udp:listen(5000)
		f = file.open("f", "w") f:write("x")
		net.createConnection():connect(81, "127.0.0.1")`
	temporary := noTemporary(t)
	once := func() {
		c := app(code)
		c.Network.Ports = map[int]int{80: moonlet.AnyPort, 5000: moonlet.AnyPort}
		c.StoreFiles = map[string]string{"lib.lua": "return 1"}
		m, err := moonlet.New(c)
		must(t, err)
		must(t, m.RunFor(10*time.Second))
		must(t, m.Close())
		if at := m.Storage(); at.Dir != "" || !at.Temporary {
			t.Errorf("its flash memory was kept: %+v", at)
		}
		temporary()
	}
	once()
	before := resources(t)
	const modules = 20
	for range modules {
		once()
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		after := resources(t)
		if after[0] <= before[0] && after[1] < before[1]+modules/2 && // the runtime has some more at times
			after[2] <= before[2] {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("goroutines, mappings, descriptors: %v before, %v after", before, after)
		}
	}
}

// TestStop holds that stopping is for good, also if it comes first.
func TestStop(t *testing.T) {
	m := open(t, app("tmr.create():alarm(10, 1, function() end)"))
	within(t, func() {
		time.AfterFunc(20*time.Millisecond, m.Stop)
		mustEnd(t, m.Run(t.Context()))
		m.Stop()
		for range 2 {
			if err := m.Run(t.Context()); !errors.Is(err, moonlet.ErrStopped) {
				t.Error(err)
			}
		}
	})
	if _, err := m.Heap(); err != nil { // one can still look at it
		t.Error(err)
	}
}

// TestRun_Context holds that a context ends its own run, and no later one.
func TestRun_Context(t *testing.T) {
	m := open(t, app("tmr.create():alarm(10, 1, function() end)"))
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		within(t, func() { mustEnd(t, m.Run(ctx)) })
		before, err := m.Now()
		must(t, err)
		must(t, m.RunFor(time.Second))
		if after, _ := m.Now(); after < before+time.Second {
			t.Fatalf("from %v to %v", before, after)
		}
	}
}

// TestRun_Others holds what other goroutines can do while one runs the module.
func TestRun_Others(t *testing.T) { editions(t, testRun_Others) }

func testRun_Others(t *testing.T) {
	m := open(t, app("tmr.create():alarm(10, 1, function() n = (n or 0) + 1 end)"), moonlet.ProfileHeap())
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, m.Run(ctx)) })
	for _, err := m.Heap(); err != nil; _, err = m.Heap() { // until it has booted
		time.Sleep(time.Millisecond)
	}
	if err := m.RunFor(time.Second); !errors.Is(err, moonlet.ErrRunning) {
		t.Errorf("a second run: %v", err)
	}
	within(t, func() {
		for range 20 {
			if live, err := m.Collect(); err != nil || !slices.Contains(live.Strings, "createTimer") && live.FreeBytes == 0 {
				t.Error(live, err)
			}
			s, err := m.HeapSnapshot()
			must(t, err)
			if r := s.Report(moonlet.HeapReportOptions{}); r.Heap.Free != s.FreeBytes() || r.Heap.Total != s.TotalBytes() {
				t.Error(r.Heap)
			}
			must(t, m.SetPin(1, 1))
			if level, err := m.Pin(1); level != 1 || err != nil {
				t.Error(level, err)
			}
			must(t, m.FreePin(1))
		}
	})
	before, _ := m.Now()
	for now := before; now <= before+time.Second; now, _ = m.Now() { // it goes on
	}
	cancel()
	wg.Wait()
}

// TestDo_Panic holds that a panic in Do is the caller's.
func TestDo_Panic(t *testing.T) {
	m := open(t, app("print('starts')"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { must(t, m.Run(ctx)) })
	for range 2 {
		func() {
			defer func() {
				if r := recover(); r != "mine" {
					t.Errorf("recovered %v", r)
				}
			}()
			m.Do(func(*moonlet.Bench) { panic("mine") })
		}()
		cancel()
		wg.Wait() // the second time nobody runs it
	}
	if n := strings.Count(m.Output(), "starts"); n > 1 {
		t.Errorf("it started %d times", n)
	}
}

// TestMistakes holds that all that is wrong with a configuration is told at once.
func TestMistakes(t *testing.T) {
	c := moonlet.Config{
		Files:     map[string]string{strings.Repeat("x", 40): "", "init.lua": ""},
		HeapBytes: 1, StoreBytes: 5, Lua: "5.2", Modules: []string{"file", "somfy"}, Numbers: "int16", ChipID: -1, Time: "soon", FlashBytes: 3,
		Network: moonlet.NetworkConfig{Listen: "here", Ports: map[int]int{80: 8080, 81: 8080, 70000: 1}, Policy: "some",
			Hosts: map[string]string{"a": "b"}, Connect: map[string]string{"x": "y"}},
		WiFi: moonlet.WiFiConfig{KnownOnly: true, Networks: []moonlet.WiFiNetwork{{SSID: "home", Password: "short"}},
			Script: []string{"1s drop @office", "1s explode"}},
		Levels:      []moonlet.Level{{Pin: 1, Level: 2}, {Pin: 13}},
		Wires:       []moonlet.Wire{{From: 1, To: 1}, {From: 2, To: 5}},
		Buttons:     []moonlet.Button{{Name: "b", Pin: 5}, {Name: "b", Pin: 6, Presses: []moonlet.Press{{At: time.Second}}}},
		Waves:       []moonlet.Wave{{Pin: 5, Low: 1, High: 1}},
		Analog:      &moonlet.Analog{Kind: "list"},
		Encoders:    []moonlet.Encoder{{A: 5, B: 6, Push: 8, Pace: time.Millisecond, Steps: []string{"1s turn 1", "later"}}},
		Scales:      []moonlet.HX711{{Clock: 1, Data: 5}},
		Hygrometers: []moonlet.DHT{{Pin: 5}},
		Thermometers: []moonlet.DS18B20{{Pin: 5, ID: "FF0000000001"}, {Pin: 7}, {Pin: 7, ID: "ff0000000001"}, {Pin: 0},
			{Pin: 7, Temperature: moonlet.Quantity{Kind: "list"}}},
	}
	_, err := moonlet.New(c)
	if err == nil {
		t.Fatal("it is accepted")
	}
	for _, want := range []string{
		"heap: a heap of 1 bytes is not possible: choose 8192 to ", "lfs: want a multiple of 4096", `lua: there is no Lua "5.2"; choose "5.3", "5.1", "5.1-int"`, "number: ",
		`modules[1]: the firmware's module "somfy" is not in Moonlet yet; there are adc, bit, `, `modules: no build can do without "node"`, "chip_id: -1 is not possible: choose 1 to ",
		"time: \"soon\" is none of ", "flash_size: no flash chip has 3 bytes", "listen: \"here\" is no IP address", "ports.70000: want the module's port",
		"ports.81: port 8080 of this computer is that of the module's port 80 already", "network: \"some\" is none of", "hosts.a: \"b\" is no IP address", "connect.x: ",
		"wifi.networks[0].password: a password has 8 to 64 bytes", "wifi.script[0]: there is no network \"office\"; there are: \"home\"", "wifi.script[1]: ",
		"levels[0].level: a level is 0 or 1, not 2", "levels[1].pin: there is no pin 13", "wires[0]: connects pin 1 with itself",
		"buttons[0].pin: wires[1] is at pin 5 already", "wires[0].to: levels[0] is at pin 1 already", "buttons[1].name: buttons[0] is called \"b\" already", "buttons[1].presses[0]: a press needs", "waves[0]", "adc.values: a list needs",
		"encoders[0].a: wires[1] is at pin 5 already", "encoders[0].b: buttons[1] is at pin 6 already", "encoders[0].steps[1]: want when", "hx711[0].data: wires[1] is at pin 5 already", "dht[0].pin: wires[1] is at pin 5 already", "ds18b20[0].pin: wires[1] is at pin 5 already", "ds18b20[2].id: ds18b20[0] has this id already", "ds18b20[3].pin: pin 0 cannot be", "ds18b20[4].temperature.values: a list needs",
		"files: " + strings.Repeat("x", 40) + ": its name",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
	var e *moonlet.Error
	if !errors.As(err, &e) || e.Problem == "" {
		t.Errorf("it is a %T", err)
	}
	if _, err := moonlet.Open("examples/blink", moonlet.Set("hepa", "1")); err == nil || !strings.Contains(err.Error(), "--hepa: there is no such flag") {
		t.Error(err)
	}
	if _, err := moonlet.Open("examples/none"); err == nil || !strings.Contains(err.Error(), "there is no such file or directory") {
		t.Error(err)
	}
	both := moonlet.Config{Files: map[string]string{"init.lua": ""}, FS: fstest.MapFS{"init.lua": {}}}
	if _, err := moonlet.New(both); err == nil || !strings.Contains(err.Error(), `"init.lua" is in both Files and FS`) {
		t.Error(err)
	}
}

// TestNew_Everything holds that what a configuration says reaches the module.
func TestNew_Everything(t *testing.T) {
	c := moonlet.Config{
		Files:      map[string]string{"init.lua": "dofile('more/x.lua') print(node.LFS.lib(), 1 << 40, node.chipid(), net or nil, gpio.read(1), gpio.read(2), gpio.read(6))"},
		FS:         fstest.MapFS{"more/x.lua": {Data: []byte("print('more')")}},
		StoreFiles: map[string]string{"lib.lua": "return 'from the store'"},
		Lua:        "5.3", Modules: []string{"file", "gpio", "node", "tmr", "wifi"},
		Numbers: moonlet.Int64, ChipID: 77, Time: moonlet.Virtual, HeapBytes: 40 << 10,
		Levels: []moonlet.Level{{Pin: 1, Level: 1}}, Wires: []moonlet.Wire{{From: 1, To: 2}},
		Buttons: []moonlet.Button{{Pin: 6, Level: 1, Presses: []moonlet.Press{{At: 0, For: time.Hour}}}},
		WiFi: moonlet.WiFiConfig{KnownOnly: true, Networks: []moonlet.WiFiNetwork{
			{SSID: "home", Password: "12345678", Address: "10.1.2.3/24", DNS: []string{"10.1.2.9"}, Channel: 3, RSSI: -44, DHCPTime: time.Second}}},
	}
	m := open(t, c)
	if _, err := m.Expect("from the store\t1099511627776\t77\tnil\t1\t1\t1", time.Hour); err != nil {
		t.Error(err)
	}
	if !strings.Contains(m.Output(), "more") || m.HeapBytes() != 40<<10 {
		t.Error(m.Output(), m.HeapBytes())
	}
	must(t, m.Enter(`wifi.setmode(1) wifi.sta.config{ssid="home", pwd="12345678"} wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(t) print("ip", t.IP) end)`))
	if _, err := m.Expect("ip\t10.1.2.3", time.Hour); err != nil {
		t.Error(err)
	}
	names := []string{}
	for _, f := range m.Loaded() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "init.lua more/x.lua LFS: lib" {
		t.Error(got)
	}
}

// TestEvents holds that each kind of event comes as its type and as JSON.
func TestEvents(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]moonlet.Event{}
	note := func(e moonlet.Event) {
		mu.Lock()
		defer mu.Unlock()
		if seen[e.Name()] == nil {
			seen[e.Name()] = e
		}
	}
	c := app(`local mine = somfy
		gpio.mode(1, gpio.OUTPUT) gpio.write(1, 1)
		file.putcontents("f", "abc")
		wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
		net.createServer():listen(80, function() end)
		local u = net.createUDPSocket() u:on("receive", print)
		tmr.create():alarm(5000, 0, function() net.createConnection():connect(1, "192.168.0.77") u:send(9, "127.0.0.1", "hello") tmr.delay(50000) end)
		tmr.create():alarm(9000, 0, function() node.dsleep(1000) end)
		if node.bootreason() == 2 and select(2, node.bootreason()) == 5 then while true do end end`)
	c.Network.Ports = map[int]int{80: moonlet.AnyPort}
	m := open(t, c, moonlet.OnEvent(note), moonlet.Watch(moonlet.WatchPins|moonlet.WatchFiles|moonlet.WatchPackets))
	must(t, m.RunFor(15*time.Second))
	for name, check := range map[string]func(e moonlet.Event) bool{
		"pin-changed":  func(e moonlet.Event) bool { p := e.(moonlet.PinChanged); return p.Pin == 1 && p.Level == 1 },
		"file-written": func(e moonlet.Event) bool { f := e.(moonlet.FileWritten); return f.File == "f" && f.Bytes == 3 },
		"listening": func(e moonlet.Event) bool {
			p := e.(moonlet.Listening).Port
			return p.Module == 80 && p.Host.IsValid() && p.Err == nil
		},
		"network-refused": func(e moonlet.Event) bool { _, ok := e.(moonlet.NetworkRefused); return ok },
		"long-task":       func(e moonlet.Event) bool { return e.(moonlet.LongTask).Took >= 50*time.Millisecond },
		"missing-module":  func(e moonlet.Event) bool { return e.(moonlet.MissingModule).Module == "somfy" },
		"sleeping":        func(e moonlet.Event) bool { _, ok := e.(moonlet.Sleeping); return ok },
		"rebooted":        func(e moonlet.Event) bool { return e.(moonlet.Rebooted).Reason == moonlet.ResetDeepSleep },
		"packet": func(e moonlet.Event) bool {
			p := e.(moonlet.Packet)
			return p.Network == "udp" && p.Sent && string(p.Data) == "hello"
		},
	} {
		e := seen[name]
		if e == nil || !check(e) {
			t.Errorf("%s: %+v", name, e)
			continue
		}
		b, err := json.Marshal(e)
		var r struct {
			Event, Text string
			At          float64
		}
		if err2 := json.Unmarshal(b, &r); err != nil || err2 != nil || r.Event != name || r.Text != e.String() || r.At != e.When().Seconds() {
			t.Errorf("%s as JSON: %s, %v, %v", name, b, err, err2)
		}
	}
}

// TestEvents_Named holds that an event tells whether a port was chosen by the user.
func TestEvents_Named(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	taken := ln.Addr().(*net.TCPAddr).AddrPort()
	for _, named := range []bool{true, false} {
		var failed *moonlet.Port
		c := app(`wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"} pcall(function() net.createServer():listen(8080, function() end) end)`)
		if named {
			c.Network.Ports = map[int]int{8080: int(taken.Port())}
		}
		m := open(t, c, moonlet.OnEvent(func(e moonlet.Event) {
			switch e := e.(type) {
			case moonlet.HostError:
				failed = e.Port
			case moonlet.Listening:
				if e.Port.Named {
					t.Error("a port that nobody named")
				}
			}
		}))
		must(t, m.RunFor(10*time.Second))
		if named && (failed == nil || !failed.Named || failed.Host != netip.AddrPortFrom(taken.Addr(), taken.Port()) || failed.Err == nil) {
			t.Errorf("%+v", failed)
		}
	}
}

// TestNew_NoUpload holds that a module of a configuration leaves its flash memory as it is, too, if it is told to.
func TestNew_NoUpload(t *testing.T) {
	chip := filepath.Join(t.TempDir(), "chip.bin")
	for i, files := range []map[string]string{{"init.lua": "print('first')", "kept": "x"}, nil, {"init.lua": "print('second')"}} {
		var opts []moonlet.Option
		if i > 0 {
			opts = append(opts, moonlet.NoUpload())
		}
		m, err := moonlet.New(moonlet.Config{Flash: chip, Time: moonlet.Virtual, Files: files}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Expect("first", time.Minute); err != nil {
			t.Errorf("start %d: %v\n%s", i+1, err, m.Output())
		}
		if data, err := m.ReadFile("kept"); err != nil || string(data) != "x" {
			t.Errorf("start %d: %q, %v", i+1, data, err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
