package heapview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
)

// Circle is what keeps itself alive through the registry: a callback there belongs to a
// userdata, and refers to that userdata. The collector sees a root; in truth nothing
// else holds any part of it. Circles of the same shape count together.
type Circle struct {
	Count int `json:"count"`
	Size      // of all that only they hold
	// File, Line and Place are those of the callback's function.
	File  string `json:"file"`
	Line  int    `json:"line"`
	Place string `json:"place"`
	// References are the entries of the registry in the first of them, Path its steps
	// and Text the same in one line.
	References []int64 `json:"references"`
	Path       []Step  `json:"path"`
	Text       string  `json:"text"`
}

// edge is a reference, or an entry of the registry that its owner has.
type edge struct {
	to    *Object
	by    machine.HeapRef
	owned *Owned
}

// edges are the references of an object. Those of the registry that have an owner are
// with the owner.
func (s *Snapshot) edges(o *Object) (list []edge) {
	for _, r := range o.refs {
		to := s.byAddr[r.To]
		if to == nil || r.Weak || o == s.registry && r.Kind == machine.RefIndex && s.ownedRefs[r.Index] {
			continue
		}
		list = append(list, edge{to: to, by: r})
	}
	for i := range s.owns[o] {
		w := &s.owns[o][i]
		if to := s.entries[w.Ref]; to != nil {
			list = append(list, edge{to: to, owned: w})
		}
	}
	return list
}

// findOwners notes which entries of the registry have an owner.
func (s *Snapshot) findOwners() {
	s.owns, s.ownedRefs, s.entries = map[*Object][]Owned{}, map[int64]bool{}, map[int64]*Object{}
	for _, w := range s.Owned {
		if o := s.byAddr[w.Owner]; o != nil {
			s.owns[o] = append(s.owns[o], w)
			s.ownedRefs[w.Ref] = true
		}
	}
	if s.registry == nil {
		return
	}
	for _, r := range s.registry.refs {
		if r.Kind == machine.RefIndex {
			s.entries[r.Index] = s.byAddr[r.To]
		}
	}
}

// lost are the objects that are alive for the collector, and would not be if it knew
// who owns which entry of the registry. What the firmware itself needs is not lost.
func (s *Snapshot) lost() map[*Object]bool {
	alive := map[*Object]bool{}
	var queue []*Object
	visit := func(o *Object) {
		if o != nil && !alive[o] {
			alive[o] = true
			queue = append(queue, o)
		}
	}
	visit(s.state)
	for _, a := range s.InUse {
		visit(s.byAddr[a])
	}
	for i := 0; i < len(queue); i++ {
		for _, e := range s.edges(queue[i]) {
			visit(e.to)
		}
	}
	lost := map[*Object]bool{}
	for _, o := range s.list {
		if o.depth > 0 && !alive[o] {
			lost[o] = true
		}
	}
	return lost
}

// Circles finds what only keeps itself alive, the largest first.
func (s *Snapshot) Circles(top int) []Circle {
	lost, groups := s.lost(), map[string]*Circle{}
	for _, o := range s.list {
		if !lost[o] || len(s.owns[o]) == 0 {
			continue
		}
		way := s.around(o, lost)
		if way == nil {
			continue
		}
		c, shape := s.circle(o, way)
		if groups[shape] == nil {
			groups[shape] = c
		}
		g := groups[shape]
		g.Count++
		for _, x := range s.within(o, lost) {
			g.add(x)
			delete(lost, x)
		}
	}
	list := make([]Circle, 0, len(groups))
	for c := range maps.Values(groups) {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Circle) int { return cmp.Or(b.Bytes-a.Bytes, strings.Compare(a.Text, b.Text)) })
	return cut(list, top)
}

// around is the shortest way from an object back to itself, nil if there is none.
func (s *Snapshot) around(from *Object, lost map[*Object]bool) (way []edge) {
	type arrival struct {
		from *Object
		edge edge
	}
	came := map[*Object]arrival{}
	queue := []*Object{from}
	for i := 0; i < len(queue) && way == nil; i++ {
		for _, e := range s.edges(queue[i]) {
			if e.to == from {
				way = append(way, e)
				for o := queue[i]; o != from; o = came[o].from {
					way = append(way, came[o].edge)
				}
				break
			}
			if _, known := came[e.to]; !known && lost[e.to] {
				came[e.to] = arrival{queue[i], e}
				queue = append(queue, e.to)
			}
		}
	}
	slices.Reverse(way)
	return way
}

// within are the lost objects that an object holds, with itself.
func (s *Snapshot) within(from *Object, lost map[*Object]bool) []*Object {
	seen, queue := map[*Object]bool{from: true}, []*Object{from}
	for i := 0; i < len(queue); i++ {
		for _, e := range s.edges(queue[i]) {
			if lost[e.to] && !seen[e.to] {
				seen[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	return queue
}

// circle describes a way from an object back to itself. Circles that differ in nothing
// but numbers of entries and addresses have the same shape.
func (s *Snapshot) circle(from *Object, way []edge) (c *Circle, shape string) {
	i := slices.IndexFunc(way, func(e edge) bool { return e.owned != nil })
	if i > 0 { // it begins with an entry of the registry
		from = way[i-1].to
		way = append(slices.Clone(way[i:]), way[:i]...)
	}
	c = &Circle{}
	var text, like []string
	at := from
	for _, e := range way {
		label, kind := s.refLabel(at, e.by), ""
		if e.owned != nil {
			label, kind = registryReference(e.owned.Ref), e.owned.Name
			c.References = append(c.References, e.owned.Ref)
			if c.Place == "" {
				c.File, c.Line, c.Place = s.definition(e.to)
			}
		} else {
			kind = label
		}
		c.Path = append(c.Path, Step{By: label, Kind: string(e.to.Kind), Name: s.nameOf(e.to), Address: address(e.to)})
		if label != "" {
			text = append(text, label)
		}
		like = append(like, kind)
		if speaks(e.to) {
			text, like = append(text, s.Describe(e.to)), append(like, s.Describe(e.to))
		}
		at = e.to
	}
	return c.tell(text), strings.Join(like, arrow)
}

// tell puts the text together: each entry of the registry belongs to the userdata before
// it, the first one to the last userdata.
func (c *Circle) tell(parts []string) *Circle {
	const holds = ", which holds "
	var b strings.Builder
	for i, p := range parts {
		switch {
		case i == 0:
		case strings.HasPrefix(p, "registry reference "):
			b.WriteString(holds)
		default:
			b.WriteString(arrow)
		}
		b.WriteString(p)
	}
	if len(c.References) > 0 {
		b.WriteString(holds + registryReference(c.References[0]))
	}
	c.Text = b.String()
	return c
}

// definition is where a function begins, or the line that made another object.
func (s *Snapshot) definition(o *Object) (file string, line int, place string) {
	p := s.Place(o)
	if o.Kind == machine.HeapFunction && o.Def.LineDefined > 0 {
		p = Place{File: o.Def.Source, Line: o.Def.LineDefined}
	}
	return p.File, p.Line, p.String()
}
