package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/project"
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

	mu  sync.Mutex
	eol string
}

// record is an event as JSON.
type record struct {
	Event     string  `json:"event"`
	At        float64 `json:"at"` // seconds of device time
	Text      string  `json:"text"`
	Traceback string  `json:"traceback,omitempty"`
	Took      float64 `json:"took,omitempty"` // seconds
	Network   string  `json:"network,omitempty"`
	Port      uint16  `json:"port,omitempty"` // of the module
	Host      string  `json:"host,omitempty"` // where the port is found
	Error     string  `json:"error,omitempty"`
	Reason    *uint32 `json:"reason,omitempty"` // of a reset
	File      string  `json:"file,omitempty"`
	Bytes     *int    `json:"bytes,omitempty"`
	Heap      int     `json:"heap,omitempty"`
	Address   *int    `json:"address,omitempty"` // of a sector in the flash chip
	Erases    int     `json:"erases,omitempty"`  // of it in this run
	Lasts     float64 `json:"lasts,omitempty"`   // seconds until it is worn
	State     string  `json:"state,omitempty"`
	Code      int     `json:"code,omitempty"` // exit code
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
func (v *events) tell(r record) {
	midLine := v.midLine()
	v.mu.Lock()
	defer v.mu.Unlock()
	defer v.to.sync()
	if midLine {
		io.WriteString(v.to, v.eol)
		v.out.lineBegun()
	}
	if v.json {
		writeRecord(v.to, r, v.eol)
		return
	}
	text := "moonlet: " + r.Text
	if r.Traceback != "" {
		text += "\n" + strings.TrimRight(r.Traceback, "\n")
	}
	io.WriteString(v.to, strings.ReplaceAll(plain(text), "\n", v.eol)+v.eol)
}

// writeRecord writes an event as JSON. Where nobody hears them, events are lost.
func writeRecord(w io.Writer, r record, eol string) {
	b, err := json.Marshal(r)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	w.Write(append(b, eol...))
}

// start tells what is about to run.
func (v *events) start(p *project.Project) {
	if !v.quiet {
		state := p.StateDir
		if chip := p.FlashPath(); chip != "" {
			if state = chip; !p.Saves() {
				state = "a copy of " + chip
			}
		} else if p.Temporary {
			state = "a temporary directory"
		}
		v.tell(record{Event: "start", Heap: p.Heap(), State: p.StateDir, Text: fmt.Sprintf(
			"virtual ESP8266, %s heap, flash in %s; Ctrl-C leaves", bytesText(p.Heap()), state)})
	}
	for _, w := range p.Warnings {
		v.warn(w)
	}
}

// ended tells what the end of a run means.
func (v *events) ended(p *project.Project) {
	if !v.quiet && p.Lost() {
		v.tell(record{Event: "discarded", Text: fmt.Sprintf(
			"what the module wrote to its flash chip is gone; --save keeps it in %s", p.FlashPath())})
	}
}

func (v *events) warn(text string) { v.tell(record{Event: "warning", Text: text}) }

func bytesText(n int) string {
	if n%1024 == 0 {
		return fmt.Sprintf("%d KB", n/1024)
	}
	return fmt.Sprintf("%d bytes", n)
}

func (v *events) uploaded(files []project.Uploaded) {
	if v.quiet || len(files) == 0 {
		return
	}
	if v.json {
		for _, f := range files {
			v.tell(record{Event: "upload", File: f.Name, Bytes: &f.Bytes, Text: fmt.Sprintf("%s goes to flash", f.Name)})
		}
		return
	}
	var names []string
	sum := 0
	for _, f := range files {
		names = append(names, fmt.Sprintf("%s (%d)", f.Name, f.Bytes))
		sum += f.Bytes
	}
	v.tell(record{Text: fmt.Sprintf("to flash: %s; %d bytes", strings.Join(names, ", "), sum)})
}

// event tells an event of the module.
func (v *events) event(e device.Event) {
	problem := e.Mapping != nil && e.Mapping.Err != nil
	switch e.Kind {
	case device.Watchdog, device.Exception, device.HostError, device.FlashWear, device.Bug:
		problem = true
	}
	if v.quiet && !problem {
		return
	}
	r := record{Event: e.Kind.String(), At: e.At.Seconds(), Text: e.Text, Traceback: e.Traceback, Took: e.Took.Seconds()}
	if m := e.Mapping; m != nil {
		r.Network, r.Port, r.Host = m.Network, m.Device, m.Host.String()
		if m.Err != nil {
			r.Error = m.Err.Error()
		}
	}
	if e.Reset != nil {
		reason := uint32(e.Reset.Reason)
		r.Reason = &reason
	}
	if w := e.Wear; w != nil {
		r.Address, r.Erases, r.Lasts = &w.Offset, w.Erases, w.Left.Seconds()
	}
	v.tell(r)
}
