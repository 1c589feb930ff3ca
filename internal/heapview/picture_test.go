package heapview

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// drawn is what stands in a picture: how many elements of each name, the texts, and
// the coordinates of lines.
type drawn struct {
	elements map[string]int
	texts    []string
	lines    [][2]float64
}

func draw(t *testing.T, p Picture) drawn {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	d := drawn{elements: map[string]int{}}
	for x := xml.NewDecoder(&b); ; {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			d.elements[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "points" {
					d.points(t, a.Value)
				}
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(e)); text != "" {
				d.texts = append(d.texts, text)
			}
		}
	}
}

func (d *drawn) points(t *testing.T, list string) {
	t.Helper()
	for pair := range strings.FieldsSeq(list) {
		a, b, _ := strings.Cut(pair, ",")
		x, err1 := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		if err1 != nil || err2 != nil || x < picLeft || x > picWidth-picRight || y < picTop || y > picTop+plotHeight {
			t.Fatalf("a point at %s", pair)
		}
		d.lines = append(d.lines, [2]float64{x, y})
	}
}

func TestPicture(t *testing.T) {
	p := Picture{Title: "The heap of <a & b>", Total: 56320, Marks: []Mark{{At: 7 * time.Second, Text: "not enough memory"}}}
	for i := range 100 {
		s := Sample{At: time.Duration(i) * 100 * time.Millisecond, Running: true, Life: 1 + i/50, Free: 44000 - 100*i, Largest: 40000, Lua: 9000, Lowest: 30000}
		if i >= 80 && i < 85 {
			s = Sample{At: s.At, Life: 2} // asleep
		}
		p.Samples = append(p.Samples, s)
	}
	d := draw(t, p)
	// Two lives, and the second one sleeps in between.
	if d.elements["polyline"] != 9 || d.elements["polygon"] != 3 {
		t.Errorf("%d lines and %d areas, want 9 and 3", d.elements["polyline"], d.elements["polygon"])
	}
	all := fmt.Sprint(d.texts)
	for _, want := range []string{"The heap of <a & b>", "the whole heap: 56320 bytes", "not enough memory", "reset", "0 KB", "56 KB", "9s", "free: node.heap()"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
}

// TestPicture_Columns holds that a long time is drawn with the worst of each column.
func TestPicture_Columns(t *testing.T) {
	p := Picture{Total: 50000}
	for i := range 100000 {
		s := Sample{At: time.Duration(i) * 100 * time.Millisecond, Running: true, Life: 1, Free: 40000, Largest: 30000, Lua: 10000, Lowest: 35000}
		if i == 54321 {
			s.Free, s.Lowest, s.Largest, s.Lua = 2000, 1000, 500, 45000
		}
		p.Samples = append(p.Samples, s)
	}
	d := drawing{p: &p}
	d.scales()
	list := d.columns()
	if len(list) > plotWidth+1 {
		t.Fatalf("%d points in %d columns", len(list), plotWidth)
	}
	found := 0
	for _, s := range list {
		if s.Free == 2000 && s.Lowest == 1000 && s.Largest == 500 && s.Lua == 45000 {
			found++
		}
	}
	if found != 1 {
		t.Errorf("the worst moment is drawn %d times", found)
	}
}

func TestPicture_Empty(t *testing.T) {
	for name, p := range map[string]Picture{
		"nothing": {},
		"asleep":  {Total: 1, Samples: []Sample{{At: time.Second}}},
		"one":     {Total: 50000, Samples: []Sample{{At: time.Second, Running: true, Free: 100}}},
		"long":    {Total: 1 << 20, Samples: []Sample{{At: 5000 * time.Hour, Running: true, Free: 100}}},
	} {
		if d := draw(t, p); d.elements["svg"] != 1 || d.elements["text"] > 60 {
			t.Errorf("%s: %v", name, d.elements)
		}
	}
}
