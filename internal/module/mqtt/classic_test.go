package mqtt_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/mqtt"
	"moonlet.example/moonlet/internal/port/porttest"
)

// TestClassicClient: a clean session, unless somebody says something.
func TestClassicClient(t *testing.T) { moduletest.Editions(t, testClassicClient) }

func testClassicClient(t *testing.T) {
	for client, clean := range map[string]bool{
		`"c"`: true, ``: true, `"c", 60, "u", "p"`: true, `"c", 60, nil, nil, 0`: true, // a nil ends what is read
		`"c", 60, "u", "p", 0`: false, `"c", 60, "u", "p", 1`: true,
	} {
		b := newBench(t, mqtt.Classic)
		b.Do(`m = mqtt.Client(` + client + `) m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		if flags := b.newest().sent[9]; (flags&2 != 0) != clean {
			t.Errorf("%s: flags %#x", client, flags)
		}
	}
}

// TestClassicConnect: the fourth argument is passed over, and nothing is said of numbers.
func TestClassicConnect(t *testing.T) { moduletest.Editions(t, testClassicConnect) }

func testClassicConnect(t *testing.T) {
	for arguments, said := range map[string]string{
		`"10.0.0.1", 80, 0, 1, say"yes", say"no"`: "yes", `"10.0.0.1", 80, 0, 0, say"yes"`: "yes", `"10.0.0.1", 80, 0, say"yes"`: "yes",
		`"10.0.0.1", 80, false, say"yes"`: "yes", `"10.0.0.1", 80, say"yes"`: "yes", `"10.0.0.1", say"yes"`: "yes", `"10.0.0.1", 80, 0, 1`: "",
	} {
		b := newBench(t, mqtt.Classic)
		b.Do(`m = mqtt.Client("c") m:connect(` + arguments + `)`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.ack()
		b.recv("\x20\x02\x00\x00")
		b.said(said)
	}
	b := newBench(t, mqtt.Classic)
	b.Do(`m = mqtt.Client("c")`)
	b.fails(`m:connect("10.0.0.1", 8883, 1, 0)`, "ssl not available")
	b.fails(`m:connect()`, "invalid domain")
}

// oldCalls hears of old calls.
type oldCalls struct {
	*board
	told []string
}

func (o *oldCalls) OldCall(form string) { o.told = append(o.told, form) }

// TestOldCalls: what is told of the calls that mean something else now.
func TestOldCalls(t *testing.T) { moduletest.Editions(t, testOldCalls) }

func testOldCalls(t *testing.T) {
	const connect = "m:connect(host, port, secure, autoreconnect, ok, fail)"
	for code, want := range map[string]string{
		`mqtt.Client("c", 60, "u", "p") mqtt.Client("c", 60)`:                    "", // as good applications of now have it
		`mqtt.Client("c", 60, "u", "p", 1):connect("10.0.0.1", 80, 0, 1, print)`: connect,
		`mqtt.Client("c", 60, "u", "p", 1):connect("10.0.0.1", 80, 0, print)`:    "",
		`mqtt.Client("c", 60, "u", "p", 1):connect("10.0.0.1", 80, false)`:       "",
	} {
		o := &oldCalls{board: &board{porttest.New(t, porttest.Config{NoWatchdog: true}), &stack{}}}
		moduletest.Boot(t, moduletest.Config{Chip: o.Chip, Host: o, Modules: []state.Module{mqtt.Module}}).Do(code)
		if got := strings.Join(o.told, "|"); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}
