package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"moonlet.example/moonlet"
)

// counter publishes messages, each in the callback of the one before.
const counter = `
	local n = 0
	m = mqtt.Client("module", 60)
	local function more() if n < TOTAL then n = n + 1 m:publish("out/t", n, QOS, 0) end end
	m:on("puback", more)
	m:on("connect", function() print "begin" more() end)
	wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
	wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() m:connect("broker") end)`

// waitFor waits until the broker has so many messages.
func waitFor(b testing.TB, broker *mochiBroker, total int) {
	b.Helper()
	for end := time.Now().Add(time.Minute); broker.received() < total; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			b.Fatalf("%d of %d messages have come", broker.received(), total)
		}
	}
}

// BenchmarkMQTT publishes messages by a module, at up to fifty times its own pace, and by a Go
// program with paho, to the same broker: messages a second, and the ratio.
func BenchmarkMQTT(b *testing.B) {
	for qos := range 2 {
		b.Run(fmt.Sprint("QoS ", qos), func(b *testing.B) {
			const total = 2000
			for range b.N {
				broker := newMochi(b, false)
				m, err := moonlet.New(moonlet.Config{
					Files: map[string]string{"init.lua": strings.NewReplacer("QOS", fmt.Sprint(qos), "TOTAL", fmt.Sprint(total)).Replace(counter)},
					Time:  moonlet.Scaled(50), Seed: 1,
					Network: moonlet.NetworkConfig{HostsOnly: true, Connect: map[string]string{"broker:1883": broker.addr}},
				})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := m.Expect("begin", time.Hour); err != nil {
					b.Fatal(err)
				}
				from, begin := broker.received(), time.Now()
				device, _ := m.Now()
				if err := m.RunUntil(func(*moonlet.Bench) bool { return broker.received() >= total }, time.Hour); err != nil {
					b.Fatal(err)
				}
				module := float64(total-from) / time.Since(begin).Seconds()
				end, _ := m.Now()
				b.ReportMetric(float64(total-from)/(end-device).Seconds(), "of-its-time/s")
				m.Close()

				c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + broker.addr).SetClientID("paho"))
				if t := c.Connect(); t.Wait() && t.Error() != nil {
					b.Fatal(t.Error())
				}
				begin = time.Now()
				for i := range total {
					c.Publish("out/t", byte(qos), false, fmt.Sprint(i)).Wait()
				}
				waitFor(b, broker, 2*total)
				program := total / time.Since(begin).Seconds()
				c.Disconnect(0)
				b.ReportMetric(module, "module/s")
				b.ReportMetric(program, "paho/s")
				b.ReportMetric(module/program, "ratio")
			}
		})
	}
}
