package cli

import (
	"slices"
	"strings"
	"testing"
)

// TestLines: what goes to flash is told in lines that fit a terminal; a long word has one of
// its own.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", 30)
	got := lines([]string{"a (1)", "bb (22)", long, "c", "d"}, 16)
	want := []string{"a (1), bb (22),", long + ",", "c, d"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := lines(nil, 10); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
