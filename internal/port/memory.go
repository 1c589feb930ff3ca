package port

import "moonlet.example/moonlet/internal/mem"

// Block is the address of a block of the SDK's heap.
type Block = mem.Addr

// Memory is the SDK's heap as C code uses it: outside of Lua's account, and nothing is
// collected when it is full. Addresses are those of one life of the chip.
type Memory interface {
	// Take takes size bytes (os_malloc) and gives their address, 0 if there are none.
	// what names them in reports, as in "lwIP: TCP connection".
	Take(size int, what string) Block
	// Rename gives a block another name.
	Rename(at Block, what string)
	// Give takes them back (os_free). Give(0) does nothing.
	Give(at Block)
}

// SDKMemory is what the closed part of the SDK takes from the heap, in bytes as it asks
// for them; the allocator adds its header. No source tells these figures for certain:
// DefaultSDKMemory says where each comes from, and a project may say otherwise.
type SDKMemory struct {
	Station     int // the station's interface while it is on
	AccessPoint int // that of the access point, with its DHCP server
	Association int // a connection to a network
	Client      int // a station at the module's own access point
	ScanResult  int // a network that a scan has found, while its callback runs
	Packet      int // a packet that was received, besides lwIP's part, while its callback runs

	// Lingering is no size: it is how many connections in the state TIME_WAIT stay on
	// the heap at most. lwIP has no such limit, but a board does not answer a host that
	// asks a thousand times in a second.
	Lingering int
}

// DefaultSDKMemory are the best guesses.
func DefaultSDKMemory() SDKMemory {
	return SDKMemory{
		// Both interfaces together took 3,416 bytes of a heap, headers included
		// (espressif/ESP8266_NONOS_SDK#298). How much of it is which is a guess.
		Station: 1000, AccessPoint: 2384,
		// nodemcu/nodemcu-firmware#805: free heap 41,128 without and 40,800 with a
		// connection whose address was set by hand, measured with an older SDK.
		Association: 312,
		// A guess: the same record at the other end.
		Client: 312,
		// struct bss_info of user_interface.h. That each is a block of its own is a guess.
		ScanResult: 80,
		// A guess: the driver's receive buffers are static.
		Packet: 0,
		// A guess: what a board comes to that somebody looks at with a browser.
		Lingering: 8,
	}
}
