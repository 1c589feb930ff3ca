// Package compiled is what tools tell about a file of compiled code, whichever edition of Lua it is of: its kind, what is in
// it, how it differs from another one.
package compiled

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a kind of file.
type Kind string

// The kinds of files that can be read.
const (
	Chunk    Kind = "chunk"    // compiled code, a .lc file
	Image    Kind = "image"    // an image of the store
	Absolute Kind = "absolute" // an image for one address, or a dump of a partition
)

// The kinds of files that are known but cannot be read.
const (
	Source     Kind = "source"
	Chunk51    Kind = "chunk of Lua 5.1"
	Image51    Kind = "image of Lua 5.1"
	Absolute51 Kind = "absolute image of Lua 5.1"
	OtherLua   Kind = "chunk of another Lua"
	Unfinished Kind = "unfinished store"
	Empty      Kind = "empty flash"
	NoBytes    Kind = "empty file"
	Firmware   Kind = "firmware"
	Unknown    Kind = "unknown"
)

// Name names a kind of file for people.
func (k Kind) Name() string {
	switch k {
	case Chunk:
		return "compiled code (.lc)"
	case Image:
		return "image of the Lua Flash Store"
	case Absolute:
		return "absolute image of the Lua Flash Store"
	}
	return string(k)
}

// KindError tells that a file is of a kind that cannot be read.
type KindError struct {
	Kind Kind
	Text string
}

func (e *KindError) Error() string { return e.Text }

// Report is what there is to know about a file. Sizes are in bytes. The names of
// the JSON fields stay as they are; docs/lfs-tools.md describes them.
type Report struct {
	File    string   `json:"file"`
	Kind    Kind     `json:"kind"`
	Edition string   `json:"edition"`
	Numbers []string `json:"numbers"` // two, the more likely first, if the file does not tell

	FileBytes   int    `json:"file_bytes"`
	LoadedBytes int    `json:"loaded_bytes"`
	LoadedIn    string `json:"loaded_in"` // InFlash, InHeap
	RestBytes   int    `json:"rest_bytes,omitempty"`
	// RestErased tells that nothing but erased flash follows an absolute image.
	RestErased bool `json:"rest_erased,omitempty"`

	StripLevel int     `json:"strip_level"`
	Seed       *uint32 `json:"seed,omitempty"`
	Timestamp  *int64  `json:"timestamp,omitempty"` // seconds since 1970
	Time       string  `json:"time,omitempty"`      // the same, RFC 3339
	Base       *uint32 `json:"base,omitempty"`      // address of an absolute image

	Modules []ModuleReport `json:"modules"`
	Strings StringsReport  `json:"strings"`
	// Frame is what every store has: header, end and head of the table of modules.
	Frame    int           `json:"frame_bytes,omitempty"`
	Strip    []StripReport `json:"strip"`
	Warnings []Warning     `json:"warnings"`
}

// Where a file is once it is loaded.
const (
	InFlash = "flash"
	InHeap  = "heap"
)

// ModuleReport is what a module takes once it is loaded.
type ModuleReport struct {
	Name      string `json:"name"`
	Source    string `json:"source"`
	Functions int    `json:"functions"`
	Code      int    `json:"code"`
	Constants int    `json:"constants"`
	Debug     int    `json:"debug"`
	Records   int    `json:"records"`
	Strings   int    `json:"strings"`        // that no other module has
	Shared    int    `json:"shared_strings"` // that others have, too; not in Total
	Total     int    `json:"total"`
}

// StringsReport is about all strings of a file. Bytes of strings include their
// heads.
type StringsReport struct {
	Short       int `json:"short"`
	Long        int `json:"long"`
	Longest     int `json:"longest"` // its length
	Bytes       int `json:"bytes"`   // what all strings take, fixed ones included
	Shared      int `json:"shared"`
	SharedBytes int `json:"shared_bytes"`
	Unused      int `json:"unused"` // nothing refers to them
	UnusedBytes int `json:"unused_bytes"`
	Fixed       int `json:"fixed"` // that every store has
	FixedUsed   int `json:"fixed_used"`
	FixedBytes  int `json:"fixed_bytes"`

	// The table of short strings.
	Slots        int `json:"slots"`
	LongestChain int `json:"longest_chain"`
	TableBytes   int `json:"table_bytes"`

	All []StringUse `json:"all,omitempty"`
}

// StringUse is a string and the modules that use it.
type StringUse struct {
	Text   string   `json:"text"`          // if it is UTF-8
	Hex    string   `json:"hex,omitempty"` // if it is not
	Length int      `json:"length"`
	Bytes  int      `json:"bytes"`
	Fixed  bool     `json:"fixed,omitempty"`
	Users  []string `json:"users"`
	Raw    string   `json:"-"` // the string itself
}

// StripReport is what would be left with less debug information.
type StripReport struct {
	Option      string `json:"option"` // of luac
	FileBytes   int    `json:"file_bytes"`
	LoadedBytes int    `json:"loaded_bytes"`
}

// Add counts a string, of the kind that is called long or of the other.
func (s *StringsReport) Add(u *StringUse, long bool) {
	if u.Fixed {
		if len(u.Users) > 0 {
			s.FixedUsed++
		}
		return
	}
	if long {
		s.Long++
	} else {
		s.Short++
	}
	s.Longest = max(s.Longest, u.Length)
	s.Bytes += u.Bytes
	switch len(u.Users) {
	case 0:
		s.Unused++
		s.UnusedBytes += u.Bytes
	case 1:
	default:
		s.Shared++
		s.SharedBytes += u.Bytes
	}
}

// Warning is something about a file that will not work as it looks.
type Warning struct {
	Kind   string `json:"kind"`
	Module string `json:"module,omitempty"`
	Lines  []int  `json:"lines,omitempty"` // without line information: where the functions begin
	Text   string `json:"text"`
}

// The kinds of warnings.
const (
	WarnMisread    = "misread"    // a constant or a name that the loader gets wrong
	WarnCount      = "count"      // more modules than the table can count
	WarnOrder      = "order"      // a name with "__" that is not in front
	WarnDuplicate  = "duplicate"  // a name that another module has, too
	WarnUnused     = "unused"     // strings that nothing refers to
	WarnOldTags    = "types"      // an image of firmware that numbers types in another way
	WarnUnfinished = "unfinished" // the loader was at work
	WarnRest       = "rest"       // bytes behind an absolute image
)

// Diff is how two files differ. The names of the JSON fields stay as they are;
// docs/lfs-tools.md describes them.
type Diff struct {
	Same bool `json:"same"`
	// FirstByte is where the files differ first, -1 if they are the same bytes.
	FirstByte  int          `json:"first_byte"`
	Properties []Property   `json:"properties"`
	Modules    []ModuleDiff `json:"modules"` // those that differ
	Equal      int          `json:"equal_modules"`
	// Strings that only one of the files has.
	Removed []StringUse `json:"strings_removed"`
	Added   []StringUse `json:"strings_added"`
	Word    *WordDiff   `json:"word,omitempty"`
}

// Property is a property of both files.
type Property struct {
	Name  string `json:"name"`
	A     string `json:"a"`
	B     string `json:"b"`
	Same  bool   `json:"same"`
	Count bool   `json:"counts"` // files with another value are not the same
}

// The changes of a module.
const (
	ModuleAdded   = "added"
	ModuleRemoved = "removed"
	ModuleChanged = "changed"
)

// ModuleDiff is a module that differs. The numbers are what the second file has
// more, in bytes as on the heap, but for the functions.
type ModuleDiff struct {
	Name      string   `json:"name"`
	Change    string   `json:"change"`
	Functions int      `json:"functions"`
	Code      int      `json:"code"`
	Constants int      `json:"constants"`
	Debug     int      `json:"debug"`
	Records   int      `json:"records"`
	Parts     []string `json:"parts,omitempty"` // which parts differ
	First     string   `json:"first,omitempty"` // the first one that does
}

// WordDiff is the first word behind the header in which two absolute images
// differ, as if the second had the address, seed and time stamp of the first.
type WordDiff struct {
	Offset int    `json:"offset"`
	A      uint32 `json:"a"`
	B      uint32 `json:"b"`
	WhatA  string `json:"what_a"`
	WhatB  string `json:"what_b"`
}

// FileName is the last part of the name of a source.
func FileName(source string) string {
	source = strings.TrimPrefix(strings.TrimPrefix(source, "@"), "=")
	return source[strings.LastIndexAny(source, `/\`)+1:]
}

// Plain is a name for people: as it is, unless it would disturb a terminal.
func Plain(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return name
	}
	return fmt.Sprintf("%q", name)
}

// Quote is a string for people: quoted, and cut where it has more than most
// bytes.
func Quote(s string, most int) string {
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q...", s[:most])
}
