package rtcfifo

import "moonlet.example/moonlet/internal/port"

// Words of the RTC memory that belong to the queue (app/include/rtc/rtcfifo.h). Behind them,
// by default from defaultFirst on, are the names of the sensors and then the samples.
const (
	wordMagic    = 10
	wordAlign    = 11 // µs between samples
	wordTime     = 12 // of the next sample; nobody uses it
	wordToTake   = 13
	wordPerBoot  = 14
	wordPlace    = 15 // where the storage begins and ends, and how many names there are: a byte each
	wordCount    = 16
	wordTail     = 17 // where the next sample goes
	wordHead     = 18 // where the oldest one is
	wordTailTime = 19 // of the newest sample
	wordHeadTime = 20 // of the sample that was taken last
)

const (
	magic        = 0x44695553
	defaultFirst = 32
	defaultLast  = 128
	defaultTags  = 5
	tagSize      = 4 // bytes of a sensor's name
)

// A sample in memory has the number of its sensor in 4 bits, then 3 bits for decimals, 9 for
// the seconds since the sample before, and 16 for the value.
const (
	deltaShift, deltaMask       = 16, 0x1FF
	decimalsShift, decimalsMask = 25, 7
	tagShift, tagMask           = 28, 15
	valueMask                   = 0xFFFF
)

// noDelta is what the firmware stores when samples are too far apart: all bits, since its -1 is
// cut to them. So the first sample behind a pause is told 511 s late, and all that follow it.
const noDelta = 0xFFFFFFFF

// sample is a measurement.
type sample struct {
	time     uint32 // s
	value    uint32
	decimals uint32
	tag      uint32 // the sensor's name, its first byte lowest
}

// queue is the queue in the RTC memory. Nothing there can be relied upon: programs can write to
// it, and say that it is where no memory is.
type queue struct {
	m      port.RTCMemory
	charge func(units int)
}

func (q queue) word(i uint32) uint32       { return q.m.RTCWord(int(i)) }
func (q queue) setWord(i uint32, v uint32) { q.m.SetRTCWord(int(i), v) }

func (q queue) ready() bool { return q.word(wordMagic) == magic }

// names is where the names of the sensors are, and how many have room.
func (q queue) names() (at, n uint32) {
	place := q.word(wordPlace)
	return place & 0xFF, place >> 16 & 0xFF
}

// first is where the first sample can be.
func (q queue) first() uint32 {
	at, n := q.names()
	return at + n
}

// after is the place of a sample behind the one at i.
func (q queue) after(i uint32) uint32 {
	if i++; i >= q.word(wordPlace)>>8&0xFF {
		return q.first()
	}
	return i
}

// place says where the storage is. What is in the queue stays where it is.
func (q queue) place(first, last, tags uint32) { q.setWord(wordPlace, first+last<<8+tags<<16) }

// prepare makes an empty queue at the usual place.
func (q queue) prepare(align, tags uint32) {
	q.setWord(wordPerBoot, 0)
	q.setWord(wordAlign, align)
	q.setWord(wordToTake, 0)
	if tags == 0 {
		tags = defaultTags
	}
	q.place(defaultFirst, defaultLast, tags)
	q.clear()
	q.setWord(wordMagic, magic)
}

func (q queue) clear() {
	first := q.first()
	q.setWord(wordTail, first)
	q.setWord(wordHead, first)
	q.setWord(wordCount, 0)
	q.setWord(wordTailTime, 0)
	q.setWord(wordHeadTime, 0)
	at, n := q.names()
	for i := range n {
		q.setWord(at+i, 0)
	}
}

// tag finds the number of a sensor; a new one takes a name that is free, if there is one.
func (q queue) tag(name uint32) (i uint32, ok bool) {
	at, n := q.names()
	for i = range n {
		switch q.word(at + i) {
		case name:
			return i, true
		case 0:
			q.setWord(at+i, name)
			return i, true
		}
	}
	return 0, false
}

func (q queue) sample(entry, time uint32) sample {
	at, _ := q.names()
	return sample{
		time: time, value: entry & valueMask, decimals: entry >> decimalsShift & decimalsMask,
		tag: q.word(at + entry>>tagShift&tagMask),
	}
}

// put adds a sample; if there is no room, in place of the oldest one. All samples go if its
// time is too far from that of the last one, or if it has a name too many.
func (q queue) put(s sample) {
	head, tail, n := q.word(wordHead), q.word(wordTail), q.word(wordCount)
	tag, known := q.tag(s.tag)
	if n == 0 {
		q.setWord(wordHeadTime, s.time)
		q.setWord(wordTailTime, s.time)
	}
	delta := s.time - q.word(wordTailTime)
	near := delta <= deltaMask
	if !near {
		delta = noDelta
	}
	if !known || !near {
		q.clear()
		q.setWord(wordHeadTime, s.time)
		q.setWord(wordTailTime, s.time)
		head, tail, n = q.word(wordHead), q.word(wordTail), q.word(wordCount)
		if tag, known = q.tag(s.tag); !known {
			return
		}
	}
	if head == tail && n > 0 {
		q.pop()
	}
	q.setWord(tail, s.value&valueMask|delta&deltaMask<<deltaShift|s.decimals&decimalsMask<<decimalsShift|tag&tagMask<<tagShift)
	q.setWord(wordTail, q.after(tail))
	q.setWord(wordTailTime, s.time)
	q.setWord(wordCount, q.word(wordCount)+1)
}

// pop takes the oldest sample.
func (q queue) pop() (s sample, ok bool) {
	n := q.word(wordCount)
	if n == 0 {
		return s, false
	}
	head := q.word(wordHead)
	entry := q.word(head)
	time := q.word(wordHeadTime) + entry>>deltaShift&deltaMask
	s = q.sample(entry, time)
	q.setWord(wordHead, q.after(head))
	q.setWord(wordHeadTime, time)
	q.setWord(wordCount, n-1)
	return s, true
}

// peek reads the sample that is skip behind the oldest one.
func (q queue) peek(skip uint32) (s sample, ok bool) {
	if q.word(wordCount) <= skip {
		return s, false
	}
	head := q.word(wordHead)
	entry := q.word(head)
	time := q.word(wordHeadTime) + entry>>deltaShift&deltaMask
	for i := range skip {
		q.work(i)
		head = q.after(head)
		entry = q.word(head)
		time += entry >> deltaShift & deltaMask
	}
	return q.sample(entry, time), true
}

// drop takes the n oldest samples.
func (q queue) drop(n uint32) {
	left := q.word(wordCount)
	n = min(n, left)
	head, time := q.word(wordHead), q.word(wordHeadTime)
	for i := range n {
		q.work(i)
		time += q.word(head) >> deltaShift & deltaMask
		head = q.after(head)
		left--
		q.setWord(wordCount, left)
	}
	q.setWord(wordHead, head)
	q.setWord(wordHeadTime, time)
}

// workEvery is after how many samples their work is charged: a count that somebody has made up
// can be so large that the watchdog has to end it.
const workEvery = 256

func (q queue) work(i uint32) {
	if i%workEvery == workEvery-1 {
		q.charge(workEvery)
	}
}
