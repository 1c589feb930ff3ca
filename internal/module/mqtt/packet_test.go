package mqtt

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// What the module sends, byte for byte.
func TestPackets(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, x := range []struct {
		name string
		got  []byte
		want string
	}{
		{"connect", connect(&connectInfo{client: "me", keepalive: 60}), "\x10\x0e\x00\x04MQTT\x04\x00\x00\x3c\x00\x02me"},
		{"connect with all", connect(&connectInfo{client: "c", user: "u", password: "p", willTopic: "t", will: "w", willQoS: 2, willRetain: true, clean: true, keepalive: 0x1234}),
			"\x10\x19\x00\x04MQTT\x04\xf6\x12\x34\x00\x01c\x00\x01t\x00\x01w\x00\x01u\x00\x01p"},
		{"connect with an empty will", connect(&connectInfo{client: "c", willTopic: "t", willQoS: 1}), "\x10\x12\x00\x04MQTT\x04\x0c\x00\x00\x00\x01c\x00\x01t\x00\x00"},
		{"publish", publish("t", []byte("data"), 0, false, 7), "\x30\x07\x00\x01tdata"},
		{"publish 2, retained", publish("t", nil, 2, true, 0x102), "\x35\x05\x00\x01t\x01\x02"},
		{"publish, long", publish("t", []byte(long), 1, false, 1), "\x32\xcd\x01\x00\x01t\x00\x01" + long},
		{"puback", acknowledge(typePubAck, 1), "\x40\x02\x00\x01"},
		{"pubrec", acknowledge(typePubRec, 1), "\x50\x02\x00\x01"},
		{"pubrel", acknowledge(typePubRel, 1), "\x62\x02\x00\x01"},
		{"pubcomp", acknowledge(typePubComp, 1), "\x70\x02\x00\x01"},
		{"subscribe", subscribe(1, topicQoS{"a", 0}, topicQoS{"b/#", 2}), "\x82\x0c\x00\x01\x00\x01a\x00\x00\x03b/#\x02"},
		{"unsubscribe", unsubscribe(2, "a", "bc"), "\xa2\x09\x00\x02\x00\x01a\x00\x02bc"},
		{"pingreq", bare(typePingReq), "\xc0\x00"},
		{"disconnect", bare(typeDisconnect), "\xe0\x00"},
		{"connect without a name", connect(&connectInfo{}), ""},
		{"publish without a topic", publish("", nil, 0, false, 0), ""},
		{"subscribe without a topic", subscribe(1, topicQoS{"", 0}), ""},
		{"unsubscribe without a topic", unsubscribe(1, ""), ""},
	} {
		if string(x.got) != x.want {
			t.Errorf("%s: %q, want %q", x.name, x.got, x.want)
		}
	}
}

// Topic and payload have 1,455 bytes at most, two less with a number.
func TestPacketLimit(t *testing.T) {
	for _, x := range []struct{ qos, most int }{{0, 1455}, {1, 1453}, {2, 1453}} {
		if p := publish("topic", make([]byte, x.most-5), x.qos, false, 1); len(p) != packetLimit {
			t.Errorf("QoS %d: %d bytes", x.qos, len(p))
		}
		if p := publish("topic", make([]byte, x.most-4), x.qos, false, 1); p != nil {
			t.Errorf("QoS %d: one byte too many: %d", x.qos, len(p))
		}
	}
}

func TestReadPacket(t *testing.T) {
	for _, x := range []struct {
		p     string
		total int
		id    uint16
	}{
		{"\x40\x02\x01\x02", 4, 0x102}, {"\x40\x02\x01", 4, 0}, {"\x20\x02\x01\x02", 4, 0}, {"\xd0\x00", 2, 0}, {"\x40", -1, 0},
		{"\x30\x80", -1, 0}, {"\x30\x80\x01", 131, 0}, {"\x30\xff\xff\xff\x7f", 5 + 268435455, 0}, {"\x30\xff\xff\xff\xff", -2, 0}, {"\x30\xff\xff\xff\xff\x01", -2, 0}, {"\x30\xff\xff\xff", -1, 0},
		{"\x32\x05\x00\x01t\x01\x02", 7, 0x102}, {"\x30\x05\x00\x01t\x01\x02", 7, 0}, {"\x32\x05\x00\x01t\x01", 7, 0}, {"\x40\x82\x00\x00\x01", 5, 0},
	} {
		if p := packet(x.p); p.total() != x.total || p.id() != x.id {
			t.Errorf("%q: %d bytes, number %d; want %d, %d", x.p, p.total(), p.id(), x.total, x.id)
		}
	}
	for in, want := range map[string]string{
		"\x30\x07\x00\x01tdata":       "t data true",
		"\x30\x07\x00\x01tdatamore":   "t data true",
		"\x32\x07\x00\x01t\x00\x05da": "t da true",
		"\x30\x7f\x00\x01tbegin":      "t begin true",
		"\x30\x02\x00\x01t":           "  false", // its own length is too short for the topic
		"\x30\x03\x00\x02t":           "  false",
		"\x30\x01\x00":                "  false",
		"\x30\x80":                    "  false",
		"\x32\x04\x00\x01t\x05":       "t  true", // without a number
		"\x32\x05\x00\x01t\x00\x05":   "t  true",
	} {
		topic, data, ok := packet(in).message()
		if got := fmt.Sprintf("%s %s %v", topic, data, ok); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever comes is read within its bounds, and what is built is read again.
func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x30\x07\x00\x01tdata"), "t", []byte("x"))
	f.Add([]byte("\x32\x80\x80\x01\x00\x01t"), "", []byte{})
	f.Fuzz(func(t *testing.T, in []byte, topic string, data []byte) {
		p := packet(in)
		p.id()
		p.total()
		if len(p) > 0 {
			if topic, data, ok := p.message(); ok && (len(topic)+len(data) > len(p)-4 || !bytes.Contains(p, topic) || !bytes.Contains(p, data)) {
				t.Errorf("%q: %q, %q", in, topic, data)
			}
		}
		for qos := range 3 {
			built := packet(publish(topic, data, qos, false, 0x1234))
			if built == nil {
				if topic != "" && len(topic)+len(data) <= 1453 {
					t.Errorf("%q, %q: not built", topic, data)
				}
				continue
			}
			gotTopic, gotData, ok := built.message()
			id := built.id()
			if !ok || string(gotTopic) != topic || !bytes.Equal(gotData, data) || (id != 0) != (qos > 0) || built.total() != len(built) || built.qos() != qos {
				t.Errorf("%q: %q, %q, %d, %v", built, gotTopic, gotData, id, ok)
			}
		}
	})
}
