package mqtt

import (
	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
)

// nextID is the next packet's number: 1 to 65,535, in a circle.
func (c *client) nextID() uint16 {
	id := c.m.U16(c.at+uNextID) + 1
	if id == 0 {
		id++
	}
	c.m.SetU16(c.at+uNextID, id)
	return id
}

// request sends or queues a packet that the program asked for, whose callback is the function at
// index i if there is one, and pushes whether that went well. Where another packet is under way,
// that is known only of the memory.
func (c *client) request(L state.State, i int, field state.Addr, p packet, id uint16, kind, qos int) int {
	if L.IsFunction(i) {
		L.PushValue(i)
		c.unrefRef(L, field)
	}
	queued := c.enqueue(p, id, kind, qos)
	err := c.sendNext()
	L.PushBoolean(queued && err == espconn.OK)
	return 1
}

// publishMessage is client:publish(topic, payload, qos, retain [, function]).
func publishMessage(L state.State) int {
	c := connectedArg(L)
	topic := cut(L.CheckString(2))
	data := L.CheckBytes(3)
	qos := int(uint8(L.CheckInteger(4)))
	retain := L.CheckInteger(5)&1 != 0
	id := uint16(0)
	if qos != 0 {
		id = c.nextID()
	}
	return c.request(L, 6, uOnPubAck, publish(topic, data, qos, retain, id), id, typePublish, qos)
}

// subscribeTo is client:subscribe(topic, qos [, function]) and
// client:subscribe({topic = qos, …} [, function]).
func subscribeTo(L state.State) int {
	c := connectedArg(L)
	if !L.IsTable(2) {
		topic := cut(L.CheckString(2))
		qos := byte(L.CheckInteger(3))
		id := c.nextID()
		return c.request(L, 4, uOnSubAck, subscribe(id, topicQoS{topic, qos}), id, typeSubscribe, 1)
	}
	var p builder
	id := c.topics(L, &p, func(topic string) {
		qos := byte(L.CheckInteger(-1))
		p.topic(topic)
		p.bytes(qos)
	}, "buffer overflow, can't enqueue all subscriptions")
	return c.request(L, 3, uOnSubAck, p.finish(typeSubscribe, 1, false), id, typeSubscribe, 1)
}

// unsubscribeFrom is client:unsubscribe(topic [, function]) and
// client:unsubscribe({topic = anything, …} [, function]).
func unsubscribeFrom(L state.State) int {
	c := connectedArg(L)
	if !L.IsTable(2) {
		topic := cut(L.CheckString(2))
		id := c.nextID()
		return c.request(L, 3, uOnUnsubAck, unsubscribe(id, topic), id, typeUnsubscribe, 1)
	}
	var p builder
	id := c.topics(L, &p, p.topic, "buffer overflow, can't enqueue all unsubscriptions")
	return c.request(L, 3, uOnUnsubAck, p.finish(typeUnsubscribe, 1, false), id, typeUnsubscribe, 1)
}

// topics puts a number and the topics of the table at index 2 into a packet, each by add, which
// finds the value on top of the stack. It raises where there is none, or no room. The number is
// taken by the first one.
func (c *client) topics(L state.State, p *builder, add func(topic string), tooLong string) (id uint16) {
	L.PushNil()
	for L.Next(2) {
		topic := cut(L.CheckString(-2))
		if id == 0 {
			id = c.nextID()
			p.number(id)
		}
		if add(topic); p.spoiled {
			L.Errorf("%s", tooLong)
		}
		L.Pop(1)
	}
	if id == 0 {
		L.Errorf("no topics found")
	}
	return id
}
