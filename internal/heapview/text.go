package heapview

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"moonlet.example/moonlet/internal/lua/machine"
)

// kindWords are the names of kinds for one and for several objects.
var kindWords = map[string][2]string{
	string(machine.HeapString):      {"string", "strings"},
	string(machine.HeapTable):       {"table", "tables"},
	string(machine.HeapFunction):    {"closure", "closures"},
	string(machine.HeapPrototype):   {"prototype", "prototypes"},
	string(machine.HeapUpvalue):     {"upvalue", "upvalues"},
	string(machine.HeapUserdata):    {"userdata", "userdata"},
	string(machine.HeapThread):      {"thread", "threads"},
	string(machine.HeapStringTable): {"string table", "string tables"},
	string(machine.HeapState):       {"state of Lua", "states of Lua"},
	string(KindC):                   {"C buffer", "C buffers"},
}

// kindTitles are the names of kinds as headings where kindWords have no plural
// that fits.
var kindTitles = map[string]string{
	string(machine.HeapFunction):    "functions (closures)",
	string(machine.HeapStringTable): "string table",
	string(machine.HeapState):       "state of Lua",
	string(KindC):                   "C: buffers etc.",
}

// Counted is a number of objects of each kind in words.
func Counted(objects map[string]int) string {
	var parts []string
	for _, k := range kindOrder {
		switch n := objects[string(k)]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+kindWords[string(k)][0])
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, kindWords[string(k)][1]))
		}
	}
	return strings.Join(parts, ", ")
}

// Print writes a report for people. The list of objects goes with one of growth
// only if it is wanted.
func (r *Report) Print(w io.Writer, objects bool) {
	h := r.Heap
	if o := r.OutOfMemory; o != nil {
		fmt.Fprintf(w, "Not enough memory: %d bytes wanted at %s\n", o.Wanted, o.Place)
	}
	fmt.Fprintf(w, "Heap after %v: %d of %d bytes in use, %d free (node.heap), the largest piece %d; Lua counts %d\n",
		moment(r.After), h.Used, h.Total, h.Free, h.Largest, h.Lua)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "Note: %s\n", n)
	}
	fmt.Fprintln(w)
	r.printKinds(w)
	r.printCBlocks(w)
	if r.Growth != nil {
		r.Growth.print(w)
	} else {
		r.printLines(w)
	}
	r.printCircles(w)
	if r.Growth == nil || objects {
		r.printObjects(w)
	}
}

// moment is a time in seconds for people.
func moment(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}

func (r *Report) printLines(w io.Writer) {
	fmt.Fprintln(w, "\nBy the line that took it:")
	for _, l := range r.Lines {
		fmt.Fprintf(w, "  %s\n", l.words())
	}
	fmt.Fprintln(w, "\nBy what holds it:")
	for _, h := range r.Holders {
		times := ""
		if h.Roots > 1 && strings.HasPrefix(h.Holder, "registry reference") {
			times = fmt.Sprintf("%d × ", h.Roots)
		}
		fmt.Fprintf(w, "  %7d  %s%s\n", h.Bytes, times, h.Holder)
	}
}

func (r *Report) printCBlocks(w io.Writer) {
	fmt.Fprintln(w, "\nBlocks of C code:")
	for _, b := range r.CBlocks {
		times := ""
		if b.Count > 1 {
			times = fmt.Sprintf("%d × ", b.Count)
		}
		fmt.Fprintf(w, "  %7d  %s%s\n", b.Bytes, times, b.Name)
	}
	if len(r.CBlocks) == 0 {
		fmt.Fprintln(w, "  none")
	}
}

func (r *Report) printCircles(w io.Writer) {
	if len(r.Circles) == 0 {
		return
	}
	fmt.Fprintln(w, "\nCircles through the registry, which nothing else keeps alive:")
	for _, c := range r.Circles {
		times := ""
		if c.Count > 1 {
			times = fmt.Sprintf("%d × like ", c.Count)
		}
		fmt.Fprintf(w, "  %7d  %s%s\n", c.Bytes, times, c.Text)
	}
}

func (r *Report) printObjects(w io.Writer) {
	fmt.Fprintln(w, "\nObjects, and what keeps them:")
	for _, it := range r.Objects {
		fmt.Fprintf(w, "  %7d  %s, from %s\n%11s%s\n", it.Bytes, it.describe, it.Place, "", it.PathText)
	}
	if len(r.Objects) == 0 {
		fmt.Fprintln(w, "  none")
	}
}

func (r *Report) printKinds(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "COUNT\tPAYLOAD\tBYTES\t  KIND")
	sum := Kind{}
	row := func(k Kind, name string) { fmt.Fprintf(tw, "%d\t%d\t%d\t  %s\n", k.Count, k.Payload, k.Bytes, name) }
	for _, k := range r.Kinds {
		name := kindTitles[k.Kind]
		if name == "" {
			name = kindWords[k.Kind][1]
		}
		row(k, name)
		sum.Count += k.Count
		sum.Payload += k.Payload
		sum.Bytes += k.Bytes
	}
	row(sum, "in use")
	tw.Flush()
}

// words describes a line: "app.lua:12  3 tables, 2 closures, 640 bytes".
func (l Line) words() string {
	parts := []string{}
	if c := Counted(l.Objects); c != "" {
		parts = append(parts, c)
	}
	switch {
	case l.Parts == 1:
		parts = append(parts, "1 part of another object")
	case l.Parts > 1:
		parts = append(parts, fmt.Sprintf("%d parts of other objects", l.Parts))
	}
	return fmt.Sprintf("%s  %s, %d bytes", l.Place, strings.Join(parts, ", "), l.Bytes)
}

func (g *Growth) print(w io.Writer) {
	fmt.Fprintf(w, "\nFrom %v to %v: %+d bytes in use\n", moment(g.From), moment(g.To), g.Used)
	fmt.Fprintf(w, "  new   %6d bytes in %d objects\n  grown %6d bytes, shrunk %d\n  gone  %6d bytes in %d objects\n",
		g.NewBytes, g.NewObjects, g.GrownBytes, g.ShrunkBytes, g.GoneBytes, g.GoneObjects)
	fmt.Fprintln(w, "\nNew or grown, by the line that took it, each with an example and what keeps that:")
	for _, l := range g.Lines {
		parts := []string{}
		if c := Counted(l.Objects); c != "" {
			parts = append(parts, c)
		}
		if l.Grown > 0 {
			parts = append(parts, fmt.Sprintf("%d grown", l.Grown))
		}
		fmt.Fprintf(w, "  %+7d  %s  %s\n%11s%s\n", l.Bytes, l.Place, strings.Join(parts, ", "), "", l.Example.PathText)
	}
	if len(g.Lines) == 0 {
		fmt.Fprintln(w, "  nothing")
	}
}
