//go:build unix

package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// setTTL sets the time to live of what a socket sends. A host that refuses keeps
// its own.
func setTTL(s syscall.Conn, ttl uint8) {
	if raw, err := s.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, int(ttl))
		})
	}
}

// changeGroup makes a socket join or leave a multicast group on the interface of
// the address local.
func changeGroup(s *net.UDPConn, local netip.Addr, group port.IP, join bool) {
	opt := syscall.IP_DROP_MEMBERSHIP
	if join {
		opt = syscall.IP_ADD_MEMBERSHIP
	}
	m := &syscall.IPMreq{Multiaddr: group}
	if local.Is4() {
		m.Interface = local.As4()
	}
	if raw, err := s.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = syscall.SetsockoptIPMreq(int(fd), syscall.IPPROTO_IP, opt, m) })
	}
}

// noBroadcast keeps a socket from sending to broadcast addresses, as Go lets every one.
func noBroadcast(s *net.UDPConn) bool {
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0) })
	return err == nil && failed == nil
}

// sendGroups makes a socket send to multicast groups by the interface of the address
// local; false if that does not work.
func sendGroups(s *net.UDPConn, local netip.Addr) bool {
	raw, err := s.SyscallConn()
	if err != nil || !local.Is4() {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInet4Addr(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, local.As4())
	})
	return err == nil && failed == nil
}

func addressInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// netErr is what lwIP would call a failure of an open connection.
func netErr(err error) port.NetErr {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return port.NetErrReset
	}
	return port.NetErrAborted
}

// icmpEcho uses the datagram kind of ICMP socket, which needs no privilege where
// the system allows it at all (Linux: net.ipv4.ping_group_range).
func icmpEcho(ctx context.Context, to netip.Addr, size int) bool {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP)
	if err != nil {
		return false
	}
	f := os.NewFile(uintptr(fd), "icmp")
	c, err := net.FilePacketConn(f)
	f.Close()
	if err != nil {
		return false
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	if _, err := c.WriteTo(echoRequest(size), &net.UDPAddr{IP: to.AsSlice()}); err != nil {
		return false
	}
	buf := make([]byte, 2048)
	for {
		k, _, err := c.ReadFrom(buf)
		if err != nil {
			return false
		}
		m := buf[:k]
		if k > 20 && m[0]>>4 == 4 { // some systems deliver the IP header, too
			m = m[int(m[0]&15)*4:]
		}
		if len(m) >= 8 && m[0] == 0 {
			return true
		}
	}
}
