//go:build !purego && (linux || darwin || freebsd) && (amd64 || arm64)

package mem

import "golang.org/x/sys/unix"

func reserve(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|noReserve)
}

func protect(b []byte, p Prot) error {
	return unix.Mprotect(b, protBits[p])
}

var protBits = [...]int{None: unix.PROT_NONE, ReadOnly: unix.PROT_READ, ReadWrite: unix.PROT_READ | unix.PROT_WRITE}

func release(b []byte) error { return unix.Munmap(b) }
