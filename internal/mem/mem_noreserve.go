//go:build !purego && (linux || darwin) && (amd64 || arm64)

package mem

import "golang.org/x/sys/unix"

// The reservation is address space only, so no swap is set aside for it.
const noReserve = unix.MAP_NORESERVE
