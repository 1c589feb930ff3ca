package hostnet

import (
	"context"
	"debug/elf"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// testHeap is a heap that knows what is on it. It belongs to the module's goroutine.
type testHeap struct {
	blocks map[port.Block]testBlock
	next   port.Block
	fails  func(size int, what string) bool // nil: never
}

type testBlock struct {
	size int
	what string
}

func newTestHeap() *testHeap {
	return &testHeap{blocks: map[port.Block]testBlock{}}
}

func (h *testHeap) Take(size int, what string) port.Block {
	if h.fails != nil && h.fails(size, what) {
		return 0
	}
	h.next++
	h.blocks[h.next] = testBlock{size, what}
	return h.next
}

func (h *testHeap) Rename(at port.Block, what string) {
	h.blocks[at] = testBlock{h.blocks[at].size, what}
}

func (h *testHeap) Give(at port.Block) {
	if _, ok := h.blocks[at]; !ok {
		panic("a block is given that was not taken")
	}
	delete(h.blocks, at)
}

func (h *testHeap) count(what string) (n int) {
	for _, b := range h.blocks {
		if b.what == what {
			n++
		}
	}
	return n
}

// String lists what is there: "20 lwIP: data to send, 1572 lwIP: data to send".
func (h *testHeap) String() string {
	var list []string
	for b := range maps.Values(h.blocks) {
		list = append(list, fmt.Sprint(b.size, " ", strings.TrimPrefix(b.what, "lwIP: ")))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func heapBench(t *testing.T, clock sdk.Clock, change func(*Config)) (*bench, *testHeap) {
	h := newTestHeap()
	b := newBench(t, clock, func(c *Config) {
		c.Memory, c.Packet = h, 100
		if change != nil {
			change(c)
		}
	})
	return b, h
}

func (b *bench) wantHeap(h *testHeap, when, want string) {
	b.t.Helper()
	b.do(func() {
		if got := h.String(); got != want {
			b.t.Errorf("%s there is %q, want %q", when, got, want)
		}
	})
}

// later waits until the module's goroutine has done all that it has to.
func (b *bench) later(h *testHeap, when, want string) {
	b.t.Helper()
	for range 500 {
		got := ""
		b.do(func() { got = h.String() })
		if got == want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	b.wantHeap(h, when, want)
}

func TestMemory_Server(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	s := newSink()
	during := ""
	s.onData = func([]byte) { during = h.String() }
	l := b.serve(80, func(port.TCP) *sink { return s })
	b.wantHeap(h, "with a server", "36 TCP server")
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.later(h, "with a connection", "176 TCP connection, 36 TCP server")
	if want := "100 received packet, 176 TCP connection, 20 received packet, 36 TCP server"; during != want {
		t.Errorf("while data are read there is %q, want %q", during, want)
	}
	b.do(func() {
		s.c.Recved()
		s.c.Write(make([]byte, 1000))
		s.c.Write(make([]byte, 460)) // goes into the same segment
		if n := h.count(nameSegment); n != 2 {
			t.Errorf("1,460 bytes in two pieces took %d blocks", n)
		}
	})
	s.want(t, "sent 1460")
	if _, err := io.ReadFull(c, make([]byte, 1460)); err != nil {
		t.Fatal(err)
	}
	b.later(h, "when all is sent", "176 TCP connection, 36 TCP server")
	c.Close() // the peer closes first: nothing lingers
	s.want(t, "ended")
	b.do(func() { s.c.Close() })
	b.wantHeap(h, "when the peer has closed", "36 TCP server")
	b.do(l.Close)
	b.wantHeap(h, "without the server", "")
}

// TestMemory_Segments holds what data take that have not left: each segment the most
// that one can have.
func TestMemory_Segments(t *testing.T) {
	const full = "1572 data to send"
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	b.do(func() {
		s.c = b.net.NewTCP(s)
		s.c.Connect(port.IP{255, 255, 255, 255}, 80)
		if got, want := h.String(), "116 data to send, 176 TCP connection, 20 data to send"; got != want {
			t.Errorf("while connecting there is %q, want %q", got, want)
		}
		c := s.c.(*conn)
		c.state = stOpen
		for _, x := range []struct{ write, segments, room int }{
			{1, 1, 1459}, {1459, 1, 0}, {1, 2, 1459}, {1459, 2, 0},
		} {
			if e := s.c.Write(make([]byte, x.write)); e != port.NetOK || len(c.segments) != x.segments || c.room != x.room {
				t.Errorf("Write(%d): %d, %d segments, room for %d", x.write, e, len(c.segments), c.room)
			}
		}
		if n := strings.Count(h.String(), full); n != 2 {
			t.Errorf("two segments: %q", h)
		}
		c.state = stSynSent // a segment is small until the peer has told its own size
		c.n.freeSegments(c.segments)
		c.segments, c.room, c.space = nil, 0, port.TCPSendBuffer
		if s.c.Write(make([]byte, 1000)); len(c.segments) != 2 || c.room != 2*earlySegment-1000 {
			t.Errorf("early: %d segments, room for %d", len(c.segments), c.room)
		}
		s.c.Abort()
	})
	b.wantHeap(h, "after Abort", "")
}

// TestMemory_TimeWait holds that a connection stays for ten seconds if this side
// has closed it.
func TestMemory_TimeWait(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() {
		s.c.Recved()
		s.c.Close()
	})
	b.later(h, "after Close", "176 closed TCP connection (TIME_WAIT), 36 TCP server")
	b.do(func() {
		if d := b.net.waiting[0].timer; !d.Armed() {
			t.Error("it stays for good")
		}
		b.net.waiting[0].end()
	})
	b.wantHeap(h, "then", "36 TCP server")
}

// TestMemory_TimeWaitLimit closes more connections than may linger.
func TestMemory_TimeWaitLimit(t *testing.T) {
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	b.do(func() {
		var last port.Block
		for range 5 {
			last, _ = b.net.newPCB()
			b.net.linger(last, 0, b.net.ticks())
		}
		if got := len(b.net.waiting); got != 3 || b.net.waiting[2].block != last {
			t.Errorf("%d linger", got)
		}
		b.net.cfg.Lingering = 0
		pcb, _ := b.net.newPCB()
		b.net.linger(pcb, 0, b.net.ticks())
		for len(b.net.waiting) > 0 {
			b.net.waiting[0].end()
		}
	})
	b.wantHeap(h, "then", "")
}

func TestMemory_TimeWaitEnds(t *testing.T) {
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	ended := make(chan string, 2)
	b.do(func() {
		pcb, _ := b.net.newPCB()
		b.net.linger(pcb, 0, b.net.ticks())
		look := func(d time.Duration) {
			b.loop.NewTimer(func() { ended <- h.String() }).Arm(d, false)
		}
		look(10250*time.Millisecond - time.Millisecond)
		look(10250*time.Millisecond + time.Millisecond)
	})
	if got := <-ended; got != "176 closed TCP connection (TIME_WAIT)" {
		t.Errorf("after 10 s there is %q", got)
	}
	if got := <-ended; got != "" {
		t.Errorf("after 10.25 s there is %q", got)
	}
}

// TestMemory_None holds what fails without memory, and that nothing stays behind.
func TestMemory_None(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	none := func(names ...string) func(int, string) bool {
		return func(_ int, what string) bool { return slices.Contains(names, what) }
	}
	accept := func(port.TCP) bool { return true }
	recv := func([]byte, port.IP, uint16) {}
	b.do(func() {
		h.fails = none(nameTCP, nameUDP)
		if b.net.NewTCP(newSink()) != nil {
			t.Error("a connection without memory")
		}
		if _, e := b.net.ListenTCP(port.IP{}, 80, accept); e != port.NetErrNoPCB {
			t.Errorf("a server without memory: %d", e)
		}
		if _, e := b.net.BindUDP(port.IP{}, 5000, recv); e != port.NetErrNoPCB {
			t.Errorf("a UDP socket without memory: %d", e)
		}
		h.fails = none(nameListener)
		if _, e := b.net.ListenTCP(port.IP{}, 80, accept); e != port.NetErrMem {
			t.Errorf("a server without its record: %d", e)
		}
		h.fails = none(nameDNS)
		if _, e := b.net.Resolve("some.where", nil); e != port.NetErrMem {
			t.Errorf("a name without memory: %d", e)
		}
		if h.String() != "" {
			t.Errorf("there is %q", h)
		}
		h.fails = nil
		u, _ := b.net.BindUDP(port.IP{}, 5000, recv)
		h.fails = none(nameSegment)
		if e := u.SendTo([]byte("x"), loopback, 9); e != port.NetErrMem {
			t.Errorf("a datagram without memory: %d", e)
		}
		u.Close()
		c := b.net.NewTCP(newSink())
		if e := c.Connect(loopback, 9); e != port.NetErrMem || !c.Unconnected() {
			t.Errorf("connecting without memory: %d", e)
		}
		h.fails = func(size int, _ string) bool { return size == sizeSegment } // the second block
		if e := c.Connect(loopback, 9); e != port.NetErrMem {
			t.Errorf("connecting with half of the memory: %d", e)
		}
		c.Close()
		if h.String() != "" {
			t.Errorf("there is %q", h)
		}
	})
}

// TestMemory_Write holds that a Write that fails leaves everything as it was.
func TestMemory_Write(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() {
		s.c.Recved()
		h.fails = func(_ int, what string) bool { return what == nameSegment && h.count(what) >= 3 }
		if e := s.c.Write(make([]byte, 2*port.TCPSegment)); e != port.NetErrMem || h.count(nameSegment) != 0 {
			t.Errorf("Write: %d, %q", e, h)
		}
		h.fails = nil
		if e := s.c.Write([]byte("y")); e != port.NetOK {
			t.Errorf("then: %d", e)
		}
	})
	s.want(t, "sent 1")
	buf := make([]byte, 2)
	if n, _ := c.Read(buf); string(buf[:n]) != "y" {
		t.Errorf("the peer got %q", buf[:n])
	}
}

// TestMemory_Short holds what goes when memory is short: the connection that was closed
// first, then the one that has been silent for longest, and that is told.
func TestMemory_Short(t *testing.T) {
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	old, young := newSink(), newSink()
	b.do(func() {
		limit := func(n int) {
			h.fails = func(_ int, what string) bool { return what == nameTCP && h.count(nameTCP)+h.count(nameWait) >= n }
		}
		for _, s := range []*sink{old, young} {
			s.c = b.net.NewTCP(s)
			s.c.Connect(port.IP{255, 255, 255, 255}, 80)
			b.loop.Delay(time.Second)
		}
		first, _ := b.net.newPCB()
		b.net.linger(first, 0, b.net.ticks())
		second, _ := b.net.newPCB()
		b.net.linger(second, 0, b.net.ticks())
		limit(4)
		if b.net.NewTCP(newSink()) == nil || len(b.net.waiting) != 1 || b.net.waiting[0].block != second {
			t.Errorf("with one that is closed: %q", h)
		}
		b.net.waiting[0].end()
		limit(3)
		if b.net.NewTCP(newSink()) == nil || old.c.(*conn).state != stDone || young.c.(*conn).state != stSynSent {
			t.Errorf("with one that is silent: %q", h)
		}
	})
	old.want(t, "failed -8")
}

// TestMemory_AcceptLater holds that a connection for which there is no memory comes
// when its peer asks again.
func TestMemory_AcceptLater(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	b.do(func() { h.fails = func(_ int, what string) bool { return what == nameTCP } })
	c := b.dial(80)
	io.WriteString(c, "x")
	select {
	case <-s.data:
		t.Fatal("there was memory")
	case <-time.After(100 * time.Millisecond):
	}
	b.do(func() { h.fails = nil })
	select {
	case <-s.data:
	case <-time.After(10 * time.Second):
		t.Fatal("it never came")
	}
}

type oneName struct{}

func (oneName) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, 1})}, nil
}

// TestMemory_Names holds that the table of names keeps their text.
func TestMemory_Names(t *testing.T) {
	b, h := heapBench(t, realClock(), func(c *Config) { c.HostsOnly, c.Resolver = false, oneName{} })
	during := ""
	for _, name := range []string{"a.example", "bb.example", "ccc.example", "dddd.example", "eeeee.example"} {
		found := make(chan bool)
		b.do(func() {
			if _, e := b.net.Resolve(name, func(port.IP, bool) { during = h.String(); close(found) }); e != port.NetErrInProgress {
				t.Errorf("Resolve: %d", e)
			}
			if n := h.count(nameDNS); n > 5 {
				t.Errorf("%d blocks while asking", n)
			}
		})
		<-found
	}
	// The first name's entry has the fifth name now.
	b.later(h, "after five names", "11 name look-up, 12 name look-up, 13 name look-up, 14 name look-up")
	if want := "100 received packet, 11 name look-up, 12 name look-up, 13 name look-up, 14 name look-up, 20 received packet, 515 name look-up"; during != want {
		t.Errorf("while the answer is read there is %q, want %q", during, want)
	}
}

// TestMemory_Datagrams holds what UDP takes, until the driver has it.
func TestMemory_Datagrams(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	b.do(func() {
		u, _ := b.net.BindUDP(port.IP{}, 5000, func([]byte, port.IP, uint16) {})
		for range 3 {
			u.SendTo(make([]byte, 99), loopback, uint16(peer.LocalAddr().(*net.UDPAddr).Port))
		}
		b.net.JoinGroup(port.IP{}, port.IP{224, 0, 0, 251})
		if got, want := h.String(), "20 multicast group, 212 data to send, 212 data to send, 212 data to send, 36 UDP socket"; got != want {
			t.Errorf("in the task that sends there is %q, want %q", got, want)
		}
	})
	b.later(h, "after it", "20 multicast group, 36 UDP socket")
	b.do(func() {
		b.net.LeaveGroup(port.IP{}, port.IP{224, 0, 0, 251})
		b.net.udps[0].Close()
	})
	b.wantHeap(h, "then", "")
}

// TestMemory_Reset holds that a reset does not touch the heap, which is gone.
func TestMemory_Reset(t *testing.T) {
	b, h := heapBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() {
		s.c.Write([]byte("data"))
		pcb, _ := b.net.newPCB()
		b.net.linger(pcb, 0, b.net.ticks())
		clear(h.blocks) // Give panics now
		b.net.Reset()
		b.net.SetInterface(0, ownIP, ownMask)
	})
	b.wantHeap(h, "after a reset", "")
}

// lwipProgram has a variable as large as each structure. It needs some words that
// come from the SDK.
const lwipProgram = `
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
typedef uint8_t uint8; typedef int8_t sint8; typedef uint16_t uint16; typedef int16_t sint16;
typedef uint32_t uint32; typedef int32_t sint32;
#define ICACHE_FLASH_ATTR
#define ICACHE_RODATA_ATTR
#define SHMEM_ATTR
#define DMEM_ATTR
#define TIMER_CLK_FREQ 1
#define NOW() 0
#include "lwip/memp.h"
#include "lwip/udp.h"
#include "lwip/tcp_impl.h"
#include "lwip/igmp.h"
#include "lwip/dhcp.h"
char tcp[sizeof(struct tcp_pcb)], listener[sizeof(struct tcp_pcb_listen)], udp[sizeof(struct udp_pcb)];
char segment[sizeof(struct tcp_seg)], pbuf[sizeof(struct pbuf)], group[sizeof(struct igmp_group)];
char queue[TCP_SND_QUEUELEN], dhcp[sizeof(struct dhcp)];
`

// TestMemory_Reference compares the sizes with those that a C compiler for 32 bits makes
// of the firmware's headers.
func TestMemory_Reference(t *testing.T) {
	firmware := os.Getenv("MOONLET_FIRMWARE")
	if firmware == "" {
		t.Skip("set MOONLET_FIRMWARE to a clone of the firmware's repository")
	}
	dir := t.TempDir()
	for _, name := range []string{"c_types.h", "eagle_soc.h", "ets_sys.h", "osapi.h", "user_interface.h", "mem.h"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	object := filepath.Join(dir, "sizes.o")
	cc := exec.Command("cc", "-m32", "-w", "-fno-common", "-DPBUF_RSV_FOR_WLAN", "-DEBUF_LWIP", "-DLWIP_OPEN_SRC",
		"-I", dir, "-I", filepath.Join(firmware, "app", "include"), "-x", "c", "-c", "-o", object, "-")
	cc.Stdin = strings.NewReader(lwipProgram)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Skipf("no C compiler for 32 bits: %v\n%s", err, out)
	}
	f, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, s := range symbols {
		sizes[s.Name] = int(s.Size)
	}
	for name, want := range map[string]int{
		"tcp": sizeTCP, "listener": sizeListener, "udp": sizeUDP, "segment": sizeSegment, "pbuf": sizePbuf,
		"group": sizeGroup, "queue": maxSegments, "dhcp": 64,
	} {
		if sizes[name] != want {
			t.Errorf("%s: %d, the compiler says %d", name, want, sizes[name])
		}
	}
}
