package heapview

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
)

// Step is a step of the path that keeps an object alive.
type Step struct {
	By      string `json:"by"` // the reference in words, "" if it needs none
	Kind    string `json:"kind"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

func address(o *Object) string { return fmt.Sprintf("%#08x", o.Addr) }

// quoteMost is how much of a string is shown, in bytes.
const quoteMost = 40

// Describe names an object: its kind and what is known of it.
func (s *Snapshot) Describe(o *Object) string {
	switch o {
	case s.registry:
		return "the registry"
	case s.globals:
		return "the table of globals"
	case s.loaded:
		return "package.loaded"
	case s.mainThread:
		return "main thread"
	}
	name := s.nameOf(o)
	switch o.Kind {
	case machine.HeapState:
		return "state of Lua"
	case machine.HeapStringTable:
		return "string table"
	case machine.HeapThread:
		return strings.TrimSpace("coroutine " + name)
	case machine.HeapPrototype:
		return "code of " + name
	case KindC:
		if o.Blocks[0].What != "" {
			return name
		}
		return strings.TrimSpace("C buffer " + name)
	}
	return strings.TrimSpace(string(o.Kind) + " " + name)
}

// nameOf is what an object is called besides its kind.
func (s *Snapshot) nameOf(o *Object) string {
	switch o.Kind {
	case machine.HeapString:
		text := o.Name
		if len(text) > quoteMost || len(text) < o.Length {
			return strconv.Quote(text[:min(len(text), quoteMost)]) + "..."
		}
		return strconv.Quote(text)
	case machine.HeapFunction, machine.HeapPrototype, machine.HeapThread:
		switch {
		case o.Def.LineDefined < 0:
			return cmp.Or(o.Name, "of C")
		case o.Def == machine.Frame{}:
			return ""
		case o.Def.LineDefined == 0:
			return o.Def.Function() + " (main chunk)"
		}
		return o.Def.Function()
	case machine.HeapUserdata:
		return cmp.Or(o.Name, "without a type")
	case KindC:
		if what := o.Blocks[0].What; what != "" {
			return what
		}
		if stack := s.Sites.Stack(o.Blocks[0].Site); len(stack) > 0 && stack[0].LineDefined < 0 && stack[0].Source != "" {
			return "of " + stack[0].Source
		}
	case machine.HeapUpvalue:
		if o.parent != nil && o.by.Kind == machine.RefUpvalue {
			return s.upvalueName(o.parent, o.by)
		}
	}
	return ""
}

func (s *Snapshot) upvalueName(f *Object, r machine.HeapRef) string {
	name := r.Name
	if name == "" && s.UpvalueName != nil {
		name = s.UpvalueName(f.Def, int(r.Index))
	}
	if name == "" {
		return strconv.FormatInt(r.Index, 10)
	}
	return "'" + name + "'"
}

// label is the reference from o's parent to o in words, "" if it says nothing.
func (s *Snapshot) label(o *Object) string {
	p, r := o.parent, o.by
	switch p {
	case s.state:
		return rootLabel(r)
	case s.registry:
		return s.registryLabel(o, r)
	case s.globals:
		if r.Kind == machine.RefField {
			return "global '" + r.Name + "'"
		}
		return "names of global variables"
	case s.loaded:
		if r.Kind == machine.RefField {
			return "package.loaded." + r.Name
		}
		return "names of loaded modules"
	case s.mainThread:
		return "main thread's " + stackLabel(r)
	}
	return s.refLabel(p, r)
}

func rootLabel(r machine.HeapRef) string {
	switch r.Kind {
	case machine.RefTypeMetatable:
		return "metatable of type " + r.Name
	case machine.RefFinalizer:
		return "waits for its finalizer"
	case machine.RefFixed:
		return "words of Lua itself"
	}
	return ""
}

func (s *Snapshot) registryLabel(o *Object, r machine.HeapRef) string {
	switch {
	case o == s.globals || o == s.loaded || o == s.mainThread:
		return ""
	case r.Kind == machine.RefIndex:
		return registryReference(r.Index)
	case r.Kind == machine.RefField:
		return "registry['" + r.Name + "']"
	}
	return "keys of the registry"
}

func (s *Snapshot) refLabel(p *Object, r machine.HeapRef) string {
	switch r.Kind {
	case machine.RefIndex:
		return "[" + strconv.FormatInt(r.Index, 10) + "]"
	case machine.RefField:
		if isName(r.Name) {
			return "." + r.Name
		}
		return "[" + strconv.Quote(r.Name) + "]"
	case machine.RefKeyed:
		return "[" + r.Name + "]"
	case machine.RefUpvalue:
		return "upvalue " + s.upvalueName(p, r)
	case machine.RefValue, machine.RefCode:
		return ""
	case machine.RefInner:
		return "inner function"
	case machine.RefDebug:
		return "debug information"
	case machine.RefStack:
		return stackLabel(r)
	}
	return strings.ReplaceAll(string(r.Kind), "_", " ")
}

func stackLabel(r machine.HeapRef) string {
	switch {
	case r.Kind == machine.RefOpenUpvalue:
		return "stack (upvalue of its functions)"
	case r.Name != "":
		return "stack (function " + r.Name + ")"
	}
	return "stack"
}

// isName tells whether a field's name needs no quotes.
func isName(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// Path is how the roots reach an object. It is empty for what nothing refers to:
// the state, blocks of C, garbage.
func (s *Snapshot) Path(o *Object) (steps []Step) {
	for ; o != nil && o.parent != nil; o = o.parent {
		steps = append(steps, Step{By: s.label(o), Kind: string(o.Kind), Name: s.nameOf(o), Address: address(o)})
	}
	for i, j := 0, len(steps)-1; i < j; i, j = i+1, j-1 {
		steps[i], steps[j] = steps[j], steps[i]
	}
	return steps
}

// arrow stands between the steps of a path.
const arrow = " → "

// PathText is Path in one line.
func (s *Snapshot) PathText(o *Object) string {
	switch {
	case o.Kind == KindC:
		return "C code"
	case o.parent == nil && (o.depth > 0 || o.Kind == machine.HeapStringTable):
		return "the virtual machine"
	case o.depth == 0:
		return "nothing: garbage that the collector has not freed yet"
	}
	var chain []*Object
	root := int64(0) // the entry of the registry that the path begins with
	for x := o; x.parent != nil; x = x.parent {
		chain = append(chain, x)
		if x.parent == s.registry && x.by.Kind == machine.RefIndex {
			root = x.by.Index
		}
	}
	var parts []string
	for i := len(chain) - 1; i >= 0; i-- {
		x := chain[i]
		if label := s.label(x); label != "" {
			parts = append(parts, label)
		}
		if speaks(x) && x != s.mainThread || i == 0 && x.Kind != machine.HeapUpvalue {
			parts = append(parts, s.Describe(x)+s.holding(x, root))
		}
	}
	return strings.Join(parts, arrow)
}

// speaks tells whether a path names an object, and not only the references around it.
func speaks(o *Object) bool {
	return o.Kind == machine.HeapFunction || o.Kind == machine.HeapUserdata || o.Kind == machine.HeapThread
}

// holding tells that an object owns an entry of the registry: then a path that begins
// with it is a circle.
func (s *Snapshot) holding(o *Object, ref int64) string {
	for _, w := range s.owns[o] {
		if w.Ref == ref {
			return ", which holds " + registryReference(ref)
		}
	}
	return ""
}

func registryReference(ref int64) string { return "registry reference " + strconv.FormatInt(ref, 10) }

// holder names what holds an object at the roots' side: a global variable, a module,
// references of the registry to the same function. root is the object that the
// registry or the like refers to, nil if there is none.
func (s *Snapshot) holder(o *Object) (name string, root *Object) {
	switch o {
	case s.registry, s.globals, s.loaded, s.mainThread:
		return s.Describe(o), o
	}
	if o.parent == nil || o.depth == 0 {
		return s.rootless(o), nil
	}
	for {
		switch p := o.parent; p {
		case s.registry:
			if o.by.Kind == machine.RefIndex {
				return "registry reference" + arrow + s.Describe(o), o
			}
			return s.label(o), o
		case s.state, s.globals, s.loaded, s.mainThread:
			return s.label(o), o
		default:
			o = p
		}
	}
}

// Garbage is how many bytes of the heap the next collection gives back.
func (s *Snapshot) Garbage() (n int) {
	for _, o := range s.list {
		if s.garbage(o) {
			n += o.Bytes()
		}
	}
	return n
}

func (s *Snapshot) garbage(o *Object) bool {
	switch o.Kind {
	case KindC, machine.HeapState, machine.HeapStringTable:
		return false
	}
	return o.depth == 0
}

func (s *Snapshot) rootless(o *Object) string {
	if s.garbage(o) {
		return "nothing (garbage)"
	}
	return "the firmware itself"
}
