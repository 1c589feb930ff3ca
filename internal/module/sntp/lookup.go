package sntp

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// cut is s up to its first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

const addrSize = 4

// room makes the list of addresses one longer than it is used (get_free_server); false if there
// is no memory, where the firmware goes on with address 0.
func (c client) room() bool {
	size := (int(c.count()) + 1) * addrSize
	at := c.L.Alloc(size)
	if at == 0 {
		return false
	}
	old, used := c.m.Ptr(c.at+offServers), int(c.count())*addrSize
	if old != 0 {
		c.m.Copy(at, old, mem.Addr(min(used, int(c.m.U32(c.at+offSize)))))
		c.L.Free(old, int(c.m.U32(c.at+offSize)))
	}
	c.m.SetPtr(c.at+offServers, at)
	c.m.SetU32(c.at+offSize, uint32(size))
	return true
}

func (c client) server(i int) (a port.IP) {
	copy(a[:], c.m.Bytes(c.m.Ptr(c.at+offServers)+mem.Addr(i*addrSize), addrSize))
	return a
}

func (c client) setServer(i int, a port.IP) {
	copy(c.m.Bytes(c.m.Ptr(c.at+offServers)+mem.Addr(i*addrSize), addrSize), a[:])
}

// add appends an address, for which room has made room.
func (c client) add(a port.IP) {
	c.setServer(int(c.count()), a)
	c.setCount(c.count() + 1)
}

// lookUp looks up the names of the list, one after the other, and then begins to ask
// (sntp_dolookups). A value of the list that is no name is an error; in a task, where nothing
// protects it, the module starts anew.
func (c client) lookUp() {
	L := c.L
	ref := c.ref(offList)
	if !isRef(ref) {
		c.send()
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	if c.lookUpList() {
		c.send()
	}
	L.SetTop(top)
}

// lookUpList is lookUp with the list on top of the stack. It tells whether all names are done.
func (c client) lookUpList() bool {
	L := c.L
	length := 0
	if L.IsTable(-1) {
		length = L.RawLen(-1)
	}
	for {
		done := c.m.U8(c.sync() + offLookUps)
		if length <= int(done) {
			break
		}
		done++ // has no more bits
		c.m.SetU8(c.sync()+offLookUps, done)
		L.RawGetI(-1, int64(done))
		bytes := L.CheckBytes(-1)
		name, long := cut(string(bytes)), len(bytes) > hostNameMost
		L.Pop(1)
		if long {
			c.fail(errDNS, &name)
			return false
		}
		if !c.room() {
			c.fail(errMemory, nil)
			return false
		}
		n, _ := port.NetOf(c.chip)
		switch a, err := n.Resolve(name, c.main().found); err {
		case port.NetErrInProgress:
			return false // found goes on
		case port.NetErrArg:
			c.fail(errDNS, &name)
			return false
		case port.NetOK:
			c.add(a)
		} // else too many names are looked up; the firmware takes what is in memory for an address
	}
	if c.count() == 0 {
		L.RawGetI(-1, 1)
		name := cut(string(L.CheckBytes(-1)))
		c.fail(errDNS, &name)
		return false
	}
	return true
}

// found is told the address of a name (sntp_dns_found).
func (c client) found(a port.IP, ok bool) {
	if ok {
		c.add(a)
	}
	c.post(port.Low, c.lookUp)
}

// post posts a task, which does nothing if the synchronization is over by then: a packet that
// came twice posts its end twice, and the firmware reads address 0.
func (c client) post(p port.Priority, f func()) {
	c.chip.Loop().Post(p, func() {
		if c.sync() != 0 {
			f()
		}
	})
}
