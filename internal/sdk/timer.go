package sdk

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// timer implements port.Timer. It is in the heap of its queue while it is armed.
type timer struct {
	q        *timerQueue
	f        func()
	deadline time.Duration
	period   time.Duration // 0 for a single shot
	seq      uint64        // arming order, which decides between equal deadlines
	index    int           // in the heap, -1 while not armed
	outside  bool          // survives a reset of the chip
	sdk      bool          // Suspend leaves it alone
	atOnce   bool          // due as soon as timers go on
	held     bool          // in Loop.held
	left     time.Duration // until it is due, while it is held
}

// Arm implements port.Timer.
func (t *timer) Arm(d time.Duration, repeat bool) {
	t.Disarm()
	d = max(d, 0)
	t.period = 0
	if repeat {
		t.period = max(d, t.q.loop.config.TimerStep) // a period of zero would hold the chip forever
		d = t.period
	}
	t.q.push(t, t.q.loop.Now()+d)
}

// Disarm implements port.Timer.
func (t *timer) Disarm() {
	if t.index >= 0 {
		t.q.remove(t.index)
	}
	t.held = false
}

// Armed implements port.Timer.
func (t *timer) Armed() bool { return t.index >= 0 || t.held }

var _ port.Timer = (*timer)(nil)

// timerQueue is a binary heap of armed timers.
type timerQueue struct {
	loop *Loop
	heap []*timer
}

// next is the earliest deadline, Forever if no timer is armed.
func (q *timerQueue) next() time.Duration {
	if len(q.heap) == 0 {
		return Forever
	}
	return q.heap[0].deadline
}

// take removes the first timer and returns its function. A repeating timer is
// armed for its next turn before its function runs, counted from the deadline
// that was due and not from now (ets_timer_handler_isr of the SDK): so it does
// not drift, and what a long task held up is made up for.
func (q *timerQueue) take() func() {
	t := q.heap[0]
	if t.period == 0 {
		q.remove(0)
	} else {
		q.arm(t, t.deadline+t.period)
		q.down(0)
	}
	return t.f
}

// reset disarms the timers of the chip.
func (q *timerQueue) reset() {
	kept := q.heap[:0]
	for _, t := range q.heap {
		t.index = -1
		if t.outside {
			t.index = len(kept)
			kept = append(kept, t)
		}
	}
	clear(q.heap[len(kept):])
	q.heap = kept
	for i := range kept {
		q.up(i)
	}
}

// arm gives a timer its deadline and its turn among those with the same.
func (q *timerQueue) arm(t *timer, deadline time.Duration) {
	if deadline < 0 { // more than 292 years ahead
		deadline = Forever - 1
	}
	q.loop.seq++
	t.deadline, t.seq = deadline, q.loop.seq
}

func (q *timerQueue) push(t *timer, deadline time.Duration) {
	q.arm(t, deadline)
	t.index = len(q.heap)
	q.heap = append(q.heap, t)
	q.up(t.index)
}

func (q *timerQueue) remove(i int) {
	t := q.heap[i]
	last := len(q.heap) - 1
	q.swap(i, last)
	q.heap[last] = nil
	q.heap = q.heap[:last]
	t.index = -1
	if i < last {
		q.up(i)
		q.down(i)
	}
}

func (q *timerQueue) less(i, j int) bool {
	a, b := q.heap[i], q.heap[j]
	if a.deadline != b.deadline {
		return a.deadline < b.deadline
	}
	return a.seq < b.seq
}

func (q *timerQueue) swap(i, j int) {
	h := q.heap
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (q *timerQueue) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !q.less(i, parent) {
			return
		}
		q.swap(i, parent)
		i = parent
	}
}

func (q *timerQueue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			return
		}
		if right := child + 1; right < len(q.heap) && q.less(right, child) {
			child = right
		}
		if !q.less(child, i) {
			return
		}
		q.swap(i, child)
		i = child
	}
}
