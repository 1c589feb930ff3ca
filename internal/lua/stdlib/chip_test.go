package stdlib_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/num"
)

// TestChipPowTakesFuel holds that a power that keeps the chip busy for ever is noticed by
// whoever limits the time, as the chip's watchdog does.
func TestChipPowTakesFuel(t *testing.T) {
	for _, source := range []string{"local y = 1e300 return 3.0 ^ y", "return load 'return 3.0 ^ 1e300'()"} {
		var out bytes.Buffer
		s := sessionOf(t, num.Int64Float64, clib.Chip, &out)
		end := errors.New("time is up")
		time.AfterFunc(20*time.Millisecond, func() { s.Interrupt(end) })
		if err := s.RunString(source, "=power"); !errors.Is(err, end) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
