// Package mdns is the module mdns: it tells the network the module's name and a service
// (app/modules/mdns.c, app/net/nodemcu_mdns.c).
//
// What is registered lies in blocks on the device heap, as in the firmware: a record with its
// texts, the newest packet, and the name of the service, which stays until the next one.
package mdns

import (
	"strings"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Module declares mdns.
var Module = state.Module{
	Name: "mdns",
	Table: &state.ROTable{Name: "mdns", Entries: []state.Entry{
		state.Fn("register", register),
		state.Fn("close", closeService),
	}},
}

// Static variables.
const (
	offTimer   = 0 // handles
	offSocket  = 4
	offInfo    = 8
	offPacket  = 12
	offService = 16 // the service's name, and its size in bytes
	offSize    = 20
	offCount   = 24 // how often the service was told since its type was
	staticSize = 28
)

// The record of what is registered. Its texts are behind it.
const (
	infoHost       = 0
	infoDesc       = 4
	infoService    = 8
	infoPort       = 12
	infoAttributes = 16
	infoSize       = 56
)

const (
	mdnsPort    = 5353
	tellPeriod  = 280 * time.Second
	typePeriods = 10
	serviceMost = 127 // bytes of _NAME._tcp.local
)

var group = port.IP{224, 0, 0, 251}

// responder is the module on one chip.
type responder struct {
	L    state.State
	m    mem.Mem
	chip port.Chip
	at   mem.Addr
}

func responderOf(L state.State) responder {
	main := L.MainThread()
	chip := L.Host().(port.Chip)
	return responder{main, main.Mem(), chip, chip.System().Static("mdns", staticSize)}
}

// cut is s up to its first zero byte.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// register is mdns.register(name [, attributes]).
func register(L state.State) int {
	n, ok := port.NetOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoNet.Error())
	}
	w, ok := port.WiFiOf(L.Host())
	if !ok {
		return L.Errorf("%s", port.NoWiFi.Error())
	}
	i := info{host: cut(L.CheckString(1)), service: "http", port: 80}
	i.desc = i.host
	if L.GetTop() >= 2 {
		readAttributes(L, &i)
	}
	iface := port.StationIf
	if w.Mode() == port.SoftAPMode {
		iface = port.SoftAPIf
	}
	if w.IPInfo(iface).Addr.IsAny() {
		return L.Errorf("No network connection")
	}
	r := responderOf(L)
	r.close()
	if !r.start(&i, n, w) {
		r.close()
		return L.Errorf("Unable to start mDns daemon")
	}
	return 0
}

// readAttributes reads the table that is argument 2. When there are as many attributes as there
// may be, nothing more of it is looked at.
func readAttributes(L state.State, i *info) {
	L.CheckType(2, state.Table)
	L.PushNil()
	for L.Next(2) && len(i.attributes) < attributeMost {
		L.CheckType(-2, state.String)
		switch key := cut(L.CheckString(-2)); key {
		case "port":
			i.port = uint16(L.CheckInteger(-1))
		case "service":
			i.service = cut(L.CheckString(-1))
		case "description":
			i.desc = cut(L.CheckString(-1))
		default:
			i.attributes = append(i.attributes, key+"="+cut(L.CheckString(-1)))
		}
		L.Pop(1)
	}
}

// closeService is mdns.close().
func closeService(L state.State) int {
	responderOf(L).close()
	return 0
}

// close ends the service, if there is one (nodemcu_mdns_close). The firmware stays in the group.
func (r responder) close() {
	if h := r.m.U32(r.at + offTimer); h != 0 {
		r.L.Handle(h).(port.Timer).Disarm()
	}
	if h := r.m.U32(r.at + offSocket); h != 0 {
		r.L.Handle(h).(port.UDP).Close()
		r.L.FreeHandle(h)
		r.m.SetU32(r.at+offSocket, 0)
	}
	r.L.Free(r.m.Ptr(r.at+offPacket), questionMost)
	r.m.SetPtr(r.at+offPacket, 0)
	if at := r.m.Ptr(r.at + offInfo); at != 0 {
		r.L.Free(at, infoBytes(r.info()))
		r.m.SetPtr(r.at+offInfo, 0)
	}
}

// infoBytes is how long the record of what is registered is.
func infoBytes(i *info) int {
	size := infoSize
	for _, s := range append([]string{i.host, i.desc, i.service}, i.attributes...) {
		size += len(s) + 1
	}
	return size
}

// keep makes that record (mdns_dup_info); false if there is no memory.
func (r responder) keep(i *info) bool {
	size := infoBytes(i)
	at := r.L.Alloc(size)
	r.m.SetPtr(r.at+offInfo, at)
	if at == 0 {
		return false
	}
	r.m.Zero(at, mem.Addr(size))
	r.m.SetU16(at+infoPort, i.port)
	end := at + infoSize
	put := func(off mem.Addr, s string) {
		copy(r.m.Bytes(end, mem.Addr(len(s))), s)
		r.m.SetPtr(at+off, end)
		end += mem.Addr(len(s)) + 1
	}
	put(infoHost, i.host)
	put(infoDesc, i.desc)
	put(infoService, i.service)
	for k, s := range i.attributes {
		put(infoAttributes+4*mem.Addr(k), s)
	}
	return true
}

// text is a C string of the record, "" for none.
func (r responder) text(at mem.Addr) string {
	if at == 0 {
		return ""
	}
	end := at
	for r.m.U8(end) != 0 {
		end++
	}
	return r.m.String(at, end-at)
}

// info reads the record, its service as it was given.
func (r responder) info() *info {
	at := r.m.Ptr(r.at + offInfo)
	i := &info{host: r.text(r.m.Ptr(at + infoHost)), desc: r.text(r.m.Ptr(at + infoDesc)),
		service: r.text(r.m.Ptr(at + infoService)), port: r.m.U16(at + infoPort)}
	for k := range mem.Addr(attributeMost) {
		if p := r.m.Ptr(at + infoAttributes + 4*k); p != 0 {
			i.attributes = append(i.attributes, r.text(p))
		}
	}
	return i
}

// registered is the record with the service as it is asked for.
func (r responder) registered() *info {
	i := r.info()
	i.service = r.text(r.m.Ptr(r.at + offService))
	return i
}

// nameService keeps the name of the service in place of the one before (mdns_set_servicename);
// false if there is no memory or it is too long, where the firmware writes over its stack.
func (r responder) nameService(name string) bool {
	full := "_" + name + "._tcp." + domain
	if len(full) > serviceMost {
		return false
	}
	r.L.Free(r.m.Ptr(r.at+offService), int(r.m.U32(r.at+offSize)))
	at := r.L.Alloc(len(full) + 1)
	r.m.SetPtr(r.at+offService, at)
	r.m.SetU32(r.at+offSize, uint32(len(full)+1))
	if at == 0 {
		return false
	}
	copy(r.m.Bytes(at, mem.Addr(len(full))), full)
	r.m.SetU8(at+mem.Addr(len(full)), 0)
	return true
}

// start begins to tell and to answer (nodemcu_mdns_init); false if that does not work.
func (r responder) start(i *info, n port.Net, w port.WiFi) bool {
	if !r.keep(i) {
		return false
	}
	at := r.L.Alloc(questionMost)
	r.m.SetPtr(r.at+offPacket, at)
	if at == 0 || !r.nameService(i.service) {
		return false
	}
	socket, err := n.BindUDP(port.IP{}, mdnsPort, r.received)
	if err != port.NetOK {
		return false
	}
	r.m.SetU32(r.at+offSocket, r.L.NewHandle(socket))
	for _, iface := range [...]int{port.StationIf, port.SoftAPIf} {
		is := w.Mode().HasStation()
		if iface == port.SoftAPIf {
			is = w.Mode().HasAP()
		}
		if a := w.IPInfo(iface).Addr; is && !a.IsAny() {
			n.JoinGroup(a, group)
		}
	}
	if r.m.U32(r.at+offTimer) == 0 {
		r.m.SetU32(r.at+offTimer, r.L.NewHandle(r.chip.Loop().NewTimer(r.tell)))
	}
	r.arm()
	r.m.SetU32(r.at+offCount, typePeriods+1)
	r.tell()
	return true
}

func (r responder) arm() { r.L.Handle(r.m.U32(r.at+offTimer)).(port.Timer).Arm(tellPeriod, true) }

// own is the address that is told.
func (r responder) own() port.IP {
	w, _ := port.WiFiOf(r.chip)
	if w.Mode() == port.SoftAPMode {
		return w.IPInfo(port.SoftAPIf).Addr
	}
	return w.IPInfo(port.StationIf).Addr
}

// tell tells everybody of the service, and now and then of its type (mdns_reg).
func (r responder) tell() {
	all := peer{}
	r.sendService(r.registered(), [2]byte{}, all)
	count := r.m.U32(r.at + offCount)
	if count > typePeriods {
		r.send(r.registered().typePacket([2]byte{}, all.answer()), all)
		count = 0
	} else {
		count++
	}
	r.m.SetU32(r.at+offCount, count)
}

// peer is who gets an answer; without an address it is the group.
type peer struct {
	addr port.IP
	port uint16
}

func (p peer) answer() answer {
	if p.addr.IsAny() {
		return answer{class: classFlush}
	}
	return answer{one: true, class: classIN}
}

func (r responder) send(p packet, to peer) {
	if p == nil {
		return
	}
	if to.addr.IsAny() {
		to = peer{group, mdnsPort}
	}
	r.L.Handle(r.m.U32(r.at+offSocket)).(port.UDP).SendTo(p, to.addr, to.port)
}

// sendService tells of the service. When everybody has heard of it, it is told again after a full
// period.
func (r responder) sendService(i *info, id [2]byte, to peer) {
	p := i.servicePacket(id, to.answer(), r.own())
	r.send(p, to)
	if p != nil && to.addr.IsAny() {
		r.arm()
	}
}

// received answers the questions of a packet (mdns_recv).
func (r responder) received(p []byte, from port.IP, fromPort uint16) {
	if len(p) > questionMost || len(p) < questionLeast {
		return
	}
	block := r.m.Bytes(r.m.Ptr(r.at+offPacket), questionMost)
	copy(block, p)
	i, to := r.registered(), peer{from, fromPort}
	id := [2]byte(block[:2])
	for q := range questions(block, len(p)) {
		if fromPort == mdnsPort && q.class&0x8000 == 0 {
			to = peer{} // for this and all that follow
		}
		r.answer(i, id, q, block, to)
	}
}

// answer answers one question.
func (r responder) answer(i *info, id [2]byte, q question, block []byte, to peer) {
	is := func(kinds ...uint16) bool {
		for _, k := range append(kinds, typeANY) {
			if q.kind == k {
				return true
			}
		}
		return false
	}
	a := to.answer()
	switch {
	case matches(serviceTypes, block, q.place):
		if is(typePTR) {
			r.send(i.typePacket(id, a), to)
		} else {
			r.send(nothingPacket(id, a, serviceTypes, typePTR), to)
		}
	case matches(i.service, block, q.place):
		if is(typePTR) {
			r.sendService(i, id, to)
		} else {
			r.send(nothingPacket(id, a, i.service, typePTR), to)
		}
	case matches(i.hostName(), block, q.place):
		if is(typeA) {
			r.send(i.addressPacket(id, a, r.own()), to)
		} else {
			r.send(nothingPacket(id, a, i.hostName(), typeA), to)
		}
	case matches(i.instance(), block, q.place):
		if is(typeTXT, typeSRV) {
			r.sendService(i, id, to)
		} else {
			r.send(nothingPacket(id, a, i.instance(), typeTXT, typeSRV), to)
		}
	}
}
