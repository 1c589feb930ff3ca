package project

import (
	"testing"

	"moonlet/internal/flashdir"
	"moonlet/internal/port"
)

func TestFlashCost(t *testing.T) {
	fs, err := flashdir.New(flashdir.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	for _, size := range []int{0, 1, pageData, pageData + 1, firstIndex * pageData, firstIndex*pageData + 1,
		(firstIndex + furtherIndex) * pageData, (firstIndex+furtherIndex)*pageData + 1, 1 << 20} {
		f, err := fs.Open("f", port.OpenWrite|port.OpenCreate|port.OpenTruncate)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		f.Close()
		_, used, err := fs.Info()
		if err != nil || int(used) != flashCost(size) {
			t.Errorf("a file of %d bytes takes %d, not %d (%v)", size, used, flashCost(size), err)
		}
	}
}
