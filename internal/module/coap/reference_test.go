package coap

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// referenceVariable names a program made of the firmware's app/coap for 32 bits, around a Lua, a
// network and a clock of its own, that answers these lines. Bytes are hexadecimal, - is none.
//
//	P MESSAGE               parse: an error, or type, code, number, token, options, payload
//	S MESSAGE               what a server answers, behind the calls of functions
//	U TYPE METHOD URI TEXT  a request: its port and host, and the message with number 0;
//	                        wrong, long, or rcN for an error of the builder
//	Q WORD…                 requests and the time: gK,TYPE,R is one by client K while rand gives
//	                        R, wT the time T in µs, rK,MESSAGE an answer to client K. Told is
//	                        MS:K:MESSAGE for what is sent, and whether any request waits
//
// The server has the variables and functions of referenceGlobals, all named, none as well.
const referenceVariable = "MOONLET_COAP_C"

const referenceGlobals = `
	a, n, z, b, long, longer = "text", 42, "zero\0in", true, ("x"):rep(1130), ("x"):rep(1199)
	local function called(name, s) print("call:" .. name .. ":" .. s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
	function f(s) called("f", s) return s end
	function g(s) called("g", s) end
	function h(s) called("h", s) return 7 end
	server = coap.Server()
	server:var("a") server:var("n", coap.JSON) server:var("z") server:var("b") server:var("none") server:var("long") server:var("longer")
	server:func("f") server:func("g") server:func("h") server:func("none")`

// chance is a system whose generator gives what is wanted.
type chance struct {
	port.System
	next  []uint32
	count uint32
}

func (c *chance) Random() uint32 {
	if len(c.next) > 0 {
		n := c.next[0]
		c.next = c.next[1:]
		return n
	}
	c.count++
	return 2000 + c.count
}

type board struct {
	*porttest.Chip
	net port.Net
	sys *chance
}

func (b *board) Net() port.Net { return b.net }

func (b *board) System() port.System {
	if b.sys == nil {
		return b.Chip.System()
	}
	return b.sys
}

// twin is the module that is compared.
type twin struct {
	*moduletest.Lua
	board *board
	net   *porttest.Datagrams
}

func newTwin(t *testing.T) *twin {
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	b.sys = &chance{System: b.Chip.System()}
	w := &twin{board: b, net: &porttest.Datagrams{}}
	b.net = w.net
	w.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{Module}})
	return w
}

// text is hexadecimal, - for nothing.
func text(p []byte) string {
	if len(p) == 0 {
		return "-"
	}
	return hex.EncodeToString(p)
}

// randomMessage makes a message that a parser has to think about.
func randomMessage(r *rand.Rand, request bool) []byte {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	m := message{kind: uint8(r.IntN(4)), code: uint8(r.IntN(5)), id: [2]byte{uint8(r.Uint32()), uint8(r.Uint32())}}
	m.token = make([]byte, r.IntN(9))
	for i := range m.token {
		m.token[i] = uint8(r.Uint32())
	}
	if request {
		if r.IntN(3) == 0 {
			m.options = append(m.options, option{optionHost, []byte("host")})
		}
		switch r.IntN(4) {
		case 0:
			for _, s := range strings.Split(pick(".well-known/core", "v1/id", "v1/c", "v1/id/x", "v1", ".well-known", "v1/c/a", ".well-known/core/x"), "/") {
				m.options = append(m.options, option{optionPath, []byte(s)})
			}
		default:
			m.options = append(m.options, option{optionPath, []byte("v1")}, option{optionPath, []byte(pick("v", "f"))})
			for range []int{1, 1, 1, 1, 0, 2}[r.IntN(6)] {
				m.options = append(m.options, option{optionPath, []byte(pick("a", "n", "z", "b", "long", "longer", "f", "f", "g", "h", "none", "else", ""))})
			}
		}
		m.code = uint8(1 + r.IntN(2))
	}
	number := uint8(0)
	if n := len(m.options); n > 0 {
		number = m.options[n-1].number
	}
	for range r.IntN(4) * r.IntN(6) {
		number += uint8(r.IntN(1 + r.IntN(60)))
		m.options = append(m.options, option{number, make([]byte, r.IntN(1+r.IntN(1+r.IntN(300))))})
	}
	if r.IntN(3) > 0 {
		m.payload = []byte(strings.Repeat(pick("p", "payload ", "\x00", "\xff"), 1+r.IntN(1+r.IntN(60))))
	}
	p, _ := m.build(maxMessage)
	if len(p) > 0 && r.IntN(3) == 0 { // hurt it
		for range 1 + r.IntN(3) {
			p[r.IntN(len(p))] = []byte{0xD0, 0xE0, 0xF0, 0xDD, 0xEE, 0x0D, 0x0E, 0x0F, 0xFF, uint8(r.Uint32())}[r.IntN(10)]
		}
		p = p[:len(p)-r.IntN(1+r.IntN(len(p)))]
	}
	return p
}

func (w *twin) parsed(p []byte) string {
	m, e := parse(p)
	if e != 0 {
		return fmt.Sprint(int(e))
	}
	s := fmt.Sprintf("0 %d %d %x %x", m.kind, m.code, m.id, m.token)
	for _, o := range m.options {
		s += fmt.Sprintf(" %d:%x", o.number, o.value)
	}
	return s + fmt.Sprintf(" %x", m.payload)
}

func (w *twin) served(p []byte) string {
	var a []byte
	w.Tasks.Exec(func() { a = moduleOf(w.Machine.State()).respond(p) })
	return strings.TrimSpace(strings.ReplaceAll(w.Printed(), "\n", " ") + fmt.Sprintf("%x.", a))
}

// compare asks both and tells the first difference.
func compare(t *testing.T, program *moduletest.Program, line, got string) {
	t.Helper()
	want := program.Ask(t, "%s", line)
	var words []string
	for _, s := range strings.Fields(want) {
		if !strings.HasPrefix(s, "do:") { // the code is not run there
			words = append(words, s)
		}
	}
	if got, want = strings.Join(strings.Fields(got), " "), strings.Join(words, " "); got != want {
		t.Fatalf("%s\ngot  %s\nwant %s", line, got, want)
	}
}

// TestReference compares with the firmware's C code.
func TestReference(t *testing.T) {
	program := moduletest.StartProgram(t, referenceVariable)
	const trials = 20000
	t.Run("parse", func(t *testing.T) {
		r, w, good := rand.New(rand.NewPCG(1, 1)), newTwin(t), 0
		for range trials {
			p := randomMessage(r, r.IntN(2) == 0)
			got := w.parsed(p)
			compare(t, program, "P "+text(p), got)
			if got[0] == '0' {
				good++
			}
		}
		t.Logf("%d messages, %d good ones", trials, good)
	})
	t.Run("server", func(t *testing.T) {
		r, w, answers := rand.New(rand.NewPCG(1, 2)), newTwin(t), 0
		w.Do(referenceGlobals)
		for range trials {
			p := randomMessage(r, true)
			got := w.served(p)
			compare(t, program, "S "+text(p), got)
			if got != "." {
				answers++
			}
		}
		t.Logf("%d requests, %d answers", trials, answers)
	})
	t.Run("request", func(t *testing.T) {
		r, good := rand.New(rand.NewPCG(1, 3)), 0
		for range trials {
			line, got := randomRequest(r)
			if line == "" {
				continue
			}
			compare(t, program, line, got)
			if strings.Contains(got, ":") {
				good++
			}
		}
		t.Logf("%d URIs, %d good ones", trials, good)
	})
	t.Run("queue", func(t *testing.T) {
		r, w, sent := rand.New(rand.NewPCG(1, 4)), newTwin(t), 0
		const runs = 1000
		for range runs {
			line, got := w.queue(r)
			compare(t, program, line, got)
			sent += len(w.net.Sent)
		}
		t.Logf("%d runs, %d messages", runs, sent)
	})
}

// randomRequest makes a request of a random URI.
func randomRequest(r *rand.Rand) (line, got string) {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	uri := pick("coap://", "coap://", "coap://", "COAP://", "coaps://", "coap:/", "http://", "", "coa")
	if r.IntN(8) > 0 {
		uri += pick("1.2.3.4", "192.168.18.100", "Example.ORG", "[::1]", "[", "[]", "", strings.Repeat("h", r.IntN(70)))
	}
	uri += pick("", "", ":5683", ":80", ":0", ":", ":70000", ":12x", ":99999999999")
	for range r.IntN(5) {
		uri += "/" + pick("v1", "f", "name", "", ".", "..", "..x", ".well-known", "core", "a%20b", "%4", "%zz", "%", "%41%42", "x#y", "a?b", strings.Repeat("s", r.IntN(40)))
	}
	if r.IntN(3) == 0 {
		uri += "?" + pick("a=b", "a=b&c=d", "&", "a&&b", "x%26y", "q#r", "", strings.Repeat("&z", r.IntN(6)))
	}
	if uri == "" {
		return "", ""
	}
	payload := []byte(strings.Repeat("p", r.IntN(4)*r.IntN(250)))
	kind, method := uint8(r.IntN(2)), uint8(1+r.IntN(4))
	line = fmt.Sprintf("U %d %d %x %s", kind, method, uri, text(payload))
	t, ok := parseURI([]byte(uri))
	if !ok {
		return line, "wrong"
	}
	if len(t.host)+1 > hostSize {
		return line, "long"
	}
	options, few := t.options()
	if !few {
		return "", "" // where the firmware writes over its memory
	}
	m := message{kind: kind, code: method, token: []byte(token), options: options, payload: payload}
	got = fmt.Sprintf("%d:%s:", t.port, t.host)
	p, e := m.build(maxRequest)
	if e != 0 {
		return line, got + fmt.Sprintf("rc%d", e)
	}
	return line, got + fmt.Sprintf("%x", p)
}

// queue lets clients ask, wait and be answered.
func (w *twin) queue(r *rand.Rand) (line, got string) {
	w.Reboot(port.ResetInfo{})
	w.Do("c = {} for i = 0, 3 do c[i] = coap.Client() end")
	c := moduleOf(w.Machine.State())
	c.m.SetU16(c.at+offMessageID, 0)
	c.passed()
	start := w.Tasks.Now()
	w.net.Sockets, w.net.Sent = nil, nil
	var words []string
	w.net.OnSend = func(s porttest.Sent) {
		words = append(words, fmt.Sprintf("%d:%d:%x", (w.Tasks.Now()-start)/time.Millisecond, s.To[3], s.Data))
	}
	line = "Q"
	for range 1 + r.IntN(30) {
		switch r.IntN(4) {
		case 0, 1:
			kind, chosen := r.IntN(4)/3, uint32(r.IntN(256))
			k := r.IntN(4)
			line += fmt.Sprintf(" g%d,%d,%d", k, kind, chosen)
			w.board.sys.count++
			w.board.sys.next = []uint32{2000 + w.board.sys.count, chosen}
			if err := w.Exec(fmt.Sprintf("c[%d]:get(%d, 'coap://10.0.0.%d/x')", k, kind, k), "=x"); err != nil {
				return line, err.Error()
			}
			w.board.sys.next = nil
		case 2:
			w.RunFor(time.Duration(r.IntN(1+r.IntN(20e6))) * time.Microsecond)
			line += fmt.Sprintf(" w%d", (w.Tasks.Now() - start).Microseconds())
		default:
			if len(w.net.Sent) == 0 {
				break
			}
			q := w.net.Sent[r.IntN(len(w.net.Sent))]
			m := message{kind: uint8(r.IntN(4)), code: codeContent, id: [2]byte(q.Data[2:4]), token: []byte(token)}
			if r.IntN(6) == 0 {
				m.token = []byte("mode")
			}
			p, _ := m.build(maxMessage)
			if r.IntN(8) == 0 {
				p = p[:len(p)-1]
			}
			line += fmt.Sprintf(" r%d,%x", q.To[3], p)
			u := uint32(q.To[3])
			w.Tasks.Exec(func() {
				L := w.Machine.State()
				L.GetGlobal("c")
				L.RawGetI(-1, int64(u))
				conn := object{L.Mem(), L.ToUserdata(-1)}.conn()
				L.SetTop(0)
				moduleOf(L).answered(conn, p)
			})
			words = append(words, map[bool]string{true: "waits", false: "idle"}[c.m.Ptr(c.at+offQueue) != 0])
		}
	}
	return line, strings.Join(words, " ")
}
