package mqtt

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// referenceVariable names a program around the firmware's app/mqtt/mqtt_msg.c. It answers each
// line: a word, then texts in hexadecimal digits behind a plus, and numbers.
//
//	publish TOPIC DATA QOS RETAIN ID
//	connect CLIENT USER PASSWORD WILLTOPIC WILL FLAGS KEEPALIVE    (FLAGS: qos | retain<<2 | clean<<3)
//	ack TYPE ID
//	subscribe TOPIC QOS ID
//	unsubscribe TOPIC ID
//	read PACKET
//
// with the packet in hexadecimal digits, an empty line for none; for read with its length, its
// number, and topic and data with a comma between, or none.
const referenceVariable = "MOONLET_MQTT_C"

// randomCase makes a line and what this package says to it.
func randomCase(r *rand.Rand) (line string, got []byte, text string) {
	word := func() string {
		if r.IntN(8) == 0 {
			return ""
		}
		n := r.IntN(20)
		if r.IntN(6) == 0 {
			n = r.IntN(1600)
		}
		return strings.Repeat(string(rune('a'+r.IntN(26))), n)
	}
	plus := func(s string) string { return "+" + hex.EncodeToString([]byte(s)) }
	id := uint16(r.Uint32())
	switch r.IntN(6) {
	case 0:
		topic, data, qos, retain := word(), word(), r.IntN(3), r.IntN(2)
		return fmt.Sprint("publish ", plus(topic), " ", plus(data), " ", qos, " ", retain, " ", id), publish(topic, []byte(data), qos, retain == 1, id), ""
	case 1:
		c := connectInfo{client: word(), user: word(), password: word(), willTopic: word(), will: word(), keepalive: id,
			willQoS: r.IntN(3), willRetain: r.IntN(2) == 1, clean: r.IntN(2) == 1}
		flags := c.willQoS
		if c.willRetain {
			flags |= 4
		}
		if c.clean {
			flags |= 8
		}
		return strings.Join([]string{"connect", plus(c.client), plus(c.user), plus(c.password), plus(c.willTopic), plus(c.will),
			fmt.Sprint(flags), fmt.Sprint(id)}, " "), connect(&c), ""
	case 2:
		kind := typePubAck + r.IntN(4)
		return fmt.Sprint("ack ", kind, " ", id), acknowledge(kind, id), ""
	case 3:
		topic, qos := word(), byte(r.IntN(3))
		return fmt.Sprint("subscribe ", plus(topic), " ", qos, " ", id), subscribe(id, topicQoS{topic, qos}), ""
	case 4:
		topic := word()
		return fmt.Sprint("unsubscribe ", plus(topic), " ", id), unsubscribe(id, topic), ""
	}
	// A packet to read: whole, cut off behind its fixed header, or with another one behind it.
	p := packet(publish("t"+word(), []byte(word()), r.IntN(3), r.IntN(2) == 1, id))
	if p == nil || r.IntN(5) == 0 {
		p = packet{byte(1+r.IntN(14))<<4 | 2, 2, byte(id >> 8), byte(id)}
		if p.kind() == typePublish {
			p[0] = typePingResp << 4
		}
	}
	size, _ := p.header()
	switch r.IntN(3) {
	case 0:
		p = p[:size+r.IntN(len(p)-size+1)]
	case 1:
		p = append(p, acknowledge(typePubAck, id)...)
	}
	message := "none"
	if p.kind() == typePublish {
		if topic, data, ok := p.message(); ok {
			message = fmt.Sprintf("%x,%x", topic, data)
		}
	} else {
		message = ""
	}
	return "read " + plus(string(p)), nil, fmt.Sprint(p.total(), " ", p.id(), " ", message)
}

// TestReference compares packets with those of the firmware's C code.
func TestReference(t *testing.T) {
	program := os.Getenv(referenceVariable)
	if program == "" {
		t.Skip(referenceVariable + " does not name a program made of the firmware's mqtt_msg.c")
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	lines := bufio.NewReader(out)
	r := rand.New(rand.NewPCG(1, 2))
	const cases = 50000
	different := 0
	for i := range cases {
		line, packet, text := randomCase(r)
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		want, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%d: %v: %s", i, err, line)
		}
		want = strings.TrimSuffix(want, "\n")
		got := hex.EncodeToString(packet)
		if text != "" {
			got = text
			if strings.HasSuffix(text, " ") { // no message: only length and number count
				f := strings.Fields(want)
				want = f[0] + " " + f[1] + " "
			}
		}
		if got != want {
			if different++; different < 5 {
				t.Errorf("%d: %s\ngot  %s\nwant %s", i, line, got, want)
			}
		}
	}
	t.Logf("%d cases, %d different", cases, different)
}
