package spiffs

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what sort of problem something is.
type Kind uint8

// The kinds. What a power cut can leave is marked with *.
const (
	NoMagic       Kind = iota // * a block was not erased completely
	NotBlank                  // * a free page was written to: what is written there next is damaged
	HalfWritten               // * a page was not written completely
	HalfDeleted               // * a page is deleted, but not in the lookup
	Misplaced                 // a page that is not what the lookup says
	HalfRemoved               // * a file was being removed
	BadName                   // * a header without a name that ends
	LostPages                 // * pages that no file leads to
	DoubleHeader              // * two headers of one file
	BadReference              // * the index leads to a wrong page, and the right one exists
	MissingData               // a part of a file is nowhere, or a full file system left a gap
	PastEnd                   // * something behind the end of a file: what is appended gets damaged
	WrongSize                 // a size that no file has
	DoubleName                // two files of one name
	TooManyBlocks             // two or more blocks without a magic number: nothing mounts that
)

// Problem is something wrong in a file system.
type Problem struct {
	Kind  Kind
	Block int    // -1: none in particular
	Page  int    // -1: none in particular
	ID    uint16 // of the file, 0 if it is not one in particular
	Name  string // of the file, if it is known
	Text  string // what is wrong and what Repair does about it
	Lost  int    // bytes of the file that cannot be saved
}

// String is the problem as a line.
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.Name != "" || p.ID != 0:
		fmt.Fprintf(&b, "file %q (id %d): ", p.Name, p.ID)
	case p.Page >= 0:
		fmt.Fprintf(&b, "page %d: ", p.Page)
	case p.Block >= 0:
		fmt.Fprintf(&b, "block %d: ", p.Block)
	}
	b.WriteString(p.Text)
	if p.Lost > 0 {
		fmt.Fprintf(&b, "; %d bytes are lost", p.Lost)
	}
	return b.String()
}

// CheckedFile is a file that Check found.
type CheckedFile struct {
	Stat
	Readable int // bytes from the start on that Repair keeps
}

// Whole tells whether nothing of the file is missing.
func (f CheckedFile) Whole() bool { return f.Readable == f.Size }

// Report is what Check found.
type Report struct {
	Geometry            Geometry
	Files               []CheckedFile // in the order of the directory
	Problems            []Problem
	Used, Deleted, Free int    // pages
	ErasedMin           uint16 // counts of erasures
	ErasedMax           uint16
}

// Clean tells whether nothing is wrong.
func (r *Report) Clean() bool { return len(r.Problems) == 0 }

// Has tells whether there is a problem of one of some kinds.
func (r *Report) Has(kinds ...Kind) bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return slices.Contains(kinds, p.Kind) })
}

// String is the report as text.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %d files, %d pages in use, %d deleted, %d free\n", r.Geometry, len(r.Files), r.Used, r.Deleted, r.Free)
	for _, p := range r.Problems {
		fmt.Fprintln(&b, p)
	}
	if r.Clean() {
		fmt.Fprintln(&b, "nothing is wrong")
	}
	return b.String()
}
