package compiled

import (
	"fmt"
	"slices"
)

// Differences are what differs between a function of one file and its fellow in another.
type Differences struct {
	Parts []string // in the order in which they were found
	First string   // where the first one is
}

// Note notes that a part differs. where tells the place.
func (d *Differences) Note(part string, where func() string) {
	if !slices.Contains(d.Parts, part) {
		d.Parts = append(d.Parts, part)
	}
	if d.First == "" {
		d.First = where()
	}
}

// FunctionName names a function by its place in the source: the line where it is defined, and how deep it is inside of
// other functions.
func FunctionName(source string, line, depth int) string {
	source = Plain(FileName(source))
	if source == "" {
		source = "?"
	}
	if depth == 0 {
		return "the main function of " + source
	}
	return fmt.Sprintf("the function %s:%d", source, line)
}

// FirstDifference is the place of the first elements that differ, -1 if there is none.
func FirstDifference[T any](a, b []T, equal func(x, y T) bool) int {
	n := min(len(a), len(b))
	for i := range n {
		if !equal(a[i], b[i]) {
			return i
		}
	}
	if len(a) != len(b) {
		return n
	}
	return -1
}

// Same tells whether two values are equal, for FirstDifference.
func Same[T comparable](x, y T) bool { return x == y }
