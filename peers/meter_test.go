package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"moonlet.example/moonlet"
)

// The example meter tells its values, takes an interval, and goes on behind a broker's end: what
// it measured meanwhile comes, too.
func TestMeter(t *testing.T) {
	broker := newMochi(t, false)
	m, err := moonlet.Open("../examples/meter", moonlet.Apart(), moonlet.With(moonlet.Config{Time: moonlet.Scaled(20), Seed: 1}),
		moonlet.Set("connect", "broker.lan:1883="+broker.addr))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	values := make(chan string, 1000)
	listen := func() paho.Client {
		c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker.addr).SetClientID("reader"))
		if t2 := c.Connect(); t2.Wait() && t2.Error() != nil {
			t.Fatal(t2.Error())
		}
		c.Subscribe("meter/#", 1, func(_ paho.Client, p paho.Message) { values <- fmt.Sprintf("%s %s", p.Topic(), p.Payload()) }).Wait()
		return c
	}
	c := listen()
	next := func(want string) string {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			select {
			case v := <-values:
				if strings.HasPrefix(v, want) {
					return v
				}
			default:
				if err := m.RunFor(200 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Fatalf("%q does not come\n%s", want, m.LastLines(20))
		return ""
	}
	if got := next("meter/online"); got != "meter/online 1" {
		t.Error(got)
	}
	next(`meter/value {"`)
	c.Publish("meter/interval", 1, false, "2").Wait()
	expect(t, m, "meter: a value each 2 s")
	next(`meter/value {"`)
	c.Disconnect(0)
	broker.kill()
	expect(t, m, "meter: offline")
	if err := m.RunFor(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	broker.start()
	c = listen()
	defer c.Disconnect(0)
	next("meter/online 1")
	for range 10 { // those of the meantime, at once
		next(`meter/value {"`)
	}
	if strings.Contains(m.LastLines(50), "PANIC") {
		t.Error(m.LastLines(50))
	}
}
