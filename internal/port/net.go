package port

import (
	"strconv"
	"time"
)

// IP is an IPv4 address, its bytes in the order in which it is written. The zero
// IP stands for every address of the chip, or for none.
type IP [4]byte

// IsAny tells whether a is 0.0.0.0.
func (a IP) IsAny() bool { return a == IP{} }

// IsBroadcast tells whether a is 255.255.255.255, which lwIP also gives for a
// name that was not found (IPADDR_NONE).
func (a IP) IsBroadcast() bool { return a == IP{255, 255, 255, 255} }

// IsMulticast tells whether a is the address of a group.
func (a IP) IsMulticast() bool { return a[0]&0xF0 == 0xE0 }

// Mask returns the bits of a that are set in m.
func (a IP) Mask(m IP) IP {
	for i := range a {
		a[i] &= m[i]
	}
	return a
}

// Uint32 is the address as a number whose most significant byte comes first.
func (a IP) Uint32() uint32 {
	return uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
}

// IPFromUint32 is the reverse of Uint32.
func IPFromUint32(n uint32) IP { return IP{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

// String writes a in dotted decimal form, as the firmware's format IPSTR does.
func (a IP) String() string {
	b := make([]byte, 0, 15)
	for i, n := range a {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}

// ParseIP reads an address as ipaddr_aton does (app/lwip/core/ipv4/ip_addr.c):
// one to four numbers, the last filling what is left; 0x marks hexadecimal and 0
// octal numbers; white space ends the address.
func ParseIP(s string) (IP, bool) {
	var parts []uint32
	for {
		n, rest, ok := parseIPPart(s)
		if !ok {
			return IP{}, false
		}
		parts, s = append(parts, n), rest
		if s == "" || s[0] != '.' {
			break
		}
		if len(parts) == 4 {
			return IP{}, false
		}
		s = s[1:]
	}
	if s != "" && s[0] != 0 && s[0] != ' ' && (s[0] < '\t' || s[0] > '\r') {
		return IP{}, false
	}
	last := len(parts) - 1
	n := parts[last]
	if last > 0 && n > 0xFFFFFFFF>>(8*last) {
		return IP{}, false
	}
	for i, p := range parts[:last] {
		if p > 0xFF {
			return IP{}, false
		}
		n |= p << (24 - 8*i)
	}
	return IPFromUint32(n), true
}

// parseIPPart reads one number of an address. As in lwIP, the digits 8 and 9
// pass in an octal one.
func parseIPPart(s string) (n uint32, rest string, ok bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, "", false
	}
	base := uint64(10)
	if s[0] == '0' {
		base, s = 8, s[1:]
		if s != "" && s[0]|0x20 == 'x' {
			base, s = 16, s[1:]
		}
	}
	var v uint64
	for ; s != ""; s = s[1:] {
		c := s[0]
		var d uint64
		switch {
		case c >= '0' && c <= '9':
			d = uint64(c - '0')
		case base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f':
			d = uint64(c|0x20-'a') + 10
		default:
			return uint32(v), s, true
		}
		if v = v*base + d; v > 0xFFFFFFFF {
			return 0, "", false
		}
	}
	return uint32(v), "", true
}

// NetErr is an error of lwIP (err_t). Its value reaches applications, as the
// second argument of a socket's "disconnection" callback.
type NetErr int8

// The errors of lwIP (app/include/lwip/err.h).
const (
	NetOK            NetErr = 0
	NetErrMem        NetErr = -1
	NetErrBuf        NetErr = -2
	NetErrTimeout    NetErr = -3
	NetErrRoute      NetErr = -4
	NetErrInProgress NetErr = -5
	NetErrVal        NetErr = -6
	NetErrWouldBlock NetErr = -7
	NetErrAborted    NetErr = -8
	NetErrReset      NetErr = -9
	NetErrClosed     NetErr = -10
	NetErrConn       NetErr = -11
	NetErrArg        NetErr = -12
	NetErrInUse      NetErr = -13
	NetErrIf         NetErr = -14
	NetErrIsConn     NetErr = -15

	// NetErrNoPCB is none of lwIP's: tcp_new or udp_new has returned NULL, because there
	// is no memory for the record.
	NetErrNoPCB NetErr = -128
)

// Sizes and limits of the firmware's lwIP (app/include/lwipopts.h; the TCP
// window and the number of connections are set in app/lwip/core/init.c).
const (
	TCPSegment      = 1460           // TCP_MSS, bytes
	TCPWindow       = 4 * TCPSegment // TCP_WND, bytes
	TCPSendBuffer   = 2 * TCPSegment // TCP_SND_BUF, bytes
	TCPMaxOpen      = 5              // MEMP_NUM_TCP_PCB: established connections
	UDPMaxPayload   = 1472           // an Ethernet frame without headers: IP_FRAG and IP_REASSEMBLY are 0
	TCPRepeats      = 12             // TCP_MAXRTX: then a connection is given up
	TCPSYNRepeats   = 6              // TCP_SYNMAXRTX: the same for a request to connect
	DNSServers      = 2              // DNS_MAX_SERVERS
	DNSQueries      = 4              // DNS_TABLE_SIZE: queries under way
	DNSNameLimit    = 256            // DNS_MAX_NAME_LENGTH, with the final zero byte
	DefaultTTL      = 255            // IP_DEFAULT_TTL
	LocalPortsTCP   = 1024           // TCP_LOCAL_PORT_RANGE_START
	LocalPortsUDP   = 4096           // UDP_LOCAL_PORT_RANGE_START
	LocalPortsLimit = 0x7FFF         // their end
)

// Net is the chip's TCP/IP stack, in the shape of lwIP's raw interface: calls
// return at once, and what comes of them is told by callbacks between tasks.
type Net interface {
	// NewTCP makes a connection in the state Closed (tcp_new); nil if there is no
	// memory for it.
	NewTCP(h TCPHandler) TCP
	// ListenTCP opens a server (tcp_bind, tcp_listen); port 0 is any. For each
	// connection it calls accept, which sets the handler, or refuses by false.
	ListenTCP(addr IP, port uint16, accept func(c TCP) bool) (Listener, NetErr)
	// TCPPortTaken tells whether a server or a connection has that port, also one that is
	// closed and stays for a while (TIME_WAIT): what tcp_bind asks who has not set
	// SOF_REUSEADDR. ListenTCP does not ask.
	TCPPortTaken(port uint16) bool
	// BindUDP opens a datagram socket (udp_new, udp_bind); port 0 is any. p is
	// valid until recv returns.
	BindUDP(addr IP, port uint16, recv func(p []byte, from IP, port uint16)) (UDP, NetErr)
	// BindUDPClient is BindUDP for a socket that asks: only answers come in at its port,
	// which is not one that others know.
	BindUDPClient(addr IP, port uint16, recv func(p []byte, from IP, port uint16)) (UDP, NetErr)
	// Resolve finds an address (dns_gethostbyname). With NetOK it is the result;
	// with NetErrInProgress found is called later, ok being false for failure.
	Resolve(name string, found func(addr IP, ok bool)) (IP, NetErr)
	// DNSServer is the i-th name server, 0.0.0.0 if there is none.
	DNSServer(i int) IP
	SetDNSServer(i int, a IP)
	// JoinGroup and LeaveGroup change the multicast groups of the interface with
	// the address iface (0.0.0.0: of all).
	JoinGroup(iface, group IP)
	LeaveGroup(iface, group IP)
	// Echo sends an ICMP echo request with size bytes of data and returns its
	// number. Only the newest request can be answered (ping_recv,
	// app/lwip/app/ping.c).
	Echo(to IP, size int, reply func()) (seq uint16)
}

// TCPHandler is told what happens to a connection. Nothing is told any more
// after Close, Abort or Failed.
type TCPHandler interface {
	Connected()
	Received(p []byte) // at most TCPSegment bytes, valid until it returns
	Ended()            // the peer sends no more; the connection is still open
	Sent(n int)        // n bytes more of what was written are with the peer
	Failed(err NetErr) // the connection is gone
}

// TCPDropped is a TCPHandler that has something of the host besides: it hears, too, when a reset
// of the chip takes the connection away. It must not touch the chip's memory.
type TCPDropped interface{ Dropped() }

// TCP is a connection (struct tcp_pcb).
type TCP interface {
	SetHandler(h TCPHandler)
	// Unconnected tells whether Connect has not been called yet (CLOSED).
	Unconnected() bool
	// SetPeerPort notes the port before the address is known.
	SetPeerPort(port uint16)
	// Bind chooses the own port of a connection that is not connected yet (tcp_bind). Where
	// another connection has that port, Connect chooses one, as it does without Bind.
	Bind(port uint16)
	Connect(addr IP, port uint16) NetErr
	// Write queues a copy of p (tcp_write). It goes out behind the callback that is
	// running, if that is one of this connection; else with lwIP's next slow tick, at most
	// 250 ms later, or with what else makes lwIP send before.
	Write(p []byte) NetErr
	// WriteRef is Write for data that stay where they are until the peer has them (tcp_write
	// without TCP_WRITE_FLAG_COPY): on the device heap their segments take headers alone.
	WriteRef(p []byte) NetErr
	// Room is how much Write still takes, in bytes (tcp_sndbuf).
	Room() int
	// Poll calls f each time that so many slow ticks of 250 ms have passed since the peer has
	// acknowledged something (tcp_poll); 0 ends that. What is queued outside of a callback
	// leaves with the polls then.
	Poll(ticks int, f func())
	// Output sends what may leave now (tcp_output). Within a callback of this connection it
	// does nothing, since that is what comes behind the callback.
	Output()
	// NoDelay lets small pieces leave while others are on their way (TF_NODELAY).
	NoDelay()
	// Repeats tells how often the newest request to connect, or segment, was sent again
	// without an answer (nrtx); also of a connection that has failed.
	Repeats() int
	// Recved opens the receive window again by as much as is missing
	// (tcp_recved with TCP_WND). While it is not called, no more than TCPWindow
	// bytes come in.
	Recved()
	// Close sends what is queued and ends the connection in good order, or resets
	// it if received data have not been told by Recved (tcp_close).
	Close()
	// Abort resets the connection (tcp_abort).
	Abort()
	// KeepAlive asks the peer for a sign of life after idle (SOF_KEEPALIVE, with
	// one probe as in the firmware's module net).
	KeepAlive(idle time.Duration)
	Local() (IP, uint16)
	Peer() (IP, uint16)
	TTL() uint8
	SetTTL(n uint8)
}

// Listener is a server (struct tcp_pcb_listen).
type Listener interface {
	Close()
	Local() (IP, uint16)
}

// UDP is a datagram socket (struct udp_pcb).
type UDP interface {
	// SendTo sends a copy of p. NetErrMem tells that there is no memory for one.
	SendTo(p []byte, to IP, port uint16) NetErr
	Close()
	Local() (IP, uint16)
	TTL() uint8
	SetTTL(n uint8)
}
