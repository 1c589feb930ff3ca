//go:build !unix && !windows

package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"moonlet.example/moonlet/internal/port"
)

func setTTL(syscall.Conn, uint8) {}

func changeGroup(*net.UDPConn, netip.Addr, port.IP, bool) {}

func noBroadcast(*net.UDPConn) bool { return true }

func sendGroups(*net.UDPConn, netip.Addr) bool { return false }

func addressInUse(err error) bool { return strings.Contains(err.Error(), "in use") }

func refused(err error) bool { return strings.Contains(err.Error(), "refused") }

func netErr(err error) port.NetErr {
	if strings.Contains(err.Error(), "reset") {
		return port.NetErrReset
	}
	return port.NetErrAborted
}

func icmpEcho(context.Context, netip.Addr, int) bool { return false }

// ownGroupSockets tells that a socket for a group of its own is needed to hear it.
const ownGroupSockets = false

func listenGroup(netip.AddrPort, netip.Addr) (*net.UDPConn, error) { return nil, errors.ErrUnsupported }

// sharePort leaves the port to one socket, here.
func sharePort(string, string, syscall.RawConn) error { return nil }
