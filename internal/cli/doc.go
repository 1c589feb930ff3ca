package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/manual"
)

const docHelp = `Tells what a name of the firmware is: its arguments and results, what it does, which
editions and builds have it, and what its result takes on the heap, measured in a module that
starts for it.

NAME is a module ("tmr"), a function ("tmr.create"), a method ("alarm"), a constant or an event.
A name that older firmware had leads to what there is instead. Other words are looked for in all
descriptions. Without a NAME it lists the modules.`

func (a *App) docCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doc [NAME...]",
		Short: "tell what a function of the firmware does",
		Long:  docHelp,
		Example: `  moonlet doc
  moonlet doc tmr
  moonlet doc tmr.create
  moonlet doc alarm
  moonlet doc watchdog`,
		ValidArgs: firmware.ModuleNames(),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := manual.Read()
			if err != nil {
				return fail(ExitHost, err)
			}
			d := &docs{manual: m, names: m.Names()}
			if len(args) == 0 {
				return a.writeText(d.list)
			}
			var found []*docEntry
			for _, word := range args {
				list, err := d.find(word)
				if err != nil {
					return fail(ExitUsage, err)
				}
				found = append(found, list...)
			}
			if err := measureDocs(found); err != nil {
				return fail(ExitHost, err)
			}
			if asJSON {
				return a.writeJSON(found)
			}
			return a.writeText(func(w io.Writer) { d.print(w, found) })
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as a JSON array")
	return c
}

// docs are what can be asked for.
type docs struct {
	manual *manual.Manual
	names  []*manual.Name
}

// docEntry is what is told about a name.
type docEntry struct {
	Name      string      `json:"name"`
	Kind      manual.Kind `json:"kind"`
	Signature string      `json:"signature"`
	Does      string      `json:"does"`
	Editions  []string    `json:"editions"`
	Module    string      `json:"module,omitempty"`
	Option    string      `json:"option,omitempty"` // of the build, without which it is not there
	Old       string      `json:"old,omitempty"`    // what older firmware had of this name
	Contents  []string    `json:"contents,omitempty"`
	Example   string      `json:"example,omitempty"`
	Heap      []docHeap   `json:"heap,omitempty"`

	entry *manual.Entry
	short bool // one line does
}

// docHeap is what the result of a call takes.
type docHeap struct {
	Lua string `json:"lua"`
	// StaysBytes are those of the result, MoreBytes what the next collection gives back.
	StaysBytes int `json:"stays_bytes"`
	MoreBytes  int `json:"more_bytes"`
}

// list lists the modules.
func (d *docs) list(w io.Writer) {
	for _, n := range d.names {
		if n.Kind == manual.Table && !strings.Contains(n.Name, ".") && n.Name != "_G" {
			fmt.Fprintf(w, "%-14s %s\n", n.Name, firstSentence(n.Entry.Does))
		}
	}
	fmt.Fprintf(w, "\nmoonlet doc %s   lists what is in one.\n", "tmr")
}

func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// namesMost is how many names of a kind are told whole.
const namesMost = 6

// find finds what a word may mean.
func (d *docs) find(word string) (list []*docEntry, err error) {
	bare := strings.TrimSuffix(strings.TrimSuffix(word, "()"), "(")
	matches := func(f func(n *manual.Name) bool) {
		if len(list) > 0 {
			return
		}
		for _, n := range d.names {
			if f(n) {
				list = append(list, d.entry(n))
			}
		}
	}
	matches(func(n *manual.Name) bool { return n.Name == bare })
	matches(func(n *manual.Name) bool { return strings.EqualFold(n.Name, bare) || strings.EqualFold(n.Last(), bare) })
	// A method by the name of its object, as in t:alarm.
	if i := strings.LastIndexAny(bare, ".:"); i >= 0 {
		matches(func(n *manual.Name) bool { return n.Kind == manual.Method && strings.HasSuffix(n.Name, bare[i:]) })
	}
	if len(list) == 0 {
		if e := old(bare); e != nil {
			return []*docEntry{e}, nil
		}
		if firmware.IsMissing(bare) {
			return nil, fmt.Errorf("the firmware's module %s is not in Moonlet yet", bare)
		}
	}
	matches(func(n *manual.Name) bool {
		return strings.Contains(strings.ToLower(n.Name+" "+n.Entry.Does), strings.ToLower(bare))
	})
	if len(list) == 0 {
		var all []string
		for _, n := range d.names {
			all = append(all, n.Name, n.Last())
		}
		meant := ""
		if near := keys.Nearest(bare, all); near != "" {
			meant = fmt.Sprintf("; %s is near", near)
		}
		return nil, fmt.Errorf("the firmware has no %q, and no description has the word%s", word, meant)
	}
	for _, e := range list {
		e.short = len(list) > namesMost
	}
	return list, nil
}

// entry is what is told about a name.
func (d *docs) entry(n *manual.Name) *docEntry {
	e := &docEntry{Name: n.Name, Kind: n.Kind, Signature: n.Entry.Signature(n.Name), Does: n.Entry.Does, Editions: n.Editions,
		Module: n.Module, Option: n.Option, Example: n.Entry.Try, entry: n.Entry}
	if o := old(n.Name); o != nil {
		e.Old = o.Old
	}
	if n.Kind == manual.Constant && !strings.Contains(n.Entry.Names[0], "*") {
		e.Signature = strings.Join(n.Entry.Names, ", ")
	}
	if n.Kind != manual.Table || n.Name == "_G" {
		return e
	}
	var constants *manual.Entry
	for _, x := range d.names {
		rest, ok := strings.CutPrefix(x.Name, n.Name)
		switch {
		case !ok || rest == "" || n.Module == "" && strings.Contains(rest, ":"):
			continue
		case strings.ContainsAny(rest[:1], "abcdefghijklmnopqrstuvwxyz"): // another module
			continue
		case x.Kind == manual.Constant && x.Entry == constants: // told with the first of them
			continue
		}
		constants = x.Entry
		signature := x.Entry.Signature(x.Name)
		if x.Kind == manual.Constant {
			signature = strings.Join(x.Entry.Names, ", ")
		}
		e.Contents = append(e.Contents, signature+"\n    "+firstSentence(x.Entry.Does))
	}
	return e
}

// old is what older firmware or older Lua had of a name, nil for nothing.
func old(name string) *docEntry {
	for _, f := range firmware.Facts() {
		if f.Name != name {
			continue
		}
		e := &docEntry{Name: name, Kind: manual.Function, Signature: cmp.Or(f.Form, f.Name)}
		e.Old = fmt.Sprintf("Gone since %s. Instead: %s", f.Gone, f.Now)
		switch {
		case f.Lua != "":
			e.Old = fmt.Sprintf("Lua 5.3 has not got it. Instead: %s", f.Now)
		case f.Sense != "":
			e.Old = fmt.Sprintf("%s is of older firmware: since %s it %s. Instead: %s", cmp.Or(f.Form, f.Name), f.Gone, f.Sense, f.Now)
		}
		return e
	}
	return nil
}

func (d *docs) print(w io.Writer, found []*docEntry) {
	for i, e := range found {
		if e.short {
			fmt.Fprintf(w, "%s\n    %s\n", e.Signature, firstSentence(e.Does))
			continue
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, e.Signature)
		wrap(w, "    ", e.Does)
		if e.Editions != nil {
			wrap(w, "    ", e.where())
		}
		if e.Old != "" {
			wrap(w, "    ", e.Old)
		}
		if len(e.Heap) > 0 {
			fmt.Fprintf(w, "    Heap, of what this gives: %s\n", strings.TrimPrefix(e.Example, "return "))
			for _, h := range e.Heap {
				fmt.Fprintf(w, "      Lua %-8s %5d bytes stay, and %d go with the next collection\n", h.Lua, h.StaysBytes, h.MoreBytes)
			}
		}
		if len(e.Contents) > 0 && len(found) == 1 {
			fmt.Fprintf(w, "\n%s\n", strings.Join(e.Contents, "\n"))
		}
	}
}

// where says which editions and builds have it.
func (e *docEntry) where() string {
	s := "Lua " + strings.Join(e.Editions, ", ")
	if len(e.Editions) == len(editions.All()) {
		s = "All editions of Lua"
	}
	if e.Module != "" && e.Name != e.Module {
		s += "; module " + e.Module
	}
	if e.Option != "" {
		s += "; only in builds with the option " + e.Option
	}
	return s + "."
}

// measureDocs measures what the results of examples take, in a module of each edition.
func measureDocs(found []*docEntry) error {
	for _, e := range found {
		if e.Example == "" || e.short {
			continue
		}
		for _, edition := range e.Editions {
			h, err := measureHeap(edition, e.entry, e.Option)
			if err != nil {
				return fmt.Errorf("%s, Lua %s: %w", e.Name, edition, err)
			}
			e.Heap = append(e.Heap, h)
		}
	}
	return nil
}

// measureCalls is how often an example is called: what a piece of the heap has to be larger than what was asked for is
// spread over so many results.
const measureCalls = 4

// measuring runs in the module. The function is compiled before, and the collector stands while it runs; what it leaves
// is measured when all garbage is gone. The second round counts, since the first call of something may make what stays.
const measuring = `
%s
local f = loadfile("try.lua")
kept = { false, false, false, false }
local function free() collectgarbage() collectgarbage() return node.heap() end
local stay, more
for round = 1, 2 do
  for i = 1, %d do kept[i] = false end
  local before = free()
  collectgarbage("stop")
  for i = 1, %[2]d do kept[i] = f() end
  local after = node.heap()
  collectgarbage("restart")
  stay = before - free()
  more = before - after - stay
end
print("MEASURED", stay, more, "END")
`

// measureHeap measures the result of an example.
func measureHeap(edition string, e *manual.Entry, option string) (h docHeap, err error) {
	c := moonlet.Config{Lua: edition, Time: moonlet.Virtual, Files: map[string]string{"init.lua": fmt.Sprintf(measuring, e.Setup, measureCalls), "try.lua": e.Try}}
	if option != "" {
		c.Options = []string{option}
	}
	m, err := moonlet.New(c)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if err := m.RunFor(time.Minute); err != nil && !errors.Is(err, context.Canceled) {
		return h, err
	}
	_, line, ok := strings.Cut(m.Output(), "MEASURED\t")
	if !ok {
		return h, fmt.Errorf("the example fails:\n%s", m.LastLines(5))
	}
	h.Lua = edition
	_, err = fmt.Sscan(line, &h.StaysBytes, &h.MoreBytes)
	h.StaysBytes, h.MoreBytes = (h.StaysBytes+measureCalls-1)/measureCalls, (h.MoreBytes+measureCalls-1)/measureCalls
	return h, err
}
