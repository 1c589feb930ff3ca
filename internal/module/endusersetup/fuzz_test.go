package endusersetup

import (
	"bytes"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

// requests are those to begin with.
var requests = []string{
	"GET / HTTP/1.1\r\n\r\n", "GET /aplist \r\n\r\n", "GET /update?wifi_ssid=a%20b&wifi_password=c \r\n\r\n",
	"POST /setwifi HTTP/1.1\r\nContent-Length: 26\r\n\r\nwifi_ssid=a&wifi_password=", "OPTIONS /aplist \r\n\r\n",
	"POST /setwifi HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nwifi_\r\n0006\r\nssid=b\r\n0\r\n\r\n",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0xFFFFFFF6\nwifi_", "x\r\ncontent-length:99999999999\r\n\r\n", "\r\n\r\ntransfer-encoding: chunked",
}

// FuzzComplete holds that a request is found to be whole at the same place whatever pieces it comes
// in, that it is no longer than what has come, and that nothing breaks.
func FuzzComplete(f *testing.F) {
	for i, r := range requests {
		f.Add([]byte(r), uint16(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		whole := bytes.Clone(data)
		n, p := complete(whole)
		if n < 0 || n > len(data) || p == waiting && !bytes.Equal(whole, data) {
			t.Errorf("%d of %d bytes, %d", n, len(data), p)
		}
		if n2, p2 := complete(bytes.Clone(data)); n2 != n || p2 != p {
			t.Errorf("%d %d, and then %d %d", n, p, n2, p2)
		}
		decode(string(data), int(cut))
		if list, ok := pairs(string(data)); len(list) > 0 && !ok || len(list) > len(data)+1 {
			t.Errorf("%d fields", len(list))
		}
	})
}

// outside is a fuzz test's own TB for what is called within its target, where only Helper must not
// be called.
type outside struct{ testing.TB }

func (outside) Helper() {}

// FuzzRequest lets browsers send anything in pieces, and others ask for names with it. Nothing
// breaks or hangs, the heap is sound, and behind the end no more is lost than the firmware loses.
func FuzzRequest(f *testing.F) {
	for i, r := range requests {
		f.Add([]byte(r), byte(i), byte(3*i))
	}
	b := newLab(outside{f})
	b.Do("function note() end")
	f.Fuzz(func(t *testing.T, data []byte, cut, how byte) {
		if len(data) > 4000 {
			return
		}
		if b.net.accept == nil {
			b.Do("enduser_setup.start(note, note) ")
			b.RunFor(radio.ScanTime)
		}
		p := b.browser()
		p.fails = how&1 != 0
		at := min(int(cut), len(data))
		p.send(string(data[:at]))
		switch {
		case p.end != "":
		case how&2 != 0:
			p.ends()
		case how&4 != 0:
			b.Tasks.Exec(func() { p.h.Failed(port.NetErrReset) })
			p.end = "failed"
		}
		if p.end == "" {
			p.send(string(data[at:]))
		}
		b.net.Err = map[bool]port.NetErr{true: port.NetErrIf}[how&8 != 0]
		b.Tasks.Exec(func() { b.net.Last().Recv(data[:min(len(data), port.UDPMaxPayload)], port.IP{1, 2, 3, 4}, 5) })
		b.RunFor(passed)
		if how&16 != 0 {
			b.RunFor(radio.ScanTime)
		}
		p.all()
		if p.end == "" {
			p.ends()
		}
		if p.polls != nil && p.end == "" {
			b.Tasks.Exec(p.polls)
		}
		if s := p.got.String(); s != "" && !strings.HasPrefix(s, "HTTP/1.1 ") {
			t.Errorf("answered %.100q", s)
		}
		if err := b.Heap.Check(); err != nil {
			t.Fatal(err)
		}
		if b.Machine.State().GetTop() != 0 {
			t.Fatal("the stack is not empty")
		}
		if b.Machine.State().FreeHeap() < 20000 { // what the firmware loses
			b.notes = nil
			b.net.accept, b.net.Sockets = nil, nil
			b.radio.Reset()
			b.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
			b.radio.Start()
			b.Do("function note() end")
		}
	})
}
