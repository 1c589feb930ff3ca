package num_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
)

func TestParse(t *testing.T) {
	for _, m := range num.Models() {
		for _, name := range []string{m.Flag(), m.String()} {
			if got, err := num.Parse(name); err != nil || got != m {
				t.Errorf("%s is %v, %v", name, got, err)
			}
		}
	}
	for _, name := range []string{"", "int", "INT32", "float64", "int64/float32"} {
		if got, err := num.Parse(name); err == nil || !strings.Contains(err.Error(), "want int32, int64, mixed") {
			t.Errorf("%q is %v, %v", name, got, err)
		}
	}
}
