//go:build unix

package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
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

// ownGroupSockets tells that a socket for a group of its own is needed to hear it.
const ownGroupSockets = true

// multicastAll is IP_MULTICAST_ALL of Linux: what other sockets have joined is heard, too.
const multicastAll = 49

// reusePort is SO_REUSEPORT of BSD, where SO_REUSEADDR alone is not enough.
const reusePort = 0x200

// listenGroup opens a socket that hears what is sent to a group at a port, by the interface of the
// address local. Others may hear it as well. Package net would bind it to all addresses.
func listenGroup(at netip.AddrPort, local netip.Addr) (*net.UDPConn, error) {
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "group")
	defer f.Close()
	if err := share(fd); err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, multicastAll, 0); err != nil {
			return nil, err
		}
	}
	group := at.Addr().As4()
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: group}); err != nil {
		return nil, err
	}
	if !local.Is4() {
		return nil, syscall.EAFNOSUPPORT
	}
	if err := syscall.SetsockoptIPMreq(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &syscall.IPMreq{Multiaddr: group, Interface: local.As4()}); err != nil {
		return nil, err
	}
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

// share lets other sockets have the port of one, if they are shared, too.
func share(fd int) error {
	err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil && runtime.GOOS != "linux" {
		err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, reusePort, 1)
	}
	return err
}

// sharePort is share for net.ListenConfig.
func sharePort(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = share(int(fd)) })
	return errors.Join(err, failed)
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
