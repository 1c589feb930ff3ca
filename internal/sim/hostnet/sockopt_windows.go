package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"moonlet.example/moonlet/internal/port"
)

// Error codes of Winsock that package syscall has no names for.
const (
	wsaEADDRINUSE   = syscall.Errno(10048)
	wsaECONNRESET   = syscall.Errno(10054)
	wsaECONNREFUSED = syscall.Errno(10061)
)

func setTTL(s syscall.Conn, ttl uint8) {
	if raw, err := s.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_IP, syscall.IP_TTL, int(ttl))
		})
	}
}

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
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptIPMreq(syscall.Handle(fd), syscall.IPPROTO_IP, opt, m)
		})
	}
}

// noBroadcast keeps a socket from sending to broadcast addresses, as Go lets every one.
func noBroadcast(s *net.UDPConn) bool {
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, 0)
	})
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
		failed = syscall.SetsockoptInet4Addr(syscall.Handle(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, local.As4())
	})
	return err == nil && failed == nil
}

func addressInUse(err error) bool { return errors.Is(err, wsaEADDRINUSE) }

func refused(err error) bool { return errors.Is(err, wsaECONNREFUSED) }

func netErr(err error) port.NetErr {
	if errors.Is(err, wsaECONNRESET) {
		return port.NetErrReset
	}
	return port.NetErrAborted
}

// icmpEcho: Windows has no ICMP socket for ordinary users.
func icmpEcho(context.Context, netip.Addr, int) bool { return false }

// ownGroupSockets tells that a socket for a group of its own is needed to hear it.
const ownGroupSockets = false

func listenGroup(netip.AddrPort, netip.Addr) (*net.UDPConn, error) { return nil, errors.ErrUnsupported }

// sharePort leaves the port to one socket, here.
func sharePort(string, string, syscall.RawConn) error { return nil }
