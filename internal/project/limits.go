package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sort"

	"moonlet.example/moonlet/internal/hostfile"
)

// Limits of a project file. A project may be somebody else's: reading its file must
// neither take long nor much memory. The parser is slow with many keys and calls itself
// for what stands inside of something else.
const (
	fileMost    = 1 << 20 // bytes
	partsMost   = 20000   // keys and their parts, tables and lists
	nestingMost = 32      // tables and lists inside of one another, parts of a key
)

// readProjectFile reads a project file. The error is fs.ErrNotExist if there is none, else
// an *Error.
func (p *Project) readProjectFile(path string) ([]byte, error) {
	if info, err := p.here().Stat(FileName); err == nil && !info.Mode().IsRegular() {
		return nil, &Error{Where: path, Problem: "this is no file but " + kindOf(info) + "; a project file is text"}
	}
	text, err := p.here().ReadFile(FileName, fileMost)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return text, err
	case errors.Is(err, hostfile.ErrTooLarge):
		return nil, &Error{Where: path, Problem: fmt.Sprintf("this is too long for a project file, which has %d bytes at most", fileMost)}
	}
	return nil, readError(path, err)
}

// kindOf says what is no regular file.
func kindOf(info fs.FileInfo) string {
	switch m := info.Mode(); {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// outline looks at the punctuation of a document, outside of strings and comments.
type outline struct {
	text  []byte
	depth int // of open brackets
	dots  int // in the key or number at hand
	parts int
}

// tooMuch tells where a document has more than the parser can take, and of what; ""
// if it has not. The document need not be valid.
func tooMuch(text []byte) (at int, what string) {
	o := outline{text: text}
	for i := 0; i < len(text); {
		n := o.skip(i)
		if n == 0 {
			if what = o.char(text[i]); what != "" {
				return i, what
			}
			n = 1
		}
		i += n
	}
	return 0, ""
}

// char looks at a character and tells what there is too much of.
func (o *outline) char(c byte) string {
	switch c {
	case '[', '{':
		o.depth++
		o.parts++
		o.dots = 0
	case ']', '}':
		o.depth = max(o.depth-1, 0)
	case '=':
		o.parts++
		o.dots = 0
	case ',', '\n':
		o.dots = 0
	case '.':
		o.dots++
		o.parts++
	}
	switch {
	case o.depth > nestingMost:
		return fmt.Sprintf("tables and lists are nested more than %d deep", nestingMost)
	case o.dots > nestingMost:
		return fmt.Sprintf("a key has more than %d parts", nestingMost)
	case o.parts > partsMost:
		return fmt.Sprintf("there are more than %d keys, tables and lists", partsMost)
	}
	return ""
}

// skip is the length of the string or comment that begins at i, 0 if there is none.
func (o *outline) skip(i int) int {
	rest := o.text[i:]
	switch c := rest[0]; c {
	case '#':
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			return n
		}
		return len(rest)
	case '"', '\'':
		quotes, lines := 1, false
		if len(rest) >= 3 && rest[1] == c && rest[2] == c {
			quotes, lines = 3, true
		}
		return stringEnd(rest, c, quotes, lines)
	}
	return 0
}

// stringEnd is the length of a string that begins with so many quotes and may have
// several lines.
func stringEnd(s []byte, quote byte, quotes int, lines bool) int {
	for i, n := quotes, 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n' && !lines:
			return i
		case c == quote:
			if n++; n == quotes {
				return i + 1
			}
			continue
		case c == '\\' && quote == '"':
			i++
		}
		n = 0
	}
	return len(s)
}

// newlines are the places where the lines of a text end.
type newlines []int

func newlinesOf(text []byte) (list newlines) {
	for i, c := range text {
		if c == '\n' {
			list = append(list, i)
		}
	}
	return list
}

// line is the line of the character at offset at, counted from 1.
func (l newlines) line(at int) int { return sort.SearchInts(l, at) + 1 }
