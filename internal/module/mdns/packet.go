package mdns

import (
	"encoding/binary"
	"strings"

	"moonlet.example/moonlet/internal/port"
)

// A packet of mDNS (RFC 1035, 4; RFC 6762) begins with six numbers of 16 bits: an identification,
// flags, and how many questions, answers, authorities and additional records there are. Then come
// the questions: a name, a type and a class, and the records: a name, a type, a class, how long
// they hold in s, and their data with a length. A name is labels, each with its length in front,
// and a zero; two bits that are set in a length make it, with the byte behind it, the place in
// the packet where the name goes on.

// Types of records.
const (
	typeA    = 1
	typePTR  = 12
	typeTXT  = 16
	typeSRV  = 33
	typeNSEC = 47
	typeANY  = 255
)

const (
	headerSize = 12
	packetMost = headerSize + 2*256 + 4 // what the firmware has room for
	response   = 0x84                   // a flag: an answer by who knows

	classIN    = 1
	classFlush = 0x8001 // others may forget what they know

	// How long records hold, in s: what is sent to one alone shortly.
	holdOne     = 10
	holdService = 300
	holdType    = 3600
)

const (
	domain        = "local"
	serviceTypes  = "_services._dns-sd._udp.local"
	platform      = "platform="
	platformValue = platform + "nodemcu"
	attributeMost = 10
)

// info is what is registered (struct nodemcu_mdns_info).
type info struct {
	host, desc, service string // the service as in _http._tcp.local
	port                uint16
	attributes          []string // as in key=value
}

// hostName and instance are names that somebody may ask for, as far as the firmware has room for
// them.
func (i *info) hostName() string { return short(short(i.host) + "." + domain) }
func (i *info) instance() string { return short(short(i.desc) + "." + i.service) }

func short(s string) string { return s[:min(len(s), 125)] }

type packet []byte

func newPacket(id [2]byte, answers, additional byte) packet {
	return packet{id[0], id[1], response, 0, 0, 0, 0, answers, 0, 0, 0, additional}
}

// labels appends the labels of a name, whose length has eight bits.
func (p packet) labels(name string) packet {
	for s := range strings.SplitSeq(name, ".") {
		p = append(append(p, byte(len(s))), s...)
	}
	return p
}

// name appends a name. A dot at its end is a label without letters.
func (p packet) name(name string) packet { return append(p.labels(name), 0) }

// at appends the place where a name is.
func (p packet) at(place int) packet { return append(p, 0xC0+byte(place>>8), byte(place)) }

// record appends what is behind a record's name, its data being size bytes long.
func (p packet) record(kind, class uint16, hold uint32, size int) packet {
	p = binary.BigEndian.AppendUint16(p, kind)
	p = binary.BigEndian.AppendUint16(p, class)
	p = binary.BigEndian.AppendUint32(p, hold)
	return binary.BigEndian.AppendUint16(p, uint16(size))
}

// answer is where an answer goes to: to all, or to who has asked.
type answer struct {
	one   bool
	class uint16
}

func (a answer) hold(s uint32) uint32 {
	if a.one {
		return holdOne
	}
	return s
}

// typePacket tells which services there are (mdns_send_service_type).
func (i *info) typePacket(id [2]byte, a answer) packet {
	p := newPacket(id, 1, 0).name(serviceTypes)
	return p.record(typePTR, classIN, a.hold(holdType), len(i.service)+2).name(i.service)
}

// servicePacket tells all about the service (mdns_send_service), with own as the address; nil if
// that has no room. The firmware looks whether it has when the first half is written, and a
// description that is long enough goes over the end.
func (i *info) servicePacket(id [2]byte, a answer, own port.IP) packet {
	p := newPacket(id, 4, 1).name(short(i.service))
	p = p.record(typePTR, classIN, a.hold(holdService), len(i.desc)+3)
	name := len(p)
	p = p.labels(i.desc).at(headerSize).at(name)
	attributes, size := i.attributes[:min(len(i.attributes), attributeMost)], 0
	known := false
	for _, s := range attributes {
		known = known || strings.HasPrefix(s, platform)
	}
	if !known {
		attributes = append(attributes[:len(attributes):len(attributes)], platformValue)
	}
	for _, s := range attributes {
		size += len(s) + 1
	}
	p = p.record(typeTXT, a.class, a.hold(holdService), size)
	const rest = 2 + 10 + 6 + len(domain) + 3 + 2 + 10 + 4 + 2 + 10 + 5
	if packetMost <= len(p)+size+rest+len(i.host) {
		return nil
	}
	for _, s := range attributes {
		p = append(append(p, byte(len(s))), s...)
	}
	host := i.hostName()
	p = p.at(name).record(typeSRV, a.class, a.hold(holdService), 6+len(host)+2)
	p = binary.BigEndian.AppendUint16(append(p, 0, 0, 0, 0), i.port) // priority and weight are 0
	place := len(p)
	p = p.name(host)
	p = append(p.at(place).record(typeA, a.class, a.hold(holdService), 4), own[:]...)
	p = p.at(place).record(typeNSEC, a.class, a.hold(holdService), 5).at(place)
	return append(p, 0, 1, 0x40) // an A record and no others
}

// addressPacket tells the address of the host (mdns_send_a_rr).
func (i *info) addressPacket(id [2]byte, a answer, own port.IP) packet {
	p := newPacket(id, 1, 1).name(strings.TrimSuffix(i.hostName(), "."))
	p = append(p.record(typeA, classIN, a.hold(holdService), 4), own[:]...)
	return p.at(headerSize).others(a, typeA)
}

// nothingPacket tells that a name has no records of the type that was asked for, but others
// (mdns_send_no_rr).
func nothingPacket(id [2]byte, a answer, name string, kinds ...int) packet {
	return newPacket(id, 0, 1).name(strings.TrimSuffix(name, ".")).others(a, kinds...)
}

// others appends which kinds of records a name has, the name being at the packet's beginning.
func (p packet) others(a answer, kinds ...int) packet {
	var bits [5]byte
	most := 0
	for _, k := range kinds {
		bits[k/8] |= 0x80 >> (k % 8)
		most = max(most, k/8+1)
	}
	p = p.record(typeNSEC, classIN, a.hold(holdService), 4+most).at(headerSize)
	return append(append(p, 0, byte(most)), bits[:most]...)
}

// matches tells whether the name at a place of a packet is a name (mdns_compare_name). Small and
// capital letters are the same. As in the firmware a beginning is enough: each label must be one
// of the name's, or the beginning of it with one letter more left out, and nobody asks whether
// there are more. Places have eight bits.
//
// The firmware reads on behind the packet and the name, and follows a place that is its own for
// ever; that is no match.
func matches(name string, block []byte, i int) bool {
	j := 0
	for range len(block) {
		if i+1 >= len(block) {
			return false
		}
		n := int(block[i])
		i++
		if n&0xC0 == 0xC0 {
			place := int(block[i])
			if place >= i {
				return false
			}
			i = place
		} else {
			for ; n > 0; n-- {
				if i >= len(block) || j > len(name) || lower(letter(name, j)) != lower(block[i]) {
					return false
				}
				i++
				j++
			}
			j++
		}
		if i >= len(block) {
			return false
		}
		if block[i] == 0 {
			return true
		}
	}
	return false
}

// letter is a letter of a C string, 0 at its end.
func letter(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// nameLength is how long the name at a place is, -1 if it does not end within most bytes or the
// block (mdns_namelen).
func nameLength(block []byte, i, most int) int {
	start := i
	for i < len(block) && block[i] != 0 && block[i] <= 63 {
		if i-start > most {
			return -1
		}
		i += int(block[i]) + 1
	}
	if i >= len(block) {
		return -1
	}
	if block[i] >= 0xC0 {
		i++
	}
	i++
	if i-start > most {
		return -1
	}
	return i - start
}

// The shortest and the longest packet that is looked at.
const (
	questionLeast = headerSize + 4 + 10
	questionMost  = 512 // DNS_MSG_SIZE
)

// question is one of a packet.
type question struct {
	place       int // of its name
	kind, class uint16
}

// questions yields those of a packet of size bytes in a block, behind which may be what was there
// before.
func questions(block []byte, size int) func(yield func(question) bool) {
	return func(yield func(question) bool) {
		count := block[5] // of which the firmware takes eight bits
		for i := headerSize; count > 0 && i < size; count-- {
			end := i + nameLength(block, i, size-i)
			if end+4 > len(block) {
				return
			}
			q := question{i, binary.BigEndian.Uint16(block[end:]), binary.BigEndian.Uint16(block[end+2:])}
			if !yield(q) {
				return
			}
			i = end + 4
		}
	}
}
