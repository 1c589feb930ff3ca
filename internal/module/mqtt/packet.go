// Package mqtt has the packets of MQTT 3.1.1 as the firmware's module mqtt writes and reads
// them (app/mqtt/mqtt_msg.c). The module itself is not here yet.
package mqtt

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

// header reads the fixed header: how long it is and how much follows, in bytes. complete is
// false where its end is not there, and for a length of more than four bytes. The firmware
// takes a length that is cut off for a whole one.
func (p packet) header() (size, rest int, complete bool) {
	for i := 1; i < len(p) && i <= 4; i++ {
		rest |= int(p[i]&0x7F) << (7 * (i - 1))
		if p[i]&0x80 == 0 {
			return i + 1, rest, true
		}
	}
	return 0, 0, false
}

// total is the length of the packet, -1 if too little of it is there.
func (p packet) total() int {
	size, rest, ok := p.header()
	if !ok {
		return -1
	}
	return size + rest
}

// message takes a PUBLISH apart, of which there may be the beginning only: then data are what
// is there of them. It is false where the topic or the number is not all there.
func (p packet) message() (topic, data []byte, id uint16, ok bool) {
	size, rest, ok := p.header()
	if !ok {
		return nil, nil, 0, false
	}
	body := p[size:min(len(p), size+rest)]
	if len(body) < 2 {
		return nil, nil, 0, false
	}
	n := int(body[0])<<8 | int(body[1])
	if body = body[2:]; len(body) < n {
		return nil, nil, 0, false
	}
	topic, body = body[:n], body[n:]
	if p.qos() > 0 {
		if len(body) < 2 {
			return nil, nil, 0, false
		}
		id, body = uint16(body[0])<<8|uint16(body[1]), body[2:]
	}
	return topic, body, id, true
}

// id is the number of a packet, 0 if it has none (mqtt_get_id).
func (p packet) id() uint16 {
	if len(p) == 0 {
		return 0
	}
	switch p.kind() {
	case typePublish:
		_, _, id, _ := p.message()
		return id
	case typePubAck, typePubRec, typePubRel, typePubComp, typeSubscribe, typeSubAck, typeUnsubAck:
		if len(p) >= 4 && p[1]&0x80 == 0 {
			return uint16(p[2])<<8 | uint16(p[3])
		}
	}
	return 0
}
