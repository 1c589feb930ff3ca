package cli_test

import (
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/cli"
)

// sceneNetwork talks to itself by way of the host: a server and a client, datagrams, a
// name, a ping. What it is told of each stands in one line.
const sceneNetwork = `
local told = {}
local function tell(what) return function(_, x) told[#told + 1] = what .. "=" .. tostring(x) end end
wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home", save = false}
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
	print("listens", pcall(function()
		net.createServer(net.TCP, 30):listen(80, function(c)
			c:on("receive", function(c, text) c:send("echo " .. text, function(c) c:close() end) end)
		end)
	end))
	local u = net.createUDPSocket()
	u:on("receive", function(_, text) tell("datagram")(nil, text) end)
	print("binds", pcall(u.listen, u, 5000))
	tmr.create():alarm(100, 0, function()
		local c = net.createConnection()
		c:on("connection", function(c) tell("connected")() c:send("hello") end)
		c:on("receive", tell("received"))
		c:on("disconnection", tell("ended"))
		c:connect(80, "self.lan")
		net.dns.resolve("self.lan", function(_, ip) if ip then pcall(u.send, u, 5000, ip, "datagram") else tell("unknown")() end end)
		pcall(net.ping, "127.0.0.1", 1, function(n, from, seq) if seq then tell("ping")(nil, 1) end end)
	end)
	-- A virtual clock does not wait for what others send: many steps with some work give them
	-- time, also on a host that is busy.
	local n = 0
	tmr.create():alarm(1, 1, function(t)
		for _ = 1, 300 do end
		n = n + 1
		if n == 60000 or #told == 5 then t:unregister() table.sort(told) print(table.concat(told, " ")) end
	end)
end)`

// socketLuck lets socket calls fail as unlucky lets file operations.
type socketLuck struct {
	mu      sync.Mutex
	n       int
	first   int
	forever bool
	failed  string // the first one
	listen  bool   // a call to listen failed, too
	kinds   map[string]int
}

func (u *socketLuck) fail(op string, _ netip.AddrPort) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n++
	u.kinds[op]++
	if u.first == 0 || u.n < u.first || u.n > u.first && !u.forever {
		return nil
	}
	if u.failed == "" {
		u.failed = op
	}
	u.listen = u.listen || op == "listen"
	return errLuck
}

// freePort is a port that nobody has now.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// TestEachSocketCallFails lets each call of the host's sockets fail in turn: the command
// ends, with an exit code of its own where a named port cannot be had, and else the
// application is told what lwIP would tell it.
func TestEachSocketCallFails(t *testing.T) {
	dir := app(t, "init.lua", sceneNetwork)
	play := func(luck *socketLuck) (code int, out, errs string) {
		t.Helper()
		luck.kinds = map[string]int{}
		w := newWorld("", nil)
		w.NewMachine, w.FailNetwork = cli.NewMachine, luck.fail
		tcp, udp := freePort(t), freePort(t)
		args := []string{"run", dir, "--state", filepath.Join(t.TempDir(), "state"), "--time", "virtual", "--for", "70s",
			"--port", "80=" + tcp, "--port", "5000=" + udp, "--connect", "self.lan:80=127.0.0.1:" + tcp,
			"--connect", "self.lan:5000=127.0.0.1:" + udp, "--host", "me=127.0.0.1"}
		done := make(chan int, 1)
		go func() { done <- w.Main(args) }()
		select {
		case code = <-done:
		case <-time.After(2 * time.Minute):
			t.Fatalf("it hangs after call %d (%s) failed", luck.first, luck.failed)
		}
		return code, w.out.String(), w.err.String()
	}
	clean := &socketLuck{}
	code, out, errs := play(clean)
	const want = "connected=nil datagram=datagram ended=0 ping=1 received=echo hello"
	if code != 0 || !strings.Contains(out, want) {
		t.Fatalf("without bad luck: %d\n%s\n%s", code, out, errs)
	}
	t.Logf("%d calls: %v", clean.n, clean.kinds)
	goroutines := runtime.NumGoroutine()
	codes := map[int]int{}
	for k := 1; k <= clean.n; k++ {
		for _, forever := range []bool{false, true} {
			luck := &socketLuck{first: k, forever: forever}
			code, out, errs := play(luck)
			if luck.n < k { // what is read comes in more pieces one time than another
				continue
			}
			codes[code]++
			problem := ""
			switch {
			case luck.failed == "" || strings.Contains(errs, "BUG"):
				problem = "nothing failed, or a fault of our own"
			case luck.listen && (code != cli.ExitHost || !strings.Contains(errs, errLuck.Error())):
				problem = "a port that cannot be had is no reason to end, or the reason is not told"
			case !luck.listen && code != 0:
				problem = "the application has to live with it"
			case !luck.listen && !strings.Contains(out, "listens"):
				problem = "the application did not get to its end"
			}
			if problem != "" {
				t.Errorf("call %d (%s), forever %v: %s: exit code %d\n%s\n%s", k, luck.failed, forever, problem, code, out, errs)
			}
		}
	}
	t.Logf("exit codes: %v", codes)
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > goroutines+2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
}
