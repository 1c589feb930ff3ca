package peers

import (
	"net"
	"testing"
	"time"

	"github.com/beevik/ntp"

	"moonlet.example/moonlet/internal/sim/hostnet"
)

// TestTimeServer lets a client that others have written ask the time server of the simulated
// network, which is a function of packets.
func TestTimeServer(t *testing.T) {
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const off = 90 * time.Minute
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := s.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			now := time.Now().Add(off)
			if a := hostnet.AnswerNTP(buf[:n], now, now); a != nil {
				s.WriteToUDPAddrPort(a, from)
			}
		}
	}()
	for version := 3; version <= 4; version++ {
		r, err := ntp.QueryWithOptions(s.LocalAddr().String(), ntp.QueryOptions{Version: version, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		if d := r.ClockOffset - off; d < -5*time.Second || d > 5*time.Second {
			t.Errorf("offset %v", r.ClockOffset)
		}
		if r.Stratum != 1 || r.Leap != ntp.LeapNoWarning || r.ReferenceID != 0x4C4F434C || r.RootDistance > time.Second+r.RTT {
			t.Errorf("answer %+v", r)
		}
	}
}
