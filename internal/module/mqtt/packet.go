package mqtt

// The packets of MQTT 3.1.1 as the firmware writes and reads them (app/mqtt/mqtt_msg.c):
//
//	packet    = first length body
//	first     = a byte: type in the upper four bits, DUP, two bits QoS, RETAIN
//	length    = 1 to 4 bytes: seven bits each, the lowest first; bit 7 says that another follows
//	text      = two bytes, the higher first: how long it is; then so many bytes
//	CONNECT   : text "MQTT", 4, flags, keepalive; then as texts client, will's topic and message,
//	            user, password, where there are any
//	CONNACK   : a byte, the code
//	PUBLISH   : text topic; number, with QoS 1 and 2; the rest is the message
//	SUBSCRIBE : number; then a text and a byte QoS for each topic. UNSUBSCRIBE: without QoS
//	PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: number, and more in SUBACK
//	PINGREQ, PINGRESP, DISCONNECT: nothing
//
// A number has two bytes, the higher first.

// packetLimit is the size of the buffer on the C stack that packets are built in
// (MQTT_BUF_SIZE), in bytes; the first three are for the fixed header.
const (
	packetLimit = 1460
	headerRoom  = 3
)

// Types of packets (enum mqtt_message_type).
const (
	typeConnect = iota + 1
	typeConnAck
	typePublish
	typePubAck
	typePubRec
	typePubRel
	typePubComp
	typeSubscribe
	typeSubAck
	typeUnsubscribe
	typeUnsubAck
	typePingReq
	typePingResp
	typeDisconnect
)

// Flags of CONNECT.
const (
	flagUser       = 1 << 7
	flagPassword   = 1 << 6
	flagWillRetain = 1 << 5
	flagWill       = 1 << 2
	flagClean      = 1 << 1
)

// builder builds a packet. What does not fit, or a text that must not be empty, spoils it.
type builder struct {
	b       []byte // behind the fixed header
	spoiled bool
}

// room tells whether n bytes more fit, and spoils the packet if not.
func (p *builder) room(n int) bool {
	if headerRoom+len(p.b)+n > packetLimit {
		p.spoiled = true
	}
	return !p.spoiled
}

// text adds a text with its length, bytes adds some as they are, number one of 16 bits.
func (p *builder) text(s string) {
	if p.room(len(s) + 2) {
		p.b = append(p.b, byte(len(s)>>8), byte(len(s)))
		p.b = append(p.b, s...)
	}
}

func (p *builder) bytes(s ...byte) {
	if p.room(len(s)) {
		p.b = append(p.b, s...)
	}
}

func (p *builder) number(n uint16) { p.bytes(byte(n>>8), byte(n)) }

// topic is a text that must not be empty.
func (p *builder) topic(s string) {
	if s == "" {
		p.spoiled = true
	}
	p.text(s)
}

// finish puts the fixed header in front; nil is a packet that was spoiled.
func (p *builder) finish(kind, qos int, retain bool) []byte {
	if p.spoiled {
		return nil
	}
	first := byte(kind<<4 | qos&3<<1)
	if retain {
		first |= 1
	}
	n := len(p.b)
	head := []byte{first, byte(n)}
	if n > 127 {
		head = []byte{first, 0x80 | byte(n%128), byte(n / 128)}
	}
	return append(head, p.b...)
}

// connectInfo is what CONNECT says (mqtt_connect_info_t).
type connectInfo struct {
	client, user, password string
	willTopic, will        string
	willQoS                int
	willRetain, clean      bool
	keepalive              uint16 // s
}

// connect builds CONNECT. The client must have a name; a user, a password and a topic of the
// will that are empty are left out.
func connect(c *connectInfo) []byte {
	var p builder
	p.text("MQTT")
	p.bytes(4, 0)
	p.number(c.keepalive)
	flags := byte(0)
	if c.clean {
		flags |= flagClean
	}
	p.topic(c.client)
	if c.willTopic != "" {
		p.text(c.willTopic)
		p.text(c.will)
		flags |= flagWill | byte(c.willQoS&3)<<3
		if c.willRetain {
			flags |= flagWillRetain
		}
	}
	if c.user != "" {
		p.text(c.user)
		flags |= flagUser
	}
	if c.password != "" {
		p.text(c.password)
		flags |= flagPassword
	}
	if !p.spoiled {
		p.b[7] = flags
	}
	return p.finish(typeConnect, 0, false)
}

// publish builds PUBLISH; it has a number if qos is above 0.
func publish(topic string, data []byte, qos int, retain bool, id uint16) []byte {
	var p builder
	p.topic(topic)
	if qos > 0 {
		p.number(id)
	}
	p.bytes(data...)
	return p.finish(typePublish, qos, retain)
}

// acknowledge builds PUBACK, PUBREC, PUBREL or PUBCOMP.
func acknowledge(kind int, id uint16) []byte {
	var p builder
	p.number(id)
	qos := 0
	if kind == typePubRel {
		qos = 1
	}
	return p.finish(kind, qos, false)
}

// topicQoS is a topic that is subscribed to.
type topicQoS struct {
	topic string
	qos   byte
}

// subscribe builds SUBSCRIBE, unsubscribe UNSUBSCRIBE.
func subscribe(id uint16, list ...topicQoS) []byte {
	var p builder
	p.number(id)
	for _, t := range list {
		p.topic(t.topic)
		p.bytes(t.qos)
	}
	return p.finish(typeSubscribe, 1, false)
}

func unsubscribe(id uint16, topics ...string) []byte {
	var p builder
	p.number(id)
	for _, t := range topics {
		p.topic(t)
	}
	return p.finish(typeUnsubscribe, 1, false)
}

// bare builds PINGREQ, PINGRESP or DISCONNECT.
func bare(kind int) []byte { return new(builder).finish(kind, 0, false) }

// packet is a packet that was received, or as much as there is of it.
type packet []byte

func (p packet) kind() int { return int(p[0] >> 4) }
func (p packet) qos() int  { return int(p[0] >> 1 & 3) }

// What total says where it cannot tell the length.
const (
	cutOff    = -1 // the end of the length is not there yet
	malformed = -2 // the length has more than four bytes
)

// header reads the fixed header: how long it is and how much follows, in bytes, or cutOff or
// malformed for its length. The firmware takes a length that is cut off for a whole one, and
// reads on in one that is too long.
func (p packet) header() (size, rest int) {
	for i := 1; i <= 4; i++ {
		if i >= len(p) {
			return cutOff, 0
		}
		rest |= int(p[i]&0x7F) << (7 * (i - 1))
		if p[i]&0x80 == 0 {
			return i + 1, rest
		}
	}
	return malformed, 0
}

// total is the length of the packet; cutOff or malformed.
func (p packet) total() int {
	size, rest := p.header()
	return size + rest
}

// topic reads the topic of a PUBLISH and gives what there is behind it. It is false where the
// topic is not all there.
func (p packet) topic() (topic, behind packet, ok bool) {
	size, _ := p.header()
	if size < 0 || len(p) < size+2 {
		return nil, nil, false
	}
	n := int(p[size])<<8 | int(p[size+1])
	if behind = p[size+2:]; len(behind) < n {
		return nil, nil, false
	}
	return behind[:n], behind[n:], true
}

// message takes a PUBLISH apart, of which there may be the beginning only: then data are what
// is there of them. It is false where the topic is not all there; without a number that should
// be there, there are no data.
func (p packet) message() (topic, data []byte, ok bool) {
	p = p[:min(len(p), max(p.total(), 0))]
	t, behind, ok := p.topic()
	if !ok {
		return nil, nil, false
	}
	if p.qos() > 0 {
		if len(behind) < 2 {
			return t, nil, true
		}
		behind = behind[2:]
	}
	return t, behind, true
}

// id is the number of a packet, 0 if it has none (mqtt_get_id). p may go on behind the packet.
func (p packet) id() uint16 {
	if len(p) == 0 {
		return 0
	}
	switch p.kind() {
	case typePublish:
		if _, behind, ok := p.topic(); ok && p.qos() > 0 && len(behind) >= 2 {
			return uint16(behind[0])<<8 | uint16(behind[1])
		}
	case typePubAck, typePubRec, typePubRel, typePubComp, typeSubscribe, typeSubAck, typeUnsubAck:
		if len(p) >= 4 && p[1]&0x80 == 0 {
			return uint16(p[2])<<8 | uint16(p[3])
		}
	}
	return 0
}
