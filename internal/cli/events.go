package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"moonlet.example/moonlet"
)

// events tells the user what the module itself cannot.
type events struct {
	to    *output // where they are told
	out   *output // what the module sends
	json  bool
	quiet bool
	// fresh means that the module's output and events share a terminal, where an
	// event must not begin within a line.
	fresh bool
	leave string // the key that leaves
	long  longTasks

	mu  sync.Mutex
	eol string
}

// record is an event of the command as JSON; those of the module are JSON by themselves.
type record struct {
	Event string  `json:"event"`
	At    float64 `json:"at"` // seconds of device time
	Text  string  `json:"text"`
	File  string  `json:"file,omitempty"`
	Bytes *int    `json:"bytes,omitempty"`
	Heap  int     `json:"heap,omitempty"`
	State string  `json:"state,omitempty"`
	Code  int     `json:"code,omitempty"` // exit code
}

func (v *events) setRaw(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.eol = "\n"
	if on {
		v.eol = "\r\n"
	}
}

// midLine tells whether the user's cursor is within a line that the module
// began.
func (v *events) midLine() bool { return v.out.sync() && v.fresh }

// tell writes an event, in words or as JSON. Like the module's output it waits for who
// reads, until the end.
func (v *events) tell(e any, words string) {
	midLine := v.midLine()
	v.mu.Lock()
	defer v.mu.Unlock()
	defer v.to.sync()
	if midLine {
		io.WriteString(v.to, v.eol)
		v.out.lineBegun()
	}
	if v.json {
		writeRecord(v.to, e, v.eol)
		return
	}
	io.WriteString(v.to, strings.ReplaceAll(plain("moonlet: "+words), "\n", v.eol)+v.eol)
}

// say tells an event of the command.
func (v *events) say(r record) { v.tell(r, r.Text) }

// writeRecord writes an event as JSON. Where nobody hears them, events are lost.
func writeRecord(w io.Writer, e any, eol string) {
	b, err := json.Marshal(e)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	w.Write(append(b, eol...))
}

// start tells what is about to run.
func (v *events) start(m *moonlet.Module) {
	if !v.quiet {
		at := m.Storage()
		state := at.Dir
		switch {
		case at.Chip != "" && !at.Kept:
			state = "a copy of " + at.Chip
		case at.Chip != "":
			state = at.Chip
		case at.Temporary:
			state = "a temporary directory"
		}
		v.say(record{Event: "start", Heap: m.HeapBytes(), State: at.Dir, Text: fmt.Sprintf(
			"virtual ESP8266, %s heap, flash in %s; %s leaves", bytesText(m.HeapBytes()), state, v.leave)})
	}
	for _, w := range m.Warnings() {
		v.warn(w)
	}
}

// ended tells what the end of a run means.
func (v *events) ended(m *moonlet.Module) {
	if v.long.more > 0 {
		v.warn(fmt.Sprintf("tasks were too long %d times more, at the places above or for less than twice as long", v.long.more))
	}
	if !v.quiet && m.Discarded() {
		v.say(record{Event: "discarded", Text: fmt.Sprintf(
			"what the module wrote to its flash chip is gone; --save keeps it in %s", m.Storage().Chip)})
	}
}

func (v *events) warn(text string) { v.say(record{Event: "warning", Text: text}) }

func bytesText(n int) string {
	if n%1024 == 0 {
		return fmt.Sprintf("%d KB", n/1024)
	}
	return fmt.Sprintf("%d bytes", n)
}

func (v *events) uploaded(files []moonlet.Loaded) {
	if v.quiet || len(files) == 0 {
		return
	}
	if v.json {
		for _, f := range files {
			v.say(record{Event: "upload", File: f.Name, Bytes: &f.Bytes, Text: fmt.Sprintf("%s goes to flash", f.Name)})
		}
		return
	}
	var names []string
	sum := 0
	for _, f := range files {
		names = append(names, fmt.Sprintf("%s (%d)", f.Name, f.Bytes))
		sum += f.Bytes
	}
	const few = 8
	if len(files) <= few {
		v.say(record{Text: fmt.Sprintf("to flash: %s; %d bytes", strings.Join(names, ", "), sum)})
		return
	}
	v.say(record{Text: fmt.Sprintf("to flash: %d files, %d bytes:", len(files), sum)})
	for _, line := range lines(names, 68) {
		v.say(record{Text: "  " + line})
	}
}

// lines puts words into lines of a number of bytes, if they are not longer themselves.
func lines(words []string, most int) (list []string) {
	for i, w := range words {
		if i < len(words)-1 {
			w += ","
		}
		if n := len(list); n > 0 && len(list[n-1])+1+len(w) <= most {
			list[n-1] += " " + w
		} else {
			list = append(list, w)
		}
	}
	return list
}

// event tells an event of the module.
func (v *events) event(e moonlet.Event) {
	problem, traceback := false, ""
	switch e := e.(type) {
	case moonlet.Exception, moonlet.HostError, moonlet.FlashWear, moonlet.InputLate, moonlet.OldCode, moonlet.Note:
		problem = true
	case moonlet.OutOfMemory:
		problem, traceback = true, e.Traceback
	case moonlet.StoreRefused:
		problem, traceback = true, e.Traceback
	case moonlet.Watchdog:
		problem, traceback = true, e.Traceback
	case moonlet.Bug:
		problem, traceback = true, e.Traceback
	case moonlet.LongTask:
		traceback = e.Traceback
		if !v.json && !v.quiet && !v.long.worth(e) {
			return
		}
	case moonlet.Cut:
		traceback = e.Traceback
	case moonlet.MissingModule:
		traceback = e.Traceback
	}
	switch e.(type) {
	case moonlet.Panic, moonlet.LuaError: // the module prints it
		if !v.json {
			return
		}
		problem = true
	}
	if v.quiet && !problem {
		return
	}
	words := e.String()
	if traceback != "" {
		words += "\n" + strings.TrimRight(traceback, "\n")
	}
	v.tell(e, words)
}

// longTasks remembers which long tasks a person was told of. An application has the same one
// again and again; the rest is counted.
type longTasks struct {
	told map[string]time.Duration // by place, how long it took
	most time.Duration            // of all that were told
	more int
}

const longPlaces = 20

// worth tells whether a task is to be told: its place is new, or it took twice as long as one
// that was told.
func (l *longTasks) worth(e moonlet.LongTask) bool {
	before, known := l.told[e.Traceback]
	if !known && len(l.told) >= longPlaces {
		before, known = l.most, true
	}
	if known && e.Took < 2*before {
		l.more++
		return false
	}
	if l.told == nil {
		l.told = map[string]time.Duration{}
	}
	if _, has := l.told[e.Traceback]; has || len(l.told) < longPlaces {
		l.told[e.Traceback] = e.Took
	}
	l.most = max(l.most, e.Took)
	return true
}
