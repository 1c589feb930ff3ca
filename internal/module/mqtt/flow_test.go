package mqtt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
)

// The exchanges of each QoS and of subscriptions, packet by packet.
func TestExchanges(t *testing.T) { moduletest.Editions(t, testExchanges) }

func testExchanges(t *testing.T) {
	b := newBench(t)
	b.open(`"c"`)
	step := func(do func(), sent, said string) {
		t.Helper()
		do()
		b.sentIs(sent)
		b.said(said)
	}
	lua := func(code string) func() { return func() { b.Do(code) } }
	recv := func(p string) func() { return func() { b.recv(p) } }
	// QoS 0: gone when TCP has it.
	step(lua(`assert(m:publish("t", "x", 0, 0, say"done"))`), "\x30\x04\x00\x01tx", "")
	step(b.ack, "", "done")
	// QoS 1.
	step(lua(`assert(m:publish("t", "y", 1, 1))`), "\x33\x06\x00\x01t\x00\x01y", "")
	step(b.ack, "", "")
	step(recv("\x40\x02\x00\x02"), "", "") // of another packet
	step(recv("\x40\x02\x00\x01"), "", "done")
	step(recv("\x40\x02\x00\x01"), "", "") // again
	// QoS 2.
	step(lua(`assert(m:publish("t", "z", 2, 0))`), "\x34\x06\x00\x01t\x00\x02z", "")
	step(b.ack, "", "")
	step(recv("\x70\x02\x00\x02"), "", "") // too early
	step(recv("\x50\x02\x00\x02"), "\x62\x02\x00\x02", "")
	step(b.ack, "", "")
	step(recv("\x70\x02\x00\x02"), "", "done")
	// Subscriptions.
	step(lua(`assert(m:subscribe("a/#", 2, say"in"))`), "\x82\x08\x00\x03\x00\x03a/#\x02", "")
	step(b.ack, "", "")
	step(recv("\x90\x03\x00\x03\x80"), "", "in") // its codes are not read
	step(lua(`assert(m:subscribe({b = 1}))`), "\x82\x06\x00\x04\x00\x01b\x01", "")
	step(b.ack, "", "")
	step(recv("\x90\x03\x00\x04\x01"), "", "in")
	step(lua(`assert(m:unsubscribe("a/#", say"out"))`), "\xa2\x07\x00\x05\x00\x03a/#", "")
	step(b.ack, "", "")
	step(recv("\xb0\x02\x00\x05"), "", "out")
	step(lua(`assert(m:unsubscribe({b = "anything"}))`), "\xa2\x05\x00\x06\x00\x01b", "")
	step(b.ack, "", "")
	step(recv("\xb0\x02\x00\x06"), "", "out")
	// Messages: QoS 0, then 1, whose PUBACK leaves when TCP has it; then 2.
	step(recv("\x30\x05\x00\x02tth"), "", "message tt h")
	step(recv("\x30\x04\x00\x02tt"), "", "message tt") // without data there is no third argument
	step(recv("\x30\x02\x00\x00"), "", "")             // no topic
	step(recv("\x32\x06\x00\x01t\x00\x09m"), "\x40\x02\x00\x09", "message t m")
	step(b.ack, "", "")
	step(recv("\x34\x06\x00\x01t\x00\x0am"), "\x50\x02\x00\x0a", "message t m")
	step(b.ack, "", "")
	step(recv("\x34\x06\x00\x01t\x00\x0am"), "", "message t m") // told each time; its PUBREC waits
	step(recv("\x62\x02\x00\x0a"), "\x50\x02\x00\x0a", "")
	b.ack()
	step(recv("\x62\x02\x00\x0a"), "\x70\x02\x00\x0a", "")
	step(b.ack, "\x70\x02\x00\x0a", "") // one for each
	step(b.ack, "", "")
	// The broker asks, too. That answer stays at the head for good, and holds up all.
	step(recv("\xc0\x00"), "\xd0\x00", "")
	step(b.ack, "", "")
	step(lua(`assert(m:publish("t", "x", 0, 0) == true)`), "", "")
}

// What is not under way waits in its order. The functions of all packets are the newest.
func TestQueue(t *testing.T) { moduletest.Editions(t, testQueue) }

func testQueue(t *testing.T) {
	b := newBench(t)
	b.open(`"c"`)
	b.Do(`for i = 1, 3 do assert(m:publish("t", i, i - 1, 0, say("done " .. i))) end assert(m:subscribe("s", 0))`)
	b.sentIs("\x30\x04\x00\x01t1")
	b.ack()
	b.sentIs("\x32\x06\x00\x01t\x00\x012")
	b.said("done 3")
	b.ack()
	b.recv("\x40\x02\x00\x01")
	b.sentIs("\x34\x06\x00\x01t\x00\x023")
	b.ack()
	b.recv("\x32\x06\x00\x01t\x00\x09m") // its PUBACK waits behind SUBSCRIBE
	b.said("done 3; message t m")
	b.sentIs("")
	b.recv("\x50\x02\x00\x02")
	b.sentIs("\x82\x06\x00\x03\x00\x01s\x00") // PUBREL has gone to the end
	b.ack()
	b.recv("\x90\x03\x00\x03\x00")
	b.sentIs("\x40\x02\x00\x09")
	b.ack()
	b.sentIs("\x62\x02\x00\x02")
	b.ack()
	b.recv("\x70\x02\x00\x02")
	b.said("suback; done 3")
	b.sentIs("")
	// Numbers go in a circle without 0.
	b.Do(`for i = 1, 65535 - 3 do m:publish("", "", 1, 0) end m:publish("t", "", 1, 0)`)
	b.sentIs("\x32\x05\x00\x01t\x00\x01")
}

// An acknowledgement that never comes holds up the queue, PINGREQ too, until the broker ends the
// connection. What waits is gone then.
func TestBlocked(t *testing.T) { moduletest.Editions(t, testBlocked) }

func testBlocked(t *testing.T) {
	b := newBench(t)
	b.open(`"c", 10`)
	b.Do(`for i = 1, 5 do assert(m:publish("t", i, 1, 0) == true) end`)
	b.ack()
	b.newest().sent = nil
	b.recv("\x30\x04\x00\x01tm") // messages come nevertheless
	b.said("message t m")
	b.RunFor(24 * time.Hour)
	b.sentIs("")
	b.said("")
	b.Do("m:close()") // waits, too
	b.RunFor(time.Hour)
	b.sentIs("")
	if b.newest().over {
		t.Error("the connection was closed")
	}
	b.tell(func(w *wire) { w.h.Ended() })
	b.said("offline")
	b.Do(`m:connect("10.0.0.1")`)
	b.tell(func(w *wire) { w.h.Connected() })
	b.ack()
	b.newest().sent = nil
	b.recv("\x20\x02\x01\x00")
	b.said("connect")
	b.sentIs("")
	b.Do(`m:publish("t", "", 1, 0)`)
	b.sentIs("\x32\x05\x00\x01t\x00\x06") // numbers go on
}

// A head that TCP does not take stays, and is not tried again.
func TestRefusedByTCP(t *testing.T) { moduletest.Editions(t, testRefusedByTCP) }

func testRefusedByTCP(t *testing.T) {
	b := newBench(t)
	b.open(`"c", 10`)
	b.writeErr = port.NetErrMem
	b.Do(`assert(m:publish("t", "x", 0, 0) == false)`)
	b.writeErr = port.NetOK
	b.Do(`assert(m:publish("t", "y", 0, 0) == true)`)
	b.RunFor(time.Hour)
	b.sentIs("")
	b.tell(func(w *wire) { w.h.Ended() })
	b.said("offline")
	b.sound()
}

// The timer of keepalive runs from the acknowledgement of what was sent; a broker that is silent
// is missed after up to two of its times.
func TestKeepalive(t *testing.T) { moduletest.Editions(t, testKeepalive) }

func testKeepalive(t *testing.T) {
	b := newBench(t)
	b.open(`"c", 10`)
	pass := func(d time.Duration, sent string) {
		t.Helper()
		b.RunFor(d)
		b.sentIs(sent)
	}
	pass(9*time.Second, "")
	b.recv("\x30\x04\x00\x01tm") // receiving does not count
	pass(1100*time.Millisecond, "\xc0\x00")
	b.ack()
	b.recv("\xd0\x00")
	pass(9900*time.Millisecond, "")
	pass(200*time.Millisecond, "\xc0\x00")
	b.ack()
	b.recv("\xd0\x00")
	pass(5*time.Second, "")
	b.Do(`m:publish("t", "", 0, 0)`)
	b.newest().sent = nil
	b.ack()
	pass(9900*time.Millisecond, "") // anew
	pass(200*time.Millisecond, "\xc0\x00")
	b.ack()
	b.Printed()
	pass(9900*time.Millisecond, "")
	if b.newest().over {
		t.Error("too early")
	}
	pass(200*time.Millisecond, "") // no PINGRESP
	b.said("offline")
	if how := b.newest().how; how != "close" {
		t.Errorf("ended by %q", how)
	}
	// If TCP does not acknowledge PINGREQ either, nothing happens any more.
	b.open(`"c", 10`)
	pass(10100*time.Millisecond, "\xc0\x00")
	b.Printed()
	pass(24*time.Hour, "")
	b.said("")
	b.Do(`assert(m:publish("t", "", 0, 0) == true)`)
	pass(time.Hour, "")
	b.tell(func(w *wire) { w.repeats = port.TCPRepeats; w.h.Failed(port.NetErrAborted) })
	b.said("connfail -5; offline")
	// What was published unanswered puts PINGREQ off: 5 s, then never.
	b.open(`"c", 10`)
	b.Do(`m:publish("t", "", 1, 0)`)
	b.newest().sent = nil
	pass(time.Hour, "")
}

// split gives data in pieces that begin at the places at.
func split(data string, at ...int) (list []string) {
	from := 0
	for _, k := range append(at, len(data)) {
		list = append(list, data[from:k])
		from = k
	}
	return list
}

// Packets come in segments that begin and end anywhere.
func TestSegments(t *testing.T) { moduletest.Editions(t, testSegments) }

func testSegments(t *testing.T) {
	message := func(qos int, topic, data string, id int) string {
		body := string([]byte{byte(len(topic) >> 8), byte(len(topic))}) + topic
		if qos > 0 {
			body += string([]byte{byte(id >> 8), byte(id)})
		}
		body += data
		n := len(body)
		head := []byte{0x30 | byte(qos<<1)}
		for {
			c := byte(n & 0x7f)
			if n >>= 7; n > 0 {
				head = append(head, c|0x80)
				continue
			}
			return string(append(head, c)) + body
		}
	}
	long := strings.Repeat("0123456789", 30)
	stream := message(0, "a", "one", 0) + message(1, "b", long, 5) + "\xd0\x00" + message(2, "c", "", 6) + message(0, "d", "end", 0)
	const said = "message a one; message b LONG; message c; message d end"
	want := strings.Replace(said, "LONG", long, 1)
	b := newBench(t)
	b.open(`"c"`)
	check := func(pieces []string) {
		t.Helper()
		for _, p := range pieces {
			b.recv(p)
		}
		b.said(want)
		b.sentIs("\x40\x02\x00\x05")
		b.ack()
		b.sentIs("\x50\x02\x00\x06")
		b.ack()
		b.recv("\x62\x02\x00\x06")
		b.sentIs("\x70\x02\x00\x06")
		b.ack()
	}
	check([]string{stream})
	for i := 1; i < len(stream); i++ {
		check(split(stream, i))
	}
	for i := 1; i < 24; i++ {
		check(split(stream, i, i+1))
		check(split(stream, i, i+2, i+5))
	}
	before := b.free()
	var each []string
	for i := range stream {
		each = append(each, stream[i:i+1])
	}
	// One byte at a time, with acknowledgements that leave where they can.
	for _, p := range each {
		b.recv(p)
	}
	b.said(want)
	b.ack()
	b.ack()
	b.recv("\x62\x02\x00\x06")
	b.ack()
	if lost := before - b.free(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// CONNACK in pieces is waited for; a packet in the same segment is lost.
func TestConnAck(t *testing.T) { moduletest.Editions(t, testConnAck) }

func testConnAck(t *testing.T) {
	for _, x := range []struct {
		pieces []string
		want   string
	}{
		{split("\x20\x02\x00\x00", 1, 2, 3), "connect"},
		{split("\x20\x02\x00\x05", 2), "connfail 5; offline"},
		{[]string{"\x20\x02\x00\x00\x30\x04\x00\x01tm"}, "connect"},
		{[]string{"\x20\x02\x00\x00", "\x30\x04\x00\x01tm"}, "connect; message t m"},
		{[]string{"\x30"}, "connfail -4; offline"},
		{[]string{"\x20\x02\x01\x00"}, "connect"}, // the session is there: not looked at
		{[]string{"\x2f\xff\xff\x00"}, "connect"},
	} {
		b := newBench(t)
		b.Do(`m = mqtt.Client("c") listen() m:connect("10.0.0.1")`)
		b.tell(func(w *wire) { w.h.Connected() })
		b.ack()
		for _, p := range x.pieces {
			b.recv(p)
		}
		b.said(x.want)
	}
}

// Messages up to max are taken, with all headers; of longer ones the first segment is told, and
// they count as received.
func TestLimit(t *testing.T) { moduletest.Editions(t, testLimit) }

func testLimit(t *testing.T) {
	for _, x := range []struct {
		arguments string
		max       int
	}{
		{`"c"`, 1024}, {`"c", 60, "u", "p", 0, 0`, 1024}, {`"c", 60, "u", "p", 0, 65536`, 1024}, {`"c", 60, "u", "p", 0, 2000`, 2000},
		{`"c", 60, "u", "p", 0, 200`, 200}, {`"c", 60, "u", "p", 0, 65535`, 65535},
	} {
		b := newBench(t)
		b.open(x.arguments)
		b.Do(`m:on("message", function(c, t, d) print("message", t, #d) end) m:on("overflow", function(c, t, d) print("overflow", t, #(d or "")) end)`)
		n := min(x.max, 20000)
		send := func(total int) (segments int) {
			p := fmt.Sprintf("\x32%c", total-3)
			if total > 129 {
				rest := total - 3
				p = string([]byte{0x32, 0x80 | byte(rest&0x7f), byte(rest >> 7)})
				if rest >= 1<<14 {
					rest--
					p = string([]byte{0x32, 0x80 | byte(rest&0x7f), 0x80 | byte(rest>>7&0x7f), byte(rest >> 14)})
				}
			}
			p += "\x00\x01t\x00\x07"
			p += strings.Repeat("d", total-len(p))
			for len(p) > 0 {
				k := min(len(p), port.TCPSegment)
				b.recv(p[:k])
				p = p[k:]
				segments++
			}
			return segments
		}
		head := 8
		if n > 1<<14 {
			head = 9
		}
		send(n)
		b.said(fmt.Sprintf("message t %d", n-head))
		b.sentIs("\x40\x02\x00\x07")
		b.ack()
		if n == x.max {
			send(n + 1)
			b.said(fmt.Sprintf("overflow t %d", min(n+1, port.TCPSegment)-head))
			b.sentIs("\x40\x02\x00\x07")
			b.ack()
			b.recv("\x30\x04\x00\x01tm") // what follows is whole
			b.said("message t 1")
		}
	}
	// The number of a message that is too long is waited for, and a message of QoS 0 is not.
	b := newBench(t)
	b.open(`"c", 60, "u", "p", 0, 20`)
	b.recv("\x32\x20\x00\x03abc\x01")
	b.said("")
	b.recv("\x02xyz")
	b.said("overflow abc xyz")
	b.sentIs("\x40\x02\x01\x02")
	b.recv(strings.Repeat("s", 0x20-10) + "\x30\x04\x00\x01tm")
	b.said("message t m")
	b.recv("\x30\x20\x00\x03ab")
	b.said("") // without its topic it is not told
	b.recv(strings.Repeat("s", 0x20-4) + "\x30\x20\x00\x03abc")
	b.said("overflow abc")
	b.recv(strings.Repeat("s", 0x20-5))
	b.recv("\x30\x04\x00\x01tm")
	b.said("message t m")
}

// A packet for whose rest there is no memory, and one that is none, end the connection.
func TestHostileBroker(t *testing.T) { moduletest.Editions(t, testHostileBroker) }

func testHostileBroker(t *testing.T) {
	for name, p := range map[string]string{
		"no memory":     "\x30\xf0\xff\x03\x00\x01t", // 65,520 bytes
		"a long length": "\x30\xff\xff\xff\xff\x01",
	} {
		b := newBench(t)
		b.open(`"c", 60, "u", "p", 0, 65535`)
		b.Do(`s = {} for i = 1, 20 do s[i] = ("x"):rep(1000 + i) end`)
		b.recv(p)
		b.said("offline")
		if how := b.newest().how; how != "close" {
			t.Errorf("%s: ended by %q", name, how)
		}
		b.sound()
	}
	// A number that never comes.
	b := newBench(t)
	b.open(`"c", 60, "u", "p", 0, 20`)
	b.recv("\x32\x7f\xff\xff")
	for i := 0; i < 100 && !b.newest().over; i++ {
		b.recv(strings.Repeat("s", 1400))
	}
	b.said("offline")
	b.sound()
}
