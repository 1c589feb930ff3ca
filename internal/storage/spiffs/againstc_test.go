package spiffs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkAgainstC lets the C code (MOONLET_SPIFFS) and this package do the same in turns,
// each with a chip of 3 MB in memory, and reports the median of the ratios of the times that
// one of them takes: below 1 this package is faster.
func BenchmarkAgainstC(b *testing.B) {
	c := newReference(b)
	for _, x := range []struct {
		name string
		n    int // how often in one turn
		do   func(chip *Memory, g Geometry, fs *FS) error
	}{
		{"mount", 200, func(chip *Memory, g Geometry, _ *FS) error { _, err := MountAt(chip, g, Options{}); return err }},
		{"read", 200, func(_ *Memory, _ Geometry, fs *FS) error { return readBig(fs) }},
		{"write", 10, func(_ *Memory, _ Geometry, fs *FS) error { return writeNew(fs, 100, 1024) }},
		{"small", 50, func(_ *Memory, _ Geometry, fs *FS) error { return writeNew(fs, 1000, 10) }},
		{"open", 20000, func(_ *Memory, _ Geometry, fs *FS) error {
			f, err := fs.Open("big", ReadOnly)
			if err != nil {
				return err
			}
			return f.Close()
		}},
		{"stat", 20000, func(_ *Memory, _ Geometry, fs *FS) error { _, err := fs.Stat("big"); return err }},
	} {
		b.Run(x.name, func(b *testing.B) {
			chip, g, fs := benchFS(b)
			c.do(fmt.Sprintf("chip %d 4 4", g.Size))
			c.do(fmt.Sprintf("conf %d %d %d", g.Offset, g.Size, g.Block))
			c.load(chip.Bytes())
			if got := c.do("mount"); got != "0" {
				b.Fatalf("the C code does not mount: %s", got)
			}
			var ratios, ours, theirs []float64
			for b.Loop() {
				text, _, _ := strings.Cut(c.do(fmt.Sprintf("time %s %d", x.name, x.n)), " ")
				there, err := strconv.ParseFloat(text, 64)
				if err != nil || there <= 0 {
					b.Fatalf("the C code takes %q", text)
				}
				start := time.Now()
				for range x.n {
					if err := x.do(chip, g, fs); err != nil {
						b.Fatal(err)
					}
				}
				here := float64(time.Since(start)) / float64(x.n)
				ratios, ours, theirs = append(ratios, here/there), append(ours, here), append(theirs, there)
			}
			b.ReportMetric(median(ratios), "ours/C")
			b.ReportMetric(median(theirs), "ns-C")
			b.ReportMetric(median(ours), "ns-ours")
		})
	}
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}
