package coap

import (
	"encoding/binary"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// A server has these resources (app/coap/endpoints.c):
//
//	GET  /.well-known/core  a list of the others
//	GET  /v1/v/NAME         the value of a global variable
//	POST /v1/f/NAME         what a global function gives for the payload
//	POST /v1/c              runs the payload as Lua code
//	GET  /v1/id             the chip's number
//
// A name may be asked for if server:var or server:func have named it.

// A name is a record as coap_luser_entry, in one of two lists. The firmware keeps the address of
// Lua's string there; here it is a handle, so the name stays when the string is collected.
const (
	nameText   = 0
	nameNext   = 4
	nameFormat = 8
	nameSize   = 12
)

// each lists the records of a list.
func (c module) each(head mem.Addr) func(yield func(at mem.Addr, name string) bool) {
	return func(yield func(mem.Addr, string) bool) {
		for at := c.m.Ptr(head); at != 0; at = c.m.Ptr(at + nameNext) {
			if !yield(at, c.L.Handle(c.m.U32(at+nameText)).(string)) {
				return
			}
		}
	}
}

// name puts a name at the end of a list, or changes its format (coap_regist); false if there is
// no memory.
func (c module) name(head mem.Addr, name string, format int32) bool {
	link := head
	for at, s := range c.each(head) {
		if s == name {
			c.m.SetI32(at+nameFormat, format)
			return true
		}
		link = at + nameNext
	}
	at := c.L.Alloc(nameSize)
	if at == 0 {
		return false
	}
	c.m.Zero(at, nameSize)
	c.m.SetU32(at+nameText, c.L.NewHandle(name))
	c.m.SetI32(at+nameFormat, format)
	c.m.SetPtr(link, at)
	return true
}

// respond gives the answer to a request, nil for none (coap_server_respond).
func (c module) respond(request []byte) []byte {
	q, w := parse(request)
	if w != 0 {
		return nil
	}
	a, ok := c.handle(&q)
	if !ok {
		return nil
	}
	p, _ := a.build(maxAnswer)
	return p
}

// reply is an answer to q. As in the firmware it is an acknowledgement, whatever q is, and the
// number of the format has two bytes.
func reply(q *message, code uint8, format int32, payload []byte) message {
	return message{kind: typeACK, code: code, id: q.id, token: q.token, payload: payload,
		options: []option{{optionFormat, binary.BigEndian.AppendUint16(nil, uint16(format))}}}
}

// handle makes the answer; false tells that there is none.
func (c module) handle(q *message) (a message, ok bool) {
	path := q.find(optionPath)
	is := func(method uint8, most int, elements ...string) bool {
		if q.code != method || len(path) < len(elements) || len(path) > most {
			return false
		}
		for i, e := range elements {
			if string(path[i].value) != e {
				return false
			}
		}
		return true
	}
	switch {
	case is(methodGet, 2, ".well-known", "core"):
		return c.core(q)
	case is(methodGet, 3, "v1", "v"):
		return c.variable(q, path[2:]), true
	case is(methodPost, 3, "v1", "f"):
		return c.function(q, path[2:])
	case is(methodPost, 2, "v1", "c"):
		return c.command(q), true
	case is(methodGet, 2, "v1", "id"):
		id := c.chip.System().Hardware().ChipID
		return reply(q, codeContent, formatText, binary.LittleEndian.AppendUint32(nil, id)), true
	}
	return reply(q, codeNotFound, formatNone, nil), true
}

// core lists the resources, in a block on the device heap while the answer is made. What is more
// than that can hold is cut off; the firmware writes on behind it.
func (c module) core(q *message) (a message, ok bool) {
	block := c.L.Alloc(maxPayload)
	if block == 0 {
		return a, false // the firmware sends what was in memory
	}
	list := []string{"</.well-known/core>;ct=40"}
	for _, name := range c.each(c.at + offVariables) {
		list = append(list, "</v1/v/"+name+">;ct=0")
	}
	text := strings.Join(append(list, "</v1/id>;ct=0"), ",")
	c.L.Free(block, maxPayload)
	return reply(q, codeContent, formatLinks, []byte(text[:min(len(text), maxPayload-1)])), true
}

// found finds the name that a path ends with. An empty one, which keeps the firmware busy for
// ever, is none.
func (c module) found(head mem.Addr, rest []option) (at mem.Addr, name string) {
	if len(rest) == 0 {
		return 0, ""
	}
	for at, name := range c.each(head) {
		if name != "" && name == string(rest[0].value) {
			return at, name
		}
	}
	return 0, ""
}

// variable is GET /v1/v/NAME. A name that is not known is an empty text.
func (c module) variable(q *message, rest []option) message {
	at, name := c.found(c.at+offVariables, rest)
	if at == 0 {
		return reply(q, codeContent, formatText, nil)
	}
	L, top := c.L, c.L.GetTop()
	L.GetGlobal(name)
	text, ok := L.ToString(-1)
	L.SetTop(top)
	if !ok {
		return reply(q, codeNotFound, formatNone, nil)
	}
	return reply(q, codeContent, c.m.I32(at+nameFormat), []byte(cut(text)))
}

// function is POST /v1/f/NAME. An error of the function is that of a task, and has no answer;
// so has a text that is too long. What the function gives that is no text is as nothing; the
// firmware calls it again and again.
func (c module) function(q *message, rest []option) (a message, ok bool) {
	at, name := c.found(c.at+offFunctions, rest)
	if at == 0 {
		return reply(q, codeNotFound, formatNone, nil), true
	}
	L, top := c.L, c.L.GetTop()
	if L.GetGlobal(name) != state.Function {
		L.SetTop(top)
		return reply(q, codeNotFound, formatNone, nil), true
	}
	L.PushBytes(q.payload)
	status := L.PCallX(1, 1)
	text, _ := L.ToString(-1)
	L.SetTop(top)
	switch {
	case status != state.OK:
		return a, false
	case len(text) > maxPayload:
		L.Errorf("return string:<MAX_PAYLOAD_SIZE")
	}
	return reply(q, codeContent, formatText, []byte(text)), true
}

// commandMost is the most that code may have, in bytes (LUA_MAXINPUT, with a zero byte).
const commandMost = 255

// command is POST /v1/c. Code that is too long is not run. What it gives, an error as well, is
// meant to be printed; it is not, since the firmware puts print in the wrong place of the stack.
func (c module) command(q *message) message {
	if len(q.payload) == 0 {
		return reply(q, codeBadRequest, formatText, nil)
	}
	if len(q.payload) <= commandMost {
		L, top := c.L, c.L.GetTop()
		line := cut(string(q.payload)) + "\n"
		if L.LoadBytes([]byte(line), line, "bt") == state.OK {
			L.PCall(0, state.MultRet, 0)
		}
		L.SetTop(top)
	}
	return reply(q, codeContent, formatText, nil)
}

// received answers a datagram (coap_received).
func (c module) received(s mem.Addr, p []byte) {
	if len(p) > maxMessage {
		return
	}
	answer := c.respond(p)
	u := c.udp(s)
	a, from, ok := u.Peer()
	if !ok {
		return // closed by what the request has done
	}
	u.SetRemotePort(from)
	u.SetRemoteIP(a)
	u.Send(answer)
}
