package minify

import (
	"slices"
	"sort"

	"moonlet.example/moonlet/internal/lua/scope"
)

// renamer gives local variables short names. Two variables may have the same name where the inner one hides the outer
// one without harm: nothing in the inner one's range is the outer one. A variable must not be called like a global name
// in its range.
type renamer struct {
	scopes *scope.Scopes
	locals []*scope.Local
	names  map[*scope.Local]string
	// globals are the places of each global name, in order.
	globals map[string][]int32
}

// rename puts the new names into the texts of tokens: how many variables there are, and how many have changed.
func rename(s *scope.Scopes, texts []string, o Options) (all, changed int) {
	r := &renamer{scopes: s, names: map[*scope.Local]string{}, globals: map[string][]int32{}}
	for _, n := range s.Names {
		name := s.Tree.Text(n.First)
		r.globals[name] = append(r.globals[name], n.First)
	}
	for _, places := range r.globals {
		slices.Sort(places)
	}
	for _, v := range s.Locals {
		if r.keeps(v, o) {
			r.names[v] = v.Name
		} else {
			r.locals = append(r.locals, v)
		}
	}
	// Those that are used most choose first; among equals those that come first.
	sort.SliceStable(r.locals, func(i, j int) bool { return len(r.locals[i].Uses) > len(r.locals[j].Uses) })
	for _, v := range r.locals {
		taken := r.taken(v)
		for i := 0; ; i++ {
			name := shortName(i)
			if len(name) >= len(v.Name) && !taken[v.Name] {
				name = v.Name // no other one is shorter
			}
			if !taken[name] && r.isFree(name, v) {
				r.names[v] = name
				break
			}
		}
	}
	for v, name := range r.names {
		if name != v.Name {
			changed++
		}
		if !v.Implicit(s.Tree) {
			texts[v.Token] = name
		}
		for _, token := range v.Uses {
			texts[token] = name
		}
	}
	return len(s.Locals), changed
}

// keeps tells whether a variable has to keep its name: the self of a method, an environment, the arg of Lua 5.1 that a
// function may make.
func (r *renamer) keeps(v *scope.Local, o Options) bool {
	return v.Implicit(r.scopes.Tree) || v.Name == "_ENV" || o.Lua51 && v.Name == scope.OldArg || slices.Contains(o.KeepNames, v.Name)
}

// taken are the names that variables have already which must not be the same as v's: those that are seen where v is, if
// one of them is used in the range of the other that lies inside it.
func (r *renamer) taken(v *scope.Local) map[string]bool {
	taken := map[string]bool{}
	for u, name := range r.names {
		if u == v || u.To <= v.From || v.To <= u.From {
			continue
		}
		outer, inner := u, v
		if v.From < u.From || v.From == u.From && v.Token < u.Token {
			outer, inner = v, u
		}
		if outer.From == inner.From || usedIn(outer, inner.From, inner.To) {
			taken[name] = true
		}
	}
	return taken
}

// usedIn tells whether a variable is named between two tokens.
func usedIn(v *scope.Local, from, to int32) bool {
	i, _ := slices.BinarySearch(v.Uses, from)
	return i < len(v.Uses) && v.Uses[i] < to
}

// isFree tells whether a name is no word of the language and no global name in the range of a variable.
func (r *renamer) isFree(name string, v *scope.Local) bool {
	if words[name] {
		return false
	}
	places := r.globals[name]
	i, _ := slices.BinarySearch(places, v.From)
	return i >= len(places) || places[i] >= v.To
}

// words are what no variable may be called, in either edition, and self, which a method inside may make.
var words = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true,
	"function": true, "goto": true, "if": true, "in": true, "local": true, "nil": true, "not": true, "or": true,
	"repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true, "self": true,
	"arg": true, "_ENV": true,
}

// Characters of names, first and others: those of the first kind that text of Lua has most come first, since what is
// sent compressed is shorter then.
const (
	firstChars = "etaoinshrlducmfwypvbgkjqxzETAOINSHRLDUCMFWYPVBGKJQXZ_"
	otherChars = firstChars + "0123456789"
)

// shortName is the i-th of all names, the shortest first.
func shortName(i int) string {
	name := []byte{firstChars[i%len(firstChars)]}
	for i /= len(firstChars); i > 0; i /= len(otherChars) {
		i--
		name = append(name, otherChars[i%len(otherChars)])
	}
	return string(name)
}
