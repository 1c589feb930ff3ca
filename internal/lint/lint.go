// Package lint looks at Lua source and tells what the firmware that it is for has not, or takes in
// another sense, without running anything.
//
// It tells nothing that may be wrong: where a name can be something else than it seems, or a
// program asks first whether there is such a thing, nothing is said. What is likely but not
// certain is a note, which nobody sees who does not ask.
package lint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/scope"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua/syntax"
)

// Level says how bad a finding is.
type Level uint8

// The levels.
const (
	Note    Level = iota // it may be meant like that
	Warning              // it does something else than it seems
	Error                // it raises an error when it is reached, or cannot be there at all
)

var levelNames = [...]string{"note", "warning", "error"}

// String is the level's name.
func (l Level) String() string { return levelNames[l] }

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Rule is a kind of finding.
type Rule struct {
	Name  string
	Level Level // the worst that it has
	Doc   string
}

// The names of the rules.
const (
	RuleSyntax     = "syntax"
	ruleOldLua     = "old-lua"
	ruleOld        = "old-firmware"
	ruleSense      = "new-sense"
	ruleModule     = "no-module"
	ruleName       = "no-name"
	ruleMethod     = "no-method"
	ruleDefault    = "new-default"
	ruleUndefined  = "undefined-global"
	ruleAccidental = "accidental-global"
	ruleFileName   = "file-name"
	ruleFlash      = "flash-full"
	ruleTooMuch    = "too-much"
)

// Rules lists all of them.
func Rules() []Rule {
	return []Rule{
		{RuleSyntax, Error, "the compiler does not take the file"},
		{ruleOldLua, Error, "an older edition of Lua has this name"},
		{ruleOld, Error, "older firmware has this name"},
		{ruleSense, Error, "older firmware took these arguments in another sense"},
		{ruleModule, Error, "the build has not got this module"},
		{ruleName, Error, "there is no such name in this table"},
		{ruleMethod, Error, "objects of this type have no such method"},
		{ruleFileName, Error, "the name is too long for the flash file system"},
		{ruleFlash, Error, "the files do not fit into the module's flash memory"},
		{ruleTooMuch, Warning, "a file is too large, or an expression too deep, to be looked at"},
		{ruleDefault, Note, "a default is another one than in older firmware"},
		{ruleUndefined, Note, "nothing in these files sets this global variable"},
		{ruleAccidental, Note, "a global variable that only one function uses"},
	}
}

// Finding is something that was found.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`                 // from 1; 0 for the whole file
	Column  int    `json:"column"`               // in characters, from 1
	End     int    `json:"end_column,omitempty"` // behind it, if it is in one line
	Rule    string `json:"rule"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Instead string `json:"instead,omitempty"` // what there is in its place
}

// File is a file to look at.
type File struct {
	Path  string // for people
	Name  string // on the module; "" if it goes nowhere
	Data  []byte
	Store bool // it is for the flash store
}

// Options say what the files are for.
type Options struct {
	Build firmware.Build
	Notes bool // tell notes as well
}

// heapBytes is what compiling a file may take.
const heapBytes = 256 << 20

// garbage is how much of that lies about before it is collected.
const garbage = 16 << 20

// Run looks at the files of one application. The error is a fault of the host or of Moonlet.
func Run(files []File, o Options) ([]Finding, error) {
	s, err := hostexec.New(hostexec.Config{Lua: o.Build.Edition(), Model: o.Build.Numbers, HeapBytes: heapBytes, CompileOnly: true, System: &hostos.System{}})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.CollectAbove(garbage)
	l := &linter{api: o.Build.Names(), build: &o.Build, set: map[string]bool{}, required: map[string]bool{}, setsIn: map[string]int{}, textsOf: map[string]int{}}
	for i := range files {
		if err := l.read(s, &files[i]); err != nil {
			return nil, err
		}
	}
	for _, u := range l.units {
		u.collect()
	}
	for _, u := range l.units {
		u.check()
	}
	l.globals()
	return l.sorted(o.Notes), nil
}

// linter looks at an application.
type linter struct {
	api      *firmware.Names
	build    *firmware.Build
	units    []*unit
	findings []Finding
	set      map[string]bool // globals that some file sets
	setsIn   map[string]int  // how often files set a global
	textsOf  map[string]int  // and how often to a string
	required map[string]bool // names of modules that some file asks for, without directories
	dynamic  bool            // some file sets globals in a way that cannot be followed
}

// unit is a source file that could be compiled.
type unit struct {
	*linter
	file *File
	*scope.Scopes
	tested  map[string]bool // paths that the file asks for
	version map[string]bool // variables that have to do with the version of something
	absent  map[string]int  // modules that are not there, and how often they are used
	told    int
	setsOf  map[string]int // how often the file sets a global variable
	// functions are the bodies of global functions that the file sets once.
	functions map[string]*syntax.Node

	// What was found out already.
	pathless map[*syntax.Node]bool
	versions map[*syntax.Node]bool
	truths   map[*syntax.Node]int
	made     map[string]bool
	ignored  map[int]string // rules that a line wants to hear nothing of; "" is all
}

// read parses a file, if that is source.
func (l *linter) read(s *hostexec.Session, f *File) error {
	if l.checkFile(f); bytes.HasPrefix(f.Data, []byte("\x1bLua")) {
		return nil
	}
	if len(f.Data) > sizeMost {
		l.tooMuch(f, fmt.Sprintf("the file has more than %d bytes", sizeMost))
		return nil
	}
	tree, err := s.Parse(f.Data)
	var e *syntax.Error
	switch {
	case errors.As(err, &e):
		l.findings = append(l.findings, l.syntaxError(f, e))
		return nil
	case err != nil:
		l.findings = append(l.findings, Finding{File: f.Path, Line: 1, Column: 1, Rule: RuleSyntax, Level: Error, Message: err.Error()})
		return nil
	}
	if tree.Depth() > depthMost {
		l.tooMuch(f, fmt.Sprintf("an expression has more than %d parts in one another", depthMost))
		return nil
	}
	u := &unit{linter: l, file: f, Scopes: scope.Resolve(tree), tested: map[string]bool{}, version: map[string]bool{}, absent: map[string]int{},
		pathless: map[*syntax.Node]bool{}, versions: map[*syntax.Node]bool{}, truths: map[*syntax.Node]int{}, made: map[string]bool{},
		setsOf: map[string]int{}, functions: map[string]*syntax.Node{}}
	u.readComments()
	l.units = append(l.units, u)
	return nil
}

// Limits: somebody else's file must neither fill the memory nor take long.
const (
	sizeMost     = 4 << 20 // bytes
	depthMost    = 10_000  // of a tree
	findingsMost = 1000    // in a file
)

// tooMuch tells that nobody looked at a file.
func (l *linter) tooMuch(f *File, why string) {
	l.findings = append(l.findings, Finding{File: f.Path, Rule: ruleTooMuch, Level: Warning, Message: why + ": it was not looked at"})
}

// syntaxError tells what the compiler says, and what to write if an older edition takes it.
func (l *linter) syntaxError(f *File, e *syntax.Error) Finding {
	starts := syntax.LineStarts(f.Data)
	line := f.Data[starts[min(e.Line, len(starts))-1]:]
	column := 1 + utf8.RuneCount(line[:min(e.Column-1, len(line))])
	fd := Finding{File: f.Path, Line: e.Line, Column: column, Rule: RuleSyntax, Level: Error, Message: e.Message}
	if hint := firmware.Hint(l.build.Edition(), e.Message); hint != "" {
		fd.Instead = hint
	}
	return fd
}

// report tells something about a node, unless its line wants to hear nothing of it.
func (u *unit) report(n *syntax.Node, rule string, level Level, message, instead string) {
	u.reportAt(n.First, n.Last, rule, level, message, instead)
}

// reportAt is report for the tokens from first up to last.
func (u *unit) reportAt(first, last int32, rule string, level Level, message, instead string) {
	if u.told++; u.told > findingsMost {
		if u.told == findingsMost+1 {
			u.tooMuch(u.file, fmt.Sprintf("there are more than %d findings; from here on", findingsMost))
		}
		return
	}
	from, to := &u.Tree.Tokens[first], &u.Tree.Tokens[last-1]
	for _, line := range []int{int(from.Line), int(to.Line)} {
		if rules, ok := u.ignored[line]; ok && (rules == "" || slices.Contains(strings.Fields(rules), rule)) {
			return
		}
	}
	f := Finding{File: u.file.Path, Line: int(from.Line), Column: u.column(from.Start), Rule: rule, Level: level, Message: message, Instead: instead}
	if to.Line == from.Line {
		f.End = u.column(to.End)
	}
	u.findings = append(u.findings, f)
}

// column is the column of an offset in characters.
func (u *unit) column(offset int32) int {
	return 1 + utf8.RuneCount(u.Tree.Source[offset-int32(u.Tree.Column(offset)-1):offset])
}

// sorted are the findings by place, each once.
func (l *linter) sorted(notes bool) []Finding {
	if !notes {
		l.findings = slices.DeleteFunc(l.findings, func(f Finding) bool { return f.Level == Note })
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(l.findings)
}

// ignoreMark begins what a comment says to this package.
const ignoreMark = "moonlet: ignore"

// readComments finds the lines that want to hear nothing: that of the comment, and the next one if
// nothing else is in it.
func (u *unit) readComments() {
	u.ignored = map[int]string{}
	for _, c := range u.Tree.Comments {
		text := bytes.Trim(u.Tree.Source[c.Start:c.End], "-[=] \t\r\n")
		rest, ok := bytes.CutPrefix(text, []byte(ignoreMark))
		if !ok || len(rest) > 0 && rest[0] != ' ' && rest[0] != ':' && rest[0] != ',' {
			continue
		}
		rules := strings.Join(strings.FieldsFunc(string(rest), func(r rune) bool { return r == ' ' || r == ',' || r == ':' }), " ")
		line := int(c.Line)
		u.ignored[line] = rules
		start := c.Start - int32(u.Tree.Column(c.Start)-1)
		after := sort.Search(len(u.Tree.Tokens), func(i int) bool { return u.Tree.Tokens[i].Start >= c.Start })
		if after == 0 || u.Tree.Tokens[after-1].End <= start {
			u.ignored[line+1] = rules
		}
	}
}
