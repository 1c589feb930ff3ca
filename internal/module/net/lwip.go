package net

import (
	"moonlet/internal/port"
	"moonlet/internal/state"
)

// What lwIP takes from the device's heap for a socket, in bytes. 0 means that it
// is not modelled. The structures are those of app/include/lwip (tcp.h, udp.h,
// pbuf.h); MEMP_MEM_MALLOC is 1 (app/include/lwipopts.h), so each is an allocation
// of its own. A connection that was closed in good order keeps its own for ten
// seconds more (TIME_WAIT, 2 × TCP_MSL), which is not modelled either.
const (
	heapTCP      = 0 // struct tcp_pcb
	heapListener = 0 // struct tcp_pcb_listen
	heapUDP      = 0 // struct udp_pcb
	heapSegment  = 0 // struct tcp_seg and a pbuf of TCP_MSS bytes, until the peer has it
)

// heapBlock is a block of the heap outside Lua's account.
type heapBlock struct {
	L    state.State
	at   state.Addr
	size int
}

// takeHeap takes size bytes for e, and tells false if there are none.
func (e *endpoint) takeHeap(L state.State, size int) bool {
	if size == 0 {
		return true
	}
	b := heapBlock{L.MainThread(), L.Alloc(size), size}
	if b.at == 0 {
		return false
	}
	e.heap = append(e.heap, b)
	return true
}

// takeSegments takes what n bytes of data need on their way.
func (e *endpoint) takeSegments(L state.State, n int) bool {
	for ; n > 0; n -= port.TCPSegment {
		if !e.takeHeap(L, heapSegment) {
			return false
		}
	}
	return true
}

// freeHeap gives back all blocks but the first n.
func (e *endpoint) freeHeap(n int) {
	for i := len(e.heap) - 1; i >= n; i-- {
		b := e.heap[i]
		b.L.Free(b.at, b.size)
		e.heap = e.heap[:i]
	}
}
