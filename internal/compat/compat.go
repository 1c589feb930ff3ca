// Package compat rewrites Lua source of older firmware and of Lua 5.1 so that today's firmware takes it. It works on the
// tokens and the tree that the compiler tells (package syntax), so comments, blanks and lines stay.
//
// A change is made only where the source says for certain what is meant: a name that is nobody's own, arguments that
// can be counted. Of what is left, lint tells most in the result; only what it cannot see there is told here.
package compat

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/scope"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// File is a file of an application.
type File struct {
	Path string // for people
	Data []byte
}

// Options say what the files are to become.
type Options struct {
	// Build is what the result is for.
	Build firmware.Build
	// Old tells that the files are certainly Lua 5.1, so that what both editions take, in two senses, is 5.1's.
	Old bool
}

// Change is something that was rewritten.
type Change struct {
	File string `json:"file"`
	Line int    `json:"line"` // of the source, from 1
	// Column is counted in characters, from 1.
	Column int    `json:"column"`
	Rule   string `json:"rule"`
	// Message says what was written instead of what.
	Message string `json:"message"`
	// Look says what the result does in another way, where it does; somebody should look at it.
	Look string `json:"look,omitempty"`
}

// Result is what became of a file.
type Result struct {
	Text    []byte
	Changes []Change
	// Left are places where both editions take the source, in two senses, or that no other source can replace. What lint
	// finds in Text is not among them.
	Left []Change
	// Wrong says why the compiler does not take the file, as neither edition; then Text is the source.
	Wrong *syntax.Error
}

// Rule is a kind of change.
type Rule struct{ Name, Old, New string }

// The names of the rules.
const (
	ruleName    = "name"
	ruleGetn    = "getn"
	ruleForeach = "foreach"
	ruleMath    = "math"
	ruleEnv     = "environment"
	ruleModule  = "module"
	ruleArg     = "arg"
	ruleEscape  = "escape"
	ruleGoto    = "goto"
	ruleNumeral = "numeral"
	ruleTimer   = "static-timer"
	ruleStation = "station"
	ruleSocket  = "socket"
	ruleMQTT    = "mqtt"
	ruleOutput  = "output"
)

// Rules lists them.
func Rules() []Rule {
	return []Rule{
		{ruleName, "`unpack`, `loadstring`, `string.gfind`, `math.mod`, `math.atan2`, `cjson.…`, `crypto.toHex`, `node.flashindex(name)`, …", "the name of today"},
		{ruleGetn, "`table.getn(t)`", "`#t`"},
		{ruleForeach, "`table.foreach(t, f)`, `table.foreachi(t, f)`, as statements", "a loop that does the same"},
		{ruleMath, "`math.pow(x, y)`, `math.log10(x)`, `math.ldexp(x, n)`, `gcinfo()`", "`(x ^ y)`, `math.log(x, 10)`, `(x * 2.0 ^ n)`, `math.floor(collectgarbage(\"count\"))`"},
		{ruleEnv, "`setfenv(1, t)`, `getfenv()`", "`local _ENV = t`, `_ENV`"},
		{ruleModule, "`module(…)`, `module(…, package.seeall)`", "a table that is the environment of the rest of the file"},
		{ruleArg, "`arg` in a function with `...`", "`local arg = table.pack(...)` at its beginning"},
		{ruleEscape, "`\"\\-\"`, `\"\\/\"`", "the character without its backslash"},
		{ruleGoto, "`goto` as a name", "`[\"goto\"]`, `goto_`"},
		{ruleTimer, "`tmr.alarm(0, …)`, `tmr.stop(0)`, …", "`tmr.create():alarm(…)` of a timer that is used once, else `timers[0]:alarm(…)`"},
		{ruleStation, "`wifi.sta.config(ssid, pwd)`", "`wifi.sta.config({ssid = …, pwd = …})`"},
		{ruleSocket, "`net.createServer(net.TCP, 30)`, `net.createConnection(net.TCP, 1)`", "`net.createServer(30)`, `tls.createConnection()`"},
		{ruleMQTT, "`mqtt.Client(id, 120, user, pwd)`, `m:connect(host, port, 0, 1)`", "`mqtt.Client(id, 120, user, pwd, 1)`, `m:connect(host, port, 0)`"},
		{ruleOutput, "`node.output(function(s) … end)`", "a function that reads its text from the pipe"},
	}
}

// Limits: somebody else's file must neither fill the memory nor take long.
const (
	heapBytes = 256 << 20
	garbage   = 16 << 20 // bytes, which lie until they are collected
	// depthMost is how deep a tree may be.
	depthMost = 10_000
)

// ErrDeep tells that nobody looked at a file.
var ErrDeep = errors.New("an expression has too many parts in one another: it was not looked at")

// app is the files of an application together.
type app struct {
	options Options
	api     *firmware.Names
	own     map[string]bool // paths that some file sets
	units   []*unit
	static  timerUses
	// timersName is what the table of static timers is called.
	timersName string
}

// Rewrite rewrites the files of one application, in order. The error is a fault of the host or of Moonlet, but for
// ErrDeep.
func Rewrite(files []File, o Options) ([]*Result, error) {
	a := &app{options: o, api: o.Build.Names(), own: map[string]bool{}, static: timerUses{ids: map[string]int{}}}
	results := make([]*Result, len(files))
	for i := range files {
		results[i] = &Result{Text: files[i].Data}
	}
	for _, e := range []*editions.Edition{editions.Lua51(false), editions.Lua53()} { // what Lua 5.1 does not take is of today, if it is anything
		if err := a.read(e, files, results); err != nil {
			return nil, err
		}
	}
	for _, u := range a.units {
		u.collect()
	}
	for _, u := range a.units {
		u.countTimers()
	}
	a.timersName = a.free("timers", "staticTimers", "staticTimersByNumber")
	for _, u := range a.units {
		u.rewrite()
		u.result.Text = u.text()
		slices.SortStableFunc(u.result.Changes, func(x, y Change) int { return cmp.Or(x.Line-y.Line, x.Column-y.Column) })
	}
	return results, nil
}

// read parses the files that no edition has taken yet.
func (a *app) read(e *editions.Edition, files []File, results []*Result) error {
	s, err := hostexec.New(hostexec.Config{Lua: e, Model: num.Int32Float32, HeapBytes: heapBytes, CompileOnly: true, System: &hostos.System{}})
	if err != nil {
		return err
	}
	defer s.Close()
	s.CollectAbove(garbage)
	for i := range files {
		at := slices.IndexFunc(a.units, func(u *unit) bool { return u.result == results[i] })
		tree, err := s.Parse(files[i].Data)
		var wrong *syntax.Error
		if err != nil && !errors.As(err, &wrong) { // compiled code
			wrong = &syntax.Error{Line: 1, Column: 1, Message: err.Error()}
		}
		switch {
		case wrong != nil && at >= 0:
			a.units[at].sure = true
		case wrong != nil && (results[i].Wrong == nil || wrong.Line > results[i].Wrong.Line):
			results[i].Wrong = wrong // that of the edition that got further
		}
		if wrong != nil || at >= 0 {
			continue
		}
		if tree.Depth() > depthMost {
			return fmt.Errorf("%s: %w", files[i].Path, ErrDeep)
		}
		results[i].Wrong = nil
		a.units = append(a.units, a.newUnit(&files[i], tree, results[i], e.Lua51))
	}
	return nil
}

// unit is a file that is rewritten.
type unit struct {
	*app
	*scope.Scopes
	file   *File
	result *Result
	// old tells that Lua 5.1 takes it; sure that only that does, or somebody says so.
	old, sure bool
	parents   map[*syntax.Node]*syntax.Node
	edits          // of the tokens
	timers    bool // the file has the table of static timers
}

func (a *app) newUnit(f *File, t *syntax.Tree, r *Result, old bool) *unit {
	u := &unit{app: a, Scopes: scope.Resolve(t), file: f, result: r, old: old, sure: a.options.Old && old,
		parents: map[*syntax.Node]*syntax.Node{}, edits: newEdits(t)}
	syntax.Walk(t.Root, func(n *syntax.Node) bool {
		for _, c := range n.Children {
			u.parents[c] = n
		}
		return true
	})
	return u
}

// toNewLua tells whether the language changes, too.
func (u *unit) toNewLua() bool { return u.old && !u.options.Build.Edition().Lua51 }

// note tells of a change at a token.
func (u *unit) note(token int32, rule, look, format string, args ...any) {
	u.result.Changes = append(u.result.Changes, u.change(token, rule, look, fmt.Sprintf(format, args...)))
}

// leave tells of something at a token that stays as it is.
func (u *unit) leave(token int32, rule, format string, args ...any) {
	u.result.Left = append(u.result.Left, u.change(token, rule, "", fmt.Sprintf(format, args...)))
}

func (u *unit) change(token int32, rule, look, message string) Change {
	at := u.Tree.Tokens[token]
	line := u.Tree.Source[at.Start-int32(u.Tree.Column(at.Start)-1) : at.Start]
	return Change{File: u.file.Path, Line: int(at.Line), Column: 1 + utf8.RuneCount(line), Rule: rule, Message: message, Look: look}
}

// collect notes the paths that a file sets: they are the application's own.
func (u *unit) collect() {
	set := func(n *syntax.Node) {
		if p, ok := u.path(n); ok {
			u.own[p] = true
		}
	}
	syntax.Walk(u.Tree.Root, func(n *syntax.Node) bool {
		switch n.Kind {
		case syntax.Targets:
			for _, t := range n.Children {
				set(t)
			}
		case syntax.FunctionStat:
			set(n.Children[0])
		}
		return true
	})
}

// path is the names that lead to an expression from a global variable, with dots between them.
func (u *unit) path(n *syntax.Node) (string, bool) {
	switch n.Kind {
	case syntax.NameExpr:
		name := u.Tree.Text(n.First)
		return name, u.Of[n] == nil && !u.Lost[n] && !u.Env && name != "_G" && name != "_ENV"
	case syntax.FieldExpr:
		if c := n.Children[0]; c.Kind == syntax.NameExpr && u.Of[c] == nil && u.Tree.Text(c.First) == "_G" {
			return u.Tree.Name(n), true
		}
		p, ok := u.path(n.Children[0])
		return p + "." + u.Tree.Name(n), ok
	}
	return "", false
}

// given is path for what is not the application's own.
func (u *unit) given(n *syntax.Node) string {
	p, ok := u.path(n)
	if !ok || n.Kind == syntax.NameExpr && u.Args[n] {
		return ""
	}
	for i := range p {
		if p[i] == '.' && u.own[p[:i]] {
			return ""
		}
	}
	if u.own[p] {
		return ""
	}
	return p
}

// has tells whether the build has what a path leads to, or may have.
func (u *unit) has(path string) bool {
	_, found, whole := u.api.Find(strings.Split(path, ".")...)
	return found || !whole
}

// free is the first name of a list that no file has.
func (a *app) free(names ...string) string {
	used := map[string]bool{}
	for _, u := range a.units {
		for _, t := range u.Tree.Tokens {
			if t.Kind == syntax.Name {
				used[string(u.Tree.Source[t.Start:t.End])] = true
			}
		}
	}
	for used[names[0]] && len(names) > 1 {
		names = names[1:]
	}
	return names[0]
}
