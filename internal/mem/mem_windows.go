//go:build !purego && windows && (amd64 || arm64)

package mem

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func reserve(n int) ([]byte, error) {
	a, err := windows.VirtualAlloc(0, uintptr(n), windows.MEM_RESERVE, windows.PAGE_NOACCESS)
	if err != nil {
		return nil, err
	}
	// SAFETY: a is the start of n reserved bytes that Go's collector does not
	// know; the double indirection keeps vet from taking it for a stale pointer.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&a)), n), nil
}

func protect(b []byte, p Prot) error {
	// SAFETY: only the address of b is taken.
	a := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	if p == None {
		var old uint32
		return windows.VirtualProtect(a, uintptr(len(b)), windows.PAGE_NOACCESS, &old)
	}
	flags := uint32(windows.PAGE_READWRITE)
	if p == ReadOnly {
		flags = windows.PAGE_READONLY
	}
	if _, err := windows.VirtualAlloc(a, uintptr(len(b)), windows.MEM_COMMIT, flags); err != nil {
		return err
	}
	var old uint32 // pages that were committed before keep their protection otherwise
	return windows.VirtualProtect(a, uintptr(len(b)), flags, &old)
}

func release(b []byte) error {
	// SAFETY: only the address of b is taken.
	return windows.VirtualFree(uintptr(unsafe.Pointer(unsafe.SliceData(b))), 0, windows.MEM_RELEASE)
}
