package flashdir

import (
	"testing"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

func TestCost(t *testing.T) {
	fs, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	for _, size := range []int{0, 1, spiffs.DataSize, spiffs.DataSize + 1, 105 * spiffs.DataSize, 105*spiffs.DataSize + 1,
		(105 + 124) * spiffs.DataSize, (105+124)*spiffs.DataSize + 1, 1 << 20} {
		f, err := fs.Open("f", port.OpenWrite|port.OpenCreate|port.OpenTruncate)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		f.Close()
		_, used, err := fs.Info()
		if err != nil || int(used) != Cost(size) {
			t.Errorf("a file of %d bytes takes %d, not %d (%v)", size, used, Cost(size), err)
		}
	}
}
