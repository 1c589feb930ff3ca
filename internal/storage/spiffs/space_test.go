package spiffs

import (
	"errors"
	"fmt"
	"math/rand"
	"testing"
)

// fill writes files of some sizes to a new file system.
func fill(size int, sizes []int) (*FS, error) {
	fs, err := Format(NewMemory(size), 0, size, Options{})
	if err != nil {
		return nil, err
	}
	for i, n := range sizes {
		if err := write(fs, fmt.Sprint(i), Create, 0, make([]byte, n)); err != nil {
			return nil, err
		}
	}
	return fs, nil
}

func TestPages(t *testing.T) {
	for _, c := range []struct{ size, data, index int }{
		{0, 0, 1}, {1, 1, 1}, {DataSize, 1, 1}, {DataSize + 1, 2, 1}, {105 * DataSize, 105, 1}, {105*DataSize + 1, 106, 2},
		{(105 + 124) * DataSize, 229, 2}, {(105+124)*DataSize + 1, 230, 3},
	} {
		if data, index := Pages(c.size); data != c.data || index != c.index {
			t.Errorf("%d bytes: %d and %d", c.size, data, index)
		}
		fs, err := fill(256<<10, []int{c.size})
		if err != nil || fs.used != c.data+c.index {
			t.Errorf("%d bytes take %d pages, %v", c.size, fs.used, err)
		}
	}
}

// TestLeast holds that nothing below Least has room, and that the first size that has is
// not far away.
func TestLeast(t *testing.T) {
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	r := rand.New(rand.NewSource(7))
	far := 0
	for range rounds {
		var sizes []int
		for n := 1 + r.Intn(30); n > 0; n-- {
			sizes = append(sizes, r.Intn(1<<(1+r.Intn(16))))
		}
		least := Least(sizes)
		for size := blocksMin * blockSize; ; size += blockSize {
			_, err := fill(size, sizes)
			if size < least && !errors.Is(err, ErrFull) {
				t.Fatalf("%v: %d bytes are less than %d, and %v", sizes, size, least, err)
			}
			if err == nil {
				far = max(far, size-least)
				break
			}
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
		}
	}
	if far > blockSize {
		t.Errorf("%d bytes too small", far)
	}
}
