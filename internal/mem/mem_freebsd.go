//go:build !purego && freebsd && (amd64 || arm64)

package mem

const noReserve = 0
