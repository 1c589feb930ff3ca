package radio

import "moonlet.example/moonlet/internal/port"

// HeapUse is what the closed part of the SDK takes from the heap for the radio, in bytes as
// it asks for them; the allocator adds its header. No source tells these figures for
// certain.
type HeapUse struct {
	Station      int // the station's interface while it is on
	FirstStation int // what is taken when the station is on for the first time, and kept
	AccessPoint  int // that of the access point, with its DHCP server
	Association  int // a connection to a network
	Client       int // a station at the module's own access point
	ScanResult   int // a network that a scan has found, while its callback runs
}

// DefaultHeapUse are the best guesses.
func DefaultHeapUse() HeapUse {
	return HeapUse{
		// Both interfaces together took 3,416 bytes of a heap, headers included
		// (espressif/ESP8266_NONOS_SDK#298). How much of it is which is a guess.
		Station: 1000, AccessPoint: 2384,
		// From one board: behind the modes SOFTAP, NULL, STATION, SOFTAP, NULL there were
		// 848 bytes less than at the start, where 2,056 more were expected; all later steps
		// agreed within 152 bytes.
		FirstStation: 2888,
		// nodemcu/nodemcu-firmware#805: free heap 41,128 without and 40,800 with a
		// connection whose address was set by hand, measured with an older SDK.
		Association: 312,
		// A guess: the same record at the other end.
		Client: 312,
		// struct bss_info of user_interface.h. That each is a block of its own is a guess.
		ScanResult: 80,
	}
}

// What lwIP takes for the addresses that DHCP gives, in bytes: to the module, struct
// dhcp (app/include/lwip/dhcp.h) and the socket of the client (struct udp_pcb, udp.h);
// by the module, struct dhcps_pool and list_node for each station
// (app/include/lwip/app/dhcpserver.h). All are allocations of their own
// (MEMP_MEM_MALLOC and MEM_LIBC_MALLOC are 1, app/include/lwipopts.h).
const (
	sizeDHCP       = 64
	sizeDHCPSocket = 36
	sizeLease      = 24
	sizeLeaseNode  = 8
)

// Names of blocks in reports.
const (
	nameStation     = "SDK: station"
	nameFirst       = "SDK: what the first station leaves"
	nameAP          = "SDK: access point"
	nameAssociation = "SDK: connection to a network"
	nameClient      = "SDK: station at the access point"
	nameScan        = "SDK: network that a scan found"
	nameDHCP        = "lwIP: DHCP client"
	nameLease       = "lwIP: address that DHCP gave"
)

// blocks are the parts of something on the heap. What the SDK does when there is no
// memory is not known: here it goes on without.
type blocks []port.Block

// take adds a block of so many bytes; none for 0.
func (r *Radio) take(b *blocks, size int, what string) {
	if r.cfg.Memory == nil || size == 0 {
		return
	}
	if at := r.cfg.Memory.Take(size, what); at != 0 {
		*b = append(*b, at)
	}
}

// give frees all.
func (r *Radio) give(b *blocks) {
	for _, at := range *b {
		r.cfg.Memory.Give(at)
	}
	*b = nil
}

// interfaces takes or gives what the interfaces of a mode need.
func (r *Radio) interfaces(old, m port.WiFiMode) {
	if old.HasStation() && !m.HasStation() {
		r.give(&r.station.memory)
	}
	if old.HasAP() && !m.HasAP() {
		r.give(&r.ap.memory)
	}
	if !old.HasStation() && m.HasStation() {
		if len(r.kept) == 0 {
			r.take(&r.kept, r.cfg.Use.FirstStation, nameFirst)
		}
		r.take(&r.station.memory, r.cfg.Use.Station, nameStation)
	}
	if !old.HasAP() && m.HasAP() {
		r.take(&r.ap.memory, r.cfg.Use.AccessPoint, nameAP)
	}
}

// associate takes what a connection needs. With an address that was set by hand the
// DHCP client does not start.
func (r *Radio) associate() {
	s := &r.station
	r.dissociate()
	r.take(&s.connection, r.cfg.Use.Association, nameAssociation)
	if !s.fixed {
		r.take(&s.connection, sizeDHCP, nameDHCP)
		r.take(&s.socket, sizeDHCPSocket, nameDHCP)
	}
}

func (r *Radio) dissociate() {
	r.give(&r.station.connection)
	r.give(&r.station.socket)
}

// admit takes what a station at the module's own access point needs.
func (r *Radio) admit(c *apClient, given bool) {
	r.take(&c.memory, r.cfg.Use.Client, nameClient)
	if given {
		r.take(&c.memory, sizeLease, nameLease)
		r.take(&c.memory, sizeLeaseNode, nameLease)
	}
}
