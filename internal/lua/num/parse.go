package num

import (
	"fmt"
	"strings"
)

// Flag is the short name of a number model, as flags and project files have it.
func (m Model) Flag() string {
	switch m {
	case Int64Float64:
		return "int64"
	case Int32Float64:
		return "mixed"
	}
	return "int32"
}

// Parse finds a number model by its name: the short one of Flag, or the long one
// of String.
func Parse(name string) (Model, error) {
	var short, long []string
	for _, m := range Models() {
		if name == m.Flag() || name == m.String() {
			return m, nil
		}
		short = append(short, m.Flag())
		long = append(long, m.String())
	}
	return 0, fmt.Errorf("there are no numbers %q: want %s (or %s)",
		name, strings.Join(short, ", "), strings.Join(long, ", "))
}
