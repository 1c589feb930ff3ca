package moonlet

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/port"
)

// subscribers are those who want to hear of events, in the order in which they came.
type subscribers struct {
	mu   sync.Mutex
	list []*subscriber
}

type subscriber struct{ f func(Event) }

// add adds one, until cancel is called.
func (s *subscribers) add(f func(Event)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &subscriber{f}
	s.list = append(slices.Clip(s.list), one) // all may have given the old list away
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = slices.DeleteFunc(slices.Clone(s.list), func(o *subscriber) bool { return o == one })
	}
}

// all lists them; the list does not change any more.
func (s *subscribers) all() []*subscriber {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

// Subscribe calls f with each event from now on, as OnEvent does, until cancel is called.
func (m *Module) Subscribe(f func(e Event)) (cancel func()) { return m.events.add(f) }

// tell tells an event. It is on the module's goroutine.
func (m *Module) tell(e Event) {
	m.inUser.Add(1)
	defer m.inUser.Add(-1)
	for _, s := range m.events.all() {
		s.f(e)
	}
	m.look()
}

// watch is what the device is to tell besides.
func (m *Module) watch() (w device.Watch) {
	if c := m.options.hook.Console; c != nil {
		w.Console.Typed, w.Console.Prompt, w.Reset = c.Typed, c.Prompt, c.Reset
		w.Console.Receiver = func(r port.Receiver) { c.Receiver(r.Lines, !r.Lines && r.Length < 0, r.End) }
	}
	what := m.options.watch
	about := func(format string, args ...any) About {
		return About{m.device.Time(), fmt.Sprintf(format, args...)}
	}
	if what&WatchPins != 0 {
		w.Pin = func(pin, level int) {
			if m.device != nil { // it is being made
				m.tell(PinChanged{about("pin %d is %d", pin, level), pin, level})
			}
		}
	}
	if what&WatchFiles != 0 {
		w.File = func(name string, bytes int) {
			m.tell(FileWritten{about("%s is written: %d bytes", name, bytes), name, bytes})
		}
	}
	if what&WatchPackets != 0 {
		w.Packet = func(p device.Packet) {
			peer := netip.AddrPortFrom(netip.AddrFrom4(p.Peer), p.PeerPort)
			way := "from"
			if p.Sent {
				way = "to"
			}
			m.tell(Packet{about("%s: %d bytes %s %v", p.Network, len(p.Data), way, peer),
				p.Network, p.Sent, p.Local, peer, append([]byte(nil), p.Data...)})
		}
	}
	return w
}
