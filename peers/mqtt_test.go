package peers

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"moonlet.example/moonlet"
)

// broker is a broker that can be killed and started again at the same port.
type broker interface {
	port() int
	kill()
	start()
	received() int // messages to "out", from whoever sent them
}

// mochiBroker is mochi in this process. With keeps set its sessions outlive a restart.
type mochiBroker struct {
	t     testing.TB
	keeps bool
	addr  string
	s     *mochi.Server
	round int

	mu  sync.Mutex
	got []int
}

// allow lets everybody in and notes what comes.
type allow struct {
	mochi.HookBase
	b *mochiBroker
}

func (*allow) ID() string { return "allow" }
func (*allow) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck || b == mochi.OnPublish
}
func (*allow) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*allow) OnACLCheck(*mochi.Client, string, bool) bool              { return true }
func (a *allow) OnPublish(_ *mochi.Client, p packets.Packet) (packets.Packet, error) {
	if strings.HasPrefix(p.TopicName, "out/") {
		n, _ := strconv.Atoi(string(p.Payload))
		a.b.mu.Lock()
		a.b.got = append(a.b.got, n)
		a.b.mu.Unlock()
	}
	return p, nil
}

func newMochi(t testing.TB, keeps bool) *mochiBroker {
	b := &mochiBroker{t: t, keeps: keeps, addr: "127.0.0.1:" + strconv.Itoa(freePort(t))}
	b.start()
	t.Cleanup(func() { b.s.Close() })
	return b
}

func (b *mochiBroker) port() int {
	_, p, _ := net.SplitHostPort(b.addr)
	n, _ := strconv.Atoi(p)
	return n
}

func (b *mochiBroker) received() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got)
}

// kill ends all connections and the listener, and with keeps nothing else.
func (b *mochiBroker) kill() {
	if b.keeps {
		b.s.Listeners.CloseAll(func(string) {
			for _, c := range b.s.Clients.GetAll() {
				c.Stop(io.EOF)
			}
		})
		b.s.Listeners.Delete(b.id())
		return
	}
	b.s.Close()
}

func (b *mochiBroker) id() string { return fmt.Sprint("tcp", b.round) }

func (b *mochiBroker) start() {
	b.round++
	serving := b.s != nil && b.keeps
	if !serving {
		b.s = mochi.New(&mochi.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err := b.s.AddHook(&allow{b: b}, nil); err != nil {
			b.t.Fatal(err)
		}
	}
	l := listeners.NewTCP(listeners.Config{ID: b.id(), Address: b.addr})
	var err error
	for range 100 { // the port may be in use for a moment
		if err = b.s.AddListener(l); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if serving {
		b.s.Listeners.Serve(b.id(), b.s.EstablishConnection)
	} else if err := b.s.Serve(); err != nil {
		b.t.Fatal(err)
	}
}

// freePort is a port that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// mosquitto is the program of that name, which is ended by SIGKILL. What it receives and
// acknowledges is in its log.
type mosquitto struct {
	t      testing.TB
	number int
	conf   string
	cmd    *exec.Cmd
	ended  chan struct{}

	mu    sync.Mutex
	count int
	ids   map[string]int // number under way by that of the packet
	acked map[int]bool   // those that were acknowledged to the end
}

func newMosquitto(t testing.TB) *mosquitto {
	if _, err := exec.LookPath("mosquitto"); err != nil {
		t.Skip("mosquitto is not installed")
	}
	dir := t.TempDir()
	b := &mosquitto{t: t, number: freePort(t), conf: filepath.Join(dir, "m.conf"), ids: map[string]int{}, acked: map[int]bool{}}
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest stderr\nlog_type all\n", b.number)
	if err := os.WriteFile(b.conf, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	b.start()
	t.Cleanup(b.kill)
	return b
}

// logged are the lines of the log that count.
var logged = regexp.MustCompile(`(Received PUBLISH from module) \(d\d, q\d, r\d, m(\d+), 'out/(\d+)'|Sending (?:PUBACK|PUBCOMP) to module \(m(\d+)`)

// read reads the log.
func (b *mosquitto) read(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		f := logged.FindStringSubmatch(lines.Text())
		if f == nil {
			continue
		}
		b.mu.Lock()
		if f[1] != "" {
			b.count++
			b.ids[f[2]], _ = strconv.Atoi(f[3])
		} else if n := b.ids[f[4]]; n > 0 {
			b.acked[n] = true
		}
		b.mu.Unlock()
	}
	close(b.ended)
}

func (b *mosquitto) port() int { return b.number }
func (b *mosquitto) kill() {
	_ = b.cmd.Process.Kill()
	<-b.ended // what it said before
	_ = b.cmd.Wait()
}

func (b *mosquitto) received() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

func (b *mosquitto) start() {
	b.cmd, b.ended = exec.Command("mosquitto", "-c", b.conf), make(chan struct{})
	r, err := b.cmd.StderrPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	go b.read(r)
	for range 500 {
		if c, err := net.Dial("tcp4", fmt.Sprint("127.0.0.1:", b.number)); err == nil {
			c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatal("mosquitto does not answer")
}

// publisher publishes numbers, with up to four under way or waiting, and gets them back by the
// broker. It connects again as the manual says. Numbers that wait when the connection ends are
// dropped by the firmware; it tells how many those are, and goes on with the next ones.
const publisher = `
	local total, sent, acked, dropped, back, again, gaps, last, failures, losses
	local waiting, up, done, finish = {}, false, false, nil
	m = mqtt.Client("module", 4, "user", "password", CLEAN)
	local retry = tmr.create()
	local function connect() retry:stop() m:connect("broker", 1883, false) end
	retry:register(300, tmr.ALARM_SEMI, connect)
	local function more()
		while up and not done and #waiting < 4 and sent < total do
			sent = sent + 1
			waiting[#waiting + 1] = sent
			assert(m:publish("out/" .. sent, sent, QOS, 0))
		end
		if up and not done and sent == total and #waiting == 0 then
			done = true
			tmr.create():alarm(3000, 0, function() m:close() end)
		end
	end
	m:on("connect", function() up = true m:subscribe("out/#", QOS) more() end)
	m:on("puback", function() acked = acked + 1 table.remove(waiting, 1) more() end)
	m:on("message", function(_, t, d)
		d = tonumber(d)
		back = back + 1
		if d <= last then again = again + 1 else gaps, last = gaps + d - last - 1, d end
	end)
	m:on("offline", function()
		if up and not done then losses = losses + 1 end
		up = false
		if done then retry:stop() return tmr.create():alarm(15000, 0, finish) end
		if #waiting > 0 then print("lost", table.concat(waiting, " ")) end
		dropped, waiting = dropped + #waiting, {}
		connect()
	end)
	m:on("connfail", function(_, e) failures = failures + 1 retry:start() end) -- offline may still come
	local function run(n)
		total, sent, acked, dropped, back, again, gaps, last, done = n, 0, 0, 0, 0, 0, 0, 0, false
		losses, failures = 0, 0
		connect()
	end
	local round, heaps, counts = 0, {0, 0, 0, 0}, {0, 0, 0, 0}
	function finish() -- each round in the same way, so that the heap is the same behind each
		round = round + 1
		collectgarbage() collectgarbage()
		heaps[round], counts[round] = node.heap(), collectgarbage "count" * 1024 // 1
		if round == 3 then
			print(("end sent %d acked %d dropped %d back %d again %d gaps %d losses %d failures %d"):format(
				sent, acked, dropped, back, again, gaps, losses, failures))
		elseif round == 4 then
			return print(("heap %d count %d ."):format(heaps[2] - heaps[4], counts[2] - counts[4]))
		end
		if round == 2 then print "begin" end
		run(round == 2 and TOTAL or 20)
	end
	wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
	wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
		wifi.eventmon.unregister(wifi.eventmon.STA_GOT_IP)
		run(20)
	end)`

// newPublisher makes a module with that application, at twenty times the host's pace.
func newPublisher(t testing.TB, b broker, qos, total, clean int) *moonlet.Module {
	t.Helper()
	code := strings.NewReplacer("QOS", fmt.Sprint(qos), "TOTAL", fmt.Sprint(total), "CLEAN", fmt.Sprint(clean)).Replace(publisher)
	m, err := moonlet.New(moonlet.Config{
		Files: map[string]string{"init.lua": code}, Time: moonlet.Scaled(20), Seed: 1,
		Network: moonlet.NetworkConfig{HostsOnly: true, Connect: map[string]string{"broker:1883": fmt.Sprint("127.0.0.1:", b.port())}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// kills is how often a broker is killed in a test.
const kills = 5

// throughRestarts lets a module publish through a broker that is killed five times, and gives what
// it printed in the end by name.
func throughRestarts(t *testing.T, b broker, qos, total, clean int) (r map[string]int, lost map[int]bool) {
	t.Helper()
	goroutines := runtime.NumGoroutine()
	m := newPublisher(t, b, qos, total, clean)
	if _, err := m.Expect("begin", 10*time.Minute); err != nil {
		t.Fatal(err, m.LastLines(20))
	}
	first := b.received()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for k := 1; k <= kills; k++ {
			for b.received() < first+k*total/(kills+1) {
				select {
				case <-stop:
					return
				case <-time.After(200 * time.Microsecond):
				}
			}
			b.kill()
			time.Sleep(50 * time.Millisecond)
			b.start()
		}
	}()
	begin := time.Now()
	_, err := m.Expect(" .\r\n", 10*time.Hour)
	close(stop)
	<-done
	if err != nil {
		t.Fatal(err, m.LastLines(20))
	}
	out := m.Output()
	lost = map[int]bool{}
	for _, line := range regexp.MustCompile(`lost\t([\d ]+)`).FindAllStringSubmatch(out, -1) {
		for _, n := range strings.Fields(line[1]) {
			k, _ := strconv.Atoi(n)
			lost[k] = true
		}
	}
	r = map[string]int{}
	f := strings.Fields(out[strings.LastIndex(out, "end sent")+4:])
	for i := 0; i+1 < len(f); i += 2 {
		r[f[i]], _ = strconv.Atoi(f[i+1])
	}
	t.Logf("QoS %d, %d messages in %v: %v", qos, total, time.Since(begin).Round(time.Millisecond), r)
	if r["sent"] != total || r["acked"]+r["dropped"] != total || r["dropped"] != len(lost) {
		t.Errorf("of %d sent %d have an answer and %d were dropped, %d of which are known", r["sent"], r["acked"], r["dropped"], len(lost))
	}
	// A broker that keeps its sessions may send PUBLISH or PUBREL again and never what the module
	// waits for. That holds up all, and PINGREQ, too, until the broker ends the connection.
	if r["losses"] < kills || r["losses"] > 2*kills || r["dropped"] > 4*r["losses"] {
		t.Errorf("%d losses, %d dropped", r["losses"], r["dropped"])
	}
	// A block in a hole of the heap may be some bytes larger than it was asked for.
	if r["heap"] > 200 || r["count"] != 0 {
		t.Errorf("%d bytes of heap are lost, %d of Lua's", r["heap"], r["count"])
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if n := runtime.NumGoroutine(); n > goroutines+10 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	return r, lost
}

// messages is how many messages are published through restarts: 10,000 if MOONLET_LONG is set.
func messages() int {
	if os.Getenv("MOONLET_LONG") != "" {
		return 10000
	}
	return 1000
}

// TestMQTTRestarts publishes through a mochi that is killed. What the broker gets are all numbers
// that were acknowledged, once each, and of those that waited when the connection ended at most
// the one that was under way.
func TestMQTTRestarts(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		for qos := 1; qos <= 2; qos++ {
			t.Run(fmt.Sprintf("QoS %d, sessions kept %t", qos, keeps), func(t *testing.T) {
				b := newMochi(t, keeps)
				total := messages()
				_, lost := throughRestarts(t, b, qos, total, map[bool]int{true: 0, false: 1}[keeps])
				seen := map[int]int{}
				b.mu.Lock()
				defer b.mu.Unlock()
				for _, n := range b.got[40 : len(b.got)-20] { // without the rounds before and behind
					seen[n]++
				}
				arrived := 0
				for n := 1; n <= total; n++ {
					switch {
					case seen[n] > 1:
						t.Errorf("%d has come %d times", n, seen[n])
					case seen[n] == 0 && !lost[n]:
						t.Errorf("%d is lost", n)
					case lost[n]:
						arrived += seen[n]
					}
				}
				t.Logf("%d dropped, of which %d have come", len(lost), arrived)
			})
		}
	}
}

// TestMQTTMosquitto publishes through a mosquitto that is killed by SIGKILL, whose log has what it
// acknowledged.
func TestMQTTMosquitto(t *testing.T) {
	for qos := 1; qos <= 2; qos++ {
		t.Run(fmt.Sprint("QoS ", qos), func(t *testing.T) {
			b := newMosquitto(t)
			total := messages()
			_, lost := throughRestarts(t, b, qos, total, 1)
			b.kill()
			arrived := 0
			for n := 1; n <= total; n++ {
				switch {
				case !lost[n] && !b.acked[n]:
					t.Errorf("%d is lost", n)
				case lost[n] && b.acked[n]:
					arrived++
				}
			}
			t.Logf("%d dropped, of which %d were acknowledged", len(lost), arrived)
		})
	}
}
